/**
 * The newest state of every instrument, and which of them changed since it was last taken: the worker puts every public
 * record in, and many records of one instrument become one tick. What was traded before it heard of an instrument is
 * filled in. Worker of a page; nothing is allocated for a record but an instrument's first tape.
 */

import { EventKind, Liquidity } from '../../schemas/codes.js';
import {
  EVENT_AMOUNT,
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
  NO_PRICE,
} from '../../schemas/layout.js';
import {
  ASK,
  ASK_QUANTITY,
  AUCTION_PRICE,
  AUCTION_VOLUME,
  BID,
  BID_QUANTITY,
  COLUMN_COUNT,
  CORRECTED,
  clearFields,
  DIRECTION,
  FIELDS,
  HEADER_DOUBLES,
  IMBALANCE,
  LAST,
  messageBytes,
  TAPE_CHANGE,
  TAPE_COUNT,
  TAPE_DOUBLES,
  TAPE_ID,
  TAPE_LENGTH,
  TAPE_PRICE,
  TAPE_QUANTITY,
  TAPE_SIDE,
  TAPE_SLOT,
  TAPE_TIME_US,
  TAPE_TOTAL,
  TICK_COUNT,
  TICK_DOUBLES,
  TRADES,
  VOID,
  VOLUME,
} from './tick-layout.js';

const FIRST_SLOTS = 64;
const NONE = -1;
const TRADE: number = EventKind.Trade;
const TOP: number = EventKind.Top;
const TRADE_VOID: number = EventKind.TradeVoid;
const INDICATIVE: number = EventKind.Indicative;
const TRADE_CORRECTED: number = EventKind.TradeCorrected;
const AUCTION: number = Liquidity.Auction;

/** The last trades of one instrument, a ring. */
class Tape {
  readonly values = new Float64Array(TAPE_LENGTH * TAPE_DOUBLES);
  /** All that were ever put in: names each, and where it lies. */
  count = 0;
  /** How many of the newest are there. */
  kept = 0;
  newestId = -1;

  push(timeUs: number, price: number, quantity: number, side: number, id: number, change: number): void {
    const at = (this.count++ % TAPE_LENGTH) * TAPE_DOUBLES;
    this.kept = Math.min(TAPE_LENGTH, this.kept + 1);
    this.values[at + TAPE_TIME_US] = timeUs;
    this.values[at + TAPE_PRICE] = price;
    this.values[at + TAPE_QUANTITY] = quantity;
    this.values[at + TAPE_SIDE] = side;
    this.values[at + TAPE_ID] = id;
    this.values[at + TAPE_CHANGE] = change;
    this.newestId = id;
  }

  /** The newest price that stands; NaN: none does. */
  lastPrice(): number {
    for (let back = 0; back < this.kept; back++) {
      const trade = this.entry(back);
      if (trade[TAPE_CHANGE] !== VOID) return trade[TAPE_PRICE] as number;
    }
    return Number.NaN;
  }

  /** The trade `back` trades before the newest. */
  entry(back: number): Float64Array {
    const at = ((this.count - 1 - back) % TAPE_LENGTH) * TAPE_DOUBLES;
    return this.values.subarray(at, at + TAPE_DOUBLES);
  }
}

/** A trade of `GET /v1/trades`. */
export interface PastTrade {
  readonly id: number;
  readonly timeUs: number;
  readonly price: number;
  readonly quantity: number;
  /** Of the taker; null: an auction. */
  readonly side: 'Buy' | 'Sell' | null;
  readonly void: boolean;
}

export class TickBuffer {
  /** Records taken. */
  records = 0;
  private readonly slots = new Map<number, number>();
  private values = new Float64Array(FIRST_SLOTS * FIELDS);
  private isChanged = new Uint8Array(FIRST_SLOTS);
  private changed = new Int32Array(FIRST_SLOTS);
  private changedCount = 0;
  private readonly tapes: (Tape | undefined)[] = [];
  private tapeSlot = NONE;
  private tapeChanged = false;

  /** The slot of an instrument, a new one when it has none. */
  slotOf(instrument: number): number {
    const known = this.slots.get(instrument);
    if (known !== undefined) return known;
    const slot = this.slots.size;
    if (slot === this.isChanged.length) this.grow();
    clearFields(this.values, slot * FIELDS);
    this.slots.set(instrument, slot);
    return slot;
  }

  get slotCount(): number {
    return this.slots.size;
  }

  /** The instrument whose trades are told one by one. */
  selectTape(instrument: number): void {
    this.tapeSlot = this.slotOf(instrument);
    this.tapeChanged = true;
  }

  /** A public record at word `at`; others are left out. */
  take(words: Int32Array, at: number): void {
    const kindWord = words[at + EVENT_KIND_WORD] as number;
    const kind = kindWord & 0xff;
    if (kind < TRADE || kind > TRADE_CORRECTED) return;
    this.records++;
    const slot = this.slotOf((words[at + EVENT_INSTRUMENT] as number) >>> 0);
    if (kind === TRADE) this.takeTrade(slot, words, at, kindWord);
    else if (kind === TOP) this.takeTop(slot, words, at, kindWord);
    else if (kind === INDICATIVE) this.takeIndicative(slot * FIELDS, words, at);
    else this.changeTrade(slot, words, at, kind);
    this.noteChange(slot);
  }

  /**
   * Trades of an instrument from before its stream began or from a hole in it, newest first: those that are on its tape
   * already stay there once. They are not counted.
   */
  fill(instrument: number, past: readonly PastTrade[]): void {
    const slot = this.slotOf(instrument);
    const tape = this.tapeOf(slot);
    const byId = new Map<number, Parameters<Tape['push']>>();
    for (const { id, timeUs, price, quantity, side, void: isVoid } of past.slice(0, TAPE_LENGTH)) {
      byId.set(id, [timeUs, price, quantity, side === null ? 0 : side === 'Buy' ? 1 : -1, id, isVoid ? VOID : 0]);
    }
    for (let back = 0; back < tape.kept; back++) {
      const [timeUs = 0, price = 0, quantity = 0, side = 0, id = 0, change = 0] = tape.entry(back);
      // What was heard to have changed changes no more; the answer knows of changes while nobody listened.
      if (change !== 0 || !byId.has(id)) byId.set(id, [timeUs, price, quantity, side, id, change]);
    }
    tape.kept = 0;
    for (const trade of [...byId.values()].sort((a, b) => a[TAPE_ID] - b[TAPE_ID])) tape.push(...trade);
    if (slot === this.tapeSlot) this.tapeChanged = true;
    this.values[slot * FIELDS + LAST] = tape.lastPrice();
    this.noteChange(slot);
  }

  private noteChange(slot: number): void {
    if (this.isChanged[slot] === 1) return;
    this.isChanged[slot] = 1;
    this.changed[this.changedCount++] = slot;
  }

  private tapeOf(slot: number): Tape {
    const known = this.tapes[slot];
    if (known !== undefined) return known;
    const tape = new Tape();
    this.tapes[slot] = tape;
    return tape;
  }

  private takeTrade(slot: number, words: Int32Array, at: number, kindWord: number): void {
    const { values } = this;
    const row = slot * FIELDS;
    const price = words[at + EVENT_PRICE] as number;
    const quantity = (words[at + EVENT_QUANTITY] as number) >>> 0;
    const before = values[row + LAST] as number;
    // The first price compares with none, and leaves the direction as it is.
    if (price > before) values[row + DIRECTION] = 1;
    else if (price < before) values[row + DIRECTION] = -1;
    values[row + LAST] = price;
    values[row + TRADES] = (values[row + TRADES] as number) + 1;
    values[row + VOLUME] = (values[row + VOLUME] as number) + quantity;

    const tape = this.tapeOf(slot);
    const id = joinWords(words[at + EVENT_SEQUENCE] as number, words[at + EVENT_SEQUENCE + 1] as number);
    // It was filled in already: the answer was newer than the stream.
    if (id <= tape.newestId) return;
    const timeUs = joinWords(words[at + EVENT_TIME_US] as number, words[at + EVENT_TIME_US + 1] as number);
    const auction = ((kindWord >> EVENT_LIQUIDITY_SHIFT) & 3) === AUCTION;
    tape.push(timeUs, price, quantity, auction ? 0 : (kindWord & EVENT_SELL_BIT) === 0 ? 1 : -1, id, 0);
    if (slot === this.tapeSlot) this.tapeChanged = true;
  }

  /** A trade is void, or has another price: on the tape, and so is the last price. */
  private changeTrade(slot: number, words: Int32Array, at: number, kind: number): void {
    const tape = this.tapeOf(slot);
    const id = joinWords(words[at + EVENT_RELATED_ID] as number, words[at + EVENT_RELATED_ID + 1] as number);
    for (let back = 0; back < tape.kept; back++) {
      const trade = tape.entry(back);
      if (trade[TAPE_ID] !== id) continue;
      trade[TAPE_CHANGE] = kind === TRADE_VOID ? VOID : CORRECTED;
      trade[TAPE_PRICE] = words[at + EVENT_PRICE] as number;
      this.values[slot * FIELDS + LAST] = tape.lastPrice();
      if (slot === this.tapeSlot) this.tapeChanged = true;
    }
  }

  private takeIndicative(row: number, words: Int32Array, at: number): void {
    const { values } = this;
    const price = words[at + EVENT_PRICE] as number;
    values[row + AUCTION_PRICE] = price === NO_PRICE ? Number.NaN : price;
    values[row + AUCTION_VOLUME] = (words[at + EVENT_QUANTITY] as number) >>> 0;
    values[row + IMBALANCE] =
      ((words[at + EVENT_AMOUNT] as number) >>> 0) + (words[at + EVENT_AMOUNT + 1] as number) * 2 ** 32;
  }

  private takeTop(slot: number, words: Int32Array, at: number, kindWord: number): void {
    const row = slot * FIELDS;
    const buys = (kindWord & EVENT_SELL_BIT) === 0;
    const price = words[at + EVENT_PRICE] as number;
    this.values[row + (buys ? BID : ASK)] = price === NO_PRICE ? Number.NaN : price;
    this.values[row + (buys ? BID_QUANTITY : ASK_QUANTITY)] = joinWords(
      words[at + EVENT_AMOUNT] as number,
      words[at + EVENT_AMOUNT + 1] as number,
    );
  }

  /**
   * Empties it into a message with `columns` columns of history: into `buffer` when that is large enough, else into a new
   * one. Null when there is nothing to tell; the buffer stays the caller's then.
   */
  write(buffer: ArrayBuffer, columns: number): ArrayBuffer | null {
    if (this.changedCount === 0 && !this.tapeChanged && columns === 0) return null;
    const needed = messageBytes(this.slotCount);
    const target = buffer.byteLength >= needed ? buffer : new ArrayBuffer(messageBytes(this.isChanged.length));
    const message = new Float64Array(target);
    let at = HEADER_DOUBLES;
    for (let index = 0; index < this.changedCount; index++) {
      const slot = this.changed[index] as number;
      this.isChanged[slot] = 0;
      message[at] = slot;
      for (let field = 0; field < FIELDS; field++) {
        message[at + 1 + field] = this.values[slot * FIELDS + field] as number;
      }
      at += TICK_DOUBLES;
    }
    message[TICK_COUNT] = this.changedCount;
    message[COLUMN_COUNT] = columns;
    message[TAPE_SLOT] = this.tapeChanged ? this.tapeSlot : NONE;
    message[TAPE_TOTAL] = this.tapes[this.tapeSlot]?.count ?? 0;
    message[TAPE_COUNT] = this.tapeChanged ? this.writeTape(message, at) : 0;
    this.changedCount = 0;
    this.tapeChanged = false;
    return target;
  }

  /** Newest first. Returns how many. */
  private writeTape(message: Float64Array, start: number): number {
    const tape = this.tapes[this.tapeSlot];
    if (tape === undefined) return 0;
    for (let back = 0; back < tape.kept; back++) message.set(tape.entry(back), start + back * TAPE_DOUBLES);
    return tape.kept;
  }

  private grow(): void {
    const slots = this.isChanged.length * 2;
    const [values, isChanged, changed] = [
      new Float64Array(slots * FIELDS),
      new Uint8Array(slots),
      new Int32Array(slots),
    ];
    values.set(this.values);
    isChanged.set(this.isChanged);
    changed.set(this.changed);
    [this.values, this.isChanged, this.changed] = [values, isChanged, changed];
  }
}
