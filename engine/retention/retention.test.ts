/**
 * The journal's life over a disk that loses what was not synced: what is retired, who holds it, and what a crash at any call
 * leaves.
 */

import t from 'tap';
import { seededRandom } from '../../proof/seeded-random.js';
import { JOURNAL, RandomJournal, SNAPSHOTS } from '../../proof/shard/random-journal.js';
import { SimulatedDisk } from '../../proof/simulated-disk.js';
import { Auditor } from '../audit/auditor.js';
import { type VerifiedShard, verifyShard } from '../audit/verify.js';
import { Engine } from '../engine.js';
import { errorOf } from '../journal/made-groups.js';
import { JournalReader } from '../journal/reader.js';
import { PAGE_BYTES, RECORD_HEADER_BYTES, RecordHeader, recordChecksum } from '../journal/record.js';
import { listSegments, segmentPath } from '../journal/segments.js';
import { limitsFrom } from '../limits.js';
import { recoverShard } from '../shard/recovery.js';
import { listSnapshots, restoreNewest, snapshotPath } from '../snapshot/snapshots.js';
import { archiveNext } from './archive.js';
import { checkConsumers, consumersBeside, listConsumers, removeConsumer, writeConsumer } from './consumers.js';
import { LEASE_MS, Lease, leasedSegment } from './leases.js';
import { restoreJournal } from './restore.js';
import { type Retired, retireSegments } from './retire.js';

t.setTimeout(120_000);

const COMMANDS = 900;
const NOW_MS = 1_700_000_000_000;

interface Made {
  readonly disk: SimulatedDisk;
  readonly journal: RandomJournal;
  /** By the last command of the two snapshots, the segments they end in. */
  readonly older: number;
  readonly newer: number;
}

/** Several segments, of which two snapshots leave the first ones behind. */
function made(seed: number): Made {
  const disk = new SimulatedDisk(seededRandom(seed));
  const journal = new RandomJournal(disk, seed, COMMANDS);
  const { identity, limits } = journal;
  const auditor = new Auditor({ disk, journal: JOURNAL, identity, limits, bucketSeed: 5, bad: () => undefined });
  const ends: number[] = [];
  for (const groups of [60, 30]) {
    for (let group = 0; group < groups; group += 1) journal.writeGroup(1 + (group % 5));
    auditor.follow(journal.engine.eventSequence, Number.POSITIVE_INFINITY);
    auditor.snapshot();
    ends.push(auditor.segment);
  }
  journal.writeRest();
  auditor.close();
  return { disk, journal, older: ends[0] ?? 0, newer: ends[1] ?? 0 };
}

function retire({ disk, journal }: Made, keepSegments = 1, nowMs = NOW_MS): Retired {
  const { identity, limits } = journal;
  return retireSegments({ disk, journal: JOURNAL, identity, limits, keepSegments, nowMs });
}

function verify({ disk, journal }: Made): VerifiedShard {
  const { identity, limits } = journal;
  return verifyShard({ disk, journal: JOURNAL, identity, limits });
}

function recover({ disk, journal }: Made, bad: string[] = []) {
  const { identity, limits } = journal;
  const fresh = (): Engine => new Engine(limits, identity.shard, identity.shardCount, undefined, 9);
  const found = restoreNewest(disk, SNAPSHOTS, identity, limits, fresh, ({ path }) => void bad.push(path));
  const engine = found?.engine ?? fresh();
  const shard = recoverShard({
    ...identity,
    disk,
    directory: JOURNAL,
    limits: limitsFrom({ ...limits, roundEvents: 1024, segmentBytes: 256 * 1024 }),
    engine,
    platformStartId: 2,
    onProgress: null,
    restored: found?.restored ?? null,
  });
  shard.writer.close();
  return engine;
}

/** The first event of a segment. */
function firstEvent({ disk, journal }: Made, segment: number): number {
  const reader = new JournalReader(disk, JOURNAL, journal.identity);
  reader.seekFirst();
  for (let record = reader.next(Infinity); record !== null; record = reader.next(Infinity)) {
    if (record.segment === segment) return record.firstEventSequence;
  }
  throw new Error(`there is no segment ${segment}`);
}

t.test('what is below the older snapshot goes, and all else goes on as before', async (t) => {
  for (let seed = 1; seed <= 4; seed += 1) {
    const venue = made(seed);
    const before = verify(venue);
    t.same(before.problems, []);
    t.ok(venue.older > 1 && before.segments > venue.older, `${venue.older} of ${before.segments}`);
    const retired = retire(venue);
    t.match(retired, { first: venue.older, removed: venue.older - 1, damaged: [] });
    t.match(retired.heldBy, /the snapshot .* ends there/);
    t.equal(retire(venue).removed, 0, 'once');
    t.equal(listSegments(venue.disk, JOURNAL)[0], venue.older);
    const after = verify(venue);
    t.same(after.problems, []);
    t.equal(after.stateHash, before.stateHash);
    t.equal(after.firstSegment, venue.older);
    t.equal(after.snapshots, 1, 'the newer one is compared with what follows from the older one');
    t.equal(recover(venue).stateHash(), before.stateHash);
  }
});

t.test(
  'a bad newest snapshot falls back to the older one, whose segments are there; without any the start is refused',
  async (t) => {
    const venue = made(2);
    const { stateHash } = verify(venue);
    retire(venue);
    const [newest = 0, older = 0] = listSnapshots(venue.disk, SNAPSHOTS);
    const spoil = (command: number): void =>
      venue.disk.spoil(snapshotPath(SNAPSHOTS, command), (bytes) => {
        bytes[5000] = (bytes[5000] ?? 0) ^ 1;
      });
    spoil(newest);
    const bad: string[] = [];
    const again = { ...venue };
    t.equal(recover(again, bad).stateHash(), stateHash);
    t.same(bad, [snapshotPath(SNAPSHOTS, newest)]);
    t.match(retire(venue), { removed: 0 });
    spoil(older);
    t.match(
      errorOf(() => recover(venue)),
      {
        code: 'JOURNAL_MISSING_SEGMENT',
        message: new RegExp(`begins with segment ${venue.older}, and no snapshot`),
      },
    );
    t.match(verify(venue).problems.join(), /JOURNAL_MISSING_SEGMENT/);
  },
);

t.test('a bad snapshot holds everything', async (t) => {
  const venue = made(3);
  const [newest = 0] = listSnapshots(venue.disk, SNAPSHOTS);
  venue.disk.spoil(snapshotPath(SNAPSHOTS, newest), (bytes) => bytes.fill(7, 6000, 6010));
  t.match(retire(venue), { first: 1, removed: 0, heldBy: /cannot be used: its checksum/ });
  venue.disk.remove(snapshotPath(SNAPSHOTS, newest));
  t.match(retire(venue), { first: 1, removed: 0, heldBy: /no two snapshots/ });
});

t.test('everyone who needs a segment holds it', async (t) => {
  const venue = made(4);
  const { disk } = venue;
  const last = listSegments(disk, JOURNAL).at(-1) ?? 0;
  t.match(retire(venue, last - 1), { first: 2, removed: 1, heldBy: /segments are kept/ });
  writeConsumer(disk, JOURNAL, { name: 'archive', segment: 2, eventSequence: firstEvent(venue, 2) - 1 });
  t.match(retire(venue), { first: 2, removed: 0, heldBy: /"archive"/ });
  const path = `${consumersBeside(JOURNAL)}/archive.json`;
  disk.spoil(path, (bytes) => {
    bytes[12] = (bytes[12] ?? 0) ^ 1;
  });
  t.match(retire(venue), { removed: 0, damaged: [path], heldBy: /damaged/ });
  t.ok(removeConsumer(disk, JOURNAL, 'archive'));
  t.notOk(removeConsumer(disk, JOURNAL, 'archive'));
  let nowMs = NOW_MS;
  const lease = new Lease(disk, JOURNAL, () => nowMs);
  lease.hold(0);
  t.match(retire(venue), { removed: 0, heldBy: /reads it/ });
  lease.hold(2);
  t.equal(leasedSegment(disk, JOURNAL, nowMs), 2);
  nowMs += LEASE_MS / 2;
  lease.hold(2);
  nowMs += LEASE_MS / 2 + 1;
  t.match(retire(venue, 1, nowMs), { removed: 0, heldBy: /reads it/ }, 'renewed');
  t.match(retire(venue, 1, nowMs + LEASE_MS), { first: venue.older, removed: venue.older - 2 }, 'over');
  lease.release();
  t.equal(leasedSegment(disk, JOURNAL, nowMs), Number.POSITIVE_INFINITY);
});

t.test('who is too late is told so, wherever it stands', async (t) => {
  const venue = made(2);
  const { disk, journal } = venue;
  const lease = new Lease(disk, JOURNAL, () => NOW_MS);
  lease.hold(1);
  const inFirst = new JournalReader(disk, JOURNAL, journal.identity);
  const resting = new JournalReader(disk, JOURNAL, journal.identity);
  const chained = new JournalReader(disk, JOURNAL, journal.identity, true);
  for (const reader of [inFirst, resting, chained]) {
    reader.seekFirst();
    t.equal(reader.next(Infinity)?.segment, 1);
  }
  resting.rest(false);
  t.equal(retire(venue).removed, 0);
  t.equal(retire(venue, 1, NOW_MS + LEASE_MS + 1).first, venue.older);
  const toTheEnd = (reader: JournalReader) =>
    errorOf(() => {
      while (reader.next(journal.engine.eventSequence) !== null);
    });
  t.match(
    errorOf(() => resting.next(Infinity)),
    { code: 'JOURNAL_TOO_OLD' },
  );
  // The file that it has open is read to its end; what the next one held is gone, unless it knew of that one before.
  t.equal(toTheEnd(inFirst).code, 'JOURNAL_TOO_OLD');
  t.equal(toTheEnd(chained).code, 'JOURNAL_TOO_OLD');
  t.match(
    errorOf(() => new JournalReader(disk, JOURNAL, journal.identity).seekEvent(1)),
    { code: 'JOURNAL_TOO_OLD' },
  );
});

t.test('a crash at any call leaves a journal that goes on', async (t) => {
  const { stateHash } = verify(made(2));
  let crashes = 0;
  for (let call = 0; ; call += 1) {
    const venue = made(2);
    const { disk } = venue;
    disk.faults.crashAtCall = disk.calls + call;
    try {
      retire(venue);
    } catch (error) {
      t.ok(disk.crashed, String(error));
    }
    if (!disk.crashed) break;
    crashes += 1;
    disk.powerFails();
    disk.faults.crashAtCall = -1;
    const verified = verify(venue);
    t.same(verified.problems, [], `crash at call ${call}`);
    t.equal(verified.stateHash, stateHash);
    t.equal(retire(venue).first, venue.older, 'and the rest goes later');
    t.equal(recover(venue).stateHash(), stateHash);
  }
  t.ok(crashes >= 2, `${crashes} crashes`);
});

t.test('a position is whole at every crash, and one that is not a position is named', async (t) => {
  for (let call = 0; ; call += 1) {
    const disk = new SimulatedDisk(seededRandom(call + 1));
    writeConsumer(disk, JOURNAL, { name: 'kafka', segment: 3, eventSequence: 70 });
    disk.faults.crashAtCall = disk.calls + call;
    try {
      writeConsumer(disk, JOURNAL, { name: 'kafka', segment: 4, eventSequence: 90 });
    } catch (error) {
      t.ok(disk.crashed, String(error));
    }
    const crashed = disk.crashed;
    if (crashed) disk.powerFails();
    const { consumers, damaged } = listConsumers(disk, JOURNAL);
    t.same(damaged, []);
    t.ok(consumers[0]?.eventSequence === 90 || (crashed && consumers[0]?.eventSequence === 70), `call ${call}`);
    if (!crashed) break;
  }
});

t.test('a consumer that has more than the journal stops a start, and nothing is written', async (t) => {
  const venue = made(1);
  const { disk, journal } = venue;
  const last = journal.engine.eventSequence;
  const segment = listSegments(disk, JOURNAL).at(-1) ?? 0;
  writeConsumer(disk, JOURNAL, { name: 'kafka', segment, eventSequence: last });
  t.doesNotThrow(() => checkConsumers(disk, JOURNAL, last));
  writeConsumer(disk, JOURNAL, { name: 'kafka', segment, eventSequence: last + 1 });
  const calls = disk.calls;
  t.match(
    errorOf(() => recover(venue)),
    {
      code: 'JOURNAL_BEHIND',
      message: `The consumer "kafka" has event ${last + 1}, but the journal ends with ${last} (file ${JOURNAL})`,
    },
  );
  t.equal(disk.calls, calls);
});

t.test('verify finds each position that does not go with the journal', async (t) => {
  const venue = made(2);
  const { disk, journal } = venue;
  const last = journal.engine.eventSequence;
  const lastSegment = listSegments(disk, JOURNAL).at(-1) ?? 0;
  const third = firstEvent(venue, venue.older + 1);
  const early = firstEvent(venue, venue.older) - 2;
  retire(venue);
  // A group of several events ahead of that segment: its last event but one is in its middle.
  const reader = new JournalReader(disk, JOURNAL, journal.identity);
  reader.seekFirst();
  let inside = 0;
  for (let record = reader.next(Infinity); record !== null && inside === 0; record = reader.next(Infinity)) {
    if (record.eventCount > 2) inside = record.firstEventSequence + 1;
  }
  const cases: readonly [number, number, RegExp | null][] = [
    [lastSegment, last, null],
    [venue.older + 1, third - 1, null],
    [venue.older, third - 1, null],
    [lastSegment, last + 1, /has event \d+, but the journal ends with/],
    [lastSegment + 1, last, /goes on with segment \d+, but the last one is/],
    [venue.older + 2, third - 1, /but what it lacks begins in/],
    [venue.older - 1, early, /lacks event \d+, but the journal begins with/],
    [venue.older, inside, /in the middle of a group/],
  ];
  for (const [segment, eventSequence, problem] of cases) {
    writeConsumer(disk, JOURNAL, { name: 'kafka', segment, eventSequence });
    const { problems, consumers } = verify(venue);
    t.equal(problems.length, problem === null ? 0 : 1, `${segment} ${eventSequence} ${problems.join()}`);
    t.equal(consumers, problem === null ? 1 : 0);
    if (problem !== null) t.match(problems[0], problem);
  }
  disk.spoil(`${consumersBeside(JOURNAL)}/kafka.json`, (bytes) => bytes.fill(0));
  t.match(verify(venue).problems, [/position of the consumer "kafka" is damaged/]);
});

const COPY = '/archive/shard-0/journal';

function archive({ disk, journal }: Made): number[] {
  const { identity, limits } = journal;
  const done: number[] = [];
  for (;;) {
    const segment = archiveNext({ disk, journal: JOURNAL, copy: COPY, identity, limits });
    if (segment === 0) return done;
    done.push(segment);
  }
}

function restore({ disk, journal }: Made, to: string, toEvent = Number.POSITIVE_INFINITY) {
  const { identity, limits } = journal;
  const task = { disk, from: COPY, to, identity, limits, toEvent, progress: () => undefined };
  const restored = restoreJournal(task);
  return { restored, verified: verifyShard({ disk, journal: to, identity, limits }) };
}

t.test(
  'finished segments are archived before they go, at every crash, and restored to the end and to an event',
  async (t) => {
    const whole = made(2);
    const all = listSegments(whole.disk, JOURNAL);
    const finished = all.slice(0, -1);
    t.same(archive(whole), finished);
    t.same(archive(whole), [], 'once');
    t.same(verify(whole).problems, [], 'the position of the archive holds');
    t.equal(retire(whole).first, whole.older);
    const { restored, verified } = restore(whole, '/new/shard-0/journal');
    t.same(verified.problems, []);
    t.match(restored, { firstSegment: 1, lastSegment: finished.at(-1) });
    t.equal(restored.eventSequence, firstEvent(whole, all.at(-1) ?? 0) - 1);
    t.equal(verified.events, restored.eventSequence);
    const middle = Math.floor(restored.eventSequence / 2);
    const cut = restore(whole, '/cut/shard-0/journal', middle);
    t.same(cut.verified.problems, []);
    t.ok(cut.verified.events <= middle && cut.verified.events > middle - 100, `${cut.verified.events} of ${middle}`);
    t.equal(cut.verified.tornBytes, 0);
    t.ok(cut.restored.lastSegment < restored.lastSegment);
    // The state is the one that the journal itself came to there.
    const { identity, limits } = whole.journal;
    const fresh = made(2);
    const auditor = new Auditor({
      disk: fresh.disk,
      journal: JOURNAL,
      identity,
      limits,
      bucketSeed: 5,
      bad: () => undefined,
      fromTheStart: true,
    });
    while (auditor.eventSequence < cut.verified.events) auditor.follow(Number.POSITIVE_INFINITY, 1);
    t.equal(cut.verified.stateHash, auditor.engine.stateHash());
    whole.disk.remove(segmentPath(COPY, 1));
    t.match(
      errorOf(() => restore(whole, '/none/shard-0/journal', 1)),
      { code: 'JOURNAL_TOO_OLD' },
    );

    for (let call = 0; ; call += 3) {
      const venue = made(2);
      venue.disk.faults.crashAtCall = venue.disk.calls + call;
      try {
        archive(venue);
        retire(venue);
      } catch (error) {
        t.ok(venue.disk.crashed, String(error));
      }
      if (!venue.disk.crashed) break;
      venue.disk.powerFails();
      venue.disk.faults.crashAtCall = -1;
      archive(venue);
      t.equal(retire(venue).first, venue.older);
      t.same(listSegments(venue.disk, COPY), finished, `crash at call ${call}`);
    }
  },
);

t.test('an archive that was changed is named, and another one is not written over', async (t) => {
  const venue = made(2);
  archive(venue);
  const path = segmentPath(COPY, 2);
  // A bit of a command, under a checksum that fits: the seal alone knows.
  venue.disk.spoil(path, (bytes) => {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const header = new RecordHeader();
    header.read(words, PAGE_BYTES / 4);
    bytes[PAGE_BYTES + RECORD_HEADER_BYTES + 60] = (bytes[PAGE_BYTES + RECORD_HEADER_BYTES + 60] ?? 0) ^ 1;
    const { firstCommandSequence: commandSequence, firstEventSequence: eventSequence, epoch, shard, length } = header;
    words[PAGE_BYTES / 4 + 1] = recordChecksum(bytes, PAGE_BYTES, length, {
      shard,
      epoch,
      commandSequence,
      eventSequence,
    });
  });
  t.match(
    errorOf(() => restore(venue, '/new/shard-0/journal')),
    { code: 'JOURNAL_SEAL', file: path },
  );
  t.same(venue.disk.list('/new/shard-0/journal'), [], 'nothing was made');
  removeConsumer(venue.disk, JOURNAL, 'archive');
  t.match(
    errorOf(() => archive(venue)),
    { message: /The archive has another 00000002\.seg/ },
  );
  t.equal(retire(venue).first, 2, 'it holds what it does not have');
  venue.disk.remove(segmentPath(COPY, 2));
  t.match(
    errorOf(() => restore(venue, '/new/shard-0/journal')),
    { code: 'JOURNAL_MISSING_SEGMENT', file: path },
  );
});

t.test('what is kept ahead of the older snapshot is looked through, too', async (t) => {
  const venue = made(2);
  retire(venue, listSegments(venue.disk, JOURNAL).length - 1);
  t.equal(listSegments(venue.disk, JOURNAL)[0], 2);
  t.ok(venue.older > 2);
  t.same(verify(venue).problems, []);
  venue.disk.spoil(segmentPath(JOURNAL, 2), (bytes) => {
    bytes[9000] = (bytes[9000] ?? 0) ^ 1;
  });
  t.match(verify(venue).problems, [/^JOURNAL_CORRUPT: /]);
});
