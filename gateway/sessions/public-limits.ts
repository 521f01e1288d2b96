/**
 * What a session without a key may take of the gateway, besides its place among them. Gateway thread.
 */

/** Instruments that it may have by name on a channel; all of them is one subscription. */
export const PUBLIC_INSTRUMENTS = 256;

/** Messages: enough to list and to name all instruments at once, and then more than a page ever says. */
const BURST = 1024;
const PER_SECOND = 64;

export const TOO_MANY_MESSAGES = `without a key at most ${BURST} messages at once and ${PER_SECOND} a second`;

/** A bucket of messages, pings and pongs among them, that fills with time. */
export class MessageAllowance {
  #left = BURST;
  #atMs: number;

  constructor(nowMs: number) {
    this.#atMs = nowMs;
  }

  /** Takes one message out; false when there is none. */
  take(nowMs: number): boolean {
    this.#left = Math.min(BURST, this.#left + ((nowMs - this.#atMs) * PER_SECOND) / 1000);
    this.#atMs = nowMs;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
