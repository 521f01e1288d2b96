/**
 * Wakes the generator's loop at the times at which messages are due, without a spin: a thread sleeps in Atomics.wait,
 * which keeps to tens of microseconds where a timer of the loop keeps to a millisecond, and rings a doorbell.
 *
 *   generator's loop ── words: from, interval, count ──> pacer thread: sleep until the next is due ── doorbell ──> loop
 *
 * Messages that lie closer together than GAP_MS are rung for together: what is due is sent, however much it is.
 */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Doorbell } from '../../engine/ring/doorbell.js';

/** Int32 words: one that the pacer waits on for its next order. */
export const PACER_ORDER = 0;
export const PACER_STOP = 1;
const PACER_INT_WORDS = 2;
/** Float64 words: first planned time (monotonicMs), interval in ms, number of messages. */
export const PACER_FROM = 0;
export const PACER_INTERVAL = 1;
export const PACER_COUNT = 2;
const PACER_FLOAT_WORDS = 3;

export interface PacerData {
  readonly words: SharedArrayBuffer;
  readonly times: SharedArrayBuffer;
  readonly bell: SharedArrayBuffer;
}

const SLEEP_MS = 1000;

export class Pacer {
  readonly #words = new Int32Array(new SharedArrayBuffer(PACER_INT_WORDS * 4));
  readonly #times = new Float64Array(new SharedArrayBuffer(PACER_FLOAT_WORDS * 8));
  readonly #bell: Doorbell;
  readonly #worker: Worker;

  private constructor(bell: SharedArrayBuffer) {
    this.#bell = new Doorbell(bell);
    const workerData: PacerData = {
      words: this.#words.buffer as SharedArrayBuffer,
      times: this.#times.buffer as SharedArrayBuffer,
      bell,
    };
    this.#worker = new Worker(new URL('./pacer-worker.js', import.meta.url), { workerData, execArgv: [] });
  }

  static async start(): Promise<Pacer> {
    const pacer = new Pacer(Doorbell.create());
    await once(pacer.#worker, 'message');
    return pacer;
  }

  /** Plans `count` messages from `fromMs` (monotonicMs) on, `intervalMs` apart. */
  plan(fromMs: number, intervalMs: number, count: number): void {
    this.#times[PACER_FROM] = fromMs;
    this.#times[PACER_INTERVAL] = intervalMs;
    this.#times[PACER_COUNT] = count;
    Atomics.add(this.#words, PACER_ORDER, 1);
    Atomics.notify(this.#words, PACER_ORDER);
  }

  /** First step: from here on the pacer rings. Then look at what is due, then sleep. */
  prepareSleep(): void {
    this.#bell.prepareSleep();
  }

  /** Resolves at the next ring, or at once when it came since prepareSleep. */
  async sleep(): Promise<void> {
    await this.#bell.sleepAsync(SLEEP_MS);
  }

  cancelSleep(): void {
    this.#bell.cancelSleep();
  }

  async stop(): Promise<void> {
    Atomics.store(this.#words, PACER_STOP, 1);
    Atomics.add(this.#words, PACER_ORDER, 1);
    Atomics.notify(this.#words, PACER_ORDER);
    await once(this.#worker, 'exit');
  }
}
