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
import { PAGE_BYTES, RECORD_SEAL, RECORD_START, RecordHeader, recordChecksum } from '../journal/record.js';
import { listSegments, segmentPath } from '../journal/segments.js';
import { Ledger } from '../ledger/ledger.js';
import { listSnapshots, snapshotPath } from '../snapshot/snapshots.js';
import { Auditor } from './auditor.js';
import { type VerifiedShard, verifyShard } from './verify.js';

t.setTimeout(120_000);

const COMMANDS = 600;
const SEED = 7;
/** Groups ahead of the last one. */
const BEFORE = 70;

interface Made {
  readonly disk: SimulatedDisk;
  readonly journal: RandomJournal;
  /** The last command and event ahead of the last group. */
  readonly before: { readonly command: number; readonly event: number };
}

/** Several segments and two snapshots. */
function made(): Made {
  const disk = new SimulatedDisk(seededRandom(SEED));
  const journal = new RandomJournal(disk, SEED, COMMANDS);
  const { identity, limits } = journal;
  const auditor = new Auditor({ disk, journal: JOURNAL, identity, limits, bucketSeed: 5, bad: () => undefined });
  for (let group = 0; group < BEFORE; group += 1) {
    journal.writeGroup(1 + (group % 9));
    if (group !== 9 && group !== 19) continue;
    auditor.follow(journal.engine.eventSequence, Number.POSITIVE_INFINITY);
    auditor.snapshot();
  }
  const before = { command: journal.engine.commandSequence, event: journal.engine.eventSequence };
  journal.writeGroup(9);
  return { disk, journal, before };
}

function verify({ disk, journal }: Made): VerifiedShard {
  const { identity, limits } = journal;
  return verifyShard({ disk, journal: JOURNAL, identity, limits });
}

/** Calls `change` with the bytes of a segment and the place of the nth record of a kind in it. */
function spoilRecord(
  { disk }: Made,
  segment: number,
  kind: number,
  nth: number,
  change: (bytes: Uint8Array, words: Int32Array, at: number, header: RecordHeader) => void,
): void {
  disk.spoil(segmentPath(JOURNAL, segment), (bytes) => {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const header = new RecordHeader();
    let left = nth;
    for (let at = PAGE_BYTES; header.read(words, at / 4) === 'ok'; at += header.length) {
      if (header.kind !== kind) continue;
      if (left === 0) {
        change(bytes, words, at, header);
        return;
      }
      left -= 1;
    }
    throw new Error(`segment ${segment} has no such record`);
  });
}

/** The record as `header` read it, its body changed since, verifies again. */
function checksumAgain(bytes: Uint8Array, words: Int32Array, at: number, header: RecordHeader): void {
  const { firstCommandSequence: commandSequence, firstEventSequence: eventSequence, epoch, shard, length } = header;
  words[at / 4 + 1] = recordChecksum(bytes, at, length, { shard, epoch, commandSequence, eventSequence });
}

t.test('what is whole holds', async (t) => {
  const venue = made();
  const { engine } = venue.journal;
  const verified = verify(venue);
  t.same(verified.problems, []);
  t.equal(verified.commands, engine.commandSequence);
  t.equal(verified.events, engine.eventSequence);
  t.equal(verified.groups, BEFORE + 1);
  t.equal(verified.segments, listSegments(venue.disk, JOURNAL).length);
  t.ok(verified.segments > 1);
  t.equal(verified.epochs, 1);
  t.equal(verified.snapshots, 2);
  t.equal(verified.stateHash, engine.stateHash());
  t.equal(verified.tornBytes, 0);
});

t.test('a torn end is no damage', async (t) => {
  const venue = made();
  const last = listSegments(venue.disk, JOURNAL).at(-1) ?? 0;
  spoilRecord(venue, last, 1, 0, (bytes, words, at) => {
    // A beginning of another record behind the last one.
    const header = new RecordHeader();
    let end = at;
    while (header.read(words, end / 4) === 'ok') end += header.length;
    bytes.copyWithin(end, at, at + 300);
  });
  const verified = verify(venue);
  t.same(verified.problems, []);
  t.equal(verified.tornBytes, PAGE_BYTES);
});

t.test('each thing that may be wrong is found', async (t) => {
  const cases: readonly [string, (venue: Made) => void, RegExp][] = [
    [
      'a record',
      (venue) => spoilRecord(venue, 1, 1, 2, (bytes, _, at) => flip(bytes, at + 400)),
      /^JOURNAL_CORRUPT: .*does not verify/,
    ],
    ['a checksum', (venue) => spoilRecord(venue, 1, 1, 2, (bytes, _, at) => flip(bytes, at + 5)), /^JOURNAL_CORRUPT: /],
    [
      'a sequence',
      (venue) =>
        spoilRecord(venue, 1, 1, 2, (bytes, words, at, header) => {
          words[at / 4 + 6] = header.firstCommandSequence + 1;
          checksumAgain(bytes, words, at, header);
        }),
      /^JOURNAL_CORRUPT: /,
    ],
    [
      'an epoch',
      (venue) =>
        spoilRecord(venue, 1, RECORD_START, 0, (bytes, words, at, header) => {
          words[at / 4 + 64] = 5;
          checksumAgain(bytes, words, at, header);
        }),
      /^JOURNAL_CORRUPT: A start record does not follow/,
    ],
    [
      'a seal',
      (venue) =>
        spoilRecord(venue, 1, RECORD_SEAL, 0, (bytes, words, at, header) => {
          flip(bytes, at + 260);
          checksumAgain(bytes, words, at, header);
        }),
      /^JOURNAL_SEAL: /,
    ],
    ['a segment', ({ disk }) => disk.remove(segmentPath(JOURNAL, 2)), /^JOURNAL_MISSING_SEGMENT: /],
    [
      'the header of a segment',
      ({ disk }) => disk.spoil(segmentPath(JOURNAL, 2), (bytes) => flip(bytes, 70)),
      /^JOURNAL_CORRUPT: The header/,
    ],
    [
      'a durable record that is gone',
      (venue) =>
        spoilRecord(venue, listSegments(venue.disk, JOURNAL).length, 1, 0, (bytes, _, at, header) =>
          bytes.fill(0, at, at + header.length),
        ),
      /^JOURNAL_CORRUPT: A journal record is damaged/,
    ],
    [
      'an event',
      ({ disk, journal, before }) => {
        const last = listSegments(disk, JOURNAL).at(-1) ?? 0;
        disk.spoil(segmentPath(JOURNAL, last), (bytes) => spoilLastEvent(bytes, journal.identity.shard, before));
      },
      /^JOURNAL_DIVERGED: .*accountSequence is/,
    ],
    [
      'the state of a snapshot',
      ({ disk }) => spoilSnapshot(disk, (bytes) => setSnapshotWord(bytes, 24, 1)),
      /^The snapshot of command \d+ is of another state/,
    ],
    [
      'the content of a snapshot',
      ({ disk }) => spoilSnapshot(disk, (bytes) => flip(bytes, 6000)),
      /^The snapshot .* cannot be used: its checksum/,
    ],
    [
      'a snapshot of no group',
      ({ disk }) => {
        const [newest = 0] = listSnapshots(disk, SNAPSHOTS);
        spoilSnapshot(disk, (bytes) => setSnapshotWord(bytes, 8, newest + 100_000));
        disk.rename(snapshotPath(SNAPSHOTS, newest), snapshotPath(SNAPSHOTS, newest + 100_000));
      },
      /^No group ends with command \d+/,
    ],
  ];
  for (const [what, spoil, found] of cases) {
    const venue = made();
    spoil(venue);
    const { problems } = verify(venue);
    t.equal(problems.length, 1, `${what}: ${problems.join(' ')}`);
    t.match(problems[0], found, what);
  }
});

t.test('money that does not add up is found', async (t) => {
  const venue = made();
  const { addUp } = Ledger.prototype;
  t.teardown(() => {
    Ledger.prototype.addUp = addUp;
  });
  // As if a fill had paid one side alone.
  Ledger.prototype.addUp = function planted(this: Ledger, assetCount: number, moved: Float64Array): void {
    this.venue[1] = (this.venue[1] ?? 0) + 1;
    addUp.call(this, Math.max(1, assetCount), moved);
  };
  const { problems } = verify(venue);
  t.equal(problems.length, 1);
  t.match(problems[0], /^Behind command \d+: .*asset 1/);
});

function spoilSnapshot(disk: SimulatedDisk, change: (bytes: Uint8Array) => void): void {
  const [newest = 0] = listSnapshots(disk, SNAPSHOTS);
  disk.spoil(snapshotPath(SNAPSHOTS, newest), change);
}

function flip(bytes: Uint8Array, at: number): void {
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
}
