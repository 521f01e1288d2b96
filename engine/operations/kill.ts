/**
 * Kill switches: an account, an instrument or all of a shard out of trading, with every open order, and in again.
 * The shard's thread.
 */

import { EventKind, Reason } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import { cancelOrder } from '../matching/apply-cancel.js';
import * as registryWords from '../registry-words.js';
import { checkInstrument, checkSender, laneAccount, NO_ORDER, refuse, refuseForNow } from '../state/checks.js';
import * as operationWords from '../state/operations.js';
import { beginOperation, suspendOperation } from '../state/progress.js';
import type { EngineState } from '../state/state.js';
import { finish } from './mass-cancel.js';
import { firstOfStage, LAST_STAGE } from './phases.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const {
  COMMAND_ACCOUNT,
  COMMAND_INSTRUMENT,
  COMMAND_MIN_QUANTITY,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  EVENT_LEAVES,
  EVENT_QUANTITY,
  EVENT_WORDS,
} = layout;
const {
  ACCOUNT_KILLED,
  ACCOUNT_MASS_CANCELS,
  ACCOUNT_SHIFT,
  INSTRUMENT_KILLED,
  INSTRUMENT_SHIFT,
  KILLED_ALONE,
  KILLED_WITH_ALL,
} = registryWords;
const { KILL, OPERATION_CANCELLED, OPERATION_CURSOR, OPERATION_INSTRUMENT, OPERATION_OWNER, OPERATION_SHIFT } =
  operationWords;

/** Applies a Kill of right shape. */
export function applyKill(state: EngineState, words: Int32Array, at: number): void {
  const instrument = words[at + COMMAND_INSTRUMENT] as number;
  const account = (words[at + COMMAND_ACCOUNT] as number) >>> 0;
  const killed = (words[at + COMMAND_QUANTITY] as number) >>> 0;
  const shard = (words[at + COMMAND_MIN_QUANTITY] as number) >>> 0;
  if (killed > 1 || (instrument !== 0 && (account !== 0 || shard !== 0))) {
    refuse(state, words, at, Reason.FieldNotZero, 0, NO_ORDER);
    return;
  }
  if (!checkSender(state, words, at, false)) return;
  if (instrument !== 0 ? !checkInstrument(state, words, at, false) : !checkScope(state, words, at, account, shard))
    return;
  setKilled(state, account, instrument, killed);
  const answerAt = state.next * EVENT_WORDS;
  const sender = laneAccount(state, words[at + COMMAND_SESSION] as number);
  const row = beginOperation(state, KILL, words, at, sender, EventKind.KillChanged);
  state.events[answerAt + EVENT_QUANTITY] = killed;
  state.events[answerAt + EVENT_LEAVES] = account;
  const rowAt = row << OPERATION_SHIFT;
  state.operations.words[rowAt + OPERATION_OWNER] = account;
  state.operations.words[rowAt + OPERATION_CURSOR] = 1;
  if (killed === 1 && !runKill(state, row)) suspendOperation(state);
}

/** Sets the switch; that of the shard stands with each of its instruments, so that a new order looks at one place. */
function setKilled(state: EngineState, account: number, instrument: number, killed: number): void {
  const { accounts, instruments, registry } = state;
  if (account !== 0) {
    accounts[(account << ACCOUNT_SHIFT) + ACCOUNT_KILLED] = killed;
    state.ledger.spreadLimits(account);
    return;
  }
  const bit = instrument === 0 ? KILLED_WITH_ALL : KILLED_ALONE;
  if (instrument === 0) state.killed = killed;
  const first = instrument === 0 ? 1 : instrument;
  const last = instrument === 0 ? registry.instrumentCount : instrument;
  for (let one = first; one <= last; one++) {
    const at = (one << INSTRUMENT_SHIFT) + INSTRUMENT_KILLED;
    instruments[at] = killed === 1 ? (instruments[at] as number) | bit : (instruments[at] as number) & ~bit;
  }
}

/** Of an account, or of all: the shard is this one, and nothing that it would come across is in progress. */
function checkScope(state: EngineState, words: Int32Array, at: number, account: number, shard: number): boolean {
  if (shard !== state.shard) return refuse(state, words, at, Reason.WrongShard, 0, NO_ORDER);
  if (account !== 0 && !state.registry.hasAccount(account)) {
    return refuse(state, words, at, Reason.UnknownAccount, 0, NO_ORDER);
  }
  const { operations } = state;
  if (
    operations.count > operations.massCancels ||
    state.accounts[(account << ACCOUNT_SHIFT) + ACCOUNT_MASS_CANCELS] !== 0
  ) {
    return refuseForNow(state, words, at, Reason.InProgress);
  }
  return operations.count < operations.capacity || refuseForNow(state, words, at, Reason.Busy);
}

/**
 * Cancels what is left; true when it is finished. It takes the first order that is there, because nobody can add one; of
 * all accounts the cursor is the one at hand. It stops after maxVisits accounts as well: those without orders make no event.
 */
export function runKill(state: EngineState, row: number): boolean {
  const words = state.operations.words;
  const at = row << OPERATION_SHIFT;
  let visits = state.maxVisits;
  for (;;) {
    const slot = nextOrder(state, at);
    if (slot >= 0) {
      if (state.next === state.end) return false;
      // Not by the operator's id: it may be one of the owner's as well.
      cancelOrder(state, slot, Reason.KillSwitch, 0, 0);
      words[at + OPERATION_CANCELLED] = (words[at + OPERATION_CANCELLED] as number) + 1;
    } else if (!goOn(state, at)) {
      return finish(state, row);
    } else if (visits-- === 0) {
      return false;
    }
  }
}

/** An order of those at hand, or -1. */
function nextOrder(state: EngineState, at: number): number {
  const words = state.operations.words;
  const instrument = words[at + OPERATION_INSTRUMENT] as number;
  const cursor = words[at + OPERATION_CURSOR] as number;
  if (instrument !== 0) return firstOfStage(state, instrument, cursor - 1);
  const owner = words[at + OPERATION_OWNER] as number;
  return state.accountOrders.firstOfAll(owner === 0 ? cursor : owner);
}

/** Goes to the next account, or to the next side or group of stops of the instrument; false when there is none. */
function goOn(state: EngineState, at: number): boolean {
  const words = state.operations.words;
  const cursor = words[at + OPERATION_CURSOR] as number;
  const ofAll = words[at + OPERATION_OWNER] === 0 ? state.registry.accountCount : 0;
  // It stays at the last one: a kill that waits for room to finish looks there again.
  if (cursor >= (words[at + OPERATION_INSTRUMENT] !== 0 ? LAST_STAGE + 1 : ofAll)) return false;
  words[at + OPERATION_CURSOR] = cursor + 1;
  return true;
}
