/** The last trades of each instrument: the newest first, as many as are kept, bounded in all. */

import t from 'tap';
import { EventKind, Liquidity } from '../../schemas/codes.js';
import {
  EVENT_INSTRUMENT,
  EVENT_KIND_WORD,
  EVENT_LIQUIDITY_SHIFT,
  EVENT_PRICE,
  EVENT_QUANTITY,
  EVENT_RELATED_ID,
  EVENT_SELL_BIT,
  EVENT_SEQUENCE,
  EVENT_TIME_US,
  EVENT_WORDS,
  highWord,
} from '../../schemas/layout.js';
import { KEPT_TRADES, RecentTrades } from './recent-trades.js';

function trade(id: number, bits = 0): Int32Array {
  const words = new Int32Array(EVENT_WORDS);
  words[EVENT_SEQUENCE] = id | 0;
  words[EVENT_SEQUENCE + 1] = highWord(id);
  words[EVENT_TIME_US] = (id + 1) | 0;
  words[EVENT_TIME_US + 1] = highWord(id + 1);
  words[EVENT_PRICE] = -(id % 1000);
  words[EVENT_QUANTITY] = -1;
  words[EVENT_KIND_WORD] = EventKind.Trade | bits;
  return words;
}

t.test('a trade comes back as it was', async (t) => {
  const trades = new RecentTrades();
  const id = 2 ** 40 + 7;
  trades.add(1, trade(id));
  trades.add(1, trade(id + 1, EVENT_SELL_BIT));
  trades.add(1, trade(id + 2, Liquidity.Auction << EVENT_LIQUIDITY_SHIFT));
  t.strictSame(
    trades.of(1, 10),
    [2, 1, 0].map((more) => ({
      id: id + more,
      timeUs: id + more + 1,
      price: -((id + more) % 1000),
      quantity: 0xffff_ffff,
      side: [null, 'Sell', 'Buy'][2 - more],
      void: false,
    })),
  );
  t.strictSame(trades.of(2, 10), []);
});

t.test('the newest are kept, at every number of them', async (t) => {
  const trades = new RecentTrades();
  let wrong = 0;
  for (let made = 1; made <= 3 * KEPT_TRADES; made++) {
    trades.add(5, trade(made));
    const shown = trades.of(5, 2 * KEPT_TRADES);
    const first = Math.max(1, made - shown.length + 1);
    if (shown.length < Math.min(made, KEPT_TRADES)) wrong++;
    if (shown[0]?.id !== made || shown.at(-1)?.id !== first) wrong++;
  }
  t.equal(wrong, 0);
  t.equal(trades.of(5, 2 * KEPT_TRADES).length, KEPT_TRADES);
  t.same(
    trades.of(5, 3).map(({ id }) => id),
    [3 * KEPT_TRADES, 3 * KEPT_TRADES - 1, 3 * KEPT_TRADES - 2],
  );
});

t.test('with very many instruments those that come late keep fewer', async (t) => {
  const trades = new RecentTrades();
  const record = trade(1);
  for (let instrument = 1; instrument <= 1024; instrument++) {
    for (let made = 0; made < KEPT_TRADES; made++) trades.add(instrument, record);
  }
  for (let made = 0; made < KEPT_TRADES; made++) trades.add(2000, record);
  t.equal(trades.of(1, KEPT_TRADES).length, KEPT_TRADES);
  t.equal(trades.of(2000, KEPT_TRADES).length, 4, 'the memory in all is bounded');
});

t.test('a trade that is void is marked and stays as it was, one that was corrected has its new price', async (t) => {
  const trades = new RecentTrades();
  for (const id of [1, 2, 3]) trades.add(5, trade(id));
  const change = (kind: EventKind, id: number, price: number) => {
    const words = new Int32Array(EVENT_WORDS);
    words[EVENT_INSTRUMENT] = 5;
    words[EVENT_RELATED_ID] = id;
    words[EVENT_PRICE] = price;
    words[EVENT_KIND_WORD] = kind;
    return words;
  };
  trades.change(change(EventKind.TradeVoid, 3, -3));
  trades.change(change(EventKind.TradeCorrected, 2, 77));
  trades.change(change(EventKind.TradeCorrected, 9, 78));
  t.same(
    trades.of(5, 10).map(({ id, price, quantity, void: isVoid }) => [id, price, quantity, isVoid]),
    [
      [3, -3, 0xffff_ffff, true],
      [2, 77, 0xffff_ffff, false],
      [1, -1, 0xffff_ffff, false],
    ],
  );
  trades.change(change(EventKind.TradeVoid, 2, 77));
  t.same(
    trades.of(5, 2).map(({ id, price, side, void: isVoid }) => [id, price, side, isVoid]),
    [
      [3, -3, 'Buy', true],
      [2, 77, 'Buy', true],
    ],
    'a void trade takes its place of the limit',
  );
});
