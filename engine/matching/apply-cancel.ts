/**
 * Cancel by order id or client order id.
 * The shard's thread.
 */

import { CommandKind, EventKind, Reason } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import { phasesThatTake } from '../../schemas/phases.js';
import * as orderWords from '../book/order-words.js';
import * as checksFunctions from '../state/checks.js';
import type { EngineState } from '../state/state.js';
import * as stateFunctions from '../state/state.js';
import { putHidden, takeHidden } from './iceberg.js';
import * as lifeFunctions from './order-life.js';
import { takeStop } from './stops.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { isPlain, takeOff, takePlainOff } = lifeFunctions;
const { writeOrderEvent } = stateFunctions;
const { checkInstrument, checkPhase, checkSender, checkShape, findTarget } = checksFunctions;
const { COMMAND_CLIENT_ORDER_ID, EVENT_BOOK_BIT, EVENT_RELATED_ID, WORD_MASK } = layout;
const { FLAG_SPECIAL, ORDER_FLAGS, ORDER_LEAVES, ORDER_LEVEL, ORDER_PRICE, ORDER_SHIFT, SLOT_MASK, WAITING } =
  orderWords;

const CANCELLED = EventKind.Cancelled | EVENT_BOOK_BIT;
const CANCELLED_BY_CLIENT = CANCELLED | (Reason.ByClient << 16);
const CANCELLED_WAITING = EventKind.Cancelled;
const CANCEL_PHASES = phasesThatTake(CommandKind.Cancel);

/** Applies a Cancel that the short look (passesAtOnce) says nothing about. */
export function applyCancel(state: EngineState, words: Int32Array, at: number): void {
  if (checkCancel(state, words, at)) cancelTarget(state, words, at);
}

/** Applies one that passes it: nearly all take an order that rests and has nothing besides its record. */
export function cancelUsual(state: EngineState, words: Int32Array, from: number): void {
  const at = from & WORD_MASK;
  const slot = findTarget(state, words, at);
  if (slot < 0) return;
  const orders = state.orders;
  const orderAt = (slot & SLOT_MASK) << ORDER_SHIFT;
  if (!isPlain(state, slot)) {
    cancelTarget(state, words, at);
    return;
  }
  const price = orders[orderAt + ORDER_PRICE] as number;
  const leaves = orders[orderAt + ORDER_LEAVES] as number;
  const to = writeOrderEvent(state, slot, price, leaves, 0, 0, CANCELLED_BY_CLIENT);
  state.events[to + EVENT_RELATED_ID] = words[at + COMMAND_CLIENT_ORDER_ID] as number;
  state.events[to + EVENT_RELATED_ID + 1] = words[at + COMMAND_CLIENT_ORDER_ID + 1] as number;
  takePlainOff(state, slot);
}

function cancelTarget(state: EngineState, words: Int32Array, at: number): void {
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
