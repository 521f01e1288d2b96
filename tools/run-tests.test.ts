import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';

const MAIN = join(import.meta.dirname, 'run-tests-main.js');
const GOOD = "t.test('one holds', (t) => { t.pass(); t.end(); });\nt.test('two holds', (t) => { t.pass(); t.end(); });";

interface Run {
  code: number | null;
  output: string;
  lastLine: string | undefined;
}

/** Runs the runner over a small tree: the given test files, compiled already, and the given floor. */
async function run(t: Test, tests: Readonly<Record<string, string>>, floor: number, ...args: string[]): Promise<Run> {
  const compiled: Record<string, string> = {};
  const sources: Record<string, string> = {};
  for (const [name, body] of Object.entries(tests)) {
    sources[`${name}.test.ts`] = '';
    compiled[`${name}.test.js`] = `import t from 'tap';\n${body}\n`;
  }
  const root = t.testdir({
    'package.json': '{ "type": "module" }',
    tools: { 'test-floor.json': `{ "passed": ${floor} }` },
    build: compiled,
    ...sources,
  });
  return runIn(root, args);
}

async function runIn(root: string, args: readonly string[]): Promise<Run> {
  const child = spawn(process.execPath, [MAIN, '--root', root, '--build', 'build', ...args]);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { code, output, lastLine: output.trimEnd().split('\n').at(-1) };
}

/** A killed process may stay in the table until somebody asks for its exit code: that one does not run. */
function isRunning(pid: string): boolean {
  if (!existsSync(`/proc/${pid}`)) return false;
  return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

t.test('good tests pass, are counted as tests, not as assertions, and what they say is shown', async (t) => {
  const three =
    "t.test('three asserts', (t) => { t.pass(); t.pass(); t.test('part', (t) => { t.pass(); t.end(); }); t.end(); });";
  const says = "t.test('random', (t) => { t.comment('seed 12'); console.log('out'); t.pass(); t.end(); });";
  const { code, output, lastLine } = await run(t, { good: GOOD, more: three, says }, 4);
  t.equal(lastLine, '4 passed, 0 failed');
  t.equal(code, 0, output);
  t.match(output, /passed +one holds/);
  t.match(output, '| # seed 12');
  t.match(output, '| out');
  t.match(output, /slowest files:\n +[\d.]+ s +(good|more|says)\.test\.ts/);
});

t.test('a test without an assertion is a failure, however deep it stands', async (t) => {
  const empty =
    "t.test('checks nothing', (t) => t.end());\nt.test('outer', (t) => { t.pass(); t.test('inner', (t) => t.end()); t.end(); });";
  const { code, output, lastLine } = await run(t, { empty: `${GOOD}\n${empty}` }, 2);
  t.equal(lastLine, '2 passed, 2 failed');
  t.equal(code, 1);
  t.match(output, 'no assertion in: checks nothing');
  t.match(output, 'no assertion in: outer > inner');
});

t.test('a skip or a todo is told apart and fails the run', async (t) => {
  const skips =
    "t.test('later', { ['skip']: 'no disk' }, (t) => t.end());\nt.test('part', (t) => { t.pass(); t.ok(false, 'x', { ['todo']: 'soon' }); t.end(); });";
  const { code, output, lastLine } = await run(t, { skips: `${GOOD}\n${skips}` }, 2);
  t.equal(lastLine, '2 passed, 0 failed, 2 skipped');
  t.equal(code, 1);
  t.match(output, 'skipped: no disk');
  t.match(output, 'todo: part > x: soon');
});

t.test('a run without a test fails', async (t) => {
  const { code, output, lastLine } = await run(t, {}, 0);
  t.equal(lastLine, '0 passed, 1 failed');
  t.equal(code, 1);
  t.match(output, 'PROBLEM no test passed');
});

t.test('fewer tests than the floor fail the run, and the run does not lower the floor', async (t) => {
  const { code, output, lastLine } = await run(t, { good: GOOD }, 3);
  t.equal(lastLine, '2 passed, 1 failed');
  t.equal(code, 1);
  t.match(output, 'PROBLEM 2 tests passed, tools/test-floor.json asks for 3');
  t.equal(readFileSync(join(t.testdirName, 'tools/test-floor.json'), 'utf8'), '{ "passed": 3 }');
});

t.test('the floor is raised when asked', async (t) => {
  const { code } = await run(t, { good: GOOD }, 1, '--raise-floor');
  t.equal(code, 0);
  t.equal(readFileSync(join(t.testdirName, 'tools/test-floor.json'), 'utf8'), '{ "passed": 2 }\n');
});

t.test('files that fail, crash or hold no test each fail the run by name', async (t) => {
  const tests = {
    good: GOOD,
    wrong: "t.test('adds', (t) => { t.equal(1 + 1, 3, 'sum'); t.end(); });",
    killed: "t.test('dies', (t) => { t.pass(); process.kill(process.pid, 'SIGKILL'); });",
    broken: "await import('./nowhere.js');",
    quiet: "console.log('nothing to see');",
    bare: "t.pass('stands alone');",
    away: GOOD,
  };
  // A run of some of the files does not look at the floor.
  const { code, output, lastLine } = await run(t, tests, 99, 'good', 'wrong', 'killed', 'broken', 'quiet', 'bare');
  t.equal(lastLine, '2 passed, 6 failed');
  t.equal(code, 1);
  t.match(output, 'adds > sum');
  t.match(output, 'the file died in this test');
  t.match(output, 'PROBLEM broken.test.ts ended with 1 before a test');
  t.match(output, 'PROBLEM quiet.test.ts holds no test');
  t.match(output, 'PROBLEM bare.test.ts an assertion outside of a test: stands alone');
});

t.test('a file that hangs is ended with all that it started, and the others keep their results', async (t) => {
  const polite = "t.test('waits', (t) => { t.pass(); setTimeout(() => t.end(), 60_000); });";
  const stubborn =
    "import { spawn } from 'node:child_process';\n" +
    "import { writeFileSync } from 'node:fs';\n" +
    "t.test('spins', (t) => { writeFileSync('pid', String(spawn('sleep', ['60']).pid)); for (;;); });";
  const { code, output, lastLine } = await run(t, { good: GOOD, polite, stubborn }, 1, '--limit', '1');
  t.equal(lastLine, '2 passed, 3 failed', output);
  t.equal(code, 1);
  t.match(output, 'waits > timeout!');
  t.match(output, 'PROBLEM stubborn.test.ts did not end within 1 s');
  t.notOk(isRunning(readFileSync(join(t.testdirName, 'pid'), 'utf8')));
});

t.test('a test that was not compiled fails the run', async (t) => {
  const { code, output, lastLine } = await run(t, { good: GOOD }, 0, '--build', 'build-other');
  t.equal(lastLine, '0 passed, 2 failed');
  t.equal(code, 1);
  t.match(output, 'PROBLEM build-other/good.test.js is missing: the tree is not compiled');
});

t.test('a failed check of the tree turns a run of good tests red', async (t) => {
  const root = t.testdir({
    'package.json': '{ "type": "module" }',
    tools: { 'test-floor.json': '{ "passed": 2 }' },
    engine: {
      'round.ts': "// Reaches up.\nimport { session } from '../gateway/session.js';\nexport const x = session;\n",
    },
    gateway: { 'session.ts': '// Is reached.\nexport const session = 1;\n', 'good.test.ts': '' },
    build: { gateway: { 'good.test.js': `import t from 'tap';\n${GOOD}\n` } },
  });
  const { code, output, lastLine } = await runIn(root, ['--check']);
  t.equal(code, 1);
  t.match(output, /check import directions: FAILED/);
  t.match(output, 'engine/round.ts -> gateway/session.ts: engine may import schemas only');
  t.match(lastLine, /^2 passed, [1-9] failed$/);
});
