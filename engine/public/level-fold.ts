/**
 * The public book, folded from events alone: for each instrument and side the levels with their total and number of
 * orders. Only events with the book bit change it, and what comes out equals the engine's book exactly. On a gateway's
 * thread for every event of a shard, in the journal's tools, in proofs; knows no ring and no clock.
 *
 *   Booked    + displayed, one order more, at its price        Reduced     - quantity
 *   Fill      - quantity, one order fewer when none is left     Cancelled, Replaced   - quantity, one order fewer
 *   Replenished   - quantity + displayed: an iceberg shows another part
 *
 * Of what Reduced, Prevented, Cancelled and Replaced take away the hidden part (their amount) was in no level.
 *
 * A fill in continuous trading names the price of the level it takes from. A fill in an auction names the auction's
 * price, which is not where the order rests: it takes from the best of its side, market orders first and then the best
 * level, because that is the order in which an uncross fills.
 *
 * A side is three arrays, worst level first: nearly all changes are near the best and so near the end, where they move
 * nothing. Market orders that rest in an auction have no price; they are kept apart and are in no level.
 */
import { EventKind, Liquidity } from '../../schemas/codes.js';
import {
  EVENT_AMOUNT,
  EVENT_BOOK_BIT,
  EVENT_DISPLAYED,
  EVENT_INSTRUMENT,
  EVENT_KIND_WORD,
  EVENT_LIQUIDITY_SHIFT,
  EVENT_ORDER_ID,
  EVENT_PRICE,
  EVENT_QUANTITY,
  EVENT_SELL_BIT,
  EVENT_SEQUENCE,
  joinWords,
  NO_PRICE,
} from '../../schemas/layout.js';

const BOOKED: number = EventKind.Booked;
const FILL: number = EventKind.Fill;
const REDUCED: number = EventKind.Reduced;
const PREVENTED: number = EventKind.Prevented;
const CANCELLED: number = EventKind.Cancelled;
const REPLACED: number = EventKind.Replaced;
const REPLENISHED: number = EventKind.Replenished;
const AUCTION: number = Liquidity.Auction;

/** What an event did to the book of its instrument. */
export const FOLD_NOTHING = 0;
/** A level behind the best changed, or resting market orders. */
export const FOLD_DEPTH = 1;
/** The best level of the event's side is another one, or has another total or number of orders. */
export const FOLD_TOP = 2;

/** Numbers that `top` writes for a level: price, total, number of orders. */
export const LEVEL_NUMBERS = 3;

/** The first words of an event, as many as say when it was: sequence, command sequence, time. */
export const STAMP_WORDS = EVENT_ORDER_ID;

const FIRST_LEVELS = 8;
/** So many levels from the best are tried one by one before the search halves. */
const NEAR_LEVELS = 4;

class SideLevels {
  /** Prices, of sells as their complement, so that the best is the greatest on both sides. */
  keys = new Int32Array(FIRST_LEVELS);
  totals = new Float64Array(FIRST_LEVELS);
  orders = new Float64Array(FIRST_LEVELS);
  count = 0;
  marketTotal = 0;
  marketOrders = 0;

  /** Index of the level, or the complement of the index where it would be. */
  find(key: number): number {
    const keys = this.keys;
    let high = this.count;
    const near = Math.max(0, high - NEAR_LEVELS);
    while (high > near) {
      const there = keys[high - 1] as number;
      if (there <= key) {
        return there === key ? high - 1 : ~high;
      }
      high--;
    }
    let low = 0;
    while (low < high) {
      const middle = (low + high) >> 1;
      const there = keys[middle] as number;
      if (there === key) {
        return middle;
      }
      if (there < key) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return ~low;
  }

  insert(index: number, key: number): void {
    const count = this.count;
    if (count === this.keys.length) {
      this.grow();
    }
    if (index < count) {
      this.keys.copyWithin(index + 1, index, count);
      this.totals.copyWithin(index + 1, index, count);
      this.orders.copyWithin(index + 1, index, count);
    }
    this.keys[index] = key;
    this.totals[index] = 0;
    this.orders[index] = 0;
    this.count = count + 1;
  }

  remove(index: number): void {
    const count = this.count;
    if (index < count - 1) {
      this.keys.copyWithin(index, index + 1, count);
      this.totals.copyWithin(index, index + 1, count);
      this.orders.copyWithin(index, index + 1, count);
    }
    this.count = count - 1;
  }

  private grow(): void {
    const { keys, totals, orders } = this;
    this.keys = new Int32Array(keys.length * 2);
    this.totals = new Float64Array(keys.length * 2);
    this.orders = new Float64Array(keys.length * 2);
    this.keys.set(keys);
    this.totals.set(totals);
    this.orders.set(orders);
  }
}

/** What a fold may begin with: the books of a shard as of an event (shard-image.ts). */
export interface FoldBegin {
  readonly sides: Int32Array;
  readonly markets: Float64Array;
  readonly prices: Int32Array;
  readonly totals: Float64Array;
  readonly orders: Int32Array;
  readonly history: { readonly stamp: Int32Array };
}

/** Numbers of a side there: instrument × 2 + side, number of levels. */
export const BEGIN_SIDE = 2;

export class LevelFold {
  /**
   * Sequence, command sequence and time of the last event given to `apply`, as the STAMP_WORDS first words of an event:
   * as of when the books stand. Read only.
   */
  readonly stamp = new Int32Array(STAMP_WORDS);
  readonly #sides = new Map<number, SideLevels>();
  #lastKey = -1;
  #lastSide: SideLevels | undefined = undefined;

  /** Takes these books in place of what it has: the next event to fold is the one behind them. */
  begin({ sides, markets, prices, totals, orders, history }: FoldBegin): void {
    this.stamp.set(history.stamp);
    this.#sides.clear();
    this.#lastKey = -1;
    this.#lastSide = undefined;
    let level = 0;
    for (let at = 0; at < sides.length; at += BEGIN_SIDE) {
      const key = sides[at] as number;
      const sell = key % 2 === 1;
      const side = this.#sideFor(key >>> 1, sell ? 1 : 0);
      side.marketTotal = markets[at] as number;
      side.marketOrders = markets[at + 1] as number;
      for (const end = level + (sides[at + 1] as number); level < end; level++) {
        const index = side.count;
        side.insert(index, keyOf(prices[level] as number, sell));
        side.totals[index] = totals[level] as number;
        side.orders[index] = orders[level] as number;
      }
    }
  }

  /** The instruments that have a book with something in it, each once. */
  *instruments(): Generator<number> {
    for (const [key, side] of this.#sides) {
      if (side.count === 0 && side.marketOrders === 0) continue;
      const other = this.#sides.get(key ^ 1);
      if (key % 2 === 0 || other === undefined || (other.count === 0 && other.marketOrders === 0)) yield key >>> 1;
    }
  }

  /**
   * Folds the event at word `at` and returns FOLD_NOTHING, FOLD_DEPTH or FOLD_TOP for its instrument and side. Give it
   * every event of the shard, in sequence. Throws when a level would get less than nothing: the events are not those of
   * this book, or one is missing.
   */
  apply(events: Int32Array, at: number): number {
    const stamp = this.stamp;
    for (let word = 0; word < STAMP_WORDS; word++) {
      stamp[word] = events[at + word] as number;
    }
    const kindWord = events[at + EVENT_KIND_WORD] as number;
    if ((kindWord & EVENT_BOOK_BIT) === 0) {
      return FOLD_NOTHING;
    }
    const kind = kindWord & 0xff;
    const sell = (kindWord & EVENT_SELL_BIT) !== 0;
    const side = this.#sideFor((events[at + EVENT_INSTRUMENT] as number) >>> 0, sell ? 1 : 0);
    const price = events[at + EVENT_PRICE] as number;
    const quantity = (events[at + EVENT_QUANTITY] as number) >>> 0;
    const displayed = (events[at + EVENT_DISPLAYED] as number) >>> 0;
    if (kind === BOOKED) {
      return this.#add(side, price, sell, displayed);
    }
    if (kind === FILL) {
      const ordersGone = displayed === 0 ? 1 : 0;
      if (((kindWord >> EVENT_LIQUIDITY_SHIFT) & 3) === AUCTION) {
        return this.#takeBest(side, price, sell, quantity, ordersGone);
      }
      return this.#take(side, price, sell, quantity, ordersGone);
    }
    if (kind === REPLENISHED) {
      const taken = quantity === 0 ? FOLD_NOTHING : this.#take(side, price, sell, quantity, 1);
      return displayed === 0 ? taken : Math.max(taken, this.#add(side, price, sell, displayed));
    }
    const shown = quantity - ((events[at + EVENT_AMOUNT] as number) >>> 0);
    if (kind === PREVENTED) {
      return this.#take(side, price, sell, shown, displayed === 0 ? 1 : 0);
    }
    if (kind === REDUCED) {
      return this.#take(side, price, sell, shown, 0);
    }
    if (kind === CANCELLED || kind === REPLACED) {
      return this.#take(side, price, sell, shown, 1);
    }
    throw this.#wrong(`has kind ${kind}, which changes no book that is known here`);
  }

  /** Number of levels of a side (0 buy, 1 sell). */
  levelCount(instrument: number, side: number): number {
    return this.#sides.get(instrument * 2 + side)?.count ?? 0;
  }

  /** Price of the best level, NO_PRICE when the side is empty. */
  bestPrice(instrument: number, side: number): number {
    const levels = this.#sides.get(instrument * 2 + side);
    if (levels === undefined || levels.count === 0) {
      return NO_PRICE;
    }
    return priceOf(levels.keys[levels.count - 1] as number, side === 1);
  }

  /** Quantity at the best level, 0 when the side is empty. */
  bestTotal(instrument: number, side: number): number {
    const levels = this.#sides.get(instrument * 2 + side);
    return levels === undefined || levels.count === 0 ? 0 : (levels.totals[levels.count - 1] as number);
  }

  /** Number of orders at the best level, 0 when the side is empty. */
  bestOrders(instrument: number, side: number): number {
    const levels = this.#sides.get(instrument * 2 + side);
    return levels === undefined || levels.count === 0 ? 0 : (levels.orders[levels.count - 1] as number);
  }

  /**
   * Writes at most `max` levels from the best on to `target` from index `at`, LEVEL_NUMBERS numbers each (price, total,
   * number of orders), and returns how many levels there were.
   */
  top(instrument: number, side: number, max: number, target: Float64Array, at: number): number {
    const levels = this.#sides.get(instrument * 2 + side);
    const count = levels === undefined ? 0 : Math.min(max, levels.count);
    if (levels === undefined || count === 0) {
      return 0;
    }
    for (let rank = 0; rank < count; rank++) {
      const index = levels.count - 1 - rank;
      const to = at + rank * LEVEL_NUMBERS;
      target[to] = priceOf(levels.keys[index] as number, side === 1);
      target[to + 1] = levels.totals[index] as number;
      target[to + 2] = levels.orders[index] as number;
    }
    return count;
  }

  /** Quantity of the market orders that rest on a side during an auction. */
  marketTotal(instrument: number, side: number): number {
    return this.#sides.get(instrument * 2 + side)?.marketTotal ?? 0;
  }

  /** Number of the market orders that rest on a side during an auction. */
  marketOrders(instrument: number, side: number): number {
    return this.#sides.get(instrument * 2 + side)?.marketOrders ?? 0;
  }

  #sideFor(instrument: number, side: number): SideLevels {
    const key = instrument * 2 + side;
    if (key === this.#lastKey && this.#lastSide !== undefined) {
      return this.#lastSide;
    }
    let levels = this.#sides.get(key);
    if (levels === undefined) {
      levels = new SideLevels();
      this.#sides.set(key, levels);
    }
    this.#lastKey = key;
    this.#lastSide = levels;
    return levels;
  }

  #add(side: SideLevels, price: number, sell: boolean, quantity: number): number {
    if (quantity === 0) {
      throw this.#wrong('books an order that shows nothing');
    }
    if (price === NO_PRICE) {
      side.marketTotal += quantity;
      side.marketOrders += 1;
      return FOLD_DEPTH;
    }
    const key = keyOf(price, sell);
    let index = side.find(key);
    if (index < 0) {
      index = ~index;
      side.insert(index, key);
    }
    side.totals[index] = (side.totals[index] as number) + quantity;
    side.orders[index] = (side.orders[index] as number) + 1;
    return index === side.count - 1 ? FOLD_TOP : FOLD_DEPTH;
  }

  #take(side: SideLevels, price: number, sell: boolean, quantity: number, ordersGone: number): number {
    if (price === NO_PRICE) {
      return this.#takeMarket(side, quantity, ordersGone);
    }
    const index = side.find(keyOf(price, sell));
    if (index < 0) {
      throw this.#wrong(`takes from a level at ${price} that is not there`);
    }
    return this.#takeAt(side, index, quantity, ordersGone);
  }

  #takeBest(side: SideLevels, price: number, sell: boolean, quantity: number, ordersGone: number): number {
    if (side.marketOrders > 0) {
      return this.#takeMarket(side, quantity, ordersGone);
    }
    const index = side.count - 1;
    if (index < 0 || (side.keys[index] as number) < keyOf(price, sell)) {
      throw this.#wrong(`fills in an auction at ${price}, where nothing rests that would trade`);
    }
    return this.#takeAt(side, index, quantity, ordersGone);
  }

  #takeMarket(side: SideLevels, quantity: number, ordersGone: number): number {
    side.marketTotal -= quantity;
    side.marketOrders -= ordersGone;
    this.#check(side.marketTotal, side.marketOrders);
    return FOLD_DEPTH;
  }

  #takeAt(side: SideLevels, index: number, quantity: number, ordersGone: number): number {
    const total = (side.totals[index] as number) - quantity;
    const orders = (side.orders[index] as number) - ordersGone;
    this.#check(total, orders);
    const best = index === side.count - 1;
    if (orders === 0) {
      side.remove(index);
    } else {
      side.totals[index] = total;
      side.orders[index] = orders;
    }
    return best ? FOLD_TOP : FOLD_DEPTH;
  }

  #check(total: number, orders: number): void {
    if (total < 0 || orders < 0 || (total === 0) !== (orders === 0)) {
      throw this.#wrong(`leaves ${total} lots in ${orders} orders`);
    }
  }

  #wrong(what: string): Error {
    const sequence = joinWords(this.stamp[EVENT_SEQUENCE] as number, this.stamp[EVENT_SEQUENCE + 1] as number);
    return new Error(`Event ${sequence} ${what}: it does not belong to this book, or one before it is missing.`);
  }
}

function keyOf(price: number, sell: boolean): number {
  return sell ? ~price : price;
}

function priceOf(key: number, sell: boolean): number {
  return sell ? ~key : key;
}
