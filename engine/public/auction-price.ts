/**
 * The price of an auction: a pure function of two sorted sides, in the words of level-words.ts. The engine gives it the
 * pool of its book at an Uncross; a gateway gives it a folded book and has the indicative price. Any thread.
 */

import { NO_PRICE as noPrice } from '../../schemas/layout.js';
import * as levelWords from '../book/level-words.js';
import type { LevelFold } from './level-fold.js';
import * as levelFold from './level-fold.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { LEVEL_BETTER, LEVEL_KEY, LEVEL_SHIFT, LEVEL_WORSE, TOTAL, TOTAL_SHIFT } = levelWords;
const { LEVEL_NUMBERS } = levelFold;
const NO_PRICE = noPrice;
const BUY = 0;
const SELL = 1;
const FIRST_LEVELS = 64;

/** What an auction comes to. `volume` 0: no trade, and `price` is NO_PRICE. */
export class AuctionResult {
  price = NO_PRICE;
  volume = 0;
  /** Buys minus sells that would trade at the price, market orders included. */
  imbalance = 0;
}

/**
 * Finds the price with the greatest volume; among those the least imbalance; among those the midpoint of the lowest
 * and highest, rounded down. Candidates are the prices of the levels. One pass over both sides from the lowest price
 * up, after one over the buys: at most maxLevels each, in one go. `levels` and `totals` are those of the pool; `bestBuy`, `worstBuy`, `bestSell`: levels or -1; `marketBuy`,
 * `marketSell`: quantities without a price, which trade at any; when they alone cross, at the reference price.
 */
export function findAuction(
  levels: Int32Array,
  totals: Float64Array,
  bestBuy: number,
  worstBuy: number,
  bestSell: number,
  marketBuy: number,
  marketSell: number,
  reference: number,
  result: AuctionResult,
): void {
  let buys = marketBuy;
  for (let level = bestBuy; level >= 0; level = levels[(level << LEVEL_SHIFT) + LEVEL_WORSE] as number) {
    buys += totals[(level << TOTAL_SHIFT) + TOTAL] as number;
  }
  const allBuys = buys;
  let sells = marketSell;
  let buy = worstBuy;
  let sell = bestSell;
  let volume = 0;
  let imbalance = 0;
  let lowest = 0;
  let highest = 0;
  while (buy >= 0 || sell >= 0) {
    const bid = buy >= 0 ? (levels[(buy << LEVEL_SHIFT) + LEVEL_KEY] as number) : Number.POSITIVE_INFINITY;
    const ask = sell >= 0 ? -(levels[(sell << LEVEL_SHIFT) + LEVEL_KEY] as number) : Number.POSITIVE_INFINITY;
    const price = bid < ask ? bid : ask;
    // At this price: sells up to it are in, buys below it are out already.
    if (ask === price) {
      sells += totals[(sell << TOTAL_SHIFT) + TOTAL] as number;
      sell = levels[(sell << LEVEL_SHIFT) + LEVEL_WORSE] as number;
    }
    const here = buys < sells ? buys : sells;
    const apart = buys < sells ? sells - buys : buys - sells;
    if (here > volume || (here === volume && here > 0 && apart < Math.abs(imbalance))) {
      volume = here;
      imbalance = buys - sells;
      lowest = price;
      highest = price;
    } else if (here === volume && here > 0 && apart === Math.abs(imbalance)) {
      highest = price;
    }
    if (bid === price) {
      buys -= totals[(buy << TOTAL_SHIFT) + TOTAL] as number;
      buy = levels[(buy << LEVEL_SHIFT) + LEVEL_BETTER] as number;
    }
  }
  const marketVolume = marketBuy < marketSell ? marketBuy : marketSell;
  if (volume < marketVolume) volume = marketVolume;
  result.price = NO_PRICE;
  result.volume = 0;
  result.imbalance = 0;
  if (volume === 0) return;
  let price = reference;
  if (volume > marketVolume) price = Math.floor((lowest + highest) / 2);
  else if (reference === NO_PRICE) return;
  result.price = price;
  result.volume = volume;
  result.imbalance = imbalanceAt(levels, totals, worstBuy, bestSell, allBuys, marketSell, price);
}

/** Buys minus sells at a price that need not be a level's: the midpoint, or the reference. */
function imbalanceAt(
  levels: Int32Array,
  totals: Float64Array,
  worstBuy: number,
  bestSell: number,
  allBuys: number,
  marketSell: number,
  price: number,
): number {
  let imbalance = allBuys - marketSell;
  for (let level = worstBuy; level >= 0; level = levels[(level << LEVEL_SHIFT) + LEVEL_BETTER] as number) {
    if ((levels[(level << LEVEL_SHIFT) + LEVEL_KEY] as number) >= price) break;
    imbalance -= totals[(level << TOTAL_SHIFT) + TOTAL] as number;
  }
  for (let level = bestSell; level >= 0; level = levels[(level << LEVEL_SHIFT) + LEVEL_WORSE] as number) {
    if (-(levels[(level << LEVEL_SHIFT) + LEVEL_KEY] as number) > price) break;
    imbalance -= totals[(level << TOTAL_SHIFT) + TOTAL] as number;
  }
  return imbalance;
}

/** What an Uncross would come to on a folded book. One of these serves all books of a thread. */
export class FoldedAuction {
  #levels = new Int32Array(FIRST_LEVELS << LEVEL_SHIFT);
  #totals = new Float64Array(FIRST_LEVELS << TOTAL_SHIFT);
  #numbers = new Float64Array(FIRST_LEVELS * LEVEL_NUMBERS);

  /** `reference`: the instrument's reference price, or NO_PRICE. Costs a copy and two passes over the book's levels. */
  find(fold: LevelFold, instrument: number, reference: number, result: AuctionResult): void {
    const buys = fold.levelCount(instrument, BUY);
    const sells = fold.levelCount(instrument, SELL);
    this.#reserve(buys + sells);
    this.#copy(fold, instrument, BUY, buys, 0);
    this.#copy(fold, instrument, SELL, sells, buys);
    findAuction(
      this.#levels,
      this.#totals,
      buys > 0 ? 0 : -1,
      buys - 1,
      sells > 0 ? buys : -1,
      fold.marketTotal(instrument, BUY),
      fold.marketTotal(instrument, SELL),
      reference,
      result,
    );
  }

  /** Puts a side's levels, best first, at the places from `from` on. */
  #copy(fold: LevelFold, instrument: number, side: number, count: number, from: number): void {
    const numbers = this.#numbers;
    const levels = this.#levels;
    fold.top(instrument, side, count, numbers, 0);
    for (let rank = 0; rank < count; rank++) {
      const level = from + rank;
      const price = numbers[rank * LEVEL_NUMBERS] as number;
      levels[(level << LEVEL_SHIFT) + LEVEL_KEY] = side === BUY ? price : -price;
      levels[(level << LEVEL_SHIFT) + LEVEL_BETTER] = rank === 0 ? -1 : level - 1;
      levels[(level << LEVEL_SHIFT) + LEVEL_WORSE] = rank === count - 1 ? -1 : level + 1;
      this.#totals[(level << TOTAL_SHIFT) + TOTAL] = numbers[rank * LEVEL_NUMBERS + 1] as number;
    }
  }

  #reserve(count: number): void {
    let room = this.#levels.length >> LEVEL_SHIFT;
    if (count <= room) return;
    while (room < count) room *= 2;
    this.#levels = new Int32Array(room << LEVEL_SHIFT);
    this.#totals = new Float64Array(room << TOTAL_SHIFT);
    this.#numbers = new Float64Array(room * LEVEL_NUMBERS);
  }
}
