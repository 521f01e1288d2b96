/**
 * Stops: orders that wait outside of the book until a price sets them off, and the cascade that follows a command: each
 * triggered stop enters and matches fully before the next, and what it triggers itself stands behind those before it.
 * The shard's thread. Nothing of this is on the way of a command while no stop waits in the shard.
 */

import { CommandFlag, EventKind, OrderType, Reason, TimeInForce, Trigger } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import { phasesThatMatch } from '../../schemas/phases.js';
import * as levelWords from '../book/level-words.js';
import * as orderWords from '../book/order-words.js';
import * as sideWords from '../book/side-words.js';
import { checkLimits, checkMoney } from '../money/check-limits.js';
import { otherLeg } from '../money/pairs.js';
import * as registryWords from '../registry-words.js';
import * as checksFunctions from '../state/checks.js';
import * as operationWords from '../state/operations.js';
import { isLeaving, suspendOperation } from '../state/progress.js';
import type { EngineState } from '../state/state.js';
import { writeOrderEvent } from '../state/state.js';
import { groupOf } from '../stops/stop-pool.js';
import * as stopWords from '../stops/stop-words.js';
import { tickAbove, tickBelow } from '../tick-table.js';
import { isInterrupted, worstPriceOf } from './bands.js';
import { GOOD_TILL_DATE_FLAGS, setExpiry } from './expiry.js';
import { cancelOther, endPair } from './legs.js';
import { makeOrder } from './new-order.js';
import { forgetOrder, listOrder, releaseStop } from './order-life.js';
import { hasLevelRoom, isPatient, matchAndRest, needsLevel } from './sweep.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { checkQuantity, checkTerms, checkTick, NO_ORDER, refuse } = checksFunctions;
const {
  COMMAND_FLAGS_WORD,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_PRICE,
  COMMAND_QUANTITY,
  COMMAND_TRIGGER_PRICE,
  EVENT_AMOUNT,
  EVENT_DUPLICATE_BIT,
  EVENT_KIND_WORD,
  EVENT_PRICE,
  EVENT_WORDS,
  NO_PRICE,
} = layout;
const { LEVEL_KEY, LEVEL_SHIFT } = levelWords;
const { SIDE_BEST, SIDE_SHIFT } = sideWords;
const { FLAG_LEG, FLAG_MARKET, FLAG_SELL_SHIFT, ORDER_FLAGS, ORDER_INSTRUMENT, ORDER_LEAVES } = orderWords;
const { ORDER_LEVEL, ORDER_PRICE, ORDER_SHIFT, ORDER_STOP, WAITING } = orderWords;
const {
  INSTRUMENT_IN_PROGRESS,
  INSTRUMENT_LAST,
  INSTRUMENT_PHASE,
  INSTRUMENT_PRICE_MAX,
  INSTRUMENT_PRICE_MIN,
  INSTRUMENT_SHIFT,
  INSTRUMENT_STATIC_BAND,
  INSTRUMENT_TRACKED,
} = registryWords;
const { GROUP_SELL, GROUP_TRAILS, GROUP_TRIGGER, STOP_SHIFT, STOP_KEY, STOP_SLOT } = stopWords;
const { WATCH_FIRST, WATCH_HIGH, WATCH_LOW, WATCH_SHIFT, WATCH_STOPS, WATCH_TRADED, WATCH_TRAILING } = stopWords;
const {
  CASCADE,
  OPERATION_ACCOUNT,
  OPERATION_CANCELLED,
  OPERATION_CLIENT_HIGH,
  OPERATION_CLIENT_LOW,
  OPERATION_COMMAND_HIGH,
  OPERATION_COMMAND_LOW,
  OPERATION_CURSOR,
  OPERATION_INSTRUMENT,
  OPERATION_KIND,
  OPERATION_PRICE,
  OPERATION_SESSION,
  OPERATION_SHIFT,
  OPERATION_STAGE,
} = operationWords;

const ACCEPTED = EventKind.Accepted;
const REJECTED = EventKind.Rejected;
const TRIGGERED = EventKind.Triggered;
const FILL = EventKind.Fill;
const CANCELLED_FULL = EventKind.Cancelled | (Reason.LevelsFull << 16);
const GOOD_TILL_DATE = TimeInForce.GoodTillDate;
const MARKET_STOP = OrderType.Stop;
const TRAILING_STOP = OrderType.TrailingStop;
const LAST_TRADE = Trigger.LastTrade;
const REFERENCE = Trigger.Reference;
const REFUSE_IF_THROUGH = CommandFlag.RefuseIfThrough << 16;
const MATCHING_PHASES = phasesThatMatch();
/** Above every key: no price is there that could trigger. */
const NO_KEY = 0x80000000;
/** Triggered, the other leg cancelled, and no level. */
const MOST_TRIGGERED = 3;
/** Of a stop that trails, in ticks. */
const LEAST_DISTANCE = 1;

/** The checks of a new stop that the book has no part in, behind those that all orders have. */
export function checkStop(state: EngineState, words: Int32Array, at: number): boolean {
  if ((((words[at + COMMAND_FLAGS_WORD] as number) >>> 8) & 0xff) === 0) {
    return refuse(state, words, at, Reason.TriggerRequired, 0, NO_ORDER);
  }
  const type = ((words[at + COMMAND_KIND_WORD] as number) >>> 16) & 0xff;
  if (type === TRAILING_STOP) return checkTrail(state, words, at);
  if (type !== MARKET_STOP && words[at + COMMAND_PRICE] === NO_PRICE) {
    return refuse(state, words, at, Reason.PriceRequired, 0, NO_ORDER);
  }
  return checkTerms(state, words, at) && checkTrigger(state, words, at);
}

/** The limit offset of a stop that trails, where it has one, the quantity, and the distance. */
function checkTrail(state: EngineState, words: Int32Array, at: number): boolean {
  if (!checkOffset(state, words, at, NO_ORDER) || !checkQuantity(state, words, at)) return false;
  const far = (words[at + COMMAND_TRIGGER_PRICE] as number) >= LEAST_DISTANCE;
  return far || refuse(state, words, at, Reason.PriceOutOfRange, LEAST_DISTANCE, NO_ORDER);
}

/** The price of a stop that trails is an offset: none, or not below 0. `slot`: the order that gets it, or NO_ORDER. */
export function checkOffset(state: EngineState, words: Int32Array, at: number, slot: number): boolean {
  const offset = words[at + COMMAND_PRICE] as number;
  return offset === NO_PRICE || offset >= 0 || refuse(state, words, at, Reason.PriceOutOfRange, 0, slot);
}

/** The trigger lies within the instrument's prices, and on a tick. */
function checkTrigger(state: EngineState, words: Int32Array, at: number): boolean {
  const instrumentAt = (words[at + COMMAND_INSTRUMENT] as number) << INSTRUMENT_SHIFT;
  const price = words[at + COMMAND_TRIGGER_PRICE] as number;
  const min = state.instruments[instrumentAt + INSTRUMENT_PRICE_MIN] as number;
  if (price < min) return refuse(state, words, at, Reason.PriceOutOfRange, min, NO_ORDER);
  const max = state.instruments[instrumentAt + INSTRUMENT_PRICE_MAX] as number;
  if (price > max) return refuse(state, words, at, Reason.PriceOutOfRange, max, NO_ORDER);
  return checkTick(state, words, at, price);
}

/** A new stop whose checks are done but for room: it waits; one that is through already is triggered behind the command. */
export function enterStop(state: EngineState, words: Int32Array, at: number): void {
  if (!hasStopRoom(state, words, at, 0, 0)) return;
  const slot = makeStop(state, words, at);
  waitForTrigger(state, words, at, slot);
  listOrder(state, slot);
}

/** Room for a stop behind so many orders and stops that come before it, and whether it is through already. */
export function hasStopRoom(
  state: EngineState,
  words: Int32Array,
  at: number,
  orders: number,
  waiting: number,
): boolean {
  const stops = state.stops;
  const sell = ((words[at + COMMAND_KIND_WORD] as number) >>> 8) & 1;
  const lots = (words[at + COMMAND_QUANTITY] as number) >>> 0;
  if (!checkLimits(state, words, at, sell, lots, NO_ORDER)) return false;
  if (state.books.orders.room() <= orders) {
    return refuse(state, words, at, Reason.OrdersFull, state.limits.maxOrders, NO_ORDER);
  }
  if (stops.waiting + waiting >= stops.capacity) {
    return refuse(state, words, at, Reason.StopsFull, stops.capacity, NO_ORDER);
  }
  if (!checkMoney(state, words, at, sell, worstPriceOf(state, words, at), lots, NO_ORDER)) return false;
  const flagsWord = words[at + COMMAND_FLAGS_WORD] as number;
  const side = ((words[at + COMMAND_INSTRUMENT] as number) << 1) + sell;
  const trigger = (flagsWord >>> 8) & 0xff;
  const price = words[at + COMMAND_TRIGGER_PRICE] as number;
  const key = (side & 1) === 0 ? -price : price;
  if ((flagsWord & REFUSE_IF_THROUGH) !== 0 && key >= leastKey(state, side, trigger)) {
    return refuse(state, words, at, Reason.StopAlreadyThrough, 0, NO_ORDER);
  }
  return true;
}

/** The order of a stop, accepted; it does not wait yet. */
export function makeStop(state: EngineState, words: Int32Array, at: number): number {
  const kindWord = words[at + COMMAND_KIND_WORD] as number;
  const type = (kindWord >>> 16) & 0xff;
  const expires = kindWord >>> 24 === GOOD_TILL_DATE;
  const market = type === MARKET_STOP || type === TRAILING_STOP ? FLAG_MARKET : 0;
  const price = worstPriceOf(state, words, at);
  const slot = makeOrder(state, words, at, price, market | (expires ? GOOD_TILL_DATE_FLAGS : 0));
  if (expires) setExpiry(state, slot, words, at);
  const quantity = words[at + COMMAND_QUANTITY] as number;
  writeOrderEvent(state, slot, price, quantity, quantity, 0, ACCEPTED);
  return slot;
}

/** From here on it waits. */
export function waitForTrigger(state: EngineState, words: Int32Array, at: number, slot: number): void {
  const { stops } = state;
  const kindWord = words[at + COMMAND_KIND_WORD] as number;
  const type = (kindWord >>> 16) & 0xff;
  const side = ((words[at + COMMAND_INSTRUMENT] as number) << 1) + ((kindWord >>> 8) & 1);
  const trigger = ((words[at + COMMAND_FLAGS_WORD] as number) >>> 8) & 0xff;
  const price = words[at + COMMAND_TRIGGER_PRICE] as number;
  const orderAt = slot << ORDER_SHIFT;
  state.orders[orderAt + ORDER_LEVEL] = WAITING;
  state.orders[orderAt + ORDER_STOP] =
    type === TRAILING_STOP ? stops.addTrailing(slot, side, trigger, price) : stops.add(slot, side, trigger, price);
  state.ids.add(slot);
}

/** A stop that waits leaves the engine. Its last event is written. */
export function takeStop(state: EngineState, slot: number): void {
  releaseStop(state, slot);
  forgetOrder(state, slot);
}

/**
 * Looks at the stops of the command's instrument when the command is over, and begins the cascade. `from`: the command's
 * first event. One that was refused, or got its first answer again, changes nothing: no stop that trails moves by it.
 */
export function watchStops(state: EngineState, instrument: number, from: number): void {
  const first = state.events[from * EVENT_WORDS + EVENT_KIND_WORD] as number;
  if (state.next === from || (first & 0xff) === REJECTED || (first & EVENT_DUPLICATE_BIT) !== 0) return;
  if (!isWatched(state, instrument)) return;
  noteTrades(state, instrument, from);
  if (state.suspended || state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_IN_PROGRESS] !== 0) return;
  beginLook(state, instrument);
  if (!findsAny(state, instrument) && state.stops.firstInQueue(instrument) < 0) {
    endLook(state, instrument);
    return;
  }
  const row = state.operations.scratch;
  const words = state.operations.words;
  const at = row << OPERATION_SHIFT;
  words[at + OPERATION_COMMAND_LOW] = state.originLow;
  words[at + OPERATION_COMMAND_HIGH] = state.originHigh;
  words[at + OPERATION_INSTRUMENT] = instrument;
  if (!beginCascade(state, row)) suspendOperation(state);
}

/**
 * As watchStops, for a command that goes on by Continue in this row: `done` says whether it is over. Returns whether it
 * still is with the cascade that it began.
 */
export function watchOperation(state: EngineState, row: number, from: number, done: boolean): boolean {
  const at = row << OPERATION_SHIFT;
  const instrument = state.operations.words[at + OPERATION_INSTRUMENT] as number;
  if (state.operations.words[at + OPERATION_KIND] === CASCADE || !isWatched(state, instrument)) return done;
  noteTrades(state, instrument, from);
  if (!done) return false;
  // From here on the row is a cascade.
  if (state.operations.isWalk(row)) state.operations.walks--;
  return beginCascade(state, row);
}

/** Whether stops wait in an instrument that there is, and it trades, or did until the command at hand came to a band. */
function isWatched(state: EngineState, instrument: number): boolean {
  if (!state.registry.hasInstrument(instrument)) return false;
  if (state.stops.watch[(instrument << WATCH_SHIFT) + WATCH_STOPS] === 0) return false;
  return isMatching(state, instrument) || isInterrupted(state, instrument);
}

function isMatching(state: EngineState, instrument: number): boolean {
  const phase = state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_PHASE] as number;
  return ((MATCHING_PHASES >>> phase) & 1) !== 0;
}

/** Keeps the lowest and the highest price of the fills that were written since event slot `from`. */
function noteTrades(state: EngineState, instrument: number, from: number): void {
  const watch = state.stops.watch;
  const watchAt = instrument << WATCH_SHIFT;
  const events = state.events;
  for (let event = from; event < state.next; event++) {
    const at = event * EVENT_WORDS;
    if (((events[at + EVENT_KIND_WORD] as number) & 0xff) !== FILL) continue;
    const price = events[at + EVENT_PRICE] as number;
    const first = watch[watchAt + WATCH_TRADED] === 0;
    if (first) watch[watchAt + WATCH_FIRST] = price;
    if (first || price < (watch[watchAt + WATCH_LOW] as number)) watch[watchAt + WATCH_LOW] = price;
    if (first || price > (watch[watchAt + WATCH_HIGH] as number)) watch[watchAt + WATCH_HIGH] = price;
    watch[watchAt + WATCH_TRADED] = 1;
  }
}

/**
 * The least key that is triggered now: of a sell the lowest price seen, of a buy the highest one negated. The last trade
 * counts besides those that nothing has looked at: it is what a stop that comes is through already by.
 */
function leastKey(state: EngineState, side: number, trigger: number): number {
  const isBuy = (side & 1) === 0;
  let price = priceNow(state, side, trigger);
  if (price === NO_PRICE) return NO_KEY;
  const watchAt = (side >>> 1) << WATCH_SHIFT;
  const watch = state.stops.watch;
  if (trigger === LAST_TRADE && watch[watchAt + WATCH_TRADED] !== 0) {
    price = isBuy
      ? Math.max(price, watch[watchAt + WATCH_HIGH] as number)
      : Math.min(price, watch[watchAt + WATCH_LOW] as number);
  }
  return isBuy ? -price : price;
}

/** The last trade, the best price of the side, or the reference price; NO_PRICE: there is none. */
function priceNow(state: EngineState, side: number, trigger: number): number {
  const instrumentAt = (side >>> 1) << INSTRUMENT_SHIFT;
  if (trigger === LAST_TRADE) return state.instruments[instrumentAt + INSTRUMENT_LAST] as number;
  if (trigger === REFERENCE) return state.instruments[instrumentAt + INSTRUMENT_TRACKED] as number;
  const best = state.sides[(side << SIDE_SHIFT) + SIDE_BEST] as number;
  if (best < 0) return NO_PRICE;
  const key = state.levels[(best << LEVEL_SHIFT) + LEVEL_KEY] as number;
  return (side & 1) === 0 ? key : -key;
}

/**
 * A look begins: stops that trail see the first price since the last one. The trades that a look finds are those of one
 * order that swept in one direction: away from stops that would be triggered, then the first is the nearest to them, or
 * towards them, then it is the farthest. So this, the nearest of all (leastKey) and, at the end of the look, the farthest
 * come to the same as each price in turn.
 */
function beginLook(state: EngineState, instrument: number): void {
  const { stops } = state;
  const watchAt = instrument << WATCH_SHIFT;
  if (stops.watch[watchAt + WATCH_TRAILING] === 0) return;
  const traded = stops.watch[watchAt + WATCH_TRADED] !== 0;
  // Where a band has interrupted trading only its trades count: the book may be crossed.
  const last = isMatching(state, instrument) ? REFERENCE : LAST_TRADE;
  for (let side = instrument << 1; side < (instrument << 1) + 2; side++) {
    for (let trigger = LAST_TRADE; trigger <= last; trigger++) {
      const first = traded && trigger === LAST_TRADE;
      const price = first ? (stops.watch[watchAt + WATCH_FIRST] as number) : priceNow(state, side, trigger);
      if (price !== NO_PRICE) stops.raise(groupOf(side, trigger) | GROUP_TRAILS, (side & 1) === 0 ? -price : price);
    }
  }
}

/** A look is over: what was traded has been seen. */
function endLook(state: EngineState, instrument: number): void {
  const { stops } = state;
  const { watch } = stops;
  const watchAt = instrument << WATCH_SHIFT;
  if (watch[watchAt + WATCH_TRADED] !== 0 && watch[watchAt + WATCH_TRAILING] !== 0) {
    const group = groupOf(instrument << 1, LAST_TRADE) | GROUP_TRAILS;
    stops.raise(group, -(watch[watchAt + WATCH_LOW] as number));
    stops.raise(group | GROUP_SELL, watch[watchAt + WATCH_HIGH] as number);
  }
  watch[watchAt + WATCH_TRADED] = 0;
}

/** The stop of a side that is triggered first, or -1: the largest key, then the earliest entry. */
function findTriggered(state: EngineState, side: number): number {
  const { words, entries, watch } = state.stops;
  const kinds = watch[((side >>> 1) << WATCH_SHIFT) + WATCH_TRAILING] === 0 ? REFERENCE : GROUP_TRAILS | REFERENCE;
  const tradesAlone = !isMatching(state, side >>> 1);
  let found = -1;
  for (let kind = LAST_TRADE; kind <= kinds; kind++) {
    const group = groupOf(side, 0) | kind;
    if (state.stops.root(group) < 0 || (tradesAlone && (kind & GROUP_TRIGGER) !== LAST_TRADE)) continue;
    const node = state.stops.findTriggered(group, leastKey(state, side, kind & GROUP_TRIGGER));
    if (node < 0) continue;
    const key = words[(node << STOP_SHIFT) + STOP_KEY] as number;
    const most = found < 0 ? key : (words[(found << STOP_SHIFT) + STOP_KEY] as number);
    if (found < 0 || key > most || (key === most && (entries[node] as number) < (entries[found] as number))) {
      found = node;
    }
  }
  return found;
}

/** Whether a stop of the instrument is triggered now. */
export function findsAny(state: EngineState, instrument: number): boolean {
  return findTriggered(state, instrument << 1) >= 0 || findTriggered(state, (instrument << 1) + 1) >= 0;
}

/** Turns the row of a command that is over into its cascade; true when that is over, too. */
function beginCascade(state: EngineState, row: number): boolean {
  const words = state.operations.words;
  const at = row << OPERATION_SHIFT;
  words[at + OPERATION_KIND] = CASCADE;
  words[at + OPERATION_ACCOUNT] = 0;
  words[at + OPERATION_SESSION] = 0;
  words[at + OPERATION_CLIENT_LOW] = 0;
  words[at + OPERATION_CLIENT_HIGH] = 0;
  words[at + OPERATION_CURSOR] = -1;
  words[at + OPERATION_STAGE] = 0;
  words[at + OPERATION_CANCELLED] = 0;
  words[at + OPERATION_PRICE] = 1;
  state.operations.volumes[row] = 0;
  return runCascade(state, row, false);
}

/**
 * Goes on with a cascade; true when it is over. Words of its row: the cursor is the order that matches, or -1; the stage
 * says whether that keeps a level; the price is 1 while stops are looked at. `goesOn`: it was stopped before.
 */
export function runCascade(state: EngineState, row: number, goesOn: boolean): boolean {
  const words = state.operations.words;
  const at = row << OPERATION_SHIFT;
  const instrument = words[at + OPERATION_INSTRUMENT] as number;
  // Of a look that was stopped the first stop has been counted.
  let counted = goesOn && words[at + OPERATION_PRICE] === 1;
  let stopped = goesOn && (words[at + OPERATION_CURSOR] as number) >= 0;
  for (;;) {
    const slot = words[at + OPERATION_CURSOR] as number;
    if (slot >= 0) {
      if (!matchOne(state, row, slot, stopped)) return false;
      stopped = false;
    }
    if (words[at + OPERATION_PRICE] === 1) {
      if (!counted) beginLook(state, instrument);
      if (!pullTriggered(state, instrument, counted)) return false;
      counted = false;
      words[at + OPERATION_PRICE] = 0;
      endLook(state, instrument);
    }
    const node = state.stops.firstInQueue(instrument);
    // What a volatility auction keeps waiting enters when that is over.
    if (node < 0 || !isMatching(state, instrument)) return true;
    if (!enterTriggered(state, at, node)) return false;
  }
}

/** Matches the order at the cursor; false when it stopped, and then it keeps a level where it may need one. */
function matchOne(state: EngineState, row: number, slot: number, stopped: boolean): boolean {
  const words = state.operations.words;
  const at = row << OPERATION_SHIFT;
  const from = state.next;
  const done = matchAndRest(state, slot);
  noteTrades(state, words[at + OPERATION_INSTRUMENT] as number, from);
  if (done) {
    state.reservedLevels -= words[at + OPERATION_STAGE] as number;
    words[at + OPERATION_STAGE] = 0;
    words[at + OPERATION_CURSOR] = -1;
    words[at + OPERATION_PRICE] = 1;
    return true;
  }
  if (!stopped) {
    words[at + OPERATION_STAGE] = needsLevel(state, slot) ? 1 : 0;
    state.reservedLevels += words[at + OPERATION_STAGE] as number;
  }
  return false;
}

/** All that is triggered now goes to the end of the queue; false when it looked at as many as it may in one go. */
function pullTriggered(state: EngineState, instrument: number, counted: boolean): boolean {
  const stops = state.stops;
  let free = counted;
  for (;;) {
    const buy = findTriggered(state, instrument << 1);
    const sell = findTriggered(state, (instrument << 1) + 1);
    if (buy < 0 && sell < 0) return true;
    if (!free) {
      if (state.looks === 0) return false;
      state.looks--;
    }
    free = false;
    const first = sell < 0 || (buy >= 0 && (stops.entries[buy] as number) < (stops.entries[sell] as number));
    stops.enqueue(first ? buy : sell);
  }
}

/** The first of the queue is an order from here on, at the cursor; false when there is no room for its events. */
function enterTriggered(state: EngineState, at: number, node: number): boolean {
  const orders = state.orders;
  const slot = state.stops.words[(node << STOP_SHIFT) + STOP_SLOT] as number;
  const orderAt = slot << ORDER_SHIFT;
  if (state.killed !== 0 || isLeaving(state, slot)) {
    // All of its account is being taken back, and it will be come to.
    state.stops.setAside(node);
    return true;
  }
  let flags = orders[orderAt + ORDER_FLAGS] as number;
  let price = orders[orderAt + ORDER_PRICE] as number;
  const leaves = orders[orderAt + ORDER_LEAVES] as number;
  const side = ((orders[orderAt + ORDER_INSTRUMENT] as number) << 1) + ((flags >>> FLAG_SELL_SHIFT) & 1);
  const key = state.stops.words[(node << STOP_SHIFT) + STOP_KEY] as number;
  const trailed = state.stops.trailsBehind(node);
  if (trailed && price !== NO_PRICE) {
    flags &= ~FLAG_MARKET;
    price = limitBehind(state, side, key - price);
  }
  const other = otherLeg(state, slot);
  if (state.next + (other >= 0 ? MOST_TRIGGERED : isFull(state, flags, side, price) ? 2 : 1) > state.end) return false;
  endPair(state, slot);
  releaseStop(state, slot);
  orders[orderAt + ORDER_FLAGS] = flags & ~FLAG_LEG;
  orders[orderAt + ORDER_PRICE] = price;
  const to = writeOrderEvent(state, slot, price, 0, leaves, 0, TRIGGERED);
  if (trailed) {
    const trigger = (side & 1) === 0 ? -key : key;
    state.events[to + EVENT_AMOUNT] = trigger;
    state.events[to + EVENT_AMOUNT + 1] = trigger >> 31;
  }
  cancelOther(state, slot, other);
  if (isFull(state, flags, side, price)) {
    writeOrderEvent(state, slot, price, leaves, 0, 0, CANCELLED_FULL);
    forgetOrder(state, slot);
  } else {
    state.operations.words[at + OPERATION_CURSOR] = slot;
  }
  return true;
}

/** Whether an order that may rest finds no price level. */
function isFull(state: EngineState, flags: number, side: number, price: number): boolean {
  return isPatient(flags) && !hasLevelRoom(state, side, price);
}

/**
 * The limit of a stop that trailed, from its key, within the instrument's prices and on a tick: there it only gets better
 * for its owner.
 */
function limitBehind(state: EngineState, side: number, key: number): number {
  const limit = limitWithin(state, side, key);
  const instrument = side >>> 1;
  if ((state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_STATIC_BAND] as number) >= 0) return limit;
  const { ticks } = state.registry;
  return (side & 1) === 0 ? tickBelow(ticks, instrument, limit) : tickAbove(ticks, instrument, limit);
}

function limitWithin(state: EngineState, side: number, key: number): number {
  const instrumentAt = (side >>> 1) << INSTRUMENT_SHIFT;
  if ((side & 1) === 0) return Math.min(-key, state.instruments[instrumentAt + INSTRUMENT_PRICE_MAX] as number);
  return Math.max(key, state.instruments[instrumentAt + INSTRUMENT_PRICE_MIN] as number);
}
