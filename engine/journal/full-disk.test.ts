import t from 'tap';
import { seededRandom } from '../../proof/seeded-random.js';
import { SimulatedDisk } from '../../proof/simulated-disk.js';
import { type DiskFile, type OpenMode, RealDisk } from './disk.js';
import { errorOf, MADE_DIRECTORY, MADE_IDENTITY, MADE_SHAPE, openMadeJournal, writeMadeGroup } from './made-groups.js';
import { segmentPath } from './segments.js';
import type { JournalWriter } from './writer.js';

const SEGMENT_1 = segmentPath(MADE_DIRECTORY, 1);

/** Writes groups as a shard does until the segment is full; how many there were. */
function fillSegment(writer: JournalWriter): number {
  const segment = writer.segmentNumber;
  let groups = 0;
  for (; writer.segmentNumber === segment; groups += 1) {
    if (writer.shouldPrepare(groups % 2 === 0)) {
      writer.prepare();
    }
    writeMadeGroup(writer, 10, 30);
  }
  return groups;
}

t.test('a full disk stops the writer by name when the segment is full, not before', async (t) => {
  const wanted = fillSegment(openMadeJournal(new SimulatedDisk(seededRandom(4))).writer);
  const full = new SimulatedDisk(seededRandom(4));
  const { writer } = openMadeJournal(full);
  full.faults.capacityBytes = MADE_SHAPE.segmentBytes + 20000;
  const error = errorOf(() => fillSegment(writer));
  t.equal(error.code, 'JOURNAL_WRITE');
  t.match(String(error.cause), /ENOSPC/);
  full.processDies();
  t.equal(errorOf(() => openMadeJournal(full)).code, 'JOURNAL_WRITE', 'there is no room for what must come next');
  full.processDies();
  full.faults.capacityBytes = Number.POSITIVE_INFINITY;
  t.equal(openMadeJournal(full).groups.length, wanted - 1, 'with room again it goes on, and the segment was used up');
});

t.test('a disk that is full for a while before the segment is stops nobody', async (t) => {
  const disk = new SimulatedDisk(seededRandom(4));
  const { writer } = openMadeJournal(disk);
  disk.faults.capacityBytes = MADE_SHAPE.segmentBytes + 20000;
  let groups = 0;
  for (; !writer.shouldPrepare(true); groups += 1) {
    writeMadeGroup(writer, 10, 30);
  }
  writeMadeGroup(writer, 10, 30);
  t.equal(writer.prepare(), 0);
  t.notOk(writer.shouldPrepare(true), 'it is not tried again and again');
  disk.processDies();
  t.equal(openMadeJournal(disk).groups.length, groups + 1, 'the place of the last write is not in doubt');
  disk.faults.capacityBytes = Number.POSITIVE_INFINITY;
  const { writer: next } = openMadeJournal(disk);
  fillSegment(next);
  t.equal(next.segmentNumber, 2);
});

/** Refuses what a start cuts. */
class NoCutDisk extends SimulatedDisk {
  noCut = false;
  override open(path: string, mode: OpenMode): DiskFile {
    const file = super.open(path, mode);
    if (this.noCut && mode === 'plain' && path === SEGMENT_1) {
      file.write = () => {
        throw Object.assign(new Error('EIO: simulated'), { code: 'EIO' });
      };
    }
    return file;
  }
}

t.test('a cut of a torn tail that fails leaves the mark, too', async (t) => {
  const disk = new NoCutDisk(seededRandom(4));
  const { writer } = openMadeJournal(disk);
  writeMadeGroup(writer, 3, 7);
  disk.processDies();
  disk.spoil(SEGMENT_1, (bytes) => bytes.fill(0x77, 12288 + 4096, 12288 + 5000));
  disk.noCut = true;
  t.equal(errorOf(() => openMadeJournal(disk)).code, 'JOURNAL_WRITE');
  disk.noCut = false;
  t.ok(disk.exists(`${MADE_DIRECTORY}/sync-error`));
  disk.processDies();
  const { groups, writer: next } = openMadeJournal(disk);
  t.equal(groups.length, 1);
  t.equal(next.segmentNumber, 2, 'the place is not trusted');
});

/** Lets nobody write what lies in files of this name. */
class ReadOnlyDisk extends RealDisk {
  readonly #name: string;
  constructor(name: string) {
    super();
    this.#name = name;
  }
  override open(path: string, mode: OpenMode): DiskFile {
    if (mode !== 'read' && path.endsWith(this.#name)) {
      throw Object.assign(new Error(`EACCES: permission denied, open '${path}'`), { code: 'EACCES', path });
    }
    return super.open(path, mode);
  }
}

t.test('a file that may not be written stops the start by its own name', async (t) => {
  const directory = t.testdir();
  const { writer } = openMadeJournal(new RealDisk(), MADE_SHAPE, MADE_IDENTITY, directory);
  fillSegment(writer);
  writer.close();
  for (const name of ['00000002.seg', 'spare.tmp']) {
    // With the mark that a failure leaves, the next start makes a new segment out of the spare.
    const open = (): unknown => openMadeJournal(new ReadOnlyDisk(name), MADE_SHAPE, MADE_IDENTITY, directory);
    const error = errorOf(open);
    t.equal(error.code, 'JOURNAL_WRITE');
    t.equal(error.file, `${directory}/${name}`);
    t.notMatch(error.message, '00000000.seg');
  }
});

t.test('a journal without its first segment is refused by name', async (t) => {
  const disk = new SimulatedDisk(seededRandom(4));
  const { writer } = openMadeJournal(disk);
  fillSegment(writer);
  disk.processDies();
  disk.remove(SEGMENT_1);
  const error = errorOf(() => openMadeJournal(disk));
  t.equal(error.code, 'JOURNAL_MISSING_SEGMENT');
});

t.test('short writes stop nobody', async (t) => {
  const short = new SimulatedDisk(seededRandom(5));
  short.faults.shortWrites = true;
  const { writer: pieces } = openMadeJournal(short);
  for (let group = 0; group < 30; group += 1) {
    writeMadeGroup(pieces, 10, 30);
  }
  short.powerFails();
  t.equal(openMadeJournal(short).groups.length, 30);
});
