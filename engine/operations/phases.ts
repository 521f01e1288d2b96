/**
 * Commands about the state of one instrument: its phase, and the end of the day for orders that are good for it.
 * The shard's thread. The uncross is in uncross.ts.
 */

import { CommandKind, EventKind, Reason, TimeInForce } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import { phasesThatTake, phasesWithoutCrossing } from '../../schemas/phases.js';
import { keyOf } from '../book/book.js';
import * as levelWords from '../book/level-words.js';
import * as orderWords from '../book/order-words.js';
import * as sideWords from '../book/side-words.js';
import { cancelOrder } from '../matching/apply-cancel.js';
import { forgetOrder } from '../matching/order-life.js';
import { hasLevelRoom } from '../matching/sweep.js';
import * as registryWords from '../registry-words.js';
import {
  checkInstrument,
  checkPhase,
  checkPrice,
  checkSender,
  laneAccount,
  NO_ORDER,
  refuse,
} from '../state/checks.js';
import * as operationWords from '../state/operations.js';
import { beginOperation, suspendOperation } from '../state/progress.js';
import { type EngineState, writeEvent, writeOrderEvent } from '../state/state.js';
import * as stopWords from '../stops/stop-words.js';
import { finish } from './mass-cancel.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { COMMAND_CLIENT_ORDER_ID, COMMAND_INSTRUMENT, COMMAND_KIND_WORD, COMMAND_PRICE, COMMAND_SESSION } = layout;
const { EVENT_BOOK_BIT, EVENT_LEAVES, EVENT_PRICE, EVENT_QUANTITY, EVENT_RELATED_ID, EVENT_WORDS, NO_PRICE } = layout;
const { SIDE_BEST, SIDE_MARKET, SIDE_SHIFT } = sideWords;
const { LEVEL_HEAD, LEVEL_KEY, LEVEL_PLACE, LEVEL_SHIFT, LEVEL_SIDE, LEVEL_WORSE, PLACE_MARKET } = levelWords;
const { FLAG_MARKET, FLAG_SPECIAL, FLAG_TIME_IN_FORCE, ORDER_CLIENT_HIGH, ORDER_CLIENT_LOW, ORDER_FLAGS } = orderWords;
const { ORDER_LEAVES, ORDER_LEVEL, ORDER_NEXT, ORDER_PRICE, ORDER_SHIFT, ORDER_STOP, WAITING } = orderWords;
const { GROUP_MASK, GROUP_SHIFT, STOP_GROUP, STOP_RIGHT, STOP_SHIFT, STOP_SLOT } = stopWords;
const { INSTRUMENT_PHASE, INSTRUMENT_SHIFT, INSTRUMENT_TRACKED } = registryWords;
const {
  END_OF_DAY,
  LEFTOVERS,
  OPERATION_CANCELLED,
  OPERATION_CURSOR,
  OPERATION_INSTRUMENT,
  OPERATION_KIND,
  OPERATION_PRICE,
  OPERATION_SHIFT,
  OPERATION_STAGE,
  UNCROSS,
} = operationWords;

const UNCROSSED_PHASES = phasesWithoutCrossing();
const SET_PHASE_PHASES = phasesThatTake(CommandKind.SetPhase);
const REFERENCE_PHASES = phasesThatTake(CommandKind.ReferencePrice);
const END_OF_DAY_PHASES = phasesThatTake(CommandKind.EndOfDay);
const BOOKED = EventKind.Booked | EVENT_BOOK_BIT;
const REPLACED = EventKind.Replaced | EVENT_BOOK_BIT;
const CANCELLED_FULL = EventKind.Cancelled | (Reason.LevelsFull << 16);
const DAY = TimeInForce.Day;
/** Stages of an end of day: 0 buys, 1 sells, then the groups of stops, then those that were triggered before an auction. */
const FIRST_STOP_STAGE = 2;
export const LAST_STAGE = FIRST_STOP_STAGE + GROUP_MASK + 1;

/** Applies a SetPhase whose shape is right. */
export function applySetPhase(state: EngineState, words: Int32Array, at: number): void {
  if (!checkSender(state, words, at, false) || !checkInstrument(state, words, at, false)) return;
  if (!checkPhase(state, words, at, SET_PHASE_PHASES)) return;
  const instrument = words[at + COMMAND_INSTRUMENT] as number;
  const phase = ((words[at + COMMAND_KIND_WORD] as number) >>> 16) & 0xff;
  const uncrossed = ((UNCROSSED_PHASES >>> phase) & 1) !== 0;
  if (uncrossed && isCrossed(state, instrument)) {
    refuse(state, words, at, Reason.BookCrossed, 0, NO_ORDER);
    return;
  }
  const answerAt = state.next * EVENT_WORDS;
  const row = beginOperation(
    state,
    LEFTOVERS,
    words,
    at,
    laneAccount(state, words[at + COMMAND_SESSION] as number),
    EventKind.PhaseChanged,
  );
  const phaseAt = (instrument << INSTRUMENT_SHIFT) + INSTRUMENT_PHASE;
  state.events[answerAt + EVENT_QUANTITY] = phase;
  state.events[answerAt + EVENT_LEAVES] = state.instruments[phaseAt] as number;
  state.instruments[phaseAt] = phase;
  state.operations.words[(row << OPERATION_SHIFT) + OPERATION_PRICE] = NO_PRICE;
  if (uncrossed && !runLeftovers(state, row)) suspendOperation(state);
}

/** Applies a ReferencePrice whose shape is right: what it triggers comes behind the command. */
export function applyReferencePrice(state: EngineState, words: Int32Array, at: number): void {
  if (!checkSender(state, words, at, false) || !checkInstrument(state, words, at, false)) return;
  if (!checkPhase(state, words, at, REFERENCE_PHASES)) return;
  const instrument = words[at + COMMAND_INSTRUMENT] as number;
  const price = words[at + COMMAND_PRICE] as number;
  if (!checkPrice(state, words, at, price)) return;
  const session = words[at + COMMAND_SESSION] as number;
  const to = writeEvent(
    state,
    laneAccount(state, session),
    session,
    words[at + COMMAND_CLIENT_ORDER_ID] as number,
    words[at + COMMAND_CLIENT_ORDER_ID + 1] as number,
    instrument,
    EventKind.ReferenceChanged,
  );
  state.events[to + EVENT_PRICE] = price;
  state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_TRACKED] = price;
}

/** Whether the best limit bid is at or above the best limit ask. */
function isCrossed(state: EngineState, instrument: number): boolean {
  const buy = state.sides[((instrument << 1) << SIDE_SHIFT) + SIDE_BEST] as number;
  const sell = state.sides[(((instrument << 1) + 1) << SIDE_SHIFT) + SIDE_BEST] as number;
  if (buy < 0 || sell < 0) return false;
  const bid = state.levels[(buy << LEVEL_SHIFT) + LEVEL_KEY] as number;
  const ask = -(state.levels[(sell << LEVEL_SHIFT) + LEVEL_KEY] as number);
  return bid >= ask;
}

/**
 * Cancels the market orders that rest, buys before sells; true when none is left. Market-to-limit orders rest at the
 * auction's price, where there was one.
 */
export function runLeftovers(state: EngineState, row: number): boolean {
  const instrument = state.operations.words[(row << OPERATION_SHIFT) + OPERATION_INSTRUMENT] as number;
  const price = state.operations.words[(row << OPERATION_SHIFT) + OPERATION_PRICE] as number;
  for (let side = instrument << 1; side < (instrument << 1) + 2; side++) {
    const marketAt = (side << SIDE_SHIFT) + SIDE_MARKET;
    for (let level = state.sides[marketAt] as number; level >= 0; level = state.sides[marketAt] as number) {
      const slot = state.levels[(level << LEVEL_SHIFT) + LEVEL_HEAD] as number;
      const flags = state.orders[(slot << ORDER_SHIFT) + ORDER_FLAGS] as number;
      const becomesLimit = (flags & FLAG_SPECIAL) !== 0 && price !== NO_PRICE;
      if (state.next + (becomesLimit ? 2 : 1) > state.end) return false;
      if (becomesLimit) restAtPrice(state, slot, side, price);
      else cancelOrder(state, slot, Reason.AuctionLeftover, 0, 0);
    }
  }
  return true;
}

/** A market-to-limit order is a limit order from here on, behind those at the price; it goes where no level is free. */
function restAtPrice(state: EngineState, slot: number, side: number, price: number): void {
  const { books, orders } = state;
  const orderAt = slot << ORDER_SHIFT;
  const leaves = orders[orderAt + ORDER_LEAVES] as number;
  const to = writeOrderEvent(state, slot, NO_PRICE, leaves, leaves, 0, REPLACED);
  state.events[to + EVENT_RELATED_ID] = orders[orderAt + ORDER_CLIENT_LOW] as number;
  state.events[to + EVENT_RELATED_ID + 1] = orders[orderAt + ORDER_CLIENT_HIGH] as number;
  books.unlink(slot);
  orders[orderAt + ORDER_FLAGS] = (orders[orderAt + ORDER_FLAGS] as number) & ~(FLAG_MARKET | FLAG_SPECIAL);
  orders[orderAt + ORDER_PRICE] = price;
  if (hasLevelRoom(state, side, price)) {
    books.rest(slot, side, keyOf(side, price));
    writeOrderEvent(state, slot, price, 0, leaves, leaves, BOOKED);
  } else {
    writeOrderEvent(state, slot, price, leaves, 0, 0, CANCELLED_FULL);
    state.ids.remove(slot);
    forgetOrder(state, slot);
  }
}

/** Applies an EndOfDay whose shape is right: the instrument's day orders go, the others stay. */
export function applyEndOfDay(state: EngineState, words: Int32Array, at: number): void {
  if (!checkSender(state, words, at, false) || !checkInstrument(state, words, at, false)) return;
  if (!checkPhase(state, words, at, END_OF_DAY_PHASES)) return;
  const row = beginOperation(
    state,
    END_OF_DAY,
    words,
    at,
    laneAccount(state, words[at + COMMAND_SESSION] as number),
    EventKind.Started,
  );
  const instrument = words[at + COMMAND_INSTRUMENT] as number;
  state.operations.words[(row << OPERATION_SHIFT) + OPERATION_CURSOR] = firstInSide(state, instrument << 1);
  if (!runEndOfDay(state, row)) suspendOperation(state);
}

/**
 * Cancels day orders from the cursor on: buys, then sells, each by priority, then stops that wait, group by group. True when it is finished. It stops after
 * maxVisits orders as well: those that stay make no event.
 */
export function runEndOfDay(state: EngineState, row: number): boolean {
  const words = state.operations.words;
  const at = row << OPERATION_SHIFT;
  let slot = words[at + OPERATION_CURSOR] as number;
  let cancelled = words[at + OPERATION_CANCELLED] as number;
  let visits = state.maxVisits;
  for (;;) {
    if (slot < 0) {
      const stage = (words[at + OPERATION_STAGE] as number) + 1;
      if (stage > LAST_STAGE) break;
      words[at + OPERATION_STAGE] = stage;
      slot = firstOfStage(state, words[at + OPERATION_INSTRUMENT] as number, stage);
      continue;
    }
    if (visits === 0) break;
    visits--;
    const waits = state.orders[(slot << ORDER_SHIFT) + ORDER_LEVEL] === WAITING;
    const next = waits ? nextStop(state, slot) : nextInSide(state, slot);
    if (((state.orders[(slot << ORDER_SHIFT) + ORDER_FLAGS] as number) & FLAG_TIME_IN_FORCE) === DAY) {
      if (state.next === state.end) break;
      cancelOrder(state, slot, Reason.EndOfDay, 0, 0);
      cancelled++;
    }
    slot = next;
  }
  words[at + OPERATION_CURSOR] = slot;
  words[at + OPERATION_CANCELLED] = cancelled;
  return slot < 0 && finish(state, row);
}

/** The order leaves by itself: an end of day or uncross that stopped at it goes on at the next one. */
export function passOver(state: EngineState, slot: number): void {
  const { operations } = state;
  for (let index = 0; index < operations.count; index++) {
    const at = operations.row(index) << OPERATION_SHIFT;
    const kind = operations.words[at + OPERATION_KIND];
    if (kind !== END_OF_DAY && kind !== UNCROSS) continue;
    if (operations.words[at + OPERATION_CURSOR] !== slot) continue;
    const waits = state.orders[(slot << ORDER_SHIFT) + ORDER_LEVEL] === WAITING;
    operations.words[at + OPERATION_CURSOR] = waits ? nextStop(state, slot) : nextInSide(state, slot);
  }
}

/** The first order of a stage of an end of day or kill: buys at 0, sells at 1, then a group of stops each, then their queue; or -1. */
export function firstOfStage(state: EngineState, instrument: number, stage: number): number {
  if (stage < FIRST_STOP_STAGE) return firstInSide(state, (instrument << 1) + stage);
  if (stage === LAST_STAGE) return slotOfStop(state, state.stops.firstInQueue(instrument));
  return slotOfStop(state, state.stops.nextByEntry((instrument << GROUP_SHIFT) + stage - FIRST_STOP_STAGE, 0));
}

/** The stop that came behind this one into its group, or into the queue of those that were triggered; or -1. */
function nextStop(state: EngineState, slot: number): number {
  const { stops } = state;
  const node = state.orders[(slot << ORDER_SHIFT) + ORDER_STOP] as number;
  if (stops.isQueued(node)) return slotOfStop(state, stops.words[(node << STOP_SHIFT) + STOP_RIGHT] as number);
  const group = stops.words[(node << STOP_SHIFT) + STOP_GROUP] as number;
  return slotOfStop(state, stops.nextByEntry(group, stops.entries[node] as number));
}

function slotOfStop(state: EngineState, node: number): number {
  return node < 0 ? -1 : (state.stops.words[(node << STOP_SHIFT) + STOP_SLOT] as number);
}

/** The first order of a side by priority (market orders come first), or -1. */
export function firstInSide(state: EngineState, side: number): number {
  const at = side << SIDE_SHIFT;
  const market = state.sides[at + SIDE_MARKET] as number;
  const level = market >= 0 ? market : (state.sides[at + SIDE_BEST] as number);
  return level < 0 ? -1 : (state.levels[(level << LEVEL_SHIFT) + LEVEL_HEAD] as number);
}

/** The order behind this one by priority, or -1. */
export function nextInSide(state: EngineState, slot: number): number {
  const orderAt = slot << ORDER_SHIFT;
  const next = state.orders[orderAt + ORDER_NEXT] as number;
  if (next >= 0) return next;
  const levels = state.levels;
  const levelAt = (state.orders[orderAt + ORDER_LEVEL] as number) << LEVEL_SHIFT;
  const level =
    levels[levelAt + LEVEL_PLACE] === PLACE_MARKET
      ? (state.sides[((levels[levelAt + LEVEL_SIDE] as number) << SIDE_SHIFT) + SIDE_BEST] as number)
      : (levels[levelAt + LEVEL_WORSE] as number);
  return level < 0 ? -1 : (levels[(level << LEVEL_SHIFT) + LEVEL_HEAD] as number);
}
