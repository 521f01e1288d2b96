/**
 * Icebergs in the naive model: of what is open a part is hidden where the order rests. Any thread.
 */
import { EventKind } from '../../schemas/codes.js';
import type { Book, ModelOrder } from './book.js';
import type { State } from './state.js';

/** What an order shows where it rests; of all but icebergs everything. */
export function shownOf(order: ModelOrder): number {
  return order.leaves - order.hidden;
}

/** It shows its peak, the rest is hidden. */
export function showPeak(order: ModelOrder): void {
  order.hidden = Math.max(0, order.leaves - order.peak);
}

/** So much goes without a trade, the hidden part first; returns how much of it was hidden. */
export function lose(state: State, order: ModelOrder, quantity: number): number {
  const hidden = Math.min(order.hidden, quantity);
  order.hidden -= hidden;
  state.setLeaves(order, order.leaves - quantity);
  return hidden;
}

/** Nothing shown is left: the order shows its peak again, at the end of its level. */
export function replenish(state: State, book: Book, order: ModelOrder): void {
  book.side(order.side).remove(order);
  book.side(order.side).add(order);
  showPeak(order);
  state.emitOrder(EventKind.Replenished, order, { leaves: order.leaves, displayed: shownOf(order), book: true });
}

/** Whether an order that trades so much in an auction then shows another quantity. */
export function showsAnew(order: ModelOrder, quantity: number): boolean {
  return order.peak !== Number.POSITIVE_INFINITY && Math.min(order.peak, order.leaves - quantity) !== shownOf(order);
}

/** The order has traded in an auction; `before`: what it showed. */
export function showAfterAuction(state: State, order: ModelOrder, before: number): void {
  if (order.peak === Number.POSITIVE_INFINITY || shownOf(order) === before) {
    return;
  }
  const { leaves } = order;
  state.emitOrder(EventKind.Replenished, order, { quantity: before, leaves, displayed: shownOf(order), book: true });
}
