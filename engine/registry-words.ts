/**
 * The records of the registry (registry.ts): what the words of an instrument, an account and a key mean.
 * Any thread.
 *
 *   instrument, 16 words:  0 shard  1 phase  2 lowest price  3 highest price  4 largest quantity  5 unit
 *                          6 reference price or NO_PRICE     7 operation in progress (0, 1)
 *                          8 length of the symbol, PREVENTS_IN_AUCTION    9 next in the chain of the symbol's hash
 *                         10 price of the last trade or NO_PRICE    11 reference price from outside or NO_PRICE
 *                         12 ticks that a price may be away from the reference price, 0: any number; BANDED: a dynamic band;
 *                            TICKED: a tick table
 *                         13 out of trading: KILLED_ALONE, KILLED_WITH_ALL  14, 15 base and quote asset, 0: it has no money
 *   account, 16 words:     0 account sequence   1 mass cancels of all instruments in progress   2 lanes
 *                          3 self-trade group or 0   4 open orders   5 out of trading by a kill switch (0, 1)
 *                          6 fee tier   7 largest quantity of an order or 0
 *                          8, 9 first and last of its rows + 1 (book/account-orders.ts)
 *                         10, 11 the holding found last and the newest one + 1 (ledger/ledger.ts)
 *                         12 open orders that it may have    13 it has a rate (0, 1)
 *                         14 the account that its group is known by: the first of the group, or itself
 *                         15 next such account in the chain of the group's hash
 *   key, 4 words:          0 account   1 rights   2 revoked (0, 1)        and 32 bytes of public key
 */

export const INSTRUMENT_SHIFT = 4;
/** Ids are at most 2^24, of accounts too. */
export const INSTRUMENT_MASK = 0x1ffffff;
export const INSTRUMENT_SHARD = 0;
export const INSTRUMENT_PHASE = 1;
export const INSTRUMENT_PRICE_MIN = 2;
export const INSTRUMENT_PRICE_MAX = 3;
export const INSTRUMENT_QUANTITY_MAX = 4;
export const INSTRUMENT_UNIT = 5;
export const INSTRUMENT_REFERENCE = 6;
export const INSTRUMENT_IN_PROGRESS = 7;
export const INSTRUMENT_SYMBOL_BYTES = 8;
/** A bit of INSTRUMENT_SYMBOL_BYTES: own orders of an auction do not trade with each other. */
export const PREVENTS_IN_AUCTION = 1 << 8;
export const INSTRUMENT_CHAIN_NEXT = 9;
export const INSTRUMENT_LAST = 10;
export const INSTRUMENT_TRACKED = 11;
export const INSTRUMENT_STATIC_BAND = 12;
/** A bit of INSTRUMENT_STATIC_BAND: how far orders trade is bounded (matching/bands.ts). */
export const BANDED = 1 << 30;
/** A bit of INSTRUMENT_STATIC_BAND, so that plain orders look at one word for both: the instrument has a tick table. */
export const TICKED = 1 << 31;
export const INSTRUMENT_KILLED = 13;
/** Bits of INSTRUMENT_KILLED: by its own switch, by that of the shard. */
export const KILLED_ALONE = 1;
export const KILLED_WITH_ALL = 2;
export const INSTRUMENT_BASE_ASSET = 14;
export const INSTRUMENT_QUOTE_ASSET = 15;

export const ACCOUNT_SHIFT = 4;
export const ACCOUNT_MASK = 0x1ffffff;
export const ACCOUNT_SEQUENCE = 0;
export const ACCOUNT_MASS_CANCELS = 1;
export const ACCOUNT_LANES = 2;
/** Words of an account that mean something by themselves; those behind them say where its orders are found. */
export const ACCOUNT_WORDS = 8;
export const ACCOUNT_SELF_TRADE_GROUP = 3;
export const ACCOUNT_OPEN_ORDERS = 4;
export const ACCOUNT_KILLED = 5;
export const ACCOUNT_FEE_TIER = 6;
export const ACCOUNT_QUANTITY_MAX = 7;
export const ACCOUNT_FIRST_ROW = 8;
export const ACCOUNT_LAST_ROW = 9;
export const ACCOUNT_RECENT_HOLDING = 10;
export const ACCOUNT_NEWEST_HOLDING = 11;
export const ACCOUNT_OPEN_ORDERS_MAX = 12;
export const ACCOUNT_RATED = 13;
export const ACCOUNT_OWNER = 14;
export const ACCOUNT_CHAIN_NEXT = 15;

export const KEY_SHIFT = 2;
export const KEY_ACCOUNT = 0;
export const KEY_RIGHTS = 1;
export const KEY_REVOKED = 2;

/** A tick table: TICK_ROWS times the lowest price of a row and its tick; a tick of 0 ends it. */
export const TICKS_SHIFT = 5;
export const TICK_ROWS = 16;

/**
 * A dynamic band: its ticks, whether a volatility auction starts at it (0, 1), and the price from which they count with the
 * number of the command for which it was frozen.
 */
export const BAND_SHIFT = 3;
export const BAND_TICKS = 0;
export const BAND_AUCTION = 1;
export const BAND_REFERENCE = 2;
export const BAND_COMMAND_LOW = 3;
export const BAND_COMMAND_HIGH = 4;

export const SYMBOL_BYTES = 32;
export const PUBLIC_KEY_BYTES = 32;
export const ASSET_BYTES = 16;

/** Bytes that an instrument costs here; the two sides of its book and its admin record come on top. */
export const REGISTRY_BYTES_PER_INSTRUMENT =
  (4 << INSTRUMENT_SHIFT) + (4 << TICKS_SHIFT) + (4 << BAND_SHIFT) + SYMBOL_BYTES + 8;
