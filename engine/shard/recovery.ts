/**
 * Brings a shard back: replays its journal through an empty engine, compares every event with the journaled one byte
 * for byte, and opens the journal for writing in a new epoch. The shard's thread, before it serves.
 *
 * A difference stops the start by name: the engine is not the one that wrote the journal (or its limits differ), and
 * going on would tell clients something else than what they were told.
 */

import { Replay } from '../audit/replay.js';
import type { Disk } from '../journal/disk.js';
import { type EpochStart, openJournal, type TornTail } from '../journal/open-journal.js';
import { type ReadAheadEnd, ReadAheadSource } from '../journal/read-ahead.js';
import { listSegments } from '../journal/segments.js';
import { OwnSource } from '../journal/source.js';
import type { JournalWriter } from '../journal/writer.js';
import type { Limits } from '../limits.js';
import type { PublicHistory } from '../public/public-history.js';
import { checkConsumers } from '../retention/consumers.js';
import type { RestoredSnapshot } from '../snapshot/snapshots.js';
import { monotonicMs } from './clock.js';
import { ProgressTeller, type RecoveryProgress } from './recovery-progress.js';
import { journalShape } from './round.js';
import type { ShardEngine } from './shard-engine.js';

export interface RecoveryTask {
  readonly disk: Disk;
  /** The journal's own directory. */
  readonly directory: string;
  readonly shard: number;
  readonly shardCount: number;
  readonly limits: Limits;
  /** New and empty, or as `restored` says; holds the recovered state afterwards. */
  readonly engine: ShardEngine;
  readonly platformStartId: number;
  /** The other end of a thread that reads the journal; without it the journal is read here. */
  readonly readAhead?: ReadAheadEnd | null;
  readonly onProgress: ((progress: RecoveryProgress) => void) | null;
  /** What the engine holds already: only what lies behind it is replayed. */
  readonly restored?: RestoredSnapshot | null;
}

export interface RecoveredShard {
  readonly writer: JournalWriter;
  readonly epoch: number;
  readonly epochs: EpochStart[];
  readonly tornTail: TornTail | null;
  /** Highest time of a journaled command, µs since 1970; 0 when there is none. */
  readonly lastTimeUs: number;
  readonly commands: number;
  /** Of what the public was told. */
  readonly history: PublicHistory;
  readonly ms: number;
}

/** Throws JournalError; before it has written anything, unless the disk fails at the end. */
export function recoverShard(task: RecoveryTask): RecoveredShard {
  const startedMs = monotonicMs();
  const { disk, directory, engine, onProgress, readAhead = null, restored = null } = task;
  const replay = new Replay(engine, task.limits.maxEventsPerCommand, restored);
  const lastSegment = onProgress === null ? 0 : (listSegments(disk, directory).at(-1) ?? 0);
  const progress = new ProgressTeller(onProgress, startedMs, task.limits.segmentBytes, lastSegment);
  const identity = { shard: task.shard, shardCount: task.shardCount };
  const opened = openJournal(
    disk,
    directory,
    identity,
    journalShape(task.limits),
    task.platformStartId,
    (group) => {
      replay.apply(group);
      if (onProgress !== null) progress.tell(replay, group, monotonicMs());
    },
    () => {
      replay.finish();
      checkConsumers(disk, directory, engine.eventSequence);
    },
    readAhead === null ? new OwnSource(disk, directory, identity) : new ReadAheadSource(readAhead),
    restored,
  );
  const { writer } = opened;
  if (
    writer.nextCommandSequence !== engine.commandSequence + 1 ||
    writer.nextEventSequence !== engine.eventSequence + 1
  ) {
    throw new Error(
      `The journal goes on with command ${writer.nextCommandSequence} and event ${writer.nextEventSequence}, ` +
        `the engine stands at ${engine.commandSequence} and ${engine.eventSequence}.`,
    );
  }
  return {
    writer: opened.writer,
    epoch: opened.epoch,
    epochs: opened.epochs,
    tornTail: opened.tornTail,
    lastTimeUs: replay.lastTimeUs,
    commands: replay.commandCount,
    history: replay.history,
    ms: monotonicMs() - startedMs,
  };
}
