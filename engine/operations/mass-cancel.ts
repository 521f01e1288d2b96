/**
 * Mass cancels: the orders of an account, in one instrument or in all of the shard, of one lane or side or of all. A
 * command asks for one, or a timer of a lane (lane-timers.ts). The shard's thread.
 */

import { CommandFlag, CommandKind, EventKind, Reason } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import { phasesThatTake } from '../../schemas/phases.js';
import { cancelOrder } from '../matching/apply-cancel.js';
import * as registryWords from '../registry-words.js';
import { checkInstrument, checkPhase, checkSender, refuseForNow } from '../state/checks.js';
import * as operationWords from '../state/operations.js';
import { beginOperation, isTaken, suspendOperation } from '../state/progress.js';
import type { EngineState } from '../state/state.js';
import { writeEvent } from '../state/state.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { COMMAND_ACCOUNT, COMMAND_FLAGS_WORD, COMMAND_INSTRUMENT, COMMAND_KIND_WORD, COMMAND_QUANTITY, EVENT_QUANTITY } =
  layout;
const { ACCOUNT_MASS_CANCELS, ACCOUNT_SHIFT } = registryWords;
const {
  FILTER_LANE,
  FILTER_LANE_MASK,
  FILTER_SIDE,
  FILTER_SIDE_SHIFT,
  MASS_CANCEL,
  OPERATION_ACCOUNT,
  OPERATION_CANCELLED,
  OPERATION_CLIENT_HIGH,
  OPERATION_CLIENT_LOW,
  OPERATION_CURSOR,
  OPERATION_FILTER,
  OPERATION_INSTRUMENT,
  OPERATION_REASON,
  OPERATION_SESSION,
  OPERATION_SHIFT,
  OPERATION_STAGE,
} = operationWords;

const FINISHED = EventKind.Finished;
const STARTED = EventKind.Started;
const BY_COMMAND = Reason.MassCancel;
const PHASES = phasesThatTake(CommandKind.MassCancel);
const ONE_LANE = CommandFlag.OneLane << 16;
const ONE_SIDE = CommandFlag.OneSide << 16;

/** The filter of a MassCancel whose shape is right. */
function filterOf(words: Int32Array, at: number): number {
  const flags = words[at + COMMAND_FLAGS_WORD] as number;
  const lane =
    (flags & ONE_LANE) === 0 ? 0 : FILTER_LANE | ((words[at + COMMAND_QUANTITY] as number) & FILTER_LANE_MASK);
  if ((flags & ONE_SIDE) === 0) return lane;
  return lane | FILTER_SIDE | ((((words[at + COMMAND_KIND_WORD] as number) >>> 8) & 1) << FILTER_SIDE_SHIFT);
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
    if (!checkInstrument(state, words, at, true) || !checkPhase(state, words, at, PHASES)) return;
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
  const to = row << OPERATION_SHIFT;
  operations.words[to + OPERATION_FILTER] = filterOf(words, at);
  operations.words[to + OPERATION_REASON] = BY_COMMAND;
  if (!runMassCancel(state, row)) suspendOperation(state);
}

/** Goes on with a mass cancel; true when it is finished. */
export function runMassCancel(state: EngineState, row: number): boolean {
  const filter = state.operations.words[(row << OPERATION_SHIFT) + OPERATION_FILTER] as number;
  return filter === 0 ? cancelAll(state, row) : cancelSome(state, row, filter);
}

/**
 * Cancels the account's orders, instrument by instrument and oldest first in each. It needs no cursor: it takes the first
 * that is left, and the account can add none meanwhile. What it looks at, it cancels, so it stops for want of room for an
 * event only, however many orders the account has elsewhere.
 */
function cancelAll(state: EngineState, row: number): boolean {
  const words = state.operations.words;
  const accountOrders = state.accountOrders;
  const at = row << OPERATION_SHIFT;
  const account = words[at + OPERATION_ACCOUNT] as number;
  const instrument = words[at + OPERATION_INSTRUMENT] as number;
  for (;;) {
    const slot = instrument === 0 ? accountOrders.firstOfAll(account) : accountOrders.first(account, instrument);
    if (slot < 0) return finish(state, row);
    if (state.next === state.end) return false;
    cancelOne(state, at, slot);
  }
}

/**
 * The same for some of them: it looks at each order once, and stops after maxVisits as well. While it waits, others may
 * take the order at its cursor away: the next one steps in (passCursors).
 */
function cancelSome(state: EngineState, row: number, filter: number): boolean {
  const words = state.operations.words;
  const accountOrders = state.accountOrders;
  const at = row << OPERATION_SHIFT;
  const instrument = words[at + OPERATION_INSTRUMENT] as number;
  let slot = words[at + OPERATION_CURSOR] as number;
  if (words[at + OPERATION_STAGE] === 0) {
    const account = words[at + OPERATION_ACCOUNT] as number;
    slot = instrument === 0 ? accountOrders.firstOfAll(account) : accountOrders.first(account, instrument);
    words[at + OPERATION_STAGE] = 1;
  }
  for (let visits = state.maxVisits; slot >= 0 && visits > 0; visits--) {
    const next = accountOrders.next(slot, instrument === 0);
    if (isTaken(state, filter, slot)) {
      if (state.next === state.end) break;
      cancelOne(state, at, slot);
    }
    slot = next;
  }
  words[at + OPERATION_CURSOR] = slot;
  return slot < 0 && finish(state, row);
}

function cancelOne(state: EngineState, at: number, slot: number): void {
  const words = state.operations.words;
  const reason = words[at + OPERATION_REASON] as number;
  const byCommand = reason === BY_COMMAND;
  const low = byCommand ? (words[at + OPERATION_CLIENT_LOW] as number) : 0;
  const high = byCommand ? (words[at + OPERATION_CLIENT_HIGH] as number) : 0;
  // A row that is walked has its cursor at this order: it is written anew behind the walk.
  words[at + OPERATION_CURSOR] = -1;
  cancelOrder(state, slot, reason, low, high);
  words[at + OPERATION_CANCELLED] = (words[at + OPERATION_CANCELLED] as number) + 1;
}

/** The last event of a mass cancel or end of day; false when there is no room for it. */
export function finish(state: EngineState, row: number): boolean {
  if (state.next === state.end) return false;
  const words = state.operations.words;
  const at = row << OPERATION_SHIFT;
  const reason = words[at + OPERATION_REASON] as number;
  const to = writeEvent(
    state,
    words[at + OPERATION_ACCOUNT] as number,
    words[at + OPERATION_SESSION] as number,
    words[at + OPERATION_CLIENT_LOW] as number,
    words[at + OPERATION_CLIENT_HIGH] as number,
    words[at + OPERATION_INSTRUMENT] as number,
    reason === BY_COMMAND ? FINISHED : FINISHED | (reason << 16),
  );
  state.events[to + EVENT_QUANTITY] = words[at + OPERATION_CANCELLED] as number;
  return true;
}
