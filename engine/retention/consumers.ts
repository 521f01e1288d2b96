/**
 * Who must have what a shard's journal holds before it may go: DATA/shard-N/consumers/NAME.json, one file each, with the place up
 * to which that consumer has everything for good. A consumer holds the segments behind its place for as long as its file
 * is there. Any thread; a file has one writer, the consumer.
 *
 * A file is replaced whole: it grows under another name, is synced, renamed, and the directory is synced.
 */

import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type Disk, readFully, syncFully, writeFully } from '../journal/disk.js';
import { JournalError } from '../journal/journal-error.js';

/** What a consumer has: all events up to `eventSequence`; what follows lies in `segment` or behind it. */
export interface ConsumerPosition {
  readonly segment: number;
  readonly eventSequence: number;
}

export interface Consumer extends ConsumerPosition {
  readonly name: string;
}

/** One whose file is not what a consumer wrote. It holds everything. */
export interface DamagedConsumer {
  readonly name: string;
  readonly path: string;
}

const NAME = /^([a-z0-9-]{1,32})\.json$/;

/** Of the shard whose journal is in this directory. */
export function consumersBeside(journal: string): string {
  return join(journal, '..', 'consumers');
}

/** Puts a consumer's place on disk. Throws JOURNAL_WRITE. */
export function writeConsumer(disk: Disk, journal: string, { name, segment, eventSequence }: Consumer): void {
  const directory = consumersBeside(journal);
  if (!NAME.test(`${name}.json`)) throw new Error(`"${name}" is no name for a consumer: a bug of the caller.`);
  const temporary = join(directory, `${name}.new`);
  const text = JSON.stringify({ segment, eventSequence });
  const bytes = Buffer.from(`${JSON.stringify({ segment, eventSequence, crc32: crc32(text) })}\n`);
  try {
    disk.makeDirectory(directory);
    const file = disk.create(temporary);
    try {
      writeFully(file, bytes, 0, bytes.length, 0);
      syncFully(file);
    } finally {
      file.close();
    }
    disk.rename(temporary, join(directory, `${name}.json`));
    disk.syncDirectory(directory);
  } catch (error) {
    if (error instanceof JournalError) throw error;
    throw new JournalError('JOURNAL_WRITE', `Writing the position of "${name}" failed`, { file: temporary }, error);
  }
}

/** From here on it holds nothing. False when there is none of this name. */
export function removeConsumer(disk: Disk, journal: string, name: string): boolean {
  const directory = consumersBeside(journal);
  const path = join(directory, `${name}.json`);
  if (!disk.exists(path)) return false;
  disk.remove(path);
  disk.syncDirectory(directory);
  return true;
}

/** Those of a shard, by name. */
export function listConsumers(
  disk: Disk,
  journal: string,
): { readonly consumers: readonly Consumer[]; readonly damaged: readonly DamagedConsumer[] } {
  const directory = consumersBeside(journal);
  const consumers: Consumer[] = [];
  const damaged: DamagedConsumer[] = [];
  for (const file of disk.list(directory)) {
    const name = NAME.exec(file)?.[1];
    if (name === undefined) continue;
    const path = join(directory, file);
    const position = readPosition(disk, path);
    if (position === null) damaged.push({ name, path });
    else consumers.push({ name, ...position });
  }
  return { consumers, damaged };
}

function readPosition(disk: Disk, path: string): ConsumerPosition | null {
  const file = disk.open(path, 'read');
  try {
    const bytes = new Uint8Array(file.size());
    readFully(file, bytes, 0, bytes.length, 0);
    return positionIn(Buffer.from(bytes).toString());
  } finally {
    file.close();
  }
}

function positionIn(text: string): ConsumerPosition | null {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return null;
  }
  const { segment, eventSequence, crc32: checksum } = (read ?? {}) as Record<string, unknown>;
  if (typeof segment !== 'number' || typeof eventSequence !== 'number') return null;
  return crc32(JSON.stringify({ segment, eventSequence })) === checksum ? { segment, eventSequence } : null;
}

/**
 * A consumer that has more than the journal holds met a newer journal: this one is an older copy, and would give the same
 * sequences to other events. Throws JOURNAL_BEHIND. `lastEvent`: the journal's.
 */
export function checkConsumers(disk: Disk, journal: string, lastEvent: number): void {
  const ahead = listConsumers(disk, journal).consumers.find(({ eventSequence }) => eventSequence > lastEvent);
  if (ahead === undefined) return;
  throw new JournalError(
    'JOURNAL_BEHIND',
    `The consumer "${ahead.name}" has event ${ahead.eventSequence}, but the journal ends with ${lastEvent}`,
    { file: journal },
  );
}
