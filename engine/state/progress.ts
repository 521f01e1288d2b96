/**
 * The life of a command that may need more events than fit: it runs in the scratch row, is made an operation when it
 * stops, and marks what other commands must not touch meanwhile.
 * The shard's thread.
 */

import * as layout from '../../schemas/layout.js';
import * as orderWords from '../book/order-words.js';
import * as registryWords from '../registry-words.js';
import * as operationWords from './operations.js';
import { type EngineState, writeEvent } from './state.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { COMMAND_CLIENT_ORDER_ID, COMMAND_INSTRUMENT, COMMAND_SESSION } = layout;
const { ACCOUNT_MASS_CANCELS, ACCOUNT_SHIFT, INSTRUMENT_IN_PROGRESS, INSTRUMENT_SHIFT } = registryWords;
const { FLAG_SELL_SHIFT, ORDER_ACCOUNT, ORDER_CLIENT_HIGH, ORDER_FLAGS, ORDER_SHIFT, SLOT_MASK } = orderWords;
const {
  FILTER_LANE,
  FILTER_LANE_MASK,
  FILTER_SIDE,
  FILTER_SIDE_SHIFT,
  OPERATION_ACCOUNT,
  OPERATION_CANCELLED,
  OPERATION_CLIENT_HIGH,
  OPERATION_CLIENT_LOW,
  OPERATION_COMMAND_HIGH,
  OPERATION_COMMAND_LOW,
  OPERATION_CURSOR,
  OPERATION_FILTER,
  OPERATION_INSTRUMENT,
  OPERATION_KIND,
  OPERATION_OWNER,
  OPERATION_PRICE,
  OPERATION_REASON,
  OPERATION_SESSION,
  OPERATION_SHIFT,
  OPERATION_STAGE,
} = operationWords;

/** Fills the scratch row for a command and writes its first event (its sender's answer). Returns the row. */
export function beginOperation(
  state: EngineState,
  kind: number,
  words: Int32Array,
  at: number,
  account: number,
  answerKind: number,
): number {
  return beginOwnOperation(
    state,
    kind,
    account,
    words[at + COMMAND_SESSION] as number,
    words[at + COMMAND_CLIENT_ORDER_ID] as number,
    words[at + COMMAND_CLIENT_ORDER_ID + 1] as number,
    words[at + COMMAND_INSTRUMENT] as number,
    answerKind,
  );
}

/** The same for what nobody sent. */
export function beginOwnOperation(
  state: EngineState,
  kind: number,
  account: number,
  session: number,
  clientLow: number,
  clientHigh: number,
  instrument: number,
  answerKind: number,
): number {
  const operations = state.operations;
  const row = operations.scratch;
  const to = row << OPERATION_SHIFT;
  operations.words[to + OPERATION_KIND] = kind;
  operations.words[to + OPERATION_COMMAND_LOW] = state.originLow;
  operations.words[to + OPERATION_COMMAND_HIGH] = state.originHigh;
  operations.words[to + OPERATION_INSTRUMENT] = instrument;
  operations.words[to + OPERATION_ACCOUNT] = account;
  operations.words[to + OPERATION_OWNER] = account;
  operations.words[to + OPERATION_SESSION] = session;
  operations.words[to + OPERATION_CLIENT_LOW] = clientLow;
  operations.words[to + OPERATION_CLIENT_HIGH] = clientHigh;
  operations.words[to + OPERATION_CURSOR] = -1;
  operations.words[to + OPERATION_STAGE] = 0;
  operations.words[to + OPERATION_PRICE] = 0;
  operations.words[to + OPERATION_CANCELLED] = 0;
  operations.words[to + OPERATION_FILTER] = 0;
  operations.words[to + OPERATION_REASON] = 0;
  operations.volumes[row] = 0;
  writeEvent(state, account, session, clientLow, clientHigh, instrument, answerKind);
  return row;
}

/** Makes an operation of what runs in the scratch row, and marks what is in progress. */
export function suspendOperation(state: EngineState): void {
  const operations = state.operations;
  const row = operations.push();
  state.suspended = true;
  const at = row << OPERATION_SHIFT;
  const instrument = operations.words[at + OPERATION_INSTRUMENT] as number;
  if (operations.isWalk(row)) operations.walks++;
  if (instrument !== 0) {
    state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_IN_PROGRESS] = 1;
    return;
  }
  operations.massCancels++;
  const accountAt = ((operations.words[at + OPERATION_OWNER] as number) << ACCOUNT_SHIFT) + ACCOUNT_MASS_CANCELS;
  state.accounts[accountAt] = (state.accounts[accountAt] as number) + 1;
}

/** The oldest operation is finished: what it held is free again. */
export function endOperation(state: EngineState): void {
  const operations = state.operations;
  const at = operations.row(0) << OPERATION_SHIFT;
  const instrument = operations.words[at + OPERATION_INSTRUMENT] as number;
  if (operations.isWalk(operations.row(0))) operations.walks--;
  if (instrument !== 0) {
    state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_IN_PROGRESS] = 0;
  } else {
    operations.massCancels--;
    const accountAt = ((operations.words[at + OPERATION_OWNER] as number) << ACCOUNT_SHIFT) + ACCOUNT_MASS_CANCELS;
    state.accounts[accountAt] = (state.accounts[accountAt] as number) - 1;
  }
  operations.shift();
}

/** Whether a mass cancel with this filter takes an order of its account. */
export function isTaken(state: EngineState, filter: number, slot: number): boolean {
  const orderAt = (slot & SLOT_MASK) << ORDER_SHIFT;
  if ((filter & FILTER_LANE) !== 0) {
    const lane = (state.orders[orderAt + ORDER_CLIENT_HIGH] as number) >>> 16;
    if (lane !== (filter & FILTER_LANE_MASK)) return false;
  }
  if ((filter & FILTER_SIDE) === 0) return true;
  const side = ((state.orders[orderAt + ORDER_FLAGS] as number) >>> FLAG_SELL_SHIFT) & 1;
  return side === ((filter >>> FILTER_SIDE_SHIFT) & 1);
}

/** Whether a mass cancel of all instruments is in progress that will take the order. */
export function isLeaving(state: EngineState, slot: number): boolean {
  const operations = state.operations;
  if (operations.massCancels === 0) return false;
  const account = state.orders[((slot & SLOT_MASK) << ORDER_SHIFT) + ORDER_ACCOUNT] as number;
  for (let index = 0; index < operations.count; index++) {
    const at = operations.row(index) << OPERATION_SHIFT;
    if (operations.words[at + OPERATION_INSTRUMENT] !== 0) continue;
    const owner = operations.words[at + OPERATION_OWNER];
    if (owner !== account && owner !== 0) continue;
    if (isTaken(state, operations.words[at + OPERATION_FILTER] as number, slot)) return true;
  }
  return false;
}
