/**
 * What stands behind the last verified record of a journal at a start: a torn tail, which is cut, or corruption, which
 * stops the start. Called by the shard's recovery only, before anything is served.
 *
 * The writer has one write under way at a time, so a crash tears one record at most and nothing whole can lie behind it.
 * A bad record with a valid later one behind it (sequence not below what is due, epoch not below) was whole once and
 * acknowledged: cutting there would lose what clients were told.
 */

import { type Disk, type DiskFile, readFully, syncFully, writeFully } from './disk.js';
import { JournalError } from './journal-error.js';
import type { JournalEnd } from './places.js';
import { type Expected, PAGE_BYTES, RecordHeader, verifiesByItself } from './record.js';
import { segmentPath } from './segments.js';

const CHUNK_BYTES = 1024 * 1024;

/**
 * Looks at every page from the end of the verified part to the segment's end. Returns the bytes from that end to the
 * last byte that is not zero, rounded up to pages: 0 when nothing was torn. Throws JOURNAL_CORRUPT with the place of
 * the bad record.
 */
export function inspectTail(disk: Disk, directory: string, end: JournalEnd): number {
  const path = segmentPath(directory, end.segment.number);
  const file = disk.open(path, 'read');
  try {
    return inspectPages(file, path, end);
  } finally {
    file.close();
  }
}

function inspectPages(file: DiskFile, path: string, end: JournalEnd): number {
  const chunk = new Uint8Array(CHUNK_BYTES);
  const words = new Int32Array(chunk.buffer);
  const zeros = new Uint8Array(CHUNK_BYTES);
  const header = new RecordHeader();
  let dirtyEnd = end.offset;
  for (let at = end.offset; at < end.segment.bytes; at += CHUNK_BYTES) {
    const count = readFully(file, chunk, 0, Math.min(CHUNK_BYTES, end.segment.bytes - at), at);
    // Nearly all that is left of a segment is zeros: one comparison by the processor's widest words says so.
    if (Buffer.compare(chunk.subarray(0, count), zeros.subarray(0, count)) === 0) {
      continue;
    }
    for (let page = 0; page + PAGE_BYTES <= count; page += PAGE_BYTES) {
      if (!isZero(words, page / 4, PAGE_BYTES / 4)) {
        dirtyEnd = at + page + PAGE_BYTES;
      }
      const whole = header.read(words, page / 4) === 'ok' && isLater(header, end.expected);
      if (whole && isWholeOnDisk(file, at + page, header)) {
        throw new JournalError(
          'JOURNAL_CORRUPT',
          `A journal record is damaged: behind it, at offset ${at + page}, a valid later one begins with command ` +
            `${header.firstCommandSequence} in epoch ${header.epoch}`,
          { file: path, offset: end.offset, sequence: end.expected.eventSequence },
        );
      }
    }
  }
  return dirtyEnd - end.offset;
}

/** Stale records of a recycled segment are below in sequence; those of an epoch that was cut off are below in epoch. */
function isLater(header: RecordHeader, expected: Expected): boolean {
  return (
    header.shard === expected.shard &&
    header.epoch >= expected.epoch &&
    header.firstCommandSequence >= expected.commandSequence &&
    header.firstEventSequence >= expected.eventSequence
  );
}

function isWholeOnDisk(file: DiskFile, at: number, header: RecordHeader): boolean {
  const bytes = new Uint8Array(header.length);
  return readFully(file, bytes, 0, header.length, at) === header.length && verifiesByItself(bytes, 0, header);
}

function isZero(words: Int32Array, at: number, count: number): boolean {
  for (let word = at; word < at + count; word += 1) {
    if (words[word] !== 0) {
      return false;
    }
  }
  return true;
}

/**
 * Zeroes from the end of the verified part to the segment's end, on disk when it returns. Pages that are zero already
 * are left: a restart must be quick, and the segment was zeros once.
 */
export function cutTail(disk: Disk, directory: string, end: JournalEnd): void {
  const file = disk.open(segmentPath(directory, end.segment.number), 'plain');
  const chunk = new Uint8Array(CHUNK_BYTES);
  const words = new Int32Array(chunk.buffer);
  const zeros = new Uint8Array(PAGE_BYTES);
  for (let at = end.offset; at < end.segment.bytes; at += CHUNK_BYTES) {
    const count = readFully(file, chunk, 0, Math.min(CHUNK_BYTES, end.segment.bytes - at), at);
    for (let page = 0; page + PAGE_BYTES <= count; page += PAGE_BYTES) {
      if (!isZero(words, page / 4, PAGE_BYTES / 4)) {
        writeFully(file, zeros, 0, PAGE_BYTES, at + page);
      }
    }
  }
  syncFully(file);
  file.close();
}
