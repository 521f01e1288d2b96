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
import type { EngineState } from './state.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { feeOf } = amounts;
const { EVENT_AMOUNT } = layout;
const { FLAG_SELL_SHIFT, ORDER_ACCOUNT, ORDER_FLAGS, ORDER_INSTRUMENT, ORDER_PRICE, ORDER_SHIFT } = orderWords;
const { ACCOUNT_FEE_TIER, ACCOUNT_SHIFT, INSTRUMENT_QUOTE_ASSET, INSTRUMENT_SHIFT } = registryWords;
const { PAIR_SHIFT } = pairIndex;
const {
  FEE_SHIFT,
  FEE_TIER_SHIFT,
  HOLDING_BASE_PURSE,
  HOLDING_BASE_UNIT,
  HOLDING_FEE_CAP,
  HOLDING_QUOTE_PURSE,
  HOLDING_SHIFT,
  HOLDING_UNIT,
  PURSE_AVAILABLE,
  PURSE_RESERVED,
  PURSE_SHIFT,
  WORTH_BASE_UNIT,
  WORTH_FEE_CAP,
  WORTH_SHIFT,
  WORTH_UNIT,
} = ledgerWords;

/** What an order reserves: of the base asset for a sell, of the quote asset for a buy at `price` at worst. */
function amountOf(sell: number, price: number, lots: number, unit: number, baseUnit: number, feeCap: number): number {
  if (sell !== 0) return lots * baseUnit;
  const notional = lots * price * unit;
  return notional + feeOf(notional, feeCap);
}

/** The same, by the terms of an instrument. */
export function reserveOf(state: EngineState, instrument: number, sell: number, price: number, lots: number): number {
  const { worth } = state.ledger;
  const at = instrument << WORTH_SHIFT;
  return amountOf(
    sell,
    price,
    lots,
    worth[at + WORTH_UNIT] as number,
    worth[at + WORTH_BASE_UNIT] as number,
    worth[at + WORTH_FEE_CAP] as number,
  );
}

/** The same, by the copies of a holding. */
export function heldBy(state: EngineState, holding: number, sell: number, price: number, lots: number): number {
  const sums = state.holdingSums;
  const at = holding << HOLDING_SHIFT;
  return amountOf(
    sell,
    price,
    lots,
    sums[at + HOLDING_UNIT] as number,
    sums[at + HOLDING_BASE_UNIT] as number,
    sums[at + HOLDING_FEE_CAP] as number,
  );
}

/** Takes out of what is available what an order at `price` with `lots` open reserves. */
export function reserve(state: EngineState, holding: number, sell: number, price: number, lots: number): void {
  const amount = heldBy(state, holding, sell, price, lots);
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
  const amount = heldBy(state, holding, sell, price, before) - heldBy(state, holding, sell, price, after);
  const at = purseAt(state, holding, sell);
  const sums = state.purseSums;
  sums[at + PURSE_AVAILABLE] = (sums[at + PURSE_AVAILABLE] as number) + amount;
  sums[at + PURSE_RESERVED] = (sums[at + PURSE_RESERVED] as number) - amount;
}

/** The purse that an order of this side reserves in. */
export function purseAt(state: EngineState, holding: number, sell: number): number {
  const word = (holding << PAIR_SHIFT) + (sell === 0 ? HOLDING_QUOTE_PURSE : HOLDING_BASE_PURSE);
  return (state.holdingWords[word] as number) << PURSE_SHIFT;
}

/** Pays one side of a trade of `notional` and writes its fee into the fill at word `eventAt`; as fillOrder of holdings.ts. */
export function settle(
  state: EngineState,
  slot: number,
  holding: number,
  eventAt: number,
  notional: number,
  quantity: number,
  after: number,
  fee: number,
): void {
  const orders = state.orders;
  const at = slot << ORDER_SHIFT;
  const instrument = orders[at + ORDER_INSTRUMENT] as number;
  const sell = ((orders[at + ORDER_FLAGS] as number) >>> FLAG_SELL_SHIFT) & 1;
  const leaves = after >>> 0;
  const sums = state.purseSums;
  const baseAt = purseAt(state, holding, 1);
  const quoteAt = purseAt(state, holding, 0);
  const lots = quantity * (state.holdingSums[(holding << HOLDING_SHIFT) + HOLDING_BASE_UNIT] as number);
  const tier = state.accounts[((orders[at + ORDER_ACCOUNT] as number) << ACCOUNT_SHIFT) + ACCOUNT_FEE_TIER] as number;
  const rate = state.ledger.fees[(((instrument << FEE_TIER_SHIFT) + tier) << FEE_SHIFT) + fee] as number;
  const charged = feeOf(notional, rate);
  if (sell === 0) {
    const price = orders[at + ORDER_PRICE] as number;
    const freed = heldBy(state, holding, 0, price, leaves + quantity) - heldBy(state, holding, 0, price, leaves);
    sums[quoteAt + PURSE_RESERVED] = (sums[quoteAt + PURSE_RESERVED] as number) - freed;
    sums[quoteAt + PURSE_AVAILABLE] = (sums[quoteAt + PURSE_AVAILABLE] as number) + (freed - notional - charged);
    sums[baseAt + PURSE_AVAILABLE] = (sums[baseAt + PURSE_AVAILABLE] as number) + lots;
  } else {
    sums[baseAt + PURSE_RESERVED] = (sums[baseAt + PURSE_RESERVED] as number) - lots;
    sums[quoteAt + PURSE_AVAILABLE] = (sums[quoteAt + PURSE_AVAILABLE] as number) + (notional - charged);
  }
  if (charged === 0) return;
  const asset = state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_QUOTE_ASSET] as number;
  state.ledger.venue[asset] = (state.ledger.venue[asset] as number) + charged;
  state.events[eventAt + EVENT_AMOUNT] = charged;
  state.events[eventAt + EVENT_AMOUNT + 1] = Math.floor(charged / 4294967296);
}
