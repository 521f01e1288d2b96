/**
 * Events as objects, for those who read a few: the 96 bytes of RECORDS under their names, one type for each kind. Who
 * reads many takes the words instead (TredyeClient.onEventWords), where nothing is allocated.
 * Numbers that are ids are bigint, because they use all 64 bits; sequences, times and amounts are exact numbers.
 */

import { EventBit, EventKind, Liquidity, Reason, type Side } from '../schemas/codes.js';
import {
  EVENT_ACCOUNT,
  EVENT_ACCOUNT_SEQUENCE,
  EVENT_AMOUNT,
  EVENT_CLIENT_ORDER_ID,
  EVENT_COMMAND_SEQUENCE,
  EVENT_CUMULATIVE,
  EVENT_DISPLAYED,
  EVENT_INSTRUMENT,
  EVENT_KIND_WORD,
  EVENT_LEAVES,
  EVENT_LIQUIDITY_SHIFT,
  EVENT_ORDER_ID,
  EVENT_PRICE,
  EVENT_QUANTITY,
  EVENT_RELATED_ID,
  EVENT_SEQUENCE,
  EVENT_SESSION,
  EVENT_TIME_US,
  joinWords,
  NO_PRICE,
} from '../schemas/layout.js';

export type SideName = keyof typeof Side;
export type ReasonName = keyof typeof Reason;
export type LiquidityName = keyof typeof Liquidity;

/** Kinds that a private stream carries. */
const PRIVATE_KINDS = [
  'Accepted',
  'Rejected',
  'Booked',
  'Fill',
  'Reduced',
  'Cancelled',
  'Replaced',
  'Replenished',
  'Triggered',
  'Prevented',
  'OrderState',
  'PositionState',
  'BalanceState',
  'SessionOpened',
  'SessionClosed',
  'DeadManSet',
  'PhaseChanged',
  'Uncrossed',
  'ReferenceChanged',
  'Started',
  'Finished',
  'Noted',
  'Busted',
  'FillBusted',
  'Corrected',
  'FillCorrected',
  'InstrumentAdded',
  'AccountAdded',
  'KeyAdded',
  'KeyRevoked',
  'FeesSet',
  'LimitsSet',
  'AssetAdded',
  'KillChanged',
  'Deposited',
  'Withdrawn',
  'MovedOut',
  'MovedIn',
  'MoveEnded',
  'BalanceChanged',
] as const satisfies readonly (keyof typeof EventKind)[];

export type PrivateKind = (typeof PRIVATE_KINDS)[number];

interface ReportFields<Kind extends string> {
  readonly kind: Kind;
  readonly shard: number;
  readonly epoch: number;
  readonly sequence: number;
  readonly commandSequence: number;
  /** The shard's time of the command, microseconds since 1970. */
  readonly timeUs: number;
  readonly orderId: bigint;
  readonly clientOrderId: bigint;
  /** Fill: the trade's id. Cancelled: the client order id that took it away. Replaced, Reduced: the old one. OrderState: that of who asked. */
  readonly relatedId: bigint;
  readonly amount: number;
  readonly account: number;
  readonly accountSequence: number;
  readonly instrument: number;
  /** Ticks; null: no price. */
  readonly price: number | null;
  /** Lots: last filled, or taken away; OrderState: filled and open. */
  readonly quantity: number;
  readonly leaves: number;
  readonly displayed: number;
  readonly cumulative: number;
  /** The incarnation of the order's session. */
  readonly session: number;
  readonly side: SideName;
  readonly liquidity: LiquidityName;
  readonly endOfCommand: boolean;
  readonly book: boolean;
  /** The first answer of an earlier command with this id, given again; nothing was executed. */
  readonly duplicate: boolean;
  /** The reason's name; a number as text when a newer platform sends one that this client does not know. */
  readonly reason: ReasonName | `${number}`;
}

export type Report<Kind extends PrivateKind = PrivateKind> = Kind extends PrivateKind ? ReportFields<Kind> : never;
/** An event of a kind that a newer platform knows: look at `code`, or skip it. */
export interface UnknownReport extends ReportFields<'Unknown'> {
  readonly code: number;
}
export type AnyReport = Report | UnknownReport;

/** A trade is void; it comes in the stream of trades. */
export interface PublicTradeVoid {
  readonly shard: number;
  readonly epoch: number;
  readonly sequence: number;
  readonly timeUs: number;
  /** Its id: the sequence of the PublicTrade. */
  readonly trade: number;
  readonly instrument: number;
  readonly price: number;
  readonly quantity: number;
}

/** A trade has another price, `price`; it comes in the stream of trades. */
export type PublicTradeCorrected = PublicTradeVoid;

export interface PublicTrade {
  readonly shard: number;
  readonly epoch: number;
  /** The trade's id, unique in its shard. */
  readonly sequence: number;
  readonly timeUs: number;
  readonly instrument: number;
  readonly buyOrderId: bigint;
  readonly sellOrderId: bigint;
  readonly price: number;
  readonly quantity: number;
  /** Null in an auction. */
  readonly aggressor: SideName | null;
}

export interface PublicTop {
  readonly shard: number;
  readonly epoch: number;
  readonly sequence: number;
  readonly timeUs: number;
  readonly instrument: number;
  readonly side: SideName;
  /** Null: the side is empty, or holds market orders only. */
  readonly price: number | null;
  readonly quantity: number;
  readonly orders: number;
}

/** What the auction of an instrument would come to if it ended now. */
export interface PublicIndicative {
  readonly shard: number;
  readonly epoch: number;
  readonly sequence: number;
  readonly timeUs: number;
  readonly instrument: number;
  /** Null: nothing would trade, or the auction is over. */
  readonly price: number | null;
  readonly quantity: number;
  /** Buys minus sells at the price. */
  readonly imbalance: number;
}

const PRIVATE_KIND_BY_CODE: readonly (PrivateKind | undefined)[] = Array.from({ length: 256 }, (_, code) =>
  PRIVATE_KINDS.find((name) => EventKind[name] === code),
);
/** Both liquidity shifts count from bit 0 of the kind word; `bits` begins at bit 8 of it. */
const LIQUIDITY_SHIFT_IN_BITS = EVENT_LIQUIDITY_SHIFT - 8;

function word(words: Int32Array, at: number): number {
  return words[at] ?? 0;
}

function unsigned(words: Int32Array, at: number): number {
  return word(words, at) >>> 0;
}

function wide(words: Int32Array, at: number): number {
  return joinWords(word(words, at), word(words, at + 1));
}

/** A 64-bit id out of its two words. */
export function idAt(words: Int32Array, at: number): bigint {
  return (BigInt(unsigned(words, at + 1)) << 32n) | BigInt(unsigned(words, at));
}

function signedWide(words: Int32Array, at: number): number {
  return word(words, at + 1) * 4294967296 + unsigned(words, at);
}

function priceAt(words: Int32Array, at: number): number | null {
  const price = word(words, at);
  return price === NO_PRICE ? null : price;
}

function sideOf(bits: number): SideName {
  return (bits & EventBit.Sell) === 0 ? 'Buy' : 'Sell';
}

function isReasonName(name: string): name is ReasonName {
  return name in Reason;
}

/** The name of a reason, or its number as text. */
export function reasonName(code: number): ReasonName | `${number}` {
  const name = code in Reason ? Reason[code] : undefined;
  return name !== undefined && isReasonName(name) ? name : `${code}`;
}

export function eventKindAt(words: Int32Array, at: number): number {
  return word(words, at + EVENT_KIND_WORD) & 0xff;
}

function fieldsAt<Kind extends string>(
  kind: Kind,
  words: Int32Array,
  at: number,
  shard: number,
  epoch: number,
): ReportFields<Kind> {
  const kindWord = word(words, at + EVENT_KIND_WORD);
  const bits = (kindWord >>> 8) & 0xff;
  return {
    kind,
    shard,
    epoch,
    sequence: wide(words, at + EVENT_SEQUENCE),
    commandSequence: wide(words, at + EVENT_COMMAND_SEQUENCE),
    timeUs: wide(words, at + EVENT_TIME_US),
    orderId: idAt(words, at + EVENT_ORDER_ID),
    clientOrderId: idAt(words, at + EVENT_CLIENT_ORDER_ID),
    relatedId: idAt(words, at + EVENT_RELATED_ID),
    amount: signedWide(words, at + EVENT_AMOUNT),
    account: unsigned(words, at + EVENT_ACCOUNT),
    accountSequence: unsigned(words, at + EVENT_ACCOUNT_SEQUENCE),
    instrument: unsigned(words, at + EVENT_INSTRUMENT),
    price: priceAt(words, at + EVENT_PRICE),
    quantity: unsigned(words, at + EVENT_QUANTITY),
    leaves: unsigned(words, at + EVENT_LEAVES),
    displayed: unsigned(words, at + EVENT_DISPLAYED),
    cumulative: unsigned(words, at + EVENT_CUMULATIVE),
    session: unsigned(words, at + EVENT_SESSION),
    side: sideOf(bits),
    liquidity: liquidityOf((bits >>> LIQUIDITY_SHIFT_IN_BITS) & 3),
    endOfCommand: (bits & EventBit.EndOfCommand) !== 0,
    book: (bits & EventBit.Book) !== 0,
    duplicate: (bits & EventBit.Duplicate) !== 0,
    reason: reasonName(kindWord >>> 16),
  };
}

function liquidityOf(code: number): LiquidityName {
  if (code === Liquidity.Maker) return 'Maker';
  if (code === Liquidity.Taker) return 'Taker';
  return code === Liquidity.Auction ? 'Auction' : 'None';
}

/** One private event out of its 24 words. */
export function reportAt(words: Int32Array, at: number, shard: number, epoch: number): AnyReport {
  const code = eventKindAt(words, at);
  const kind = PRIVATE_KIND_BY_CODE[code];
  if (kind === undefined) return { ...fieldsAt('Unknown', words, at, shard, epoch), code };
  // There are more kinds than the compiler tells apart by itself.
  return fieldsAt(kind, words, at, shard, epoch) as Report;
}

/** One public trade out of its 24 words (TradeRecord of overlays.fbs). */
export function tradeChangeAt(words: Int32Array, at: number, shard: number, epoch: number): PublicTradeVoid {
  return {
    shard,
    epoch,
    sequence: wide(words, at + EVENT_SEQUENCE),
    timeUs: wide(words, at + EVENT_TIME_US),
    trade: wide(words, at + EVENT_RELATED_ID),
    instrument: unsigned(words, at + EVENT_INSTRUMENT),
    price: word(words, at + EVENT_PRICE),
    quantity: unsigned(words, at + EVENT_QUANTITY),
  };
}

export function tradeAt(words: Int32Array, at: number, shard: number, epoch: number): PublicTrade {
  const bits = (word(words, at + EVENT_KIND_WORD) >>> 8) & 0xff;
  const auction = ((bits >>> LIQUIDITY_SHIFT_IN_BITS) & 3) === Liquidity.Auction;
  return {
    shard,
    epoch,
    sequence: wide(words, at + EVENT_SEQUENCE),
    timeUs: wide(words, at + EVENT_TIME_US),
    instrument: unsigned(words, at + EVENT_INSTRUMENT),
    buyOrderId: idAt(words, at + EVENT_ORDER_ID),
    sellOrderId: idAt(words, at + EVENT_RELATED_ID),
    price: word(words, at + EVENT_PRICE),
    quantity: unsigned(words, at + EVENT_QUANTITY),
    aggressor: auction ? null : sideOf(bits),
  };
}

/** The best level of one side out of its 24 words (TopRecord of overlays.fbs). */
export function topAt(words: Int32Array, at: number, shard: number, epoch: number): PublicTop {
  const bits = (word(words, at + EVENT_KIND_WORD) >>> 8) & 0xff;
  return {
    shard,
    epoch,
    sequence: wide(words, at + EVENT_SEQUENCE),
    timeUs: wide(words, at + EVENT_TIME_US),
    instrument: unsigned(words, at + EVENT_INSTRUMENT),
    side: sideOf(bits),
    price: priceAt(words, at + EVENT_PRICE),
    quantity: signedWide(words, at + EVENT_AMOUNT),
    orders: unsigned(words, at + EVENT_CUMULATIVE),
  };
}

/** An indicative price out of its 24 words (IndicativeRecord of overlays.fbs). */
export function indicativeAt(words: Int32Array, at: number, shard: number, epoch: number): PublicIndicative {
  return {
    shard,
    epoch,
    sequence: wide(words, at + EVENT_SEQUENCE),
    timeUs: wide(words, at + EVENT_TIME_US),
    instrument: unsigned(words, at + EVENT_INSTRUMENT),
    price: priceAt(words, at + EVENT_PRICE),
    quantity: unsigned(words, at + EVENT_QUANTITY),
    imbalance: signedWide(words, at + EVENT_AMOUNT),
  };
}
