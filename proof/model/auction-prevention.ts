/**
 * Self-trade prevention before an uncross in the model: own orders that cross each other meet once, from the best on. Any
 * thread.
 */
import { EventKind, Liquidity, Reason, SelfTrade } from '../../schemas/codes.js';
import { NO_PRICE } from '../../schemas/layout.js';
import type { Book, ModelOrder } from './book.js';
import { lose, shownOf } from './iceberg.js';
import { type State, type Steps, VISIT } from './state.js';
import { takeAway } from './work.js';

/** More events than there is ever room for: the step waits until its command is the oldest. */
const WAIT = Number.POSITIVE_INFINITY;

export function* preventOwnTrades(state: State, book: Book): Steps {
  if (!cross(book.buys.first(), book.sells.first())) {
    return;
  }
  // It looks at the sells that cross first, then at the buys; what has expired meanwhile is not looked at.
  const looked = new Set<ModelOrder>();
  const nextSell = () => book.sells.byPriority().find((sell) => !looked.has(sell));
  let isFirst = true;
  while (cross(book.buys.first(), nextSell())) {
    yield isFirst && state.operations.length > 0 ? WAIT : VISIT;
    isFirst = false;
    const sell = nextSell();
    if (sell === undefined || !cross(book.buys.first(), sell)) {
      break;
    }
    looked.add(sell);
  }
  const passed = new Set<ModelOrder>();
  const nextBuy = () => book.buys.byPriority().find((buy) => !passed.has(buy));
  let wasStopped = false;
  while (cross(nextBuy(), book.sells.first())) {
    if (!wasStopped) {
      yield VISIT;
    }
    wasStopped = false;
    const buy = nextBuy();
    if (buy === undefined || !cross(buy, book.sells.first())) {
      break;
    }
    const sell = book.sells
      .byPriority()
      .find((one) => looked.has(one) && !passed.has(one) && state.areOneOwner(one.account, buy.account));
    if (sell === undefined || !cross(buy, sell)) {
      passed.add(buy);
      continue;
    }
    const [older, newer] = buy.rested < sell.rested ? [buy, sell] : [sell, buy];
    const mode = newer.selfTrade;
    if (mode === SelfTrade.None) {
      passed.add(newer);
      continue;
    }
    yield mode === SelfTrade.Both || mode === SelfTrade.Decrement ? 2 : 1;
    if (!state.orders.has(buy.id) || !state.orders.has(sell.id)) {
      wasStopped = true;
      continue;
    }
    prevent(state, book, mode, older, newer);
  }
}

function prevent(state: State, book: Book, mode: SelfTrade, older: ModelOrder, newer: ModelOrder): void {
  if (mode === SelfTrade.Decrement) {
    const quantity = Math.min(older.leaves, newer.leaves);
    for (const order of [older, newer]) {
      const amount = lose(state, order, quantity);
      const { leaves } = order;
      const lost = { quantity, amount, leaves, displayed: shownOf(order), liquidity: Liquidity.Auction, book: true };
      state.emitOrder(EventKind.Prevented, order, lost);
      if (leaves === 0) {
        book.side(order.side).remove(order);
        state.removeOrder(order);
      }
    }
    return;
  }
  if (mode !== SelfTrade.Newest) {
    takeAway(state, book, older, Reason.SelfTrade, 0n);
  }
  if (mode !== SelfTrade.Oldest) {
    takeAway(state, book, newer, Reason.SelfTrade, 0n);
  }
}

/** Whether two that rest would trade, if they are there. */
function cross(buy: ModelOrder | undefined, sell: ModelOrder | undefined): boolean {
  if (buy === undefined || sell === undefined) {
    return false;
  }
  return buy.price === NO_PRICE || sell.price === NO_PRICE || buy.price >= sell.price;
}
