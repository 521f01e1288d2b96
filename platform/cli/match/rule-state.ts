/**
 * What a rule table may say of the venue's state behind `=`. A new kind of state is a new row of STATES. Any thread.
 *
 *   = book ACME buy 5 @ 100, 8 @ 99 x2     total at each price, best first; x2: so many orders
 *   = book ACME sell empty                 = book ACME empty: both sides
 *   = phase ACME Halted
 *   = purse alice EUR 900 reserved=100    = purse venue EUR none
 *   = holding alice ACME 5 cost=500 realised=20 buys=5     lots, and only what it says besides
 */

import type { BookLevel } from './match-engine.js';
import { LineError, suggestion } from './match-line.js';
import type { MatchVenue } from './match-venue.js';

/** Both as text in the same words: equal when it holds. */
export interface StateTexts {
  readonly expected: string;
  readonly came: string;
}

const STATES: Readonly<Record<string, (venue: MatchVenue, words: readonly string[]) => StateTexts>> = {
  book: bookState,
  phase: phaseState,
  purse: purseState,
  holding: holdingState,
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

/** reserved is 0 where the table does not say it. */
function purseState(venue: MatchVenue, words: readonly string[]): StateTexts {
  const [whose = '', named = '', ...amounts] = words;
  const account = accountNamed(venue, whose);
  const asset = venue.assetNumber(named);
  if (asset === undefined) throw new LineError(`No line before has added an asset ${named}.`);
  const purse = venue.purse(account, asset);
  const came = purse === null ? 'none' : `${purse.available}${saidOf({ reserved: purse.reserved })}`;
  return { expected: `${whose} ${named} ${amounts.join(' ')}`, came: `${whose} ${named} ${came}` };
}

function holdingState(venue: MatchVenue, words: readonly string[]): StateTexts {
  const [whose = '', ...behind] = words;
  const { instrument, symbol, rest } = instrumentFirst(venue, behind);
  const holding = venue.holding(accountNamed(venue, whose), instrument);
  const expected = `${whose} ${symbol} ${rest.join(' ')}`;
  if (holding === null) return { expected, came: `${whose} ${symbol} none` };
  const { position, cost, realised, openBuys, openSells } = holding;
  const more: Readonly<Record<string, number>> = { cost, realised, buys: openBuys, sells: openSells };
  const asked = rest.slice(1).map((word) => word.split('=')[0] ?? '');
  for (const name of asked) {
    if (more[name] === undefined) {
      throw new LineError(`A holding has no ${name}: ${suggestion(name, Object.keys(more))}`);
    }
  }
  const came = asked.map((name) => ` ${name}=${more[name]}`).join('');
  return { expected, came: `${whose} ${symbol} ${position}${came}` };
}

function accountNamed(venue: MatchVenue, name: string): number {
  const account = venue.accountNumber(name);
  if (account !== undefined) return account;
  throw new LineError(`No line before has an account ${name}.`);
}

/** What is not 0. */
function saidOf(amounts: Readonly<Record<string, number>>): string {
  return Object.entries(amounts)
    .map(([name, amount]) => (amount === 0 ? '' : ` ${name}=${amount}`))
    .join('');
}
