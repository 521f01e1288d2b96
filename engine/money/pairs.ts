/**
 * Which two orders are the legs of one-cancels-other, and what that spares their owner: of two legs of one side only the
 * larger one is open and reserves, for only one of them ever trades.
 * The shard's thread. Orders that are no legs do not come here.
 */

import * as orderWords from '../book/order-words.js';
import * as ledgerWords from '../ledger/ledger-words.js';
import * as pairIndex from '../ledger/pair-index.js';
import type { EngineState } from '../state/state.js';
import { heldBy, purseAt } from './money.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { FLAG_LEG, FLAG_LISTED, FLAG_SELL, FLAG_SELL_SHIFT, ORDER_FLAGS } = orderWords;
const { ORDER_LEAVES, ORDER_PRICE, ORDER_SHIFT, SLOT_MASK } = orderWords;
const { PAIR_SHIFT } = pairIndex;
const { HOLDING_OPEN, HOLDING_QUOTE_PURSE, HOLDING_SHIFT, PURSE_AVAILABLE, PURSE_RESERVED } = ledgerWords;

/** The other leg of an order, or -1. */
export function otherLeg(state: EngineState, slot: number): number {
  const flags = state.orders[((slot & SLOT_MASK) << ORDER_SHIFT) + ORDER_FLAGS] as number;
  return (flags & FLAG_LEG) === 0 ? -1 : (state.legs[slot] as number);
}

/** The other leg where it is of the same side, or -1. */
export function sharingLeg(state: EngineState, slot: number): number {
  const other = otherLeg(state, slot);
  if (other < 0) return -1;
  const flags = state.orders[(slot << ORDER_SHIFT) + ORDER_FLAGS] as number;
  const otherFlags = state.orders[(other << ORDER_SHIFT) + ORDER_FLAGS] as number;
  return ((flags ^ otherFlags) & FLAG_SELL) === 0 ? other : -1;
}

/** Two orders are the legs of one pair from here on; before either is open. */
export function joinLegs(state: EngineState, first: number, second: number): void {
  state.legs[first] = second;
  state.legs[second] = first;
  for (const slot of [first, second]) {
    const flagsAt = (slot << ORDER_SHIFT) + ORDER_FLAGS;
    state.orders[flagsAt] = (state.orders[flagsAt] as number) | FLAG_LEG;
  }
}

/** A leg and its other one know nothing of each other from here on; one of them has nothing open any more. */
export function partLegs(state: EngineState, slot: number): void {
  for (const leg of [slot, state.legs[slot] as number]) {
    const flagsAt = (leg << ORDER_SHIFT) + ORDER_FLAGS;
    state.orders[flagsAt] = (state.orders[flagsAt] as number) & ~FLAG_LEG;
  }
}

/** A leg has `toLots` open at `toPrice` instead of `fromLots` at `fromPrice`: what that changes of the larger leg. */
export function moveLeg(
  state: EngineState,
  slot: number,
  holding: number,
  fromPrice: number,
  fromLots: number,
  toPrice: number,
  toLots: number,
): void {
  const { orders } = state;
  const sell = ((orders[(slot << ORDER_SHIFT) + ORDER_FLAGS] as number) >>> FLAG_SELL_SHIFT) & 1;
  const other = sharingLeg(state, slot);
  const otherAt = other << ORDER_SHIFT;
  const isOpen = other >= 0 && ((orders[otherAt + ORDER_FLAGS] as number) & FLAG_LISTED) !== 0;
  const otherLots = isOpen ? (orders[otherAt + ORDER_LEAVES] as number) >>> 0 : 0;
  const openAt = (holding << HOLDING_SHIFT) + HOLDING_OPEN + sell;
  const lots = Math.max(toLots, otherLots) - Math.max(fromLots, otherLots);
  state.holdingSums[openAt] = (state.holdingSums[openAt] as number) + lots;
  if ((state.holdingWords[(holding << PAIR_SHIFT) + HOLDING_QUOTE_PURSE] as number) < 0) return;
  const held = (price: number, open: number) => (open === 0 ? 0 : heldBy(state, holding, sell, price, open));
  const others = isOpen ? held(orders[otherAt + ORDER_PRICE] as number, otherLots) : 0;
  // One step: what both would reserve each by itself may be more than there is, and more than can be counted exactly.
  const amount = Math.max(held(toPrice, toLots), others) - Math.max(held(fromPrice, fromLots), others);
  const sums = state.purseSums;
  const purse = purseAt(state, holding, sell);
  sums[purse + PURSE_AVAILABLE] = (sums[purse + PURSE_AVAILABLE] as number) - amount;
  sums[purse + PURSE_RESERVED] = (sums[purse + PURSE_RESERVED] as number) + amount;
}
