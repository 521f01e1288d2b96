/**
 * The snapshots of one shard: DATA/shard-N/snapshots/0000000001234567.snap, named by the last command in them. Written by the
 * auditor's thread, read by whoever recovers.
 *
 * A name ends in .snap only when all of the file is on disk: it grows under snapshot.tmp, is synced, renamed, and the
 * directory is synced. Two are kept: the older one for when the newest cannot be read.
 */

import { join } from 'node:path';
import { highWord } from '../../schemas/layout.js';
import type { Engine } from '../engine.js';
import { type Disk, type DiskFile, readFully, syncFully, writeFully } from '../journal/disk.js';
import { JournalError } from '../journal/journal-error.js';
import type { EpochStart } from '../journal/open-journal.js';
import type { RecordPlace } from '../journal/places.js';
import { PAGE_BYTES } from '../journal/record.js';
import type { JournalIdentity } from '../journal/segments.js';
import type { Limits } from '../limits.js';
import { STAMP_WORDS } from '../public/level-fold.js';
import type { HistoryImage } from '../public/public-history.js';
import { readSnapshotHeader, type SnapshotHeader, snapshotHeaderPage } from './snapshot-header.js';
import { PayloadError, type PayloadExtras, payloadDigest, restorePayload, writePayload } from './snapshot-payload.js';

const TEMPORARY = 'snapshot.tmp';
const NAME = /^(\d{16})\.snap$/;
/** The newest, and one for when that is bad. */
const KEPT = 2;

/** Behind which group the state is, and what an engine does not know of itself. */
export interface SnapshotPoint {
  readonly epoch: number;
  readonly epochs: readonly EpochStart[];
  readonly lastTimeUs: number;
  /** The last group whose commands are in it. */
  readonly last: RecordPlace;
  /** Folded from the same events. */
  readonly history: HistoryImage;
}

/** A snapshot whose engine is there again. */
export interface RestoredSnapshot extends SnapshotPoint {
  readonly path: string;
  readonly commandSequence: number;
  readonly eventSequence: number;
}

/** One that cannot be used, and why: a sentence. */
export interface BadSnapshot {
  readonly path: string;
  readonly why: string;
}

/** Of the shard whose journal is in this directory. */
export function snapshotsBeside(journal: string): string {
  return join(journal, '..', 'snapshots');
}

export function snapshotPath(directory: string, commandSequence: number): string {
  return join(directory, `${String(commandSequence).padStart(16, '0')}.snap`);
}

/** Last commands of the snapshots that are there, the newest first. */
export function listSnapshots(disk: Disk, directory: string): number[] {
  const found = disk.list(directory).flatMap((name) => {
    const match = NAME.exec(name);
    return match === null ? [] : [Number(match[1])];
  });
  return found.sort((one, other) => other - one);
}

/**
 * Writes the engine's state; on disk, under its name, when it returns. Then older ones than the two newest go. Throws
 * JournalError with JOURNAL_WRITE: nothing of the shard depends on it.
 */
export function writeSnapshot(
  disk: Disk,
  directory: string,
  identity: JournalIdentity,
  engine: Engine,
  point: SnapshotPoint,
): SnapshotHeader {
  const { state } = engine;
  const temporary = join(directory, TEMPORARY);
  try {
    disk.makeDirectory(directory);
    const file = disk.create(temporary);
    let header: SnapshotHeader;
    try {
      const { bytes, digest } = writePayload(file, point.epochs, point.history, state);
      header = {
        ...identity,
        epoch: point.epoch,
        commandSequence: engine.commandSequence,
        eventSequence: engine.eventSequence,
        lastTimeUs: point.lastTimeUs,
        hasHistory: true,
        payloadBytes: bytes,
        payloadDigest: digest,
        stateHash: engine.stateHash(),
        last: point.last,
      };
      writeFully(file, snapshotHeaderPage(header, state.limits), 0, PAGE_BYTES, 0);
      syncFully(file);
    } finally {
      file.close();
    }
    disk.rename(temporary, snapshotPath(directory, header.commandSequence));
    disk.syncDirectory(directory);
    removeOlder(disk, directory);
    return header;
  } catch (error) {
    if (error instanceof JournalError) throw error;
    throw new JournalError('JOURNAL_WRITE', 'Writing a snapshot failed', { file: temporary }, error);
  }
}

function removeOlder(disk: Disk, directory: string): void {
  const old = listSnapshots(disk, directory).slice(KEPT);
  for (const commandSequence of old) disk.remove(snapshotPath(directory, commandSequence));
  if (old.length > 0) disk.syncDirectory(directory);
}

/**
 * Puts the newest good snapshot into the engine that `fresh` makes; null when there is none. `bad` is told of each one that
 * is newer and cannot be used. `oldest`: the oldest good one, for who wants to see all that is there.
 */
export function restoreNewest<E extends Engine>(
  disk: Disk,
  directory: string,
  identity: JournalIdentity,
  limits: Limits,
  fresh: () => E,
  bad: (snapshot: BadSnapshot) => void,
  oldest = false,
): { readonly engine: E; readonly restored: RestoredSnapshot } | null {
  const snapshots = listSnapshots(disk, directory);
  for (const commandSequence of oldest ? snapshots.reverse() : snapshots) {
    const path = snapshotPath(directory, commandSequence);
    const header = checkSnapshot(disk, path, identity, limits);
    if (typeof header === 'string') {
      bad({ path, why: header });
      continue;
    }
    const engine = fresh();
    const extras = restoreInto(disk, path, header, engine);
    if (typeof extras === 'string') {
      bad({ path, why: extras });
      continue;
    }
    const { epoch, eventSequence, lastTimeUs, last } = header;
    const { epochs, history } = extras;
    const restored = { path, commandSequence, eventSequence, epoch, epochs, lastTimeUs, last };
    return { engine, restored: { ...restored, history: history ?? unknownHistory(header) } };
  }
  return null;
}

/** The header of a snapshot that is whole and of this shard; else a sentence that goes behind its name. */
export function checkSnapshot(
  disk: Disk,
  path: string,
  identity: JournalIdentity,
  limits: Limits,
): SnapshotHeader | string {
  return withFile(disk, path, (file) => {
    const page = new Uint8Array(PAGE_BYTES);
    if (readFully(file, page, 0, PAGE_BYTES, 0) !== PAGE_BYTES) return 'it is shorter than its header';
    const header = readSnapshotHeader(page, limits);
    if (typeof header === 'string') return header;
    if (header.shard !== identity.shard || header.shardCount !== identity.shardCount) {
      return `it is of shard ${header.shard} of ${header.shardCount}, not ${identity.shard} of ${identity.shardCount}`;
    }
    if (path !== snapshotPath(join(path, '..'), header.commandSequence)) return 'its name is that of another one';
    const digest = payloadDigest(file, header.payloadBytes);
    if (digest === null) return 'it is shorter than it says';
    return Buffer.compare(digest, header.payloadDigest) === 0 ? header : 'its checksum does not fit its content';
  });
}

/** What else is in it; a sentence when the engine does not become what was written. */
function restoreInto(disk: Disk, path: string, header: SnapshotHeader, engine: Engine): PayloadExtras | string {
  return withFile(disk, path, (file) => {
    try {
      const { payloadBytes, payloadDigest, hasHistory } = header;
      const extras = restorePayload(file, payloadBytes, payloadDigest, hasHistory, engine.state);
      const { commandSequence, eventSequence } = engine;
      if (commandSequence !== header.commandSequence || eventSequence !== header.eventSequence) {
        return `its header names command ${header.commandSequence} and event ${header.eventSequence}, its state ${commandSequence} and ${eventSequence}`;
      }
      return engine.stateHash() === header.stateHash ? extras : 'its state has another hash than its header says';
    } catch (error) {
      if (error instanceof PayloadError) return error.message;
      throw error;
    }
  });
}

/** Of a snapshot that says nothing of the public: it was last told something at the last command, at the latest. */
function unknownHistory({ eventSequence, commandSequence, lastTimeUs }: SnapshotHeader): HistoryImage {
  const stamp = new Int32Array(STAMP_WORDS);
  for (const [at, number] of [eventSequence, commandSequence, lastTimeUs].entries()) {
    stamp[2 * at] = number;
    stamp[2 * at + 1] = highWord(number);
  }
  return {
    since: eventSequence,
    tradesSince: eventSequence,
    stamp,
    lasts: new Float64Array(0),
    trades: new Int32Array(0),
  };
}

/** What cannot be opened or read is bad in the same way as what is damaged: the older one may be good. */
function withFile<T>(disk: Disk, path: string, use: (file: DiskFile) => T): T | string {
  let file: DiskFile;
  try {
    file = disk.open(path, 'read');
  } catch (error) {
    return `it cannot be opened: ${error instanceof Error ? error.message : String(error)}`;
  }
  try {
    return use(file);
  } catch (error) {
    if (error instanceof JournalError) return error.message;
    throw error;
  } finally {
    file.close();
  }
}
