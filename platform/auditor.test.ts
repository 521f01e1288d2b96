/**
 * The auditor beside a platform that serves: snapshots that the next start begins with, a bad one that is named and passed
 * over, and a disagreement that ends the venue by name.
 */

import { closeSync, openSync, readdirSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { readKeyFile, TredyeClient } from '../client/index.js';
import { AuditorClient } from '../engine/audit/questions.js';
import { RealDisk } from '../engine/journal/disk.js';
import { segmentPath } from '../engine/journal/segments.js';
import { MetricWords } from '../engine/metrics/metric-words.js';
import { AUDIT, AUDIT_WORDS } from '../engine/metrics/words.js';
import { PublicHistory } from '../engine/public/public-history.js';
import { imageOf } from '../engine/public/shard-image.js';
import { OutputRing } from '../engine/ring/output-ring.js';
import { PlatformProcess } from '../proof/platform-process.js';
import { RandomJournal, spoilLastEvent } from '../proof/shard/random-journal.js';
import { AuditorThread } from './auditor-thread.js';
import { EXIT_AUDIT, EXIT_CLEAN, type PlatformError } from './exit-codes.js';
import { openLog } from './log.js';

const SMALL = ['--segment-mib', '8', '--max-orders', '10000', '--max-instruments', '100', '--max-accounts', '100'];
const FLAGS = [...SMALL, '--max-lanes', '64', '--max-keys', '100', '--snapshot-commands', '500'];
const ORDERS = 1200;

async function metric(platform: PlatformProcess, name: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${platform.ready.port}/metrics`);
  const line = (await answer.text()).split('\n').find((text) => text.startsWith(`${name}{`));
  return Number(line?.split(' ').at(-1));
}

/** Resolves when the metric is what it must be; the test's own limit ends it otherwise. */
async function until(platform: PlatformProcess, name: string, holds: (value: number) => boolean): Promise<void> {
  while (!holds(await metric(platform, name))) await setTimeout(20);
}

/** The best buys of ACME, as HTTP shows them. */
async function bids(platform: PlatformProcess): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${platform.ready.port}/v1/book/ACME`);
  const { bids: levels } = (await answer.json()) as { readonly bids: readonly unknown[] };
  if (levels.length === 0) throw new Error('there are no buys');
  return levels;
}

/** The last trades of ACME, as HTTP shows them. */
async function trades(platform: PlatformProcess): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${platform.ready.port}/v1/trades/ACME`);
  const { trades: last } = (await answer.json()) as { readonly trades: readonly unknown[] };
  if (last.length === 0) throw new Error('there are no trades');
  return last;
}

async function connect(platform: PlatformProcess): Promise<TredyeClient> {
  return TredyeClient.connect(platform.ready.url, readKeyFile(platform.ready.adminKey));
}

t.test('a start begins with the newest good snapshot', async (t) => {
  const data = join(t.testdir(), 'data');
  const first = await PlatformProcess.start({ data, flags: FLAGS });
  const client = await connect(first);
  await client.addInstrument({ symbol: 'ACME', priceMax: 1000, quantityMax: 1000 });
  await client.setPhase({ symbol: 'ACME', phase: 'Continuous' });
  // The auditor may compare one wave in a single piece: then it has one snapshot of it.
  for (let wave = 1; wave <= 2; wave += 1) {
    const placed = Array.from({ length: ORDERS }, (_, at) =>
      client.place({
        symbol: 'ACME',
        side: at % 3 === 0 ? 'Sell' : 'Buy',
        price: 490 + (at % 20),
        quantity: 1 + (at % 7),
      }),
    );
    for (const report of await Promise.all(placed)) t.equal(report.kind, 'Accepted');
    await until(first, 'tredye_snapshots_total', (count) => count >= wave);
  }
  await until(first, 'tredye_audit_lag_events', (events) => events === 0);
  t.ok((await metric(first, 'tredye_audit_groups_total')) > 0);
  t.ok((await metric(first, 'tredye_snapshot_bytes')) > 10_000);
  const book = await bids(first);
  const traded = await trades(first);
  await client.close();
  await first.kill();

  const snapshots = join(data, 'shard-0', 'snapshots');
  const [older = '', newest = ''] = readdirSync(snapshots).filter((name) => name.endsWith('.snap'));
  t.ok(newest > older && older !== '', `${older} ${newest}`);
  const second = await PlatformProcess.start({ data, flags: FLAGS });
  t.match(
    second.log(),
    new RegExp(`recovered \\d+ commands behind its snapshot of command ${Number(newest.slice(0, 16))} `),
  );
  const again = await connect(second);
  t.same(await bids(second), book);
  t.same(await trades(second), traded, 'those of before the snapshot, too');
  await again.close();
  t.same(await second.kill(), { code: null, signal: 'SIGKILL' });

  const path = join(snapshots, newest);
  const file = openSync(path, 'r+');
  const byte = new Uint8Array(1);
  readSync(file, byte, 0, 1, 9000);
  byte[0] = (byte[0] ?? 0) ^ 1;
  writeSync(file, byte, 0, 1, 9000);
  closeSync(file);
  const third = await PlatformProcess.start({ data, flags: FLAGS });
  t.match(third.log(), /"code":"SNAPSHOT_BAD"/);
  t.match(third.log(), new RegExp(`does not use the snapshot ${path}: its checksum does not fit its content`));
  t.match(
    third.log(),
    new RegExp(`recovered \\d+ commands behind its snapshot of command ${Number(older.slice(0, 16))} `),
  );
  const last = await connect(third);
  t.same(await bids(third), book);
  t.same(await trades(third), traded);
  await last.close();
  t.same(await third.stop(), { code: EXIT_CLEAN, signal: null });
});

t.test('without an auditor there are no snapshots', async (t) => {
  const data = join(t.testdir(), 'data');
  const platform = await PlatformProcess.start({ data, flags: [...FLAGS, '--auditor', 'off'] });
  const client = await connect(platform);
  await client.addInstrument({ symbol: 'ACME', priceMax: 1000, quantityMax: 1000 });
  await client.close();
  t.equal(await metric(platform, 'tredye_audit_groups_total'), 0);
  t.same(await platform.stop(), { code: EXIT_CLEAN, signal: null });
  t.same(readdirSync(join(data, 'shard-0')), ['journal']);
});

t.test('a journal that is not what its commands come to ends the venue by name', async (t) => {
  const directory = join(t.testdir(), 'shard-0', 'journal');
  const journal = new RandomJournal(new RealDisk(), 8, 300, directory);
  journal.writeGroup(40);
  const before = { command: journal.engine.commandSequence, event: journal.engine.eventSequence };
  journal.writeGroup(9);
  journal.close();
  const path = segmentPath(directory, 1);
  const bytes = Uint8Array.from(readFileSync(path));
  spoilLastEvent(bytes, journal.identity.shard, before);
  writeFileSync(path, bytes);
  const output = OutputRing.create(1024, 1);
  new OutputRing(output).start(journal.engine.eventSequence, 1);
  const metrics = MetricWords.create(AUDIT_WORDS);
  const { shard, shardCount } = journal.identity;
  const { eventSequence } = journal.engine;
  const shards = [{ shard, journal: directory, output, metrics, archive: '', eventSequence }];
  const data = { shards, shardCount, limits: journal.limits, snapshotCommands: 0, keepSegments: 0 };
  const { code, exitCode, message } = await new Promise<PlatformError>((resolve) => {
    const thread = new AuditorThread(openLog('fatal', 'json'), (error) => void thread.end().then(() => resolve(error)));
    thread.begin(data);
  });
  t.equal(code, 'AUDIT_DISAGREES');
  t.equal(exitCode, EXIT_AUDIT);
  t.match(
    message,
    new RegExp(
      `^The auditor of shard ${shard} does not agree with what the shard journaled: .*accountSequence is \\d+ now and was \\d+.*sequence ${before.event + 1}.*keep the data directory as it is and report this\\.$`,
    ),
  );
  t.equal(new MetricWords(metrics).value(AUDIT.groups), 0, 'a group that differs is not counted');
});

t.test('a thread asks it for the image of a shard', async (t) => {
  const directory = join(t.testdir(), 'shard-0', 'journal');
  const journal = new RandomJournal(new RealDisk(), 18, 300, directory);
  journal.writeRest();
  journal.close();
  const output = OutputRing.create(1024, 1);
  const { eventSequence } = journal.engine;
  new OutputRing(output).start(eventSequence, 1);
  const { shard, shardCount } = journal.identity;
  const shards = [
    { shard, journal: directory, output, metrics: MetricWords.create(AUDIT_WORDS), archive: '', eventSequence },
  ];
  const thread = new AuditorThread(openLog('fatal', 'json'), (error) => t.fail(error.message));
  const early = new AuditorClient(thread.asker('early'));
  const first = early.ask('image', shard, {});
  thread.begin({ shards, shardCount, limits: journal.limits, snapshotCommands: 0, keepSegments: 0 });
  t.ok((await first).sequence <= eventSequence, 'asked before it began');
  const late = new AuditorClient(thread.asker('late'));
  let image = await late.ask('image', shard, {});
  while (image.sequence < eventSequence) image = await late.ask('image', shard, {});
  t.ok(image.prices.buffer instanceof SharedArrayBuffer, 'no copy');
  t.same([...image.prices], [...imageOf(journal.engine, new PublicHistory(null)).prices]);
  early.close();
  late.close();
  await thread.end();
});
