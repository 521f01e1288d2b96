/**
 * The main job on an excerpt of a recorded day, through a real platform, and copies of it that are wrong in one place:
 * each must fail and say where.
 */

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import t from 'tap';
import { repositoryFolder } from '../../proof/recordings/data-folder.js';
import { RecordingError } from '../../proof/recordings/recording-error.js';
import { type ReplayOutcome, replayMarket, sizesFor } from './replay.js';

const MAIN = fileURLToPath(new URL('./replay-main.js', import.meta.url));
/** Of the scratch folders that this process makes. */
const PREFIX = `replay-${process.pid}-`;
const EXCERPT = join(repositoryFolder(), 'proof', 'recordings', 'excerpts', 'sse_600519_20230201');

function replay(market: string): Promise<ReplayOutcome> {
  return replayMarket({ market, keep: false, rehearse: false, progress: () => undefined, say: () => undefined });
}

/** A copy of the excerpt with one file's lines changed. */
function changedCopy(folder: string, file: string, change: (lines: string[]) => string[]): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(EXCERPT, folder, { recursive: true });
  const path = join(folder, file);
  const lines = gunzipSync(readFileSync(path)).toString().trimEnd().split('\n');
  rmSync(path);
  writeFileSync(path, gzipSync(`${change(lines).join('\n')}\n`));
  return folder;
}

/** Changes one field of one line; column as in the header. */
function withField(lines: string[], line: number, column: string, change: (value: string) => string): string[] {
  const at = (lines[0] ?? '').split(',').indexOf(column);
  const fields = (lines[line] ?? '').split(',');
  fields[at] = change(fields[at] ?? '');
  return lines.with(line, fields.join(','));
}

const oneMore = (value: string): string => String(Number(value) + 1);

t.test('the excerpt comes out exactly: trades over the socket and from the journal, cancels, books', async (t) => {
  const run = spawnSync(process.execPath, [MAIN, EXCERPT], { encoding: 'utf8' });
  t.equal(run.status, 0, run.stdout + run.stderr);
  const trades =
    gunzipSync(readFileSync(join(EXCERPT, 'trades.csv.gz')))
      .toString()
      .trimEnd()
      .split('\n').length - 1;
  t.match(run.stdout, new RegExp(`^RESULT replay\\.trades ${trades} trades 1\\.0 vs expected=${trades}$`, 'm'));
  t.match(run.stdout, /^RESULT replay\.snapshots (\d+) snapshots 1\.0 vs expected=\1$/m);
  t.match(run.stdout, /^RESULT replay\.rate \d+ commands\/s$/m);
  t.match(run.stderr, /^replay \d+ of \d+ commands$/m, 'plain lines without a terminal');
});

t.test('a copy with one wrong trade fails, whatever is wrong about it', async (t) => {
  const folder = join(t.testdir(), 'market');
  for (const column of ['price_fen', 'qty']) {
    const outcome = await replay(
      changedCopy(folder, 'trades.csv.gz', (lines) => withField(lines, lines.length - 3, column, oneMore)),
    );
    t.equal(outcome.trades.equal, outcome.trades.expected - 1);
    t.equal(outcome.journal.trades.equal, outcome.trades.expected - 1, 'the journal says the same');
    t.match(outcome.differences, [/^trades over the socket: trade \d+ of \d+ differs/, /^trades in the journal/]);
  }
  const run = spawnSync(process.execPath, [MAIN, folder], { encoding: 'utf8' });
  t.equal(run.status, 1);
  t.match(run.stdout, /^DIFFERENCE trades over the socket: trade \d+ of \d+ differs: expected buyer \d+/m);
  t.match(run.stdout, /^RESULT replay\.trades \d+ trades 0\.9\d+ vs expected=\d+$/m);
});

t.test('buyer and seller changed for one another fail', async (t) => {
  const folder = join(t.testdir(), 'market');
  const outcome = await replay(
    changedCopy(folder, 'trades.csv.gz', (lines) => {
      const fields = (lines.at(-1) ?? '').split(',');
      return lines.with(-1, [fields[0], fields[1], fields[3], fields[2], ...fields.slice(4)].join(','));
    }),
  );
  t.equal(outcome.trades.equal, outcome.trades.expected - 1);
  t.equal(outcome.differences.length, 2);
});

t.test('a short file of expected trades fails, an empty one and a missing one are errors', async (t) => {
  const folder = join(t.testdir(), 'market');
  const short = await replay(changedCopy(folder, 'trades.csv.gz', (lines) => lines.slice(0, -1)));
  t.match(short.differences[0], /is one too many/);
  await t.rejects(replay(changedCopy(folder, 'trades.csv.gz', (lines) => lines.slice(0, 1))), RecordingError);
  rmSync(join(folder, 'trades.csv.gz'));
  await t.rejects(replay(folder));
  const run = spawnSync(process.execPath, [MAIN, join(folder, 'nowhere')], { encoding: 'utf8' });
  t.equal(run.status, 1);
  t.match(run.stderr, /^There is no folder .*nowhere: make replay MARKET=DIR$/m);
});

t.test('a cancel that takes away another quantity than recorded fails', async (t) => {
  const folder = join(t.testdir(), 'market');
  const outcome = await replay(
    changedCopy(folder, 'commands.csv.gz', (lines) => {
      const line = lines.findIndex((text) => text.includes(',CXL,'));
      return withField(lines, line, 'qty', oneMore);
    }),
  );
  t.match(outcome.differences, [/^cancels over the socket: the cancel of order/, /^cancels in the journal/]);
});

t.test('a book that the exchange did not show fails', async (t) => {
  const folder = join(t.testdir(), 'market');
  const outcome = await replay(
    changedCopy(folder, 'snapshots10.csv.gz', (lines) => {
      const line = lines.findLastIndex((text) => text.includes(',TRADE,'));
      return withField(lines, line, 'bid3_orders', oneMore);
    }),
  );
  t.match(outcome.differences, [/^books in the journal: .*bid3_orders/]);
  t.equal(outcome.journal.snapshots?.equal, (outcome.journal.snapshots?.expected ?? 0) - 1);
});

t.test('any folder of the format works: prices at both ends of 32 bits, zero and below, no snapshots', async (t) => {
  const folder = join(t.testdir(), 'market');
  mkdirSync(folder, { recursive: true });
  const commands = [
    'seq,time,cmd,order_id,side,price_fen,qty,phase,origin',
    '1,09:15:00.000,NEW,1,B,100,5,OPEN,',
    '2,09:15:00.000,NEW,18446744073709551615,S,90,3,OPEN,full',
    '3,09:25:00.000,UNCROSS,0,,0,0,OPEN,',
    '4,09:30:00.000,NEW,3,S,2000000000,7,CONT,rem',
    '5,09:30:00.000,NEW,4,B,2000000000,4,CONT,',
    '6,09:30:00.000,NEW,5,B,-2000000000,2,CONT,',
    '7,09:30:00.000,NEW,6,S,-2000000000,9,CONT,',
    '8,09:30:00.000,CXL,6,S,-2000000000,5,CONT,',
    '9,09:30:00.000,NEW,7,B,0,1,CONT,',
    '10,09:30:00.000,CXL,7,B,0,1,CONT,',
    '11,15:00:00.000,NEW,8,B,1999999999,4,CLOSE,',
    '12,15:00:00.000,UNCROSS,0,,0,0,CLOSE,',
  ];
  const trades = [
    'seq,phase,buy_id,sell_id,price_fen,qty,aggressor',
    '1,OPEN,1,18446744073709551615,95,3,N',
    '2,CONT,4,3,2000000000,4,B',
    '3,CONT,1,6,100,2,S',
    '4,CONT,5,6,-2000000000,2,S',
  ];
  writeFileSync(join(folder, 'commands.csv.gz'), gzipSync(`${commands.join('\n')}\n`));
  writeFileSync(join(folder, 'trades.csv.gz'), gzipSync(`${trades.join('\n')}\n`));
  const outcome = await replay(folder);
  t.same(outcome.differences, []);
  t.equal(outcome.trades.equal, 4);
  t.equal(outcome.journal.snapshots, undefined);
});

t.test('a day is given as many orders as it enters, and no more than a shard can have levels', async (t) => {
  const ordersFor = (orders: number) => sizesFor({ orders }).at(sizesFor({ orders }).indexOf('--max-orders') + 1);
  t.equal(ordersFor(3), '10000');
  t.equal(ordersFor(2_000_000), '2001000');
  t.equal(ordersFor(5_000_000), '2097151');
});

t.test('a run leaves no folder behind, unless it is asked to', async (t) => {
  const own = () => readdirSync(join(repositoryFolder(), 'scratch')).filter((name) => name.startsWith(PREFIX));
  t.same(own(), []);
  const said: string[] = [];
  const say = (line: string): number => said.push(line);
  await replayMarket({ market: EXCERPT, keep: true, rehearse: true, progress: () => undefined, say });
  const kept = own();
  t.equal(kept.length, 1);
  const folder = join(repositoryFolder(), 'scratch', kept[0] ?? '');
  t.equal(said.at(-1), `the run is left in ${folder}`);
  t.match(said[0], /^rehearsing/, 'a short day is played once before');
  t.notOk(existsSync(join(folder, 'rehearsal')), 'of which nothing is left');
  t.ok(existsSync(join(folder, 'data', 'admin-key.json')));
  rmSync(folder, { recursive: true });
});
