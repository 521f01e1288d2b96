// Runs the compiled tests, shows each file's result as it ends, and counts what really passed.
// Runs in the test runner's main thread. Assumes that the tree is compiled; it never compiles and never picks up
// the compiled remains of a test whose source is gone.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sourceFiles } from './source-tree.js';
import { type FileResult, isBad, runTestFile } from './test-file.js';

const FLOOR_FILE = 'tools/test-floor.json';
const FILES_AT_ONCE = 2;
const SLOWEST_SHOWN = 5;
const QUIET_LIMIT_MS = 30_000;

/** Tests that measure, or fill the machine with threads and processes: they run last, and nothing beside them. */
const ALONE = /\.alone\.test\.ts$/;

export interface RunOptions {
  /** The tree whose tests run. */
  root: string;
  /** The folder in `root` that holds the compiled tree. */
  buildFolder: string;
  /** Parts of source paths; a run with some of them is a partial one, and the floor does not apply. */
  filters: string[];
  raiseFloor: boolean;
  fileTimeLimitMs: number;
  print(line: string): void;
}

export interface RunOutcome {
  passed: number;
  failed: number;
  skipped: number;
}

export async function runTests(options: RunOptions): Promise<RunOutcome> {
  const { root, buildFolder, filters, print } = options;
  const sources = sourceFiles(root)
    .filter((path) => path.endsWith('.test.ts'))
    .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)));
  const problems = sources
    .filter((path) => !existsSync(join(root, compiledPath(buildFolder, path))))
    .map((path) => `${compiledPath(buildFolder, path)} is missing: the tree is not compiled`);

  const files: FileResult[] = [];
  if (problems.length === 0) await runAll(options, sources, files);
  const outcome: RunOutcome = { passed: 0, failed: 0, skipped: 0 };
  for (const file of files) {
    for (const test of file.tests) outcome[test.outcome] += 1;
    for (const problem of file.problems) problems.push(`${file.path} ${problem}`);
  }
  if (outcome.passed === 0) problems.push('no test passed');
  if (filters.length === 0) checkFloor(options, outcome, problems);

  printSlowest(files, print);
  for (const problem of problems) print(`PROBLEM ${problem}`);
  // Each problem that belongs to no test counts as one failure, so that the closing line alone tells the result.
  outcome.failed += problems.length;
  return outcome;
}

export function closingLine({ passed, failed, skipped }: RunOutcome): string {
  const line = `${passed} passed, ${failed} failed`;
  return skipped === 0 ? line : `${line}, ${skipped} skipped`;
}

/** A skipped test is a failure here: what is worth keeping is worth running. */
export function succeeded({ passed, failed, skipped }: RunOutcome): boolean {
  return passed > 0 && failed === 0 && skipped === 0;
}

async function runAll(options: RunOptions, sources: readonly string[], files: FileResult[]): Promise<void> {
  const { print } = options;
  const running = new Map<string, number>();
  let lastLineMs = performance.now();
  const quiet = setInterval(() => {
    const nowMs = performance.now();
    if (nowMs - lastLineMs < QUIET_LIMIT_MS) return;
    lastLineMs = nowMs;
    const names = [...running].map(([path, sinceMs]) => `${path} for ${seconds(nowMs - sinceMs)}`);
    print(`... ${files.length} of ${sources.length} files done, running ${names.join(', ')}`);
  }, 1000);

  const runFrom = async (queue: string[]): Promise<void> => {
    for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
      running.set(path, performance.now());
      const file = await runTestFile(options.root, compiledPath(options.buildFolder, path), options.fileTimeLimitMs);
      running.delete(path);
      file.path = path;
      files.push(file);
      printFile(file, print);
      lastLineMs = performance.now();
    }
  };
  const together = sources.filter((path) => !ALONE.test(path));
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, () => runFrom(together)));
  await runFrom(sources.filter((path) => ALONE.test(path)));
  clearInterval(quiet);

  const log = join(options.root, options.buildFolder, 'test-output.tap');
  writeFileSync(log, files.map(({ path, output }) => `# ${path}\n${output}`).join('\n'));
}

function compiledPath(buildFolder: string, source: string): string {
  return `${buildFolder}/${source.replace(/\.ts$/, '.js')}`;
}

function checkFloor(options: RunOptions, outcome: RunOutcome, problems: string[]): void {
  const path = join(options.root, FLOOR_FILE);
  const floor = (JSON.parse(readFileSync(path, 'utf8')) as { passed: number }).passed;
  if (options.raiseFloor) {
    if (problems.length === 0 && succeeded(outcome) && outcome.passed > floor) {
      writeFileSync(path, `{ "passed": ${outcome.passed} }\n`);
      options.print(`${FLOOR_FILE} raised from ${floor} to ${outcome.passed}`);
    }
  } else if (outcome.passed < floor) {
    problems.push(`${outcome.passed} tests passed, ${FLOOR_FILE} asks for ${floor}`);
  }
}

function printFile(file: FileResult, print: (line: string) => void): void {
  const bad = isBad(file);
  print(`${bad ? 'FAILED' : 'ok'} ${file.path} (${seconds(file.timeMs)})`);
  for (const test of file.tests) {
    print(`    ${test.outcome.padEnd(8)}${test.name} (${seconds(test.timeMs)})`);
    for (const reason of test.reasons) print(`            ${reason}`);
  }
  for (const note of file.notes) print(`    | ${note}`);
  if (!bad) return;
  for (const problem of file.problems) print(`    ${problem}`);
  print('    --- its output:');
  for (const line of file.output.trimEnd().split('\n')) print(`    ${line}`);
  print('    ---');
}

function printSlowest(files: FileResult[], print: (line: string) => void): void {
  const slowest = [...files].sort((a, b) => b.timeMs - a.timeMs).slice(0, SLOWEST_SHOWN);
  if (slowest.length > 0) print('slowest files:');
  for (const file of slowest) print(`    ${seconds(file.timeMs).padStart(9)}  ${file.path}`);
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(milliseconds < 1000 ? 3 : 1)} s`;
}
