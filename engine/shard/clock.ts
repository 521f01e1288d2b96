/**
 * Time of a shard: read once a round, handed to the round as an argument. Any thread; each has its own object.
 */

const [seconds, nanoseconds] = process.hrtime();
/** What has to be added to this thread's performance.now(), whose zero is the thread's own start. */
const offsetMs = seconds * 1000 + nanoseconds / 1e6 - performance.now();

/** Milliseconds of the machine's monotonic clock: the same scale in all threads of the process. */
export function monotonicMs(): number {
  return offsetMs + performance.now();
}

/** The wall clock as it was at construction, carried on by the monotonic clock: it never jumps. */
export class ShardClock {
  readonly #anchorUs = Date.now() * 1000 - monotonicMs() * 1000;

  /** Microseconds since 1970 UTC at a time of `monotonicMs`; an exact integer. */
  wallUs(monotonic: number): number {
    return Math.floor(this.#anchorUs + monotonic * 1000);
  }
}
