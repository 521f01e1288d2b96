/**
 * The record of an order out of its New. The shard's thread; all checks are done and there is room.
 */

import * as layout from '../../schemas/layout.js';
import * as orderWords from '../book/order-words.js';
import * as holdingFunctions from '../money/holdings.js';
import type { EngineState } from '../state/state.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { makeHolding } = holdingFunctions;
const {
  COMMAND_ACCOUNT,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_FLAGS_WORD,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
} = layout;
const {
  FLAG_SELL,
  FLAG_TIME_IN_FORCE,
  ORDER_ACCOUNT,
  ORDER_CLIENT_HIGH,
  ORDER_CLIENT_LOW,
  ORDER_CUMULATIVE,
  ORDER_FLAGS,
  ORDER_INSTRUMENT,
  ORDER_LEAVES,
  ORDER_PRICE,
  ORDER_SESSION,
  ORDER_SHIFT,
  SELF_TRADE_SHIFT,
  SLOT_MASK,
} = orderWords;

/** `price`: that it enters by; `flags`: those of its type, and all of a good-till-date. Returns the slot; the order is in no list and does not rest. */
export function makeOrder(state: EngineState, words: Int32Array, at: number, price: number, flags: number): number {
  const slot = state.books.orders.allocate();
  const orders = state.orders;
  const orderAt = (slot & SLOT_MASK) << ORDER_SHIFT;
  const kindWord = words[at + COMMAND_KIND_WORD] as number;
  const selfTrade = (words[at + COMMAND_FLAGS_WORD] as number) & 0xff;
  orders[orderAt + ORDER_PRICE] = price;
  orders[orderAt + ORDER_LEAVES] = words[at + COMMAND_QUANTITY] as number;
  orders[orderAt + ORDER_CUMULATIVE] = 0;
  orders[orderAt + ORDER_FLAGS] =
    ((kindWord >>> 24) & FLAG_TIME_IN_FORCE) | (selfTrade << SELF_TRADE_SHIFT) | flags | (kindWord & FLAG_SELL);
  orders[orderAt + ORDER_ACCOUNT] = words[at + COMMAND_ACCOUNT] as number;
  orders[orderAt + ORDER_INSTRUMENT] = words[at + COMMAND_INSTRUMENT] as number;
  orders[orderAt + ORDER_CLIENT_LOW] = words[at + COMMAND_CLIENT_ORDER_ID] as number;
  orders[orderAt + ORDER_CLIENT_HIGH] = words[at + COMMAND_CLIENT_ORDER_ID + 1] as number;
  orders[orderAt + ORDER_SESSION] = words[at + COMMAND_SESSION] as number;
  makeHolding(state, words[at + COMMAND_ACCOUNT] as number, words[at + COMMAND_INSTRUMENT] as number);
  return slot;
}
