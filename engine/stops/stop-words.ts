/**
 * What the words of a waiting stop and of an instrument's stops mean (stop-pool.ts holds them). Any thread.
 *
 *   stop, 8 words:         0 slot of its order     1 key: its trigger, so that a larger one comes first
 *                          2 largest key below it, itself included
 *                          3 left                  4 right       in its tree; in the queue: the one before, the one behind
 *                          5 group                 6 place (TREE, QUEUE, ASIDE)   7 priority in the tree
 *   entries:               a double a stop: its place in time among all stops of the shard
 *   instrument, 16 words:  0-7 roots of its trees + 1 (0: none): buys by no, last, touch, reference; sells the same
 *                          8 stops that wait       9, 10 first and last of the queue + 1
 *                          11 trades were made that nothing has looked at   12, 13 lowest and highest of them
 */

export const STOP_SHIFT = 3;
export const STOP_SLOT = 0;
export const STOP_KEY = 1;
export const STOP_MOST = 2;
export const STOP_LEFT = 3;
export const STOP_RIGHT = 4;
export const STOP_GROUP = 5;
export const STOP_PLACE = 6;
export const STOP_PRIORITY = 7;

/** It waits for its trigger; it was triggered and waits for its turn; it was, but its account's mass cancel will come to it. */
export const PLACE_TREE = 1;
export const PLACE_QUEUE = 2;
export const PLACE_ASIDE = 3;

/** A group: the stops of one side and trigger in an instrument. Of a group: side << 2 | trigger. */
export const GROUP_SHIFT = 3;
export const GROUP_MASK = 7;

export const WATCH_SHIFT = 4;
export const WATCH_ROOTS = 0;
export const WATCH_STOPS = 8;
export const WATCH_QUEUE_FIRST = 9;
export const WATCH_QUEUE_LAST = 10;
export const WATCH_TRADED = 11;
export const WATCH_LOW = 12;
export const WATCH_HIGH = 13;
/** Words that mean something by themselves: the roots are where the stops happen to lie. */
export const WATCH_HASHED = [WATCH_STOPS, WATCH_TRADED, WATCH_LOW, WATCH_HIGH] as const;
