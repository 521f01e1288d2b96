/** The gateway's one way to the time, so that tests bring their own. Any thread. */

export interface Clock {
  /** Monotonic milliseconds: for deadlines and intervals. */
  nowMs(): number;
  /** Microseconds since 1970 as an exact double: for stamps. */
  nowUs(): number;
}

export const SYSTEM_CLOCK: Clock = {
  nowMs: () => performance.now(),
  nowUs: () => Math.floor((performance.timeOrigin + performance.now()) * 1000),
};
