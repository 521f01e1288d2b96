/**
 * The engine by itself, in one thread and without a clock: what it answers to a flow, and the memory that it comes to
 * use for it. Any thread of a fresh process.
 */

import { setTimeout } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import type { Engine } from '../../engine/engine.js';
import { limitsFrom } from '../../engine/limits.js';
import { startEngine } from '../../proof/play-on-engine.js';
import { EventKind, Liquidity } from '../../schemas/codes.js';
import {
  COMMAND_WORDS,
  EVENT_KIND_WORD,
  EVENT_LIQUIDITY_SHIFT,
  EVENT_QUANTITY,
  EVENT_WORDS,
} from '../../schemas/layout.js';
import type { EngineFlow } from './engine-flows.js';
import { DepthHash, type FlowAnswers } from './flow-answers.js';

const LIQUIDITY_BITS = 3 << EVENT_LIQUIDITY_SHIFT;
const TAKER = Liquidity.Taker << EVENT_LIQUIDITY_SHIFT;
const ROUND_COMMANDS = 256;
const GC_ROUNDS = 5;
const GC_MS = 100;
const WEIGHED_ENGINES = 8;

export interface EngineAnswers {
  readonly answers: FlowAnswers;
  readonly events: number;
  /** CRC-32 of all events: another play with the same one answered the same. */
  readonly checksum: number;
}

/**
 * What the process holds, without garbage: a process that shall measure memory runs with --expose-gc. The memory of
 * arrays is given back by another thread a little later.
 */
async function heldBytes(): Promise<number> {
  for (let round = 0; round < GC_ROUNDS; round += 1) {
    globalThis.gc?.();
    await setTimeout(GC_MS);
  }
  return process.memoryUsage().rss;
}

/** What an engine comes to hold for the flow, in bytes: of several side by side, since a process breathes by megabytes. */
export async function weighEngine({ venue, commands }: EngineFlow): Promise<number> {
  const limits = limitsFrom({});
  const before = await heldBytes();
  const engines: Engine[] = [];
  while (engines.length < WEIGHED_ENGINES) {
    const { engine } = startEngine(venue, limits);
    for (let at = 0; at < commands.length; at += COMMAND_WORDS) engine.apply(commands, at, 0, commands.length);
    engines.push(engine);
  }
  const bytes = ((await heldBytes()) - before) / engines.length;
  for (const engine of engines) engine.validate();
  return bytes;
}

/** What the engine answers to a flow. */
export function askEngine({ venue, commands, instruments }: EngineFlow): EngineAnswers {
  const limits = limitsFrom({});
  const { engine } = startEngine(venue, limits);
  const events = new Int32Array(limits.roundEvents * EVENT_WORDS);
  engine.attach(events);
  let [made, checksum, traded, refused] = [0, 0, 0, 0];
  for (let at = 0; at < commands.length; ) {
    const end = Math.min(commands.length, at + ROUND_COMMANDS * COMMAND_WORDS);
    let here = 0;
    while (at < end && here + limits.maxEventsPerCommand <= limits.roundEvents) {
      here += engine.apply(commands, at, here);
      at += COMMAND_WORDS;
    }
    for (let event = 0; event < here; event += 1) {
      const kindWord = events[event * EVENT_WORDS + EVENT_KIND_WORD] ?? 0;
      const kind = kindWord & 0xff;
      if (kind === EventKind.Rejected) refused += 1;
      if (kind === EventKind.Fill && (kindWord & LIQUIDITY_BITS) === TAKER) {
        traded += events[event * EVENT_WORDS + EVENT_QUANTITY] ?? 0;
      }
    }
    checksum = crc32(new Uint8Array(events.buffer, 0, here * EVENT_WORDS * 4), checksum);
    made += here;
  }
  engine.validate();
  const depth = new DepthHash();
  const level = new Float64Array(limits.maxLevels * 3);
  for (let instrument = 1; instrument <= instruments; instrument += 1) {
    for (const side of [0, 1]) {
      const levels = engine.readLevels(instrument, side, limits.maxLevels, level, 0);
      for (let index = 0; index < levels; index += 1) {
        depth.add(instrument, side, level[index * 3] ?? 0, level[index * 3 + 1] ?? 0);
      }
    }
  }
  return { answers: { traded, refused, depth: depth.toString() }, events: made, checksum };
}
