/**
 * When each of a shard's rounds came to each of its stages, for whoever counts how long orders took. Written by the
 * shard once a round, read by gateways with cursors of their own; behind the shard's metric words, in the same memory.
 *
 * Stamps are microseconds of the machine's monotonic clock (`monotonicMs`) modulo 2^32: differences below 35 minutes
 * are right.
 *
 *   word 0       claim    rounds begun, modulo 2^32       word 1  matched  rounds whose first four words stand
 *        2       durable  rounds whose five words stand
 *   word 32 + 5n round n & mask: position of its first event │ of its last │ taken │ matched │ durable
 *
 * The shard never waits: it writes over what was not read, and a reader that was lapped has no times for those rounds.
 * Rounds without events are not here.
 */

/** Rounds that the ring holds: a second and more at full speed. */
export const STAMP_ROUNDS = 8192;
const MASK = STAMP_ROUNDS - 1;
const CLAIM = 0;
const MATCHED = 1;
const DURABLE = 2;
const ROUNDS = 32;
const ROUND_WORDS = 5;

/** Words that a ring of stamps takes. */
export const STAMP_WORDS = ROUNDS + STAMP_ROUNDS * ROUND_WORDS;

/** A time of `monotonicMs` as a stamp. */
export function stampOf(monotonicMs: number): number {
  return Math.floor(monotonicMs * 1000) | 0;
}

/** The shard's side. */
export class RoundStamps {
  readonly #words: Int32Array;

  /** `words`: STAMP_WORDS of them, all 0 at birth. */
  constructor(words: Int32Array) {
    this.#words = words;
  }

  /** A round with the events at these positions was matched. Before they are published as matched. */
  matched(first: number, last: number, taken: number, matched: number): void {
    const words = this.#words;
    const number = words[CLAIM] as number;
    Atomics.store(words, CLAIM, (number + 1) | 0);
    const at = ROUNDS + (number & MASK) * ROUND_WORDS;
    words[at] = first;
    words[at + 1] = last;
    words[at + 2] = taken;
    words[at + 3] = matched;
    Atomics.store(words, MATCHED, (number + 1) | 0);
  }

  /** The last round is on disk. Before its events are published as durable. */
  durable(durable: number): void {
    const words = this.#words;
    const number = words[CLAIM] as number;
    words[ROUNDS + ((number - 1) & MASK) * ROUND_WORDS + 4] = durable;
    Atomics.store(words, DURABLE, number);
  }
}

/** A reader of one level. */
export class RoundStampsReader {
  /** The round under the cursor; meaningful after `find` returned true. */
  last = 0;
  taken = 0;
  matched = 0;
  /** Of a reader of durable rounds. */
  durable = 0;

  readonly #words: Int32Array;
  readonly #upTo: number;
  #cursor: number;

  /** `durable`: reads rounds that are on disk, else those that are matched. Begins with the rounds to come. */
  constructor(words: Int32Array, durable: boolean) {
    this.#words = words;
    this.#upTo = durable ? DURABLE : MATCHED;
    this.#cursor = Atomics.load(words, this.#upTo);
  }

  /**
   * Puts the cursor on the round that made the event at `position`; positions never go back. False when its times are
   * not there: it was written over, or this reader began later.
   */
  find(position: number): boolean {
    const words = this.#words;
    const end = Atomics.load(words, this.#upTo);
    if (((end - this.#cursor) | 0) > STAMP_ROUNDS) this.#cursor = (end - STAMP_ROUNDS) | 0;
    for (; this.#cursor !== end; this.#cursor = (this.#cursor + 1) | 0) {
      const at = ROUNDS + (this.#cursor & MASK) * ROUND_WORDS;
      const first = words[at] as number;
      this.last = words[at + 1] as number;
      if (((position - this.last) | 0) > 0) continue;
      this.taken = words[at + 2] as number;
      this.matched = words[at + 3] as number;
      this.durable = words[at + 4] as number;
      return ((position - first) | 0) >= 0 && ((Atomics.load(words, CLAIM) - this.#cursor) | 0) <= STAMP_ROUNDS;
    }
    return false;
  }
}
