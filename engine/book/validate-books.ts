/**
 * Walks every side of every book: lists, queues, sums, windows, trees. For tests and checkers; it is as slow as the
 * books are large. Throws with a sentence that names the first thing that is wrong.
 */

import { type Books, keyOf } from './book.js';
import { findFar, validateFar } from './far-levels.js';
import {
  LEVEL_BETTER,
  LEVEL_HEAD,
  LEVEL_KEY,
  LEVEL_ORDERS,
  LEVEL_PLACE,
  LEVEL_SHIFT,
  LEVEL_SIDE,
  LEVEL_TAIL,
  LEVEL_WORSE,
  PLACE_MARKET,
  PLACE_TREE,
  PLACE_WINDOW,
  TOTAL,
  TOTAL_SHIFT,
} from './level-words.js';
import {
  FLAG_MARKET,
  FLAG_SELL,
  ORDER_FLAGS,
  ORDER_INSTRUMENT,
  ORDER_LEAVES,
  ORDER_LEVEL,
  ORDER_NEXT,
  ORDER_PREVIOUS,
  ORDER_PRICE,
  ORDER_SHIFT,
} from './order-words.js';
import {
  SIDE_BEST,
  SIDE_FAR_LEVELS,
  SIDE_MARKET,
  SIDE_ROOT,
  SIDE_SHIFT,
  SIDE_WINDOW,
  SIDE_WINDOW_LEVELS,
  SIDE_WORST,
} from './side-words.js';

/** Validates the books of instruments 1 to `instruments`; returns how many orders rest in them. */
export function validateBooks(books: Books, instruments: number): number {
  books.orders.validate();
  books.levels.validate();
  books.windows.validate();
  let orders = 0;
  let levels = 0;
  for (let side = 2; side < (instruments + 1) * 2; side++) {
    const at = side << SIDE_SHIFT;
    orders += validateSide(books, side);
    levels += (books.sides[at + SIDE_WINDOW_LEVELS] as number) + (books.sides[at + SIDE_FAR_LEVELS] as number);
    if ((books.sides[at + SIDE_MARKET] as number) >= 0) levels++;
  }
  const inUse = books.levels.capacity - books.levels.free;
  if (levels !== inUse) throw new Error(`the sides hold ${levels} levels, ${inUse} are in use`);
  return orders;
}

function validateSide(books: Books, side: number): number {
  const words = books.levels.words;
  const at = side << SIDE_SHIFT;
  const sides = books.sides;
  const window = sides[at + SIDE_WINDOW] as number;
  if (window >= 0 && books.windows.owners[window] !== side)
    throw new Error(`side ${side} holds a window of another side`);
  let orders = 0;
  let better = -1;
  let inWindow = 0;
  let inTree = 0;
  let lastKey = Number.POSITIVE_INFINITY;
  for (let level = sides[at + SIDE_BEST] as number; level >= 0; ) {
    const levelAt = level << LEVEL_SHIFT;
    const key = words[levelAt + LEVEL_KEY] as number;
    if (key >= lastKey) throw new Error(`level ${level} of side ${side} is out of order`);
    if (words[levelAt + LEVEL_BETTER] !== better)
      throw new Error(`level ${level} of side ${side} has a wrong link to the better one`);
    if (words[levelAt + LEVEL_PLACE] === PLACE_WINDOW) {
      inWindow++;
      validateCell(books, window, level, key);
    } else if (words[levelAt + LEVEL_PLACE] === PLACE_TREE) {
      inTree++;
      if (findFar(words, sides[at + SIDE_ROOT] as number, key) !== level)
        throw new Error(`level ${level} is not in the tree of side ${side}`);
    } else {
      throw new Error(`level ${level} of side ${side} is in no place where it could be found`);
    }
    if (books.levels.totals[(level << TOTAL_SHIFT) + TOTAL] === 0)
      throw new Error(`level ${level} of side ${side} is empty`);
    orders += validateQueue(books, side, level);
    lastKey = key;
    better = level;
    level = words[levelAt + LEVEL_WORSE] as number;
  }
  if (sides[at + SIDE_WORST] !== better) throw new Error(`side ${side} has a wrong worst level`);
  if (inWindow !== sides[at + SIDE_WINDOW_LEVELS]) throw new Error(`side ${side} counts its window's levels wrong`);
  if (inTree !== sides[at + SIDE_FAR_LEVELS]) throw new Error(`side ${side} counts its far levels wrong`);
  if (better < 0 && window >= 0) throw new Error(`side ${side} is empty but holds a window`);
  if (validateFar(words, sides[at + SIDE_ROOT] as number, inTree) !== inTree) {
    throw new Error(`the tree of side ${side} holds another number of levels than the list`);
  }
  const market = sides[at + SIDE_MARKET] as number;
  if (market < 0) return orders;
  if (words[(market << LEVEL_SHIFT) + LEVEL_PLACE] !== PLACE_MARKET)
    throw new Error(`side ${side} has a wrong queue of market orders`);
  return orders + validateQueue(books, side, market);
}

function validateCell(books: Books, window: number, level: number, key: number): void {
  const windows = books.windows;
  const offset = window < 0 ? -1 : key - (windows.bases[window] as number);
  if (offset < 0 || offset >= windows.ticks || windows.cells[window * windows.ticks + offset] !== level + 1) {
    throw new Error(`level ${level} is not in the window where it says it is`);
  }
}

function validateQueue(books: Books, side: number, level: number): number {
  const words = books.levels.words;
  const orders = books.orders.words;
  const levelAt = level << LEVEL_SHIFT;
  const isMarket = words[levelAt + LEVEL_PLACE] === PLACE_MARKET;
  if (words[levelAt + LEVEL_SIDE] !== side) throw new Error(`level ${level} names another side than ${side}`);
  let count = 0;
  let total = 0;
  let previous = -1;
  for (let slot = words[levelAt + LEVEL_HEAD] as number; slot >= 0; ) {
    const orderAt = slot << ORDER_SHIFT;
    const flags = orders[orderAt + ORDER_FLAGS] as number;
    if (orders[orderAt + ORDER_LEVEL] !== level)
      throw new Error(`order slot ${slot} names another level than ${level}`);
    if (orders[orderAt + ORDER_PREVIOUS] !== previous)
      throw new Error(`order slot ${slot} has a wrong link to the one before`);
    if (((orders[orderAt + ORDER_INSTRUMENT] as number) << 1) + ((flags & FLAG_SELL) === 0 ? 0 : 1) !== side) {
      throw new Error(`order slot ${slot} is on another side than its level`);
    }
    const price = orders[orderAt + ORDER_PRICE] as number;
    if (
      ((flags & FLAG_MARKET) !== 0) !== isMarket ||
      (!isMarket && keyOf(side, price) !== words[levelAt + LEVEL_KEY])
    ) {
      throw new Error(`order slot ${slot} is at another price than its level`);
    }
    if (orders[orderAt + ORDER_LEAVES] === 0) throw new Error(`order slot ${slot} rests with nothing left`);
    total += (orders[orderAt + ORDER_LEAVES] as number) >>> 0;
    if (++count > (words[levelAt + LEVEL_ORDERS] as number))
      throw new Error(`level ${level} holds more orders than it counts`);
    previous = slot;
    slot = orders[orderAt + ORDER_NEXT] as number;
  }
  if (count !== words[levelAt + LEVEL_ORDERS]) throw new Error(`level ${level} holds fewer orders than it counts`);
  if (words[levelAt + LEVEL_TAIL] !== previous) throw new Error(`level ${level} has a wrong last order`);
  if (books.levels.totals[(level << TOTAL_SHIFT) + TOTAL] !== total)
    throw new Error(`the total of level ${level} is wrong`);
  return count;
}
