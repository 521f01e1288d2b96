/**
 * OrderStatus: what an own live order is like now. It changes nothing. The shard's thread.
 */

import { CommandKind, EventKind, Reason } from '../../schemas/codes.js';
import { COMMAND_CLIENT_ORDER_ID, EVENT_AMOUNT, EVENT_RELATED_ID, NO_PRICE } from '../../schemas/layout.js';
import { phasesThatTake } from '../../schemas/phases.js';
import {
  FLAG_SELL,
  ORDER_CUMULATIVE,
  ORDER_FLAGS,
  ORDER_LEAVES,
  ORDER_LEVEL,
  ORDER_PRICE,
  ORDER_SHIFT,
  ORDER_STOP,
  WAITING,
} from '../book/order-words.js';
import { checkInstrument, checkPhase, checkSender, findTarget } from '../state/checks.js';
import { type EngineState, writeOrderEvent } from '../state/state.js';
import { NEVER } from '../stops/stop-words.js';
import { hiddenOf } from './iceberg.js';

const PHASES = phasesThatTake(CommandKind.OrderStatus);
const RESTING = EventKind.OrderState | (Reason.Resting << 16);
const WAITS = EventKind.OrderState | (Reason.WaitingForTrigger << 16);

/** Applies an OrderStatus whose shape is right. */
export function applyOrderStatus(state: EngineState, words: Int32Array, at: number): void {
  if (!checkSender(state, words, at, true) || !checkInstrument(state, words, at, true)) return;
  if (!checkPhase(state, words, at, PHASES)) return;
  const slot = findTarget(state, words, at);
  if (slot < 0) return;
  const { waits, price, total, leaves, shown, trigger } = orderNow(state, slot);
  const to = writeOrderEvent(state, slot, price, total, leaves, shown, waits ? WAITS : RESTING);
  state.events[to + EVENT_RELATED_ID] = words[at + COMMAND_CLIENT_ORDER_ID] as number;
  state.events[to + EVENT_RELATED_ID + 1] = words[at + COMMAND_CLIENT_ORDER_ID + 1] as number;
  if (!waits) return;
  state.events[to + EVENT_AMOUNT] = trigger;
  state.events[to + EVENT_AMOUNT + 1] = trigger >> 31;
}

/** What is said of a live order. */
export interface OrderNow {
  /** For its trigger. */
  readonly waits: boolean;
  readonly price: number;
  /** Leaves and cumulative. */
  readonly total: number;
  readonly leaves: number;
  readonly shown: number;
  /** 0 of one that does not wait, NO_PRICE where none is set yet. */
  readonly trigger: number;
}

export function orderNow(state: EngineState, slot: number): OrderNow {
  const { orders } = state;
  const at = slot << ORDER_SHIFT;
  const waits = orders[at + ORDER_LEVEL] === WAITING;
  const leaves = orders[at + ORDER_LEAVES] as number;
  return {
    waits,
    price: orders[at + ORDER_PRICE] as number,
    total: (leaves + (orders[at + ORDER_CUMULATIVE] as number)) | 0,
    leaves,
    shown: waits ? 0 : leaves - hiddenOf(state, slot),
    trigger: waits ? triggerOf(state, at) : 0,
  };
}

function triggerOf(state: EngineState, orderAt: number): number {
  const node = state.orders[orderAt + ORDER_STOP] as number;
  const key = state.stops.keyOf(node);
  if (key === NEVER) return NO_PRICE;
  return ((state.orders[orderAt + ORDER_FLAGS] as number) & FLAG_SELL) !== 0 ? key : -key;
}
