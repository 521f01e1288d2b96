/**
 * The last trade of each instrument and the chain of its stream: what a record says came before it. Gateway thread.
 */

import { IMAGE_INSTRUMENT, type ShardImage } from '../../engine/public/shard-image.js';
import { EventKind } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import { joinWords } from '../../schemas/layout.js';
import type { RecentTrades } from './recent-trades.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { EVENT_INSTRUMENT, EVENT_KIND_WORD, EVENT_SEQUENCE, EVENT_WORDS } = layout;
const TRADE: number = EventKind.Trade;

/** The last record of an instrument's stream: a Trade, TradeVoid or TradeCorrected. */
interface LastTrade {
  last: number;
  /** Null: an image said no more of it. */
  record: Int32Array | null;
  previousLast: number;
}

export class LastTrades {
  readonly #trades = new Map<number, LastTrade>();
  /** By shard: an instrument without a trade that is known may have had one up to here. */
  readonly #unknownUpTo: number[];

  constructor(shardCount: number) {
    this.#unknownUpTo = new Array<number>(shardCount).fill(0);
  }

  of(instrument: number): LastTrade | undefined {
    return this.#trades.get(instrument);
  }

  /** Makes a record the last one of its instrument; returns the sequence of the one before. */
  note(shard: number, instrument: number, record: Int32Array): number {
    const last = joinWords(record[EVENT_SEQUENCE] as number, record[EVENT_SEQUENCE + 1] as number);
    const known = this.#trades.get(instrument);
    if (known === undefined) {
      const previousLast = this.#unknownUpTo[shard] as number;
      this.#trades.set(instrument, { last, record: record.slice(0, EVENT_WORDS), previousLast });
      return previousLast;
    }
    const previousLast = known.last;
    known.last = last;
    known.previousLast = previousLast;
    known.record ??= new Int32Array(EVENT_WORDS);
    for (let word = 0; word < EVENT_WORDS; word++) known.record[word] = record[word] as number;
    return previousLast;
  }

  /**
   * Takes what an image says of a shard's trades in place of what was known, also into `recent`. Returns the instruments
   * whose stream went on meanwhile, with the last sequence that was known.
   */
  begin({ shard, instruments, history }: ShardImage, recent: RecentTrades): ReadonlyMap<number, number> {
    const known = new Map<number, number>();
    for (let at = 0; at < instruments.length; at += IMAGE_INSTRUMENT) {
      const instrument = instruments[at] as number;
      const trade = this.#trades.get(instrument);
      if (trade !== undefined) known.set(instrument, trade.last);
      this.#trades.delete(instrument);
      recent.forget(instrument);
    }
    this.#unknownUpTo[shard] = history.tradesSince;
    for (let at = 0; at < history.trades.length; at += EVENT_WORDS) {
      const record = history.trades.subarray(at, at + EVENT_WORDS);
      const instrument = (record[EVENT_INSTRUMENT] as number) >>> 0;
      if (((record[EVENT_KIND_WORD] as number) & 0xff) === TRADE) recent.add(instrument, record);
      else recent.change(record);
      this.note(shard, instrument, record);
    }
    this.#unknownUpTo[shard] = history.since;
    for (let at = 0; at < history.lasts.length; at += 2) {
      const instrument = history.lasts[at] as number;
      const last = history.lasts[at + 1] as number;
      if (!this.#trades.has(instrument)) this.#trades.set(instrument, { last, record: null, previousLast: 0 });
    }
    for (const [instrument, last] of known) {
      if (this.#trades.get(instrument)?.last === last) known.delete(instrument);
    }
    return known;
  }
}
