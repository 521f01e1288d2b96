/**
 * What the words of a waiting stop and of an instrument's stops mean (stop-pool.ts holds them). Any thread.
 *
 *   stop, 8 words:         0 slot of its order     1 key: its trigger, so that a larger one comes first
 *                          2 largest key below it, itself included
 *                          3 left                  4 right       in its tree; in the queue: the one before, the one behind
 *                          5 group                 6 place (TREE, QUEUE, ASIDE, RAISED)   7 priority in the tree
 *   trail, 4 words a stop, of those that trail only:
 *                          0 distance              1 extreme: the most favourable price seen, as a key; NEVER: none yet
 *                          2 least distance below it, itself included
 *   entries:               a double a stop: its place in time among all stops of the shard
 *   instrument, 32 words:  0-15 roots of its trees + 1 (0: none): buys by no, last, touch, reference; then those that
 *                          trail; sells the same     16-23 what all stops of a tree that trails have reached, by side and
 *                          trigger                   24 stops that wait      25 of those, stops that trail
 *                          26, 27 first and last of the queue + 1            28 trades were made that nothing has looked at
 *                          29, 30 lowest and highest of them                 31 the first of them
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
/** As PLACE_TREE, and all that stand below it in the tree have its extreme, but do not say so yet. */
export const PLACE_RAISED = 4;

export const TRAIL_SHIFT = 2;
export const TRAIL_DISTANCE = 0;
export const TRAIL_EXTREME = 1;
export const TRAIL_LEAST = 2;
/** Below every price as a key: the extreme of a stop that has seen none, and the key of one that nothing triggers. */
export const NEVER = -0x80000000;

/** A group: the stops of one side and trigger in an instrument, those that trail apart: side << 3 | trails << 2 | trigger. */
export const GROUP_SHIFT = 4;
export const GROUP_MASK = 15;
export const GROUP_SELL = 8;
export const GROUP_TRAILS = 4;
export const GROUP_TRIGGER = 3;

export const WATCH_SHIFT = 5;
export const WATCH_ROOTS = 0;
export const WATCH_REACHED = 16;
export const WATCH_STOPS = 24;
export const WATCH_TRAILING = 25;
export const WATCH_QUEUE_FIRST = 26;
export const WATCH_QUEUE_LAST = 27;
export const WATCH_TRADED = 28;
export const WATCH_LOW = 29;
export const WATCH_HIGH = 30;
export const WATCH_FIRST = 31;
/** Words that mean something by themselves: the roots are where the stops happen to lie. */
export const WATCH_HASHED = [WATCH_STOPS, WATCH_TRADED, WATCH_LOW, WATCH_HIGH, WATCH_FIRST] as const;
