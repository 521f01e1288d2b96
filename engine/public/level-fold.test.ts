/** The fold of book events into levels: each kind, auctions, extremes, against a plain list of orders, and its asserts. */
import t from 'tap';
import { type EventFields, RandomEvents, type RestingOrder } from '../../proof/random-events.js';
import { EventKind, Liquidity, Side } from '../../schemas/codes.js';
import { EVENT_INSTRUMENT, EVENT_KIND_WORD, EVENT_SELL_BIT, EVENT_WORDS, NO_PRICE } from '../../schemas/layout.js';
import { FOLD_DEPTH, FOLD_NOTHING, FOLD_TOP, LEVEL_NUMBERS, LevelFold } from './level-fold.js';

const INSTRUMENT = 7;

interface Row extends Omit<EventFields, 'order' | 'kind'> {
  kind: keyof typeof EventKind;
  side?: Side;
}

function applyRow(fold: LevelFold, row: Row): number {
  const stream = new RandomEvents(1, 1, 1);
  const order = { id: 1, instrument: INSTRUMENT, side: row.side ?? Side.Buy, price: 0, quantity: 0 };
  stream.event({ book: true, ...row, kind: EventKind[row.kind], order });
  return fold.apply(stream.words, 0);
}

function levels(fold: LevelFold, instrument: number, side: Side, max = 1000): number[][] {
  const numbers = new Float64Array(max * LEVEL_NUMBERS);
  const count = fold.top(instrument, side, max, numbers, 0);
  return Array.from({ length: count }, (_, rank) => [
    ...numbers.subarray(rank * LEVEL_NUMBERS, (rank + 1) * LEVEL_NUMBERS),
  ]);
}

/** Rows, what each returns, the buys and the sells at the end. */
const TABLE: [string, [Row, number][], number[][], number[][]][] = [
  [
    'an iceberg leaves with what it showed, comes back with what it shows then, and changes it in its place',
    [
      [{ kind: 'Booked', price: 10, displayed: 3 }, FOLD_TOP],
      [{ kind: 'Booked', price: 9, displayed: 3 }, FOLD_DEPTH],
      [{ kind: 'Fill', price: 10, quantity: 3, displayed: 0, liquidity: Liquidity.Maker }, FOLD_TOP],
      [{ kind: 'Replenished', price: 10, quantity: 0, displayed: 2 }, FOLD_TOP],
      [{ kind: 'Replenished', price: 10, quantity: 2, displayed: 4 }, FOLD_TOP],
      [{ kind: 'Replenished', price: 9, quantity: 3, displayed: 0 }, FOLD_DEPTH],
    ],
    [[10, 4, 1]],
    [],
  ],
  [
    'booked orders of one price are one level, of several prices best first on both sides',
    [
      [{ kind: 'Booked', price: 10, displayed: 5 }, FOLD_TOP],
      [{ kind: 'Booked', price: 10, displayed: 6 }, FOLD_TOP],
      [{ kind: 'Booked', price: 8, displayed: 1 }, FOLD_DEPTH],
      [{ kind: 'Booked', price: 12, displayed: 2 }, FOLD_TOP],
      [{ kind: 'Booked', price: 20, displayed: 3, side: Side.Sell }, FOLD_TOP],
      [{ kind: 'Booked', price: 22, displayed: 4, side: Side.Sell }, FOLD_DEPTH],
      [{ kind: 'Booked', price: 21, displayed: 5, side: Side.Sell }, FOLD_DEPTH],
    ],
    [
      [12, 2, 1],
      [10, 11, 2],
      [8, 1, 1],
    ],
    [
      [20, 3, 1],
      [21, 5, 1],
      [22, 4, 1],
    ],
  ],
  [
    'a fill takes its quantity and the order only when nothing of it is left',
    [
      [{ kind: 'Booked', price: 10, displayed: 5 }, FOLD_TOP],
      [{ kind: 'Booked', price: 10, displayed: 6 }, FOLD_TOP],
      [{ kind: 'Fill', price: 10, quantity: 2, displayed: 3, liquidity: Liquidity.Maker }, FOLD_TOP],
      [{ kind: 'Fill', price: 10, quantity: 3, displayed: 0, liquidity: Liquidity.Maker }, FOLD_TOP],
    ],
    [[10, 6, 1]],
    [],
  ],
  [
    'reduced, cancelled and replaced take from their price; a level without orders is gone',
    [
      [{ kind: 'Booked', price: -3, displayed: 5, side: Side.Sell }, FOLD_TOP],
      [{ kind: 'Booked', price: -2, displayed: 6, side: Side.Sell }, FOLD_DEPTH],
      [{ kind: 'Booked', price: -2, displayed: 7, side: Side.Sell }, FOLD_DEPTH],
      [{ kind: 'Reduced', price: -2, quantity: 1, displayed: 5, side: Side.Sell }, FOLD_DEPTH],
      [{ kind: 'Replaced', price: -2, quantity: 7, side: Side.Sell }, FOLD_DEPTH],
      [{ kind: 'Cancelled', price: -3, quantity: 5, side: Side.Sell }, FOLD_TOP],
    ],
    [],
    [[-2, 5, 1]],
  ],
  [
    'events without the book bit change nothing, whatever they say',
    [
      [{ kind: 'Accepted', price: 10, quantity: 5, displayed: 5, book: false }, FOLD_NOTHING],
      [{ kind: 'Fill', price: 10, quantity: 5, book: false, liquidity: Liquidity.Taker }, FOLD_NOTHING],
      [{ kind: 'Cancelled', price: 10, quantity: 5, book: false }, FOLD_NOTHING],
    ],
    [],
    [],
  ],
  [
    'an auction fills market orders first, then the best level, at a price that is not where they rest',
    [
      [{ kind: 'Booked', price: 15, displayed: 5 }, FOLD_TOP],
      [{ kind: 'Booked', price: NO_PRICE, displayed: 4 }, FOLD_DEPTH],
      [{ kind: 'Booked', price: 12, displayed: 8 }, FOLD_DEPTH],
      [{ kind: 'Fill', price: 12, quantity: 4, displayed: 0, liquidity: Liquidity.Auction }, FOLD_DEPTH],
      [{ kind: 'Fill', price: 12, quantity: 5, displayed: 0, liquidity: Liquidity.Auction }, FOLD_TOP],
      [{ kind: 'Fill', price: 12, quantity: 3, displayed: 5, liquidity: Liquidity.Auction }, FOLD_TOP],
    ],
    [[12, 5, 1]],
    [],
  ],
  [
    'market orders are in no level and leave by a cancel',
    [
      [{ kind: 'Booked', price: NO_PRICE, displayed: 4, side: Side.Sell }, FOLD_DEPTH],
      [{ kind: 'Cancelled', price: NO_PRICE, quantity: 4, side: Side.Sell }, FOLD_DEPTH],
    ],
    [],
    [],
  ],
  [
    'the lowest and highest prices and quantities keep their place and their sum',
    [
      [{ kind: 'Booked', price: 0x7fffffff, displayed: 0xffffffff }, FOLD_TOP],
      [{ kind: 'Booked', price: -0x7fffffff, displayed: 0xffffffff }, FOLD_DEPTH],
      [{ kind: 'Booked', price: 0x7fffffff, displayed: 0xffffffff }, FOLD_TOP],
      [{ kind: 'Booked', price: 0x7fffffff, displayed: 1, side: Side.Sell }, FOLD_TOP],
      [{ kind: 'Booked', price: -0x7fffffff, displayed: 1, side: Side.Sell }, FOLD_TOP],
    ],
    [
      [0x7fffffff, 2 * 0xffffffff, 2],
      [-0x7fffffff, 0xffffffff, 1],
    ],
    [
      [-0x7fffffff, 1, 1],
      [0x7fffffff, 1, 1],
    ],
  ],
];

for (const [name, rows, buys, sells] of TABLE) {
  t.test(name, async (t) => {
    const fold = new LevelFold();
    for (const [row, expected] of rows) {
      t.equal(applyRow(fold, row), expected, `${row.kind} at ${row.price}`);
    }
    t.strictSame(levels(fold, INSTRUMENT, Side.Buy), buys);
    t.strictSame(levels(fold, INSTRUMENT, Side.Sell), sells);
    t.equal(fold.bestPrice(INSTRUMENT, Side.Buy), buys[0]?.[0] ?? NO_PRICE);
    t.equal(fold.bestTotal(INSTRUMENT, Side.Sell), sells[0]?.[1] ?? 0);
    t.equal(fold.bestOrders(INSTRUMENT, Side.Sell), sells[0]?.[2] ?? 0);
    t.equal(fold.levelCount(INSTRUMENT, Side.Buy), buys.length);
    t.equal(fold.marketTotal(INSTRUMENT, Side.Sell), 0);
    t.equal(fold.bestPrice(INSTRUMENT + 1, Side.Buy), NO_PRICE, 'other instruments have books of their own');
    t.strictSame(levels(fold, INSTRUMENT + 1, Side.Buy), []);
  });
}

t.test('events that do not belong to the book throw, with their sequence', async (t) => {
  const wrong: Row[] = [
    { kind: 'Cancelled', price: 11, quantity: 1 },
    { kind: 'Fill', price: 10, quantity: 6, displayed: 1, liquidity: Liquidity.Maker },
    { kind: 'Fill', price: 10, quantity: 5, displayed: 1, liquidity: Liquidity.Maker },
    { kind: 'Cancelled', price: 10, quantity: 4 },
    { kind: 'Cancelled', price: NO_PRICE, quantity: 1 },
    { kind: 'Reduced', price: 10, quantity: 5, displayed: 0 },
    { kind: 'Fill', price: 11, quantity: 5, displayed: 0, liquidity: Liquidity.Auction },
    { kind: 'Booked', price: 10, displayed: 0 },
    { kind: 'Accepted', price: 10, quantity: 5 },
  ];
  for (const row of wrong) {
    const fold = new LevelFold();
    applyRow(fold, { kind: 'Booked', price: 10, displayed: 5 });
    t.throws(() => applyRow(fold, row), /^Event 1 .*does not belong to this book/, JSON.stringify(row));
  }
});

/** The same levels from the list of orders, by sorting. */
function naiveLevels(orders: readonly RestingOrder[], instrument: number, side: Side): number[][] {
  const byPrice = new Map<number, [number, number]>();
  for (const order of orders) {
    if (order.instrument === instrument && order.side === side && order.price !== NO_PRICE) {
      const [total, count] = byPrice.get(order.price) ?? [0, 0];
      byPrice.set(order.price, [total + order.quantity, count + 1]);
    }
  }
  const rows = [...byPrice].map(([price, [total, count]]) => [price, total, count]);
  return rows.sort((a, b) => ((a[0] ?? 0) - (b[0] ?? 0)) * (side === Side.Buy ? -1 : 1));
}

for (const [spread, instruments, steps] of [
  [5, 3, 4000],
  [3000, 1, 4000],
] as const) {
  t.test(`random events over ${spread} prices fold to the book of a plain list of orders`, async (t) => {
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
    t.comment(`seed ${seed}`);
    const stream = new RandomEvents(seed, instruments, spread);
    const fold = new LevelFold();
    let applied = 0;
    let wrongMarks = 0;
    for (let step = 0; step < steps; step++) {
      stream.step();
      for (let index = 0; index < stream.count; index++) {
        const at = index * EVENT_WORDS;
        const instrument = stream.words[at + EVENT_INSTRUMENT] as number;
        const side = (stream.words[at + EVENT_KIND_WORD] as number) & EVENT_SELL_BIT ? Side.Sell : Side.Buy;
        const best = levels(fold, instrument, side, 1);
        const mark = fold.apply(stream.words, at);
        const changed = JSON.stringify(best) !== JSON.stringify(levels(fold, instrument, side, 1));
        wrongMarks += changed === (mark === FOLD_TOP) ? 0 : 1;
        applied++;
      }
      if (step % 20 === 0) {
        for (let instrument = 1; instrument <= instruments; instrument++) {
          for (const side of [Side.Buy, Side.Sell]) {
            const expected = naiveLevels(stream.resting, instrument, side);
            const came = levels(fold, instrument, side, 5000);
            if (JSON.stringify(came) !== JSON.stringify(expected)) {
              t.strictSame(came, expected, `after step ${step}`);
              return;
            }
          }
        }
      }
    }
    t.ok(applied > steps);
    t.equal(wrongMarks, 0, 'FOLD_TOP exactly when the best level changed');
    for (let instrument = 1; instrument <= instruments; instrument++) {
      t.strictSame(levels(fold, instrument, Side.Buy, 5000), naiveLevels(stream.resting, instrument, Side.Buy));
      t.equal(fold.marketOrders(instrument, Side.Buy), 0);
    }
  });
}
