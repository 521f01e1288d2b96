/**
 * `make demo`: a recorded exchange day played into the platform that runs, by many simulated members. It may be played
 * again and again on the same venue: the members and the instrument are those of the time before, and the orders of the
 * day end with it.
 */

import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { readKeyFile, TredyeClient, TredyeError } from '../../client/index.js';
import { type DayPlan, planDay } from '../../proof/recordings/day-plan.js';
import { type Comparison, readExpectedTrades } from '../../proof/recordings/expected-trades.js';
import { dueTimes } from './day-clock.js';
import { DayPlayer, type DayProgress } from './day-player.js';
import { openMembers } from './members.js';

/** The operator's lane here, so that no other session of the operator's is put out. */
const OPERATOR_LANE = 40;
/** An EndOfDay goes on in steps, and meanwhile the instrument refuses everything. */
const AGAIN_MS = 10;
const AGAIN_LIMIT_MS = 30_000;

export interface DemoOptions {
  /** A folder with commands.csv.gz and trades.csv.gz. */
  readonly market: string;
  readonly members: number;
  /** So many times as fast as it happened. */
  readonly speed: number;
  readonly url: string;
  readonly keyFile: string;
  readonly say: (line: string) => void;
  /** Called about so often as a screen wants it. */
  readonly progress: (now: DayProgress, plan: DayPlan, expectedTrades: number) => void;
  readonly progressMs: number;
  /** Aborted by Ctrl-C: what was sent is answered, the orders of the day are taken out, the sessions close. */
  readonly stop: AbortSignal;
}

export interface DemoOutcome {
  readonly symbol: string;
  readonly commands: number;
  readonly seconds: number;
  readonly stopped: boolean;
  readonly trades: Comparison & { readonly came: number };
  readonly refusals: ReadonlyMap<string, number>;
  readonly latency: DayProgress['latency'];
}

/** Throws with one sentence when the recording cannot be read, nothing runs at the address, or the run breaks off. */
export async function runDemo(options: DemoOptions): Promise<DemoOutcome> {
  const { market, members, speed, url, keyFile, say } = options;
  const plan = await planDay(market);
  const expected = await readExpectedTrades(market, plan);
  const operator = await connectOperator(url, keyFile);
  const clients: TredyeClient[] = [operator];
  try {
    const { id, symbol } = await openInstrument(operator, plan, market);
    const opened = await openMembers(operator, url, keyFile, members, say);
    clients.push(...opened.clients);
    const known = opened.added === 0 ? 'of an earlier demo' : `${opened.added} of them new`;
    say(`${members} members (${known}) trade ${symbol}, ${speed} times as fast as it happened`);
    const player = new DayPlayer(plan, expected, operator, opened.clients, id, dueTimes(plan, speed));
    const show = (): void => options.progress(player.progress(), plan, expected.length);
    const timer = setInterval(show, options.progressMs);
    const stop = (): void => player.stop();
    options.stop.addEventListener('abort', stop);
    if (options.stop.aborted) stop();
    const startedAt = performance.now();
    try {
      await player.play();
    } finally {
      clearInterval(timer);
      options.stop.removeEventListener('abort', stop);
    }
    show();
    const seconds = (performance.now() - startedAt) / 1000;
    await endDay(operator, id);
    const { answered, trades, latency } = player.progress();
    return {
      symbol,
      commands: answered,
      seconds,
      stopped: options.stop.aborted,
      trades: { ...player.compareTrades(), came: trades },
      refusals: player.refusals,
      latency,
    };
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}

async function connectOperator(url: string, keyFile: string): Promise<TredyeClient> {
  const first = 'start the platform with `make run` in another terminal first';
  if (!existsSync(keyFile)) {
    throw new Error(`There is no operator's key at ${keyFile}: ${first}, or name the key of one that runs with KEY=.`);
  }
  try {
    return await TredyeClient.connect(url, readKeyFile(keyFile), { lane: OPERATOR_LANE });
  } catch (error) {
    if (!(error instanceof TredyeError) || error.code !== 'CONNECT_FAILED') throw error;
    throw new Error(`No platform answers at ${url}: ${first}, or name the address of one that runs with URL=.`);
  }
}

/** The instrument of the day, empty: that of an earlier demo when its terms fit, else one more. */
async function openInstrument(
  operator: TredyeClient,
  plan: DayPlan,
  market: string,
): Promise<{ id: number; symbol: string }> {
  const { needs } = plan;
  const terms = {
    priceMin: Math.min(1, needs.priceMin),
    priceMax: Math.max(1, needs.priceMax),
    quantityMax: needs.quantityMax,
    priceDecimals: 2,
  };
  const name = basename(market).replace(/^sse_/, '').replace(/_.*$/, '');
  const listed = await operator.instruments();
  for (let number = 1; ; number++) {
    const symbol = number === 1 ? name : `${name}-${number}`;
    const found = listed.find((instrument) => instrument.symbol === symbol);
    if (found === undefined) {
      const { id } = await operator.addInstrument({ symbol, ...terms });
      return { id, symbol };
    }
    if (
      found.priceMin <= terms.priceMin &&
      found.priceMax >= terms.priceMax &&
      found.quantityMax >= terms.quantityMax
    ) {
      await endDay(operator, found.id);
      return { id: found.id, symbol };
    }
  }
}

/** Takes out the orders of the day, of a demo that was killed too, and closes the instrument. */
async function endDay(operator: TredyeClient, instrument: number): Promise<void> {
  await whenNothingIsInProgress(() => operator.endOfDay({ instrument }));
  await whenNothingIsInProgress(() => operator.setPhase({ instrument, phase: 'Closed' }));
}

async function whenNothingIsInProgress(ask: () => Promise<{ kind: string; reason: string }>): Promise<void> {
  const limit = performance.now() + AGAIN_LIMIT_MS;
  for (;;) {
    const { kind, reason } = await ask();
    if (kind !== 'Rejected') return;
    if (reason !== 'InProgress' || performance.now() > limit) {
      throw new Error(`The platform refused to end the day: ${reason}.`);
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}
