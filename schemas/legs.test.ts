/** What two legs must have in common: one test a field, and each of them alone is no pair. */

import t from 'tap';
import { CommandFlag, CommandKind, OrderType, Reason } from './codes.js';
import { COMMAND_ACCOUNT, COMMAND_FLAGS_WORD, COMMAND_INSTRUMENT, COMMAND_KIND_WORD, COMMAND_WORDS } from './layout.js';
import { checkLegs, isLeg } from './legs.js';

const LIMIT = OrderType.Limit;
const STOP = OrderType.Stop;

function putId(words: Int32Array, at: number, lane: number, counter: number): void {
  words[at] = counter;
  words[at + 1] = lane << 16;
}

function pair(first: OrderType, second: OrderType): Int32Array {
  const words = new Int32Array(2 * COMMAND_WORDS);
  for (const [index, type] of [first, second].entries()) {
    const at = index * COMMAND_WORDS;
    words[at + COMMAND_INSTRUMENT] = 1;
    words[at + COMMAND_ACCOUNT] = 1;
    words[at + COMMAND_KIND_WORD] = CommandKind.New | (type << 16);
    words[at + COMMAND_FLAGS_WORD] = CommandFlag.OneCancelsOther << 16;
    putId(words, at, 1, 7 + index);
  }
  return words;
}

t.test('rule 2.73: a limit order and a stop, in either order, or two stops are a pair', async (t) => {
  for (const words of [pair(LIMIT, STOP), pair(STOP, LIMIT), pair(STOP, STOP)]) {
    t.equal(checkLegs(words, 0, 2), 0);
    t.equal(isLeg(words[COMMAND_KIND_WORD] ?? 0, words[COMMAND_FLAGS_WORD] ?? 0), true);
  }
  const words = pair(LIMIT, STOP);
  putId(words, COMMAND_WORDS, 1, 0);
  t.equal(checkLegs(words, 0, 2), 0, 'an id that is not counted has no order');
});

t.test('rule 2.73: what is of two instruments, accounts or lanes, or in the wrong order, is none', async (t) => {
  t.equal(checkLegs(pair(LIMIT, STOP), 0, 1), Reason.BadParts);
  for (const [at, value] of [
    [COMMAND_INSTRUMENT, 2],
    [COMMAND_ACCOUNT, 2],
    [COMMAND_FLAGS_WORD, 0],
    [COMMAND_KIND_WORD, 0],
  ] as const) {
    const words = pair(LIMIT, STOP);
    words[COMMAND_WORDS + at] = value;
    t.equal(checkLegs(words, 0, 2), Reason.BadParts);
  }
  for (const [lane, counter] of [
    [2, 8],
    [1, 7],
    [1, 6],
  ] as const) {
    const words = pair(LIMIT, STOP);
    putId(words, COMMAND_WORDS, lane, counter);
    t.equal(checkLegs(words, 0, 2), Reason.BadParts);
  }
  t.equal(checkLegs(pair(LIMIT, LIMIT), 0, 2), Reason.BadParts, 'none of them is a stop');
});
