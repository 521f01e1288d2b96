/**
 * Self-trade prevention in auctions, where the instrument asks for it: before an uncross looks for its price, orders of one
 * owner that cross each other meet once, from the best on, and the mode of the newer one says what becomes of them.
 * The shard's thread. In steps: one look at an order is a visit.
 *
 * First the sells that cross are put into a list for each owner, by priority; then the buys that cross go through the list
 * of their owner. Lists are of one operation at a time: it waits until it is the oldest.
 */

import { EventKind, Liquidity, Reason, SelfTrade } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import * as orderWords from '../book/order-words.js';
import { cancelOrder } from '../matching/apply-cancel.js';
import { hiddenOf, putHidden, takeHidden } from '../matching/iceberg.js';
import { takeOff } from '../matching/order-life.js';
import { shrinkOrder } from '../money/holdings.js';
import * as registryWords from '../registry-words.js';
import * as operationWords from '../state/operations.js';
import { type EngineState, writeOrderEvent } from '../state/state.js';
import { firstInSide, nextInSide } from './phases.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { EVENT_BOOK_BIT, EVENT_LIQUIDITY_SHIFT, NO_PRICE } = layout;
const { ACCOUNT_OWNER, ACCOUNT_SHIFT } = registryWords;
const { FLAG_AGED, FREE, ORDER_ACCOUNT, ORDER_FLAGS, ORDER_INSTRUMENT, ORDER_LEAVES, ORDER_LEVEL, ORDER_PRICE } =
  orderWords;
const { ORDER_SHIFT, SELF_TRADE_MASK, SELF_TRADE_SHIFT } = orderWords;
const { OPERATION_CURSOR, OPERATION_INSTRUMENT, OPERATION_SHIFT, OPERATION_STAGE } = operationWords;

const NEWEST = SelfTrade.Newest;
const OLDEST = SelfTrade.Oldest;
const BOTH = SelfTrade.Both;
const DECREMENT = SelfTrade.Decrement;
const PREVENTED = EventKind.Prevented | (Liquidity.Auction << EVENT_LIQUIDITY_SHIFT) | EVENT_BOOK_BIT;
/** Stages of an uncross before its price: sells are put into lists, buys go through them; then the price is next. */
export const STAGE_SELLS = 3;
export const STAGE_BUYS = 4;
const STAGE_PRICE = 5;

/** The visits of one go: a step that was stopped before is the first one of the next go. */
class Visits {
  left: number;
  paid: boolean;

  constructor(most: number, goesOn: boolean) {
    this.left = goesOn ? most - 1 : most;
    this.paid = goesOn;
  }

  take(): boolean {
    if (this.paid) this.paid = false;
    else if (this.left === 0) return false;
    else this.left--;
    return true;
  }
}

/** The stage in which an uncross of this instrument begins: nothing has to be walked where no order crosses another. */
export function beginPrevention(state: EngineState, row: number, instrument: number): void {
  const at = row << OPERATION_SHIFT;
  const sell = firstInSide(state, (instrument << 1) + 1);
  const words = state.operations.words;
  words[at + OPERATION_STAGE] = cross(state, firstInSide(state, instrument << 1), sell) ? STAGE_SELLS : STAGE_PRICE;
  words[at + OPERATION_CURSOR] = sell;
}

/** Goes on until own orders do not cross any more as far as their modes want that; true when the price is next. */
export function runPrevention(state: EngineState, row: number): boolean {
  const words = state.operations.words;
  const at = row << OPERATION_SHIFT;
  if (words[at + OPERATION_STAGE] === STAGE_PRICE) return true;
  const goesOn = row !== state.operations.scratch;
  // The lists are those of the oldest operation.
  if (!goesOn && state.operations.count > 0) return false;
  const visits = new Visits(state.maxVisits, goesOn);
  if (words[at + OPERATION_STAGE] === STAGE_SELLS && !runSells(state, at, visits)) return false;
  if (!runBuys(state, at, visits)) return false;
  words[at + OPERATION_STAGE] = STAGE_PRICE;
  words[at + OPERATION_CURSOR] = -1;
  return true;
}

/** Puts the sells that cross the best buy into the lists of their owners. */
function runSells(state: EngineState, at: number, visits: Visits): boolean {
  const { ownOrders, operations } = state;
  const words = operations.words;
  const buys = (words[at + OPERATION_INSTRUMENT] as number) << 1;
  const buyer = firstInSide(state, buys);
  let sell = words[at + OPERATION_CURSOR] as number;
  // The first one finds the lists of another walk.
  if (sell === firstInSide(state, buys + 1)) ownOrders.clear();
  while (cross(state, buyer, sell)) {
    if (!visits.take()) {
      words[at + OPERATION_CURSOR] = sell;
      return false;
    }
    ownOrders.add(ownerOf(state, sell), sell);
    sell = nextInSide(state, sell);
  }
  visits.paid = false;
  words[at + OPERATION_STAGE] = STAGE_BUYS;
  words[at + OPERATION_CURSOR] = buyer;
  return true;
}

/** Each buy that crosses the best sell meets the sells of its owner, one after the other. */
function runBuys(state: EngineState, at: number, visits: Visits): boolean {
  const { ownOrders, operations } = state;
  const words = operations.words;
  const instrument = words[at + OPERATION_INSTRUMENT] as number;
  let buy = words[at + OPERATION_CURSOR] as number;
  while (cross(state, buy, firstInSide(state, (instrument << 1) + 1))) {
    words[at + OPERATION_CURSOR] = buy;
    if (!visits.take()) return false;
    const owner = ownerOf(state, buy);
    const sell = firstSell(state, owner, instrument);
    if (!cross(state, buy, sell)) {
      buy = nextInSide(state, buy);
      continue;
    }
    const [older, newer] = isNewer(state, sell, buy) ? [buy, sell] : [sell, buy];
    const mode = modeOf(state, newer);
    if (state.next + (mode === BOTH || mode === DECREMENT ? 2 : 1) > state.end) return false;
    // Who is done steps aside before it may be gone; what a decrement leaves meets the next one.
    const shared = Math.min(leavesOf(state, buy), leavesOf(state, sell));
    const isDone = (slot: number) => (mode === DECREMENT ? leavesOf(state, slot) === shared : slot === newer);
    const olderGoes = mode === BOTH || mode === OLDEST;
    if ((older === sell && olderGoes) || (isDone(sell) && mode !== OLDEST)) ownOrders.removeFirst(owner);
    if ((older === buy && olderGoes) || (isDone(buy) && mode !== OLDEST)) buy = nextInSide(state, buy);
    if (mode === DECREMENT) {
      lose(state, older, shared);
      lose(state, newer, shared);
    }
    if (olderGoes) cancelOrder(state, older, Reason.SelfTrade, 0, 0);
    if (mode === BOTH || mode === NEWEST) cancelOrder(state, newer, Reason.SelfTrade, 0, 0);
  }
  return true;
}

/** The owner's first sell of the list that is still there. */
function firstSell(state: EngineState, owner: number, instrument: number): number {
  const { ownOrders, orders } = state;
  for (;;) {
    const sell = ownOrders.first(owner);
    if (sell < 0) return sell;
    const at = sell << ORDER_SHIFT;
    // No order comes into the instrument meanwhile: a slot that was used anew is another instrument's.
    if (orders[at + ORDER_LEVEL] !== FREE && orders[at + ORDER_INSTRUMENT] === instrument) return sell;
    ownOrders.removeFirst(owner);
  }
}

/** A resting order loses so much without a trade. */
function lose(state: EngineState, slot: number, quantity: number): void {
  const at = slot << ORDER_SHIFT;
  const orders = state.orders;
  const before = leavesOf(state, slot);
  const leaves = before - quantity;
  shrinkOrder(state, slot, before, leaves);
  const hidden = takeHidden(state, slot, quantity);
  const shown = leaves - hiddenOf(state, slot);
  orders[at + ORDER_LEAVES] = leaves;
  const price = orders[at + ORDER_PRICE] as number;
  putHidden(state, writeOrderEvent(state, slot, price, quantity, leaves, shown, PREVENTED), hidden);
  state.books.reduce(orders[at + ORDER_LEVEL] as number, quantity);
  if (leaves === 0) takeOff(state, slot);
}

/** Whether a buy and a sell that rest would trade; -1 is none. */
function cross(state: EngineState, buy: number, sell: number): boolean {
  if (buy < 0 || sell < 0) return false;
  const bid = state.orders[(buy << ORDER_SHIFT) + ORDER_PRICE] as number;
  const ask = state.orders[(sell << ORDER_SHIFT) + ORDER_PRICE] as number;
  return bid === NO_PRICE || ask === NO_PRICE || bid >= ask;
}

function ownerOf(state: EngineState, slot: number): number {
  const account = state.orders[(slot << ORDER_SHIFT) + ORDER_ACCOUNT] as number;
  return state.accounts[(account << ACCOUNT_SHIFT) + ACCOUNT_OWNER] as number;
}

/**
 * Of two that cross at least one came to rest where nothing matches, later than the other: an order without an age is the
 * older one, and one that rested in continuous trading since has an age of before.
 */
function isNewer(state: EngineState, first: number, second: number): boolean {
  const { orders, ownOrders } = state;
  if (((orders[(first << ORDER_SHIFT) + ORDER_FLAGS] as number) & FLAG_AGED) === 0) return false;
  if (((orders[(second << ORDER_SHIFT) + ORDER_FLAGS] as number) & FLAG_AGED) === 0) return true;
  return ownOrders.isNewer(first, second);
}

function modeOf(state: EngineState, slot: number): SelfTrade {
  return ((state.orders[(slot << ORDER_SHIFT) + ORDER_FLAGS] as number) >>> SELF_TRADE_SHIFT) & SELF_TRADE_MASK;
}

function leavesOf(state: EngineState, slot: number): number {
  return (state.orders[(slot << ORDER_SHIFT) + ORDER_LEAVES] as number) >>> 0;
}
