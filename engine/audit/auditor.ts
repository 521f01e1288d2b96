/**
 * Follows one shard's journal with an engine of its own: every event of it is compared byte for byte with what that engine
 * makes, money is added up, and snapshots are written from a state that was compared. The shard never waits for it and
 * shares nothing with it but files. The auditor's thread; tests and `tredye verify` run it where they like.
 *
 *   shard ══> journal ══> reader (checksums, sequences, seals) ══> engine ══> compare ══> snapshots
 *                 up to what is durable
 */

import { Engine } from '../engine.js';
import type { Disk } from '../journal/disk.js';
import { type EpochStart, noteEpoch } from '../journal/open-journal.js';
import type { JournalEnd, RecordPlace } from '../journal/places.js';
import { JournalReader, type JournalRecord } from '../journal/reader.js';
import { type JournalIdentity, segmentPath } from '../journal/segments.js';
import type { Limits } from '../limits.js';
import { imageOf, type ShardImage } from '../public/shard-image.js';
import type { SnapshotHeader } from '../snapshot/snapshot-header.js';
import {
  type BadSnapshot,
  type RestoredSnapshot,
  restoreNewest,
  snapshotsBeside,
  writeSnapshot,
} from '../snapshot/snapshots.js';
import { Replay } from './replay.js';

export interface AuditTask {
  readonly disk: Disk;
  /** The journal's own directory; snapshots lie beside it. */
  readonly journal: string;
  readonly identity: JournalIdentity;
  readonly limits: Limits;
  /** 32 bits that clients cannot know. */
  readonly bucketSeed: number;
  /** Called for each snapshot that cannot be used. */
  readonly bad: (snapshot: BadSnapshot) => void;
  /** True: reads as much of the journal as there is: all of it, or from the oldest good snapshot on where its begin was retired. */
  readonly fromTheStart?: boolean;
}

export class Auditor {
  readonly engine: Engine;
  /** What it began with; null: with nothing. */
  readonly restored: RestoredSnapshot | null;
  /** Epochs as the journal has them, ascending. */
  readonly epochs: EpochStart[];
  readonly #task: AuditTask;
  readonly #replay: Replay;
  readonly #reader: JournalReader;
  #begun = false;
  #epoch: number;
  #last: RecordPlace | null;
  #groups = 0;

  /** Reads the newest good snapshot. */
  constructor(task: AuditTask) {
    const { disk, identity, limits, bucketSeed } = task;
    const { shard, shardCount } = identity;
    const fresh = (): Engine => new Engine(limits, shard, shardCount, undefined, bucketSeed);
    const { fromTheStart = false } = task;
    const found =
      fromTheStart && disk.exists(segmentPath(task.journal, 1))
        ? null
        : restoreNewest(disk, snapshotsBeside(task.journal), identity, limits, fresh, task.bad, fromTheStart);
    this.#task = task;
    this.engine = found?.engine ?? fresh();
    this.restored = found?.restored ?? null;
    this.epochs = [...(this.restored?.epochs ?? [])];
    this.#epoch = this.restored?.epoch ?? 0;
    this.#last = this.restored?.last ?? null;
    this.#replay = new Replay(this.engine, limits.maxEventsPerCommand, this.restored);
    this.#reader = new JournalReader(disk, task.journal, identity, true);
  }

  /** The last event that was compared. */
  get eventSequence(): number {
    return this.engine.eventSequence;
  }

  /** The last command that was applied. */
  get commandSequence(): number {
    return this.engine.commandSequence;
  }

  /** Of the last group that is in the engine; 0: none is. */
  get segment(): number {
    return this.#last?.segment ?? 0;
  }

  /** Groups that were compared. */
  get groups(): number {
    return this.#groups;
  }

  /**
   * Compares what is there up to an event, `mostGroups` groups at most; how many it were. 0: there is no more yet. Infinity
   * for a journal that nobody writes: all that verifies. Throws JournalError: JOURNAL_DIVERGED names the first field that
   * differs.
   */
  follow(durableEventSequence: number, mostGroups: number): number {
    if (!this.#begin()) return 0;
    let count = 0;
    while (count < mostGroups) {
      const record = this.#reader.next(durableEventSequence);
      if (record === null) break;
      this.#take(record);
      count += 1;
    }
    return count;
  }

  /** All of a journal that nobody writes was compared. Throws JOURNAL_CORRUPT when it ends before the snapshot. */
  finish(): void {
    this.#replay.finish();
  }

  /** Writes a snapshot of what was compared, once there is anything. Throws when money does not add up, or JOURNAL_WRITE. */
  snapshot(): SnapshotHeader | null {
    if (this.#last === null) return null;
    this.engine.addUp();
    const { disk, journal, identity } = this.#task;
    return writeSnapshot(disk, snapshotsBeside(journal), identity, this.engine, {
      epoch: this.#epoch,
      epochs: this.epochs,
      lastTimeUs: this.#replay.lastTimeUs,
      last: this.#last,
      history: this.#replay.history.image(),
    });
  }

  /** What a gateway folds, as of the last event that was compared. */
  image(): ShardImage {
    return imageOf(this.engine, this.#replay.history);
  }

  /** Where what was compared ends in the journal; null: there is none. */
  end(): JournalEnd | null {
    return this.#reader.end();
  }

  close(): void {
    this.#reader.close();
  }

  /** False as long as there is no journal. */
  #begin(): boolean {
    if (this.#begun) return true;
    if (this.restored !== null) {
      this.#reader.seekPlace(this.restored.last);
      this.#begun = true;
    } else {
      this.#begun = this.#reader.seekStart();
    }
    return this.#begun;
  }

  #take(record: JournalRecord): void {
    this.#epoch = record.epoch;
    if (record.kind === 'start') {
      noteEpoch(this.epochs, record);
      return;
    }
    this.#replay.apply(record);
    this.#groups += 1;
    this.#last = {
      segment: record.segment,
      offset: record.offset,
      epoch: record.epoch,
      commandSequence: record.firstCommandSequence,
      eventSequence: record.firstEventSequence,
    };
  }
}
