/**
 * Good-till-date: an order has a timer of its slot while it is live, and goes when a Due comes to that (due.ts).
 * The shard's thread. Other orders do not come here.
 */

import { Reason, TimeInForce } from '../../schemas/codes.js';
import { COMMAND_KIND_WORD, COMMAND_MIN_QUANTITY, joinWords } from '../../schemas/layout.js';
import { FLAG_EXPIRES } from '../book/order-words.js';
import { NO_ORDER, refuse } from '../state/checks.js';
import type { EngineState } from '../state/state.js';
import { expiryTimer } from '../timers/timer-ranges.js';

/** What such an order has in its flags; of its time in force the lower bits are zero. */
export const GOOD_TILL_DATE_FLAGS = FLAG_EXPIRES | TimeInForce.GoodTillCancel;

const US_PER_SECOND = 1_000_000;

function expiryUs(words: Int32Array, at: number): number {
  return ((words[at + COMMAND_MIN_QUANTITY] as number) >>> 0) * US_PER_SECOND;
}

/** The expiry of a New, if it has one, is to come. */
export function checkExpiry(state: EngineState, words: Int32Array, at: number): boolean {
  if ((words[at + COMMAND_KIND_WORD] as number) >>> 24 !== TimeInForce.GoodTillDate) return true;
  if (expiryUs(words, at) > joinWords(state.timeLow, state.timeHigh)) return true;
  return refuse(state, words, at, Reason.ExpiryPassed, 0, NO_ORDER);
}

/** Sets the timer of an order that was made out of its New. */
export function setExpiry(state: EngineState, slot: number, words: Int32Array, at: number): void {
  state.timers.set(expiryTimer(state.limits, slot), expiryUs(words, at));
}
