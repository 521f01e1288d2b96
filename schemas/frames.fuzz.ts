/**
 * Fuzzing of everything that reads bytes from outside: real frames with bits flipped, words set to interesting values,
 * pieces cut off or put in, and crafted vtables. For each input: nothing throws, nothing loops, nothing is read outside,
 * and what was accepted can be read completely by the generated code with every access inside.
 *
 * How a read outside is seen: our own readers of hot frames copy into memory of their own, so each input is taken twice,
 * once over zeros and once over 0xff left behind by the frame before, and must come out the same. The verifier of control
 * frames sees its bytes through a proxy that counts every access and remembers one beyond the end. Generated code reads
 * through a checked buffer.
 */

import fc from 'fast-check';
import { ByteBuffer } from 'flatbuffers';
import { decodeTerms } from './admin.js';
import { CommandKind, Reason } from './codes.js';
import { decodeControl, decodeLogonTerms } from './control.js';
import { verifyControlFrame, verifyLogonTerms, verifyTerms } from './control-verifier.js';
import { sampleFrames, sampleLogonTerms, sampleTerms } from './frame-samples.js';
import { CommandFrameReader, frameKind, PublicFrameReader, ReportFrameReader } from './frame-verifier.js';
import { CommandFrame } from './generated/command-frame.js';
import { PublicFrame } from './generated/public-frame.js';
import { ReportFrame } from './generated/report-frame.js';
import {
  COMMAND_BYTES,
  COMMAND_KIND_WORD,
  COMMAND_WORDS,
  EVENT_BYTES,
  MAX_FRAME_BYTES,
  MAX_PARTS,
  PART_PAYLOAD_BYTES,
} from './layout.js';

/** No input may cost more accesses than that: four frames' worth of bytes, and the vtables of as many tables. */
const MAX_ACCESSES = 40 * MAX_FRAME_BYTES;

export interface FuzzCounts {
  inputs: number;
  /** Inputs that some reader took, by kind of frame. */
  accepted: Record<string, number>;
  refused: number;
  /** The most accesses that one input cost the verifier of control frames. */
  accessesMax: number;
}

export function newCounts(): FuzzCounts {
  return { inputs: 0, accepted: {}, refused: 0, accessesMax: 0 };
}

/** Throws on the first access outside. */
class CheckedBuffer extends ByteBuffer {
  #check(offset: number, size: number): void {
    if (!(offset >= 0 && offset + size <= this.capacity())) {
      throw new Error(`generated code reads ${size} bytes at ${offset} of ${this.capacity()}`);
    }
  }
  override readUint8(offset: number): number {
    this.#check(offset, 1);
    return super.readUint8(offset);
  }
  override readUint16(offset: number): number {
    this.#check(offset, 2);
    return super.readUint16(offset);
  }
  override readInt32(offset: number): number {
    this.#check(offset, 4);
    return super.readInt32(offset);
  }
}

interface Watch {
  outside: number;
  accesses: number;
}

/** The bytes behind a proxy that tells of every access by index. */
function watched(bytes: Uint8Array, watch: Watch): Uint8Array {
  return new Proxy(bytes, {
    get(target, key) {
      if (typeof key === 'string') {
        const at = Number(key);
        if (!Number.isNaN(at)) {
          watch.accesses += 1;
          if (!(at >= 0 && at < target.length)) watch.outside = at;
          return target[at];
        }
      }
      return Reflect.get(target, key, target);
    },
  });
}

const ZEROS = new Uint8Array(MAX_FRAME_BYTES);
const ONES = new Uint8Array(MAX_FRAME_BYTES).fill(0xff);

/** Two readers of a kind, one over zeros, one over ones. */
interface Pair<Reader> {
  zeros: Reader;
  ones: Reader;
}

const commandReaders: Pair<CommandFrameReader> = { zeros: new CommandFrameReader(), ones: new CommandFrameReader() };
const reportReaders: Pair<ReportFrameReader> = { zeros: new ReportFrameReader(), ones: new ReportFrameReader() };
const publicReaders: Pair<PublicFrameReader> = { zeros: new PublicFrameReader(), ones: new PublicFrameReader() };

/** Both must say the same and, when they accept, show the same records inside the frame. Returns the Reason. */
function takeTwice(
  readers: Pair<CommandFrameReader | ReportFrameReader | PublicFrameReader>,
  input: Uint8Array,
  recordBytes: number,
): number {
  const { zeros, ones } = readers;
  zeros.take(ZEROS);
  ones.take(ONES);
  const reason = zeros.take(input);
  if (ones.take(input) !== reason) throw new Error('what lies behind the frame changes the answer');
  if (reason !== 0) {
    if (zeros.count !== 0) throw new Error('a refused frame shows records');
    return reason;
  }
  if (zeros.count !== ones.count || zeros.recordsAtWord !== ones.recordsAtWord) {
    throw new Error('what lies behind the frame changes the records');
  }
  if (zeros.recordsAtWord * 4 + zeros.count * recordBytes > input.length) throw new Error('records outside the frame');
  return 0;
}

/** Every accessor of generated code without an argument or, for the vectors, with each index. */
function readCommandFrame(input: Uint8Array, reader: CommandFrameReader): void {
  const frame = CommandFrame.getRootAsCommandFrame(new CheckedBuffer(input));
  if (frame.number() !== reader.number || frame.commandsLength() !== reader.count) throw new Error('read otherwise');
  for (let index = 0; index < reader.count; index++) {
    const command = frame.commands(index);
    const at = reader.recordsAtWord + index * COMMAND_WORDS;
    const kind = (reader.words[at + COMMAND_KIND_WORD] ?? 0) & 0xff;
    if (command?.kind() !== kind || command.flags() === -1 || command.clientOrderId() < 0n) {
      throw new Error('read otherwise');
    }
  }
}

function readReportFrame(input: Uint8Array, reader: ReportFrameReader): void {
  const frame = ReportFrame.getRootAsReportFrame(new CheckedBuffer(input));
  const same =
    frame.shard() === reader.shard &&
    frame.epoch() === reader.epoch &&
    frame.asked() === reader.asked &&
    frame.reached() === reader.reached &&
    frame.replayed() === reader.replayed &&
    Number(frame.gatewayInUs()) === reader.gatewayInUs &&
    Number(frame.matchedUs()) === reader.matchedUs &&
    Number(frame.sentUs()) === reader.sentUs &&
    frame.tokens() === reader.tokens &&
    frame.eventsLength() === reader.count;
  if (!same) throw new Error('read otherwise');
  const last = frame.events(reader.count - 1);
  if (last === null || last.reason() < 0 || last.sequence() < 0n) throw new Error('read otherwise');
}

function readPublicFrame(input: Uint8Array, reader: PublicFrameReader): void {
  const frame = PublicFrame.getRootAsPublicFrame(new CheckedBuffer(input));
  let records = 0;
  for (let index = 0; index < frame.streamsLength(); index++) {
    const stream = frame.streams(index);
    records += reader.recordCount(index);
    const same =
      stream?.instrument() === reader.instrument(index) &&
      stream.channel() === reader.channel(index) &&
      stream.count() === reader.recordCount(index) &&
      Number(stream.last()) === reader.last(index) &&
      Number(stream.previousLast()) === reader.previousLast(index);
    if (!same) throw new Error('read otherwise');
  }
  const same = frame.streamsLength() === reader.streamCount && frame.eventsLength() === records;
  if (!same || frame.events(records - 1)?.reason() === undefined) throw new Error('read otherwise');
}

/** Runs `verify` on watched bytes and checks what it touched. */
function verifyWatched(bytes: Uint8Array, counts: FuzzCounts, verify: (bytes: Uint8Array) => number): number {
  const watch: Watch = { outside: 0, accesses: 0 };
  const reason = verify(watched(bytes, watch));
  if (watch.outside !== 0) throw new Error(`byte ${watch.outside} of ${bytes.length} is read`);
  if (watch.accesses > MAX_ACCESSES) throw new Error(`${watch.accesses} accesses for ${bytes.length} bytes`);
  counts.accessesMax = Math.max(counts.accessesMax, watch.accesses);
  return reason;
}

/** Looks at one input with every reader that there is; throws an Error that says what does not hold. */
export function examine(input: Uint8Array, counts: FuzzCounts): void {
  counts.inputs += 1;
  let accepted = '';
  if (takeTwice(commandReaders, input, COMMAND_BYTES) === 0) {
    accepted = 'command';
    readCommandFrame(input, commandReaders.zeros);
  }
  if (takeTwice(reportReaders, input, EVENT_BYTES) === 0) {
    accepted = 'report';
    readReportFrame(input, reportReaders.zeros);
  }
  if (takeTwice(publicReaders, input, EVENT_BYTES) === 0) {
    accepted = 'public';
    readPublicFrame(input, publicReaders.zeros);
  }
  if (accepted !== '' && frameKind(input) !== accepted) throw new Error('taken under another identifier');
  if (verifyWatched(input, counts, verifyControlFrame) === 0) {
    accepted = 'control';
    // Decoding reads all of it by generated code over memory of exactly its length.
    const message = decodeControl(input);
    if (typeof message !== 'number' && message.type === 'Logon') decodeLogonTerms(message.terms);
  } else if (typeof decodeControl(input) !== 'number') throw new Error('decoded though refused');
  if (frameKind(input) === 'unknown') accepted = examineTerms(input, counts) ? 'terms' : accepted;
  if (accepted === '') counts.refused += 1;
  else counts.accepted[accepted] = (counts.accepted[accepted] ?? 0) + 1;
}

/** Input as logon terms and as the payload of Parts of each kind. */
function examineTerms(input: Uint8Array, counts: FuzzCounts): boolean {
  let accepted = false;
  if (verifyWatched(input, counts, verifyLogonTerms) === 0) {
    accepted = true;
    decodeLogonTerms(input);
  }
  const payload = input.subarray(0, MAX_PARTS * PART_PAYLOAD_BYTES);
  const parts = Math.max(1, Math.ceil(payload.length / PART_PAYLOAD_BYTES));
  for (const [kind, table] of [
    [CommandKind.AddInstrument, 'InstrumentTerms'],
    [CommandKind.AddAccount, 'AccountTerms'],
    [CommandKind.AddKey, 'KeyTerms'],
    [CommandKind.SetFees, 'FeeTerms'],
    [CommandKind.SetLimits, 'LimitTerms'],
    [CommandKind.AddAsset, 'AssetTerms'],
    [CommandKind.Note, 'NoteTerms'],
    [CommandKind.Bust, 'BustTerms'],
    [CommandKind.Correction, 'BustTerms'],
  ] as const) {
    const padded = new Uint8Array(parts * PART_PAYLOAD_BYTES);
    padded.set(payload);
    const reason = verifyWatched(padded, counts, (bytes) => verifyTerms(bytes, table));
    const terms = decodeTerms(groupOf(kind, padded, parts), 0, parts + 1);
    if (typeof terms !== 'number') accepted = true;
    if ((reason === 0) === (terms === Reason.BadPayload)) throw new Error('decoded though refused, or the other way');
  }
  return accepted;
}

function groupOf(kind: CommandKind, payload: Uint8Array, parts: number): Int32Array {
  const words = new Int32Array((parts + 1) * COMMAND_WORDS);
  const bytes = new Uint8Array(words.buffer);
  words[COMMAND_KIND_WORD] = kind;
  for (let index = 0; index < parts; index++) {
    const at = (index + 1) * COMMAND_WORDS;
    words[at + COMMAND_KIND_WORD] = CommandKind.Part;
    words[at + 2] = index | (parts << 8);
    bytes.set(payload.subarray(index * PART_PAYLOAD_BYTES, (index + 1) * PART_PAYLOAD_BYTES), at * 4 + 16);
  }
  return words;
}

/** Bytes to begin with: every real frame, terms and payloads. */
function seeds(): Uint8Array[] {
  const frames = [...sampleFrames().values(), sampleLogonTerms().slice()];
  for (const { parts } of sampleTerms()) {
    const bytes = new Uint8Array(parts.buffer);
    const count = parts.length / COMMAND_WORDS;
    const payload = new Uint8Array(count * PART_PAYLOAD_BYTES);
    for (let index = 0; index < count; index++) {
      const at = index * COMMAND_BYTES + 16;
      payload.set(bytes.subarray(at, at + PART_PAYLOAD_BYTES), index * PART_PAYLOAD_BYTES);
    }
    frames.push(payload);
  }
  return frames;
}

const SEEDS = seeds();
/** Values at which bounds break; those below 0 count back from the frame's length. */
const EDGES = [0, 1, 2, 3, 4, 8, 12, 16, 256, 257, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff];

type Change =
  | { readonly what: 'flip'; readonly place: number; readonly bit: number }
  | { readonly what: 'set'; readonly place: number; readonly size: 1 | 2 | 4; readonly value: number }
  | { readonly what: 'add'; readonly place: number; readonly value: number }
  | { readonly what: 'cut'; readonly place: number }
  | { readonly what: 'extend'; readonly bytes: Uint8Array }
  | { readonly what: 'insert'; readonly place: number; readonly bytes: Uint8Array };

/** Half of all places lie in the first 64 bytes, where header, vtable and table are. */
const place = fc.oneof(fc.nat(63), fc.nat(2047));
const edge = fc.oneof(fc.constantFrom(...EDGES), fc.integer({ min: -16, max: -1 }), fc.nat(0xffff));

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ what: fc.constant('flip' as const), place, bit: fc.nat(7) }),
  fc.record({
    what: fc.constant('set' as const),
    place,
    size: fc.constantFrom(1 as const, 2 as const, 4 as const),
    value: edge,
  }),
  fc.record({ what: fc.constant('add' as const), place, value: fc.constantFrom(-8, -4, -2, -1, 1, 2, 4, 8) }),
  fc.record({ what: fc.constant('cut' as const), place }),
  fc.record({ what: fc.constant('extend' as const), bytes: fc.uint8Array({ minLength: 1, maxLength: 100 }) }),
  fc.record({ what: fc.constant('insert' as const), place, bytes: fc.uint8Array({ minLength: 1, maxLength: 16 }) }),
);

const mutated = fc
  .record({ seed: fc.nat(SEEDS.length - 1), changes: fc.array(change, { minLength: 0, maxLength: 4 }) })
  .map(({ seed, changes }) => changes.reduce(changed, SEEDS[seed] as Uint8Array));

/** Header of a real kind, then a vtable, a table and a vector of small numbers, which is where offsets meet. */
const crafted = fc
  .record({
    identifier: fc.constantFrom('TDC1', 'TDR1', 'TDP1', 'TDX1', 'none'),
    root: fc.constantFrom(8, 12, 16, 20, 24, 28, 32, 36),
    halves: fc.array(fc.oneof(fc.nat(48), fc.constantFrom(...EDGES)), { minLength: 8, maxLength: 80 }),
  })
  .map(({ identifier, root, halves }) => {
    const bytes = new Uint8Array(8 + 2 * halves.length);
    const view = new DataView(bytes.buffer);
    for (const [index, half] of halves.entries()) view.setUint16(8 + 2 * index, half & 0xffff, true);
    view.setUint32(0, root, true);
    for (let at = 0; at < 4; at++) bytes[4 + at] = identifier.charCodeAt(at);
    // The way back to a vtable right behind the header, so that most inputs get further than that.
    if (root + 4 <= bytes.length) view.setInt32(root, root - 8, true);
    return bytes;
  });

const noise = fc.uint8Array({ minLength: 0, maxLength: 200 });

/** What is looked at: mostly real frames with a few changes. */
export const inputs: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 7, arbitrary: mutated },
  { weight: 3, arbitrary: crafted },
  { weight: 1, arbitrary: noise },
);

function changed(bytes: Uint8Array, by: Change): Uint8Array {
  if (by.what === 'extend') return Uint8Array.of(...bytes, ...by.bytes);
  const at = by.place % Math.max(1, bytes.length);
  if (by.what === 'cut') return bytes.slice(0, at);
  if (by.what === 'insert') return Uint8Array.of(...bytes.subarray(0, at), ...by.bytes, ...bytes.subarray(at));
  const result = bytes.slice();
  if (by.what === 'flip') result[at] = (result[at] ?? 0) ^ (1 << by.bit);
  else if (by.what === 'add') result[at] = (result[at] ?? 0) + by.value;
  else {
    const value = by.value < 0 ? bytes.length + by.value : by.value;
    const aligned = at - (at % by.size);
    for (let byte = 0; byte < by.size; byte++) result[aligned + byte] = Math.floor(value / 256 ** byte);
  }
  return result.length > bytes.length ? result.slice(0, bytes.length) : result;
}

/** Looks at `count` inputs; throws with the seed and the smallest input that fails. The same seed, the same inputs. */
export function fuzzFrames(seed: number, count: number, counts: FuzzCounts): void {
  fc.assert(
    fc.property(inputs, (input) => examine(input, counts)),
    { seed, numRuns: count },
  );
}
