/**
 * Reads a journal record by record, with verification, across segments. Recovery reads all of it; a gateway's resume
 * and fold start at an event sequence and follow the shard while it writes, in bounded memory. Any thread; one reader
 * belongs to one thread. It never writes.
 *
 * A bad record is "not yet" until the caller says that `durable` has passed it; what a bad tail means at a start is
 * decided in tail.ts.
 */

import { createHash, type Hash } from 'node:crypto';
import { COMMAND_WORDS, EVENT_WORDS } from '../../schemas/layout.js';
import { type Disk, type DiskFile, readFully } from './disk.js';
import { JournalError } from './journal-error.js';
import type { JournalEnd, RecordPlace } from './places.js';
import {
  type Expected,
  PAGE_BYTES,
  RECORD_GROUP,
  RECORD_HEADER_BYTES,
  RECORD_SEAL,
  RECORD_START,
  RecordHeader,
  type RecordVerdict,
  ringPositionsOf,
  SEAL_BYTES,
  type SegmentHeader,
  sealOf,
  sealPayload,
  startPayload,
  verifyRecord,
} from './record.js';
import { checkedHeader, hashOf, type JournalIdentity, listSegments, segmentPath } from './segments.js';
import type { WayMarks } from './way-marks.js';

/** How much is read ahead at least; a longer record makes the window as long as itself. */
const WINDOW_BYTES = 256 * 1024;

/**
 * One record as read: a group, or a start record (no commands, no events) that raises the epoch. The reader reuses the
 * object and the memory under `commands` and `events`: they hold until the next call of `next`.
 */
export interface JournalRecord {
  kind: 'group' | 'start';
  epoch: number;
  /** Of a start record: the epoch before. */
  previousEpoch: number;
  firstCommandSequence: number;
  commandCount: number;
  /** commandCount records of 16 words. */
  commands: Int32Array;
  firstEventSequence: number;
  eventCount: number;
  /** eventCount records of 24 words. */
  events: Int32Array;
  platformStartId: number;
  /** For each ring the position taken when this group was written. */
  ringPositions: Uint32Array;
  /** Where it lies. */
  segment: number;
  offset: number;
  bytes: number;
  /** Byte of the memory under it. */
  at: number;
}

/** Memory that a reader reads into. */
export interface ReadWindows {
  /** At least so many bytes, to be filled with what is read anew. Ends the views of the window before. */
  claim(bytes: number): SharedArrayBuffer;
}

/** For `fillRecord`. */
export function emptyRecord(): JournalRecord {
  return {
    kind: 'group',
    epoch: 0,
    previousEpoch: 0,
    firstCommandSequence: 1,
    commandCount: 0,
    commands: NO_WORDS,
    firstEventSequence: 1,
    eventCount: 0,
    events: NO_WORDS,
    platformStartId: 0,
    ringPositions: NO_POSITIONS,
    segment: 0,
    offset: 0,
    bytes: 0,
    at: 0,
  };
}

/** All of a verified record but where it lies. `header` was read from byte `at` of the memory that both views show. */
export function fillRecord(
  record: JournalRecord,
  header: RecordHeader,
  bytes: Uint8Array,
  words: Int32Array,
  at: number,
): void {
  record.kind = header.kind === RECORD_START ? 'start' : 'group';
  record.epoch = header.epoch;
  record.previousEpoch = record.kind === 'start' ? startPayload(bytes, at).previousEpoch : header.epoch;
  record.firstCommandSequence = header.firstCommandSequence;
  record.commandCount = header.commandCount;
  record.firstEventSequence = header.firstEventSequence;
  record.eventCount = header.eventCount;
  record.platformStartId = header.platformStartId;
  record.ringPositions = ringPositionsOf(bytes, at, header.ringCount);
  record.bytes = header.length;
  record.at = at;
  const commandsAt = (at + RECORD_HEADER_BYTES) / 4;
  const eventsAt = commandsAt + header.commandCount * COMMAND_WORDS;
  record.commands = words.subarray(commandsAt, eventsAt);
  record.events = words.subarray(eventsAt, eventsAt + header.eventCount * EVENT_WORDS);
}

const NO_BYTES = new Uint8Array(0);
const NO_WORDS = new Int32Array(0);
const NO_POSITIONS = new Uint32Array(0);

export class JournalReader {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #identity: JournalIdentity;
  readonly #chain: boolean;
  readonly #marks: WayMarks | null;
  readonly #windows: ReadWindows | null;
  readonly #header = new RecordHeader();
  readonly #expected: Expected;
  readonly #lastExpected: Expected;
  readonly #record: JournalRecord;
  #file: DiskFile | null = null;
  #segment: SegmentHeader | null = null;
  #nextSegment: SegmentHeader | null = null;
  #offset = 0;
  #lastOffset = 0;
  #lastBytes = 0;
  #sealed = false;
  #skipEventsBelow = 0;
  #skipCommandsBelow = 0;
  /** Start records ahead of the place that the reader was sent to. */
  #skipStartsUpTo = 0;
  #passedBytes = 0;
  /** Of the segment up to the reader's place, for a reader of the chain. */
  #hash: Hash | null = null;
  #buffer: Uint8Array = NO_BYTES;
  #words: Int32Array = NO_WORDS;
  #windowAt = 0;
  #windowBytes = 0;

  /**
   * `chain`: verify the seals, which needs a reading from the very start; a passing reader leaves it off. `marks`: shared
   * with the other passing readers of this journal. `windows`: memory in place of its own. Start with `seekStart` or
   * `seekEvent`.
   */
  constructor(
    disk: Disk,
    directory: string,
    identity: JournalIdentity,
    chain = false,
    marks: WayMarks | null = null,
    windows: ReadWindows | null = null,
  ) {
    this.#disk = disk;
    this.#directory = directory;
    this.#identity = identity;
    this.#chain = chain;
    this.#marks = marks;
    this.#windows = windows;
    this.#expected = { shard: identity.shard, epoch: 0, commandSequence: 1, eventSequence: 1 };
    this.#lastExpected = { ...this.#expected };
    this.#record = emptyRecord();
  }

  /** Event sequence that is due next. */
  get nextEventSequence(): number {
    return this.#expected.eventSequence;
  }

  /** Command sequence that is due next. */
  get nextCommandSequence(): number {
    return this.#expected.commandSequence;
  }

  /** Epoch in force at the reader's place. */
  get epoch(): number {
    return this.#expected.epoch;
  }

  /** Bytes of the records that the last `next` went past on the way to where the reader was sent. */
  get passedBytes(): number {
    return this.#passedBytes;
  }

  /**
   * Goes to the very first record of all. False when there is no segment yet. Throws JOURNAL_MISSING_SEGMENT when segments are
   * missing or were retired.
   */
  seekStart(): boolean {
    const first = listSegments(this.#disk, this.#directory)[0];
    if (first !== undefined && first !== 1) {
      const message = `The journal begins with segment ${first}, and no snapshot that can be used says what was before`;
      throw new JournalError('JOURNAL_MISSING_SEGMENT', message, { file: segmentPath(this.#directory, 1) });
    }
    return this.seekFirst();
  }

  /** Goes to the first record that is still there, of segment `from` or behind it. False when there is none yet. */
  seekFirst(from = 1): boolean {
    const first = listSegments(this.#disk, this.#directory).find((number) => number >= from);
    this.#skipEventsBelow = 0;
    this.#skipCommandsBelow = 0;
    if (first !== undefined) this.#enter(first);
    return first !== undefined;
  }

  /**
   * Goes to a record whose place is known: `next` hands that one out first, when it is there, and verifies what its segment
   * holds before it, which the segment's seal will speak for. Throws JOURNAL_MISSING_SEGMENT when there is no such segment.
   */
  seekPlace({ segment, commandSequence }: RecordPlace): void {
    const file = segmentPath(this.#directory, segment);
    if (!this.#disk.exists(file)) {
      throw new JournalError('JOURNAL_MISSING_SEGMENT', 'The segment that the snapshot ends in is missing', { file });
    }
    this.#skipEventsBelow = 0;
    this.#skipCommandsBelow = commandSequence;
    this.#skipStartsUpTo = commandSequence;
    this.#enter(segment);
  }

  /**
   * Goes to the group that holds event `sequence`, or will hold it: `next` hands that group out first (it may begin
   * with earlier events). By the segments' headers and the marks here, then in `next` from record header to record
   * header. False when there is no segment yet. Throws JOURNAL_TOO_OLD when the first segment begins behind it.
   */
  seekEvent(sequence: number): boolean {
    const numbers = listSegments(this.#disk, this.#directory);
    if (numbers.length === 0) return false;
    let low = 0;
    let high = numbers.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#readHeader(numbers[middle] ?? 0).firstEventSequence <= sequence) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    this.#skipEventsBelow = sequence;
    this.#skipCommandsBelow = 0;
    const segment = numbers[low] ?? 0;
    this.#enter(segment);
    if (this.#expected.eventSequence > sequence) {
      this.close();
      const file = segmentPath(this.#directory, segment);
      throw new JournalError('JOURNAL_TOO_OLD', 'The journal begins behind what is asked for', { file, sequence });
    }
    const mark = this.#chain ? null : this.#marks?.before(segment, sequence);
    if (mark) {
      this.#offset = mark.offset;
      Object.assign(this.#expected, mark.expected);
      Object.assign(this.#lastExpected, mark.expected);
    }
    return true;
  }

  /**
   * The next record, or null when there is none yet. Nothing beyond `durableEventSequence` is handed out; below it a
   * record that does not verify throws JOURNAL_CORRUPT. Recovery passes Infinity: all that verifies, and null at the end.
   * A call goes past `passBytes` bytes and one record at most: null with `passedBytes` above 0 says only that the reader
   * is still on its way. Throws JOURNAL_TOO_OLD when what it needs has been retired meanwhile.
   */
  next(durableEventSequence: number, passBytes = Infinity): JournalRecord | null {
    this.#passedBytes = 0;
    // Each turn moves forward by a record or a segment, so this ends at the journal's end.
    for (;;) {
      if (this.#segment === null) {
        return null;
      }
      if (this.#nextSegment !== null && this.#takesOver(this.#nextSegment)) {
        this.#verifySealHere();
        this.#switch(this.#nextSegment);
        continue;
      }
      const verdict = this.#sealed ? 'empty' : this.#look(durableEventSequence);
      if (verdict !== 'ok') {
        const known = this.#nextSegment !== null;
        if (this.#peekNextSegment()) {
          // The shard may have written on since the look. A segment is full before the next one gets its name, so this
          // record is there by now if it ever will be: one more look.
          if (!known || (this.#nextSegment !== null && this.#takesOver(this.#nextSegment))) {
            continue;
          }
          throw this.#corrupt(`A record does not verify (${verdict}) and a later segment goes on behind it`);
        }
        // The oldest goes first: while this one has its name, the next one has not been retired.
        const { number } = this.#segment;
        if (!this.#disk.exists(segmentPath(this.#directory, number))) throw this.#tooOld(number);
        if (durableEventSequence !== Infinity && this.#expected.eventSequence <= durableEventSequence) {
          throw this.#corrupt(`A durable record does not verify (${verdict})`);
        }
        return null;
      }
      const header = this.#header;
      if (!header.understood) {
        throw new JournalError('JOURNAL_OTHER_VERSION', 'A record was written by another version', this.#place());
      }
      if (header.kind === RECORD_SEAL) {
        this.#passSeal();
        continue;
      }
      const lastEvent = header.firstEventSequence + header.eventCount - 1;
      if (lastEvent > durableEventSequence) {
        return null;
      }
      const skip = this.#isPassed(header);
      if (!skip) {
        this.#fill();
      }
      this.#pass();
      if (!skip) {
        return this.#record;
      }
      this.#passedBytes += header.length;
      if (this.#passedBytes >= passBytes) {
        return null;
      }
    }
  }

  /** Where the verified part ends; null when there is no segment. Only for a reader that verified the chain. */
  end(): JournalEnd | null {
    if (this.#segment === null) {
      return null;
    }
    return {
      segment: this.#segment,
      offset: this.#offset,
      lastOffset: this.#lastOffset,
      lastBytes: this.#lastBytes,
      lastExpected: { ...this.#lastExpected },
      sealed: this.#sealed,
      expected: { ...this.#expected },
      content: this.#hash === null ? NO_BYTES : this.#content(),
    };
  }

  /**
   * Lets go of the file and the memory; the next `next` takes them again and goes on here. `again`: with the record that
   * was handed out last. For a reader without `chain` that waits for something.
   */
  rest(again: boolean): void {
    this.#letGo();
    if (again) {
      this.#offset = this.#lastOffset;
      Object.assign(this.#expected, this.#lastExpected);
    }
  }

  close(): void {
    this.#letGo();
    this.#segment = null;
    this.#nextSegment = null;
  }

  #letGo(): void {
    this.#file?.close();
    this.#file = null;
    this.#buffer = NO_BYTES;
    this.#words = NO_WORDS;
    this.#windowBytes = 0;
  }

  #place(): { file: string; offset: number; sequence: number } {
    const file = segmentPath(this.#directory, this.#segment?.number ?? 0);
    return { file, offset: this.#offset, sequence: this.#expected.eventSequence };
  }

  #corrupt(message: string): JournalError {
    return new JournalError('JOURNAL_CORRUPT', message, this.#place());
  }

  #tooOld(number: number): JournalError {
    const place = { file: segmentPath(this.#directory, number), sequence: this.#expected.eventSequence };
    return new JournalError('JOURNAL_TOO_OLD', 'The segment has been retired', place);
  }

  #openSegment(number: number): DiskFile {
    const path = segmentPath(this.#directory, number);
    try {
      return this.#disk.open(path, 'read');
    } catch (cause) {
      if ((listSegments(this.#disk, this.#directory)[0] ?? 0) > number) throw this.#tooOld(number);
      throw new JournalError('JOURNAL_READ', 'Opening a segment failed', { file: path }, cause);
    }
  }

  #readHeader(number: number): SegmentHeader {
    const file = this.#openSegment(number);
    try {
      return checkedHeader(file, number, this.#identity);
    } finally {
      file.close();
    }
  }

  /** Opens a segment and expects its first record. */
  #enter(number: number): void {
    this.#file?.close();
    this.#file = this.#openSegment(number);
    this.#windowBytes = 0;
    const segment = checkedHeader(this.#file, number, this.#identity);
    this.#segment = segment;
    this.#offset = PAGE_BYTES;
    this.#lastOffset = 0;
    this.#lastBytes = PAGE_BYTES;
    this.#sealed = false;
    this.#expected.epoch = segment.epoch;
    this.#expected.commandSequence = segment.firstCommandSequence;
    this.#expected.eventSequence = segment.firstEventSequence;
    Object.assign(this.#lastExpected, this.#expected);
    this.#nextSegment = null;
    this.#peekNextSegment();
    this.#hash = this.#chain ? createHash('sha256') : null;
    if (this.#hash !== null) {
      this.#load(0, PAGE_BYTES);
      this.#hash.update(this.#buffer.subarray(0, PAGE_BYTES));
    }
  }

  /**
   * Whether the segment behind this one exists. It may begin at an earlier sequence than the one due (after a sync
   * error the last group is written again into a new segment): the later segment counts.
   */
  #peekNextSegment(): boolean {
    const number = (this.#segment?.number ?? 0) + 1;
    if (this.#nextSegment === null && this.#disk.exists(segmentPath(this.#directory, number))) {
      this.#nextSegment = this.#readHeader(number);
    }
    return this.#nextSegment !== null;
  }

  /** Start records have no commands, so the sequence alone does not say whether they come before the next segment. */
  #takesOver(next: SegmentHeader): boolean {
    return this.#expected.commandSequence >= next.firstCommandSequence && this.#expected.epoch >= next.epoch;
  }

  #switch(next: SegmentHeader): void {
    const segment = this.#segment;
    if (segment !== null && this.#chain) {
      const seal = sealOf(this.#content(), segment.previousSeal);
      if (!equalBytes(seal, next.previousSeal)) {
        const file = segmentPath(this.#directory, next.number);
        throw new JournalError('JOURNAL_SEAL', 'The segment before is not the one that this segment names', { file });
      }
    }
    // A reader that already passed records which the new segment holds again must not hand them out twice.
    this.#skipCommandsBelow = Math.max(this.#skipCommandsBelow, this.#expected.commandSequence);
    this.#enter(next.number);
  }

  #load(at: number, bytes: number): boolean {
    let window = Math.max(bytes, WINDOW_BYTES);
    if (this.#windows !== null) {
      const memory = this.#windows.claim(bytes);
      window = memory.byteLength;
      this.#buffer = new Uint8Array(memory);
      this.#words = new Int32Array(memory);
    } else if (bytes > this.#buffer.length) {
      this.#buffer = new Uint8Array(window);
      this.#words = new Int32Array(this.#buffer.buffer);
    }
    this.#file ??= this.#openSegment(this.#segment?.number ?? 0);
    const file = this.#file;
    this.#windowAt = at;
    this.#windowBytes = readFully(file, this.#buffer, 0, window, at);
    return this.#windowBytes >= bytes;
  }

  #holds(at: number, bytes: number): boolean {
    return at >= this.#windowAt && at + bytes <= this.#windowAt + this.#windowBytes;
  }

  /** Verifies the record at the reader's place; bytes read ahead may be older than the record, so it looks twice. */
  #look(durableEventSequence: number): RecordVerdict {
    if (this.#offset + PAGE_BYTES > (this.#segment?.bytes ?? 0)) {
      return 'empty';
    }
    if (this.#holds(this.#offset, PAGE_BYTES) && this.#verify(durableEventSequence) === 'ok') {
      return 'ok';
    }
    return this.#load(this.#offset, PAGE_BYTES) ? this.#verify(durableEventSequence) : 'empty';
  }

  #verify(durableEventSequence: number): RecordVerdict {
    const header = this.#header;
    const verdict = header.read(this.#words, (this.#offset - this.#windowAt) / 4);
    if (verdict !== 'ok') {
      return verdict;
    }
    if (this.#offset + header.length > (this.#segment?.bytes ?? 0)) {
      return 'length';
    }
    const lastEvent = header.firstEventSequence + header.eventCount - 1;
    const durable = header.kind === RECORD_GROUP && lastEvent <= durableEventSequence;
    if (durable && durableEventSequence !== Infinity && !this.#chain && this.#isPassed(header)) {
      // On the way to its first record a seeking reader goes from header to header: durable, so whole. A start record's
      // own page may be all that is not: no event says that it is.
      return header.fits(this.#expected) ? 'ok' : 'unexpected';
    }
    if (!this.#holds(this.#offset, header.length) && !this.#load(this.#offset, header.length)) {
      return 'length';
    }
    return verifyRecord(this.#buffer, this.#offset - this.#windowAt, header, this.#expected);
  }

  /** Whether the reader only goes past this record on the way to where it wants to be. */
  #isPassed(header: RecordHeader): boolean {
    if (header.kind === RECORD_START) {
      // Handed out, it would end a call of `next` early, and the walk behind it would be a later call's.
      return header.firstEventSequence <= this.#skipEventsBelow || header.firstCommandSequence <= this.#skipStartsUpTo;
    }
    return (
      header.kind === RECORD_GROUP &&
      (header.firstEventSequence + header.eventCount - 1 < this.#skipEventsBelow ||
        header.firstCommandSequence + header.commandCount - 1 < this.#skipCommandsBelow)
    );
  }

  #fill(): void {
    const record = this.#record;
    const at = this.#offset - this.#windowAt;
    fillRecord(record, this.#header, this.#buffer, this.#words, at);
    record.segment = this.#segment?.number ?? 0;
    record.offset = this.#offset;
    if (record.kind === 'start') {
      const { previousEpoch, lastEventSequence } = startPayload(this.#buffer, at);
      if (previousEpoch !== this.#expected.epoch || lastEventSequence !== record.firstEventSequence - 1) {
        throw this.#corrupt('A start record does not follow the epoch that it names');
      }
    }
  }

  /** Goes behind the record in `#header`. */
  #pass(): void {
    const header = this.#header;
    if (this.#hash !== null) {
      const at = this.#offset - this.#windowAt;
      this.#hash.update(this.#buffer.subarray(at, at + header.length));
    }
    this.#goBehind();
    this.#expected.epoch = header.epoch;
    this.#expected.commandSequence = header.firstCommandSequence + header.commandCount;
    this.#expected.eventSequence = header.firstEventSequence + header.eventCount;
    this.#marks?.passed(this.#segment?.number ?? 0, this.#offset, this.#expected);
  }

  /** SHA-256 of the segment before its seal. */
  #content(): Uint8Array {
    if (this.#hash !== null) {
      return this.#hash.copy().digest();
    }
    this.#file ??= this.#openSegment(this.#segment?.number ?? 0);
    return hashOf(this.#file, this.#sealed ? this.#lastOffset : this.#offset).digest();
  }

  #passSeal(): void {
    if (this.#chain) {
      const seal = sealPayload(this.#buffer, this.#offset - this.#windowAt);
      const content = this.#content();
      const previous = this.#segment?.previousSeal ?? new Uint8Array(SEAL_BYTES);
      if (!equalBytes(seal.content, content) || !equalBytes(seal.previousSeal, previous)) {
        throw new JournalError('JOURNAL_SEAL', 'The seal does not fit the content of its segment', this.#place());
      }
    }
    this.#goBehind();
    this.#sealed = true;
  }

  /** A reader of the chain checks the seal of a finished segment; one abandoned after a sync error has none. */
  #verifySealHere(): void {
    if (this.#chain && !this.#sealed && this.#look(Infinity) === 'ok' && this.#header.kind === RECORD_SEAL) {
      this.#passSeal();
    }
  }

  #goBehind(): void {
    Object.assign(this.#lastExpected, this.#expected);
    this.#lastOffset = this.#offset;
    this.#lastBytes = this.#header.length;
    this.#offset += this.#header.length;
  }
}

function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
