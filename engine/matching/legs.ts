/**
 * What becomes of a leg of one-cancels-other when the other one was filled or triggered; they are no pair any more then. At most one of
 * two legs is a limit order, so no book ever holds both, and no sum over a book counts a pair twice.
 * The shard's thread. Not on the way of orders that are no legs.
 */

import { EventKind, Reason } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import * as orderWords from '../book/order-words.js';
import { leaveOrder } from '../money/holdings.js';
import { otherLeg, partLegs } from '../money/pairs.js';
import { type EngineState, writeOrderEvent } from '../state/state.js';
import { forgetOrder, releaseStop, takeOff } from './order-life.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { EVENT_BOOK_BIT, EVENT_RELATED_ID } = layout;
const { FLAG_CLOSED, ORDER_FLAGS, ORDER_GENERATION, ORDER_LEAVES, ORDER_LEVEL, ORDER_PRICE, ORDER_SHIFT, WAITING } =
  orderWords;

const CANCELLED = EventKind.Cancelled | (Reason.OneCancelledOther << 16);

/**
 * A leg is about to trade, or was triggered: of its other one nothing is open any more, and from here on it is alone.
 * Returns the other one, for cancelOther, or -1.
 */
export function endPair(state: EngineState, slot: number): number {
  const other = otherLeg(state, slot);
  if (other < 0) return -1;
  leaveOrder(state, other);
  partLegs(state, slot);
  const flagsAt = (other << ORDER_SHIFT) + ORDER_FLAGS;
  state.orders[flagsAt] = (state.orders[flagsAt] as number) | FLAG_CLOSED;
  return other;
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
