/**
 * Icebergs: orders of which a part is hidden while they rest. The sum of a level counts all of it, what is hidden of the
 * level stands beside that; events say what is shown.
 * The shard's thread. Plain orders do not come here.
 */

import { EventKind, Reason } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import * as levelWords from '../book/level-words.js';
import * as orderWords from '../book/order-words.js';
import { SPECIAL_HIDDEN, SPECIAL_PEAK } from '../book/special-pool.js';
import { checkTerms, NO_ORDER, refuse } from '../state/checks.js';
import type { EngineState } from '../state/state.js';
import { writeOrderEvent } from '../state/state.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { COMMAND_DISPLAY_QUANTITY, COMMAND_QUANTITY } = layout;
const { EVENT_AMOUNT, EVENT_BOOK_BIT } = layout;
const { HIDDEN, TOTAL_SHIFT } = levelWords;
const { FLAG_MARKET, FLAG_SPECIAL, ORDER_FLAGS, ORDER_LEAVES } = orderWords;
const { ORDER_LEVEL, ORDER_PRICE, ORDER_SHIFT } = orderWords;

const REPLENISHED = EventKind.Replenished | EVENT_BOOK_BIT;

/** Whether an order has a hidden part, or may have one. */
export function isIceberg(state: EngineState, slot: number): boolean {
  return (
    ((state.orders[(slot << ORDER_SHIFT) + ORDER_FLAGS] as number) & (FLAG_SPECIAL | FLAG_MARKET)) === FLAG_SPECIAL
  );
}

/** The checks of a new iceberg that the book has no part in: it shows something, and not more than there is. */
export function checkDisplay(state: EngineState, words: Int32Array, at: number): boolean {
  if (!checkTerms(state, words, at)) return false;
  const quantity = (words[at + COMMAND_QUANTITY] as number) >>> 0;
  const display = (words[at + COMMAND_DISPLAY_QUANTITY] as number) >>> 0;
  if (display === 0) return refuse(state, words, at, Reason.DisplayOutOfRange, 1, NO_ORDER);
  return display <= quantity || refuse(state, words, at, Reason.DisplayOutOfRange, quantity, NO_ORDER);
}

/** How much of a live order is hidden. */
export function hiddenOf(state: EngineState, slot: number): number {
  return isIceberg(state, slot) ? (state.specials.words[state.specials.at(slot) + SPECIAL_HIDDEN] as number) >>> 0 : 0;
}

function setHidden(state: EngineState, slot: number, hidden: number): void {
  const { words } = state.specials;
  const at = state.specials.at(slot) + SPECIAL_HIDDEN;
  const { totals } = state.books.levels;
  const total = ((state.orders[(slot << ORDER_SHIFT) + ORDER_LEVEL] as number) << TOTAL_SHIFT) + HIDDEN;
  totals[total] = (totals[total] as number) + hidden - ((words[at] as number) >>> 0);
  words[at] = hidden;
}

/** A resting iceberg shows its peak, or all that is left when that is less; returns what it shows. */
export function showPeak(state: EngineState, slot: number): number {
  const peak = (state.specials.words[state.specials.at(slot) + SPECIAL_PEAK] as number) >>> 0;
  const leaves = (state.orders[(slot << ORDER_SHIFT) + ORDER_LEAVES] as number) >>> 0;
  const shown = peak < leaves ? peak : leaves;
  setHidden(state, slot, leaves - shown);
  return shown;
}

/**
 * A resting iceberg loses so much of what is open without a trade, the hidden part first; before its leaves and its level
 * change. Returns how much of that was hidden; nothing is of other orders.
 */
export function takeHidden(state: EngineState, slot: number, quantity: number): number {
  if (!isIceberg(state, slot)) return 0;
  const hidden = hiddenOf(state, slot);
  const gone = quantity < hidden ? quantity : hidden;
  setHidden(state, slot, hidden - gone);
  return gone;
}

/** Says how much of an event's quantity was hidden. `to`: the event's first word. */
export function putHidden(state: EngineState, to: number, hidden: number): void {
  state.events[to + EVENT_AMOUNT] = hidden;
  state.events[to + EVENT_AMOUNT + 1] = 0;
}

/** What a resting iceberg will show by its leaves as they are. */
export function shownAfterAuction(state: EngineState, slot: number): number {
  const peak = (state.specials.words[state.specials.at(slot) + SPECIAL_PEAK] as number) >>> 0;
  return Math.min(peak, (state.orders[(slot << ORDER_SHIFT) + ORDER_LEAVES] as number) >>> 0);
}

/** Whether an order that trades so much in an auction then shows another quantity than before, and must say so. */
export function showsAnew(state: EngineState, slot: number, quantity: number): boolean {
  if (!isIceberg(state, slot)) return false;
  const leaves = (state.orders[(slot << ORDER_SHIFT) + ORDER_LEAVES] as number) >>> 0;
  const peak = (state.specials.words[state.specials.at(slot) + SPECIAL_PEAK] as number) >>> 0;
  return Math.min(peak, leaves - quantity) !== leaves - hiddenOf(state, slot);
}

/**
 * An iceberg has traded in an auction, its leaves are what is left: it shows its peak, in its place. `before`: what it
 * showed. It may be at its end, and shows nothing then.
 */
export function showAfterAuction(state: EngineState, slot: number, before: number): void {
  const orderAt = slot << ORDER_SHIFT;
  const leaves = (state.orders[orderAt + ORDER_LEAVES] as number) >>> 0;
  const shown = showPeak(state, slot);
  if (shown === before) return;
  writeOrderEvent(state, slot, state.orders[orderAt + ORDER_PRICE] as number, before, leaves, shown, REPLENISHED);
}
