/**
 * Whose timers are which. Any thread. A new owner takes a range behind the last one.
 *
 *   0, 1, 2, 3, ...   of a lane two: lane * 2 its disconnect, lane * 2 + 1 its dead-man timer
 */

import type { Limits } from '../limits.js';

const TIMERS_PER_LANE_SHIFT = 1;

/** Timers of a shard's engine. */
export function timerCapacity(limits: Limits): number {
  return limits.maxLanes << TIMERS_PER_LANE_SHIFT;
}
