/**
 * Puts the journal of one shard back from its copy (archive.ts), to its end or to an event: every record, checksum and seal is
 * verified on the way. Main thread of `tredye restore`.
 */

import type { Disk } from '../journal/disk.js';
import { JournalError } from '../journal/journal-error.js';
import { JournalReader } from '../journal/reader.js';
import { type JournalIdentity, listSegments, segmentPath } from '../journal/segments.js';
import { cutTail, inspectTail } from '../journal/tail.js';
import type { Limits } from '../limits.js';
import { checkSnapshot, listSnapshots, snapshotPath, snapshotsBeside } from '../snapshot/snapshots.js';
import { copyFile } from './archive.js';

export interface RestoreTask {
  readonly disk: Disk;
  /** The copy's journal. */
  readonly from: string;
  /** The journal to make. */
  readonly to: string;
  readonly identity: JournalIdentity;
  readonly limits: Limits;
  /** The last event that is wanted; what was written with a later one in one group is left out, too. Infinity: all. */
  readonly toEvent: number;
  /** Called behind each segment. */
  readonly progress: (segment: number, of: number) => void;
}

export interface RestoredJournal {
  readonly firstSegment: number;
  readonly lastSegment: number;
  /** The last event that is there. */
  readonly eventSequence: number;
  readonly snapshots: number;
}

/**
 * Throws a JournalError that names what is damaged, altered or missing; JOURNAL_TOO_OLD when what is wanted lies before the
 * copy.
 */
export function restoreJournal(task: RestoreTask): RestoredJournal {
  const { disk, from, to } = task;
  const { segments, lastSegment, eventSequence } = lookThrough(task);
  disk.makeDirectory(to);
  const wanted = segments.filter((segment) => segment <= lastSegment);
  for (const segment of wanted) {
    copyFile(disk, segmentPath(from, segment), segmentPath(to, segment));
    task.progress(segment, lastSegment);
  }
  cutBehind(task, eventSequence);
  const snapshots = copySnapshots(task, eventSequence);
  return { firstSegment: wanted[0] ?? 0, lastSegment, eventSequence, snapshots };
}

/** Verifies the copy, and finds the last group that is wanted. */
function lookThrough({ disk, from, identity, toEvent }: RestoreTask) {
  const segments = listSegments(disk, from);
  const reader = new JournalReader(disk, from, identity, true);
  let eventSequence = -1;
  let lastSegment = 0;
  let isOver = false;
  try {
    if (!reader.seekFirst()) {
      throw new JournalError('JOURNAL_MISSING_SEGMENT', 'The archive has no segment of this shard', { file: from });
    }
    for (let record = reader.next(Infinity); record !== null; record = reader.next(Infinity)) {
      // To the end of the segment that is cut: its seal speaks for what stays of it.
      if (isOver && record.segment > lastSegment) break;
      const lastEvent = record.firstEventSequence + record.eventCount - 1;
      isOver ||= lastEvent > toEvent;
      if (isOver && lastSegment > 0) continue;
      if (isOver)
        throw new JournalError('JOURNAL_TOO_OLD', 'The archive begins behind that event', { sequence: toEvent });
      eventSequence = lastEvent;
      lastSegment = record.segment;
    }
    const end = reader.end();
    if (!isOver && end !== null) lastSegment = end.segment.number;
    if (!isOver && end !== null && !end.sealed) inspectTail(disk, from, end);
  } finally {
    reader.close();
  }
  return { segments, lastSegment, eventSequence };
}

/** What was copied is read again, and ends with the last group that is wanted. */
function cutBehind({ disk, to, identity }: RestoreTask, eventSequence: number): void {
  const reader = new JournalReader(disk, to, identity, true);
  try {
    reader.seekFirst();
    while (reader.next(eventSequence) !== null);
    const end = reader.end();
    if (end !== null && !end.sealed) cutTail(disk, to, end);
  } finally {
    reader.close();
  }
}

/** Those whose state the restored journal comes to. */
function copySnapshots({ disk, from, to, identity, limits }: RestoreTask, lastEvent: number): number {
  const source = snapshotsBeside(from);
  const target = snapshotsBeside(to);
  const wanted = listSnapshots(disk, source).filter((command) => {
    const header = checkSnapshot(disk, snapshotPath(source, command), identity, limits);
    return typeof header !== 'string' && header.eventSequence <= lastEvent;
  });
  if (wanted.length > 0) disk.makeDirectory(target);
  for (const command of wanted.slice(0, 2))
    copyFile(disk, snapshotPath(source, command), snapshotPath(target, command));
  return Math.min(2, wanted.length);
}
