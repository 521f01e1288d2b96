/**
 * The bytes of an engine's state in a snapshot: epochs, what the public was told (public/public-history.ts), then every array and number of EngineState by its path
 * (inspection/state-image.ts). Arrays are mostly memory that was never touched: only their blocks that are not all zeros are
 * written. Any thread that holds the engine between two commands.
 *
 *   u32 count of epochs, each: u32 epoch, f64 first event sequence
 *   history (from format 2 on): f64 since, f64 tradesSince, then stamp, lasts and trades, each: f64 its bytes, content
 *   u32 count of parts, each:  u32 bytes of the path, path, zeros to a multiple of 4, u32 kind (0 number, 1 boolean, 2 array),
 *     a number or boolean:     f64
 *     an array:                f64 its bytes, runs: f64 offset, f64 bytes, content; the last run has 0 bytes
 */

import { createHash, type Hash } from 'node:crypto';
import { type Holder, walkState } from '../inspection/state-image.js';
import { type DiskFile, readFully, writeFully } from '../journal/disk.js';
import type { EpochStart } from '../journal/open-journal.js';
import { PAGE_BYTES } from '../journal/record.js';
import type { HistoryImage } from '../public/public-history.js';
import type { EngineState } from '../state/state.js';

const NUMBER = 0;
const BOOLEAN = 1;
const ARRAY = 2;
const WORD = 4;
const DOUBLE = 8;
const CHUNK_BYTES = 1024 * 1024;
const BLOCK_BYTES = 4096;
/** Arrays of so many bytes may begin with something else than zeros in a fresh engine; larger ones never do. */
export const PREFILLED_BYTES = 4 * 1024 * 1024;
const ZEROS = new Uint8Array(BLOCK_BYTES);

/** What stands in a payload does not fit the engine that it is put into. */
export class PayloadError extends Error {}

/** Writes the payload behind the header's page. Returns its bytes and their SHA-256; nothing is synced. */
export function writePayload(
  file: DiskFile,
  epochs: readonly EpochStart[],
  history: HistoryImage,
  state: EngineState,
): { readonly bytes: number; readonly digest: Uint8Array } {
  const sink = new Sink(file);
  sink.word(epochs.length);
  for (const { epoch, firstSequence } of epochs) {
    sink.word(epoch);
    sink.double(firstSequence);
  }
  sink.double(history.since);
  sink.double(history.tradesSince);
  sink.array(history.stamp);
  sink.array(history.lasts);
  sink.array(history.trades);
  const parts: [path: string, value: unknown][] = [];
  const memories = new Set<string>();
  const buffers: ArrayBufferLike[] = [];
  walkState(state, (path, holder, name) => {
    const value = holder[name];
    if (ArrayBuffer.isView(value)) {
      // Two views of one memory are written once: who restores the one has restored the other.
      let buffer = buffers.indexOf(value.buffer);
      if (buffer < 0) buffer = buffers.push(value.buffer) - 1;
      const memory = `${buffer} ${value.byteOffset} ${value.byteLength}`;
      if (memories.has(memory)) return;
      memories.add(memory);
    }
    parts.push([path, value]);
  });
  sink.word(parts.length);
  for (const [path, value] of parts) {
    sink.text(path);
    if (typeof value === 'number' || typeof value === 'boolean') {
      sink.word(typeof value === 'number' ? NUMBER : BOOLEAN);
      sink.double(Number(value));
    } else {
      sink.word(ARRAY);
      writeArray(sink, bytesOf(value as ArrayBufferView));
    }
  }
  return sink.end();
}

/** What a payload holds besides the engine's state. */
export interface PayloadExtras {
  readonly epochs: EpochStart[];
  /** Null: it is of a format that had none. */
  readonly history: HistoryImage | null;
}

/**
 * Puts a payload that has its checksum into a fresh engine. Returns what else is in it. Throws PayloadError when its parts are not
 * those of this engine, or what is read now has another checksum: a state's hash does not speak for its indexes. The engine is
 * worth nothing then.
 */
export function restorePayload(
  file: DiskFile,
  payloadBytes: number,
  digest: Uint8Array,
  hasHistory: boolean,
  state: EngineState,
): PayloadExtras {
  const source = new Source(file, payloadBytes);
  const epochs = Array.from({ length: source.word() }, (): EpochStart => {
    const epoch = source.word();
    return { epoch, firstSequence: source.double() };
  });
  const history = hasHistory ? readHistory(source) : null;
  const places = new Map<string, readonly [Holder, string]>();
  walkState(state, (path, holder, name) => void places.set(path, [holder, name]));
  for (let parts = source.word(); parts > 0; parts -= 1) {
    const path = source.text();
    const place = places.get(path);
    if (place === undefined) throw new PayloadError(`it has ${path}, which this engine has not`);
    places.delete(path);
    restorePart(source, path, ...place);
  }
  for (const [path, [holder, name]] of places) {
    // The other views of memories that are restored already.
    if (!ArrayBuffer.isView(holder[name])) throw new PayloadError(`it has no ${path}`);
  }
  if (source.left !== 0) throw new PayloadError('something stands behind its last part');
  if (Buffer.compare(source.digest(), digest) !== 0) throw new PayloadError('its content was read differently twice');
  return { epochs, history };
}

function readHistory(source: Source): HistoryImage {
  const since = source.double();
  const tradesSince = source.double();
  const stamp = new Int32Array(source.array());
  const lasts = new Float64Array(source.array());
  return { since, tradesSince, stamp, lasts, trades: new Int32Array(source.array()) };
}

/** SHA-256 of so many bytes behind the header's page; null when there are fewer. */
export function payloadDigest(file: DiskFile, payloadBytes: number): Uint8Array | null {
  const hash = createHash('sha256');
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (let at = 0; at < payloadBytes; at += CHUNK_BYTES) {
    const wanted = Math.min(CHUNK_BYTES, payloadBytes - at);
    if (readFully(file, chunk, 0, wanted, PAGE_BYTES + at) !== wanted) return null;
    hash.update(chunk.subarray(0, wanted));
  }
  return hash.digest();
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function writeArray(sink: Sink, bytes: Uint8Array): void {
  sink.double(bytes.length);
  let run = -1;
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const block = bytes.subarray(at, at + BLOCK_BYTES);
    const isZero = Buffer.compare(block, block.length === BLOCK_BYTES ? ZEROS : ZEROS.subarray(0, block.length)) === 0;
    if (isZero && run >= 0) {
      sink.run(bytes, run, at);
      run = -1;
    } else if (!isZero && run < 0) {
      run = at;
    }
  }
  if (run >= 0) sink.run(bytes, run, bytes.length);
  sink.double(0);
  sink.double(0);
}

function restorePart(source: Source, path: string, holder: Holder, name: string): void {
  const kind = source.word();
  const present = holder[name];
  if (kind === NUMBER || kind === BOOLEAN) {
    if (typeof present !== (kind === NUMBER ? 'number' : 'boolean'))
      throw new PayloadError(`${path} is of another kind`);
    const value = source.double();
    holder[name] = kind === NUMBER ? value : value !== 0;
    return;
  }
  if (kind !== ARRAY || !ArrayBuffer.isView(present)) throw new PayloadError(`${path} is of another kind`);
  const bytes = bytesOf(present);
  const length = source.double();
  if (length !== bytes.length) throw new PayloadError(`${path} has ${length} bytes, this engine's ${bytes.length}`);
  if (bytes.length <= PREFILLED_BYTES) bytes.fill(0);
  for (;;) {
    const offset = source.double();
    const count = source.double();
    if (count === 0) return;
    if (!(offset >= 0 && offset + count <= bytes.length)) throw new PayloadError(`a run of ${path} lies outside of it`);
    source.bytes(bytes.subarray(offset, offset + count));
  }
}

/** Gathers what is written into large pieces. */
class Sink {
  private readonly file: DiskFile;
  private readonly hash: Hash = createHash('sha256');
  private readonly chunk = new Uint8Array(CHUNK_BYTES);
  private readonly view = new DataView(this.chunk.buffer);
  private used = 0;
  private done = 0;

  constructor(file: DiskFile) {
    this.file = file;
  }

  word(value: number): void {
    this.claim(WORD);
    this.view.setUint32(this.used, value, true);
    this.used += WORD;
  }

  double(value: number): void {
    this.claim(DOUBLE);
    this.view.setFloat64(this.used, value, true);
    this.used += DOUBLE;
  }

  text(value: string): void {
    const bytes = Buffer.from(value, 'utf8');
    this.word(bytes.length);
    this.bytes(bytes);
    this.bytes(ZEROS.subarray(0, -bytes.length & (WORD - 1)));
  }

  array(view: ArrayBufferView): void {
    this.double(view.byteLength);
    this.bytes(bytesOf(view));
  }

  run(bytes: Uint8Array, from: number, to: number): void {
    this.double(from);
    this.double(to - from);
    this.bytes(bytes.subarray(from, to));
  }

  end(): { readonly bytes: number; readonly digest: Uint8Array } {
    this.flush();
    return { bytes: this.done, digest: this.hash.digest() };
  }

  private bytes(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.used === CHUNK_BYTES) this.flush();
      const count = Math.min(bytes.length - at, CHUNK_BYTES - this.used);
      this.chunk.set(bytes.subarray(at, at + count), this.used);
      this.used += count;
      at += count;
    }
  }

  private claim(bytes: number): void {
    if (this.used + bytes > CHUNK_BYTES) this.flush();
  }

  private flush(): void {
    if (this.used === 0) return;
    this.hash.update(this.chunk.subarray(0, this.used));
    writeFully(this.file, this.chunk, 0, this.used, PAGE_BYTES + this.done);
    this.done += this.used;
    this.used = 0;
  }
}

/** Reads a payload in large pieces. */
class Source {
  private readonly file: DiskFile;
  private readonly chunk = new Uint8Array(CHUNK_BYTES);
  private readonly view = new DataView(this.chunk.buffer);
  private readonly total: number;
  /** Of all that was read. */
  private readonly hash: Hash = createHash('sha256');
  /** Of the payload: where the chunk begins, how much it holds, what of it is used. */
  private chunkAt = 0;
  private held = 0;
  private used = 0;

  constructor(file: DiskFile, payloadBytes: number) {
    this.file = file;
    this.total = payloadBytes;
  }

  /** SHA-256 of the payload, once all of it was read. */
  digest(): Uint8Array {
    return this.hash.digest();
  }

  get left(): number {
    return this.total - this.chunkAt - this.used;
  }

  word(): number {
    this.claim(WORD);
    const value = this.view.getUint32(this.used, true);
    this.used += WORD;
    return value;
  }

  double(): number {
    this.claim(DOUBLE);
    const value = this.view.getFloat64(this.used, true);
    this.used += DOUBLE;
    return value;
  }

  text(): string {
    const bytes = new Uint8Array(Math.min(this.word(), CHUNK_BYTES));
    this.bytes(bytes);
    this.bytes(new Uint8Array(-bytes.length & (WORD - 1)));
    return Buffer.from(bytes).toString('utf8');
  }

  /** As long as it says, which is not more than there is. */
  array(): ArrayBuffer {
    const length = this.double();
    if (!(length >= 0 && length <= this.left && length % DOUBLE === 0)) throw new PayloadError('its trades do not fit');
    const content = new ArrayBuffer(length);
    this.bytes(new Uint8Array(content));
    return content;
  }

  bytes(into: Uint8Array): void {
    const fromChunk = Math.min(into.length, this.held - this.used);
    into.set(this.chunk.subarray(this.used, this.used + fromChunk));
    this.used += fromChunk;
    if (fromChunk === into.length) return;
    const rest = into.length - fromChunk;
    const at = this.chunkAt + this.used;
    if (at + rest > this.total || readFully(this.file, into, fromChunk, rest, PAGE_BYTES + at) !== rest) {
      throw new PayloadError('it ends in the middle of a part');
    }
    this.hash.update(into.subarray(fromChunk));
    this.chunkAt = at + rest;
    this.held = 0;
    this.used = 0;
  }

  private claim(bytes: number): void {
    if (this.used + bytes <= this.held) return;
    // What is left of the chunk goes to its front: each byte is read once.
    const kept = this.held - this.used;
    this.chunk.copyWithin(0, this.used, this.held);
    this.chunkAt += this.used;
    const from = this.chunkAt + kept;
    const wanted = Math.min(CHUNK_BYTES - kept, this.total - from);
    const count = kept + wanted < bytes ? 0 : readFully(this.file, this.chunk, kept, wanted, PAGE_BYTES + from);
    this.hash.update(this.chunk.subarray(kept, kept + count));
    this.held = kept + count;
    this.used = 0;
    if (this.held < bytes) throw new PayloadError('it ends in the middle of a part');
  }
}
