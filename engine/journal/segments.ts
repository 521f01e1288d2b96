/**
 * The files of one shard's journal: DIRECTORY/00000001.seg and so on, each written full of zeros once before its first
 * use (Node has no fallocate, and a write into written blocks needs no change of the file's metadata to be durable).
 * The shard's thread makes them, a piece at a time in its quiet rounds; anyone may read them.
 *
 * A name ends in .seg only when zeros and header are on disk: the next segment grows under `spare.tmp`, gets its header,
 * and only then its name. So a crash at any moment leaves either a whole segment or none.
 */

import { createHash, type Hash } from 'node:crypto';
import { join } from 'node:path';
import { type Disk, type DiskFile, readFully, syncFully, writeFully } from './disk.js';
import { JournalError } from './journal-error.js';
import { PAGE_BYTES, readSegmentHeader, type SegmentHeader, segmentHeaderPage } from './record.js';

/** Whose journal it is. A start with another one is refused by name. */
export interface JournalIdentity {
  readonly shard: number;
  readonly shardCount: number;
}

const SPARE_NAME = 'spare.tmp';
const SEGMENT_NAME = /^\d{8}\.seg$/;
/** What one system call writes when a spare segment must be made at once. */
const FINISH_PIECE_BYTES = 4 * 1024 * 1024;

export function segmentName(number: number): string {
  return `${String(number).padStart(8, '0')}.seg`;
}

export function segmentPath(directory: string, number: number): string {
  return join(directory, segmentName(number));
}

/**
 * Numbers of all segments in ascending order. A hole throws JOURNAL_MISSING_SEGMENT. The first ones may be retired meanwhile:
 * a name that was read and is gone since is none.
 */
export function listSegments(disk: Disk, directory: string): number[] {
  const numbers = disk
    .list(directory)
    .filter((name) => SEGMENT_NAME.test(name))
    .map((name) => Number.parseInt(name, 10));
  for (let index = 1; index < numbers.length; index += 1) {
    const wanted = (numbers[index - 1] ?? 0) + 1;
    if (numbers[index] !== wanted) {
      // The oldest goes first: where the one before the hole is gone, so are all before it.
      if (!disk.exists(segmentPath(directory, wanted - 1))) return listSegments(disk, directory);
      throw new JournalError('JOURNAL_MISSING_SEGMENT', 'A segment in the middle of the journal is missing', {
        file: segmentPath(directory, wanted),
      });
    }
  }
  return numbers;
}

/** How the segment that groups are written to is opened, wherever: each write is on disk when it returns. */
export function openForGroups(disk: Disk, path: string): DiskFile {
  return disk.open(path, 'synced');
}

/** Reads and checks a segment's header; throws JOURNAL_CORRUPT, JOURNAL_OTHER_VERSION, _SHARD or _SHARD_COUNT. */
export function checkedHeader(file: DiskFile, number: number, identity: JournalIdentity): SegmentHeader {
  const page = new Uint8Array(PAGE_BYTES);
  const count = readFully(file, page, 0, PAGE_BYTES, 0);
  const header = count === PAGE_BYTES ? readSegmentHeader(page) : null;
  const place = { file: file.path, offset: 0 };
  if (header === null) {
    throw new JournalError('JOURNAL_CORRUPT', 'The header of a journal segment is damaged', place);
  }
  if (header === 'version') {
    throw new JournalError('JOURNAL_OTHER_VERSION', 'The journal was written by another version', place);
  }
  if (header.shard !== identity.shard) {
    const message = `This is the journal of shard ${header.shard}, not of shard ${identity.shard}`;
    throw new JournalError('JOURNAL_OTHER_SHARD', message, place);
  }
  if (header.shardCount !== identity.shardCount) {
    const message = `The journal was written with ${header.shardCount} shards and the platform starts with ${identity.shardCount}`;
    throw new JournalError('JOURNAL_OTHER_SHARD_COUNT', message, place);
  }
  if (header.number !== number) {
    const message = `The segment says that it is number ${header.number}`;
    throw new JournalError('JOURNAL_CORRUPT', message, place);
  }
  // It had all its bytes before it had its name: what is missing was taken away, and may have been acknowledged.
  const bytes = file.size();
  if (bytes < header.bytes) {
    const message = `The segment was made with ${header.bytes} bytes and has ${bytes}: it was cut short`;
    throw new JournalError('JOURNAL_CORRUPT', message, { file: file.path, offset: bytes });
  }
  return header;
}

/** Running SHA-256 of a file's first bytes. */
export function hashOf(file: DiskFile, bytes: number): Hash {
  const hash = createHash('sha256');
  const chunk = new Uint8Array(Math.min(bytes, 1024 * 1024));
  for (let at = 0; at < bytes; at += chunk.length) {
    const count = Math.min(chunk.length, bytes - at);
    if (readFully(file, chunk, 0, count, at) !== count) {
      throw new JournalError('JOURNAL_READ', 'A segment is shorter than it says', { file: file.path, offset: at });
    }
    hash.update(chunk.subarray(0, count));
  }
  return hash;
}

/**
 * The same up to `bytes`, of a file whose first `upTo` bytes were verified before and had this SHA-256. Throws JOURNAL_READ when
 * they are read otherwise now: what goes on from here would speak for bytes that are not there.
 */
export function hashAgain(file: DiskFile, bytes: number, upTo: number, content: Uint8Array): Hash {
  const hash = hashOf(file, bytes);
  const rest = new Uint8Array(upTo - bytes);
  const count = readFully(file, rest, 0, rest.length, bytes);
  const whole = hash.copy().update(rest.subarray(0, count)).digest();
  if (Buffer.compare(whole, content) !== 0) {
    throw new JournalError('JOURNAL_READ', 'A segment is read otherwise than before', { file: file.path });
  }
  return hash;
}

/** The segment after the current one, while it is made. Shard's thread. */
export class SpareSegment {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #path: string;
  readonly #zeros: Uint8Array;
  #file: DiskFile | null = null;
  #prepared = 0;
  readonly bytes: number;

  /** `bytes`: size of the segments to make; `pieceBytes`: the most that one call of `prepare` writes. */
  constructor(disk: Disk, directory: string, bytes: number, pieceBytes: number) {
    this.#disk = disk;
    this.#directory = directory;
    this.#path = join(directory, SPARE_NAME);
    this.bytes = bytes;
    this.#zeros = new Uint8Array(Math.min(pieceBytes, bytes));
  }

  /** Bytes of zeros that are on disk. */
  get preparedBytes(): number {
    return this.#prepared;
  }

  /** Writes one piece of at most so many bytes, on disk when it returns. The bytes written; 0 when the spare is whole. */
  prepare(most: number): number {
    const count = Math.min(most, this.#zeros.length, this.bytes - this.#prepared);
    if (count === 0) {
      return 0;
    }
    if (this.#file === null) {
      // What an earlier process left under this name may be half synced: it starts empty again.
      this.#disk.create(this.#path).close();
      this.#file = this.#disk.open(this.#path, 'synced');
    }
    writeFully(this.#file, this.#zeros, 0, count, this.#prepared);
    this.#prepared += count;
    return count;
  }

  /**
   * Writes what is missing at once, gives it header and name, and hands it over open for synced writes. `carried` is a
   * record that moves here from the segment before: it must be in place before the name is, because from then on the
   * old copy does not count any more.
   */
  begin(header: SegmentHeader, carried: Uint8Array | null): DiskFile {
    this.#finish();
    const file = this.#disk.open(this.#path, 'synced');
    writeFully(file, segmentHeaderPage(header), 0, PAGE_BYTES, 0);
    if (carried !== null) {
      writeFully(file, carried, 0, carried.length, PAGE_BYTES);
    }
    file.close();
    const path = segmentPath(this.#directory, header.number);
    this.#disk.rename(this.#path, path);
    // Before any group: a group in a file whose name is not on disk yet is lost with the name.
    this.#disk.syncDirectory(this.#directory);
    this.#prepared = 0;
    return openForGroups(this.#disk, path);
  }

  #finish(): void {
    if (this.#file === null) {
      this.#disk.create(this.#path).close();
    } else {
      this.#file.close();
      this.#file = null;
    }
    if (this.#prepared === this.bytes) {
      return;
    }
    const zeros = new Uint8Array(Math.min(FINISH_PIECE_BYTES, this.bytes - this.#prepared));
    const file = this.#disk.open(this.#path, 'plain');
    for (let at = this.#prepared; at < this.bytes; at += zeros.length) {
      writeFully(file, zeros, 0, Math.min(zeros.length, this.bytes - at), at);
    }
    syncFully(file);
    file.close();
  }

  close(): void {
    this.#file?.close();
    this.#file = null;
    this.#prepared = 0;
  }
}
