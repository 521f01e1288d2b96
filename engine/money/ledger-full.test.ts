/**
 * The ledger's edge, which no sequence of orders comes near: whatever of a holding is large, the next order is refused, and
 * one lot or one unit below the edge it is not.
 */
import t from 'tap';
import { CommandKind, Reason, Side } from '../../schemas/codes.js';
import { EVENT_KIND_WORD, EVENT_WORDS } from '../../schemas/layout.js';
import {
  HOLDING_COST,
  HOLDING_LOT,
  HOLDING_OPEN,
  HOLDING_POSITION,
  HOLDING_REALISED,
  HOLDING_SHIFT,
  MOST_LEDGER,
  MOST_LOTS,
} from '../ledger/ledger-words.js';
import { commandWords, MadeEngine } from '../made-engine.js';

const QUANTITY = 5;

/** An engine whose account 1 has a holding, nothing open and no position; where the holding begins. */
function withHolding(): { made: MadeEngine; at: number } {
  const made = new MadeEngine();
  made.buy(1, 100);
  made.send(CommandKind.Cancel, { targetCounter: 1 });
  return { made, at: made.engine.state.ledger.findHolding(1, 1) << HOLDING_SHIFT };
}

/** Why an order of this side is refused; None when it is not. */
function refusalOf(made: MadeEngine, side: Side, counter: number): string | undefined {
  const words = commandWords(
    CommandKind.New,
    { side, price: side === Side.Buy ? 10 : 90, quantity: QUANTITY },
    counter,
  );
  // No walk through the state: it would find what is put there.
  made.engine.apply(words, 0, 1);
  return Reason[(made.events[EVENT_WORDS + EVENT_KIND_WORD] ?? 0) >>> 16];
}

for (const side of [Side.Buy, Side.Sell]) {
  const towards = side === Side.Buy ? -1 : 1;
  const words: readonly (readonly [what: string, word: number, most: (lot: number) => number])[] = [
    ['what is open on its own side', HOLDING_OPEN + side, (lot) => edge(lot)],
    ['what is open on the other side', HOLDING_OPEN + 1 - side, (lot) => edge(lot)],
    ['a position the other way', HOLDING_POSITION, () => (MOST_LOTS - QUANTITY) * towards],
    ['a cost', HOLDING_COST, (lot) => MOST_LEDGER - QUANTITY * lot],
    ['a cost below 0', HOLDING_COST, (lot) => QUANTITY * lot - MOST_LEDGER],
    ['a profit', HOLDING_REALISED, (lot) => MOST_LEDGER - QUANTITY * lot],
    ['a loss', HOLDING_REALISED, (lot) => QUANTITY * lot - MOST_LEDGER],
  ];
  for (const [what, word, most] of words) {
    t.test(`rule 7.14: a ${Side[side]} is refused when ${what} is one too large`, async (t) => {
      const { made, at } = withHolding();
      const sums = made.engine.state.holdingSums;
      const lot = sums[at + HOLDING_LOT] ?? 0;
      const last = most(lot);
      sums[at + word] = last + Math.sign(last);
      t.equal(refusalOf(made, side, 50), 'LedgerFull');
      sums[at + word] = last;
      t.equal(refusalOf(made, side, 51), 'None');
    });
  }
}

/** Lots that may be open besides, by whichever bound comes first. */
function edge(lot: number): number {
  return Math.min(MOST_LOTS, Math.floor(MOST_LEDGER / lot)) - QUANTITY;
}
