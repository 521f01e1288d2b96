/**
 * Entry of `make demo`. Settings come from flags or from the variables MARKET, MEMBERS, SPEED, URL and KEY. Exit code 0
 * when the day was played, or stopped by Ctrl-C; 1 when it could not be, or when an order was refused.
 */

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findRecording } from '../../proof/recordings/data-folder.js';
import { printResult } from '../../proof/result.js';
import { type DemoOutcome, runDemo } from './demo.js';
import { count, DemoScreen, milliseconds } from './demo-screen.js';

const HELP = `Plays a recorded exchange day into the platform that runs, by many simulated members.

  make demo MEMBERS=50 SPEED=60        or, with the flags below: node build/bench/demo/demo-main.js --speed 600

  --market   MARKET    the recorded day: a folder, or a name in ../shared/data; default sse_600519_20230201
  --members  MEMBERS   accounts with a session each, 1 to 1000; default 50
  --speed    SPEED     so many times as fast as it happened, above 0; default 60
  --url      URL       where the platform listens; default TREDYE_URL, else ws://127.0.0.1:7400
  --key      KEY       the operator's key file; default TREDYE_KEY, else data/admin-key.json
  --help
`;
const DEFAULT_MARKET = 'sse_600519_20230201';
const SCREEN_MS = 200;
const EXIT_INTERRUPTED = 130;

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

function settings() {
  const { values } = parseArgs({
    options: {
      market: { type: 'string', default: process.env.MARKET || DEFAULT_MARKET },
      members: { type: 'string', default: process.env.MEMBERS || '50' },
      speed: { type: 'string', default: process.env.SPEED || '60' },
      url: { type: 'string', default: process.env.URL || process.env.TREDYE_URL || 'ws://127.0.0.1:7400' },
      key: { type: 'string', default: process.env.KEY || process.env.TREDYE_KEY || 'data/admin-key.json' },
      help: { type: 'boolean', default: false },
    },
  });
  const members = Number(values.members);
  if (!(Number.isInteger(members) && members >= 1 && members <= 1000)) {
    throw new Error(`MEMBERS must be a whole number from 1 to 1000; it is "${values.members}".`);
  }
  const speed = Number(values.speed);
  if (!(Number.isFinite(speed) && speed > 0))
    throw new Error(`SPEED must be a number above 0; it is "${values.speed}".`);
  return { ...values, members, speed };
}

/** The folder of the day, or of its excerpt, which is said. */
function marketFolder(market: string): string {
  if (existsSync(join(market, 'commands.csv.gz'))) return resolve(market);
  if (market.includes('/')) throw new Error(`${market} is no folder of a recorded day: it has no commands.csv.gz.`);
  const { folder, leftOut } = findRecording(market);
  if (leftOut !== '') say(leftOut);
  return folder;
}

function sayOutcome({ symbol, commands, seconds, stopped, trades, refusals, latency }: DemoOutcome): void {
  const percentile = (at: number): string => milliseconds(latency.getValueAtPercentile(at));
  const refused = [...refusals.values()].reduce((sum, one) => sum + one, 0);
  const same =
    trades.difference === ''
      ? 'all of them the same'
      : stopped && trades.equal === trades.came
        ? 'the same as far as it went'
        : `${count(trades.equal)} of them in the same place`;
  say(stopped ? 'Stopped: the orders of the day are taken out, all sessions are closed.' : 'The day is over.');
  say(`${symbol}: ${count(commands)} commands in ${seconds.toFixed(1)} s, ${count(refused)} refused`);
  say(`trades: ${count(trades.came)} came, ${count(trades.expected)} were recorded, ${same}`);
  say(`order to durable answer: p50 ${percentile(50)}, p99 ${percentile(99)}, worst ${percentile(100)} ms`);
  if (!stopped && trades.difference !== '') say(`first difference: ${trades.difference}`);
  for (const [reason, times] of refusals) say(`refused ${reason}: ${count(times)}`);
  const ratio =
    trades.difference === '' ? 1 : (Math.floor((trades.equal / trades.expected) * 10_000) / 10_000).toFixed(4);
  printResult('demo.trades', trades.came, 'trades', ratio, `recorded=${trades.expected}`);
  printResult('demo.commands', commands, 'commands');
  printResult('demo.refused', refused, 'commands');
}

async function main(): Promise<number> {
  const { market, members, speed, url, key, help } = settings();
  if (help) {
    process.stdout.write(HELP);
    return 0;
  }
  const stop = new AbortController();
  process.on('SIGINT', () => {
    if (stop.signal.aborted) process.exit(EXIT_INTERRUPTED);
    stop.abort();
  });
  const screen = new DemoScreen(process.stderr);
  const outcome = await runDemo({
    market: marketFolder(market),
    members,
    speed,
    url,
    keyFile: key,
    say,
    progress: (now, plan, expectedTrades) => screen.show(now, plan.length, expectedTrades),
    progressMs: SCREEN_MS,
    stop: stop.signal,
  }).finally(() => screen.stop());
  sayOutcome(outcome);
  return outcome.refusals.size === 0 ? 0 : 1;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  },
);
