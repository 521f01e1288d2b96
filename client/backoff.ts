/**
 * How long to wait before the next attempt to connect: exponential with full jitter, so that a thousand clients that
 * lost the same gateway do not come back in one moment.
 */

const BACKOFF_FIRST_MS = 500;
export const BACKOFF_MOST_MS = 20_000;
/** Beyond it 500 ms doubled is past the most, and the shift would overflow. */
const MOST_DOUBLINGS = 20;

/** A wait in milliseconds, from 0 to the bound of that attempt. attempt: 0 for the first; random: [0, 1). */
export function backoffMs(attempt: number, random: () => number): number {
  const bound = Math.min(BACKOFF_MOST_MS, BACKOFF_FIRST_MS * 2 ** Math.min(attempt, MOST_DOUBLINGS));
  return Math.floor(random() * (bound + 1));
}
