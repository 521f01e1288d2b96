/**
 * Matching: an order that is off the book and has its price and leaves trades with the best of the other side, and what
 * is left rests or goes. Used by new orders, by replaces that lose their place, and by the Continue of either.
 * The shard's thread. All checks are done.
 */

import { EventKind, Liquidity, Reason, TimeInForce } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import { phasesThatMatch } from '../../schemas/phases.js';
import * as bookFunctions from '../book/book.js';
import * as levelWords from '../book/level-words.js';
import * as orderWords from '../book/order-words.js';
import * as sideWords from '../book/side-words.js';
import * as ledgerWords from '../ledger/ledger-words.js';
import * as holdingFunctions from '../money/holdings.js';
import * as registryWords from '../registry-words.js';
import * as operationWords from '../state/operations.js';
import { suspendOperation } from '../state/progress.js';
import type { EngineState } from '../state/state.js';
import * as stateFunctions from '../state/state.js';
import { expiryTimer } from '../timers/timer-ranges.js';
import { isStoppedByBand, keyWithinBand, startsAuction, startVolatilityAuction } from './bands.js';
import * as icebergFunctions from './iceberg.js';
import * as lifeFunctions from './order-life.js';
import * as selfTradeFunctions from './self-trade.js';
import * as unusualFunctions from './unusual-fill.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { forgetOrder, listOrder, takeOff } = lifeFunctions;
const { writeOrderEvent } = stateFunctions;
const { areOneOwner, preventSelfTrade } = selfTradeFunctions;
const { fillHolding, fillOrder, holdingOf } = holdingFunctions;
const { FEE_MAKER, FEE_TAKER } = ledgerWords;
const { showPeak } = icebergFunctions;
const { fillUnusual } = unusualFunctions;
const { keyOf } = bookFunctions;
const { EVENT_BOOK_BIT, EVENT_LIQUIDITY_SHIFT, EVENT_RELATED_ID, NO_PRICE } = layout;
const { SIDE_BEST, SIDE_MARKET, SIDE_SHIFT, SIDE_MASK } = sideWords;
const { LEVEL_HEAD, LEVEL_KEY, LEVEL_SHIFT, LEVEL_MASK } = levelWords;
const {
  FLAG_AGED,
  FLAG_EXPIRES,
  FLAG_LEG,
  FLAG_LISTED,
  FLAG_MARKET,
  FLAG_SELF_TRADE,
  FLAG_SELL_SHIFT,
  FLAG_SPECIAL,
  FLAG_TIME_IN_FORCE,
  FREE,
  NOT_RESTING,
  ORDER_ACCOUNT,
  ORDER_CUMULATIVE,
  ORDER_FLAGS,
  ORDER_INSTRUMENT,
  ORDER_LEAVES,
  ORDER_LEVEL,
  ORDER_PRICE,
  ORDER_SHIFT,
  SLOT_MASK,
} = orderWords;
const { BANDED, INSTRUMENT_LAST, INSTRUMENT_MASK, INSTRUMENT_PHASE, INSTRUMENT_SHIFT, INSTRUMENT_STATIC_BAND } =
  registryWords;
const {
  OPERATION_ACCOUNT,
  OPERATION_COMMAND_HIGH,
  OPERATION_COMMAND_LOW,
  OPERATION_CURSOR,
  OPERATION_INSTRUMENT,
  OPERATION_KIND,
  OPERATION_SHIFT,
  OPERATION_STAGE,
  SWEEP,
} = operationWords;

const MATCHING_PHASES = phasesThatMatch();
const IMMEDIATE_OR_CANCEL = TimeInForce.ImmediateOrCancel;
const MAKER_FILL = EventKind.Fill | (Liquidity.Maker << EVENT_LIQUIDITY_SHIFT) | EVENT_BOOK_BIT;
const TAKER_FILL = EventKind.Fill | (Liquidity.Taker << EVENT_LIQUIDITY_SHIFT);
const BOOKED = EventKind.Booked | EVENT_BOOK_BIT;
const CANCELLED_REST = EventKind.Cancelled | (Reason.ImmediateOrCancel << 16);
const CANCELLED_EXPIRED = EventKind.Cancelled | (Reason.OrderExpired << 16);
const CANCELLED_BAND = EventKind.Cancelled | (Reason.DynamicBand << 16);
const CANCELLED_NOTHING = EventKind.Cancelled | (Reason.NothingToMatch << 16);

/** A trade with such an order has more to it than two fills. */
const UNUSUAL = FLAG_SPECIAL | FLAG_LEG;
/** Below every key: a market order without a worst price reaches all levels. */
const ANY_KEY = -0x80000000;

/** The least key of the opposite side that an order at `price` on `side` trades with. */
export function reachedKey(side: number, price: number): number {
  return price === NO_PRICE ? ANY_KEY : keyOf(side ^ 1, price);
}

/** Whether an order at `price` on this side would trade at once. `side`: instrument × 2 + side. */
export function wouldCross(state: EngineState, side: number, price: number): boolean {
  const best = state.sides[(((side ^ 1) & SIDE_MASK) << SIDE_SHIFT) + SIDE_BEST] as number;
  return (
    best >= 0 && (state.levels[((best & LEVEL_MASK) << LEVEL_SHIFT) + LEVEL_KEY] as number) >= reachedKey(side, price)
  );
}

/** Matches and rests an order. Returns false when it stopped before its last event, for want of room. */
export function matchAndRest(state: EngineState, slot: number): boolean {
  const orders = state.orders;
  const at = (slot & SLOT_MASK) << ORDER_SHIFT;
  const flags = orders[at + ORDER_FLAGS] as number;
  const instrument = orders[at + ORDER_INSTRUMENT] as number;
  const side = (instrument << 1) + ((flags >>> FLAG_SELL_SHIFT) & 1);
  const phase = state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_PHASE] as number;
  let continuous = ((MATCHING_PHASES >>> phase) & 1) !== 0;
  const banded =
    ((state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_STATIC_BAND] as number) & BANDED) !== 0;
  if (continuous && !match(state, slot, side, banded)) return false;
  const leaves = orders[at + ORDER_LEAVES] as number;
  if (leaves === 0) {
    forgetOrder(state, slot);
    return true;
  }
  if (state.next === state.end) return false;
  const price = orders[at + ORDER_PRICE] as number;
  if (banded && continuous && isStoppedByBand(state, side, reachedKey(side, price))) {
    if (!endAtBand(state, slot, flags)) return false;
    if (orders[at + ORDER_LEVEL] === FREE) return true;
    continuous = false;
  }
  if (continuous && (flags & (FLAG_MARKET | FLAG_TIME_IN_FORCE)) >= IMMEDIATE_OR_CANCEL) {
    writeOrderEvent(state, slot, price, leaves, 0, 0, (flags & FLAG_MARKET) !== 0 ? CANCELLED_NOTHING : CANCELLED_REST);
    forgetOrder(state, slot);
    return true;
  }
  if ((flags & FLAG_EXPIRES) !== 0 && !state.timers.isSet(expiryTimer(state.limits, slot))) {
    // Its time came while it waited for a Continue.
    writeOrderEvent(state, slot, price, leaves, 0, 0, CANCELLED_EXPIRED);
    forgetOrder(state, slot);
    return true;
  }
  if (price === NO_PRICE) state.books.restMarket(slot, side);
  else state.books.rest(slot, side, keyOf(side, price));
  state.ids.add(slot);
  if ((flags & FLAG_LISTED) === 0) listOrder(state, slot);
  if (!continuous) noteAge(state, slot);
  const shown = (flags & FLAG_SPECIAL) !== 0 && price !== NO_PRICE ? showPeak(state, slot) : leaves;
  writeOrderEvent(state, slot, price, 0, leaves, shown, BOOKED);
  return true;
}

/**
 * As matchAndRest, of one of a command that passed at once: in continuous trading, with a price, with nothing besides its
 * record, and no operation in progress. `side`: its own; `price`: its own.
 */
export function matchUsual(state: EngineState, slot: number, side: number, price: number): boolean {
  const instrument = side >>> 1;
  const band = state.instruments[((instrument & INSTRUMENT_MASK) << INSTRUMENT_SHIFT) + INSTRUMENT_STATIC_BAND];
  if (band !== 0) return matchAndRest(state, slot);
  const orders = state.orders;
  const levels = state.levels;
  const at = (slot & SLOT_MASK) << ORDER_SHIFT;
  const best = (((side ^ 1) & SIDE_MASK) << SIDE_SHIFT) + SIDE_BEST;
  const reached = keyOf(side ^ 1, price);
  const flags = orders[at + ORDER_FLAGS] as number;
  do {
    const level = state.sides[best] as number;
    if (level < 0) break;
    const levelAt = (level & LEVEL_MASK) << LEVEL_SHIFT;
    if ((levels[levelAt + LEVEL_KEY] as number) < reached) break;
    if (state.next + 2 > state.end) return false;
    const maker = levels[levelAt + LEVEL_HEAD] as number;
    const makerAt = (maker & SLOT_MASK) << ORDER_SHIFT;
    if (
      (flags & FLAG_SELF_TRADE) !== 0 &&
      areOneOwner(state, orders[at + ORDER_ACCOUNT] as number, orders[makerAt + ORDER_ACCOUNT] as number)
    ) {
      preventSelfTrade(state, slot, maker);
    } else if (((orders[makerAt + ORDER_FLAGS] as number) & UNUSUAL) === 0) {
      trade(state, slot, state.holding, maker, level);
    } else if (!fillUnusual(state, slot, maker)) {
      return false;
    }
  } while (orders[at + ORDER_LEAVES] !== 0);
  const leaves = orders[at + ORDER_LEAVES] as number;
  if (leaves === 0) {
    forgetOrder(state, slot);
    return true;
  }
  if (state.next === state.end) return false;
  if ((flags & (FLAG_MARKET | FLAG_TIME_IN_FORCE)) >= IMMEDIATE_OR_CANCEL) {
    writeOrderEvent(state, slot, price, leaves, 0, 0, (flags & FLAG_MARKET) !== 0 ? CANCELLED_NOTHING : CANCELLED_REST);
    forgetOrder(state, slot);
    return true;
  }
  state.books.rest(slot, side, keyOf(side, price));
  state.ids.add(slot);
  if ((flags & FLAG_LISTED) === 0) listOrder(state, slot);
  writeOrderEvent(state, slot, price, 0, leaves, leaves, BOOKED);
  return true;
}

/**
 * An order came to the band with something left: that goes, or a volatility auction starts in which it will rest. False when
 * there is no room for the events.
 */
function endAtBand(state: EngineState, slot: number, flags: number): boolean {
  const at = (slot & SLOT_MASK) << ORDER_SHIFT;
  const instrument = state.orders[at + ORDER_INSTRUMENT] as number;
  const isOver = (flags & FLAG_EXPIRES) !== 0 && !state.timers.isSet(expiryTimer(state.limits, slot));
  if (isPatient(flags) && !isOver && startsAuction(state, instrument)) {
    if (state.next + 2 > state.end) return false;
    startVolatilityAuction(state, instrument);
    return true;
  }
  const leaves = state.orders[at + ORDER_LEAVES] as number;
  const reason = isOver ? CANCELLED_EXPIRED : CANCELLED_BAND;
  writeOrderEvent(state, slot, state.orders[at + ORDER_PRICE] as number, leaves, 0, 0, reason);
  forgetOrder(state, slot);
  return true;
}

/** An order rests where nothing matches, and may cross others: an uncross may ask which of them is the newer one. */
function noteAge(state: EngineState, slot: number): void {
  const flagsAt = ((slot & SLOT_MASK) << ORDER_SHIFT) + ORDER_FLAGS;
  state.orders[flagsAt] = (state.orders[flagsAt] as number) | FLAG_AGED;
  state.ownOrders.age(slot);
}

/** Trades as long as the best of the other side is within reach. Returns false when the next pair has no room. A taker
 * whose own mode took it away has no leaves behind it. */
function match(state: EngineState, slot: number, side: number, banded: boolean): boolean {
  const orders = state.orders;
  const levels = state.levels;
  const at = (slot & SLOT_MASK) << ORDER_SHIFT;
  const best = (((side ^ 1) & SIDE_MASK) << SIDE_SHIFT) + SIDE_BEST;
  const own = reachedKey(side, orders[at + ORDER_PRICE] as number);
  const reached = banded ? Math.max(own, keyWithinBand(state, side)) : own;
  const selfTrade = (orders[at + ORDER_FLAGS] as number) & FLAG_SELF_TRADE;
  let leg = (orders[at + ORDER_FLAGS] as number) & FLAG_LEG;
  do {
    const level = state.sides[best] as number;
    if (level < 0) break;
    const levelAt = (level & LEVEL_MASK) << LEVEL_SHIFT;
    if ((levels[levelAt + LEVEL_KEY] as number) < reached) break;
    const maker = levels[levelAt + LEVEL_HEAD] as number;
    if (state.next + 2 > state.end) return false;
    if (selfTrade !== 0 && preventSelfTrade(state, slot, maker)) continue;
    const makerFlags = orders[((maker & SLOT_MASK) << ORDER_SHIFT) + ORDER_FLAGS] as number;
    if (((makerFlags | leg) & UNUSUAL) === 0) {
      trade(state, slot, holdingOf(state, slot), maker, level);
    } else {
      if (!fillUnusual(state, slot, maker)) return false;
      leg = 0;
    }
  } while (orders[at + ORDER_LEAVES] !== 0);
  return true;
}

/** A taker, whose account has this holding, trades with a plain order that is the next in line at its level, as much as both have. */
function trade(state: EngineState, slot: number, holding: number, maker: number, level: number): void {
  const orders = state.orders;
  const at = (slot & SLOT_MASK) << ORDER_SHIFT;
  const makerAt = (maker & SLOT_MASK) << ORDER_SHIFT;
  const price = orders[makerAt + ORDER_PRICE] as number;
  const open = (orders[at + ORDER_LEAVES] as number) >>> 0;
  const makerOpen = (orders[makerAt + ORDER_LEAVES] as number) >>> 0;
  const quantity = makerOpen < open ? makerOpen : open;
  const makerLeaves = (makerOpen - quantity) | 0;
  const leaves = (open - quantity) | 0;
  orders[makerAt + ORDER_LEAVES] = makerLeaves;
  orders[makerAt + ORDER_CUMULATIVE] = ((orders[makerAt + ORDER_CUMULATIVE] as number) + quantity) | 0;
  orders[at + ORDER_LEAVES] = leaves;
  orders[at + ORDER_CUMULATIVE] = ((orders[at + ORDER_CUMULATIVE] as number) + quantity) | 0;
  const makerEvent = writeOrderEvent(state, maker, price, quantity | 0, makerLeaves, makerLeaves, MAKER_FILL);
  const tradeLow = state.eventLow;
  const tradeHigh = state.eventHigh;
  const takerEvent = writeOrderEvent(state, slot, price, quantity | 0, leaves, 0, TAKER_FILL);
  const events = state.events;
  events[makerEvent + EVENT_RELATED_ID] = tradeLow;
  events[makerEvent + EVENT_RELATED_ID + 1] = tradeHigh;
  events[takerEvent + EVENT_RELATED_ID] = tradeLow;
  events[takerEvent + EVENT_RELATED_ID + 1] = tradeHigh;
  fillOrder(state, maker, makerEvent, price, quantity | 0, makerLeaves, FEE_MAKER);
  fillHolding(state, slot, holding, takerEvent, price, quantity | 0, leaves, FEE_TAKER);
  const instrument = orders[at + ORDER_INSTRUMENT] as number;
  state.instruments[((instrument & INSTRUMENT_MASK) << INSTRUMENT_SHIFT) + INSTRUMENT_LAST] = price;
  state.books.reduce(level, quantity);
  if (makerLeaves === 0) takeOff(state, maker);
}

/** Whether the side has a level at this price that stays there while the instrument's commands wait. */
function keepsLevel(state: EngineState, side: number, price: number): boolean {
  if (state.operations.massCancels > 0) return false;
  if (price === NO_PRICE) return (state.sides[((side & SIDE_MASK) << SIDE_SHIFT) + SIDE_MARKET] as number) >= 0;
  return state.books.findLevel(side, keyOf(side, price)) >= 0;
}

/**
 * Whether an order that may rest there will find a level. Sweeps in progress keep theirs: a sweep that stopped must
 * never end without one.
 */
export function hasLevelRoom(state: EngineState, side: number, price: number): boolean {
  return state.books.levels.free > state.reservedLevels || keepsLevel(state, side, price);
}

/** Whether what is left of an order with such flags rests in continuous trading. */
export function isPatient(flags: number): boolean {
  return (flags & (FLAG_MARKET | FLAG_TIME_IN_FORCE)) < IMMEDIATE_OR_CANCEL;
}

/** Whether the rest of an order that stopped may need a level of its own later. */
export function needsLevel(state: EngineState, slot: number): boolean {
  const at = (slot & SLOT_MASK) << ORDER_SHIFT;
  const flags = state.orders[at + ORDER_FLAGS] as number;
  const side = ((state.orders[at + ORDER_INSTRUMENT] as number) << 1) + ((flags >>> FLAG_SELL_SHIFT) & 1);
  return isPatient(flags) && !keepsLevel(state, side, state.orders[at + ORDER_PRICE] as number);
}

/** Makes an operation of a sweep that stopped. The order that sweeps keeps a level for its rest, when it needs one. */
export function suspendSweep(state: EngineState, slot: number): void {
  const orders = state.orders;
  const at = (slot & SLOT_MASK) << ORDER_SHIFT;
  const flags = orders[at + ORDER_FLAGS] as number;
  const instrument = orders[at + ORDER_INSTRUMENT] as number;
  if ((flags & FLAG_LISTED) === 0) listOrder(state, slot);
  const operations = state.operations;
  const words = operations.words;
  const rowAt = operations.scratch << OPERATION_SHIFT;
  const reserves = needsLevel(state, slot) ? 1 : 0;
  words[rowAt + OPERATION_KIND] = SWEEP;
  words[rowAt + OPERATION_COMMAND_LOW] = state.originLow;
  words[rowAt + OPERATION_COMMAND_HIGH] = state.originHigh;
  words[rowAt + OPERATION_INSTRUMENT] = instrument;
  words[rowAt + OPERATION_ACCOUNT] = orders[at + ORDER_ACCOUNT] as number;
  words[rowAt + OPERATION_CURSOR] = slot;
  words[rowAt + OPERATION_STAGE] = reserves;
  state.reservedLevels += reserves;
  suspendOperation(state);
}

/** Goes on with a sweep; true when it is finished. */
export function continueSweep(state: EngineState, row: number): boolean {
  const words = state.operations.words;
  const at = row << OPERATION_SHIFT;
  const slot = words[at + OPERATION_CURSOR] as number;
  if (state.orders[((slot & SLOT_MASK) << ORDER_SHIFT) + ORDER_LEVEL] !== NOT_RESTING) {
    throw new Error('assert: the order of a sweep in progress rests or is gone');
  }
  if (!matchAndRest(state, slot)) return false;
  state.reservedLevels -= words[at + OPERATION_STAGE] as number;
  return true;
}
