/**
 * A market that nobody trades in: public records of many instruments, from a seed, as many as asked for, in frames of the
 * wire. It keeps what a reader must show in the end. For tests of the page.
 */

import { Channel, EventKind, Phase, Side } from '../../schemas/codes.js';
import type { InstrumentFields } from '../../schemas/control.js';
import { PublicFrameWriter } from '../../schemas/frame-writer.js';
import {
  EVENT_AMOUNT,
  EVENT_CUMULATIVE,
  EVENT_INSTRUMENT,
  EVENT_KIND_WORD,
  EVENT_PRICE,
  EVENT_QUANTITY,
  EVENT_SELL_BIT,
  EVENT_TIME_US,
  EVENT_WORDS,
  highWord,
} from '../../schemas/layout.js';
import { Dice } from '../dice.js';
import type { ShownInstrument } from './chromium.js';
import { nowUs } from './made-page-venue.js';

const FIRST_PRICE = 1_000;
const PRICE_STEP = 137;
/** One record in three is a trade. */
const TRADE_ODDS = 1 / 3;
const HALF_SPREAD = 2;
const MOST_LOTS = 500;
const NAMES = ['ACME', 'BOLT', 'CRUX', 'DUNE', 'ECHO', 'FLUX', 'GALE', 'HELM', 'IRIS', 'JADE', 'KITE', 'LARK'];

type Mutable = { -readonly [Key in keyof ShownInstrument]: ShownInstrument[Key] };

export class MarketScript {
  readonly instruments: readonly InstrumentFields[];
  /** What stands in a page that has seen all of it. */
  readonly shown: readonly Mutable[];
  private readonly dice: Dice;
  private readonly prices: number[];
  private readonly lastOf: readonly [number[], number[], number[]];
  private readonly writer = new PublicFrameWriter();
  private readonly record = new Int32Array(EVENT_WORDS);
  private sequence = 0;

  constructor(count: number, seed: number) {
    this.dice = new Dice(seed);
    this.instruments = Array.from({ length: count }, (_, index) => ({
      id: index + 1,
      shard: 0,
      symbol: count <= NAMES.length ? (NAMES[index] ?? '') : `S${String(index + 1).padStart(4, '0')}`,
      priceMin: 1,
      priceMax: 1_000_000,
      quantityMax: 1_000_000,
      unit: 1,
      priceDecimals: 2,
      quantityDecimals: 0,
      phase: Phase.Continuous,
    }));
    this.shown = this.instruments.map(({ id, symbol }) => {
      return { id, symbol, last: null, bid: null, ask: null, trades: 0, volume: 0 };
    });
    this.prices = this.instruments.map((_, index) => FIRST_PRICE + index * PRICE_STEP);
    const none = () => this.instruments.map(() => 0);
    this.lastOf = [none(), none(), none()];
  }

  /** Frames with so many records, each of some instrument. */
  frames(records: number): Uint8Array[] {
    const frames: Uint8Array[] = [];
    const finish = () => {
      if (this.writer.count > 0) frames.push(this.writer.finish(nowUs()).slice());
      this.writer.begin(0, 1);
    };
    this.writer.begin(0, 1);
    for (let made = 0; made < records; made++) {
      const index = this.dice.below(this.instruments.length);
      const channel = this.dice.chance(TRADE_ODDS) ? Channel.Trades : Channel.Top;
      this.sequence++;
      this.write(index, channel);
      if (!this.append(index, channel)) {
        finish();
        this.append(index, channel);
      }
      (this.lastOf[channel] as number[])[index] = this.sequence;
    }
    finish();
    return frames;
  }

  private append(index: number, channel: Channel): boolean {
    const before = this.lastOf[channel][index] ?? 0;
    return this.writer.append(index + 1, channel, before, this.sequence, this.record, 0, 1);
  }

  private write(index: number, channel: Channel): void {
    const { record, dice } = this;
    const shown = this.shown[index] as Mutable;
    const middle = Math.max(HALF_SPREAD + 1, (this.prices[index] ?? 0) + dice.below(3) - 1);
    this.prices[index] = middle;
    const side = dice.below(2) === 0 ? Side.Buy : Side.Sell;
    const lots = 1 + dice.below(MOST_LOTS);
    const timeUs = nowUs();
    record.fill(0);
    record[0] = this.sequence;
    record[EVENT_TIME_US] = timeUs | 0;
    record[EVENT_TIME_US + 1] = highWord(timeUs);
    record[EVENT_INSTRUMENT] = index + 1;
    if (channel === Channel.Trades) {
      record[EVENT_PRICE] = middle;
      record[EVENT_QUANTITY] = lots;
      record[EVENT_KIND_WORD] = EventKind.Trade | (side === Side.Sell ? EVENT_SELL_BIT : 0);
      shown.last = middle;
      shown.trades += 1;
      shown.volume += lots;
      return;
    }
    const price = side === Side.Buy ? middle - HALF_SPREAD : middle + HALF_SPREAD;
    record[EVENT_PRICE] = price;
    record[EVENT_AMOUNT] = lots;
    record[EVENT_CUMULATIVE] = 1;
    record[EVENT_KIND_WORD] = EventKind.Top | (side === Side.Sell ? EVENT_SELL_BIT : 0);
    if (side === Side.Buy) shown.bid = price;
    else shown.ask = price;
  }
}
