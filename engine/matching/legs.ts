/**
 * One-cancels-other while its legs live: what becomes of a leg when the other one is filled or triggered. At most one of
 * two legs is a limit order, so no book ever holds both, and no sum over a book counts a pair twice.
 * The shard's thread. Not on the way of orders that are no legs.
 */

import { EventKind, Reason } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import * as orderWords from '../book/order-words.js';
import type { EngineState } from './state.js';
import { forgetOrder, releaseStop, takeOff, writeOrderEvent } from './state.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { EVENT_BOOK_BIT, EVENT_RELATED_ID } = layout;
const {
  FLAG_LEG,
  ORDER_FLAGS,
  ORDER_GENERATION,
  ORDER_LEAVES,
  ORDER_LEVEL,
  ORDER_PRICE,
  ORDER_SHIFT,
  SLOT_MASK,
  WAITING,
} = orderWords;

const CANCELLED = EventKind.Cancelled | (Reason.OneCancelledOther << 16);

/** The other leg of an order, or -1. */
export function otherLeg(state: EngineState, slot: number): number {
  const flags = state.orders[((slot & SLOT_MASK) << ORDER_SHIFT) + ORDER_FLAGS] as number;
  return (flags & FLAG_LEG) === 0 ? -1 : (state.legs[slot] as number);
}

/** Takes `other` (-1: none) away because of what happened to the leg in `slot`, which may be gone already. One event. */
export function cancelOther(state: EngineState, slot: number, other: number): void {
  if (other < 0) return;
  const orders = state.orders;
  const at = other << ORDER_SHIFT;
  const waits = orders[at + ORDER_LEVEL] === WAITING;
  const price = orders[at + ORDER_PRICE] as number;
  const leaves = orders[at + ORDER_LEAVES] as number;
  const to = writeOrderEvent(state, other, price, leaves, 0, 0, waits ? CANCELLED : CANCELLED | EVENT_BOOK_BIT);
  state.events[to + EVENT_RELATED_ID] = slot;
  state.events[to + EVENT_RELATED_ID + 1] = orders[(slot << ORDER_SHIFT) + ORDER_GENERATION] as number;
  if (waits) {
    releaseStop(state, other);
    forgetOrder(state, other);
  } else {
    takeOff(state, other);
  }
}
