/** Lanes, incarnations and repeated client order ids. */
import t from 'tap';
import { CommandKind, Phase } from '../../schemas/codes.js';
import { COMMAND_CLIENT_ORDER_ID, EVENT_ACCOUNT_SEQUENCE, EVENT_SEQUENCE, EVENT_WORDS } from '../../schemas/layout.js';
import { commandWords, MadeEngine, type Said } from '../made-engine.js';
import { ACCOUNT_SEQUENCE, ACCOUNT_SHIFT } from '../registry-words.js';

const OPEN = CommandKind.SessionOpen;
const LOST = CommandKind.SessionLost;

function open(made: MadeEngine, session: number, account = 1, lane = 1): string[] {
  return made.send(OPEN, { account, lane, session, instrument: 0, counter: 0 });
}

t.test('a newer incarnation makes the older one stale at once', async (t) => {
  const made = new MadeEngine();
  t.same(open(made, 5), ['SessionOpened #0 end']);
  t.match(made.buy(1, 100)[0], /StaleIncarnation/);
  t.match(made.buy(1, 100, { session: 5, counter: 2 })[0], /^Accepted/);
  t.same([...made.engine.openIncarnations()], [2, 5]);
  t.equal(made.engine.highestIncarnation, 5);
});

t.test('an incarnation opens once, for one lane, and never again', async (t) => {
  const made = new MadeEngine();
  t.match(open(made, 1)[0], /StaleIncarnation/, 'it is open');
  t.match(open(made, 2)[0], /StaleIncarnation/, 'it is open in another lane');
  t.match(open(made, 0)[0], /StaleIncarnation/, 'it is no incarnation');
  open(made, 7);
  t.match(open(made, 6)[0], /StaleIncarnation/, 'it is older than the last');
  made.send(LOST, { session: 7, instrument: 0, counter: 0 });
  t.match(open(made, 7)[0], /StaleIncarnation/, 'it is closed');
  t.same(open(made, 8), ['SessionOpened #0 end']);
});

t.test('incarnations above 2^31 are numbers like any other', async (t) => {
  const made = new MadeEngine();
  t.same(open(made, -2), ['SessionOpened #0 end']);
  t.match(open(made, 9)[0], /StaleIncarnation/);
  t.match(made.buy(1, 100, { session: -2 })[0], /^Accepted/);
  t.same([...made.engine.openIncarnations()], [2, 0xfffffffe]);
  t.equal(made.engine.highestIncarnation, 0xfffffffe);
});

t.test('a lost session is closed, its orders stay, its ids stay used', async (t) => {
  const made = new MadeEngine();
  made.buy(1, 100);
  t.same(made.send(LOST, { session: 1, instrument: 0, counter: 0 }), ['SessionClosed #0 end']);
  t.match(made.send(LOST, { session: 1, instrument: 0, counter: 0 })[0], /StaleIncarnation/);
  t.equal(made.side(0), '1@100×1');
  open(made, 3);
  t.same(made.buy(1, 100, { session: 3, counter: 1 }), ['Accepted #1 at 100 quantity 1 leaves 1 duplicate end']);
});

t.test('accounts that do not exist and lanes without room are refused', async (t) => {
  const made = new MadeEngine({ maxLanes: 3 });
  t.match(open(made, 5, 3)[0], /UnknownAccount/);
  t.same(open(made, 5, 1, 9), ['SessionOpened #0 end']);
  t.same(open(made, 6, 1, 10), ['Rejected #0 amount 3 LanesFull end']);
  t.same(open(made, 6, 1, 9), ['SessionOpened #0 end'], 'a lane that exists opens again');
  const withCounter = commandWords(OPEN, { session: 8, instrument: 0 }, 1);
  t.match(made.apply(withCounter)[0], /FieldNotZero/);
});

t.test('an account has so many lanes and no more, whatever others have', async (t) => {
  const made = new MadeEngine({ maxLanes: 5, maxLanesPerAccount: 3 });
  for (const lane of [7, 8]) t.same(open(made, lane, 1, lane), ['SessionOpened #0 end']);
  t.same(open(made, 9, 1, 9), ['Rejected #0 amount 3 LanesFull end']);
  made.send(LOST, { session: 8, instrument: 0, counter: 0 });
  t.same(open(made, 9, 1, 9), ['Rejected #0 amount 3 LanesFull end'], 'a lane is never given back');
  t.same(open(made, 9, 1, 8), ['SessionOpened #0 end'], 'a lane that exists opens again');
  t.same(open(made, 10, 2, 9), ['SessionOpened #0 end'], 'another account is not kept out');
  t.same(open(made, 11, 2, 10), ['Rejected #0 amount 5 LanesFull end']);
});

t.test('a repeated id gets its first answer again and executes nothing', async (t) => {
  const made = new MadeEngine();
  made.buy(5, 100);
  const id = made.orderId();
  made.sell(5, 100);
  t.same(made.buy(9, 200, { counter: 1 }), ['Accepted #1 at 100 quantity 5 leaves 5 duplicate end']);
  t.same(made.orderId(), id);
  made.buy(5, 100);
  made.send(CommandKind.Cancel, { targetCounter: 2 });
  t.same(made.send(CommandKind.Cancel, { targetCounter: 2, counter: 3 }), [
    'Cancelled #2 at 100 quantity 5 related 3 ByClient duplicate end',
  ]);
  made.buy(0, 100, { counter: 8 });
  t.same(made.buy(5, 100, { counter: 8 }), ['Rejected #8 amount 1 QuantityOutOfRange duplicate end']);
});

t.test('the answer to a repeated id is complete: related id, amount, what is shown and filled', async (t) => {
  const made = new MadeEngine();
  made.buy(9, 100);
  made.sell(2, 100);
  const commands: [CommandKind, Said][] = [
    [CommandKind.Replace, { targetCounter: 1, price: 100, quantity: 7, counter: 2 }],
    [CommandKind.Replace, { targetCounter: 2, price: 101, quantity: 7, counter: 3 }],
    [CommandKind.Replace, { targetCounter: 3, price: 2_000_000, quantity: 7, counter: 4 }],
    [CommandKind.Replace, { targetCounter: 3, price: 101, quantity: 2, counter: 5 }],
  ];
  const answers = commands.map(([kind, said]) => made.send(kind, said)[0] ?? '');
  t.same(answers, [
    'Reduced #2 at 100 quantity 2 leaves 5 shown 5 filled 2 related 1 book end',
    'Replaced #3 at 100 quantity 5 leaves 5 filled 2 related 2 book',
    'Rejected #4 amount 1000000 PriceOutOfRange end',
    'Cancelled #3 at 101 quantity 5 filled 2 related 5 ReplacedToDone book end',
  ]);
  for (const [index, [kind, said]] of commands.entries()) {
    const first = (answers[index] ?? '').replace(' end', '').replace(' book', '');
    t.same(made.send(kind, said), [`${first} duplicate end`]);
  }
  const auction = new MadeEngine({}, Phase.Auction);
  auction.buy(5, 100);
  auction.sell(3, 90);
  const [uncrossed] = auction.send(CommandKind.Uncross, { counter: 50 });
  t.equal(uncrossed, 'Uncrossed #50 at 95 quantity 3 amount 2');
  t.same(auction.send(CommandKind.Uncross, { counter: 50 }), [`${uncrossed} duplicate end`]);
});

t.test('an id in a gap was never taken; one from before the kept answers is too old', async (t) => {
  const made = new MadeEngine({ laneAnswers: 3 });
  made.buy(1, 100, { counter: 10 });
  made.buy(1, 100, { counter: 20 });
  t.match(made.buy(1, 100, { counter: 15 })[0], /^Rejected #15 NeverTaken end/);
  t.match(made.buy(1, 100, { counter: 5 })[0], /NeverTaken/, 'nothing was forgotten yet');
  made.buy(1, 100, { counter: 30 });
  made.buy(1, 100, { counter: 40 });
  t.match(made.buy(1, 100, { counter: 10 })[0], /TooOld/);
  t.match(made.buy(1, 100, { counter: 25 })[0], /NeverTaken/);
  for (const counter of [20, 30, 40]) t.match(made.buy(1, 100, { counter })[0], /^Accepted .*duplicate end$/);
  for (let counter = 50; counter < 60; counter++) made.buy(1, 100, { counter });
  t.match(made.buy(1, 100, { counter: 57 })[0], /duplicate/);
  t.match(made.buy(1, 100, { counter: 56 })[0], /TooOld/);
});

t.test('counters have 48 bits', async (t) => {
  const made = new MadeEngine();
  const highest = 2 ** 48 - 1;
  t.match(made.buy(1, 100, { counter: 2 ** 32 })[0], /^Accepted/);
  t.match(made.buy(1, 100, { counter: 2 ** 32 - 1 })[0], /NeverTaken/);
  t.match(made.buy(1, 101, { counter: highest })[0], /^Accepted/);
  t.match(made.send(CommandKind.Cancel, { targetCounter: highest, counter: 0 })[0], /^Cancelled/);
  t.match(made.buy(1, 101, { counter: highest })[0], /duplicate/);
});

t.test('counter 0 always executes and is found by nobody', async (t) => {
  const made = new MadeEngine();
  made.buy(1, 100, { counter: 0 });
  made.buy(1, 100, { counter: 0 });
  t.equal(made.side(0), '2@100×2');
  t.match(made.send(CommandKind.Cancel, { targetCounter: 0 })[0], /UnknownOrder/);
  t.equal(made.send(CommandKind.MassCancel).length, 4);
});

t.test('two lanes of an account have ids of their own and cancel each other', async (t) => {
  const made = new MadeEngine();
  open(made, 5, 1, 9);
  made.buy(1, 100, { counter: 7 });
  made.buy(1, 100, { counter: 7, lane: 9, session: 5 });
  t.equal(made.side(0), '2@100×2');
  const words = commandWords(CommandKind.Cancel, { lane: 9, session: 5, targetCounter: 7 }, 8);
  words[COMMAND_CLIENT_ORDER_ID + 3] = 1 << 16;
  t.match(made.apply(words)[0], /^Cancelled #7/);
  t.match(made.apply(words)[0], /duplicate/);
});

t.test('rule 11.6: account sequences are dense, by account, and wrap', async (t) => {
  const made = new MadeEngine();
  const at = (1 << ACCOUNT_SHIFT) + ACCOUNT_SEQUENCE;
  made.engine.state.accounts[at] = -2;
  made.buy(1, 100);
  made.buy(1, 100);
  t.same([made.word(0, EVENT_ACCOUNT_SEQUENCE), made.word(1, EVENT_ACCOUNT_SEQUENCE)], [1, 2]);
});

t.test('rule 11.6: sequences go on exactly where 32 bits end', async (t) => {
  const made = new MadeEngine();
  const words = commandWords(CommandKind.New, { price: 100, quantity: 1 }, 0);
  made.engine.state.eventLow = -3;
  made.engine.state.commandLow = -2;
  made.apply(words);
  t.equal(made.engine.eventSequence, 2 ** 32 - 1);
  t.equal(made.engine.commandSequence, 2 ** 32 - 1);
  made.apply(words);
  t.equal(made.engine.eventSequence, 2 ** 32 + 1);
  t.equal(made.engine.commandSequence, 2 ** 32);
  t.same([...made.events.subarray(EVENT_WORDS + EVENT_SEQUENCE, EVENT_WORDS + EVENT_SEQUENCE + 4)], [0, 1, 0, 1]);
});
