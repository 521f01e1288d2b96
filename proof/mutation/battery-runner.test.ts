/** The runner against mutants that are written here: what Stryker puts into code is a question to the switch. */

import { join } from 'node:path';
import t from 'tap';
import type { Check } from './battery.js';
import { BatteryRunner, type MutantRun } from './battery-runner.js';

interface Switch {
  activeMutant?: string;
  hitCount?: number;
  hitLimit?: number;
}

const mutation = (globalThis as { __stryker__?: Switch }).__stryker__ ?? {};

/** As Stryker's own: true when this mutant is on, and an end to loops that ask too often. */
function isOn(mutant: string): boolean {
  if (mutation.activeMutant !== mutant) return false;
  if (mutation.hitLimit !== undefined) {
    mutation.hitCount = (mutation.hitCount ?? 0) + 1;
    if (mutation.hitCount > mutation.hitLimit) throw new Error('Stryker: Hit count limit reached');
  }
  return true;
}

const CHECKS: readonly Check[] = [
  { name: 'first', run: () => '' },
  { name: 'sum', run: () => (isOn('wrong') ? 'not the sum' : '') },
  {
    name: 'loop',
    run: () => {
      while (isOn('endless'));
      while (mutation.activeMutant === 'silent');
      if (isOn('thrown')) throw new Error('assert');
      return '';
    },
  },
];

const one = (id: string, more: Partial<MutantRun> = {}, fileName = 'elsewhere/a.js'): MutantRun => ({
  activeMutant: { id, fileName },
  mutantActivation: 'runtime',
  ...more,
});

t.test('what a check says kills; a throw does, too; what none says lives', async (t) => {
  const runner = new BatteryRunner(async () => [...CHECKS], [], 200);
  const killed = { status: 'killed', killedBy: ['sum'], failureMessage: 'not the sum' };
  t.same(await runner.mutantRun(one('wrong')), { ...killed, nrOfTests: 2 });
  t.same(await runner.mutantRun(one('wrong')), { ...killed, nrOfTests: 1 }, 'who killed last is asked first');
  t.match(await runner.mutantRun(one('thrown')), { status: 'killed', failureMessage: 'Error: assert' });
  t.same(await runner.mutantRun(one('unseen')), { status: 'survived', nrOfTests: 3 });
  t.same(await runner.mutantRun(one('wrong', { testFilter: ['first', 'loop'] })), { status: 'survived', nrOfTests: 2 });
  t.equal(mutation.activeMutant, undefined, 'nothing stays on');
});

t.test('what does not end is ended: by its rounds, or by its time', async (t) => {
  const runner = new BatteryRunner(async () => [...CHECKS], [], 200);
  t.match(await runner.mutantRun(one('endless', { hitLimit: 100 })), { status: 'timeout', reason: /100 rounds/ });
  t.match(await runner.mutantRun(one('silent')), { status: 'timeout', reason: /loop hangs/ });
  t.same(await runner.mutantRun(one('unseen')), { status: 'survived', nrOfTests: 3 }, 'and nothing is left of it');
});

t.test('a runner that fails itself kills nothing', async (t) => {
  const runner = new BatteryRunner(async () => [...CHECKS], [], Number.MAX_VALUE);
  await t.rejects(runner.mutantRun(one('unseen')), { code: 'ERR_OUT_OF_RANGE' });
  t.equal(mutation.activeMutant, undefined);
});

t.test('the dry run tells what failed; own tests are asked about what is beside them', async (t) => {
  const folder = t.testdir({
    'package.json': '{ "type": "module" }',
    'good.test.js': '',
    'a.js': 'stryMutAct_9fa48("7") && stryMutAct_9fa48("12")',
    'bad.test.js': `process.exit(process.env.__STRYKER_ACTIVE_MUTANT__ === 'seen' ? 3 : 0);`,
  });
  const [good, bad] = [join(folder, 'good.test.js'), join(folder, 'bad.test.js')];
  const runner = new BatteryRunner(async () => [{ name: 'broken', run: () => 'red' }], [good, bad]);
  const { tests, mutantCoverage } = await runner.dryRun();
  t.match(tests, [
    { id: 'broken', status: 1, failureMessage: 'red' },
    { id: good, status: 0 },
    { id: bad, status: 0 },
  ]);
  t.same(mutantCoverage.perTest[good], { 7: 1, 12: 1 }, 'all that is beside it');
  const quiet = new BatteryRunner(async () => [{ name: 'quiet', run: () => '' }], [good, bad]);
  const beside = join(folder, 'beside.js');
  const seen = { status: 'killed', failureMessage: `${bad} ended with 3` };
  t.match(await quiet.mutantRun(one('seen', {}, beside)), seen);
  t.match(await quiet.mutantRun(one('unseen', {}, beside)), { status: 'survived', nrOfTests: 3 });
  t.match(await quiet.mutantRun(one('seen')), { status: 'survived', nrOfTests: 1 }, 'those of its own folder alone');
});
