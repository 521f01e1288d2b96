/**
 * A random but possible stream of a shard's events with a plain list of the resting orders behind it, kept apart from the
 * fold that the tests hold against it. Every private word of every event holds something. Tests only.
 */
import { EventKind, Liquidity } from '../schemas/codes.js';
import {
  EVENT_ACCOUNT,
  EVENT_ACCOUNT_SEQUENCE,
  EVENT_AMOUNT,
  EVENT_BOOK_BIT,
  EVENT_CLIENT_ORDER_ID,
  EVENT_COMMAND_SEQUENCE,
  EVENT_CUMULATIVE,
  EVENT_DISPLAYED,
  EVENT_END_OF_COMMAND_BIT,
  EVENT_INSTRUMENT,
  EVENT_KIND_WORD,
  EVENT_LEAVES,
  EVENT_LIQUIDITY_SHIFT,
  EVENT_ORDER_ID,
  EVENT_PRICE,
  EVENT_QUANTITY,
  EVENT_RELATED_ID,
  EVENT_SELL_BIT,
  EVENT_SEQUENCE,
  EVENT_SESSION,
  EVENT_TIME_US,
  EVENT_WORDS,
  NO_PRICE,
} from '../schemas/layout.js';
import { Dice } from './dice.js';

export interface RestingOrder {
  id: number;
  instrument: number;
  side: number;
  price: number;
  quantity: number;
}

/** What a test expects of a public trade. */
export interface ExpectedTrade {
  sequence: number;
  buyer: number;
  seller: number;
  instrument: number;
  price: number;
  quantity: number;
  side: number;
  auction: boolean;
}

export interface EventFields {
  kind: EventKind;
  order: RestingOrder;
  quantity?: number;
  displayed?: number;
  price?: number;
  relatedId?: number;
  book?: boolean;
  liquidity?: Liquidity;
}

export class RandomEvents {
  readonly resting: RestingOrder[] = [];
  readonly trades: ExpectedTrade[] = [];
  /** Events of the last `step`, then further ones behind them. */
  words = new Int32Array(64 * EVENT_WORDS);
  count = 0;
  #sequence = 0;
  #nextId = 1;
  readonly #dice: Dice;
  readonly #instruments: number;
  readonly #spread: number;

  /** Prices lie within `spread` ticks around 0: of 1000 many levels, of 5 few. */
  constructor(seed: number, instruments: number, spread: number) {
    this.#dice = new Dice(seed);
    this.#instruments = instruments;
    this.#spread = spread;
  }

  /** Makes the events of one random happening; `count` of them lie in `words`. */
  step(): void {
    this.count = 0;
    const chance = this.#dice.below(100);
    const order = this.resting[this.#dice.below(Math.max(1, this.resting.length))];
    if (order === undefined || chance < 40) {
      this.#book(1 + this.#dice.below(this.#instruments), this.#dice.below(2), this.#price());
    } else if (chance < 55) {
      this.#hit(order);
    } else if (chance < 70) {
      this.#leave(order, EventKind.Cancelled, false);
    } else if (chance < 80) {
      this.#leave(order, EventKind.Replaced, true);
    } else if (chance < 90) {
      this.#reduce(order);
    } else if (chance < 95) {
      this.#auction(order.instrument);
    } else {
      this.event({ kind: EventKind.Rejected, order });
      this.event({ kind: EventKind.Accepted, order });
    }
  }

  /** One event with something in every word, private ones included. */
  event(fields: EventFields): void {
    const at = this.count * EVENT_WORDS;
    if (at === this.words.length) {
      const more = new Int32Array(this.words.length * 2);
      more.set(this.words);
      this.words = more;
    }
    this.count++;
    this.#sequence++;
    const { words } = this;
    const { order } = fields;
    words.fill(0, at, at + EVENT_WORDS);
    words[at + EVENT_SEQUENCE] = this.#sequence;
    words[at + EVENT_COMMAND_SEQUENCE] = this.#sequence;
    words[at + EVENT_TIME_US] = this.#sequence;
    words[at + EVENT_ORDER_ID] = order.id;
    words[at + EVENT_ORDER_ID + 1] = 1;
    words[at + EVENT_RELATED_ID] = fields.relatedId ?? 77;
    for (const word of [EVENT_CLIENT_ORDER_ID, EVENT_CLIENT_ORDER_ID + 1, EVENT_AMOUNT, EVENT_AMOUNT + 1]) {
      words[at + word] = 1 + this.#dice.below(1000);
    }
    for (const word of [EVENT_ACCOUNT, EVENT_ACCOUNT_SEQUENCE, EVENT_SESSION, EVENT_LEAVES, EVENT_CUMULATIVE]) {
      words[at + word] = 1 + this.#dice.below(1000);
    }
    words[at + EVENT_INSTRUMENT] = order.instrument;
    words[at + EVENT_PRICE] = fields.price ?? order.price;
    // Of what is taken away without a trade a part may have been hidden; it is in the quantity, and in no level.
    const mayHide = [EventKind.Reduced, EventKind.Prevented, EventKind.Cancelled, EventKind.Replaced].includes(
      fields.kind,
    );
    const hidden = mayHide ? (words[at + EVENT_AMOUNT] as number) : 0;
    if (mayHide) words[at + EVENT_AMOUNT + 1] = 0;
    words[at + EVENT_QUANTITY] = (fields.quantity ?? order.quantity) + hidden;
    words[at + EVENT_DISPLAYED] = fields.displayed ?? 0;
    words[at + EVENT_KIND_WORD] =
      fields.kind |
      (order.side === 1 ? EVENT_SELL_BIT : 0) |
      ((fields.liquidity ?? Liquidity.None) << EVENT_LIQUIDITY_SHIFT) |
      (fields.book === true ? EVENT_BOOK_BIT : 0) |
      EVENT_END_OF_COMMAND_BIT |
      (1000 << 16);
  }

  #price(): number {
    return this.#dice.below(this.#spread) - Math.floor(this.#spread / 2);
  }

  #newOrder(instrument: number, side: number, price: number, quantity: number): RestingOrder {
    return { id: this.#nextId++, instrument, side, price, quantity };
  }

  #book(instrument: number, side: number, price: number): void {
    this.#rest(this.#newOrder(instrument, side, price, 1 + this.#dice.below(100)));
  }

  #rest(order: RestingOrder): void {
    this.resting.push(order);
    this.event({ kind: EventKind.Booked, order, displayed: order.quantity, book: true });
  }

  #gone(order: RestingOrder): void {
    this.resting.splice(this.resting.indexOf(order), 1);
  }

  #leave(order: RestingOrder, kind: EventKind, again: boolean): void {
    this.#gone(order);
    this.event({ kind, order, book: true });
    if (again) {
      this.#rest({ ...order, price: this.#price(), quantity: 1 + this.#dice.below(100) });
    }
  }

  #reduce(order: RestingOrder): void {
    if (order.quantity > 1) {
      const quantity = 1 + this.#dice.below(order.quantity - 1);
      order.quantity -= quantity;
      this.event({ kind: EventKind.Reduced, order, quantity, displayed: order.quantity, book: true });
    }
  }

  /** A taker that never rests trades with `maker`. Orders cross here as they like: a fold does not mind. */
  #hit(maker: RestingOrder): void {
    if (maker.price === NO_PRICE) {
      return;
    }
    const taker = this.#newOrder(maker.instrument, 1 - maker.side, maker.price, 1 + this.#dice.below(maker.quantity));
    this.#fillPair(maker, taker, maker.price, taker.quantity, false);
  }

  #fillPair(first: RestingOrder, second: RestingOrder, price: number, quantity: number, auction: boolean): void {
    const relatedId = this.#sequence + 1;
    const [buyer, seller] = first.side === 0 ? [first, second] : [second, first];
    this.trades.push({
      sequence: relatedId,
      buyer: buyer.id,
      seller: seller.id,
      instrument: first.instrument,
      price,
      quantity,
      side: auction ? 0 : second.side,
      auction,
    });
    for (const order of [first, second]) {
      const rests = order === first || auction;
      order.quantity -= quantity;
      this.event({
        kind: EventKind.Fill,
        order,
        quantity,
        price,
        relatedId,
        displayed: rests ? order.quantity : 0,
        book: rests,
        liquidity: auction ? Liquidity.Auction : rests ? Liquidity.Maker : Liquidity.Taker,
      });
      if (rests && order.quantity === 0) {
        this.#gone(order);
      }
    }
  }

  /** Market orders come, then what crosses trades at the midpoint price, market orders and best prices first. */
  #auction(instrument: number): void {
    for (let side = 0; side < 2; side++) {
      this.#book(instrument, side, NO_PRICE);
    }
    const auctionPrice = this.#price();
    for (;;) {
      const buyer = this.#first(instrument, 0, auctionPrice);
      const seller = this.#first(instrument, 1, auctionPrice);
      if (buyer === undefined || seller === undefined) {
        break;
      }
      this.#fillPair(buyer, seller, auctionPrice, Math.min(buyer.quantity, seller.quantity), true);
    }
    for (const order of this.resting.filter((one) => one.instrument === instrument && one.price === NO_PRICE)) {
      this.#leave(order, EventKind.Cancelled, false);
    }
  }

  #first(instrument: number, side: number, price: number): RestingOrder | undefined {
    const sign = side === 0 ? -1 : 1;
    const rank = (order: RestingOrder) => (order.price === NO_PRICE ? Number.NEGATIVE_INFINITY : sign * order.price);
    return this.resting
      .filter((order) => order.instrument === instrument && order.side === side && rank(order) <= sign * price)
      .sort((a, b) => rank(a) - rank(b))[0];
  }
}
