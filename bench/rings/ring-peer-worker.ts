/** The second thread of the ring bench (rings.ts): reads all slots and adds up their numbers, or answers each turn. */

import { parentPort, workerData } from 'node:worker_threads';
import { CommandRing } from '../../engine/ring/command-ring.js';
import { Doorbell } from '../../engine/ring/doorbell.js';
import { OutputReader, UP_TO_DURABLE } from '../../engine/ring/output-reader.js';
import { COMMAND_WORDS, EVENT_WORDS } from '../../schemas/layout.js';
import type { RingPeerData, RingPeerReport } from './ring-peer-data.js';

const BATCH = 1024;
const PARK_MS = 100;

const data = workerData as RingPeerData;
const own = new Doorbell(data.own);
const peer = new Doorbell(data.peer);
const words = new Int32Array(BATCH * EVENT_WORDS);
let sum = 0;

/** Reads up to a batch and returns how many slots that were. */
function reader(): () => number {
  if (data.role === 'command') {
    const ring = new CommandRing(data.ring);
    return () => {
      const count = Math.min(BATCH, ring.available());
      if (count === 0) return 0;
      ring.copyOut(words, 0, count);
      ring.release(ring.readPosition);
      for (let slot = 0; slot < count; slot++) sum = (sum + (words[slot * COMMAND_WORDS] as number)) >>> 0;
      return count;
    };
  }
  const ring = new OutputReader(data.ring, 0);
  ring.join(0);
  return () => {
    const count = ring.read(words, 0, BATCH, UP_TO_DURABLE);
    if (count < 0) throw new Error('The reader was dropped.');
    for (let slot = 0; slot < count; slot++) sum = (sum + (words[slot * EVENT_WORDS] as number)) >>> 0;
    return count;
  };
}

function readAll(): void {
  const read = reader();
  parentPort?.postMessage('ready');
  for (let slots = 0; slots < data.count; ) {
    let count = read();
    if (count === 0) {
      own.prepareSleep();
      count = read();
      if (count === 0) own.sleep(PARK_MS);
      else own.cancelSleep();
    }
    slots += count;
    peer.ring();
  }
}

function answerTurns(): void {
  const counts = new Int32Array(data.ring);
  parentPort?.postMessage('ready');
  for (let turn = 1; turn <= data.count; turn++) {
    while (Atomics.load(counts, 0) < turn) {
      own.prepareSleep();
      if (Atomics.load(counts, 0) < turn) own.sleep(PARK_MS);
      else own.cancelSleep();
    }
    Atomics.store(counts, 1, turn);
    peer.ring();
  }
}

if (data.role === 'pong') answerTurns();
else readAll();
const report: RingPeerReport = { sum, endedMs: performance.timeOrigin + performance.now() };
parentPort?.postMessage(report);
