/**
 * A platform whose journal goes through many small segments and keeps one: retired while it serves, over starts, beside whoever
 * reads it.
 */

import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readKeyFile, TredyeClient } from '../client/index.js';
import { PlatformProcess } from '../proof/platform-process.js';
import { jsonLines, tredye } from './cli/cli-process.js';
import { EXIT_CLEAN, EXIT_DATA_DIRECTORY } from './exit-codes.js';

t.setTimeout(300_000);

const SMALL = ['--segment-mib', '8', '--max-orders', '10000', '--max-instruments', '100', '--max-accounts', '100'];
const FLAGS = [
  ...SMALL,
  '--max-lanes',
  '64',
  '--max-keys',
  '100',
  '--snapshot-commands',
  '400',
  '--keep-segments',
  '1',
];

async function metric(platform: PlatformProcess, name: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${platform.ready.port}/metrics`);
  const line = (await answer.text()).split('\n').find((text) => text.startsWith(`${name}{`));
  return Number(line?.split(' ').at(-1));
}

async function connect(platform: PlatformProcess): Promise<TredyeClient> {
  return TredyeClient.connect(platform.ready.url, readKeyFile(platform.ready.adminKey));
}

/** One order after the other, a page of the journal each, until its begin is a later segment. */
async function tradeUntilRetired(platform: PlatformProcess, client: TredyeClient, beyond: number): Promise<void> {
  for (let sent = 0; ; sent++) {
    const side = sent % 2 === 0 ? 'Buy' : 'Sell';
    await client.place({ symbol: 'ACME', side, price: 100, quantity: 1 });
    if (sent % 400 === 0 && (await metric(platform, 'tredye_journal_first_segment')) > beyond) return;
  }
}

async function checked(
  data: string,
): Promise<readonly { readonly firstSegment: number; readonly problems: unknown }[]> {
  return JSON.parse((await tredye(['journal', 'check', '--data', data, '--json'])).out);
}

t.test('segments go while it serves, and everything that is left holds', async (t) => {
  const data = join(t.testdir(), 'data');
  const journal = join(data, 'shard-0', 'journal');
  const archive = join(t.testdirName, 'archive');
  const flags = [...FLAGS, '--archive', archive];
  const first = await PlatformProcess.start({ data, flags });
  const client = await connect(first);
  await client.addInstrument({ symbol: 'ACME', priceMax: 1000, quantityMax: 1000 });
  await client.setPhase({ symbol: 'ACME', phase: 'Continuous' });
  await client.place({ symbol: 'ACME', side: 'Buy', price: 7, quantity: 3 });
  await tradeUntilRetired(first, client, 1);
  t.match(first.log(), /retired 1 segments of shard 0: its journal begins with 2/);
  t.notOk(existsSync(join(journal, '00000001.seg')));
  const running = await checked(data);
  t.match(running, [{ firstSegment: 2, problems: [] }]);
  await client.close();
  await first.kill();

  const second = await PlatformProcess.start({ data, flags });
  const again = await connect(second);
  await tradeUntilRetired(second, again, 2);
  const book = await (await fetch(`http://127.0.0.1:${second.ready.port}/v1/book/ACME`)).json();
  const { bids } = book as { readonly bids: readonly (readonly number[])[] };
  t.same(bids.at(-1)?.slice(0, 2), [7, 3], 'the order of a retired segment rests');
  await again.close();
  t.same(await second.stop(), { code: EXIT_CLEAN, signal: null });
  const [stopped] = await checked(data);
  t.same(stopped?.problems, []);
  t.ok((stopped?.firstSegment ?? 0) > 2);
  t.same(readdirSync(join(data, 'shard-0', 'leases')), [], 'nobody reads any more');

  const listed = JSON.parse((await tredye(['journal', 'ls', '--data', data, '--json'])).out);
  t.equal(listed[0].segment, stopped?.firstSegment);
  const cat = await tredye(['journal', 'cat', '--data', data, '--limit', '3']);
  t.equal(cat.code, EXIT_CLEAN);
  t.ok(jsonLines(cat.out).length === 3);
  const old = await tredye(['journal', 'cat', '--data', data, '--from', '2']);
  t.match(old.err, /The journal begins behind what is asked for/);
  const accounts = await tredye(['account', 'list', '--data', data]);
  t.match(accounts.out, /operator/, 'the directory is read out of the snapshot');

  const third = await PlatformProcess.start({ data, flags });
  const last = await connect(third);
  t.equal((await last.instruments()).length, 1);
  await last.close();
  t.same(await third.stop(), { code: EXIT_CLEAN, signal: null });

  // Another machine: the archive, and the operator's copy of the key.
  const restored = join(t.testdirName, 'restored');
  const made = await tredye(['restore', '--from', archive, '--to', restored]);
  t.equal(made.code, EXIT_CLEAN, made.err);
  t.match(made.out, /every record, seal, event and state holds/);
  t.equal((await tredye(['restore', '--from', archive, '--to', restored])).code, EXIT_DATA_DIRECTORY, 'not twice');
  t.match(JSON.parse(readFileSync(join(restored, 'restored.json'), 'utf8')), { shards: [{ firstSegment: 1 }] });
  copyFileSync(join(data, 'admin-key.json'), join(restored, 'admin-key.json'));
  const fourth = await PlatformProcess.start({ data: restored, flags: FLAGS });
  const there = await connect(fourth);
  t.equal((await there.place({ symbol: 'ACME', side: 'Buy', price: 8, quantity: 1 })).kind, 'Accepted');
  const kept = await (await fetch(`http://127.0.0.1:${fourth.ready.port}/v1/book/ACME`)).json();
  t.same((kept as { readonly bids: readonly (readonly number[])[] }).bids.at(-1)?.slice(0, 2), [7, 3]);
  await there.close();
  t.same(await fourth.stop(), { code: EXIT_CLEAN, signal: null });
  t.match(await checked(restored), [{ problems: [] }]);
});
