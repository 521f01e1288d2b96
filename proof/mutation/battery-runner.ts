/**
 * Runs the battery for Stryker, in one of its processes: mutants are all in the code at once, and a switch says which of them
 * is on, so that neither code nor commands are loaded twice. Stryker is not there when the tree is compiled, so the few of
 * its types that are needed stand here.
 */

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runInThisContext } from 'node:vm';
import type { Check } from './battery.js';
import type { SwitchWords } from './quicken.js';

type Hits = Record<string, number>;

/** What mutated code and whoever runs it share. */
interface Switch {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: { static: Hits; perTest: Record<string, Hits> };
}

/** A mutant is wanted judged. */
export interface MutantRun {
  readonly activeMutant: { readonly id: string; readonly fileName: string };
  /** `static`: the code must be loaded with the mutant on. */
  readonly mutantActivation: 'runtime' | 'static';
  readonly testFilter?: readonly string[];
  readonly hitLimit?: number;
}

export type Judgement =
  | { readonly status: 'survived'; readonly nrOfTests: number }
  | { readonly status: 'timeout'; readonly reason: string }
  | {
      readonly status: 'killed';
      readonly killedBy: readonly string[];
      readonly failureMessage: string;
      readonly nrOfTests: number;
    };

export interface DryRun {
  readonly status: 'complete';
  /** Status 0 passed, 1 failed. */
  readonly tests: {
    readonly id: string;
    readonly name: string;
    readonly timeSpentMs: number;
    readonly status: 0 | 1;
    readonly failureMessage: string;
  }[];
  readonly mutantCoverage: { readonly static: Hits; readonly perTest: Readonly<Record<string, Hits>> };
}

const shared = globalThis as { __stryker__?: Switch; __strykerWords__?: SwitchWords; runCheck?: () => void };
shared.__stryker__ ??= {};
const mutation = shared.__stryker__;
shared.__strykerWords__ ??= new Int32Array(2);
const words = shared.__strykerWords__;

/** Puts one mutant on; undefined: none. */
function putOn(mutant: string | undefined): void {
  mutation.activeMutant = mutant;
  words[0] = mutant === undefined ? 0 : Number(mutant) + 1;
}

/** A check that takes this much longer than it took without a mutant is taken for one that hangs. */
const LIMIT_FACTOR = 20;
const OWN_TEST_LIMIT_MS = 120_000;

export class BatteryRunner {
  /** Those that killed last stand in front: mutants of one place die by the same. */
  private checks: Check[] = [];
  private readonly limitsMs = new Map<string, number>();

  constructor(
    /** Of the tree with the mutants. */
    private readonly loadChecks: () => Promise<Check[]>,
    /** Compiled test files, for mutants that no check has seen. */
    private readonly ownTests: readonly string[],
    private readonly leastLimitMs = 3000,
  ) {}

  capabilities(): { reloadEnvironment: boolean } {
    return { reloadEnvironment: false };
  }

  /** Everything once without a mutant: how long it takes, and which mutants each check comes past. An own
   * test is taken to come past all mutants beside it. */
  async dryRun(): Promise<DryRun> {
    words[1] = 0;
    await this.load();
    const tests: DryRun['tests'] = [];
    const note = (name: string, startedMs: number, failureMessage: string): void => {
      const timeSpentMs = performance.now() - startedMs;
      tests.push({ id: name, name, timeSpentMs, status: failureMessage === '' ? 0 : 1, failureMessage });
    };
    for (const check of this.checks) {
      mutation.currentTestId = check.name;
      const startedMs = performance.now();
      note(check.name, startedMs, check.run());
    }
    mutation.currentTestId = undefined;
    mutation.mutantCoverage ??= { static: {}, perTest: {} };
    for (const path of this.ownTests) {
      const startedMs = performance.now();
      note(path, startedMs, runOwnTest(path));
      mutation.mutantCoverage.perTest[path] = mutantsBeside(path);
    }
    return { status: 'complete', tests, mutantCoverage: mutation.mutantCoverage };
  }

  async mutantRun({ activeMutant, mutantActivation, testFilter, hitLimit }: MutantRun): Promise<Judgement> {
    const isStatic = mutantActivation === 'static';
    words[1] = 1;
    if (isStatic) putOn(activeMutant.id);
    await this.load();
    // What was loaded with the mutant on cannot be measured without it: the least limit must do.
    if (!isStatic) this.learnLimits();
    const wanted = testFilter === undefined ? undefined : new Set(testFilter);
    putOn(activeMutant.id);
    mutation.hitCount = 0;
    mutation.hitLimit = hitLimit;
    try {
      return this.judge(activeMutant, (name) => wanted?.has(name) ?? true, hitLimit ?? Number.POSITIVE_INFINITY);
    } finally {
      putOn(undefined);
      mutation.hitLimit = undefined;
      mutation.hitCount = undefined;
    }
  }

  private judge(
    { id, fileName }: MutantRun['activeMutant'],
    isWanted: (name: string) => boolean,
    hitLimit: number,
  ): Judgement {
    let nrOfTests = 0;
    for (const check of this.checks.filter(({ name }) => isWanted(name))) {
      nrOfTests++;
      const seen = this.inTime(check);
      if (seen === null) return { status: 'timeout', reason: `${check.name} hangs` };
      // A loop that comes past the mutant ends itself there by a throw.
      if ((mutation.hitCount ?? 0) > hitLimit)
        return { status: 'timeout', reason: `${check.name}: ${hitLimit} rounds` };
      if (seen === '') continue;
      this.checks.splice(this.checks.indexOf(check), 1);
      this.checks.unshift(check);
      return { status: 'killed', killedBy: [check.name], failureMessage: seen, nrOfTests };
    }
    // A process each is dear: those of the mutant's own folder.
    for (const path of this.ownTests.filter((test) => isWanted(test) && fileName.includes(dirname(test)))) {
      nrOfTests++;
      const seen = runOwnTest(path, id);
      if (seen !== '') return { status: 'killed', killedBy: [path], failureMessage: seen, nrOfTests };
    }
    return { status: 'survived', nrOfTests };
  }

  private async load(): Promise<void> {
    if (this.checks.length === 0) this.checks = await this.loadChecks();
  }

  /** How long each check takes here without a mutant; the first time it makes its commands, too. */
  private learnLimits(): void {
    if (this.limitsMs.size > 0) return;
    for (const check of this.checks) {
      const startedMs = performance.now();
      check.run();
      const limitMs = Math.max(this.leastLimitMs, LIMIT_FACTOR * (performance.now() - startedMs));
      this.limitsMs.set(check.name, Math.ceil(limitMs));
    }
  }

  /** What the check says; null when it does not end. */
  private inTime(check: Check): string | null {
    let seen = '';
    shared.runCheck = () => {
      try {
        seen = check.run();
      } catch (error) {
        seen = String(error);
      }
    };
    try {
      runInThisContext('runCheck()', { timeout: this.limitsMs.get(check.name) ?? this.leastLimitMs });
      return seen;
    } catch (error) {
      // Whatever else is thrown here says nothing of the mutant: Stryker must not count it.
      if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return null;
      throw error;
    }
  }
}

function runOwnTest(path: string, mutant?: string): string {
  const { status } = spawnSync(process.execPath, [path], {
    stdio: 'ignore',
    timeout: OWN_TEST_LIMIT_MS,
    killSignal: 'SIGKILL',
    env: {
      ...process.env,
      TAP_TIMEOUT: String(OWN_TEST_LIMIT_MS / 1000),
      ...(mutant === undefined ? {} : { __STRYKER_ACTIVE_MUTANT__: mutant }),
    },
  });
  return status === 0 ? '' : `${path} ended with ${status ?? 'its time'}`;
}

/** All mutants beside a test: it is asked about each that no check has seen. */
function mutantsBeside(test: string): Hits {
  const files = readdirSync(dirname(test)).filter((name) => name.endsWith('.js'));
  const code = files.map((name) => readFileSync(join(dirname(test), name), 'utf8')).join('');
  return Object.fromEntries([...code.matchAll(/stryMutAct_9fa48\("(\d+)"\)/g)].map(([, id]) => [id, 1]));
}
