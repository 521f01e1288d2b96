/**
 * The two records as plain objects: how the model reads commands and writes events. Ids are bigints, everything else is
 * a number; nothing here is fast and nothing needs to be. Any thread.
 */
import { EventBit, type EventKind, type Liquidity, type Reason, type Side } from '../../schemas/codes.js';
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
  COMMAND_SESSION,
  COMMAND_TARGET_ID,
  COMMAND_TIME_US,
  COMMAND_TRIGGER_PRICE,
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
  EVENT_ORDER_ID,
  EVENT_PRICE,
  EVENT_QUANTITY,
  EVENT_RELATED_ID,
  EVENT_SEQUENCE,
  EVENT_SESSION,
  EVENT_TIME_US,
} from '../../schemas/layout.js';

export interface PlainCommand {
  readonly clientOrderId: bigint;
  readonly targetId: bigint;
  readonly timeUs: bigint;
  readonly account: number;
  readonly session: number;
  readonly instrument: number;
  readonly price: number;
  readonly quantity: number;
  readonly displayQuantity: number;
  readonly minQuantity: number;
  readonly kind: number;
  readonly side: number;
  /** The order type; of SetPhase the phase. */
  readonly type: number;
  readonly timeInForce: number;
  readonly selfTrade: number;
  readonly trigger: number;
  readonly triggerPrice: number;
  readonly flags: number;
}

export interface PlainEvent {
  readonly sequence: number;
  readonly commandSequence: number;
  readonly timeUs: bigint;
  readonly orderId: bigint;
  readonly clientOrderId: bigint;
  readonly relatedId: bigint;
  readonly amount: number;
  readonly account: number;
  readonly accountSequence: number;
  readonly instrument: number;
  readonly price: number;
  readonly quantity: number;
  readonly leaves: number;
  readonly displayed: number;
  readonly cumulative: number;
  readonly session: number;
  readonly kind: EventKind;
  readonly side: Side;
  readonly liquidity: Liquidity;
  endOfCommand: boolean;
  readonly book: boolean;
  readonly duplicate: boolean;
  readonly reason: Reason;
}

/** The lane of a client order id: its top 16 bits. */
export function laneOf(clientOrderId: bigint): number {
  return Number(clientOrderId >> 48n);
}

/** The counter of a client order id: its low 48 bits. */
export function counterOf(clientOrderId: bigint): number {
  return Number(clientOrderId & 0xffff_ffff_ffffn);
}

export function readCommand(words: Int32Array, at: number): PlainCommand {
  const word = (field: number): number => words[at + field] ?? 0;
  const kindWord = word(COMMAND_KIND_WORD);
  return {
    clientOrderId: readId(words, at + COMMAND_CLIENT_ORDER_ID),
    targetId: readId(words, at + COMMAND_TARGET_ID),
    timeUs: readId(words, at + COMMAND_TIME_US),
    account: word(COMMAND_ACCOUNT) >>> 0,
    session: word(COMMAND_SESSION) >>> 0,
    instrument: word(COMMAND_INSTRUMENT) >>> 0,
    price: word(COMMAND_PRICE),
    quantity: word(COMMAND_QUANTITY) >>> 0,
    displayQuantity: word(COMMAND_DISPLAY_QUANTITY) >>> 0,
    minQuantity: word(COMMAND_MIN_QUANTITY) >>> 0,
    kind: kindWord & 0xff,
    side: (kindWord >>> 8) & 0xff,
    type: (kindWord >>> 16) & 0xff,
    timeInForce: kindWord >>> 24,
    selfTrade: word(COMMAND_FLAGS_WORD) & 0xff,
    trigger: (word(COMMAND_FLAGS_WORD) >>> 8) & 0xff,
    triggerPrice: word(COMMAND_TRIGGER_PRICE),
    flags: word(COMMAND_FLAGS_WORD) >>> 16,
  };
}

/** Reads an event, for comparing and for printing. */
export function readEvent(words: Int32Array, at: number): PlainEvent {
  const word = (field: number): number => words[at + field] ?? 0;
  const kindWord = word(EVENT_KIND_WORD);
  const bits = (kindWord >>> 8) & 0xff;
  return {
    sequence: Number(readId(words, at + EVENT_SEQUENCE)),
    commandSequence: Number(readId(words, at + EVENT_COMMAND_SEQUENCE)),
    timeUs: readId(words, at + EVENT_TIME_US),
    orderId: readId(words, at + EVENT_ORDER_ID),
    clientOrderId: readId(words, at + EVENT_CLIENT_ORDER_ID),
    relatedId: readId(words, at + EVENT_RELATED_ID),
    amount: Number(BigInt.asIntN(64, readId(words, at + EVENT_AMOUNT))),
    account: word(EVENT_ACCOUNT) >>> 0,
    accountSequence: word(EVENT_ACCOUNT_SEQUENCE) >>> 0,
    instrument: word(EVENT_INSTRUMENT) >>> 0,
    price: word(EVENT_PRICE),
    quantity: word(EVENT_QUANTITY) >>> 0,
    leaves: word(EVENT_LEAVES) >>> 0,
    displayed: word(EVENT_DISPLAYED) >>> 0,
    cumulative: word(EVENT_CUMULATIVE) >>> 0,
    session: word(EVENT_SESSION) >>> 0,
    kind: kindWord & 0xff,
    side: bits & EventBit.Sell,
    liquidity: (bits >> 1) & 3,
    endOfCommand: (bits & EventBit.EndOfCommand) !== 0,
    book: (bits & EventBit.Book) !== 0,
    duplicate: (bits & EventBit.Duplicate) !== 0,
    reason: kindWord >>> 16,
  };
}

/** Writes an event as the 24 words that an engine would write. */
export function writeEvent(event: PlainEvent, words: Int32Array, at: number): void {
  const bits =
    event.side |
    (event.liquidity << 1) |
    (event.endOfCommand ? EventBit.EndOfCommand : 0) |
    (event.book ? EventBit.Book : 0) |
    (event.duplicate ? EventBit.Duplicate : 0);
  writeId(words, at + EVENT_SEQUENCE, BigInt(event.sequence));
  writeId(words, at + EVENT_COMMAND_SEQUENCE, BigInt(event.commandSequence));
  writeId(words, at + EVENT_TIME_US, event.timeUs);
  writeId(words, at + EVENT_ORDER_ID, event.orderId);
  writeId(words, at + EVENT_CLIENT_ORDER_ID, event.clientOrderId);
  writeId(words, at + EVENT_RELATED_ID, event.relatedId);
  writeId(words, at + EVENT_AMOUNT, BigInt(event.amount));
  words[at + EVENT_ACCOUNT] = event.account;
  words[at + EVENT_ACCOUNT_SEQUENCE] = event.accountSequence;
  words[at + EVENT_INSTRUMENT] = event.instrument;
  words[at + EVENT_PRICE] = event.price;
  words[at + EVENT_QUANTITY] = event.quantity;
  words[at + EVENT_LEAVES] = event.leaves;
  words[at + EVENT_DISPLAYED] = event.displayed;
  words[at + EVENT_CUMULATIVE] = event.cumulative;
  words[at + EVENT_SESSION] = event.session;
  words[at + EVENT_KIND_WORD] = event.kind | (bits << 8) | (event.reason << 16);
}

/** An unsigned 64-bit word of a record. */
export function readId(words: Int32Array, at: number): bigint {
  const low = (words[at] ?? 0) >>> 0;
  const high = (words[at + 1] ?? 0) >>> 0;
  return high === 0 ? BigInt(low) : (BigInt(high) << 32n) | BigInt(low);
}

export function writeId(words: Int32Array, at: number, id: bigint): void {
  words[at] = Number(BigInt.asIntN(32, id));
  words[at + 1] = Number(BigInt.asIntN(32, id >> 32n));
}
