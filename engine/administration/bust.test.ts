/** Trades that are made void: what a rule table cannot say, which is the room for them and fills that say something wrong. */
import t from 'tap';
import { encodeBustTerms, MOST_BUSTS, setOperationId } from '../../schemas/admin.js';
import { CommandKind, EventKind, Reason, Side } from '../../schemas/codes.js';
import {
  COMMAND_WORDS,
  EVENT_ACCOUNT,
  EVENT_AMOUNT,
  EVENT_COMMAND_SEQUENCE,
  EVENT_INSTRUMENT,
  EVENT_KIND_WORD,
  EVENT_PRICE,
  EVENT_QUANTITY,
  EVENT_RELATED_ID,
  EVENT_SEQUENCE,
  EVENT_WORDS,
} from '../../schemas/layout.js';
import { HOLDING_OPEN, HOLDING_REALISED, HOLDING_SHIFT, MOST_LEDGER, MOST_LOTS } from '../ledger/ledger-words.js';
import { commandWords, MadeEngine } from '../made-engine.js';

/** An engine with a trade, and the words of both its fills. */
function traded(): { made: MadeEngine; fills: Int32Array } {
  const made = new MadeEngine();
  made.send(CommandKind.New, { account: 1, price: 100, quantity: 5, side: Side.Sell });
  made.send(CommandKind.New, { account: 2, price: 100, quantity: 3 });
  // Behind Accepted.
  return { made, fills: made.events.slice(2 * EVENT_WORDS, 4 * EVENT_WORDS) };
}

let counter = 1000;

function bustCommand(fills: Int32Array): Int32Array {
  const parts = encodeBustTerms(fills);
  const words = new Int32Array(COMMAND_WORDS + parts.length);
  counter += 1;
  const target = [fills[EVENT_RELATED_ID] ?? 0, fills[EVENT_RELATED_ID + 1] ?? 0] as const;
  words.set(commandWords(CommandKind.Bust, { target }, counter));
  words.set(parts, COMMAND_WORDS);
  setOperationId(words, 0, parts.length / COMMAND_WORDS, words[0] ?? 0, words[1] ?? 0);
  return words;
}

t.test(
  'rule 8.15: fills that are not one trade of the instrument are refused, whatever is wrong with them',
  async (t) => {
    const { made, fills } = traded();
    const before = made.engine.stateHash();
    t.equal((fills[EVENT_KIND_WORD] ?? 0) & 0xff, EventKind.Fill);
    const wrong: [string, number, number][] = [
      ['another kind', EVENT_KIND_WORD, EventKind.Cancelled],
      ['another instrument', EVENT_INSTRUMENT, 2],
      ['another price', EVENT_PRICE, 101],
      ['another quantity', EVENT_QUANTITY, 4],
      ['another command', EVENT_COMMAND_SEQUENCE, 1],
      ['another place', EVENT_SEQUENCE, 1],
      ['no account', EVENT_ACCOUNT, 0],
      ['an account that is not there', EVENT_ACCOUNT, 7],
      ['a fee where there is no money', EVENT_AMOUNT, 1],
    ];
    for (const [what, word, value] of wrong) {
      for (const at of [word, word + EVENT_WORDS]) {
        const told = fills.slice();
        told[at] = value;
        t.match(made.apply(bustCommand(told)), [/^Rejected .*UnknownTrade end$/], what);
      }
    }
    for (const [from, to] of [
      [0, EVENT_WORDS],
      [EVENT_WORDS, 0],
    ] as const) {
      const told = fills.slice();
      told[to + EVENT_KIND_WORD] = told[from + EVENT_KIND_WORD] ?? 0;
      t.match(made.apply(bustCommand(told)), [/^Rejected .*UnknownTrade end$/], 'one side twice');
    }
    for (const [word, value] of [
      [EVENT_PRICE, 0x7fffffff],
      [EVENT_QUANTITY, -1],
      [EVENT_QUANTITY, 0],
    ] as const) {
      const told = fills.slice();
      told[word] = value;
      told[word + EVENT_WORDS] = value;
      t.match(made.apply(bustCommand(told)), [/^Rejected .*UnknownTrade end$/], 'out of range on both sides');
    }
    t.not(made.engine.stateHash(), before, 'refusals are counted');
    t.same(made.engine.state.busts.count, 0);
    t.equal(made.apply(bustCommand(fills)).length, 3, 'and the right ones are taken');
    t.equal(made.engine.state.busts.count, 1);
  },
);

t.test('rule 8.18: what would make sums inexact is refused, of either side', async (t) => {
  const { made, fills } = traded();
  const { state } = made.engine;
  for (const account of [1, 2]) {
    const at = state.ledger.findHolding(account, 1) << HOLDING_SHIFT;
    for (const [word, most] of [
      [HOLDING_OPEN, MOST_LOTS],
      [HOLDING_REALISED, MOST_LEDGER],
    ] as const) {
      const before = state.holdingSums[at + word] ?? 0;
      state.holdingSums[at + word] = most;
      t.equal(made.engine.apply(bustCommand(fills), 0, 1), 1);
      t.equal((made.events[EVENT_WORDS + EVENT_KIND_WORD] ?? 0) >>> 16, Reason.LedgerFull, `account ${account}`);
      state.holdingSums[at + word] = before;
    }
  }
  t.equal(made.apply(bustCommand(fills)).length, 3);
});

t.test('rule 8.18: no more trades are made void than there is room for', async (t) => {
  const { made, fills } = traded();
  made.engine.state.busts.count = MOST_BUSTS;
  const count = made.engine.apply(bustCommand(fills), 0, 1);
  t.equal(count, 1);
  t.equal((made.events[EVENT_WORDS + EVENT_KIND_WORD] ?? 0) >>> 16, Reason.BustsFull);
  t.equal(made.events[EVENT_WORDS + EVENT_AMOUNT], MOST_BUSTS);
});

t.test('rule 8.18: a trade that was made void is part of the state', async (t) => {
  const { made, fills } = traded();
  made.apply(bustCommand(fills));
  const { state } = made.engine;
  const hash = made.engine.stateHash();
  state.busts.ids[0] = 1;
  t.not(made.engine.stateHash(), hash);
  state.busts.ids[1] = 1;
  state.busts.count = 2;
  t.throws(() => made.engine.validate(), /twice/);
  state.busts.ids[1] = 1e9;
  t.throws(() => made.engine.validate(), /not there/);
});
