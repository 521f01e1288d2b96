import { MessageChannel } from 'node:worker_threads';
import t from 'tap';
import { seededRandom } from '../../proof/seeded-random.js';
import { SimulatedDisk } from '../../proof/simulated-disk.js';
import { type Disk, RealDisk } from './disk.js';
import { JournalError } from './journal-error.js';
import { MADE_DIRECTORY, MADE_IDENTITY, madeGroupDifference, openMadeJournal, writeMadeGroup } from './made-groups.js';
import type { RecordPlace } from './places.js';
import { ReadAheadSource, ReadAheadThread, readAhead } from './read-ahead.js';
import { JournalReader } from './reader.js';
import {
  PAGE_BYTES,
  RECORD_SEAL,
  RecordHeader,
  readSegmentHeader,
  recordChecksum,
  segmentHeaderPage,
} from './record.js';
import { segmentPath } from './segments.js';
import { type JournalSource, OwnSource } from './source.js';

const SEGMENT_1 = segmentPath(MADE_DIRECTORY, 1);
const SEGMENT_2 = segmentPath(MADE_DIRECTORY, 2);

function lastSegment(disk: SimulatedDisk): string {
  const name = disk.list(MADE_DIRECTORY).findLast((file) => file.endsWith('.seg'));
  return `${MADE_DIRECTORY}/${name}`;
}

/** Some segments, all but the last one sealed, in two epochs. */
function madeJournal(): SimulatedDisk {
  const disk = new SimulatedDisk(seededRandom(1));
  for (let life = 0; life < 2; life += 1) {
    const { writer } = openMadeJournal(disk);
    for (let group = 0; group < 30; group += 1) {
      writeMadeGroup(writer, 10 + group, 30 + life);
    }
    writer.close();
    disk.processDies();
  }
  return disk;
}

/** Both ends in this thread: all that is read fits into the windows. */
function aheadOf(disk: Disk, identity = MADE_IDENTITY, place: RecordPlace | null = null): JournalSource {
  const { port1, port2 } = new MessageChannel();
  const counters = new SharedArrayBuffer(64);
  const source = new ReadAheadSource({ counters, port: port1 });
  source.begin(place);
  readAhead({ directory: MADE_DIRECTORY, identity, counters, port: port2 }, disk);
  return source;
}

function toldHere(disk: Disk, place: RecordPlace | null = null): unknown[] {
  const source = new OwnSource(disk, MADE_DIRECTORY, MADE_IDENTITY);
  return told(source, () => source.begin(place));
}

/** All that a recovery gets from a source, error and end included. */
function told(source: JournalSource, begin = (): void => undefined): unknown[] {
  const lines: unknown[] = [];
  try {
    begin();
    for (let record = source.next(); record !== null; record = source.next()) {
      const { at: _window, ringPositions, commands, events, ...rest } = record;
      const difference = record.kind === 'group' ? madeGroupDifference(record) : '';
      lines.push({ ...rest, ringPositions: [...ringPositions], words: [commands.length, events.length], difference });
    }
    lines.push(source.end());
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { message, name } = error;
    const place = error instanceof JournalError ? [error.file, error.offset, error.sequence, error.canRetry] : [];
    lines.push({ message, name, code: 'code' in error ? error.code : undefined, place });
  } finally {
    source.close();
  }
  return lines;
}

/** Where the seal of a segment begins. */
function sealAt(bytes: Uint8Array): number {
  const words = new Int32Array(bytes.buffer);
  const header = new RecordHeader();
  let at = PAGE_BYTES;
  while (header.read(words, at / 4) === 'ok' && header.kind !== RECORD_SEAL) at += header.length;
  return at;
}

/** Puts the checksum that fits the record's own words. */
function closeAgain(bytes: Uint8Array, at: number): void {
  const words = new Int32Array(bytes.buffer);
  const header = new RecordHeader();
  header.read(words, at / 4);
  const { shard, epoch, firstCommandSequence: commandSequence, firstEventSequence: eventSequence } = header;
  words[at / 4 + 1] = recordChecksum(bytes, at, header.length, { shard, epoch, commandSequence, eventSequence });
}

function flip(bytes: Uint8Array, at: number): void {
  bytes[at] = (bytes[at] ?? 0) ^ 4;
}

const DAMAGES: readonly { readonly name: string; readonly code: string; spoil(disk: SimulatedDisk): void }[] = [
  { name: 'nothing', code: '', spoil: () => undefined },
  {
    name: 'a record',
    code: 'JOURNAL_CORRUPT',
    spoil: (disk) => disk.spoil(SEGMENT_2, (bytes) => flip(bytes, 3 * PAGE_BYTES + 700)),
  },
  {
    name: 'a record with a checksum that fits it: only the seal knows',
    code: 'JOURNAL_SEAL',
    spoil: (disk) =>
      disk.spoil(SEGMENT_1, (bytes) => {
        flip(bytes, 2 * PAGE_BYTES + 700);
        closeAgain(bytes, 2 * PAGE_BYTES);
      }),
  },
  {
    name: "a seal's content",
    code: 'JOURNAL_SEAL',
    spoil: (disk) =>
      disk.spoil(SEGMENT_2, (bytes) => {
        const at = sealAt(bytes);
        flip(bytes, at + 256);
        closeAgain(bytes, at);
      }),
  },
  {
    name: 'the seal that a segment names',
    code: 'JOURNAL_SEAL',
    spoil: (disk) =>
      disk.spoil(lastSegment(disk), (bytes) => {
        const header = readSegmentHeader(bytes.subarray(0, PAGE_BYTES));
        if (header === null || header === 'version') throw new Error('no header');
        bytes.set(segmentHeaderPage({ ...header, previousSeal: header.previousSeal.map((byte) => byte ^ 1) }));
      }),
  },
  {
    name: "the last segment's first record, with others behind it",
    code: 'JOURNAL_CORRUPT',
    spoil: (disk) => disk.spoil(lastSegment(disk), (bytes) => flip(bytes, PAGE_BYTES + 700)),
  },
  {
    name: "the last segment's last record: torn",
    code: '',
    spoil: (disk) => disk.spoil(lastSegment(disk), (bytes) => flip(bytes, sealAt(bytes) - PAGE_BYTES)),
  },
  { name: 'a segment', code: 'JOURNAL_MISSING_SEGMENT', spoil: (disk) => disk.remove(SEGMENT_2) },
];

for (const { name, code, spoil } of DAMAGES) {
  t.test(`read ahead, a journal gives the same records, end and error; damaged: ${name}`, async (t) => {
    const disk = madeJournal();
    spoil(disk);
    const here = toldHere(disk);
    t.same(told(aheadOf(disk)), here);
    const last = here.at(-1) as { code?: string };
    t.equal(last.code ?? '', code);
  });
}

t.test('read ahead from a place on, a journal gives the same records and end as from its begin', async (t) => {
  const disk = madeJournal();
  const all = toldHere(disk);
  const records = all.slice(0, -1) as { segment: number; offset: number; kind: string }[];
  const reader = new JournalReader(disk, MADE_DIRECTORY, MADE_IDENTITY, true);
  reader.seekStart();
  for (const [index, { segment, offset, kind }] of records.entries()) {
    const { epoch, nextCommandSequence, nextEventSequence } = reader;
    const place = { segment, offset, epoch, commandSequence: nextCommandSequence, eventSequence: nextEventSequence };
    reader.next(Number.POSITIVE_INFINITY);
    if (index % 7 !== 3 || kind !== 'group') continue;
    t.same(toldHere(disk, place), all.slice(index), `record ${index}`);
    t.same(told(aheadOf(disk, MADE_IDENTITY, place)), all.slice(index), `record ${index}, ahead`);
  }
});

t.test('read ahead, the journal of another shard is refused by name, and none is no error', async (t) => {
  const other = { ...MADE_IDENTITY, shard: 1 };
  t.match(told(aheadOf(madeJournal(), other)), [{ name: 'JournalError', code: 'JOURNAL_OTHER_SHARD' }]);
  t.same(told(aheadOf(new SimulatedDisk(seededRandom(1)))), [null]);
});

t.test('what the system says crosses with its code', async (t) => {
  const denied = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
  class Locked extends SimulatedDisk {
    override list(): string[] {
      throw denied;
    }
  }
  t.match(told(aheadOf(new Locked(seededRandom(1)))), [{ message: denied.message, code: 'EACCES', place: [] }]);
});

/** A journal on this machine's disk of more bytes than all windows, and with a record longer than one. */
function longJournal(directory: string): number {
  const shape = { segmentBytes: 12 * 1024 * 1024, groupCommands: 1000, groupEvents: 16_000 };
  const { writer } = openMadeJournal(new RealDisk(), shape, MADE_IDENTITY, directory);
  for (let group = 0; group < 24; group += 1) {
    writeMadeGroup(writer, 1000, 16_000);
  }
  writer.close();
  return 24;
}

t.test('a thread reads ahead as far as its windows go, and on as they are released', async (t) => {
  const directory = `${t.testdir()}/journal`;
  const groups = longJournal(directory);
  const thread = new ReadAheadThread(directory, MADE_IDENTITY);
  const source = new ReadAheadSource(thread.shardEnd);
  source.begin(null);
  let [read, wrong] = [0, 0];
  for (let record = source.next(); record !== null; record = source.next()) {
    if (record.kind === 'group') {
      read += 1;
      wrong += madeGroupDifference(record) === '' ? 0 : 1;
    }
  }
  t.same([read, wrong], [groups, 0]);
  t.equal(source.end()?.tornBytes, 0);
  source.close();
  await thread.end();
});

t.test('a thread that dies is an error for the shard that waits for it, behind what it has read', async (t) => {
  const directory = `${t.testdir()}/journal`;
  longJournal(directory);
  const thread = new ReadAheadThread(directory, MADE_IDENTITY);
  const source = new ReadAheadSource(thread.shardEnd);
  source.begin(null);
  t.ok(source.next(), 'it reads, and cannot reach the end while nothing is released');
  await thread.end();
  t.throws(() => {
    while (source.next() !== null);
  }, /has ended by itself/);
  source.close();
});
