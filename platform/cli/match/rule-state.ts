/**
 * What a rule table may say of the venue's state behind `=`. A new kind of state is a new row of STATES. Any thread.
 *
 *   = book ACME buy 5 @ 100, 8 @ 99 x2     total at each price, best first; x2: so many orders
 *   = book ACME sell empty                 = book ACME empty: both sides
 *   = phase ACME Halted
 */

import { LineError, suggestion } from './match-line.js';
import type { BookLevel, MatchVenue } from './match-venue.js';

/** Both as text in the same words: equal when it holds. */
export interface StateTexts {
  readonly expected: string;
  readonly came: string;
}

const STATES: Readonly<Record<string, (venue: MatchVenue, words: readonly string[]) => StateTexts>> = {
  book: bookState,
  phase: phaseState,
};

/** Looks at what the words name. Throws a LineError. */
export function stateOf(venue: MatchVenue, words: readonly string[]): StateTexts {
  const [name = '', ...rest] = words;
  const look = STATES[name];
  if (look === undefined) throw new LineError(`There is no state ${name}: ${suggestion(name, Object.keys(STATES))}`);
  const texts = look(venue, rest);
  return { expected: `${name} ${texts.expected}`, came: `${name} ${texts.came}` };
}

/** The instrument that the first word names, by default the first one, and the words behind it. */
function instrumentFirst(
  venue: MatchVenue,
  words: readonly string[],
): { instrument: number; symbol: string; rest: readonly string[] } {
  const [first = '', ...rest] = words;
  const named = venue.instrumentNumber(first);
  const instrument = named ?? 1;
  if (!venue.hasInstrument(instrument)) throw new LineError('No line before has added an instrument.');
  return { instrument, symbol: venue.instrumentName(instrument), rest: named === undefined ? words : rest };
}

function phaseState(venue: MatchVenue, words: readonly string[]): StateTexts {
  const { instrument, symbol, rest } = instrumentFirst(venue, words);
  return { expected: `${symbol} ${rest.join(' ')}`, came: `${symbol} ${venue.phaseName(instrument)}` };
}

function bookState(venue: MatchVenue, words: readonly string[]): StateTexts {
  const { instrument, symbol, rest } = instrumentFirst(venue, words);
  const [side = '', ...levels] = rest;
  if (side === 'empty' && levels.length === 0) {
    const both = [...venue.levels(instrument, 'Buy'), ...venue.levels(instrument, 'Sell')];
    return { expected: `${symbol} empty`, came: `${symbol} ${bookText(both, [])}` };
  }
  if (side !== 'buy' && side !== 'sell') {
    throw new LineError('A book is like this: = book ACME buy 5 @ 100, 8 @ 99, or sell, or empty.');
  }
  const expected = levels.join(' ') === 'empty' ? [] : expectedLevels(levels);
  const came = venue.levels(instrument, side === 'buy' ? 'Buy' : 'Sell');
  const withOrders = expected.map(({ orders }) => orders > 0);
  return {
    expected: `${symbol} ${side} ${bookText(expected, withOrders)}`,
    came: `${symbol} ${side} ${bookText(came, withOrders)}`,
  };
}

function bookText(levels: readonly BookLevel[], withOrders: readonly boolean[]): string {
  if (levels.length === 0) return 'empty';
  return levels
    .map(({ price, quantity, orders }, at) => `${quantity} @ ${price}${withOrders[at] === true ? ` x${orders}` : ''}`)
    .join(', ');
}

/** Orders are 0 where the table does not say how many. */
function expectedLevels(words: readonly string[]): BookLevel[] {
  return words
    .join(' ')
    .split(' , ')
    .map((text) => {
      const [, quantity, price, orders] = /^(\d+) @ (-?\d+)(?: x([1-9]\d*))?$/.exec(text) ?? [];
      if (quantity === undefined) throw new LineError(`A level is like 5 @ 100 or 5 @ 100 x2; it is ${text}.`);
      return { price: Number(price), quantity: Number(quantity), orders: Number(orders ?? 0) };
    });
}
