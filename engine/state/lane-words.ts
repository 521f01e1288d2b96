/**
 * The records of lanes and of their kept answers (lanes.ts).
 * Any thread.
 *
 *   lane, 16 words:    0 account  1 number  2 last incarnation  3 open (0, 1)  4 answers kept  5 oldest of them
 *                      6 next in the chain of (account, number)   7 next in the chain of the open incarnation
 *                      8 cancels on disconnect (0, 1)   9 after so many seconds
 *   marks:             a double a lane, the largest counter that was used
 *   answer, 17 words:  0, 1 counter  2 kind, bits, reason  3, 4 order id  5 instrument  6 price  7 quantity
 *                      8 cumulative  9, 10 client order id  11, 12 amount  13, 14 related id  15 leaves  16 displayed
 *                      of an Accepted only the words up to the quantity are written, of a Cancelled those up to the
 *                      lower half of the amount: the rest follows from them (LaneTable.recall), and most answers are these two
 *                      a ring of `laneAnswers` a lane; counters rise, so it is sorted and searched by halves
 */

export const LANE_SHIFT = 4;
/** Lanes are below 2^16. */
export const LANE_MASK = 0xffff;
export const LANE_ACCOUNT = 0;
export const LANE_NUMBER = 1;
export const LANE_INCARNATION = 2;
export const LANE_OPEN = 3;
export const LANE_ANSWERS = 4;
export const LANE_OLDEST = 5;
export const LANE_CHAIN_NEXT = 6;
export const LANE_OPEN_NEXT = 7;
export const LANE_CANCELS = 8;
export const LANE_GRACE = 9;

export const ANSWER_WORDS = 17;
export const ANSWER_KIND_WORD = 2;
export const ANSWER_ORDER_ID = 3;
export const ANSWER_INSTRUMENT = 5;
export const ANSWER_PRICE = 6;
export const ANSWER_QUANTITY = 7;
export const ANSWER_CUMULATIVE = 8;
export const ANSWER_CLIENT_ORDER_ID = 9;
export const ANSWER_AMOUNT = 11;
export const ANSWER_RELATED_ID = 13;
export const ANSWER_LEAVES = 15;
export const ANSWER_DISPLAYED = 16;
