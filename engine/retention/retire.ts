/**
 * Takes away the segments of a shard's journal that nobody needs any more: those below the older of two good snapshots, below
 * every consumer and every lease, and below as many as are kept in any case. The auditor's thread; the shard that writes the
 * journal and whoever reads it need not know.
 *
 * The oldest goes first, and its name is gone from the disk before the next one goes: a crash at any moment leaves a journal
 * without a hole. Files are removed and not written again.
 */

import type { Disk } from '../journal/disk.js';
import { type JournalIdentity, listSegments, segmentPath } from '../journal/segments.js';
import type { Limits } from '../limits.js';
import { checkSnapshot, listSnapshots, snapshotPath, snapshotsBeside } from '../snapshot/snapshots.js';
import { listConsumers } from './consumers.js';
import { leasedSegment } from './leases.js';

export interface RetireTask {
  readonly disk: Disk;
  /** The journal's own directory. */
  readonly journal: string;
  readonly identity: JournalIdentity;
  readonly limits: Limits;
  /** Segments that stay whatever else is true, the one that is written among them; at least 1. */
  readonly keepSegments: number;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

export interface Retired {
  /** The first segment that is there; 0: there is no journal. */
  readonly first: number;
  readonly last: number;
  /** Segments that went now. */
  readonly removed: number;
  /** Who holds the first one, in words. */
  readonly heldBy: string;
  /** Files of consumers that cannot be read: each holds everything until it is mended or taken away. */
  readonly damaged: readonly string[];
}

interface Hold {
  readonly segment: number;
  readonly by: string;
}

/** Throws what the disk throws; a JournalError when a segment in the middle is missing. */
export function retireSegments(task: RetireTask): Retired {
  const { disk, journal } = task;
  const segments = listSegments(disk, journal);
  const first = segments[0] ?? 0;
  const last = segments.at(-1) ?? 0;
  const { consumers, damaged } = listConsumers(disk, journal);
  let lowest: Hold = {
    segment: last - task.keepSegments + 1,
    by: `the last ${task.keepSegments} segments are kept`,
  };
  const hold = (segment: number, by: string): void => {
    if (segment < lowest.segment) lowest = { segment, by };
  };
  for (const { name, segment } of consumers) hold(segment, `the consumer "${name}" has not got further`);
  for (const { path } of damaged) hold(first, `the file ${path} of a consumer is damaged`);
  hold(leasedSegment(disk, journal, task.nowMs), 'somebody reads it');
  // The snapshot last: all of it is read, for one that cannot be used holds nothing.
  if (lowest.segment > first) {
    const older = olderSnapshot(task, first);
    hold(older.segment, older.by);
  }
  let next = first;
  for (; next < Math.min(lowest.segment, last); next += 1) {
    disk.remove(segmentPath(journal, next));
    disk.syncDirectory(journal);
  }
  return { first: next, last, removed: next - first, heldBy: lowest.by, damaged: damaged.map(({ path }) => path) };
}

/** From where on the older of the two newest snapshots needs the journal; all of it when they are not both good. */
function olderSnapshot({ disk, journal, identity, limits }: RetireTask, first: number): Hold {
  const directory = snapshotsBeside(journal);
  const newest = listSnapshots(disk, directory).slice(0, 2);
  if (newest.length < 2) return { segment: first, by: 'there are no two snapshots yet' };
  let lowest: Hold = { segment: Number.POSITIVE_INFINITY, by: '' };
  for (const commandSequence of newest) {
    const path = snapshotPath(directory, commandSequence);
    const header = checkSnapshot(disk, path, identity, limits);
    if (typeof header === 'string') return { segment: first, by: `the snapshot ${path} cannot be used: ${header}` };
    if (header.last.segment < lowest.segment)
      lowest = { segment: header.last.segment, by: `the snapshot ${path} ends there` };
  }
  return lowest;
}
