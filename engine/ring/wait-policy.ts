/**
 * What a thread does after a round without work. Waiting is apart from work: a round never waits, and this never works.
 * One for each waiting thread; it reads no clock.
 *
 *   for (;;) {
 *     if (policy.after(round.doRound())) bell.sleep(PARK_MS);        // or: await bell.sleepAsync(PARK_MS)
 *   }
 *
 * The round itself is the second look that a doorbell asks for: `after` rings "sleeping" in one idle round and says
 * "sleep" only when the next one was idle, too.
 */
import { availableParallelism } from 'node:os';
import type { Doorbell } from './doorbell.js';

/** Rounds without work before a thread that may spin lies down; some tens of microseconds of looking at a few rings. */
const SPIN_ROUNDS = 2000;

/**
 * How many idle rounds a thread spins: none unless there are more cores than `hotThreads` (all threads of the machine
 * that would spin or must answer at once, the kernel's and the load's included as far as they are known). On shared
 * cores a spinning thread takes its time from the very one that it waits for.
 */
export function spinRounds(hotThreads: number, cores: number = availableParallelism()): number {
  return cores > hotThreads ? SPIN_ROUNDS : 0;
}

export class WaitPolicy {
  readonly #bell: Doorbell;
  readonly #spinRounds: number;
  #idleRounds: number;
  #prepared: boolean;

  constructor(bell: Doorbell, spinRoundsBeforeSleep: number) {
    this.#bell = bell;
    this.#spinRounds = spinRoundsBeforeSleep;
    this.#idleRounds = 0;
    this.#prepared = false;
  }

  /** After a round that did `work` things: true when the thread shall sleep on its bell now, false: do another round. */
  after(work: number): boolean {
    if (work > 0) {
      this.#idleRounds = 0;
      if (this.#prepared) {
        this.#prepared = false;
        this.#bell.cancelSleep();
      }
      return false;
    }
    if (this.#prepared) {
      this.#prepared = false;
      this.#idleRounds = 0;
      return true;
    }
    if (this.#idleRounds < this.#spinRounds) {
      this.#idleRounds++;
      return false;
    }
    this.#prepared = true;
    this.#bell.prepareSleep();
    return false;
  }
}
