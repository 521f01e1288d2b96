/**
 * Readers of a journal that pass by, of any process: DATA/shard-N/leases/PID-NUMBER holds the segments from the one on that is
 * written in it, until the time that is written behind it. A reader renews it on its way; one that died lets go by itself.
 * Nothing is synced, for no reader outlives the machine. Any thread.
 *
 * Whoever comes later than his lease finds that a segment is gone and says so (JOURNAL_TOO_OLD); an open file outlives its
 * name, so no reader ever sees other bytes than those that were there.
 */

import { join } from 'node:path';
import { type Disk, readFully, writeFully } from '../journal/disk.js';

/** How long a lease holds. */
export const LEASE_MS = 60_000;
/** Renewed when so much of it is over. */
const RENEW_MS = LEASE_MS / 4;
const NAME = /^\d+-\d+$/;
const MOST_BYTES = 64;

let leases = 0;

/** Of the shard whose journal is in this directory. */
export function leasesBeside(journal: string): string {
  return join(journal, '..', 'leases');
}

/** One reader's. Where the directory is missing nothing is ever retired: whoever retires makes it. */
export class Lease {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #nowMs: () => number;
  #writtenMs = Number.NEGATIVE_INFINITY;
  #segment = 0;

  /** `nowMs`: since 1970, for other processes read it. */
  constructor(disk: Disk, journal: string, nowMs: () => number) {
    const directory = leasesBeside(journal);
    leases += 1;
    this.#disk = disk;
    this.#path = join(directory, `${process.pid}-${leases}`);
    this.#nowMs = nowMs;
  }

  /** The reader is in this segment; 0: he does not know yet, and holds all of them. Cheap where nothing is due. */
  hold(segment: number): void {
    const nowMs = this.#nowMs();
    if (segment === this.#segment && nowMs - this.#writtenMs < RENEW_MS) return;
    this.#segment = segment;
    this.#writtenMs = nowMs;
    const text = Buffer.from(`${segment} ${nowMs + LEASE_MS}\n`);
    // Whoever finds it empty takes it for one that holds everything.
    const file = this.#disk.create(this.#path);
    try {
      writeFully(file, text, 0, text.length, 0);
    } finally {
      file.close();
    }
  }

  release(): void {
    removeIfThere(this.#disk, this.#path);
  }
}

/** Reader and retirer may both take a lease away that is over. */
function removeIfThere(disk: Disk, path: string): void {
  try {
    disk.remove(path);
  } catch (error) {
    if (disk.exists(path)) throw error;
  }
}

/** The lowest segment that a lease holds; Infinity: none does. Those that are over are taken away. */
export function leasedSegment(disk: Disk, journal: string, nowMs: number): number {
  const directory = leasesBeside(journal);
  let lowest = Number.POSITIVE_INFINITY;
  for (const name of disk.list(directory)) {
    if (!NAME.test(name)) continue;
    const path = join(directory, name);
    const lease = readLease(disk, path);
    if (lease === null) continue;
    if (lease.untilMs < nowMs) removeIfThere(disk, path);
    else lowest = Math.min(lowest, lease.segment);
  }
  return lowest;
}

/** Null when it has just gone. One that has no content yet is its reader's next step: it holds everything. */
function readLease(disk: Disk, path: string): { readonly segment: number; readonly untilMs: number } | null {
  let bytes: Uint8Array;
  try {
    const file = disk.open(path, 'read');
    try {
      bytes = new Uint8Array(Math.min(file.size(), MOST_BYTES));
      readFully(file, bytes, 0, bytes.length, 0);
    } finally {
      file.close();
    }
  } catch (error) {
    if (disk.exists(path)) throw error;
    return null;
  }
  const [segment, untilMs] = Buffer.from(bytes).toString().trim().split(' ').map(Number);
  if (segment === undefined || untilMs === undefined || Number.isNaN(untilMs)) {
    return { segment: 0, untilMs: Number.POSITIVE_INFINITY };
  }
  return { segment, untilMs };
}
