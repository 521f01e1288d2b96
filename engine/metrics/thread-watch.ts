/**
 * What the runtime does to a thread: collections of garbage, an event loop that comes late, the size of the heap. Each
 * thread watches itself and writes into its own metric words.
 *
 *   main, gateways   an observer of collections and a timer once a second: watchThread
 *   shards           their event loop never turns, so nothing would ever call them: they ask now and then, ShardGarbage
 */

import {
  monitorEventLoopDelay,
  type PerformanceEntry,
  PerformanceObserver,
  constants as performanceConstants,
} from 'node:perf_hooks';
import { GCProfiler, getHeapStatistics } from 'node:v8';
import type { MetricWords } from './metric-words.js';
import { COLLECTIONS, counterAt, THREAD } from './words.js';

const { NODE_PERFORMANCE_GC_MAJOR, NODE_PERFORMANCE_GC_INCREMENTAL, NODE_PERFORMANCE_GC_WEAKCB } = performanceConstants;

const WRITE_MS = 1000;
/** The library's timer; what it measures holds this, too. */
const LOOP_LOOK_MS = 20;
/** How long a shard that is never idle leaves its collections uncounted: asking costs some ten microseconds each. */
const BUSY_MS = 10_000;

const MINOR = COLLECTIONS.indexOf('minor');
const MAJOR = COLLECTIONS.indexOf('major');
const INCREMENTAL = COLLECTIONS.indexOf('incremental');
const WEAK = COLLECTIONS.indexOf('weak');

/** What GCProfiler calls them; every other is a collection of young objects. */
const KIND_OF_TYPE: Readonly<Record<string, number>> = {
  MarkSweepCompact: MAJOR,
  IncrementalMarking: INCREMENTAL,
  ProcessWeakCallbacks: WEAK,
};

function kindOfFlag(flag: number): number {
  if (flag === NODE_PERFORMANCE_GC_MAJOR) return MAJOR;
  if (flag === NODE_PERFORMANCE_GC_INCREMENTAL) return INCREMENTAL;
  return flag === NODE_PERFORMANCE_GC_WEAKCB ? WEAK : MINOR;
}

function countCollection(words: MetricWords, kind: number, us: number): void {
  words.record(THREAD.gcPause, Math.round(us), 1);
  words.count(counterAt(THREAD.gcCount, kind), 1);
}

function flagOf(entry: PerformanceEntry): number {
  const detail: unknown = 'detail' in entry ? entry.detail : null;
  return typeof detail === 'object' && detail !== null && 'kind' in detail ? Number(detail.kind) : 0;
}

/** Watches the calling thread until the returned function is called; keeps no event loop alive. */
export function watchThread(words: MetricWords): () => void {
  if (!words.on) return () => undefined;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) countCollection(words, kindOfFlag(flagOf(entry)), entry.duration * 1000);
  });
  observer.observe({ entryTypes: ['gc'] });
  const delay = monitorEventLoopDelay({ resolution: LOOP_LOOK_MS });
  delay.enable();
  const timer = setInterval(() => {
    // Nanoseconds; 0 when nothing was measured since the last time.
    if (delay.count > 0) words.record(THREAD.loopDelay, Math.round(delay.max / 1000) - LOOP_LOOK_MS * 1000, 1);
    delay.reset();
    words.set(THREAD.heapUsed, getHeapStatistics().used_heap_size);
  }, WRITE_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    delay.disable();
    observer.disconnect();
  };
}

/** The collections of a thread whose event loop never turns. Its thread calls `look` after every round. */
export class ShardGarbage {
  readonly #words: MetricWords;
  #profiler: GCProfiler | null = null;
  #lookedMs: number;

  /** From here on, at `nowMs`, collections are counted. */
  constructor(words: MetricWords, nowMs: number) {
    this.#words = words;
    this.#lookedMs = nowMs;
    if (words.on) this.#begin();
  }

  /** Counts what was collected since the last time, when it is time to. `idle`: nobody waits for this thread. */
  look(nowMs: number, idle: boolean): void {
    if (this.#profiler === null || nowMs - this.#lookedMs < (idle ? WRITE_MS : BUSY_MS)) return;
    this.#lookedMs = nowMs;
    for (const { gcType, cost } of this.#profiler.stop().statistics) {
      countCollection(this.#words, KIND_OF_TYPE[gcType] ?? MINOR, cost);
    }
    this.#words.set(THREAD.heapUsed, getHeapStatistics().used_heap_size);
    this.#begin();
  }

  /** The profiler keeps what it saw: a new one begins with nothing. */
  #begin(): void {
    this.#profiler = new GCProfiler();
    this.#profiler.start();
  }
}
