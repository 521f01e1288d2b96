/**
 * The way of events out of a shard: one writer thread (the shard), several reader threads (the gateways), each event
 * written once. Layout: ring-layout.ts. This is the writer's side; the readers' is output-reader.ts.
 *
 * The writer never waits for a reader for ever: `room` counts live readers only, and a reader that stays far behind for
 * too long, or in the way of what the writer must write next, is dropped (its generation is raised) and comes back from
 * the journal.
 */
import { EVENT_BYTES, EVENT_WORDS } from '../../schemas/layout.js';
import {
  assertSlots,
  OUTPUT_RING_CLAIM,
  OUTPUT_RING_DURABLE,
  OUTPUT_RING_EPOCH,
  OUTPUT_RING_MATCHED,
  OUTPUT_RING_READERS,
  OUTPUT_RING_SLOTS,
  outputCursorWord,
  outputDataWord,
  outputGenerationWord,
  outputJoinedWord,
  outputWantsMatchedWord,
} from './ring-layout.js';

export class OutputRing {
  readonly slots: number;
  readonly readers: number;
  /** From this lag on (three quarters of the ring) a reader's time runs. */
  readonly laggardLag: number;
  readonly #words: Int32Array;
  readonly #bytes: Buffer;
  readonly #data: number;
  readonly #mask: number;
  /** When each reader's lag was first seen past the limit, ms of the caller's clock; -1: it is not. */
  readonly #laggingSinceMs: Float64Array;
  #claim: number;
  #matched: number;
  #durable: number;
  /** The slowest of durable and the live readers' cursors as last seen: slots up to it may be written again. */
  #freeFrom: number;

  /**
   * Memory for `slots` events (a power of two) and `readers` readers, none of them joined. `position` is that of the
   * last event before the first one written here.
   */
  static create(slots: number, readers: number, position = 0): SharedArrayBuffer {
    assertSlots(slots);
    if (!Number.isInteger(readers) || readers < 0 || readers > 1024) {
      throw new Error(`An output ring has 0 to 1024 readers, not ${readers}.`);
    }
    const memory = new SharedArrayBuffer(outputDataWord(readers) * 4 + slots * EVENT_BYTES);
    const words = new Int32Array(memory);
    words[OUTPUT_RING_SLOTS] = slots;
    words[OUTPUT_RING_READERS] = readers;
    words[OUTPUT_RING_CLAIM] = position;
    words[OUTPUT_RING_MATCHED] = position;
    words[OUTPUT_RING_DURABLE] = position;
    for (let reader = 0; reader < readers; reader++) {
      words[outputGenerationWord(reader)] = 1;
    }
    return memory;
  }

  /** The writer of this memory. After one that died, `start` must be called before the first write. */
  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.#bytes = Buffer.from(memory);
    this.slots = this.#words[OUTPUT_RING_SLOTS] as number;
    this.readers = this.#words[OUTPUT_RING_READERS] as number;
    assertSlots(this.slots);
    this.#data = outputDataWord(this.readers);
    if (memory.byteLength !== this.#data * 4 + this.slots * EVENT_BYTES) {
      throw new Error(`An output ring of ${this.slots} slots does not have ${memory.byteLength} bytes.`);
    }
    this.#mask = this.slots - 1;
    this.laggardLag = Math.floor((this.slots / 4) * 3);
    this.#laggingSinceMs = new Float64Array(this.readers).fill(-1);
    this.#claim = Atomics.load(this.#words, OUTPUT_RING_CLAIM);
    this.#matched = Atomics.load(this.#words, OUTPUT_RING_MATCHED);
    this.#durable = Atomics.load(this.#words, OUTPUT_RING_DURABLE);
    this.#freeFrom = this.#durable;
  }

  /**
   * A recovered shard begins: all readers are dropped, what is in the ring is void, the next event has position
   * `position` + 1 and the epoch is `epoch`.
   */
  start(position: number, epoch: number): void {
    this.#dropAll();
    this.#claim = position | 0;
    this.#matched = this.#claim;
    this.#durable = this.#claim;
    this.#freeFrom = this.#claim;
    Atomics.store(this.#words, OUTPUT_RING_CLAIM, this.#claim);
    Atomics.store(this.#words, OUTPUT_RING_MATCHED, this.#claim);
    Atomics.store(this.#words, OUTPUT_RING_DURABLE, this.#claim);
    Atomics.store(this.#words, OUTPUT_RING_EPOCH, epoch | 0);
    // Again: a reader that joined between the first drop and these stores took a position of the dead writer.
    this.#dropAll();
  }

  /**
   * A shard comes back in a process whose readers live: all that was written is durable, so they read on, and what follows
   * is of `epoch`. Throws when the last event written is not the durable one at `position`.
   */
  goOn(position: number, epoch: number): void {
    const end = position | 0;
    if (this.#claim !== end || this.#matched !== end || this.#durable !== end) {
      throw new Error(
        `An output ring written up to ${this.claimPosition} and durable up to ${this.durablePosition} cannot go on behind ${end >>> 0}.`,
      );
    }
    // Before the first event of it: a reader that looks behind its copy never takes one for an older epoch's.
    Atomics.store(this.#words, OUTPUT_RING_EPOCH, epoch | 0);
  }

  /** Position of the last event written, 0 to 2^32 - 1. */
  get claimPosition(): number {
    return this.#claim >>> 0;
  }

  /** Position of the last durable event, 0 to 2^32 - 1. */
  get durablePosition(): number {
    return this.#durable >>> 0;
  }

  /**
   * Events that may be written now without overrunning a live reader, or what is not yet durable (a reader joins at
   * durable). Looks at all readers: `hasRoom` is the cheap question.
   */
  room(): number {
    let oldest = this.#durable;
    for (let reader = 0; reader < this.readers; reader++) {
      if (this.isLive(reader)) {
        const cursor = Atomics.load(this.#words, outputCursorWord(reader));
        if (((cursor - oldest) | 0) < 0) {
          oldest = cursor;
        }
      }
    }
    this.#freeFrom = oldest;
    return this.slots - ((this.#claim - oldest) | 0);
  }

  /** Whether `count` more events fit. Looks at the readers only when what it saw last is not enough. */
  hasRoom(count: number): boolean {
    return count <= this.slots - ((this.#claim - this.#freeFrom) | 0) || count <= this.room();
  }

  /** Events that may be written now; looks at the readers only when what it saw last is not enough for `wanted`. */
  roomFor(wanted: number): number {
    const room = this.slots - ((this.#claim - this.#freeFrom) | 0);
    return room >= wanted ? room : this.room();
  }

  /**
   * Writes `count` events of EVENT_WORDS words from `source` at word `at`; nobody may read them before a publish. Their
   * sequences follow the last written one. Throws when they do not fit: ask `hasRoom` first.
   */
  write(source: Int32Array, at: number, count: number): void {
    if (count === 0) {
      return;
    }
    if (!this.hasRoom(count)) {
      throw new Error(`${count} events were written to an output ring that has room for ${this.room()}.`);
    }
    if (Atomics.load(this.#words, OUTPUT_RING_CLAIM) !== this.#claim) {
      throw new Error('Two writers write to one output ring.');
    }
    const slot = (this.#claim + 1) & this.#mask;
    this.#claim = (this.#claim + count) | 0;
    // The claim first, then the slots: a reader that was asleep in the middle of a copy must be able to see that what it
    // copied may be new. The load behind the store keeps the plain stores below from passing it (store-release, then
    // load-acquire; on x86-64 the store alone is a full fence).
    Atomics.store(this.#words, OUTPUT_RING_CLAIM, this.#claim);
    Atomics.load(this.#words, OUTPUT_RING_CLAIM);
    const first = Math.min(count, this.slots - slot);
    this.#copy(slot, source, at, first);
    if (first < count) {
      this.#copy(0, source, at + first * EVENT_WORDS, count - first);
    }
  }

  /** Fills slots with as many bytes: Node does that with a memcpy, where `set` into shared memory goes by eight bytes. */
  #copy(slot: number, source: Int32Array, at: number, count: number): void {
    const to = this.#data * 4 + slot * EVENT_BYTES;
    const bytes = new Uint8Array(source.buffer, source.byteOffset + at * 4, count * EVENT_BYTES);
    this.#bytes.fill(bytes, to, to + bytes.length);
  }

  /** Readers of level `matched` may read up to `position`. After the last of these events was written. */
  publishMatched(position: number): void {
    if (((position - this.#matched) | 0) < 0 || ((this.#claim - position) | 0) < 0) {
      throw new Error(`An output ring written up to ${this.claimPosition} was matched up to ${position >>> 0}.`);
    }
    this.#matched = position | 0;
    Atomics.store(this.#words, OUTPUT_RING_MATCHED, this.#matched);
  }

  /** All readers may read up to `position`. Only when the group that ends there is on disk; matched comes before it. */
  publishDurable(position: number): void {
    if (((position - this.#durable) | 0) < 0 || ((this.#matched - position) | 0) < 0) {
      throw new Error(`An output ring matched up to ${this.#matched >>> 0} was durable up to ${position >>> 0}.`);
    }
    this.#durable = position | 0;
    Atomics.store(this.#words, OUTPUT_RING_DURABLE, this.#durable);
  }

  /** Whether the writer keeps slots for this reader. */
  isLive(reader: number): boolean {
    const joined = Atomics.load(this.#words, outputJoinedWord(reader));
    return joined === Atomics.load(this.#words, outputGenerationWord(reader));
  }

  /** Whether this reader's doorbell is to be rung for what is matched. */
  wantsMatched(reader: number): boolean {
    return Atomics.load(this.#words, outputWantsMatchedWord(reader)) !== 0;
  }

  /** Durable events that this reader has not read; 0 when it is not live. What is not durable is not its fault. */
  lag(reader: number): number {
    if (!this.isLive(reader)) {
      return 0;
    }
    return Math.max(0, (this.#durable - Atomics.load(this.#words, outputCursorWord(reader))) | 0);
  }

  /** The largest lag of the live readers. */
  slowestLag(): number {
    let slowest = 0;
    for (let reader = 0; reader < this.readers; reader++) {
      slowest = Math.max(slowest, this.lag(reader));
    }
    return slowest;
  }

  /** Takes the slots away from a reader; it sees that at its next read and must join again. */
  drop(reader: number): void {
    const word = outputGenerationWord(reader);
    const generation = (Atomics.load(this.#words, word) + 1) | 0;
    // 0 is what a reader that has left says it joined.
    Atomics.store(this.#words, word, generation === 0 ? 1 : generation);
    this.#laggingSinceMs[reader] = -1;
  }

  /**
   * Drops each reader that has stood in the way at every call for `limitMs`, and returns how many: its lag is above
   * `laggardLag`, or it is what leaves fewer than `wanted` slots, the room that the writer waits for now (0: for none;
   * without it a dead reader within its lag could stop a writer of large commands for ever). The clock is the caller's,
   * monotonic, in ms. Call it every round and while waiting for room.
   */
  dropLaggards(nowMs: number, limitMs: number, wanted = 0): number {
    let dropped = 0;
    for (let reader = 0; reader < this.readers; reader++) {
      const lag = this.lag(reader);
      const room = this.slots - lag - ((this.#claim - this.#durable) | 0);
      if (lag === 0 || (lag <= this.laggardLag && room >= wanted)) {
        this.#laggingSinceMs[reader] = -1;
        continue;
      }
      const since = this.#laggingSinceMs[reader] as number;
      if (since < 0) {
        this.#laggingSinceMs[reader] = nowMs;
      } else if (nowMs - since > limitMs) {
        this.drop(reader);
        dropped++;
      }
    }
    return dropped;
  }

  #dropAll(): void {
    for (let reader = 0; reader < this.readers; reader++) {
      this.drop(reader);
    }
  }
}
