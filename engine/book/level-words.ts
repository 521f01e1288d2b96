/**
 * The record of one price level: 16 words. level-pool.ts holds them.
 * Any thread. A level is ordered by its key: the price for buys, minus the price for sells, so that a larger key is a
 * better one on either side (prices are above -2^31, so minus never overflows).
 *
 *   word  0 key   1 orders   2, 3 total (a double: exact, for limits.ts bounds the sum of all quantities)
 *         4 head  5 tail     first and last order of the queue
 *         6 better  7 worse  neighbours in the side's sorted list; `worse` links the free slots
 *         8 left  9 right  10 parent  11 height   in the side's tree of far levels
 *        12 side (instrument × 2 + side)   13 place   14, 15 hidden part of the total (a double as well)
 */

export const LEVEL_SHIFT = 4;
/** Levels are below 2^21 (MOST_LEVELS in limits.ts). */
export const LEVEL_MASK = 0x1fffff;
export const LEVEL_KEY = 0;
export const LEVEL_ORDERS = 1;
export const LEVEL_HEAD = 4;
export const LEVEL_TAIL = 5;
export const LEVEL_BETTER = 6;
export const LEVEL_WORSE = 7;
export const LEVEL_LEFT = 8;
export const LEVEL_RIGHT = 9;
export const LEVEL_PARENT = 10;
export const LEVEL_HEIGHT = 11;
export const LEVEL_SIDE = 12;
export const LEVEL_PLACE = 13;

/** Index of a level's total in `totals` is (level << TOTAL_SHIFT) + TOTAL. */
export const TOTAL_SHIFT = 3;
export const TOTAL = 1;
/** So much of the total is hidden. */
export const HIDDEN = 7;

/** Where a level is found by its price. */
export const PLACE_FREE = 0;
export const PLACE_WINDOW = 1;
export const PLACE_TREE = 2;
/** The queue of market orders that rest in an auction: it has no price and is in no list. */
export const PLACE_MARKET = 3;
/** For the length of a re-base only. */
export const PLACE_MOVING = 4;
