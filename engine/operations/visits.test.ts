/**
 * Commands that look at much and say little: after so many accounts or orders they let others have their turn, even when
 * there is no event. Where they stand must be right when the order they stand at goes by itself.
 */
import t from 'tap';
import { encodeAccountTerms } from '../../schemas/admin.js';
import { CommandKind, OrderType, Phase, Side, TimeInForce, Trigger } from '../../schemas/codes.js';
import {
  COMMAND_FLAGS_WORD,
  COMMAND_MIN_QUANTITY,
  COMMAND_TIME_US,
  COMMAND_TRIGGER_PRICE,
  EVENT_QUANTITY,
} from '../../schemas/layout.js';
import { commandWords, MadeEngine } from '../made-engine.js';

const VISITS_PER_EVENT = 16;
const EVENTS = 4;
const VISITS = EVENTS * VISITS_PER_EVENT;

/** As many as one step may look at, and `more`. */
function withAccounts(more: number): MadeEngine {
  const made = new MadeEngine({ maxEventsPerCommand: EVENTS, maxAccounts: VISITS + more });
  for (let account = 3; account <= VISITS + more; account++) {
    made.admin(CommandKind.AddAccount, encodeAccountTerms({ name: `account-${account}` }));
  }
  return made;
}

t.test('a kill of all without an order looks at so many accounts at a time', async (t) => {
  const kill = { instrument: 0, quantity: 1, counter: 1 };
  const few = withAccounts(1);
  t.match(few.send(CommandKind.Kill, kill), [/^KillChanged/]);
  t.equal(few.word(0, EVENT_QUANTITY), 1);
  t.equal(few.engine.operationsInProgress, 0, 'the first account needs no step');
  const many = withAccounts(2);
  many.send(CommandKind.Kill, kill);
  t.equal(many.engine.operationsInProgress, 1);
  many.goOn();
  t.equal(many.engine.operationsInProgress, 0);
});

const BEHIND_ALL = 200;
const ORDERS: readonly { what: string; side: Side; type: OrderType }[] = [
  { what: 'buy', side: Side.Buy, type: OrderType.Limit },
  { what: 'sell', side: Side.Sell, type: OrderType.Limit },
  { what: 'stop', side: Side.Buy, type: OrderType.Stop },
];

for (const { what, side, type } of ORDERS) {
  t.test(`an end of day that stands at a ${what} which expires goes on behind it`, async (t) => {
    const made = new MadeEngine({ maxEventsPerCommand: EVENTS }, Phase.Continuous, 2);
    const at = (second: number, words: Int32Array): string[] => {
      words[COMMAND_TIME_US] = second * 1_000_000;
      return made.apply(words);
    };
    const enter = (counter: number, timeInForce: TimeInForce, account = 1, instrument = 1): void => {
      const said = { side, type, price: 100, quantity: 1, timeInForce, account, instrument };
      const words = commandWords(CommandKind.New, said, counter);
      if (type === OrderType.Stop) {
        words[COMMAND_TRIGGER_PRICE] = BEHIND_ALL;
        words[COMMAND_FLAGS_WORD] = Trigger.LastTrade << 8;
      }
      if (timeInForce === TimeInForce.GoodTillDate) words[COMMAND_MIN_QUANTITY] = instrument === 1 ? 5 : 4;
      t.match(at(1, words)[0], /^Accepted/);
    };
    for (let count = 1; count <= VISITS; count++) enter(count, TimeInForce.GoodTillCancel);
    enter(VISITS + 1, TimeInForce.GoodTillDate);
    enter(1, TimeInForce.Day, 2);
    enter(VISITS + 2, TimeInForce.Day);
    enter(VISITS + 3, TimeInForce.GoodTillDate, 1, 2);
    at(2, commandWords(CommandKind.EndOfDay, {}, VISITS + 4));
    t.equal(made.engine.operationsInProgress, 1, 'it stands at the one with a date');
    const due = commandWords(CommandKind.Due, { account: 0, lane: 0, session: 0, instrument: 0 }, 0);
    t.match(at(4, due), [/OrderExpired/], 'one elsewhere does not move it');
    t.match(at(5, due), [/OrderExpired/]);
    made.goOn();
    t.equal(made.engine.operationsInProgress, 0);
    t.equal(made.engine.state.books.orders.live, VISITS, 'both behind it are gone');
  });
}
