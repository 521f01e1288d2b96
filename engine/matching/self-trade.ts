/**
 * Self-trade prevention: what happens when the order that comes (the taker) meets one of its own account or group as the
 * next in line. The taker's mode decides; nothing trades.
 * The shard's thread. Not on the way of orders without a mode.
 */

import { EventKind, Liquidity, Reason, SelfTrade } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import * as levelWords from '../book/level-words.js';
import * as orderWords from '../book/order-words.js';
import * as sideWords from '../book/side-words.js';
import * as holdingFunctions from '../money/holdings.js';
import * as registryWords from '../registry-words.js';
import type { EngineState } from '../state/state.js';
import * as stateFunctions from '../state/state.js';
import { hiddenOf, putHidden, takeHidden } from './iceberg.js';
import * as lifeFunctions from './order-life.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { shrinkOrder } = holdingFunctions;
const { takeOff } = lifeFunctions;
const { writeOrderEvent } = stateFunctions;
const { COMMAND_ACCOUNT, COMMAND_FLAGS_WORD, EVENT_BOOK_BIT, EVENT_LIQUIDITY_SHIFT } = layout;
const { LEVEL_HEAD, LEVEL_KEY, LEVEL_MASK, LEVEL_SHIFT, LEVEL_WORSE } = levelWords;
const { SIDE_BEST, SIDE_MASK, SIDE_SHIFT } = sideWords;
const {
  ORDER_ACCOUNT,
  ORDER_FLAGS,
  ORDER_LEAVES,
  ORDER_LEVEL,
  ORDER_NEXT,
  ORDER_PRICE,
  ORDER_SHIFT,
  SELF_TRADE_MASK,
  SELF_TRADE_SHIFT,
  SLOT_MASK,
} = orderWords;
const { ACCOUNT_MASK, ACCOUNT_OWNER, ACCOUNT_SELF_TRADE_GROUP, ACCOUNT_SHIFT } = registryWords;

const OLDEST = SelfTrade.Oldest;
const BOTH = SelfTrade.Both;
const DECREMENT = SelfTrade.Decrement;
const MAKER_CANCELLED = EventKind.Cancelled | EVENT_BOOK_BIT | (Reason.SelfTrade << 16);
const TAKER_CANCELLED = EventKind.Cancelled | (Reason.SelfTrade << 16);
const MAKER_PREVENTED = EventKind.Prevented | (Liquidity.Maker << EVENT_LIQUIDITY_SHIFT) | EVENT_BOOK_BIT;
const TAKER_PREVENTED = EventKind.Prevented | (Liquidity.Taker << EVENT_LIQUIDITY_SHIFT);

/** Whether two accounts must not trade with each other: one account, or two of one group. */
export function areOneOwner(state: EngineState, first: number, second: number): boolean {
  if (first === second) return true;
  const accounts = state.accounts;
  const owner = accounts[((first & ACCOUNT_MASK) << ACCOUNT_SHIFT) + ACCOUNT_OWNER] as number;
  return accounts[((second & ACCOUNT_MASK) << ACCOUNT_SHIFT) + ACCOUNT_OWNER] === owner;
}

/**
 * Whether a New that must fill at once, or its least quantity, finds enough of others: up to the first own order, with
 * the mode Oldest past own ones. The totals of the levels were enough, own orders counted. `reached`: the least key that
 * it trades with. It looks at each order until it has enough, unless the sender has none in the instrument.
 */
export function isFillableByOthers(
  state: EngineState,
  side: number,
  reached: number,
  quantity: number,
  words: Int32Array,
  at: number,
): boolean {
  const account = words[at + COMMAND_ACCOUNT] as number;
  const group = state.accounts[((account & ACCOUNT_MASK) << ACCOUNT_SHIFT) + ACCOUNT_SELF_TRADE_GROUP] as number;
  if (group === 0 && state.accountOrders.first(account, side >>> 1) < 0) return true;
  const goesPast = ((words[at + COMMAND_FLAGS_WORD] as number) & 0xff) === OLDEST;
  const { levels, orders } = state;
  let sum = 0;
  for (let level = state.sides[(((side ^ 1) & SIDE_MASK) << SIDE_SHIFT) + SIDE_BEST] as number; level >= 0; ) {
    const levelAt = (level & LEVEL_MASK) << LEVEL_SHIFT;
    if ((levels[levelAt + LEVEL_KEY] as number) < reached) return false;
    for (let slot = levels[levelAt + LEVEL_HEAD] as number; slot >= 0; ) {
      const orderAt = (slot & SLOT_MASK) << ORDER_SHIFT;
      if (!areOneOwner(state, account, orders[orderAt + ORDER_ACCOUNT] as number)) {
        sum += (orders[orderAt + ORDER_LEAVES] as number) >>> 0;
        if (sum >= quantity) return true;
      } else if (!goesPast) {
        return false;
      }
      slot = orders[orderAt + ORDER_NEXT] as number;
    }
    level = levels[levelAt + LEVEL_WORSE] as number;
  }
  return false;
}

/**
 * Carries the taker's mode out when the order next in line is of the same owner, else returns false and does nothing.
 * Writes at most two events. The taker's leaves are 0 behind it when its mode took it away: the caller forgets it as it
 * does a filled one.
 */
export function preventSelfTrade(state: EngineState, taker: number, maker: number): boolean {
  const orders = state.orders;
  const takerAt = (taker & SLOT_MASK) << ORDER_SHIFT;
  const makerAccount = orders[((maker & SLOT_MASK) << ORDER_SHIFT) + ORDER_ACCOUNT] as number;
  if (!areOneOwner(state, orders[takerAt + ORDER_ACCOUNT] as number, makerAccount)) return false;
  const mode = ((orders[takerAt + ORDER_FLAGS] as number) >>> SELF_TRADE_SHIFT) & SELF_TRADE_MASK;
  if (mode === DECREMENT) {
    decrement(state, taker, maker);
    return true;
  }
  if (mode === OLDEST || mode === BOTH) {
    const makerAt = (maker & SLOT_MASK) << ORDER_SHIFT;
    const price = orders[makerAt + ORDER_PRICE] as number;
    const leaves = orders[makerAt + ORDER_LEAVES] as number;
    const hidden = takeHidden(state, maker, leaves >>> 0);
    putHidden(state, writeOrderEvent(state, maker, price, leaves, 0, 0, MAKER_CANCELLED), hidden);
    takeOff(state, maker);
  }
  if (mode === OLDEST) return true;
  const price = orders[takerAt + ORDER_PRICE] as number;
  writeOrderEvent(state, taker, price, orders[takerAt + ORDER_LEAVES] as number, 0, 0, TAKER_CANCELLED);
  shrinkOrder(state, taker, (orders[takerAt + ORDER_LEAVES] as number) >>> 0, 0);
  orders[takerAt + ORDER_LEAVES] = 0;
  return true;
}

/** Both lose the smaller of what is open; nothing is filled by it. */
function decrement(state: EngineState, taker: number, maker: number): void {
  const orders = state.orders;
  const takerAt = (taker & SLOT_MASK) << ORDER_SHIFT;
  const makerAt = (maker & SLOT_MASK) << ORDER_SHIFT;
  const takerOpen = (orders[takerAt + ORDER_LEAVES] as number) >>> 0;
  const makerOpen = (orders[makerAt + ORDER_LEAVES] as number) >>> 0;
  const quantity = takerOpen < makerOpen ? takerOpen : makerOpen;
  const takerLeaves = takerOpen - quantity;
  const makerLeaves = makerOpen - quantity;
  const price = orders[makerAt + ORDER_PRICE] as number;
  shrinkOrder(state, maker, makerOpen, makerLeaves);
  shrinkOrder(state, taker, takerOpen, takerLeaves);
  const hidden = takeHidden(state, maker, quantity);
  const shown = makerLeaves - hiddenOf(state, maker);
  orders[takerAt + ORDER_LEAVES] = takerLeaves;
  orders[makerAt + ORDER_LEAVES] = makerLeaves;
  putHidden(state, writeOrderEvent(state, maker, price, quantity, makerLeaves, shown, MAKER_PREVENTED), hidden);
  writeOrderEvent(state, taker, price, quantity, takerLeaves, 0, TAKER_PREVENTED);
  state.books.reduce(orders[makerAt + ORDER_LEVEL] as number, quantity);
  if (makerLeaves === 0) takeOff(state, maker);
}
