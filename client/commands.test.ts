/** Words of commands about money, kills and questions: the fields of their kinds, and nothing that the wire refuses. */

import t from 'tap';
import { CommandKind, OrderType } from '../schemas/codes.js';
import { checkCommandShape } from '../schemas/kinds.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_DISPLAY_QUANTITY,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_MIN_QUANTITY,
  COMMAND_QUANTITY,
  COMMAND_TARGET_ID,
  COMMAND_WORDS,
} from '../schemas/layout.js';
import { checkLegs } from '../schemas/legs.js';
import {
  adminHeadWords,
  balanceWords,
  killWords,
  legWords,
  moneyMoveWords,
  type OrderTerms,
  positionWords,
} from './commands.js';

t.test('each has the shape that the wire asks for', async (t) => {
  for (const words of [
    killWords({ account: 7, shard: 3 }, true),
    killWords({ instrument: 9 }, false),
    killWords({}, true),
    moneyMoveWords(CommandKind.Deposit, 7, 2, 5, 1),
    moneyMoveWords(CommandKind.Withdraw, 0, 2, 2n ** 62n, 1),
    positionWords(9),
    balanceWords(2, 1),
    adminHeadWords(CommandKind.SetFees, 0, 0, 9),
    adminHeadWords(CommandKind.SetLimits, 7, 0),
  ]) {
    t.equal(checkCommandShape(words, 0, false), 0, CommandKind[(words[COMMAND_KIND_WORD] ?? 0) & 0xff]);
  }
});

t.test('an amount stands in two words, with its sign', async (t) => {
  for (const [amount, low, high] of [
    [5, 5, 0],
    [-5, -5, -1],
    [2 ** 32, 0, 1],
    [Number.MAX_SAFE_INTEGER, -1, 2 ** 21 - 1],
    [2n ** 63n - 1n, -1, 2 ** 31 - 1],
  ] as const) {
    const words = moneyMoveWords(CommandKind.Deposit, 7, 2, amount, 1);
    t.same([words[COMMAND_QUANTITY], words[COMMAND_DISPLAY_QUANTITY]], [low, high], String(amount));
    t.same([words[COMMAND_ACCOUNT], words[COMMAND_INSTRUMENT], words[COMMAND_MIN_QUANTITY]], [7, 2, 1]);
  }
  t.throws(() => moneyMoveWords(CommandKind.Deposit, 7, 2, 1.5, 1), { code: 'BAD_ARGUMENT' });
  t.throws(() => moneyMoveWords(CommandKind.Deposit, 7, -1, 1, 1), { code: 'BAD_ARGUMENT' });
});

t.test('a kill and a question name what they are about', async (t) => {
  const kill = killWords({ account: 7, shard: 3 }, true);
  t.same([kill[COMMAND_ACCOUNT], kill[COMMAND_QUANTITY], kill[COMMAND_MIN_QUANTITY]], [7, 1, 3]);
  t.equal(killWords({ account: 7 }, false)[COMMAND_QUANTITY], 0);
  const balance = balanceWords(2, 1);
  t.same([balance[COMMAND_TARGET_ID], balance[COMMAND_INSTRUMENT], balance[COMMAND_MIN_QUANTITY]], [2, 0, 1]);
  t.equal(positionWords(9)[COMMAND_INSTRUMENT], 9);
});

t.test('rule 2.73: two legs are two New behind each other, and one of them must be a stop', async (t) => {
  const limit: OrderTerms = { side: 'Sell', price: 110, quantity: 5 };
  const stop: OrderTerms = { side: 'Sell', type: 'Stop', triggerPrice: 90, quantity: 5 };
  const words = legWords(3, limit, stop);
  t.equal(checkLegs(words, 0, 2), 0);
  for (const [at, type] of [
    [0, OrderType.Limit],
    [COMMAND_WORDS, OrderType.Stop],
  ] as const) {
    t.equal(checkCommandShape(words, at, false), 0);
    t.equal(words[at + COMMAND_INSTRUMENT], 3);
    t.equal(((words[at + COMMAND_KIND_WORD] ?? 0) >>> 16) & 0xff, type);
  }
  t.throws(() => legWords(3, limit, limit), { code: 'BAD_ARGUMENT' });
});
