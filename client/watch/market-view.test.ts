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
  EVENT_SELL_BIT,
  EVENT_TIME_US,
  EVENT_WORDS,
  NO_PRICE,
} from '../../schemas/layout.js';
import { COLUMN_MS, HISTORY_COLUMNS, MarketView } from './market-view.js';
import { TickBuffer } from './tick-buffer.js';
import {
  ASK,
  ASK_QUANTITY,
  BID,
  BID_QUANTITY,
  DIRECTION,
  LAST,
  TAPE_DOUBLES,
  TAPE_LENGTH,
  TRADES,
  VOLUME,
} from './tick-layout.js';

const AUCTION = Liquidity.Auction << EVENT_LIQUIDITY_SHIFT;
const NONE = new ArrayBuffer(0);

function record(
  instrument: number,
  fields: { kind: number; price: number; quantity?: number; amount?: number; timeUs?: number },
) {
  const words = new Int32Array(EVENT_WORDS);
  words[EVENT_INSTRUMENT] = instrument;
  words[EVENT_PRICE] = fields.price;
  words[EVENT_QUANTITY] = fields.quantity ?? 0;
  words[EVENT_AMOUNT] = fields.amount ?? 0;
  words[EVENT_TIME_US] = fields.timeUs ?? 0;
  words[EVENT_KIND_WORD] = fields.kind;
  return words;
}

function take(ticks: TickBuffer, instrument: number, fields: Parameters<typeof record>[1]): void {
  ticks.take(record(instrument, fields), 0);
}

t.test('many records of an instrument become one tick with the newest of each', async (t) => {
  const ticks = new TickBuffer();
  const view = new MarketView();
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
  const view = new MarketView();
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
  const view = new MarketView();
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
    t.same([...view.tape.slice(back * TAPE_DOUBLES, (back + 1) * TAPE_DOUBLES)], [trade, 100 + trade, trade, side]);
  }
  take(ticks, 8, { kind: EventKind.Trade, price: 1, quantity: 1 });
  const version = view.tapeVersion;
  view.take(ticks.write(NONE, 0) ?? NONE, 0, false);
  t.equal(view.tapeVersion, version, "another instrument's trade is not on it");
});

t.test('history has columns of one width for all, and only the newest of them', async (t) => {
  const ticks = new TickBuffer();
  const view = new MarketView();
  take(ticks, 1, { kind: EventKind.Trade, price: 10, quantity: 1 });
  view.take(ticks.write(NONE, 2) ?? NONE, 10_000, false);
  t.same([view.columnCount(99), view.columnAt(0), view.columnAt(1)], [2, 10_000, 10_000 - COLUMN_MS]);
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
