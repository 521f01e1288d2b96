import { createHash } from 'node:crypto';
import { statSync, truncateSync } from 'node:fs';
import t from 'tap';
import { seededRandom } from '../../proof/seeded-random.js';
import { SECTOR_BYTES, SimulatedDisk } from '../../proof/simulated-disk.js';
import { RealDisk } from './disk.js';
import { errorOf, MADE_DIRECTORY, MADE_IDENTITY, MADE_SHAPE, openMadeJournal, writeMadeGroup } from './made-groups.js';
import { JournalReader } from './reader.js';
import {
  type Expected,
  PAGE_BYTES,
  RecordHeader,
  readSegmentHeader,
  recordChecksum,
  sealOf,
  segmentHeaderPage,
  verifiesByItself,
  verifyRecord,
} from './record.js';
import { segmentPath } from './segments.js';
import type { JournalShape } from './writer.js';

const SEGMENT_1 = segmentPath(MADE_DIRECTORY, 1);

/** A new disk with one epoch and these groups in it: [commands, events] each. */
function journalOf(groups: readonly (readonly [number, number])[], shape = MADE_SHAPE): SimulatedDisk {
  const disk = new SimulatedDisk(seededRandom(1));
  const { writer } = openMadeJournal(disk, shape);
  for (const [commands, events] of groups) {
    writeMadeGroup(writer, commands, events);
  }
  writer.close();
  disk.processDies();
  return disk;
}

/** A disk with the same files, so that many ends can be tried on one journal. */
function copyOf(disk: SimulatedDisk): SimulatedDisk {
  const copy = new SimulatedDisk(seededRandom(2));
  for (const name of disk.list(MADE_DIRECTORY)) {
    const path = `${MADE_DIRECTORY}/${name}`;
    const file = copy.create(path);
    disk.spoil(path, (bytes) => file.write(bytes, 0, bytes.length, 0));
    file.sync();
  }
  copy.syncDirectory(MADE_DIRECTORY);
  return copy;
}

/** Puts the checksum that fits the record's own words: a forger's or a stale record, not a torn one. */
function closeAgain(bytes: Uint8Array, at: number): void {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const header = new RecordHeader();
  header.read(words, at / 4);
  words[at / 4 + 1] = recordChecksum(bytes, at, header.length, ownPlace(header));
}

function ownPlace(header: RecordHeader): Expected {
  return {
    shard: header.shard,
    epoch: header.epoch,
    commandSequence: header.firstCommandSequence,
    eventSequence: header.firstEventSequence,
  };
}

t.test('groups come back as they were written, over several segments and epochs', async (t) => {
  const disk = new SimulatedDisk(seededRandom(1));
  const sizes = Array.from({ length: 40 }, (_, index) => [1 + (index % 64), (index * 37) % 256] as const);
  let written = 0;
  for (let run = 1; run <= 4; run += 1) {
    const { writer, epoch, epochs, groups, tornTail } = openMadeJournal(disk);
    t.equal(epoch, run, 'each opening is one epoch higher');
    t.same(
      epochs.map((start) => start.epoch),
      Array.from({ length: run }, (_, index) => index + 1),
    );
    t.equal(groups.length, written);
    t.equal(tornTail, null);
    for (const [commands, events] of sizes) {
      writeMadeGroup(writer, commands, events);
      written += 1;
    }
    writer.close();
    disk.processDies();
  }
  const { groups, epochs } = openMadeJournal(disk);
  t.ok((groups.at(-1)?.segment ?? 0) > 4, 'the journal needed several segments');
  let command = 1;
  let event = 1;
  let dense = true;
  for (const [index, group] of groups.entries()) {
    const [commands, events] = sizes[index % sizes.length] ?? [0, 0];
    dense &&= group.firstCommandSequence === command && group.commandCount === commands;
    dense &&= group.firstEventSequence === event && group.eventCount === events;
    command += commands;
    event += events;
  }
  t.ok(dense, 'both sequences are dense over all groups');
  t.equal(epochs[1]?.firstSequence, groups[sizes.length]?.firstEventSequence);
});

t.test('a group fills whole pages and starts where the one before ends', async (t) => {
  const { groups } = openMadeJournal(
    journalOf([
      [1, 1],
      [64, 256],
      [1, 0],
    ]),
  );
  t.same(
    groups.map((group) => [group.offset, group.bytes]),
    [
      [8192, 4096],
      [12288, 32768],
      [45056, 4096],
    ],
  );
});

t.test('one changed bit anywhere in a group is seen, by the expected values and the checksum', async (t) => {
  const disk = journalOf([[3, 5]]);
  const bytes = new Uint8Array(PAGE_BYTES);
  disk.spoil(SEGMENT_1, (segment) => bytes.set(segment.subarray(8192, 12288)));
  const words = new Int32Array(bytes.buffer);
  const header = new RecordHeader();
  const expected = { shard: MADE_IDENTITY.shard, epoch: 1, commandSequence: 1, eventSequence: 1 };
  t.equal(header.read(words, 0), 'ok');
  t.equal(verifyRecord(bytes, 0, header, expected), 'ok');
  const accepted: number[] = [];
  for (let bit = 0; bit < PAGE_BYTES * 8; bit += 1) {
    const byte = bit >> 3;
    bytes[byte] = (bytes[byte] ?? 0) ^ (1 << (bit & 7));
    if (header.read(words, 0) === 'ok' && verifyRecord(bytes, 0, header, expected) === 'ok') {
      accepted.push(bit);
    }
    bytes[byte] = (bytes[byte] ?? 0) ^ (1 << (bit & 7));
  }
  t.same(accepted, [], 'no flipped bit was accepted');
});

t.test('a whole group does not verify where another shard, epoch or sequence is due', async (t) => {
  const disk = journalOf([[3, 5]]);
  const bytes = new Uint8Array(PAGE_BYTES);
  disk.spoil(SEGMENT_1, (segment) => bytes.set(segment.subarray(8192, 12288)));
  const header = new RecordHeader();
  header.read(new Int32Array(bytes.buffer), 0);
  const right = { shard: 3, epoch: 1, commandSequence: 1, eventSequence: 1 };
  t.ok(verifiesByItself(bytes, 0, header), 'by its own word it is whole');
  for (const name of ['shard', 'epoch', 'commandSequence', 'eventSequence'] as const) {
    t.equal(verifyRecord(bytes, 0, header, { ...right, [name]: right[name] + 1 }), 'unexpected', name);
    const low = { ...right, [name]: right[name] + 2 ** 32 };
    t.equal(verifyRecord(bytes, 0, header, low), 'unexpected', `${name} in its high half`);
  }
});

t.test('a checksum over the record alone, without the expected values, is refused', async (t) => {
  const disk = journalOf([[3, 5]]);
  disk.spoil(SEGMENT_1, (segment) => {
    const words = new Int32Array(segment.buffer);
    const header = new RecordHeader();
    header.read(words, 8192 / 4);
    words[8192 / 4 + 1] = recordChecksum(segment, 8192, header.length, { ...ownPlace(header), epoch: 0 });
  });
  const { groups, tornTail } = openMadeJournal(disk);
  t.equal(groups.length, 0);
  t.equal(tornTail?.offset, 8192);
});

t.test('a tail torn at any sector is cut and zeroed, what was before it stays', async (t) => {
  const whole = journalOf([
    [2, 3],
    [5, 9],
    [64, 200],
  ]);
  const last = { offset: 16384, bytes: 24576 };
  let wrong = 0;
  for (let cut = 0; cut < last.bytes; cut += SECTOR_BYTES) {
    const disk = copyOf(whole);
    disk.spoil(SEGMENT_1, (bytes) => bytes.fill(0, last.offset + cut, last.offset + last.bytes));
    // The padding behind the events is zeros anyway: cutting there tears nothing.
    const tears = cut < 256 + 64 * 64 + 200 * 96;
    const { groups, tornTail, writer } = openMadeJournal(disk);
    const rightGroups = groups.length === (tears ? 2 : 3);
    const rightTail = tears && cut > 0 ? tornTail?.offset === last.offset && tornTail.bytes >= cut : tornTail === null;
    let zeroed = true;
    if (tears) {
      disk.spoil(SEGMENT_1, (bytes) => {
        zeroed = bytes.subarray(last.offset + PAGE_BYTES).every((byte) => byte === 0);
      });
    }
    writeMadeGroup(writer, 1, 1);
    disk.processDies();
    const again = openMadeJournal(disk);
    const goesOn = again.groups.length === groups.length + 1 && again.tornTail === null;
    wrong += rightGroups && rightTail && zeroed && goesOn ? 0 : 1;
  }
  t.equal(wrong, 0, `${last.bytes / SECTOR_BYTES} cuts`);
});

t.test('a tail of which any sectors are missing is cut', async (t) => {
  const whole = journalOf([
    [2, 3],
    [64, 200],
  ]);
  const random = seededRandom(7);
  for (let run = 0; run < 40; run += 1) {
    const disk = copyOf(whole);
    let missing = 0;
    disk.spoil(SEGMENT_1, (bytes) => {
      for (let at = 12288; at < 12288 + 20480; at += SECTOR_BYTES) {
        if (random() < 0.5) {
          bytes.fill(0, at, at + SECTOR_BYTES);
          missing += 1;
        }
      }
    });
    const { groups } = openMadeJournal(disk);
    if (groups.length !== 1) {
      t.fail(`run ${run}: ${missing} sectors missing and ${groups.length} groups`);
    }
  }
  t.pass('40 torn tails');
});

t.test('a damaged record with a valid one behind it stops the start with file, offset and sequence', async (t) => {
  const disk = journalOf([
    [2, 3],
    [5, 9],
    [1, 1],
  ]);
  disk.spoil(SEGMENT_1, (bytes) => {
    bytes[12288 + 700] = (bytes[12288 + 700] ?? 0) ^ 4;
  });
  const before = copyOf(disk);
  const error = errorOf(() => openMadeJournal(disk));
  t.equal(error.code, 'JOURNAL_CORRUPT');
  t.equal(error.file, SEGMENT_1);
  t.equal(error.offset, 12288);
  t.equal(error.sequence, 4);
  t.match(error.message, /offset 16384/);
  const bytesOf = (of: SimulatedDisk) => {
    let hash = '';
    of.spoil(SEGMENT_1, (bytes) => {
      hash = createHash('sha256').update(bytes).digest('hex');
    });
    return hash;
  };
  t.equal(bytesOf(disk), bytesOf(before), 'a refused start changes nothing');
});

t.test('a damaged start record with groups of its epoch behind it is corruption, not a tail', async (t) => {
  const disk = journalOf([[2, 3]]);
  const { writer } = openMadeJournal(disk);
  writeMadeGroup(writer, 1, 1);
  disk.processDies();
  disk.spoil(SEGMENT_1, (bytes) => bytes.fill(0, 12288, 12288 + PAGE_BYTES));
  const error = errorOf(() => openMadeJournal(disk));
  t.equal(error.code, 'JOURNAL_CORRUPT');
  t.equal(error.offset, 12288);
});

t.test('a hole of zeros with a valid group behind it is corruption', async (t) => {
  const disk = journalOf([
    [2, 3],
    [2, 3],
    [2, 3],
  ]);
  disk.spoil(SEGMENT_1, (bytes) => bytes.fill(0, 8192, 12288));
  t.equal(errorOf(() => openMadeJournal(disk)).offset, 8192);
});

t.test('damage in a segment that is not the last is corruption even in its last group', async (t) => {
  const disk = journalOf(Array.from({ length: 30 }, () => [10, 30] as const));
  t.ok(disk.exists(segmentPath(MADE_DIRECTORY, 2)));
  let seal = 0;
  disk.spoil(SEGMENT_1, (bytes) => {
    const words = new Int32Array(bytes.buffer);
    const header = new RecordHeader();
    for (let at = PAGE_BYTES; header.read(words, at / 4) === 'ok' && header.kind !== 3; at += header.length) {
      seal = at + header.length;
    }
    bytes[seal - PAGE_BYTES + 5] = 0xee;
  });
  const error = errorOf(() => openMadeJournal(disk));
  t.equal(error.code, 'JOURNAL_CORRUPT');
  t.ok((error.offset ?? 0) < seal);
});

t.test('stale records of a recycled segment are refused and zeroed', async (t) => {
  const old = journalOf([
    [2, 3],
    [5, 9],
    [7, 11],
  ]);
  let stale = new Uint8Array(0);
  old.spoil(SEGMENT_1, (bytes) => {
    stale = bytes.slice(8192);
  });
  // Longer in sequence than the old one, so that every stale group begins below what is due.
  const disk = journalOf([[64, 200]]);
  const { writer } = openMadeJournal(disk);
  writeMadeGroup(writer, 1, 2);
  writer.close();
  disk.processDies();
  let end = 0;
  disk.spoil(SEGMENT_1, (bytes) => {
    end = 8192 + 24576 + 2 * PAGE_BYTES;
    t.ok(bytes.subarray(end).every((byte) => byte === 0));
    bytes.set(stale.subarray(0, bytes.length - end), end);
  });
  const header = new RecordHeader();
  disk.spoil(SEGMENT_1, (bytes) => {
    t.equal(header.read(new Int32Array(bytes.buffer), end / 4), 'ok');
    t.ok(verifiesByItself(bytes, end, header), 'the stale group is whole by its own word');
  });
  const opened = openMadeJournal(disk);
  t.equal(opened.groups.length, 2, 'it is not read');
  t.equal(opened.tornTail?.offset, end);
  disk.spoil(SEGMENT_1, (bytes) => {
    t.ok(
      bytes.subarray(end + PAGE_BYTES).every((byte) => byte === 0),
      'zeros behind the start record',
    );
  });
});

t.test('a stale record of the right sequence in a lower epoch is refused', async (t) => {
  const disk = journalOf([[2, 3]]);
  const { writer } = openMadeJournal(disk);
  writer.close();
  disk.processDies();
  disk.spoil(SEGMENT_1, (bytes) => {
    // A group of epoch 1 that the cut of epoch 2 left behind: due by sequence, not by epoch.
    bytes.copyWithin(16384, 8192, 12288);
    const words = new Int32Array(bytes.buffer);
    words[16384 / 4 + 6] = 3;
    words[16384 / 4 + 8] = 4;
    closeAgain(bytes, 16384);
  });
  const opened = openMadeJournal(disk);
  t.equal(opened.groups.length, 1);
  t.equal(opened.tornTail?.offset, 16384);
});

t.test('seals chain the segments; a record changed with a new checksum breaks the chain', async (t) => {
  const disk = journalOf(Array.from({ length: 60 }, () => [10, 30] as const));
  const seals: string[] = [];
  let previous = '';
  for (let number = 1; number <= 3; number += 1) {
    disk.spoil(segmentPath(MADE_DIRECTORY, number), (bytes) => {
      const header = readSegmentHeader(bytes);
      if (header === null || header === 'version') {
        throw new Error('no header');
      }
      seals.push(Buffer.from(header.previousSeal).toString('hex'));
      if (number > 1) {
        t.equal(seals.at(-1), previous, `segment ${number} names the seal before`);
      }
      const words = new Int32Array(bytes.buffer);
      const record = new RecordHeader();
      let at = PAGE_BYTES;
      while (record.read(words, at / 4) === 'ok' && record.kind !== 3) {
        at += record.length;
      }
      if (number < 3) {
        t.equal(record.kind, 3, 'it ends with a seal');
        const content = createHash('sha256').update(bytes.subarray(0, at)).digest();
        t.same(Buffer.from(bytes.subarray(at + 256, at + 288)), content, 'the seal holds the hash of the segment');
        previous = Buffer.from(sealOf(content, header.previousSeal)).toString('hex');
      }
    });
  }
  t.equal(seals[0], '00'.repeat(32), 'the first has none before it');
  disk.spoil(SEGMENT_1, (bytes) => {
    bytes[8192 + 256 + 3] = (bytes[8192 + 256 + 3] ?? 0) ^ 1;
    closeAgain(bytes, 8192);
  });
  const reader = new JournalReader(disk, MADE_DIRECTORY, MADE_IDENTITY, true);
  reader.seekStart();
  const error = errorOf(() => {
    for (let record = reader.next(Infinity); record !== null; record = reader.next(Infinity)) {}
  });
  t.equal(error.code, 'JOURNAL_SEAL');
  t.equal(error.file, SEGMENT_1);
});

t.test('another shard, number of shards or version is refused by name, and so is a lost segment', async (t) => {
  const disk = journalOf(Array.from({ length: 60 }, () => [10, 30] as const));
  const open = (shard: number, shardCount: number) =>
    errorOf(() => openMadeJournal(disk, MADE_SHAPE, { shard, shardCount }));
  t.equal(open(4, 5).code, 'JOURNAL_OTHER_SHARD');
  t.match(open(4, 5).message, /shard 3, not of shard 4/);
  t.equal(open(3, 2).code, 'JOURNAL_OTHER_SHARD_COUNT');
  t.match(open(3, 2).message, /with 5 shards and the platform starts with 2/);

  const other = copyOf(disk);
  other.spoil(SEGMENT_1, (bytes) => {
    const header = readSegmentHeader(bytes);
    if (header === null || header === 'version') {
      throw new Error('no header');
    }
    const page = segmentHeaderPage(header);
    t.same(page, bytes.subarray(0, PAGE_BYTES), 'the header is rebuilt');
    bytes[52] = 99;
    t.equal(readSegmentHeader(bytes), null, 'its checksum covers the versions');
  });
  t.equal(errorOf(() => openMadeJournal(other)).code, 'JOURNAL_CORRUPT');

  const newer = copyOf(disk);
  newer.spoil(SEGMENT_1, (bytes) => {
    const words = new Int32Array(bytes.buffer);
    words[8192 / 4 + 12] = 2 | (1 << 16);
    closeAgain(bytes, 8192);
  });
  t.equal(errorOf(() => openMadeJournal(newer)).code, 'JOURNAL_OTHER_VERSION');

  disk.remove(segmentPath(MADE_DIRECTORY, 2));
  const error = errorOf(() => openMadeJournal(disk));
  t.equal(error.code, 'JOURNAL_MISSING_SEGMENT');
  t.equal(error.file, segmentPath(MADE_DIRECTORY, 2));
});

t.test(
  'a failed write is fatal: it throws by name, nothing is written after it, the next start takes a new segment',
  async (t) => {
    const disk = new SimulatedDisk(seededRandom(3));
    const { writer } = openMadeJournal(disk);
    writeMadeGroup(writer, 2, 3);
    writeMadeGroup(writer, 5, 9);
    disk.faults.failWriteAtCall = disk.writes;
    const error = errorOf(() => writeMadeGroup(writer, 7, 11));
    t.equal(error.code, 'JOURNAL_WRITE');
    t.equal(error.canRetry, false);
    t.equal(errorOf(() => writeMadeGroup(writer, 1, 1)).code, 'JOURNAL_WRITE', 'no second try');
    disk.processDies();

    // The group reads well from the page cache, though it never reached the disk.
    const next = openMadeJournal(disk);
    t.equal(next.groups.length, 3);
    t.equal(next.writer.segmentNumber, 2, 'the last group is written again, elsewhere');
    writeMadeGroup(next.writer, 1, 1);
    disk.powerFails();

    const after = openMadeJournal(disk);
    t.same(
      after.groups.map((group) => [group.segment, group.commandCount]),
      [
        [1, 2],
        [1, 5],
        [2, 7],
        [2, 1],
      ],
      'where the segments overlap the later one counts, once',
    );
    t.equal(after.writer.segmentNumber, 2, 'the mark of the failure is gone');
    t.same(
      after.epochs.map((start) => [start.epoch, start.firstSequence]),
      [
        [1, 1],
        [2, 24],
        [3, 25],
      ],
    );
  },
);

t.test('without the second writing, a group that only the page cache held would be lost', async (t) => {
  const disk = new SimulatedDisk(seededRandom(3));
  const { writer } = openMadeJournal(disk);
  writeMadeGroup(writer, 2, 3);
  disk.faults.ignoreSynced = /\.seg$/;
  writeMadeGroup(writer, 5, 9);
  disk.faults.ignoreSynced = null;
  disk.processDies();
  const { groups, writer: next } = openMadeJournal(disk);
  t.equal(groups.length, 2);
  next.close();
  for (let run = 0; run < 8; run += 1) {
    disk.powerFails();
  }
  t.equal(openMadeJournal(disk).groups.length, 2, 'recovery wrote it again, synced');
});

/** Fills a segment in rounds that are never idle: the pieces that were prepared, and the calls of the disk at the turn. */
function fillPreparing(shape: JournalShape): { pieces: number[]; callsAtTurn: number } {
  const disk = new SimulatedDisk(seededRandom(6));
  const { writer } = openMadeJournal(disk, shape);
  const pieces: number[] = [];
  for (;;) {
    const calls = disk.calls;
    writeMadeGroup(writer, shape.groupCommands, shape.groupEvents);
    if (writer.segmentNumber > 1) {
      return { pieces, callsAtTurn: disk.calls - calls };
    }
    if (writer.shouldPrepare(false)) {
      pieces.push(writer.prepare());
    }
  }
}

t.test('the next segment is prepared ahead in bounded pieces', async (t) => {
  const shape = { segmentBytes: 1024 * 1024, groupCommands: 64, groupEvents: 256 };
  const { pieces, callsAtTurn } = fillPreparing(shape);
  t.same([...new Set(pieces)], [64 * 1024], 'each as short as it may be, because orders wait for it');
  t.equal(pieces.length, 16, 'all of it');
  t.ok(callsAtTurn <= 6, `turning over is a seal, a header, a rename and the group: ${callsAtTurn} calls`);
  const idle = openMadeJournal(new SimulatedDisk(seededRandom(6)), shape).writer;
  t.equal(idle.shouldPrepare(true), false, 'not at once');
  for (let group = 0; group < 8; group += 1) {
    writeMadeGroup(idle, 64, 256);
  }
  let idlePieces = 0;
  while (idle.shouldPrepare(true)) {
    idle.prepare();
    idlePieces += 1;
  }
  t.equal(idlePieces, 16, 'idle rounds run ahead to the end');
});

t.test('behind large groups the next segment is prepared in larger pieces, still bounded', async (t) => {
  const shape = { segmentBytes: 2 * 1024 * 1024, groupCommands: 512, groupEvents: 1024 };
  const { pieces, callsAtTurn } = fillPreparing(shape);
  t.equal(Math.max(...pieces), 256 * 1024);
  t.equal(
    pieces.reduce((sum, bytes) => sum + bytes, 0),
    shape.segmentBytes,
    'whole in time',
  );
  t.ok(callsAtTurn <= 6, `${callsAtTurn} calls at the turn`);
});

t.test('a group that can never fit is refused when the writer is made', async (t) => {
  const disk = new SimulatedDisk(seededRandom(1));
  const make = (segmentBytes: number) => errorOf(() => openMadeJournal(disk, { ...MADE_SHAPE, segmentBytes }));
  t.equal(make(32 * 1024).code, 'JOURNAL_TOO_LARGE');
  t.equal(make(128 * 1024 + 512).code, 'JOURNAL_TOO_LARGE');
  const { writer } = openMadeJournal(disk);
  t.equal(errorOf(() => writeMadeGroup(writer, 65, 1)).code, 'JOURNAL_TOO_LARGE');
});

t.test('a segment that was cut short is damage, wherever it was cut, and never a torn tail', async (t) => {
  const directory = t.testdir();
  const { writer } = openMadeJournal(new RealDisk(), MADE_SHAPE, MADE_IDENTITY, directory);
  for (let group = 0; group < 6; group += 1) {
    writeMadeGroup(writer, 10, 30);
  }
  writer.close();
  const path = segmentPath(directory, 1);
  for (const bytes of [MADE_SHAPE.segmentBytes - 1, 60_000, PAGE_BYTES]) {
    truncateSync(path, bytes);
    const error = errorOf(() => openMadeJournal(new RealDisk(), MADE_SHAPE, MADE_IDENTITY, directory));
    t.equal(error.code, 'JOURNAL_CORRUPT');
    t.match(error.message, `has ${bytes}: it was cut short`);
    t.equal(statSync(path).size, bytes, 'nothing was written');
  }
});
