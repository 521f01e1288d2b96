/**
 * A venue's data directory, read where it lies, also while a platform writes it: its files are opened for reading only, no
 * lock is taken, a lease keeps what is being read from being retired, and a group that is just being written is not there yet. Main thread.
 */

import { resolve } from 'node:path';
import { type DiskFile, RealDisk } from '../../../engine/journal/disk.js';
import { JournalError } from '../../../engine/journal/journal-error.js';
import { JournalReader, type JournalRecord } from '../../../engine/journal/reader.js';
import type { SegmentHeader } from '../../../engine/journal/record.js';
import { checkedHeader, listSegments, segmentPath } from '../../../engine/journal/segments.js';
import { inspectTail } from '../../../engine/journal/tail.js';
import type { Limits } from '../../../engine/limits.js';
import { Lease, leasesBeside } from '../../../engine/retention/leases.js';
import { journalDirectory, readVenue } from '../../data-directory.js';
import { EXIT_CORRUPT_JOURNAL, EXIT_DATA_DIRECTORY, PlatformError } from '../../exit-codes.js';

export interface LocalVenue {
  /** Absolute. */
  readonly path: string;
  readonly venue: string;
  readonly shardCount: number;
  /** Those that its first start has fixed. */
  readonly limits: Partial<Limits>;
}

/** Throws a PlatformError where there is no venue of this kind. */
export function openLocalVenue(directory: string): LocalVenue {
  const path = resolve(directory);
  const found = readVenue(path);
  if (found === null) {
    throw new PlatformError(
      'NO_VENUE_HERE',
      EXIT_DATA_DIRECTORY,
      `There is no venue in ${path}: name the data directory of a platform of this machine with --data.`,
    );
  }
  return { path, venue: found.venue, shardCount: found.shardCount, limits: found.limits };
}

/** Throws a PlatformError for a shard that the venue does not have. */
export function checkShard(venue: LocalVenue, shard: number): void {
  if (shard < venue.shardCount) return;
  const have = venue.shardCount === 1 ? 'shard 0 alone' : `shards 0 to ${venue.shardCount - 1}`;
  throw new PlatformError(
    'NO_SUCH_SHARD',
    EXIT_DATA_DIRECTORY,
    `The venue in ${venue.path} has ${have}, not shard ${shard}.`,
  );
}

/** What an error of the journal is for whoever runs a command. */
export function readable(error: unknown, shard: number): unknown {
  if (!(error instanceof JournalError)) return error;
  const otherKind = error.code.startsWith('JOURNAL_OTHER') || error.code === 'JOURNAL_READ';
  return new PlatformError(
    error.code,
    otherKind ? EXIT_DATA_DIRECTORY : EXIT_CORRUPT_JOURNAL,
    `The journal of shard ${shard} cannot be read: ${error.message}.`,
  );
}

/**
 * Every record of a shard's journal from the group that holds event `fromEvent` on (1: from the first that is there), up to
 * the last one that is whole. A record holds until the next one is asked for. Throws a PlatformError.
 */
export function* recordsOf(venue: LocalVenue, shard: number, fromEvent = 1): Generator<JournalRecord> {
  const disk = new RealDisk();
  const directory = journalDirectory(venue.path, shard);
  const reader = new JournalReader(disk, directory, { shard, shardCount: venue.shardCount });
  const lease = takeLease(disk, directory);
  try {
    const there = fromEvent > 1 ? reader.seekEvent(fromEvent) : reader.seekFirst();
    if (!there) return;
    for (;;) {
      const record = reader.next(Number.POSITIVE_INFINITY) ?? afterTheEnd(reader, disk, directory);
      if (record === null) return;
      lease?.hold(record.segment);
      yield record;
    }
  } catch (error) {
    throw readable(error, shard);
  } finally {
    lease?.release();
    reader.close();
  }
}

/** Whoever may only read these files, or has no room, reads without one: he may be told JOURNAL_TOO_OLD. */
const WITHOUT_LEASE = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT'];

/** Holds all segments, where any may be retired at all. */
export function takeLease(disk: RealDisk, journal: string): Lease | null {
  if (!disk.exists(leasesBeside(journal))) return null;
  const lease = new Lease(disk, journal, Date.now);
  try {
    lease.hold(0);
    return lease;
  } catch (error) {
    const cause = error instanceof JournalError ? error.cause : error;
    if (cause instanceof Error && 'code' in cause && WITHOUT_LEASE.includes(String(cause.code))) return null;
    throw error;
  }
}

/**
 * The end, or a damaged record? Behind the end nothing whole can lie, unless a platform has written on since: then the
 * record that was not there is there now.
 */
function afterTheEnd(reader: JournalReader, disk: RealDisk, directory: string): JournalRecord | null {
  const end = reader.end();
  if (end === null || end.sealed) return null;
  try {
    inspectTail(disk, directory, end);
    return null;
  } catch (error) {
    const record = reader.next(Number.POSITIVE_INFINITY);
    if (record === null) throw error;
    return record;
  }
}

export interface SegmentSummary {
  readonly shard: number;
  readonly segment: number;
  readonly file: string;
  readonly bytes: number;
  /** The epoch of its first record, and the last one that it begins; 0: it has no record yet. */
  readonly firstEpoch: number;
  readonly lastEpoch: number;
  /** First and last number in it; last is below first while there is none. */
  readonly firstCommand: number;
  readonly lastCommand: number;
  readonly firstEvent: number;
  readonly lastEvent: number;
  readonly groups: number;
}

/** All segments of a shard, each read through. Throws a PlatformError. */
export function segmentsOf(venue: LocalVenue, shard: number): SegmentSummary[] {
  const disk = new RealDisk();
  const directory = journalDirectory(venue.path, shard);
  const identity = { shard, shardCount: venue.shardCount };
  const summaries = new Map<number, SegmentSummary>();
  try {
    for (const number of listSegments(disk, directory)) {
      const file = disk.open(segmentPath(directory, number), 'read');
      summaries.set(number, emptySummary(file, headerOf(file, number, identity), shard));
    }
  } catch (error) {
    throw readable(error, shard);
  }
  for (const record of recordsOf(venue, shard)) {
    const summary = summaries.get(record.segment);
    // A segment that began since the list was made.
    if (summary === undefined) break;
    const isGroup = record.kind === 'group';
    summaries.set(record.segment, {
      ...summary,
      firstEpoch: summary.lastEpoch === 0 ? record.epoch : summary.firstEpoch,
      lastEpoch: record.epoch,
      lastCommand: record.firstCommandSequence + record.commandCount - 1,
      lastEvent: record.firstEventSequence + record.eventCount - 1,
      groups: summary.groups + (isGroup ? 1 : 0),
    });
  }
  return [...summaries.values()];
}

function headerOf(file: DiskFile, number: number, identity: { shard: number; shardCount: number }): SegmentHeader {
  try {
    return checkedHeader(file, number, identity);
  } finally {
    file.close();
  }
}

function emptySummary(file: DiskFile, header: SegmentHeader, shard: number): SegmentSummary {
  return {
    shard,
    segment: header.number,
    file: file.path,
    bytes: header.bytes,
    firstEpoch: header.epoch,
    lastEpoch: header.epoch,
    firstCommand: header.firstCommandSequence,
    lastCommand: header.firstCommandSequence - 1,
    firstEvent: header.firstEventSequence,
    lastEvent: header.firstEventSequence - 1,
    groups: 0,
  };
}
