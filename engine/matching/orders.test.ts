/** What each kind of order does to a book, in a table: commands, then the events of the last one, then the book. */
import t from 'tap';
import { CommandKind, Phase } from '../../schemas/codes.js';
import { EVENT_COMMAND_SEQUENCE, EVENT_RELATED_ID, EVENT_SEQUENCE, NO_PRICE } from '../../schemas/layout.js';
import { FOK, GTC, IOC, MadeEngine, POST_ONLY } from '../made-engine.js';

interface Row {
  readonly name: string;
  readonly phase?: Phase;
  readonly play: (made: MadeEngine) => string[];
  readonly events: readonly string[];
  readonly buys?: string;
  readonly sells?: string;
}

const ROWS: readonly Row[] = [
  {
    name: 'a limit order that meets nobody rests',
    play: (made) => made.buy(5, 100),
    events: ['Accepted #1 at 100 quantity 5 leaves 5', 'Booked #1 at 100 leaves 5 shown 5 book end'],
    buys: '5@100×1',
  },
  {
    name: 'a limit order trades at the price of the order that rests, and its rest rests',
    play: (made) => {
      made.sell(3, 99);
      return made.buy(5, 100);
    },
    events: [
      'Accepted #1 at 100 quantity 5 leaves 5',
      'Fill #1 sell maker at 99 quantity 3 filled 3 book',
      'Fill #1 taker at 99 quantity 3 leaves 2 filled 3',
      'Booked #1 at 100 leaves 2 shown 2 filled 3 book end',
    ],
    buys: '2@100×1',
  },
  {
    name: 'better prices come first, then earlier orders',
    play: (made) => {
      made.sell(1, 101);
      made.sell(1, 100);
      made.sell(1, 100);
      made.sell(1, 102);
      return made.buy(3, 101);
    },
    events: [
      'Accepted #1 at 101 quantity 3 leaves 3',
      'Fill #2 sell maker at 100 quantity 1 filled 1 book',
      'Fill #1 taker at 100 quantity 1 leaves 2 filled 1',
      'Fill #3 sell maker at 100 quantity 1 filled 1 book',
      'Fill #1 taker at 100 quantity 1 leaves 1 filled 2',
      'Fill #1 sell maker at 101 quantity 1 filled 1 book',
      'Fill #1 taker at 101 quantity 1 filled 3 end',
    ],
    sells: '1@102×1',
  },
  {
    name: 'the rest of an immediate-or-cancel is cancelled',
    play: (made) => {
      made.sell(1, 100);
      return made.buy(3, 100, { timeInForce: IOC });
    },
    events: [
      'Accepted #1 at 100 quantity 3 leaves 3',
      'Fill #1 sell maker at 100 quantity 1 filled 1 book',
      'Fill #1 taker at 100 quantity 1 leaves 2 filled 1',
      'Cancelled #1 at 100 quantity 2 filled 1 ImmediateOrCancel end',
    ],
  },
  {
    name: 'a fill-or-kill takes several levels when that is enough',
    play: (made) => {
      made.sell(1, 100);
      made.sell(2, 101);
      return made.buy(3, 101, { timeInForce: FOK });
    },
    events: [
      'Accepted #1 at 101 quantity 3 leaves 3',
      'Fill #1 sell maker at 100 quantity 1 filled 1 book',
      'Fill #1 taker at 100 quantity 1 leaves 2 filled 1',
      'Fill #2 sell maker at 101 quantity 2 filled 2 book',
      'Fill #1 taker at 101 quantity 2 filled 3 end',
    ],
  },
  {
    name: 'a fill-or-kill that is not fillable within its limit changes nothing',
    play: (made) => {
      made.sell(1, 100);
      made.sell(2, 102);
      return made.buy(3, 101, { timeInForce: FOK });
    },
    events: ['Rejected #1 FillOrKillNotFillable end'],
    sells: '1@100×1 2@102×1',
  },
  {
    name: 'post-only is refused when it would trade',
    play: (made) => {
      made.sell(1, 100);
      return made.buy(1, 100, { flags: POST_ONLY });
    },
    events: ['Rejected #1 PostOnlyWouldCross end'],
    sells: '1@100×1',
  },
  {
    name: 'post-only rests when it would not trade',
    play: (made) => {
      made.sell(1, 100);
      return made.buy(1, 99, { flags: POST_ONLY });
    },
    events: ['Accepted #1 at 99 quantity 1 leaves 1', 'Booked #1 at 99 leaves 1 shown 1 book end'],
    buys: '1@99×1',
    sells: '1@100×1',
  },
  {
    name: 'a market order takes all prices and its rest is cancelled',
    play: (made) => {
      made.sell(1, 100);
      made.sell(1, 900);
      return made.market(0, 3);
    },
    events: [
      'Accepted #1 no-price quantity 3 leaves 3',
      'Fill #1 sell maker at 100 quantity 1 filled 1 book',
      'Fill #1 taker at 100 quantity 1 leaves 2 filled 1',
      'Fill #2 sell maker at 900 quantity 1 filled 1 book',
      'Fill #1 taker at 900 quantity 1 leaves 1 filled 2',
      'Cancelled #1 no-price quantity 1 filled 2 NothingToMatch end',
    ],
  },
  {
    name: 'a market order stops at its worst price',
    play: (made) => {
      made.buy(1, 100);
      made.buy(1, 90);
      return made.market(1, 2, { account: 2, price: 95 });
    },
    events: [
      'Accepted #1 sell at 95 quantity 2 leaves 2',
      'Fill #1 maker at 100 quantity 1 filled 1 book',
      'Fill #1 sell taker at 100 quantity 1 leaves 1 filled 1',
      'Cancelled #1 sell at 95 quantity 1 filled 1 NothingToMatch end',
    ],
    buys: '1@90×1',
  },
  {
    name: 'a market order with nobody on the other side is accepted and cancelled',
    play: (made) => made.market(0, 3),
    events: ['Accepted #1 no-price quantity 3 leaves 3', 'Cancelled #1 no-price quantity 3 NothingToMatch end'],
  },
  {
    name: 'negative prices are prices',
    play: (made) => {
      made.sell(1, -5);
      made.sell(1, 0);
      return made.buy(2, -1);
    },
    events: [
      'Accepted #1 at -1 quantity 2 leaves 2',
      'Fill #1 sell maker at -5 quantity 1 filled 1 book',
      'Fill #1 taker at -5 quantity 1 leaves 1 filled 1',
      'Booked #1 at -1 leaves 1 shown 1 filled 1 book end',
    ],
    buys: '1@-1×1',
    sells: '1@0×1',
  },
  {
    name: 'a cancel by order id takes the order away',
    play: (made) => {
      made.buy(5, 100);
      return made.send(CommandKind.Cancel, { target: made.orderId() });
    },
    events: ['Cancelled #1 at 100 quantity 5 related 2 ByClient book end'],
  },
  {
    name: 'a cancel by client order id takes the order away',
    play: (made) => {
      made.buy(5, 100);
      return made.send(CommandKind.Cancel, { targetCounter: 1 });
    },
    events: ['Cancelled #1 at 100 quantity 5 related 2 ByClient book end'],
  },
  {
    name: "another account's order is not found",
    play: (made) => {
      made.buy(5, 100);
      return made.send(CommandKind.Cancel, { account: 2, target: made.orderId() });
    },
    events: ['Rejected #1 UnknownOrder end'],
    buys: '5@100×1',
  },
  {
    name: 'an order of another instrument than the one named is not found',
    play: (made) => {
      made.buy(5, 100);
      const target = made.orderId();
      made.addInstrument('OTHER');
      made.phase(Phase.Continuous, 2);
      return made.send(CommandKind.Cancel, { instrument: 2, target });
    },
    events: ['Rejected #3 UnknownOrder end'],
    buys: '5@100×1',
  },
  {
    name: 'a replace for less at the same price keeps its place',
    play: (made) => {
      made.buy(5, 100);
      made.buy(5, 100);
      made.send(CommandKind.Replace, { targetCounter: 1, price: 100, quantity: 3 });
      return made.sell(4, 100);
    },
    events: [
      'Accepted #1 sell at 100 quantity 4 leaves 4',
      'Fill #3 maker at 100 quantity 3 filled 3 book',
      'Fill #1 sell taker at 100 quantity 3 leaves 1 filled 3',
      'Fill #2 maker at 100 quantity 1 leaves 4 shown 4 filled 1 book',
      'Fill #1 sell taker at 100 quantity 1 filled 4 end',
    ],
    buys: '4@100×1',
  },
  {
    name: 'a replace for less says what it took away',
    play: (made) => {
      made.buy(5, 100);
      return made.send(CommandKind.Replace, { targetCounter: 1, price: 100, quantity: 3 });
    },
    events: ['Reduced #2 at 100 quantity 2 leaves 3 shown 3 related 1 book end'],
    buys: '3@100×1',
  },
  {
    name: 'a replace for the same quantity at the same price loses its place',
    play: (made) => {
      made.buy(5, 100);
      made.buy(5, 100);
      made.send(CommandKind.Replace, { targetCounter: 1, price: 100, quantity: 5 });
      return made.sell(1, 100);
    },
    events: [
      'Accepted #1 sell at 100 quantity 1 leaves 1',
      'Fill #2 maker at 100 quantity 1 leaves 4 shown 4 filled 1 book',
      'Fill #1 sell taker at 100 quantity 1 filled 1 end',
    ],
    buys: '9@100×2',
  },
  {
    name: 'a replace to another price leaves its level, trades, and rests; its total counts what is filled',
    play: (made) => {
      made.buy(5, 100);
      made.sell(2, 100);
      made.sell(1, 101);
      return made.send(CommandKind.Replace, { targetCounter: 1, price: 101, quantity: 10 });
    },
    events: [
      'Replaced #2 at 100 quantity 3 leaves 8 filled 2 related 1 book',
      'Fill #2 sell maker at 101 quantity 1 filled 1 book',
      'Fill #2 taker at 101 quantity 1 leaves 7 filled 3',
      'Booked #2 at 101 leaves 7 shown 7 filled 3 book end',
    ],
    buys: '7@101×1',
  },
  {
    name: 'a replace to 0 is one to what is filled at most: it cancels the order as done',
    play: (made) => {
      made.buy(5, 100);
      return made.send(CommandKind.Replace, { targetCounter: 1, price: 101, quantity: 0 });
    },
    events: ['Cancelled #1 at 100 quantity 5 related 2 ReplacedToDone book end'],
    buys: '',
  },
  {
    name: 'a replace to what is filled cancels the order as done',
    play: (made) => {
      made.buy(5, 100);
      made.sell(2, 100);
      return made.send(CommandKind.Replace, { targetCounter: 1, price: 101, quantity: 2 });
    },
    events: ['Cancelled #1 at 100 quantity 3 filled 2 related 2 ReplacedToDone book end'],
  },
  {
    name: 'a post-only replace that would trade is refused and the old order stays',
    play: (made) => {
      made.buy(5, 100, { flags: POST_ONLY });
      made.sell(1, 101);
      return made.send(CommandKind.Replace, { targetCounter: 1, price: 101, quantity: 5 });
    },
    events: ['Rejected #2 PostOnlyWouldCross end'],
    buys: '5@100×1',
    sells: '1@101×1',
  },
  {
    name: 'the old client order id of a replaced order is dead',
    play: (made) => {
      made.buy(5, 100);
      made.send(CommandKind.Replace, { targetCounter: 1, price: 99, quantity: 5 });
      return made.send(CommandKind.Cancel, { targetCounter: 1 });
    },
    events: ['Rejected #3 UnknownOrder end'],
    buys: '5@99×1',
  },
  {
    name: 'a cancel-replace opens its quantity at the back of the queue, even for less at the same price',
    play: (made) => {
      made.buy(5, 100);
      made.sell(2, 100);
      return made.send(CommandKind.CancelReplace, { targetCounter: 1, price: 100, quantity: 1 });
    },
    events: [
      'Replaced #2 at 100 quantity 3 leaves 1 filled 2 related 1 book',
      'Booked #2 at 100 leaves 1 shown 1 filled 2 book end',
    ],
    buys: '1@100×1',
  },
  {
    name: 'a mass cancel takes the orders of one account in one instrument, oldest first',
    play: (made) => {
      made.buy(5, 100);
      made.buy(6, 101);
      made.sell(7, 102);
      return made.send(CommandKind.MassCancel);
    },
    events: [
      'Started #3',
      'Cancelled #1 at 100 quantity 5 related 3 MassCancel book',
      'Cancelled #2 at 101 quantity 6 related 3 MassCancel book',
      'Finished #3 quantity 2 end',
    ],
    sells: '7@102×1',
  },
  {
    name: 'a mass cancel with nothing to take says so',
    play: (made) => made.send(CommandKind.MassCancel, { instrument: 0 }),
    events: ['Started #1', 'Finished #1 end'],
  },
  {
    name: 'the end of the day takes day orders, buys before sells, and leaves the others',
    play: (made) => {
      made.sell(7, 102);
      made.buy(5, 100);
      made.buy(6, 101, { timeInForce: GTC });
      made.buy(8, 101);
      return made.send(CommandKind.EndOfDay);
    },
    events: [
      'Started #4',
      'Cancelled #3 at 101 quantity 8 EndOfDay book',
      'Cancelled #1 at 100 quantity 5 EndOfDay book',
      'Cancelled #1 sell at 102 quantity 7 EndOfDay book',
      'Finished #4 quantity 3 end',
    ],
    buys: '6@101×1',
  },
  {
    name: 'in an auction a crossing order rests',
    phase: Phase.Auction,
    play: (made) => {
      made.sell(1, 100);
      return made.buy(1, 105);
    },
    events: ['Accepted #1 at 105 quantity 1 leaves 1', 'Booked #1 at 105 leaves 1 shown 1 book end'],
    buys: '1@105×1',
    sells: '1@100×1',
  },
  {
    name: 'in an auction a market order rests without a price',
    phase: Phase.PreOpen,
    play: (made) => made.market(0, 4),
    events: ['Accepted #1 no-price quantity 4 leaves 4', 'Booked #1 no-price leaves 4 shown 4 book end'],
  },
  {
    name: 'a market order that rests is replaced without a price',
    phase: Phase.Auction,
    play: (made) => {
      made.market(0, 4);
      return made.send(CommandKind.Replace, { targetCounter: 1, price: NO_PRICE, quantity: 6 });
    },
    events: ['Replaced #2 no-price quantity 4 leaves 6 related 1 book', 'Booked #2 no-price leaves 6 shown 6 book end'],
  },
  {
    name: 'going to continuous trading cancels market orders that rest',
    phase: Phase.Auction,
    play: (made) => {
      made.market(0, 4);
      made.market(1, 5, { account: 2 });
      return made.phase(Phase.Continuous);
    },
    events: [
      'PhaseChanged #2 quantity 3 leaves 2',
      'Cancelled #1 no-price quantity 4 AuctionLeftover book',
      'Cancelled #1 sell no-price quantity 5 AuctionLeftover book end',
    ],
  },
  {
    name: 'going to continuous trading is refused while the book is crossed',
    phase: Phase.Auction,
    play: (made) => {
      made.buy(1, 100);
      made.sell(1, 100);
      return made.phase(Phase.Continuous);
    },
    events: ['Rejected #2 BookCrossed end'],
    buys: '1@100×1',
    sells: '1@100×1',
  },
];

for (const row of ROWS) {
  t.test(row.name, async (t) => {
    const made = new MadeEngine({}, row.phase ?? Phase.Continuous);
    const events = row.play(made);
    t.same(events, row.events);
    t.equal(made.side(0), row.buys ?? '', 'buys');
    t.equal(made.side(1), row.sells ?? '', 'sells');
  });
}

t.test('rule 2.5: a trade is named by the sequence of its first fill, in both fills', async (t) => {
  const made = new MadeEngine();
  made.sell(1, 100);
  made.buy(1, 100);
  const first = made.word(1, EVENT_SEQUENCE);
  t.equal(made.word(1, EVENT_RELATED_ID), first);
  t.equal(made.word(2, EVENT_RELATED_ID), first);
  t.equal(made.word(2, EVENT_SEQUENCE), first + 1);
});

t.test('rule 11.1: the events of a command stand together, those of the next one behind them', async (t) => {
  const made = new MadeEngine();
  const commands: number[] = [];
  const events: number[] = [];
  const note = (): void => {
    for (let index = 0; index < made.count; index++) {
      commands.push(made.word(index, EVENT_COMMAND_SEQUENCE));
      events.push(made.word(index, EVENT_SEQUENCE));
    }
  };
  for (const price of [100, 101, 102]) {
    made.sell(1, price);
    note();
  }
  made.buy(5, 102);
  note();
  const [first = 0] = commands;
  t.same(
    commands,
    [0, 0, 1, 1, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3].map((behind) => first + behind),
  );
  t.same(
    events,
    events.map((_, index) => (events[0] ?? 0) + index),
  );
});
