/** The schedule of a real platform: what comes at its time, and what was missed while it was killed. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { readKeyFile, TredyeClient } from '../../client/index.js';
import { PlatformProcess } from '../../proof/platform-process.js';

const SMALL = ['--segment-mib', '8', '--max-orders', '10000', '--max-instruments', '100', '--max-accounts', '100'];

/** HH:MM:SS in UTC. */
function clockTime(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

async function phaseOf(url: string, symbol: string): Promise<string | undefined> {
  const response = await fetch(new URL('/v1/instruments', url.replace('ws', 'http')));
  const { instruments } = (await response.json()) as { instruments: { symbol: string; phase: string }[] };
  return instruments.find((instrument) => instrument.symbol === symbol)?.phase;
}

/** Looks until it is so; whoever waits in vain is ended by the test's own limit. */
async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await isSo())) await sleep(100);
}

t.test('phases come by the clock, and a kill misses none of them', async (t) => {
  const folder = t.testdir();
  const data = join(folder, 'data');
  const file = join(folder, 'day.txt');
  const begin = Date.now();
  // The file's times are far away first: this life only makes the instrument.
  writeFileSync(file, `daily ${clockTime(begin + 7_200_000)} * PreOpen\n`);
  const flags = [...SMALL, '--schedule', file];
  const first = await PlatformProcess.start({ data, flags });
  const operator = await TredyeClient.connect(first.ready.url, readKeyFile(first.ready.adminKey));
  await operator.addInstrument({ symbol: 'ACME', priceMax: 100, quantityMax: 10 });
  await operator.close();
  await until(() => existsSync(join(data, 'schedule.json')));
  await first.kill();

  const missed = Date.now();
  const done = JSON.parse(readFileSync(join(data, 'schedule.json'), 'utf8')).doneUntilMs;
  t.ok(done >= begin && done <= missed, 'the first life said until when all is done');
  await until(() => Date.now() > Math.ceil((done + 1) / 1000) * 1000 + 1000);
  const lines = [
    `daily ${clockTime(Math.ceil((done + 1) / 1000) * 1000)} * PreOpen`,
    `daily ${clockTime(Math.ceil((done + 1) / 1000) * 1000)} ACME auction`,
    `daily ${clockTime(Date.now() + 5_000)} ACME Continuous # to come`,
  ];
  writeFileSync(file, lines.join('\n'));
  const second = await PlatformProcess.start({ data, flags });
  const { url } = second.ready;
  await until(async () => (await phaseOf(url, 'ACME')) !== 'Closed');
  await until(async () => (await phaseOf(url, 'ACME')) === 'Continuous');
  t.equal((await second.stop()).code, 0);
  const said = second.log();
  t.match(said, /schedule line 1: phase PreOpen of ACME/);
  t.match(said, /schedule line 2: phase Auction of ACME/);
  t.match(said, /schedule line 3: phase Continuous of ACME/);
  t.notMatch(said, /was refused/);
});

t.test('a bad file stops the start with one sentence, before anything is written', async (t) => {
  const folder = t.testdir({ 'day.txt': 'Mon 09:00 * Lunch\n' });
  const data = join(folder, 'data');
  for (const [file, says] of [
    [join(folder, 'day.txt'), /^The schedule \S+day\.txt is wrong in line 1: "Lunch" is nothing that is done: /],
    [join(folder, 'none.txt'), /^The schedule \S+none\.txt cannot be read \(ENOENT\): name a file that is there/],
  ] as const) {
    const exit = await PlatformProcess.refused({ data, flags: ['--schedule', file] });
    t.match(exit.said, says);
    t.equal(exit.said.trim().split('\n').length, 1);
    t.notOk(existsSync(data));
  }
});
