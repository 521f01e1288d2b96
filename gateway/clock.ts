/** The gateway's one way to the time, so that tests bring their own. Any thread. */

import { MONOTONIC_OFFSET_MS } from '../engine/shard/clock.js';

export interface Clock {
  /** Monotonic milliseconds: for deadlines and intervals. */
  nowMs(): number;
  /** Microseconds since 1970 as an exact double: for stamps. */
  nowUs(): number;
  /** What `nowUs` is ahead of the clock on which shards stamp their rounds (monotonicMs), µs: it never changes. */
  readonly aheadUs: number;
}

export const SYSTEM_CLOCK: Clock = {
  nowMs: () => performance.now(),
  nowUs: () => Math.floor((performance.timeOrigin + performance.now()) * 1000),
  aheadUs: (performance.timeOrigin - MONOTONIC_OFFSET_MS) * 1000,
};
