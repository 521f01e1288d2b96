/**
 * The price levels of all books of a shard: one record of 16 words a level, and a list of free slots.
 * The shard's thread. The words of a record: level-words.ts.
 */

import * as levelWords from './level-words.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const {
  LEVEL_BETTER,
  LEVEL_HEAD,
  LEVEL_KEY,
  LEVEL_ORDERS,
  LEVEL_PLACE,
  LEVEL_SHIFT,
  LEVEL_MASK,
  LEVEL_SIDE,
  LEVEL_TAIL,
  LEVEL_WORSE,
  PLACE_FREE,
  TOTAL,
  TOTAL_SHIFT,
} = levelWords;

export class LevelPool {
  readonly words: Int32Array;
  readonly totals: Float64Array;
  readonly capacity: number;
  /** Levels that may still be taken. */
  free: number;
  used = 0;
  freeHead = -1;

  constructor(capacity: number) {
    const buffer = new ArrayBuffer(((capacity & LEVEL_MASK) << LEVEL_SHIFT) * 4);
    this.words = new Int32Array(buffer);
    this.totals = new Float64Array(buffer);
    this.capacity = capacity;
    this.free = capacity;
  }

  /** An empty level of a side, in no list yet. The caller has looked at `free` before. */
  allocate(side: number, key: number, place: number): number {
    const words = this.words;
    let level = this.freeHead;
    if (level >= 0) {
      this.freeHead = words[((level & LEVEL_MASK) << LEVEL_SHIFT) + LEVEL_WORSE] as number;
    } else {
      level = this.used;
      if (level === this.capacity) throw new Error('assert: a level was allocated from a full pool');
      this.used = level + 1;
    }
    this.free--;
    const at = (level & LEVEL_MASK) << LEVEL_SHIFT;
    words[at + LEVEL_KEY] = key;
    words[at + LEVEL_ORDERS] = 0;
    this.totals[((level & LEVEL_MASK) << TOTAL_SHIFT) + TOTAL] = 0;
    words[at + LEVEL_HEAD] = -1;
    words[at + LEVEL_TAIL] = -1;
    words[at + LEVEL_BETTER] = -1;
    words[at + LEVEL_WORSE] = -1;
    words[at + LEVEL_SIDE] = side;
    words[at + LEVEL_PLACE] = place;
    return level;
  }

  release(level: number): void {
    const at = (level & LEVEL_MASK) << LEVEL_SHIFT;
    if (this.words[at + LEVEL_ORDERS] !== 0 || this.words[at + LEVEL_PLACE] === PLACE_FREE) {
      throw new Error('assert: a level was released twice or with orders in it');
    }
    this.words[at + LEVEL_PLACE] = PLACE_FREE;
    this.words[at + LEVEL_WORSE] = this.freeHead;
    this.freeHead = level;
    this.free++;
  }

  /** Walks the free list; throws with a sentence when it or the counts are wrong. */
  validate(): void {
    let free = this.capacity - this.used;
    for (
      let level = this.freeHead;
      level !== -1;
      level = this.words[((level & LEVEL_MASK) << LEVEL_SHIFT) + LEVEL_WORSE] as number
    ) {
      if (level < 0 || level >= this.used)
        throw new Error(`the level free list leads to ${level}, which was never used`);
      if (this.words[((level & LEVEL_MASK) << LEVEL_SHIFT) + LEVEL_PLACE] !== PLACE_FREE) {
        throw new Error(`level ${level} is in the free list but not free`);
      }
      if (++free > this.capacity) throw new Error('the level free list is a circle');
    }
    if (free !== this.free) throw new Error(`${free} levels are free, the count says ${this.free}`);
  }
}
