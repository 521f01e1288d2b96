/** The thread of pacer.ts: sleeps until the next message is due, rings, and again. It owns no loop and reads no socket. */

import { parentPort, workerData } from 'node:worker_threads';
import { Doorbell } from '../../engine/ring/doorbell.js';
import { monotonicMs } from '../../engine/shard/clock.js';
import { PACER_COUNT, PACER_FROM, PACER_INTERVAL, PACER_ORDER, PACER_STOP, type PacerData } from './pacer.js';

/** Shorter waits are not worth a wake-up: what is due within it goes out together. */
const GAP_MS = 0.05;
/** How much later than asked a wait ends, as a rule: the system's timer slack. Asked for earlier by so much. */
const SLACK_MS = 0.055;
const IDLE_MS = 1000;

const data = workerData as PacerData;
const words = new Int32Array(data.words);
const times = new Float64Array(data.times);
const bell = new Doorbell(data.bell);

function pace(order: number): void {
  const from = times[PACER_FROM] as number;
  const interval = times[PACER_INTERVAL] as number;
  const count = times[PACER_COUNT] as number;
  let now = monotonicMs();
  while (Atomics.load(words, PACER_ORDER) === order) {
    const next = Math.max(0, Math.floor((now - from) / interval) + 1);
    if (next >= count) break;
    const sleep = Math.max(GAP_MS, from + next * interval - now - SLACK_MS);
    // Nobody notifies this word but a new order, so it is a sleep.
    Atomics.wait(words, PACER_ORDER, order, sleep);
    now = monotonicMs();
    if (now >= from) bell.ring();
  }
  bell.ring();
}

parentPort?.postMessage('ready');
let done = 0;
while (Atomics.load(words, PACER_STOP) === 0) {
  const order = Atomics.load(words, PACER_ORDER);
  if (order === done) {
    Atomics.wait(words, PACER_ORDER, order, IDLE_MS);
    continue;
  }
  pace(order);
  done = order;
}
