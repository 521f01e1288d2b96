/**
 * The trades of a shard that were made void or got another price: none is twice. The shard's thread; cold, so it is looked through.
 */

import { MOST_BUSTS } from '../../schemas/admin.js';

export class BustSet {
  /** Trade ids in the order in which they came. */
  readonly ids = new Float64Array(MOST_BUSTS);
  count = 0;

  has(trade: number): boolean {
    return this.ids.subarray(0, this.count).includes(trade);
  }

  isFull(): boolean {
    return this.count === MOST_BUSTS;
  }

  add(trade: number): void {
    this.ids[this.count++] = trade;
  }

  /** Throws with a sentence that names what is wrong. lastEvent: no trade has a higher id. */
  validate(lastEvent: number): void {
    const ids = [...this.ids.subarray(0, this.count)];
    if (new Set(ids).size !== ids.length) throw new Error('a trade was made void twice');
    if (!ids.every((trade) => trade >= 1 && trade < lastEvent)) throw new Error('a trade is void that was not there');
  }
}
