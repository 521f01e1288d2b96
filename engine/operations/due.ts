/**
 * Due, which the shard sequences before the first command of a later time when a timer is due, and when it is idle: what
 * comes of timers. The shard's thread.
 *
 * One Due sees to timers one after the other until none is due, its events are used up, or one began what goes on by
 * Continue. What is left stays set: the shard sequences Dues until nothing is due any more.
 */

import { Reason } from '../../schemas/codes.js';
import { joinWords } from '../../schemas/layout.js';
import { NOT_RESTING, ORDER_LEVEL, ORDER_SHIFT } from '../book/order-words.js';
import { cancelOrder } from '../matching/apply-cancel.js';
import type { EngineState } from '../state/state.js';
import { isExpiry, slotOfTimer } from '../timers/timer-ranges.js';
import { fireLaneTimer } from './lane-timers.js';
import { passOver } from './phases.js';

/** When the first timer is due that a Due can see to now, µs; Infinity: there is none. */
export function nextDueUs(state: EngineState): number {
  const { operations, timers } = state;
  // An order that expires needs no operation.
  const waits = operations.count === operations.capacity && timers.count > 0 && !isExpiry(state.limits, timers.first);
  return waits ? Number.POSITIVE_INFINITY : timers.firstUs;
}

/** Applies a Due whose shape is right. */
export function applyDue(state: EngineState): void {
  const nowUs = joinWords(state.timeLow, state.timeHigh);
  while (!state.suspended && nextDueUs(state) <= nowUs) {
    const timer = state.timers.first;
    if (!(isExpiry(state.limits, timer) ? expire(state, timer) : fireLaneTimer(state, timer))) return;
  }
}

/**
 * The order's time has come: it goes. One that is on its way through the other side goes when it would rest. False when
 * there is no room for the event.
 */
function expire(state: EngineState, timer: number): boolean {
  const slot = slotOfTimer(state.limits, timer);
  if (state.orders[(slot << ORDER_SHIFT) + ORDER_LEVEL] === NOT_RESTING) {
    state.timers.clear(timer);
    return true;
  }
  if (state.next === state.end) return false;
  passOver(state, slot);
  cancelOrder(state, slot, Reason.OrderExpired, 0, 0);
  return true;
}
