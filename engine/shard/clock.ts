/**
 * Time of a shard: read once a round, handed to the round as an argument. Any thread; each has its own object.
 */

const TRIES = 16;

/**
 * What has to be added to this thread's performance.now(), whose zero is the thread's own start. The two clocks are read
 * one behind the other, and a thread may lose its core in between: the closest of a few readings is right to a
 * microsecond, so that times of two threads can be subtracted.
 */
export const MONOTONIC_OFFSET_MS = readOffset();

function readOffset(): number {
  let offset = 0;
  let closest = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const before = performance.now();
    const [seconds, nanoseconds] = process.hrtime();
    const after = performance.now();
    if (after - before < closest) {
      closest = after - before;
      offset = seconds * 1000 + nanoseconds / 1e6 - (before + after) / 2;
    }
  }
  return offset;
}

/** Milliseconds of the machine's monotonic clock: the same scale in all threads of the process. */
export function monotonicMs(): number {
  return MONOTONIC_OFFSET_MS + performance.now();
}

/** The wall clock as it was at construction, carried on by the monotonic clock: it never jumps. */
export class ShardClock {
  readonly #anchorUs = Date.now() * 1000 - monotonicMs() * 1000;

  /** Microseconds since 1970 UTC at a time of `monotonicMs`; an exact integer. */
  wallUs(monotonic: number): number {
    return Math.floor(this.#anchorUs + monotonic * 1000);
  }
}
