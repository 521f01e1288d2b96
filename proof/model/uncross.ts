/**
 * The uncross of an auction in the model: own orders are kept apart where that is asked for, then one price, then trades by
 * priority, then what market orders have left. All checks are done. Any thread.
 */
import { EventKind, Liquidity } from '../../schemas/codes.js';
import { NO_PRICE } from '../../schemas/layout.js';
import { auction } from './auction.js';
import { preventOwnTrades } from './auction-prevention.js';
import type { Book, ModelOrder } from './book.js';
import { showAfterAuction, shownOf, showsAnew } from './iceberg.js';
import type { ModelInstrument, Sender, State, Steps } from './state.js';
import { cancelOther, endMarketOrders, fill } from './work.js';

const MAX_UINT32 = 0xffffffff;

export function* uncross(state: State, sender: Sender, instrument: ModelInstrument): Steps {
  const { book } = instrument;
  yield 1;
  const answer = { ...sender, instrument: instrument.id };
  if (instrument.auctionSelfTrade) {
    state.emit(EventKind.Started, { ...answer, liquidity: Liquidity.Auction });
    yield* preventOwnTrades(state, book);
    yield 1;
  }
  const { price, volume, imbalance } = auction(book, instrument.reference);
  state.emit(EventKind.Uncrossed, {
    ...answer,
    price,
    quantity: Math.min(volume, MAX_UINT32),
    amount: imbalance,
  });
  let left = volume;
  while (left > 0) {
    const before = nextPair(book, price);
    if (before === undefined) {
      break;
    }
    const traded = Math.min(left, ...before.map(({ leaves }) => leaves));
    yield 2 + before.filter((order) => showsAnew(order, traded)).length + before.filter(({ other }) => other).length;
    const pair = nextPair(book, price);
    if (pair === undefined) {
      break;
    }
    const [buyer, seller] = pair;
    const [buyerOther, sellerOther] = [buyer.other, seller.other];
    const quantity = Math.min(left, buyer.leaves, seller.leaves);
    const shown = [shownOf(buyer), shownOf(seller)];
    const tradeId = state.nextSequence();
    fill(state, book, buyer, Liquidity.Auction, price, quantity, tradeId);
    fill(state, book, seller, Liquidity.Auction, price, quantity, tradeId);
    showAfterAuction(state, buyer, shown[0] ?? 0);
    showAfterAuction(state, seller, shown[1] ?? 0);
    cancelOther(state, buyer, buyerOther);
    cancelOther(state, seller, sellerOther);
    left -= quantity;
  }
  if (volume > 0) {
    yield* endMarketOrders(state, book, price);
  }
}

/** Buyer and seller who trade next in an uncross; those who counted may have expired since. */
function nextPair(book: Book, price: number): [ModelOrder, ModelOrder] | undefined {
  const buyer = book.buys.first();
  const seller = book.sells.first();
  if (buyer === undefined || seller === undefined) {
    return undefined;
  }
  const trade =
    (buyer.price === NO_PRICE || buyer.price >= price) && (seller.price === NO_PRICE || seller.price <= price);
  return trade ? [buyer, seller] : undefined;
}
