/**
 * Where each field of the two records lies, in 32-bit words and in bytes (records.fbs is the source; a test compares).
 * Any thread. Assumes a little-endian machine, which is asserted at load: the wire, the rings and the journal hold
 * little-endian bytes and the hot path reads them as native words.
 *
 *   Command, 64 bytes = 16 words                      Event, 96 bytes = 24 words
 *    0 clientOrderId  2 targetId  4 timeUs             0 sequence  2 commandSequence  4 timeUs  6 orderId
 *    6 account  7 session  8 instrument  9 price       8 clientOrderId  10 relatedId  12 amount
 *   10 quantity 11 display 12 trigger  13 minQuantity 14 account 15 accountSequence 16 instrument 17 price
 *   14 kind|side|type|tif  15 selfTrade|trigger|flags 18 quantity 19 leaves 20 displayed 21 cumulative
 *                                                     22 session  23 kind|bits|reason
 */

export const COMMAND_BYTES = 64;
export const COMMAND_WORDS = 16;
export const EVENT_BYTES = 96;
export const EVENT_WORDS = 24;
/** Word indexes are below 2^31; said where one is made, it spares checks (docs/decisions/0008). */
export const WORD_MASK = 0x7fffffff;

/** At most this many records (Parts included) in one frame. */
export const MAX_FRAME_RECORDS = 256;
/** Our own bound of a frame in bytes, refused with a code; the socket's bound is twice that. */
export const MAX_FRAME_BYTES = 32 * 1024;
/** At most this many Parts behind a head, of so many payload bytes each. */
export const MAX_PARTS = 32;
export const PART_PAYLOAD_BYTES = 40;
export const PART_PAYLOAD_AT_BYTE = 16;

/** Word indexes of a Command. Two-word fields name their low word; the high one follows. */
export const COMMAND_CLIENT_ORDER_ID = 0;
export const COMMAND_TARGET_ID = 2;
export const COMMAND_TIME_US = 4;
export const COMMAND_ACCOUNT = 6;
export const COMMAND_SESSION = 7;
export const COMMAND_INSTRUMENT = 8;
export const COMMAND_PRICE = 9;
export const COMMAND_QUANTITY = 10;
export const COMMAND_DISPLAY_QUANTITY = 11;
export const COMMAND_TRIGGER_PRICE = 12;
export const COMMAND_MIN_QUANTITY = 13;
/** kind (bits 0-7), side (8-15), type (16-23), time in force (24-31). */
export const COMMAND_KIND_WORD = 14;
/** self-trade (bits 0-7), trigger (8-15), flags (16-31). */
export const COMMAND_FLAGS_WORD = 15;

/** Word indexes of an Event. */
export const EVENT_SEQUENCE = 0;
export const EVENT_COMMAND_SEQUENCE = 2;
export const EVENT_TIME_US = 4;
export const EVENT_ORDER_ID = 6;
export const EVENT_CLIENT_ORDER_ID = 8;
export const EVENT_RELATED_ID = 10;
export const EVENT_AMOUNT = 12;
export const EVENT_ACCOUNT = 14;
export const EVENT_ACCOUNT_SEQUENCE = 15;
export const EVENT_INSTRUMENT = 16;
export const EVENT_PRICE = 17;
export const EVENT_QUANTITY = 18;
export const EVENT_LEAVES = 19;
export const EVENT_DISPLAYED = 20;
export const EVENT_CUMULATIVE = 21;
export const EVENT_SESSION = 22;
/** kind (bits 0-7), bits (8-15), reason (16-31). */
export const EVENT_KIND_WORD = 23;

/** Event bits as they lie in the kind word. */
export const EVENT_SELL_BIT = 1 << 8;
export const EVENT_LIQUIDITY_SHIFT = 9;
export const EVENT_END_OF_COMMAND_BIT = 1 << 11;
export const EVENT_BOOK_BIT = 1 << 12;
export const EVENT_DUPLICATE_BIT = 1 << 13;

/** No price: a market order without a worst price, an empty side, an unset reference. */
export const NO_PRICE = -0x80000000;

/** A 64-bit number in two halves as an exact double; halves are read unsigned. Exact up to 2^53 - 1. */
export function joinWords(low: number, high: number): number {
  return (high >>> 0) * 4294967296 + (low >>> 0);
}

/** The high half of an exact double from 0 to 2^53 - 1; the low half is `value >>> 0`. */
export function highWord(value: number): number {
  return Math.floor(value / 4294967296) >>> 0;
}

if (new Uint8Array(Uint32Array.of(1).buffer)[0] !== 1) {
  throw new Error('Tredye runs on little-endian machines only: its records are native words.');
}
