/**
 * Reads the journal that a replay left behind and judges it alone: the trades again, and the books on the way, folded
 * from its events, against the exchange's own snapshots. It shares nothing with the run but the files.
 */

import { RealDisk } from '../../engine/journal/disk.js';
import { JournalReader } from '../../engine/journal/reader.js';
import { LEVEL_NUMBERS, LevelFold } from '../../engine/public/level-fold.js';
import type { DayPlan } from '../../proof/recordings/day-plan.js';
import { DayWatcher } from '../../proof/recordings/day-watcher.js';
import { type ExpectedSnapshots, SNAPSHOT_DEPTH, SnapshotComparer } from '../../proof/recordings/expected-snapshots.js';
import { type Comparison, type ExpectedTrades, TradeComparer } from '../../proof/recordings/expected-trades.js';
import { EVENT_END_OF_COMMAND_BIT, EVENT_KIND_WORD, EVENT_WORDS } from '../../schemas/layout.js';

export interface JournalVerdict {
  readonly trades: Comparison;
  readonly cancels: Comparison;
  /** Undefined when the recording has none. */
  readonly snapshots: Comparison | undefined;
  readonly groups: number;
  readonly commands: number;
  readonly events: number;
}

const BUY = 0;
const SELL = 1;

/** Reads the whole journal of the only shard in `directory`. Throws a JournalError when it is not whole. */
export function judgeJournal(
  directory: string,
  instrument: number,
  plan: DayPlan,
  expectedTrades: ExpectedTrades,
  expectedSnapshots: ExpectedSnapshots | undefined,
): JournalVerdict {
  const fold = new LevelFold();
  const trades = new TradeComparer(expectedTrades, plan);
  const snapshots = expectedSnapshots === undefined ? undefined : new SnapshotComparer(expectedSnapshots);
  const watcher = new DayWatcher(plan, trades, snapshots, (levels) => {
    levels.fill(0);
    fold.top(instrument, SELL, SNAPSHOT_DEPTH, levels, 0);
    fold.top(instrument, BUY, SNAPSHOT_DEPTH, levels, SNAPSHOT_DEPTH * LEVEL_NUMBERS);
  });
  const reader = new JournalReader(new RealDisk(), directory, { shard: 0, shardCount: 1 }, true);
  let groups = 0;
  let commands = 0;
  let events = 0;
  try {
    if (!reader.seekStart()) throw new Error(`There is no journal in ${directory}.`);
    for (;;) {
      const record = reader.next(Number.POSITIVE_INFINITY);
      if (record === null) break;
      groups++;
      commands += record.commandCount;
      events += record.eventCount;
      for (let at = 0; at < record.eventCount * EVENT_WORDS; at += EVENT_WORDS) {
        fold.apply(record.events, at);
        watcher.event(record.events, at);
        if (((record.events[at + EVENT_KIND_WORD] ?? 0) & EVENT_END_OF_COMMAND_BIT) !== 0) watcher.look();
      }
    }
  } finally {
    reader.close();
  }
  return {
    trades: trades.finish(),
    cancels: watcher.finishCancels(),
    snapshots: snapshots?.finish(),
    groups,
    commands,
    events,
  };
}
