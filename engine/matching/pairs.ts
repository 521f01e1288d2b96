/**
 * Which two orders are the legs of one-cancels-other, and what that spares their owner: of two legs of one side only the
 * larger one is open and reserves, for only one of them ever trades. Each order is accounted for as if it were alone; what
 * both share, the smaller of each, is given back beside that while the pair lives.
 * The shard's thread. Orders that are no legs do not come here.
 */

import * as orderWords from '../book/order-words.js';
import * as ledgerWords from '../ledger/ledger-words.js';
import * as pairIndex from '../ledger/pair-index.js';
import { heldBy, purseAt } from './money.js';
import type { EngineState } from './state.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { FLAG_LEG, FLAG_SELL, FLAG_SELL_SHIFT, ORDER_ACCOUNT, ORDER_FLAGS, ORDER_INSTRUMENT } = orderWords;
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

/** Two open orders are the legs of one pair from here on. */
export function joinLegs(state: EngineState, first: number, second: number): void {
  state.legs[first] = second;
  state.legs[second] = first;
  for (const slot of [first, second]) {
    const flagsAt = (slot << ORDER_SHIFT) + ORDER_FLAGS;
    state.orders[flagsAt] = (state.orders[flagsAt] as number) | FLAG_LEG;
  }
  shareLeg(state, first, 1);
}

/** A leg and its other one, if it has one, know nothing of each other from here on. */
export function partLegs(state: EngineState, slot: number): void {
  const other = otherLeg(state, slot);
  if (other < 0) return;
  shareLeg(state, slot, -1);
  for (const leg of [slot, other]) {
    const flagsAt = (leg << ORDER_SHIFT) + ORDER_FLAGS;
    state.orders[flagsAt] = (state.orders[flagsAt] as number) & ~FLAG_LEG;
  }
}

/** Gives back (`sign` 1), or takes again (-1), what a leg as it is shares with its other one. */
function shareLeg(state: EngineState, slot: number, sign: number): void {
  const at = slot << ORDER_SHIFT;
  const price = state.orders[at + ORDER_PRICE] as number;
  share(state, slot, price, (state.orders[at + ORDER_LEAVES] as number) >>> 0, sign);
}

/** The same of a leg that has, or is about to have, this price and so many lots open. */
export function share(state: EngineState, slot: number, price: number, lots: number, sign: number): void {
  const other = sharingLeg(state, slot);
  if (other < 0) return;
  const { orders } = state;
  const at = slot << ORDER_SHIFT;
  const otherAt = other << ORDER_SHIFT;
  const sell = ((orders[at + ORDER_FLAGS] as number) >>> FLAG_SELL_SHIFT) & 1;
  const holding = state.ledger.findHolding(
    orders[at + ORDER_ACCOUNT] as number,
    orders[at + ORDER_INSTRUMENT] as number,
  );
  const otherLots = (orders[otherAt + ORDER_LEAVES] as number) >>> 0;
  const openAt = (holding << HOLDING_SHIFT) + HOLDING_OPEN + sell;
  state.holdingSums[openAt] = (state.holdingSums[openAt] as number) - sign * Math.min(lots, otherLots);
  if ((state.holdingWords[(holding << PAIR_SHIFT) + HOLDING_QUOTE_PURSE] as number) < 0) return;
  const amount = Math.min(
    heldBy(state, holding, sell, price, lots),
    heldBy(state, holding, sell, orders[otherAt + ORDER_PRICE] as number, otherLots),
  );
  const sums = state.purseSums;
  const purse = purseAt(state, holding, sell);
  sums[purse + PURSE_AVAILABLE] = (sums[purse + PURSE_AVAILABLE] as number) + sign * amount;
  sums[purse + PURSE_RESERVED] = (sums[purse + PURSE_RESERVED] as number) - sign * amount;
}
