/**
 * The one seam between the journal and files. The shard's thread calls it and blocks in it; gateways read through it.
 * All calls are synchronous. Three ways to open say what a write means: `synced` (O_DSYNC: on disk when the call
 * returns), `plain` (on disk after `sync`), `read`. The simulated disk of the tests keeps that difference and loses
 * what was not synced.
 */

import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { JournalError } from './journal-error.js';

export type OpenMode = 'read' | 'plain' | 'synced';

/** One open file. Offsets and lengths in bytes. Errors are those of the system, with its codes. */
export interface DiskFile {
  readonly path: string;
  size(): number;
  /** Reads up to `length` bytes at `position`; the number read, 0 at the end. */
  read(into: Uint8Array, at: number, length: number, position: number): number;
  /** Writes at `position`; the number of bytes written, which may be fewer than asked. */
  write(from: Uint8Array, at: number, length: number, position: number): number;
  /** fsync: what was written is on disk when it returns. After a failure the process must die. */
  sync(): void;
  close(): void;
}

export interface Disk {
  /** Opens an existing file. */
  open(path: string, mode: OpenMode): DiskFile;
  /** Makes an empty file for plain writes, in place of any that has this name. */
  create(path: string): DiskFile;
  exists(path: string): boolean;
  /** Names in a directory, sorted. A directory that does not exist is empty. */
  list(directory: string): string[];
  rename(from: string, to: string): void;
  remove(path: string): void;
  /** Makes the directory and what is missing above it, and syncs each directory that got a new entry. */
  makeDirectory(path: string): void;
  /** Makes created, renamed and removed names of a directory durable. */
  syncDirectory(path: string): void;
}

class RealFile implements DiskFile {
  readonly path: string;
  readonly #descriptor: number;

  constructor(path: string, descriptor: number) {
    this.path = path;
    this.#descriptor = descriptor;
  }

  size(): number {
    return fstatSync(this.#descriptor).size;
  }

  read(into: Uint8Array, at: number, length: number, position: number): number {
    return readSync(this.#descriptor, into, at, length, position);
  }

  write(from: Uint8Array, at: number, length: number, position: number): number {
    return writeSync(this.#descriptor, from, at, length, position);
  }

  sync(): void {
    fsyncSync(this.#descriptor);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

const OPEN_FLAGS = {
  read: constants.O_RDONLY,
  plain: constants.O_RDWR,
  // Each write is on disk when it returns. Without this flag a SIGKILL still loses nothing, power failure does.
  synced: constants.O_RDWR | constants.O_DSYNC,
} as const;

/** How long a thread waits, blocked, for a file descriptor, and how often it asks for one meanwhile. */
const DESCRIPTOR_WAIT_MS = 5000;
const DESCRIPTOR_ASK_MS = 5;
const NAP = new Int32Array(new SharedArrayBuffer(4));
/** The process, or the machine, has no descriptor left. */
const NO_DESCRIPTOR = ['EMFILE', 'ENFILE'];

function hasNoDescriptor(error: unknown): boolean {
  return error instanceof Error && 'code' in error && NO_DESCRIPTOR.includes(String(error.code));
}

/**
 * The files of this machine. Linux: the flag O_DSYNC is asked for, and found in /proc/PID/fdinfo by a test.
 *
 * Connections take descriptors, too, and strangers open them: that none is left for a moment says nothing about the
 * disk. Whoever opens a file then waits a bounded time for one. `outOfDescriptors` is called once before each wait, on
 * the thread that will wait: it is where a thread that takes connections stops doing so.
 */
export class RealDisk implements Disk {
  readonly #outOfDescriptors: () => void;
  readonly #waitMs: number;

  /** `waitMs`: how long it waits for one; Infinity for a thread that nobody waits for. */
  constructor(outOfDescriptors: () => void = () => undefined, waitMs = DESCRIPTOR_WAIT_MS) {
    this.#outOfDescriptors = outOfDescriptors;
    this.#waitMs = waitMs;
  }

  open(path: string, mode: OpenMode): DiskFile {
    return new RealFile(
      path,
      this.#patiently(() => openSync(path, OPEN_FLAGS[mode])),
    );
  }

  create(path: string): DiskFile {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC;
    return new RealFile(
      path,
      this.#patiently(() => openSync(path, flags, 0o640)),
    );
  }

  exists(path: string): boolean {
    return existsSync(path);
  }

  list(directory: string): string[] {
    return existsSync(directory) ? this.#patiently(() => readdirSync(directory)).sort() : [];
  }

  rename(from: string, to: string): void {
    renameSync(from, to);
  }

  remove(path: string): void {
    unlinkSync(path);
  }

  makeDirectory(path: string): void {
    if (existsSync(path)) {
      return;
    }
    const parent = dirname(path);
    if (parent !== path) {
      this.makeDirectory(parent);
    }
    mkdirSync(path, { mode: 0o750 });
    // Without this a power failure forgets the directory together with every synced file in it.
    this.syncDirectory(parent);
  }

  syncDirectory(path: string): void {
    const descriptor = this.#patiently(() => openSync(path, constants.O_RDONLY | constants.O_DIRECTORY));
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  #patiently<T>(open: () => T): T {
    for (let waitedMs = 0; ; waitedMs += DESCRIPTOR_ASK_MS) {
      try {
        return open();
      } catch (error) {
        if (!hasNoDescriptor(error) || waitedMs >= this.#waitMs) throw error;
      }
      if (waitedMs === 0) this.#outOfDescriptors();
      Atomics.wait(NAP, 0, 0, DESCRIPTOR_ASK_MS);
    }
  }
}

/** A write is split by the system into at most so many pieces before we call it stuck. */
const MAX_WRITE_PIECES = 1024;

/**
 * Writes all of `length` bytes. A short write goes on behind what was written; that is no retry: what is on disk
 * stays. Throws JOURNAL_WRITE on any failure, after which the caller's process must die.
 */
export function writeFully(file: DiskFile, from: Uint8Array, at: number, length: number, position: number): void {
  let done = 0;
  for (let piece = 0; piece < MAX_WRITE_PIECES && done < length; piece += 1) {
    let written: number;
    try {
      written = file.write(from, at + done, length - done, position + done);
    } catch (cause) {
      throw new JournalError('JOURNAL_WRITE', 'Writing failed', { file: file.path, offset: position + done }, cause);
    }
    if (written <= 0) {
      break;
    }
    done += written;
  }
  if (done !== length) {
    throw new JournalError('JOURNAL_WRITE', `Wrote ${done} of ${length} bytes`, { file: file.path, offset: position });
  }
}

/** Puts what was written on disk. Throws JOURNAL_WRITE, after which the caller's process must die. */
export function syncFully(file: DiskFile): void {
  try {
    file.sync();
  } catch (cause) {
    throw new JournalError('JOURNAL_WRITE', 'Syncing failed', { file: file.path }, cause);
  }
}

/** Reads up to `length` bytes; fewer only at the end of the file. Throws JOURNAL_READ. */
export function readFully(file: DiskFile, into: Uint8Array, at: number, length: number, position: number): number {
  let done = 0;
  while (done < length) {
    let count: number;
    try {
      count = file.read(into, at + done, length - done, position + done);
    } catch (cause) {
      throw new JournalError('JOURNAL_READ', 'Reading failed', { file: file.path, offset: position + done }, cause);
    }
    if (count <= 0) {
      break;
    }
    done += count;
  }
  return done;
}
