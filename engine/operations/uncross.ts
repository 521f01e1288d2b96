/**
 * The uncross of an auction: one price at which the most trades, then all trades at that price by priority.
 * The shard's thread. The price is engine/public's, by the same function that gateways make indicative prices with.
 */

import { CommandKind, EventKind, Liquidity } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import { phasesThatTake } from '../../schemas/phases.js';
import * as levelWords from '../book/level-words.js';
import * as orderWords from '../book/order-words.js';
import * as sideWords from '../book/side-words.js';
import { FEE_AUCTION } from '../ledger/ledger-words.js';
import { hiddenOf, isIceberg, showAfterAuction, shownAfterAuction, showsAnew } from '../matching/iceberg.js';
import { cancelOther, endPair } from '../matching/legs.js';
import { takeOff } from '../matching/order-life.js';
import { fillOrder } from '../money/holdings.js';
import { otherLeg } from '../money/pairs.js';
import { AuctionResult, findAuction } from '../public/auction-price.js';
import * as registryWords from '../registry-words.js';
import { checkInstrument, checkPhase, checkSender, laneAccount } from '../state/checks.js';
import * as operationWords from '../state/operations.js';
import { beginOperation, suspendOperation } from '../state/progress.js';
import { type EngineState, writeEvent, writeOrderEvent } from '../state/state.js';
import { beginPrevention, runPrevention, STAGE_SELLS } from './auction-prevention.js';
import { firstInSide, runLeftovers } from './phases.js';

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
const { TOTAL, TOTAL_SHIFT } = levelWords;
const { FLAG_LEG, FLAG_SELL, FLAG_SPECIAL, ORDER_CUMULATIVE, ORDER_FLAGS, ORDER_LEAVES, ORDER_LEVEL } = orderWords;
const { ORDER_PRICE, ORDER_SHIFT, SLOT_MASK } = orderWords;
const { INSTRUMENT_LAST, INSTRUMENT_REFERENCE, INSTRUMENT_SHIFT, INSTRUMENT_SYMBOL_BYTES } = registryWords;
const { PREVENTS_IN_AUCTION } = registryWords;
const {
  OPERATION_ACCOUNT,
  OPERATION_CLIENT_HIGH,
  OPERATION_CLIENT_LOW,
  OPERATION_INSTRUMENT,
  OPERATION_PRICE,
  OPERATION_SESSION,
  OPERATION_SHIFT,
  OPERATION_STAGE,
  UNCROSS,
} = operationWords;

const UNCROSS_PHASES = phasesThatTake(CommandKind.Uncross);
const AUCTION_FILL = EventKind.Fill | (Liquidity.Auction << EVENT_LIQUIDITY_SHIFT) | EVENT_BOOK_BIT;
const ICEBERG_FILL = EventKind.Fill | (Liquidity.Auction << EVENT_LIQUIDITY_SHIFT);
const UNCROSSED = EventKind.Uncrossed;
/** Says that own orders are looked at first, where the instrument asks for it: the answer, before Uncrossed. */
const WALKS = EventKind.Started | (Liquidity.Auction << EVENT_LIQUIDITY_SHIFT);
const MAX_QUANTITY = 0xffffffff;
/** A trade with such an order has more to it than two fills. */
const UNUSUAL = FLAG_SPECIAL | FLAG_LEG;
/** Stages: trades go on; only market orders that found nobody are left; nothing was traded. */
const STAGE_TRADES = 0;
const STAGE_LEFTOVERS = 1;
const STAGE_NO_TRADE = 2;

/** Applies an Uncross whose shape is right. */
export function applyUncross(state: EngineState, words: Int32Array, at: number): void {
  if (!checkSender(state, words, at, false) || !checkInstrument(state, words, at, false)) return;
  if (!checkPhase(state, words, at, UNCROSS_PHASES)) return;
  const instrument = words[at + COMMAND_INSTRUMENT] as number;
  const account = laneAccount(state, words[at + COMMAND_SESSION] as number);
  const symbolAt = (instrument << INSTRUMENT_SHIFT) + INSTRUMENT_SYMBOL_BYTES;
  const prevents = ((state.instruments[symbolAt] as number) & PREVENTS_IN_AUCTION) !== 0;
  const answerAt = state.next * EVENT_WORDS;
  const row = beginOperation(state, UNCROSS, words, at, account, prevents ? WALKS : UNCROSSED);
  if (prevents) beginPrevention(state, row, instrument);
  else findPrice(state, row, answerAt);
  if (!runUncross(state, row)) suspendOperation(state);
}

/** Finds the price at which the book trades, and says so in the event at word `to`. */
function findPrice(state: EngineState, row: number, to: number): void {
  const rowAt = row << OPERATION_SHIFT;
  const instrument = state.operations.words[rowAt + OPERATION_INSTRUMENT] as number;
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
  const events = state.events;
  events[to + EVENT_PRICE] = result.price;
  events[to + EVENT_QUANTITY] = result.volume < MAX_QUANTITY ? result.volume : MAX_QUANTITY;
  events[to + EVENT_AMOUNT] = result.imbalance;
  events[to + EVENT_AMOUNT + 1] = Math.floor(result.imbalance / 4294967296);
  state.operations.words[rowAt + OPERATION_PRICE] = result.price;
  state.operations.words[rowAt + OPERATION_STAGE] = result.volume > 0 ? STAGE_TRADES : STAGE_NO_TRADE;
  state.operations.volumes[row] = result.volume;
}

/** The price comes behind what prevention did. False when there is no room to say it. */
function sayPrice(state: EngineState, row: number): boolean {
  if (state.next === state.end) return false;
  const { words } = state.operations;
  const at = row << OPERATION_SHIFT;
  const to = writeEvent(
    state,
    words[at + OPERATION_ACCOUNT] as number,
    words[at + OPERATION_SESSION] as number,
    words[at + OPERATION_CLIENT_LOW] as number,
    words[at + OPERATION_CLIENT_HIGH] as number,
    words[at + OPERATION_INSTRUMENT] as number,
    UNCROSSED,
  );
  findPrice(state, row, to);
  return true;
}

function marketTotal(state: EngineState, sideAt: number): number {
  const level = state.sides[sideAt + SIDE_MARKET] as number;
  return level < 0 ? 0 : (state.books.levels.totals[(level << TOTAL_SHIFT) + TOTAL] as number);
}

/** Trades what is left of the volume, then cancels the market orders that are left; true when it is finished. */
export function runUncross(state: EngineState, row: number): boolean {
  const operations = state.operations;
  const rowAt = row << OPERATION_SHIFT;
  const prevents = (operations.words[rowAt + OPERATION_STAGE] as number) >= STAGE_SELLS;
  if (prevents && !(runPrevention(state, row) && sayPrice(state, row))) return false;
  if (operations.words[rowAt + OPERATION_STAGE] === STAGE_NO_TRADE) return true;
  if (operations.words[rowAt + OPERATION_STAGE] === STAGE_TRADES) {
    if (!runTrades(state, row)) return false;
    operations.words[rowAt + OPERATION_STAGE] = STAGE_LEFTOVERS;
  }
  return runLeftovers(state, row);
}

/** Whether there is such an order, and it trades at the auction's price. */
function trades(state: EngineState, slot: number, price: number): boolean {
  if (slot < 0) return false;
  const at = slot << ORDER_SHIFT;
  const limit = state.orders[at + ORDER_PRICE] as number;
  if (limit === NO_PRICE) return true;
  return ((state.orders[at + ORDER_FLAGS] as number) & FLAG_SELL) === 0 ? limit >= price : limit <= price;
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
    // Orders that counted may have expired since.
    if (!trades(state, buyer, price) || !trades(state, seller, price)) {
      left = 0;
      break;
    }
    const buyerOpen = (orders[(buyer << ORDER_SHIFT) + ORDER_LEAVES] as number) >>> 0;
    const sellerOpen = (orders[(seller << ORDER_SHIFT) + ORDER_LEAVES] as number) >>> 0;
    let quantity = buyerOpen < sellerOpen ? buyerOpen : sellerOpen;
    if (quantity > left) quantity = left;
    const flags =
      (orders[(buyer << ORDER_SHIFT) + ORDER_FLAGS] as number) |
      (orders[(seller << ORDER_SHIFT) + ORDER_FLAGS] as number);
    if ((flags & UNUSUAL) === 0) {
      if (state.next + 2 > state.end) break;
      left -= quantity;
      state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_LAST] = price;
      tradePlain(state, buyer, seller, price, quantity, buyerOpen - quantity, sellerOpen - quantity);
      continue;
    }
    const buyerOther = otherLeg(state, buyer);
    const sellerOther = otherLeg(state, seller);
    const anew = (showsAnew(state, buyer, quantity) ? 1 : 0) + (showsAnew(state, seller, quantity) ? 1 : 0);
    const others = (buyerOther < 0 ? 0 : 1) + (sellerOther < 0 ? 0 : 1);
    if (state.next + 2 + anew + others > state.end) break;
    if (others > 0) {
      endPair(state, buyer);
      endPair(state, seller);
    }
    left -= quantity;
    const shown = [buyerOpen - hiddenOf(state, buyer), sellerOpen - hiddenOf(state, seller)] as const;
    state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_LAST] = price;
    fillInAuction(state, buyer, price, quantity, 0, 0);
    fillInAuction(state, seller, price, quantity, state.eventLow, state.eventHigh);
    settle(state, buyer, quantity, shown[0]);
    settle(state, seller, quantity, shown[1]);
    cancelOther(state, buyer, buyerOther);
    cancelOther(state, seller, sellerOther);
  }
  operations.volumes[row] = left;
  return left === 0;
}

/** A trade of orders that have nothing besides their record: as that of all others, without asking for the rest. */
function tradePlain(
  state: EngineState,
  buyer: number,
  seller: number,
  price: number,
  quantity: number,
  buyerLeaves: number,
  sellerLeaves: number,
): void {
  const events = state.events;
  const first = fillPlain(state, buyer, price, quantity, buyerLeaves);
  const tradeLow = state.eventLow;
  const tradeHigh = state.eventHigh;
  const second = fillPlain(state, seller, price, quantity, sellerLeaves);
  events[first + EVENT_RELATED_ID] = tradeLow;
  events[first + EVENT_RELATED_ID + 1] = tradeHigh;
  events[second + EVENT_RELATED_ID] = tradeLow;
  events[second + EVENT_RELATED_ID + 1] = tradeHigh;
  if (buyerLeaves === 0) takeOff(state, buyer);
  if (sellerLeaves === 0) takeOff(state, seller);
}

function fillPlain(state: EngineState, slot: number, price: number, quantity: number, leaves: number): number {
  const orders = state.orders;
  const at = (slot & SLOT_MASK) << ORDER_SHIFT;
  orders[at + ORDER_LEAVES] = leaves | 0;
  orders[at + ORDER_CUMULATIVE] = ((orders[at + ORDER_CUMULATIVE] as number) + quantity) | 0;
  const to = writeOrderEvent(state, slot, price, quantity | 0, leaves | 0, leaves | 0, AUCTION_FILL);
  fillOrder(state, slot, to, price, quantity | 0, leaves | 0, FEE_AUCTION);
  state.books.reduce(orders[at + ORDER_LEVEL] as number, quantity);
  return to;
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
  // What an iceberg shows changes behind the trade: its fill says nothing of the book.
  const iceberg = isIceberg(state, slot);
  const shown = iceberg ? shownAfterAuction(state, slot) : leaves;
  const to = writeOrderEvent(state, slot, price, quantity, leaves, shown, iceberg ? ICEBERG_FILL : AUCTION_FILL);
  const own = tradeLow === 0 && tradeHigh === 0;
  state.events[to + EVENT_RELATED_ID] = own ? state.eventLow : tradeLow;
  state.events[to + EVENT_RELATED_ID + 1] = own ? state.eventHigh : tradeHigh;
  fillOrder(state, slot, to, price, quantity | 0, leaves | 0, FEE_AUCTION);
}

/** An order that has traded leaves its level with what it traded, or whole. `before`: what it showed. */
function settle(state: EngineState, slot: number, quantity: number, before: number): void {
  const at = slot << ORDER_SHIFT;
  state.books.reduce(state.orders[at + ORDER_LEVEL] as number, quantity);
  if (isIceberg(state, slot)) showAfterAuction(state, slot, before);
  if (state.orders[at + ORDER_LEAVES] === 0) takeOff(state, slot);
}
