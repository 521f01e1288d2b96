/** Public records: the trade of two fills, the top of a book, and that nothing private ever gets into one. */
import t from 'tap';
import { type ExpectedTrade, RandomEvents, type RestingOrder } from '../../proof/random-events.js';
import { EventKind, Liquidity, Side } from '../../schemas/codes.js';
import {
  EVENT_ACCOUNT,
  EVENT_AMOUNT,
  EVENT_CUMULATIVE,
  EVENT_DISPLAYED,
  EVENT_DUPLICATE_BIT,
  EVENT_END_OF_COMMAND_BIT,
  EVENT_INSTRUMENT,
  EVENT_KIND_WORD,
  EVENT_LIQUIDITY_SHIFT,
  EVENT_ORDER_ID,
  EVENT_PRICE,
  EVENT_QUANTITY,
  EVENT_RELATED_ID,
  EVENT_SELL_BIT,
  EVENT_SEQUENCE,
  EVENT_WORDS,
  joinWords,
  NO_PRICE,
} from '../../schemas/layout.js';
import { LevelFold } from './level-fold.js';
import { firstPrivateWord, TradePairs, writeTop, writeTrade, writeTradeChange } from './public-record.js';

function readTrade(words: Int32Array, at: number): ExpectedTrade {
  const kindWord = words[at + EVENT_KIND_WORD] as number;
  return {
    sequence: joinWords(words[at + EVENT_SEQUENCE] as number, words[at + EVENT_SEQUENCE + 1] as number),
    buyer: words[at + EVENT_ORDER_ID] as number,
    seller: words[at + EVENT_RELATED_ID] as number,
    instrument: words[at + EVENT_INSTRUMENT] as number,
    price: words[at + EVENT_PRICE] as number,
    quantity: words[at + EVENT_QUANTITY] as number,
    side: kindWord & EVENT_SELL_BIT ? 1 : 0,
    auction: ((kindWord >> EVENT_LIQUIDITY_SHIFT) & 3) === Liquidity.Auction,
  };
}

/** Runs a random stream through both makers and looks at every public record with `look`. */
function publish(seed: number, steps: number, look: (record: Int32Array) => void): RandomEvents {
  const stream = new RandomEvents(seed, 3, 8);
  const pairs = new TradePairs();
  const fold = new LevelFold();
  const record = new Int32Array(EVENT_WORDS);
  for (let step = 0; step < steps; step++) {
    stream.step();
    for (let index = 0; index < stream.count; index++) {
      const at = index * EVENT_WORDS;
      fold.apply(stream.words, at);
      record.fill(-1);
      if (pairs.add(stream.words, at, record, 0)) {
        look(record);
      }
      for (const side of [Side.Buy, Side.Sell]) {
        record.fill(-1);
        writeTop(record, 0, fold, stream.words[at + EVENT_INSTRUMENT] as number, side);
        look(record);
      }
    }
  }
  return stream;
}

t.test(
  'every pair of fills of a random stream becomes its trade, and no public record says anything private',
  async (t) => {
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
    t.comment(`seed ${seed}`);
    const trades: ExpectedTrade[] = [];
    let tops = 0;
    let told = 0;
    const stream = publish(seed, 4000, (record) => {
      told += firstPrivateWord(record, 0) === -1 ? 0 : 1;
      if (((record[EVENT_KIND_WORD] as number) & 0xff) === EventKind.Trade) {
        trades.push(readTrade(record, 0));
      } else {
        tops++;
      }
    });
    t.equal(told, 0);
    t.ok(trades.some((trade) => trade.auction) && trades.some((trade) => trade.side === 1 && !trade.auction));
    t.ok(tops > 4000);
    t.strictSame(trades, stream.trades);
  },
);

t.test('the privacy check sees any other word, any other bit, and any event that is not public', async (t) => {
  let unseen = 0;
  let tried = 0;
  publish(5, 200, (record) => {
    const trade = ((record[EVENT_KIND_WORD] as number) & 0xff) === EventKind.Trade;
    const open = trade
      ? [0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 16, 17, 18, 23]
      : [0, 1, 2, 3, 4, 5, 12, 13, 16, 17, 20, 21, 23];
    for (let word = 0; word < EVENT_WORDS; word++) {
      if (!open.includes(word)) {
        const copy = Int32Array.from(record);
        copy[word] = 1;
        unseen += firstPrivateWord(copy, 0) === word ? 0 : 1;
        tried++;
      }
    }
    for (const bits of [
      EVENT_END_OF_COMMAND_BIT,
      1 << 12,
      1 << 13,
      1 << 16,
      Liquidity.Taker << EVENT_LIQUIDITY_SHIFT,
    ]) {
      const copy = Int32Array.from(record);
      copy[EVENT_KIND_WORD] = EventKind[trade ? 'Trade' : 'Top'] | bits;
      unseen += firstPrivateWord(copy, 0) === EVENT_KIND_WORD ? 0 : 1;
      tried++;
    }
    const event = Int32Array.from(record);
    event[EVENT_KIND_WORD] = EventKind.Fill;
    unseen += firstPrivateWord(event, 0) === EVENT_KIND_WORD ? 0 : 1;
  });
  t.ok(tried > 1000);
  t.equal(unseen, 0);
});

const MAKER: RestingOrder = { id: 11, instrument: 3, side: Side.Sell, price: 100, quantity: 5 };
const TAKER: RestingOrder = { id: 12, instrument: 3, side: Side.Buy, price: 101, quantity: 5 };

function twoFills(change: (words: Int32Array) => void = () => {}): Int32Array {
  const stream = new RandomEvents(1, 1, 1);
  const common = { kind: EventKind.Fill, price: 100, relatedId: 1 };
  stream.event({ ...common, order: MAKER, book: true, liquidity: Liquidity.Maker });
  stream.event({ ...common, order: TAKER, liquidity: Liquidity.Taker });
  change(stream.words);
  return stream.words;
}

t.test('a trade names buyer and seller by their sides, whoever of them was the maker', async (t) => {
  const record = new Int32Array(EVENT_WORDS);
  const words = twoFills();
  writeTrade(record, 0, words, 0, words, EVENT_WORDS);
  const expected = {
    sequence: 1,
    buyer: 12,
    seller: 11,
    instrument: 3,
    price: 100,
    quantity: 5,
    side: 0,
    auction: false,
  };
  t.strictSame(readTrade(record, 0), expected);
  t.equal(record[EVENT_ORDER_ID + 1], 1, 'the whole order id');
  t.equal(record[EVENT_RELATED_ID + 1], 1);
});

t.test('two events that are not one trade are not made one', async (t) => {
  const record = new Int32Array(EVENT_WORDS);
  const changes: ((words: Int32Array) => void)[] = [
    (words) => words.set([9], EVENT_RELATED_ID),
    (words) => words.set([9], EVENT_WORDS + EVENT_RELATED_ID),
    (words) => words.set([9], EVENT_WORDS + EVENT_RELATED_ID + 1),
    (words) => words.set([9], EVENT_WORDS + EVENT_QUANTITY),
    (words) => words.set([9], EVENT_WORDS + EVENT_PRICE),
    (words) => words.set([9], EVENT_WORDS + EVENT_INSTRUMENT),
    (words) => words.set([EventKind.Fill | EVENT_SELL_BIT], EVENT_WORDS + EVENT_KIND_WORD),
    (words) => words.set([EventKind.Accepted], EVENT_KIND_WORD),
  ];
  for (const change of changes) {
    const words = twoFills(change);
    t.throws(() => writeTrade(record, 0, words, 0, words, EVENT_WORDS), /not one trade/);
  }
});

t.test('a half of a trade waits for the next batch, not for longer, and not past a reset', async (t) => {
  const record = new Int32Array(EVENT_WORDS);
  const words = twoFills();
  const pairs = new TradePairs();
  t.equal(pairs.add(words, 0, record, 0), false);
  t.equal(pairs.add(words.slice(EVENT_WORDS), 0, record, 0), true);
  t.equal(pairs.add(words, 0, record, 0), false);
  const other = twoFills((changed) => changed.set([EventKind.Accepted], EVENT_KIND_WORD));
  t.throws(() => pairs.add(other, 0, record, 0), /without the other half/);
  pairs.reset();
  t.equal(pairs.add(words, 0, record, 0), false);
  t.equal(pairs.add(words, EVENT_WORDS, record, 0), true);
});

t.test(
  'a top has the exact total over both words and at most 2^32 - 1 as displayed; an empty side says so',
  async (t) => {
    const fold = new LevelFold();
    const record = new Int32Array(EVENT_WORDS);
    const stream = new RandomEvents(1, 1, 1);
    const order = { ...MAKER, quantity: 0xffffffff };
    for (let count = 1; count <= 3; count++) {
      stream.event({ kind: EventKind.Booked, order, displayed: order.quantity, book: true });
      fold.apply(stream.words, (count - 1) * EVENT_WORDS);
    }
    writeTop(record, 0, fold, 3, Side.Sell);
    t.equal(joinWords(record[EVENT_AMOUNT] as number, record[EVENT_AMOUNT + 1] as number), 3 * 0xffffffff);
    t.equal((record[EVENT_DISPLAYED] as number) >>> 0, 0xffffffff);
    t.equal(record[EVENT_CUMULATIVE], 3);
    t.equal(record[EVENT_PRICE], 100);
    t.equal(record[EVENT_SEQUENCE], 3, 'as of the last event folded');
    t.equal(record[EVENT_KIND_WORD], EventKind.Top | EVENT_SELL_BIT);
    t.equal(record[EVENT_ACCOUNT], 0);
    writeTop(record, 0, fold, 3, Side.Buy);
    t.equal(record[EVENT_PRICE], NO_PRICE);
    t.equal(record[EVENT_CUMULATIVE], 0);
    t.equal(record[EVENT_DISPLAYED], 0);
    t.equal(record[EVENT_KIND_WORD], EventKind.Top);
  },
);

t.test('rule 8.14: a trade that is made void is public, without who asked for it; told again it is not', async (t) => {
  const event = new Int32Array(EVENT_WORDS).fill(7);
  event[EVENT_KIND_WORD] = EventKind.Busted | EVENT_END_OF_COMMAND_BIT;
  const record = new Int32Array(EVENT_WORDS).fill(-1);
  t.equal(writeTradeChange(event, 0, record, 0), true);
  const open = [0, 1, 2, 3, 4, 5, 10, 11, 16, 17, 18];
  const expected: number[] = Array.from({ length: EVENT_WORDS }, (_, word) => (open.includes(word) ? 7 : 0));
  expected[EVENT_KIND_WORD] = EventKind.TradeVoid;
  t.same([...record], expected);
  t.equal(firstPrivateWord(record, 0), -1);
  for (let word = 0; word < EVENT_WORDS; word++) {
    if (open.includes(word) || word === EVENT_KIND_WORD) continue;
    const copy = Int32Array.from(record);
    copy[word] = 1;
    t.equal(firstPrivateWord(copy, 0), word);
  }
  event[EVENT_KIND_WORD] = EventKind.Corrected | EVENT_END_OF_COMMAND_BIT;
  t.equal(writeTradeChange(event, 0, record, 0), true, 'rule 8.19: so is one that has another price');
  expected[EVENT_KIND_WORD] = EventKind.TradeCorrected;
  t.same([...record], expected);
  t.equal(firstPrivateWord(record, 0), -1);
  record[EVENT_KIND_WORD] = EventKind.TradeVoid | EVENT_SELL_BIT;
  t.equal(firstPrivateWord(record, 0), EVENT_KIND_WORD);
  event[EVENT_KIND_WORD] = EventKind.Busted | EVENT_DUPLICATE_BIT;
  t.equal(writeTradeChange(event, 0, record, 0), false);
  event[EVENT_KIND_WORD] = EventKind.FillBusted;
  t.equal(writeTradeChange(event, 0, record, 0), false);
});
