/**
 * How long to wait before the next attempt to connect: exponential with full jitter, so that a thousand clients that
 * lost the same gateway do not come back in one moment.
 */

const BACKOFF_FIRST_MS = 500;
const BACKOFF_MOST_MS = 20_000;
/** Beyond it 500 ms doubled is past the most, and the shift would overflow. */
const MOST_DOUBLINGS = 20;
/** A session that lived so long begins its backoff anew when it is lost. */
const STEADY_MS = 10_000;
const NEVER = -1;

export class Backoff {
  /** Waits since the last steady session. */
  attempts = 0;
  private readonly random: () => number;
  /** When the last logon was answered; NEVER: the wait before the next connect was chosen since. */
  private readyAt = NEVER;
  private lostAt = NEVER;

  /** random: [0, 1). */
  constructor(random: () => number) {
    this.random = random;
  }

  ready(now: number): void {
    this.readyAt = now;
    this.lostAt = NEVER;
  }

  /** A connection or an attempt is over. Returns for how many milliseconds there has been no session. */
  lost(now: number): number {
    if (this.lostAt === NEVER) this.lostAt = now;
    // A session that ends right after its logon, again and again, must not come back as fast as one that was steady.
    if (this.readyAt !== NEVER && now - this.readyAt >= STEADY_MS) this.attempts = 0;
    this.readyAt = NEVER;
    return now - this.lostAt;
  }

  /** Milliseconds before the next attempt, from 0 to a bound that doubles with each. */
  nextWaitMs(): number {
    const bound = Math.min(BACKOFF_MOST_MS, BACKOFF_FIRST_MS * 2 ** Math.min(this.attempts++, MOST_DOUBLINGS));
    return Math.floor(this.random() * (bound + 1));
  }
}
