/**
 * What the words and numbers of the ledger mean (ledger.ts). Any thread.
 *
 *   holding   an account's in an instrument: 8 words, of which 3 and 4 are its base and quote purse or -1 and 5 the account's
 *             next older holding + 1; and 16 doubles:
 *             0 position   1 cost   2 realised profit   3 open buys   4 open sells
 *             and, so that one look at it is enough, copies of its instrument's terms and its account's limits (Infinity: none):
 *             5 largest amount of a lot   6 unit   7 base unit   8 fee cap
 *             9 order quantity, -1: the account is killed   10 order notional   11 position
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
/** Numbers of a holding that are its own; behind them are copies. */
export const HOLDING_OWN = 5;
export const HOLDING_LOT = 5;
export const HOLDING_UNIT = 6;
export const HOLDING_BASE_UNIT = 7;
export const HOLDING_FEE_CAP = 8;
export const HOLDING_QUANTITY_MAX = 9;
export const HOLDING_NOTIONAL_MAX = 10;
export const HOLDING_POSITION_MAX = 11;

export const PURSE_SHIFT = 1;
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
