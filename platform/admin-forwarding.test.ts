/** Admin records on their way from shard 0's log to the other shards: in order, once, from where each shard stands. */

import t from 'tap';
import { AdminLog } from '../engine/admin-log.js';
import { DEFAULT_LIMITS } from '../engine/limits.js';
import { CommandRing } from '../engine/ring/command-ring.js';
import { Doorbell } from '../engine/ring/doorbell.js';
import { OutputRing } from '../engine/ring/output-ring.js';
import { CommandKind } from '../schemas/codes.js';
import { COMMAND_KIND_WORD, COMMAND_QUANTITY, COMMAND_SESSION, COMMAND_WORDS } from '../schemas/layout.js';
import { AdminForwarding } from './admin-forwarding.js';
import { OwnChannel } from './own-channel.js';

/** Appends a record with so many Parts, sent by session 9, as shard 0 leaves it. */
function append(log: AdminLog, number: number, parts: number): void {
  const words = new Int32Array((1 + parts) * COMMAND_WORDS);
  words[COMMAND_KIND_WORD] = parts === 0 ? CommandKind.RevokeKey : CommandKind.AddAccount;
  words[COMMAND_QUANTITY] = number;
  words[COMMAND_SESSION] = 9;
  for (let part = 1; part <= parts; part++) words[part * COMMAND_WORDS + COMMAND_KIND_WORD] = CommandKind.Part;
  log.append(words, 0, 1 + parts);
}

function shardWith(slots: number): { channel: OwnChannel; ring: CommandRing } {
  const memory = CommandRing.create(slots);
  return {
    channel: new OwnChannel(1, memory, OutputRing.create(16, 1), Doorbell.create()),
    ring: new CommandRing(memory),
  };
}

/** What lies in the ring: kind, admin number and session of each record; frees it. */
function taken(ring: CommandRing): number[][] {
  const count = ring.available();
  const words = new Int32Array(Math.max(1, count) * COMMAND_WORDS);
  ring.copyOut(words, 0, count);
  ring.release(ring.readPosition);
  return Array.from({ length: count }, (_, record) => {
    const at = record * COMMAND_WORDS;
    return [
      (words[at + COMMAND_KIND_WORD] ?? 0) & 0xff,
      words[at + COMMAND_QUANTITY] ?? 0,
      words[at + COMMAND_SESSION] ?? 0,
    ];
  });
}

const HEAD = CommandKind.AddAccount;
const PART = CommandKind.Part;

t.test('each shard gets what it has not applied, whole records in order, in the name of the platform', async (t) => {
  const memory = AdminLog.create(DEFAULT_LIMITS);
  const log = new AdminLog(memory);
  append(log, 1, 1);
  append(log, 2, 2);
  append(log, 3, 0);
  log.publish();
  t.equal(AdminForwarding.published(memory), 3);
  const fresh = shardWith(64);
  const ahead = shardWith(64);
  const forwarding = new AdminForwarding(memory, [fresh.channel, ahead.channel], [0, 2]);
  forwarding.start();
  t.same(taken(fresh.ring), [
    [HEAD, 1, 0],
    [PART, 0, 0],
    [HEAD, 2, 0],
    [PART, 0, 0],
    [PART, 0, 0],
    [CommandKind.RevokeKey, 3, 0],
  ]);
  t.same(taken(ahead.ring), [[CommandKind.RevokeKey, 3, 0]]);
  append(log, 4, 1);
  t.same(taken(fresh.ring), [], 'nothing that is not durable');
  log.publish();
  let came: number[][] = [];
  while (came.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    came = taken(fresh.ring);
  }
  t.same(came, [
    [HEAD, 4, 0],
    [PART, 0, 0],
  ]);
  forwarding.stop();
});

t.test('a full ring delays a record, whole, and nothing passes it', async (t) => {
  const memory = AdminLog.create(DEFAULT_LIMITS);
  const log = new AdminLog(memory);
  for (let number = 1; number <= 5; number++) append(log, number, 2);
  log.publish();
  const narrow = shardWith(8);
  const forwarding = new AdminForwarding(memory, [narrow.channel], [0]);
  forwarding.start();
  const seen: number[] = [];
  while (seen.length < 15) {
    const records = taken(narrow.ring);
    t.equal(records.length % 3, 0, 'heads come with their Parts');
    seen.push(...records.map(([, number]) => number ?? 0));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  forwarding.stop();
  t.same(
    seen.filter((number) => number !== 0),
    [1, 2, 3, 4, 5],
  );
});
