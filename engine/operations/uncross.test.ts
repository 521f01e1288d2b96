/** The price of an auction and its trades, each rule with a book that only it decides. */
import t from 'tap';
import { CommandKind, Phase } from '../../schemas/codes.js';
import { GTC, MadeEngine } from '../made-engine.js';

/** Quantity and price of buys and sells; a price of null is a market order. */
type Order = readonly [number, number | null];

function auctionOf(buys: readonly Order[], sells: readonly Order[], reference: number | null = 50): MadeEngine {
  const made = new MadeEngine({}, Phase.Auction);
  const instrument = reference === 50 ? 1 : 2;
  if (instrument === 2) {
    made.addInstrument('OTHER', { reference });
    made.phase(Phase.Auction, 2, { counter: 0 });
  }
  for (const [quantity, price] of buys) {
    if (price === null) made.market(0, quantity, { instrument });
    else made.buy(quantity, price, { instrument, timeInForce: GTC });
  }
  for (const [quantity, price] of sells) {
    if (price === null) made.market(1, quantity, { instrument, account: 2 });
    else made.sell(quantity, price, { instrument, timeInForce: GTC });
  }
  return made;
}

const PRICES: readonly [string, readonly Order[], readonly Order[], string][] = [
  ['nothing crosses: no trade', [[5, 99]], [[5, 100]], 'no-price'],
  ['an empty book: no trade', [], [], 'no-price'],
  [
    'only one side: no trade',
    [
      [5, 99],
      [4, null],
    ],
    [],
    'no-price',
  ],
  [
    'the most volume',
    [
      [5, 103],
      [5, 101],
    ],
    [
      [8, 100],
      [9, 102],
    ],
    'at 100 quantity 8 amount 2',
  ],
  [
    'then the least imbalance',
    [
      [5, 105],
      [3, 102],
    ],
    [[5, 100]],
    'at 105 quantity 5',
  ],
  ['then the midpoint', [[5, 110]], [[5, 100]], 'at 105 quantity 5'],
  ['a midpoint between ticks is rounded down', [[5, 103]], [[5, 100]], 'at 101 quantity 5'],
  ['below zero, too', [[5, -3]], [[5, -6]], 'at -5 quantity 5'],
  ['across zero', [[5, 2]], [[5, -5]], 'at -2 quantity 5'],
  [
    'market orders count at all prices',
    [
      [5, null],
      [1, 100],
    ],
    [[6, 90]],
    'at 95 quantity 6',
  ],
  [
    'a market order against limits',
    [[5, null]],
    [
      [3, 100],
      [4, 120],
    ],
    'at 120 quantity 5 amount -2',
  ],
  ['only market orders cross: the reference price', [[5, null]], [[5, null]], 'at 50 quantity 5'],
  [
    'limits that add no volume leave it to the reference',
    [
      [5, null],
      [9, 40],
    ],
    [
      [5, null],
      [3, 60],
    ],
    'at 50 quantity 5',
  ],
];

for (const [name, buys, sells, text] of PRICES) {
  t.test(`the price of an auction: ${name}`, async (t) => {
    const made = auctionOf(buys, sells);
    t.match(made.send(CommandKind.Uncross)[0], new RegExp(`^Uncrossed #\\d+ ${text}( end)?$`));
  });
}

t.test('without a reference price market orders alone do not trade, and stay', async (t) => {
  const made = auctionOf([[5, null]], [[5, null]], null);
  t.same(made.send(CommandKind.Uncross, { instrument: 2 }), ['Uncrossed #2 no-price end']);
  t.same(made.send(CommandKind.MassCancel, { instrument: 2 }).length, 3, 'the order is still there');
});

t.test(
  'trades go market orders first, then by price and time, buyer then seller, and leftovers are cancelled',
  async (t) => {
    const made = auctionOf(
      [
        [2, 101],
        [2, 102],
        [1, null],
      ],
      [
        [4, 100],
        [3, null],
      ],
    );
    t.same(made.send(CommandKind.Uncross), [
      'Uncrossed #4 at 100 quantity 5 amount -2',
      'Fill #3 auction at 100 quantity 1 filled 1 book',
      'Fill #2 sell auction at 100 quantity 1 leaves 2 shown 2 filled 1 book',
      'Fill #2 auction at 100 quantity 2 filled 2 book',
      'Fill #2 sell auction at 100 quantity 2 filled 3 book',
      'Fill #1 auction at 100 quantity 2 filled 2 book',
      'Fill #1 sell auction at 100 quantity 2 leaves 2 shown 2 filled 2 book end',
    ]);
    t.equal(made.side(0), '');
    t.equal(made.side(1), '2@100×1');
  },
);

t.test('market orders that found nobody are cancelled after the trades', async (t) => {
  const made = auctionOf([[9, null]], [[4, 100]]);
  t.same(made.send(CommandKind.Uncross).slice(3), [
    'Cancelled #1 no-price quantity 5 filled 4 AuctionLeftover book end',
  ]);
});

t.test('the uncross does not change the phase and needs an auction', async (t) => {
  const made = auctionOf([[5, 100]], [[5, 100]]);
  t.equal(made.send(CommandKind.Uncross).length, 3);
  t.same(made.send(CommandKind.Uncross), ['Uncrossed #3 no-price end'], 'still an auction');
  made.phase(Phase.Continuous);
  t.match(made.send(CommandKind.Uncross)[0], /NotInThisPhase/);
  t.same(made.send(CommandKind.Cancel, { target: [0, 9] }).length, 1);
});
