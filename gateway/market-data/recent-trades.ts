/**
 * The last trades of each instrument, for whoever asks for them instead of listening. Gateway thread; filled by the fold, and
 * at a start with the newest that the shard's image has.
 *
 * A ring an instrument, which grows by doubling to KEPT_TRADES while all rings together are below ALL_TRADES: venues with
 * a thousand busy instruments keep a thousand trades of each, venues with many more keep fewer of those that came later.
 * At most 32 bytes a trade, so 32 MiB and four trades for each instrument beyond.
 */

import { EventKind, Liquidity, Side } from '../../schemas/codes.js';
import {
  EVENT_INSTRUMENT,
  EVENT_KIND_WORD,
  EVENT_LIQUIDITY_SHIFT,
  EVENT_PRICE,
  EVENT_QUANTITY,
  EVENT_RELATED_ID,
  EVENT_SELL_BIT,
  EVENT_SEQUENCE,
  EVENT_TIME_US,
  joinWords,
} from '../../schemas/layout.js';

/** Of one instrument. */
export const KEPT_TRADES = 1024;
const ALL_TRADES = 1_048_576;
const FIRST_TRADES = 4;
const AUCTION: number = Liquidity.Auction;
const VOID: number = EventKind.TradeVoid;
const NO_SIDE = 2;
/** Beside the side of a trade. */
const IS_VOID = 4;

export interface RecentTrade {
  /** Sequence of the trade's first fill. */
  readonly id: number;
  readonly timeUs: number;
  readonly price: number;
  readonly quantity: number;
  /** Of the aggressor; null in an auction, where there is none. */
  readonly side: 'Buy' | 'Sell' | null;
  /** It was made void: it stays where it was, and counts for nothing. */
  readonly void: boolean;
}

class TradeRing {
  /** Two a trade: id, time. */
  times = new Float64Array(2 * FIRST_TRADES);
  /** Three a trade: price, quantity, side. */
  terms = new Int32Array(3 * FIRST_TRADES);
  slots = FIRST_TRADES;
  /** Trades that ever were in it; the newest lies at (made - 1) modulo slots. */
  made = 0;

  grow(): void {
    const { slots, times, terms } = this;
    this.slots = 2 * slots;
    this.times = new Float64Array(2 * this.slots);
    this.terms = new Int32Array(3 * this.slots);
    // It grows when it is full for the first time, so the oldest lies first.
    this.times.set(times);
    this.terms.set(terms);
  }
}

export class RecentTrades {
  readonly #rings = new Map<number, TradeRing>();
  #slots = 0;

  /** Takes a Trade record, from its first word on. */
  add(instrument: number, record: Int32Array): void {
    let ring = this.#rings.get(instrument);
    if (ring === undefined) {
      ring = new TradeRing();
      this.#rings.set(instrument, ring);
      this.#slots += FIRST_TRADES;
    } else if (ring.made === ring.slots && ring.slots < KEPT_TRADES && this.#slots + ring.slots <= ALL_TRADES) {
      this.#slots += ring.slots;
      ring.grow();
    }
    const at = ring.made % ring.slots;
    const kindWord = record[EVENT_KIND_WORD] as number;
    const side = (kindWord & EVENT_SELL_BIT) === 0 ? Side.Buy : Side.Sell;
    ring.times[2 * at] = joinWords(record[EVENT_SEQUENCE] as number, record[EVENT_SEQUENCE + 1] as number);
    ring.times[2 * at + 1] = joinWords(record[EVENT_TIME_US] as number, record[EVENT_TIME_US + 1] as number);
    ring.terms[3 * at] = record[EVENT_PRICE] as number;
    ring.terms[3 * at + 1] = record[EVENT_QUANTITY] as number;
    ring.terms[3 * at + 2] = ((kindWord >> EVENT_LIQUIDITY_SHIFT) & 3) === AUCTION ? NO_SIDE : side;
    ring.made++;
  }

  /** Knows nothing of an instrument any more. */
  forget(instrument: number): void {
    const ring = this.#rings.get(instrument);
    if (ring === undefined) return;
    this.#slots -= ring.slots;
    this.#rings.delete(instrument);
  }

  /** Takes a TradeVoid record: its trade is marked; or a TradeCorrected: it has another price. */
  change(record: Int32Array): void {
    const ring = this.#rings.get((record[EVENT_INSTRUMENT] as number) >>> 0);
    if (ring === undefined) return;
    const id = joinWords(record[EVENT_RELATED_ID] as number, record[EVENT_RELATED_ID + 1] as number);
    for (let at = 0; at < Math.min(ring.made, ring.slots); at++) {
      if (ring.times[2 * at] !== id) continue;
      if (((record[EVENT_KIND_WORD] as number) & 0xff) === VOID)
        ring.terms[3 * at + 2] = (ring.terms[3 * at + 2] as number) | IS_VOID;
      else ring.terms[3 * at] = record[EVENT_PRICE] as number;
    }
  }

  /** At most `limit` of an instrument, the newest first, void ones among them. */
  of(instrument: number, limit: number): RecentTrade[] {
    const ring = this.#rings.get(instrument);
    if (ring === undefined) return [];
    return Array.from({ length: Math.min(ring.made, ring.slots, limit) }, (_, back) => {
      const at = (ring.made - 1 - back) % ring.slots;
      const terms = ring.terms[3 * at + 2] as number;
      const side = terms & ~IS_VOID;
      return {
        id: ring.times[2 * at] as number,
        timeUs: ring.times[2 * at + 1] as number,
        price: ring.terms[3 * at] as number,
        quantity: (ring.terms[3 * at + 1] as number) >>> 0,
        side: side === NO_SIDE ? null : side === Side.Sell ? 'Sell' : 'Buy',
        void: (terms & IS_VOID) !== 0,
      };
    });
  }
}
