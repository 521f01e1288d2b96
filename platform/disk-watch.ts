/**
 * Whether the disk under the data directory has room, looked at about once a second: below the reserve only what takes away
 * from a book is taken, until there is room again. Supervisor thread; a file system that hangs is asked once and waited for.
 */

import { statfs } from 'node:fs/promises';
import type { Configuration } from './configuration.js';
import type { DataDirectory } from './data-directory.js';

const MEBIBYTE = 1024 * 1024;
const LOOK_MS = 1000;
/** There is room again when this much more than the reserve is free: a part of the reserve. */
const ROOM_AGAIN = 1 / 8;
/** Of a reserve that nobody set: what cancels, snapshots and logs may still need, and of each shard the segments to come. */
const OWN_MIB = 256;
const SEGMENTS_EACH = 2;

/** What the watch needs of what is around it; tests bring their own. */
export interface DiskWatchParts {
  /** For the log. */
  readonly path: string;
  /** Bytes; 0: the watch only measures. */
  readonly reserve: number;
  /** Bytes that this process may still write there. Rejects when the file system cannot say. */
  freeBytes(): Promise<number>;
  /** Called with every look. */
  measured(freeBytes: number, isNearlyFull: boolean): void;
  log(level: 'info' | 'warn', code: string, message: string): void;
}

/** Bytes to be kept free. */
export function reserveOf({ diskReserveMib, shards }: Configuration, { limits }: DataDirectory): number {
  if (diskReserveMib !== null) return diskReserveMib * MEBIBYTE;
  return OWN_MIB * MEBIBYTE + SEGMENTS_EACH * shards * limits.segmentBytes;
}

/** For those without special rights. */
export async function freeBytesAt(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

function mib(bytes: number): number {
  return Math.floor(bytes / MEBIBYTE);
}

export class DiskWatch {
  readonly #parts: DiskWatchParts;
  #nearlyFull = false;
  #unknown = false;
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(parts: DiskWatchParts) {
    this.#parts = parts;
  }

  /** Resolves after the first look: whoever serves behind it begins as the disk is. */
  async start(): Promise<void> {
    await this.look();
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.start(), LOOK_MS);
  }

  async look(): Promise<void> {
    const { path, reserve } = this.#parts;
    let free: number;
    try {
      free = await this.#parts.freeBytes();
    } catch (error) {
      // Nothing is changed by not knowing; the journal's own writes say when the disk fails.
      const why = error instanceof Error ? error.message : String(error);
      if (!this.#unknown) this.#parts.log('warn', 'DISK_UNKNOWN', `the free room of ${path} cannot be read: ${why}`);
      this.#unknown = true;
      return;
    }
    this.#unknown = false;
    if (this.#stopped) return;
    const isNearlyFull = free < reserve * (this.#nearlyFull ? 1 + ROOM_AGAIN : 1);
    if (isNearlyFull !== this.#nearlyFull) {
      this.#nearlyFull = isNearlyFull;
      if (isNearlyFull) {
        const text = `${mib(free)} MiB are free under ${path}, less than the reserve of ${mib(reserve)} MiB: orders are refused (CANCEL_ONLY), cancels are taken; make room, or lower --disk-reserve-mib`;
        this.#parts.log('warn', 'DISK_NEARLY_FULL', text);
      } else {
        this.#parts.log('info', 'DISK_HAS_ROOM', `${mib(free)} MiB are free under ${path}: orders are taken again`);
      }
    }
    this.#parts.measured(free, isNearlyFull);
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}
