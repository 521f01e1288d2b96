/** Commands that need more events than they may make at a time: where they stop, how they go on, what waits for them. */
import t from 'tap';
import { CommandKind, Phase } from '../../schemas/codes.js';
import { EVENT_COMMAND_SEQUENCE } from '../../schemas/layout.js';
import { FOK, GTC, MadeEngine } from '../made-engine.js';

/** Sends Continues until nothing waits; all their events, and how many each made. */
function finish(made: MadeEngine): { events: string[]; counts: number[] } {
  const events: string[] = [];
  const counts: number[] = [];
  while (made.engine.operationsInProgress > 0 && counts.length < 100) {
    events.push(...made.goOn());
    counts.push(made.count);
  }
  return { events, counts };
}

function withSells(count: number, overrides = {}): MadeEngine {
  const made = new MadeEngine({ maxEventsPerCommand: 8, ...overrides });
  for (let index = 0; index < count; index++) made.sell(1, 100 + index);
  return made;
}

t.test('a sweep stops before a pair that does not fit and goes on where it stopped', async (t) => {
  const made = withSells(9);
  const first = made.buy(10, 200);
  t.equal(first.length, 7, 'accepted and three pairs: a fourth would be one event too many');
  t.notOk(first.some((event) => event.endsWith('end')));
  t.equal(made.engine.operationsInProgress, 1);
  const command = made.word(0, EVENT_COMMAND_SEQUENCE);
  const second = made.goOn();
  t.equal(made.word(0, EVENT_COMMAND_SEQUENCE), command, 'the events belong to the order, not to the Continue');
  t.equal(second.length, 8);
  const rest = finish(made);
  t.same(rest.counts, [5]);
  t.equal(rest.events.at(-1), 'Booked #1 at 200 leaves 1 shown 1 filled 9 book end');
  t.equal(made.side(1), '');
  t.equal(made.side(0), '1@200×1');
});

t.test('a sweep that is done at exactly the limit is done', async (t) => {
  const made = withSells(3, { maxEventsPerCommand: 7 });
  t.equal(made.buy(3, 200).length, 7);
  t.equal(made.engine.operationsInProgress, 0);
});

t.test('commands about the instrument are refused meanwhile, use no id up, and work afterwards', async (t) => {
  const made = withSells(9);
  made.buy(10, 200);
  for (const kind of [
    CommandKind.New,
    CommandKind.Cancel,
    CommandKind.Replace,
    CommandKind.MassCancel,
    CommandKind.SetPhase,
    CommandKind.Uncross,
    CommandKind.EndOfDay,
  ]) {
    t.same(
      made.send(kind, { account: 2, counter: 1000, ...valid(kind) }),
      ['Rejected #1000 InProgress end'],
      CommandKind[kind],
    );
  }
  t.same(made.send(CommandKind.MassCancel, { instrument: 0, account: 2, counter: 1000 }), [
    'Rejected #1000 InProgress end',
  ]);
  finish(made);
  t.match(made.send(CommandKind.MassCancel, { account: 2, counter: 1000 })[0], /^Started/);
});

/** What each kind needs for its shape. */
function valid(kind: CommandKind): { price?: number; quantity?: number; type?: number } {
  if (kind === CommandKind.New) return { price: 100, quantity: 1 };
  if (kind === CommandKind.Replace) return { price: 100, quantity: 1 };
  return kind === CommandKind.SetPhase ? { type: Phase.Halted } : {};
}

t.test('another instrument goes on while one is in progress', async (t) => {
  const made = new MadeEngine({ maxEventsPerCommand: 8 }, Phase.Continuous, 2);
  for (let index = 0; index < 9; index++) made.sell(1, 100);
  made.buy(9, 100);
  t.same(made.buy(1, 100, { instrument: 2 }).length, 2);
  finish(made);
  t.equal(made.side(0, 2), '1@100×1');
});

t.test('rule 10.2, 10.10: operations finish in the order in which they began, and a full table is Busy', async (t) => {
  const made = new MadeEngine({ maxEventsPerCommand: 8, maxOperations: 2 }, Phase.Continuous, 3);
  for (const instrument of [1, 2]) {
    for (let index = 0; index < 9; index++) made.sell(1, 100, { instrument });
    made.buy(9, 100, { instrument });
  }
  t.equal(made.engine.operationsInProgress, 2);
  t.same(made.buy(1, 100, { instrument: 3, counter: 5000 }), ['Rejected #5000 Busy end']);
  t.match(
    made.send(CommandKind.Cancel, { instrument: 3, targetCounter: 1, counter: 5001 })[0],
    /UnknownOrder/,
    'a cancel is never Busy',
  );
  made.goOn();
  t.equal(made.side(1, 1).startsWith('2@100'), true);
  made.goOn();
  t.equal(made.side(1, 1), '', 'the first one is finished before the second goes on');
  t.equal(made.side(1, 2), '6@100×6');
  finish(made);
  t.equal(made.side(1, 2), '');
});

t.test('a mass cancel of all instruments goes on with what others left meanwhile', async (t) => {
  const made = new MadeEngine({ maxEventsPerCommand: 4 }, Phase.Continuous, 3);
  for (let index = 0; index < 9; index++) made.buy(1, 100, { instrument: 1 + (index % 3) });
  t.same(
    made.send(CommandKind.MassCancel, { instrument: 0 }).map((event) => event.split(' ')[1]),
    ['#10', '#1', '#4', '#7'],
    'instrument by instrument, in the order in which they were entered first',
  );
  t.match(made.sell(1, 100, { instrument: 2 })[1], /^Fill #2 /, 'the one that would go next');
  for (const id of [3, 6, 9]) {
    t.match(made.sell(1, 100, { instrument: 3 })[1], new RegExp(`^Fill #${id} `), 'all of an instrument');
  }
  t.match(made.buy(1, 100, { counter: 900 })[0], /InProgress/, 'its own account waits');
  t.match(
    made.sell(1, 100, { counter: 900, timeInForce: FOK })[0],
    /InProgress/,
    'fill-or-kill counts on the whole book',
  );
  t.same(finish(made).events, [
    'Cancelled #5 at 100 quantity 1 related 10 MassCancel book',
    'Cancelled #8 at 100 quantity 1 related 10 MassCancel book',
    'Finished #10 quantity 5 end',
  ]);
});

t.test('a mass cancel of which others left nothing is finished', async (t) => {
  const made = new MadeEngine({ maxEventsPerCommand: 4 }, Phase.Continuous, 2);
  for (let index = 0; index < 5; index++) made.buy(1, 100, { instrument: 1 + (index % 2) });
  t.equal(made.send(CommandKind.MassCancel, { instrument: 0 }).length, 4);
  for (const id of [2, 4]) t.match(made.sell(1, 100, { instrument: 2 })[1], new RegExp(`^Fill #${id} `));
  t.same(finish(made).events, ['Finished #6 quantity 3 end']);
});

t.test('what the account enters after a mass cancel comes behind the orders that it kept elsewhere', async (t) => {
  const made = new MadeEngine({}, Phase.Continuous, 2);
  for (const instrument of [1, 2]) made.buy(1, 100, { instrument });
  made.send(CommandKind.MassCancel, { instrument: 1 });
  made.buy(1, 100, { instrument: 1 });
  t.same(
    made.send(CommandKind.MassCancel, { instrument: 0 }).map((event) => event.split(' ').slice(0, 2).join(' ')),
    ['Started #5', 'Cancelled #2', 'Cancelled #4', 'Finished #5'],
  );
});

t.test('the last event of a mass cancel may need a Continue of its own', async (t) => {
  const made = new MadeEngine({ maxEventsPerCommand: 4 });
  for (let index = 0; index < 3; index++) made.buy(1, 100);
  t.equal(made.send(CommandKind.MassCancel).length, 4);
  t.same(finish(made).events, ['Finished #4 quantity 3 end']);
});

t.test('an end of day goes on through both sides', async (t) => {
  const made = new MadeEngine({ maxEventsPerCommand: 4 });
  for (let index = 0; index < 5; index++) made.buy(1, 100 - index);
  for (let index = 0; index < 5; index++) made.sell(1, 101 + index);
  made.send(CommandKind.EndOfDay);
  const rest = finish(made);
  t.same(rest.counts, [4, 4]);
  t.equal(rest.events.at(-1), 'Finished #6 quantity 10 end');
  t.equal(made.side(0) + made.side(1), '');
});

/** 16 orders for each of the 4 events: what a walk looks at in one go. */
const VISITS = 64;

t.test('rule 10.5: a mass cancel of one instrument looks at no order elsewhere, so nobody waits for it', async (t) => {
  const made = new MadeEngine({ maxEventsPerCommand: 4, maxOrders: 512 }, Phase.Continuous, 3);
  for (let index = 0; index < 4 * VISITS; index++) made.buy(1, 100, { instrument: 2 });
  made.buy(1, 100);
  for (const instrument of [1, 3]) {
    const events = made.send(CommandKind.MassCancel, { instrument });
    t.match(events.at(-1), /^Finished .* end$/, `done in one go in instrument ${instrument}`);
    t.equal(made.engine.operationsInProgress, 0);
    t.match(made.buy(1, 100, { instrument, account: 2, timeInForce: FOK })[0], /FillOrKillNotFillable/);
  }
  t.equal(made.side(0), '');
  t.equal(made.side(0, 2), '256@100×256');
});

t.test('a mass cancel of one instrument that needs more events holds only that one, for what it cancels', async (t) => {
  const made = new MadeEngine({ maxEventsPerCommand: 4 }, Phase.Continuous, 2);
  for (let index = 0; index < 9; index++) made.buy(1, 100, { instrument: 1 + (index % 2) });
  t.same(
    made.send(CommandKind.MassCancel).map((event) => event.split(' ')[1]),
    ['#10', '#1', '#3', '#5'],
  );
  t.match(made.sell(1, 100, { counter: 900 })[0], /InProgress/);
  t.match(made.sell(1, 100, { instrument: 2 })[1], /^Fill #2 /, 'its orders elsewhere trade on');
  t.match(made.buy(1, 90, { instrument: 2 })[1], /^Booked/, 'and it may enter more there');
  t.same(finish(made).counts, [3]);
  t.equal(made.side(0), '');
  t.equal(made.side(0, 2), '3@100×3 1@90×1');
});

t.test(
  'a journal that ends in the middle of a mass cancel replays to where it stopped, and goes on alike',
  async (t) => {
    const orders = 30;
    const play = (continues: number): { made: MadeEngine; events: string[] } => {
      const made = new MadeEngine({ maxEventsPerCommand: 4 }, Phase.Continuous, 3);
      for (let index = 0; index < orders; index++) made.buy(1, 100, { instrument: 1 + (index % 3) });
      const events = made.send(CommandKind.MassCancel, { instrument: 0 });
      for (let index = 0; index < continues; index++) events.push(...made.goOn());
      return { made, events };
    };
    const whole = play(8);
    t.equal(whole.made.engine.operationsInProgress, 0);
    t.equal(whole.events.length, orders + 2, 'started, each order, finished');
    for (let cut = 0; cut < 8; cut++) {
      const { made, events } = play(cut);
      t.equal(made.engine.operationsInProgress, cut < 7 ? 1 : 0, `${cut} continues`);
      t.equal(made.engine.stateHash(), play(cut).made.engine.stateHash());
      for (let left = cut; left < 8; left++) events.push(...made.goOn());
      t.same(events, whole.events);
      t.equal(made.engine.stateHash(), whole.made.engine.stateHash());
    }
  },
);

t.test('rule 10.3, 10.4: an end of day stops after as many orders that stay as it may look at', async (t) => {
  const made = new MadeEngine({ maxEventsPerCommand: 4 });
  for (let index = 0; index < 2 * VISITS; index++) made.buy(1, 100, { timeInForce: GTC });
  made.sell(1, 200);
  t.same(made.send(CommandKind.EndOfDay).length, 1);
  const rest = finish(made);
  t.same(rest.counts, [0, 2], 'a Continue may make nothing and go on');
  t.match(rest.events[0], /^Cancelled #1 sell at 200 .* EndOfDay/);
  t.equal(made.side(0), '128@100×128');
});

t.test(
  'trading stops in an instrument whatever is in progress elsewhere, and starts only when that is done',
  async (t) => {
    const made = new MadeEngine({ maxEventsPerCommand: 4, maxOperations: 2 }, Phase.Continuous, 3);
    for (let index = 0; index < 9; index++) made.buy(1, 100);
    made.send(CommandKind.MassCancel, { instrument: 0 });
    t.match(made.phase(Phase.Continuous, 2, { account: 2 })[0], /InProgress/);
    t.match(made.phase(Phase.Halted, 2, { account: 2 })[0], /^PhaseChanged/);
    finish(made);
    for (const instrument of [1, 3]) {
      for (let index = 0; index < 4; index++) made.sell(1, 100, { instrument });
      made.buy(9, 100, { instrument });
    }
    t.equal(made.engine.operationsInProgress, 2, 'the table is full');
    t.match(made.phase(Phase.Continuous, 2, { account: 2 })[0], /Busy/);
    t.match(made.phase(Phase.CancelOnly, 2, { account: 2 })[0], /^PhaseChanged/);
    t.match(made.phase(Phase.Halted, 1, { account: 2 })[0], /InProgress/, 'its own operation comes first');
  },
);

t.test('an uncross and its leftovers go on, pairs never split', async (t) => {
  const made = new MadeEngine({ maxEventsPerCommand: 4 }, Phase.Auction);
  for (let index = 0; index < 4; index++) made.sell(1, 100);
  for (let index = 0; index < 7; index++) made.market(0, 1);
  const first = made.send(CommandKind.Uncross);
  t.equal(first.length, 3, 'the answer and one pair');
  const rest = finish(made);
  t.same(rest.counts, [4, 4, 1]);
  t.match(rest.events[6], /^Cancelled #5 no-price quantity 1 AuctionLeftover/);
  t.match(rest.events.at(-1), /^Cancelled #7 .* end$/);
});

t.test('the leftovers of a phase change go on', async (t) => {
  const made = new MadeEngine({ maxEventsPerCommand: 4 }, Phase.Auction);
  for (let index = 0; index < 7; index++) made.market(0, 1);
  t.equal(made.phase(Phase.Continuous).length, 4);
  t.same(finish(made).counts, [4]);
  t.match(made.buy(1, 100)[1], /^Booked/);
});

t.test('a Continue with nothing to do makes nothing', async (t) => {
  const made = new MadeEngine();
  const before = made.engine.commandSequence;
  t.same(made.goOn(), []);
  t.equal(made.engine.commandSequence, before + 1);
});

t.test('a sweep in progress keeps the level that its rest will need', async (t) => {
  const made = new MadeEngine({ maxEventsPerCommand: 8, maxLevels: 4, maxOrders: 64 }, Phase.Continuous, 2);
  for (let index = 0; index < 9; index++) made.sell(1, 100);
  made.buy(1, 50, { instrument: 2 });
  made.buy(1, 51, { instrument: 2 });
  made.buy(10, 100);
  t.match(made.buy(1, 52, { instrument: 2 })[0], /LevelsFull/, 'the last free level is spoken for');
  t.match(made.buy(1, 51, { instrument: 2 })[1], /^Booked/, 'a level that exists takes more');
  t.match(finish(made).events.at(-1), /^Booked #3 at 100/);
  t.match(made.buy(1, 52, { instrument: 2 })[1], /^Booked/, 'the sweep freed the level it emptied');
});
