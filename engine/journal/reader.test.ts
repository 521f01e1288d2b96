import t from 'tap';
import { seededRandom } from '../../proof/seeded-random.js';
import { SimulatedDisk } from '../../proof/simulated-disk.js';
import type { DiskFile, OpenMode } from './disk.js';
import {
  errorOf,
  MADE_DIRECTORY,
  MADE_IDENTITY,
  MADE_SHAPE,
  madeGroupDifference,
  openMadeJournal,
  writeMadeGroup,
} from './made-groups.js';
import { JournalReader } from './reader.js';
import { segmentPath } from './segments.js';
import { WayMarks } from './way-marks.js';

/** A disk with a journal of these groups, [commands, events] each, whose process is dead. */
function journalOf(groups: readonly (readonly [number, number])[]): SimulatedDisk {
  const disk = new SimulatedDisk(seededRandom(1));
  const { writer } = openMadeJournal(disk);
  for (const [commands, events] of groups) {
    writeMadeGroup(writer, commands, events);
  }
  disk.processDies();
  return disk;
}

t.test('a following reader gets each durable group once, in order, and nothing beyond durable', async (t) => {
  const disk = new SimulatedDisk(seededRandom(8));
  const { writer } = openMadeJournal(disk);
  const reader = new JournalReader(disk, MADE_DIRECTORY, MADE_IDENTITY);
  t.equal(reader.seekEvent(1), true);
  let next = 1;
  let wrong = '';
  const random = seededRandom(9);
  for (let round = 0; round < 300; round += 1) {
    writeMadeGroup(writer, 1 + Math.floor(random() * 20), Math.floor(random() * 40));
    const durable = Math.max(next - 1, writer.nextEventSequence - 1 - Math.floor(random() * 60));
    for (let record = reader.next(durable); record !== null; record = reader.next(durable)) {
      if (record.kind === 'group') {
        wrong ||= madeGroupDifference(record);
        wrong ||= record.firstEventSequence === next ? '' : `group at ${record.firstEventSequence} instead of ${next}`;
        next = record.firstEventSequence + record.eventCount;
        wrong ||= next - 1 <= durable ? '' : `event ${next - 1} beyond durable ${durable}`;
      }
    }
  }
  t.equal(wrong, '');
  t.ok(next > 3000 && writer.segmentNumber > 3, `${next} events in ${writer.segmentNumber} segments`);
  t.equal(reader.nextEventSequence, next);
});

t.test('a reader may start at any event and gets the group that holds it', async (t) => {
  const disk = journalOf(Array.from({ length: 60 }, (_, index) => [10, 1 + (index % 40)] as const));
  const { groups, writer } = openMadeJournal(disk);
  const last = writer.nextEventSequence - 1;
  let wrong = 0;
  for (let sequence = 1; sequence <= last; sequence += 7) {
    const reader = new JournalReader(disk, MADE_DIRECTORY, MADE_IDENTITY);
    reader.seekEvent(sequence);
    const record = reader.next(last);
    const group = groups.find((one) => one.firstEventSequence + one.eventCount > sequence);
    const right = record?.firstEventSequence === group?.firstEventSequence && record?.offset === group?.offset;
    wrong += right && record !== null && madeGroupDifference(record) === '' ? 0 : 1;
    reader.close();
  }
  t.equal(wrong, 0);
  const reader = new JournalReader(disk, MADE_DIRECTORY, MADE_IDENTITY);
  reader.seekEvent(last + 1);
  t.equal(reader.next(last), null, 'what is not there yet is waited for');
  writeMadeGroup(writer, 1, 1);
  t.equal(reader.next(last + 1)?.firstEventSequence, last + 1, 'and comes when it is written');
});

const LONG_SHAPE = { ...MADE_SHAPE, segmentBytes: 1024 * 1024 };

/** A journal of several lives in one segment, and what lies in it. */
function longJournal() {
  const disk = new SimulatedDisk(seededRandom(1));
  for (let life = 0; life < 3; life += 1) {
    const { writer } = openMadeJournal(disk, LONG_SHAPE);
    for (let group = 0; group < 40; group += 1) {
      writeMadeGroup(writer, 5, 1 + (group % 50));
    }
    disk.processDies();
  }
  const { groups, writer } = openMadeJournal(disk, LONG_SHAPE);
  return { disk, groups, segments: writer.segmentNumber, last: writer.nextEventSequence - 1 };
}

t.test('a seek goes past a bounded number of bytes a call, start records among them', async (t) => {
  const { disk, groups, segments, last } = longJournal();
  t.equal(segments, 1);
  const bound = 20_000;
  const reader = new JournalReader(disk, MADE_DIRECTORY, MADE_IDENTITY);
  const wanted = groups.at(-2)?.firstEventSequence ?? 0;
  reader.seekEvent(wanted);
  let passed = 0;
  let calls = 0;
  let record = reader.next(last, bound);
  for (; record === null && reader.passedBytes > 0; record = reader.next(last, bound)) {
    calls += 1;
    passed += reader.passedBytes;
    t.ok(reader.passedBytes < bound + 16 * 1024, 'a record more at most');
    if (calls % 3 === 0) {
      reader.rest(false);
    }
  }
  passed += reader.passedBytes;
  t.equal(record?.firstEventSequence, wanted);
  t.equal(record?.kind, 'group');
  t.equal(passed, (record?.offset ?? 0) - 4096, 'everything from behind the header on');
  t.ok(calls >= 20, `${calls} calls`);
  t.equal(reader.next(last, bound)?.firstEventSequence, groups.at(-1)?.firstEventSequence);
  t.equal(reader.passedBytes, 0);
  t.equal(reader.next(last, bound)?.kind, 'start', 'one behind its place is handed out');
  t.equal(reader.next(last, bound), null);
  t.equal(reader.passedBytes, 0, 'nothing on the way: it waits');
  reader.close();
});

t.test('a seek begins where a reader was before, and finds the same group', async (t) => {
  const { disk, groups, last } = longJournal();
  const step = 32 * 1024;
  const marks = new WayMarks(step);
  const scout = new JournalReader(disk, MADE_DIRECTORY, MADE_IDENTITY, false, marks);
  scout.seekEvent(last);
  scout.next(last);
  t.ok(scout.passedBytes > 10 * step, 'the first one goes all the way');
  scout.close();
  let wrong = 0;
  let most = 0;
  for (let sequence = 1; sequence <= last; sequence += 3) {
    const reader = new JournalReader(disk, MADE_DIRECTORY, MADE_IDENTITY, false, marks);
    reader.seekEvent(sequence);
    const record = reader.next(last);
    const group = groups.find((one) => one.firstEventSequence + one.eventCount > sequence);
    const right = record?.offset === group?.offset && record?.epoch === group?.epoch;
    wrong += right && record !== null && madeGroupDifference(record) === '' ? 0 : 1;
    most = Math.max(most, reader.passedBytes);
    reader.close();
  }
  t.equal(wrong, 0);
  t.ok(most > step / 2 && most < step + 16 * 1024, `${most} bytes at most`);
});

/** Runs `onExists` before it says whether a file exists: what another thread does just then. */
class InterruptedDisk extends SimulatedDisk {
  onExists: () => void = () => {};
  override exists(path: string): boolean {
    const work = this.onExists;
    this.onExists = () => {};
    work();
    return super.exists(path);
  }
}

t.test('a reader loses nothing when the shard goes on to the next segment while it looks for it', async (t) => {
  const disk = new InterruptedDisk(seededRandom(3));
  const { writer } = openMadeJournal(disk);
  writeMadeGroup(writer, 2, 3);
  const reader = new JournalReader(disk, MADE_DIRECTORY, MADE_IDENTITY);
  reader.seekEvent(1);
  t.equal(reader.next(3)?.firstEventSequence, 1);
  const segment = writer.segmentNumber;
  disk.onExists = () => {
    while (writer.segmentNumber === segment) {
      writeMadeGroup(writer, 10, 20);
    }
  };
  t.equal(reader.next(3), null, 'what is not durable for it yet');
  t.equal(writer.segmentNumber, segment + 1, 'the shard was in between');
  let next = 4;
  const durable = writer.nextEventSequence - 1;
  for (let record = reader.next(durable); record !== null; record = reader.next(durable)) {
    t.equal(record.firstEventSequence, next);
    t.equal(madeGroupDifference(record), '');
    next += record.eventCount;
  }
  t.equal(next, durable + 1, 'everything was read, over the segment switch');
  reader.close();
});

t.test('a record that stays bad before a later segment is corruption', async (t) => {
  const disk = new InterruptedDisk(seededRandom(3));
  const { writer } = openMadeJournal(disk);
  writeMadeGroup(writer, 2, 3);
  const reader = new JournalReader(disk, MADE_DIRECTORY, MADE_IDENTITY);
  reader.seekEvent(1);
  t.equal(reader.next(3)?.firstEventSequence, 1);
  const path = segmentPath(MADE_DIRECTORY, writer.segmentNumber);
  disk.onExists = () => {
    while (writer.segmentNumber === 1) {
      writeMadeGroup(writer, 10, 20);
    }
    disk.spoil(path, (bytes) => bytes.fill(0xab, 12288 + 300, 12288 + 400));
  };
  t.equal(errorOf(() => reader.next(3)).code, 'JOURNAL_CORRUPT');
});

/** Knows how many files are open. */
class CountingDisk extends SimulatedDisk {
  opened = 0;
  override open(path: string, mode: OpenMode): DiskFile {
    this.opened += 1;
    const close = (): void => {
      this.opened -= 1;
    };
    return { ...super.open(path, mode), close };
  }
}

t.test('a reader that rests holds nothing open and goes on where it was, or with its last record again', async (t) => {
  const disk = new CountingDisk(seededRandom(1));
  const first = openMadeJournal(disk).writer;
  for (let group = 0; group < 90; group += 1) {
    writeMadeGroup(first, 8, 1 + (group % 30));
  }
  disk.processDies();
  const { groups, writer } = openMadeJournal(disk);
  const last = writer.nextEventSequence - 1;
  const before = disk.opened;
  const reader = new JournalReader(disk, MADE_DIRECTORY, MADE_IDENTITY);
  reader.seekEvent(1);
  const found: number[] = [];
  for (let again = false; ; again = !again) {
    const record = reader.next(last);
    if (record === null) {
      break;
    }
    t.equal(disk.opened - before, 1);
    if (record.kind === 'group') {
      t.equal(madeGroupDifference(record), '');
      found.push(record.firstEventSequence);
    }
    reader.rest(again);
    t.equal(disk.opened - before, 0);
  }
  const wanted = groups.map(({ firstEventSequence }) => firstEventSequence);
  t.same([...new Set(found)], wanted);
  t.ok(found.length > wanted.length && found.length <= 2 * wanted.length, 'some came twice');
  t.ok(writer.segmentNumber > 2, 'over several segments');
  reader.close();
});

t.test('a bad record is "not yet" for a reader until durable has passed it, then an error', async (t) => {
  const disk = journalOf([
    [2, 3],
    [5, 9],
  ]);
  disk.spoil(segmentPath(MADE_DIRECTORY, 1), (bytes) => bytes.fill(0xab, 12288 + 300, 12288 + 400));
  const reader = new JournalReader(disk, MADE_DIRECTORY, MADE_IDENTITY);
  reader.seekEvent(1);
  t.equal(reader.next(3)?.firstEventSequence, 1);
  t.equal(reader.next(3), null);
  const error = errorOf(() => reader.next(4));
  t.equal(error.code, 'JOURNAL_CORRUPT');
  t.equal(error.sequence, 4);
});
