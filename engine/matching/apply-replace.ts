/**
 * Replace (quantity is the new total, filled included) and cancel-replace (quantity is what shall be open). Same order
 * id; the new client order id lives from here on and the old one is dead. Only less quantity at the same price by a
 * Replace keeps the place; everything else leaves its level and enters as if it came now.
 * The shard's thread.
 */

import { CommandKind, EventKind, Reason } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import { phasesThatMatch, phasesThatTake, phasesWithoutCrossing } from '../../schemas/phases.js';
import * as orderWords from '../book/order-words.js';
import * as limitFunctions from '../money/check-limits.js';
import * as holdingFunctions from '../money/holdings.js';
import * as checksFunctions from '../state/checks.js';
import type { EngineState } from '../state/state.js';
import * as stateFunctions from '../state/state.js';
import * as applyCancelFunctions from './apply-cancel.js';
import { hiddenOf, putHidden, takeHidden } from './iceberg.js';
import * as lifeFunctions from './order-life.js';
import { checkOffset } from './stops.js';
import * as sweepFunctions from './sweep.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { hasLevelRoom, matchAndRest, matchUsual, suspendSweep, wouldCross } = sweepFunctions;
const { writeOrderEvent } = stateFunctions;
const { checkInstrument, checkPhase, checkSender, checkShape, checkTerms, findTarget, phaseOf, refuse } =
  checksFunctions;
const { checkQuantity, peekTarget, trails } = checksFunctions;
const { cancelOrder } = applyCancelFunctions;
const { checkLimits, checkMoney, lotsAdded, needsPrice } = limitFunctions;
const { changeOrder, changePlain, shrinkOrder } = holdingFunctions;
const { isPlain } = lifeFunctions;
const {
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_PRICE,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  EVENT_BOOK_BIT,
  EVENT_RELATED_ID,
  NO_PRICE,
  WORD_MASK,
} = layout;
const {
  FLAG_MARKET,
  FLAG_POST_ONLY,
  FLAG_SELL_SHIFT,
  ORDER_CLIENT_HIGH,
  ORDER_CLIENT_LOW,
  ORDER_CUMULATIVE,
  ORDER_FLAGS,
  ORDER_LEAVES,
  ORDER_LEVEL,
  ORDER_PRICE,
  ORDER_SESSION,
  ORDER_SHIFT,
  ORDER_STOP,
  SLOT_MASK,
  WAITING,
} = orderWords;

const REPLACE = CommandKind.Replace;
const REDUCED = EventKind.Reduced | EVENT_BOOK_BIT;
const REPLACED = EventKind.Replaced | EVENT_BOOK_BIT;
const REDUCED_WAITING = EventKind.Reduced;
const REPLACED_WAITING = EventKind.Replaced;
const MATCHING_PHASES = phasesThatMatch();
/** Where every order is as post-only: the book must not cross, and nothing trades. */
const POSTING_PHASES = phasesWithoutCrossing() & ~MATCHING_PHASES;
const REPLACE_PHASES = phasesThatTake(REPLACE);
const CANCEL_REPLACE_PHASES = phasesThatTake(CommandKind.CancelReplace);
const MAX_QUANTITY = 0xffffffff;

/** Applies a Replace or CancelReplace that the short look (passesAtOnce) says nothing about. */
export function applyReplace(state: EngineState, words: Int32Array, at: number): void {
  if (!checkReplace(state, words, at)) return;
  const slot = findTarget(state, words, at);
  if (slot >= 0) replaceOrder(state, words, at, slot);
}

/**
 * Applies one that passes it: nearly all change a limit order that rests and has nothing besides its record. What they do is
 * what replaceOrder does with such an order, in the same order.
 */
export function replaceUsual(state: EngineState, words: Int32Array, from: number): void {
  const at = from & WORD_MASK;
  const slot = findTarget(state, words, at);
  if (slot < 0) return;
  const orders = state.orders;
  const orderAt = (slot & SLOT_MASK) << ORDER_SHIFT;
  const flags = orders[orderAt + ORDER_FLAGS] as number;
  const price = words[at + COMMAND_PRICE] as number;
  const quantity = (words[at + COMMAND_QUANTITY] as number) >>> 0;
  const cumulative = (orders[orderAt + ORDER_CUMULATIVE] as number) >>> 0;
  const isReplace = ((words[at + COMMAND_KIND_WORD] as number) & 0xff) === REPLACE;
  if (
    (flags & (FLAG_MARKET | FLAG_POST_ONLY)) !== 0 ||
    !isPlain(state, slot) ||
    (isReplace ? quantity <= cumulative : cumulative + quantity > MAX_QUANTITY)
  ) {
    replaceOrder(state, words, at, slot);
    return;
  }
  const open = (orders[orderAt + ORDER_LEAVES] as number) >>> 0;
  const leaves = isReplace ? quantity - cumulative : quantity;
  const sell = (flags >>> FLAG_SELL_SHIFT) & 1;
  if (!checkLimits(state, words, at, sell, leaves - open, slot)) return;
  if (isReplace && price === orders[orderAt + ORDER_PRICE] && leaves < open) {
    reduceOrder(state, words, at, slot, leaves);
    return;
  }
  const side = ((words[at + COMMAND_INSTRUMENT] as number) << 1) + sell;
  if (!hasLevelRoom(state, side, price)) {
    refuse(state, words, at, Reason.LevelsFull, state.limits.maxLevels, slot);
    return;
  }
  if (!checkMoney(state, words, at, sell, price, leaves, slot)) return;
  state.books.unlink(slot);
  state.ids.remove(slot);
  const oldPrice = orders[orderAt + ORDER_PRICE] as number;
  renameOrder(state, words, at, slot, oldPrice, open | 0, leaves | 0, 0, REPLACED);
  changePlain(state, slot, state.holding, price, leaves);
  orders[orderAt + ORDER_PRICE] = price;
  orders[orderAt + ORDER_LEAVES] = leaves | 0;
  if (!matchUsual(state, slot, side, price)) suspendSweep(state, slot);
}

/** Changes the own live order that the command names; the checks that need no order are done. */
function replaceOrder(state: EngineState, words: Int32Array, at: number, slot: number): void {
  const orders = state.orders;
  const orderAt = (slot & SLOT_MASK) << ORDER_SHIFT;
  const flags = orders[orderAt + ORDER_FLAGS] as number;
  const price = words[at + COMMAND_PRICE] as number;
  const quantity = (words[at + COMMAND_QUANTITY] as number) >>> 0;
  const cumulative = (orders[orderAt + ORDER_CUMULATIVE] as number) >>> 0;
  const isMarket = (flags & FLAG_MARKET) !== 0;
  const waits = orders[orderAt + ORDER_LEVEL] === WAITING;
  // A stop that waits may have a worst price or none, whatever it had.
  const sell = (flags >>> FLAG_SELL_SHIFT) & 1;
  if (price === NO_PRICE && needsPrice(state, words[at + COMMAND_INSTRUMENT] as number, sell)) {
    refuse(state, words, at, Reason.PriceRequired, 0, slot);
    return;
  }
  if (isMarket !== (price === NO_PRICE) && !(waits && isMarket)) {
    refuse(state, words, at, isMarket ? Reason.PriceNotAllowed : Reason.PriceRequired, 0, slot);
    return;
  }
  const open = (orders[orderAt + ORDER_LEAVES] as number) >>> 0;
  const offset = waits && trails(state, slot);
  if (offset && !checkOffset(state, words, at, slot)) return;
  let leaves = quantity;
  if (((words[at + COMMAND_KIND_WORD] as number) & 0xff) === REPLACE) {
    if (quantity <= cumulative) {
      cancelOrder(
        state,
        slot,
        Reason.ReplacedToDone,
        words[at + COMMAND_CLIENT_ORDER_ID] as number,
        words[at + COMMAND_CLIENT_ORDER_ID + 1] as number,
      );
      return;
    }
    leaves = quantity - cumulative;
    if (price === orders[orderAt + ORDER_PRICE] && leaves < open) {
      if (!checkLimits(state, words, at, sell, lotsAdded(state, slot, open, leaves), slot)) return;
      reduceOrder(state, words, at, slot, leaves);
      return;
    }
  } else if (cumulative + quantity > MAX_QUANTITY) {
    refuse(state, words, at, Reason.QuantityOutOfRange, MAX_QUANTITY - cumulative, slot);
    return;
  }
  if (!checkLimits(state, words, at, sell, lotsAdded(state, slot, open, leaves), slot)) return;
  if (waits) {
    if (!checkMoney(state, words, at, sell, price, leaves, slot)) return;
    replaceWaiting(state, words, at, slot, price, leaves);
    return;
  }
  const side = ((words[at + COMMAND_INSTRUMENT] as number) << 1) + sell;
  if (!hasLevelRoom(state, side, price)) {
    refuse(state, words, at, Reason.LevelsFull, state.limits.maxLevels, slot);
    return;
  }
  if (!checkMoney(state, words, at, sell, price, leaves, slot)) return;
  const phases = (flags & FLAG_POST_ONLY) !== 0 ? MATCHING_PHASES | POSTING_PHASES : POSTING_PHASES;
  if (((phases >>> phaseOf(state, words, at)) & 1) !== 0 && wouldCross(state, side, price)) {
    refuse(state, words, at, Reason.PostOnlyWouldCross, 0, slot);
    return;
  }
  moveOrder(state, words, at, slot, price, leaves);
}

function checkReplace(state: EngineState, words: Int32Array, at: number): boolean {
  if (!checkShape(state, words, at) || !checkSender(state, words, at, true)) return false;
  if (!checkInstrument(state, words, at, true)) return false;
  const isReplace = ((words[at + COMMAND_KIND_WORD] as number) & 0xff) === REPLACE;
  const phases = isReplace ? REPLACE_PHASES : CANCEL_REPLACE_PHASES;
  if (!checkPhase(state, words, at, phases)) return false;
  // The price of a stop that trails is an offset; it is looked at when it is known to be one.
  const slot = peekTarget(state, words, at);
  return slot >= 0 && trails(state, slot) ? checkQuantity(state, words, at) : checkTerms(state, words, at);
}

/** Off its old level, then in again with the new price and leaves. */
function moveOrder(
  state: EngineState,
  words: Int32Array,
  at: number,
  slot: number,
  price: number,
  leaves: number,
): void {
  const orders = state.orders;
  const orderAt = (slot & SLOT_MASK) << ORDER_SHIFT;
  const hidden = takeHidden(state, slot, (orders[orderAt + ORDER_LEAVES] as number) >>> 0);
  state.books.unlink(slot);
  state.ids.remove(slot);
  const oldPrice = orders[orderAt + ORDER_PRICE] as number;
  const oldLeaves = orders[orderAt + ORDER_LEAVES] as number;
  const to = renameOrder(state, words, at, slot, oldPrice, oldLeaves, leaves, 0, REPLACED);
  if (hidden !== 0) putHidden(state, to, hidden);
  changeOrder(state, slot, price, leaves);
  orders[orderAt + ORDER_PRICE] = price;
  orders[orderAt + ORDER_LEAVES] = leaves;
  if (!matchAndRest(state, slot)) suspendSweep(state, slot);
}

/** A stop that waits goes on to wait for the same trigger, as one that comes now; one that trails keeps what it has seen, and its place,
 * and one that was triggered its place among those. */
function replaceWaiting(
  state: EngineState,
  words: Int32Array,
  at: number,
  slot: number,
  price: number,
  leaves: number,
): void {
  const orders = state.orders;
  const orderAt = slot << ORDER_SHIFT;
  const oldPrice = orders[orderAt + ORDER_PRICE] as number;
  const oldLeaves = orders[orderAt + ORDER_LEAVES] as number;
  state.ids.remove(slot);
  renameOrder(state, words, at, slot, oldPrice, oldLeaves, leaves, 0, REPLACED_WAITING);
  changeOrder(state, slot, price, leaves);
  state.ids.add(slot);
  orders[orderAt + ORDER_PRICE] = price;
  orders[orderAt + ORDER_LEAVES] = leaves;
  const node = orders[orderAt + ORDER_STOP] as number;
  if (!state.stops.trailsBehind(node) && !state.stops.isQueued(node)) state.stops.moveBack(node);
}

/** Less quantity, same price, same place. */
function reduceOrder(state: EngineState, words: Int32Array, at: number, slot: number, leaves: number): void {
  const orders = state.orders;
  const orderAt = (slot & SLOT_MASK) << ORDER_SHIFT;
  const gone = ((orders[orderAt + ORDER_LEAVES] as number) >>> 0) - leaves;
  state.ids.remove(slot);
  shrinkOrder(state, slot, leaves + gone, leaves);
  orders[orderAt + ORDER_LEAVES] = leaves;
  const level = orders[orderAt + ORDER_LEVEL] as number;
  const price = orders[orderAt + ORDER_PRICE] as number;
  if (level === WAITING) {
    renameOrder(state, words, at, slot, price, gone, leaves, 0, REDUCED_WAITING);
  } else {
    const hidden = takeHidden(state, slot, gone);
    state.books.reduce(level, gone);
    const shown = leaves - hiddenOf(state, slot);
    const to = renameOrder(state, words, at, slot, price, gone, leaves, shown, REDUCED);
    if (hidden !== 0) putHidden(state, to, hidden);
  }
  state.ids.add(slot);
}

/** Gives the order the id and session of the command and writes the event that says so; returns its first word. */
function renameOrder(
  state: EngineState,
  words: Int32Array,
  at: number,
  slot: number,
  price: number,
  quantity: number,
  leaves: number,
  displayed: number,
  kindWord: number,
): number {
  const orders = state.orders;
  const orderAt = (slot & SLOT_MASK) << ORDER_SHIFT;
  const oldLow = orders[orderAt + ORDER_CLIENT_LOW] as number;
  const oldHigh = orders[orderAt + ORDER_CLIENT_HIGH] as number;
  orders[orderAt + ORDER_CLIENT_LOW] = words[at + COMMAND_CLIENT_ORDER_ID] as number;
  orders[orderAt + ORDER_CLIENT_HIGH] = words[at + COMMAND_CLIENT_ORDER_ID + 1] as number;
  orders[orderAt + ORDER_SESSION] = words[at + COMMAND_SESSION] as number;
  const to = writeOrderEvent(state, slot, price, quantity, leaves, displayed, kindWord);
  state.events[to + EVENT_RELATED_ID] = oldLow;
  state.events[to + EVENT_RELATED_ID + 1] = oldHigh;
  return to;
}
