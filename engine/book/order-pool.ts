/**
 * The orders of a shard: one record of 16 words, which is one cache line, an order, and a list of free slots.
 * The shard's thread. An order id is (generation in the high word, slot in the low one), so an id never comes twice:
 * each use of a slot has a generation of its own, and a slot whose generation would wrap is retired.
 *
 * The words of a record: order-words.ts.
 */

import * as orderWords from './order-words.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { FREE, NOT_RESTING, ORDER_GENERATION, ORDER_LEVEL, ORDER_NEXT, ORDER_SHIFT, SLOT_MASK } = orderWords;

export class OrderPool {
  readonly words: Int32Array;
  readonly capacity: number;
  /** Orders in use. */
  live = 0;
  /** Slots that were used until their last generation. */
  retired = 0;
  /** Slots below this were used at least once; the memory above was never touched. */
  used = 0;
  /** First free slot below `used`, -1 for none. */
  freeHead = -1;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.words = new Int32Array((capacity & SLOT_MASK) << ORDER_SHIFT);
  }

  isFull(): boolean {
    return this.freeHead < 0 && this.used === this.capacity;
  }

  /** How many more there may be. */
  room(): number {
    return this.capacity - this.live - this.retired;
  }

  /** A slot with a generation of its own, not resting and in no list. The caller has asked isFull() before. */
  allocate(): number {
    const words = this.words;
    let slot = this.freeHead;
    if (slot >= 0) {
      this.freeHead = words[((slot & SLOT_MASK) << ORDER_SHIFT) + ORDER_NEXT] as number;
    } else {
      slot = this.used;
      if (slot === this.capacity) throw new Error('assert: an order was allocated from a full pool');
      this.used = slot + 1;
    }
    const at = (slot & SLOT_MASK) << ORDER_SHIFT;
    words[at + ORDER_GENERATION] = ((words[at + ORDER_GENERATION] as number) + 1) | 0;
    words[at + ORDER_LEVEL] = NOT_RESTING;
    this.live++;
    return slot;
  }

  /** Gives a slot back, after its last read. */
  free(slot: number): void {
    const words = this.words;
    const at = (slot & SLOT_MASK) << ORDER_SHIFT;
    if (words[at + ORDER_LEVEL] !== NOT_RESTING) throw new Error('assert: an order was freed twice or while it rests');
    words[at + ORDER_LEVEL] = FREE;
    this.live--;
    if (words[at + ORDER_GENERATION] === -1) {
      this.retired++;
      return;
    }
    words[at + ORDER_NEXT] = this.freeHead;
    this.freeHead = slot;
  }

  /** The slot of a live order with this id, or -1. */
  find(low: number, high: number): number {
    const slot = low >>> 0;
    if (slot >= this.used) return -1;
    const at = (slot & SLOT_MASK) << ORDER_SHIFT;
    if (this.words[at + ORDER_GENERATION] !== (high | 0) || this.words[at + ORDER_LEVEL] === FREE) return -1;
    return slot;
  }

  /** Walks the free list; throws with a sentence when it or the counts are wrong. */
  validate(): void {
    let free = 0;
    for (
      let slot = this.freeHead;
      slot !== -1;
      slot = this.words[((slot & SLOT_MASK) << ORDER_SHIFT) + ORDER_NEXT] as number
    ) {
      if (slot < 0 || slot >= this.used)
        throw new Error(`the order free list leads to slot ${slot}, which was never used`);
      if (this.words[((slot & SLOT_MASK) << ORDER_SHIFT) + ORDER_LEVEL] !== FREE) {
        throw new Error(`order slot ${slot} is in the free list but not free`);
      }
      if (++free > this.used) throw new Error('the order free list is a circle');
    }
    if (free + this.live + this.retired !== this.used) {
      throw new Error(
        `order slots: ${free} free + ${this.live} live + ${this.retired} retired are not the ${this.used} used`,
      );
    }
  }
}
