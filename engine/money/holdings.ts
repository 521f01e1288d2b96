/**
 * What orders do to the holdings of their accounts as they enter, trade, shrink and leave: open lots, position, cost and
 * realised profit. Money, where an instrument has it, is in money.ts; the checks before all this in check-limits.ts.
 * The shard's thread.
 */

import * as orderWords from '../book/order-words.js';
import * as amounts from '../ledger/amounts.js';
import * as ledgerWords from '../ledger/ledger-words.js';
import * as pairIndex from '../ledger/pair-index.js';
import * as registryWords from '../registry-words.js';
import type { EngineState } from '../state/state.js';
import * as moneyFunctions from './money.js';
import { moveLeg } from './pairs.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { shareOf } = amounts;
const { letGo, reserve, settle } = moneyFunctions;
const {
  FLAG_LEG,
  FLAG_LISTED,
  FLAG_LISTED_SHIFT,
  FLAG_SELL_SHIFT,
  ORDER_ACCOUNT,
  ORDER_FLAGS,
  ORDER_INSTRUMENT,
  ORDER_LEAVES,
  ORDER_PRICE,
  ORDER_SHIFT,
  SLOT_MASK,
} = orderWords;
const { PAIR_SHIFT } = pairIndex;
const {
  ACCOUNT_MASK,
  ACCOUNT_OPEN_ORDERS,
  ACCOUNT_SHIFT,
  INSTRUMENT_BASE_ASSET,
  INSTRUMENT_QUOTE_ASSET,
  INSTRUMENT_SHIFT,
} = registryWords;
const {
  HOLDING_CAP,
  HOLDING_COST,
  HOLDING_MASK,
  HOLDING_OPEN,
  HOLDING_POSITION,
  HOLDING_QUOTE_PURSE,
  HOLDING_REALISED,
  HOLDING_SHIFT,
  HOLDING_UNIT,
} = ledgerWords;

/** A New is taken: its account has a holding from here on. Nothing is open yet; `state.holding` is as checkLimits left it. */
export function makeHolding(state: EngineState, account: number, instrument: number): void {
  if (state.holding < 0) state.holding = openHolding(state, account, instrument);
}

/**
 * What is left of a New rests, waits for its trigger or for a Continue: from here on (FLAG_LISTED) it is open. What of it
 * traded at once never was: it is only in the position.
 */
export function enterOrder(state: EngineState, slot: number): void {
  const orders = state.orders;
  const at = (slot & SLOT_MASK) << ORDER_SHIFT;
  const leaves = (orders[at + ORDER_LEAVES] as number) >>> 0;
  const sell = ((orders[at + ORDER_FLAGS] as number) >>> FLAG_SELL_SHIFT) & 1;
  const holding = state.holding;
  const sums = state.holdingSums;
  if (((orders[at + ORDER_FLAGS] as number) & FLAG_LEG) !== 0) {
    const price = orders[at + ORDER_PRICE] as number;
    countOrder(state, orders[at + ORDER_ACCOUNT] as number);
    moveLeg(state, slot, holding, price, 0, price, leaves);
    return;
  }
  const openAt = ((holding & HOLDING_MASK) << HOLDING_SHIFT) + HOLDING_OPEN + sell;
  sums[openAt] = (sums[openAt] as number) + leaves;
  countOrder(state, orders[at + ORDER_ACCOUNT] as number);
  if ((state.holdingWords[((holding & HOLDING_MASK) << PAIR_SHIFT) + HOLDING_QUOTE_PURSE] as number) >= 0) {
    reserve(state, holding, sell, orders[at + ORDER_PRICE] as number, leaves, state.checked);
  }
}

function countOrder(state: EngineState, account: number): void {
  const at = ((account & ACCOUNT_MASK) << ACCOUNT_SHIFT) + ACCOUNT_OPEN_ORDERS;
  state.accounts[at] = (state.accounts[at] as number) + 1;
}

function openHolding(state: EngineState, account: number, instrument: number): number {
  const at = instrument << INSTRUMENT_SHIFT;
  return state.ledger.addHolding(
    account,
    instrument,
    state.instruments[at + INSTRUMENT_BASE_ASSET] as number,
    state.instruments[at + INSTRUMENT_QUOTE_ASSET] as number,
  );
}

/** An order that is open leaves the engine: what it still has open is open no more. */
export function leaveOrder(state: EngineState, slot: number): void {
  const orders = state.orders;
  const at = (slot & SLOT_MASK) << ORDER_SHIFT;
  const account = orders[at + ORDER_ACCOUNT] as number;
  const ordersAt = ((account & ACCOUNT_MASK) << ACCOUNT_SHIFT) + ACCOUNT_OPEN_ORDERS;
  state.accounts[ordersAt] = (state.accounts[ordersAt] as number) - 1;
  const leaves = (orders[at + ORDER_LEAVES] as number) >>> 0;
  if (leaves !== 0) closeLots(state, slot, holdingOf(state, slot), leaves, 0);
}

/** The same of one without another leg. */
export function leavePlain(state: EngineState, slot: number): void {
  const orders = state.orders;
  const at = (slot & SLOT_MASK) << ORDER_SHIFT;
  const account = orders[at + ORDER_ACCOUNT] as number;
  const ordersAt = ((account & ACCOUNT_MASK) << ACCOUNT_SHIFT) + ACCOUNT_OPEN_ORDERS;
  state.accounts[ordersAt] = (state.accounts[ordersAt] as number) - 1;
  const leaves = (orders[at + ORDER_LEAVES] as number) >>> 0;
  if (leaves !== 0) closePlain(state, slot, holdingOf(state, slot), leaves, 0);
}

/**
 * An order that stays, or is about to leave, has `after` lots open instead of `before`, at the price that it had. One that
 * came just now has none open.
 */
export function shrinkOrder(state: EngineState, slot: number, before: number, after: number): void {
  if (((state.orders[((slot & SLOT_MASK) << ORDER_SHIFT) + ORDER_FLAGS] as number) & FLAG_LISTED) === 0) return;
  closeLots(state, slot, holdingOf(state, slot), before, after);
}
/** The holding of an order's account: it has one, because it has an order. */
export function holdingOf(state: EngineState, slot: number): number {
  const at = (slot & SLOT_MASK) << ORDER_SHIFT;
  return state.ledger.findHolding(
    state.orders[at + ORDER_ACCOUNT] as number,
    state.orders[at + ORDER_INSTRUMENT] as number,
  );
}

function closeLots(state: EngineState, slot: number, holding: number, before: number, after: number): void {
  const at = (slot & SLOT_MASK) << ORDER_SHIFT;
  if (((state.orders[at + ORDER_FLAGS] as number) & FLAG_LEG) !== 0) {
    const price = state.orders[at + ORDER_PRICE] as number;
    moveLeg(state, slot, holding, price, before, price, after);
    return;
  }
  closePlain(state, slot, holding, before, after);
}

function closePlain(state: EngineState, slot: number, holding: number, before: number, after: number): void {
  const orders = state.orders;
  const at = (slot & SLOT_MASK) << ORDER_SHIFT;
  const sell = ((orders[at + ORDER_FLAGS] as number) >>> FLAG_SELL_SHIFT) & 1;
  const openAt = ((holding & HOLDING_MASK) << HOLDING_SHIFT) + HOLDING_OPEN + sell;
  state.holdingSums[openAt] = (state.holdingSums[openAt] as number) - (before - after);
  if ((state.holdingWords[((holding & HOLDING_MASK) << PAIR_SHIFT) + HOLDING_QUOTE_PURSE] as number) >= 0) {
    letGo(state, holding, sell, orders[at + ORDER_PRICE] as number, before, after);
  }
}

/** A replaced order is open with other lots at another price; its record has the old ones still. */
export function changeOrder(state: EngineState, slot: number, price: number, leaves: number): void {
  const orders = state.orders;
  const at = (slot & SLOT_MASK) << ORDER_SHIFT;
  const holding = holdingOf(state, slot);
  const before = (orders[at + ORDER_LEAVES] as number) >>> 0;
  if (((orders[at + ORDER_FLAGS] as number) & FLAG_LEG) !== 0) {
    moveLeg(state, slot, holding, orders[at + ORDER_PRICE] as number, before, price, leaves);
    return;
  }
  changePlain(state, slot, holding, price, leaves);
}

/** The same of one without another leg. */
export function changePlain(state: EngineState, slot: number, holding: number, price: number, leaves: number): void {
  const orders = state.orders;
  const at = (slot & SLOT_MASK) << ORDER_SHIFT;
  closePlain(state, slot, holding, (orders[at + ORDER_LEAVES] as number) >>> 0, 0);
  const sell = ((orders[at + ORDER_FLAGS] as number) >>> FLAG_SELL_SHIFT) & 1;
  const openAt = ((holding & HOLDING_MASK) << HOLDING_SHIFT) + HOLDING_OPEN + sell;
  state.holdingSums[openAt] = (state.holdingSums[openAt] as number) + leaves;
  if ((state.holdingWords[((holding & HOLDING_MASK) << PAIR_SHIFT) + HOLDING_QUOTE_PURSE] as number) >= 0) {
    reserve(state, holding, sell, price, leaves, null);
  }
}

/**
 * One side of a trade, whose fill is at word `eventAt`: the order's lots become position, and money moves where the
 * instrument has it. `after`: what the order has open behind it, as 32 bits; `fee`: FEE_MAKER, FEE_TAKER or FEE_AUCTION.
 */
export function fillOrder(
  state: EngineState,
  slot: number,
  eventAt: number,
  price: number,
  quantityBits: number,
  after: number,
  fee: number,
): void {
  fillHolding(state, slot, holdingOf(state, slot), eventAt, price, quantityBits, after, fee);
}

/** The same, by the holding of the order's account. */
export function fillHolding(
  state: EngineState,
  slot: number,
  holding: number,
  eventAt: number,
  price: number,
  quantityBits: number,
  after: number,
  fee: number,
): void {
  const orders = state.orders;
  const at = (slot & SLOT_MASK) << ORDER_SHIFT;
  const quantity = quantityBits >>> 0;
  const flags = orders[at + ORDER_FLAGS] as number;
  const sell = (flags >>> FLAG_SELL_SHIFT) & 1;
  const listed = (flags >>> FLAG_LISTED_SHIFT) & 1;
  const sums = state.holdingSums;
  const holdingAt = (holding & HOLDING_MASK) << HOLDING_SHIFT;
  const side = holdingAt + sell;
  sums[side + HOLDING_OPEN] = (sums[side + HOLDING_OPEN] as number) - quantity * listed;
  sums[side + HOLDING_CAP] = (sums[side + HOLDING_CAP] as number) - quantity;
  const each = price * (sums[holdingAt + HOLDING_UNIT] as number);
  const position = sums[holdingAt + HOLDING_POSITION] as number;
  const sign = 1 - (sell << 1);
  if (position * sign >= 0) {
    sums[holdingAt + HOLDING_POSITION] = position + quantity * sign;
    sums[holdingAt + HOLDING_COST] = (sums[holdingAt + HOLDING_COST] as number) + each * quantity;
  } else {
    closePosition(sums, holdingAt, position, quantity, each);
  }
  if ((state.holdingWords[((holding & HOLDING_MASK) << PAIR_SHIFT) + HOLDING_QUOTE_PURSE] as number) >= 0) {
    settle(state, slot, holding, eventAt, each * quantity, quantity, after, fee, listed);
  }
}

/** Lots that come against the position: they close it as far as they go, and open the other way with the rest. */
export function closePosition(
  sums: Float64Array,
  holdingAt: number,
  position: number,
  quantity: number,
  each: number,
): void {
  const size = position < 0 ? -position : position;
  const closed = quantity < size ? quantity : size;
  const cost = sums[holdingAt + HOLDING_COST] as number;
  const share = shareOf(cost, closed, size);
  const paid = each * closed;
  const realised = sums[holdingAt + HOLDING_REALISED] as number;
  sums[holdingAt + HOLDING_REALISED] = realised + (position > 0 ? paid - share : share - paid);
  const opened = quantity - closed;
  sums[holdingAt + HOLDING_COST] = opened > 0 ? each * opened : cost - share;
  sums[holdingAt + HOLDING_POSITION] = position > 0 ? position - quantity : position + quantity;
}
