/**
 * `tredye ping`: how long an order takes to come back, from this process to the engine and, at level Disk, the journal.
 * Each ping cancels an order that there is not: it is sequenced, matched, written and answered like any order, and
 * changes nothing. Main thread.
 */

import type { Command } from '@commander-js/extra-typings';
import { EXIT_REFUSED, PlatformError } from '../exit-codes.js';
import { examples } from './help-text.js';
import { jsonOption, keyOption, laneOption, oneOf, urlOption, wholeNumber } from './options.js';
import { say, sayAll, sayJson } from './terminal.js';
import { type Address, withVenue } from './venue.js';

const LEVELS = ['Both', 'Matched', 'Disk'] as const;
type Level = Exclude<(typeof LEVELS)[number], 'Both'>;
const MAX_COUNT = 1_000_000;
const MAX_INTERVAL_MS = 60_000;
/** Answered and not counted: the first ones warm code and connections up. */
const WARM_UP = 20;
const BAR_WIDTH = 50;
const MICROSECONDS = 1000;
/** No order ever has this id. */
const NO_ORDER = 0xffff_ffff_ffff_ffffn;

interface PingResult {
  readonly level: Level;
  readonly count: number;
  /** Microseconds. */
  readonly best: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly worst: number;
  /** Round trips from `fromUs` to below twice that. */
  readonly histogram: readonly { readonly fromUs: number; readonly count: number }[];
}

/** samples: microseconds, at least one. */
function pingResult(level: Level, samples: readonly number[]): PingResult {
  const sorted = [...samples].sort((one, other) => one - other);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
  const buckets = new Map<number, number>();
  for (const sample of sorted) {
    const from = 2 ** Math.floor(Math.log2(Math.max(1, sample)));
    buckets.set(from, (buckets.get(from) ?? 0) + 1);
  }
  return {
    level,
    count: sorted.length,
    best: sorted[0] ?? 0,
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    worst: at(1),
    histogram: [...buckets].map(([fromUs, count]) => ({ fromUs, count })),
  };
}

function pingLines(result: PingResult): string[] {
  const us = (value: number): string => `${Math.round(value)} us`;
  const most = Math.max(...result.histogram.map(({ count }) => count));
  return [
    `${result.level === 'Disk' ? 'on disk' : 'matched'}: ${result.count} round trips, best ${us(result.best)}, p50 ${us(result.p50)}, p90 ${us(result.p90)}, p99 ${us(result.p99)}, worst ${us(result.worst)}`,
    ...result.histogram.map(({ fromUs, count }) => {
      const bar = '#'.repeat(Math.max(1, Math.round((count / most) * BAR_WIDTH)));
      return `  ${String(fromUs).padStart(8)} us  ${String(count).padStart(7)}  ${bar}`;
    }),
  ];
}

interface PingPlan {
  readonly count: number;
  readonly intervalMs: number;
  readonly symbol: string | undefined;
}

async function ping(address: Address, level: Level, plan: PingPlan): Promise<PingResult> {
  return withVenue(
    address,
    async (client) => {
      const symbol = plan.symbol ?? (await client.instruments())[0]?.symbol;
      if (symbol === undefined) {
        throw new PlatformError(
          'NOTHING_TO_PING',
          EXIT_REFUSED,
          'There is no instrument to send an order for: make one with tredye instrument add.',
        );
      }
      await client.instrument(symbol);
      const samples: number[] = [];
      for (let sent = 0; sent < plan.count + WARM_UP; sent++) {
        const before = performance.now();
        await client.cancel({ symbol, orderId: NO_ORDER });
        if (sent >= WARM_UP) samples.push((performance.now() - before) * MICROSECONDS);
        if (plan.intervalMs > 0) await new Promise((resolve) => setTimeout(resolve, plan.intervalMs));
      }
      return pingResult(level, samples);
    },
    { ackLevel: level },
  );
}

export function addPingCommand(program: Command): void {
  program
    .command('ping')
    .summary('measure round trips of orders by level of acknowledgement')
    .description(
      'measure round trips of orders, one at a time, as a histogram for each level of acknowledgement; each is a cancel of an order that there is not, and stands in the journal (needs the right Trade)',
    )
    .argument('[symbol]', 'the instrument to ask (default: the first)')
    .option('--count <number>', 'round trips of each level', wholeNumber(1, MAX_COUNT), 500)
    .option('--interval <milliseconds>', 'pause between two', wholeNumber(0, MAX_INTERVAL_MS), 2)
    .option('--level <level>', LEVELS.join(', '), oneOf(LEVELS), 'Both' as (typeof LEVELS)[number])
    .addOption(urlOption())
    .addOption(keyOption())
    .addOption(laneOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('tredye ping', 'tredye ping ACME --count 2000 --interval 0 --level disk'))
    .action(async (symbol, options) => {
      const levels: readonly Level[] = options.level === 'Both' ? ['Matched', 'Disk'] : [options.level];
      const results: PingResult[] = [];
      for (const level of levels) {
        const result = await ping(options, level, { count: options.count, intervalMs: options.interval, symbol });
        results.push(result);
        if (options.json !== true) sayAll([...pingLines(result), '']);
      }
      if (options.json === true) sayJson(results);
      else say('Each was sequenced, matched and answered as an order is; nothing in the market changed.');
    });
}
