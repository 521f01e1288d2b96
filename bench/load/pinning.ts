/**
 * PIN=1: the servers get the first core for themselves and the generator the second, so that neither waits for the other's
 * threads. Left out, the system places all threads. Bench's process; `taskset` is of util-linux, as `flock` is.
 */

import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

const CORES = { server: 0, generator: 1 } as const;

const wanted = process.env.PIN === '1' && availableParallelism() > CORES.generator;

/** Pins all threads that the process has, and so those that they begin. Throws when that does not work. */
export function pin(role: keyof typeof CORES, pid: number): void {
  if (!wanted) return;
  const { status, stderr } = spawnSync('taskset', ['-acp', String(CORES[role]), String(pid)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`The ${role} could not be pinned to a core: ${stderr}`);
}
