/**
 * A trade gets another price: it is taken back as by a Bust, and made anew at that price, with the fees that a fill pays
 * now. What was bought and sold stays, so only money moves.
 * The shard's thread; cold.
 */

import { EventKind, Liquidity, Reason } from '../../schemas/codes.js';
import {
  COMMAND_INSTRUMENT,
  COMMAND_PRICE,
  EVENT_AMOUNT,
  EVENT_KIND_WORD,
  EVENT_LIQUIDITY_SHIFT,
  EVENT_PRICE,
  EVENT_WORDS,
  NO_PRICE,
} from '../../schemas/layout.js';
import { feeOf } from '../ledger/amounts.js';
import {
  FEE_AUCTION,
  FEE_MAKER,
  FEE_SHIFT,
  FEE_TAKER,
  FEE_TIER_SHIFT,
  HOLDING_QUOTE_PURSE,
  HOLDING_SHIFT,
  HOLDING_UNIT,
} from '../ledger/ledger-words.js';
import { ACCOUNT_FEE_TIER, ACCOUNT_SHIFT } from '../registry-words.js';
import { checkPrice, checkTick, NO_ORDER, refuse } from '../state/checks.js';
import type { EngineState } from '../state/state.js';
import {
  answerAbout,
  type BookedTrade,
  checkedTrade,
  checkRoom,
  type Half,
  moveLots,
  purseAt,
  quoteOf,
} from './bust.js';

/** A trade is taken back and made: twice as many lots move as by a Bust. */
const MOVES = 2;
const FEE_OF_LIQUIDITY = new Map<number, number>([
  [Liquidity.Maker, FEE_MAKER],
  [Liquidity.Taker, FEE_TAKER],
  [Liquidity.Auction, FEE_AUCTION],
]);

/** What both sides pay at the new price. */
interface Anew {
  readonly price: number;
  /** Amount of one lot. */
  readonly each: number;
  readonly buyerFee: number;
  readonly sellerFee: number;
}

/** Applies a Correction whose head's shape is right and behind which `parts` Parts lie. */
export function applyCorrection(state: EngineState, words: Int32Array, at: number, parts: number): void {
  const found = checkedTrade(state, words, at, parts);
  if (found === null) return;
  const { trade, fills } = found;
  const price = words[at + COMMAND_PRICE] as number;
  if (price === NO_PRICE) {
    refuse(state, words, at, Reason.PriceRequired, 0, NO_ORDER);
    return;
  }
  if (!checkPrice(state, words, at, price) || !checkTick(state, words, at, price)) return;
  if (price === trade.price) {
    refuse(state, words, at, Reason.PriceNotAllowed, 0, NO_ORDER);
    return;
  }
  const instrument = words[at + COMMAND_INSTRUMENT] as number;
  const anew = madeAnew(state, instrument, fills, trade, price);
  if (!checkRoom(state, words, at, trade, MOVES) || !checkMoney(state, words, at, instrument, trade, anew)) return;
  state.busts.add(trade.id);
  const { quantity } = trade;
  moveLots(state, trade.buyer.holding, 1, trade);
  moveLots(state, trade.buyer.holding, 0, { each: anew.each, quantity });
  moveLots(state, trade.seller.holding, 0, trade);
  moveLots(state, trade.seller.holding, 1, { each: anew.each, quantity });
  if (quoteOf(state, instrument) !== 0) pay(state, instrument, trade, anew);
  const first = state.next;
  answerAbout(state, words, at, fills, EventKind.Corrected, EventKind.FillCorrected);
  sayAnew(state, first, trade, anew);
}

function madeAnew(state: EngineState, instrument: number, fills: Int32Array, trade: BookedTrade, price: number): Anew {
  const each = price * (state.holdingSums[(trade.buyer.holding << HOLDING_SHIFT) + HOLDING_UNIT] as number);
  const feeNow = ({ at, account }: Half): number => {
    if (quoteOf(state, instrument) === 0) return 0;
    const tier = state.accounts[(account << ACCOUNT_SHIFT) + ACCOUNT_FEE_TIER] as number;
    const fee = FEE_OF_LIQUIDITY.get(((fills[at + EVENT_KIND_WORD] as number) >>> EVENT_LIQUIDITY_SHIFT) & 3);
    if (fee === undefined) return 0;
    const rate = state.fees[(((instrument << FEE_TIER_SHIFT) + tier) << FEE_SHIFT) + fee] as number;
    return feeOf(each * trade.quantity, rate);
  };
  return { price, each, buyerFee: feeNow(trade.buyer), sellerFee: feeNow(trade.seller) };
}

/** What each side owes now; below 0: what it gets. */
function owed({ buyer, seller, each, quantity }: BookedTrade, anew: Anew): readonly [buyer: number, seller: number] {
  const more = (anew.each - each) * quantity;
  return [more + anew.buyerFee - buyer.fee, anew.sellerFee - seller.fee - more];
}

/** Who owes has it available: the buyer, the seller, the venue its fees. */
function checkMoney(
  state: EngineState,
  words: Int32Array,
  at: number,
  instrument: number,
  trade: BookedTrade,
  anew: Anew,
): boolean {
  const quote = quoteOf(state, instrument);
  if (quote === 0) return true;
  const { buyer, seller } = trade;
  const [ofBuyer, ofSeller] = owed(trade, anew);
  const both = ofBuyer + ofSeller;
  const isOne = buyer.account === seller.account;
  for (const [half, owes] of [[buyer, isOne ? both : ofBuyer] as const, [seller, isOne ? both : ofSeller] as const]) {
    const available = state.purseSums[purseAt(state, half.holding, HOLDING_QUOTE_PURSE)] as number;
    if (owes > available) return refuse(state, words, at, Reason.NotEnoughMoney, available, NO_ORDER);
  }
  const venue = state.ledger.venue[quote] as number;
  return 0 - both <= venue || refuse(state, words, at, Reason.NotEnoughMoney, venue, NO_ORDER);
}

function pay(state: EngineState, instrument: number, trade: BookedTrade, anew: Anew): void {
  const [ofBuyer, ofSeller] = owed(trade, anew);
  const take = (half: Half, amount: number) => {
    const at = purseAt(state, half.holding, HOLDING_QUOTE_PURSE);
    state.purseSums[at] = (state.purseSums[at] as number) - amount;
  };
  take(trade.buyer, ofBuyer);
  take(trade.seller, ofSeller);
  const quote = quoteOf(state, instrument);
  state.ledger.venue[quote] = (state.ledger.venue[quote] as number) + ofBuyer + ofSeller;
}

/** The three events say the new price; the answer the old one besides, the fills their new fees. */
function sayAnew(state: EngineState, first: number, trade: BookedTrade, anew: Anew): void {
  const { events } = state;
  const ofFirst = trade.buyer.at === 0 ? anew.buyerFee : anew.sellerFee;
  const ofSecond = trade.buyer.at === 0 ? anew.sellerFee : anew.buyerFee;
  for (const [index, amount] of [trade.price, ofFirst, ofSecond].entries()) {
    const to = (first + index) * EVENT_WORDS;
    events[to + EVENT_PRICE] = anew.price;
    events[to + EVENT_AMOUNT] = amount;
    events[to + EVENT_AMOUNT + 1] = Math.floor(amount / 4294967296);
  }
}
