/**
 * Cancel by order id or client order id, and the mass cancel of an account, in one instrument or in all of the shard.
 * The shard's thread.
 */

import { CommandKind, EventKind, Reason } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import { phasesThatTake } from '../../schemas/phases.js';
import * as orderWords from '../book/order-words.js';
import * as registryWords from '../registry-words.js';
import * as checksFunctions from './checks.js';
import { putHidden, takeHidden } from './iceberg.js';
import * as operationWords from './operations.js';
import { beginOperation, suspendOperation } from './progress.js';
import type { EngineState } from './state.js';
import * as stateFunctions from './state.js';
import { takeStop } from './stops.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { takeOff, writeEvent, writeOrderEvent } = stateFunctions;
const { checkInstrument, checkPhase, checkSender, checkShape, findTarget, passesAtOnce, refuseForNow } =
  checksFunctions;
const {
  COMMAND_ACCOUNT,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_INSTRUMENT,
  EVENT_BOOK_BIT,
  EVENT_QUANTITY,
  EVENT_RELATED_ID,
  WORD_MASK,
} = layout;
const { FLAG_SPECIAL, ORDER_FLAGS, ORDER_LEAVES, ORDER_LEVEL, ORDER_PRICE, ORDER_SHIFT, SLOT_MASK, WAITING } =
  orderWords;
const { ACCOUNT_MASS_CANCELS, ACCOUNT_SHIFT } = registryWords;
const {
  MASS_CANCEL,
  OPERATION_ACCOUNT,
  OPERATION_CANCELLED,
  OPERATION_CLIENT_HIGH,
  OPERATION_CLIENT_LOW,
  OPERATION_INSTRUMENT,
  OPERATION_SESSION,
  OPERATION_SHIFT,
} = operationWords;

const CANCELLED = EventKind.Cancelled | EVENT_BOOK_BIT;
const CANCELLED_WAITING = EventKind.Cancelled;
const FINISHED = EventKind.Finished;
const STARTED = EventKind.Started;
const CANCEL_PHASES = phasesThatTake(CommandKind.Cancel);
const MASS_CANCEL_PHASES = phasesThatTake(CommandKind.MassCancel);

/** Applies a Cancel. */
export function applyCancel(state: EngineState, words: Int32Array, from: number): void {
  const at = from & WORD_MASK;
  if (!passesAtOnce(state, words, at) && !checkCancel(state, words, at)) return;
  const slot = findTarget(state, words, at);
  if (slot < 0) return;
  cancelOrder(
    state,
    slot,
    Reason.ByClient,
    words[at + COMMAND_CLIENT_ORDER_ID] as number,
    words[at + COMMAND_CLIENT_ORDER_ID + 1] as number,
  );
}

function checkCancel(state: EngineState, words: Int32Array, at: number): boolean {
  if (!checkShape(state, words, at) || !checkSender(state, words, at, true)) return false;
  return checkInstrument(state, words, at, true) && checkPhase(state, words, at, CANCEL_PHASES);
}

/** An order that rests, or a stop that waits, goes, with the client order id of the command that took it away (0, 0: none). */
export function cancelOrder(state: EngineState, slot: number, reason: number, byLow: number, byHigh: number): void {
  const orders = state.orders;
  const orderAt = (slot & SLOT_MASK) << ORDER_SHIFT;
  const level = orders[orderAt + ORDER_LEVEL] as number;
  if (level < 0 && level !== WAITING) throw new Error('assert: a cancelled order neither rests nor waits');
  const price = orders[orderAt + ORDER_PRICE] as number;
  const leaves = orders[orderAt + ORDER_LEAVES] as number;
  const kind = level < 0 ? CANCELLED_WAITING : CANCELLED;
  const hidden =
    ((orders[orderAt + ORDER_FLAGS] as number) & FLAG_SPECIAL) === 0 ? 0 : takeHidden(state, slot, leaves >>> 0);
  const to = writeOrderEvent(state, slot, price, leaves, 0, 0, kind | (reason << 16));
  if (hidden !== 0) putHidden(state, to, hidden);
  state.events[to + EVENT_RELATED_ID] = byLow | 0;
  state.events[to + EVENT_RELATED_ID + 1] = byHigh | 0;
  if (level < 0) takeStop(state, slot);
  else takeOff(state, slot);
}

/**
 * Applies a MassCancel whose shape is right. That of all instruments waits for no one, so it is refused (InProgress, and
 * the id may be used again) while any instrument has something in progress; a client that cannot wait cancels
 * instrument by instrument, which only that instrument's own operation refuses.
 */
export function applyMassCancel(state: EngineState, words: Int32Array, at: number): void {
  if (!checkSender(state, words, at, true)) return;
  const instrument = words[at + COMMAND_INSTRUMENT] as number;
  const account = words[at + COMMAND_ACCOUNT] as number;
  const operations = state.operations;
  if (instrument !== 0) {
    if (!checkInstrument(state, words, at, true) || !checkPhase(state, words, at, MASS_CANCEL_PHASES)) return;
  } else if (
    operations.count > operations.massCancels ||
    state.accounts[(account << ACCOUNT_SHIFT) + ACCOUNT_MASS_CANCELS] !== 0
  ) {
    refuseForNow(state, words, at, Reason.InProgress);
    return;
  } else if (operations.count === operations.capacity) {
    refuseForNow(state, words, at, Reason.Busy);
    return;
  }
  const row = beginOperation(state, MASS_CANCEL, words, at, account, STARTED);
  if (!runMassCancel(state, row)) suspendOperation(state);
}

/**
 * Cancels the account's orders, instrument by instrument and oldest first in each; true when it is finished. It needs no
 * cursor: it takes the first that is left, and the account can add none meanwhile. What it looks at, it cancels, so it
 * stops for want of room for an event only, however many orders the account has elsewhere.
 */
export function runMassCancel(state: EngineState, row: number): boolean {
  const words = state.operations.words;
  const accountOrders = state.accountOrders;
  const at = row << OPERATION_SHIFT;
  const account = words[at + OPERATION_ACCOUNT] as number;
  const instrument = words[at + OPERATION_INSTRUMENT] as number;
  const low = words[at + OPERATION_CLIENT_LOW] as number;
  const high = words[at + OPERATION_CLIENT_HIGH] as number;
  for (;;) {
    const slot = instrument === 0 ? accountOrders.firstOfAll(account) : accountOrders.first(account, instrument);
    if (slot < 0) return finish(state, row);
    if (state.next === state.end) return false;
    cancelOrder(state, slot, Reason.MassCancel, low, high);
    words[at + OPERATION_CANCELLED] = (words[at + OPERATION_CANCELLED] as number) + 1;
  }
}

/** The last event of a mass cancel or end of day; false when there is no room for it. */
export function finish(state: EngineState, row: number): boolean {
  if (state.next === state.end) return false;
  const words = state.operations.words;
  const at = row << OPERATION_SHIFT;
  const to = writeEvent(
    state,
    words[at + OPERATION_ACCOUNT] as number,
    words[at + OPERATION_SESSION] as number,
    words[at + OPERATION_CLIENT_LOW] as number,
    words[at + OPERATION_CLIENT_HIGH] as number,
    words[at + OPERATION_INSTRUMENT] as number,
    FINISHED,
  );
  state.events[to + EVENT_QUANTITY] = words[at + OPERATION_CANCELLED] as number;
  return true;
}
