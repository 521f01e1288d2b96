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
/** Less is what two clocks of one machine may differ by. */
const WARN_BEHIND_MS = 1_000;

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

/**
 * Behind what the shards have journaled, before anything is served. Throws a PlatformError when it is too far behind;
 * returns what to warn of when it is behind at all, else ''.
 */
export function checkClockBehind(
  nowMs: number,
  shards: readonly Pick<ShardRecovered, 'shard' | 'lastTimeUs'>[],
  allowedMinutes: number,
): string {
  let warning = '';
  for (const { shard, lastTimeUs } of shards) {
    const lastMs = lastTimeUs / 1000;
    if (lastMs - nowMs < WARN_BEHIND_MS) continue;
    const minutes = Math.ceil((lastMs - nowMs) / MINUTE_MS);
    const clock = `he clock of this machine says ${shown(nowMs)}, ${minutes} minutes before the last command of shard ${shard} (${shown(lastMs)})`;
    if (minutes > allowedMinutes) {
      throw new PlatformError(
        'CLOCK_OFF',
        EXIT_CLOCK,
        `T${clock}: set it, then start again, or let time stand still until then with --clock-behind-minutes ${minutes}.`,
        true,
      );
    }
    warning = `t${clock}: commands are stamped with that time until it has caught up`;
  }
  return warning;
}
