/**
 * Walks the orders with a hidden part: each has its record, shows what it may, and the levels know what is hidden. For
 * tests and checkers. Throws with a sentence that names the first thing that is wrong.
 */

import { HIDDEN, LEVEL_PLACE, LEVEL_SHIFT, PLACE_FREE, TOTAL_SHIFT } from '../book/level-words.js';
import { FREE, ORDER_LEAVES, ORDER_LEVEL, ORDER_SHIFT } from '../book/order-words.js';
import { SPECIAL_PEAK } from '../book/special-pool.js';
import { hiddenOf, isIceberg } from '../matching/iceberg.js';
import type { EngineState } from '../state/state.js';

export function validateIcebergs(state: EngineState): void {
  const { books, orders, specials } = state;
  const byLevel = new Map<number, number>();
  let live = 0;
  for (let slot = 0; slot < books.orders.used; slot++) {
    const at = slot << ORDER_SHIFT;
    const level = orders[at + ORDER_LEVEL] as number;
    if (level === FREE || !isIceberg(state, slot)) continue;
    live++;
    if (!specials.has(slot)) throw new Error(`order slot ${slot} has a hidden part and no record of it`);
    const hidden = hiddenOf(state, slot);
    const shown = ((orders[at + ORDER_LEAVES] as number) >>> 0) - hidden;
    const peak = (specials.words[specials.at(slot) + SPECIAL_PEAK] as number) >>> 0;
    if (level < 0 ? hidden !== 0 : shown < 1 || shown > peak) {
      throw new Error(`order slot ${slot} shows ${shown} with ${hidden} hidden and a peak of ${peak}`);
    }
    if (level >= 0) byLevel.set(level, (byLevel.get(level) ?? 0) + hidden);
  }
  specials.validate(live);
  for (let level = 0; level < books.levels.used; level++) {
    if (books.levels.words[(level << LEVEL_SHIFT) + LEVEL_PLACE] === PLACE_FREE) continue;
    const counted = books.levels.totals[(level << TOTAL_SHIFT) + HIDDEN] as number;
    const hidden = byLevel.get(level) ?? 0;
    if (counted !== hidden) throw new Error(`level ${level} counts ${counted} hidden lots, its orders hide ${hidden}`);
  }
}
