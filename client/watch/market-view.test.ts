/** From records through the tick buffer and its message into the view: the two threads' halves against each other. */

import t from 'tap';
import { EventKind, Liquidity } from '../../schemas/codes.js';
import {
  EVENT_AMOUNT,
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
  NO_PRICE,
} from '../../schemas/layout.js';
import { COLUMN_MS, HISTORY_COLUMNS, MarketView } from './market-view.js';
import { type PastTrade, TickBuffer } from './tick-buffer.js';
import {
  ASK,
  ASK_QUANTITY,
  AUCTION_PRICE,
  AUCTION_VOLUME,
  BID,
  BID_QUANTITY,
  CORRECTED,
  DIRECTION,
  IMBALANCE,
  LAST,
  TAPE_CHANGE,
  TAPE_DOUBLES,
  TAPE_ID,
  TAPE_LENGTH,
  TAPE_PRICE,
  TAPE_SIDE,
  TRADES,
  VOID,
  VOLUME,
} from './tick-layout.js';

const AUCTION = Liquidity.Auction << EVENT_LIQUIDITY_SHIFT;
const NONE = new ArrayBuffer(0);
let sequence = 0;

function record(
  instrument: number,
  fields: {
    kind: number;
    price: number;
    quantity?: number;
    amount?: number;
    timeUs?: number;
    id?: number;
    of?: number;
  },
) {
  const words = new Int32Array(EVENT_WORDS);
  words[EVENT_SEQUENCE] = fields.id ?? ++sequence;
  words[EVENT_INSTRUMENT] = instrument;
  words[EVENT_PRICE] = fields.price;
  words[EVENT_QUANTITY] = fields.quantity ?? 0;
  words[EVENT_AMOUNT] = fields.amount ?? 0;
  words[EVENT_AMOUNT + 1] = (fields.amount ?? 0) < 0 ? -1 : 0;
  words[EVENT_RELATED_ID] = fields.of ?? 0;
  words[EVENT_TIME_US] = fields.timeUs ?? 0;
  words[EVENT_KIND_WORD] = fields.kind;
  return words;
}

function take(ticks: TickBuffer, instrument: number, fields: Parameters<typeof record>[1]): void {
  ticks.take(record(instrument, fields), 0);
}

t.test('many records of an instrument become one tick with the newest of each', async (t) => {
  const ticks = new TickBuffer();
  const view = new MarketView(0);
  take(ticks, 70, { kind: EventKind.Trade, price: 100, quantity: 3 });
  take(ticks, 70, { kind: EventKind.Trade | EVENT_SELL_BIT, price: 90, quantity: 4 });
  take(ticks, 70, { kind: EventKind.Top, price: 88, amount: 11 });
  take(ticks, 70, { kind: EventKind.Top | EVENT_SELL_BIT, price: 95, amount: 12 });
  take(ticks, 5, { kind: EventKind.Top, price: NO_PRICE });
  take(ticks, 5, { kind: EventKind.Fill, price: 1 });
  t.equal(ticks.records, 5, 'what is no public record is left out');
  const message = ticks.write(NONE, 0);
  t.ok(message !== null);
  if (message === null) return;
  view.take(message, 0, false);
  t.equal(view.slotCount, 2);
  const fields = [LAST, BID, BID_QUANTITY, ASK, ASK_QUANTITY, TRADES, VOLUME, DIRECTION];
  t.same(
    fields.map((field) => view.field(0, field)),
    [90, 88, 11, 95, 12, 2, 7, -1],
  );
  t.same(
    fields.map((field) => view.field(1, field)),
    [Number.NaN, Number.NaN, 0, Number.NaN, Number.NaN, 0, 0, 0],
  );
  t.equal(ticks.write(message, 0), null, 'and nothing is told twice');
  t.same([...view.versions.slice(0, 2)], [1, 1]);
});

t.test('the one buffer goes there and back, and a larger one takes its place when it must', async (t) => {
  const ticks = new TickBuffer();
  const view = new MarketView(0);
  take(ticks, 1, { kind: EventKind.Trade, price: 10, quantity: 1 });
  const first = ticks.write(NONE, 0) ?? NONE;
  t.ok(first.byteLength > 0);
  take(ticks, 1, { kind: EventKind.Trade, price: 11, quantity: 1 });
  t.equal(ticks.write(first, 0), first, 'the same one');
  for (let instrument = 2; instrument <= 1_000; instrument++) {
    take(ticks, instrument, { kind: EventKind.Trade, price: instrument, quantity: 1 });
  }
  const larger = ticks.write(first, 0) ?? NONE;
  t.ok(larger.byteLength > first.byteLength);
  view.take(larger, 0, false);
  t.equal(view.slotCount, 1_000);
  t.same(
    [1, 500, 999].map((slot) => view.field(slot, LAST)),
    [2, 501, 1_000],
  );
});

t.test('the tape is that of the chosen instrument, newest first, from before it was chosen too', async (t) => {
  const ticks = new TickBuffer();
  const view = new MarketView(0);
  take(ticks, 8, { kind: EventKind.Trade, price: 1, quantity: 1 });
  for (let trade = 1; trade <= TAPE_LENGTH + 5; trade++) {
    const kind = trade % 3 === 0 ? EventKind.Trade | AUCTION : EventKind.Trade | (trade % 3 === 1 ? EVENT_SELL_BIT : 0);
    take(ticks, 9, { kind, price: 100 + trade, quantity: trade, timeUs: trade });
  }
  view.take(ticks.write(NONE, 0) ?? NONE, 0, false);
  t.equal(view.tapeSlot, -1, 'none is chosen');
  ticks.selectTape(9);
  view.take(ticks.write(NONE, 0) ?? NONE, 0, false);
  const newest = TAPE_LENGTH + 5;
  t.same([view.tapeSlot, view.tapeCount, view.tapeTotal], [1, TAPE_LENGTH, newest]);
  for (let back = 0; back < TAPE_LENGTH; back++) {
    const trade = newest - back;
    const side = trade % 3 === 0 ? 0 : trade % 3 === 1 ? -1 : 1;
    t.same([...view.tape.slice(back * TAPE_DOUBLES, back * TAPE_DOUBLES + TAPE_ID)], [trade, 100 + trade, trade, side]);
  }
  take(ticks, 8, { kind: EventKind.Trade, price: 1, quantity: 1 });
  const version = view.tapeVersion;
  view.take(ticks.write(NONE, 0) ?? NONE, 0, false);
  t.equal(view.tapeVersion, version, "another instrument's trade is not on it");
});

t.test('what an auction would come to is known while there is one', async (t) => {
  const ticks = new TickBuffer();
  const view = new MarketView(0);
  const shown = () => {
    view.take(ticks.write(NONE, 0) ?? NONE, 0, false);
    return [AUCTION_PRICE, AUCTION_VOLUME, IMBALANCE].map((field) => view.field(0, field));
  };
  take(ticks, 4, { kind: EventKind.Top, price: 10, amount: 1 });
  t.same(shown(), [Number.NaN, Number.NaN, Number.NaN]);
  take(ticks, 4, { kind: EventKind.Indicative, price: -7, quantity: 30, amount: -12 });
  t.same(shown(), [-7, 30, -12]);
  take(ticks, 4, { kind: EventKind.Indicative, price: 8, quantity: -1, amount: 2_000_000_000 });
  t.same(shown(), [8, 0xffff_ffff, 2_000_000_000]);
  take(ticks, 4, { kind: EventKind.Indicative, price: NO_PRICE });
  t.same(shown(), [Number.NaN, 0, 0]);
});

t.test(
  'a trade that is made void is marked, one that is corrected has its new price, and so has the last',
  async (t) => {
    const ticks = new TickBuffer();
    const view = new MarketView(0);
    ticks.selectTape(9);
    const shown = () => {
      view.take(ticks.write(NONE, 0) ?? NONE, 0, false);
      const tape = Array.from({ length: view.tapeCount }, (_, back) => {
        const at = back * TAPE_DOUBLES;
        return [TAPE_ID, TAPE_PRICE, TAPE_CHANGE].map((field) => view.tape[at + field]);
      });
      return { last: view.field(0, LAST), tape };
    };
    for (const id of [11, 12, 13]) take(ticks, 9, { kind: EventKind.Trade, price: id * 10, quantity: 1, id });
    take(ticks, 9, { kind: EventKind.TradeVoid, price: 120, of: 12, id: 14 });
    t.same(shown(), {
      last: 130,
      tape: [
        [13, 130, 0],
        [12, 120, VOID],
        [11, 110, 0],
      ],
    });
    take(ticks, 9, { kind: EventKind.TradeVoid, price: 130, of: 13, id: 15 });
    take(ticks, 9, { kind: EventKind.TradeCorrected, price: 99, of: 11, id: 16 });
    take(ticks, 9, { kind: EventKind.TradeCorrected, price: 1, of: 4711, id: 17 });
    const changed = [
      [13, 130, VOID],
      [12, 120, VOID],
      [11, 99, CORRECTED],
    ];
    t.same(shown(), { last: 99, tape: changed }, 'the last that stands');
    // An answer that was made before these changes, and knows of another one before.
    const [old, ...older] = pastTrades(9, 13).reverse();
    ticks.fill(9, [...older.reverse(), ...(old === undefined ? [] : [{ ...old, void: true }])]);
    t.same(shown(), { last: 99, tape: [...changed, [10, 10, 0], [9, 9, VOID]] });
    take(ticks, 9, { kind: EventKind.TradeVoid, price: 10, of: 10, id: 18 });
    ticks.fill(9, [{ ...(pastTrades(20, 20)[0] as PastTrade), void: true }]);
    t.same(shown().last, 99, 'what the answer says is void is no last price');
    view.fill(1, [{ ...(pastTrades(1, 1)[0] as PastTrade), timeUs: -9e9, void: true }]);
    t.equal(view.priceAt(1, 0, 0), NO_PRICE, 'nor a price of the chart');
  },
);

/** As the venue answers: newest first, a trade each second, price and quantity as its id. */
function pastTrades(from: number, to: number): PastTrade[] {
  return Array.from({ length: to - from + 1 }, (_, back) => {
    const id = to - back;
    return {
      id,
      timeUs: id * 1_000_000,
      price: id,
      quantity: id,
      side: (['Buy', 'Sell', null] as const)[id % 3] ?? null,
      void: false,
    };
  });
}

function tapeIds(view: MarketView): number[] {
  return Array.from({ length: view.tapeCount }, (_, back) => view.tape[back * TAPE_DOUBLES + TAPE_ID] ?? -1);
}

t.test('what was traded before is filled in once, in its place, and is not counted', async (t) => {
  const ticks = new TickBuffer();
  const view = new MarketView(0);
  const trade = (id: number) => take(ticks, 9, { kind: EventKind.Trade, price: id, quantity: id, timeUs: id, id });
  const shown = () => {
    view.take(ticks.write(NONE, 0) ?? NONE, 0, false);
    return tapeIds(view);
  };
  ticks.selectTape(9);
  t.same(shown(), []);
  ticks.fill(9, pastTrades(3, 5));
  t.same(shown(), [5, 4, 3], 'nothing had come');
  t.same([view.field(0, LAST), view.field(0, TRADES), view.field(0, VOLUME)], [5, 0, 0]);
  t.same(
    [0, 1, 2].map((back) => view.tape[back * TAPE_DOUBLES + TAPE_SIDE]),
    [0, -1, 1],
    'takers: an auction, a seller, a buyer',
  );
  trade(5);
  trade(6);
  t.same(shown(), [6, 5, 4, 3], 'the answer was newer than the stream');
  t.same([view.field(0, LAST), view.field(0, TRADES), view.field(0, VOLUME)], [6, 2, 11]);
  trade(9);
  ticks.fill(9, pastTrades(4, 8));
  t.same(shown(), [9, 8, 7, 6, 5, 4, 3], 'a hole, and an answer older than the stream');
  t.equal(view.field(0, LAST), 9);
  const total = view.tapeTotal;
  ticks.fill(9, pastTrades(10, 100));
  t.same(
    shown(),
    Array.from({ length: TAPE_LENGTH }, (_, back) => 100 - back),
    'only the newest',
  );
  t.ok(view.tapeTotal >= total + TAPE_LENGTH, 'each has a name that was not used before');
  ticks.fill(8, []);
  t.same(view.field(1, LAST), Number.NaN, 'of one that never traded');
});

t.test('trades from before become the prices of the columns that have none', async (t) => {
  const ticks = new TickBuffer();
  const view = new MarketView(10_000);
  const lastPrices = (count: number) => Array.from({ length: count }, (_, back) => view.priceAt(0, 0, back));
  view.fill(0, pastTrades(8, 9));
  t.same(
    lastPrices(6),
    [9, 9, 9, 8, 8, NO_PRICE],
    'a price stands until the next trade; before the first there is none',
  );
  t.equal(view.priceAt(0, 1, 0), NO_PRICE, 'bid and ask are not known');
  take(ticks, 1, { kind: EventKind.Trade, price: 77, quantity: 1 });
  view.take(ticks.write(NONE, 2) ?? NONE, 11_000, false);
  view.take(ticks.write(NONE, 2) ?? NONE, 12_000, true);
  t.same(lastPrices(5), [NO_PRICE, NO_PRICE, 77, 77, 9]);
  view.fill(0, pastTrades(12, 14));
  t.same(lastPrices(5), [12, NO_PRICE, 77, 77, 9], 'what was seen stays');
  view.fill(0, []);
  t.same(lastPrices(5), [12, NO_PRICE, 77, 77, 9]);
});

t.test('history has columns of one width for all, and only the newest of them', async (t) => {
  const ticks = new TickBuffer();
  const view = new MarketView(0);
  take(ticks, 1, { kind: EventKind.Trade, price: 10, quantity: 1 });
  view.take(ticks.write(NONE, 2) ?? NONE, 10_000, false);
  t.same([view.columnAt(0), view.columnAt(1), view.columnAt(2)], [10_000, 10_000 - COLUMN_MS, 0]);
  t.same([view.columnAt(3), view.priceAt(0, 0, 2)], [-COLUMN_MS, NO_PRICE], 'none before it was opened');
  t.same([view.priceAt(0, 0, 1), view.priceAt(0, 1, 1)], [10, NO_PRICE]);
  for (let column = 1; column <= HISTORY_COLUMNS; column++) {
    take(ticks, 1, { kind: EventKind.Top, price: column, amount: 1 });
    view.take(ticks.write(NONE, 1) ?? NONE, 10_000 + column * COLUMN_MS, false);
  }
  t.equal(view.columnCount(9_999), HISTORY_COLUMNS);
  t.same([view.priceAt(0, 1, 0), view.priceAt(0, 1, HISTORY_COLUMNS - 1)], [HISTORY_COLUMNS, 1]);
  t.equal(view.columnAt(HISTORY_COLUMNS - 1), 10_000 + COLUMN_MS);
  view.take(ticks.write(NONE, 1) ?? NONE, 999_000, true);
  t.same(
    [view.priceAt(0, 1, 0), view.priceAt(0, 1, 1)],
    [NO_PRICE, HISTORY_COLUMNS],
    'prices that may be old leave a gap',
  );
  t.equal(view.field(0, BID), HISTORY_COLUMNS, 'and stay what they are');
  t.equal(view.priceAt(7, 0, 0), NO_PRICE, 'of an instrument that nothing is known of');
});
