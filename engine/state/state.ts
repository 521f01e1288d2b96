/**
 * All that one shard's engine knows, and how it speaks: events get their numbers here and nowhere else.
 * The shard's thread. Functions of this folder take it as their first argument; only they change it.
 *
 *   events    [ of commands before │ of this command ...│ room ]
 *                                  ▲ first             ▲ next      end = first + maxEventsPerCommand
 */

import * as layout from '../../schemas/layout.js';
import type { AdminLog } from '../admin-log.js';
import { AccountOrders } from '../book/account-orders.js';
import { Books } from '../book/book.js';
import { IdIndex } from '../book/id-index.js';
import * as orderWords from '../book/order-words.js';
import { SpecialPool } from '../book/special-pool.js';
import { BustSet } from '../ledger/bust-set.js';
import { Ledger } from '../ledger/ledger.js';
import { Transit } from '../ledger/transit.js';
import type { Limits } from '../limits.js';
import { Registry } from '../registry.js';
import * as registryWords from '../registry-words.js';
import { StopPool } from '../stops/stop-pool.js';
import { timerCapacity } from '../timers/timer-ranges.js';
import { Timers } from '../timers/timers.js';
import { LaneTable } from './lanes.js';
import { OperationTable } from './operations.js';
import { OwnOrders } from './own-orders.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const {
  EVENT_ACCOUNT,
  EVENT_ACCOUNT_SEQUENCE,
  EVENT_AMOUNT,
  EVENT_CLIENT_ORDER_ID,
  EVENT_COMMAND_SEQUENCE,
  EVENT_CUMULATIVE,
  EVENT_DISPLAYED,
  EVENT_INSTRUMENT,
  EVENT_KIND_WORD,
  EVENT_LEAVES,
  EVENT_ORDER_ID,
  EVENT_PRICE,
  EVENT_QUANTITY,
  EVENT_RELATED_ID,
  EVENT_SELL_BIT,
  EVENT_SEQUENCE,
  EVENT_SESSION,
  EVENT_TIME_US,
  EVENT_WORDS,
} = layout;
const {
  ORDER_ACCOUNT,
  ORDER_CLIENT_HIGH,
  ORDER_CLIENT_LOW,
  ORDER_CUMULATIVE,
  ORDER_FLAGS,
  ORDER_GENERATION,
  ORDER_INSTRUMENT,
  ORDER_SESSION,
  ORDER_SHIFT,
  SLOT_MASK,
} = orderWords;
const { ACCOUNT_MASK, ACCOUNT_SEQUENCE, ACCOUNT_SHIFT } = registryWords;

/** A round has at most 2^20 events, so a slot of its area is below this (decision 0008). */
const EVENT_SLOT_MASK = 0x1fffff;
/** An end of day passes many an order without an event; those cost little, but not nothing. */
const VISITS_PER_EVENT = 16;
/** Finding a triggered stop and taking it out of its tree costs as much as several events. */
const EVENTS_PER_LOOK = 4;

export class EngineState {
  readonly limits: Limits;
  readonly maxEvents: number;
  /** Orders that an end of day looks at before it stops, as it does when its events are used up. */
  readonly maxVisits: number;
  /** Triggered stops that a look takes before it stops. */
  readonly maxLooks: number;
  readonly shard: number;
  readonly shardCount: number;
  readonly registry: Registry;
  readonly books: Books;
  /** Words of the order pool, of the levels and of the sides, one load nearer. */
  readonly orders: Int32Array;
  readonly levels: Int32Array;
  readonly sides: Int32Array;
  readonly instruments: Int32Array;
  readonly accounts: Int32Array;
  readonly ids: IdIndex;
  readonly accountOrders: AccountOrders;
  readonly lanes: LaneTable;
  readonly operations: OperationTable;
  readonly stops: StopPool;
  readonly specials: SpecialPool;
  readonly timers: Timers;
  readonly ledger: Ledger;
  readonly busts = new BustSet();
  readonly ownOrders: OwnOrders;
  readonly transit: Transit;
  /** Arrays of the ledger, one load nearer. */
  readonly holdingWords: Int32Array;
  readonly holdingSums: Float64Array;
  readonly purseSums: Float64Array;
  readonly accountLimits: Float64Array;
  readonly venue: Float64Array;
  readonly fees: Int32Array;
  /** Lots and amount that checkMoney found for the command's order. */
  readonly checked = new Float64Array(2);
  /** By order slot with FLAG_LEG: the slot of the other leg. Other orders never touch it. */
  readonly legs: Int32Array;
  /** Of shard 0 only. */
  readonly adminLog: AdminLog | null;
  /** 1: a kill switch keeps all of the shard out of trading. */
  killed = 0;
  /** The holding of the account whose command passed its limits, or -1: it has none yet; a New that is taken makes it. */
  holding = -1;
  /** Levels that sweeps in progress may still need. */
  reservedLevels = 0;
  /** Number of the command that is being applied, and of the last event, as halves. */
  commandLow = 0;
  commandHigh = 0;
  eventLow = 0;
  eventHigh = 0;
  /** Number of the command that the events belong to: another one than commandLow/High during a Continue. */
  originLow = 0;
  originHigh = 0;
  timeLow = 0;
  timeHigh = 0;
  events: Int32Array = new Int32Array(0);
  /** The lane whose client order id the command uses up, or -1. */
  answerLane = -1;
  /** The command stopped before its last event and became an operation. */
  suspended = false;
  /** Stops that this go may still look at. */
  looks = 0;
  /** Slots of `events`: the next one, and the first one that this command may not use. */
  next = 0;
  end = 0;

  constructor(limits: Limits, shard: number, shardCount: number, adminLog: AdminLog | null, bucketSeed: number) {
    this.limits = limits;
    this.maxEvents = limits.maxEventsPerCommand;
    this.maxVisits = limits.maxEventsPerCommand * VISITS_PER_EVENT;
    this.maxLooks = 1 + Math.floor(limits.maxEventsPerCommand / EVENTS_PER_LOOK);
    this.shard = shard;
    this.shardCount = shardCount;
    this.registry = new Registry(limits);
    this.books = new Books(limits);
    this.orders = this.books.orders.words;
    this.levels = this.books.levels.words;
    this.sides = this.books.sides;
    this.instruments = this.registry.instruments;
    this.accounts = this.registry.accounts;
    this.ids = new IdIndex(this.orders, limits.maxOrders, bucketSeed);
    this.accountOrders = new AccountOrders(this.orders, this.accounts, limits.maxOrders, bucketSeed);
    this.lanes = new LaneTable(limits.maxLanes, limits.laneAnswers);
    this.operations = new OperationTable(limits.maxOperations);
    this.stops = new StopPool(limits.maxStops, limits.maxInstruments, bucketSeed);
    this.specials = new SpecialPool(limits.maxSpecialOrders, limits.maxOrders);
    this.timers = new Timers(timerCapacity(limits));
    this.ledger = new Ledger(this.accounts, limits, bucketSeed);
    this.holdingWords = this.ledger.holdingWords;
    this.holdingSums = this.ledger.holdingSums;
    this.purseSums = this.ledger.purseSums;
    this.accountLimits = this.ledger.limits;
    this.venue = this.ledger.venue;
    this.fees = this.ledger.fees;
    this.legs = new Int32Array(limits.maxOrders);
    this.ownOrders = new OwnOrders(limits.maxOrders, limits.maxAccounts);
    this.transit = new Transit(limits.maxAssets);
    this.adminLog = adminLog;
  }
}

/**
 * Writes an event about an order: whose it is, its side, what is filled. Amount and related id are zero; the caller
 * may set them. `kindWord`: kind, bits and reason as they lie in the record, without the side. Returns its first word.
 */
export function writeOrderEvent(
  state: EngineState,
  slot: number,
  price: number,
  quantity: number,
  leaves: number,
  displayed: number,
  kindWord: number,
): number {
  const events = state.events;
  const next = state.next;
  const to = (next & EVENT_SLOT_MASK) * EVENT_WORDS;
  state.next = next + 1;
  const low = (state.eventLow + 1) | 0;
  state.eventLow = low;
  if (low === 0) state.eventHigh++;
  const orders = state.orders;
  const at = (slot & SLOT_MASK) << ORDER_SHIFT;
  const account = orders[at + ORDER_ACCOUNT] as number;
  const accounts = state.accounts;
  const accountAt = ((account & ACCOUNT_MASK) << ACCOUNT_SHIFT) + ACCOUNT_SEQUENCE;
  const accountSequence = ((accounts[accountAt] as number) + 1) | 0;
  accounts[accountAt] = accountSequence;
  events[to + EVENT_SEQUENCE] = low;
  events[to + EVENT_SEQUENCE + 1] = state.eventHigh;
  events[to + EVENT_COMMAND_SEQUENCE] = state.originLow;
  events[to + EVENT_COMMAND_SEQUENCE + 1] = state.originHigh;
  events[to + EVENT_TIME_US] = state.timeLow;
  events[to + EVENT_TIME_US + 1] = state.timeHigh;
  events[to + EVENT_ORDER_ID] = slot;
  events[to + EVENT_ORDER_ID + 1] = orders[at + ORDER_GENERATION] as number;
  events[to + EVENT_CLIENT_ORDER_ID] = orders[at + ORDER_CLIENT_LOW] as number;
  events[to + EVENT_CLIENT_ORDER_ID + 1] = orders[at + ORDER_CLIENT_HIGH] as number;
  events[to + EVENT_RELATED_ID] = 0;
  events[to + EVENT_RELATED_ID + 1] = 0;
  events[to + EVENT_AMOUNT] = 0;
  events[to + EVENT_AMOUNT + 1] = 0;
  events[to + EVENT_ACCOUNT] = account;
  events[to + EVENT_ACCOUNT_SEQUENCE] = accountSequence;
  events[to + EVENT_INSTRUMENT] = orders[at + ORDER_INSTRUMENT] as number;
  events[to + EVENT_PRICE] = price | 0;
  events[to + EVENT_QUANTITY] = quantity | 0;
  events[to + EVENT_LEAVES] = leaves | 0;
  events[to + EVENT_DISPLAYED] = displayed | 0;
  events[to + EVENT_CUMULATIVE] = orders[at + ORDER_CUMULATIVE] as number;
  events[to + EVENT_SESSION] = orders[at + ORDER_SESSION] as number;
  events[to + EVENT_KIND_WORD] = kindWord | ((orders[at + ORDER_FLAGS] as number) & EVENT_SELL_BIT);
  return to;
}

/** Writes an event about no order, all other fields zero; the caller sets what its kind has. Returns its first word. */
export function writeEvent(
  state: EngineState,
  account: number,
  session: number,
  clientLow: number,
  clientHigh: number,
  instrument: number,
  kindWord: number,
): number {
  const events = state.events;
  const next = state.next;
  const to = (next & EVENT_SLOT_MASK) * EVENT_WORDS;
  state.next = next + 1;
  const low = (state.eventLow + 1) | 0;
  state.eventLow = low;
  if (low === 0) state.eventHigh++;
  let accountSequence = 0;
  if (account !== 0) {
    const accountAt = (account << ACCOUNT_SHIFT) + ACCOUNT_SEQUENCE;
    accountSequence = ((state.accounts[accountAt] as number) + 1) | 0;
    state.accounts[accountAt] = accountSequence;
  }
  events[to + EVENT_SEQUENCE] = low;
  events[to + EVENT_SEQUENCE + 1] = state.eventHigh;
  events[to + EVENT_COMMAND_SEQUENCE] = state.originLow;
  events[to + EVENT_COMMAND_SEQUENCE + 1] = state.originHigh;
  events[to + EVENT_TIME_US] = state.timeLow;
  events[to + EVENT_TIME_US + 1] = state.timeHigh;
  events[to + EVENT_ORDER_ID] = 0;
  events[to + EVENT_ORDER_ID + 1] = 0;
  events[to + EVENT_CLIENT_ORDER_ID] = clientLow;
  events[to + EVENT_CLIENT_ORDER_ID + 1] = clientHigh;
  events[to + EVENT_RELATED_ID] = 0;
  events[to + EVENT_RELATED_ID + 1] = 0;
  events[to + EVENT_AMOUNT] = 0;
  events[to + EVENT_AMOUNT + 1] = 0;
  events[to + EVENT_ACCOUNT] = account;
  events[to + EVENT_ACCOUNT_SEQUENCE] = accountSequence;
  events[to + EVENT_INSTRUMENT] = instrument;
  events[to + EVENT_PRICE] = 0;
  events[to + EVENT_QUANTITY] = 0;
  events[to + EVENT_LEAVES] = 0;
  events[to + EVENT_DISPLAYED] = 0;
  events[to + EVENT_CUMULATIVE] = 0;
  events[to + EVENT_SESSION] = session;
  events[to + EVENT_KIND_WORD] = kindWord;
  return to;
}
