/**
 * Writers of the three hot frames: the header of a fixed layout is made once, records are copied in as bytes, `finish`
 * sets what varies. About a tenth of the time of a FlatBuffers builder, the same format. Any thread; one writer a thread
 * (or a connection that gathers over several turns). `finish` returns a view of the writer's memory that holds until the
 * next `begin`: send it, or copy it, before. Numbers of 64 bits are exact doubles, up to 2^53 - 1.
 *
 *   CommandFrame           ReportFrame                     PublicFrame
 *    0 root, identifier     0 root, identifier              0 root, identifier
 *    8 vtable               8 vtable                        8 vtable
 *   16 back to vtable      32 back to vtable               24 back to vtable
 *   20 number              36 epoch                        28 epoch
 *   24 to the vector       40 gateway in, matched, sent    32 sent
 *   28 count               64 tokens                       40 to streams, to events
 *   32 commands            68 to the vector                48 shard
 *                          72 shard, asked, reached,       52 count of events
 *                             replayed                     56 events
 *                          84 count                         . count of streams, streams: behind the events
 *                          88 events
 */

import { identifierWord } from './flat-table.js';
import { PUBLIC_STREAM_BYTES } from './frame-verifier.js';
import { FILE_IDENTIFIERS } from './generated/shapes.js';
import { COMMAND_BYTES, COMMAND_WORDS, EVENT_BYTES, EVENT_WORDS, highWord, MAX_FRAME_RECORDS } from './layout.js';

const COMMANDS_AT = 32;
const REPORTS_AT = 88;
const PUBLIC_EVENTS_AT = 56;
/** Between the events and the streams: padding, count. */
const STREAMS_HEADER_BYTES = 8;

/** Words from `from`, `count` of them, to word `at` of `target`; a loop, because a subarray would be an object. */
function copyWords(target: Int32Array, at: number, source: Int32Array, from: number, count: number): void {
  for (let word = 0; word < count; word++) target[at + word] = source[from + word] as number;
}

/** root, identifier, vtable (places of the fields by number), distance back from the table at `root`. */
function writeHeader(view: DataView, identifier: string, root: number, tableBytes: number, places: number[]): void {
  const vtable = 8;
  view.setUint32(0, root, true);
  view.setUint32(4, identifierWord(identifier), true);
  view.setUint16(vtable, 4 + 2 * places.length, true);
  view.setUint16(vtable + 2, tableBytes, true);
  for (const [field, place] of places.entries()) view.setUint16(vtable + 4 + 2 * field, place, true);
  view.setInt32(root, root - vtable, true);
}

/** Client to gateway. */
export class CommandFrameWriter {
  readonly #words = new Int32Array((COMMANDS_AT + MAX_FRAME_RECORDS * COMMAND_BYTES) / 4);
  readonly #bytes = new Uint8Array(this.#words.buffer);
  /** Commands so far. */
  count = 0;

  constructor() {
    const view = new DataView(this.#words.buffer);
    writeHeader(view, FILE_IDENTIFIERS.CommandFrame, 16, 12, [4, 8]);
    view.setUint32(24, 4, true);
  }

  /** Starts a frame; the view of the last `finish` is no longer that frame. */
  begin(): void {
    this.count = 0;
  }

  /** Takes `count` commands at word `at`, all or none. False: no room, finish this frame first. */
  append(commands: Int32Array, at: number, count: number): boolean {
    if (this.count + count > MAX_FRAME_RECORDS) return false;
    copyWords(this.#words, COMMANDS_AT / 4 + this.count * COMMAND_WORDS, commands, at, count * COMMAND_WORDS);
    this.count += count;
    return true;
  }

  /** The frame under the sender's number. It holds at least one command: the other side refuses an empty one. */
  finish(number: number): Uint8Array {
    this.#words[5] = number | 0;
    this.#words[7] = this.count;
    return this.#bytes.subarray(0, COMMANDS_AT + this.count * COMMAND_BYTES);
  }
}

/** Gateway to client, private events of one shard and one ack level. */
export class ReportFrameWriter {
  readonly #words = new Int32Array((REPORTS_AT + MAX_FRAME_RECORDS * EVENT_BYTES) / 4);
  readonly #bytes = new Uint8Array(this.#words.buffer);
  /** Events so far. */
  count = 0;

  constructor() {
    const view = new DataView(this.#words.buffer);
    writeHeader(view, FILE_IDENTIFIERS.ReportFrame, 32, 48, [40, 4, 42, 43, 44, 8, 16, 24, 32, 36]);
    view.setUint32(68, 16, true);
  }

  /** Starts a frame. asked, reached: AckLevel; replayed: out of the journal. */
  begin(shard: number, epoch: number, asked: number, reached: number, replayed: boolean): void {
    this.count = 0;
    this.#words[9] = epoch | 0;
    this.#words[18] = (shard & 0xffff) | (asked << 16) | (reached << 24);
    this.#words[19] = replayed ? 1 : 0;
  }

  /** Takes `count` events at word `at`, all or none. False: no room, finish this frame first. */
  append(events: Int32Array, at: number, count: number): boolean {
    if (this.count + count > MAX_FRAME_RECORDS) return false;
    copyWords(this.#words, REPORTS_AT / 4 + this.count * EVENT_WORDS, events, at, count * EVENT_WORDS);
    this.count += count;
    return true;
  }

  /** Times in microseconds; gatewayInUs 0: none. tokens: commands that may be sent now. Holds at least one event. */
  finish(gatewayInUs: number, matchedUs: number, sentUs: number, tokens: number): Uint8Array {
    const words = this.#words;
    words[10] = gatewayInUs | 0;
    words[11] = highWord(gatewayInUs) | 0;
    words[12] = matchedUs | 0;
    words[13] = highWord(matchedUs) | 0;
    words[14] = sentUs | 0;
    words[15] = highWord(sentUs) | 0;
    words[16] = tokens | 0;
    words[21] = this.count;
    return this.#bytes.subarray(0, REPORTS_AT + this.count * EVENT_BYTES);
  }
}

/** Gateway to client, public records of one shard. */
export class PublicFrameWriter {
  readonly #words = new Int32Array(
    (PUBLIC_EVENTS_AT + MAX_FRAME_RECORDS * (EVENT_BYTES + PUBLIC_STREAM_BYTES) + STREAMS_HEADER_BYTES) / 4,
  );
  readonly #bytes = new Uint8Array(this.#words.buffer);
  /** The streams wait here until the number of events, and so their place, is known. */
  readonly #streams = new Int32Array((MAX_FRAME_RECORDS * PUBLIC_STREAM_BYTES) / 4);
  /** Records so far. */
  count = 0;
  streamCount = 0;

  constructor() {
    const view = new DataView(this.#words.buffer);
    writeHeader(view, FILE_IDENTIFIERS.PublicFrame, 24, 26, [24, 4, 8, 16, 20]);
    view.setUint32(44, 8, true);
  }

  begin(shard: number, epoch: number): void {
    this.count = 0;
    this.streamCount = 0;
    this.#words[7] = epoch | 0;
    this.#words[12] = shard & 0xffff;
  }

  /**
   * Takes the next `count` (at least 1) records of one stream, all or none; previousLast and last are their sequences.
   * False: no room, finish this frame first.
   */
  append(
    instrument: number,
    channel: number,
    previousLast: number,
    last: number,
    records: Int32Array,
    at: number,
    count: number,
  ): boolean {
    if (this.count + count > MAX_FRAME_RECORDS) return false;
    copyWords(this.#words, PUBLIC_EVENTS_AT / 4 + this.count * EVENT_WORDS, records, at, count * EVENT_WORDS);
    const stream = (this.streamCount * PUBLIC_STREAM_BYTES) / 4;
    this.#streams[stream] = previousLast | 0;
    this.#streams[stream + 1] = highWord(previousLast) | 0;
    this.#streams[stream + 2] = last | 0;
    this.#streams[stream + 3] = highWord(last) | 0;
    this.#streams[stream + 4] = instrument | 0;
    this.#streams[stream + 5] = count | (channel << 16);
    this.count += count;
    this.streamCount += 1;
    return true;
  }

  /** Holds at least one record. */
  finish(sentUs: number): Uint8Array {
    const words = this.#words;
    const eventsEnd = PUBLIC_EVENTS_AT + this.count * EVENT_BYTES;
    const streamsAt = eventsEnd + STREAMS_HEADER_BYTES;
    const streamBytes = this.streamCount * PUBLIC_STREAM_BYTES;
    words[8] = sentUs | 0;
    words[9] = highWord(sentUs) | 0;
    words[10] = streamsAt - 4 - 40;
    words[13] = this.count;
    words[eventsEnd / 4] = 0;
    words[eventsEnd / 4 + 1] = this.streamCount;
    copyWords(words, streamsAt / 4, this.#streams, 0, streamBytes / 4);
    return this.#bytes.subarray(0, streamsAt + streamBytes);
  }
}
