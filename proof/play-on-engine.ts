/**
 * Plays recordings through the real engine, in this thread and without rings or journal. Any thread, off the hot path.
 */

import { Engine } from '../engine/engine.js';
import { type Limits, limitsFrom } from '../engine/limits.js';
import { CommandKind, EventKind, Phase, Side } from '../schemas/codes.js';
import { COMMAND_KIND_WORD, COMMAND_WORDS, EVENT_KIND_WORD, EVENT_WORDS } from '../schemas/layout.js';
import type { PlayedDay } from './model-vs-engine/play-on-model.js';
import { planDay } from './recordings/day-plan.js';
import { DayWatcher } from './recordings/day-watcher.js';
import {
  readExpectedSnapshots,
  SNAPSHOT_DEPTH,
  SNAPSHOT_NUMBERS,
  SnapshotComparer,
} from './recordings/expected-snapshots.js';
import { readExpectedTrades, TradeComparer } from './recordings/expected-trades.js';
import type { FlowPlan } from './recordings/flow-plan.js';
import { FlowReports } from './recordings/flow-reports.js';
import { control, type Venue, type VenueControls, venueFor } from './recordings/venue.js';

/** An engine that has applied a venue's first records, and the events area that it writes to. */
export interface StartedEngine {
  readonly engine: Engine;
  readonly events: Int32Array;
}

/** Throws when the venue is refused. */
export function startEngine(venue: Venue, limits: Limits): StartedEngine {
  const engine = new Engine(limits, 0, 1);
  const events = new Int32Array(limits.maxEventsPerCommand * EVENT_WORDS);
  engine.attach(events);
  for (let at = 0; at < venue.words.length; ) {
    const before = engine.commandSequence;
    engine.apply(venue.words, at, 0, venue.words.length);
    const kindWord = events[EVENT_KIND_WORD] ?? 0;
    if ((kindWord & 0xff) === EventKind.Rejected) {
      throw new Error(`The venue is refused, reason ${kindWord >>> 16}.`);
    }
    at += (engine.commandSequence - before) * COMMAND_WORDS;
  }
  return { engine, events };
}

/**
 * Plays the day in the folder; what waits for a Continue gets it before the next command, as in a shard. With controls buys
 * are one account's and sells another's, without them one account plays.
 */
export async function playDayOnEngine(
  folder: string,
  overrides: Partial<Limits>,
  controls?: VenueControls,
): Promise<PlayedDay> {
  const plan = await planDay(folder);
  const trades = new TradeComparer(await readExpectedTrades(folder, plan), plan);
  const expected = await readExpectedSnapshots(folder);
  const snapshots = expected === undefined ? undefined : new SnapshotComparer(expected);
  const venue = venueFor(plan.needs, controls === undefined ? 1 : 2, undefined, 1, controls);
  const [buyer, seller = buyer] = venue.parties;
  const { engine, events } = startEngine(venue, limitsFrom(overrides));
  const watcher = new DayWatcher(plan, trades, snapshots, (levels) => {
    levels.fill(0);
    engine.readLevels(1, 1, SNAPSHOT_DEPTH, levels, 0);
    engine.readLevels(1, 0, SNAPSHOT_DEPTH, levels, SNAPSHOT_NUMBERS / 2);
  });
  const command = new Int32Array(COMMAND_WORDS);
  const goOn = new Int32Array(COMMAND_WORDS);
  goOn[COMMAND_KIND_WORD] = CommandKind.Continue;
  for (let index = 0; index < plan.length; index += 1) {
    plan.writeCommand(command, 0, index, plan.sideAt(index) === Side.Buy ? buyer : seller);
    if (controls !== undefined) control(command, 0, index, controls);
    for (let next = command; ; next = goOn) {
      const count = engine.apply(next, 0, 0);
      for (let event = 0; event < count; event += 1) {
        watcher.event(events, event * EVENT_WORDS);
      }
      if (engine.operationsInProgress === 0) {
        break;
      }
    }
    watcher.look();
  }
  engine.validate();
  const ends = { trades: trades.finish(), cancels: watcher.finishCancels() };
  return snapshots === undefined ? ends : { ...ends, snapshots: snapshots.finish() };
}

/** Plays the flow; the hash is that of its report lines. */
export function playFlowOnEngine(
  plan: FlowPlan,
  controls?: VenueControls,
): { hash: string; lines: number; stateHash: string } {
  const reports = new FlowReports(plan);
  const venue = venueFor(plan.needs, 2, Phase.Continuous, 1, controls);
  const { engine, events } = startEngine(venue, limitsFrom({}));
  const [buyer, seller] = venue.parties;
  const command = new Int32Array(COMMAND_WORDS);
  for (let index = 0; index < plan.length; index += 1) {
    plan.writeCommand(command, 0, index, buyer, seller ?? buyer);
    if (controls !== undefined) control(command, 0, index, controls);
    const count = engine.apply(command, 0, 0);
    for (let event = 0; event < count; event += 1) {
      reports.event(events, event * EVENT_WORDS);
    }
  }
  engine.validate();
  return { hash: reports.finish(), lines: reports.lines, stateHash: engine.stateHash() };
}
