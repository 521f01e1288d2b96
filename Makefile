SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

.PHONY: help install build clean

help: ## list the targets
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

install: node_modules/.installed ## install exactly what the lock file says, when it changed

node_modules/.installed: package-lock.json package.json client/package.json .npmrc .taprc
	npm ci
	npx tap build > node_modules/.tap-build.log
	touch $@

build: node_modules/.installed ## compile to build/
	npx tsc

clean: ## remove everything that was built
	rm -rf build build-* scratch .tap
