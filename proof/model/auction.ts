/**
 * The price of a call auction, from first principles: try every limit price that rests. Any thread.
 */
import { NO_PRICE } from '../../schemas/layout.js';
import type { Book, ModelOrder } from './book.js';

export interface AuctionResult {
  /** NO_PRICE: nothing trades. */
  readonly price: number;
  readonly volume: number;
  /** Quantity that would buy at the price less quantity that would sell at it. */
  readonly imbalance: number;
}

const NO_TRADE: AuctionResult = { price: NO_PRICE, volume: 0, imbalance: 0 };

/** `reference`: the instrument's reference price, or NO_PRICE. */
export function auction(book: Book, reference: number): AuctionResult {
  const buys = book.buys.byPriority();
  const sells = book.sells.byPriority();
  const buying = (price: number): number =>
    total(buys.filter((order) => order.price === NO_PRICE || order.price >= price));
  const selling = (price: number): number =>
    total(sells.filter((order) => order.price === NO_PRICE || order.price <= price));
  const at = (price: number): AuctionResult => ({
    price,
    volume: Math.min(buying(price), selling(price)),
    imbalance: buying(price) - selling(price),
  });

  const marketOnly = Math.min(total(book.buys.market), total(book.sells.market));
  const candidates = [...new Set([...book.buys.pricesBestFirst(), ...book.sells.pricesBestFirst()])].map(at);
  const volume = candidates.reduce((most, candidate) => Math.max(most, candidate.volume), marketOnly);
  if (volume === 0) {
    return NO_TRADE;
  }
  if (volume === marketOnly) {
    return reference === NO_PRICE ? NO_TRADE : { price: reference, volume, imbalance: at(reference).imbalance };
  }
  const fullest = candidates.filter((candidate) => candidate.volume === volume);
  const least = Math.min(...fullest.map((candidate) => Math.abs(candidate.imbalance)));
  const prices = fullest
    .filter((candidate) => Math.abs(candidate.imbalance) === least)
    .map((candidate) => candidate.price);
  const price = Math.floor((Math.min(...prices) + Math.max(...prices)) / 2);
  return { price, volume, imbalance: at(price).imbalance };
}

function total(orders: readonly ModelOrder[]): number {
  return orders.reduce((sum, order) => sum + order.leaves, 0);
}
