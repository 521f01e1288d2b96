/**
 * Instruments, books and trades as HTTP shows them: plain objects for JSON, each saying as of which event of its shard it
 * is. Prices are ticks and quantities lots, as on the wire. Gateway thread, at a request.
 */

import { LEVEL_NUMBERS } from '../../engine/public/level-fold.js';
import { Phase, Side } from '../../schemas/codes.js';
import type { InstrumentFields } from '../../schemas/control.js';
import type { RecentTrade } from '../market-data/recent-trades.js';
import type { ShardFeed } from '../reports/shard-feed.js';
import type { DeskParts } from './http-desk.js';

/** As of which event of its shard something is shown, and of what. */
interface AsOf {
  readonly symbol: string;
  readonly instrument: number;
  readonly shard: number;
  readonly epoch: number;
  readonly sequence: number;
  readonly phase: string;
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
}

type Level = readonly [price: number, quantity: number, orders: number];

interface ShownBook extends AsOf {
  /** Best first. */
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  /** In an auction: what an uncross would come to now; the price is null where nothing would trade. */
  readonly indicative?: { readonly price: number | null; readonly quantity: number; readonly imbalance: number };
}

interface ShownTrades extends AsOf {
  /** Newest first. */
  readonly trades: readonly RecentTrade[];
}

export interface ShownInstruments {
  readonly instruments: readonly (Omit<InstrumentFields, 'phase'> & { readonly phase: string })[];
  /** There are others behind the last one. */
  readonly more: boolean;
}

export class MarketView {
  readonly #parts: DeskParts;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  instruments(after: number, limit: number): ShownInstruments {
    const { instruments, more } = this.#parts.directory.page(after, limit);
    return { instruments: instruments.map((fields) => ({ ...fields, phase: phaseName(fields.phase) })), more };
  }

  /** Undefined when there is no such instrument. */
  book(symbol: string, depth: number): ShownBook | undefined {
    const known = this.#parts.directory.bySymbol(symbol);
    if (known === undefined) return undefined;
    return {
      ...this.#asOf(known),
      bids: this.#levels(known, Side.Buy, depth),
      asks: this.#levels(known, Side.Sell, depth),
      ...this.#indicative(known),
    };
  }

  #indicative({ id, shard }: InstrumentFields): Pick<ShownBook, 'indicative'> {
    const now = this.#parts.market.indicative(shard, id);
    if (now === null) return {};
    const { price, volume, imbalance } = now;
    return { indicative: { price: volume === 0 ? null : price, quantity: volume, imbalance } };
  }

  trades(symbol: string, limit: number): ShownTrades | undefined {
    const known = this.#parts.directory.bySymbol(symbol);
    if (known === undefined) return undefined;
    return { ...this.#asOf(known), trades: this.#parts.market.trades.of(known.id, limit) };
  }

  #levels({ id, shard }: InstrumentFields, side: number, depth: number): Level[] {
    const fold = this.#parts.market.books(shard);
    const numbers = new Float64Array(Math.min(depth, fold.levelCount(id, side)) * LEVEL_NUMBERS);
    const count = fold.top(id, side, depth, numbers, 0);
    return Array.from({ length: count }, (_, level) => {
      const at = level * LEVEL_NUMBERS;
      return [numbers[at] as number, numbers[at + 1] as number, numbers[at + 2] as number];
    });
  }

  #asOf({ id, shard, symbol, phase, priceDecimals, quantityDecimals }: InstrumentFields): AsOf {
    const { epoch, at } = this.#parts.feeds[shard] as ShardFeed;
    const shown = { symbol, instrument: id, shard, epoch, sequence: at };
    return { ...shown, phase: phaseName(phase), priceDecimals, quantityDecimals };
  }
}

function phaseName(phase: number): string {
  return Phase[phase] ?? String(phase);
}
