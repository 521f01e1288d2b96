/**
 * The shards' threads: a Piscina pool of one thread with one endless task for each, started together, watched, stopped
 * together. Supervisor thread.
 *
 * Atomics are off in the pools because their threads block by themselves. A thread whose engine threw at a command has
 * written all that it published and closed its files: it is ended, and another one recovers what is durable and goes on
 * with the same shared memory. Nothing else is replaced: what died in a write, or by a bug elsewhere, comes back as a new
 * process that replays the journal.
 */

import { existsSync } from 'node:fs';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { ReadAheadThread } from '../engine/journal/read-ahead.js';
import { segmentPath } from '../engine/journal/segments.js';
import { Doorbell } from '../engine/ring/doorbell.js';
import { monotonicMs } from '../engine/shard/clock.js';
import { ShardState, ShardStatus } from '../engine/shard/status-words.js';
import type {
  BadSnapshotFound,
  ShardMessage,
  ShardRecovered,
  ShardTask,
  ShardThrew,
} from '../engine/shard/worker-data.js';
import {
  EXIT_CONFIGURATION,
  EXIT_CORRUPT_JOURNAL,
  EXIT_DATA_DIRECTORY,
  EXIT_WORKER_DIED,
  PlatformError,
} from './exit-codes.js';
import type { PlatformLog } from './log.js';
import { wantOfMemory } from './want-of-memory.js';

const WORKER_FILE = new URL('../engine/shard/worker.js', import.meta.url);
/** How often the status words are looked at. */
const WATCH_MS = 500;
/** A thread that does not load its code by then never will. */
const LOAD_MS = 4_000;
/** One round that matches for so many times as long as a write may take is a loop of ours: the longest uncross is cut into Continues. */
const MATCHING_LIMIT = 2;

/** Codes that Node gives to errors of the system: ENOSPC, EACCES. */
const SYSTEM_ERROR = /^E[A-Z0-9]+$/;

/** A shard in one state for too long: its thread cannot be stopped, so neither can the process, but by force. */
export interface StuckShard {
  readonly shard: number;
  readonly inSync: boolean;
  readonly milliseconds: number;
}

/** What to do about a journal that cannot be taken, for the codes that restoring a backup does not help with. */
const INSTEAD_OF_A_BACKUP: Readonly<Record<string, string>> = {
  JOURNAL_OTHER_VERSION: 'start the platform that wrote it',
  JOURNAL_DIVERGED: 'start the platform that wrote it',
  JOURNAL_BEHIND:
    'put the newest one back, or take the consumer away with tredye journal consumers --remove and feed it anew',
  JOURNAL_OTHER_SHARD: "put the shard's own journal back",
  JOURNAL_OTHER_SHARD_COUNT: "put the shard's own journal back",
};

/** One sentence: what was found, then what to do. */
function fatalOf({ code, shard, message }: Extract<ShardMessage, { type: 'fatal' }>): PlatformError {
  if (code === 'LIMITS') return new PlatformError(code, EXIT_CONFIGURATION, message);
  if (code === 'JOURNAL_WRITE') {
    const sentence = `Shard ${shard} cannot write its journal: ${message}; make room on the disk, or mend it or its rights, then start again.`;
    return new PlatformError(code, EXIT_WORKER_DIED, sentence, true);
  }
  if (code === 'JOURNAL_READ') {
    const sentence = `Shard ${shard} cannot read its journal: ${message}; mend the disk or its rights, then start again.`;
    return new PlatformError(code, EXIT_DATA_DIRECTORY, sentence, true);
  }
  if (code.startsWith('JOURNAL')) {
    const exitCode =
      code.startsWith('JOURNAL_OTHER') || code === 'JOURNAL_BEHIND' ? EXIT_DATA_DIRECTORY : EXIT_CORRUPT_JOURNAL;
    const advice = INSTEAD_OF_A_BACKUP[code] ?? 'restore it from a backup';
    return new PlatformError(code, exitCode, `The journal of shard ${shard} stops the start: ${message}; ${advice}.`);
  }
  if (SYSTEM_ERROR.test(code)) {
    const sentence = `Shard ${shard} cannot use its files: ${message}; mend the disk or its rights, then start again.`;
    return new PlatformError(code, EXIT_DATA_DIRECTORY, sentence, true);
  }
  const sentence = `Shard ${shard} found a bug of ours; start again and report this: ${message}`;
  return wantOfMemory(`shard ${shard}`, message) ?? new PlatformError(code, EXIT_WORKER_DIED, sentence, true);
}

/** Said by whoever passed one over. */
export function warnOfSnapshot(log: PlatformLog, { shard, path, why }: Omit<BadSnapshotFound, 'type'>): void {
  log.warn(
    { code: 'SNAPSHOT_BAD', shard, path },
    `shard ${shard} does not use the snapshot ${path}: ${why}; it goes on with the one before, or with all of its journal`,
  );
}

type StartedTask = Omit<ShardTask, 'port' | 'readAhead' | 'comesBack'>;

/** What whoever starts the shards is told. */
export interface ShardEvents {
  /** One ended by itself, and the process must end. Called once for each. */
  died(error: PlatformError): void;
  /**
   * One threw at a command, and its thread is gone: the only time at which others may touch what is its own. Another
   * thread is started when this returns; throws a PlatformError when there must be none.
   */
  threw(threw: ShardThrew): void;
  /** It serves again. */
  cameBack(shard: ShardRecovered): void;
}

function onePool(): Piscina {
  return new Piscina({
    filename: WORKER_FILE.href,
    minThreads: 1,
    maxThreads: 1,
    concurrentTasksPerWorker: 1,
    atomics: 'disabled',
    recordTiming: false,
  });
}

function shardDied(shard: number, why: string): PlatformError {
  const sentence = `Shard ${shard} died; start again and report this: ${why}`;
  return new PlatformError('SHARD_DIED', EXIT_WORKER_DIED, sentence, true);
}

export class ShardThreads {
  private readonly shards: number;
  /**
   * By shard; there from the start on: Node aborts the process when a thread is ended in the middle of loading its modules.
   */
  private readonly pools: Piscina[] = [];
  private readonly statuses: ShardStatus[];
  private readonly bells: Doorbell[];
  /** By shard. */
  private readonly tasks: Promise<void>[] = [];
  private readonly recovered = new Set<number>();
  private readonly readers: ReadAheadThread[] = [];
  private readonly log: PlatformLog;
  private watch: NodeJS.Timeout | null = null;
  /** Shards whose second thread, or a later one, was begun and has not recovered. */
  private readonly comingBack = new Set<number>();
  private stopping = false;

  constructor(
    shards: number,
    statuses: readonly SharedArrayBuffer[],
    bells: readonly SharedArrayBuffer[],
    log: PlatformLog,
  ) {
    this.log = log;
    this.statuses = statuses.map((memory) => new ShardStatus(memory));
    this.bells = bells.map((memory) => new Doorbell(memory));
    this.shards = shards;
  }

  /** Starts all shards and resolves when every one has recovered. */
  start(taskOf: (shard: number) => StartedTask, events: ShardEvents): Promise<ShardRecovered[]> {
    for (let shard = 0; shard < this.shards; shard++) this.pools.push(onePool());
    return Promise.all(this.statuses.map((_, shard) => this.startOne(taskOf(shard), false, events)));
  }

  /** Its thread threw at a command and is idle: ends it and starts another. Tells of the failure itself. */
  private async bringBack(task: StartedTask, threw: ShardThrew, events: ShardEvents): Promise<void> {
    const { shard } = task;
    this.recovered.delete(shard);
    try {
      await this.pools[shard]?.destroy();
      if (this.stopping) return;
      events.threw(threw);
      this.statuses[shard]?.enter(ShardState.STARTING, monotonicMs());
      this.comingBack.add(shard);
      this.pools[shard] = onePool();
    } catch (error) {
      events.died(error instanceof PlatformError ? error : shardDied(shard, String(error)));
      return;
    }
    // What fails here was told where it failed.
    await this.startOne(task, true, events).then(events.cameBack, () => undefined);
    this.comingBack.delete(shard);
  }

  private startOne(task: StartedTask, comesBack: boolean, events: ShardEvents): Promise<ShardRecovered> {
    const pool = this.pools[task.shard];
    if (pool === undefined) throw new Error(`Shard ${task.shard} has no thread: a bug of the caller.`);
    const { port1, port2 } = new MessageChannel();
    const { shard, shardCount, directory } = task;
    // A shorter journal is replayed before such a thread is up.
    const reader = existsSync(segmentPath(directory, 2)) ? new ReadAheadThread(directory, { shard, shardCount }) : null;
    if (reader !== null) this.readers.push(reader);
    const readAhead = reader?.shardEnd ?? null;
    // The shard closes its end behind its last message, or its death does.
    const closed = new Promise<void>((resolve) => port1.once('close', resolve));
    return new Promise((resolve, reject) => {
      let told = false;
      let threw: ShardThrew | null = null;
      const fail = (error: PlatformError): void => {
        if (told) return;
        told = true;
        reject(error);
        events.died(error);
      };
      port1.on('message', (message: ShardMessage) => {
        if (message.type === 'recovered') {
          this.recovered.add(message.shard);
          resolve(message);
        } else if (message.type === 'fatal') fail(fatalOf(message));
        else if (message.type === 'threw') threw = message;
        else if (message.type === 'bad-snapshot') warnOfSnapshot(this.log, message);
        else if (message.type === 'progress') {
          const { shard, commands, commandsPerSecond, segment, secondsLeft } = message;
          this.log.info(
            { shard, commands, commandsPerSecond, segment, secondsLeft },
            `shard ${shard} replays its journal: ${commands} commands so far, ${commandsPerSecond} a second, at most ${secondsLeft} s to go`,
          );
        }
      });
      const transferList = readAhead === null ? [port2] : [port2, readAhead.port];
      const ended = pool.run({ ...task, comesBack, port: port2, readAhead }, { transferList });
      this.tasks[task.shard] = ended.then(
        () => {
          port1.close();
          if (this.stopping) return;
          fail(
            new PlatformError(
              'SHARD_DIED',
              EXIT_WORKER_DIED,
              `Shard ${task.shard} ended by itself; start again and report this.`,
              true,
            ),
          );
        },
        (error: unknown) => {
          // Its own message says more and is already on its way: let it come first.
          void closed.then(() => {
            if (this.stopping) return;
            if (threw !== null) void this.bringBack(task, threw, events);
            else fail(shardDied(task.shard, error instanceof Error ? error.message : String(error)));
          });
        },
      );
    });
  }

  /** Looks at the status words now and then. stuck: called once, for the first shard past its limit. */
  startWatch(syncLimitMs: number, stuck: (shard: StuckShard) => void): void {
    const progress = this.statuses.map((status) => status.progress);
    this.watch = setInterval(() => {
      const nowMs = monotonicMs();
      for (const [shard, status] of this.statuses.entries()) {
        const { state } = status;
        const milliseconds = status.sinceMs(nowMs);
        const moved = status.progress !== progress[shard];
        progress[shard] = status.progress;
        const inSync = state === ShardState.IN_SYNC && milliseconds > syncLimitMs;
        const matching = state === ShardState.MATCHING && !moved && milliseconds > MATCHING_LIMIT * syncLimitMs;
        if (!inSync && !matching) continue;
        this.stopWatch();
        stuck({ shard, inSync, milliseconds });
        return;
      }
    }, WATCH_MS);
  }

  /** Threads that come back have begun to recover: their code is loaded, and they may be ended. */
  private async loaded(): Promise<void> {
    const end = monotonicMs() + LOAD_MS;
    const isLoading = (shard: number): boolean => this.statuses[shard]?.state === ShardState.STARTING;
    while ([...this.comingBack].some(isLoading) && monotonicMs() < end) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  stopWatch(): void {
    if (this.watch !== null) clearInterval(this.watch);
    this.watch = null;
  }

  /**
   * Lets every shard that serves finish its round, close its files and end, and ends those that still recover as they
   * stand: they have taken nothing. Resolves when all threads are gone.
   */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const [shard, status] of this.statuses.entries()) {
      status.requestStop();
      this.bells[shard]?.ring();
    }
    await Promise.all(this.tasks.filter((_, shard) => this.recovered.has(shard)));
    await this.abandon();
  }

  /** Ends every thread as it stands, as a kill of the process would. Resolves when all are gone. */
  async abandon(): Promise<void> {
    this.stopping = true;
    this.stopWatch();
    await this.loaded();
    await Promise.all([...this.pools.map((pool) => pool.destroy()), ...this.readers.map((reader) => reader.end())]);
  }
}
