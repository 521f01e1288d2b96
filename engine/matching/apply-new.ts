/**
 * New orders: limit, market, market-to-limit and iceberg; day, good-till-cancel, good-till-date, immediate-or-cancel, fill-or-kill; post-only. Stops are in stops.ts.
 * The shard's thread.
 */

import { CommandFlag, CommandKind, EventKind, OrderType, Reason, TimeInForce } from '../../schemas/codes.js';
import { isStop } from '../../schemas/kinds.js';
import * as layout from '../../schemas/layout.js';
import { phaseEffect, phaseRefusal, phasesThatMatch, phasesWithoutCrossing } from '../../schemas/phases.js';
import * as levelWords from '../book/level-words.js';
import * as orderWords from '../book/order-words.js';
import * as sideWords from '../book/side-words.js';
import * as limitFunctions from '../money/check-limits.js';
import * as checksFunctions from '../state/checks.js';
import type { EngineState } from '../state/state.js';
import * as stateFunctions from '../state/state.js';
import { isBanded, isPricedByBand, keyWithinBand } from './bands.js';
import { entryPrice } from './entry-price.js';
import { checkExpiry, GOOD_TILL_DATE_FLAGS, setExpiry } from './expiry.js';
import { checkDisplay } from './iceberg.js';
import { makeOrder } from './new-order.js';
import * as selfTradeFunctions from './self-trade.js';
import { checkStop, enterStop } from './stops.js';
import * as sweepFunctions from './sweep.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { writeOrderEvent } = stateFunctions;
const { checkLimits, checkLimitsOf, checkMoney, needsPrice, passesPlainly } = limitFunctions;
const { isFillableByOthers } = selfTradeFunctions;
const { hasLevelRoom, matchAndRest, matchUsual, reachedKey, suspendSweep, wouldCross } = sweepFunctions;
const { checkInstrument, checkSender, checkShape, checkTerms, NO_ORDER, phaseOf, refuse } = checksFunctions;
const {
  COMMAND_DISPLAY_QUANTITY,
  COMMAND_FLAGS_WORD,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_MIN_QUANTITY,
  COMMAND_PRICE,
  COMMAND_QUANTITY,
  NO_PRICE,
  WORD_MASK,
} = layout;
const { SIDE_BEST, SIDE_SHIFT, SIDE_MASK } = sideWords;
const { LEVEL_KEY, LEVEL_SHIFT, LEVEL_MASK, LEVEL_WORSE, TOTAL, TOTAL_SHIFT } = levelWords;
const { FLAG_MARKET, FLAG_MARKET_SHIFT, FLAG_POST_ONLY, FLAG_SPECIAL } = orderWords;

const NEW = CommandKind.New;
const ACCEPTED = EventKind.Accepted;
const ICEBERG = OrderType.Iceberg;
const MARKET = OrderType.Market;
const MARKET_TO_LIMIT = OrderType.MarketToLimit;
const TRAILING_STOP = OrderType.TrailingStop;
const MATCHING_PHASES = phasesThatMatch();
const UNCROSSED_PHASES = phasesWithoutCrossing();
const IMMEDIATE_OR_CANCEL = TimeInForce.ImmediateOrCancel;
const FILL_OR_KILL = TimeInForce.FillOrKill;
const GOOD_TILL_CANCEL = TimeInForce.GoodTillCancel;
const GOOD_TILL_DATE = TimeInForce.GoodTillDate;
const POST_ONLY = CommandFlag.PostOnly << 16;
/** Places of type, time in force and whether there is a price in an index of REFUSALS; the phase is below them. */
const TYPE_PLACE = 7;
const TIME_IN_FORCE_PLACE = 4;
const PRICED_PLACE = 3;
/** For each order that the shape allows and each phase: the reason why it is refused, or 0. */
const REFUSALS = new Uint16Array(1 << 10);
for (let index = 0; index < REFUSALS.length; index++) {
  const timeInForce = (index >>> TIME_IN_FORCE_PLACE) & 7;
  const priced = ((index >>> PRICED_PLACE) & 1) !== 0;
  REFUSALS[index] = phaseRefusal(phaseEffect(index & 7, NEW, index >>> TYPE_PLACE, timeInForce, priced));
}

/** Applies a New that the short look (passesAtOnce) says nothing about. */
export function applyNew(state: EngineState, words: Int32Array, at: number): void {
  if (checkNew(state, words, at)) applyUnusual(state, words, at);
}

/** Applies one that passes it: a limit or market order with a price and no more terms, in continuous trading. */
export function applyUsual(state: EngineState, words: Int32Array, from: number): void {
  const at = from & WORD_MASK;
  const kindWord = words[at + COMMAND_KIND_WORD] as number;
  const price = words[at + COMMAND_PRICE] as number;
  const quantity = words[at + COMMAND_QUANTITY] as number;
  const sell = (kindWord >>> 8) & 1;
  const side = ((words[at + COMMAND_INSTRUMENT] as number) << 1) + sell;
  const isMarket = (kindWord >>> 16) & MARKET;
  const timeInForce = kindWord >>> 24;
  const plain = passesPlainly(state, words, at, sell);
  if (!plain && !checkLimitsOf(state, words, at, sell, quantity >>> 0, NO_ORDER, state.holding)) return;
  if (state.books.orders.isFull()) {
    refuse(state, words, at, Reason.OrdersFull, state.limits.maxOrders, NO_ORDER);
    return;
  }
  // Whether it would fill completely is not asked: what may rest must find a level.
  if (isMarket === 0 && timeInForce < IMMEDIATE_OR_CANCEL && !hasLevelRoom(state, side, price)) {
    refuse(state, words, at, Reason.LevelsFull, state.limits.maxLevels, NO_ORDER);
    return;
  }
  if (!plain && !checkMoney(state, words, at, sell, price, quantity >>> 0, NO_ORDER)) return;
  if (timeInForce === FILL_OR_KILL && !findsEnough(state, words, at, side, price, quantity >>> 0)) {
    refuse(state, words, at, Reason.FillOrKillNotFillable, 0, NO_ORDER);
    return;
  }
  const slot = makeOrder(state, words, at, price, isMarket << FLAG_MARKET_SHIFT);
  writeOrderEvent(state, slot, price, quantity, quantity, 0, ACCEPTED);
  if (!matchUsual(state, slot, side, price)) suspendSweep(state, slot);
}

/** One that the checks, one by one, let pass: any type, any phase. */
function applyUnusual(state: EngineState, words: Int32Array, at: number): void {
  const kindWord = words[at + COMMAND_KIND_WORD] as number;
  const type = (kindWord >>> 16) & 0xff;
  if (isStop(type)) {
    enterStop(state, words, at);
    return;
  }
  let isMarket = type === MARKET;
  let timeInForce = kindWord >>> 24;
  const continuous = ((MATCHING_PHASES >>> phaseOf(state, words, at)) & 1) !== 0;
  const instrument = words[at + COMMAND_INSTRUMENT] as number;
  const sell = (kindWord >>> 8) & 1;
  const side = (instrument << 1) + sell;
  let special = 0;
  let expires = 0;
  if (timeInForce === GOOD_TILL_DATE) {
    timeInForce = GOOD_TILL_CANCEL;
    expires = GOOD_TILL_DATE_FLAGS;
  }
  const price = entryPrice(state, words, at, side, continuous);
  if (type === ICEBERG) {
    special = FLAG_SPECIAL;
  } else if (type === MARKET_TO_LIMIT && price === NO_PRICE) {
    isMarket = true;
    special = FLAG_SPECIAL;
  }
  if (price === NO_PRICE && needsPrice(state, instrument, sell)) {
    refuse(state, words, at, Reason.PriceRequired, 0, NO_ORDER);
    return;
  }
  const mayRest = !continuous || (!isMarket && timeInForce < IMMEDIATE_OR_CANCEL);
  const postOnly = ((words[at + COMMAND_FLAGS_WORD] as number) & POST_ONLY) !== 0;
  const quantity = words[at + COMMAND_QUANTITY] as number;
  if (!checkLimits(state, words, at, sell, quantity >>> 0, NO_ORDER)) return;
  if (state.books.orders.isFull()) {
    refuse(state, words, at, Reason.OrdersFull, state.limits.maxOrders, NO_ORDER);
    return;
  }
  if (special !== 0 && !isMarket && state.specials.isFull()) {
    refuse(state, words, at, Reason.SpecialOrdersFull, state.specials.capacity, NO_ORDER);
    return;
  }
  if (mayRest && !hasLevelRoom(state, side, price)) {
    refuse(state, words, at, Reason.LevelsFull, state.limits.maxLevels, NO_ORDER);
    return;
  }
  if (!checkMoney(state, words, at, sell, price, quantity >>> 0, NO_ORDER)) return;
  if (continuous) {
    if (postOnly && wouldCross(state, side, price)) {
      refuse(state, words, at, Reason.PostOnlyWouldCross, 0, NO_ORDER);
      return;
    }
    if (timeInForce === FILL_OR_KILL && !findsEnough(state, words, at, side, price, quantity >>> 0)) {
      refuse(state, words, at, Reason.FillOrKillNotFillable, 0, NO_ORDER);
      return;
    }
    const least = (words[at + COMMAND_MIN_QUANTITY] as number) >>> 0;
    if (timeInForce === IMMEDIATE_OR_CANCEL && least !== 0 && !findsEnough(state, words, at, side, price, least)) {
      refuse(state, words, at, Reason.MinQuantityNotFillable, 0, NO_ORDER);
      return;
    }
  } else if (((UNCROSSED_PHASES >>> phaseOf(state, words, at)) & 1) !== 0 && wouldCross(state, side, price)) {
    refuse(state, words, at, Reason.PostOnlyWouldCross, 0, NO_ORDER);
    return;
  }

  const slot = makeOrder(
    state,
    words,
    at,
    price,
    expires | special | (isMarket ? FLAG_MARKET : 0) | (postOnly ? FLAG_POST_ONLY : 0),
  );
  if (expires !== 0) setExpiry(state, slot, words, at);
  if (special !== 0 && !isMarket) state.specials.add(slot, words[at + COMMAND_DISPLAY_QUANTITY] as number);
  writeOrderEvent(state, slot, price, quantity, quantity, 0, ACCEPTED);
  if (!matchAndRest(state, slot)) suspendSweep(state, slot);
}

/** The checks that do not look at the book, one by one. */
export function checkNew(state: EngineState, words: Int32Array, at: number): boolean {
  if (!checkShape(state, words, at) || !checkSender(state, words, at, true)) return false;
  if (!checkInstrument(state, words, at, true)) return false;
  const kindWord = words[at + COMMAND_KIND_WORD] as number;
  const isMarket = ((kindWord >>> 16) & 0xff) === MARKET;
  const price = words[at + COMMAND_PRICE] as number;
  const order =
    (((kindWord >>> 16) & 0xff) << TYPE_PLACE) |
    ((kindWord >>> 24) << TIME_IN_FORCE_PLACE) |
    (price === NO_PRICE ? 0 : 1 << PRICED_PLACE);
  const refusal = REFUSALS[order | phaseOf(state, words, at)] as number;
  if (refusal !== 0) return refuse(state, words, at, refusal, 0, NO_ORDER);
  const type = (kindWord >>> 16) & 0xff;
  // What a market-to-limit comes to the book says; the price of a stop that trails is an offset.
  if (
    (price === NO_PRICE || type === TRAILING_STOP) &&
    type !== MARKET_TO_LIMIT &&
    !isPricedByBand(state, words, at) &&
    needsPrice(state, words[at + COMMAND_INSTRUMENT] as number, (kindWord >>> 8) & 1)
  ) {
    return refuse(state, words, at, Reason.PriceRequired, 0, NO_ORDER);
  }
  if (isStop(type)) return checkStop(state, words, at) && checkExpiry(state, words, at);
  if (type === MARKET_TO_LIMIT) {
    if (price !== NO_PRICE) return refuse(state, words, at, Reason.PriceNotAllowed, 0, NO_ORDER);
  } else if (!isMarket && price === NO_PRICE) return refuse(state, words, at, Reason.PriceRequired, 0, NO_ORDER);
  if (type === ICEBERG) {
    return checkDisplay(state, words, at) && checkExpiry(state, words, at);
  }
  return checkTerms(state, words, at) && checkLeast(state, words, at) && checkExpiry(state, words, at);
}

/** What must trade at once is not more than the order. */
function checkLeast(state: EngineState, words: Int32Array, at: number): boolean {
  if ((words[at + COMMAND_KIND_WORD] as number) >>> 24 !== IMMEDIATE_OR_CANCEL) return true;
  const quantity = (words[at + COMMAND_QUANTITY] as number) >>> 0;
  if ((words[at + COMMAND_MIN_QUANTITY] as number) >>> 0 <= quantity) return true;
  return refuse(state, words, at, Reason.MinQuantityOutOfRange, quantity, NO_ORDER);
}

/** Whether a New would trade `quantity` at once, with others only where it has a mode of self-trade prevention. */
function findsEnough(
  state: EngineState,
  words: Int32Array,
  at: number,
  side: number,
  price: number,
  quantity: number,
): boolean {
  const own = reachedKey(side, price);
  const reached = isBanded(state, side >>> 1) ? Math.max(own, keyWithinBand(state, side)) : own;
  if (!isFillable(state, side, reached, quantity)) return false;
  if (((words[at + COMMAND_FLAGS_WORD] as number) & 0xff) === 0) return true;
  return isFillableByOthers(state, side, reached, quantity, words, at);
}

/**
 * Whether all of a quantity could trade at once: the totals of the levels within reach, best first. At most maxLevels of
 * them; nothing cuts this short.
 */
function isFillable(state: EngineState, side: number, reached: number, quantity: number): boolean {
  const levels = state.levels;
  const totals = state.books.levels.totals;
  let sum = 0;
  for (let level = state.sides[(((side ^ 1) & SIDE_MASK) << SIDE_SHIFT) + SIDE_BEST] as number; level >= 0; ) {
    const levelAt = (level & LEVEL_MASK) << LEVEL_SHIFT;
    if ((levels[levelAt + LEVEL_KEY] as number) < reached) break;
    sum += totals[((level & LEVEL_MASK) << TOTAL_SHIFT) + TOTAL] as number;
    if (sum >= quantity) return true;
    level = levels[levelAt + LEVEL_WORSE] as number;
  }
  return false;
}
