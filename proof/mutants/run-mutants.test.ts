import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { MUTANTS } from './mutants.js';
import { closingOf, type Mutant, type MutantOutcome, outOfDate, runMutants } from './run-mutants.js';

/** The tree that this file is compiled from. */
const ROOT = join(import.meta.dirname, '../../..');

const SOURCE = `// Compares.
export function larger(one: number, other: number): number {
  return one > other ? one : other;
}
`;
const SEES = `import t from 'tap';
import { larger } from './larger.js';
t.test('the larger of two is found', (t) => {
  t.equal(larger(1, 2), 2);
  t.end();
});
`;
const TURNED: Mutant = {
  name: 'turned',
  file: 'larger.ts',
  find: 'one > other',
  replace: 'one < other',
  tests: ['larger.test.ts'],
};

interface Ran {
  readonly outcomes: MutantOutcome[];
  readonly lines: string[];
}

/** Runs mutants over a tree of one file and its test. */
function run(t: Test, test: string, ...mutants: Mutant[]): Promise<Ran> {
  const root = t.testdir({
    'package.json': '{ "type": "module" }',
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        rootDir: '.',
        module: 'nodenext',
        target: 'es2023',
        types: ['node'],
        strict: true,
        skipLibCheck: true,
        noUnusedLocals: true,
      },
      include: ['**/*.ts'],
      exclude: ['scratch'],
    }),
    'larger.ts': SOURCE,
    'larger.test.ts': test,
  });
  const lines: string[] = [];
  const print = (line: string) => lines.push(line);
  const scratch = join(root, 'scratch', 'tree');
  return runMutants({ root, scratch, mutants, fileLimitSeconds: 20, print }).then((outcomes) => {
    t.equal(readFileSync(join(root, 'larger.ts'), 'utf8'), SOURCE, 'the tree itself is not touched');
    t.equal(readFileSync(join(scratch, 'larger.ts'), 'utf8'), SOURCE, 'each fault is taken back');
    return { outcomes, lines };
  });
}

t.test(
  'of six mutants those that a test sees are killed, all others are told apart, none spoils the next',
  async (t) => {
    const { outcomes, lines } = await run(
      t,
      SEES,
      TURNED,
      { ...TURNED, name: 'unseen', find: '// Compares.', replace: '// Compares $& twice.' },
      { ...TURNED, name: 'broken', replace: 'first > other' },
      { ...TURNED, name: 'crash', find: '// Compares.', replace: "throw new Error('at load');" },
      { ...TURNED, name: 'gone', find: 'one >= other' },
      { ...TURNED, name: 'again' },
    );
    const killed = { verdict: 'killed', detail: 'by larger.test.ts: "the larger of two is found"' };
    t.same(outcomes[0], { name: 'turned', ...killed });
    t.same(outcomes[1], { name: 'unseen', verdict: 'survived', detail: 'larger.test.ts saw nothing' });
    t.equal(outcomes[2]?.verdict, 'does not compile');
    t.match(outcomes[2]?.detail, "larger.ts(3,10): error TS2304: Cannot find name 'first'");
    t.equal(outcomes[3]?.verdict, 'no failed test');
    t.match(outcomes[3]?.detail, 'PROBLEM larger.test.ts ended with 1 before a test');
    const detail = 'its text stands 0 times in larger.ts, not once';
    t.same(outcomes[4], { name: 'gone', verdict: 'out of date', detail });
    t.same(outcomes[5], { name: 'again', ...killed });
    t.equal(outcomes.length, 6);
    t.same(closingOf(outcomes), {
      result: 'RESULT mutants.killed 2 mutants 0.33 vs expected=6',
      alive: outcomes.slice(1, 5).map(({ name, verdict, detail }) => `${name}: ${verdict}: ${detail}`),
      exitCode: 1,
    });
    t.match(lines[0], /^without a mutant 1 test files are green/);
    t.match(lines[2], /^\[2\/6\] unseen: survived/);
  },
);

t.test('a run is good only when every mutant was killed', async (t) => {
  const killed: MutantOutcome = { name: 'one', verdict: 'killed', detail: 'by larger.test.ts' };
  const result = 'RESULT mutants.killed 2 mutants 1.0 vs expected=2';
  t.same(closingOf([killed, killed]), { result, alive: [], exitCode: 0 });
  for (const verdict of ['survived', 'out of date', 'does not compile', 'no failed test'] as const) {
    const { alive, exitCode } = closingOf([killed, { name: 'two', verdict, detail: 'why' }]);
    t.equal(exitCode, 1);
    t.same(alive, [`two: ${verdict}: why`]);
  }
});

t.test('a tree whose tests are red takes no mutant', async (t) => {
  await t.rejects(run(t, SEES.replace('2), 2', '2), 1'), TURNED), {
    code: 'MUTANTS_UNFIT_TREE',
    message: /^The tests are red without a mutant:\n(.|\n)*failed {2}the larger of two is found/,
  });
});

t.test('a tree that does not compile takes no mutant', async (t) => {
  await t.rejects(run(t, SEES.replace('larger(1, 2)', "larger(1, '2')"), TURNED), {
    code: 'MUTANTS_UNFIT_TREE',
    message: /^The tree does not compile without a mutant:\nlarger\.test\.ts\(4,\d+\): error/,
  });
});

t.test('a mutant whose text, file or tests are not there any more is out of date', async (t) => {
  const root = t.testdir({ 'larger.ts': SOURCE, 'larger.test.ts': SEES });
  t.equal(outOfDate(root, TURNED), null);
  t.match(outOfDate(root, { ...TURNED, find: 'number' }), 'its text stands 3 times');
  t.match(outOfDate(root, { ...TURNED, file: 'smaller.ts' }), 'smaller.ts does not exist');
  t.match(outOfDate(root, { ...TURNED, tests: ['larger.test.ts', 'other.test.ts'] }), 'do not exist: other.test.ts');
  t.match(outOfDate(root, { ...TURNED, tests: [] }), 'none named');
});

t.test('the faults have names of their own, and each still fits this tree', async (t) => {
  t.equal(new Set(MUTANTS.map(({ name }) => name)).size, MUTANTS.length);
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  t.match(readme, `| \`make mutants\` | ${MUTANTS.length} planted bugs`);
  for (const mutant of MUTANTS) t.equal(outOfDate(ROOT, mutant), null, mutant.name);
});
