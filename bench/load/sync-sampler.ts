/**
 * What the disk itself needs: 4 KiB writes with O_DSYNC into a file of zeros, one behind the other, as the journal's
 * smallest group is written, in the folder where the journal is. Any thread, which blocks in it; on an idle machine.
 *
 * A disk answers later when it had a pause: on a virtual one a write a millisecond behind the last takes up to twice as
 * long as one right behind it. So the writes come as far apart as the orders that they are compared with.
 */

import { closeSync, constants, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const PAGE_BYTES = 4096;
const SEGMENT_BYTES = 16 * 1024 * 1024;
const PIECE_BYTES = 1024 * 1024;
const WARM_WRITES = 100;

export interface SyncSample {
  readonly writes: number;
  /** Microseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** So many writes, at most as many as the file has pages, begun `gapMs` apart; 0: one right behind the other. */
export function sampleSync(folder: string, writes: number, gapMs: number): SyncSample {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `sync-sample-${process.pid}`);
  try {
    const made = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_DSYNC, 0o600);
    const zeros = Buffer.alloc(PIECE_BYTES);
    for (let at = 0; at < SEGMENT_BYTES; at += PIECE_BYTES) writeSync(made, zeros, 0, PIECE_BYTES, at);
    closeSync(made);
    const file = openSync(path, constants.O_RDWR | constants.O_DSYNC);
    const page = Buffer.alloc(PAGE_BYTES, 1);
    const times: number[] = [];
    const count = Math.min(writes + WARM_WRITES, SEGMENT_BYTES / PAGE_BYTES);
    const nobody = new Int32Array(new SharedArrayBuffer(4));
    let due = performance.now();
    for (let index = 0; index < count; index++) {
      due += gapMs;
      const pause = due - performance.now();
      if (gapMs > 0 && pause > 0) Atomics.wait(nobody, 0, 0, pause);
      const before = performance.now();
      writeSync(file, page, 0, PAGE_BYTES, index * PAGE_BYTES);
      if (index >= WARM_WRITES) times.push((performance.now() - before) * 1000);
    }
    closeSync(file);
    times.sort((a, b) => a - b);
    const at = (share: number) => Math.round(times[Math.floor(times.length * share)] ?? 0);
    return { writes: times.length, p50: at(0.5), p99: at(0.99) };
  } finally {
    rmSync(path, { force: true });
  }
}

/** Of two samples the one with the smaller median: what else the machine did is not the disk's. */
export function smallerSync(before: SyncSample, after: SyncSample): SyncSample {
  return before.p50 <= after.p50 ? before : after;
}
