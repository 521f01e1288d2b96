/**
 * The rings between two threads of one process: slots a second through a command ring and an output ring, each slot
 * looked at by the reader, and the round trip of a pair of threads that park on their doorbells. Bench's process.
 */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { CommandRing } from '../../engine/ring/command-ring.js';
import { Doorbell } from '../../engine/ring/doorbell.js';
import { OutputRing } from '../../engine/ring/output-ring.js';
import { COMMAND_WORDS, EVENT_WORDS } from '../../schemas/layout.js';
import type { BenchOutcome, BenchRequest, BenchSize } from '../outcome.js';
import { figureOf } from '../outcome.js';
import type { RingPeerData, RingPeerReport } from './ring-peer-data.js';

const SLOTS = 8192;
const BATCH = 256;
/** The other thread says nothing for so long: it is dead. */
const PARK_MS = 1000;
const MOST_PARKS = 30;

interface RingsSize {
  readonly repeats: number;
  readonly slots: number;
  readonly turns: number;
}

const SIZES: Readonly<Record<BenchSize, RingsSize>> = {
  full: { repeats: 5, slots: 20_000_000, turns: 50_000 },
  quick: { repeats: 3, slots: 5_000_000, turns: 10_000 },
  small: { repeats: 1, slots: 100_000, turns: 200 },
};

export async function benchRings({ size, say }: BenchRequest): Promise<BenchOutcome> {
  const { repeats, slots, turns } = SIZES[size];
  const rates: Record<'command' | 'output', number[]> = { command: [], output: [] };
  const trips: number[] = [];
  const voids: string[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const kind of ['command', 'output'] as const) {
      const { rate, sum } = await pump(kind, slots);
      if (sum !== sumOf(slots)) voids.push(`the ${kind} ring's reader found other slots than were written`);
      rates[kind].push(Number((rate / 1e6).toFixed(2)));
    }
    trips.push(Number((await pingPong(turns)).toFixed(2)));
    say(`${rates.command.at(-1)} and ${rates.output.at(-1)} M slots/s, round trip ${trips.at(-1)} us`);
  }
  return {
    figures: [
      figureOf('command', 'Mslots/s', rates.command),
      figureOf('output', 'Mslots/s', rates.output),
      figureOf('parked_pair', 'us', trips),
    ],
    curves: [],
    conditions: [
      `two threads of one process, ${SLOTS} slots a ring (${4 * SLOTS} the output ring), ${slots} slots in batches of up to ${BATCH}, ${repeats} repeats`,
      `parked pair: ${turns} round trips of two threads that sleep in Atomics.wait, the mean`,
    ],
    voids,
  };
}

/** What the reader must add up: the numbers 1 to `slots`, modulo 2^32. */
function sumOf(slots: number): number {
  return Number(((BigInt(slots) * BigInt(slots + 1)) / 2n) & 0xffffffffn);
}

async function startPeer(data: RingPeerData): Promise<{ worker: Worker; report: Promise<RingPeerReport> }> {
  const worker = new Worker(new URL('./ring-peer-worker.js', import.meta.url), { workerData: data, execArgv: [] });
  await once(worker, 'message');
  const report = once(worker, 'message').then(([message]) => message as RingPeerReport);
  return { worker, report };
}

/** The peer reads, this thread writes. */
async function pump(kind: 'command' | 'output', slots: number): Promise<{ rate: number; sum: number }> {
  const ring = kind === 'command' ? CommandRing.create(SLOTS) : OutputRing.create(4 * SLOTS, 1);
  const peerBell = Doorbell.create();
  const ownBell = Doorbell.create();
  // The writer first: its start sends away whoever reads.
  const write = kind === 'command' ? commandWriter(ring) : outputWriter(ring);
  const { report } = await startPeer({ role: kind, ring, own: peerBell, peer: ownBell, count: slots });
  const peer = new Doorbell(peerBell);
  const own = new Doorbell(ownBell);
  const started = performance.now();
  for (let written = 0; written < slots; ) {
    const count = write(written + 1, Math.min(BATCH, slots - written));
    written += count;
    peer.ring();
    if (count > 0) continue;
    own.prepareSleep();
    if (write(0, 0) === 0) own.sleep(1);
    else own.cancelSleep();
  }
  const { sum, endedMs } = await report;
  return { rate: slots / ((endedMs - (performance.timeOrigin + started)) / 1000), sum };
}

/** Writes up to `most` slots, numbered from `first` on, and returns how many; asked for 0, how many there is room for. */
type Write = (first: number, most: number) => number;

function commandWriter(memory: SharedArrayBuffer): Write {
  const ring = new CommandRing(memory);
  const words = new Int32Array(BATCH * COMMAND_WORDS);
  return (first, most) => {
    const count = Math.min(most, ring.free());
    if (most === 0) return ring.free();
    for (let slot = 0; slot < count; slot++) words[slot * COMMAND_WORDS] = first + slot;
    if (count > 0) ring.publish(words, 0, count);
    return count;
  };
}

function outputWriter(memory: SharedArrayBuffer): Write {
  const ring = new OutputRing(memory);
  ring.start(0, 1);
  const words = new Int32Array(BATCH * EVENT_WORDS);
  return (first, most) => {
    const count = ring.hasRoom(BATCH) ? most : 0;
    if (most === 0) return ring.hasRoom(BATCH) ? 1 : 0;
    for (let slot = 0; slot < count; slot++) words[slot * EVENT_WORDS] = first + slot;
    if (count > 0) {
      ring.write(words, 0, count);
      ring.publishMatched(ring.claimPosition);
      ring.publishDurable(ring.claimPosition);
    }
    return count;
  };
}

/** Mean microseconds of a turn: this thread rings, the peer rings back, both asleep before. */
async function pingPong(turns: number): Promise<number> {
  const words = new SharedArrayBuffer(8);
  const peerBell = Doorbell.create();
  const ownBell = Doorbell.create();
  const { report } = await startPeer({ role: 'pong', ring: words, own: peerBell, peer: ownBell, count: turns });
  const counts = new Int32Array(words);
  const peer = new Doorbell(peerBell);
  const own = new Doorbell(ownBell);
  const started = performance.now();
  for (let turn = 1; turn <= turns; turn++) {
    Atomics.store(counts, 0, turn);
    peer.ring();
    for (let parks = 0; Atomics.load(counts, 1) < turn; parks++) {
      if (parks > MOST_PARKS) throw new Error('The other thread of the pair does not answer.');
      own.prepareSleep();
      if (Atomics.load(counts, 1) < turn) own.sleep(PARK_MS);
      else own.cancelSleep();
    }
  }
  const us = ((performance.now() - started) * 1000) / turns;
  await report;
  return us;
}
