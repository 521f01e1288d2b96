/**
 * New orders: limit and market; day, good-till-cancel, immediate-or-cancel, fill-or-kill; post-only. Stops are in stops.ts.
 * The shard's thread.
 */

import { CommandFlag, CommandKind, EventKind, OrderType, Reason, TimeInForce } from '../../schemas/codes.js';
import { isStop } from '../../schemas/kinds.js';
import * as layout from '../../schemas/layout.js';
import { phaseEffect, phaseRefusal, phasesThatMatch } from '../../schemas/phases.js';
import * as levelWords from '../book/level-words.js';
import * as orderWords from '../book/order-words.js';
import * as sideWords from '../book/side-words.js';
import * as checksFunctions from './checks.js';
import { makeOrder } from './new-order.js';
import * as selfTradeFunctions from './self-trade.js';
import type { EngineState } from './state.js';
import * as stateFunctions from './state.js';
import { checkStop, enterStop } from './stops.js';
import * as sweepFunctions from './sweep.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { writeOrderEvent } = stateFunctions;
const { isFillableByOthers } = selfTradeFunctions;
const { hasLevelRoom, matchAndRest, reachedKey, suspendSweep, wouldCross } = sweepFunctions;
const { checkInstrument, checkSender, checkShape, checkTerms, NO_ORDER, passesAtOnce, phaseOf, refuse } =
  checksFunctions;
const {
  COMMAND_FLAGS_WORD,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_PRICE,
  COMMAND_QUANTITY,
  NO_PRICE,
  WORD_MASK,
} = layout;
const { SIDE_BEST, SIDE_SHIFT, SIDE_MASK } = sideWords;
const { LEVEL_KEY, LEVEL_SHIFT, LEVEL_MASK, LEVEL_WORSE, TOTAL, TOTAL_SHIFT } = levelWords;
const { FLAG_MARKET, FLAG_POST_ONLY } = orderWords;

const NEW = CommandKind.New;
const ACCEPTED = EventKind.Accepted;
const MARKET = OrderType.Market;
const MATCHING_PHASES = phasesThatMatch();
const IMMEDIATE_OR_CANCEL = TimeInForce.ImmediateOrCancel;
const FILL_OR_KILL = TimeInForce.FillOrKill;
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

/** Applies a New. */
export function applyNew(state: EngineState, words: Int32Array, from: number): void {
  const at = from & WORD_MASK;
  const passed = passesAtOnce(state, words, at);
  if (!passed && !checkNew(state, words, at)) return;
  const kindWord = words[at + COMMAND_KIND_WORD] as number;
  if (!passed && isStop((kindWord >>> 16) & 0xff)) {
    enterStop(state, words, at);
    return;
  }
  const isMarket = ((kindWord >>> 16) & 0xff) === MARKET;
  const timeInForce = kindWord >>> 24;
  const price = words[at + COMMAND_PRICE] as number;
  const continuous = passed || ((MATCHING_PHASES >>> phaseOf(state, words, at)) & 1) !== 0;
  const instrument = words[at + COMMAND_INSTRUMENT] as number;
  const sell = (kindWord >>> 8) & 1;
  const side = (instrument << 1) + sell;
  const mayRest = !continuous || (!isMarket && timeInForce < IMMEDIATE_OR_CANCEL);
  const postOnly = ((words[at + COMMAND_FLAGS_WORD] as number) & POST_ONLY) !== 0;
  const selfTrade = (words[at + COMMAND_FLAGS_WORD] as number) & 0xff;
  const quantity = words[at + COMMAND_QUANTITY] as number;
  if (state.books.orders.isFull()) {
    refuse(state, words, at, Reason.OrdersFull, state.limits.maxOrders, NO_ORDER);
    return;
  }
  // Whether it would fill completely is not asked: what may rest must find a level.
  if (mayRest && !hasLevelRoom(state, side, price)) {
    refuse(state, words, at, Reason.LevelsFull, state.limits.maxLevels, NO_ORDER);
    return;
  }
  if (continuous) {
    if (postOnly && wouldCross(state, side, price)) {
      refuse(state, words, at, Reason.PostOnlyWouldCross, 0, NO_ORDER);
      return;
    }
    if (
      timeInForce === FILL_OR_KILL &&
      !(
        isFillable(state, side, price, quantity >>> 0) &&
        (selfTrade === 0 || isFillableByOthers(state, side, reachedKey(side, price), words, at))
      )
    ) {
      refuse(state, words, at, Reason.FillOrKillNotFillable, 0, NO_ORDER);
      return;
    }
  }

  const slot = makeOrder(state, words, at, (isMarket ? FLAG_MARKET : 0) | (postOnly ? FLAG_POST_ONLY : 0));
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
  if (isStop((kindWord >>> 16) & 0xff)) {
    return checkStop(state, words, at);
  }
  if (!isMarket && price === NO_PRICE) return refuse(state, words, at, Reason.PriceRequired, 0, NO_ORDER);
  return checkTerms(state, words, at);
}

/**
 * Whether all of a quantity could trade at once: the totals of the levels within reach, best first. At most maxLevels of
 * them; nothing cuts this short.
 */
function isFillable(state: EngineState, side: number, price: number, quantity: number): boolean {
  const levels = state.levels;
  const totals = state.books.levels.totals;
  const reached = reachedKey(side, price);
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
