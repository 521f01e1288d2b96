/**
 * What the worker of a page hands to the page's thread: one buffer of doubles, which travels there and back and is never
 * copied. Any thread. It belongs to whoever has it; only one buffer exists, so at most one message is under way.
 *
 *   0 ticks  1 trades on the tape  2 slot of the tape, -1: not in here  3 trades that were ever on it
 *   4 columns of history that are due
 *   5 ...    ticks: TICK_DOUBLES each   | slot | LAST ... IMBALANCE, as below |
 *   then     tape, newest first: TAPE_DOUBLES each   | TAPE_TIME_US TAPE_PRICE TAPE_QUANTITY TAPE_SIDE TAPE_ID TAPE_CHANGE |
 *
 * A slot is the place of an instrument in the tables of both threads, by its order of appearance. Prices are ticks,
 * quantities lots, as on the wire; NaN: there is none.
 */

export const TICK_COUNT = 0;
export const TAPE_COUNT = 1;
export const TAPE_SLOT = 2;
/** Names each trade of a tape: the newest is this minus one, and so on. */
export const TAPE_TOTAL = 3;
export const COLUMN_COUNT = 4;
export const HEADER_DOUBLES = 5;

/** Fields of an instrument, behind its slot in a tick, and side by side in a table. */
export const LAST = 0;
export const BID = 1;
export const BID_QUANTITY = 2;
export const ASK = 3;
export const ASK_QUANTITY = 4;
/** Trades and lots since the page was opened. */
export const TRADES = 5;
export const VOLUME = 6;
/** Of the last change of LAST: 1 up, -1 down, 0 none yet. */
export const DIRECTION = 7;
/** What an auction would come to now: a price, lots that would trade, buys minus sells at the price. */
export const AUCTION_PRICE = 8;
export const AUCTION_VOLUME = 9;
export const IMBALANCE = 10;
export const FIELDS = 11;
export const TICK_DOUBLES = 1 + FIELDS;

export const TAPE_TIME_US = 0;
export const TAPE_PRICE = 1;
export const TAPE_QUANTITY = 2;
/** 1: a buyer took it, -1: a seller, 0: an auction. */
export const TAPE_SIDE = 3;
/** Rises from trade to trade of an instrument. */
export const TAPE_ID = 4;
/** What became of it: 0 nothing, VOID or CORRECTED. It happens once. */
export const TAPE_CHANGE = 5;
export const TAPE_DOUBLES = 6;
export const VOID = 1;
export const CORRECTED = 2;
/** Trades of an instrument that are kept to be shown. */
export const TAPE_LENGTH = 48;

/** What a message of so many ticks needs. */
export function messageBytes(ticks: number): number {
  return 8 * (HEADER_DOUBLES + ticks * TICK_DOUBLES + TAPE_LENGTH * TAPE_DOUBLES);
}

/** A row of fields in which nothing has happened. */
export function clearFields(values: Float64Array, at: number): void {
  values.fill(Number.NaN, at, at + FIELDS);
  values[at + TRADES] = 0;
  values[at + VOLUME] = 0;
  values[at + DIRECTION] = 0;
}
