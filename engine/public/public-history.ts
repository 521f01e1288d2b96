/**
 * What the public was told and no engine's state holds: the newest trades of a shard, the last record of each instrument's
 * trades, and when the last event was. Folded from events, kept in snapshots, so that whoever begins with an image of the
 * shard (shard-image.ts) goes on with the streams where they were. Any thread; a few additions an event, a copy a trade.
 */
import { EventKind } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import { joinWords } from '../../schemas/layout.js';
import { STAMP_WORDS } from './level-fold.js';
import * as publicRecord from './public-record.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { EVENT_INSTRUMENT, EVENT_KIND_WORD, EVENT_SEQUENCE, EVENT_WORDS } = layout;
const { putTrade, writeTradeChange } = publicRecord;
const FILL: number = EventKind.Fill;
const BUSTED: number = EventKind.Busted;
const CORRECTED: number = EventKind.Corrected;

/** Trades, TradeVoids and TradeCorrecteds of a shard that are kept: the newest. */
const KEPT_PUBLIC_TRADES = 16_384;
const FIRST_TRADES = 64;
const FIRST_INSTRUMENTS = 64;

/** A copy of it. */
export interface HistoryImage {
  /** Of trades up to this event nothing is known: it began there. 0: of all of them. */
  readonly since: number;
  /** Of the trades up to this event some are not in `trades`. */
  readonly tradesSince: number;
  /** Sequence, command sequence and time of the last event, as an event's STAMP_WORDS first words. */
  readonly stamp: Int32Array;
  /** Two a stream: an instrument that ever had a trade, and the sequence of its last record. */
  readonly lasts: Float64Array;
  /** EVENT_WORDS each, ascending. */
  readonly trades: Int32Array;
}

export class PublicHistory {
  readonly #since: number;
  #tradesSince: number;
  readonly #stamp = new Int32Array(STAMP_WORDS);
  /** By instrument; 0: none. */
  #lasts = new Float64Array(FIRST_INSTRUMENTS);
  /** A ring once it has KEPT_PUBLIC_TRADES; the newest lies at (made - 1) modulo its slots. */
  #trades = new Int32Array(FIRST_TRADES * EVENT_WORDS);
  #slots = FIRST_TRADES;
  #made = 0;

  constructor(begin: HistoryImage | null) {
    this.#since = begin?.since ?? 0;
    this.#tradesSince = begin?.tradesSince ?? 0;
    if (begin === null) return;
    this.#stamp.set(begin.stamp);
    for (let at = 0; at < begin.lasts.length; at += 2) this.#noteLast(begin.lasts[at] ?? 0, begin.lasts[at + 1] ?? 0);
    for (let at = 0; at < begin.trades.length; at += EVENT_WORDS) {
      const to = this.#claim();
      this.#trades.set(begin.trades.subarray(at, at + EVENT_WORDS), to);
      this.#made++;
    }
  }

  /**
   * Takes the events of a whole group, so that both halves of each trade are among them, side by side: as an engine made them
   * and nobody else.
   */
  take(events: Int32Array, count: number): void {
    if (count === 0) return;
    const end = count * EVENT_WORDS;
    for (let at = 0; at < end; at += EVENT_WORDS) {
      const kind = (events[at + EVENT_KIND_WORD] as number) & 0xff;
      if (kind !== FILL && kind !== BUSTED && kind !== CORRECTED) continue;
      const to = this.#claim();
      if (kind === FILL) {
        putTrade(this.#trades, to, events, at, events, at + EVENT_WORDS);
        at += EVENT_WORDS;
      } else if (!writeTradeChange(events, at, this.#trades, to)) continue;
      this.#noteNewest(to);
    }
    for (let word = 0; word < STAMP_WORDS; word++) {
      this.#stamp[word] = events[end - EVENT_WORDS + word] as number;
    }
  }

  image(): HistoryImage {
    const lasts: number[] = [];
    this.#lasts.forEach((last, instrument) => {
      if (last > 0) lasts.push(instrument, last);
    });
    const count = Math.min(this.#made, this.#slots);
    const trades = shared(Int32Array, count * EVENT_WORDS);
    for (let index = 0; index < count; index++) {
      const at = ((this.#made - count + index) % this.#slots) * EVENT_WORDS;
      trades.set(this.#trades.subarray(at, at + EVENT_WORDS), index * EVENT_WORDS);
    }
    return {
      since: this.#since,
      tradesSince: this.#tradesSince,
      stamp: this.#stamp.slice(),
      lasts: shared(Float64Array, lasts.length, lasts),
      trades,
    };
  }

  /** The first word of where the next record goes; the array may be another one then. */
  #claim(): number {
    if (this.#made === this.#slots && this.#slots < KEPT_PUBLIC_TRADES) {
      // It is full for the first time, so the oldest lies first.
      const grown = new Int32Array(2 * this.#trades.length);
      grown.set(this.#trades);
      this.#trades = grown;
      this.#slots *= 2;
    }
    const at = (this.#made % this.#slots) * EVENT_WORDS;
    if (this.#made >= this.#slots) this.#tradesSince = this.#sequenceAt(at);
    return at;
  }

  #sequenceAt(at: number): number {
    return joinWords(this.#trades[at + EVENT_SEQUENCE] as number, this.#trades[at + EVENT_SEQUENCE + 1] as number);
  }

  #noteNewest(at: number): void {
    this.#made++;
    this.#noteLast((this.#trades[at + EVENT_INSTRUMENT] as number) >>> 0, this.#sequenceAt(at));
  }

  #noteLast(instrument: number, last: number): void {
    if (instrument >= this.#lasts.length) {
      let room = this.#lasts.length;
      while (room <= instrument) room *= 2;
      const grown = new Float64Array(room);
      grown.set(this.#lasts);
      this.#lasts = grown;
    }
    this.#lasts[instrument] = last;
  }
}

/** An array that threads can be sent without a copy. */
export function shared<A extends Int32Array | Float64Array>(
  kind: { readonly BYTES_PER_ELEMENT: number; new (memory: SharedArrayBuffer): A },
  length: number,
  content: ArrayLike<number> = [],
): A {
  const array = new kind(new SharedArrayBuffer(length * kind.BYTES_PER_ELEMENT));
  array.set(content);
  return array;
}
