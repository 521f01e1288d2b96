/**
 * The journal's reader of the command line: beside a platform that writes all the time and begins new segments, over
 * several lives of a venue, and where a journal is damaged or of another version.
 */

import { closeSync, cpSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import t, { type Test } from 'tap';
import { readKeyFile, TredyeClient } from '../../../client/index.js';
import { PlatformProcess } from '../../../proof/platform-process.js';
import { EXIT_CLEAN, EXIT_CORRUPT_JOURNAL, EXIT_DATA_DIRECTORY } from '../../exit-codes.js';
import { jsonLines, tredye } from '../cli-process.js';
import { openLocalVenue, recordsOf, segmentsOf } from './local-venue.js';
import type { PlainObject } from './record-objects.js';

const SMALL = ['--segment-mib', '8', '--max-orders', '10000', '--max-instruments', '100', '--max-accounts', '100'];
const PAGE = 4096;
/** One after the other they are a page of the journal each: more than a segment holds. */
const ORDERS = 2300;

async function openMarket(platform: PlatformProcess): Promise<TredyeClient> {
  const client = await TredyeClient.connect(platform.ready.url, readKeyFile(platform.ready.adminKey));
  if ((await client.instruments()).length === 0) {
    await client.addInstrument({ symbol: 'ACME', priceMax: 1000, quantityMax: 1000 });
    await client.setPhase({ symbol: 'ACME', phase: 'Continuous' });
  }
  return client;
}

async function stoppedVenue(t: Test): Promise<string> {
  const data = join(t.testdir(), 'data');
  const platform = await PlatformProcess.start({ data, flags: SMALL });
  await (await openMarket(platform)).close();
  await platform.stop();
  return data;
}

/** Bytes of the first segment, changed where they lie. */
function changeSegment(data: string, at: number, change: (bytes: Buffer) => void): void {
  const file = openSync(join(data, 'shard-0', 'journal', '00000001.seg'), 'r+');
  const bytes = Buffer.alloc(PAGE);
  readSync(file, bytes, 0, PAGE, at);
  change(bytes);
  writeSync(file, bytes, 0, PAGE, at);
  closeSync(file);
}

function sequencesOf(lines: readonly PlainObject[], record: string): number[] {
  return lines.filter((line) => line.record === record).map(({ sequence }) => Number(sequence));
}

t.test('it follows a journal that grows into new segments, and all that was acknowledged is in it', async (t) => {
  const data = join(t.testdir(), 'data');
  const platform = await PlatformProcess.start({ data, flags: SMALL });
  t.teardown(() => platform.kill());
  const client = await openMarket(platform);
  const venue = openLocalVenue(data);
  let acknowledged = 0;
  let looks = 0;
  for (let sent = 0; sent < ORDERS; sent++) {
    // Bought and sold in turn, so that the book stays small.
    const side = sent % 2 === 0 ? 'Buy' : 'Sell';
    const report = await client.place({ symbol: 'ACME', side, price: 100, quantity: 1 });
    if (report.kind !== 'Accepted') t.fail(`order ${sent} was ${report.kind}`);
    acknowledged = report.sequence;
    if (sent % 230 !== 229) continue;
    let next = 1;
    for (const record of recordsOf(venue, 0)) {
      if (record.firstEventSequence !== next) t.fail(`event ${record.firstEventSequence} came where ${next} was due`);
      next = record.firstEventSequence + record.eventCount;
    }
    t.ok(next > acknowledged, `event ${acknowledged} was acknowledged, the journal ends before ${next}`);
    looks++;
  }
  t.equal(looks, 10);
  const segments = segmentsOf(venue, 0);
  t.ok(segments.length >= 2, 'a segment was full');
  for (const [index, { firstEvent, lastEvent }] of segments.entries()) {
    t.equal(firstEvent, (segments[index - 1]?.lastEvent ?? 0) + 1);
    t.ok(lastEvent >= firstEvent);
  }
  // From a place in the second segment on, by a process of its own.
  const from = segments[1]?.firstEvent ?? 0;
  const cat = await tredye(['journal', 'cat', '--data', data, '--from', String(from)]);
  t.equal(cat.code, EXIT_CLEAN, cat.err);
  const events = sequencesOf(jsonLines(cat.out), 'event');
  t.equal(events[0], from);
  t.ok((events.at(-1) ?? 0) >= acknowledged);
  await client.close();
  t.same(await platform.stop(), { code: EXIT_CLEAN, signal: null }, platform.log());
});

t.test('each life of a venue begins with its epoch', async (t) => {
  const data = await stoppedVenue(t);
  const again = await PlatformProcess.start({ data, flags: SMALL });
  await (await openMarket(again)).close();
  await again.kill();
  const cat = await tredye(['journal', 'cat', '--data', data]);
  const lines = jsonLines(cat.out);
  t.match(
    lines.filter(({ record }) => record === 'start'),
    [
      { epoch: 1, previousEpoch: 0 },
      { epoch: 2, previousEpoch: 1 },
    ],
  );
  const events = sequencesOf(lines, 'event');
  t.same(
    events,
    events.map((_, index) => index + 1),
  );
  const [segment] = segmentsOf(openLocalVenue(data), 0);
  t.match(segment, { firstEpoch: 1, lastEpoch: 2, firstEvent: 1, lastEvent: events.length });
});

t.test('check looks through everything, beside a platform that runs and behind one that stopped', async (t) => {
  const data = join(t.testdir(), 'data');
  const platform = await PlatformProcess.start({ data, flags: [...SMALL, '--snapshot-commands', '2'] });
  t.teardown(() => platform.kill());
  const client = await openMarket(platform);
  await client.place({ symbol: 'ACME', side: 'Buy', price: 10, quantity: 1 });
  const running = await tredye(['journal', 'check', '--data', data]);
  t.equal(running.code, EXIT_CLEAN, running.out);
  t.match(
    running.out,
    /^shard 0: \d+ commands and \d+ events in \d+ groups, 1 segment, 1 epoch, \d+ snapshots?; state [0-9a-f]{16}$/m,
  );
  t.match(running.out, /^shard 0: every record, seal, event and state holds, and the money adds up$/m);
  await client.close();
  await platform.stop();
  const [stopped] = JSON.parse((await tredye(['journal', 'check', '--data', data, '--json'])).out);
  t.match(stopped, { shard: 0, epochs: 1, problems: [] });
  changeSegment(data, 3 * PAGE, (bytes) => {
    bytes[300] = (bytes[300] ?? 0) ^ 1;
  });
  const damaged = await tredye(['journal', 'check', '--data', data]);
  t.equal(damaged.code, EXIT_CORRUPT_JOURNAL);
  t.match(damaged.out, /^shard 0: JOURNAL_CORRUPT: .*offset 12288.*$/m);
  t.equal((await tredye(['journal', 'check', '--data', join(data, 'none')])).code, EXIT_DATA_DIRECTORY);
});

t.test('a damaged record with others behind it, a torn end, and another version are told apart', async (t) => {
  const data = await stoppedVenue(t);
  const [damaged, torn, other] = ['damaged', 'torn', 'other'].map((name) => join(data, '..', name)) as [
    string,
    string,
    string,
  ];
  for (const copy of [damaged, torn, other]) cpSync(data, copy, { recursive: true });
  const records = [...recordsOf(openLocalVenue(data), 0)].length;
  let last = 0;
  for (const { offset } of recordsOf(openLocalVenue(data), 0)) last = offset;

  // Behind the segment's header and the start record: a command of the first group.
  changeSegment(damaged, 2 * PAGE, (bytes) => bytes.writeUInt8(bytes.readUInt8(256) ^ 1, 256));
  const cat = await tredye(['journal', 'cat', '--data', damaged]);
  t.equal(cat.code, EXIT_CORRUPT_JOURNAL);
  t.match(cat.err, /^The journal of shard 0 cannot be read: A journal record is damaged: .*00000001\.seg, offset 8192/);
  t.match(await tredye(['account', 'list', '--data', damaged]), { code: EXIT_CORRUPT_JOURNAL, out: '' });

  changeSegment(torn, last, (bytes) => bytes.fill(0, 300));
  t.equal([...recordsOf(openLocalVenue(torn), 0)].length, records - 1, 'a torn end is not there yet');

  changeSegment(other, 0, (bytes) => {
    bytes.writeUInt32LE(99, 12);
    bytes.writeUInt32LE(crc32(bytes.subarray(12)), 8);
  });
  t.match(await tredye(['journal', 'ls', '--data', other]), {
    code: EXIT_DATA_DIRECTORY,
    err: /^The journal of shard 0 cannot be read: The journal was written by another version /,
  });
});
