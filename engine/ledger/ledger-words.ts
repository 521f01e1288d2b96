/**
 * What the words and numbers of the ledger mean (ledger.ts). Any thread.
 *
 *   holding   an account's in an instrument: 8 words, of which 3 and 4 are its base and quote purse or -1, and 8 doubles:
 *             0 position   1 cost   2 realised profit   3 open buys   4 open sells
 *   purse     an account's of an asset: 8 words, and 2 doubles: 0 available   1 reserved
 *   account   8 doubles: its limits, Infinity for none: 0 order quantity (-1: it is killed, so that one comparison shows
 *             both)  1 order notional  2 open orders  3 position  4 rate, 0: none  5 burst  6 tokens  7 time of the last look
 *             and 4 words: 0 open orders  1 killed  2 fee tier  3 its order quantity limit as it was set, 0: none
 *   instrument   4 doubles: 0 largest amount of one lot  1 unit  2 base unit  3 fee cap
 *   fees      4 words a tier of an instrument: 0 maker   1 taker   2 auction
 */

export const HOLDING_BASE_PURSE = 3;
export const HOLDING_QUOTE_PURSE = 4;
export const HOLDING_SHIFT = 3;
export const HOLDING_POSITION = 0;
export const HOLDING_COST = 1;
export const HOLDING_REALISED = 2;
/** Of a sell one more. */
export const HOLDING_OPEN = 3;

export const PURSE_SHIFT = 1;
export const PURSE_AVAILABLE = 0;
export const PURSE_RESERVED = 1;

export const LIMIT_SHIFT = 3;
export const LIMIT_QUANTITY = 0;
export const LIMIT_NOTIONAL = 1;
export const LIMIT_ORDERS = 2;
export const LIMIT_POSITION = 3;
export const LIMIT_RATE = 4;
export const LIMIT_BURST = 5;
export const LIMIT_TOKENS = 6;
export const LIMIT_TIME = 7;

export const STANDING_SHIFT = 2;
export const STANDING_ORDERS = 0;
export const STANDING_KILLED = 1;
export const STANDING_TIER = 2;
export const STANDING_QUANTITY = 3;

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
