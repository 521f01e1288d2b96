/**
 * A disk that stalls, for a platform under test: loaded into each of its threads by --import, so that the product has no switch for
 * it. A write of a shard's thread finds the file "stall" in the folder, takes it away, makes "stalled", and comes back only
 * after so long; then the file "over" is there.
 *
 *   STALL      the folder
 *   STALL_MS   how long
 */

import fs, { existsSync, readFileSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';

const folder = process.env.STALL ?? '';
const stallMs = Number(process.env.STALL_MS);
const { writeSync, writeFileSync } = fs;
let isShard = false;

function stallAsAsked(): void {
  isShard ||= readFileSync('/proc/thread-self/comm', 'utf8').startsWith('shard-');
  const asked = join(folder, 'stall');
  if (!isShard || !existsSync(asked)) return;
  rmSync(asked);
  writeFileSync(join(folder, 'stalled'), '');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stallMs);
  writeFileSync(join(folder, 'over'), '');
}

if (!isMainThread && folder !== '') {
  fs.writeSync = ((...args: Parameters<typeof writeSync>) => {
    stallAsAsked();
    return writeSync(...args);
  }) as typeof writeSync;
  syncBuiltinESMExports();
}
