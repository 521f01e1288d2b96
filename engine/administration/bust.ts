/**
 * A trade is made void: position and money go back as if each side had traded it the other way, at the same price and
 * without a fee. The engine keeps no trades: the operator's tool reads both fills from the journal and sends them along, and
 * here is checked all that can be.
 * The shard's thread; cold.
 */

import { decodeTerms } from '../../schemas/admin.js';
import { EventKind, Reason } from '../../schemas/codes.js';
import {
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_INSTRUMENT,
  COMMAND_SESSION,
  COMMAND_TARGET_ID,
  EVENT_ACCOUNT,
  EVENT_AMOUNT,
  EVENT_CLIENT_ORDER_ID,
  EVENT_COMMAND_SEQUENCE,
  EVENT_INSTRUMENT,
  EVENT_KIND_WORD,
  EVENT_ORDER_ID,
  EVENT_PRICE,
  EVENT_QUANTITY,
  EVENT_RELATED_ID,
  EVENT_SELL_BIT,
  EVENT_SEQUENCE,
  EVENT_WORDS,
  joinWords,
} from '../../schemas/layout.js';
import {
  HOLDING_BASE_PURSE,
  HOLDING_BASE_UNIT,
  HOLDING_COST,
  HOLDING_LOT,
  HOLDING_OPEN,
  HOLDING_POSITION,
  HOLDING_QUOTE_PURSE,
  HOLDING_REALISED,
  HOLDING_SHIFT,
  HOLDING_UNIT,
  MOST_LEDGER,
  MOST_LOTS,
  PURSE_AVAILABLE,
  PURSE_SHIFT,
} from '../ledger/ledger-words.js';
import { PAIR_SHIFT } from '../ledger/pair-index.js';
import { closePosition } from '../money/holdings.js';
import {
  INSTRUMENT_PRICE_MAX,
  INSTRUMENT_PRICE_MIN,
  INSTRUMENT_QUANTITY_MAX,
  INSTRUMENT_QUOTE_ASSET,
  INSTRUMENT_SHIFT,
} from '../registry-words.js';
import { checkSender, laneAccount, NO_ORDER, refuse } from '../state/checks.js';
import { type EngineState, writeEvent } from '../state/state.js';
import { checkHome } from './notes.js';

const FILL = EventKind.Fill;
const HALF = 4294967296;

/** One side of the trade. */
export interface Half {
  /** Where its fill begins. */
  readonly at: number;
  readonly account: number;
  readonly holding: number;
  readonly fee: number;
}

/** What the fills say, when they are one trade of the instrument. */
export interface BookedTrade {
  readonly id: number;
  readonly price: number;
  readonly quantity: number;
  /** Amount of one lot. */
  readonly each: number;
  readonly buyer: Half;
  readonly seller: Half;
}

/** Applies a Bust whose head's shape is right and behind which `parts` Parts lie. */
export function applyBust(state: EngineState, words: Int32Array, at: number, parts: number): void {
  const found = checkedTrade(state, words, at, parts);
  if (found === null) return;
  const { trade, fills } = found;
  const instrument = words[at + COMMAND_INSTRUMENT] as number;
  if (!checkRoom(state, words, at, trade, 1) || !checkMoney(state, words, at, instrument, trade)) return;
  state.busts.add(trade.id);
  moveLots(state, trade.buyer.holding, 1, trade);
  moveLots(state, trade.seller.holding, 0, trade);
  if (quoteOf(state, instrument) !== 0) payBack(state, instrument, trade);
  answerAbout(state, words, at, fills, EventKind.Busted, EventKind.FillBusted);
}

/** The trade of a Bust's or Correction's Parts, not changed before; null: it is refused. */
export function checkedTrade(
  state: EngineState,
  words: Int32Array,
  at: number,
  parts: number,
): { readonly trade: BookedTrade; readonly fills: Int32Array } | null {
  const terms = decodeTerms(words, at, parts + 1);
  if (typeof terms === 'number' || terms.type !== 'bust') {
    refuse(state, words, at, typeof terms === 'number' ? terms : Reason.BadPayload, 0, NO_ORDER);
    return null;
  }
  if (!checkSender(state, words, at, false)) return null;
  const instrument = (words[at + COMMAND_INSTRUMENT] as number) >>> 0;
  if (!checkHome(state, words, at, instrument)) return null;
  const fills = new Int32Array(terms.fills.buffer);
  const trade = tradeOf(state, words, at, instrument, fills);
  if (trade === null) {
    refuse(state, words, at, Reason.UnknownTrade, 0, NO_ORDER);
    return null;
  }
  if (state.busts.has(trade.id)) {
    refuse(state, words, at, Reason.AlreadyBusted, 0, NO_ORDER);
    return null;
  }
  if (state.busts.isFull()) {
    refuse(state, words, at, Reason.BustsFull, state.busts.count, NO_ORDER);
    return null;
  }
  return { trade, fills };
}

export function quoteOf(state: EngineState, instrument: number): number {
  return state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_QUOTE_ASSET] as number;
}

/** The trade of two fills, or null: they are not one, or it is none of this instrument here. */
function tradeOf(
  state: EngineState,
  words: Int32Array,
  at: number,
  instrument: number,
  fills: Int32Array,
): BookedTrade | null {
  const word = (name: number, half: 0 | 1) => fills[half * EVENT_WORDS + name] as number;
  const same = [
    EVENT_RELATED_ID,
    EVENT_RELATED_ID + 1,
    EVENT_COMMAND_SEQUENCE,
    EVENT_COMMAND_SEQUENCE + 1,
    EVENT_INSTRUMENT,
    EVENT_PRICE,
    EVENT_QUANTITY,
  ].every((name) => word(name, 0) === word(name, 1));
  const areFills = (word(EVENT_KIND_WORD, 0) & 0xff) === FILL && (word(EVENT_KIND_WORD, 1) & 0xff) === FILL;
  const oneSide = ((word(EVENT_KIND_WORD, 0) ^ word(EVENT_KIND_WORD, 1)) & EVENT_SELL_BIT) === 0;
  if (!same || !areFills || oneSide || word(EVENT_INSTRUMENT, 0) !== instrument) return null;
  const id = joinWords(words[at + COMMAND_TARGET_ID] as number, words[at + COMMAND_TARGET_ID + 1] as number);
  const sequence = (half: 0 | 1) => joinWords(word(EVENT_SEQUENCE, half), word(EVENT_SEQUENCE + 1, half));
  if (joinWords(word(EVENT_RELATED_ID, 0), word(EVENT_RELATED_ID + 1, 0)) !== id || id === 0) return null;
  if (sequence(0) !== id || sequence(1) !== id + 1 || id >= joinWords(state.eventLow, state.eventHigh)) return null;
  const price = word(EVENT_PRICE, 0);
  const quantity = word(EVENT_QUANTITY, 0) >>> 0;
  const instrumentAt = instrument << INSTRUMENT_SHIFT;
  const { instruments } = state;
  if (price < (instruments[instrumentAt + INSTRUMENT_PRICE_MIN] as number)) return null;
  if (price > (instruments[instrumentAt + INSTRUMENT_PRICE_MAX] as number)) return null;
  if (quantity === 0 || quantity > (instruments[instrumentAt + INSTRUMENT_QUANTITY_MAX] as number) >>> 0) return null;
  const buys = (word(EVENT_KIND_WORD, 0) & EVENT_SELL_BIT) === 0 ? 0 : EVENT_WORDS;
  const buyer = halfOf(state, instrument, fills, buys);
  const seller = halfOf(state, instrument, fills, EVENT_WORDS - buys);
  if (buyer.holding < 0 || seller.holding < 0) return null;
  const each = price * (state.holdingSums[(buyer.holding << HOLDING_SHIFT) + HOLDING_UNIT] as number);
  const most = quoteOf(state, instrument) === 0 ? 0 : each * quantity;
  if (Math.abs(buyer.fee) > most || Math.abs(seller.fee) > most || buyer.fee + seller.fee < 0) return null;
  return { id, price, quantity, each, buyer, seller };
}

function halfOf(state: EngineState, instrument: number, fills: Int32Array, at: number): Half {
  const account = (fills[at + EVENT_ACCOUNT] as number) >>> 0;
  const fee = (fills[at + EVENT_AMOUNT + 1] as number) * HALF + ((fills[at + EVENT_AMOUNT] as number) >>> 0);
  const holding = state.registry.hasAccount(account) ? state.ledger.findHolding(account, instrument) : -1;
  return { at, account, holding, fee };
}

/** Sums of both holdings stay exact, as for `moves` new orders of this quantity; of one account both count. */
export function checkRoom(
  state: EngineState,
  words: Int32Array,
  at: number,
  trade: BookedTrade,
  moves: number,
): boolean {
  const { buyer, seller, quantity } = trade;
  const added = moves * (buyer.account === seller.account ? 2 * quantity : quantity);
  for (const { holding } of [buyer, seller]) {
    const sums = state.holdingSums;
    const sumsAt = holding << HOLDING_SHIFT;
    const lots = (sums[sumsAt + HOLDING_OPEN] as number) + (sums[sumsAt + HOLDING_OPEN + 1] as number) + added;
    const amount =
      Math.abs(sums[sumsAt + HOLDING_COST] as number) +
      Math.abs(sums[sumsAt + HOLDING_REALISED] as number) +
      lots * (sums[sumsAt + HOLDING_LOT] as number);
    if (lots + Math.abs(sums[sumsAt + HOLDING_POSITION] as number) > MOST_LOTS || amount > MOST_LEDGER) {
      return refuse(state, words, at, Reason.LedgerFull, 0, NO_ORDER);
    }
  }
  return true;
}

/** Where what the account of a holding has available lies: of the base asset, or of the quote asset. */
export function purseAt(state: EngineState, holding: number, which: number): number {
  return ((state.holdingWords[(holding << PAIR_SHIFT) + which] as number) << PURSE_SHIFT) + PURSE_AVAILABLE;
}

function baseAmount(state: EngineState, { buyer, quantity }: BookedTrade): number {
  return quantity * (state.holdingSums[(buyer.holding << HOLDING_SHIFT) + HOLDING_BASE_UNIT] as number);
}

/** What each has to give back is available: the buyer's base asset, the seller's money, the venue's fees. */
function checkMoney(
  state: EngineState,
  words: Int32Array,
  at: number,
  instrument: number,
  trade: BookedTrade,
): boolean {
  const quote = quoteOf(state, instrument);
  if (quote === 0) return true;
  const { buyer, seller, each, quantity } = trade;
  if (buyer.account !== seller.account) {
    const base = state.purseSums[purseAt(state, buyer.holding, HOLDING_BASE_PURSE)] as number;
    if (base < baseAmount(state, trade)) return refuse(state, words, at, Reason.NotEnoughMoney, base, NO_ORDER);
    const money = state.purseSums[purseAt(state, seller.holding, HOLDING_QUOTE_PURSE)] as number;
    if (money < each * quantity - seller.fee) {
      return refuse(state, words, at, Reason.NotEnoughMoney, money, NO_ORDER);
    }
  }
  const venue = state.ledger.venue[quote] as number;
  return venue >= buyer.fee + seller.fee || refuse(state, words, at, Reason.NotEnoughMoney, venue, NO_ORDER);
}

/** The position moves as by a fill of this side, at `each` a lot. */
export function moveLots(
  state: EngineState,
  holding: number,
  sell: number,
  { each, quantity }: Pick<BookedTrade, 'each' | 'quantity'>,
): void {
  const sums = state.holdingSums;
  const at = holding << HOLDING_SHIFT;
  const position = sums[at + HOLDING_POSITION] as number;
  if (sell === 0 ? position >= 0 : position <= 0) {
    sums[at + HOLDING_POSITION] = sell === 0 ? position + quantity : position - quantity;
    sums[at + HOLDING_COST] = (sums[at + HOLDING_COST] as number) + each * quantity;
  } else {
    closePosition(sums, at, position, quantity, each);
  }
  state.ledger.lowerCaps(holding);
}

function payBack(state: EngineState, instrument: number, trade: BookedTrade): void {
  const { buyer, seller, each, quantity } = trade;
  const base = baseAmount(state, trade);
  const move = (holding: number, which: number, change: number) => {
    const at = purseAt(state, holding, which);
    state.purseSums[at] = (state.purseSums[at] as number) + change;
  };
  move(buyer.holding, HOLDING_QUOTE_PURSE, each * quantity + buyer.fee);
  move(buyer.holding, HOLDING_BASE_PURSE, 0 - base);
  move(seller.holding, HOLDING_QUOTE_PURSE, seller.fee - each * quantity);
  move(seller.holding, HOLDING_BASE_PURSE, base);
  const quote = quoteOf(state, instrument);
  state.ledger.venue[quote] = (state.ledger.venue[quote] as number) - (buyer.fee + seller.fee);
}

/** The sender's answer, then each side's own, in the order of the fills. */
export function answerAbout(
  state: EngineState,
  words: Int32Array,
  at: number,
  fills: Int32Array,
  answerKind: EventKind,
  fillKind: EventKind,
): void {
  const session = words[at + COMMAND_SESSION] as number;
  const low = words[at + COMMAND_CLIENT_ORDER_ID] as number;
  const high = words[at + COMMAND_CLIENT_ORDER_ID + 1] as number;
  const instrument = words[at + COMMAND_INSTRUMENT] as number;
  say(state, writeEvent(state, laneAccount(state, session), session, low, high, instrument, answerKind), fills);
  for (const half of [0, EVENT_WORDS]) {
    const to = writeEvent(
      state,
      fills[half + EVENT_ACCOUNT] as number,
      0,
      fills[half + EVENT_CLIENT_ORDER_ID] as number,
      fills[half + EVENT_CLIENT_ORDER_ID + 1] as number,
      instrument,
      fillKind | ((fills[half + EVENT_KIND_WORD] as number) & EVENT_SELL_BIT),
    );
    say(state, to, fills);
    for (const name of [EVENT_ORDER_ID, EVENT_ORDER_ID + 1, EVENT_AMOUNT, EVENT_AMOUNT + 1]) {
      state.events[to + name] = fills[half + name] as number;
    }
  }
}

function say(state: EngineState, to: number, fills: Int32Array): void {
  for (const name of [EVENT_RELATED_ID, EVENT_RELATED_ID + 1, EVENT_PRICE, EVENT_QUANTITY]) {
    state.events[to + name] = fills[name] as number;
  }
}
