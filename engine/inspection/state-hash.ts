/**
 * A hash over all state in use: what the books hold and in which order, orders with their generations and the order in
 * which free slots come back, accounts, lanes with their answers, operations, registry, admin log.
 * Any thread that holds the engine. Not in it: where levels and client order ids are found (windows, trees, chains),
 * because no answer depends on them, and the limits: two engines of other limits can hash alike as long as no limit was
 * met, and answer otherwise later. Whoever compares hashes compares ANSWER_LIMITS as well.
 */

import { joinWords } from '../../schemas/layout.js';
import {
  LEVEL_HEAD,
  LEVEL_KEY,
  LEVEL_ORDERS,
  LEVEL_SHIFT,
  LEVEL_WORSE,
  TOTAL,
  TOTAL_SHIFT,
} from '../book/level-words.js';
import {
  FLAG_AGED,
  FLAG_LEG,
  FREE,
  ORDER_ACCOUNT_NEXT,
  ORDER_FLAGS,
  ORDER_GENERATION,
  ORDER_LEVEL,
  ORDER_NEXT,
  ORDER_PRICE,
  ORDER_SESSION,
  ORDER_SHIFT,
} from '../book/order-words.js';
import { SIDE_BEST, SIDE_MARKET, SIDE_SHIFT } from '../book/side-words.js';
import { SPECIAL_HIDDEN } from '../book/special-pool.js';
import {
  FEE_SHIFT,
  FEE_TIER_SHIFT,
  HOLDING_OWN,
  HOLDING_SHIFT,
  LIMIT_SHIFT,
  PURSE_SHIFT,
  WORTH_SHIFT,
} from '../ledger/ledger-words.js';
import { PAIR_FIRST, PAIR_SHIFT } from '../ledger/pair-index.js';
import { isIceberg } from '../matching/iceberg.js';
import { STAGE_BUYS, STAGE_SELLS } from '../operations/auction-prevention.js';
import type { Registry } from '../registry.js';
import {
  ACCOUNT_OPEN_ORDERS_MAX,
  ACCOUNT_SHIFT,
  ACCOUNT_WORDS,
  ASSET_BYTES,
  BAND_COMMAND_HIGH,
  BAND_REFERENCE,
  BAND_SHIFT,
  INSTRUMENT_IN_PROGRESS,
  INSTRUMENT_KILLED,
  INSTRUMENT_LAST,
  INSTRUMENT_SHARD,
  INSTRUMENT_SHIFT,
  INSTRUMENT_SYMBOL_BYTES,
  KEY_ACCOUNT,
  KEY_REVOKED,
  KEY_SHIFT,
  PUBLIC_KEY_BYTES,
  SYMBOL_BYTES,
  TICKS_SHIFT,
} from '../registry-words.js';
import {
  ANSWER_WORDS,
  LANE_ACCOUNT,
  LANE_ANSWERS,
  LANE_CANCELS,
  LANE_GRACE,
  LANE_OLDEST,
  LANE_OPEN,
  LANE_SHIFT,
} from '../state/lane-words.js';
import { OPERATION_KIND, OPERATION_SHIFT, OPERATION_STAGE, OPERATION_WORDS, UNCROSS } from '../state/operations.js';
import type { EngineState } from '../state/state.js';
import {
  GROUP_MASK,
  GROUP_SHIFT,
  STOP_RIGHT,
  STOP_SHIFT,
  STOP_SLOT,
  TRAIL_DISTANCE,
  TRAIL_SHIFT,
  WATCH_HASHED,
  WATCH_SHIFT,
} from '../stops/stop-words.js';

/** The words of an answer in the order in which they go into the hash. */
const HASHED_ANSWER = [0, 1, 2, 3, 4, 9, 10, 13, 14, 11, 12, 5, 6, 7, 15, 16, 8] as const;

/** Two mixes of 32 bits side by side, each step a bijection of its state. */
class Mixer {
  private first = 0x243f6a88 | 0;
  private second = 0x85a308d3 | 0;

  add(word: number): void {
    const a = Math.imul(this.first ^ word, 0x85ebca6b);
    this.first = (a ^ (a >>> 13)) | 0;
    const b = Math.imul(this.second + word, 0xc2b2ae35);
    this.second = (b ^ (b >>> 16) ^ (b << 7)) | 0;
  }

  /** An exact double from 0 to 2^53 - 1. */
  addDouble(value: number): void {
    this.add(value | 0);
    this.add(Math.floor(value / 4294967296));
  }

  addWords(words: Int32Array, from: number, count: number): void {
    for (let index = from; index < from + count; index++) this.add(words[index] as number);
  }

  /** Whole numbers with their sign, and Infinity. */
  addNumbers(numbers: Float64Array, from: number, count: number): void {
    for (let index = from; index < from + count; index++) {
      const value = numbers[index] as number;
      this.addDouble(value === Number.POSITIVE_INFINITY ? 2 ** 62 : value);
    }
  }

  addBytes(bytes: Uint8Array, from: number, count: number): void {
    for (let index = from; index < from + count; index++) this.add(bytes[index] as number);
  }

  hex(): string {
    this.add(0);
    this.add(this.second);
    return (this.first >>> 0).toString(16).padStart(8, '0') + (this.second >>> 0).toString(16).padStart(8, '0');
  }
}

/** 16 hex digits. */
export function hashState(state: EngineState): string {
  const mixer = new Mixer();
  mixer.add(state.shard);
  mixer.add(state.shardCount);
  mixer.addDouble(joinWords(state.commandLow, state.commandHigh));
  mixer.addDouble(joinWords(state.eventLow, state.eventHigh));
  mixer.add(state.reservedLevels);
  mixer.add(state.ownOrders.lastAge);
  addRegistry(mixer, state);
  addOrders(mixer, state);
  addBooks(mixer, state);
  addLanes(mixer, state);
  addOperations(mixer, state);
  addStops(mixer, state);
  addTimers(mixer, state);
  addLedger(mixer, state);
  return mixer.hex();
}

function addRegistry(mixer: Mixer, state: EngineState): void {
  const registry = state.registry;
  mixer.add(registry.adminNumber);
  mixer.add(registry.instrumentCount);
  for (let instrument = 1; instrument <= registry.instrumentCount; instrument++) {
    const at = (instrument << INSTRUMENT_SHIFT) + INSTRUMENT_SHARD;
    mixer.addWords(registry.instruments, at, INSTRUMENT_SYMBOL_BYTES + 1);
    mixer.addWords(registry.instruments, (instrument << INSTRUMENT_SHIFT) + INSTRUMENT_LAST, 3);
    mixer.addWords(registry.instruments, (instrument << INSTRUMENT_SHIFT) + INSTRUMENT_KILLED, 3);
    mixer.addWords(registry.ticks, instrument << TICKS_SHIFT, 1 << TICKS_SHIFT);
    addBand(mixer, registry, instrument);
    mixer.addBytes(registry.symbols, instrument * SYMBOL_BYTES, SYMBOL_BYTES);
  }
  mixer.add(registry.accountCount);
  for (let account = 1; account <= registry.accountCount; account++) {
    mixer.addWords(registry.accounts, account << ACCOUNT_SHIFT, ACCOUNT_WORDS);
    mixer.add(registry.accounts[(account << ACCOUNT_SHIFT) + ACCOUNT_OPEN_ORDERS_MAX] as number);
    const { accountOrders } = state;
    for (let row = accountOrders.firstRow(account); row >= 0; row = accountOrders.nextRow(row)) {
      mixer.add(accountOrders.instrumentOf(row));
      mixer.add(accountOrders.firstOrderOf(row));
    }
  }
  mixer.add(registry.keyCount);
  for (let key = 1; key <= registry.keyCount; key++) {
    mixer.addWords(registry.keys, (key << KEY_SHIFT) + KEY_ACCOUNT, KEY_REVOKED + 1);
    mixer.addBytes(registry.publicKeys, key * PUBLIC_KEY_BYTES, PUBLIC_KEY_BYTES);
  }
  const log = state.adminLog;
  if (log === null) return;
  mixer.add(log.written);
  mixer.addWords(log.words, log.wordOf(0), log.wordOf(log.written) - log.wordOf(0));
}

/** The price from which a band counts is state only as long as its command goes on. */
function addBand(mixer: Mixer, { bands, instruments }: Registry, instrument: number): void {
  const goesOn = instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_IN_PROGRESS] !== 0;
  mixer.addWords(bands, instrument << BAND_SHIFT, goesOn ? BAND_COMMAND_HIGH + 1 : BAND_REFERENCE);
}

function addOrders(mixer: Mixer, state: EngineState): void {
  const pool = state.books.orders;
  const words = pool.words;
  mixer.add(pool.used);
  mixer.add(pool.live);
  for (let slot = 0; slot < pool.used; slot++) {
    const at = slot << ORDER_SHIFT;
    mixer.add(words[at + ORDER_GENERATION] as number);
    if (words[at + ORDER_LEVEL] === FREE) continue;
    mixer.addWords(words, at + ORDER_PRICE, ORDER_SESSION + 1);
    mixer.add(words[at + ORDER_ACCOUNT_NEXT] as number);
    if (isIceberg(state, slot)) mixer.addWords(state.specials.words, state.specials.at(slot), SPECIAL_HIDDEN + 1);
    if (((words[at + ORDER_FLAGS] as number) & FLAG_LEG) !== 0) mixer.add(state.legs[slot] as number);
    if (((words[at + ORDER_FLAGS] as number) & FLAG_AGED) !== 0) mixer.add(state.ownOrders.ages[slot] as number);
  }
  for (let slot = pool.freeHead; slot >= 0; slot = words[(slot << ORDER_SHIFT) + ORDER_NEXT] as number) mixer.add(slot);
}

function addBooks(mixer: Mixer, state: EngineState): void {
  for (let side = 2; side < (state.registry.instrumentCount + 1) * 2; side++) {
    const at = side << SIDE_SHIFT;
    const market = state.sides[at + SIDE_MARKET] as number;
    mixer.add(-1);
    if (market >= 0) addLevel(mixer, state, market);
    mixer.add(-2);
    for (let level = state.sides[at + SIDE_BEST] as number; level >= 0; ) {
      addLevel(mixer, state, level);
      level = state.levels[(level << LEVEL_SHIFT) + LEVEL_WORSE] as number;
    }
  }
}

function addLevel(mixer: Mixer, state: EngineState, level: number): void {
  const at = level << LEVEL_SHIFT;
  mixer.add(state.levels[at + LEVEL_KEY] as number);
  mixer.add(state.levels[at + LEVEL_ORDERS] as number);
  mixer.addDouble(state.books.levels.totals[(level << TOTAL_SHIFT) + TOTAL] as number);
  for (let slot = state.levels[at + LEVEL_HEAD] as number; slot >= 0; ) {
    mixer.add(slot);
    slot = state.orders[(slot << ORDER_SHIFT) + ORDER_NEXT] as number;
  }
}

function addLanes(mixer: Mixer, state: EngineState): void {
  const lanes = state.lanes;
  mixer.add(lanes.count);
  mixer.add(lanes.highestIncarnation);
  for (let lane = 0; lane < lanes.count; lane++) {
    const at = lane << LANE_SHIFT;
    mixer.addWords(lanes.words, at + LANE_ACCOUNT, LANE_OPEN + 1);
    mixer.addWords(lanes.words, at + LANE_CANCELS, LANE_GRACE - LANE_CANCELS + 1);
    mixer.addDouble(lanes.marks[lane] as number);
    const kept = lanes.words[at + LANE_ANSWERS] as number;
    const oldest = lanes.words[at + LANE_OLDEST] as number;
    for (let index = 0; index < kept; index++) {
      const place = (oldest + index) % lanes.laneAnswers;
      const answer = lanes.recall(lane, (lane * lanes.laneAnswers + place) * ANSWER_WORDS);
      for (const word of HASHED_ANSWER) mixer.add(answer[word] as number);
    }
  }
}

function addOperations(mixer: Mixer, state: EngineState): void {
  const operations = state.operations;
  mixer.add(operations.count);
  for (let index = 0; index < operations.count; index++) {
    const row = operations.row(index);
    mixer.addWords(operations.words, row << OPERATION_SHIFT, OPERATION_WORDS);
    mixer.addDouble(operations.volumes[row] as number);
  }
  if (operations.count > 0 && isWalking(operations.words, operations.row(0))) addOwnSells(mixer, state);
}

/** Whether the operation holds lists of own sells (state/own-orders.ts). */
function isWalking(words: Int32Array, row: number): boolean {
  const at = row << OPERATION_SHIFT;
  const stage = words[at + OPERATION_STAGE] as number;
  return words[at + OPERATION_KIND] === UNCROSS && (stage === STAGE_SELLS || stage === STAGE_BUYS);
}

function addOwnSells(mixer: Mixer, { ownOrders, registry }: EngineState): void {
  for (let owner = 1; owner <= registry.accountCount; owner++) {
    for (let slot = ownOrders.first(owner); slot >= 0; slot = ownOrders.next[slot] as number) mixer.add(slot);
    mixer.add(-1);
  }
}

function addTimers(mixer: Mixer, { timers }: EngineState): void {
  mixer.add(timers.count);
  for (const timer of timers.inOrder()) {
    mixer.add(timer);
    mixer.addDouble(timers.timeOf(timer));
  }
}

/** Limits and standing of accounts, worth and fees of instruments, holdings and purses in the order in which they came. */
function addLedger(mixer: Mixer, state: EngineState): void {
  const { ledger, registry } = state;
  mixer.add(state.killed);
  mixer.addNumbers(ledger.limits, 0, (registry.accountCount + 1) << LIMIT_SHIFT);
  mixer.addNumbers(ledger.worth, 0, (registry.instrumentCount + 1) << WORTH_SHIFT);
  mixer.addWords(ledger.fees, 0, ((registry.instrumentCount + 1) << FEE_TIER_SHIFT) << FEE_SHIFT);
  mixer.add(registry.assetCount);
  mixer.addBytes(registry.assetNames, 0, (registry.assetCount + 1) * ASSET_BYTES);
  mixer.addNumbers(ledger.venue, 0, registry.assetCount + 1);
  mixer.addNumbers(ledger.supply, 0, registry.assetCount + 1);
  const { transit } = state;
  mixer.addNumbers(transit.moved, 0, registry.assetCount + 1);
  for (const numbers of [transit.sent, transit.ended, transit.received]) mixer.addNumbers(numbers, 0, state.shardCount);
  mixer.addWords(transit.results, 0, state.shardCount);
  mixer.add(transit.count);
  for (let row = 0; row < transit.count; row++) {
    mixer.add(transit.accountOf(row));
    mixer.add(transit.assetOf(row));
    mixer.addDouble(transit.amountOf(row));
  }
  mixer.add(ledger.holdings.count);
  for (let holding = 0; holding < ledger.holdings.count; holding++) {
    mixer.add(ledger.accountOf(holding));
    mixer.add(ledger.instrumentOf(holding));
    mixer.addNumbers(ledger.holdingSums, holding << HOLDING_SHIFT, HOLDING_OWN);
  }
  mixer.add(ledger.purses.count);
  for (let purse = 0; purse < ledger.purses.count; purse++) {
    mixer.addWords(ledger.purses.words, (purse << PAIR_SHIFT) + PAIR_FIRST, 2);
  }
  mixer.addNumbers(ledger.purseSums, 0, ledger.purses.count << PURSE_SHIFT);
  mixer.add(state.busts.count);
  mixer.addNumbers(state.busts.ids, 0, state.busts.count);
}

/** The stops of each instrument: those of each group by entry, then the queue. */
function addStops(mixer: Mixer, state: EngineState): void {
  const { stops } = state;
  mixer.addDouble(stops.lastEntry);
  for (let instrument = 1; instrument <= state.registry.instrumentCount; instrument++) {
    const watchAt = instrument << WATCH_SHIFT;
    for (const word of WATCH_HASHED) mixer.add(stops.watch[watchAt + word] as number);
    for (let group = instrument << GROUP_SHIFT; group <= (instrument << GROUP_SHIFT) + GROUP_MASK; group++) {
      mixer.add(-1);
      for (let node = stops.nextByEntry(group, 0); node >= 0; ) {
        addStop(mixer, state, node);
        node = stops.nextByEntry(group, stops.entries[node] as number);
      }
    }
    mixer.add(-2);
    for (let node = stops.firstInQueue(instrument); node >= 0; ) {
      addStop(mixer, state, node);
      node = stops.words[(node << STOP_SHIFT) + STOP_RIGHT] as number;
    }
  }
}

function addStop(mixer: Mixer, state: EngineState, node: number): void {
  const at = node << STOP_SHIFT;
  const { stops } = state;
  mixer.add(stops.words[at + STOP_SLOT] as number);
  mixer.add(stops.keyOf(node));
  if (stops.trailsBehind(node)) mixer.add(stops.trails[(node << TRAIL_SHIFT) + TRAIL_DISTANCE] as number);
  mixer.addDouble(stops.entries[node] as number);
}
