/**
 * OrderStatus: what an own live order is like now. It changes nothing. The shard's thread.
 */

import { CommandKind, EventKind } from '../../schemas/codes.js';
import {
  COMMAND_CLIENT_ORDER_ID,
  EVENT_RELATED_ID,
} from '../../schemas/layout.js';
import { phasesThatTake } from '../../schemas/phases.js';
import { ORDER_CUMULATIVE, ORDER_LEAVES, ORDER_PRICE, ORDER_SHIFT } from '../book/order-words.js';
import { checkInstrument, checkPhase, checkSender, findTarget } from './checks.js';
import { type EngineState, writeOrderEvent } from './state.js';

const PHASES = phasesThatTake(CommandKind.OrderStatus);

/** Applies an OrderStatus whose shape is right. */
export function applyOrderStatus(state: EngineState, words: Int32Array, at: number): void {
  if (!checkSender(state, words, at, true) || !checkInstrument(state, words, at, true)) return;
  if (!checkPhase(state, words, at, PHASES)) return;
  const slot = findTarget(state, words, at);
  if (slot < 0) return;
  const orderAt = slot << ORDER_SHIFT;
  const leaves = state.orders[orderAt + ORDER_LEAVES] as number;
  const total = (leaves + (state.orders[orderAt + ORDER_CUMULATIVE] as number)) | 0;
  const price = state.orders[orderAt + ORDER_PRICE] as number;
  const to = writeOrderEvent(state, slot, price, total, leaves, leaves, EventKind.OrderState);
  state.events[to + EVENT_RELATED_ID] = words[at + COMMAND_CLIENT_ORDER_ID] as number;
  state.events[to + EVENT_RELATED_ID + 1] = words[at + COMMAND_CLIENT_ORDER_ID + 1] as number;
}
