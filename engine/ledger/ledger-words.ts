/**
 * What the words and numbers of the ledger mean (ledger.ts). Any thread.
 *
 *   holding   an account's in an instrument: 8 words, of which 3 and 4 are its base and quote purse or -1 and 5 the account's
 *             next older holding + 1; and 16 doubles:
 *             0 position   1 cost   2 realised profit   3 open buys   4 open sells
 *             and, so that one look at it is enough, what follows from these, from its instrument and from its account:
 *             5, 6 open buys and sells that surely pass the limits of position and ledger   7 order quantity that passes with no
 *             more to look at   8, 9 amount a tick, 10, 11 amount beside that   12, 13 fee cap, each of what a lot of a buy and of a sell reserves
 *             14 largest amount of a lot   15 order quantity that surely passes
 *   purse     an account's of an asset: 8 words, and 2 doubles: 0 available   1 reserved
 *   account   8 doubles: 0 order notional   1 position   2 rate   3 burst   4 tokens   5 time of the last look; what it has in
 *             words is in registry-words.ts
 *   instrument   4 doubles: 0 largest amount of a lot   1 unit   2 base unit   3 fee cap
 *   fees      4 words a tier of an instrument: 0 maker   1 taker   2 auction
 */

export const HOLDING_BASE_PURSE = 3;
export const HOLDING_QUOTE_PURSE = 4;
export const HOLDING_OLDER = 5;
export const HOLDING_SHIFT = 4;
/** Rows are below 2^21 (limits.ts); said where one becomes an index, it spares checks (decision 0008). */
export const HOLDING_MASK = 0x1fffff;
export const HOLDING_POSITION = 0;
export const HOLDING_COST = 1;
export const HOLDING_REALISED = 2;
/** Of a sell one more. */
export const HOLDING_OPEN = 3;
/** Numbers of a holding that are its own; what is behind them follows from others. */
export const HOLDING_OWN = 5;
/**
 * Open lots of a buy, of a sell one more. With so much open on both sides, position and ledger are within their bounds,
 * whatever trades: a fill takes its lots off. Below what is open, or -1: the next order is looked at closely.
 */
export const HOLDING_CAP = 5;
/** Lots of an order that are within the limits of quantity and notional at any price; -1: the account is killed. */
export const HOLDING_ORDER_MAX = 15;
/** The same where there is no more to look at than lots; -1: there is a rate, a limit of open orders, or money. */
export const HOLDING_PLAIN_MAX = 7;
/** By side, a sell's one more: a lot reserves price × HOLDING_UNIT + HOLDING_FIXED, and a fee of at most HOLDING_FEE_CAP. */
export const HOLDING_UNIT = 8;
export const HOLDING_FIXED = 10;
export const HOLDING_BASE_UNIT = 11;
export const HOLDING_FEE_CAP = 12;
export const HOLDING_LOT = 14;

export const PURSE_SHIFT = 1;
/** Rows are below 2^21, too. */
export const PURSE_MASK = 0x1fffff;
export const PURSE_AVAILABLE = 0;
export const PURSE_RESERVED = 1;

export const LIMIT_SHIFT = 3;
export const LIMIT_NOTIONAL = 0;
export const LIMIT_POSITION = 1;
export const LIMIT_RATE = 2;
export const LIMIT_BURST = 3;
export const LIMIT_TOKENS = 4;
export const LIMIT_TIME = 5;

export const WORTH_SHIFT = 2;
export const WORTH_LOT = 0;
export const WORTH_UNIT = 1;
export const WORTH_BASE_UNIT = 2;
export const WORTH_FEE_CAP = 3;

/** Fees of an instrument and tier lie at ((instrument << FEE_TIER_SHIFT) + tier) << FEE_SHIFT. */
export const FEE_TIER_SHIFT = 3;
export const FEE_SHIFT = 2;
export const FEE_MAKER = 0;
export const FEE_TAKER = 1;
export const FEE_AUCTION = 2;

/** Tokens are counted in millionths: a rate a second times microseconds. */
export const TOKEN = 1_000_000;
/** Sums of a holding stay below: its amounts, and its lots. */
export const MOST_LEDGER = 2 ** 52;
export const MOST_LOTS = 2 ** 36;

/** What the last look at the money of a command found: of so many lots, what they reserve. */
export const CHECKED_LOTS = 0;
export const CHECKED_AMOUNT = 1;
