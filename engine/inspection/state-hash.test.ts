/** The hash sees each part of the state. That it is the same everywhere: proof/determinism/determinism.test.ts. */
import t from 'tap';
import { CommandKind } from '../../schemas/codes.js';
import { MadeEngine } from '../made-engine.js';
import { ANSWER_QUANTITY } from '../state/lane-words.js';

t.test('each part of the state is in the hash', async (t) => {
  const made = new MadeEngine({ maxEventsPerCommand: 8 });
  for (let index = 0; index < 9; index++) made.sell(1, 100);
  made.buy(9, 100);
  const { state } = made.engine;
  const before = made.engine.stateHash();
  const arrays: [string, Int32Array | Float64Array | Uint8Array, number][] = [
    ['order', state.orders, 5 * 16 + 1],
    ['generation of a free slot', state.orders, 9],
    ['account', state.accounts, 16],
    ['holding', state.ledger.holdingSums, 0],
    ['tokens of an account', state.ledger.limits, 12],
    ['fee', state.ledger.fees, 33],
    ['instrument', state.instruments, 16 + 6],
    ['symbol', state.registry.symbols, 32],
    ['lane', state.lanes.words, 2],
    ['mark', state.lanes.marks, 0],
    ['answer', state.lanes.answers, 17 * 16 + ANSWER_QUANTITY],
    ['operation', state.operations.words, 8],
    ['volume', state.operations.volumes, 0],
    ['first order of an account in an instrument', state.accountOrders.rows, 2],
    ['total', state.books.levels.totals, 1],
  ];
  for (const [name, array, at] of arrays) {
    const old = array[at] as number;
    array[at] = old + 1;
    t.not(made.engine.stateHash(), before, name);
    array[at] = old;
  }
  t.equal(made.engine.stateHash(), before, 'looking changes nothing');
  made.send(CommandKind.Cancel, { counter: 0, target: [0, 0] });
  t.not(made.engine.stateHash(), before, 'a refused command counts, too');
});
