/**
 * The record of one order: 16 words, which is one cache line, and what its flags say. order-pool.ts holds them.
 * Any thread.
 *
 *   word  0 price      1 leaves         2 cumulative       3 flags
 *         4 account    5 instrument     6, 7 client order id
 *         8 session    9 generation    10 level (or NOT_RESTING, FREE, WAITING)
 *        11 previous  12 next           in the level's queue; `next` links the free slots; `previous` of a stop that
 *                                       waits is its node (engine/stops)
 *        13 previous  14 next           among the account's orders in the instrument
 *        15 next in the chain of the client order id
 */

export const ORDER_SHIFT = 4;
/** Slots are below 2^24 (MOST_ORDERS in limits.ts); said where one becomes an index, it spares checks (decision 0008). */
export const SLOT_MASK = 0xffffff;
export const ORDER_PRICE = 0;
export const ORDER_LEAVES = 1;
export const ORDER_CUMULATIVE = 2;
export const ORDER_FLAGS = 3;
export const ORDER_ACCOUNT = 4;
export const ORDER_INSTRUMENT = 5;
export const ORDER_CLIENT_LOW = 6;
export const ORDER_CLIENT_HIGH = 7;
export const ORDER_SESSION = 8;
export const ORDER_GENERATION = 9;
export const ORDER_LEVEL = 10;
export const ORDER_PREVIOUS = 11;
export const ORDER_STOP = 11;
export const ORDER_NEXT = 12;
export const ORDER_ACCOUNT_PREVIOUS = 13;
export const ORDER_ACCOUNT_NEXT = 14;
export const ORDER_CHAIN_NEXT = 15;

/** Bits of the flags word. The side lies where an event's kind word has it. */
export const FLAG_TIME_IN_FORCE = 3;
export const FLAG_MARKET_SHIFT = 2;
export const FLAG_MARKET = 1 << FLAG_MARKET_SHIFT;
export const FLAG_POST_ONLY = 1 << 3;
/**
 * The order is in a list of its account's (account-orders.ts) and counts among what that has open (matching/holdings.ts): not
 * before it rests, waits for its trigger or for a Continue.
 */
export const FLAG_LISTED_SHIFT = 4;
export const FLAG_LISTED = 1 << FLAG_LISTED_SHIFT;
/** A leg of one-cancels-other whose other leg lives, too (EngineState.legs). */
export const FLAG_LEG = 1 << 11;
/** Nothing of it is open any more, and it goes with the next event but one: the other leg was filled or triggered. */
export const FLAG_CLOSED = 1 << 14;
/** SelfTrade in three bits. */
export const SELF_TRADE_SHIFT = 5;
export const SELF_TRADE_MASK = 7;
export const FLAG_SELF_TRADE = SELF_TRADE_MASK << SELF_TRADE_SHIFT;
export const FLAG_SELL_SHIFT = 8;
export const FLAG_SELL = 1 << FLAG_SELL_SHIFT;
/**
 * Of a limit order: it has a hidden part (special-pool.ts). Of a market order: what is left of it in an auction becomes a
 * limit order (market-to-limit).
 */
export const FLAG_SPECIAL = 1 << 9;
/** Good-till-date, besides good-till-cancel: it has a timer (engine/timers), until that was due. */
export const FLAG_EXPIRES = 1 << 10;

/** It came to rest where nothing matches: in an auction an uncross may want to know when (state/auction-owners.ts). */
export const FLAG_AGED = 1 << 12;

/** `level` of an order that is being matched, of a free slot, and of a stop that waits for its trigger. */
export const NOT_RESTING = -1;
export const FREE = -2;
export const WAITING = -3;
