/**
 * Walks all state of an engine and compares what is held twice: books, account lists, the index of client order ids,
 * lanes, operations, registry. For tests and checkers. Throws with a sentence that names the first thing that is wrong.
 */

import { joinWords } from '../../schemas/layout.js';
import { phasesWithoutCrossing } from '../../schemas/phases.js';
import { LEVEL_KEY, LEVEL_SHIFT } from '../book/level-words.js';
import {
  FLAG_EXPIRES,
  FLAG_LEG,
  FREE,
  NOT_RESTING,
  ORDER_ACCOUNT,
  ORDER_CLIENT_HIGH,
  ORDER_CLIENT_LOW,
  ORDER_CUMULATIVE,
  ORDER_FLAGS,
  ORDER_INSTRUMENT,
  ORDER_LEVEL,
  ORDER_SHIFT,
  WAITING,
} from '../book/order-words.js';
import { SIDE_BEST, SIDE_SHIFT } from '../book/side-words.js';
import { validateBooks } from '../book/validate-books.js';
import {
  ACCOUNT_LANES,
  ACCOUNT_MASS_CANCELS,
  ACCOUNT_SHIFT,
  INSTRUMENT_IN_PROGRESS,
  INSTRUMENT_PHASE,
  INSTRUMENT_SHIFT,
} from '../registry-words.js';
import { LANE_ACCOUNT, LANE_CANCELS, LANE_OPEN, LANE_SHIFT } from '../state/lane-words.js';
import {
  CASCADE,
  OPERATION_ACCOUNT,
  OPERATION_CURSOR,
  OPERATION_INSTRUMENT,
  OPERATION_KIND,
  OPERATION_OWNER,
  OPERATION_SHIFT,
  OPERATION_STAGE,
  SWEEP,
} from '../state/operations.js';
import type { EngineState } from '../state/state.js';
import { expiryTimer, isDeadMan, isExpiry, laneOfTimer } from '../timers/timer-ranges.js';
import { validateIcebergs } from './validate-icebergs.js';
import { validateLedger } from './validate-ledger.js';
import { validateStops } from './validate-stops.js';

const UNCROSSED_PHASES = phasesWithoutCrossing();

export function validateState(state: EngineState): void {
  const resting = validateBooks(state.books, state.registry.instrumentCount);
  const sweeping = validateOperations(state);
  const live = state.books.orders.live;
  const waiting = validateStops(state);
  if (resting + waiting + sweeping !== live) {
    throw new Error(`${resting} orders rest, ${waiting} wait and ${sweeping} are in progress, but ${live} are live`);
  }
  validateIds(state, resting + waiting);
  validateLegs(state);
  state.accountOrders.validate(state.registry.accountCount, live);
  validatePhases(state);
  state.lanes.validate();
  validateLaneCounts(state);
  state.registry.validate(state.shardCount);
  state.timers.validate();
  validateIcebergs(state);
  validateExpiries(state);
  validateTimers(state);
  validateLedger(state);
  state.transit.validate();
  state.busts.validate(joinWords(state.eventLow, state.eventHigh));
}

/** Returns how many orders wait for the Continue of their sweep. */
function validateOperations(state: EngineState): number {
  const operations = state.operations;
  const massCancels = new Map<number, number>();
  const inProgress = new Set<number>();
  let sweeping = 0;
  let reserved = 0;
  let ofAll = 0;
  let walks = 0;
  for (let index = 0; index < operations.count; index++) {
    const at = operations.row(index) << OPERATION_SHIFT;
    const kind = operations.words[at + OPERATION_KIND] as number;
    const instrument = operations.words[at + OPERATION_INSTRUMENT] as number;
    const cursor = operations.words[at + OPERATION_CURSOR] as number;
    if (kind === SWEEP || (kind === CASCADE && cursor >= 0)) {
      if (state.orders[(cursor << ORDER_SHIFT) + ORDER_LEVEL] === FREE) {
        throw new Error(`the cursor of operation ${index} is at order slot ${cursor}, which is free`);
      }
      sweeping++;
      reserved += operations.words[at + OPERATION_STAGE] as number;
    }
    if (instrument !== 0) {
      if (inProgress.has(instrument)) throw new Error(`two operations of instrument ${instrument} are in progress`);
      inProgress.add(instrument);
    } else {
      const account = operations.words[at + OPERATION_OWNER] as number;
      massCancels.set(account, (massCancels.get(account) ?? 0) + 1);
      ofAll++;
    }
    if (operations.isWalk(operations.row(index))) {
      walks++;
      validateWalk(state, index, operations.words[at + OPERATION_ACCOUNT] as number, cursor);
    }
  }
  if (ofAll !== operations.massCancels) throw new Error('the count of mass cancels in progress is wrong');
  if (walks !== operations.walks) throw new Error('the count of mass cancels that walk is wrong');
  if (reserved !== state.reservedLevels) throw new Error('the count of reserved levels is wrong');
  if (reserved > state.books.levels.free) throw new Error('more levels are reserved than are free');
  for (let instrument = 1; instrument <= state.registry.instrumentCount; instrument++) {
    const marked = state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_IN_PROGRESS] === 1;
    if (marked !== inProgress.has(instrument))
      throw new Error(`instrument ${instrument} is wrong about what is in progress`);
  }
  for (let account = 1; account <= state.registry.accountCount; account++) {
    const marked = state.accounts[(account << ACCOUNT_SHIFT) + ACCOUNT_MASS_CANCELS] as number;
    if (marked !== (massCancels.get(account) ?? 0))
      throw new Error(`account ${account} is wrong about its mass cancels`);
  }
  return sweeping;
}

/** A mass cancel that walks stands at an order of its account, or behind all. */
function validateWalk(state: EngineState, index: number, account: number, cursor: number): void {
  if (cursor < 0) return;
  const at = cursor << ORDER_SHIFT;
  if (state.orders[at + ORDER_LEVEL] === FREE || state.orders[at + ORDER_ACCOUNT] !== account) {
    throw new Error(`operation ${index} stands at order slot ${cursor}, which is no order of account ${account}`);
  }
}

function validateIds(state: EngineState, resting: number): void {
  const orders = state.orders;
  let named = 0;
  for (let slot = 0; slot < state.books.orders.used; slot++) {
    const at = slot << ORDER_SHIFT;
    if ((orders[at + ORDER_LEVEL] as number) < 0 && orders[at + ORDER_LEVEL] !== WAITING) continue;
    const low = orders[at + ORDER_CLIENT_LOW] as number;
    const high = orders[at + ORDER_CLIENT_HIGH] as number;
    if (low === 0 && (high & 0xffff) === 0) continue;
    named++;
    if (state.ids.find(orders[at + ORDER_ACCOUNT] as number, low, high) !== slot) {
      throw new Error(`order slot ${slot} is not found by its client order id`);
    }
  }
  const indexed = state.ids.validate(resting);
  if (indexed !== named) throw new Error(`the index holds ${indexed} client order ids, ${named} orders have one`);
}

/** Timers are of lanes that there are; one that runs since a disconnect is of a lane that is closed and wants it. */
function validateTimers(state: EngineState): void {
  const { lanes, timers } = state;
  for (const timer of timers.inOrder()) {
    if (isExpiry(state.limits, timer)) continue;
    const lane = laneOfTimer(timer);
    if (lane >= lanes.count) throw new Error(`timer ${timer} is set for a lane that there is not`);
    const at = lane << LANE_SHIFT;
    if (isDeadMan(timer)) continue;
    if (lanes.words[at + LANE_OPEN] !== 0 || lanes.words[at + LANE_CANCELS] !== 1) {
      throw new Error(`lane ${lane} is about to lose its orders, but it is open or keeps them`);
    }
  }
}

/** Each leg's other leg says the same, is its owner's in the same instrument, and one of the two waits for its trigger. */
function validateLegs(state: EngineState): void {
  const { orders, legs } = state;
  for (let slot = 0; slot < state.books.orders.used; slot++) {
    const at = slot << ORDER_SHIFT;
    if (orders[at + ORDER_LEVEL] === FREE || ((orders[at + ORDER_FLAGS] as number) & FLAG_LEG) === 0) continue;
    const other = (legs[slot] as number) << ORDER_SHIFT;
    const joined = legs[legs[slot] as number] === slot && ((orders[other + ORDER_FLAGS] as number) & FLAG_LEG) !== 0;
    const waits = orders[at + ORDER_LEVEL] === WAITING || orders[other + ORDER_LEVEL] === WAITING;
    const same =
      orders[at + ORDER_ACCOUNT] === orders[other + ORDER_ACCOUNT] &&
      orders[at + ORDER_INSTRUMENT] === orders[other + ORDER_INSTRUMENT];
    if (!joined || !waits || !same || orders[other + ORDER_LEVEL] === FREE) {
      throw new Error(`order slot ${slot} is a leg whose other leg is none of it`);
    }
    if (orders[at + ORDER_CUMULATIVE] !== 0) throw new Error(`order slot ${slot} is filled, and its other leg lives`);
  }
}

function validateLaneCounts(state: EngineState): void {
  const { lanes, registry } = state;
  const counts = new Map<number, number>();
  for (let lane = 0; lane < lanes.count; lane++) {
    const account = lanes.words[(lane << LANE_SHIFT) + LANE_ACCOUNT] as number;
    counts.set(account, (counts.get(account) ?? 0) + 1);
  }
  for (let account = 1; account <= registry.accountCount; account++) {
    if (state.accounts[(account << ACCOUNT_SHIFT) + ACCOUNT_LANES] !== (counts.get(account) ?? 0)) {
      throw new Error(`account ${account} is wrong about its lanes`);
    }
  }
}

/** A timer of a slot belongs to a live order that expires; one without it is on its way and will not rest. */
function validateExpiries(state: EngineState): void {
  for (let slot = 0; slot < state.limits.maxOrders; slot++) {
    const at = slot << ORDER_SHIFT;
    const level = slot < state.books.orders.used ? state.orders[at + ORDER_LEVEL] : FREE;
    const expires = level !== FREE && ((state.orders[at + ORDER_FLAGS] as number) & FLAG_EXPIRES) !== 0;
    const isSet = state.timers.isSet(expiryTimer(state.limits, slot));
    if (isSet !== expires && !(expires && level === NOT_RESTING)) {
      throw new Error(`order slot ${slot} is wrong about its expiry`);
    }
  }
}

/** Where orders trade at once, or none may trade, a book is never crossed, but for a sweep or mass cancel that is not done. */
function validatePhases(state: EngineState): void {
  for (let instrument = 1; instrument <= state.registry.instrumentCount; instrument++) {
    const at = instrument << INSTRUMENT_SHIFT;
    if (((UNCROSSED_PHASES >>> (state.instruments[at + INSTRUMENT_PHASE] as number)) & 1) === 0) continue;
    if (state.instruments[at + INSTRUMENT_IN_PROGRESS] === 1) continue;
    const buy = state.sides[((instrument << 1) << SIDE_SHIFT) + SIDE_BEST] as number;
    const sell = state.sides[(((instrument << 1) + 1) << SIDE_SHIFT) + SIDE_BEST] as number;
    if (buy < 0 || sell < 0) continue;
    const bid = state.levels[(buy << LEVEL_SHIFT) + LEVEL_KEY] as number;
    if (bid >= -(state.levels[(sell << LEVEL_SHIFT) + LEVEL_KEY] as number)) {
      throw new Error(`the book of instrument ${instrument} is crossed where it must not be`);
    }
  }
}
