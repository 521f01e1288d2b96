/**
 * What a page knows of the market: the newest fields of every instrument, the prices of the last minutes in columns of
 * one width for all of them, and the tape of the one that is looked at. The page's thread; it only takes messages of
 * tick-layout.ts and is read when a frame is drawn.
 */

import { NO_PRICE } from '../../schemas/layout.js';
import type { PastTrade } from './tick-buffer.js';
import {
  ASK,
  BID,
  COLUMN_COUNT,
  clearFields,
  FIELDS,
  HEADER_DOUBLES,
  LAST,
  TAPE_COUNT,
  TAPE_DOUBLES,
  TAPE_LENGTH,
  TAPE_SLOT,
  TAPE_TOTAL,
  TICK_COUNT,
  TICK_DOUBLES,
} from './tick-layout.js';

/** A column of history is so wide, and there are so many: five minutes. */
export const COLUMN_MS = 500;
export const HISTORY_COLUMNS = 600;
/** What a column holds of an instrument. */
const HISTORY_FIELDS = [LAST, BID, ASK] as const;
const LAST_PLACE = 0;
const FIRST_SLOTS = 64;

export class MarketView {
  /** Raised with each change of an instrument, so that what shows it knows by a glance whether it must. */
  versions = new Uint32Array(FIRST_SLOTS);
  slotCount = 0;
  /** TAPE_DOUBLES for each of `tapeCount` trades of `tapeSlot`, newest first. */
  readonly tape = new Float64Array(TAPE_LENGTH * TAPE_DOUBLES);
  tapeCount = 0;
  tapeSlot = -1;
  /** Trades that were ever on it. */
  tapeTotal = 0;
  tapeVersion = 0;
  /** Columns that were ever added; the newest HISTORY_COLUMNS are kept, and it begins with as many without a price. */
  columns = HISTORY_COLUMNS;
  /** Milliseconds since 1970 of each column, a ring. */
  private readonly columnMs = new Float64Array(HISTORY_COLUMNS);
  private values = new Float64Array(FIRST_SLOTS * FIELDS);
  /** By slot, then by place in HISTORY_FIELDS, then a ring of columns. */
  private history = new Int32Array(FIRST_SLOTS * HISTORY_FIELDS.length * HISTORY_COLUMNS).fill(NO_PRICE);

  constructor(startMs: number) {
    for (let column = 0; column < HISTORY_COLUMNS; column++) {
      this.columnMs[column] = startMs - (HISTORY_COLUMNS - 1 - column) * COLUMN_MS;
    }
  }

  /**
   * A message as it came; the buffer may go back when this returns. nowMs: of a column in it. isOld: prices may be; the
   * columns have none.
   */
  take(buffer: ArrayBuffer, nowMs: number, isOld: boolean): void {
    const message = new Float64Array(buffer);
    const ticks = message[TICK_COUNT] as number;
    let at = HEADER_DOUBLES;
    for (let tick = 0; tick < ticks; tick++) {
      const slot = message[at] as number;
      this.reach(slot);
      for (let field = 0; field < FIELDS; field++) {
        this.values[slot * FIELDS + field] = message[at + 1 + field] as number;
      }
      this.versions[slot] = (this.versions[slot] as number) + 1;
      at += TICK_DOUBLES;
    }
    const tapeSlot = message[TAPE_SLOT] as number;
    if (tapeSlot >= 0) {
      this.tapeSlot = tapeSlot;
      this.tapeCount = message[TAPE_COUNT] as number;
      this.tapeTotal = message[TAPE_TOTAL] as number;
      this.tape.set(message.subarray(at, at + this.tapeCount * TAPE_DOUBLES));
      this.tapeVersion++;
    }
    const columns = message[COLUMN_COUNT] as number;
    for (let left = columns - 1; left >= 0; left--) this.addColumn(nowMs - left * COLUMN_MS, isOld);
  }

  /** Trades that this page did not hear of, newest first and without the void ones, become the last price of the columns that have none. */
  fill(slot: number, past: readonly PastTrade[]): void {
    this.reach(slot);
    const standing = past.filter((trade) => !trade.void);
    let trade = 0;
    for (let back = 0; back < HISTORY_COLUMNS; back++) {
      while ((standing[trade]?.timeUs ?? 0) > 1000 * this.columnAt(back)) trade++;
      const known = standing[trade];
      if (known === undefined) return;
      if (this.priceAt(slot, LAST_PLACE, back) === NO_PRICE) {
        this.history[this.placeOf(slot, LAST_PLACE, this.columns - 1 - back)] = known.price;
      }
    }
  }

  /** NaN: none. */
  field(slot: number, field: number): number {
    return slot < this.slotCount ? (this.values[slot * FIELDS + field] as number) : Number.NaN;
  }

  /** How many of the newest columns there are, at most `most`. */
  columnCount(most: number): number {
    return Math.min(this.columns, HISTORY_COLUMNS, most);
  }

  /** Milliseconds of a column, `back` columns before the newest. */
  columnAt(back: number): number {
    return this.columnMs[(this.columns - 1 - back) % HISTORY_COLUMNS] as number;
  }

  /** The price `back` columns before the newest, by place in HISTORY_FIELDS; NO_PRICE: none. */
  priceAt(slot: number, place: number, back: number): number {
    if (slot >= this.slotCount) return NO_PRICE;
    return this.history[this.placeOf(slot, place, this.columns - 1 - back)] as number;
  }

  private placeOf(slot: number, place: number, column: number): number {
    return (slot * HISTORY_FIELDS.length + place) * HISTORY_COLUMNS + (column % HISTORY_COLUMNS);
  }

  private addColumn(ms: number, isOld: boolean): void {
    this.columnMs[this.columns % HISTORY_COLUMNS] = ms;
    for (let slot = 0; slot < this.slotCount; slot++) {
      for (let place = 0; place < HISTORY_FIELDS.length; place++) {
        const price = this.values[slot * FIELDS + (HISTORY_FIELDS[place] as number)] as number;
        this.history[this.placeOf(slot, place, this.columns)] = isOld || Number.isNaN(price) ? NO_PRICE : price;
      }
    }
    this.columns++;
  }

  private reach(slot: number): void {
    if (slot < this.slotCount) return;
    if (slot >= this.versions.length) this.grow(slot + 1);
    for (let added = this.slotCount; added <= slot; added++) clearFields(this.values, added * FIELDS);
    this.slotCount = slot + 1;
  }

  private grow(slots: number): void {
    let size = this.versions.length;
    while (size < slots) size *= 2;
    const [values, versions] = [new Float64Array(size * FIELDS), new Uint32Array(size)];
    const history = new Int32Array(size * HISTORY_FIELDS.length * HISTORY_COLUMNS).fill(NO_PRICE);
    values.set(this.values);
    versions.set(this.versions);
    history.set(this.history);
    [this.values, this.versions, this.history] = [values, versions, history];
  }
}
