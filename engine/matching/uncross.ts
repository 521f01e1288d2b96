/**
 * The uncross of an auction: one price at which the most trades, then all trades at that price by priority.
 * The shard's thread. `findAuction` is a pure function over two sorted sides, so that an indicative price can one day be made
 * elsewhere by the same code.
 */

import { CommandKind, EventKind, Liquidity } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import { phasesThatTake } from '../../schemas/phases.js';
import * as levelWords from '../book/level-words.js';
import * as orderWords from '../book/order-words.js';
import * as sideWords from '../book/side-words.js';
import * as registryWords from '../registry-words.js';
import { checkInstrument, checkPhase, checkSender } from './checks.js';
import { cancelOther, otherLeg } from './legs.js';
import * as operationWords from './operations.js';
import { firstInSide, laneAccount, runLeftovers } from './phases.js';
import { beginOperation, suspendOperation } from './progress.js';
import { type EngineState, takeOff, writeOrderEvent } from './state.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const {
  COMMAND_INSTRUMENT,
  COMMAND_SESSION,
  EVENT_AMOUNT,
  EVENT_BOOK_BIT,
  EVENT_LIQUIDITY_SHIFT,
  EVENT_PRICE,
  EVENT_QUANTITY,
  EVENT_RELATED_ID,
  EVENT_WORDS,
  NO_PRICE,
} = layout;
const { SIDE_BEST, SIDE_MARKET, SIDE_SHIFT, SIDE_WORST } = sideWords;
const { LEVEL_BETTER, LEVEL_KEY, LEVEL_SHIFT, LEVEL_WORSE, TOTAL, TOTAL_SHIFT } = levelWords;
const { ORDER_CUMULATIVE, ORDER_LEAVES, ORDER_LEVEL, ORDER_SHIFT } = orderWords;
const { INSTRUMENT_LAST, INSTRUMENT_REFERENCE, INSTRUMENT_SHIFT } = registryWords;
const { OPERATION_INSTRUMENT, OPERATION_PRICE, OPERATION_SHIFT, OPERATION_STAGE, UNCROSS } = operationWords;

const UNCROSS_PHASES = phasesThatTake(CommandKind.Uncross);
const AUCTION_FILL = EventKind.Fill | (Liquidity.Auction << EVENT_LIQUIDITY_SHIFT) | EVENT_BOOK_BIT;
/** A pair of fills, and of each side the other leg that goes. */
const EVENTS_OF_LEGS = 4;
const MAX_QUANTITY = 0xffffffff;
/** Stages: trades go on; only market orders that found nobody are left; nothing was traded. */
const STAGE_TRADES = 0;
const STAGE_LEFTOVERS = 1;
const STAGE_NO_TRADE = 2;

/** What an auction comes to. `volume` 0: no trade, and `price` is NO_PRICE. */
class AuctionResult {
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
function findAuction(
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

/** Applies an Uncross whose shape is right. */
export function applyUncross(state: EngineState, words: Int32Array, at: number): void {
  if (!checkSender(state, words, at, false) || !checkInstrument(state, words, at, false)) return;
  if (!checkPhase(state, words, at, UNCROSS_PHASES)) return;
  const instrument = words[at + COMMAND_INSTRUMENT] as number;
  const sides = state.sides;
  const buyAt = (instrument << 1) << SIDE_SHIFT;
  const sellAt = ((instrument << 1) + 1) << SIDE_SHIFT;
  const result = new AuctionResult();
  findAuction(
    state.levels,
    state.books.levels.totals,
    sides[buyAt + SIDE_BEST] as number,
    sides[buyAt + SIDE_WORST] as number,
    sides[sellAt + SIDE_BEST] as number,
    marketTotal(state, buyAt),
    marketTotal(state, sellAt),
    state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_REFERENCE] as number,
    result,
  );
  const answerAt = state.next * EVENT_WORDS;
  const account = laneAccount(state, words[at + COMMAND_SESSION] as number);
  const row = beginOperation(state, UNCROSS, words, at, account, EventKind.Uncrossed);
  const events = state.events;
  events[answerAt + EVENT_PRICE] = result.price;
  events[answerAt + EVENT_QUANTITY] = result.volume < MAX_QUANTITY ? result.volume : MAX_QUANTITY;
  events[answerAt + EVENT_AMOUNT] = result.imbalance;
  events[answerAt + EVENT_AMOUNT + 1] = Math.floor(result.imbalance / 4294967296);
  const rowAt = row << OPERATION_SHIFT;
  state.operations.words[rowAt + OPERATION_PRICE] = result.price;
  state.operations.words[rowAt + OPERATION_STAGE] = result.volume > 0 ? STAGE_TRADES : STAGE_NO_TRADE;
  state.operations.volumes[row] = result.volume;
  if (!runUncross(state, row)) suspendOperation(state);
}

function marketTotal(state: EngineState, sideAt: number): number {
  const level = state.sides[sideAt + SIDE_MARKET] as number;
  return level < 0 ? 0 : (state.books.levels.totals[(level << TOTAL_SHIFT) + TOTAL] as number);
}

/** Trades what is left of the volume, then cancels the market orders that are left; true when it is finished. */
export function runUncross(state: EngineState, row: number): boolean {
  const operations = state.operations;
  const rowAt = row << OPERATION_SHIFT;
  if (operations.words[rowAt + OPERATION_STAGE] === STAGE_NO_TRADE) return true;
  if (operations.words[rowAt + OPERATION_STAGE] === STAGE_TRADES) {
    if (!runTrades(state, row)) return false;
    operations.words[rowAt + OPERATION_STAGE] = STAGE_LEFTOVERS;
  }
  return runLeftovers(state, row);
}

function runTrades(state: EngineState, row: number): boolean {
  const operations = state.operations;
  const orders = state.orders;
  const rowAt = row << OPERATION_SHIFT;
  const instrument = operations.words[rowAt + OPERATION_INSTRUMENT] as number;
  const price = operations.words[rowAt + OPERATION_PRICE] as number;
  let left = operations.volumes[row] as number;
  while (left > 0) {
    const buyer = firstInSide(state, instrument << 1);
    const seller = firstInSide(state, (instrument << 1) + 1);
    if (buyer < 0 || seller < 0) throw new Error('assert: an auction found a volume that the book does not hold');
    const buyerOther = otherLeg(state, buyer);
    const sellerOther = otherLeg(state, seller);
    if (state.next + (buyerOther < 0 && sellerOther < 0 ? 2 : EVENTS_OF_LEGS) > state.end) break;
    const buyerOpen = (orders[(buyer << ORDER_SHIFT) + ORDER_LEAVES] as number) >>> 0;
    const sellerOpen = (orders[(seller << ORDER_SHIFT) + ORDER_LEAVES] as number) >>> 0;
    let quantity = buyerOpen < sellerOpen ? buyerOpen : sellerOpen;
    if (quantity > left) quantity = left;
    left -= quantity;
    state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_LAST] = price;
    fillInAuction(state, buyer, price, quantity, 0, 0);
    fillInAuction(state, seller, price, quantity, state.eventLow, state.eventHigh);
    cancelOther(state, buyer, buyerOther);
    cancelOther(state, seller, sellerOther);
  }
  operations.volumes[row] = left;
  return left === 0;
}

/** One side of a trade; the trade id is the sequence of the buyer's fill, which gives 0, 0 for its own. */
function fillInAuction(
  state: EngineState,
  slot: number,
  price: number,
  quantity: number,
  tradeLow: number,
  tradeHigh: number,
): void {
  const orders = state.orders;
  const at = slot << ORDER_SHIFT;
  const leaves = ((orders[at + ORDER_LEAVES] as number) >>> 0) - quantity;
  orders[at + ORDER_LEAVES] = leaves;
  orders[at + ORDER_CUMULATIVE] = (orders[at + ORDER_CUMULATIVE] as number) + quantity;
  const to = writeOrderEvent(state, slot, price, quantity, leaves, leaves, AUCTION_FILL);
  const own = tradeLow === 0 && tradeHigh === 0;
  state.events[to + EVENT_RELATED_ID] = own ? state.eventLow : tradeLow;
  state.events[to + EVENT_RELATED_ID + 1] = own ? state.eventHigh : tradeHigh;
  state.books.reduce(orders[at + ORDER_LEVEL] as number, quantity);
  if (leaves === 0) takeOff(state, slot);
}
