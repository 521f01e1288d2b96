/**
 * Money of orders in instruments that have it: what they reserve, let go, pay and get. Amounts are whole numbers of their
 * asset; reserves are made of price and leaves alone, so that no order has to remember its own.
 * The shard's thread. The checks are done: nothing here can fail.
 */

import * as layout from '../../schemas/layout.js';
import * as orderWords from '../book/order-words.js';
import * as amounts from '../ledger/amounts.js';
import * as ledgerWords from '../ledger/ledger-words.js';
import * as pairIndex from '../ledger/pair-index.js';
import * as registryWords from '../registry-words.js';
import type { EngineState } from '../state/state.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { feeOf } = amounts;
const { EVENT_AMOUNT } = layout;
const { FLAG_SELL_SHIFT, ORDER_ACCOUNT, ORDER_FLAGS, ORDER_INSTRUMENT, ORDER_PRICE, ORDER_SHIFT, SLOT_MASK } =
  orderWords;
const { ACCOUNT_FEE_TIER, ACCOUNT_MASK, ACCOUNT_SHIFT, INSTRUMENT_MASK, INSTRUMENT_QUOTE_ASSET, INSTRUMENT_SHIFT } =
  registryWords;
const { PAIR_SHIFT } = pairIndex;
const {
  CHECKED_AMOUNT,
  CHECKED_LOTS,
  FEE_SHIFT,
  FEE_TIER_SHIFT,
  HOLDING_BASE_UNIT,
  HOLDING_FEE_CAP,
  HOLDING_FIXED,
  HOLDING_MASK,
  HOLDING_QUOTE_PURSE,
  HOLDING_SHIFT,
  HOLDING_UNIT,
  PURSE_AVAILABLE,
  PURSE_MASK,
  PURSE_RESERVED,
  PURSE_SHIFT,
  WORTH_BASE_UNIT,
  WORTH_FEE_CAP,
  WORTH_SHIFT,
  WORTH_UNIT,
} = ledgerWords;

/** What an order reserves: of the base asset for a sell, of the quote asset for a buy at `price` at worst. */
export function reserveOf(state: EngineState, instrument: number, sell: number, price: number, lots: number): number {
  const { worth } = state.ledger;
  const at = instrument << WORTH_SHIFT;
  if (sell !== 0) return lots * (worth[at + WORTH_BASE_UNIT] as number);
  const notional = lots * price * (worth[at + WORTH_UNIT] as number);
  return notional + feeOf(notional, worth[at + WORTH_FEE_CAP] as number);
}

/** The same, by what a holding has of them. Sides come as if by dice: what differs is looked up, not branched on. */
export function heldBy(state: EngineState, holding: number, sell: number, price: number, lots: number): number {
  const sums = state.holdingSums;
  const at = ((holding & HOLDING_MASK) << HOLDING_SHIFT) + (sell & 1);
  const amount = lots * (price * (sums[at + HOLDING_UNIT] as number) + (sums[at + HOLDING_FIXED] as number));
  return amount + feeOf(amount, sums[at + HOLDING_FEE_CAP] as number);
}

/**
 * Takes out of what is available what an order at `price` with `lots` open reserves; `checked`: what was found for its
 * New at this price, or null.
 */
export function reserve(
  state: EngineState,
  holding: number,
  sell: number,
  price: number,
  lots: number,
  checked: Float64Array | null,
): void {
  const amount =
    checked !== null && checked[CHECKED_LOTS] === lots
      ? (checked[CHECKED_AMOUNT] as number)
      : heldBy(state, holding, sell, price, lots);
  const at = purseAt(state, holding, sell);
  const sums = state.purseSums;
  sums[at + PURSE_AVAILABLE] = (sums[at + PURSE_AVAILABLE] as number) - amount;
  sums[at + PURSE_RESERVED] = (sums[at + PURSE_RESERVED] as number) + amount;
}

/** Makes available again what an order no more reserves, with `after` lots open instead of `before`. */
export function letGo(
  state: EngineState,
  holding: number,
  sell: number,
  price: number,
  before: number,
  after: number,
): void {
  const left = after === 0 ? 0 : heldBy(state, holding, sell, price, after);
  const amount = heldBy(state, holding, sell, price, before) - left;
  const at = purseAt(state, holding, sell);
  const sums = state.purseSums;
  sums[at + PURSE_AVAILABLE] = (sums[at + PURSE_AVAILABLE] as number) + amount;
  sums[at + PURSE_RESERVED] = (sums[at + PURSE_RESERVED] as number) - amount;
}

/** The purse that an order of this side reserves in. */
export function purseAt(state: EngineState, holding: number, sell: number): number {
  const word = ((holding & HOLDING_MASK) << PAIR_SHIFT) + HOLDING_QUOTE_PURSE - (sell & 1);
  return ((state.holdingWords[word] as number) & PURSE_MASK) << PURSE_SHIFT;
}

/**
 * Pays one side of a trade of `notional` and writes its fee into the fill at word `eventAt`; as fillOrder of holdings.ts.
 * `reserved`: 1, or 0 for an order that came just now and reserves nothing yet: it pays out of what is available.
 */
export function settle(
  state: EngineState,
  slot: number,
  holding: number,
  eventAt: number,
  notional: number,
  quantity: number,
  after: number,
  fee: number,
  reserved: number,
): void {
  const orders = state.orders;
  const at = (slot & SLOT_MASK) << ORDER_SHIFT;
  const instrument = orders[at + ORDER_INSTRUMENT] as number;
  const sell = ((orders[at + ORDER_FLAGS] as number) >>> FLAG_SELL_SHIFT) & 1;
  const sums = state.purseSums;
  const baseAt = purseAt(state, holding, 1);
  const quoteAt = purseAt(state, holding, 0);
  const lots =
    quantity * (state.holdingSums[((holding & HOLDING_MASK) << HOLDING_SHIFT) + HOLDING_BASE_UNIT] as number);
  const accountAt = ((orders[at + ORDER_ACCOUNT] as number) & ACCOUNT_MASK) << ACCOUNT_SHIFT;
  const tier = state.accounts[accountAt + ACCOUNT_FEE_TIER] as number;
  const feeAt = ((((instrument & INSTRUMENT_MASK) << FEE_TIER_SHIFT) + tier) << FEE_SHIFT) + fee;
  const charged = feeOf(notional, state.fees[feeAt] as number);
  if (reserved !== 0) {
    letGo(state, holding, sell, orders[at + ORDER_PRICE] as number, (after >>> 0) + quantity, after >>> 0);
  }
  const sign = 1 - (sell << 1);
  const paid = 0 - notional * sign;
  const got = lots * sign;
  sums[quoteAt + PURSE_AVAILABLE] = (sums[quoteAt + PURSE_AVAILABLE] as number) + (paid - charged);
  sums[baseAt + PURSE_AVAILABLE] = (sums[baseAt + PURSE_AVAILABLE] as number) + got;
  if (charged === 0) return;
  const asset = state.instruments[
    ((instrument & INSTRUMENT_MASK) << INSTRUMENT_SHIFT) + INSTRUMENT_QUOTE_ASSET
  ] as number;
  const venue = state.venue;
  venue[asset] = (venue[asset] as number) + charged;
  const events = state.events;
  events[eventAt + EVENT_AMOUNT] = charged;
  events[eventAt + EVENT_AMOUNT + 1] = Math.floor(charged / 4294967296);
}
