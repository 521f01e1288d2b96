/**
 * One reader's side of an output ring (output-ring.ts writes it, ring-layout.ts draws it). Runs on the thread of the
 * gateway that owns reader number `reader`; no other thread uses that number.
 *
 * A reader copies first and then asks whether it was allowed to: it may have slept between any two loads, while the
 * writer dropped it and wrote over what it was copying. Only a batch after whose copy the generation still stands and
 * the claim is less than a ring past its first event may be used.
 */
import { EVENT_WORDS } from '../../schemas/layout.js';
import {
  copyWords,
  OUTPUT_RING_CLAIM,
  OUTPUT_RING_DURABLE,
  OUTPUT_RING_EPOCH,
  OUTPUT_RING_MATCHED,
  OUTPUT_RING_READERS,
  OUTPUT_RING_SLOTS,
  outputCopiedWord,
  outputCursorWord,
  outputDataWord,
  outputGenerationWord,
  outputJoinedWord,
  outputWantsMatchedWord,
} from './ring-layout.js';

/** Not joined, or dropped by the writer, or the shard began anew: nothing was read; join again, heal from the journal. */
export const READER_DROPPED = -1;
/** The writer has passed this reader by a whole ring: nothing was read; join again, heal from the journal. */
export const READER_LAPPED = -2;

/** What a reader may see: all that was matched, or only what is durable. */
export type ReadUpTo = typeof UP_TO_MATCHED | typeof UP_TO_DURABLE;
export const UP_TO_MATCHED = OUTPUT_RING_MATCHED;
export const UP_TO_DURABLE = OUTPUT_RING_DURABLE;

/** A writer restarts seldom; a join that meets it this often is something else. */
const JOIN_TRIES = 64;

export class OutputReader {
  readonly reader: number;
  readonly slots: number;
  readonly #words: Int32Array;
  readonly #data: number;
  readonly #mask: number;
  #generation: number;
  #cursor: number;

  /** Not joined yet: `join` comes first. */
  constructor(memory: SharedArrayBuffer, reader: number) {
    this.#words = new Int32Array(memory);
    const readers = this.#words[OUTPUT_RING_READERS] as number;
    if (!Number.isInteger(reader) || reader < 0 || reader >= readers) {
      throw new Error(`An output ring with ${readers} readers has no reader ${reader}.`);
    }
    this.reader = reader;
    this.slots = this.#words[OUTPUT_RING_SLOTS] as number;
    this.#data = outputDataWord(readers);
    this.#mask = this.slots - 1;
    this.#generation = 0;
    this.#cursor = 0;
  }

  /** Position of the last event read, 0 to 2^32 - 1. */
  get position(): number {
    return this.#cursor >>> 0;
  }

  /** The shard's epoch: looked at behind a read, no event of that read belongs to a later one. */
  get epoch(): number {
    return Atomics.load(this.#words, OUTPUT_RING_EPOCH);
  }

  /** Position of the last durable event, 0 to 2^32 - 1; it means something while this reader is not dropped. */
  durablePosition(): number {
    return Atomics.load(this.#words, OUTPUT_RING_DURABLE) >>> 0;
  }

  /**
   * Joins, or joins again, so that the event behind `position` is the next one read; without a position, behind the last
   * durable event. From here on the writer keeps slots for this reader. Returns the position, 0 to 2^32 - 1, or
   * READER_LAPPED when the ring no longer holds (or does not yet have) what follows `position`, and then has not joined.
   */
  join(position = -1): number {
    for (let tries = 0; tries < JOIN_TRIES; tries++) {
      this.leave();
      const generation = Atomics.load(this.#words, outputGenerationWord(this.reader));
      const durable = Atomics.load(this.#words, OUTPUT_RING_DURABLE);
      const cursor = position < 0 ? durable : position | 0;
      // The cursor before the word that makes it count: the writer must never see a joined reader with an old cursor.
      Atomics.store(this.#words, outputCursorWord(this.reader), cursor);
      Atomics.store(this.#words, outputJoinedWord(this.reader), generation);
      this.#generation = generation;
      this.#cursor = cursor;
      // A writer that looked at its readers just before this join may write on for a round without this one.
      const ahead = (Atomics.load(this.#words, OUTPUT_RING_CLAIM) - cursor) | 0;
      if (Atomics.load(this.#words, outputGenerationWord(this.reader)) !== generation) {
        continue;
      }
      if (ahead >= 0 && ahead <= this.slots && ((durable - cursor) | 0) >= 0) {
        return cursor >>> 0;
      }
      if (position >= 0) {
        break;
      }
    }
    this.leave();
    return READER_LAPPED;
  }

  /**
   * Whether the writer wakes this reader for what is matched, or for what is durable only, as at first. Look for matched
   * events once more after it was said.
   */
  wantMatched(wanted: boolean): void {
    Atomics.store(this.#words, outputWantsMatchedWord(this.reader), wanted ? 1 : 0);
  }

  /** No longer reads: the writer stops keeping slots for this reader. */
  leave(): void {
    this.#generation = 0;
    Atomics.store(this.#words, outputJoinedWord(this.reader), 0);
  }

  /** Whether something waits, or the reader must join again: what a consumer asks between prepareSleep and sleep. */
  hasWork(upTo: ReadUpTo): boolean {
    return this.#dropped() || ((Atomics.load(this.#words, upTo) - this.#cursor) | 0) > 0;
  }

  /**
   * Copies the next events, at most `max`, to `target` at word `at` and moves the cursor behind them. Returns their
   * number, 0 when there are none, or READER_DROPPED or READER_LAPPED: then what lies in `target` must not be used.
   */
  read(target: Int32Array, at: number, max: number, upTo: ReadUpTo): number {
    if (this.#dropped()) {
      return READER_DROPPED;
    }
    const cursor = this.#cursor;
    const ready = (Atomics.load(this.#words, upTo) - cursor) | 0;
    const count = Math.min(ready, max, this.slots);
    if (count <= 0) {
      return 0;
    }
    this.copySlots(target, at, cursor + 1, count);
    const verdict = this.verdict(cursor, count);
    if (verdict < 0) {
      return verdict;
    }
    if (Atomics.load(this.#words, outputCursorWord(this.reader)) !== cursor) {
      throw new Error(`Two threads read as reader ${this.reader} of one output ring.`);
    }
    this.#cursor = (cursor + count) | 0;
    // Behind the copy: from here on the writer may write these slots again.
    Atomics.store(this.#words, outputCursorWord(this.reader), this.#cursor);
    return count;
  }

  /** Copies `count` slots from `position` on. Tests put a sleep in here. */
  protected copySlots(target: Int32Array, at: number, position: number, count: number): void {
    const slot = position & this.#mask;
    const first = Math.min(count, this.slots - slot);
    copyWords(target, at, this.#words, this.#data + slot * EVENT_WORDS, first * EVENT_WORDS);
    if (first < count) {
      copyWords(target, at + first * EVENT_WORDS, this.#words, this.#data, (count - first) * EVENT_WORDS);
    }
  }

  /** After a copy of `count` events behind `cursor`: `count` when they may be used, else a negative code. */
  protected verdict(cursor: number, count: number): number {
    // A store and then loads: the copy's plain loads end before the store, the loads begin after it. Without it a weakly
    // ordered machine may load the claim before the last slot, and an overwritten slot would pass.
    Atomics.store(this.#words, outputCopiedWord(this.reader), cursor + count);
    if (this.#dropped()) {
      return READER_DROPPED;
    }
    const claim = Atomics.load(this.#words, OUTPUT_RING_CLAIM);
    const ahead = (claim - cursor) | 0;
    // The slot of the first copied event, cursor + 1, is written again as claim reaches cursor + 1 + slots.
    if (ahead < count || ahead > this.slots) {
      return READER_LAPPED;
    }
    return count;
  }

  #dropped(): boolean {
    return this.#generation === 0 || Atomics.load(this.#words, outputGenerationWord(this.reader)) !== this.#generation;
  }
}
