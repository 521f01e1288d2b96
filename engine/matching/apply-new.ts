/**
 * New orders: limit and market; day, good-till-cancel, immediate-or-cancel, fill-or-kill; post-only.
 * The shard's thread.
 */

import { CommandFlag, EventKind, OrderType, Phase, Reason, TimeInForce } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import * as levelWords from '../book/level-words.js';
import * as orderWords from '../book/order-words.js';
import * as sideWords from '../book/side-words.js';
import * as checksFunctions from './checks.js';
import type { EngineState } from './state.js';
import * as stateFunctions from './state.js';
import * as sweepFunctions from './sweep.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { writeOrderEvent } = stateFunctions;
const { hasLevelRoom, matchAndRest, reachedKey, suspendSweep, wouldCross } = sweepFunctions;
const {
  checkInstrument,
  checkOrderPhase,
  checkSender,
  checkShape,
  checkTerms,
  NO_ORDER,
  passesAtOnce,
  phaseOf,
  refuse,
} = checksFunctions;
const {
  COMMAND_ACCOUNT,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_FLAGS_WORD,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_PRICE,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  NO_PRICE,
  WORD_MASK,
} = layout;
const { SIDE_BEST, SIDE_SHIFT, SIDE_MASK } = sideWords;
const { LEVEL_KEY, LEVEL_SHIFT, LEVEL_MASK, LEVEL_WORSE, TOTAL, TOTAL_SHIFT } = levelWords;
const {
  FLAG_MARKET,
  FLAG_POST_ONLY,
  FLAG_SELL,
  ORDER_ACCOUNT,
  ORDER_CLIENT_HIGH,
  ORDER_CLIENT_LOW,
  ORDER_CUMULATIVE,
  ORDER_FLAGS,
  ORDER_INSTRUMENT,
  ORDER_LEAVES,
  ORDER_PRICE,
  ORDER_SESSION,
  ORDER_SHIFT,
  SLOT_MASK,
} = orderWords;

const ACCEPTED = EventKind.Accepted;
const MARKET = OrderType.Market;
const CONTINUOUS = Phase.Continuous;
const IMMEDIATE_OR_CANCEL = TimeInForce.ImmediateOrCancel;
const FILL_OR_KILL = TimeInForce.FillOrKill;
const POST_ONLY = CommandFlag.PostOnly << 16;

/** Applies a New. */
export function applyNew(state: EngineState, words: Int32Array, from: number): void {
  const at = from & WORD_MASK;
  const passed = passesAtOnce(state, words, at);
  if (!passed && !checkNew(state, words, at)) return;
  const kindWord = words[at + COMMAND_KIND_WORD] as number;
  const isMarket = ((kindWord >>> 16) & 0xff) === MARKET;
  const timeInForce = kindWord >>> 24;
  const price = words[at + COMMAND_PRICE] as number;
  const continuous = passed || phaseOf(state, words, at) === CONTINUOUS;
  const instrument = words[at + COMMAND_INSTRUMENT] as number;
  const sell = (kindWord >>> 8) & 1;
  const side = (instrument << 1) + sell;
  const mayRest = !continuous || (!isMarket && timeInForce < IMMEDIATE_OR_CANCEL);
  const postOnly = ((words[at + COMMAND_FLAGS_WORD] as number) & POST_ONLY) !== 0;
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
    if (timeInForce === FILL_OR_KILL && !isFillable(state, side, price, quantity >>> 0)) {
      refuse(state, words, at, Reason.FillOrKillNotFillable, 0, NO_ORDER);
      return;
    }
  }

  const slot = state.books.orders.allocate();
  const orders = state.orders;
  const orderAt = (slot & SLOT_MASK) << ORDER_SHIFT;
  orders[orderAt + ORDER_PRICE] = price;
  orders[orderAt + ORDER_LEAVES] = quantity;
  orders[orderAt + ORDER_CUMULATIVE] = 0;
  orders[orderAt + ORDER_FLAGS] =
    timeInForce | (isMarket ? FLAG_MARKET : 0) | (postOnly ? FLAG_POST_ONLY : 0) | (kindWord & FLAG_SELL);
  orders[orderAt + ORDER_ACCOUNT] = words[at + COMMAND_ACCOUNT] as number;
  orders[orderAt + ORDER_INSTRUMENT] = instrument;
  orders[orderAt + ORDER_CLIENT_LOW] = words[at + COMMAND_CLIENT_ORDER_ID] as number;
  orders[orderAt + ORDER_CLIENT_HIGH] = words[at + COMMAND_CLIENT_ORDER_ID + 1] as number;
  orders[orderAt + ORDER_SESSION] = words[at + COMMAND_SESSION] as number;
  writeOrderEvent(state, slot, price, quantity, quantity, 0, ACCEPTED);
  if (!matchAndRest(state, slot)) suspendSweep(state, slot);
}

/** The checks that do not look at the book, one by one. */
function checkNew(state: EngineState, words: Int32Array, at: number): boolean {
  if (!checkShape(state, words, at) || !checkSender(state, words, at, true)) return false;
  if (!checkInstrument(state, words, at, true) || !checkOrderPhase(state, words, at)) return false;
  const kindWord = words[at + COMMAND_KIND_WORD] as number;
  const isMarket = ((kindWord >>> 16) & 0xff) === MARKET;
  const price = words[at + COMMAND_PRICE] as number;
  const hasWorst = isMarket && price !== NO_PRICE;
  if (phaseOf(state, words, at) !== CONTINUOUS && (kindWord >>> 24 >= IMMEDIATE_OR_CANCEL || hasWorst)) {
    return refuse(state, words, at, Reason.NotInAuction, 0, NO_ORDER);
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
