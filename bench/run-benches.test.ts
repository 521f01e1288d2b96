import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { keepRun, machineNow } from './kept-results.js';
import type { Bench, BenchOutcome } from './outcome.js';
import { runBenches } from './run-benches.js';

const GOOD: BenchOutcome = {
  figures: [{ name: 'p50', value: 9, unit: 'us', target: '<=5' }],
  conditions: ['one load'],
  curves: [],
  voids: [],
};

/** What is kept and said of these benches. */
async function play(benches: readonly Bench[]): Promise<{ counted: boolean; kept: string[]; said: string }> {
  const kept: string[] = [];
  const said: string[] = [];
  const counted = await runBenches({
    benches,
    size: 'small',
    say: (line) => said.push(line),
    begin: (name) => () => kept.push(name),
  });
  return { counted, kept, said: said.join('\n') };
}

const bench = (name: string, outcome: BenchOutcome): Bench => ({ name, run: async () => outcome });

t.test('a bench that counts is kept, and a missed target is said', async (t) => {
  const { counted, kept, said } = await play([bench('good', GOOD)]);
  t.equal(counted, true);
  t.same(kept, ['good']);
  t.match(said, 'target missed: good.p50 is 9, wanted <=5');
});

t.test('a void bench and one that breaks off are not kept, the others are, and the whole does not count', async (t) => {
  const broken: Bench = { name: 'broken', run: () => Promise.reject(new Error('no platform')) };
  const late = bench('late', { ...GOOD, voids: ['the generator lagged'] });
  const { counted, kept, said } = await play([late, broken, bench('good', GOOD)]);
  t.equal(counted, false);
  t.same(kept, ['good']);
  t.match(said, 'void: late: the generator lagged');
  t.match(said, 'bench broken broke off: no platform');
});

t.test('a run takes the place of the one before it and leaves the others, quick ones apart', async (t) => {
  const root = t.testdir();
  mkdirSync(join(root, 'bench'));
  const machine = machineNow();
  keepRun(root, 'runs', 'a', 'make a', machine, { ...GOOD, conditions: ['older'] });
  keepRun(root, 'runs', 'b', 'make b', machine, GOOD);
  keepRun(root, 'quick', 'a', 'make quick', machine, GOOD);
  keepRun(root, 'runs', 'a', 'make a', machine, GOOD);
  const kept = JSON.parse(readFileSync(join(root, 'bench', 'results.json'), 'utf8'));
  t.same(Object.keys(kept.runs).sort(), ['a', 'b']);
  t.same(kept.runs.a.conditions, ['one load']);
  t.same(kept.runs.a.figures, [{ name: 'p50', value: 9, unit: 'us', target: '<=5', met: false }]);
  t.equal(kept.quick.a.command, 'make quick');
  t.match(kept.runs.a, {
    commit: /^([0-9a-f]+\+?|-)$/,
    date: /^\d{4}-\d\d-\d\d \d\d:\d\d$/,
    machine: /cores .* Node /,
  });
});

t.test('a bench or a size that is not there is refused in one sentence that names those that are', async (t) => {
  const entry = fileURLToPath(new URL('./bench-main.js', import.meta.url));
  for (const args of [
    ['small', 'lantency'],
    ['huge', 'rings'],
  ]) {
    const { status, stderr } = spawnSync(process.execPath, [entry, ...args], { encoding: 'utf8' });
    t.equal(status, 1);
    t.match(stderr, /^There is no (bench lantency|size huge): the benches are .*latency.*\n$/);
  }
});
