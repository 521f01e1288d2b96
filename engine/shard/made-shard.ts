/**
 * A shard without threads and sockets for tests: its rings, its journal on a given disk, an engine, and a reader of its
 * output ring. Whoever holds it plays gateway and supervisor.
 */

import { CommandKind } from '../../schemas/codes.js';
import {
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_KIND_WORD,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  COMMAND_TIME_US,
  COMMAND_WORDS,
  EVENT_WORDS,
  highWord,
} from '../../schemas/layout.js';
import type { Disk } from '../journal/disk.js';
import { type Limits, limitsFrom } from '../limits.js';
import { ShardMetrics } from '../metrics/shard-metrics.js';
import { CommandRing } from '../ring/command-ring.js';
import { Doorbell } from '../ring/doorbell.js';
import { OutputReader, UP_TO_DURABLE } from '../ring/output-reader.js';
import { OutputRing } from '../ring/output-ring.js';
import { monotonicMs } from './clock.js';
import { CountingEngine } from './counting-engine.js';
import { type RecoveredShard, recoverShard } from './recovery.js';
import { ShardRound } from './round.js';
import type { ShardEngine } from './shard-engine.js';
import { ShardStatus } from './status-words.js';
import { TakenSpans, TakenSpansReader } from './taken-spans.js';

export const MADE_LIMITS: Limits = limitsFrom({
  maxEventsPerCommand: 16,
  roundEvents: 64,
  outputRingSlots: 128,
  roundCommands: 40,
  commandRingSlots: 128,
  reservedCancelSlots: 16,
  segmentBytes: 64 * 1024,
});
const DIRECTORY = '/data/shard-0/journal';

/** One record with these words, the rest zero. `timeUs` as on the wire: valid until. */
export function madeCommand(
  kind: CommandKind,
  clientOrderId: number,
  quantity = 0,
  timeUs = 0,
  session = 0,
): Int32Array {
  const words = new Int32Array(COMMAND_WORDS);
  words[COMMAND_KIND_WORD] = kind;
  words[COMMAND_CLIENT_ORDER_ID] = clientOrderId;
  words[COMMAND_QUANTITY] = quantity;
  words[COMMAND_SESSION] = session;
  words[COMMAND_TIME_US] = timeUs;
  words[COMMAND_TIME_US + 1] = highWord(timeUs);
  return words;
}

export function newOrder(clientOrderId: number, quantity = 0): Int32Array {
  return madeCommand(CommandKind.New, clientOrderId, quantity);
}

/** With the tiny engine and limits that are soon full. */
export function countingShard(
  disk: Disk,
  rings: number,
  limits = MADE_LIMITS,
  ringStart = 0,
): MadeShard<CountingEngine> {
  return new MadeShard(disk, rings, new CountingEngine(limits.maxEventsPerCommand), limits, ringStart);
}

export class MadeShard<E extends ShardEngine> {
  readonly engine: E;
  readonly recovered: RecoveredShard;
  readonly round: ShardRound;
  readonly output: OutputRing;
  readonly reader: OutputReader;
  /** Rung for `reader`. */
  readonly readerBell = new Doorbell(Doorbell.create());
  readonly status: ShardStatus;
  readonly metrics = new ShardMetrics(ShardMetrics.create());
  /** The producers' sides. */
  readonly producers: CommandRing[];
  /** The shard's sides. */
  readonly consumers: CommandRing[];
  readonly spans: Array<TakenSpansReader | null>;
  readonly limits: Limits;

  /**
   * Recovers what the disk holds into the empty engine; a reader has joined the output ring at its end. `ringStart`:
   * where positions begin.
   */
  constructor(disk: Disk, rings: number, engine: E, limits: Limits, ringStart = 0) {
    this.limits = limits;
    this.engine = engine;
    this.recovered = recoverShard({
      disk,
      directory: DIRECTORY,
      shard: 0,
      shardCount: 1,
      limits,
      engine: this.engine,
      platformStartId: 1,
      onProgress: null,
    });
    const outputMemory = OutputRing.create(limits.outputRingSlots, 1);
    this.output = new OutputRing(outputMemory);
    this.output.start(this.engine.eventSequence, this.recovered.epoch);
    this.reader = new OutputReader(outputMemory, 0);
    this.reader.join();
    const memories = Array.from({ length: rings }, () => CommandRing.create(limits.commandRingSlots, ringStart));
    this.producers = memories.map((memory) => new CommandRing(memory));
    this.consumers = memories.map((memory) => new CommandRing(memory));
    const spanMemories = memories.map((_, index) => (index === 0 ? null : TakenSpans.create(256)));
    this.spans = spanMemories.map((memory) => (memory === null ? null : new TakenSpansReader(memory)));
    this.status = new ShardStatus(ShardStatus.create());
    this.round = new ShardRound({
      limits,
      engine: this.engine,
      writer: this.recovered.writer,
      rings: this.consumers,
      spans: spanMemories.map((memory) => (memory === null ? null : new TakenSpans(memory))),
      output: this.output,
      readerBells: [this.readerBell],
      boards: null,
      status: this.status,
      metrics: this.metrics,
      clockMs: monotonicMs,
      platformStartId: 1,
      lastTimeUs: this.recovered.lastTimeUs,
    });
  }

  /** Puts these records into a ring together; false when they do not fit. */
  send(ring: number, ...records: Int32Array[]): boolean {
    const words = new Int32Array(records.length * COMMAND_WORDS);
    for (const [index, record] of records.entries()) {
      words.set(record, index * COMMAND_WORDS);
    }
    return (this.producers[ring] as CommandRing).publish(words, 0, records.length) >= 0;
  }

  /** All events that are durable and were not read yet, 24 words each. */
  readDurable(): Int32Array {
    const batch = new Int32Array(this.limits.outputRingSlots * EVENT_WORDS);
    const count = this.reader.read(batch, 0, this.limits.outputRingSlots, UP_TO_DURABLE);
    if (count < 0) {
      throw new Error(`The test's reader was dropped: ${count}`);
    }
    return batch.slice(0, count * EVENT_WORDS);
  }
}
