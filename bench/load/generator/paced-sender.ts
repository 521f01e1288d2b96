/**
 * Sends an open run's frames at their planned times, on a thread of its own that does nothing else: it sleeps in
 * Atomics.wait, and it writes into the sockets by their descriptors, past the event loop that reads the answers.
 *
 *   generator's loop ── plan: descriptors, frames, times ──> sender: sleep until due, write(2), again
 *          ▲                                                      │
 *          └────────────── answers, by the sockets ── server <────┘
 *
 * A loop that reads and writes in turn is late with one while it does the other, and a write through a stream of Node
 * costs three times as much as the system call: that lag would be measured as the server's.
 */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Distribution } from './distribution.js';

/** Its thread's name. */
export const SENDER_THREAD = 'load-sender';
/** Int32 words: messages sent so far; 1 when nothing more is to be sent. */
export const SENDER_SENT = 0;
export const SENDER_STOP = 1;
const SENDER_WORDS = 2;

/** Masked frames of one connection, one behind the other, and where each ends. In shared memory: they are large. */
export interface SentLane {
  readonly descriptor: number;
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
}

export interface SendPlan {
  readonly lanes: readonly SentLane[];
  /** The connection of each message. */
  readonly schedule: Uint16Array;
  /** Planned time of the first message (monotonicMs), and between two. */
  readonly fromMs: number;
  readonly intervalMs: number;
  /** Messages at the beginning whose lag does not count. */
  readonly warmMessages: number;
  /** For the test of what finds a late generator: sleeps so long before each batch. */
  readonly stallMs: number;
}

export interface SendReport {
  /** Messages that were sent before the plan's end. */
  readonly sentInTime: number;
  /** How late each message was written. */
  readonly lag: Distribution;
  /** What a write failed with; empty when none did. */
  readonly failed: string;
}

export interface SenderData {
  readonly words: SharedArrayBuffer;
}

export class PacedSender {
  readonly #words = new Int32Array(new SharedArrayBuffer(SENDER_WORDS * 4));
  readonly #worker: Worker;

  private constructor() {
    const workerData: SenderData = { words: this.#words.buffer as SharedArrayBuffer };
    this.#worker = new Worker(new URL('./paced-sender-worker.js', import.meta.url), { workerData, execArgv: [] });
  }

  static async start(): Promise<PacedSender> {
    const sender = new PacedSender();
    await once(sender.#worker, 'message');
    return sender;
  }

  /** Messages of the running plan that are sent. */
  get sent(): number {
    return Atomics.load(this.#words, SENDER_SENT);
  }

  /** Resolves when all is sent, or `stop` was called. The descriptors must stay open until then. */
  async play(plan: SendPlan): Promise<SendReport> {
    Atomics.store(this.#words, SENDER_SENT, 0);
    Atomics.store(this.#words, SENDER_STOP, 0);
    this.#worker.postMessage(plan);
    const [report] = (await once(this.#worker, 'message')) as [SendReport];
    return report;
  }

  /** Nothing more of the plan is sent. */
  stop(): void {
    Atomics.store(this.#words, SENDER_STOP, 1);
    Atomics.notify(this.#words, SENDER_STOP);
  }
}
