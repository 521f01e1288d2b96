import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { CommandKind, Phase } from '../../schemas/codes.js';
import {
  COMMAND_KIND_WORD,
  COMMAND_PRICE,
  COMMAND_QUANTITY,
  COMMAND_TARGET_ID,
  COMMAND_WORDS,
} from '../../schemas/layout.js';
import { type DayPlan, planDay } from './day-plan.js';
import { AGGRESSOR_BUYER, AGGRESSOR_NONE, readExpectedTrades, TradeComparer } from './expected-trades.js';

const HEADER = 'seq,time,cmd,order_id,side,price_fen,qty,phase,origin';
const COMMANDS = [
  '1,09:15:00.000,NEW,18446744073709551615,B,-5,100,OPEN,',
  '2,09:15:00.010,NEW,7,S,-7,60,OPEN,',
  '3,09:25:00.000,UNCROSS,0,,0,0,OPEN,',
  '4,09:30:00.000,NEW,8,S,-5,10,CONT,full',
  '5,09:30:01.000,CXL,18446744073709551615,B,-5,30,CONT,',
];
const TRADES_HEADER = 'seq,phase,buy_id,sell_id,price_fen,qty,aggressor';
const TRADES = ['3,OPEN,18446744073709551615,7,-6,60,N', '4,CONT,18446744073709551615,8,-5,10,S'];

function gz(...lines: string[]): Buffer {
  return gzipSync(lines.map((line) => `${line}\n`).join(''));
}

function day(commands: string[], trades: string[] = TRADES) {
  return { 'commands.csv.gz': gz(HEADER, ...commands), 'trades.csv.gz': gz(TRADES_HEADER, ...trades) };
}

function words(plan: DayPlan): Int32Array {
  const all = new Int32Array(plan.length * COMMAND_WORDS);
  for (let index = 0; index < plan.length; index += 1) {
    plan.writeCommand(all, index * COMMAND_WORDS, index, { account: 3, session: 9, lane: 5, instrument: 2 });
  }
  return all;
}

t.test('a day becomes commands with its phases between them, for any 64-bit id and prices below zero', async (t) => {
  const plan = await planDay(t.testdir(day(COMMANDS)));
  t.same(
    Array.from({ length: plan.length }, (_, index) => plan.kindAt(index)),
    [
      CommandKind.SetPhase,
      CommandKind.New,
      CommandKind.New,
      CommandKind.Uncross,
      CommandKind.SetPhase,
      CommandKind.New,
      CommandKind.Cancel,
    ],
  );
  t.same(plan.needs, { priceMin: -7, priceMax: -5, quantityMax: 100, orders: 3 });
  const all = words(plan);
  const word = (index: number, field: number) => all[index * COMMAND_WORDS + field] ?? 0;
  t.equal(word(0, COMMAND_KIND_WORD) >> 16, Phase.Auction);
  t.equal(word(4, COMMAND_KIND_WORD) >> 16, Phase.Continuous);
  t.equal(word(1, COMMAND_PRICE), -5);
  t.equal(word(1, COMMAND_QUANTITY), 100);
  t.same(
    [word(6, COMMAND_TARGET_ID), word(6, COMMAND_TARGET_ID + 1)],
    [2, 5 << 16],
    'the cancel names counter 2 of lane 5',
  );
  t.equal(plan.cancelQuantity(7), 30);
  t.equal(plan.cancelQuantity(2), 0, 'no cancel');
  t.equal(plan.recordedId(2), '18446744073709551615');
  t.ok(plan.isUncross(3));
  const quarterPastNine = (9 * 60 + 15) * 60_000;
  t.same(
    [0, 1, 2, 6].map((index) => plan.timeAt(index) - quarterPastNine),
    [0, 0, 10, 15 * 60_000 + 1_000],
  );
});

t.test('a command row with any field off is refused with its line', async (t) => {
  const cases: [string, RegExp][] = [
    ['1,09:15,NEW,7,B,5,100,OPEN,', /line 2: time is "09:15"/],
    ['1,09:15:00.000,MOD,7,B,5,100,OPEN,', /line 2: cmd is "MOD"/],
    ['1,09:15:00.000,NEW,18446744073709551616,B,5,100,OPEN,', /line 2: order_id/],
    ['1,09:15:00.000,NEW,07,B,5,100,OPEN,', /line 2: order_id/],
    ['1,09:15:00.000,NEW,7,X,5,100,OPEN,', /line 2: side is "X"/],
    ['1,09:15:00.000,NEW,7,B,2147483648,100,OPEN,', /line 2: price_fen/],
    ['1,09:15:00.000,NEW,7,B,5.5,100,OPEN,', /line 2: price_fen/],
    ['1,09:15:00.000,NEW,7,B,5,0,OPEN,', /line 2: qty is "0"/],
    ['1,09:15:00.000,NEW,7,B,5,100,NIGHT,', /line 2: phase/],
    ['1,09:15:00.000,NEW,7,B,5,100,OPEN,what', /line 2: origin/],
    ['1,09:15:00.000,NEW,7,B,5,100,OPEN', /line 2: 8 fields, not 9/],
    ['1,09:15:00.000,CXL,7,B,5,100,OPEN,', /line 2: cancels order 7/],
    ['1,09:15:00.000,UNCROSS,0,,0,0,CONT,', /line 2: an uncross outside an auction/],
    ['1,09:15:00.000,UNCROSS,7,,0,0,OPEN,', /line 2: an uncross names no order/],
    ['x,09:15:00.000,NEW,7,B,5,100,OPEN,', /line 2: seq/],
  ];
  for (const [row, message] of cases) {
    await t.rejects(planDay(t.testdir(day([row]))), { code: 'BAD_RECORDING', message });
  }
  const twice = COMMANDS.slice(0, 1);
  await t.rejects(planDay(t.testdir(day([...twice, ...twice]))), { message: /line 3: order .* a second time/ });
});

t.test('an empty, headless, cut or missing file is refused', async (t) => {
  const whole = gz(HEADER, ...COMMANDS);
  const text = `${HEADER}\n${COMMANDS.join('\n')}`;
  const cases: [Buffer, RegExp][] = [
    [gz(), /the file is empty/],
    [gz(HEADER), /no rows behind the header/],
    [gz(...COMMANDS), /the header is/],
    [gzipSync(text), /line 6: the last line is not ended/],
    [whole.subarray(0, whole.length - 12), /cannot be read/],
    [Buffer.from(text), /cannot be read/],
  ];
  for (const [file, message] of cases) {
    await t.rejects(planDay(t.testdir({ 'commands.csv.gz': file })), { message });
  }
  await t.rejects(planDay(t.testdir({})), { message: /cannot be read/ });
});

async function comparer(t: Test, trades: string[] = TRADES): Promise<TradeComparer> {
  const folder = t.testdir(day(COMMANDS, trades));
  const plan = await planDay(folder);
  return new TradeComparer(await readExpectedTrades(folder, plan), plan);
}

t.test('the same trades in the same sequence are equal', async (t) => {
  const trades = await comparer(t);
  trades.add(2, 3, -6, 60, AGGRESSOR_NONE);
  trades.add(2, 6, -5, 10, 1);
  t.same(trades.finish(), { equal: 2, expected: 2, difference: '' });
});

t.test('one wrong field of one trade is a difference, whichever it is', async (t) => {
  const wrong: [number, number, number, number, number][] = [
    [3, 3, -6, 60, AGGRESSOR_NONE],
    [2, 2, -6, 60, AGGRESSOR_NONE],
    [2, 3, -7, 60, AGGRESSOR_NONE],
    [2, 3, -6, 59, AGGRESSOR_NONE],
    [2, 3, -6, 60, AGGRESSOR_BUYER],
  ];
  for (const first of wrong) {
    const trades = await comparer(t);
    trades.add(...first);
    trades.add(2, 6, -5, 10, 1);
    const end = trades.finish();
    t.equal(end.equal, 1);
    t.match(
      end.difference,
      /^trade 1 of 2 differs: expected buyer 18446744073709551615, seller 7, price -6, quantity 60/,
    );
  }
});

t.test('a trade that is missing and one too many are differences', async (t) => {
  const missing = await comparer(t);
  missing.add(2, 3, -6, 60, AGGRESSOR_NONE);
  t.match(missing.finish(), { equal: 1, difference: /^only 1 trades came, 2 are expected/ });
  t.match((await comparer(t)).finish(), { equal: 0, difference: /^only 0 trades came/ });

  const extra = await comparer(t);
  extra.add(2, 3, -6, 60, AGGRESSOR_NONE);
  extra.add(2, 6, -5, 10, 1);
  extra.add(2, 6, -5, 10, 1);
  t.match(extra.finish(), { equal: 2, difference: /^trade 3 is one too many, 2 are expected/ });
});

t.test('an empty, short or wrong file of expected trades is an error, never an easy pass', async (t) => {
  const cases: [string[], RegExp][] = [
    [[], /no rows behind the header/],
    [['3,OPEN,9,7,-6,60,N'], /line 2: trades order 9, which no command enters/],
    [['3,OPEN,7,18446744073709551615,-6,60'], /line 2: 6 fields/],
    [['3,OPEN,7,18446744073709551615,-6,60,B'], /line 2: an auction has no aggressor/],
    [['3,CONT,7,18446744073709551615,-6,60,N'], /line 2: an auction has no aggressor/],
    [['3,OPEN,7,18446744073709551615,-6,0,N'], /line 2: qty/],
  ];
  for (const [rows, message] of cases) {
    await t.rejects(comparer(t, rows), { code: 'BAD_RECORDING', message });
  }
  const plan = await planDay(t.testdir(day(COMMANDS)));
  const none = {
    path: 'none',
    length: 0,
    buyers: new Uint32Array(),
    sellers: new Uint32Array(),
    prices: new Int32Array(),
    quantities: new Uint32Array(),
    aggressors: new Uint8Array(),
  };
  t.match(new TradeComparer(none, plan).finish(), { equal: 0, difference: /no trades are expected/ });
});
