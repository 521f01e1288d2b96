/** Admin records of a real platform with several shards: a call that has resolved is durable in every one of them. */

import { join } from 'node:path';
import t from 'tap';
import { readKeyFile, TredyeClient } from '../client/index.js';
import { RealDisk } from '../engine/journal/disk.js';
import { JournalReader } from '../engine/journal/reader.js';
import { PlatformProcess } from '../proof/platform-process.js';
import { EventKind } from '../schemas/codes.js';
import { EVENT_DUPLICATE_BIT, EVENT_KIND_WORD, EVENT_WORDS } from '../schemas/layout.js';
import { journalDirectory } from './data-directory.js';

const SMALL = ['--segment-mib', '8', '--max-orders', '10000', '--max-instruments', '100', '--max-accounts', '100'];
/** The operator's account and key. */
const FIRST_RECORDS = 2;

/** Admin records that a shard's journal holds as applied. */
function recordsIn(data: string, shard: number, shardCount: number): number {
  const reader = new JournalReader(new RealDisk(), journalDirectory(data, shard), { shard, shardCount });
  let records = 0;
  try {
    if (!reader.seekStart()) return 0;
    for (let group = reader.next(Infinity); group !== null; group = reader.next(Infinity)) {
      for (let at = 0; at < group.eventCount * EVENT_WORDS; at += EVENT_WORDS) {
        const word = group.events[at + EVENT_KIND_WORD] ?? 0;
        const kind = word & 0xff;
        if (kind < EventKind.InstrumentAdded || kind > EventKind.KeyRevoked) continue;
        if ((word & EVENT_DUPLICATE_BIT) === 0) records++;
      }
    }
  } finally {
    reader.close();
  }
  return records;
}

for (const [shards, ackLevel] of [
  [2, 'Disk'],
  [3, 'Disk'],
  // The answer comes before the record is durable; the call waits for that, too.
  [3, 'Matched'],
] as const) {
  t.test(`with ${shards} shards, what an admin call at ${ackLevel} has resolved with survives a kill`, async (t) => {
    const data = join(t.testdir(), 'data');
    const flags = [...SMALL, '--shards', String(shards), '--gateways', '2'];
    const platform = await PlatformProcess.start({ data, flags });
    const operator = await TredyeClient.connect(platform.ready.url, readKeyFile(platform.ready.adminKey), { ackLevel });
    const account = await operator.addAccount('trader');
    const keyId = await operator.addKey({ account, publicKey: new Uint8Array(32).fill(7), rights: ['Read'] });
    await operator.revokeKey(keyId);
    const listed = await operator.addInstrument({ symbol: 'LAST', priceMax: 10, quantityMax: 10, shard: shards - 1 });
    t.equal(listed.shard, shards - 1);
    await platform.kill();
    await operator.close();
    for (let shard = 0; shard < shards; shard++) {
      t.equal(recordsIn(data, shard, shards), FIRST_RECORDS + 4, `shard ${shard}`);
    }
  });
}

t.test('an operation id that is asked again is answered as the first time and adds nothing', async (t) => {
  const data = join(t.testdir(), 'data');
  const platform = await PlatformProcess.start({ data, flags: [...SMALL, '--shards', '2'] });
  const operator = await TredyeClient.connect(platform.ready.url, readKeyFile(platform.ready.adminKey));
  const operation = operator.takeCounter();
  t.equal(await operator.addAccount('trader', { operation }), 2);
  t.equal(await operator.addAccount('trader', { operation }), 2);
  t.equal(await operator.addAccount('another'), 3);
  await operator.close();
  await platform.stop();
  t.equal(recordsIn(data, 1, 2), FIRST_RECORDS + 2);
});
