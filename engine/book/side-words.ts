/**
 * The record of one side of a book: 8 words. The side of an instrument is instrument × 2 (buys) or that + 1 (sells).
 * Any thread.
 *
 *   side:   0 best  1 worst  2 window  3 root of the tree  4 levels in the window  5 levels in the tree
 *           6 accesses to the tree since the last re-base    7 the queue of market orders      (-1: none)
 */

export const SIDE_SHIFT = 3;
/** Sides are below 2^26: an instrument's id is at most 2^24. */
export const SIDE_MASK = 0x3ffffff;
export const SIDE_BEST = 0;
export const SIDE_WORST = 1;
export const SIDE_WINDOW = 2;
export const SIDE_ROOT = 3;
export const SIDE_WINDOW_LEVELS = 4;
export const SIDE_FAR_LEVELS = 5;
export const SIDE_FAR_ACCESSES = 6;
export const SIDE_MARKET = 7;

/** Bytes that a side costs while it is idle. */
export const SIDE_BYTES = 4 << SIDE_SHIFT;
