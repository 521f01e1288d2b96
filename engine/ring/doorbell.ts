/**
 * Wakes a thread that has nothing to do. One for each consumer thread, rung by all its producers; layout in ring-layout.ts.
 *
 * Consumer:  if there is no work: prepareSleep(); look once more; no work: sleep(ms) (or sleepAsync), else cancelSleep().
 * Producer:  publish first, then ring(). A ring costs one load while the consumer is awake.
 *
 * Why nothing is missed: the consumer says "sleeping" and then looks for work, the producer publishes and then looks for
 * "sleeping"; all four are sequentially consistent, so at least one of the two sees the other. Every sleep ends all
 * the same, by its limit or by a timer of its thread that cancels it: a peer that died never rings.
 */
import { LINE_BYTES } from './ring-layout.js';

const AWAKE = 0;
const SLEEPING = 1;

export class Doorbell {
  readonly #word: Int32Array;
  /** A waitAsync of this thread that has not settled yet. */
  #pending: boolean;

  static create(): SharedArrayBuffer {
    return new SharedArrayBuffer(LINE_BYTES);
  }

  constructor(memory: SharedArrayBuffer) {
    this.#word = new Int32Array(memory);
    this.#pending = false;
  }

  /** Wakes the consumer if it sleeps or is about to. Returns whether it had to. Any thread. */
  ring(): boolean {
    if (Atomics.load(this.#word, 0) !== SLEEPING || Atomics.exchange(this.#word, 0, AWAKE) !== SLEEPING) {
      return false;
    }
    Atomics.notify(this.#word, 0);
    return true;
  }

  // ---- consumer

  /** First step: from here on producers ring. Then look for work once more, then sleep or cancel. */
  prepareSleep(): void {
    Atomics.store(this.#word, 0, SLEEPING);
  }

  /** There was work after all. */
  cancelSleep(): void {
    Atomics.store(this.#word, 0, AWAKE);
    if (this.#pending) {
      // Otherwise the old wait would stay in the list until its time ends.
      Atomics.notify(this.#word, 0);
    }
  }

  /**
   * Second step, blocking: true when rung (at once if that was since prepareSleep), false after `timeoutMs`. Never on a
   * thread that owns sockets or timers: they stand still meanwhile.
   */
  sleep(timeoutMs: number): boolean {
    const rung = Atomics.wait(this.#word, 0, SLEEPING, timeoutMs) !== 'timed-out';
    Atomics.store(this.#word, 0, AWAKE);
    return rung;
  }

  /**
   * Second step on a thread with an event loop: true when rung or cancelled, false after `timeoutMs`. One at a time. The
   * promise does not keep the loop alive: hold a handle that does. A time that is not Infinity costs a timer of the loop
   * each sleep, and a turn of the loop to set it: a thread that has a timer of its own anyway cancels from there.
   */
  async sleepAsync(timeoutMs: number): Promise<boolean> {
    if (this.#pending) {
      throw new Error('A thread sleeps on its doorbell twice.');
    }
    const waiting = Atomics.waitAsync(this.#word, 0, SLEEPING, timeoutMs);
    let outcome: string;
    if (waiting.async) {
      this.#pending = true;
      outcome = await waiting.value;
      this.#pending = false;
    } else {
      outcome = waiting.value;
    }
    Atomics.store(this.#word, 0, AWAKE);
    return outcome !== 'timed-out';
  }
}
