/**
 * Commands written into words: for each kind the fields that it has (overlays.fbs), everything else zero. account and
 * session stay zero but where a kind's target is an account; the gateway knows the sender.
 */

import { encodeBustTerms, encodeNoteTerms } from '../schemas/admin.js';
import {
  CommandFlag,
  CommandKind,
  OrderType,
  type Phase,
  SelfTrade,
  Side,
  TimeInForce,
  Trigger,
} from '../schemas/codes.js';
import { isStop } from '../schemas/kinds.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_DISPLAY_QUANTITY,
  COMMAND_FLAGS_WORD,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_MIN_QUANTITY,
  COMMAND_PRICE,
  COMMAND_QUANTITY,
  COMMAND_TARGET_ID,
  COMMAND_TIME_US,
  COMMAND_TRIGGER_PRICE,
  COMMAND_WORDS,
  EVENT_INSTRUMENT,
  EVENT_RELATED_ID,
  highWord,
  NO_PRICE,
} from '../schemas/layout.js';
import type { SideName } from './events.js';
import { TredyeError } from './tredye-error.js';

const MAX_LANE = 0xffff;
const MAX_UINT32 = 0xffffffff;
const MIN_INT32 = -0x80000000;
const MAX_INT32 = 0x7fffffff;

/** Types that may have no price. */
const UNPRICED_TYPES: readonly number[] = [OrderType.Market, OrderType.MarketToLimit, OrderType.Stop];

export type OrderTypeName = keyof typeof OrderType;
export type TimeInForceName = keyof typeof TimeInForce;
export type TriggerName = keyof typeof Trigger;
export type SelfTradeName = keyof typeof SelfTrade;

/** An order by the platform's id, or by the client order id that it lives under. */
export type OrderTarget = { readonly orderId: bigint } | { readonly clientOrderId: bigint };

export interface OrderTerms {
  readonly side: SideName;
  /** Ticks; may be left out for a market order and a Stop, where it is the worst price; a MarketToLimit and a TrailingStop have none. */
  readonly price?: number;
  /** Lots. */
  readonly quantity: number;
  readonly type?: OrderTypeName;
  /** Default GoodTillCancel. */
  readonly timeInForce?: TimeInForceName;
  readonly postOnly?: boolean;
  /** With postOnly: one tick off the best opposite price where it would trade, instead of being refused. */
  readonly slide?: boolean;
  /** What goes when it meets an order of its own account or group. Default None: they trade. */
  readonly selfTrade?: SelfTradeName;
  /** Of a stop: which price sets it off, and which a TrailingStop follows. Default LastTrade. */
  readonly trigger?: TriggerName;
  /** Of a Stop or StopLimit, ticks: a buy is triggered at or above it, a sell at or below it. */
  readonly triggerPrice?: number;
  /** Of an Iceberg, lots: so many are shown at a time, the rest is hidden. */
  readonly displayQuantity?: number;
  /** Of an ImmediateOrCancel, lots: so many trade at once, or it is refused. */
  readonly minQuantity?: number;
  /** Of a GoodTillDate, seconds since 1970: the order goes then. */
  readonly expirySeconds?: number;
  /** Of a TrailingStop, ticks: its trigger stays so far below (a sell) or above (a buy) the best price that it has seen. */
  readonly trailingDistance?: number;
  /** Of a TrailingStop, ticks: its limit is so far beyond its trigger. Left out, it becomes a market order. */
  readonly limitOffset?: number;
  /** A stop that is through already is refused; without this it is triggered at once. */
  readonly refuseIfThrough?: boolean;
  /** Microseconds since 1970 after which the shard refuses it as Expired. */
  readonly validUntilUs?: number;
}

function checkWhole(value: number, from: number, to: number, what: string): void {
  if (!Number.isSafeInteger(value) || value < from || value > to) {
    throw new TredyeError('BAD_ARGUMENT', `${what} must be a whole number from ${from} to ${to}; it is ${value}.`);
  }
}

/**
 * The code of a name. Looked at even though the types do: to plain JavaScript an unknown name would become code 0, and so
 * 'sell' a buy.
 */
export function codeNamed(codes: Readonly<Record<string, string | number>>, name: string, what: string): number {
  const code = Object.hasOwn(codes, name) ? codes[name] : undefined;
  if (typeof code === 'number') return code;
  const names = Object.values(codes).filter((value) => typeof value === 'string');
  throw new TredyeError('BAD_ARGUMENT', `${what} must be one of ${names.join(', ')}; it is ${name}.`);
}

function putWide(words: Int32Array, at: number, value: bigint): void {
  words[at] = Number(BigInt.asIntN(32, value));
  words[at + 1] = Number(BigInt.asIntN(32, value >> 32n));
}

/** The client order id of a lane and a counter, as two words. */
export function putClientOrderId(words: Int32Array, at: number, lane: number, counter: number): void {
  words[at + COMMAND_CLIENT_ORDER_ID] = counter | 0;
  words[at + COMMAND_CLIENT_ORDER_ID + 1] = (lane << 16) | (highWord(counter) & 0xffff) | 0;
}

function blank(kind: CommandKind, instrument: number): Int32Array {
  checkWhole(instrument, 0, MAX_UINT32, 'instrument');
  const words = new Int32Array(COMMAND_WORDS);
  words[COMMAND_KIND_WORD] = kind;
  words[COMMAND_INSTRUMENT] = instrument | 0;
  return words;
}

function putValidUntil(words: Int32Array, validUntilUs: number | undefined): void {
  if (validUntilUs === undefined) return;
  checkWhole(validUntilUs, 0, Number.MAX_SAFE_INTEGER, 'validUntilUs');
  words[COMMAND_TIME_US] = validUntilUs | 0;
  words[COMMAND_TIME_US + 1] = highWord(validUntilUs) | 0;
}

function putTarget(words: Int32Array, target: OrderTarget): void {
  if ('orderId' in target) {
    putWide(words, COMMAND_TARGET_ID, target.orderId);
    return;
  }
  putWide(words, COMMAND_TARGET_ID, target.clientOrderId);
  words[COMMAND_FLAGS_WORD] = CommandFlag.TargetIsClientOrderId << 16;
}

export function newOrderWords(instrument: number, terms: OrderTerms): Int32Array {
  const words = blank(CommandKind.New, instrument);
  const type = codeNamed(OrderType, terms.type ?? 'Limit', 'type');
  const timeInForce = codeNamed(TimeInForce, terms.timeInForce ?? 'GoodTillCancel', 'timeInForce');
  if (type === OrderType.TrailingStop) putOffset(words, terms);
  else if (terms.price === undefined) {
    if (!UNPRICED_TYPES.includes(type)) throw new TredyeError('BAD_ARGUMENT', 'A limit order needs a price.');
    words[COMMAND_PRICE] = NO_PRICE;
  } else {
    checkWhole(terms.price, MIN_INT32 + 1, MAX_INT32, 'price');
    words[COMMAND_PRICE] = terms.price;
  }
  checkWhole(terms.quantity, 0, MAX_UINT32, 'quantity');
  words[COMMAND_QUANTITY] = terms.quantity | 0;
  const side = codeNamed(Side, terms.side, 'side');
  words[COMMAND_KIND_WORD] = CommandKind.New | (side << 8) | (type << 16) | (timeInForce << 24);
  if (terms.slide === true && terms.postOnly !== true) {
    throw new TredyeError('BAD_ARGUMENT', 'Only a postOnly order slides.');
  }
  const postOnly = terms.postOnly === true ? CommandFlag.PostOnly : 0;
  const slide = terms.slide === true ? CommandFlag.Slide : 0;
  words[COMMAND_FLAGS_WORD] = codeNamed(SelfTrade, terms.selfTrade ?? 'None', 'selfTrade') | ((postOnly | slide) << 16);
  if (terms.displayQuantity !== undefined) {
    if (type !== OrderType.Iceberg) throw new TredyeError('BAD_ARGUMENT', 'Only an Iceberg has a displayQuantity.');
    checkWhole(terms.displayQuantity, 0, MAX_UINT32, 'displayQuantity');
    words[COMMAND_DISPLAY_QUANTITY] = terms.displayQuantity | 0;
  } else if (type === OrderType.Iceberg) {
    throw new TredyeError('BAD_ARGUMENT', 'An Iceberg needs a displayQuantity.');
  }
  if ((terms.expirySeconds !== undefined) !== (timeInForce === TimeInForce.GoodTillDate)) {
    throw new TredyeError('BAD_ARGUMENT', 'A GoodTillDate, and no other order, has expirySeconds.');
  }
  if (terms.expirySeconds !== undefined) {
    if (terms.minQuantity !== undefined) {
      throw new TredyeError('BAD_ARGUMENT', 'Only an ImmediateOrCancel has a minQuantity.');
    }
    checkWhole(terms.expirySeconds, 0, MAX_UINT32, 'expirySeconds');
    words[COMMAND_MIN_QUANTITY] = terms.expirySeconds | 0;
  }
  if (terms.minQuantity !== undefined) {
    checkWhole(terms.minQuantity, 0, MAX_UINT32, 'minQuantity');
    words[COMMAND_MIN_QUANTITY] = terms.minQuantity | 0;
  }
  putTrigger(words, type, terms);
  putValidUntil(words, terms.validUntilUs);
  return words;
}

/** The price word of a TrailingStop. */
function putOffset(words: Int32Array, terms: OrderTerms): void {
  const { price, limitOffset } = terms;
  if (price !== undefined)
    throw new TredyeError('BAD_ARGUMENT', 'A TrailingStop has a limitOffset in place of a price.');
  if (limitOffset !== undefined) checkWhole(limitOffset, 0, MAX_INT32, 'limitOffset');
  words[COMMAND_PRICE] = limitOffset ?? NO_PRICE;
}

function putTrigger(words: Int32Array, type: number, terms: OrderTerms): void {
  const { trigger, triggerPrice, trailingDistance, limitOffset, refuseIfThrough } = terms;
  const trails = type === OrderType.TrailingStop;
  if (!trails && (trailingDistance !== undefined || limitOffset !== undefined)) {
    throw new TredyeError('BAD_ARGUMENT', 'Only a TrailingStop has a trailingDistance and a limitOffset.');
  }
  if (!isStop(type)) {
    if (trigger === undefined && triggerPrice === undefined && refuseIfThrough !== true) return;
    throw new TredyeError('BAD_ARGUMENT', 'Only a Stop or StopLimit has a trigger.');
  }
  if (trails) {
    if (triggerPrice !== undefined) {
      throw new TredyeError('BAD_ARGUMENT', 'A TrailingStop has a trailingDistance in place of a triggerPrice.');
    }
    checkWhole(trailingDistance ?? 0, 1, MAX_INT32, 'trailingDistance');
  } else if (triggerPrice === undefined) throw new TredyeError('BAD_ARGUMENT', 'A stop needs a triggerPrice.');
  else checkWhole(triggerPrice, MIN_INT32 + 1, MAX_INT32, 'triggerPrice');
  words[COMMAND_TRIGGER_PRICE] = (trails ? trailingDistance : triggerPrice) ?? 0;
  const code = codeNamed(Trigger, trigger ?? 'LastTrade', 'trigger');
  const flags = refuseIfThrough === true ? CommandFlag.RefuseIfThrough << 16 : 0;
  words[COMMAND_FLAGS_WORD] = (words[COMMAND_FLAGS_WORD] ?? 0) | (code << 8) | flags;
}

/** Makes a New a leg of one-cancels-other. */
export function putLeg(words: Int32Array): void {
  words[COMMAND_FLAGS_WORD] = (words[COMMAND_FLAGS_WORD] ?? 0) | (CommandFlag.OneCancelsOther << 16);
}

/** Two legs behind each other: what is entered together or not at all. */
export function legWords(instrument: number, first: OrderTerms, second: OrderTerms): Int32Array {
  if (![first, second].some(({ type }) => isStop(codeNamed(OrderType, type ?? 'Limit', 'type')))) {
    throw new TredyeError('BAD_ARGUMENT', 'One of two orders of which one cancels the other must be a stop.');
  }
  const words = new Int32Array(2 * COMMAND_WORDS);
  for (const [index, terms] of [first, second].entries()) {
    const leg = newOrderWords(instrument, terms);
    putLeg(leg);
    words.set(leg, index * COMMAND_WORDS);
  }
  return words;
}

export function cancelWords(instrument: number, target: OrderTarget): Int32Array {
  return targetWords(CommandKind.Cancel, instrument, target);
}

export function orderStatusWords(instrument: number, target: OrderTarget): Int32Array {
  return targetWords(CommandKind.OrderStatus, instrument, target);
}

function targetWords(kind: CommandKind, instrument: number, target: OrderTarget): Int32Array {
  const words = blank(kind, instrument);
  putTarget(words, target);
  return words;
}

/**
 * Replace: quantity is the new total, filled included. CancelReplace: quantity is what shall be open. Of a TrailingStop that
 * waits `price` is its new limit offset.
 */
export function replaceWords(
  kind: CommandKind.Replace | CommandKind.CancelReplace,
  instrument: number,
  target: OrderTarget,
  price: number,
  quantity: number,
): Int32Array {
  const words = blank(kind, instrument);
  checkWhole(price, MIN_INT32 + 1, MAX_INT32, 'price');
  checkWhole(quantity, 0, MAX_UINT32, 'quantity');
  putTarget(words, target);
  words[COMMAND_PRICE] = price;
  words[COMMAND_QUANTITY] = quantity | 0;
  return words;
}

/** Which of the account's orders a mass cancel takes: those of all of these that are given. */
export interface MassCancelTerms {
  /** Those that live under a client order id of this lane. */
  readonly lane?: number;
  readonly side?: keyof typeof Side;
}

/** instrument 0: every instrument of the shard that it is sent to. */
export function massCancelWords(instrument: number, terms: MassCancelTerms = {}): Int32Array {
  const { lane, side } = terms;
  const words = blank(CommandKind.MassCancel, instrument);
  let flags = 0;
  if (lane !== undefined) {
    checkWhole(lane, 0, MAX_LANE, 'lane');
    words[COMMAND_QUANTITY] = lane;
    flags |= CommandFlag.OneLane;
  }
  if (side !== undefined) {
    words[COMMAND_KIND_WORD] = CommandKind.MassCancel | (codeNamed(Side, side, 'side') << 8);
    flags |= CommandFlag.OneSide;
  }
  words[COMMAND_FLAGS_WORD] = flags << 16;
  return words;
}

/** milliseconds: from when the shard takes it; 0: the timer is off. */
export function deadManWords(milliseconds: number): Int32Array {
  checkWhole(milliseconds, 0, MAX_UINT32, 'milliseconds');
  const words = blank(CommandKind.DeadMan, 0);
  words[COMMAND_QUANTITY] = milliseconds | 0;
  return words;
}

export function setPhaseWords(instrument: number, phase: Phase): Int32Array {
  const words = blank(CommandKind.SetPhase, instrument);
  words[COMMAND_KIND_WORD] = CommandKind.SetPhase | (phase << 16);
  return words;
}

export function uncrossWords(instrument: number): Int32Array {
  return blank(CommandKind.Uncross, instrument);
}

/** price: ticks, null takes it away. */
export function referencePriceWords(instrument: number, price: number | null): Int32Array {
  const words = blank(CommandKind.ReferencePrice, instrument);
  if (price !== null) checkWhole(price, MIN_INT32 + 1, MAX_INT32, 'price');
  words[COMMAND_PRICE] = price ?? NO_PRICE;
  return words;
}

export function endOfDayWords(instrument: number): Int32Array {
  return blank(CommandKind.EndOfDay, instrument);
}

/** What is out of trading: an account, an instrument, or with neither all of the shard. */
export interface KillTarget {
  readonly account?: number;
  readonly instrument?: number;
  /** Of an account or of all; an instrument says its shard itself. */
  readonly shard?: number;
}

export function killWords({ account = 0, instrument = 0, shard = 0 }: KillTarget, killed: boolean): Int32Array {
  checkWhole(account, 0, MAX_UINT32, 'account');
  checkWhole(shard, 0, MAX_UINT32, 'shard');
  const words = blank(CommandKind.Kill, instrument);
  words[COMMAND_ACCOUNT] = account | 0;
  words[COMMAND_QUANTITY] = killed ? 1 : 0;
  words[COMMAND_MIN_QUANTITY] = shard | 0;
  return words;
}

/** A head and its Parts: why the command of that counter of the lane is given. shard: with instrument 0. */
export function noteWords(
  about: { readonly lane: number; readonly counter: number },
  instrument: number,
  shard: number,
  text: string,
): Int32Array {
  const parts = encodeNoteTerms(text);
  const words = new Int32Array(COMMAND_WORDS + parts.length);
  words.set(blank(CommandKind.Note, instrument));
  putClientOrderId(words, COMMAND_TARGET_ID, about.lane, about.counter);
  words[COMMAND_MIN_QUANTITY] = shard | 0;
  words.set(parts, COMMAND_WORDS);
  return words;
}

/** A head and its Parts: a trade is void. fills: the words of its two events, as they lie in the journal. */
export function bustWords(fills: Int32Array): Int32Array {
  return aboutTrade(CommandKind.Bust, fills);
}

/** The same: a trade has another price. */
export function correctionWords(fills: Int32Array, price: number): Int32Array {
  checkWhole(price, MIN_INT32 + 1, MAX_INT32, 'price');
  const words = aboutTrade(CommandKind.Correction, fills);
  words[COMMAND_PRICE] = price;
  return words;
}

function aboutTrade(kind: CommandKind, fills: Int32Array): Int32Array {
  const parts = encodeBustTerms(fills);
  const words = new Int32Array(COMMAND_WORDS + parts.length);
  words.set(blank(kind, fills[EVENT_INSTRUMENT] ?? 0));
  words[COMMAND_TARGET_ID] = fills[EVENT_RELATED_ID] ?? 0;
  words[COMMAND_TARGET_ID + 1] = fills[EVENT_RELATED_ID + 1] ?? 0;
  words.set(parts, COMMAND_WORDS);
  return words;
}

/** account 0: the venue's own purse. amount: an exact number, or a bigint of 64 bits. */
export function moneyMoveWords(
  kind: CommandKind.Deposit | CommandKind.Withdraw | CommandKind.MoveOut,
  account: number,
  asset: number,
  amount: number | bigint,
  shard: number,
): Int32Array {
  checkWhole(account, 0, MAX_UINT32, 'account');
  checkWhole(asset, 0, MAX_UINT32, 'asset');
  checkWhole(shard, 0, MAX_UINT32, 'shard');
  if (typeof amount === 'number') checkWhole(amount, -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 'amount');
  const words = blank(kind, asset);
  words[COMMAND_ACCOUNT] = account | 0;
  words[COMMAND_QUANTITY] = Number(BigInt.asIntN(32, BigInt(amount)));
  words[COMMAND_DISPLAY_QUANTITY] = Number(BigInt.asIntN(32, BigInt(amount) >> 32n));
  words[COMMAND_MIN_QUANTITY] = shard | 0;
  return words;
}

/** The same out of the purse of the shard `from`, into that of `to`. */
export function moveOutWords(
  account: number,
  asset: number,
  amount: number | bigint,
  from: number,
  to: number,
): Int32Array {
  checkWhole(from, 0, MAX_INT32, 'from');
  const words = moneyMoveWords(CommandKind.MoveOut, account, asset, amount, to);
  words[COMMAND_TRIGGER_PRICE] = from;
  return words;
}

/** Asks for PositionState of the sender's account. */
export function positionWords(instrument: number): Int32Array {
  return blank(CommandKind.AccountStatus, instrument);
}

/** Asks for BalanceState of the sender's account in a shard. */
export function balanceWords(asset: number, shard: number): Int32Array {
  checkWhole(asset, 0, MAX_UINT32, 'asset');
  checkWhole(shard, 0, MAX_UINT32, 'shard');
  const words = blank(CommandKind.AccountStatus, 0);
  words[COMMAND_TARGET_ID] = asset | 0;
  words[COMMAND_MIN_QUANTITY] = shard | 0;
  return words;
}

/** The head of an admin record; its Parts come from schemas/admin.ts. account: of AddKey and SetLimits; instrument: of SetFees. */
export function adminHeadWords(kind: CommandKind, account: number, target: number, instrument = 0): Int32Array {
  checkWhole(account, 0, MAX_UINT32, 'account');
  checkWhole(target, 0, MAX_UINT32, 'key');
  const words = blank(kind, instrument);
  words[COMMAND_ACCOUNT] = account | 0;
  words[COMMAND_TARGET_ID] = target | 0;
  return words;
}
