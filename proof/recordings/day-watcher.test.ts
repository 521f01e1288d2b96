import t from 'tap';
import { EventBit, EventKind, Liquidity, Reason } from '../../schemas/codes.js';
import {
  EVENT_CLIENT_ORDER_ID,
  EVENT_KIND_WORD,
  EVENT_PRICE,
  EVENT_QUANTITY,
  EVENT_RELATED_ID,
  EVENT_WORDS,
} from '../../schemas/layout.js';
import { findExcerpt } from './data-folder.js';
import { type DayPlan, planDay } from './day-plan.js';
import { DayWatcher } from './day-watcher.js';
import { type ExpectedSnapshots, SNAPSHOT_NUMBERS, SnapshotComparer } from './expected-snapshots.js';
import { AGGRESSOR_NONE, AGGRESSOR_SELLER, type ExpectedTrades, TradeComparer } from './expected-trades.js';

const MAKER_BIT = Liquidity.Maker << 1;
const TAKER_BIT = Liquidity.Taker << 1;
const AUCTION_BIT = Liquidity.Auction << 1;

function event(
  kind: EventKind,
  bits: number,
  counter: number,
  price: number,
  quantity: number,
  related = 0,
): Int32Array {
  const words = new Int32Array(EVENT_WORDS);
  words[EVENT_KIND_WORD] = kind | (bits << 8);
  words[EVENT_CLIENT_ORDER_ID] = counter;
  // A lane in the top bits must not disturb the counter.
  words[EVENT_CLIENT_ORDER_ID + 1] = 7 << 16;
  words[EVENT_PRICE] = price;
  words[EVENT_QUANTITY] = quantity;
  words[EVENT_RELATED_ID] = related;
  return words;
}

function expected(...trades: [number, number, number, number, number][]): ExpectedTrades {
  return {
    path: 'trades',
    length: trades.length,
    buyers: Uint32Array.from(trades, (trade) => trade[0]),
    sellers: Uint32Array.from(trades, (trade) => trade[1]),
    prices: Int32Array.from(trades, (trade) => trade[2]),
    quantities: Uint32Array.from(trades, (trade) => trade[3]),
    aggressors: Uint8Array.from(trades, (trade) => trade[4]),
  };
}

async function smallDay(): Promise<DayPlan> {
  return planDay(findExcerpt('sse_601825_20230711').folder);
}

t.test('two adjacent fills are one trade, whichever side is first, and name the aggressor', async (t) => {
  const plan = await smallDay();
  const trades = new TradeComparer(expected([2, 3, 9, 5, AGGRESSOR_SELLER], [4, 5, 8, 1, AGGRESSOR_NONE]), plan);
  const watcher = new DayWatcher(plan, trades, undefined, undefined);
  watcher.event(event(EventKind.Fill, MAKER_BIT, 2, 9, 5), 0);
  t.equal(trades.count, 0, 'one fill is no trade');
  watcher.event(event(EventKind.Fill, TAKER_BIT | EventBit.Sell, 3, 9, 5), 0);
  watcher.event(event(EventKind.Fill, AUCTION_BIT, 4, 8, 1), 0);
  watcher.event(event(EventKind.Fill, AUCTION_BIT | EventBit.Sell, 5, 8, 1), 0);
  t.same(trades.finish(), { equal: 2, expected: 2, difference: '' });
});

t.test('two fills on one side are a difference', async (t) => {
  const plan = await smallDay();
  const trades = new TradeComparer(expected([2, 3, 9, 5, AGGRESSOR_SELLER]), plan);
  const watcher = new DayWatcher(plan, trades, undefined, undefined);
  watcher.event(event(EventKind.Fill, MAKER_BIT | EventBit.Sell, 2, 9, 5), 0);
  watcher.event(event(EventKind.Fill, TAKER_BIT | EventBit.Sell, 3, 9, 5), 0);
  t.match(trades.finish(), { equal: 0, difference: /^trade 1 of 1 differs/ });
});

t.test('cancels must take away what was recorded, all of them, and nothing may be refused', async (t) => {
  const plan = await smallDay();
  const cancels: Int32Array[] = [];
  for (let counter = 1; counter <= plan.length; counter += 1) {
    const quantity = plan.cancelQuantity(counter);
    if (quantity > 0) {
      cancels.push(event(EventKind.Cancelled, EventBit.Book, 1, 1, quantity, counter));
    }
  }
  const play = (events: Int32Array[]) => {
    const watcher = new DayWatcher(plan, new TradeComparer(expected(), plan), undefined, undefined);
    for (const one of events) {
      watcher.event(one, 0);
    }
    return watcher.finishCancels();
  };
  t.ok(cancels.length > 10, 'the excerpt has cancels');
  t.same(play(cancels), { equal: cancels.length, expected: cancels.length, difference: '' });
  t.match(play(cancels.slice(1)), { difference: /orders were cancelled, \d+ are expected/ });
  const wrong = cancels.map((one) => one.slice());
  wrong[3]?.fill(1, EVENT_QUANTITY, EVENT_QUANTITY + 1);
  t.match(play(wrong), { equal: cancels.length - 1, difference: /took away 1, expected/ });
  const refused = event(EventKind.Rejected, 0, 5, 0, 0);
  refused[EVENT_KIND_WORD] = EventKind.Rejected | (Reason.OrdersFull << 16);
  t.match(play([...cancels, refused]), { difference: /command 5 was refused: OrdersFull/ });
});

t.test('snapshots are looked at between trades only', async (t) => {
  const plan = await smallDay();
  const rows: ExpectedSnapshots = {
    path: 'snapshots',
    rows: [{ line: 2, time: '09:30:00.000', tradeCount: 1, levels: new Float64Array(SNAPSHOT_NUMBERS).fill(4) }],
  };
  const snapshots = new SnapshotComparer(rows);
  const trades = new TradeComparer(expected([2, 3, 9, 5, AGGRESSOR_SELLER]), plan);
  let looked = 0;
  const watcher = new DayWatcher(plan, trades, snapshots, (levels) => {
    looked += 1;
    levels.fill(4);
  });
  watcher.look();
  watcher.event(event(EventKind.Fill, MAKER_BIT, 2, 9, 5), 0);
  watcher.look();
  t.equal(looked, 0, 'no row asks for trade count 0, and half a trade is no state');
  watcher.event(event(EventKind.Fill, TAKER_BIT | EventBit.Sell, 3, 9, 5), 0);
  watcher.look();
  watcher.look();
  t.equal(looked, 1, 'a row that is met asks no more');
  t.same(snapshots.finish(), { equal: 1, expected: 1, difference: '' });
});
