/**
 * `make replay MARKET=DIR`: plays a recorded day through the platform and prints what came out. Exit code 0 only when
 * every trade, every cancelled quantity and every book is exactly the exchange's; 1 otherwise.
 */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { SingleBar } from 'cli-progress';
import type { Comparison } from '../../proof/recordings/expected-trades.js';
import { printResult } from '../../proof/result.js';
import { endWith } from '../end-with.js';
import { replayMarket } from './replay.js';

const PLAIN_LINE_EVERY_MS = 2_000;

/** A bar on a terminal, a line now and then elsewhere. */
function openProgress(): { progress: (done: number, total: number) => void; stop: () => void } {
  if (process.stderr.isTTY !== true) {
    let saidAt = 0;
    return {
      progress: (done, total) => {
        const now = Date.now();
        if (now - saidAt < PLAIN_LINE_EVERY_MS && done < total) return;
        saidAt = now;
        process.stderr.write(`replay ${done} of ${total} commands\n`);
      },
      stop: () => undefined,
    };
  }
  const bar = new SingleBar({ format: 'replay [{bar}] {percentage}% {value} of {total} commands', hideCursor: true });
  let started = false;
  return {
    progress: (done, total) => {
      if (!started) bar.start(total, 0);
      started = true;
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}

/** 1 only when nothing differs: with more than was expected, all that was expected may be there. */
function ratioOf({ equal, expected, difference }: Comparison): number | string {
  if (difference === '') return 1;
  return equal >= expected
    ? '0.9999'
    : expected === 0
      ? '0'
      : (Math.floor((equal / expected) * 10_000) / 10_000).toFixed(4);
}

async function main(): Promise<number> {
  const market = process.argv[2] ?? process.env.MARKET ?? '';
  if (market === '' || !existsSync(market)) {
    process.stderr.write(
      market === ''
        ? 'Name a folder of a recorded day: make replay MARKET=DIR\n'
        : `There is no folder ${market}: make replay MARKET=DIR\n`,
    );
    return 1;
  }
  const { progress, stop } = openProgress();
  const outcome = await replayMarket({
    market: resolve(market),
    keep: (process.env.KEEP ?? '') !== '',
    rehearse: true,
    progress,
    say: (line) => process.stderr.write(`${line}\n`),
  }).finally(stop);
  for (const difference of outcome.differences) process.stdout.write(`DIFFERENCE ${difference}\n`);
  const { trades, journal } = outcome;
  printResult('replay.trades', trades.equal, 'trades', ratioOf(trades), `expected=${trades.expected}`);
  if (journal.snapshots !== undefined) {
    const { equal, expected } = journal.snapshots;
    printResult('replay.snapshots', equal, 'snapshots', ratioOf(journal.snapshots), `expected=${expected}`);
  }
  printResult('replay.rate', outcome.commandsPerSecond, 'commands/s');
  return outcome.differences.length === 0 ? 0 : 1;
}

endWith(main());
