/**
 * The checks that several kinds of commands share, in their one order: shape, authority and incarnation, client order
 * id, lateness, instrument, phase, prices and quantities, target. All of them come before anything changes, and each
 * refusal is a `Rejected` with a reason.
 * The shard's thread. A check returns false when it has refused; the caller returns then.
 */

import {
  CommandFlag,
  CommandKind,
  EventKind,
  OrderType,
  Reason,
  SelfTrade,
  Side,
  TimeInForce,
} from '../../schemas/codes.js';
import { checkCommandShape, needsParts } from '../../schemas/kinds.js';
import * as layout from '../../schemas/layout.js';
import { joinWords } from '../../schemas/layout.js';
import { phasesThatMatch, phasesThatTake, phasesWithoutCrossing } from '../../schemas/phases.js';
import * as orderWords from '../book/order-words.js';
import * as registryWords from '../registry-words.js';
import { tickBelow } from '../tick-table.js';
import * as laneWords from './lane-words.js';
import type { EngineState } from './state.js';
import * as stateFunctions from './state.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { writeEvent } = stateFunctions;
const {
  COMMAND_ACCOUNT,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_DISPLAY_QUANTITY,
  COMMAND_FLAGS_WORD,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_MIN_QUANTITY,
  COMMAND_PRICE,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  COMMAND_TARGET_ID,
  COMMAND_TRIGGER_PRICE,
  EVENT_AMOUNT,
  EVENT_CUMULATIVE,
  EVENT_DISPLAYED,
  EVENT_DUPLICATE_BIT,
  EVENT_LEAVES,
  EVENT_ORDER_ID,
  EVENT_PRICE,
  EVENT_QUANTITY,
  EVENT_RELATED_ID,
  NO_PRICE,
  WORD_MASK,
} = layout;
const {
  NOT_RESTING,
  ORDER_ACCOUNT,
  ORDER_GENERATION,
  ORDER_INSTRUMENT,
  ORDER_LEVEL,
  ORDER_SHIFT,
  ORDER_STOP,
  SLOT_MASK,
  WAITING,
} = orderWords;
const {
  BANDED,
  ACCOUNT_MASS_CANCELS,
  ACCOUNT_SHIFT,
  INSTRUMENT_IN_PROGRESS,
  INSTRUMENT_MASK,
  INSTRUMENT_PHASE,
  INSTRUMENT_PRICE_MAX,
  INSTRUMENT_PRICE_MIN,
  INSTRUMENT_QUANTITY_MAX,
  INSTRUMENT_REFERENCE,
  INSTRUMENT_SHARD,
  INSTRUMENT_SHIFT,
  INSTRUMENT_STATIC_BAND,
  TICKED,
} = registryWords;
const {
  ANSWER_AMOUNT,
  ANSWER_CLIENT_ORDER_ID,
  ANSWER_CUMULATIVE,
  ANSWER_DISPLAYED,
  ANSWER_INSTRUMENT,
  ANSWER_KIND_WORD,
  ANSWER_LEAVES,
  ANSWER_ORDER_ID,
  ANSWER_PRICE,
  ANSWER_QUANTITY,
  ANSWER_RELATED_ID,
  LANE_ACCOUNT,
  LANE_MASK,
  LANE_NUMBER,
  LANE_SHIFT,
} = laneWords;

const NEW = CommandKind.New;
const CANCEL = CommandKind.Cancel;
const ORDER_STATUS = CommandKind.OrderStatus;
const DEAD_MAN = CommandKind.DeadMan;
const LAST_CLIENT = CommandKind.AccountStatus;
const REPLACE = CommandKind.Replace;
const CANCEL_REPLACE = CommandKind.CancelReplace;
const SET_PHASE = CommandKind.SetPhase;
const PART = CommandKind.Part;
const SESSION_OPEN = CommandKind.SessionOpen;
const SESSION_LOST = CommandKind.SessionLost;
const REVOKE_KEY = CommandKind.RevokeKey;
const NOTE = CommandKind.Note;
const BUST = CommandKind.Bust;
const CORRECTION = CommandKind.Correction;
const REJECTED = EventKind.Rejected;
/** The mode lies in the lowest byte of the flags word; all else there is zero. */
const SELF_TRADE_LAST = SelfTrade.Decrement;
const FLAG_LATE = CommandFlag.Late << 16;
const FLAG_BY_CLIENT_ID = CommandFlag.TargetIsClientOrderId << 16;
const IMMEDIATE_OR_CANCEL = TimeInForce.ImmediateOrCancel;
const FILL_OR_KILL = TimeInForce.FillOrKill;
/** Bits of a New's kind word that no known side, type or time in force sets. */
const TRAILING_STOP = OrderType.TrailingStop;
const NEW_KIND_ZERO = ~(0xff | (Side.Sell << 8) | (OrderType.Market << 16) | (TimeInForce.FillOrKill << 24));
/** Bit p: in the phase with code p orders trade at once. */
const MATCHING_PHASES = phasesThatMatch();
/** Those that cancel market orders when they begin. */
const UNCROSSED_PHASES = phasesWithoutCrossing();
/** One of those in which every usual command is taken: the short look knows this one only. */
const USUAL_PHASE =
  31 -
  Math.clz32(
    [NEW, CANCEL, REPLACE, CANCEL_REPLACE].reduce((phases, kind) => phases & phasesThatTake(kind), MATCHING_PHASES),
  );

/** No order: the target is not named in a refusal. */
export const NO_ORDER = -1;

/** The account that a refusal is told to; 0 when nobody can be told. */
function senderAccount(state: EngineState, words: Int32Array, at: number): number {
  const kind = (words[at + COMMAND_KIND_WORD] as number) & 0xff;
  const account = words[at + COMMAND_ACCOUNT] as number;
  const named = state.registry.hasAccount(account >>> 0) ? account : 0;
  if (kind === SESSION_OPEN) return named;
  // What stands there in a Part is terms, not a sender.
  if (kind === SESSION_LOST || kind === PART) return 0;
  const lane = state.lanes.findOpen(words[at + COMMAND_SESSION] as number);
  if (lane >= 0) return state.lanes.words[(lane << LANE_SHIFT) + LANE_ACCOUNT] as number;
  return (kind >= NEW && kind <= LAST_CLIENT) || kind === DEAD_MAN ? named : 0;
}

/** Refuses: `amount` is the limit that was hit (an exact double), `slot` the own target that was found, or NO_ORDER. */
export function refuse(
  state: EngineState,
  words: Int32Array,
  at: number,
  reason: number,
  amount: number,
  slot: number,
): false {
  const kind = (words[at + COMMAND_KIND_WORD] as number) & 0xff;
  const to = writeEvent(
    state,
    senderAccount(state, words, at),
    kind === PART ? 0 : (words[at + COMMAND_SESSION] as number),
    words[at + COMMAND_CLIENT_ORDER_ID] as number,
    words[at + COMMAND_CLIENT_ORDER_ID + 1] as number,
    words[at + COMMAND_INSTRUMENT] as number,
    REJECTED | (reason << 16),
  );
  const events = state.events;
  if ((needsParts(kind) && kind !== NOTE && kind !== BUST && kind !== CORRECTION) || kind === REVOKE_KEY) {
    events[to + EVENT_RELATED_ID] = words[at + COMMAND_CLIENT_ORDER_ID] as number;
    events[to + EVENT_RELATED_ID + 1] = words[at + COMMAND_CLIENT_ORDER_ID + 1] as number;
  }
  if (amount !== 0) {
    events[to + EVENT_AMOUNT] = amount;
    events[to + EVENT_AMOUNT + 1] = Math.floor(amount / 4294967296);
  }
  if (slot >= 0) {
    events[to + EVENT_ORDER_ID] = slot;
    events[to + EVENT_ORDER_ID + 1] = state.orders[((slot & SLOT_MASK) << ORDER_SHIFT) + ORDER_GENERATION] as number;
  }
  return false;
}

/** Refuses without using the client order id up. */
export function refuseForNow(state: EngineState, words: Int32Array, at: number, reason: number): false {
  state.answerLane = -1;
  return refuse(state, words, at, reason, 0, NO_ORDER);
}

/**
 * Shape and kind of one record. The kinds that most commands are of are looked at with a few words; only what does not
 * look right, or carries a rare flag, goes through the table, which also knows the reason.
 */
export function checkShape(state: EngineState, words: Int32Array, at: number): boolean {
  return hasUsualShape(words, at) || checkShapeByTable(state, words, at);
}

/**
 * Whether a New, Cancel, Replace or CancelReplace surely passes all checks before its target: nearly every command does,
 * and this looks at each word once. When it does, `state.answerLane` is set as checkSender sets it, and the instrument
 * trades continuously. False says nothing: the checks, one by one, say what is wrong, or that nothing is.
 */
export function passesAtOnce(state: EngineState, words: Int32Array, from: number): boolean {
  const at = from & WORD_MASK;
  if (!hasUsualShape(words, at)) return false;
  const lanes = state.lanes;
  const lane = lanes.findOpen(words[at + COMMAND_SESSION] as number);
  if (lane < 0) return false;
  const laneAt = (lane & LANE_MASK) << LANE_SHIFT;
  const high = words[at + COMMAND_CLIENT_ORDER_ID + 1] as number;
  if (
    lanes.words[laneAt + LANE_ACCOUNT] !== words[at + COMMAND_ACCOUNT] ||
    lanes.words[laneAt + LANE_NUMBER] !== high >>> 16
  ) {
    return false;
  }
  const low = (words[at + COMMAND_CLIENT_ORDER_ID] as number) >>> 0;
  const upper = high & 0xffff;
  const mark = lanes.marks[lane] as number;
  if (upper === 0 ? low <= mark : joinWords(low, upper) <= mark) return false;
  const instrument = words[at + COMMAND_INSTRUMENT] as number;
  if (instrument < 1 || instrument > state.registry.instrumentCount) return false;
  const instrumentAt = (instrument & INSTRUMENT_MASK) << INSTRUMENT_SHIFT;
  const instruments = state.instruments;
  if (
    instruments[instrumentAt + INSTRUMENT_SHARD] !== state.shard ||
    instruments[instrumentAt + INSTRUMENT_PHASE] !== USUAL_PHASE ||
    ((instruments[instrumentAt + INSTRUMENT_STATIC_BAND] as number) & ~BANDED) !== 0 ||
    state.operations.count !== 0
  ) {
    return false;
  }
  if (((words[at + COMMAND_KIND_WORD] as number) & 0xff) !== CANCEL) {
    const price = words[at + COMMAND_PRICE] as number;
    const quantity = (words[at + COMMAND_QUANTITY] as number) >>> 0;
    if (
      price === NO_PRICE ||
      price < (instruments[instrumentAt + INSTRUMENT_PRICE_MIN] as number) ||
      price > (instruments[instrumentAt + INSTRUMENT_PRICE_MAX] as number) ||
      quantity === 0 ||
      quantity > (instruments[instrumentAt + INSTRUMENT_QUANTITY_MAX] as number) >>> 0
    ) {
      return false;
    }
  }
  state.answerLane = lane;
  return true;
}

/** Whether a New, Cancel, Replace or CancelReplace is surely of right shape; false says nothing. */
export function hasUsualShape(words: Int32Array, at: number): boolean {
  const kindWord = words[at + COMMAND_KIND_WORD] as number;
  const unused =
    (words[at + COMMAND_DISPLAY_QUANTITY] as number) |
    (words[at + COMMAND_TRIGGER_PRICE] as number) |
    (words[at + COMMAND_MIN_QUANTITY] as number);
  const flags = words[at + COMMAND_FLAGS_WORD] as number;
  const kind = kindWord & 0xff;
  if (kind === NEW) {
    const target = (words[at + COMMAND_TARGET_ID] as number) | (words[at + COMMAND_TARGET_ID + 1] as number);
    return (unused | target | (kindWord & NEW_KIND_ZERO)) === 0 && flags >>> 0 <= SELF_TRADE_LAST;
  }
  const more = unused | (flags & ~FLAG_BY_CLIENT_ID) | (kindWord >>> 8);
  if (kind === CANCEL) {
    return (more | (words[at + COMMAND_PRICE] as number) | (words[at + COMMAND_QUANTITY] as number)) === 0;
  }
  return more === 0 && (kind === REPLACE || kind === CANCEL_REPLACE);
}

function checkShapeByTable(state: EngineState, words: Int32Array, at: number): boolean {
  const reason = checkCommandShape(words, at, true);
  return reason === 0 || refuse(state, words, at, reason, 0, NO_ORDER);
}

/**
 * Authority, incarnation, client order id, lateness. `client`: the command acts for the account that it names. When it
 * passes, `state.answerLane` is the lane that keeps the answer, or -1 for an unprotected command.
 */
export function checkSender(state: EngineState, words: Int32Array, at: number, client: boolean): boolean {
  const lanes = state.lanes;
  const lane = lanes.findOpen(words[at + COMMAND_SESSION] as number);
  if (lane < 0) return refuse(state, words, at, Reason.StaleIncarnation, 0, NO_ORDER);
  const laneAt = lane << LANE_SHIFT;
  const high = words[at + COMMAND_CLIENT_ORDER_ID + 1] as number;
  if (
    (client && lanes.words[laneAt + LANE_ACCOUNT] !== words[at + COMMAND_ACCOUNT]) ||
    lanes.words[laneAt + LANE_NUMBER] !== high >>> 16
  ) {
    return refuse(state, words, at, Reason.WrongLane, 0, NO_ORDER);
  }
  const counter = joinWords(words[at + COMMAND_CLIENT_ORDER_ID] as number, high & 0xffff);
  if (counter !== 0) {
    if (counter <= (lanes.marks[lane] as number)) return repeat(state, words, at, lane, counter);
    state.answerLane = lane;
  }
  if (((words[at + COMMAND_FLAGS_WORD] as number) & FLAG_LATE) !== 0) {
    return refuse(state, words, at, Reason.Expired, 0, NO_ORDER);
  }
  return true;
}

/**
 * Answers an id at or below the mark: its first answer again, or why there is none. Nothing is executed, so it does not
 * say that the book changes; sequences, time and session are the repeating command's.
 */
function repeat(state: EngineState, words: Int32Array, at: number, lane: number, counter: number): false {
  const lanes = state.lanes;
  const from = lanes.findAnswer(lane, counter);
  if (from < 0) {
    const reason = lanes.mayBeTooOld(lane, counter) ? Reason.TooOld : Reason.NeverTaken;
    return refuse(state, words, at, reason, 0, NO_ORDER);
  }
  const answer = lanes.recall(lane, from);
  const to = writeEvent(
    state,
    lanes.words[(lane << LANE_SHIFT) + LANE_ACCOUNT] as number,
    words[at + COMMAND_SESSION] as number,
    answer[ANSWER_CLIENT_ORDER_ID] as number,
    answer[ANSWER_CLIENT_ORDER_ID + 1] as number,
    answer[ANSWER_INSTRUMENT] as number,
    (answer[ANSWER_KIND_WORD] as number) | EVENT_DUPLICATE_BIT,
  );
  const events = state.events;
  events[to + EVENT_ORDER_ID] = answer[ANSWER_ORDER_ID] as number;
  events[to + EVENT_ORDER_ID + 1] = answer[ANSWER_ORDER_ID + 1] as number;
  events[to + EVENT_RELATED_ID] = answer[ANSWER_RELATED_ID] as number;
  events[to + EVENT_RELATED_ID + 1] = answer[ANSWER_RELATED_ID + 1] as number;
  events[to + EVENT_AMOUNT] = answer[ANSWER_AMOUNT] as number;
  events[to + EVENT_AMOUNT + 1] = answer[ANSWER_AMOUNT + 1] as number;
  events[to + EVENT_PRICE] = answer[ANSWER_PRICE] as number;
  events[to + EVENT_QUANTITY] = answer[ANSWER_QUANTITY] as number;
  events[to + EVENT_LEAVES] = answer[ANSWER_LEAVES] as number;
  events[to + EVENT_DISPLAYED] = answer[ANSWER_DISPLAYED] as number;
  events[to + EVENT_CUMULATIVE] = answer[ANSWER_CUMULATIVE] as number;
  return false;
}

/** The instrument is known, of this shard, and nothing that the command touches is in progress. */
export function checkInstrument(state: EngineState, words: Int32Array, at: number, client: boolean): boolean {
  const instrument = (words[at + COMMAND_INSTRUMENT] as number) >>> 0;
  if (!state.registry.hasInstrument(instrument)) {
    return refuse(state, words, at, Reason.UnknownInstrument, 0, NO_ORDER);
  }
  const instrumentAt = instrument << INSTRUMENT_SHIFT;
  if (state.instruments[instrumentAt + INSTRUMENT_SHARD] !== state.shard) {
    return refuse(state, words, at, Reason.WrongShard, 0, NO_ORDER);
  }
  return state.operations.count === 0 || checkProgress(state, words, at, instrumentAt, client);
}

function checkProgress(
  state: EngineState,
  words: Int32Array,
  at: number,
  instrumentAt: number,
  client: boolean,
): boolean {
  const operations = state.operations;
  const kindWord = words[at + COMMAND_KIND_WORD] as number;
  const kind = kindWord & 0xff;
  const account = words[at + COMMAND_ACCOUNT] as number;
  if (
    state.instruments[instrumentAt + INSTRUMENT_IN_PROGRESS] !== 0 ||
    (client && state.accounts[(account << ACCOUNT_SHIFT) + ACCOUNT_MASS_CANCELS] !== 0)
  ) {
    return refuseForNow(state, words, at, Reason.InProgress);
  }
  // Trading in an instrument can be stopped whatever goes on elsewhere: this counts on no book and never waits itself.
  if (kind === SET_PHASE && ((UNCROSSED_PHASES >>> ((kindWord >>> 16) & 0xff)) & 1) === 0) return true;
  // These count on the whole book of the instrument, which a mass cancel of another account is still changing.
  if (operations.massCancels > 0 && (!client || (kind === NEW && countsTheBook(words, at)))) {
    return refuseForNow(state, words, at, Reason.InProgress);
  }
  if (kind !== CANCEL && kind !== ORDER_STATUS && operations.count === operations.capacity) {
    return refuseForNow(state, words, at, Reason.Busy);
  }
  return true;
}

/** Whether a New asks for more than the next in line: all of it or a least quantity at once. */
function countsTheBook(words: Int32Array, at: number): boolean {
  const timeInForce = (words[at + COMMAND_KIND_WORD] as number) >>> 24;
  if (timeInForce === IMMEDIATE_OR_CANCEL) return words[at + COMMAND_MIN_QUANTITY] !== 0;
  return timeInForce === FILL_OR_KILL;
}

/** The instrument's phase is among `phases` (phasesThatTake). */
export function checkPhase(state: EngineState, words: Int32Array, at: number, phases: number): boolean {
  if (((phases >>> phaseOf(state, words, at)) & 1) !== 0) return true;
  return refuse(state, words, at, Reason.NotInThisPhase, 0, NO_ORDER);
}

export function phaseOf(state: EngineState, words: Int32Array, at: number): number {
  const instrument = words[at + COMMAND_INSTRUMENT] as number;
  return state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_PHASE] as number;
}

/** A price, where there is one, lies within the instrument's terms. */
export function checkPrice(state: EngineState, words: Int32Array, at: number, price: number): boolean {
  if (price === NO_PRICE) return true;
  const instrumentAt = (words[at + COMMAND_INSTRUMENT] as number) << INSTRUMENT_SHIFT;
  const min = state.instruments[instrumentAt + INSTRUMENT_PRICE_MIN] as number;
  if (price < min) return refuse(state, words, at, Reason.PriceOutOfRange, min, NO_ORDER);
  const max = state.instruments[instrumentAt + INSTRUMENT_PRICE_MAX] as number;
  return price <= max || refuse(state, words, at, Reason.PriceOutOfRange, max, NO_ORDER);
}

/** A price, where there is one, is on a tick of the instrument's table, where that has one. */
export function checkTick(state: EngineState, words: Int32Array, at: number, price: number): boolean {
  const instrument = words[at + COMMAND_INSTRUMENT] as number;
  const ticked = (state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_STATIC_BAND] as number) < 0;
  if (!ticked || price === NO_PRICE) return true;
  const below = tickBelow(state.registry.ticks, instrument, price);
  return below === price || refuse(state, words, at, Reason.OffTick, below, NO_ORDER);
}

/** The price of an order, where it has one, is not further from the reference price than the instrument's static band. */
function checkBand(state: EngineState, words: Int32Array, at: number, price: number): boolean {
  const instrumentAt = (words[at + COMMAND_INSTRUMENT] as number) << INSTRUMENT_SHIFT;
  const band = (state.instruments[instrumentAt + INSTRUMENT_STATIC_BAND] as number) & ~(TICKED | BANDED);
  if (band === 0 || price === NO_PRICE) return true;
  const reference = state.instruments[instrumentAt + INSTRUMENT_REFERENCE] as number;
  if (price < reference - band) return refuse(state, words, at, Reason.OutsideStaticBand, reference - band, NO_ORDER);
  if (price > reference + band) return refuse(state, words, at, Reason.OutsideStaticBand, reference + band, NO_ORDER);
  return true;
}

/**
 * Price, where there is one, and quantity lie within the instrument's terms. A Replace may name a total of 0: that is at
 * or below whatever is filled.
 */
export function checkTerms(state: EngineState, words: Int32Array, at: number): boolean {
  const price = words[at + COMMAND_PRICE] as number;
  if (!checkPrice(state, words, at, price) || !checkTick(state, words, at, price)) return false;
  return checkBand(state, words, at, price) && checkQuantity(state, words, at);
}

/** As checkTerms, the quantity alone. */
export function checkQuantity(state: EngineState, words: Int32Array, at: number): boolean {
  const instrumentAt = (words[at + COMMAND_INSTRUMENT] as number) << INSTRUMENT_SHIFT;
  const instruments = state.instruments;
  const quantity = (words[at + COMMAND_QUANTITY] as number) >>> 0;
  if (quantity === 0 && ((words[at + COMMAND_KIND_WORD] as number) & 0xff) !== REPLACE) {
    return refuse(state, words, at, Reason.QuantityOutOfRange, 1, NO_ORDER);
  }
  const most = (instruments[instrumentAt + INSTRUMENT_QUANTITY_MAX] as number) >>> 0;
  if (quantity > most) return refuse(state, words, at, Reason.QuantityOutOfRange, most, NO_ORDER);
  return true;
}

/** Whether the order is a stop that waits and trails: its price is an offset. */
export function trails(state: EngineState, slot: number): boolean {
  const orderAt = (slot & SLOT_MASK) << ORDER_SHIFT;
  if (state.orders[orderAt + ORDER_LEVEL] !== WAITING) return false;
  return state.stops.trailsBehind(state.orders[orderAt + ORDER_STOP] as number);
}

/** Whether the price of a New (`slot` NO_ORDER), or of a replace of that order, is an offset. */
export function hasOffset(state: EngineState, words: Int32Array, at: number, slot: number): boolean {
  return slot < 0 ? (((words[at + COMMAND_KIND_WORD] as number) >>> 16) & 0xff) === TRAILING_STOP : trails(state, slot);
}

/** The slot of the own live order that the command names, of its instrument; NO_ORDER when it has refused. */
export function findTarget(state: EngineState, words: Int32Array, at: number): number {
  const slot = peekTarget(state, words, at);
  if (slot < 0) refuse(state, words, at, Reason.UnknownOrder, 0, NO_ORDER);
  return slot;
}

/** The same, or NO_ORDER without a word. */
export function peekTarget(state: EngineState, words: Int32Array, at: number): number {
  const account = words[at + COMMAND_ACCOUNT] as number;
  const low = words[at + COMMAND_TARGET_ID] as number;
  const high = words[at + COMMAND_TARGET_ID + 1] as number;
  const byClientId = ((words[at + COMMAND_FLAGS_WORD] as number) & FLAG_BY_CLIENT_ID) !== 0;
  const slot = byClientId ? state.ids.find(account, low, high) : state.books.orders.find(low, high);
  if (slot >= 0) {
    const orders = state.orders;
    const orderAt = (slot & SLOT_MASK) << ORDER_SHIFT;
    if (
      orders[orderAt + ORDER_ACCOUNT] === account &&
      orders[orderAt + ORDER_INSTRUMENT] === words[at + COMMAND_INSTRUMENT] &&
      orders[orderAt + ORDER_LEVEL] !== NOT_RESTING
    ) {
      return slot;
    }
  }
  return NO_ORDER;
}

/** The account of the lane whose open incarnation sent the command; checkSender has passed. */
export function laneAccount(state: EngineState, session: number): number {
  return state.lanes.words[(state.lanes.findOpen(session) << LANE_SHIFT) + LANE_ACCOUNT] as number;
}
