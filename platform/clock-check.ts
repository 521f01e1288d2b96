/**
 * Whether this machine's clock can be trusted with a venue: commands are stamped with it, and a shard never goes below
 * the last time that it has journaled, so with a clock that is behind time would stand still, and orders that are valid
 * until some time would expire at once. Supervisor thread, at start.
 */

import type { ShardRecovered } from '../engine/shard/worker-data.js';
import { EXIT_CLOCK, PlatformError } from './exit-codes.js';

/** Nothing of this ran before; the client's own counters count from here, too. */
const EARLIEST_MS = Date.UTC(2020, 0, 1);
const MINUTE_MS = 60_000;

function shown(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

/** Before anything is written. Throws a PlatformError. */
export function checkClockPossible(nowMs: number): void {
  if (nowMs >= EARLIEST_MS) return;
  throw new PlatformError(
    'CLOCK_OFF',
    EXIT_CLOCK,
    `The clock of this machine says ${shown(nowMs)}, which cannot be: set it, then start again.`,
    true,
  );
}

/** Behind what the shards have journaled, before anything is served. Throws a PlatformError. */
export function checkClockBehind(
  nowMs: number,
  shards: readonly Pick<ShardRecovered, 'shard' | 'lastTimeUs'>[],
  allowedMinutes: number,
): void {
  for (const { shard, lastTimeUs } of shards) {
    const lastMs = lastTimeUs / 1000;
    const minutes = Math.ceil((lastMs - nowMs) / MINUTE_MS);
    if (minutes <= allowedMinutes) continue;
    throw new PlatformError(
      'CLOCK_OFF',
      EXIT_CLOCK,
      `The clock of this machine says ${shown(nowMs)}, ${minutes} minutes before the last command of shard ${shard} (${shown(lastMs)}): set it, then start again, or let time stand still until then with --clock-behind-minutes ${minutes}.`,
      true,
    );
  }
}
