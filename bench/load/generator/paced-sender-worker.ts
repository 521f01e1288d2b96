/** The thread of paced-sender.ts: plays one plan after another. It blocks in its sleeps and owns no socket. */

import { readlinkSync, writeFileSync, writeSync } from 'node:fs';
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { monotonicMs } from '../../../engine/shard/clock.js';
import { nameThread } from '../../../engine/thread-name.js';
import { Micros } from './distribution.js';
import {
  SENDER_SENT,
  SENDER_STOP,
  SENDER_THREAD,
  type SenderData,
  type SendPlan,
  type SendReport,
} from './paced-sender.js';

/** Nice value of this thread, where the system allows it. */
const PRIORITY = -10;
/** How much later than asked the system may wake this thread; by default 50 us. */
const TIMER_SLACK_NS = '1000';
/** Shorter sleeps are not worth a wake-up: what falls due within one goes out together, at most so late. */
const GAP_MS = 0.05;
/** A socket that takes nothing more: tried again so often. */
const FULL_MS = 0.2;

const { words: memory } = workerData as SenderData;
const words = new Int32Array(memory);

/** On shared cores the one that sends on time must get one at once, and it needs little of it. */
function goFirst(): void {
  try {
    setPriority(PRIORITY);
    const thread = readlinkSync('/proc/thread-self').split('/').at(-1);
    writeFileSync(`/proc/${thread}/timerslack_ns`, TIMER_SLACK_NS);
  } catch (error) {
    // Only root may; without it the sender lags more, which is measured and voids a run.
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}

function sleep(ms: number): void {
  // Nobody notifies this word but `stop`, so it is a sleep.
  Atomics.wait(words, SENDER_STOP, 0, ms);
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN';
}

class Player {
  readonly #plan: SendPlan;
  readonly #next: Uint32Array;
  readonly #lag = new Micros();

  constructor(plan: SendPlan) {
    this.#plan = plan;
    this.#next = new Uint32Array(plan.lanes.length);
  }

  play(): SendReport {
    const { schedule, fromMs, intervalMs, warmMessages, stallMs } = this.#plan;
    const endMs = fromMs + schedule.length * intervalMs;
    let sentInTime = 0;
    let failed = '';
    for (let place = 0; place < schedule.length && Atomics.load(words, SENDER_STOP) === 0; ) {
      const nowMs = monotonicMs();
      const lagMs = nowMs - (fromMs + place * intervalMs);
      if (lagMs < 0) {
        sleep(Math.max(GAP_MS, stallMs, -lagMs));
        continue;
      }
      if (nowMs <= endMs) sentInTime++;
      if (place >= warmMessages) this.#lag.record(lagMs * 1000);
      try {
        this.#send(schedule[place] as number);
      } catch (error) {
        failed = String(error);
        break;
      }
      place++;
      Atomics.store(words, SENDER_SENT, place);
    }
    return { sentInTime, lag: this.#lag.finish(), failed };
  }

  /** The connection's next frame, whole. */
  #send(lane: number): void {
    const { descriptor, bytes, ends } = this.#plan.lanes[lane] as SendPlan['lanes'][number];
    const frame = this.#next[lane] as number;
    this.#next[lane] = frame + 1;
    const to = ends[frame] as number;
    let at = frame === 0 ? 0 : (ends[frame - 1] as number);
    while (at < to && Atomics.load(words, SENDER_STOP) === 0) {
      try {
        at += writeSync(descriptor, bytes, at, to - at);
      } catch (error) {
        if (!isFull(error)) throw error;
        sleep(FULL_MS);
      }
    }
  }
}

nameThread(SENDER_THREAD);
goFirst();
parentPort?.on('message', (plan: SendPlan) => parentPort?.postMessage(new Player(plan).play()));
parentPort?.postMessage('ready');
