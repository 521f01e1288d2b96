/**
 * One-cancels-other: two New commands behind each other, the legs, are entered together or not at all. Both are checked
 * before either is accepted; then stops wait, and the limit order, if one is, matches and rests last.
 * The shard's thread. The events of the first command are its answer alone; all that happens then belongs to the second.
 */

import { CommandFlag, EventKind, Reason } from '../../schemas/codes.js';
import { isStop } from '../../schemas/kinds.js';
import * as layout from '../../schemas/layout.js';
import { checkLegs, isLeg } from '../../schemas/legs.js';
import { phasesThatMatch, phasesWithoutCrossing } from '../../schemas/phases.js';
import * as orderWords from '../book/order-words.js';
import * as ledgerWords from '../ledger/ledger-words.js';
import { checkLimits, checkMoney } from '../money/check-limits.js';
import { joinLegs } from '../money/pairs.js';
import * as registryWords from '../registry-words.js';
import { checkSender, checkShape, NO_ORDER, phaseOf, refuse } from '../state/checks.js';
import { type EngineState, writeOrderEvent } from '../state/state.js';
import { checkNew } from './apply-new.js';
import { makeOrder } from './new-order.js';
import { listOrder } from './order-life.js';
import { hasStopRoom, makeStop, waitForTrigger } from './stops.js';
import { hasLevelRoom, matchAndRest, suspendSweep, wouldCross } from './sweep.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const {
  COMMAND_ACCOUNT,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_FLAGS_WORD,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_PRICE,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  COMMAND_WORDS,
  EVENT_ACCOUNT,
  EVENT_END_OF_COMMAND_BIT,
  EVENT_KIND_WORD,
  EVENT_WORDS,
} = layout;
const { FLAG_POST_ONLY } = orderWords;
const { ACCOUNT_OPEN_ORDERS, ACCOUNT_SEQUENCE, ACCOUNT_SHIFT } = registryWords;
const { CHECKED_LOTS, HOLDING_OPEN, HOLDING_SHIFT, LIMIT_SHIFT, LIMIT_TIME, LIMIT_TOKENS } = ledgerWords;

const ACCEPTED = EventKind.Accepted;
const POST_ONLY = CommandFlag.PostOnly << 16;
const MATCHING_PHASES = phasesThatMatch();
/** Where every order is as post-only: the book must not cross, and nothing trades. */
const POSTING_PHASES = phasesWithoutCrossing() & ~MATCHING_PHASES;

/** Applies the leg at word `at` with the one behind it, which must lie before word `endAt`. */
export function applyLegs(state: EngineState, words: Int32Array, at: number, endAt: number): void {
  const other = at + COMMAND_WORDS;
  const follows =
    other + COMMAND_WORDS <= endAt &&
    isLeg(words[other + COMMAND_KIND_WORD] as number, words[other + COMMAND_FLAGS_WORD] as number) &&
    words[other + COMMAND_SESSION] === words[at + COMMAND_SESSION];
  if (!follows) {
    if (checkShape(state, words, at)) refuse(state, words, at, Reason.BadParts, 0, NO_ORDER);
    return;
  }
  const bad = checkLegs(words, at, 2);
  const stop = isStop(typeAt(words, at));
  const limits = state.accountLimits;
  const limitAt = (words[at + COMMAND_ACCOUNT] as number) << LIMIT_SHIFT;
  // Each leg that comes so far takes a token; a refusal is found out twice, and takes it once.
  const [tokens, time] = [limits[limitAt + LIMIT_TOKENS] as number, limits[limitAt + LIMIT_TIME] as number];
  const passes = triesLeg(state, words, at, bad, 0, 0);
  const [tokensLeft, timeLeft] = [limits[limitAt + LIMIT_TOKENS] as number, limits[limitAt + LIMIT_TIME] as number];
  if (passes) countLeg(state, words, at, other, 1);
  const otherPasses = triesLeg(state, words, other, bad, 1, stop ? 1 : 0);
  const enters = passes && otherPasses;
  if (!enters) {
    limits[limitAt + LIMIT_TOKENS] = tokens;
    limits[limitAt + LIMIT_TIME] = time;
  }
  if (passes) countLeg(state, words, at, other, -1);
  const slot = enters ? acceptLeg(state, words, at) : refuseLeg(state, words, at, passes, bad, 0, 0);
  endLeg(state, words, at);
  const answerAt = (state.next - 1) * EVENT_WORDS + EVENT_KIND_WORD;
  state.events[answerAt] = (state.events[answerAt] as number) | EVENT_END_OF_COMMAND_BIT;
  // All that follows belongs to the second command.
  state.commandLow = (state.commandLow + 1) | 0;
  if (state.commandLow === 0) state.commandHigh++;
  state.originLow = state.commandLow;
  state.originHigh = state.commandHigh;
  if (!enters) {
    limits[limitAt + LIMIT_TOKENS] = tokensLeft;
    limits[limitAt + LIMIT_TIME] = timeLeft;
    if (passes) countLeg(state, words, at, other, 1);
    // Of one that passes nothing is asked again, so it takes its token here.
    if (otherPasses) triesLeg(state, words, other, bad, 1, stop ? 1 : 0);
    refuseLeg(state, words, other, otherPasses, bad, 1, stop ? 1 : 0);
    if (passes) countLeg(state, words, at, other, -1);
    endLeg(state, words, other);
    return;
  }
  const otherSlot = acceptLeg(state, words, other);
  // What was found for the second leg is not what the first one reserves.
  state.checked[CHECKED_LOTS] = -1;
  endLeg(state, words, other);
  joinLegs(state, slot, otherSlot);
  listOrder(state, slot);
  listOrder(state, otherSlot);
  if (stop) waitForTrigger(state, words, at, slot);
  if (isStop(typeAt(words, other))) waitForTrigger(state, words, other, otherSlot);
  else enterLimit(state, otherSlot);
  if (!stop) enterLimit(state, slot);
}

/**
 * Counts the first leg (`sign` 1), or no more (-1), as an open order while the second one is looked at. Its lots count only
 * where that is of the other side: of one side both are open as the larger one is.
 */
function countLeg(state: EngineState, words: Int32Array, at: number, other: number, sign: number): void {
  const account = words[at + COMMAND_ACCOUNT] as number;
  const ordersAt = (account << ACCOUNT_SHIFT) + ACCOUNT_OPEN_ORDERS;
  state.accounts[ordersAt] = (state.accounts[ordersAt] as number) + sign;
  const sell = ((words[at + COMMAND_KIND_WORD] as number) >>> 8) & 1;
  const holding = state.ledger.findHolding(account, words[at + COMMAND_INSTRUMENT] as number);
  if (holding < 0 || sell === (((words[other + COMMAND_KIND_WORD] as number) >>> 8) & 1)) return;
  const openAt = (holding << HOLDING_SHIFT) + HOLDING_OPEN + sell;
  const lots = (words[at + COMMAND_QUANTITY] as number) >>> 0;
  state.holdingSums[openAt] = (state.holdingSums[openAt] as number) + sign * lots;
}

function typeAt(words: Int32Array, at: number): number {
  return ((words[at + COMMAND_KIND_WORD] as number) >>> 16) & 0xff;
}

function enterLimit(state: EngineState, slot: number): void {
  if (!matchAndRest(state, slot)) suspendSweep(state, slot);
}

/**
 * All checks of one leg; false when it has refused. `bad`: why the two are no pair; `orders`, `stops`: those that the leg
 * before it takes.
 */
function checkLeg(
  state: EngineState,
  words: Int32Array,
  at: number,
  bad: number,
  orders: number,
  stops: number,
): boolean {
  state.answerLane = -1;
  if (bad !== 0) return checkShape(state, words, at) && refuse(state, words, at, bad, 0, NO_ORDER);
  if (!checkNew(state, words, at)) return false;
  if (isStop(typeAt(words, at))) return hasStopRoom(state, words, at, orders, stops);
  const sell = ((words[at + COMMAND_KIND_WORD] as number) >>> 8) & 1;
  const lots = (words[at + COMMAND_QUANTITY] as number) >>> 0;
  if (!checkLimits(state, words, at, sell, lots, NO_ORDER)) return false;
  const pool = state.books.orders;
  if (pool.room() <= orders) return refuse(state, words, at, Reason.OrdersFull, state.limits.maxOrders, NO_ORDER);
  const side = ((words[at + COMMAND_INSTRUMENT] as number) << 1) + sell;
  const price = words[at + COMMAND_PRICE] as number;
  if (!hasLevelRoom(state, side, price)) {
    return refuse(state, words, at, Reason.LevelsFull, state.limits.maxLevels, NO_ORDER);
  }
  if (!checkMoney(state, words, at, sell, price, lots, NO_ORDER)) return false;
  const phases = isPostOnly(words, at) ? MATCHING_PHASES | POSTING_PHASES : POSTING_PHASES;
  if (((phases >>> phaseOf(state, words, at)) & 1) !== 0 && wouldCross(state, side, price)) {
    return refuse(state, words, at, Reason.PostOnlyWouldCross, 0, NO_ORDER);
  }
  return true;
}

function isPostOnly(words: Int32Array, at: number): boolean {
  return ((words[at + COMMAND_FLAGS_WORD] as number) & POST_ONLY) !== 0;
}

/** As checkLeg, but nothing is said: what a refusal wrote is taken back. */
function triesLeg(
  state: EngineState,
  words: Int32Array,
  at: number,
  bad: number,
  orders: number,
  stops: number,
): boolean {
  const { next, eventLow, eventHigh } = state;
  if (checkLeg(state, words, at, bad, orders, stops)) return true;
  const account = state.events[next * EVENT_WORDS + EVENT_ACCOUNT] as number;
  if (account !== 0) {
    const sequenceAt = (account << ACCOUNT_SHIFT) + ACCOUNT_SEQUENCE;
    state.accounts[sequenceAt] = ((state.accounts[sequenceAt] as number) - 1) | 0;
  }
  state.next = next;
  state.eventLow = eventLow;
  state.eventHigh = eventHigh;
  return false;
}

/** Says why a leg is not entered: its own reason, or that its other leg is refused, which uses no id up. */
function refuseLeg(
  state: EngineState,
  words: Int32Array,
  at: number,
  passes: boolean,
  bad: number,
  orders: number,
  stops: number,
): number {
  if (!passes) {
    checkLeg(state, words, at, bad, orders, stops);
    return NO_ORDER;
  }
  state.answerLane = -1;
  refuse(state, words, at, Reason.OtherLegRefused, 0, NO_ORDER);
  return NO_ORDER;
}

/** The order of a leg, accepted; it neither rests nor waits yet. */
function acceptLeg(state: EngineState, words: Int32Array, at: number): number {
  state.answerLane = -1;
  checkSender(state, words, at, true);
  state.holding = state.ledger.findHolding(
    words[at + COMMAND_ACCOUNT] as number,
    words[at + COMMAND_INSTRUMENT] as number,
  );
  if (isStop(typeAt(words, at))) return makeStop(state, words, at);
  const price = words[at + COMMAND_PRICE] as number;
  const slot = makeOrder(state, words, at, price, isPostOnly(words, at) ? FLAG_POST_ONLY : 0);
  const quantity = words[at + COMMAND_QUANTITY] as number;
  writeOrderEvent(state, slot, price, quantity, quantity, 0, ACCEPTED);
  return slot;
}

/** Keeps the answer to a leg, which is the last event, where its id is used up. */
function endLeg(state: EngineState, words: Int32Array, at: number): void {
  if (state.answerLane >= 0) {
    state.lanes.keep(
      state.answerLane,
      words[at + COMMAND_CLIENT_ORDER_ID] as number,
      words[at + COMMAND_CLIENT_ORDER_ID + 1] as number,
      state.events,
      (state.next - 1) * EVENT_WORDS,
    );
  }
  state.answerLane = -1;
}
