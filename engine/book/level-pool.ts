/**
 * The price levels of all books of a shard: one record of 16 words a level, and a list of free slots.
 * The shard's thread. A level is ordered by its key: the price for buys, minus the price for sells, so that a larger
 * key is a better one on either side (prices are above -2^31, so minus never overflows).
 *
 *   word  0 key   1 orders   2, 3 total (a double: quantities are below 2^32, orders below 2^28, so it is exact)
 *         4 head  5 tail     first and last order of the queue
 *         6 better  7 worse  neighbours in the side's sorted list; `worse` links the free slots
 *         8 left  9 right  10 parent  11 height   in the side's tree of far levels
 *        12 side (instrument × 2 + side)   13 place   14, 15 not used
 */

export const LEVEL_SHIFT = 4;
export const LEVEL_KEY = 0;
export const LEVEL_ORDERS = 1;
export const LEVEL_HEAD = 4;
export const LEVEL_TAIL = 5;
export const LEVEL_BETTER = 6;
export const LEVEL_WORSE = 7;
export const LEVEL_LEFT = 8;
export const LEVEL_RIGHT = 9;
export const LEVEL_PARENT = 10;
export const LEVEL_HEIGHT = 11;
export const LEVEL_SIDE = 12;
export const LEVEL_PLACE = 13;

/** Index of a level's total in `totals` is (level << TOTAL_SHIFT) + TOTAL. */
export const TOTAL_SHIFT = 3;
export const TOTAL = 1;

/** Where a level is found by its price. */
const PLACE_FREE = 0;
export const PLACE_WINDOW = 1;
export const PLACE_TREE = 2;
/** The queue of market orders that rest in an auction: it has no price and is in no list. */
export const PLACE_MARKET = 3;
/** For the length of a re-base only. */
export const PLACE_MOVING = 4;

export class LevelPool {
  readonly words: Int32Array;
  readonly totals: Float64Array;
  readonly capacity: number;
  /** Levels that may still be taken. */
  free: number;
  used = 0;
  freeHead = -1;

  constructor(capacity: number) {
    const buffer = new ArrayBuffer((capacity << LEVEL_SHIFT) * 4);
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
      this.freeHead = words[(level << LEVEL_SHIFT) + LEVEL_WORSE] as number;
    } else {
      level = this.used;
      if (level === this.capacity) throw new Error('assert: a level was allocated from a full pool');
      this.used = level + 1;
    }
    this.free--;
    const at = level << LEVEL_SHIFT;
    words[at + LEVEL_KEY] = key;
    words[at + LEVEL_ORDERS] = 0;
    this.totals[(level << TOTAL_SHIFT) + TOTAL] = 0;
    words[at + LEVEL_HEAD] = -1;
    words[at + LEVEL_TAIL] = -1;
    words[at + LEVEL_BETTER] = -1;
    words[at + LEVEL_WORSE] = -1;
    words[at + LEVEL_SIDE] = side;
    words[at + LEVEL_PLACE] = place;
    return level;
  }

  release(level: number): void {
    const at = level << LEVEL_SHIFT;
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
    for (let level = this.freeHead; level !== -1; level = this.words[(level << LEVEL_SHIFT) + LEVEL_WORSE] as number) {
      if (level < 0 || level >= this.used)
        throw new Error(`the level free list leads to ${level}, which was never used`);
      if (this.words[(level << LEVEL_SHIFT) + LEVEL_PLACE] !== PLACE_FREE) {
        throw new Error(`level ${level} is in the free list but not free`);
      }
      if (++free > this.capacity) throw new Error('the level free list is a circle');
    }
    if (free !== this.free) throw new Error(`${free} levels are free, the count says ${this.free}`);
  }
}
