/**
 * How an order leaves the engine, and how it comes into the list of its account. The shard's thread.
 */

import * as orderWords from '../book/order-words.js';
import * as holdingFunctions from '../money/holdings.js';
import { partLegs } from '../money/pairs.js';
import * as operationWords from '../state/operations.js';
import type { EngineState } from '../state/state.js';
import { expiryTimer } from '../timers/timer-ranges.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { enterOrder, leaveOrder, leavePlain } = holdingFunctions;
const { FLAG_CLOSED, FLAG_EXPIRES, FLAG_LEG, FLAG_LISTED, FLAG_MARKET, FLAG_SPECIAL, NOT_RESTING } = orderWords;
const { ORDER_FLAGS, ORDER_LEVEL, ORDER_SHIFT, ORDER_STOP, SLOT_MASK } = orderWords;
const { OPERATION_CURSOR, OPERATION_INSTRUMENT, OPERATION_SHIFT } = operationWords;

/** Puts a New behind the others of its account in the instrument: the order in which mass cancels take orders. It is open. */
export function listOrder(state: EngineState, slot: number): void {
  const flagsAt = ((slot & SLOT_MASK) << ORDER_SHIFT) + ORDER_FLAGS;
  state.orders[flagsAt] = (state.orders[flagsAt] as number) | FLAG_LISTED;
  state.accountOrders.add(slot);
  enterOrder(state, slot);
}

/** A resting order leaves the book and the engine. Its last event is written. */
export function takeOff(state: EngineState, slot: number): void {
  state.ids.remove(slot);
  state.books.unlink(slot);
  forgetOrder(state, slot);
}

/** Whether an order rests and has nothing besides its record: no timer, hidden part or other leg. */
export function isPlain(state: EngineState, slot: number): boolean {
  const at = (slot & SLOT_MASK) << ORDER_SHIFT;
  const more = (state.orders[at + ORDER_FLAGS] as number) & (FLAG_SPECIAL | FLAG_EXPIRES | FLAG_LEG);
  return more === 0 && (state.orders[at + ORDER_LEVEL] as number) >= 0;
}

/** As takeOff, of an order that is plain, while nothing is in progress. */
export function takePlainOff(state: EngineState, slot: number): void {
  state.ids.remove(slot);
  state.books.unlink(slot);
  state.accountOrders.remove(slot);
  leavePlain(state, slot);
  state.books.orders.free(slot);
}

/** A stop waits no more: it is like an order that just came. */
export function releaseStop(state: EngineState, slot: number): void {
  const orderAt = slot << ORDER_SHIFT;
  state.stops.remove(state.orders[orderAt + ORDER_STOP] as number);
  state.ids.remove(slot);
  state.orders[orderAt + ORDER_LEVEL] = NOT_RESTING;
}

/** Mass cancels that walk over their account's orders and stand at this one go on with the next. */
function passCursors(state: EngineState, slot: number): void {
  const { operations } = state;
  for (let index = 0; index < operations.count; index++) {
    const row = operations.row(index);
    const at = row << OPERATION_SHIFT;
    if (!operations.isWalk(row) || operations.words[at + OPERATION_CURSOR] !== slot) continue;
    const ofAll = operations.words[at + OPERATION_INSTRUMENT] === 0;
    operations.words[at + OPERATION_CURSOR] = state.accountOrders.next(slot, ofAll);
  }
}

/** What few orders have besides their record. The other leg of one goes on alone. */
function forgetMore(state: EngineState, slot: number, flags: number): void {
  if ((flags & FLAG_LEG) !== 0) partLegs(state, slot);
  if ((flags & FLAG_EXPIRES) !== 0) state.timers.clear(expiryTimer(state.limits, slot));
  if ((flags & (FLAG_SPECIAL | FLAG_MARKET)) === FLAG_SPECIAL) state.specials.remove(slot);
}

/** Frees an order that does not rest (any more), and takes it out of its account's list. */
export function forgetOrder(state: EngineState, slot: number): void {
  const flags = state.orders[((slot & SLOT_MASK) << ORDER_SHIFT) + ORDER_FLAGS] as number;
  if ((flags & FLAG_LISTED) !== 0) {
    if (state.operations.walks !== 0) passCursors(state, slot);
    state.accountOrders.remove(slot);
  }
  if ((flags & (FLAG_LISTED | FLAG_CLOSED)) === FLAG_LISTED) leaveOrder(state, slot);
  if ((flags & (FLAG_SPECIAL | FLAG_EXPIRES | FLAG_LEG)) !== 0) forgetMore(state, slot, flags);
  state.books.orders.free(slot);
}
