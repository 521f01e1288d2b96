/**
 * What one thread counts, in shared memory: it increments words, whoever serves /metrics reads them. One writer for each
 * memory, for ever; any thread reads. Nothing is allocated after birth and no clock is read here.
 *
 *   word 0     1: counts; 0: every call returns at once and all stays 0 (--metrics off). Fixed at birth.
 *   word 32 …  counters of two words; which counter lies where is words.ts
 *   ┌────────────────────────┬─────────────────────────────────────────────────┐
 *   │ low 32 bits            │ times the low word went around, × 2             │   a counter, or a gauge that is set
 *   └────────────────────────┴─────────────────────────────────────────────────┘   (odd: the low word is being changed)
 *   ┌─────────┬──────────┬──────────┬─ ─ ─┬─────────────┐
 *   │ sum     │ bucket 0 │ bucket 1 │     │ LAST_BUCKET │   a histogram: counters one behind the other
 *   └─────────┴──────────┴──────────┴─ ─ ─┴─────────────┘
 *
 * An increment is a plain load and store. Only when the low word goes around, once in 2^32, are there atomic stores: the
 * second word becomes odd, the low word changes, the second word becomes even again, so that a reader never takes half
 * of it. A reader sees each counter as it was at some moment, not all of them at the same.
 */

import { BUCKETS, bucketOf } from './buckets.js';

/** Words that a counter takes. */
export const COUNTER_WORDS = 2;
/** Words that a histogram takes. */
export const HISTOGRAM_WORDS = COUNTER_WORDS * (1 + BUCKETS);
/** The first counter's word: a line behind the header. */
export const FIRST_WORD = 32;

const TWO_32 = 2 ** 32;
const MOST = 2 ** 31 - 1;
/** The product of two such numbers is below 2^30. */
const SMALL = 2 ** 15;
/** A writer is in the middle of a wrap for nanoseconds; one that died there leaves an odd word for ever. */
const READ_TRIES = 1_000_000;

export interface HistogramReading {
  /** By bucket. */
  readonly counts: readonly number[];
  readonly sum: number;
}

export class MetricWords {
  readonly on: boolean;
  readonly #words: Int32Array;

  /** Memory for `words` words (what a plan of words.ts says). */
  static create(words: number, on = true): SharedArrayBuffer {
    const memory = new SharedArrayBuffer(words * 4);
    new Int32Array(memory)[0] = on ? 1 : 0;
    return memory;
  }

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.on = this.#words[0] === 1;
  }

  // ---- the one writer

  /** Adds a whole number from 0 to 2^32 - 1. */
  count(word: number, n: number): void {
    if (!this.on) return;
    const before = this.#words[word] as number;
    const after = (before + n) | 0;
    if (after >>> 0 < before >>> 0) this.#goAround(word, after, 1);
    else this.#words[word] = after;
  }

  /** A gauge: any whole number from 0 to 2^53 - 1. */
  set(word: number, value: number): void {
    if (!this.on) return;
    const around = Math.floor(value / TWO_32);
    const change = around - (this.#words[word + 1] as number) / 2;
    if (change === 0) this.#words[word] = value | 0;
    else this.#goAround(word, value | 0, change);
  }

  /** `times` observations of a whole number; below 0 counts as 0, above 2^31 - 1 as that. */
  record(histogram: number, value: number, times: number): void {
    if (!this.on || times === 0) return;
    const within = value < 0 ? 0 : value > MOST ? MOST : value;
    // Nearly always both fit: a product of doubles would be slower.
    if (within < SMALL && times < SMALL) this.count(histogram, Math.imul(within, times));
    else if (within * times < TWO_32) this.count(histogram, within * times);
    else this.#addLarge(histogram, within * times);
    this.count(histogram + COUNTER_WORDS + COUNTER_WORDS * bucketOf(within), times);
  }

  #addLarge(word: number, amount: number): void {
    const low = ((this.#words[word] as number) >>> 0) + (amount % TWO_32);
    this.#goAround(word, low | 0, Math.floor(amount / TWO_32) + (low >= TWO_32 ? 1 : 0));
  }

  #goAround(word: number, low: number, times: number): void {
    const around = this.#words[word + 1] as number;
    Atomics.store(this.#words, word + 1, around + 1);
    Atomics.store(this.#words, word, low);
    Atomics.store(this.#words, word + 1, around + 2 * times);
  }

  // ---- any reader

  /** A counter or a gauge as it stands. */
  value(word: number): number {
    let around = 0;
    let low = 0;
    for (let tries = 0; tries < READ_TRIES; tries++) {
      around = Atomics.load(this.#words, word + 1);
      low = Atomics.load(this.#words, word);
      if ((around & 1) === 0 && Atomics.load(this.#words, word + 1) === around) break;
    }
    return (around >>> 1) * TWO_32 + (low >>> 0);
  }

  histogram(word: number): HistogramReading {
    const counts: number[] = [];
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      counts.push(this.value(word + COUNTER_WORDS + COUNTER_WORDS * bucket));
    }
    return { counts, sum: this.value(word) };
  }
}
