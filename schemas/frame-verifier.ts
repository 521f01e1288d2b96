/**
 * Readers of the three hot frames. `take` copies a frame into memory of its own, aligned for native words, verifies all
 * of it and only then shows what it says in its fields; they hold until the next `take`. Any layout that a FlatBuffers
 * builder of any language may choose is accepted. Any thread, one reader a thread; nothing is allocated.
 *
 * Why a copy: the socket's buffer is gone when its callback returns and may begin at any address, and the gateway writes
 * the sender into the commands before they go to a ring. 16 KiB are copied in about a microsecond.
 *
 * Refusals are a Reason; nothing of a refused frame may be used but `number` and `refusedIndex`. Frames of control
 * messages: control-verifier.ts.
 */

import { Reason } from './codes.js';
import { FlatTable, identifierWord } from './flat-table.js';
import { FILE_IDENTIFIERS } from './generated/shapes.js';
import { checkCommandShape, checkParts } from './kinds.js';
import { COMMAND_BYTES, COMMAND_WORDS, EVENT_BYTES, joinWords, MAX_FRAME_BYTES, MAX_FRAME_RECORDS } from './layout.js';

const BAD_FRAME: number = Reason.BadFrame;
const FRAME_TOO_LONG: number = Reason.FrameTooLong;

const COMMAND_FRAME = identifierWord(FILE_IDENTIFIERS.CommandFrame);
const REPORT_FRAME = identifierWord(FILE_IDENTIFIERS.ReportFrame);
const PUBLIC_FRAME = identifierWord(FILE_IDENTIFIERS.PublicFrame);
const CONTROL_FRAME = identifierWord(FILE_IDENTIFIERS.ControlFrame);

/** Both structs and PublicStream hold 64-bit fields. */
const RECORD_ALIGNMENT = 8;

export const PUBLIC_STREAM_BYTES = 24;
const PUBLIC_STREAM_WORDS = 6;
const HIGHEST_CHANNEL = 2;

export type FrameKind = 'command' | 'report' | 'public' | 'control' | 'unknown';

/** What a frame claims to be, by its identifier alone; nothing else of it is looked at. */
export function frameKind(frame: Uint8Array): FrameKind {
  if (frame.length < 8) return 'unknown';
  const word =
    ((frame[4] as number) |
      ((frame[5] as number) << 8) |
      ((frame[6] as number) << 16) |
      ((frame[7] as number) << 24)) >>>
    0;
  if (word === COMMAND_FRAME) return 'command';
  if (word === REPORT_FRAME) return 'report';
  if (word === PUBLIC_FRAME) return 'public';
  return word === CONTROL_FRAME ? 'control' : 'unknown';
}

class FrameCopy {
  /** The frame as native words; records lie at recordsAtWord. */
  readonly words = new Int32Array(MAX_FRAME_BYTES / 4);
  protected readonly bytes = new Uint8Array(this.words.buffer);
  protected readonly table = new FlatTable();
  /** Word of the first record. */
  recordsAtWord = 0;
  /** Records, 1 to 256; 0 after a refusal. */
  count = 0;

  /** Copies the frame and opens its root table. Returns a Reason. */
  protected open(frame: Uint8Array, identifier: number): number {
    this.count = 0;
    if (frame.length > MAX_FRAME_BYTES) return FRAME_TOO_LONG;
    this.bytes.set(frame);
    return this.table.openRoot(this.bytes, frame.length, identifier) ? 0 : BAD_FRAME;
  }

  protected openRecords(id: number, recordBytes: number): boolean {
    const table = this.table;
    if (!table.requireVector(id, recordBytes, RECORD_ALIGNMENT)) return false;
    if (table.vectorCount < 1 || table.vectorCount > MAX_FRAME_RECORDS) return false;
    this.recordsAtWord = table.vectorAt >> 2;
    this.count = table.vectorCount;
    return true;
  }
}

/** Frames of client commands, TDC1. */
export class CommandFrameReader extends FrameCopy {
  /** The client's number of this frame; 0 as long as it is not known. */
  number = 0;
  /** After a refusal: the command that was refused, -1 for the frame as a whole. */
  refusedIndex = -1;

  /** Returns a Reason, 0 when every command in it has the shape of its kind and every head its Parts. */
  take(frame: Uint8Array): number {
    this.number = 0;
    this.refusedIndex = -1;
    const refused = this.open(frame, COMMAND_FRAME);
    if (refused !== 0) return refused;
    const numberAt = this.table.field(0, 4);
    if (numberAt < 0) return BAD_FRAME;
    this.number = this.table.u32At(numberAt);
    if (!this.openRecords(1, COMMAND_BYTES)) return BAD_FRAME;
    const count = this.count;
    for (let index = 0; index < count; index++) {
      const at = this.recordsAtWord + index * COMMAND_WORDS;
      const reason = checkCommandShape(this.words, at, false);
      if (reason !== 0) return this.#refuse(index, reason);
      const parts = checkParts(this.words, at, count - index);
      if (parts < 0) return this.#refuse(index, -parts);
      index += parts;
    }
    return 0;
  }

  #refuse(index: number, reason: number): number {
    this.refusedIndex = index;
    this.count = 0;
    return reason;
  }
}

/** Frames of private events, TDR1. Times are microseconds since 1970. */
export class ReportFrameReader extends FrameCopy {
  shard = 0;
  epoch = 0;
  /** AckLevel asked for at logon, and the one that these events have reached. */
  asked = 0;
  reached = 0;
  /** Out of the journal, in answer to a resume. */
  replayed = false;
  gatewayInUs = 0;
  matchedUs = 0;
  sentUs = 0;
  /** Commands that may be sent now before BUSY. */
  tokens = 0;

  take(frame: Uint8Array): number {
    const refused = this.open(frame, REPORT_FRAME);
    if (refused !== 0) return refused;
    const table = this.table;
    const shard = table.field(0, 2);
    const epoch = table.field(1, 4);
    const asked = table.field(2, 1);
    const reached = table.field(3, 1);
    const replayed = table.field(4, 1);
    const gatewayIn = table.field(5, 8);
    const matched = table.field(6, 8);
    const sent = table.field(7, 8);
    const tokens = table.field(8, 4);
    // -1 is the only negative, and it keeps its sign through the or.
    if ((shard | epoch | asked | reached | replayed | gatewayIn | matched | sent | tokens) < 0) return BAD_FRAME;
    if (table.u8At(replayed) > 1) return BAD_FRAME;
    if (!this.openRecords(9, EVENT_BYTES)) return BAD_FRAME;
    this.shard = table.u16At(shard);
    this.epoch = table.u32At(epoch);
    this.asked = table.u8At(asked);
    this.reached = table.u8At(reached);
    this.replayed = table.u8At(replayed) === 1;
    this.gatewayInUs = table.u64At(gatewayIn);
    this.matchedUs = table.u64At(matched);
    this.sentUs = table.u64At(sent);
    this.tokens = table.u32At(tokens);
    return 0;
  }
}

/** Frames of public records, TDP1: streams name in order how many of the records are theirs. */
export class PublicFrameReader extends FrameCopy {
  shard = 0;
  epoch = 0;
  sentUs = 0;
  /** Streams in the frame, 1 to 256. */
  streamCount = 0;
  #streamsAtWord = 0;

  take(frame: Uint8Array): number {
    this.streamCount = 0;
    const refused = this.open(frame, PUBLIC_FRAME);
    if (refused !== 0) return refused;
    const table = this.table;
    const shard = table.field(0, 2);
    const epoch = table.field(1, 4);
    const sent = table.field(2, 8);
    if ((shard | epoch | sent) < 0) return BAD_FRAME;
    if (!table.requireVector(3, PUBLIC_STREAM_BYTES, RECORD_ALIGNMENT)) return BAD_FRAME;
    const streamCount = table.vectorCount;
    const streamsAtWord = table.vectorAt >> 2;
    if (!this.openRecords(4, EVENT_BYTES)) return BAD_FRAME;
    // Each stream has a record at least, so there are as many streams as records at most.
    let records = 0;
    for (let stream = 0; stream < streamCount; stream++) {
      const tail = this.words[streamsAtWord + stream * PUBLIC_STREAM_WORDS + 5] as number;
      const channel = (tail >>> 16) & 0xff;
      if ((tail & 0xffff) === 0 || channel < 1 || channel > HIGHEST_CHANNEL || tail >>> 24 !== 0) return this.#refuse();
      records += tail & 0xffff;
    }
    if (records !== this.count) return this.#refuse();
    this.shard = table.u16At(shard);
    this.epoch = table.u32At(epoch);
    this.sentUs = table.u64At(sent);
    this.#streamsAtWord = streamsAtWord;
    this.streamCount = streamCount;
    return 0;
  }

  #refuse(): number {
    this.count = 0;
    return BAD_FRAME;
  }

  #word(stream: number, word: number): number {
    return this.words[this.#streamsAtWord + stream * PUBLIC_STREAM_WORDS + word] as number;
  }

  /** What must be held of this stream before its records: the sequence of its last record, 0 at its beginning. */
  previousLast(stream: number): number {
    return joinWords(this.#word(stream, 0), this.#word(stream, 1));
  }

  last(stream: number): number {
    return joinWords(this.#word(stream, 2), this.#word(stream, 3));
  }

  instrument(stream: number): number {
    return this.#word(stream, 4) >>> 0;
  }

  /** How many of the records, in order, are this stream's. */
  recordCount(stream: number): number {
    return this.#word(stream, 5) & 0xffff;
  }

  /** A Channel. */
  channel(stream: number): number {
    return (this.#word(stream, 5) >>> 16) & 0xff;
  }
}
