/** validate() finds what is wrong: one thing is corrupted at a time, and each is named. The books' own are in book.test. */
import t from 'tap';
import { CommandKind, Phase } from '../../schemas/codes.js';
import {
  FLAG_LISTED,
  ORDER_ACCOUNT_NEXT,
  ORDER_ACCOUNT_PREVIOUS,
  ORDER_CLIENT_LOW,
  ORDER_FLAGS,
  ORDER_LEAVES,
  ORDER_LEVEL,
  ORDER_SHIFT,
} from '../book/order-words.js';
import { MadeEngine } from '../made-engine.js';
import {
  ACCOUNT_FIRST_ROW,
  ACCOUNT_LANES,
  ACCOUNT_LAST_ROW,
  ACCOUNT_MASS_CANCELS,
  ACCOUNT_SHIFT,
  INSTRUMENT_IN_PROGRESS,
  INSTRUMENT_PHASE,
  INSTRUMENT_PRICE_MIN,
  INSTRUMENT_SHARD,
  INSTRUMENT_SHIFT,
} from '../registry-words.js';
import { ANSWER_WORDS, LANE_INCARNATION, LANE_NUMBER } from '../state/lane-words.js';
import { OPERATION_CURSOR, OPERATION_STAGE } from '../state/operations.js';
import type { EngineState } from '../state/state.js';

/** Two books with some orders each, a sweep in progress in the second, a free slot. */
function busyEngine(): MadeEngine {
  const made = new MadeEngine({ maxEventsPerCommand: 8 }, Phase.Continuous, 2);
  for (let index = 0; index < 6; index++) made.buy(5, 100 - (index % 3));
  for (let index = 0; index < 6; index++) made.sell(5, 101 + (index % 3));
  made.send(CommandKind.Cancel, { targetCounter: 1 });
  for (let index = 0; index < 9; index++) made.sell(1, 100, { instrument: 2 });
  made.buy(20, 100, { instrument: 2 });
  return made;
}

/** An order in the middle of the first account's list and of its level's queue, as the word where it begins. */
const SLOT = 2;
const ORDER_AT = SLOT << ORDER_SHIFT;

const CASES: readonly [string, (state: EngineState) => void, RegExp][] = [
  ['leaves of an order', (s) => (s.orders[ORDER_AT + ORDER_LEAVES] = 6), /total of level/],
  ['an order that has no level', (s) => (s.orders[ORDER_AT + ORDER_LEVEL] = -1), /another level/],
  ['the client order id', (s) => (s.orders[ORDER_AT + ORDER_CLIENT_LOW] = 99), /not found by its client order id/],
  ['a chain of ids', (s) => s.ids.buckets.fill(0), /not found by its client order id/],
  ['an id too many', (s) => s.ids.add(SLOT), /circle|holds/],
  ['next of an account', (s) => (s.orders[ORDER_AT + ORDER_ACCOUNT_NEXT] = -1), /last order|lists of accounts/],
  ['previous of an account', (s) => (s.orders[ORDER_AT + ORDER_ACCOUNT_PREVIOUS] = -1), /account's order before/],
  ['first row of an account', (s) => (s.accounts[(1 << ACCOUNT_SHIFT) + ACCOUNT_FIRST_ROW] = 0), /account 1/],
  ['last row of an account', (s) => (s.accounts[(1 << ACCOUNT_SHIFT) + ACCOUNT_LAST_ROW] = 1), /account 1/],
  ['account of a row', (s) => (s.accountOrders.rows[0] = 2), /not found by its instrument/],
  ['instrument of a row', (s) => (s.accountOrders.rows[1] = 2), /not found by its instrument/],
  ['first order of a row', (s) => (s.accountOrders.rows[2] = 7), /not its live order there/],
  ['last order of a row', (s) => (s.accountOrders.rows[3] = 0), /account 1 has a wrong last order/],
  ['row without an order', (s) => (s.accountOrders.rows[2] = -1), /a row without an order/],
  ['link to the row before', (s) => (s.accountOrders.rows[5] = 1), /link to the row before/],
  ['next of a row', (s) => (s.accountOrders.rows[6] = -1), /wrong last row/],
  ['chain of rows', (s) => s.accountOrders.buckets.fill(0), /not found by its instrument/],
  ['chain of rows that is a circle', (s) => (s.accountOrders.rows[4] = 1), /chains hold more rows/],
  [
    'the listed flag',
    (s) => (s.orders[ORDER_AT + ORDER_FLAGS] = (s.orders[ORDER_AT + ORDER_FLAGS] as number) & ~FLAG_LISTED),
    /does not say so/,
  ],
  ['the free list', (s) => (s.books.orders.freeHead = SLOT), /free list/],
  ['the count of live orders', (s) => s.books.orders.live++, /order slots/],
  ['the count of free levels', (s) => s.books.levels.free--, /levels are free/],
  ['a mark of progress', (s) => (s.instruments[(2 << INSTRUMENT_SHIFT) + INSTRUMENT_IN_PROGRESS] = 0), /in progress/],
  [
    'a mark of progress too many',
    (s) => (s.instruments[(1 << INSTRUMENT_SHIFT) + INSTRUMENT_IN_PROGRESS] = 1),
    /in progress/,
  ],
  ['a count of mass cancels', (s) => (s.accounts[(1 << ACCOUNT_SHIFT) + ACCOUNT_MASS_CANCELS] = 1), /mass cancels/],
  ['the cursor of an operation', (s) => (s.operations.words[OPERATION_CURSOR] = 0), /cursor/],
  ['reserved levels', (s) => s.reservedLevels++, /reserved/],
  ['the stage of a sweep', (s) => (s.operations.words[OPERATION_STAGE] = 0), /reserved/],
  ['operations that are lost', (s) => s.operations.count--, /in progress|reserved|mass cancels/],
  ['a count of lanes', (s) => (s.accounts[(1 << ACCOUNT_SHIFT) + ACCOUNT_LANES] = 2), /wrong about its lanes/],
  ['the number of a lane', (s) => (s.lanes.words[LANE_NUMBER] = 7), /lane 0/],
  ['an incarnation', (s) => (s.lanes.words[LANE_INCARNATION] = 77), /lane 0/],
  ['a mark', (s) => (s.lanes.marks[0] = 3), /mark of lane 0/],
  ['an answer', (s) => (s.lanes.answers[ANSWER_WORDS] = 1), /out of order/],
  ['a lane that is lost', (s) => s.lanes.count--, /open incarnations/],
  ['a shard', (s) => (s.instruments[(1 << INSTRUMENT_SHIFT) + INSTRUMENT_SHARD] = 4), /shard/],
  ['a price range', (s) => (s.instruments[(1 << INSTRUMENT_SHIFT) + INSTRUMENT_PRICE_MIN] = 2_000_000), /price/],
  ['a symbol', (s) => s.registry.symbols.fill(65), /symbol/],
];

for (const [name, corrupt, sentence] of CASES) {
  t.test(`validate finds a wrong ${name}`, async (t) => {
    const made = busyEngine();
    t.equal(made.engine.operationsInProgress, 1);
    corrupt(made.engine.state);
    t.throws(() => made.engine.validate(), sentence);
  });
}

t.test('validate finds a book that is crossed in continuous trading', async (t) => {
  const made = new MadeEngine({}, Phase.Auction);
  made.buy(1, 100);
  made.sell(1, 100);
  made.engine.state.instruments[(1 << INSTRUMENT_SHIFT) + INSTRUMENT_PHASE] = Phase.Continuous;
  t.throws(() => made.engine.validate(), /crossed/);
});
