SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

# What the targets below need besides Node, as PROGRAM:DEBIAN-PACKAGE; the tests read frames with the generated Python, ask
# by curl as README does, and open the page in a browser.
SYSTEM_PACKAGES := flock:util-linux
TEST_PACKAGES := $(SYSTEM_PACKAGES) python3:python3 curl:curl chromium:chromium
# The Python example lives in an environment of its own; ensurepip is what Debian leaves out without python3-venv.
PYTHON_PACKAGES := python3:python3 python3/ensurepip:python3-venv
PYTHON_ENVIRONMENT := .venv/.installed
BIN := node_modules/.bin
INSTALLED := node_modules/.installed
TAP_BUILT := node_modules/.tap-built
# The compiler takes seconds to find that nothing changed, and a start would wait for it.
BUILT := build/.compiled
SOURCES := tsconfig.json $(shell find backbone bench client engine gateway platform proof schemas tools -name '*.ts')
PAGE := build/page/index.html
PAGE_SOURCES := $(shell find client schemas -type f -not -name '*.test.ts' -not -name '*.py')

.PHONY: help install test-packages python build generate fuzz check test test-floor tredye demo replay flow verify simulate bench-clone bench-start bench-recovery bench bench-engine bench-quick kill mutants mutation-score figures record clean

help: ## list the targets
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

install: $(INSTALLED) ## install what the lock file says, when it changed

$(INSTALLED): package-lock.json package.json client/package.json .npmrc
	@tools/system-packages.sh $(SYSTEM_PACKAGES)
	@tools/require-node.sh
	npm ci
	@touch $@

test-packages:
	@tools/system-packages.sh $(TEST_PACKAGES)

python: $(PYTHON_ENVIRONMENT) ## make .venv with what client/python needs

$(PYTHON_ENVIRONMENT): client/python/requirements.txt
	@tools/system-packages.sh $(PYTHON_PACKAGES)
	python3 -m venv --clear .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input -r $<
	@touch $@

# tap is built anew without its TypeScript plugin, which does not run on TypeScript 7.
$(TAP_BUILT): $(INSTALLED) .taprc
	$(BIN)/tap build > $(TAP_BUILT).log
	@touch $@

build: $(BUILT) $(PAGE) ## compile everything to build/, when a source changed

$(BUILT): $(INSTALLED) $(SOURCES)
	$(BIN)/tsc
	@ln -sfn ../build client/build
	@touch $@

# Vite needs a newer Node than the platform does.
$(PAGE): $(INSTALLED) $(PAGE_SOURCES)
	@if [ -x $(BIN)/vite ]; then $(BIN)/vite build --config client/page/vite.config.js --logLevel warn; \
	else echo "The page at / is not built: that needs Node 20.19 or later, and npm ci after a change of Node."; fi

# Documents are made second: the tables they show are compiled against the generated codes.
generate: build ## make generated code and documents from schemas/*.fbs and schemas/kinds.ts
	node build/tools/generate/generate-main.js code
	$(BIN)/tsc
	node build/tools/generate/generate-main.js documents

FUZZ_INPUTS ?= 1000000

FUZZ_SEQUENCES ?= 200000

fuzz: build ## a million broken frames, 200000 random sequences on model and engine (MINUTES=10 ends them); SEED=N repeats a run
	@node build/proof/frames-fuzz-main.js $(FUZZ_INPUTS)
	@node --enable-source-maps build/proof/model-vs-engine/sequences-main.js $(FUZZ_SEQUENCES)

check: build ## types, lint, format, dead code, generated code, import directions, house rules, rule book
	node build/tools/check-main.js

test: test-packages python build $(TAP_BUILT) ## every check, then every test; ends with "N passed, N failed"
	@node build/tools/run-tests-main.js --check

test-floor: test-packages python build $(TAP_BUILT) ## run the tests and raise the number that must pass at least
	@node build/tools/run-tests-main.js --raise-floor

ifneq ($(wildcard platform/main.ts),)
.PHONY: run
run: build ## start the platform in this terminal; FLAGS="--port 7500"
	@exec node --enable-source-maps build/platform/parent-main.js $(FLAGS)
endif

tredye: build ## the command line: ARGS="book ACME"; ARGS=--help lists its commands
	@node build/platform/cli/main.js $(ARGS)

demo: build ## play a recorded day into the platform that runs: MEMBERS=50 SPEED=60, MARKET=DIR URL= KEY=
	@exec node --enable-source-maps build/bench/demo/demo-main.js

replay: build ## play a recorded day through the running platform: MARKET=DIR
	@node --enable-source-maps build/bench/replay/replay-main.js "$(MARKET)"

flow: build ## play FLOW=FILE.bin.gz through the engine, check the hash (SHA=FILE, or beside it) and print the speed
	@node --enable-source-maps build/bench/flow/flow-main.js "$(FLOW)" "$(SHA)"

.PHONY: bench-metrics
bench-metrics: build ## the same load with metrics on and off in turn; PAIRS=16 SIZE=quick
	@node --enable-source-maps build/bench/metrics-cost/metrics-cost-main.js

.PHONY: bench-auditor
bench-auditor: build ## the same load with the auditor on and off in turn: what it costs; PAIRS=16 SIZE=quick
	@node --enable-source-maps build/bench/metrics-cost/metrics-cost-main.js auditor

bench-clone: build ## time from a clone of this tree to the first accepted order, all downloads included
	@node --enable-source-maps build/bench/start/clone-main.js

bench-recovery: build ## a shard's recovery of ten million commands, and of a snapshot with a million behind it: COMMANDS= BEHIND= ROUNDS=
	@node --enable-source-maps build/bench/start/long-recovery-main.js

bench-start: build ## time from a start over a journal of a million commands to the first accepted order
	@node --enable-source-maps build/bench/start/start-main.js

verify: build ## look through all of a data directory and prove what can be proved of it: DATA=data
	@node --enable-source-maps build/proof/verify-main.js "$(or $(DATA),data)"

simulate: build ## engine, journal, recovery and auditor over a simulated disk, machine, links and clock: SEED=n STEPS=300 repeats one, SEEDS=200 new ones, HOURS=n for so long
	@SEED="$(SEED)" STEPS="$(STEPS)" SEEDS="$(SEEDS)" HOURS="$(HOURS)" node --enable-source-maps build/proof/simulator/simulate-main.js

kill: build ## kill the platform and its parent ROUNDS=20 times under load and check all that was acknowledged
	@node --enable-source-maps build/proof/kill/kill-main.js

mutants: test-packages build $(TAP_BUILT) ## plant one fault at a time in a copy of the tree; the tests must see each (ONLY=name,name)
	@node --enable-source-maps build/proof/mutants/mutants-main.js

# Stryker has a package of its own: nobody who starts the platform downloads it.
STRYKER := proof/mutation/node_modules/.installed

$(STRYKER): proof/mutation/package-lock.json proof/mutation/package.json proof/mutation/.npmrc
	npm ci --prefix proof/mutation --ignore-scripts
	@touch $@

mutation-score: build $(TAP_BUILT) $(STRYKER) ## Stryker on matching and money: at least 90 in 100 mutants must die (FILES=sweep,uncross EVERY=20 SEED= WORKERS=)
	@node --enable-source-maps build/proof/mutation/mutation-main.js

bench: build ## all benches, beside their baselines, kept in bench/results.json; BENCH=name runs one, PIN=1 gives servers and generator a core each
	@node build/bench/bench-main.js full $(BENCH) || status=$$?; node build/tools/figures/figures-main.js; exit $${status:-0}

bench-engine: build ## the engine alone, beside nodejs-order-book and, where Java is, exchange-core
	@node build/bench/bench-main.js full engine || status=$$?; node build/tools/figures/figures-main.js; exit $${status:-0}

bench-quick: build ## the same in less than three minutes
	@node build/bench/bench-main.js quick $(BENCH)

figures: build ## make README's figures, bench/REPORT.md and the plots anew from bench/results.json
	@node build/tools/figures/figures-main.js

record: build ## run RUN="make ..." and keep its results in bench/results.json as NAME
	@$(if $(and $(NAME),$(RUN)),,echo 'Name the results and the run: make record NAME=replay RUN="make replay MARKET=DIR"' >&2; exit 1)
	@node build/bench/record-main.js $(NAME) $(RUN) && node build/tools/figures/figures-main.js

clean: ## remove everything that was built
	rm -rf build build-* scratch .tap .venv
