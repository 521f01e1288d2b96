/**
 * A trade that is more than two fills: with an iceberg that shows its peak again, or of a leg whose other leg goes.
 * The shard's thread. The trades of plain orders are in sweep.ts.
 */

import { EventKind, Liquidity } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import * as orderWords from '../book/order-words.js';
import { FEE_MAKER, FEE_TAKER } from '../ledger/ledger-words.js';
import { fillOrder } from '../money/holdings.js';
import { otherLeg } from '../money/pairs.js';
import * as registryWords from '../registry-words.js';
import { type EngineState, writeOrderEvent } from '../state/state.js';
import { hiddenOf, showPeak } from './iceberg.js';
import { cancelOther, endPair } from './legs.js';
import { takeOff } from './order-life.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { EVENT_BOOK_BIT, EVENT_LIQUIDITY_SHIFT, EVENT_RELATED_ID } = layout;
const { ORDER_CUMULATIVE, ORDER_INSTRUMENT, ORDER_LEAVES, ORDER_LEVEL, ORDER_PRICE, ORDER_SHIFT } = orderWords;
const { INSTRUMENT_LAST, INSTRUMENT_SHIFT } = registryWords;

const MAKER_FILL = EventKind.Fill | (Liquidity.Maker << EVENT_LIQUIDITY_SHIFT) | EVENT_BOOK_BIT;
const TAKER_FILL = EventKind.Fill | (Liquidity.Taker << EVENT_LIQUIDITY_SHIFT);
const REPLENISHED = EventKind.Replenished | EVENT_BOOK_BIT;

/**
 * Trades with the order next in line as far as it shows something. An iceberg of which nothing shown is left shows its
 * peak again, at the end of its level; the other legs of both go. False when there is no room for all these events.
 */
export function fillUnusual(state: EngineState, taker: number, maker: number): boolean {
  const { books, orders } = state;
  const takerAt = taker << ORDER_SHIFT;
  const makerAt = maker << ORDER_SHIFT;
  const leaves = (orders[takerAt + ORDER_LEAVES] as number) >>> 0;
  const open = (orders[makerAt + ORDER_LEAVES] as number) >>> 0;
  const hidden = hiddenOf(state, maker);
  const quantity = Math.min(open - hidden, leaves);
  const shown = open - quantity - hidden;
  const makerOther = otherLeg(state, maker);
  const takerOther = otherLeg(state, taker);
  const more = (hidden > 0 && shown === 0 ? 1 : 0) + (makerOther < 0 ? 0 : 1) + (takerOther < 0 ? 0 : 1);
  if (state.next + 2 + more > state.end) return false;
  endPair(state, maker);
  endPair(state, taker);
  const price = orders[makerAt + ORDER_PRICE] as number;
  orders[makerAt + ORDER_LEAVES] = open - quantity;
  orders[makerAt + ORDER_CUMULATIVE] = ((orders[makerAt + ORDER_CUMULATIVE] as number) + quantity) | 0;
  orders[takerAt + ORDER_LEAVES] = leaves - quantity;
  orders[takerAt + ORDER_CUMULATIVE] = ((orders[takerAt + ORDER_CUMULATIVE] as number) + quantity) | 0;
  const makerEvent = writeOrderEvent(state, maker, price, quantity, open - quantity, shown, MAKER_FILL);
  const tradeLow = state.eventLow;
  const tradeHigh = state.eventHigh;
  const takerEvent = writeOrderEvent(state, taker, price, quantity, leaves - quantity, 0, TAKER_FILL);
  for (const event of [makerEvent, takerEvent]) {
    state.events[event + EVENT_RELATED_ID] = tradeLow;
    state.events[event + EVENT_RELATED_ID + 1] = tradeHigh;
  }
  fillOrder(state, maker, makerEvent, price, quantity | 0, (open - quantity) | 0, FEE_MAKER);
  fillOrder(state, taker, takerEvent, price, quantity | 0, (leaves - quantity) | 0, FEE_TAKER);
  const instrument = orders[makerAt + ORDER_INSTRUMENT] as number;
  state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_LAST] = price;
  books.reduce(orders[makerAt + ORDER_LEVEL] as number, quantity);
  if (open === quantity) {
    takeOff(state, maker);
  } else if (hidden > 0 && shown === 0) {
    books.moveBack(maker);
    writeOrderEvent(state, maker, price, 0, open - quantity, showPeak(state, maker), REPLENISHED);
  }
  cancelOther(state, maker, makerOther);
  cancelOther(state, taker, takerOther);
  return true;
}
