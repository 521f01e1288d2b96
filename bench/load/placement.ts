/**
 * Where the threads run that an order passes, for benches of latency: before all other programs (`chrt`, round robin, the
 * least real-time priority), servers and generator alike, so that what else the machine does is not measured; and where
 * there are two cores alone, gateway and echo on the first, shard on the second (`taskset`). Left alone, the system wakes
 * the shard on the core of the gateway that rings it, and each waits for the other (docs/performance.md).
 *
 * Bench's process. Both programs are of util-linux, as `flock` is; without the right to use them everything stays as it is.
 */

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { SENDER_THREAD } from './generator/paced-sender.js';

const PRIORITY = 1;
const CORES_TO_PIN = 2;
const GATEWAY_CORE = 0;
const SHARD_CORE = 1;

/** Processes by number. */
export interface Placed {
  readonly platform: number;
  readonly echo: number;
  readonly generator: number;
}

/** Threads of a process whose name begins so (engine/thread-name.ts). */
function threadsNamed(pid: number, name: string): number[] {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks)
    .filter((thread) => readFileSync(join(tasks, thread, 'comm'), 'utf8').startsWith(name))
    .map(Number);
}

function run(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

/** Places them as far as the system lets us, and says in half a sentence what was done. */
export function placeForLatency({ platform, echo, generator }: Placed): string {
  const gateways = [...threadsNamed(platform, 'gateway-'), echo];
  const shards = threadsNamed(platform, 'shard-');
  const load = [generator, ...threadsNamed(generator, SENDER_THREAD)];
  const isFirst = [...gateways, ...shards, ...load].every((thread) =>
    run('chrt', ['-r', '-p', String(PRIORITY), String(thread)]),
  );
  const pin = (threads: readonly number[], core: number) =>
    threads.every((thread) => run('taskset', ['-cp', String(core), String(thread)]));
  const isPinned = availableParallelism() === CORES_TO_PIN && pin(gateways, GATEWAY_CORE) && pin(shards, SHARD_CORE);
  const priority = isFirst ? 'before all other programs (chrt -r)' : 'at the usual priority';
  const place = isPinned ? 'gateway and echo on one core, shard on the other' : 'no server pinned';
  return `threads of servers and load run ${priority}, ${place}`;
}
