import { createHash } from 'node:crypto';
import t from 'tap';
import { seededRandom } from '../../proof/seeded-random.js';
import {
  JOURNAL,
  RandomJournal,
  SNAPSHOTS,
  setSnapshotWord,
  spoilLastEvent,
} from '../../proof/shard/random-journal.js';
import { SimulatedDisk } from '../../proof/simulated-disk.js';
import { Engine } from '../engine.js';
import { saveState } from '../inspection/state-image.js';
import { errorOf } from '../journal/made-groups.js';
import { PAGE_BYTES } from '../journal/record.js';
import { segmentPath } from '../journal/segments.js';
import { limitsFrom } from '../limits.js';
import { imageOf } from '../public/shard-image.js';
import { recoverShard } from '../shard/recovery.js';
import { PREFILLED_BYTES } from '../snapshot/snapshot-payload.js';
import { type BadSnapshot, listSnapshots, restoreNewest, snapshotPath } from '../snapshot/snapshots.js';
import { Auditor } from './auditor.js';

t.setTimeout(120_000);

const SEQUENCES = 12;
const COMMANDS = 400;

function auditorOf(
  disk: SimulatedDisk,
  journal: RandomJournal,
  bad: BadSnapshot[] = [],
  fromTheStart = false,
): Auditor {
  const { identity, limits } = journal;
  const told = (snapshot: BadSnapshot): void => void bad.push(snapshot);
  return new Auditor({
    disk,
    journal: JOURNAL,
    identity,
    limits,
    bucketSeed: 5,
    bad: told,
    fromTheStart,
  });
}

/** A journal whose auditor wrote a snapshot after so many groups, and once more so many; then the rest. */
function audited(disk: SimulatedDisk, seed: number, groups: number): { journal: RandomJournal; auditor: Auditor } {
  const journal = new RandomJournal(disk, seed, COMMANDS);
  const auditor = auditorOf(disk, journal);
  for (let snapshot = 0; snapshot < 2; snapshot += 1) {
    for (let group = 0; group < groups && journal.hasMore; group += 1) journal.writeGroup(1 + (group % 9));
    auditor.follow(journal.engine.eventSequence, Number.POSITIVE_INFINITY);
    auditor.snapshot();
  }
  return { journal, auditor };
}

function recovered(disk: SimulatedDisk, journal: RandomJournal, bad: BadSnapshot[] = []) {
  const { identity, limits } = journal;
  const fresh = (): Engine => new Engine(limits, identity.shard, identity.shardCount, undefined, 9);
  const found = restoreNewest(disk, SNAPSHOTS, identity, limits, fresh, (one) => void bad.push(one));
  const engine = found?.engine ?? fresh();
  const restored = found?.restored ?? null;
  const shard = recoverShard({
    ...identity,
    disk,
    directory: JOURNAL,
    limits: limitsFrom({ ...limits, roundEvents: 1024, segmentBytes: 256 * 1024 }),
    engine,
    platformStartId: 2,
    onProgress: null,
    restored,
  });
  return { engine, shard, restored };
}

t.test(
  'an auditor follows what is durable, and a shard recovers from its snapshots as from all of the journal',
  async (t) => {
    for (let seed = 1; seed <= SEQUENCES; seed += 1) {
      const disk = new SimulatedDisk(seededRandom(seed));
      const { journal, auditor } = audited(disk, seed, 8);
      journal.writeRest();
      const [newest = 0, older = 0] = listSnapshots(disk, SNAPSHOTS);
      t.ok(newest > older && older > 0, `${older}, ${newest}`);
      t.ok(auditor.follow(journal.engine.eventSequence, 3) <= 3, 'a piece of it');
      while (auditor.follow(journal.engine.eventSequence, 3) > 0);
      auditor.finish();
      t.equal(auditor.engine.stateHash(), journal.engine.stateHash());
      t.equal(auditor.eventSequence, journal.engine.eventSequence);
      journal.close();
      disk.powerFails();
      const { engine, shard, restored } = recovered(disk, journal);
      t.equal(restored?.commandSequence, newest);
      t.equal(shard.commands, journal.engine.commandSequence - newest, 'only what lies behind it is replayed');
      t.equal(engine.stateHash(), journal.engine.stateHash());
      t.equal(shard.epoch, 2);
      t.same(
        shard.epochs.map(({ epoch }) => epoch),
        [1, 2],
      );
      t.equal(shard.writer.nextCommandSequence, journal.engine.commandSequence + 1);
      engine.validate();
      shard.writer.close();
      // What follows a recovery is followed, too: from the snapshot, over the start record.
      const again = auditorOf(disk, journal);
      t.equal(again.restored?.commandSequence, newest);
      again.follow(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
      t.equal(again.engine.stateHash(), journal.engine.stateHash());
      // What gateways begin with is the same whoever made it, and whatever it began with itself.
      t.same(imageOf(engine, shard.history), auditor.image());
      t.same(again.image(), auditor.image());
      t.same(
        again.epochs.map(({ epoch }) => epoch),
        [1, 2],
      );
    }
  },
);

t.test('a snapshot of the first format is good, and says that trades before it are not known', async (t) => {
  const disk = new SimulatedDisk(seededRandom(1));
  const { journal, auditor } = audited(disk, 18, 30);
  const [newest = 0] = listSnapshots(disk, SNAPSHOTS);
  const path = snapshotPath(SNAPSHOTS, newest);
  const known = auditor.image();
  t.ok(known.history.trades.length > 0);
  // The first format has all but the history, which stands behind the one epoch.
  const at = PAGE_BYTES + 4 + 12;
  const arrays = [known.history.stamp, known.history.lasts, known.history.trades];
  const length = 16 + arrays.reduce((sum, { byteLength }) => sum + 8 + byteLength, 0);
  disk.spoil(path, (bytes) => {
    bytes.copyWithin(at, at + length);
    const end = bytes.length - length;
    bytes.set(createHash('sha256').update(bytes.subarray(PAGE_BYTES, end)).digest(), 16 * 4);
    setSnapshotWord(bytes, 14, end - PAGE_BYTES);
    setSnapshotWord(bytes, 3, 1);
  });
  journal.close();
  disk.powerFails();
  const bad: BadSnapshot[] = [];
  const { engine, shard, restored } = recovered(disk, journal, bad);
  t.same(bad, []);
  t.equal(restored?.commandSequence, newest);
  const { history, ...image } = imageOf(engine, shard.history);
  const { history: _, ...whole } = known;
  t.same(image, whole);
  t.same([history.since, history.tradesSince], [known.sequence, known.sequence]);
  t.equal(history.trades.length, 0);
  shard.writer.close();
});

t.test('nothing beyond what is durable is looked at', async (t) => {
  const disk = new SimulatedDisk(seededRandom(1));
  const journal = new RandomJournal(disk, 3, COMMANDS);
  const auditor = auditorOf(disk, journal);
  t.equal(auditor.follow(0, 10), 1, 'the start record of the first epoch');
  journal.writeGroup(10);
  const durable = journal.engine.eventSequence;
  journal.writeGroup(10);
  t.equal(auditor.follow(durable, 10), 1);
  t.equal(auditor.eventSequence, durable);
  t.equal(auditor.snapshot()?.eventSequence, durable);
  t.equal(auditor.groups, 1);
});

t.test('a snapshot is whole or not there, wherever its writing ends', async (t) => {
  const calls = { before: 0, behind: 0 };
  {
    const disk = new SimulatedDisk(seededRandom(2));
    const { journal, auditor } = audited(disk, 2, 6);
    journal.writeGroup(9);
    auditor.follow(journal.engine.eventSequence, 100);
    calls.before = disk.calls;
    auditor.snapshot();
    calls.behind = disk.calls;
  }
  t.ok(calls.behind - calls.before > 5, JSON.stringify(calls));
  const newer = new Set<number>();
  for (let call = calls.before; call < calls.behind; call += 1) {
    const disk = new SimulatedDisk(seededRandom(call));
    const { journal, auditor } = audited(disk, 2, 6);
    journal.writeGroup(9);
    auditor.follow(journal.engine.eventSequence, 100);
    const at = journal.engine.commandSequence;
    disk.faults.crashAtCall = call;
    t.throws(() => auditor.snapshot());
    t.ok(disk.crashed);
    disk.powerFails();
    const bad: BadSnapshot[] = [];
    const { engine, restored } = recovered(disk, journal, bad);
    t.same(bad, [], `call ${call}`);
    t.equal(engine.stateHash(), journal.engine.stateHash());
    newer.add(restored?.commandSequence === at ? 1 : 0);
  }
  t.same([...newer].sort(), [0, 1], 'the newest is there or the one before');
});

t.test('a disk that does not take it leaves what there was', async (t) => {
  const disk = new SimulatedDisk(seededRandom(3));
  const { journal, auditor } = audited(disk, 3, 6);
  const before = listSnapshots(disk, SNAPSHOTS);
  journal.writeGroup(9);
  auditor.follow(journal.engine.eventSequence, 100);
  disk.faults.capacityBytes = 0;
  t.equal(errorOf(() => auditor.snapshot()).code, 'JOURNAL_WRITE');
  t.same(listSnapshots(disk, SNAPSHOTS), before);
});

t.test('a bad newest falls back to the older one, and is named', async (t) => {
  const spoil: readonly [string, (bytes: Uint8Array) => void, RegExp][] = [
    ['a bit of the header', (bytes) => flip(bytes, 40), /header is damaged/],
    ['another format', (bytes) => setSnapshotWord(bytes, 3, 9), /format 9/],
    ['another behaviour', (bytes) => setSnapshotWord(bytes, 6, 1), /of schema 1, behaviour 0/],
    ['another limit', (bytes) => setSnapshotWord(bytes, 64, 7), /its limit maxOrders is 7/],
    ['another shard', (bytes) => setSnapshotWord(bytes, 4, 7), /of shard 7/],
    ['a bit of the payload', (bytes) => flip(bytes, bytes.length - 100), /checksum does not fit/],
    ['the first bit of the payload', (bytes) => flip(bytes, 4096), /checksum does not fit/],
    ['more bytes than there are', (bytes) => setSnapshotWord(bytes, 14, bytes.length), /shorter than it says/],
    ['another state', (bytes) => setSnapshotWord(bytes, 24, 1), /another hash/],
    ['another command', (bytes) => setSnapshotWord(bytes, 8, 1), /name is that of another one/],
  ];
  for (const [what, change, why] of spoil) {
    const disk = new SimulatedDisk(seededRandom(4));
    const { journal } = audited(disk, 4, 8);
    journal.writeRest();
    journal.close();
    const [newest = 0, older = 0] = listSnapshots(disk, SNAPSHOTS);
    disk.spoil(snapshotPath(SNAPSHOTS, newest), change);
    const bad: BadSnapshot[] = [];
    const { engine, restored } = recovered(disk, journal, bad);
    t.equal(restored?.commandSequence, older, what);
    t.equal(engine.stateHash(), journal.engine.stateHash(), what);
    t.equal(bad.length, 1, what);
    t.equal(bad[0]?.path, snapshotPath(SNAPSHOTS, newest), what);
    t.match(bad[0]?.why, why, what);
  }
  const disk = new SimulatedDisk(seededRandom(4));
  const { journal } = audited(disk, 4, 8);
  journal.close();
  for (const one of listSnapshots(disk, SNAPSHOTS)) disk.spoil(snapshotPath(SNAPSHOTS, one), (bytes) => flip(bytes, 9));
  const bad: BadSnapshot[] = [];
  const { engine, restored } = recovered(disk, journal, bad);
  t.equal(restored, null, 'without a good one all of the journal is replayed');
  t.equal(bad.length, 2);
  t.equal(engine.stateHash(), journal.engine.stateHash());
});

t.test('a snapshot that the journal does not reach stops the start by name', async (t) => {
  const old = new SimulatedDisk(seededRandom(5));
  const disk = new SimulatedDisk(seededRandom(5));
  const { journal } = audited(disk, 5, 8);
  journal.close();
  const shorter = new RandomJournal(old, 5, COMMANDS);
  shorter.writeGroup(1);
  shorter.close();
  const segment = segmentPath(JOURNAL, 1);
  let bytes: Uint8Array = new Uint8Array(0);
  old.spoil(segment, (content) => {
    bytes = content.slice();
  });
  disk.spoil(segment, (content) => content.set(bytes));
  const { code, message } = errorOf(() => recovered(disk, journal));
  t.equal(code, 'JOURNAL_CORRUPT');
  t.match(message, /does not hold the group that ends with command \d+, the last one in the snapshot/);
  disk.remove(segment);
  t.equal(errorOf(() => recovered(disk, journal)).code, 'JOURNAL_MISSING_SEGMENT');
});

t.test('an event that the engine does not make is found, and its field named', async (t) => {
  const disk = new SimulatedDisk(seededRandom(6));
  const journal = new RandomJournal(disk, 6, COMMANDS);
  journal.writeGroup(5);
  const auditor = auditorOf(disk, journal);
  auditor.follow(journal.engine.eventSequence, 100);
  const before = { command: journal.engine.commandSequence, event: journal.engine.eventSequence };
  journal.writeGroup(9);
  disk.spoil(segmentPath(JOURNAL, 1), (bytes) => spoilLastEvent(bytes, journal.identity.shard, before));
  const { code, message, sequence } = errorOf(() => auditor.follow(journal.engine.eventSequence, 100));
  t.equal(code, 'JOURNAL_DIVERGED');
  t.match(message, /accountSequence is -?\d+ now and was -?\d+/);
  t.equal(sequence, before.event + 1);
});

t.test('what a snapshot leaves out are zeros in every fresh engine', async (t) => {
  const limits = limitsFrom({ maxOrders: 1 << 21, ladderWindows: 1 << 16, ladderTicks: 64, maxStops: 1 << 21 });
  let large = 0;
  for (const [path, value] of saveState(new Engine(limits, 0, 1).state)) {
    if (typeof value !== 'object' || value.byteLength <= PREFILLED_BYTES) continue;
    large += 1;
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    t.equal(Buffer.compare(bytes, new Uint8Array(bytes.length)), 0, path);
  }
  t.ok(large > 5, `${large} large arrays`);
});

function flip(bytes: Uint8Array, at: number): void {
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
}
