/**
 * What the public sees of a shard's events: Trade, Top, Indicative, TradeVoid and TradeCorrected records, made here and nowhere else, by functions of their
 * arguments alone. Used by gateways, by whatever feeds public topics, and by proofs. Layouts: schemas/overlays.fbs.
 *
 * A record is built from zeros by naming what goes in, never by taking an event and blanking what must not: a field that
 * is added to events later stays private by itself. Order ids are public; account, session, client order id, account
 * sequence and fee never are.
 */
import { EventKind, Liquidity, Side } from '../../schemas/codes.js';
import {
  EVENT_AMOUNT,
  EVENT_CUMULATIVE,
  EVENT_DISPLAYED,
  EVENT_DUPLICATE_BIT,
  EVENT_INSTRUMENT,
  EVENT_KIND_WORD,
  EVENT_LIQUIDITY_SHIFT,
  EVENT_ORDER_ID,
  EVENT_PRICE,
  EVENT_QUANTITY,
  EVENT_RELATED_ID,
  EVENT_SELL_BIT,
  EVENT_SEQUENCE,
  EVENT_WORDS,
  highWord,
  NO_PRICE,
} from '../../schemas/layout.js';
import type { AuctionResult } from './auction-price.js';
import { type LevelFold, STAMP_WORDS } from './level-fold.js';

const FILL: number = EventKind.Fill;
const TRADE: number = EventKind.Trade;
const TOP: number = EventKind.Top;
const VOID: number = EventKind.TradeVoid;
const CORRECTED: number = EventKind.TradeCorrected;
const BUSTED: number = EventKind.Busted;
const CORRECTION: number = EventKind.Corrected;
const INDICATIVE: number = EventKind.Indicative;
const AUCTION: number = Liquidity.Auction;
const SELL: number = Side.Sell;
const AUCTION_BITS = AUCTION << EVENT_LIQUIDITY_SHIFT;
const MAX_DISPLAYED = 0xffffffff;

/** Whether the event at word `at` is a fill, one half of a trade. */
function isFill(events: Int32Array, at: number): boolean {
  return ((events[at + EVENT_KIND_WORD] as number) & 0xff) === FILL;
}

/** Whether a fill is the first of its trade's two: the trade id is its own sequence. */
function isFirstFill(events: Int32Array, at: number): boolean {
  return (
    events[at + EVENT_RELATED_ID] === events[at + EVENT_SEQUENCE] &&
    events[at + EVENT_RELATED_ID + 1] === events[at + EVENT_SEQUENCE + 1]
  );
}

/**
 * Writes the Trade record of two adjacent fills to `target` at word `targetAt`: `first` is maker or, in an auction, buyer;
 * `second` taker or seller. Throws when the two are not one trade.
 */
export function writeTrade(
  target: Int32Array,
  targetAt: number,
  first: Int32Array,
  firstAt: number,
  second: Int32Array,
  secondAt: number,
): void {
  const firstBits = first[firstAt + EVENT_KIND_WORD] as number;
  const secondBits = second[secondAt + EVENT_KIND_WORD] as number;
  if (
    !isFill(first, firstAt) ||
    !isFill(second, secondAt) ||
    !isFirstFill(first, firstAt) ||
    first[firstAt + EVENT_RELATED_ID] !== second[secondAt + EVENT_RELATED_ID] ||
    first[firstAt + EVENT_RELATED_ID + 1] !== second[secondAt + EVENT_RELATED_ID + 1] ||
    first[firstAt + EVENT_QUANTITY] !== second[secondAt + EVENT_QUANTITY] ||
    first[firstAt + EVENT_PRICE] !== second[secondAt + EVENT_PRICE] ||
    first[firstAt + EVENT_INSTRUMENT] !== second[secondAt + EVENT_INSTRUMENT] ||
    ((firstBits ^ secondBits) & EVENT_SELL_BIT) === 0
  ) {
    throw new Error('Two fills that are not one trade were taken for one.');
  }
  target.fill(0, targetAt, targetAt + EVENT_WORDS);
  putTrade(target, targetAt, first, firstAt, second, secondAt);
}

/**
 * The same of two fills that are known to be one trade, into a record whose other words are 0: where nothing but Trade,
 * TradeVoid and TradeCorrected records were before, they are.
 */
export function putTrade(
  target: Int32Array,
  targetAt: number,
  first: Int32Array,
  firstAt: number,
  second: Int32Array,
  secondAt: number,
): void {
  const firstBits = first[firstAt + EVENT_KIND_WORD] as number;
  const secondBits = second[secondAt + EVENT_KIND_WORD] as number;
  for (let word = 0; word < STAMP_WORDS; word++) {
    target[targetAt + word] = first[firstAt + word] as number;
  }
  const firstSells = (firstBits & EVENT_SELL_BIT) !== 0;
  const firstIdAt = targetAt + (firstSells ? EVENT_RELATED_ID : EVENT_ORDER_ID);
  const secondIdAt = targetAt + (firstSells ? EVENT_ORDER_ID : EVENT_RELATED_ID);
  target[firstIdAt] = first[firstAt + EVENT_ORDER_ID] as number;
  target[firstIdAt + 1] = first[firstAt + EVENT_ORDER_ID + 1] as number;
  target[secondIdAt] = second[secondAt + EVENT_ORDER_ID] as number;
  target[secondIdAt + 1] = second[secondAt + EVENT_ORDER_ID + 1] as number;
  target[targetAt + EVENT_INSTRUMENT] = first[firstAt + EVENT_INSTRUMENT] as number;
  target[targetAt + EVENT_PRICE] = first[firstAt + EVENT_PRICE] as number;
  target[targetAt + EVENT_QUANTITY] = first[firstAt + EVENT_QUANTITY] as number;
  // In an auction nobody is the aggressor: liquidity says so, the side stays 0.
  const auction = ((firstBits >> EVENT_LIQUIDITY_SHIFT) & 3) === AUCTION;
  target[targetAt + EVENT_KIND_WORD] = TRADE | (auction ? AUCTION_BITS : secondBits & EVENT_SELL_BIT);
}

/**
 * Makes Trades of a shard's events as they come: the two fills of a trade are adjacent in sequence, but one batch of a
 * ring may end between them.
 */
export class TradePairs {
  readonly #first = new Int32Array(EVENT_WORDS);
  #waiting = false;

  /**
   * Looks at the event at word `at`; when it is the second fill of a trade, writes the Trade to `target` at word
   * `targetAt` and returns true. Give it every event, in sequence. Throws when a trade is torn.
   */
  add(events: Int32Array, at: number, target: Int32Array, targetAt: number): boolean {
    if (!isFill(events, at)) {
      if (this.#waiting) {
        throw new Error('A fill is without the other half of its trade: an event is missing.');
      }
      return false;
    }
    if (!this.#waiting) {
      for (let word = 0; word < EVENT_WORDS; word++) {
        this.#first[word] = events[at + word] as number;
      }
      this.#waiting = true;
      return false;
    }
    this.#waiting = false;
    writeTrade(target, targetAt, this.#first, 0, events, at);
    return true;
  }

  /** Forgets a first half that waits: its second was lost with what this reader missed. */
  reset(): void {
    this.#waiting = false;
  }
}

/**
 * When the event at word `at` makes a trade void or gives it another price, writes the TradeVoid or TradeCorrected record to
 * `target` at word `targetAt` and returns true. One that is only told again changes nothing.
 */
export function writeTradeChange(events: Int32Array, at: number, target: Int32Array, targetAt: number): boolean {
  const kind = (events[at + EVENT_KIND_WORD] as number) & (0xff | EVENT_DUPLICATE_BIT);
  if (kind !== BUSTED && kind !== CORRECTION) return false;
  target.fill(0, targetAt, targetAt + EVENT_WORDS);
  for (let word = 0; word < STAMP_WORDS; word++) {
    target[targetAt + word] = events[at + word] as number;
  }
  for (const word of [EVENT_RELATED_ID, EVENT_RELATED_ID + 1, EVENT_INSTRUMENT, EVENT_PRICE, EVENT_QUANTITY]) {
    target[targetAt + word] = events[at + word] as number;
  }
  target[targetAt + EVENT_KIND_WORD] = kind === BUSTED ? VOID : CORRECTED;
  return true;
}

/**
 * Writes the Top record of one side (0 buy, 1 sell) as the fold stands, stamped with the last event that it has folded,
 * to `target` at word `targetAt`. An empty side has price NO_PRICE and zeros.
 */
export function writeTop(
  target: Int32Array,
  targetAt: number,
  fold: LevelFold,
  instrument: number,
  side: number,
): void {
  target.fill(0, targetAt, targetAt + EVENT_WORDS);
  for (let word = 0; word < STAMP_WORDS; word++) {
    target[targetAt + word] = fold.stamp[word] as number;
  }
  const total = fold.bestTotal(instrument, side);
  target[targetAt + EVENT_AMOUNT] = total | 0;
  target[targetAt + EVENT_AMOUNT + 1] = highWord(total) | 0;
  target[targetAt + EVENT_INSTRUMENT] = instrument | 0;
  target[targetAt + EVENT_PRICE] = fold.bestPrice(instrument, side);
  target[targetAt + EVENT_DISPLAYED] = Math.min(total, MAX_DISPLAYED) | 0;
  target[targetAt + EVENT_CUMULATIVE] = fold.bestOrders(instrument, side) | 0;
  target[targetAt + EVENT_KIND_WORD] = TOP | (side === SELL ? EVENT_SELL_BIT : 0);
}

/**
 * Writes the Indicative record of an instrument, stamped with the last event that the fold has folded, to `target` at word
 * `targetAt`.
 */
export function writeIndicative(
  target: Int32Array,
  targetAt: number,
  fold: LevelFold,
  instrument: number,
  auction: AuctionResult,
): void {
  const { price, volume, imbalance } = auction;
  target.fill(0, targetAt, targetAt + EVENT_WORDS);
  for (let word = 0; word < STAMP_WORDS; word++) {
    target[targetAt + word] = fold.stamp[word] as number;
  }
  target[targetAt + EVENT_AMOUNT] = imbalance;
  target[targetAt + EVENT_AMOUNT + 1] = Math.floor(imbalance / 4294967296);
  target[targetAt + EVENT_INSTRUMENT] = instrument | 0;
  target[targetAt + EVENT_PRICE] = volume === 0 ? NO_PRICE : price;
  target[targetAt + EVENT_QUANTITY] = Math.min(volume, MAX_DISPLAYED) | 0;
  target[targetAt + EVENT_KIND_WORD] = INDICATIVE;
}

/** A 1 for each word of a record that the public may see, by its kind; the kind word is looked at bit by bit. */
const TRADE_WORDS = publicWords([
  EVENT_ORDER_ID,
  EVENT_ORDER_ID + 1,
  EVENT_RELATED_ID,
  EVENT_RELATED_ID + 1,
  EVENT_QUANTITY,
]);
const VOID_WORDS = publicWords([EVENT_RELATED_ID, EVENT_RELATED_ID + 1, EVENT_QUANTITY]);
const TOP_WORDS = publicWords([EVENT_AMOUNT, EVENT_AMOUNT + 1, EVENT_DISPLAYED, EVENT_CUMULATIVE]);
const INDICATIVE_WORDS = publicWords([EVENT_AMOUNT, EVENT_AMOUNT + 1, EVENT_QUANTITY]);
const WORDS_OF_KIND: Readonly<Record<number, Uint8Array>> = {
  [TRADE]: TRADE_WORDS,
  [TOP]: TOP_WORDS,
  [VOID]: VOID_WORDS,
  [CORRECTED]: VOID_WORDS,
  [INDICATIVE]: INDICATIVE_WORDS,
};

function publicWords(own: readonly number[]): Uint8Array {
  const words = new Uint8Array(EVENT_WORDS).fill(1, 0, STAMP_WORDS);
  for (const word of [...own, EVENT_INSTRUMENT, EVENT_PRICE, EVENT_KIND_WORD]) {
    words[word] = 1;
  }
  return words;
}

/**
 * Index of the first word of the record at word `at` that says what the public must not know, -1 when there is none. A
 * record of any other kind is private as a whole: the kind word's index. For tests of frames and topics.
 */
export function firstPrivateWord(words: Int32Array, at: number): number {
  const kindWord = words[at + EVENT_KIND_WORD] as number;
  const kind = kindWord & 0xff;
  const allowed = WORDS_OF_KIND[kind];
  const sided = kind === TRADE || kind === TOP;
  const allowedBits = 0xff | (sided ? EVENT_SELL_BIT : 0) | (kind === TRADE ? AUCTION_BITS : 0);
  const liquidity = kindWord & AUCTION_BITS;
  if (allowed === undefined || (kindWord & ~allowedBits) !== 0 || (liquidity !== 0 && liquidity !== AUCTION_BITS)) {
    return EVENT_KIND_WORD;
  }
  for (let word = 0; word < EVENT_WORDS; word++) {
    if (allowed[word] !== 1 && words[at + word] !== 0) {
      return word;
    }
  }
  return -1;
}
