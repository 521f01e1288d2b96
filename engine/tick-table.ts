/**
 * Prices on a tick, by the tick table of an instrument that has one (registry-words.ts). The shard's thread. The table
 * begins at the lowest price and the highest one is on a tick, so both functions stay among the instrument's prices.
 */

import * as registryWords from './registry-words.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { TICK_ROWS, TICKS_SHIFT } = registryWords;

/** The highest price on a tick that is not above `price`. */
export function tickBelow(ticks: Int32Array, instrument: number, price: number): number {
  const at = rowOf(ticks, instrument, price);
  const from = ticks[at] as number;
  return price - ((price - from) % ((ticks[at + 1] as number) >>> 0));
}

/** The lowest price on a tick that is not below `price`. */
export function tickAbove(ticks: Int32Array, instrument: number, price: number): number {
  const below = tickBelow(ticks, instrument, price);
  if (below === price) return price;
  const at = rowOf(ticks, instrument, price);
  const above = below + ((ticks[at + 1] as number) >>> 0);
  const isLast = at + 2 === (instrument + 1) << TICKS_SHIFT || ticks[at + 3] === 0;
  // The next row begins where it says, whatever the ticks of this one come to.
  return isLast ? above : Math.min(above, ticks[at + 2] as number);
}

/** Where the row of a price is. */
function rowOf(ticks: Int32Array, instrument: number, price: number): number {
  const first = instrument << TICKS_SHIFT;
  let at = first;
  for (let row = 1; row < TICK_ROWS; row++) {
    const next = first + 2 * row;
    if (ticks[next + 1] === 0 || (ticks[next] as number) > price) break;
    at = next;
  }
  return at;
}
