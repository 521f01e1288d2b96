/**
 * From two numbers to a row: a hash table with chains, for rows that are never given back. The shard's thread.
 * Its multipliers come from a secret seed, as those of client order ids do; no result depends on it.
 *
 *   row, 8 words:  0 first number  1 second number  2 next row + 1 in the chain     3 to 7 the owner's
 */

import { multiplier } from '../book/id-index.js';

export const PAIR_SHIFT = 3;
/** Rows are below 2^21 (limits.ts); said where one becomes an index, it spares checks (decision 0008). */
export const PAIR_MASK = 0x1fffff;
export const PAIR_FIRST = 0;
export const PAIR_SECOND = 1;
const PAIR_CHAIN = 2;

export class PairIndex {
  readonly words: Int32Array;
  readonly capacity: number;
  /** Rows in use: all below this. */
  count = 0;
  private readonly buckets: Int32Array;
  private readonly shift: number;
  private readonly ofFirst: number;
  private readonly ofSecond: number;
  private readonly ofSum: number;

  /** `which`: another number for each table of a seed. */
  constructor(capacity: number, seed: number, which: number) {
    let bits = 4;
    while (1 << bits < capacity) bits++;
    this.capacity = capacity;
    this.words = new Int32Array(capacity << PAIR_SHIFT);
    this.buckets = new Int32Array(1 << bits);
    this.shift = 32 - bits;
    this.ofFirst = multiplier(seed, which);
    this.ofSecond = multiplier(seed, which + 1);
    this.ofSum = multiplier(seed, which + 2);
  }

  isFull(): boolean {
    return this.count === this.capacity;
  }

  private bucketOf(first: number, second: number): number {
    const sum = (Math.imul(first, this.ofFirst) + Math.imul(second, this.ofSecond)) | 0;
    return Math.imul(sum ^ (sum >>> 15), this.ofSum) >>> this.shift;
  }

  /** The row, or -1. */
  find(first: number, second: number): number {
    const words = this.words;
    let row = (this.buckets[this.bucketOf(first, second)] as number) - 1;
    while (row >= 0) {
      const at = (row & PAIR_MASK) << PAIR_SHIFT;
      if (words[at + PAIR_FIRST] === first && words[at + PAIR_SECOND] === second) return row;
      row = (words[at + PAIR_CHAIN] as number) - 1;
    }
    return -1;
  }

  /** Adds a row for numbers that have none; there is room. */
  add(first: number, second: number): number {
    const row = this.count++;
    const at = row << PAIR_SHIFT;
    const bucket = this.bucketOf(first, second);
    this.words[at + PAIR_FIRST] = first;
    this.words[at + PAIR_SECOND] = second;
    this.words[at + PAIR_CHAIN] = this.buckets[bucket] as number;
    this.buckets[bucket] = row + 1;
    return row;
  }

  /** Whether every row is found by its numbers; throws with a sentence. */
  validate(name: string): void {
    for (let row = 0; row < this.count; row++) {
      const at = row << PAIR_SHIFT;
      if (this.find(this.words[at + PAIR_FIRST] as number, this.words[at + PAIR_SECOND] as number) !== row) {
        throw new Error(`${name} ${row} is not found by its numbers`);
      }
    }
  }
}
