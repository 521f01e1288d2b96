/**
 * Commands written into words: for each kind the fields that it has (overlays.fbs), everything else zero. account and
 * session stay zero but where a kind's target is an account; the gateway knows the sender.
 */

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
  COMMAND_FLAGS_WORD,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_PRICE,
  COMMAND_QUANTITY,
  COMMAND_TARGET_ID,
  COMMAND_TIME_US,
  COMMAND_TRIGGER_PRICE,
  COMMAND_WORDS,
  highWord,
  NO_PRICE,
} from '../schemas/layout.js';
import type { SideName } from './events.js';
import { TredyeError } from './tredye-error.js';

const MAX_UINT32 = 0xffffffff;
const MIN_INT32 = -0x80000000;
const MAX_INT32 = 0x7fffffff;

export type OrderTypeName = keyof typeof OrderType;
export type TimeInForceName = keyof typeof TimeInForce;
export type TriggerName = keyof typeof Trigger;
export type SelfTradeName = keyof typeof SelfTrade;

/** An order by the platform's id, or by the client order id that it lives under. */
export type OrderTarget = { readonly orderId: bigint } | { readonly clientOrderId: bigint };

export interface OrderTerms {
  readonly side: SideName;
  /** Ticks; may be left out for a market order and a Stop, where it is the worst price. Not of a TrailingStop. */
  readonly price?: number;
  /** Lots. */
  readonly quantity: number;
  readonly type?: OrderTypeName;
  /** Default GoodTillCancel. */
  readonly timeInForce?: TimeInForceName;
  readonly postOnly?: boolean;
  /** What goes when it meets an order of its own account or group. Default None: they trade. */
  readonly selfTrade?: SelfTradeName;
  /** Of a stop: which price sets it off, and which a TrailingStop follows. Default LastTrade. */
  readonly trigger?: TriggerName;
  /** Of a Stop or StopLimit, ticks: a buy is triggered at or above it, a sell at or below it. */
  readonly triggerPrice?: number;
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
    if (type !== OrderType.Market && type !== OrderType.Stop)
      throw new TredyeError('BAD_ARGUMENT', 'A limit order needs a price.');
    words[COMMAND_PRICE] = NO_PRICE;
  } else {
    checkWhole(terms.price, MIN_INT32 + 1, MAX_INT32, 'price');
    words[COMMAND_PRICE] = terms.price;
  }
  checkWhole(terms.quantity, 0, MAX_UINT32, 'quantity');
  words[COMMAND_QUANTITY] = terms.quantity | 0;
  const side = codeNamed(Side, terms.side, 'side');
  words[COMMAND_KIND_WORD] = CommandKind.New | (side << 8) | (type << 16) | (timeInForce << 24);
  const postOnly = terms.postOnly === true ? CommandFlag.PostOnly << 16 : 0;
  words[COMMAND_FLAGS_WORD] = codeNamed(SelfTrade, terms.selfTrade ?? 'None', 'selfTrade') | postOnly;
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
  const words = new Int32Array(2 * COMMAND_WORDS);
  for (const [index, terms] of [first, second].entries()) {
    const leg = newOrderWords(instrument, terms);
    putLeg(leg);
    words.set(leg, index * COMMAND_WORDS);
  }
  return words;
}

export function cancelWords(instrument: number, target: OrderTarget): Int32Array {
  const words = blank(CommandKind.Cancel, instrument);
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

/** instrument 0: every instrument of the shard that it is sent to. */
export function massCancelWords(instrument: number): Int32Array {
  return blank(CommandKind.MassCancel, instrument);
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

/** The head of an admin record; its Parts come from schemas/admin.ts. account: the target of AddKey. */
export function adminHeadWords(kind: CommandKind, account: number, target: number): Int32Array {
  checkWhole(account, 0, MAX_UINT32, 'account');
  checkWhole(target, 0, MAX_UINT32, 'key');
  const words = blank(kind, 0);
  words[COMMAND_ACCOUNT] = account | 0;
  words[COMMAND_TARGET_ID] = target | 0;
  return words;
}
