/**
 * Deaths for a platform under test: loaded into each of its threads by --import, so that the product has no switch for them.
 * A gateway's thread looks now and then whether a file with its name is there, a shard's before each command; the file says how
 * it dies, and is taken away first.
 *
 *   DEATHS   a folder: gateway-0, shard-1 and so on in it with "throw", "loop" or "memory"
 */

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { Engine } from '../../engine/engine.js';

const LOOK_MS = 20;
const HOARD_NUMBERS = 100_000;
const NAMED = /^(gateway|shard)-\d+$/;
const folder = process.env.DEATHS ?? '';
/** The thread names itself once it runs. */
let name = '';

function dieAsAsked(): void {
  if (!NAMED.test(name)) name = readFileSync('/proc/thread-self/comm', 'utf8').trim();
  if (!NAMED.test(name)) return;
  const path = join(folder, name);
  let how: string;
  try {
    how = readFileSync(path, 'utf8');
  } catch {
    return;
  }
  rmSync(path);
  if (how === 'throw') throw new TypeError(`a planted bug in ${name}`);
  const hoard: number[][] = [];
  for (;;) {
    if (how === 'memory') hoard.push(new Array<number>(HOARD_NUMBERS).fill(hoard.length + 0.5));
  }
}

if (!isMainThread && folder !== '') {
  setInterval(dieAsAsked, LOOK_MS).unref();
  const { apply } = Engine.prototype;
  Engine.prototype.apply = function mortal(this: Engine, ...args: Parameters<typeof apply>) {
    dieAsAsked();
    return apply.apply(this, args);
  };
}
