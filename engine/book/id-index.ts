/**
 * From (account, client order id) to the slot of the order that rests under it: a hash table with chains through the
 * order records.
 * The shard's thread. Counters of a lane rise by one, so neighbours in time are neighbours in the table: the low word
 * goes in as it is, only account and lane are scattered. Ids with counter 0 are not in it: they are found by no one.
 */

import * as orderWords from './order-words.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { ORDER_ACCOUNT, ORDER_CHAIN_NEXT, ORDER_CLIENT_HIGH, ORDER_CLIENT_LOW, ORDER_SHIFT } = orderWords;

export class IdIndex {
  /** First slot + 1 of each chain; 0 for an empty one, so that memory that was never touched means empty. */
  readonly buckets: Int32Array;
  private readonly orders: Int32Array;
  private readonly mask: number;

  constructor(orders: Int32Array, maxOrders: number) {
    let buckets = 16;
    while (buckets < maxOrders) buckets *= 2;
    this.buckets = new Int32Array(buckets);
    this.mask = buckets - 1;
    this.orders = orders;
  }

  private bucketOf(account: number, low: number, high: number): number {
    const scatter = Math.imul(Math.imul(account, 0x9e3779b1) ^ high, 0x85ebca6b);
    return (low + (low >>> 20) + (scatter ^ (scatter >>> 15))) & this.mask;
  }

  /** Adds an order under its own account and client order id. */
  add(slot: number): void {
    const orders = this.orders;
    const at = slot << ORDER_SHIFT;
    const low = orders[at + ORDER_CLIENT_LOW] as number;
    const high = orders[at + ORDER_CLIENT_HIGH] as number;
    if (low === 0 && (high & 0xffff) === 0) return;
    const bucket = this.bucketOf(orders[at + ORDER_ACCOUNT] as number, low, high);
    orders[at + ORDER_CHAIN_NEXT] = (this.buckets[bucket] as number) - 1;
    this.buckets[bucket] = slot + 1;
  }

  remove(slot: number): void {
    const orders = this.orders;
    const at = slot << ORDER_SHIFT;
    const low = orders[at + ORDER_CLIENT_LOW] as number;
    const high = orders[at + ORDER_CLIENT_HIGH] as number;
    if (low === 0 && (high & 0xffff) === 0) return;
    const bucket = this.bucketOf(orders[at + ORDER_ACCOUNT] as number, low, high);
    const next = orders[at + ORDER_CHAIN_NEXT] as number;
    let here = (this.buckets[bucket] as number) - 1;
    if (here === slot) {
      this.buckets[bucket] = next + 1;
      return;
    }
    while (here >= 0) {
      const hereNext = (here << ORDER_SHIFT) + ORDER_CHAIN_NEXT;
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
    let slot = (this.buckets[this.bucketOf(account, low, high)] as number) - 1;
    while (slot >= 0) {
      const at = slot << ORDER_SHIFT;
      if (
        orders[at + ORDER_CLIENT_LOW] === low &&
        orders[at + ORDER_CLIENT_HIGH] === high &&
        orders[at + ORDER_ACCOUNT] === account
      ) {
        return slot;
      }
      slot = orders[at + ORDER_CHAIN_NEXT] as number;
    }
    return -1;
  }

  /** Walks all chains: each holds live orders of its own bucket only. Returns how many; throws with a sentence. */
  validate(limit: number): number {
    let count = 0;
    for (let bucket = 0; bucket < this.buckets.length; bucket++) {
      for (let slot = (this.buckets[bucket] as number) - 1; slot >= 0; ) {
        const at = slot << ORDER_SHIFT;
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
