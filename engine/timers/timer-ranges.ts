/**
 * Whose timers are which. Any thread. A new owner takes a range behind the last one.
 *
 *   0, 1, 2, 3, ...   of a lane two: lane * 2 its disconnect, lane * 2 + 1 its dead-man timer
 *   maxLanes * 2 + slot   of an order its expiry
 */

import type { Limits } from '../limits.js';

const LANE_TIMERS_SHIFT = 1;

/** Timers of a shard's engine. */
export function timerCapacity(limits: Limits): number {
  return (limits.maxLanes << LANE_TIMERS_SHIFT) + limits.maxOrders;
}

export function expiryTimer(limits: Limits, slot: number): number {
  return (limits.maxLanes << LANE_TIMERS_SHIFT) + slot;
}

/** Whether it is an order's, and so no lane's. */
export function isExpiry(limits: Limits, timer: number): boolean {
  return timer >= limits.maxLanes << LANE_TIMERS_SHIFT;
}

/** Of an order's timer. */
export function slotOfTimer(limits: Limits, timer: number): number {
  return timer - (limits.maxLanes << LANE_TIMERS_SHIFT);
}

export function disconnectTimer(lane: number): number {
  return lane << LANE_TIMERS_SHIFT;
}

export function deadManTimer(lane: number): number {
  return (lane << LANE_TIMERS_SHIFT) + 1;
}

export function laneOfTimer(timer: number): number {
  return timer >> LANE_TIMERS_SHIFT;
}

/** Of a lane's timer. */
export function isDeadMan(timer: number): boolean {
  return (timer & 1) === 1;
}
