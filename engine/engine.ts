/**
 * The engine of one shard: commands in, events out, state = fold(commands). It reads no clock and no random number,
 * makes no system call and knows no ring: time comes in with each command.
 * The shard's thread (and any thread that replays a journal). All memory is claimed in the constructor.
 */

import { CommandFlag, CommandKind, Reason } from '../schemas/codes.js';
import * as layout from '../schemas/layout.js';
import { highWord, joinWords } from '../schemas/layout.js';
import { AdminLog } from './admin-log.js';
import { applyAdmin, countParts } from './administration/admin.js';
import { applyBust } from './administration/bust.js';
import { applyCorrection } from './administration/correction.js';
import { applyNote } from './administration/notes.js';
import { applySessionLost, applySessionOpen } from './administration/sessions.js';
import * as levelWords from './book/level-words.js';
import * as sideWords from './book/side-words.js';
import { hashState } from './inspection/state-hash.js';
import { validateState } from './inspection/validate.js';
import type { Transit } from './ledger/transit.js';
import type { Limits } from './limits.js';
import * as applyCancelFunctions from './matching/apply-cancel.js';
import { applyLegs } from './matching/apply-legs.js';
import * as applyNewFunctions from './matching/apply-new.js';
import * as applyReplaceFunctions from './matching/apply-replace.js';
import { applyOrderStatus } from './matching/order-status.js';
import { runCascade, watchOperation, watchStops } from './matching/stops.js';
import { continueSweep } from './matching/sweep.js';
import { applyAccountStatus, applyMoneyMove } from './money/ledger-commands.js';
import { applyMoveDone, applyMoveIn, applyMoveOut } from './money/moves.js';
import { type Holding, readHolding, readPurse } from './money/read-ledger.js';
import { applyDue, nextDueUs } from './operations/due.js';
import { applyKill, runKill } from './operations/kill.js';
import { applyDeadMan } from './operations/lane-timers.js';
import { applyMassCancel, runMassCancel } from './operations/mass-cancel.js';
import { applyEndOfDay, applyReferencePrice, applySetPhase, runEndOfDay, runLeftovers } from './operations/phases.js';
import { applyUncross, runUncross } from './operations/uncross.js';
import * as registryWords from './registry-words.js';
import * as checksFunctions from './state/checks.js';
import * as operationWords from './state/operations.js';
import { endOperation } from './state/progress.js';
import { EngineState } from './state/state.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { checkShape, NO_ORDER, passesAtOnce, refuse } = checksFunctions;
const { applyReplace, replaceUsual } = applyReplaceFunctions;
const { applyNew, applyUsual } = applyNewFunctions;
const { applyCancel, cancelUsual } = applyCancelFunctions;
const {
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_FLAGS_WORD,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_TIME_US,
  EVENT_END_OF_COMMAND_BIT,
  EVENT_KIND_WORD,
  EVENT_WORDS,
  WORD_MASK,
} = layout;
const { SIDE_BEST, SIDE_SHIFT } = sideWords;
const { INSTRUMENT_PHASE, INSTRUMENT_SHIFT } = registryWords;
const { HIDDEN, LEVEL_KEY, LEVEL_ORDERS, LEVEL_SHIFT, LEVEL_WORSE, TOTAL, TOTAL_SHIFT } = levelWords;
const {
  CASCADE,
  END_OF_DAY,
  KILL,
  LEFTOVERS,
  MASS_CANCEL,
  OPERATION_COMMAND_HIGH,
  OPERATION_COMMAND_LOW,
  OPERATION_KIND,
  OPERATION_SHIFT,
  SWEEP,
} = operationWords;

/** For those who replay or test: nobody aims at their chains. */
const DEFAULT_BUCKET_SEED = 0x7472_6564;

const NEW = CommandKind.New;
const CANCEL = CommandKind.Cancel;
const REPLACE = CommandKind.Replace;
const CANCEL_REPLACE = CommandKind.CancelReplace;
const MASS_CANCEL_KIND = CommandKind.MassCancel;
const ORDER_STATUS = CommandKind.OrderStatus;
const SESSION_OPEN = CommandKind.SessionOpen;
const SESSION_LOST = CommandKind.SessionLost;
const DEAD_MAN = CommandKind.DeadMan;
const SET_PHASE = CommandKind.SetPhase;
const UNCROSS_KIND = CommandKind.Uncross;
const END_OF_DAY_KIND = CommandKind.EndOfDay;
const REFERENCE_PRICE = CommandKind.ReferencePrice;
const ACCOUNT_STATUS = CommandKind.AccountStatus;
const KILL_SWITCH = CommandKind.Kill;
const DEPOSIT = CommandKind.Deposit;
const MOVE_OUT = CommandKind.MoveOut;
const MOVE_IN = CommandKind.MoveIn;
const MOVE_DONE = CommandKind.MoveDone;
const WITHDRAW = CommandKind.Withdraw;
const NOTE = CommandKind.Note;
const BUST = CommandKind.Bust;
const CORRECTION = CommandKind.Correction;
const CONTINUE = CommandKind.Continue;
const DUE = CommandKind.Due;
const PART = CommandKind.Part;
const ONE_CANCELS_OTHER = CommandFlag.OneCancelsOther << 16;
/** By kind: 1 where stops of the command's instrument are looked at behind it. Of others the field may mean an asset. */
const LOOKS_BEHIND = new Uint8Array(256);
for (const kind of [NEW, CANCEL, REPLACE, CANCEL_REPLACE, MASS_CANCEL_KIND, ORDER_STATUS, KILL_SWITCH]) {
  LOOKS_BEHIND[kind] = 1;
}
for (const kind of [SET_PHASE, UNCROSS_KIND, END_OF_DAY_KIND, REFERENCE_PRICE]) LOOKS_BEHIND[kind] = 1;

export class Engine {
  /** The engine's memory. Read by tests and checkers; only the functions of this folder change it. */
  readonly state: EngineState;

  /**
   * `shard`: this one's index, from 0. `adminLog`: memory made by AdminLog.create, for shard 0 only (left out, it is
   * made here); the engine appends to it, the shard publishes. `bucketSeed`: 32 bits that scatter client order ids in
   * memory; a shard passes random ones, so that nobody outside can aim at one chain. No result depends on it.
   */
  constructor(
    limits: Limits,
    shard: number,
    shardCount: number,
    adminLog?: SharedArrayBuffer,
    bucketSeed = DEFAULT_BUCKET_SEED,
  ) {
    if (!(shard >= 0 && shard < shardCount)) throw new Error('assert: a shard outside of the number of shards');
    const log = shard === 0 ? new AdminLog(adminLog ?? AdminLog.create(limits)) : null;
    this.state = new EngineState(limits, shard, shardCount, log, bucketSeed);
  }

  /** Where events go: whole events of 24 words, at least maxEventsPerCommand of them behind each `eventAt`. */
  attach(events: Int32Array): void {
    this.state.events = events;
  }

  /**
   * Applies the command at word `at` and writes its events from event slot `eventAt` up. Returns how many: at least 1
   * (but for a Continue or Due with nothing to do), at most maxEventsPerCommand. Parts lie right behind their head; `endAt` is
   * the word behind the last record that is there, so that nothing older behind it is taken for a Part. Advances
   * commandSequence by 1 and the Parts that belong to the head (of one-cancels-other, the other leg), whether it is refused or not. Never throws because of
   * what the command says: a throw is a bug of the engine, and its state is worth nothing from there on.
   */
  apply(commands: Int32Array, from: number, eventAt: number, endAt: number = commands.length): number {
    const at = from & WORD_MASK;
    const state = this.state;
    state.commandLow = (state.commandLow + 1) | 0;
    if (state.commandLow === 0) state.commandHigh++;
    state.originLow = state.commandLow;
    state.originHigh = state.commandHigh;
    state.timeLow = commands[at + COMMAND_TIME_US] as number;
    state.timeHigh = commands[at + COMMAND_TIME_US + 1] as number;
    state.next = eventAt;
    state.end = eventAt + state.maxEvents;
    if (state.end * EVENT_WORDS > state.events.length) throw new Error('assert: no room for the events of a command');
    state.answerLane = -1;
    state.suspended = false;
    state.looks = state.maxLooks;

    const kind = (commands[at + COMMAND_KIND_WORD] as number) & 0xff;
    // Nearly all pass at once; what others need stands apart, so that V8 takes this way as one piece.
    if (!passesAtOnce(state, commands, at)) this.applyOther(commands, at, kind, endAt);
    else if (kind === NEW) applyUsual(state, commands, at);
    else if (kind === CANCEL) cancelUsual(state, commands, at);
    else replaceUsual(state, commands, at);

    if (state.stops.waiting !== 0 && LOOKS_BEHIND[kind] !== 0) {
      watchStops(state, commands[at + COMMAND_INSTRUMENT] as number, eventAt);
    }
    const made = state.next - eventAt;
    if (state.answerLane >= 0) {
      state.lanes.keep(
        state.answerLane,
        commands[at + COMMAND_CLIENT_ORDER_ID] as number,
        commands[at + COMMAND_CLIENT_ORDER_ID + 1] as number,
        state.events,
        eventAt * EVENT_WORDS,
      );
    }
    if (!state.suspended && made > 0) {
      const last = (state.next - 1) * EVENT_WORDS + EVENT_KIND_WORD;
      state.events[last] = (state.events[last] as number) | EVENT_END_OF_COMMAND_BIT;
    }
    return made;
  }

  private applyOther(commands: Int32Array, at: number, kind: number, endAt: number): void {
    const state = this.state;
    if (kind === NEW) {
      if (((commands[at + COMMAND_FLAGS_WORD] as number) & ONE_CANCELS_OTHER) === 0) applyNew(state, commands, at);
      else applyLegs(state, commands, at, endAt);
    } else if (kind === CANCEL) applyCancel(state, commands, at);
    else if (kind === CANCEL_REPLACE || kind === REPLACE) applyReplace(state, commands, at);
    else this.applyRare(commands, at, kind, endAt);
  }

  private applyRare(commands: Int32Array, at: number, kind: number, endAt: number): void {
    const state = this.state;
    const parts = countParts(commands, at, endAt);
    if (parts > 0) this.skipParts(parts);
    if (!checkShape(state, commands, at)) return;
    if (kind === MASS_CANCEL_KIND) applyMassCancel(state, commands, at);
    else if (kind === ORDER_STATUS) applyOrderStatus(state, commands, at);
    else if (kind === SESSION_OPEN) applySessionOpen(state, commands, at);
    else if (kind === SESSION_LOST) applySessionLost(state, commands, at);
    else if (kind === DEAD_MAN) applyDeadMan(state, commands, at);
    else if (kind === SET_PHASE) applySetPhase(state, commands, at);
    else if (kind === UNCROSS_KIND) applyUncross(state, commands, at);
    else if (kind === END_OF_DAY_KIND) applyEndOfDay(state, commands, at);
    else if (kind === REFERENCE_PRICE) applyReferencePrice(state, commands, at);
    else if (kind === ACCOUNT_STATUS) applyAccountStatus(state, commands, at);
    else if (kind === KILL_SWITCH) applyKill(state, commands, at);
    else if (kind === DEPOSIT || kind === WITHDRAW) applyMoneyMove(state, commands, at);
    else if (kind === MOVE_OUT) applyMoveOut(state, commands, at);
    else if (kind === MOVE_IN) applyMoveIn(state, commands, at);
    else if (kind === MOVE_DONE) applyMoveDone(state, commands, at);
    else if (kind === NOTE) applyNote(state, commands, at, parts);
    else if (kind === BUST) applyBust(state, commands, at, parts);
    else if (kind === CORRECTION) applyCorrection(state, commands, at, parts);
    else if (kind === CONTINUE) this.applyContinue();
    else if (kind === DUE) applyDue(state);
    else if (kind === PART) refuse(state, commands, at, Reason.BadParts, 0, NO_ORDER);
    // The shape allows no other kinds than those of admin records.
    else applyAdmin(state, commands, at, kind, parts);
  }

  private skipParts(parts: number): void {
    const state = this.state;
    const low = (state.commandLow + parts) | 0;
    if (low >>> 0 < state.commandLow >>> 0) state.commandHigh++;
    state.commandLow = low;
  }

  /** Goes on with the oldest operation; its events carry the number of the command that began it. */
  private applyContinue(): void {
    const state = this.state;
    const operations = state.operations;
    if (operations.count === 0) return;
    const row = operations.row(0);
    const at = row << OPERATION_SHIFT;
    state.originLow = operations.words[at + OPERATION_COMMAND_LOW] as number;
    state.originHigh = operations.words[at + OPERATION_COMMAND_HIGH] as number;
    const from = state.next;
    // The step that it stopped before counts.
    state.looks--;
    const done = watchOperation(state, row, from, runOperation(state, row));
    if (done) endOperation(state);
    else state.suspended = true;
  }

  /** Number of the last command, Parts counted; 0 before the first. Exact up to 2^53. */
  get commandSequence(): number {
    return joinWords(this.state.commandLow, this.state.commandHigh);
  }

  /** Number of the last event; 0 before the first. Exact up to 2^53. */
  get eventSequence(): number {
    return joinWords(this.state.eventLow, this.state.eventHigh);
  }

  /** Commands that wait for a Continue. */
  get operationsInProgress(): number {
    return this.state.operations.count;
  }

  /**
   * When the first timer is due that a Due can see to now, µs since 1970; Infinity: there is none. Before it applies a
   * command of that time or a later one, a shard applies Dues of its time until this is later.
   */
  get nextDueUs(): number {
    return nextDueUs(this.state);
  }

  /** What shard 0 has applied, for the other shards, gateways and supervisor; null in other shards. */
  get adminLog(): AdminLog | null {
    return this.state.adminLog;
  }

  /** The admin number of the last record applied. */
  get adminNumber(): number {
    return this.state.registry.adminNumber;
  }

  /** Open incarnations, the lowest first. */
  openIncarnations(): Uint32Array {
    return this.state.lanes.openIncarnations();
  }

  /** The highest incarnation that was ever opened here; 0: none. */
  get highestIncarnation(): number {
    return this.state.lanes.highestIncarnation;
  }

  /**
   * Writes the best levels of a side (0 buys, 1 sells) from index `to` on, best first, three numbers each: price, total
   * that is shown, number of orders; at most `depth`. Returns how many. Market orders that rest in an auction are in none.
   */
  readLevels(instrument: number, side: number, depth: number, target: Float64Array, to: number): number {
    const { levels, books, sides } = this.state;
    let count = 0;
    for (let level = sides[(((instrument << 1) + side) << SIDE_SHIFT) + SIDE_BEST] as number; level >= 0; ) {
      if (count === depth) break;
      const levelAt = level << LEVEL_SHIFT;
      const key = levels[levelAt + LEVEL_KEY] as number;
      target[to + count * 3] = side === 0 ? key : 0 - key;
      const total = level << TOTAL_SHIFT;
      const { totals } = books.levels;
      target[to + count * 3 + 1] = (totals[total + TOTAL] as number) - (totals[total + HIDDEN] as number);
      target[to + count * 3 + 2] = levels[levelAt + LEVEL_ORDERS] as number;
      count++;
      level = levels[levelAt + LEVEL_WORSE] as number;
    }
    return count;
  }

  /** The phase of an instrument that there is. */
  readPhase(instrument: number): number {
    return this.state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_PHASE] as number;
  }

  /** Money on its way to and from other shards. */
  get transit(): Transit {
    return this.state.transit;
  }

  /** What the account has of an asset in this shard; null: it has no purse. Whole numbers. */
  readPurse(account: number, asset: number): { readonly available: number; readonly reserved: number } | null {
    return readPurse(this.state, account, asset);
  }

  /** The account's holding in an instrument of this shard; null: it never had an order there. */
  readHolding(account: number, instrument: number): Holding | null {
    return readHolding(this.state, account, instrument);
  }

  /** Adds up each asset; throws with a sentence when money came or went. Cheap enough for every second. */
  addUp(): void {
    this.state.ledger.addUp(this.state.registry.assetCount, this.state.transit.moved);
  }

  /** Begins at other numbers than 0; before the first command only. */
  beginAfter(commandSequence: number, eventSequence: number): void {
    const state = this.state;
    if (this.commandSequence !== 0 || this.eventSequence !== 0) throw new Error('assert: an engine began twice');
    state.commandLow = commandSequence | 0;
    state.commandHigh = highWord(commandSequence);
    state.eventLow = eventSequence | 0;
    state.eventHigh = highWord(eventSequence);
  }

  /** Walks every link, sum, list, index and tree; throws with a sentence that names the first thing that is wrong. */
  validate(): void {
    validateState(this.state);
  }

  /** 16 hex digits over all state in use: equal after the same commands, whatever the limits left unused (state-hash.ts). */
  stateHash(): string {
    return hashState(this.state);
  }
}

function runOperation(state: EngineState, row: number): boolean {
  const kind = state.operations.words[(row << OPERATION_SHIFT) + OPERATION_KIND];
  if (kind === SWEEP) return continueSweep(state, row);
  if (kind === MASS_CANCEL) return runMassCancel(state, row);
  if (kind === KILL) return runKill(state, row);
  if (kind === END_OF_DAY) return runEndOfDay(state, row);
  if (kind === LEFTOVERS) return runLeftovers(state, row);
  if (kind === CASCADE) return runCascade(state, row, true);
  return runUncross(state, row);
}
