/**
 * The books of all instruments of a shard: orders in queues, queues in price levels, levels of each side in one sorted
 * list, and a way from a price to its level.
 * The shard's thread. Matching walks the sorted list alone: best and next best are one load away. The way from a price
 * is needed only when an order rests: by the side's window (an array by tick) near the market, by its tree elsewhere.
 *
 *   list    best ──worse──> ... ──worse──> worst        keys fall; a window's levels are one run of it,
 *   place        tree │ window │ tree                   those of the tree lie on both sides of that run
 *
 * A window follows the market: when more accesses went to the tree than the window holds levels (plus a constant), it
 * is laid around the best price again. The move costs no more than the accesses that led to it, so a market that
 * jumps back and forth cannot make each command expensive.
 */

import { betterFar, findFar, insertFar, removeFar } from './far-levels.js';
import { LadderWindows } from './ladder-windows.js';
import { LevelPool } from './level-pool.js';
import * as levelWords from './level-words.js';
import { OrderPool } from './order-pool.js';
import * as orderWords from './order-words.js';
import * as sideWords from './side-words.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const {
  SIDE_BEST,
  SIDE_FAR_ACCESSES,
  SIDE_FAR_LEVELS,
  SIDE_MARKET,
  SIDE_ROOT,
  SIDE_SHIFT,
  SIDE_MASK,
  SIDE_WINDOW,
  SIDE_WINDOW_LEVELS,
  SIDE_WORST,
} = sideWords;
const {
  LEVEL_BETTER,
  LEVEL_HEAD,
  LEVEL_KEY,
  LEVEL_ORDERS,
  LEVEL_PLACE,
  LEVEL_SHIFT,
  LEVEL_MASK,
  LEVEL_SIDE,
  LEVEL_TAIL,
  LEVEL_WORSE,
  PLACE_MARKET,
  PLACE_MOVING,
  PLACE_TREE,
  PLACE_WINDOW,
  TOTAL,
  TOTAL_SHIFT,
} = levelWords;
const { NOT_RESTING, ORDER_LEAVES, ORDER_LEVEL, ORDER_NEXT, ORDER_PREVIOUS, ORDER_SHIFT, SLOT_MASK } = orderWords;

/** Accesses to the tree that are never worth a re-base. */
const REBASE_AFTER = 64;

export interface BookLimits {
  readonly maxOrders: number;
  readonly maxLevels: number;
  readonly maxInstruments: number;
  readonly ladderWindows: number;
  readonly ladderTicks: number;
}

/**
 * The key of a price on a side (0 buys, 1 sells): larger is better. Minus by exclusive or with all ones, less all ones:
 * sides come as if by dice, and a branch on one is guessed wrong every other time.
 */
export function keyOf(side: number, price: number): number {
  const ones = -(side & 1) | 0;
  return ((price ^ ones) - ones) | 0;
}

export class Books {
  readonly orders: OrderPool;
  readonly levels: LevelPool;
  readonly windows: LadderWindows;
  /** Eight words a side; the side of an instrument is instrument × 2 (buys) or that + 1 (sells). */
  readonly sides: Int32Array;

  constructor(limits: BookLimits) {
    this.orders = new OrderPool(limits.maxOrders);
    this.levels = new LevelPool(limits.maxLevels);
    this.windows = new LadderWindows(limits.ladderWindows, limits.ladderTicks);
    this.sides = new Int32Array(((limits.maxInstruments + 1) * 2) << SIDE_SHIFT);
  }

  /** Makes the two empty sides of a new instrument. */
  open(instrument: number): void {
    const sides = this.sides;
    for (let side = instrument * 2; side < instrument * 2 + 2; side++) {
      const at = (side & SIDE_MASK) << SIDE_SHIFT;
      sides[at + SIDE_BEST] = -1;
      sides[at + SIDE_WORST] = -1;
      sides[at + SIDE_WINDOW] = -1;
      sides[at + SIDE_ROOT] = -1;
      sides[at + SIDE_MARKET] = -1;
    }
  }

  /** The level of a key, or -1. */
  findLevel(side: number, key: number): number {
    const sides = this.sides;
    const at = (side & SIDE_MASK) << SIDE_SHIFT;
    const window = sides[at + SIDE_WINDOW] as number;
    if (window >= 0) {
      const windows = this.windows;
      // Modulo 2^32: right because a window never reaches past the largest key.
      const offset = (key - (windows.bases[window] as number)) >>> 0;
      if (offset < windows.ticks) return (windows.cells[(window << windows.tickShift) + offset] as number) - 1;
    }
    if (sides[at + SIDE_FAR_LEVELS] === 0) return -1;
    return this.findFarLevel(side, key);
  }

  private findFarLevel(side: number, key: number): number {
    const at = (side & SIDE_MASK) << SIDE_SHIFT;
    const level = findFar(this.levels.words, this.sides[at + SIDE_ROOT] as number, key);
    if (level >= 0) this.countFarAccess(side);
    return level;
  }

  /** Puts an order at the end of the queue at `key`, whose level is made when there is none (one must be free). */
  rest(slot: number, side: number, key: number): void {
    let level = this.findLevel(side, key);
    if (level < 0) level = this.addLevel(side, key);
    this.append(slot, level);
  }

  /** Puts an order without a price at the end of the side's queue of market orders. */
  restMarket(slot: number, side: number): void {
    const at = ((side & SIDE_MASK) << SIDE_SHIFT) + SIDE_MARKET;
    let level = this.sides[at] as number;
    if (level < 0) {
      level = this.levels.allocate(side, 0, PLACE_MARKET);
      this.sides[at] = level;
    }
    this.append(slot, level);
  }

  private append(slot: number, level: number): void {
    const words = this.levels.words;
    const at = (level & LEVEL_MASK) << LEVEL_SHIFT;
    const orders = this.orders.words;
    const orderAt = (slot & SLOT_MASK) << ORDER_SHIFT;
    const tail = words[at + LEVEL_TAIL] as number;
    orders[orderAt + ORDER_LEVEL] = level;
    orders[orderAt + ORDER_PREVIOUS] = tail;
    orders[orderAt + ORDER_NEXT] = -1;
    if (tail >= 0) orders[((tail & SLOT_MASK) << ORDER_SHIFT) + ORDER_NEXT] = slot;
    else words[at + LEVEL_HEAD] = slot;
    words[at + LEVEL_TAIL] = slot;
    words[at + LEVEL_ORDERS] = (words[at + LEVEL_ORDERS] as number) + 1;
    const total = ((level & LEVEL_MASK) << TOTAL_SHIFT) + TOTAL;
    const totals = this.levels.totals;
    totals[total] = (totals[total] as number) + ((orders[orderAt + ORDER_LEAVES] as number) >>> 0);
  }

  /** A resting order goes to the end of its queue. */
  moveBack(slot: number): void {
    const orders = this.orders.words;
    const orderAt = (slot & SLOT_MASK) << ORDER_SHIFT;
    const next = orders[orderAt + ORDER_NEXT] as number;
    if (next < 0) return;
    const words = this.levels.words;
    const at = ((orders[orderAt + ORDER_LEVEL] as number) & LEVEL_MASK) << LEVEL_SHIFT;
    const previous = orders[orderAt + ORDER_PREVIOUS] as number;
    const tail = words[at + LEVEL_TAIL] as number;
    orders[((next & SLOT_MASK) << ORDER_SHIFT) + ORDER_PREVIOUS] = previous;
    if (previous >= 0) orders[((previous & SLOT_MASK) << ORDER_SHIFT) + ORDER_NEXT] = next;
    else words[at + LEVEL_HEAD] = next;
    orders[((tail & SLOT_MASK) << ORDER_SHIFT) + ORDER_NEXT] = slot;
    orders[orderAt + ORDER_PREVIOUS] = tail;
    orders[orderAt + ORDER_NEXT] = -1;
    words[at + LEVEL_TAIL] = slot;
  }

  /** Takes so much off what a resting order shows. Its leaves are the caller's to change. */
  reduce(level: number, quantity: number): void {
    const total = ((level & LEVEL_MASK) << TOTAL_SHIFT) + TOTAL;
    const totals = this.levels.totals;
    totals[total] = (totals[total] as number) - quantity;
  }

  /** Takes an order, with the leaves that it has now, out of its queue; an empty level goes, too. */
  unlink(slot: number): void {
    const orders = this.orders.words;
    const orderAt = (slot & SLOT_MASK) << ORDER_SHIFT;
    const level = orders[orderAt + ORDER_LEVEL] as number;
    if (level < 0) throw new Error('assert: an order that does not rest was taken off the book');
    const words = this.levels.words;
    const at = (level & LEVEL_MASK) << LEVEL_SHIFT;
    const previous = orders[orderAt + ORDER_PREVIOUS] as number;
    const next = orders[orderAt + ORDER_NEXT] as number;
    orders[orderAt + ORDER_LEVEL] = NOT_RESTING;
    const count = (words[at + LEVEL_ORDERS] as number) - 1;
    words[at + LEVEL_ORDERS] = count;
    if (count === 0) {
      this.removeLevel(level);
      return;
    }
    if (previous >= 0) orders[((previous & SLOT_MASK) << ORDER_SHIFT) + ORDER_NEXT] = next;
    else words[at + LEVEL_HEAD] = next;
    if (next >= 0) orders[((next & SLOT_MASK) << ORDER_SHIFT) + ORDER_PREVIOUS] = previous;
    else words[at + LEVEL_TAIL] = previous;
    const total = ((level & LEVEL_MASK) << TOTAL_SHIFT) + TOTAL;
    const totals = this.levels.totals;
    totals[total] = (totals[total] as number) - ((orders[orderAt + ORDER_LEAVES] as number) >>> 0);
  }

  private addLevel(side: number, key: number): number {
    const sides = this.sides;
    const at = (side & SIDE_MASK) << SIDE_SHIFT;
    const windows = this.windows;
    const best = sides[at + SIDE_BEST] as number;
    let window = sides[at + SIDE_WINDOW] as number;
    if (best < 0 && window < 0) {
      window = windows.take(side, windows.baseAround(key));
      sides[at + SIDE_WINDOW] = window;
    }
    const offset = window < 0 ? -1 : (key - (windows.bases[window] as number)) >>> 0;
    const inWindow = window >= 0 && offset < windows.ticks;
    const level = this.levels.allocate(side, key, inWindow ? PLACE_WINDOW : PLACE_TREE);
    this.link(side, level, key, window, inWindow ? offset : -1);
    if (inWindow) {
      windows.set(window, offset, level);
      sides[at + SIDE_WINDOW_LEVELS] = (sides[at + SIDE_WINDOW_LEVELS] as number) + 1;
    } else {
      sides[at + SIDE_ROOT] = insertFar(this.levels.words, sides[at + SIDE_ROOT] as number, level);
      sides[at + SIDE_FAR_LEVELS] = (sides[at + SIDE_FAR_LEVELS] as number) + 1;
      this.countFarAccess(side);
    }
    return level;
  }

  /** Finds the neighbours of a new level and puts it between them. `offset`: in the window, or -1. */
  private link(side: number, level: number, key: number, window: number, offset: number): void {
    const words = this.levels.words;
    const sideAt = (side & SIDE_MASK) << SIDE_SHIFT;
    const sides = this.sides;
    const best = sides[sideAt + SIDE_BEST] as number;
    let better = -1;
    let worse = best;
    if (best >= 0 && key < (words[((best & LEVEL_MASK) << LEVEL_SHIFT) + LEVEL_KEY] as number)) {
      better = offset >= 0 ? this.betterInWindow(side, key, window, offset) : this.betterOutside(side, key, window);
      worse = words[((better & LEVEL_MASK) << LEVEL_SHIFT) + LEVEL_WORSE] as number;
    }
    const at = (level & LEVEL_MASK) << LEVEL_SHIFT;
    words[at + LEVEL_BETTER] = better;
    words[at + LEVEL_WORSE] = worse;
    if (better >= 0) words[((better & LEVEL_MASK) << LEVEL_SHIFT) + LEVEL_WORSE] = level;
    else sides[sideAt + SIDE_BEST] = level;
    if (worse >= 0) words[((worse & LEVEL_MASK) << LEVEL_SHIFT) + LEVEL_BETTER] = level;
    else sides[sideAt + SIDE_WORST] = level;
  }

  /** The next better level of a key inside the window; there is one somewhere. */
  private betterInWindow(side: number, key: number, window: number, offset: number): number {
    const windows = this.windows;
    const cells = windows.cells;
    const up = windows.above(window, offset);
    if (up >= 0) return (cells[(window << windows.tickShift) + up] as number) - 1;
    const down = windows.below(window, offset);
    if (down >= 0) {
      const worse = (cells[(window << windows.tickShift) + down] as number) - 1;
      return this.levels.words[((worse & LEVEL_MASK) << LEVEL_SHIFT) + LEVEL_BETTER] as number;
    }
    return betterFar(this.levels.words, this.sides[((side & SIDE_MASK) << SIDE_SHIFT) + SIDE_ROOT] as number, key);
  }

  /** The next better level of a key outside of the window; there is one somewhere. */
  private betterOutside(side: number, key: number, window: number): number {
    const words = this.levels.words;
    const windows = this.windows;
    const sideAt = (side & SIDE_MASK) << SIDE_SHIFT;
    const far = betterFar(words, this.sides[sideAt + SIDE_ROOT] as number, key);
    if (window < 0 || this.sides[sideAt + SIDE_WINDOW_LEVELS] === 0) return far;
    const base = windows.bases[window] as number;
    // The window is worse than the key, or the tree has a level between the two: then the tree's is the nearest.
    if (base < key || (far >= 0 && (words[((far & LEVEL_MASK) << LEVEL_SHIFT) + LEVEL_KEY] as number) < base))
      return far;
    return (windows.cells[(window << windows.tickShift) + windows.above(window, -1)] as number) - 1;
  }

  private removeLevel(level: number): void {
    const words = this.levels.words;
    const at = (level & LEVEL_MASK) << LEVEL_SHIFT;
    const side = words[at + LEVEL_SIDE] as number;
    const sideAt = (side & SIDE_MASK) << SIDE_SHIFT;
    const sides = this.sides;
    const place = words[at + LEVEL_PLACE] as number;
    if (place === PLACE_MARKET) {
      sides[sideAt + SIDE_MARKET] = -1;
      this.levels.release(level);
      return;
    }
    const better = words[at + LEVEL_BETTER] as number;
    const worse = words[at + LEVEL_WORSE] as number;
    if (better >= 0) words[((better & LEVEL_MASK) << LEVEL_SHIFT) + LEVEL_WORSE] = worse;
    else sides[sideAt + SIDE_BEST] = worse;
    if (worse >= 0) words[((worse & LEVEL_MASK) << LEVEL_SHIFT) + LEVEL_BETTER] = better;
    else sides[sideAt + SIDE_WORST] = better;
    const windows = this.windows;
    if (place === PLACE_WINDOW) {
      const window = sides[sideAt + SIDE_WINDOW] as number;
      windows.clear(window, (words[at + LEVEL_KEY] as number) - (windows.bases[window] as number));
      sides[sideAt + SIDE_WINDOW_LEVELS] = (sides[sideAt + SIDE_WINDOW_LEVELS] as number) - 1;
    } else {
      sides[sideAt + SIDE_ROOT] = removeFar(words, sides[sideAt + SIDE_ROOT] as number, level);
      sides[sideAt + SIDE_FAR_LEVELS] = (sides[sideAt + SIDE_FAR_LEVELS] as number) - 1;
    }
    this.levels.release(level);
    if (better < 0 && worse < 0) this.leaveWindow(sideAt);
    else if (place === PLACE_TREE) this.countFarAccess(side);
  }

  /** An empty side holds no window: another book may need it. */
  private leaveWindow(sideAt: number): void {
    const sides = this.sides;
    const window = sides[sideAt + SIDE_WINDOW] as number;
    sides[sideAt + SIDE_FAR_ACCESSES] = 0;
    if (window < 0) return;
    this.windows.release(window);
    sides[sideAt + SIDE_WINDOW] = -1;
  }

  private countFarAccess(side: number): void {
    const at = (side & SIDE_MASK) << SIDE_SHIFT;
    const sides = this.sides;
    const accesses = (sides[at + SIDE_FAR_ACCESSES] as number) + 1;
    sides[at + SIDE_FAR_ACCESSES] = accesses;
    if (accesses > (sides[at + SIDE_WINDOW_LEVELS] as number) + REBASE_AFTER) this.rebase(side);
  }

  /** Lays the window of a side around its best price, when it is not there already. */
  private rebase(side: number): void {
    const at = (side & SIDE_MASK) << SIDE_SHIFT;
    const sides = this.sides;
    const windows = this.windows;
    const words = this.levels.words;
    sides[at + SIDE_FAR_ACCESSES] = 0;
    const best = sides[at + SIDE_BEST] as number;
    const base = windows.baseAround(words[((best & LEVEL_MASK) << LEVEL_SHIFT) + LEVEL_KEY] as number);
    let window = sides[at + SIDE_WINDOW] as number;
    let moved = -1;
    let movedCount = 0;
    if (window < 0) {
      // The pool was empty when this side began.
      window = windows.take(side, base);
      if (window < 0) return;
      sides[at + SIDE_WINDOW] = window;
    } else {
      const old = windows.bases[window] as number;
      if (Math.abs(base - old) < windows.ticks >> 2) return;
      movedCount = sides[at + SIDE_WINDOW_LEVELS] as number;
      if (movedCount > 0) {
        moved = (windows.cells[(window << windows.tickShift) + windows.below(window, windows.ticks)] as number) - 1;
        this.emptyWindow(window, moved, movedCount, old);
      }
      windows.bases[window] = base;
    }
    this.fillWindow(at, window, best, base);
    // What left the window and is not in it again goes into the tree: the same run of the list once more.
    let root = sides[at + SIDE_ROOT] as number;
    let far = sides[at + SIDE_FAR_LEVELS] as number;
    for (let level = moved, left = movedCount; left > 0; left--) {
      const levelAt = (level & LEVEL_MASK) << LEVEL_SHIFT;
      if (words[levelAt + LEVEL_PLACE] === PLACE_MOVING) {
        words[levelAt + LEVEL_PLACE] = PLACE_TREE;
        root = insertFar(words, root, level);
        far++;
      }
      level = words[levelAt + LEVEL_WORSE] as number;
    }
    sides[at + SIDE_ROOT] = root;
    sides[at + SIDE_FAR_LEVELS] = far;
  }

  private emptyWindow(window: number, first: number, count: number, base: number): void {
    const words = this.levels.words;
    for (let level = first, left = count; left > 0; left--) {
      const levelAt = (level & LEVEL_MASK) << LEVEL_SHIFT;
      this.windows.clear(window, (words[levelAt + LEVEL_KEY] as number) - base);
      words[levelAt + LEVEL_PLACE] = PLACE_MOVING;
      level = words[levelAt + LEVEL_WORSE] as number;
    }
  }

  /** Takes all levels from the best down to the window's base into it. None is better than the window. */
  private fillWindow(at: number, window: number, best: number, base: number): void {
    const sides = this.sides;
    const words = this.levels.words;
    let root = sides[at + SIDE_ROOT] as number;
    let far = sides[at + SIDE_FAR_LEVELS] as number;
    let count = 0;
    for (let level = best; level >= 0; ) {
      const levelAt = (level & LEVEL_MASK) << LEVEL_SHIFT;
      const key = words[levelAt + LEVEL_KEY] as number;
      if (key < base) break;
      if (words[levelAt + LEVEL_PLACE] === PLACE_TREE) {
        root = removeFar(words, root, level);
        far--;
      }
      words[levelAt + LEVEL_PLACE] = PLACE_WINDOW;
      this.windows.set(window, key - base, level);
      count++;
      level = words[levelAt + LEVEL_WORSE] as number;
    }
    sides[at + SIDE_ROOT] = root;
    sides[at + SIDE_FAR_LEVELS] = far;
    sides[at + SIDE_WINDOW_LEVELS] = count;
  }
}
