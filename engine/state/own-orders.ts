/**
 * What an uncross needs to find orders of one owner on both sides: when an order came to rest outside of continuous trading,
 * and, while it walks, the sells of each owner by priority. An owner is an account, or the first one of a self-trade group.
 * The shard's thread. All memory is claimed in the constructor. Only the oldest operation may hold lists.
 *
 *   by order slot:  ages   the number of its coming to rest; it means something with FLAG_AGED
 *                   next   the owner's sell behind it, -1: none; it means something in the lists of the walk at hand
 *   by owner:       heads, tails   first and last of its list, -1: none; of the walk that `marks` names
 */

const NONE = -1;

export class OwnOrders {
  readonly ages: Int32Array;
  readonly next: Int32Array;
  readonly heads: Int32Array;
  readonly tails: Int32Array;
  readonly marks: Int32Array;
  /** Orders that came to rest so far, and walks. Both wrap. */
  lastAge = 0;
  walk = 1;

  constructor(maxOrders: number, maxAccounts: number) {
    this.ages = new Int32Array(maxOrders);
    this.next = new Int32Array(maxOrders);
    this.heads = new Int32Array(maxAccounts + 1);
    this.tails = new Int32Array(maxAccounts + 1);
    this.marks = new Int32Array(maxAccounts + 1);
  }

  /** The order comes to rest now. */
  age(slot: number): void {
    this.lastAge = (this.lastAge + 1) | 0;
    this.ages[slot] = this.lastAge;
  }

  /** Whether the first of two orders that have an age is the newer one: of orders less than 2^31 apart. */
  isNewer(first: number, second: number): boolean {
    return (((this.ages[first] as number) - (this.ages[second] as number)) | 0) > 0;
  }

  /** All lists are empty. */
  clear(): void {
    this.walk = (this.walk + 1) | 0;
    if (this.walk !== 0) return;
    // A mark of long ago must not be taken for one of this walk.
    this.marks.fill(0);
    this.walk = 1;
  }

  add(owner: number, slot: number): void {
    this.next[slot] = NONE;
    if (this.first(owner) < 0) this.heads[owner] = slot;
    else this.next[this.tails[owner] as number] = slot;
    this.tails[owner] = slot;
    this.marks[owner] = this.walk;
  }

  /** The owner's first sell, or -1. One that has left the book meanwhile is the caller's to see. */
  first(owner: number): number {
    return this.marks[owner] === this.walk ? (this.heads[owner] as number) : NONE;
  }

  removeFirst(owner: number): void {
    this.heads[owner] = this.next[this.heads[owner] as number] as number;
  }
}
