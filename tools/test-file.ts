// Runs one compiled test file in a process of its own and judges the TAP that it writes, more strictly than tap does.
// Runs in the test runner's thread. Assumes a file that uses tap's library, which writes TAP when it is started alone.
//
// A test is a `t.test` that stands directly in a file; what it contains are its assertions and parts of it.
// tap calls a subtest without an assertion `ok`, and a skip as well: here both are told apart from a pass.
// `tap run` is not used: when one file runs into its time limit, it loses the results of others without a word, and
// its loader hooks are inherited by every worker thread that a test starts.
import { spawn } from 'node:child_process';
import { Parser, type Result } from 'tap-parser';

export interface TestResult {
  name: string;
  outcome: 'passed' | 'failed' | 'skipped';
  timeMs: number;
  /** Why it did not pass; empty when it passed. */
  reasons: string[];
}

export interface FileResult {
  path: string;
  timeMs: number;
  tests: TestResult[];
  /** What is wrong with the file itself: it crashed, ran out of time, holds no test. */
  problems: string[];
  /** What the tests said: comments, lines that are no TAP, standard error. */
  notes: string[];
  /** All that it wrote to standard output. */
  output: string;
}

/** What is found under one test, however deep. */
interface Findings {
  reasons: string[];
  skips: string[];
}

/** After the file's own limit this long for its last words, then it is killed with all that it started. */
const GRACE_MS = 5_000;

export async function runTestFile(root: string, path: string, timeLimitMs: number): Promise<FileResult> {
  const file: FileResult = { path, timeMs: 0, tests: [], problems: [], notes: [], output: '' };
  const startedMs = performance.now();
  const child = spawn(process.execPath, ['--enable-source-maps', path], {
    cwd: root,
    env: { ...environmentWithoutTap(), TAP_TIMEOUT: String(timeLimitMs / 1000) },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that what a test has started can be ended with it.
    detached: true,
  });
  const endGroup = (): void => {
    if (child.pid !== undefined) signalGroup(child.pid);
  };
  process.once('exit', endGroup);
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    endGroup();
  }, timeLimitMs + GRACE_MS);

  const parser = new Parser();
  watchFile(parser, file);
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    file.output += chunk;
    parser.write(chunk);
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => file.notes.push(...textLines(chunk)));
  const ended = await new Promise<string | number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ?? code));
  });
  clearTimeout(limit);
  endGroup();
  process.off('exit', endGroup);
  await new Promise<void>((resolve) => {
    parser.on('complete', () => resolve());
    parser.end();
  });

  file.timeMs = performance.now() - startedMs;
  if (late) file.problems.push(`did not end within ${timeLimitMs / 1000} s`);
  else if (file.tests.length === 0)
    file.problems.push(ended === 0 ? 'holds no test' : `ended with ${ended} before a test`);
  else if (ended !== 0 && !isBad(file)) file.problems.push(`ended with ${ended}`);
  return file;
}

export function isBad(file: FileResult): boolean {
  return file.problems.length > 0 || file.tests.some((test) => test.outcome !== 'passed');
}

function watchFile(parser: Parser, file: FileResult): void {
  let test: Parser | undefined;
  let findings: Findings = { reasons: [], skips: [] };
  watchComments(parser, file.notes);
  // Lines that are no TAP come here from every depth.
  parser.on('extra', (text: string) => file.notes.push(...textLines(text)));
  parser.on('child', (child: Parser) => {
    test = child;
    findings = { reasons: [], skips: [] };
    watchTest(child, child.name, findings, file.notes);
  });
  parser.on('assert', (point: Result) => {
    if (test === undefined && point.skip === false && point.todo === false) {
      const what = point.ok ? 'an assertion outside of a test' : 'failed outside of a test';
      file.problems.push(`${what}: ${point.name}`);
    } else {
      file.tests.push(testResult(point, findings));
    }
    test = undefined;
    findings = { reasons: [], skips: [] };
  });
  parser.on('bailout', (reason: string) => file.problems.push(`bailed out: ${reason}`));
  // A file that dies in the middle of a test leaves that test without a point of its own.
  parser.on('complete', () => {
    if (test === undefined) return;
    file.tests.push({ name: test.name, outcome: 'failed', timeMs: 0, reasons: ['the file died in this test'] });
  });
}

function testResult(point: Result, { reasons, skips }: Findings): TestResult {
  if (point.skip !== false) skips.push(`skipped: ${point.skip}`);
  if (point.todo !== false) skips.push(`todo: ${point.todo}`);
  if (!point.ok && point.todo === false && reasons.length === 0) reasons.push('not ok');
  const outcome = reasons.length > 0 ? 'failed' : skips.length > 0 ? 'skipped' : 'passed';
  return { name: point.name, outcome, timeMs: point.time ?? 0, reasons: outcome === 'failed' ? reasons : skips };
}

function watchTest(test: Parser, path: string, findings: Findings, notes: string[]): void {
  watchComments(test, notes);
  test.on('child', (child: Parser) => watchTest(child, `${path} > ${child.name}`, findings, notes));
  test.on('assert', (point: Result) => {
    if (point.skip !== false) findings.skips.push(`skipped: ${path} > ${point.name}: ${point.skip}`);
    else if (point.todo !== false) findings.skips.push(`todo: ${path} > ${point.name}: ${point.todo}`);
    else if (!point.ok) findings.reasons.push(`${path} > ${point.name}`);
  });
  test.on('complete', () => {
    if (test.count === 0) findings.reasons.push(`no assertion in: ${path}`);
  });
}

/** tap's own comments say where a subtest starts and how long it took; all others come from the tests. */
function watchComments(parser: Parser, notes: string[]): void {
  parser.on('comment', (comment: string) => {
    if (!/^# (Subtest|time=|test count|failed \d|no tests|\{ total)/.test(comment)) notes.push(comment.trimEnd());
  });
}

function textLines(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

function signalGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** A run inside a test must not inherit the outer run's settings. */
function environmentWithoutTap(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^_?TAP/.test(name)));
}
