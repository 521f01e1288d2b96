/**
 * How fast, and how right, the engine plays a flow file: the class, limits and options of a shard, two accounts (the
 * buyer's and the seller's), events into an output ring that a second thread empties into memory of its own.
 * No socket, no journal. Before the first pass the shard's own warm-up plays, as in a shard. The clock begins before the first command and ends when the other thread holds the last event;
 * what is hashed after that is this copy.
 *
 *   commands (prepared) ──> engine.apply ──> events of a round ──> output ring ══ thread 2 ══> copy ──> lines ──> SHA-256
 */
import { Worker } from 'node:worker_threads';
import type { Engine } from '../../engine/engine.js';
import { type Limits, limitsFrom } from '../../engine/limits.js';
import { OutputRing } from '../../engine/ring/output-ring.js';
import { warmUpShard } from '../../engine/shard/warm-up.js';
import { startEngine } from '../../proof/play-on-engine.js';
import { type FlowPlan, planFlow } from '../../proof/recordings/flow-plan.js';
import { type Venue, venueFor } from '../../proof/recordings/venue.js';
import { Phase } from '../../schemas/codes.js';
import { COMMAND_WORDS, EVENT_WORDS } from '../../schemas/layout.js';
import {
  FLOW_EVENTS,
  FLOW_FINAL,
  FLOW_READER,
  FLOW_ROOM,
  FLOW_WORDS,
  type FlowReaderData,
  type FlowReaderResult,
  READER_JOINED,
} from './flow-words.js';

const WAIT_MS = 10_000;
/** A flow makes fewer events than this a command; the reader has memory for so many before the clock begins. */
const EVENTS_A_COMMAND = 2;
const ROOM_WAIT_MS = 1;

export interface FlowPass {
  readonly commands: number;
  readonly seconds: number;
  readonly result: FlowReaderResult;
}

export interface FlowOutcome {
  readonly hash: string;
  readonly lines: number;
  readonly events: number;
  /** CRC-32 of all events. */
  readonly checksum: number;
  readonly commands: number;
  /** Millions of commands a second of each pass, the first one in this process first. */
  readonly rates: readonly number[];
}

/** What is played: whole commands for an engine that has applied the venue. */
export interface PreparedFlow {
  readonly venue: Venue;
  readonly commands: Int32Array;
  /** The flow file that they are of, or ''. */
  readonly path: string;
}

/**
 * Plays the file `passes` times, each with a fresh engine; the copy of the first pass is hashed, the others must be its
 * equal to the byte. Throws when the file cannot be read, when the passes differ, or when a thread dies.
 */
export async function playFlowFile(path: string, passes: number): Promise<FlowOutcome> {
  const plan = await planFlow(path);
  const venue = venueFor(plan.needs, 2, Phase.Continuous);
  return playFlow({ venue, commands: prepareCommands(plan, venue), path }, passes);
}

/** As playFlowFile, for any commands; what is hashed is the flow file's report lines, so without one there are none. */
export async function playFlow(flow: PreparedFlow, passes: number): Promise<FlowOutcome> {
  const limits = limitsFrom({});
  const count = flow.commands.length / COMMAND_WORDS;
  // As a shard does before it serves (docs/decisions/0007).
  warmUpShard();
  const rates: number[] = [];
  let first: FlowReaderResult | undefined;
  for (let pass = 0; pass < passes; pass += 1) {
    const { seconds, result } = await playOnce(limits, flow, first === undefined ? flow.path : '');
    rates.push(count / seconds / 1e6);
    first ??= result;
    if (result.events !== first.events || result.checksum !== first.checksum) {
      throw new Error(`Pass ${pass + 1} made other events than the first one.`);
    }
  }
  const { hash = '', lines = 0, events = 0, checksum = 0 } = first ?? {};
  return { hash, lines, events, checksum, commands: count, rates };
}

/** All commands as a gateway would put them into the shard's ring. */
export function prepareCommands(plan: FlowPlan, venue: Venue): Int32Array {
  const [buyer, seller = buyer] = venue.parties;
  const words = new Int32Array(plan.length * COMMAND_WORDS);
  for (let index = 0; index < plan.length; index += 1) {
    plan.writeCommand(words, index * COMMAND_WORDS, index, buyer, seller);
  }
  return words;
}

async function playOnce(limits: Limits, flow: PreparedFlow, path: string): Promise<FlowPass> {
  const { venue, commands } = flow;
  const count = commands.length / COMMAND_WORDS;
  const memory = OutputRing.create(limits.outputRingSlots, 1);
  const wordsMemory = new SharedArrayBuffer(FLOW_WORDS * 4);
  const data: FlowReaderData = {
    output: memory,
    words: wordsMemory,
    preparedEvents: count * EVENTS_A_COMMAND,
    path,
  };
  const worker = new Worker(new URL('./flow-reader-main.js', import.meta.url), { workerData: data });
  const result = new Promise<FlowReaderResult>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('The thread that reads the flow ended without a result.')));
  });
  // A failure shows at the await below; it must not count as unhandled while this thread plays.
  result.catch(() => undefined);
  const words = new Int32Array(wordsMemory);
  await joined(words, worker);
  const { engine } = startEngine(venue, limits);
  // From here on a round's events; the venue's own do not belong to the flow.
  const events = new Int32Array(limits.roundEvents * EVENT_WORDS);
  engine.attach(events);
  const output = new OutputRing(memory);
  const started = process.hrtime.bigint();
  const made = playAll(engine, limits, commands, count, events, output, words);
  waitForReader(words, made);
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  engine.validate();
  return { commands: count, seconds, result: await result };
}

async function joined(words: Int32Array, worker: Worker): Promise<void> {
  if (Atomics.load(words, FLOW_READER) !== READER_JOINED) {
    const waiting = Atomics.waitAsync(words, FLOW_READER, 0, WAIT_MS);
    const ended = waiting.async ? await waiting.value : waiting.value;
    if (ended === 'timed-out') {
      await worker.terminate();
      throw new Error('The thread that reads the flow did not begin.');
    }
  }
}

/** The part that the clock measures: rounds as the shard makes them. Returns the number of events. */
function playAll(
  engine: Engine,
  limits: Limits,
  commands: Int32Array,
  count: number,
  events: Int32Array,
  output: OutputRing,
  words: Int32Array,
): number {
  const most = limits.maxEventsPerCommand;
  const end = count * COMMAND_WORDS;
  let made = 0;
  for (let at = 0; at < end; ) {
    const roundEnd = Math.min(end, at + limits.roundCommands * COMMAND_WORDS);
    const room = Math.min(limits.roundEvents, output.roomFor(limits.roundEvents)) - most;
    let here = 0;
    while (at < roundEnd && here <= room) {
      here += engine.apply(commands, at, here, end);
      at += COMMAND_WORDS;
    }
    if (here === 0) {
      Atomics.wait(words, FLOW_ROOM, 0, ROOM_WAIT_MS);
      continue;
    }
    output.write(events, 0, here);
    output.publishMatched(output.claimPosition);
    output.publishDurable(output.claimPosition);
    made += here;
  }
  if (engine.operationsInProgress !== 0) {
    throw new Error(
      'A command of the flow makes more events than the engine gives at a time; the flow cannot be played.',
    );
  }
  return made;
}

function waitForReader(words: Int32Array, made: number): void {
  Atomics.store(words, FLOW_EVENTS, made);
  Atomics.store(words, FLOW_FINAL, 1);
  Atomics.notify(words, FLOW_FINAL);
  if (Atomics.wait(words, FLOW_READER, READER_JOINED, WAIT_MS) === 'timed-out') {
    throw new Error('The thread that reads the flow did not take all events.');
  }
}
