/**
 * The life of the auditor's thread: for each shard in turn it compares a piece of what is durable, writes a snapshot every
 * so many commands, and takes away what of the journal nobody needs any more; between two rounds it answers what it is asked (questions.ts). It never returns by itself; whoever stops the platform ends the thread as it stands, in the middle of a
 * snapshot, too: one that has no name yet is none.
 */

import { randomInt } from 'node:crypto';
import type { MessagePort } from 'node:worker_threads';
import type { Disk } from '../journal/disk.js';
import { JournalError } from '../journal/journal-error.js';
import type { Limits } from '../limits.js';
import { MetricWords } from '../metrics/metric-words.js';
import { AUDIT } from '../metrics/words.js';
import { type ArchiveTask, archiveNext } from '../retention/archive.js';
import { leasesBeside } from '../retention/leases.js';
import { type RetireTask, retireSegments } from '../retention/retire.js';
import { OutputReader } from '../ring/output-reader.js';
import { sequenceNear } from '../ring/ring-layout.js';
import { monotonicMs } from '../shard/clock.js';
import type { BadSnapshotFound } from '../shard/worker-data.js';
import { Auditor } from './auditor.js';
import type { QuestionDesk } from './questions.js';

/** Groups of one shard before the next shard's turn, and before it is asked whether a snapshot is due. */
const PIECE_GROUPS = 16;
/** How long it sleeps when nothing new is durable anywhere. */
const NAP_MS = 10;
/** How often it looks for segments that nobody needs any more, and behind each snapshot. */
const RETIRE_MS = 10_000;

/** One shard that is audited. */
export interface AuditedShard {
  readonly shard: number;
  /** The journal's own directory. */
  readonly journal: string;
  /** OutputRing: its durable word says how far the journal may be read. */
  readonly output: SharedArrayBuffer;
  /** MetricWords, AUDIT_WORDS of them. */
  readonly metrics: SharedArrayBuffer;
  /** The directory that finished segments are copied to; '': none. */
  readonly archive: string;
  /** An event sequence that was durable at some time of this life. */
  readonly eventSequence: number;
}

export interface AuditorData {
  readonly shards: readonly AuditedShard[];
  readonly shardCount: number;
  readonly limits: Limits;
  /** Commands from one snapshot to the next; 0: none are written. */
  readonly snapshotCommands: number;
  /** Segments of a shard's journal that stay, whoever needs them; 0: all. */
  readonly keepSegments: number;
}

/** Supervisor to auditor; askers may come before and after the beginning. */
export type AuditorOrder =
  | { readonly type: 'begin'; readonly data: AuditorData }
  /** Whoever has the other end of the port may ask. A name's newer port takes the place of the older one. */
  | { readonly type: 'asker'; readonly name: string; readonly port: MessagePort };

export type AuditMessage =
  /** All of its code is there: it needs no descriptor for that any more. */
  | { readonly type: 'loaded' }
  | BadSnapshotFound
  | {
      readonly type: 'snapshot';
      readonly shard: number;
      readonly command: number;
      readonly bytes: number;
      readonly ms: number;
    }
  | { readonly type: 'no-snapshot'; readonly shard: number; readonly why: string }
  | { readonly type: 'archived'; readonly shard: number; readonly segment: number }
  | { readonly type: 'no-archive'; readonly shard: number; readonly why: string }
  | { readonly type: 'retired'; readonly shard: number; readonly first: number; readonly removed: number }
  /** Segments are kept that might go. Told once while it is the same. */
  | { readonly type: 'held'; readonly shard: number; readonly why: string }
  /** The venue must end: what a shard journaled is not what its commands come to, or cannot be read. */
  | { readonly type: 'fatal'; readonly shard: number; readonly code: string; readonly message: string };

/**
 * Goes round all shards until `nap` says that it is over. `nap`: called when there is nothing to do; `askers`: once a round, to
 * give the desk those that have come.
 */
export function runAuditor(
  data: AuditorData,
  disk: Disk,
  tell: (message: AuditMessage) => void,
  nap: (ms: number) => boolean,
  desk: QuestionDesk,
  askers: () => void,
): void {
  const audits: ShardAudit[] = [];
  for (const shard of data.shards) {
    const audit = guarded(shard.shard, tell, () => new ShardAudit(data, shard, disk, tell));
    if (audit === null) return;
    audits.push(audit);
  }
  for (;;) {
    askers();
    let busy = desk.turn((shard) => audits.find((audit) => audit.shard === shard)?.auditor);
    for (const audit of audits) {
      const worked = guarded(audit.shard, tell, () => audit.turn());
      if (worked === null) return;
      busy = worked || busy;
    }
    if (!busy && !nap(NAP_MS)) return;
  }
}

/** Null when it failed, which was told. */
function guarded<T>(shard: number, tell: (message: AuditMessage) => void, work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    const code = error instanceof JournalError ? error.code : 'AUDITOR_BUG';
    const message =
      error instanceof JournalError ? error.message : String(error instanceof Error ? error.stack : error);
    tell({ type: 'fatal', shard, code, message });
    return null;
  }
}

class ShardAudit {
  readonly shard: number;
  readonly auditor: Auditor;
  readonly #ring: OutputReader;
  readonly #words: MetricWords;
  readonly #tell: (message: AuditMessage) => void;
  readonly #snapshotCommands: number;
  readonly #archiveTask: ArchiveTask | null;
  #archiveTold = '';
  readonly #retireTask: Omit<RetireTask, 'nowMs'> | null;
  #retireAtMs = 0;
  #heldTold = '';
  #durable: number;
  #groups = 0;
  /** The last command of the snapshot before, whether or not it could be written. */
  #snapshotAt: number;

  constructor(
    { shardCount, limits, snapshotCommands, keepSegments }: AuditorData,
    { shard, journal, output, metrics, archive, eventSequence }: AuditedShard,
    disk: Disk,
    tell: (message: AuditMessage) => void,
  ) {
    this.shard = shard;
    this.#tell = tell;
    this.#snapshotCommands = snapshotCommands;
    // It only looks at the durable word, and joins no reader.
    this.#ring = new OutputReader(output, 0);
    this.#words = new MetricWords(metrics);
    this.#durable = eventSequence;
    this.auditor = new Auditor({
      disk,
      journal,
      identity: { shard, shardCount },
      limits,
      bucketSeed: randomInt(2 ** 32),
      bad: ({ path, why }) => tell({ type: 'bad-snapshot', shard, path, why }),
    });
    const identity = { shard, shardCount };
    this.#archiveTask = archive === '' ? null : { disk, journal, copy: archive, identity, limits };
    this.#retireTask = keepSegments === 0 ? null : { disk, journal, identity, limits, keepSegments };
    if (this.#retireTask !== null) disk.makeDirectory(leasesBeside(journal));
    this.#snapshotAt = this.auditor.restored?.commandSequence ?? 0;
    this.#words.set(AUDIT.snapshotCommand, this.#snapshotAt);
  }

  /** Compares a piece; whether there was anything to do. */
  turn(): boolean {
    const auditor = this.auditor;
    this.#durable = sequenceNear(this.#ring.durablePosition(), this.#durable);
    const behind = this.#durable - auditor.eventSequence;
    this.#words.set(AUDIT.lag, Math.max(0, behind));
    const compared = behind > 0 ? auditor.follow(this.#durable, PIECE_GROUPS) : 0;
    this.#words.set(AUDIT.lag, Math.max(0, this.#durable - auditor.eventSequence));
    this.#words.count(AUDIT.groups, auditor.groups - this.#groups);
    this.#groups = auditor.groups;
    if (this.#snapshotCommands > 0 && auditor.commandSequence - this.#snapshotAt >= this.#snapshotCommands) {
      this.#writeSnapshot();
      this.#retireAtMs = 0;
    }
    const nowMs = monotonicMs();
    if (nowMs >= this.#retireAtMs) {
      // Before anything goes. One a turn: while there are more it comes again at once.
      const archived = this.#archive();
      this.#retireAtMs = archived ? nowMs : nowMs + RETIRE_MS;
      this.#retire();
    }
    return compared > 0;
  }

  /** False when there was nothing to copy. An archive that fails holds the segments, and nothing else. */
  #archive(): boolean {
    if (this.#archiveTask === null) return false;
    try {
      const segment = archiveNext(this.#archiveTask);
      this.#archiveTold = '';
      if (segment === 0) return false;
      this.#words.set(AUDIT.archivedSegment, segment);
      this.#words.set(AUDIT.archivedTime, Math.floor(Date.now() / 1000));
      this.#tell({ type: 'archived', shard: this.shard, segment });
      return true;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why !== this.#archiveTold) this.#tell({ type: 'no-archive', shard: this.shard, why });
      this.#archiveTold = why;
      return false;
    }
  }

  /** What keeps a segment from being retired ends nobody's venue: it is told, and tried again. */
  #retire(): void {
    if (this.#retireTask === null) return;
    const { shard } = this;
    try {
      const { first, removed, damaged } = retireSegments({ ...this.#retireTask, nowMs: Date.now() });
      this.#words.set(AUDIT.firstSegment, first);
      this.#words.count(AUDIT.retired, removed);
      if (removed > 0) this.#tell({ type: 'retired', shard, first, removed });
      this.#tellHeld(damaged.length === 0 ? '' : `the file ${damaged[0]} of a consumer is damaged`);
    } catch (error) {
      this.#tellHeld(error instanceof Error ? error.message : String(error));
    }
  }

  #tellHeld(why: string): void {
    if (why !== '' && why !== this.#heldTold) this.#tell({ type: 'held', shard: this.shard, why });
    this.#heldTold = why;
  }

  #writeSnapshot(): void {
    const { shard } = this;
    const startedMs = monotonicMs();
    this.#snapshotAt = this.auditor.commandSequence;
    try {
      const header = this.auditor.snapshot();
      if (header === null) return;
      const ms = monotonicMs() - startedMs;
      const { commandSequence: command, payloadBytes: bytes } = header;
      this.#words.count(AUDIT.snapshots, 1);
      this.#words.set(AUDIT.snapshotUs, Math.round(ms * 1000));
      this.#words.set(AUDIT.snapshotBytes, bytes);
      this.#words.set(AUDIT.snapshotCommand, command);
      this.#words.set(AUDIT.snapshotTime, Math.floor(Date.now() / 1000));
      this.#tell({ type: 'snapshot', shard, command, bytes, ms });
    } catch (error) {
      // The journal has everything: a disk without room for a snapshot costs a longer recovery, and the next one is tried.
      if (!(error instanceof JournalError && error.code === 'JOURNAL_WRITE')) throw error;
      this.#tell({ type: 'no-snapshot', shard, why: error.message });
    }
  }
}
