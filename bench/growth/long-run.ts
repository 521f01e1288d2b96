/**
 * Many commands in a row, as a recorded flow has them: whether V8 collects garbage while the engine applies them, and how
 * long the slowest ones take. Any thread of a fresh process.
 */

import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import type { Engine } from '../../engine/engine.js';
import { limitsFrom } from '../../engine/limits.js';
import { warmUpShard } from '../../engine/shard/warm-up.js';
import { startEngine } from '../../proof/play-on-engine.js';
import { COMMAND_WORDS, EVENT_WORDS } from '../../schemas/layout.js';
import type { EngineFlow } from '../engine/engine-flows.js';

export interface LongRun {
  readonly commands: number;
  /** Garbage collections while nothing but the engine ran. */
  readonly collections: number;
  /** Of single commands, in a run of its own: the clock is read before and behind each. */
  readonly p50Us: number;
  readonly p9999Us: number;
  readonly longestUs: number;
}

const BUCKETS_A_US = 50;
const BUCKETS = 10_000 * BUCKETS_A_US;
const OBSERVED_MS = 100;
const P50 = 0.5;
const P9999 = 0.9999;

/** Plays the flow `times` times, each with a fresh engine, without a pause between them; all engines are made before. */
export async function runLong(flow: EngineFlow, times: number): Promise<LongRun> {
  warmUpShard();
  const limits = limitsFrom({});
  const events = new Int32Array(limits.roundEvents * EVENT_WORDS);
  const engines = (): Engine[] =>
    Array.from({ length: times }, () => {
      const { engine } = startEngine(flow.venue, limits);
      engine.attach(events);
      return engine;
    });
  const collected: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) collected.push(entry.startTime);
  });
  observer.observe({ entryTypes: ['gc'] });
  let fresh = engines();
  globalThis.gc?.();
  await setTimeout(OBSERVED_MS);
  const fromMs = performance.now();
  for (let at = 0; at < fresh.length; at += 1) play(fresh[at] as Engine, flow.commands);
  const toMs = performance.now();
  await setTimeout(OBSERVED_MS);
  observer.disconnect();
  for (const engine of fresh) engine.validate();
  fresh = engines();
  const buckets = new Uint32Array(BUCKETS);
  let longestMs = 0;
  for (const engine of fresh) longestMs = Math.max(longestMs, playTimed(engine, flow.commands, buckets));
  const commands = (times * flow.commands.length) / COMMAND_WORDS;
  return {
    commands,
    collections: collected.filter((startMs) => startMs >= fromMs && startMs <= toMs).length,
    p50Us: percentile(buckets, commands, P50),
    p9999Us: percentile(buckets, commands, P9999),
    longestUs: longestMs * 1_000,
  };
}

function play(engine: Engine, commands: Int32Array): void {
  for (let at = 0; at < commands.length; at += COMMAND_WORDS) engine.apply(commands, at, 0);
}

/** Returns the longest time, in ms. */
function playTimed(engine: Engine, commands: Int32Array, buckets: Uint32Array): number {
  const last = buckets.length - 1;
  let longestMs = 0;
  for (let at = 0; at < commands.length; at += COMMAND_WORDS) {
    const fromMs = performance.now();
    engine.apply(commands, at, 0);
    const ms = performance.now() - fromMs;
    const bucket = Math.min(last, Math.floor(ms * 1_000 * BUCKETS_A_US));
    buckets[bucket] = (buckets[bucket] as number) + 1;
    if (ms > longestMs) longestMs = ms;
  }
  return longestMs;
}

/** The upper end of the bucket that has it, in µs. */
function percentile(buckets: Uint32Array, count: number, share: number): number {
  let left = Math.ceil(count * share);
  for (const [bucket, held] of buckets.entries()) {
    left -= held;
    if (left <= 0) return (bucket + 1) / BUCKETS_A_US;
  }
  throw new Error('assert: fewer were counted than played');
}
