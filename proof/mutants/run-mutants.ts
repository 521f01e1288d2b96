/**
 * Shows that the tests see what they are there for: plants one fault at a time in a copy of the tree, compiles it, runs
 * the tests that must see it, and wants them red. Main thread of `make mutants`; the tree itself is never touched.
 *
 * A mutant counts as killed only when a test failed. One that does not compile, whose text is not there exactly once, or
 * under which the tests end without a failed test (a file that cannot be loaded, a hang that had to be killed) proves
 * nothing about the tests, so it is an error by name.
 */

import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { resultLine } from '../result.js';

/** One small fault. */
export interface Mutant {
  /** Kebab-case; what ONLY= takes. */
  readonly name: string;
  /** Path from the root of the tree. */
  readonly file: string;
  /** Source text that stands in `file` exactly once. */
  readonly find: string;
  readonly replace: string;
  /** Test files that must all go red; the fewest that should, so that a run is quick. */
  readonly tests: readonly string[];
}

export type Verdict = 'killed' | 'survived' | 'out of date' | 'does not compile' | 'no failed test';

export interface MutantOutcome {
  readonly name: string;
  readonly verdict: Verdict;
  /** The test that killed it, or what is wrong. */
  readonly detail: string;
}

export interface MutantsRun {
  /** The tree that is copied. */
  readonly root: string;
  /** A folder below `root`, so that what is installed there is found from it; it must not exist. */
  readonly scratch: string;
  readonly mutants: readonly Mutant[];
  /** Time for one test file, seconds; a hang longer than that counts as red by tap's own timeout. */
  readonly fileLimitSeconds: number;
  print(line: string): void;
}

/** The tree itself is not fit for mutants: it does not compile, or its tests are red without any. */
export class UnfitTreeError extends Error {
  readonly code = 'MUTANTS_UNFIT_TREE';
}

const BUILD_FOLDER = 'build';
/** What is built, installed or scratch is no source; everything else is copied. */
const FOREIGN = /^(\.git|\.tap|\.venv|__pycache__|build|build-.*|node_modules|scratch)$/;
const TEST_RUNNER = join(import.meta.dirname, '../../tools/run-tests-main.js');
const SHOWN_LINES = 20;

/** One outcome for each mutant, in order. Throws UnfitTreeError before any mutant is planted. */
export async function runMutants(run: MutantsRun): Promise<MutantOutcome[]> {
  const outcomes: MutantOutcome[] = [];
  const problems = new Map(run.mutants.map((mutant) => [mutant, outOfDate(run.root, mutant)]));
  const current = run.mutants.filter((mutant) => problems.get(mutant) === null);
  if (current.length > 0) {
    copySources(run.root, run.scratch);
    await proveFit(run, current);
  }
  for (const mutant of run.mutants) {
    const startedMs = performance.now();
    const problem = problems.get(mutant) ?? null;
    const outcome: MutantOutcome =
      problem === null ? await judge(run, mutant) : { name: mutant.name, verdict: 'out of date', detail: problem };
    outcomes.push(outcome);
    const place = `[${outcomes.length}/${run.mutants.length}]`;
    run.print(`${place} ${outcome.name}: ${outcome.verdict} (${secondsSince(startedMs)}) ${outcome.detail}`);
  }
  return outcomes;
}

/** What a run comes to: its RESULT line, a line for each mutant that is not dead, and the exit code. */
export function closingOf(outcomes: readonly MutantOutcome[]): { result: string; alive: string[]; exitCode: number } {
  const alive = outcomes.filter(({ verdict }) => verdict !== 'killed');
  const killed = outcomes.length - alive.length;
  return {
    result: resultLine(
      'mutants.killed',
      killed,
      'mutants',
      Number((killed / outcomes.length).toFixed(2)),
      `expected=${outcomes.length}`,
    ),
    alive: alive.map(({ name, verdict, detail }) => `${name}: ${verdict}: ${detail}`),
    exitCode: alive.length === 0 && outcomes.length > 0 ? 0 : 1,
  };
}

/** Why a mutant does not fit this tree any more; null when it does. */
export function outOfDate(root: string, { file, find, tests }: Mutant): string | null {
  const path = join(root, file);
  if (!existsSync(path)) return `${file} does not exist`;
  const count = readFileSync(path, 'utf8').split(find).length - 1;
  if (count !== 1) return `its text stands ${count} times in ${file}, not once`;
  const missing = tests.filter((test) => !existsSync(join(root, test)));
  if (missing.length > 0 || tests.length === 0) return `its tests do not exist: ${missing.join(', ') || 'none named'}`;
  return null;
}

function copySources(root: string, scratch: string): void {
  mkdirSync(scratch, { recursive: true });
  for (const entry of readdirSync(root)) {
    if (FOREIGN.test(entry)) continue;
    const filter = (source: string) => !FOREIGN.test(source.slice(source.lastIndexOf('/') + 1));
    cpSync(join(root, entry), join(scratch, entry), { recursive: true, filter });
  }
}

/** Compiles the copy and runs all tests that any mutant names: what is red already can kill nothing. */
async function proveFit(run: MutantsRun, mutants: readonly Mutant[]): Promise<void> {
  const startedMs = performance.now();
  const compiled = await compile(run);
  if (compiled.code !== 0) throw unfit('The tree does not compile without a mutant', compiled.lines);
  const tests = [...new Set(mutants.flatMap((mutant) => mutant.tests))].sort();
  const tested = await runTests(run, tests);
  if (tested.code !== 0) throw unfit('The tests are red without a mutant', redLines(tested.lines));
  run.print(`without a mutant ${tests.length} test files are green (${secondsSince(startedMs)})`);
}

function unfit(message: string, lines: readonly string[]): UnfitTreeError {
  return new UnfitTreeError(`${message}:\n${lines.slice(0, SHOWN_LINES).join('\n')}`);
}

async function judge(run: MutantsRun, mutant: Mutant): Promise<MutantOutcome> {
  const path = join(run.scratch, mutant.file);
  const source = readFileSync(path, 'utf8');
  // A function, because a replacement text may hold a $ that `replace` would read as a pattern.
  writeFileSync(
    path,
    source.replace(mutant.find, () => mutant.replace),
  );
  try {
    const compiled = await compile(run);
    if (compiled.code !== 0) {
      return { name: mutant.name, verdict: 'does not compile', detail: compiled.lines.slice(0, 3).join(' ') };
    }
    const tested = await runTests(run, mutant.tests);
    const killers = firstFailedTests(tested.lines);
    const blind = mutant.tests.filter((test) => !killers.has(test));
    if (blind.length === 0) {
      const names = mutant.tests.map((test) => `${test}: "${killers.get(test)}"`);
      return { name: mutant.name, verdict: 'killed', detail: `by ${names.join(' and ')}` };
    }
    // A file that is red without a failed test: it could not be loaded, or had to be killed.
    const red = redLines(tested.lines).filter((line) => blind.some((test) => line.includes(test)));
    if (red.length > 0) return { name: mutant.name, verdict: 'no failed test', detail: red.join('; ') };
    return { name: mutant.name, verdict: 'survived', detail: `${blind.join(' and ')} saw nothing` };
  } finally {
    // The next compile builds the good file again together with the next fault.
    writeFileSync(path, source);
  }
}

/** The first failed test of each file, by the file's path, in the runner's output. */
function firstFailedTests(lines: readonly string[]): Map<string, string> {
  const first = new Map<string, string>();
  let file = '';
  let inOutput = false;
  for (const line of lines) {
    if (/^ {4}---( its output:)?$/.test(line)) inOutput = line.endsWith(':');
    if (inOutput) continue;
    file = /^(?:ok|FAILED) (\S+\.test\.ts) /.exec(line)?.[1] ?? file;
    const test = /^ {4}failed {2}(.+) \([\d.]+ s\)$/.exec(line)?.[1];
    if (test !== undefined && !first.has(file)) first.set(file, test);
  }
  return first;
}

function redLines(lines: readonly string[]): string[] {
  return lines.filter((line) => /^(FAILED|PROBLEM)|^ {4}failed {2}/.test(line)).map((line) => line.trim());
}

interface Ended {
  readonly code: number | null;
  readonly lines: string[];
}

/** All of the copy, incrementally, errors of types included. */
function compile(run: MutantsRun): Promise<Ended> {
  const args = ['--outDir', BUILD_FOLDER, '--incremental', '--pretty', 'false'];
  return ended(installed(run.root, 'tsc'), args, run.scratch);
}

function runTests(run: MutantsRun, tests: readonly string[]): Promise<Ended> {
  const options = ['--root', run.scratch, '--build', BUILD_FOLDER, '--limit', String(run.fileLimitSeconds)];
  return ended(process.execPath, [TEST_RUNNER, ...options, ...tests], run.scratch);
}

async function ended(program: string, args: readonly string[], folder: string): Promise<Ended> {
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { code, lines: output.trimEnd().split('\n') };
}

function installed(root: string, name: string): string {
  for (let folder = root; folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'node_modules/.bin', name);
    if (existsSync(path)) return path;
  }
  throw new UnfitTreeError(`${name} is not installed: run \`make install\`.`);
}

function secondsSince(startedMs: number): string {
  return `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
}
