/**
 * Copies finished segments and snapshots of one shard to another directory, which has the layout of a data directory: ARCHIVE/shard-N/
 * journal and ARCHIVE/shard-N/snapshots, so that whatever reads and verifies the one does the other. The auditor's thread.
 *
 * A segment is finished when the next one is there. It is read through and its seal compared with what the next one says of
 * it, then copied under another name, synced and renamed; then the consumer "archive" has it, and it may be retired. A crash
 * at any moment leaves a whole copy or none.
 */

import { join } from 'node:path';
import { type Disk, readFully, syncFully, writeFully } from '../journal/disk.js';
import { JournalError } from '../journal/journal-error.js';
import { JournalReader } from '../journal/reader.js';
import { type JournalIdentity, listSegments, segmentName, segmentPath } from '../journal/segments.js';
import type { Limits } from '../limits.js';
import { checkSnapshot, listSnapshots, snapshotPath, snapshotsBeside } from '../snapshot/snapshots.js';
import { listConsumers, writeConsumer } from './consumers.js';

const ARCHIVE_CONSUMER = 'archive';
const PIECE_BYTES = 1024 * 1024;
const TEMPORARY = 'copy.tmp';

export interface ArchiveTask {
  readonly disk: Disk;
  /** The journal's own directory. */
  readonly journal: string;
  /** That of its copy. */
  readonly copy: string;
  readonly identity: JournalIdentity;
  readonly limits: Limits;
}

/** The next finished segment that was not copied yet, copied now; 0: there is none. Throws a JournalError, or what the disk throws. */
export function archiveNext(task: ArchiveTask): number {
  const { disk, journal, copy, identity } = task;
  const [first, ...others] = listSegments(disk, journal);
  if (first === undefined) return 0;
  const known = listConsumers(disk, journal).consumers.find(({ name }) => name === ARCHIVE_CONSUMER);
  if (known === undefined) {
    // From here on nothing goes that is not copied.
    const reader = new JournalReader(disk, journal, identity);
    reader.seekFirst(first);
    writeConsumer(disk, journal, {
      name: ARCHIVE_CONSUMER,
      segment: first,
      eventSequence: reader.nextEventSequence - 1,
    });
    reader.close();
  }
  const next = known?.segment ?? first;
  if (!others.includes(next + 1)) return 0;
  const eventSequence = verifyFinished(disk, journal, identity, next);
  disk.makeDirectory(copy);
  const target = segmentPath(copy, next);
  if (!disk.exists(target)) copyFile(disk, segmentPath(journal, next), target);
  else if (!isSame(disk, segmentPath(journal, next), target)) {
    throw new JournalError('JOURNAL_WRITE', `The archive has another ${segmentName(next)}`, { file: target });
  }
  copySnapshots(task, next);
  writeConsumer(disk, journal, { name: ARCHIVE_CONSUMER, segment: next + 1, eventSequence });
  return next;
}

/** Reads a segment through, up to the header of the next one, which names its seal. The last event before that one. */
function verifyFinished(disk: Disk, journal: string, identity: JournalIdentity, segment: number): number {
  const reader = new JournalReader(disk, journal, identity, true);
  try {
    reader.seekFirst(segment);
    for (let record = reader.next(Infinity); record !== null && record.segment === segment; )
      record = reader.next(Infinity);
    const end = reader.end()?.segment;
    if (end === undefined || end.number <= segment) {
      throw new JournalError('JOURNAL_CORRUPT', 'A finished segment does not end where the next one begins', {
        file: segmentPath(journal, segment),
      });
    }
    return end.firstEventSequence - 1;
  } finally {
    reader.close();
  }
}

/** Those that are there, for what follows; and of those that the copied segments reach the two newest stay. */
function copySnapshots({ disk, journal, copy, identity, limits }: ArchiveTask, last: number): void {
  const from = snapshotsBeside(journal);
  const to = snapshotsBeside(copy);
  disk.makeDirectory(to);
  for (const command of listSnapshots(disk, from)) {
    if (!disk.exists(snapshotPath(to, command))) copyFile(disk, snapshotPath(from, command), snapshotPath(to, command));
  }
  const reached = listSnapshots(disk, to).filter((command) => {
    const header = checkSnapshot(disk, snapshotPath(to, command), identity, limits);
    return typeof header !== 'string' && header.last.segment <= last;
  });
  for (const command of reached.slice(2)) disk.remove(snapshotPath(to, command));
  disk.syncDirectory(to);
}

/** On disk, under its name, when it returns. */
export function copyFile(disk: Disk, from: string, to: string): void {
  const directory = join(to, '..');
  const temporary = join(directory, TEMPORARY);
  const source = disk.open(from, 'read');
  try {
    const target = disk.create(temporary);
    try {
      const piece = new Uint8Array(PIECE_BYTES);
      for (let at = 0; ; at += piece.length) {
        const count = readFully(source, piece, 0, piece.length, at);
        writeFully(target, piece, 0, count, at);
        if (count < piece.length) break;
      }
      syncFully(target);
    } finally {
      target.close();
    }
  } finally {
    source.close();
  }
  disk.rename(temporary, to);
  disk.syncDirectory(directory);
}

function isSame(disk: Disk, one: string, other: string): boolean {
  const files = [disk.open(one, 'read'), disk.open(other, 'read')] as const;
  try {
    if (files[0].size() !== files[1].size()) return false;
    const pieces = [new Uint8Array(PIECE_BYTES), new Uint8Array(PIECE_BYTES)] as const;
    for (let at = 0; at < files[0].size(); at += PIECE_BYTES) {
      const count = readFully(files[0], pieces[0], 0, PIECE_BYTES, at);
      readFully(files[1], pieces[1], 0, PIECE_BYTES, at);
      if (Buffer.compare(pieces[0].subarray(0, count), pieces[1].subarray(0, count)) !== 0) return false;
    }
    return true;
  } finally {
    for (const file of files) file.close();
  }
}
