/**
 * The load of the benches that ask a platform for all it has: closed loop, level disk, as much unanswered as it takes
 * without refusing. Bench's process.
 */

import { cpuSeconds } from '../process-cpu.js';
import type { ClosedLoopResult } from './generator/load-run.js';
import type { LoadStage } from './load-stage.js';

export const FULL_LOAD_CONNECTIONS = 16;
/** Unanswered commands over all connections: below what the command ring keeps for new orders. */
export const FULL_LOAD_UNANSWERED = 6_144;

export interface FullLoad {
  readonly perFrame: number;
  readonly commands: number;
  /** Played before, and not counted. */
  readonly warmCommands: number;
}

export interface FullLoadRun {
  readonly result: ClosedLoopResult;
  /** Processor time of the platform, warming up included, s. */
  readonly cpu: number;
}

/** One run; what its sessions saw is compared when the stage is finished. The answers are the caller's to judge. */
export async function runFullLoad(stage: LoadStage, load: FullLoad): Promise<FullLoadRun> {
  const before = cpuSeconds(stage.platform.pid);
  const { result, streams } = await stage.generator.obey({
    type: 'closed',
    target: { kind: 'orders', url: stage.platform.ready.url, level: 'disk' },
    connections: FULL_LOAD_CONNECTIONS,
    unanswered: Math.max(1, Math.floor(FULL_LOAD_UNANSWERED / FULL_LOAD_CONNECTIONS / load.perFrame)),
    ...load,
  });
  stage.saw(streams);
  return { result, cpu: cpuSeconds(stage.platform.pid) - before };
}
