/**
 * Stops that wait for their trigger: for each instrument, side and kind of trigger one tree, in order of entry, which knows
 * the largest key below each node. So the next one to be triggered is found, added and taken out in O(log n), and whether
 * there is any is one look at the root. Those that were triggered and wait for their turn stand in a queue of the
 * instrument's.
 * The shard's thread. A tree is balanced by priorities from a secret seed (a treap); no result depends on them.
 *
 *   key: a sell's trigger, a buy's trigger negated: the larger one is triggered first, at equal ones the earlier entry
 *
 * Stops that trail have trees of their own. The extreme of one is the largest price (as a key) since it entered, so in
 * order of entry extremes never rise, and a new extreme belongs to the last stops of a tree, whichever they are: it is
 * said at O(log n) nodes, and those below are told when somebody comes by (PLACE_RAISED). A price that is no new extreme
 * for any stop of the tree costs one look.
 */

import * as stopWords from './stop-words.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const {
  GROUP_MASK,
  GROUP_SELL,
  GROUP_SHIFT,
  GROUP_TRAILS,
  GROUP_TRIGGER,
  NEVER,
  PLACE_ASIDE,
  PLACE_QUEUE,
  PLACE_RAISED,
  PLACE_TREE,
  STOP_GROUP,
  STOP_KEY,
  STOP_LEFT,
  STOP_MOST,
  STOP_PLACE,
  STOP_PRIORITY,
  STOP_RIGHT,
  STOP_SHIFT,
  STOP_SLOT,
  TRAIL_DISTANCE,
  TRAIL_EXTREME,
  TRAIL_LEAST,
  TRAIL_SHIFT,
  WATCH_QUEUE_FIRST,
  WATCH_QUEUE_LAST,
  WATCH_REACHED,
  WATCH_ROOTS,
  WATCH_SHIFT,
  WATCH_STOPS,
  WATCH_TRADED,
  WATCH_TRAILING,
} = stopWords;

/** The group of a side (instrument × 2 + side) and a trigger; that of stops that trail is GROUP_TRAILS more. */
export function groupOf(side: number, trigger: number): number {
  return (side << 3) | trigger;
}

/** The key of a stop that trails behind an extreme. Far away it lies below all prices, and then it is the same as never. */
function keyBehind(extreme: number, distance: number): number {
  const key = extreme - distance;
  return key < NEVER ? NEVER : key;
}

export class StopPool {
  readonly words: Int32Array;
  readonly trails: Int32Array;
  readonly entries: Float64Array;
  /** By instrument: roots, queue, trades to look at (stop-words.ts). */
  readonly watch: Int32Array;
  readonly capacity: number;
  /** Stops in use: zero spares every other command a look. */
  waiting = 0;
  /** The last entry that was given. */
  lastEntry = 0;
  private used = 0;
  private freeHead = -1;
  private readonly seed: number;

  constructor(maxStops: number, maxInstruments: number, seed: number) {
    this.capacity = maxStops;
    this.words = new Int32Array(maxStops << STOP_SHIFT);
    this.trails = new Int32Array(maxStops << TRAIL_SHIFT);
    this.entries = new Float64Array(maxStops);
    this.watch = new Int32Array((maxInstruments + 1) << WATCH_SHIFT);
    this.seed = seed | 1;
  }

  /** A stop for the order, as the last that came; the caller has seen that there is room. Returns its node. */
  add(slot: number, side: number, trigger: number, price: number): number {
    return this.enter(slot, groupOf(side, trigger), (side & 1) === 0 ? -price : price);
  }

  /** The same for one that trails its trigger's price; it has seen none yet. */
  addTrailing(slot: number, side: number, trigger: number, distance: number): number {
    const group = groupOf(side, trigger) | GROUP_TRAILS;
    const watchAt = (group >>> GROUP_SHIFT) << WATCH_SHIFT;
    this.watch[watchAt + WATCH_TRAILING] = (this.watch[watchAt + WATCH_TRAILING] as number) + 1;
    this.watch[this.reachedAt(group)] = NEVER;
    const trailAt = this.nextNode() << TRAIL_SHIFT;
    this.trails[trailAt + TRAIL_DISTANCE] = distance;
    this.trails[trailAt + TRAIL_EXTREME] = NEVER;
    return this.enter(slot, group, NEVER);
  }

  private enter(slot: number, group: number, key: number): number {
    const words = this.words;
    const node = this.nextNode();
    const at = node << STOP_SHIFT;
    if (node === this.used) this.used++;
    else this.freeHead = words[at + STOP_RIGHT] as number;
    words[at + STOP_SLOT] = slot;
    words[at + STOP_KEY] = key;
    words[at + STOP_GROUP] = group;
    this.waiting++;
    const watchAt = ((group >>> GROUP_SHIFT) << WATCH_SHIFT) + WATCH_STOPS;
    this.watch[watchAt] = (this.watch[watchAt] as number) + 1;
    this.append(node);
    return node;
  }

  /** The node that the next stop gets. */
  private nextNode(): number {
    return this.freeHead >= 0 ? this.freeHead : this.used;
  }

  /** Takes a stop out, wherever it stands, and frees its node. */
  remove(node: number): void {
    this.detach(node);
    const words = this.words;
    const at = node << STOP_SHIFT;
    const watchAt = ((words[at + STOP_GROUP] as number) >>> GROUP_SHIFT) << WATCH_SHIFT;
    const left = (this.watch[watchAt + WATCH_STOPS] as number) - 1;
    this.watch[watchAt + WATCH_STOPS] = left;
    if (this.trailsBehind(node)) {
      this.watch[watchAt + WATCH_TRAILING] = (this.watch[watchAt + WATCH_TRAILING] as number) - 1;
    }
    // Nobody is left to look at what was traded.
    if (left === 0) this.watch[watchAt + WATCH_TRADED] = 0;
    this.waiting--;
    words[at + STOP_PLACE] = 0;
    words[at + STOP_RIGHT] = this.freeHead;
    this.freeHead = node;
  }

  /** Gives a stop the place of one that comes now. Not one that trails: it would have seen more than those before it. */
  moveBack(node: number): void {
    this.detach(node);
    this.append(node);
  }

  /** Out of its tree, to the end of its instrument's queue. */
  enqueue(node: number): void {
    this.detach(node);
    const words = this.words;
    const at = node << STOP_SHIFT;
    const watchAt = ((words[at + STOP_GROUP] as number) >>> GROUP_SHIFT) << WATCH_SHIFT;
    const last = (this.watch[watchAt + WATCH_QUEUE_LAST] as number) - 1;
    words[at + STOP_PLACE] = PLACE_QUEUE;
    words[at + STOP_LEFT] = last;
    words[at + STOP_RIGHT] = -1;
    this.watch[watchAt + WATCH_QUEUE_LAST] = node + 1;
    if (last >= 0) words[(last << STOP_SHIFT) + STOP_RIGHT] = node;
    else this.watch[watchAt + WATCH_QUEUE_FIRST] = node + 1;
  }

  /** Out of the queue; it will not be triggered again. */
  setAside(node: number): void {
    this.detach(node);
    this.words[(node << STOP_SHIFT) + STOP_PLACE] = PLACE_ASIDE;
  }

  /** Whether the stop was triggered and waits to enter. */
  isQueued(node: number): boolean {
    return this.words[(node << STOP_SHIFT) + STOP_PLACE] === PLACE_QUEUE;
  }

  /** The first of the instrument's queue, or -1. */
  firstInQueue(instrument: number): number {
    return (this.watch[(instrument << WATCH_SHIFT) + WATCH_QUEUE_FIRST] as number) - 1;
  }

  /** Whether the stop trails its trigger's price. */
  trailsBehind(node: number): boolean {
    return ((this.words[(node << STOP_SHIFT) + STOP_GROUP] as number) & GROUP_TRAILS) !== 0;
  }

  /** A price (as a key) was seen by all stops of a group that trails: none of their extremes is below it from here on. */
  raise(group: number, price: number): void {
    const root = this.root(group);
    if (root < 0) return;
    const reachedAt = this.reachedAt(group);
    if (price <= (this.watch[reachedAt] as number)) return;
    this.watch[reachedAt] = price;
    this.raiseLast(root, price);
  }

  /** The extreme of a stop that trails and waits in its tree; NEVER: it has seen no price. */
  extremeOf(node: number): number {
    const words = this.words;
    let above = this.root(words[(node << STOP_SHIFT) + STOP_GROUP] as number);
    while (above !== node && words[(above << STOP_SHIFT) + STOP_PLACE] !== PLACE_RAISED) {
      const side = (this.entries[node] as number) < (this.entries[above] as number) ? STOP_LEFT : STOP_RIGHT;
      above = words[(above << STOP_SHIFT) + side] as number;
    }
    return this.trails[(above << TRAIL_SHIFT) + TRAIL_EXTREME] as number;
  }

  /** The key of a stop, wherever it stands. */
  keyOf(node: number): number {
    const at = node << STOP_SHIFT;
    const place = this.words[at + STOP_PLACE] as number;
    if (!this.trailsBehind(node) || (place !== PLACE_TREE && place !== PLACE_RAISED)) {
      return this.words[at + STOP_KEY] as number;
    }
    return keyBehind(this.extremeOf(node), this.trails[(node << TRAIL_SHIFT) + TRAIL_DISTANCE] as number);
  }

  /** The stop of the group that is triggered first when its key is at least `least`; -1: none is. */
  findTriggered(group: number, least: number): number {
    const words = this.words;
    let node = this.root(group);
    if (node < 0) return -1;
    const most = words[(node << STOP_SHIFT) + STOP_MOST] as number;
    if (most < least) return -1;
    for (;;) {
      this.tell(node);
      const at = node << STOP_SHIFT;
      const left = words[at + STOP_LEFT] as number;
      if (left >= 0 && words[(left << STOP_SHIFT) + STOP_MOST] === most) node = left;
      else if (words[at + STOP_KEY] === most) return node;
      else node = words[at + STOP_RIGHT] as number;
    }
  }

  /** The first stop of the group that entered after `entry`, or -1. */
  nextByEntry(group: number, entry: number): number {
    const words = this.words;
    let found = -1;
    for (let node = this.root(group); node >= 0; ) {
      const later = (this.entries[node] as number) > entry;
      if (later) found = node;
      node = words[(node << STOP_SHIFT) + (later ? STOP_LEFT : STOP_RIGHT)] as number;
    }
    return found;
  }

  root(group: number): number {
    return (this.watch[this.rootAt(group)] as number) - 1;
  }

  private rootAt(group: number): number {
    return ((group >>> GROUP_SHIFT) << WATCH_SHIFT) + WATCH_ROOTS + (group & GROUP_MASK);
  }

  private reachedAt(group: number): number {
    const place = ((group & GROUP_SELL) >>> 1) | (group & GROUP_TRIGGER);
    return ((group >>> GROUP_SHIFT) << WATCH_SHIFT) + WATCH_REACHED + place;
  }

  private append(node: number): void {
    const words = this.words;
    const at = node << STOP_SHIFT;
    this.entries[node] = ++this.lastEntry;
    const mixed = Math.imul(this.lastEntry ^ this.seed, 0x9e3779b1);
    words[at + STOP_PRIORITY] = Math.imul(mixed ^ (mixed >>> 15), this.seed);
    words[at + STOP_PLACE] = PLACE_TREE;
    const rootAt = this.rootAt(words[at + STOP_GROUP] as number);
    this.watch[rootAt] = this.insertLast((this.watch[rootAt] as number) - 1, node) + 1;
  }

  private detach(node: number): void {
    const words = this.words;
    const at = node << STOP_SHIFT;
    const place = words[at + STOP_PLACE] as number;
    if (place === PLACE_TREE || place === PLACE_RAISED) {
      const rootAt = this.rootAt(words[at + STOP_GROUP] as number);
      this.watch[rootAt] = this.removeFrom((this.watch[rootAt] as number) - 1, node) + 1;
    } else if (place === PLACE_QUEUE) {
      const watchAt = ((words[at + STOP_GROUP] as number) >>> GROUP_SHIFT) << WATCH_SHIFT;
      const before = words[at + STOP_LEFT] as number;
      const behind = words[at + STOP_RIGHT] as number;
      if (before >= 0) words[(before << STOP_SHIFT) + STOP_RIGHT] = behind;
      else this.watch[watchAt + WATCH_QUEUE_FIRST] = behind + 1;
      if (behind >= 0) words[(behind << STOP_SHIFT) + STOP_LEFT] = before;
      else this.watch[watchAt + WATCH_QUEUE_LAST] = before + 1;
    } else if (place !== PLACE_ASIDE) throw new Error('assert: a stop that is free was taken out');
  }

  /** The new root of a tree with a node behind all others. As deep as the tree is: a few dozen steps. */
  private insertLast(root: number, node: number): number {
    const words = this.words;
    if (root < 0 || (words[(node << STOP_SHIFT) + STOP_PRIORITY] as number) > this.priority(root)) {
      words[(node << STOP_SHIFT) + STOP_LEFT] = root;
      words[(node << STOP_SHIFT) + STOP_RIGHT] = -1;
      this.sum(node);
      return node;
    }
    this.tell(root);
    const at = (root << STOP_SHIFT) + STOP_RIGHT;
    words[at] = this.insertLast(words[at] as number, node);
    this.sum(root);
    return root;
  }

  /** The new root of a tree without the node. */
  private removeFrom(root: number, node: number): number {
    const words = this.words;
    if (root < 0) throw new Error('assert: a stop is not in its tree');
    this.tell(root);
    const at = root << STOP_SHIFT;
    if (root === node) return this.join(words[at + STOP_LEFT] as number, words[at + STOP_RIGHT] as number);
    const side = (this.entries[node] as number) < (this.entries[root] as number) ? STOP_LEFT : STOP_RIGHT;
    words[at + side] = this.removeFrom(words[at + side] as number, node);
    this.sum(root);
    return root;
  }

  /** One tree of two, all of the first before all of the second. */
  private join(first: number, second: number): number {
    if (first < 0) return second;
    if (second < 0) return first;
    const words = this.words;
    if (this.priority(first) >= this.priority(second)) {
      this.tell(first);
      const at = (first << STOP_SHIFT) + STOP_RIGHT;
      words[at] = this.join(words[at] as number, second);
      this.sum(first);
      return first;
    }
    this.tell(second);
    const at = (second << STOP_SHIFT) + STOP_LEFT;
    words[at] = this.join(first, words[at] as number);
    this.sum(second);
    return second;
  }

  /** Raises the stops at and below a node whose extreme is below `price`: the last of them by entry. */
  private raiseLast(node: number, price: number): void {
    const words = this.words;
    this.tell(node);
    const at = node << STOP_SHIFT;
    const left = words[at + STOP_LEFT] as number;
    const right = words[at + STOP_RIGHT] as number;
    const trailAt = node << TRAIL_SHIFT;
    if ((this.trails[trailAt + TRAIL_EXTREME] as number) >= price) {
      if (right >= 0) this.raiseLast(right, price);
    } else {
      this.trails[trailAt + TRAIL_EXTREME] = price;
      words[at + STOP_KEY] = keyBehind(price, this.trails[trailAt + TRAIL_DISTANCE] as number);
      if (right >= 0) this.raiseAll(right, price);
      if (left >= 0) this.raiseLast(left, price);
    }
    this.sum(node);
  }

  /** The node and all below it have this extreme; those below are told later. */
  private raiseAll(node: number, price: number): void {
    const at = node << STOP_SHIFT;
    const trailAt = node << TRAIL_SHIFT;
    this.trails[trailAt + TRAIL_EXTREME] = price;
    this.words[at + STOP_KEY] = keyBehind(price, this.trails[trailAt + TRAIL_DISTANCE] as number);
    this.words[at + STOP_MOST] = keyBehind(price, this.trails[trailAt + TRAIL_LEAST] as number);
    this.words[at + STOP_PLACE] = PLACE_RAISED;
  }

  /** Tells the two nodes below one what it has not told them yet. Before anything looks at them, or they get another parent. */
  private tell(node: number): void {
    const words = this.words;
    const at = node << STOP_SHIFT;
    if (words[at + STOP_PLACE] !== PLACE_RAISED) return;
    words[at + STOP_PLACE] = PLACE_TREE;
    const price = this.trails[(node << TRAIL_SHIFT) + TRAIL_EXTREME] as number;
    const left = words[at + STOP_LEFT] as number;
    const right = words[at + STOP_RIGHT] as number;
    if (left >= 0) this.raiseAll(left, price);
    if (right >= 0) this.raiseAll(right, price);
  }

  private priority(node: number): number {
    return this.words[(node << STOP_SHIFT) + STOP_PRIORITY] as number;
  }

  /** The largest key below a node anew, and the least distance. It has told all it knew. */
  private sum(node: number): void {
    const words = this.words;
    const at = node << STOP_SHIFT;
    const left = words[at + STOP_LEFT] as number;
    const right = words[at + STOP_RIGHT] as number;
    let most = words[at + STOP_KEY] as number;
    if (left >= 0) most = Math.max(most, words[(left << STOP_SHIFT) + STOP_MOST] as number);
    if (right >= 0) most = Math.max(most, words[(right << STOP_SHIFT) + STOP_MOST] as number);
    words[at + STOP_MOST] = most;
    if (((words[at + STOP_GROUP] as number) & GROUP_TRAILS) === 0) return;
    const trails = this.trails;
    let least = trails[(node << TRAIL_SHIFT) + TRAIL_DISTANCE] as number;
    if (left >= 0) least = Math.min(least, trails[(left << TRAIL_SHIFT) + TRAIL_LEAST] as number);
    if (right >= 0) least = Math.min(least, trails[(right << TRAIL_SHIFT) + TRAIL_LEAST] as number);
    trails[(node << TRAIL_SHIFT) + TRAIL_LEAST] = least;
  }
}
