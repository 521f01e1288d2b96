/**
 * The model's order book: for each side the resting market orders, and for each price an array of orders, first come
 * first. Written for reading: arrays, splice, a sorted list of prices. Any thread.
 */
import { OrderType, type SelfTrade, Side, TimeInForce, type Trigger } from '../../schemas/codes.js';
import { NO_PRICE } from '../../schemas/layout.js';

export interface ModelOrder {
  readonly id: bigint;
  readonly account: number;
  readonly instrument: number;
  readonly side: Side;
  /** A market-to-limit is a limit order from when it has its price. */
  type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  readonly selfTrade: SelfTrade;
  readonly trigger: Trigger;
  /** Of a stop that trails its distance. */
  readonly triggerPrice: number;
  /** The price that triggers a stop; it moves with one that trails, and undefined: that has seen no price yet. */
  level: number | undefined;
  /** A trade has gone through the level of a stop that trails the last trade. */
  through: boolean;
  /** A stop that was not triggered yet. */
  waits: boolean;
  /** One-cancels-other: the other leg, as long as both live. */
  other: ModelOrder | undefined;
  /** Of the command that entered it or last replaced it. */
  session: number;
  clientOrderId: bigint;
  /** Limit, or a market order's worst price; NO_PRICE: any price. Of a stop that trails and waits, its limit's offset. */
  price: number;
  leaves: number;
  /** Of an iceberg: what it shows at a time; of others all. And what is hidden of it where it rests. */
  readonly peak: number;
  hidden: number;
  /** Good-till-date. */
  readonly expiryUs: number | undefined;
  /** Its time came while it was on its way: it will not rest. */
  expired: boolean;
  cumulative: number;
  /** When it came to rest: a later one is greater. */
  rested: number;
}

/** Whether what is left of the order goes where nobody is left to trade with. */
export function isMarket(order: Pick<ModelOrder, 'type' | 'price'>): boolean {
  const trailsWithoutLimit = order.type === OrderType.TrailingStop && order.price === NO_PRICE;
  return [OrderType.Market, OrderType.Stop, OrderType.MarketToLimit].includes(order.type) || trailsWithoutLimit;
}

/** Whether what is left of such an order rests in continuous trading. */
export function isPatient(type: OrderType, timeInForce: TimeInForce): boolean {
  return (
    [OrderType.Limit, OrderType.StopLimit, OrderType.TrailingStop, OrderType.Iceberg].includes(type) &&
    [TimeInForce.Day, TimeInForce.GoodTillCancel, TimeInForce.GoodTillDate].includes(timeInForce)
  );
}

/** One level as the public sees it. */
export interface PlainLevel {
  readonly price: number;
  readonly quantity: number;
  readonly orders: number;
}

export class BookSide {
  /** Resting orders without a price, by priority; only in auctions and what follows them. */
  readonly market: ModelOrder[] = [];
  private readonly queues = new Map<number, ModelOrder[]>();
  /** Prices with orders, the worst first, so that the best is the last. */
  private readonly prices: number[] = [];

  constructor(private readonly side: Side) {}

  add(order: ModelOrder): void {
    if (order.price === NO_PRICE) {
      this.market.push(order);
      return;
    }
    const queue = this.queues.get(order.price);
    if (queue !== undefined) {
      queue.push(order);
      return;
    }
    this.queues.set(order.price, [order]);
    this.prices.splice(this.placeOf(order.price), 0, order.price);
  }

  remove(order: ModelOrder): void {
    const queue = order.price === NO_PRICE ? this.market : (this.queues.get(order.price) ?? []);
    const index = queue.indexOf(order);
    if (index < 0) {
      throw new Error(`Order ${order.id} does not rest where it should.`);
    }
    queue.splice(index, 1);
    if (queue.length === 0 && order.price !== NO_PRICE) {
      this.queues.delete(order.price);
      this.prices.splice(this.placeOf(order.price), 1);
    }
  }

  /** The best limit price, or undefined. */
  best(): number | undefined {
    return this.prices.at(-1);
  }

  /** The first order at the best limit price, or undefined. */
  firstAtBest(): ModelOrder | undefined {
    const price = this.best();
    return price === undefined ? undefined : this.queues.get(price)?.[0];
  }

  /** The first order of all: market orders come ahead of every limit. */
  first(): ModelOrder | undefined {
    return this.market[0] ?? this.firstAtBest();
  }

  /** Limit prices, the best first. */
  pricesBestFirst(): number[] {
    return this.prices.toReversed();
  }

  ordersAt(price: number): readonly ModelOrder[] {
    return this.queues.get(price) ?? [];
  }

  /** Price levels with orders; market orders together are one. */
  levelCount(): number {
    return this.prices.length + (this.market.length > 0 ? 1 : 0);
  }

  hasLevel(price: number): boolean {
    return price === NO_PRICE ? this.market.length > 0 : this.queues.has(price);
  }

  /** All resting orders by priority. */
  byPriority(): ModelOrder[] {
    return [...this.market, ...this.pricesBestFirst().flatMap((price) => this.ordersAt(price))];
  }

  /** Whether `price` reaches this side's resting `level`: an opposite order at `price` trades with it. */
  reaches(price: number, level: number): boolean {
    return price === NO_PRICE || (this.side === Side.Sell ? price >= level : price <= level);
  }

  /** The best levels, at most `depth`. */
  levels(depth: number): PlainLevel[] {
    return this.prices
      .slice(-depth)
      .toReversed()
      .map((price) => {
        const queue = this.ordersAt(price);
        return {
          price,
          quantity: queue.reduce((sum, order) => sum + order.leaves - order.hidden, 0),
          orders: queue.length,
        };
      });
  }

  /** Where `price` stands or belongs in the list of prices. */
  private placeOf(price: number): number {
    const worse = (a: number, b: number): boolean => (this.side === Side.Buy ? a < b : a > b);
    let [low, high] = [0, this.prices.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (worse(this.prices[middle] ?? 0, price)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}

export class Book {
  readonly buys = new BookSide(Side.Buy);
  readonly sells = new BookSide(Side.Sell);

  side(side: Side): BookSide {
    return side === Side.Buy ? this.buys : this.sells;
  }

  opposite(side: Side): BookSide {
    return side === Side.Buy ? this.sells : this.buys;
  }
}
