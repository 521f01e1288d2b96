/**
 * The way of commands into a shard: one producer thread (a gateway or the supervisor), one consumer thread (the shard).
 * Layout: ring-layout.ts. Each thread makes a CommandRing of its own over the shared memory and uses one side of it.
 *
 * Producer: claim, fill, commit; nothing can be seen before `commit`, so a producer that dies in between has sent nothing.
 * Consumer: reads ahead with a cursor of its own and releases slots only when what it read is durable; one that dies
 * leaves `released` where the journal is, and the next consumer reads the rest again.
 * Neither side ever waits here: full and empty are returns, waiting is a policy (wait-policy.ts, doorbell.ts).
 */
import { COMMAND_BYTES, COMMAND_KIND_WORD, COMMAND_WORDS } from '../../schemas/layout.js';
import {
  assertSlots,
  COMMAND_RING_DATA,
  COMMAND_RING_PUBLISHED,
  COMMAND_RING_RELEASED,
  COMMAND_RING_SLOTS,
  copyWords,
} from './ring-layout.js';

/** Not so many slots are free now; nothing was written. More than all slots never fits. */
export const RING_FULL = -1;

export class CommandRing {
  readonly slots: number;
  /** The whole shared memory as words: where a producer that fills slots itself writes, see `slotWord`. */
  readonly words: Int32Array;
  readonly #mask: number;

  // The producer's: where the next record goes, where the next claim begins, and what it last saw released.
  #published: number;
  #claimed: number;
  #releasedSeen: number;

  // The consumer's: the next record to read, what it gave back, and what it last saw published.
  #read: number;
  #released: number;
  #publishedSeen: number;

  /** Memory for `slots` records (a power of two); `position` is where counting starts, for tests near the wraps. */
  static create(slots: number, position = 0): SharedArrayBuffer {
    assertSlots(slots);
    const memory = new SharedArrayBuffer(COMMAND_RING_DATA * 4 + slots * COMMAND_BYTES);
    const words = new Int32Array(memory);
    words[COMMAND_RING_SLOTS] = slots;
    words[COMMAND_RING_PUBLISHED] = position;
    words[COMMAND_RING_RELEASED] = position;
    return memory;
  }

  /** Stands where the last producer and the last consumer stood: a new peer goes on with what a dead one left. */
  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory);
    this.slots = this.words[COMMAND_RING_SLOTS] as number;
    assertSlots(this.slots);
    if (memory.byteLength !== COMMAND_RING_DATA * 4 + this.slots * COMMAND_BYTES) {
      throw new Error(`A command ring of ${this.slots} slots does not have ${memory.byteLength} bytes.`);
    }
    this.#mask = this.slots - 1;
    this.#published = Atomics.load(this.words, COMMAND_RING_PUBLISHED);
    this.#released = Atomics.load(this.words, COMMAND_RING_RELEASED);
    this.#claimed = this.#published;
    this.#releasedSeen = this.#released;
    this.#read = this.#released;
    this.#publishedSeen = this.#published;
  }

  // ---- producer

  /** Slots free right now, claimed ones not counted: it can only grow until this producer claims more. */
  free(): number {
    this.#releasedSeen = Atomics.load(this.words, COMMAND_RING_RELEASED);
    return this.slots - ((this.#claimed - this.#releasedSeen) | 0);
  }

  /**
   * Takes the next `count` slots for filling and returns the position of the first (0 to 2^32 - 1), or RING_FULL.
   * Several claims may be committed together. The consumer's counter is looked at only when the cached one says full.
   */
  claim(count: number): number {
    const claimed = this.#claimed;
    if (count > this.slots - ((claimed - this.#releasedSeen) | 0) && count > this.free()) {
      return RING_FULL;
    }
    this.#claimed = (claimed + count) | 0;
    return claimed >>> 0;
  }

  /** Index in `words` of the first word of the slot at `position`. */
  slotWord(position: number): number {
    return COMMAND_RING_DATA + (position & this.#mask) * COMMAND_WORDS;
  }

  /** Publishes all that was claimed, by one store, and returns the position behind it (0 to 2^32 - 1). */
  commit(): number {
    // One producer: if the word is not what this side stored last, a second one writes here and records get lost.
    if (Atomics.load(this.words, COMMAND_RING_PUBLISHED) !== this.#published) {
      throw new Error('Two producers write to one command ring.');
    }
    this.#published = this.#claimed;
    // Last of all: a consumer that sees this position reads the slots below it at once.
    Atomics.store(this.words, COMMAND_RING_PUBLISHED, this.#claimed);
    return this.#claimed >>> 0;
  }

  /** Gives back what was claimed and not committed. */
  abandon(): void {
    this.#claimed = this.#published;
  }

  /**
   * Copies `count` records of COMMAND_WORDS words from `source` at word `at` into the ring and publishes them together.
   * Returns the position behind the last (0 to 2^32 - 1), or RING_FULL and nothing is written.
   */
  publish(source: Int32Array, at: number, count: number): number {
    const position = this.claim(count);
    if (position < 0) {
      return RING_FULL;
    }
    const slot = position & this.#mask;
    const first = Math.min(count, this.slots - slot);
    copyWords(this.words, COMMAND_RING_DATA + slot * COMMAND_WORDS, source, at, first * COMMAND_WORDS);
    if (first < count) {
      const rest = (count - first) * COMMAND_WORDS;
      copyWords(this.words, COMMAND_RING_DATA, source, at + first * COMMAND_WORDS, rest);
    }
    return this.commit();
  }

  /** Position behind the last published record, 0 to 2^32 - 1. */
  get publishedPosition(): number {
    return this.#published >>> 0;
  }

  // ---- consumer

  /** Records published and not yet read. Looks at the producer's counter: once a round is enough. */
  available(): number {
    this.#publishedSeen = Atomics.load(this.words, COMMAND_RING_PUBLISHED);
    const count = (this.#publishedSeen - this.#read) | 0;
    if (count < 0 || count > this.slots) {
      throw new Error(`A command ring of ${this.slots} slots says that ${count} records wait.`);
    }
    return count;
  }

  /** Word `word` (0 to 15) of the record `offset` behind the read cursor; it must be among the last `available()`. */
  peekWord(offset: number, word: number): number {
    if (offset >= ((this.#publishedSeen - this.#read) | 0)) {
      throw new Error(`Record ${offset} of a command ring was looked at before it was there.`);
    }
    const slot = (this.#read + offset) & this.#mask;
    return this.words[COMMAND_RING_DATA + slot * COMMAND_WORDS + word] as number;
  }

  /** Kind of the record `offset` behind the read cursor, so that a head is taken with all its Parts or not yet. */
  peekKind(offset: number): number {
    return this.peekWord(offset, COMMAND_KIND_WORD) & 0xff;
  }

  /**
   * Copies the next `count` records to `target` at word `at` and moves the read cursor, which nobody else sees: the
   * slots stay the consumer's until `release`. `count` must be among the last `available()`.
   */
  copyOut(target: Int32Array, at: number, count: number): void {
    if (count > ((this.#publishedSeen - this.#read) | 0)) {
      throw new Error(`${count} records of a command ring were taken before they were there.`);
    }
    const slot = this.#read & this.#mask;
    const first = Math.min(count, this.slots - slot);
    copyWords(target, at, this.words, COMMAND_RING_DATA + slot * COMMAND_WORDS, first * COMMAND_WORDS);
    if (first < count) {
      const rest = (count - first) * COMMAND_WORDS;
      copyWords(target, at + first * COMMAND_WORDS, this.words, COMMAND_RING_DATA, rest);
    }
    this.#read = (this.#read + count) | 0;
  }

  /** Position of the next record to read, 0 to 2^32 - 1: what a group in the journal says it has taken. */
  get readPosition(): number {
    return this.#read >>> 0;
  }

  /** Position behind the last released record, 0 to 2^32 - 1. */
  get releasedPosition(): number {
    return this.#released >>> 0;
  }

  /**
   * Gives all slots below `position` back to the producer. Only when those records are durable: a slot given back
   * earlier is overwritten, and a shard that then dies has lost a command that its client believes to be on the way.
   */
  release(position: number): void {
    if (((position - this.#released) | 0) < 0 || ((this.#read - position) | 0) < 0) {
      throw new Error(`A command ring read up to ${this.readPosition} was released up to ${position >>> 0}.`);
    }
    if (Atomics.load(this.words, COMMAND_RING_RELEASED) !== this.#released) {
      throw new Error('Two consumers read one command ring.');
    }
    this.#released = position | 0;
    // After the last read of these slots: the producer writes into them as soon as it sees this.
    Atomics.store(this.words, COMMAND_RING_RELEASED, this.#released);
  }
}
