/**
 * From (account, client order id) to the slot of the order that rests under it: a hash table with chains through the
 * order records.
 * The shard's thread. Counters of a lane rise by one, so neighbours in time are neighbours in the table: the lowest bits
 * of the counter go in as they are. All else is scattered with a secret seed: clients choose their ids, and one who could
 * tell which fall into one chain would make every command that touches that chain walk it. No result depends on the seed
 * or on the order of a chain, because an id is in the index once. Ids with counter 0 are not in it: no one finds them.
 */

import * as orderWords from './order-words.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { ORDER_ACCOUNT, ORDER_CHAIN_NEXT, ORDER_CLIENT_HIGH, ORDER_CLIENT_LOW, ORDER_SHIFT, SLOT_MASK } = orderWords;

/** Ids with counters that differ in these bits alone are neighbours: their buckets fill one page of memory. */
const NEAR_BITS = 10;
const NEAR_MASK = (1 << NEAR_BITS) - 1;

export class IdIndex {
  /** First slot + 1 of each chain; 0 for an empty one, so that memory that was never touched means empty. */
  readonly buckets: Int32Array;
  private readonly orders: Int32Array;
  private readonly mask: number;
  /** Of a hash of 32 bits the upper ones that number a bucket. */
  private readonly shift: number;
  /** Odd multipliers made from the seed, one for each part of an id. */
  private readonly ofAccount: number;
  private readonly ofLane: number;
  private readonly ofUpper: number;
  private readonly ofLower: number;
  private readonly ofSum: number;
  /** The order that was found last, as long as it is in the index, and its bucket: what is found is mostly taken out. */
  private foundSlot = -1;
  private foundBucket = 0;

  /** `seed`: 32 bits that clients cannot know. */
  constructor(orders: Int32Array, maxOrders: number, seed: number) {
    let bits = 4;
    while (1 << bits < maxOrders) bits++;
    this.buckets = new Int32Array(1 << bits);
    this.mask = (1 << bits) - 1;
    this.shift = 32 - bits;
    this.orders = orders;
    this.ofAccount = multiplier(seed, 1);
    this.ofLane = multiplier(seed, 2);
    this.ofUpper = multiplier(seed, 3);
    this.ofLower = multiplier(seed, 4);
    this.ofSum = multiplier(seed, 5);
  }

  private bucketOf(account: number, low: number, high: number): number {
    const sum =
      (Math.imul(account, this.ofAccount) +
        Math.imul(high >>> 16, this.ofLane) +
        Math.imul(high & 0xffff, this.ofUpper) +
        Math.imul(low >>> NEAR_BITS, this.ofLower)) |
      0;
    return ((Math.imul(sum ^ (sum >>> 15), this.ofSum) >>> this.shift) + (low & NEAR_MASK)) & this.mask;
  }

  /** Adds an order under its own account and client order id. */
  add(slot: number): void {
    const orders = this.orders;
    const at = (slot & SLOT_MASK) << ORDER_SHIFT;
    const low = orders[at + ORDER_CLIENT_LOW] as number;
    const high = orders[at + ORDER_CLIENT_HIGH] as number;
    if (low === 0 && (high & 0xffff) === 0) return;
    const bucket = this.bucketOf(orders[at + ORDER_ACCOUNT] as number, low, high);
    orders[at + ORDER_CHAIN_NEXT] = (this.buckets[bucket] as number) - 1;
    this.buckets[bucket] = slot + 1;
  }

  remove(slot: number): void {
    const orders = this.orders;
    const at = (slot & SLOT_MASK) << ORDER_SHIFT;
    const low = orders[at + ORDER_CLIENT_LOW] as number;
    const high = orders[at + ORDER_CLIENT_HIGH] as number;
    if (low === 0 && (high & 0xffff) === 0) return;
    const account = orders[at + ORDER_ACCOUNT] as number;
    const bucket = slot === this.foundSlot ? this.foundBucket : this.bucketOf(account, low, high);
    this.foundSlot = -1;
    const next = orders[at + ORDER_CHAIN_NEXT] as number;
    let here = (this.buckets[bucket] as number) - 1;
    if (here === slot) {
      this.buckets[bucket] = next + 1;
      return;
    }
    while (here >= 0) {
      const hereNext = ((here & SLOT_MASK) << ORDER_SHIFT) + ORDER_CHAIN_NEXT;
      here = orders[hereNext] as number;
      if (here === slot) {
        orders[hereNext] = next;
        return;
      }
    }
    throw new Error('assert: an order is not in the index of client order ids');
  }

  /** The slot of the order that rests under this id, or -1. */
  find(account: number, low: number, high: number): number {
    const orders = this.orders;
    const bucket = this.bucketOf(account, low, high);
    let slot = (this.buckets[bucket] as number) - 1;
    while (slot >= 0) {
      const at = (slot & SLOT_MASK) << ORDER_SHIFT;
      if (
        orders[at + ORDER_CLIENT_LOW] === low &&
        orders[at + ORDER_CLIENT_HIGH] === high &&
        orders[at + ORDER_ACCOUNT] === account
      ) {
        this.foundSlot = slot;
        this.foundBucket = bucket;
        return slot;
      }
      slot = orders[at + ORDER_CHAIN_NEXT] as number;
    }
    return -1;
  }

  /** Orders in the longest chain: what the slowest look-up has to pass. */
  longestChain(): number {
    let longest = 0;
    for (const first of this.buckets) {
      let length = 0;
      for (
        let slot = first - 1;
        slot >= 0;
        slot = this.orders[((slot & SLOT_MASK) << ORDER_SHIFT) + ORDER_CHAIN_NEXT] as number
      ) {
        length++;
      }
      if (length > longest) longest = length;
    }
    return longest;
  }

  /** Walks all chains: each holds live orders of its own bucket only. Returns how many; throws with a sentence. */
  validate(limit: number): number {
    let count = 0;
    for (let bucket = 0; bucket < this.buckets.length; bucket++) {
      for (let slot = (this.buckets[bucket] as number) - 1; slot >= 0; ) {
        const at = (slot & SLOT_MASK) << ORDER_SHIFT;
        const own = this.bucketOf(
          this.orders[at + ORDER_ACCOUNT] as number,
          this.orders[at + ORDER_CLIENT_LOW] as number,
          this.orders[at + ORDER_CLIENT_HIGH] as number,
        );
        if (own !== bucket) throw new Error(`order slot ${slot} is in the chain of another client order id`);
        if (++count > limit)
          throw new Error('the index of client order ids holds more orders than there are, or a circle');
        slot = this.orders[at + ORDER_CHAIN_NEXT] as number;
      }
    }
    return count;
  }
}

/** The nth odd number of 32 bits that a seed stands for: 1 to 5 are taken here, 6 to 8 in account-orders.ts. */
export function multiplier(seed: number, nth: number): number {
  let mixed = (seed + Math.imul(nth, 0x9e3779b9)) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) | 1;
}
