/**
 * Mutants that no test can see, or need not, each with the reason. Data only: `make mutation-score` holds it to what
 * survives, and a test to the lines that there are.
 */

export interface Survivor {
  /** From the root of the tree. */
  readonly file: string;
  /** The line on which the mutant begins, without the space around it. */
  readonly line: string;
  /** What stands in its place, as Stryker prints it, spaces as one; empty: whatever it is. */
  readonly to: string;
  readonly reason: string;
}

const OF_ZERO = 'of 0 both sides are 0';
const SHORT_WAY = 'a short way: without it the long one comes to the same';
const SPREAD = 'ids are spread over the chains otherwise, and found all the same: slower at worst';
const HEAP_END = 'behind the last place of the heap stands the timer that sinks, which is not before itself';

export const SURVIVORS: readonly Survivor[] = [
  { file: 'engine/ledger/amounts.ts', line: 'if (millionths === 0) return 0;', to: 'false', reason: SHORT_WAY },
  {
    file: 'engine/ledger/amounts.ts',
    line: 'const rate = millionths < 0 ? -millionths : millionths;',
    to: 'millionths <= 0',
    reason: 'a rate of 0 has been answered',
  },
  {
    file: 'engine/ledger/amounts.ts',
    line: 'return millionths < 0 ? 0 - fee : fee;',
    to: 'millionths <= 0',
    reason: 'a rate of 0 has been answered',
  },
  { file: 'engine/ledger/amounts.ts', line: 'if (part === whole) return amount;', to: 'false', reason: SHORT_WAY },
  {
    file: 'engine/ledger/amounts.ts',
    line: 'const size = amount < 0 ? -amount : amount;',
    to: 'amount <= 0',
    reason: OF_ZERO,
  },
  {
    file: 'engine/ledger/amounts.ts',
    line: 'return amount < 0 ? 0 - share : share;',
    to: 'amount <= 0',
    reason: OF_ZERO,
  },
  {
    file: 'engine/timers/timers.ts',
    line: 'return time === otherTime ? (this.entries[timer] as number) < (this.entries[other] as number) : time < otherTime;',
    to: '',
    reason: 'no two timers have one entry, and equal times have been looked at',
  },
  {
    file: 'engine/timers/timers.ts',
    line: 'while (place > 0) {',
    to: 'place >= 0',
    reason: 'above the first place there is none, and nothing is before that',
  },
  {
    file: 'engine/timers/timers.ts',
    line: 'if (below >= this.count) break;',
    to: 'below > this.count',
    reason: HEAP_END,
  },
  {
    file: 'engine/timers/timers.ts',
    line: 'if (below + 1 < this.count && this.isBefore(this.heap[below + 1] as number, this.heap[below] as number)) below++;',
    to: '',
    reason: HEAP_END,
  },
  {
    file: 'engine/book/account-orders.ts',
    line: 'if (last >= 0 && rows[((last & SLOT_MASK) << ROW_SHIFT) + ROW_INSTRUMENT] === instrument) return last;',
    to: '',
    reason: SHORT_WAY,
  },
  {
    file: 'engine/book/account-orders.ts',
    line: 'const sum = (Math.imul(account, this.ofAccount) + Math.imul(instrument, this.ofInstrument)) | 0;',
    to: '',
    reason: SPREAD,
  },
  {
    file: 'engine/book/id-index.ts',
    line: '(Math.imul(account, this.ofAccount) +',
    to: '',
    reason: SPREAD,
  },
  {
    file: 'engine/book/book.ts',
    line: 'if (best < 0 && window < 0) {',
    to: '',
    reason:
      'an empty side has no window; one that is not empty may take one earlier: found in it or in the tree, all the same',
  },
  {
    file: 'engine/book/book.ts',
    line: 'const offset = window < 0 ? -1 : (key - (windows.bases[window] as number)) >>> 0;',
    to: 'false',
    reason: 'the next line asks again whether there is a window',
  },
  {
    file: 'engine/book/book.ts',
    line: 'if (down >= 0) {',
    to: 'down > 0',
    reason: SHORT_WAY,
  },
  {
    file: 'engine/book/book.ts',
    line: 'if (base < key || (far >= 0 && (words[((far & LEVEL_MASK) << LEVEL_SHIFT) + LEVEL_KEY] as number) < base))',
    to: 'base <= key',
    reason: 'a key that is the base of the window is in it and does not come here',
  },
  {
    file: 'engine/book/far-levels.ts',
    line: 'if (heightOf(words, inner) > heightOf(words, words[leftAt + LEVEL_LEFT] as number)) {',
    to: 'false',
    reason: 'the next round turns it the other way: the tree is balanced behind it as well',
  },
  {
    file: 'engine/administration/bust.ts',
    line: 'if (sell === 0 ? position >= 0 : position <= 0) {',
    to: 'position > 0',
    reason: 'without a position the other branch closes nothing and opens the same',
  },
  {
    file: 'engine/money/holdings.ts',
    line: 'if (leaves !== 0) closeLots(state, slot, holdingOf(state, slot), leaves, 0);',
    to: 'true',
    reason: SHORT_WAY,
  },
  {
    file: 'engine/matching/iceberg.ts',
    line: 'const gone = quantity < hidden ? quantity : hidden;',
    to: 'quantity <= hidden',
    reason: 'equal ones are the same',
  },
  {
    file: 'engine/operations/phases.ts',
    line: 'for (let index = 0; index < operations.count; index++) {',
    to: 'index <= operations.count',
    reason: 'the row behind the last one is free, whatever stands in it',
  },
  {
    file: 'engine/money/check-limits.ts',
    line: 'if (open >= (accounts[accountAt + ACCOUNT_OPEN_ORDERS_MAX] as number) && slot < 0) return false;',
    to: 'true',
    reason: SHORT_WAY,
  },
  {
    file: 'engine/state/checks.ts',
    line: 'export function passesAtOnce(state: EngineState, words: Int32Array, from: number): boolean {',
    to: '{}',
    reason: SHORT_WAY,
  },
  {
    file: 'engine/state/checks.ts',
    line: 'if (instrument < 1 || instrument > state.registry.instrumentCount) return false;',
    to: 'instrument >= state.registry.instrumentCount',
    reason: SHORT_WAY,
  },
  { file: 'engine/money/money.ts', line: 'if (charged === 0) return;', to: 'false', reason: SHORT_WAY },
  {
    file: 'engine/money/check-limits.ts',
    line: 'const shared = other < 0 ? 0 : (state.orders[(other << ORDER_SHIFT) + ORDER_LEAVES] as number) >>> 0;',
    to: 'false',
    reason: 'before the first word there is none: it counts as 0',
  },
  {
    file: 'engine/money/holdings.ts',
    line: 'if ((state.holdingWords[((holding & HOLDING_MASK) << PAIR_SHIFT) + HOLDING_QUOTE_PURSE] as number) >= 0) {',
    to: 'true',
    reason: 'a purse before the first one is no word: what goes there is gone',
  },
  {
    file: 'engine/ledger/pair-index.ts',
    line: 'for (let row = 0; row < this.count; row++) {',
    to: 'false',
    reason: 'the loop of a checker: what it misses no order sees',
  },
  {
    file: 'engine/matching/sweep.ts',
    line: 'return price === NO_PRICE ? ANY_KEY : keyOf(side ^ 1, price);',
    to: 'false',
    reason: 'of no price keyOf makes the key below all others as well, on both sides',
  },
  {
    file: 'engine/matching/sweep.ts',
    line: 'words[rowAt + OPERATION_ACCOUNT] = orders[at + ORDER_ACCOUNT] as number;',
    to: 'rowAt - OPERATION_ACCOUNT',
    reason: 'of a sweep nobody asks for it, and the row before the scratch row is in use when all are',
  },
  {
    file: 'engine/money/check-limits.ts',
    line: 'quantity <= (sums[holdingAt + HOLDING_PLAIN_MAX] as number) &&',
    to: 'false',
    reason: SHORT_WAY,
  },
  {
    file: 'engine/money/moves.ts',
    line: 'const high = words[at + COMMAND_CLIENT_ORDER_ID + 1] as number;',
    to: 'at + COMMAND_CLIENT_ORDER_ID - 1',
    reason:
      'the upper half of a number of moves is 0 for four billion of them, and so is what lies before the first record',
  },
  {
    file: 'engine/matching/order-life.ts',
    line: 'for (let index = 0; index < operations.count; index++) {',
    to: 'index <= operations.count',
    reason: 'the row behind the last one is written anew before anybody reads it',
  },
];
