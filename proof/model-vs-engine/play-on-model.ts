/**
 * Plays recordings through the model. Any thread, off the hot path.
 */
import { EventKind, Phase } from '../../schemas/codes.js';
import { COMMAND_WORDS, EVENT_WORDS } from '../../schemas/layout.js';
import { Model } from '../model/model.js';
import { writeEvent } from '../model/plain-records.js';
import { type DayPlan, planDay } from '../recordings/day-plan.js';
import { DayWatcher } from '../recordings/day-watcher.js';
import {
  readExpectedSnapshots,
  SNAPSHOT_DEPTH,
  SNAPSHOT_NUMBERS,
  SnapshotComparer,
} from '../recordings/expected-snapshots.js';
import { type Comparison, readExpectedTrades, TradeComparer } from '../recordings/expected-trades.js';
import type { FlowPlan } from '../recordings/flow-plan.js';
import { FlowReports } from '../recordings/flow-reports.js';
import { type Venue, venueFor } from '../recordings/venue.js';

/** How the parts of a day compared; without `snapshots` when the folder has none. */
export interface PlayedDay {
  readonly trades: Comparison;
  readonly cancels: Comparison;
  readonly snapshots?: Comparison;
}

/** Plays the day in the folder. Throws when the venue or the recording refuses. */
export async function playDay(folder: string): Promise<PlayedDay> {
  const plan = await planDay(folder);
  const trades = new TradeComparer(await readExpectedTrades(folder, plan), plan);
  const expected = await readExpectedSnapshots(folder);
  const snapshots = expected === undefined ? undefined : new SnapshotComparer(expected);
  const venue = venueFor(plan.needs, 1);
  const model = startModel(venue, plan);
  const watcher = new DayWatcher(plan, trades, snapshots, (levels) => writeLevels(model, levels));
  const command = new Int32Array(COMMAND_WORDS);
  const words = new Int32Array(EVENT_WORDS);
  for (let index = 0; index < plan.length; index += 1) {
    plan.writeCommand(command, 0, index, venue.parties[0]);
    for (const event of model.apply(command, 0)) {
      writeEvent(event, words, 0);
      watcher.event(words, 0);
    }
    watcher.look();
  }
  const ends = { trades: trades.finish(), cancels: watcher.finishCancels() };
  return snapshots === undefined ? ends : { ...ends, snapshots: snapshots.finish() };
}

/** Plays the flow; the hash is that of its report lines. */
export function playFlow(plan: FlowPlan): { hash: string; lines: number } {
  const reports = new FlowReports(plan);
  const venue = venueFor(plan.needs, 2, Phase.Continuous);
  const model = startModel(venue, plan);
  const [buyer, seller] = venue.parties;
  const command = new Int32Array(COMMAND_WORDS);
  const words = new Int32Array(EVENT_WORDS);
  for (let index = 0; index < plan.length; index += 1) {
    plan.writeCommand(command, 0, index, buyer, seller ?? buyer);
    for (const event of model.apply(command, 0)) {
      writeEvent(event, words, 0);
      reports.event(words, 0);
    }
  }
  return { hash: reports.finish(), lines: reports.lines };
}

function startModel(venue: Venue, plan: DayPlan | FlowPlan): Model {
  const model = new Model({
    maxOrders: Math.max(1, plan.needs.orders),
    maxLevels: Math.max(1, plan.needs.orders),
    maxInstruments: 1,
    maxAccounts: 2,
    maxKeys: 1,
    maxAssets: 1,
    maxPurses: 1,
    maxHoldings: 2,
    maxLanes: 2,
    maxLanesPerAccount: 2,
    maxStops: 1,
    maxSpecialOrders: 1,
    maxOperations: 1,
    // One uncross of a whole day must not need a Continue: nothing here would send it.
    maxEventsPerCommand: Number.MAX_SAFE_INTEGER,
    laneAnswers: 4096,
    adminLogBytes: 65536,
  });
  let at = 0;
  while (at < venue.words.length) {
    const before = model.commandSequence;
    const refused = model.apply(venue.words, at).find((event) => event.kind === EventKind.Rejected);
    if (refused !== undefined) {
      throw new Error(`The venue for ${plan.path} is refused, reason ${refused.reason}.`);
    }
    at += (model.commandSequence - before) * COMMAND_WORDS;
  }
  return model;
}

/** The ten best levels a side of instrument 1, as the snapshots have them. */
function writeLevels(model: Model, levels: Float64Array): void {
  levels.fill(0);
  for (const [index, side] of (['sells', 'buys'] as const).entries()) {
    for (const [depth, level] of model.levels(1, side, SNAPSHOT_DEPTH).entries()) {
      levels.set([level.price, level.quantity, level.orders], (index * SNAPSHOT_NUMBERS) / 2 + depth * 3);
    }
  }
}
