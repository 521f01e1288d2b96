/**
 * What orders with a hidden part (icebergs) have besides their record: how much they show at a time, and how much of what
 * is open is hidden now. Found by the order's slot; no other order ever touches this.
 * The shard's thread. All memory is claimed in the constructor.
 *
 *   word  0 peak (lots shown at a time)   1 hidden (0 while it does not rest)   2 slot of its order, or -1 of a free one
 *         3 next free one
 */

const SPECIAL_SHIFT = 2;
export const SPECIAL_PEAK = 0;
export const SPECIAL_HIDDEN = 1;
const SPECIAL_SLOT = 2;
const SPECIAL_NEXT = 3;

const FREE = -1;
const NONE = -1;

export class SpecialPool {
  readonly words: Int32Array;
  readonly capacity: number;
  live = 0;
  /** By order slot; it means something of special orders only. */
  private readonly records: Int32Array;
  private used = 0;
  private freeHead = NONE;

  constructor(capacity: number, maxOrders: number) {
    this.capacity = capacity;
    this.words = new Int32Array(capacity << SPECIAL_SHIFT);
    this.records = new Int32Array(maxOrders);
  }

  isFull(): boolean {
    return this.live === this.capacity;
  }

  /** First word of the order's record. */
  at(slot: number): number {
    return (this.records[slot] as number) << SPECIAL_SHIFT;
  }

  /** The order shows so much at a time. The caller has asked isFull() before. */
  add(slot: number, peak: number): void {
    let record = this.freeHead;
    if (record !== NONE) this.freeHead = this.words[(record << SPECIAL_SHIFT) + SPECIAL_NEXT] as number;
    else if (this.used < this.capacity) record = this.used++;
    else throw new Error('assert: a special order was added to a full pool');
    this.live++;
    this.records[slot] = record;
    const at = record << SPECIAL_SHIFT;
    this.words[at + SPECIAL_PEAK] = peak;
    this.words[at + SPECIAL_HIDDEN] = 0;
    this.words[at + SPECIAL_SLOT] = slot;
  }

  remove(slot: number): void {
    const record = this.records[slot] as number;
    const at = record << SPECIAL_SHIFT;
    if (this.words[at + SPECIAL_SLOT] !== slot) throw new Error('assert: a special order was removed that is none');
    this.words[at + SPECIAL_SLOT] = FREE;
    this.words[at + SPECIAL_NEXT] = this.freeHead;
    this.freeHead = record;
    this.live--;
  }

  /** Whether the order has a record of its own. For checkers. */
  has(slot: number): boolean {
    return this.words[this.at(slot) + SPECIAL_SLOT] === slot;
  }

  /** Throws with a sentence. `orders`: how many special orders are live. */
  validate(orders: number): void {
    if (orders !== this.live) throw new Error(`${orders} special orders are live, the pool counts ${this.live}`);
    let free = 0;
    for (let record = this.freeHead; record !== NONE; ) {
      if (this.words[(record << SPECIAL_SHIFT) + SPECIAL_SLOT] !== FREE || ++free > this.used) {
        throw new Error(`the free list of special orders leads to ${record}, which is not free`);
      }
      record = this.words[(record << SPECIAL_SHIFT) + SPECIAL_NEXT] as number;
    }
    if (free + this.live !== this.used) {
      throw new Error(`special orders: ${free} free and ${this.live} live are not the ${this.used} used`);
    }
  }
}
