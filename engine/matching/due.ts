/**
 * Due, which the shard sequences before the first command of a later time when a timer is due, and when it is idle: what
 * comes of timers. The shard's thread.
 *
 * One Due sees to timers one after the other until none is due, its events are used up, or one began what goes on by
 * Continue. What is left stays set: the shard sequences Dues until nothing is due any more.
 */

import { joinWords } from '../../schemas/layout.js';
import { fireLaneTimer } from './lane-timers.js';
import type { EngineState } from './state.js';

/** When the first timer is due that a Due can see to now, µs; Infinity: there is none. */
export function nextDueUs(state: EngineState): number {
  const { operations, timers } = state;
  return operations.count === operations.capacity ? Number.POSITIVE_INFINITY : timers.firstUs;
}

/** Applies a Due whose shape is right. */
export function applyDue(state: EngineState): void {
  const nowUs = joinWords(state.timeLow, state.timeHigh);
  while (!state.suspended && nextDueUs(state) <= nowUs) {
    if (!fireLaneTimer(state, state.timers.first)) return;
  }
}
