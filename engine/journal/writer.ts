/**
 * Writes one shard's journal: one group a round, in one O_DSYNC write of one contiguous piece of memory. Belongs to the
 * shard's thread, which blocks in it.
 *
 *   memory of a group         |<- header + commands ->|<-        events       ->|
 *   [ .......... unused ......|#######################|#########################|00 padding ..... ]
 *                             ^ moves with the number  ^ fixed: the engine writes its events here as it makes them
 *
 * The commands are copied in front of the events when the round is over, so a group is never moved as a whole.
 *
 * After any failed write or sync the writer leaves a mark, throws, and must not be used again: the process dies, and
 * the next start begins a new segment. A page that failed to sync looks clean and reads well until power fails.
 */

import { createHash, type Hash } from 'node:crypto';
import { join } from 'node:path';
import { COMMAND_BYTES, COMMAND_WORDS, EVENT_BYTES, EVENT_WORDS } from '../../schemas/layout.js';
import { type Disk, type DiskFile, readFully, writeFully } from './disk.js';
import { JournalError } from './journal-error.js';
import type { JournalEnd } from './places.js';
import {
  closeGroup,
  type Expected,
  type GroupOrigin,
  groupBytes,
  MAX_RECORD_BYTES,
  MAX_RECORD_RINGS,
  PAGE_BYTES,
  pageAligned,
  RECORD_HEADER_BYTES,
  RecordHeader,
  readSegmentHeader,
  SEAL_BYTES,
  sealOf,
  sealRecord,
  segmentHeaderPage,
  startRecord,
  verifyRecord,
} from './record.js';
import { hashAgain, type JournalIdentity, openForGroups, SpareSegment, segmentPath } from './segments.js';
import { cutTail } from './tail.js';

/** Sizes of the journal. `groupCommands` and `groupEvents`: the most that one round puts into a group. */
export interface JournalShape {
  readonly segmentBytes: number;
  readonly groupCommands: number;
  readonly groupEvents: number;
}

const SYNC_ERROR_NAME = 'sync-error';
/**
 * Zeros that one call of `prepare` writes: orders that come meanwhile wait for it, so no more than must be, and more only
 * where rounds are so large that it would fall behind.
 */
const LEAST_PREPARED_BYTES = 64 * 1024;
const MOST_PREPARED_BYTES = 256 * 1024;
/** The part of a segment at which the next one is begun: where little is written there is no spare for days. */
const PREPARE_FROM = 1 / 4;
/** The part at which it is whole. */
const PREPARE_TO = 9 / 10;

export class JournalWriter {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #identity: JournalIdentity;
  readonly #shape: JournalShape;
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #eventsAt: number;
  readonly #spare: SpareSegment;
  readonly #expected: Expected;
  #file: DiskFile | null = null;
  #segmentNumber = 0;
  #segmentBytes = 0;
  #previousSeal: Uint8Array = new Uint8Array(SEAL_BYTES);
  #hash: Hash = createHash('sha256');
  #offset = 0;
  #unhashedAt = 0;
  #unhashedBytes = 0;
  #failed = false;
  /** The next segment could not be prepared: it is made when it is needed, which may fail for good. */
  #noSpare = false;
  /** Where the engine writes the events of the round: groupEvents records of 24 words. */
  readonly events: Int32Array;

  /** The directory must exist. Nothing is written before `startFresh` or `goOn`. Throws JOURNAL_TOO_LARGE. */
  constructor(disk: Disk, directory: string, identity: JournalIdentity, shape: JournalShape) {
    const largest = groupBytes(shape.groupCommands, shape.groupEvents);
    if (largest > MAX_RECORD_BYTES || 2 * PAGE_BYTES + largest > shape.segmentBytes) {
      const message = `A group of ${largest} bytes does not fit into a segment of ${shape.segmentBytes} bytes`;
      throw new JournalError('JOURNAL_TOO_LARGE', message);
    }
    if (shape.segmentBytes % PAGE_BYTES !== 0) {
      throw new JournalError('JOURNAL_TOO_LARGE', `A segment has whole pages of ${PAGE_BYTES} bytes`);
    }
    this.#disk = disk;
    this.#directory = directory;
    this.#identity = identity;
    this.#shape = shape;
    this.#eventsAt = pageAligned(RECORD_HEADER_BYTES + shape.groupCommands * COMMAND_BYTES);
    const memory = new ArrayBuffer(this.#eventsAt + pageAligned(shape.groupEvents * EVENT_BYTES) + PAGE_BYTES);
    this.#bytes = new Uint8Array(memory);
    this.#words = new Int32Array(memory);
    this.events = new Int32Array(memory, this.#eventsAt, shape.groupEvents * EVENT_WORDS);
    this.#spare = new SpareSegment(disk, directory, shape.segmentBytes, MOST_PREPARED_BYTES);
    this.#expected = { shard: identity.shard, epoch: 0, commandSequence: 1, eventSequence: 1 };
  }

  /** Epoch in force. */
  get epoch(): number {
    return this.#expected.epoch;
  }

  /** Sequence that the next command gets. */
  get nextCommandSequence(): number {
    return this.#expected.commandSequence;
  }

  /** Sequence that the next event gets. */
  get nextEventSequence(): number {
    return this.#expected.eventSequence;
  }

  /** Number of the segment that is written. */
  get segmentNumber(): number {
    return this.#segmentNumber;
  }

  /** Makes the first segment of a new journal: epoch 0, in which nothing is ever written. */
  startFresh(): void {
    this.#guarded(() => this.#beginSegment(1, new Uint8Array(SEAL_BYTES)));
  }

  /**
   * Goes on behind what recovery verified, with its tail already cut: writes the last record again, synced, because it
   * may have been read from memory that never reached the disk. After a sync error the old place is not trusted: the
   * record goes to a new segment, which overlaps the old one.
   */
  goOn(end: JournalEnd): void {
    Object.assign(this.#expected, end.expected);
    this.#guarded(() => {
      if (this.#disk.exists(join(this.#directory, SYNC_ERROR_NAME))) {
        this.#goOnInNewSegment(end);
      } else {
        this.#goOnInPlace(end);
      }
    });
  }

  /** Cuts what stands behind the verified part, before `goOn`. */
  cutTail(end: JournalEnd): void {
    this.#guarded(() => cutTail(this.#disk, this.#directory, end));
  }

  #goOnInPlace(end: JournalEnd): void {
    const file = openForGroups(this.#disk, segmentPath(this.#directory, end.segment.number));
    // The process before may have died between naming the segment and syncing the name.
    this.#disk.syncDirectory(this.#directory);
    const record = readRecord(file, end);
    writeFully(file, record, 0, record.length, end.lastOffset);
    this.#file = file;
    this.#segmentNumber = end.segment.number;
    this.#segmentBytes = end.segment.bytes;
    this.#previousSeal = end.segment.previousSeal;
    // Before the seal, when there is one. Read again: who read the journal may be another thread, and a hash cannot cross.
    const content = end.sealed ? end.lastOffset : end.offset;
    this.#hash = hashAgain(file, content, content, end.content);
    this.#offset = end.offset;
    if (end.sealed) {
      file.close();
      this.#beginSegment(end.segment.number + 1, sealOf(this.#hash.digest(), end.segment.previousSeal));
    }
  }

  #goOnInNewSegment(end: JournalEnd): void {
    const old = this.#disk.open(segmentPath(this.#directory, end.segment.number), 'read');
    // A seal or a bare header says nothing that the new segment's header does not say.
    const carried = end.sealed || end.lastOffset === 0 ? null : readRecord(old, end);
    const keptBytes = carried === null && end.lastOffset === 0 ? PAGE_BYTES : end.lastOffset;
    const content = hashAgain(old, keptBytes, end.sealed ? end.lastOffset : end.offset, end.content).digest();
    old.close();
    const after = { ...end.expected };
    Object.assign(this.#expected, end.lastExpected);
    this.#beginSegment(end.segment.number + 1, sealOf(content, end.segment.previousSeal), carried);
    Object.assign(this.#expected, after);
    this.#disk.remove(join(this.#directory, SYNC_ERROR_NAME));
    this.#disk.syncDirectory(this.#directory);
  }

  /** Raises the epoch by one with a start record, on disk when it returns. The new epoch. */
  beginEpoch(platformStartId: number): number {
    this.#guarded(() => {
      this.#makeRoom(PAGE_BYTES);
      const previous = this.#expected.epoch;
      this.#expected.epoch = previous + 1;
      const record = startRecord(this.#expected, previous, platformStartId);
      this.#append(record, 0, record.length);
      this.settle();
    });
    return this.#expected.epoch;
  }

  /**
   * Writes a group: `commandCount` commands from word `at` of `commands`, and the first `eventCount` events of
   * `events`. When it returns, all of it is on disk. Any error is fatal to the process.
   */
  write(commands: Int32Array, at: number, commandCount: number, eventCount: number, origin: GroupOrigin): void {
    if (commandCount < 1 || commandCount > this.#shape.groupCommands || eventCount > this.#shape.groupEvents) {
      throw new JournalError('JOURNAL_TOO_LARGE', `A group of ${commandCount} commands and ${eventCount} events`);
    }
    if (origin.ringPositions.length > MAX_RECORD_RINGS) {
      throw new JournalError('JOURNAL_TOO_LARGE', `A group names at most ${MAX_RECORD_RINGS} rings`);
    }
    this.settle();
    const from = this.#eventsAt - commandCount * COMMAND_BYTES - RECORD_HEADER_BYTES;
    const length = groupBytes(commandCount, eventCount);
    const fromWord = from / 4;
    const commandsAt = fromWord + RECORD_HEADER_BYTES / 4;
    this.#words.set(commands.subarray(at, at + commandCount * COMMAND_WORDS), commandsAt);
    // The padding holds events of an earlier, longer round: the checksum covers it, and stale events stay private.
    this.#bytes.fill(0, this.#eventsAt + eventCount * EVENT_BYTES, from + length);
    this.#guarded(() => {
      this.#makeRoom(length);
      closeGroup(
        this.#words.subarray(fromWord),
        this.#bytes.subarray(from),
        this.#expected,
        commandCount,
        eventCount,
        origin,
      );
      this.#append(this.#bytes, from, length);
    });
    this.#expected.commandSequence += commandCount;
    this.#expected.eventSequence += eventCount;
  }

  /**
   * Adds the last group to the segment's running SHA-256. Apart from `write`, so that the shard publishes first; it
   * must come before the engine writes the next round's events over the same memory.
   */
  settle(): void {
    if (this.#unhashedBytes > 0) {
      this.#hash.update(this.#bytes.subarray(this.#unhashedAt, this.#unhashedAt + this.#unhashedBytes));
      this.#unhashedBytes = 0;
    }
  }

  /**
   * Whether a piece of the next segment is due. `idle`: the round had no work, so the spare may run ahead; else it only
   * keeps pace, so that it is whole when the current segment is nearly full.
   */
  shouldPrepare(idle: boolean): boolean {
    const { preparedBytes, bytes } = this.#spare;
    if (this.#noSpare || preparedBytes === bytes) {
      return false;
    }
    const due = this.#dueBytes();
    return preparedBytes < Math.min(bytes, due) || (idle && due > 0);
  }

  /** What should be prepared by now. */
  #dueBytes(): number {
    return (this.#offset - this.#segmentBytes * PREPARE_FROM) / (PREPARE_TO - PREPARE_FROM);
  }

  /**
   * Prepares a bounded piece of the next segment, on disk when it returns. Bytes written; 0 as well when the disk does
   * not take it: the current segment has room yet, and nothing that was acknowledged is in doubt.
   */
  prepare(): number {
    try {
      const late = this.#dueBytes() - this.#spare.preparedBytes;
      return this.#spare.prepare(Math.max(1, Math.ceil(late / LEAST_PREPARED_BYTES)) * LEAST_PREPARED_BYTES);
    } catch {
      this.#noSpare = true;
      this.#spare.close();
      return 0;
    }
  }

  /** Closes the files; the journal ends without a seal, as after a crash. */
  close(): void {
    this.settle();
    this.#file?.close();
    this.#file = null;
    this.#spare.close();
  }

  /** Seals the segment and begins the next when `length` bytes and the seal's page do not fit any more. */
  #makeRoom(length: number): void {
    if (this.#offset + length + PAGE_BYTES <= this.#segmentBytes) {
      return;
    }
    const file = this.#file;
    if (file === null) {
      throw new JournalError('JOURNAL_WRITE', 'The journal is not open');
    }
    const content = this.#hash.copy().digest();
    const seal = sealRecord(this.#expected, content, this.#previousSeal);
    writeFully(file, seal, 0, seal.length, this.#offset);
    file.close();
    this.#beginSegment(this.#segmentNumber + 1, sealOf(content, this.#previousSeal));
  }

  #beginSegment(number: number, previousSeal: Uint8Array, carried: Uint8Array | null = null): void {
    const header = {
      shard: this.#identity.shard,
      shardCount: this.#identity.shardCount,
      epoch: this.#expected.epoch,
      number,
      firstCommandSequence: this.#expected.commandSequence,
      firstEventSequence: this.#expected.eventSequence,
      bytes: this.#spare.bytes,
      previousSeal,
    };
    this.#file = this.#spare.begin(header, carried);
    this.#noSpare = false;
    this.#segmentNumber = number;
    this.#segmentBytes = this.#spare.bytes;
    this.#previousSeal = previousSeal;
    this.#offset = PAGE_BYTES + (carried?.length ?? 0);
    // Of what was written, not of what is read: a wrong bit of a read must not come into the seal.
    this.#hash = createHash('sha256').update(segmentHeaderPage(header));
    if (carried !== null) {
      this.#hash.update(carried);
    }
  }

  #append(bytes: Uint8Array, at: number, length: number): void {
    const file = this.#file;
    if (file === null) {
      throw new JournalError('JOURNAL_WRITE', 'The journal is not open');
    }
    writeFully(file, bytes, at, length, this.#offset);
    if (bytes === this.#bytes) {
      this.#unhashedAt = at;
      this.#unhashedBytes = length;
    } else {
      this.#hash.update(bytes.subarray(at, at + length));
    }
    this.#offset += length;
  }

  /** Runs what writes; after a failure nothing may be written any more, by this or by a retry. */
  #guarded(work: () => void): void {
    if (this.#failed) {
      throw new JournalError('JOURNAL_WRITE', 'The journal failed before and must not be written again');
    }
    try {
      work();
    } catch (error) {
      this.#failed = true;
      this.#markFailure();
      if (error instanceof JournalError) {
        throw error;
      }
      throw new JournalError('JOURNAL_WRITE', 'Writing the journal failed', { file: this.#fileOf(error) }, error);
    }
  }

  /**
   * What a system's error is about: the file that it names itself, which may be none of those that are open here; the
   * directory when it names none.
   */
  #fileOf(error: unknown): string {
    const named = error instanceof Error && 'path' in error && typeof error.path === 'string';
    return named ? (error.path as string) : this.#directory;
  }

  /** Tells the next start not to trust the place of the last write. As well as a failing disk lets us. */
  #markFailure(): void {
    try {
      this.#disk.create(join(this.#directory, SYNC_ERROR_NAME)).close();
      this.#disk.syncDirectory(this.#directory);
    } catch {
      // The disk is failing and the error on its way up says so; without a mark the next start writes in place,
      // which fails by name or succeeds for good.
    }
  }
}

/** The last verified record, or the segment's header, to be written again: never other bytes than were verified. */
function readRecord(file: DiskFile, { lastOffset: at, lastBytes: length, lastExpected }: JournalEnd): Uint8Array {
  const record = new Uint8Array(length);
  const count = readFully(file, record, 0, length, at);
  const header = new RecordHeader();
  const isSame =
    count === length &&
    (at === 0
      ? typeof readSegmentHeader(record) === 'object' && readSegmentHeader(record) !== null
      : header.read(new Int32Array(record.buffer), 0) === 'ok' &&
        header.length === length &&
        verifyRecord(record, 0, header, lastExpected) === 'ok');
  if (!isSame) {
    throw new JournalError('JOURNAL_READ', 'A verified record is not read again', { file: file.path, offset: at });
  }
  return record;
}
