/**
 * A disk in memory that keeps what was written apart from what is on disk, for tests of durability. One thread.
 *
 * - A write through a `synced` file is on disk when it returns; a `plain` one waits for `sync`. Names wait for
 *   `syncDirectory`, in order.
 * - `powerFails` drops or keeps each unsynced 512-byte sector by itself, so writes are lost, torn and reordered, and
 *   undoes a random end of the unsynced names. `processDies` loses nothing: the page cache survives a process.
 * - A failed synced write leaves the page cache with the new bytes, clean, and the disk with the old ones: it reads well
 *   until power fails, as Linux does.
 * Every file that was open is dead after either.
 */

import { join } from 'node:path';
import type { Disk, DiskFile, OpenMode } from '../engine/journal/disk.js';

export const SECTOR_BYTES = 512;

/** Stands for the moment at which everything stops; no code of the journal may outlive it. */
class SimulatedCrash extends Error {
  readonly code = 'SIMULATED_CRASH';
}

class SystemError extends Error {
  readonly code: string;
  constructor(code: string) {
    super(`${code}: simulated`);
    this.code = code;
  }
}

interface Inode {
  /** What reads see. */
  cached: Uint8Array;
  /** What power failure leaves. */
  stored: Uint8Array;
  /** Sectors that differ and that a sync would write. */
  dirty: Set<number>;
}

/** What may go wrong. Counts are of calls from now on; -1 is never. */
export interface DiskFaults {
  /** The crash happens inside the write, create, sync or rename with this number: half of it is done. */
  crashAtCall: number;
  /** The synced write with this number fails with EIO. */
  failWriteAtCall: number;
  /** Writes that make files longer than this in sum fail with ENOSPC. */
  capacityBytes: number;
  /** Whether a write may be split at any byte. */
  shortWrites: boolean;
  /** The read with this number gives one bit wrong, so far into what it reads (0 to 1). */
  misreadAtCall: number;
  misreadPlace: number;
  /** Files whose O_DSYNC does nothing, or whose sync, or directories whose sync, by path: tests of the tests. */
  ignoreSynced: RegExp | null;
  ignoreSync: RegExp | null;
  ignoreSyncDirectory: RegExp | null;
  /** Synced writes of what is there already are left out, as a cache might: a test of the tests. */
  skipSameWrites: boolean;
}

export class SimulatedDisk implements Disk {
  readonly faults: DiskFaults = {
    crashAtCall: -1,
    failWriteAtCall: -1,
    capacityBytes: Number.POSITIVE_INFINITY,
    shortWrites: false,
    misreadAtCall: -1,
    misreadPlace: 0,
    ignoreSynced: null,
    ignoreSync: null,
    ignoreSyncDirectory: null,
    skipSameWrites: false,
  };
  readonly #random: () => number;
  #names = new Map<string, Inode>();
  #storedNames = new Map<string, Inode>();
  #pendingNames: Array<(names: Map<string, Inode>) => void> = [];
  #generation = 0;
  #crashed = false;
  #calls = 0;
  #writes = 0;
  #reads = 0;
  #misread = false;

  /** `random` gives numbers from 0 to 1; a seeded one makes a run repeatable. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Calls that changed something so far: the scale of `crashAtCall`. */
  get calls(): number {
    return this.#calls;
  }

  /** Synced writes so far: the scale of `failWriteAtCall`. */
  get writes(): number {
    return this.#writes;
  }

  /** Reads so far: the scale of `misreadAtCall`. */
  get reads(): number {
    return this.#reads;
  }

  /** Whether the wrong read that was asked for has come. */
  get misread(): boolean {
    return this.#misread;
  }

  /** All files, sorted. */
  get paths(): string[] {
    return [...this.#names.keys()].sort();
  }

  /** Bytes of all files. */
  get bytes(): number {
    let bytes = 0;
    for (const { cached } of new Set(this.#names.values())) bytes += cached.length;
    return bytes;
  }

  /** Whether the crash that was asked for has come; nothing is written any more until the process is said dead. */
  get crashed(): boolean {
    return this.#crashed;
  }

  /** The process ends, the machine goes on. */
  processDies(): void {
    this.#generation += 1;
    this.#crashed = false;
    this.faults.crashAtCall = -1;
    this.faults.failWriteAtCall = -1;
    this.faults.misreadAtCall = -1;
    this.#misread = false;
  }

  /** The machine ends: unsynced sectors and names are kept or lost by chance. */
  powerFails(): void {
    this.processDies();
    const kept = Math.floor(this.#random() * (this.#pendingNames.length + 1));
    for (const change of this.#pendingNames.slice(0, kept)) {
      change(this.#storedNames);
    }
    this.#pendingNames = [];
    this.#names = new Map(this.#storedNames);
    for (const inode of new Set(this.#names.values())) {
      for (const sector of inode.dirty) {
        if (this.#random() < 0.5) {
          store(inode, sector);
        }
      }
      inode.dirty.clear();
      inode.cached = inode.stored.slice();
    }
  }

  /** The bytes that a reader would see, to look at or to spoil; changes to them are on disk at once. */
  spoil(path: string, change: (bytes: Uint8Array) => void): void {
    const inode = this.#inode(path);
    change(inode.cached);
    inode.stored = inode.cached.slice();
  }

  open(path: string, mode: OpenMode): DiskFile {
    const inode = this.#inode(path);
    const generation = this.#generation;
    const alive = () => {
      if (generation !== this.#generation) {
        throw new Error(`A file of a dead process was used: ${path}`);
      }
    };
    return {
      path,
      size: () => inode.cached.length,
      read: (into, at, length, position) => {
        alive();
        const part = inode.cached.subarray(position, position + length);
        into.set(part, at);
        if (this.#reads++ === this.faults.misreadAtCall && part.length > 0) {
          const wrong = at + Math.floor(this.faults.misreadPlace * part.length);
          into[wrong] = (into[wrong] as number) ^ 0x10;
          this.#misread = true;
        }
        return part.length;
      },
      write: (from, at, length, position) => {
        alive();
        const synced = mode === 'synced' && !this.faults.ignoreSynced?.test(path);
        if (mode === 'read') {
          throw new SystemError('EBADF');
        }
        return this.#write(inode, synced, from.subarray(at, at + length), position);
      },
      sync: () => {
        alive();
        this.#call();
        if (this.faults.ignoreSync?.test(path)) return;
        for (const sector of inode.dirty) {
          store(inode, sector);
        }
        inode.dirty.clear();
      },
      close: () => {},
    };
  }

  create(path: string): DiskFile {
    this.#call();
    const inode: Inode = { cached: new Uint8Array(0), stored: new Uint8Array(0), dirty: new Set() };
    this.#changeNames((names) => names.set(path, inode));
    return this.open(path, 'plain');
  }

  exists(path: string): boolean {
    return this.#names.has(path);
  }

  list(directory: string): string[] {
    return [...this.#names.keys()]
      .filter((path) => join(path, '..') === join(directory))
      .map((path) => path.slice(join(directory).length + 1))
      .sort();
  }

  rename(from: string, to: string): void {
    const inode = this.#inode(from);
    this.#call();
    this.#changeNames((names) => {
      names.delete(from);
      names.set(to, inode);
    });
  }

  remove(path: string): void {
    this.#inode(path);
    this.#call();
    this.#changeNames((names) => names.delete(path));
  }

  /** Directories are there always. */
  makeDirectory(_path: string): void {}

  syncDirectory(path: string): void {
    this.#call();
    if (this.faults.ignoreSyncDirectory?.test(path)) return;
    this.#pendingNames = [];
    this.#storedNames = new Map(this.#names);
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) {
      throw new SystemError('ENOENT');
    }
    return inode;
  }

  #changeNames(change: (names: Map<string, Inode>) => void): void {
    change(this.#names);
    this.#pendingNames.push(change);
  }

  #call(): void {
    this.#crashed ||= this.#calls === this.faults.crashAtCall;
    this.#calls += 1;
    if (this.#crashed) {
      throw new SimulatedCrash(`call ${this.faults.crashAtCall}`);
    }
  }

  #write(inode: Inode, synced: boolean, bytes: Uint8Array, position: number): number {
    if (this.#crashed) {
      throw new SimulatedCrash('after the crash');
    }
    if (position + bytes.length > inode.cached.length) {
      this.#checkRoom(position + bytes.length - inode.cached.length);
    }
    const there = inode.cached.subarray(position, position + bytes.length);
    if (synced && this.faults.skipSameWrites && Buffer.compare(there, bytes) === 0) return bytes.length;
    const short = this.faults.shortWrites && this.#random() < 0.5;
    let count = short ? 1 + Math.floor(this.#random() * bytes.length) : bytes.length;
    if (this.#calls === this.faults.crashAtCall) {
      // A kill is noticed between pages: the front of the write, or nothing, is in the cache.
      count = Math.floor((this.#random() * (count + 1)) / SECTOR_BYTES) * SECTOR_BYTES;
    }
    grow(inode, position + count);
    inode.cached.set(bytes.subarray(0, count), position);
    const first = Math.floor(position / SECTOR_BYTES);
    const last = Math.ceil((position + count) / SECTOR_BYTES) - 1;
    for (let sector = first; sector <= last; sector += 1) {
      inode.dirty.add(sector);
    }
    this.#call();
    if (!synced) {
      return count;
    }
    this.#writes += 1;
    const fails = this.#writes - 1 === this.faults.failWriteAtCall;
    for (let sector = first; sector <= last; sector += 1) {
      if (!fails) {
        store(inode, sector);
      }
      inode.dirty.delete(sector);
    }
    if (fails) {
      throw new SystemError('EIO');
    }
    return count;
  }

  #checkRoom(moreBytes: number): void {
    let used = 0;
    for (const inode of new Set(this.#names.values())) {
      used += inode.cached.length;
    }
    if (used + moreBytes > this.faults.capacityBytes) {
      throw new SystemError('ENOSPC');
    }
  }
}

function grow(inode: Inode, bytes: number): void {
  if (bytes > inode.cached.length) {
    const cached = new Uint8Array(bytes);
    cached.set(inode.cached);
    inode.cached = cached;
  }
}

function store(inode: Inode, sector: number): void {
  const from = sector * SECTOR_BYTES;
  const to = Math.min(from + SECTOR_BYTES, inode.cached.length);
  if (to > inode.stored.length) {
    const stored = new Uint8Array(to);
    stored.set(inode.stored);
    inode.stored = stored;
  }
  inode.stored.set(inode.cached.subarray(from, to), from);
}
