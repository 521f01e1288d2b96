import t from 'tap';
import { EVENT_WORDS } from '../schemas/layout.js';
import { PendingCommands } from './pending.js';
import { SnapshotParts } from './session/account-snapshot.js';
import type { TredyeError } from './tredye-error.js';

t.test('behind a snapshot what was taken is named so, and what was not never happened', async (t) => {
  const pending = new PendingCommands();
  const settled: string[] = [];
  const add = (counter: number, shard: number, incarnation: number): void => {
    pending.add({
      counter,
      shard,
      answers: 1,
      heard: [],
      incarnation,
      frameNumber: 1,
      resolve: () => settled.push(`${counter} answered`),
      reject: ({ code }: TredyeError) => settled.push(`${counter} ${code}`),
    });
  };
  add(1, 0, 7);
  add(2, 1, 7);
  add(3, 0, 7);
  add(4, 0, 8);
  add(5, 0, 0);
  pending.passedOver(0, 8, 2);
  t.same(settled, ['1 ANSWER_MISSED'], 'of that shard, of an older session, up to the mark');
  pending.fence(0, 8, false);
  t.same(settled.slice(1), ['3 NEVER_HAPPENED']);
  t.equal(pending.size, 3);
});

t.test('a snapshot is whole with its last part, whatever comes of other shards in between', async (t) => {
  const parts = new SnapshotParts();
  const part = (shard: number, at: number, marks: bigint[]) =>
    parts.take({
      type: 'Snapshot',
      shard,
      epoch: 3,
      sequence: 9,
      accountSequence: 4,
      part: at,
      parts: 2,
      records: new Int32Array(EVENT_WORDS),
      marks,
    });
  t.equal(part(0, 0, [(5n << 48n) | 77n]), null);
  t.equal(part(1, 0, []), null);
  const whole = part(0, 1, [(6n << 48n) | 1n]);
  t.equal(whole?.reports.length, 2);
  t.same(
    whole?.marks,
    new Map([
      [5, 77],
      [6, 1],
    ]),
  );
  t.equal(part(1, 0, []), null, 'begun anew by another connection');
  t.equal(part(1, 1, [])?.reports.length, 2);
  t.equal(part(1, 1, []), null, 'without its first part it is none');
});
