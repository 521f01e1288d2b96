/**
 * One life of a simulated shard: the engine, round, journal, recovery and auditor of the product in one thread, over a
 * simulated disk; the simulator plays clients and clock. What the engine applies is written down by a witness that stands
 * between round and engine.
 */

import { Auditor } from '../../engine/audit/auditor.js';
import { Engine } from '../../engine/engine.js';
import type { EpochStart } from '../../engine/journal/open-journal.js';
import { JournalReader } from '../../engine/journal/reader.js';
import type { JournalIdentity } from '../../engine/journal/segments.js';
import type { JournalWriter } from '../../engine/journal/writer.js';
import type { Limits } from '../../engine/limits.js';
import { ShardMetrics } from '../../engine/metrics/shard-metrics.js';
import { CommandRing } from '../../engine/ring/command-ring.js';
import { Doorbell } from '../../engine/ring/doorbell.js';
import { OutputReader, UP_TO_DURABLE } from '../../engine/ring/output-reader.js';
import { OutputRing } from '../../engine/ring/output-ring.js';
import { recoverShard } from '../../engine/shard/recovery.js';
import { ShardRound } from '../../engine/shard/round.js';
import type { ShardEngine } from '../../engine/shard/shard-engine.js';
import { ShardStatus } from '../../engine/shard/status-words.js';
import { type BadSnapshot, restoreNewest, snapshotsBeside } from '../../engine/snapshot/snapshots.js';
import { COMMAND_WORDS, EVENT_WORDS } from '../../schemas/layout.js';
import type { SimulatedDisk } from '../simulated-disk.js';
import type { AppliedCommand } from './truth.js';

export const JOURNAL = '/data/shard-0/journal';
const SUPERVISOR = 0;
const GATEWAY = 1;
const BUCKET_SEED = 77;

/** Writes down what the round applies. */
class Witness implements ShardEngine {
  readonly applied: AppliedCommand[] = [];
  private events: Int32Array = new Int32Array(0);

  constructor(private readonly engine: Engine) {}

  get commandSequence(): number {
    return this.engine.commandSequence;
  }

  get eventSequence(): number {
    return this.engine.eventSequence;
  }

  get operationsInProgress(): number {
    return this.engine.operationsInProgress;
  }

  get nextDueUs(): number {
    return this.engine.nextDueUs;
  }

  get highestIncarnation(): number {
    return this.engine.highestIncarnation;
  }

  attach(events: Int32Array): void {
    this.events = events;
    this.engine.attach(events);
  }

  apply(commands: Int32Array, at: number, eventAt: number, endAt: number): number {
    const before = this.engine.commandSequence;
    const count = this.engine.apply(commands, at, eventAt, endAt);
    const lastSequence = this.engine.commandSequence;
    this.applied.push({
      words: commands.slice(at, at + (lastSequence - before) * COMMAND_WORDS),
      lastSequence,
      events: this.events.slice(eventAt * EVENT_WORDS, (eventAt + count) * EVENT_WORDS),
    });
    return count;
  }

  openIncarnations(): Uint32Array {
    return this.engine.openIncarnations();
  }

  addUp(): void {
    this.engine.addUp();
  }
}

export class SimulatedNode {
  readonly engine: Engine;
  readonly epochs: readonly EpochStart[];
  /** Snapshots that were passed over. */
  readonly bad: BadSnapshot[] = [];
  private readonly witness: Witness;
  private readonly writer: JournalWriter;
  private readonly round: ShardRound;
  private readonly ring: CommandRing;
  private readonly output: OutputRing;
  private readonly reader: OutputReader;
  private readonly ringFrom: number;
  private auditor: Auditor | null = null;

  /** Recovers what the disk holds. Throws what recovery throws. */
  constructor(
    private readonly disk: SimulatedDisk,
    private readonly identity: JournalIdentity,
    private readonly limits: Limits,
    startId: number,
  ) {
    const { shard, shardCount } = identity;
    const fresh = (): Engine => new Engine(limits, shard, shardCount, undefined, BUCKET_SEED + startId);
    const bad = (snapshot: BadSnapshot): void => void this.bad.push(snapshot);
    const found = restoreNewest(disk, snapshotsBeside(JOURNAL), identity, limits, fresh, bad);
    this.engine = found?.engine ?? fresh();
    const recovered = recoverShard({
      ...identity,
      disk,
      directory: JOURNAL,
      limits,
      engine: this.engine,
      platformStartId: startId,
      onProgress: null,
      restored: found?.restored ?? null,
    });
    this.epochs = recovered.epochs;
    this.writer = recovered.writer;
    this.witness = new Witness(this.engine);
    const memory = OutputRing.create(limits.outputRingSlots, 1);
    this.output = new OutputRing(memory);
    this.ringFrom = this.engine.eventSequence;
    this.output.start(this.ringFrom, recovered.epoch);
    this.reader = new OutputReader(memory, 0);
    const rings = [SUPERVISOR, GATEWAY].map(() => CommandRing.create(limits.commandRingSlots));
    this.ring = new CommandRing(rings[GATEWAY] as SharedArrayBuffer);
    this.round = new ShardRound({
      limits,
      engine: this.witness,
      writer: recovered.writer,
      rings: rings.map((ring) => new CommandRing(ring)),
      spans: [null, null],
      output: this.output,
      readerBells: [new Doorbell(Doorbell.create())],
      boards: null,
      status: new ShardStatus(ShardStatus.create()),
      metrics: new ShardMetrics(ShardMetrics.create(false)),
      clockMs: () => 0,
      platformStartId: startId,
      lastTimeUs: recovered.lastTimeUs,
    });
  }

  /** Puts a record and its Parts into the gateway's ring; false when they do not fit. */
  send(words: Int32Array): boolean {
    return this.ring.publish(words, 0, words.length / COMMAND_WORDS) >= 0;
  }

  /** One round. What it throws ends this life. Money is added up each time that so much of the clock has gone. */
  doRound(nowUs: number): void {
    this.round.doRound(nowUs, nowUs / 1000);
  }

  /** What the engine applied since the last call. */
  takeApplied(): AppliedCommand[] {
    return this.witness.applied.splice(0);
  }

  /** Durable events behind `sequence`, out of the ring; null when it does not hold them (any more). */
  readRing(sequence: number): Int32Array | null {
    // What recovery left in the journal was never in this ring, and its slots do not say so.
    if (sequence < this.ringFrom) return null;
    if (this.reader.position !== sequence >>> 0 || !this.output.isLive(0)) {
      if (this.reader.join(sequence >>> 0) < 0) return null;
    }
    const batch = new Int32Array(this.limits.outputRingSlots * EVENT_WORDS);
    const count = this.reader.read(batch, 0, this.limits.outputRingSlots, UP_TO_DURABLE);
    return count < 0 ? null : batch.subarray(0, count * EVENT_WORDS);
  }

  /** Durable events behind `sequence`, out of the journal, as a session resumes. */
  readJournal(sequence: number): Int32Array {
    const durable = this.writer.nextEventSequence - 1;
    const reader = new JournalReader(this.disk, JOURNAL, this.identity);
    const pieces: number[] = [];
    if (reader.seekEvent(sequence + 1)) {
      for (let record = reader.next(durable); record !== null; record = reader.next(durable)) {
        const skipped = Math.max(0, sequence + 1 - record.firstEventSequence);
        for (const word of record.events.subarray(skipped * EVENT_WORDS)) pieces.push(word);
      }
    }
    reader.close();
    return Int32Array.from(pieces);
  }

  /** Begins the auditor anew at the newest snapshot. */
  beginAuditor(): void {
    this.auditor?.close();
    this.auditor = new Auditor({
      disk: this.disk,
      journal: JOURNAL,
      identity: this.identity,
      limits: this.limits,
      bucketSeed: BUCKET_SEED,
      bad: (snapshot) => void this.bad.push(snapshot),
    });
  }

  audit(groups: number): void {
    if (this.auditor === null) this.beginAuditor();
    this.auditor?.follow(this.writer.nextEventSequence - 1, groups);
  }

  /** False when there was nothing to write. */
  snapshot(): boolean {
    return this.auditor !== null && this.auditor.snapshot() !== null;
  }
}
