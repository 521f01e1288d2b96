/**
 * What a shard's task is started with and what it says. Types only; the supervisor and the worker import it.
 *
 * Start: one Piscina task for each shard, in a pool of as many threads, `run(task, { transferList: [ports] })`; it
 * ends when `ShardStatus.requestStop` was called and its doorbell rung, and rejects when the shard fails. The thread
 * blocks, so nothing can be sent to it but by its rings and status words.
 */

import type { MessagePort } from 'node:worker_threads';
import type { EpochStart } from '../journal/open-journal.js';
import type { ReadAheadEnd } from '../journal/read-ahead.js';
import type { Limits } from '../limits.js';
import type { ShardImage } from '../public/shard-image.js';
import type { FailedCommand } from './command-failure.js';
import type { RecoveryProgress } from './recovery-progress.js';

/** All memory is made by the supervisor before the start. Arrays by producer: 0 the supervisor, 1 to G the gateways. */
export interface ShardTask {
  readonly shard: number;
  readonly shardCount: number;
  readonly limits: Limits;
  /** The journal's own directory, DATA/shard-N/journal; made when it is not there. Snapshots lie beside it. */
  readonly directory: string;
  /** A number that no other start of this platform has, up to 2^53 - 1. */
  readonly platformStartId: number;
  /** The thread before it threw while it matched, and gateways live: what they read goes on where it stands. */
  readonly comesBack: boolean;
  /** CommandRing of each producer. */
  readonly rings: readonly SharedArrayBuffer[];
  /** TakenSpans of each producer; null where nobody reads them. */
  readonly spans: readonly (SharedArrayBuffer | null)[];
  /** OutputRing, with a reader for each gateway. */
  readonly output: SharedArrayBuffer;
  /** Doorbell on which the shard sleeps. */
  readonly doorbell: SharedArrayBuffer;
  /** Doorbells of those who read the output ring. */
  readonly readerDoorbells: readonly SharedArrayBuffer[];
  /** AdminLog: shard 0 writes it, others get null. */
  readonly adminLog: SharedArrayBuffer | null;
  /** TransitBoard. */
  readonly transit: SharedArrayBuffer;
  /** ShardStatus. */
  readonly status: SharedArrayBuffer;
  /** ShardMetrics. */
  readonly metrics: SharedArrayBuffer;
  /** Rounds without work before the shard sleeps (spinRounds of ring/wait-policy.ts). */
  readonly spinRounds: number;
  /**
   * Messages go here at once, though the thread never returns to its event loop. The worker closes it at the end: the
   * other side has all messages when it gets 'close', which may be after the task's promise has settled.
   */
  readonly port: MessagePort;
  /** The end of the thread that reads the journal for the replay, transferred too; without it the shard's thread reads. */
  readonly readAhead?: ReadAheadEnd | null;
}

export interface ShardRecovered {
  readonly type: 'recovered';
  readonly shard: number;
  readonly epoch: number;
  /** All epochs, ascending, the new one last. */
  readonly epochs: readonly EpochStart[];
  readonly commandSequence: number;
  readonly eventSequence: number;
  /** Each needs a SessionLost before the platform serves. */
  readonly openIncarnations: Uint32Array;
  readonly highestIncarnation: number;
  /** Number of the last admin record that the shard has applied; 0: none. */
  readonly adminNumber: number;
  /** The last command of the snapshot that it began with; 0: none. */
  readonly snapshotCommand: number;
  /** Commands replayed. */
  readonly commands: number;
  /** Highest time of a journaled command, µs since 1970; 0 when there is none. No later command is stamped below it. */
  readonly lastTimeUs: number;
  /** 1 when a torn record was cut off the end. */
  readonly tornTails: number;
  readonly tornBytes: number;
  readonly ms: number;
  /** What gateways begin with, as of `eventSequence`. */
  readonly image: ShardImage;
}

/** A snapshot that cannot be used was passed over. */
export interface BadSnapshotFound {
  readonly type: 'bad-snapshot';
  readonly shard: number;
  readonly path: string;
  /** Goes behind its name. */
  readonly why: string;
}

/** The shard has failed and the process must end; the task rejects, too. */
export interface ShardFatal {
  readonly type: 'fatal';
  readonly shard: number;
  /** A code of JournalError or LimitsError, else 'SHARD_BUG': one of our own. */
  readonly code: string;
  readonly message: string;
}

/**
 * The engine threw while it applied a command. All that the shard published is durable and its files are closed: another
 * thread may go on. The task rejects, too.
 */
export interface ShardThrew {
  readonly type: 'threw';
  readonly shard: number;
  readonly command: FailedCommand;
  /** The error's stack. */
  readonly where: string;
}

export type ShardMessage =
  | ({ readonly type: 'progress'; readonly shard: number } & RecoveryProgress)
  | ShardRecovered
  | BadSnapshotFound
  | ShardFatal
  | ShardThrew
  | { readonly type: 'stopped'; readonly shard: number };
