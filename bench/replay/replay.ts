/**
 * The main job: a recorded exchange day through a fresh, running, durable platform. All commands over one session, the
 * trades that come back compared with those of the exchange, then the journal that the run wrote, read again and
 * compared with the exchange's books. Runs beside the platform's process, in a scratch folder of its own.
 */

import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readKeyFile, TredyeClient } from '../../client/index.js';
import { MOST_LEVELS } from '../../engine/limits.js';
import { PlatformProcess } from '../../proof/platform-process.js';
import { repositoryFolder } from '../../proof/recordings/data-folder.js';
import { type DayPlan, type PlanNeeds, planDay } from '../../proof/recordings/day-plan.js';
import { DayWatcher } from '../../proof/recordings/day-watcher.js';
import { readExpectedSnapshots } from '../../proof/recordings/expected-snapshots.js';
import { type Comparison, readExpectedTrades, TradeComparer } from '../../proof/recordings/expected-trades.js';
import { type JournalVerdict, judgeJournal } from './journal-judge.js';
import { ReplayPlayer } from './replay-player.js';

/** Sizes that small recordings do not go below: what the platform itself needs. */
const LEAST_ORDERS = 10_000;
const SPARE_ORDERS = 1_000;
const PLAYER_LANE = 1;
const PROGRESS_MS = 250;
/** A day of fewer commands is over before the player's own code is compiled, and would measure that. */
const REHEARSED_BELOW = 100_000;

export interface ReplayOptions {
  /** A folder with commands.csv.gz, trades.csv.gz and perhaps snapshots10.csv.gz. */
  readonly market: string;
  /** Leave the scratch folder behind. */
  readonly keep: boolean;
  /** Play a short day once before, on another platform, so that the rate is the platform's and not the player's. */
  readonly rehearse: boolean;
  readonly progress: (done: number, total: number) => void;
  readonly say: (line: string) => void;
}

export interface ReplayOutcome {
  /** Over the socket. */
  readonly trades: Comparison;
  readonly cancels: Comparison;
  readonly publicDifference: string;
  readonly journal: JournalVerdict;
  readonly commands: number;
  readonly commandsPerSecond: number;
  /** One sentence each, empty when all is exact. */
  readonly differences: readonly string[];
}

/** Throws when the recording cannot be read, the platform cannot hold it, or the run breaks off. */
export async function replayMarket(options: ReplayOptions): Promise<ReplayOutcome> {
  const plan = await planDay(options.market);
  const expectedTrades = await readExpectedTrades(options.market, plan);
  const expectedSnapshots = await readExpectedSnapshots(options.market);
  const scratch = join(repositoryFolder(), 'scratch');
  mkdirSync(scratch, { recursive: true });
  const folder = mkdtempSync(join(scratch, `replay-${process.pid}-`));
  let platform: PlatformProcess | null = null;
  let finished = false;
  try {
    if (options.rehearse && plan.length < REHEARSED_BELOW) {
      options.say('rehearsing on another platform: the day is short');
      await rehearse(plan, new TradeComparer(expectedTrades, plan), join(folder, 'rehearsal'), options);
    }
    platform = await PlatformProcess.start({ data: join(folder, 'data'), flags: sizesFor(plan.needs) });
    const trades = new TradeComparer(expectedTrades, plan);
    const watcher = new DayWatcher(plan, trades, undefined, undefined);
    const { instrument, outcome } = await playDay(platform, plan, watcher, options);
    const exit = await platform.stop();
    finished = true;
    if (exit.code !== 0) throw new Error(`The platform did not stop cleanly:\n${platform.log()}`);
    const journalDirectory = join(folder, 'data', 'shard-0', 'journal');
    options.say('reading the journal of the run');
    const journal = judgeJournal(journalDirectory, instrument, plan, expectedTrades, expectedSnapshots);
    const socketTrades = trades.finish();
    const cancels = watcher.finishCancels();
    return {
      trades: socketTrades,
      cancels,
      publicDifference: outcome.publicDifference,
      journal,
      commands: outcome.commands,
      commandsPerSecond: Math.round(outcome.commands / outcome.seconds),
      differences: differencesOf([
        ['trades over the socket', socketTrades.difference],
        ['cancels over the socket', cancels.difference],
        ['public trades', outcome.publicDifference],
        ['trades in the journal', journal.trades.difference],
        ['cancels in the journal', journal.cancels.difference],
        ['books in the journal', journal.snapshots?.difference ?? ''],
      ]),
    };
  } finally {
    if (!finished) await platform?.kill();
    if (options.keep) options.say(`the run is left in ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

/** Plays the day on a platform of its own, whatever comes of it. */
async function rehearse(plan: DayPlan, trades: TradeComparer, data: string, options: ReplayOptions): Promise<void> {
  const platform = await PlatformProcess.start({ data, flags: sizesFor(plan.needs) });
  try {
    const watcher = new DayWatcher(plan, trades, undefined, undefined);
    await playDay(platform, plan, watcher, { ...options, progress: () => undefined });
  } finally {
    await platform.kill();
    rmSync(data, { recursive: true, force: true });
  }
}

function differencesOf(found: readonly (readonly [where: string, difference: string])[]): string[] {
  return found.filter(([, difference]) => difference !== '').map(([where, difference]) => `${where}: ${difference}`);
}

/**
 * Limits for a day: as many orders as it enters may rest at once, each on a level of its own, up to the levels that a
 * shard can have; the rest is small. A day that enters more still plays as long as fewer rest at a time.
 */
export function sizesFor(needs: Pick<PlanNeeds, 'orders'>): string[] {
  const orders = String(Math.min(MOST_LEVELS, Math.max(LEAST_ORDERS, needs.orders + SPARE_ORDERS)));
  const small = ['--keep-segments', '0', '--segment-mib', '16', '--max-instruments', '16', '--max-accounts', '16'];
  return [...small, '--max-orders', orders, '--max-levels', orders];
}

/** A market of one instrument and one trader on the fresh platform, and the day played in it. */
async function playDay(
  platform: PlatformProcess,
  plan: DayPlan,
  watcher: DayWatcher,
  options: ReplayOptions,
): Promise<{ instrument: number; outcome: Awaited<ReturnType<ReplayPlayer['play']>> }> {
  const operator = await TredyeClient.connect(platform.ready.url, readKeyFile(platform.ready.adminKey));
  const { needs } = plan;
  const listed = await operator.addInstrument({
    symbol: 'REPLAY',
    priceMin: Math.min(1, needs.priceMin),
    priceMax: Math.max(1, needs.priceMax),
    quantityMax: needs.quantityMax,
  });
  const account = await operator.addAccount('player');
  const pair = generateKeyPairSync('ed25519');
  const publicKey = Buffer.from(pair.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const keyId = await operator.addKey({ account, publicKey, rights: ['Read', 'Trade', 'Market'] });
  await operator.close();

  const client = await TredyeClient.connect(
    platform.ready.url,
    { keyId, privateKey: pair.privateKey },
    { lane: PLAYER_LANE },
  );
  await client.subscribe(['trades'], { instruments: [listed.id] });
  const player = new ReplayPlayer(
    client,
    plan,
    { account, session: client.incarnation, lane: PLAYER_LANE, instrument: listed.id },
    watcher,
  );
  const timer = setInterval(() => options.progress(player.done, plan.length), PROGRESS_MS);
  try {
    const outcome = await player.play();
    options.progress(plan.length, plan.length);
    return { instrument: listed.id, outcome };
  } finally {
    clearInterval(timer);
    await client.close();
  }
}
