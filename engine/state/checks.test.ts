/** Each refusal, what it names, and whether it uses the client order id up. The order of checks is proved against the model. */
import t from 'tap';
import { Dice } from '../../proof/dice.js';
import { CommandFlag, CommandKind, OrderType, Phase, TimeInForce } from '../../schemas/codes.js';
import { checkCommandShape } from '../../schemas/kinds.js';
import { COMMAND_ACCOUNT, COMMAND_WORDS, EVENT_ACCOUNT, EVENT_SESSION, NO_PRICE } from '../../schemas/layout.js';
import { commandWords, FOK, IOC, MadeEngine, POST_ONLY, type Said } from '../made-engine.js';
import { hasUsualShape } from './checks.js';

const NEW = CommandKind.New;
const ORDER: Said = { price: 100, quantity: 5 };

interface Row {
  readonly name: string;
  readonly kind: number;
  readonly said: Said;
  readonly refusal: string;
  /** Whether the client order id is used up by it. */
  readonly usesId: boolean;
  readonly phase?: Phase;
}

const ROWS: readonly Row[] = [
  { name: 'an unknown kind', kind: 200, said: {}, refusal: 'BadKind', usesId: false },
  {
    name: 'a Part without a head',
    kind: CommandKind.Part,
    said: { lane: 0, session: 0, instrument: 0 },
    refusal: 'BadParts',
    usesId: false,
  },
  {
    name: 'a field that must be zero',
    kind: CommandKind.Cancel,
    said: { price: 1 },
    refusal: 'FieldNotZero',
    usesId: false,
  },
  {
    name: 'a target of a new order',
    kind: NEW,
    said: { ...ORDER, target: [1, 0] },
    refusal: 'FieldNotZero',
    usesId: false,
  },
  { name: 'an unknown side', kind: NEW, said: { ...ORDER, side: 2 }, refusal: 'BadSide', usesId: false },
  { name: 'an unknown type', kind: NEW, said: { ...ORDER, type: 7 }, refusal: 'BadType', usesId: false },
  {
    name: 'an unknown time in force',
    kind: NEW,
    said: { ...ORDER, timeInForce: 5 },
    refusal: 'BadTimeInForce',
    usesId: false,
  },
  { name: 'a reserved flag', kind: NEW, said: { ...ORDER, flags: 1 << 7 }, refusal: 'BadFlags', usesId: false },
  {
    name: 'post-only and immediate-or-cancel',
    kind: NEW,
    said: { ...ORDER, flags: POST_ONLY, timeInForce: IOC },
    refusal: 'BadFlags',
    usesId: false,
  },
  {
    name: 'post-only and fill-or-kill',
    kind: NEW,
    said: { ...ORDER, flags: POST_ONLY, timeInForce: FOK },
    refusal: 'BadFlags',
    usesId: false,
  },
  {
    name: 'a post-only market order',
    kind: NEW,
    said: { ...ORDER, flags: POST_ONLY, type: OrderType.Market },
    refusal: 'BadFlags',
    usesId: false,
  },
  { name: 'an unknown phase', kind: CommandKind.SetPhase, said: { type: 8 }, refusal: 'BadPhase', usesId: false },
  {
    name: 'an incarnation that is not open',
    kind: NEW,
    said: { ...ORDER, session: 77 },
    refusal: 'StaleIncarnation',
    usesId: false,
  },
  { name: 'no session', kind: NEW, said: { ...ORDER, session: 0 }, refusal: 'StaleIncarnation', usesId: false },
  { name: "another account's session", kind: NEW, said: { ...ORDER, session: 2 }, refusal: 'WrongLane', usesId: false },
  { name: 'another lane', kind: NEW, said: { ...ORDER, lane: 2 }, refusal: 'WrongLane', usesId: false },
  { name: 'too late', kind: NEW, said: { ...ORDER, flags: CommandFlag.Late }, refusal: 'Expired', usesId: true },
  {
    name: 'an instrument that does not exist',
    kind: NEW,
    said: { ...ORDER, instrument: 9 },
    refusal: 'UnknownInstrument',
    usesId: true,
  },
  {
    name: 'instrument 0 of an order',
    kind: NEW,
    said: { ...ORDER, instrument: 0 },
    refusal: 'UnknownInstrument',
    usesId: true,
  },
  {
    name: 'an instrument above 2^31',
    kind: NEW,
    said: { ...ORDER, instrument: -1 },
    refusal: 'UnknownInstrument',
    usesId: true,
  },
  {
    name: 'an order when closed',
    kind: NEW,
    said: ORDER,
    refusal: 'NotInThisPhase',
    usesId: true,
    phase: Phase.Closed,
  },
  {
    name: 'an order when halted',
    kind: NEW,
    said: ORDER,
    refusal: 'NotInThisPhase',
    usesId: true,
    phase: Phase.Halted,
  },
  {
    name: 'a replace in cancel-only',
    kind: CommandKind.Replace,
    said: ORDER,
    refusal: 'NotInThisPhase',
    usesId: true,
    phase: Phase.CancelOnly,
  },
  {
    name: 'a cancel when closed',
    kind: CommandKind.Cancel,
    said: {},
    refusal: 'NotInThisPhase',
    usesId: true,
    phase: Phase.Closed,
  },
  {
    name: 'a cancel when halted finds its way',
    kind: CommandKind.Cancel,
    said: {},
    refusal: 'UnknownOrder',
    usesId: true,
    phase: Phase.Halted,
  },
  {
    name: 'an uncross outside of an auction',
    kind: CommandKind.Uncross,
    said: {},
    refusal: 'NotInThisPhase',
    usesId: true,
  },
  {
    name: 'immediate-or-cancel in an auction',
    kind: NEW,
    said: { ...ORDER, timeInForce: IOC },
    refusal: 'NotInAuction',
    usesId: true,
    phase: Phase.Auction,
  },
  {
    name: 'fill-or-kill before the opening',
    kind: NEW,
    said: { ...ORDER, timeInForce: FOK },
    refusal: 'NotInAuction',
    usesId: true,
    phase: Phase.PreOpen,
  },
  {
    name: 'a worst price in an auction',
    kind: NEW,
    said: { ...ORDER, type: OrderType.Market },
    refusal: 'NotInAuction',
    usesId: true,
    phase: Phase.Auction,
  },
  {
    name: 'a limit order without a price',
    kind: NEW,
    said: { ...ORDER, price: NO_PRICE },
    refusal: 'PriceRequired',
    usesId: true,
  },
  {
    name: 'a price that is too low',
    kind: NEW,
    said: { ...ORDER, price: -1001 },
    refusal: 'amount -1000 PriceOutOfRange',
    usesId: true,
  },
  {
    name: 'a price that is too high',
    kind: NEW,
    said: { ...ORDER, price: 1_000_001 },
    refusal: 'amount 1000000 PriceOutOfRange',
    usesId: true,
  },
  {
    name: 'quantity 0',
    kind: NEW,
    said: { ...ORDER, quantity: 0 },
    refusal: 'amount 1 QuantityOutOfRange',
    usesId: true,
  },
  {
    name: 'a cancel-replace to quantity 0',
    kind: CommandKind.CancelReplace,
    said: { ...ORDER, quantity: 0 },
    refusal: 'amount 1 QuantityOutOfRange',
    usesId: true,
  },
  {
    name: 'a replace to 0 of no order',
    kind: CommandKind.Replace,
    said: { ...ORDER, quantity: 0 },
    refusal: 'UnknownOrder',
    usesId: true,
  },
  {
    name: 'a quantity that is too large',
    kind: NEW,
    said: { ...ORDER, quantity: 100_001 },
    refusal: 'amount 100000 QuantityOutOfRange',
    usesId: true,
  },
  {
    name: 'a quantity above 2^31',
    kind: NEW,
    said: { ...ORDER, quantity: -1 },
    refusal: 'amount 100000 QuantityOutOfRange',
    usesId: true,
  },
  {
    name: 'an order that does not exist',
    kind: CommandKind.Cancel,
    said: { target: [5, 1] },
    refusal: 'UnknownOrder',
    usesId: true,
  },
  { name: 'order id 0', kind: CommandKind.Cancel, said: {}, refusal: 'UnknownOrder', usesId: true },
  {
    name: 'a client order id with counter 0',
    kind: CommandKind.Cancel,
    said: { targetCounter: 0 },
    refusal: 'UnknownOrder',
    usesId: true,
  },
];

for (const row of ROWS) {
  t.test(`refused: ${row.name}`, async (t) => {
    const made = new MadeEngine({}, row.phase ?? Phase.Continuous, 1, 2);
    made.addInstrument('ELSEWHERE');
    const before = made.engine.state.books.orders.live;
    const events = made.apply(commandWords(row.kind, row.said, 10));
    t.same(events, [`Rejected #10 ${row.refusal} end`]);
    t.equal(made.engine.state.books.orders.live, before);
    const lane = made.engine.state.lanes.find(1, 1);
    t.equal(made.engine.state.lanes.marks[lane], row.usesId ? 10 : 0, 'the mark');
  });
}

t.test('rule 1.12: an instrument of another shard is refused, and the id is used', async (t) => {
  const made = new MadeEngine({}, Phase.Continuous, 1, 2);
  made.addInstrument('ELSEWHERE');
  t.same(made.apply(commandWords(NEW, { ...ORDER, instrument: 2 }, 10)), ['Rejected #10 WrongShard end']);
  t.same(made.apply(commandWords(NEW, ORDER, 10)), ['Rejected #10 WrongShard duplicate end']);
});

t.test('a refusal is told to the lane that sent it, else to the account that it names, else to nobody', async (t) => {
  const made = new MadeEngine();
  const cases: [CommandKind, Said, number][] = [
    [NEW, { ...ORDER, session: 2 }, 2],
    [NEW, { ...ORDER, session: 77, account: 2 }, 2],
    [NEW, { ...ORDER, session: 77, account: 3 }, 0],
    [CommandKind.SetPhase, { session: 77 }, 0],
    [CommandKind.SetPhase, { session: 1, type: 9 }, 1],
    [CommandKind.SessionLost, { session: 77, instrument: 0, counter: 0 }, 0],
  ];
  for (const [kind, said, account] of cases) {
    t.match(made.send(kind, { counter: 0, ...said })[0], /^Rejected/);
    t.equal(made.word(0, EVENT_ACCOUNT), account);
    t.equal(made.word(0, EVENT_SESSION), said.session);
  }
});

t.test('a Part without a head is told to nobody, whoever its terms seem to name', async (t) => {
  const made = new MadeEngine();
  const part = commandWords(CommandKind.Part, { account: 2, session: 2, lane: 2 }, 5);
  part[COMMAND_ACCOUNT] = 2;
  t.match(made.apply(part)[0], /^Rejected .*BadParts/);
  t.equal(made.word(0, EVENT_ACCOUNT), 0);
  t.equal(made.word(0, EVENT_SESSION), 0);
});

t.test('a replace needs a price when its order has one, and none when it has none', async (t) => {
  const made = new MadeEngine({}, Phase.Auction);
  made.buy(5, 100);
  t.same(made.send(CommandKind.Replace, { targetCounter: 1, price: NO_PRICE, quantity: 5 }), [
    'Rejected #2 PriceRequired end',
  ]);
  made.market(0, 5, { counter: 3 });
  t.same(made.send(CommandKind.Replace, { targetCounter: 3, price: 5, quantity: 5, counter: 4 }), [
    'Rejected #4 PriceNotAllowed end',
  ]);
});

t.test('full pools are reject codes, and nothing changes', async (t) => {
  const orders = new MadeEngine({ maxOrders: 2, maxLevels: 2 });
  orders.buy(1, 100);
  orders.buy(1, 101);
  t.same(orders.buy(1, 100), ['Rejected #3 amount 2 OrdersFull end']);
  t.same(orders.sell(1, 101), ['Rejected #1 amount 2 OrdersFull end'], 'an order that would trade needs a slot, too');
  const levels = new MadeEngine({ maxLevels: 2 });
  levels.buy(1, 100);
  levels.buy(1, 101);
  t.same(levels.buy(1, 102), ['Rejected #3 amount 2 LevelsFull end']);
  t.match(levels.buy(1, 101)[1], /^Booked/);
  t.same(levels.send(CommandKind.Replace, { targetCounter: 4, price: 99, quantity: 1 }), [
    'Rejected #5 amount 2 LevelsFull end',
  ]);
  t.match(levels.sell(1, 101, { timeInForce: IOC })[1], /^Fill/, 'what cannot rest needs no level');
  t.equal(levels.side(0), '1@101×1 1@100×1');
});

t.test('rule 7.4: a slot is used again under another order id, and retired at its last generation', async (t) => {
  const made = new MadeEngine({ maxOrders: 1, maxLevels: 1 });
  made.buy(1, 100);
  const first = made.orderId();
  made.send(CommandKind.Cancel, { target: first });
  made.buy(1, 100);
  t.same(made.orderId(), [first[0], first[1] + 1]);
  t.match(made.send(CommandKind.Cancel, { target: first })[0], /UnknownOrder/);
  made.engine.state.orders[9] = -2;
  made.send(CommandKind.MassCancel);
  made.buy(1, 100);
  t.same(made.orderId(), [0, -1]);
  made.send(CommandKind.MassCancel);
  t.match(made.buy(1, 100)[0], /OrdersFull/);
  t.equal(made.engine.state.books.orders.retired, 1);
});

t.test('what the short look at a shape lets pass the tables let pass', async (t) => {
  const dice = new Dice(12345);
  const kinds = [NEW, CommandKind.Cancel, CommandKind.Replace, CommandKind.CancelReplace, CommandKind.MassCancel];
  let passed = 0;
  let wrong = 0;
  for (let turn = 0; turn < 200_000; turn++) {
    const words = commandWords(
      kinds[dice.below(kinds.length)] as CommandKind,
      { ...ORDER, price: dice.below(2), quantity: dice.below(2) },
      1,
    );
    // Mostly one flipped bit somewhere, so that both answers are common.
    if (dice.below(4) !== 0) {
      const word = dice.below(COMMAND_WORDS);
      words[word] = (words[word] as number) ^ (1 << dice.below(32));
    }
    if (!hasUsualShape(words, 0)) continue;
    passed++;
    if (checkCommandShape(words, 0, true) !== 0) wrong++;
  }
  t.equal(wrong, 0);
  t.ok(passed > 50_000, `${passed} passed`);
  t.ok(hasUsualShape(commandWords(NEW, { ...ORDER, side: 1, timeInForce: TimeInForce.FillOrKill, type: 1 }, 1), 0));
});
