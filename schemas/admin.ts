/**
 * The terms of admin records and the Parts that carry them: a FlatBuffer of one terms table, cut into payloads of 40
 * bytes, zeros behind it. Decoding verifies everything and checks what must hold wherever the record comes from; what
 * depends on state or on limits of the venue (symbol taken, notional too large, shard unknown) is the engine's. Any
 * thread; cold.
 */

import { Builder, ByteBuffer, type Offset } from 'flatbuffers';
import { CommandKind, Reason, Right } from './codes.js';
import { verifyTerms } from './control-verifier.js';
import { AccountTerms } from './generated/account-terms.js';
import { InstrumentTerms } from './generated/instrument-terms.js';
import { KeyTerms } from './generated/key-terms.js';
import { checkParts } from './kinds.js';
import {
  COMMAND_KIND_WORD,
  COMMAND_WORDS,
  MAX_PARTS,
  NO_PRICE,
  PART_PAYLOAD_AT_BYTE,
  PART_PAYLOAD_BYTES,
} from './layout.js';
import { PUBLIC_KEY_BYTES } from './logon.js';

/** Shard of an instrument that leaves the choice to the engine. */
export const ANY_SHARD = 0xffff;

const SYMBOL = /^[A-Za-z0-9._/-]{1,32}$/;
const MAX_NAME_BYTES = 64;
const MAX_DECIMALS = 9;
const ALL_RIGHTS = Right.Read | Right.Trade | Right.Market | Right.Admin;
const PAYLOAD_AT_WORD = PART_PAYLOAD_AT_BYTE / 4;
const PAYLOAD_WORDS = PART_PAYLOAD_BYTES / 4;

export interface InstrumentTermsFields {
  /** 1 to 32 of A-Z a-z 0-9 . _ - / */
  readonly symbol: string;
  /** A shard, or ANY_SHARD. */
  readonly shard: number;
  /** Ticks, both inclusive. */
  readonly priceMin: number;
  readonly priceMax: number;
  /** Lots, at most this many in an order. */
  readonly quantityMax: number;
  /** Amount of one tick times one lot. */
  readonly unit: number;
  /** Ticks; null: none. */
  readonly referencePrice: number | null;
  /** For people: how many digits of a price and a quantity stand behind the point. */
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
}

export interface AccountTermsFields {
  /** 1 to 64 bytes of UTF-8. */
  readonly name: string;
  /** Accounts of one group do not trade with each other where their orders ask for that; 0: the account by itself. */
  readonly selfTradeGroup: number;
}

export interface KeyTermsFields {
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Bits of Right, at least one. */
  readonly rights: number;
  /** 0 to 64 bytes of UTF-8. */
  readonly label: string;
}

export type Terms =
  | ({ readonly type: 'instrument' } & InstrumentTermsFields)
  | ({ readonly type: 'account' } & AccountTermsFields)
  | ({ readonly type: 'key' } & KeyTermsFields);

/** Words of the Parts, to be put behind a head; their operation id is zero, see setOperationId. */
export function encodeInstrumentTerms(terms: InstrumentTermsFields): Int32Array {
  const builder = new Builder(128);
  const symbol = builder.createString(terms.symbol);
  return encodeParts(
    builder,
    InstrumentTerms.createInstrumentTerms(
      builder,
      symbol,
      terms.shard,
      terms.priceMin,
      terms.priceMax,
      terms.quantityMax,
      terms.unit,
      terms.referencePrice ?? NO_PRICE,
      terms.priceDecimals,
      terms.quantityDecimals,
    ),
  );
}

export function encodeAccountTerms(terms: Pick<AccountTermsFields, 'name'> & Partial<AccountTermsFields>): Int32Array {
  const builder = new Builder(128);
  return encodeParts(
    builder,
    AccountTerms.createAccountTerms(builder, builder.createString(terms.name), terms.selfTradeGroup ?? 0),
  );
}

export function encodeKeyTerms(terms: KeyTermsFields): Int32Array {
  const builder = new Builder(128);
  const publicKey = KeyTerms.createPublicKeyVector(builder, terms.publicKey);
  const label = builder.createString(terms.label);
  return encodeParts(builder, KeyTerms.createKeyTerms(builder, publicKey, terms.rights, label));
}

/** Throws RangeError when the terms do not fit in 32 Parts. */
function encodeParts(builder: Builder, root: Offset): Int32Array {
  builder.finish(root);
  const payload = builder.asUint8Array();
  const count = Math.ceil(payload.length / PART_PAYLOAD_BYTES);
  if (count > MAX_PARTS) throw new RangeError(`Terms of ${payload.length} bytes do not fit in ${MAX_PARTS} Parts.`);
  const words = new Int32Array(count * COMMAND_WORDS);
  const bytes = new Uint8Array(words.buffer);
  for (let index = 0; index < count; index++) {
    const at = index * COMMAND_WORDS;
    words[at + 2] = index | (count << 8);
    words[at + COMMAND_KIND_WORD] = CommandKind.Part;
    const piece = payload.subarray(index * PART_PAYLOAD_BYTES, (index + 1) * PART_PAYLOAD_BYTES);
    bytes.set(piece, at * 4 + PART_PAYLOAD_AT_BYTE);
  }
  return words;
}

/** Writes the operation id into the head at word `at` and the Parts behind it. */
export function setOperationId(words: Int32Array, at: number, parts: number, low: number, high: number): void {
  for (let record = 0; record <= parts; record++) {
    words[at + record * COMMAND_WORDS] = low;
    words[at + record * COMMAND_WORDS + 1] = high;
  }
}

/**
 * The terms behind the head at word `at`, of which `records` records (head included) are there: an object, or a Reason:
 * BadKind for a head without terms, BadParts, BadPayload, TermsOutOfRange.
 */
export function decodeTerms(words: Int32Array, at: number, records: number): Terms | number {
  const parts = checkParts(words, at, records);
  if (parts < 0) return -parts;
  if (parts === 0) return Reason.BadKind;
  const payload = new Int32Array(parts * PAYLOAD_WORDS);
  for (let index = 0; index < parts; index++) {
    const from = at + (index + 1) * COMMAND_WORDS + PAYLOAD_AT_WORD;
    for (let word = 0; word < PAYLOAD_WORDS; word++) {
      payload[index * PAYLOAD_WORDS + word] = words[from + word] as number;
    }
  }
  const bytes = new Uint8Array(payload.buffer);
  const kind: CommandKind = (words[at + COMMAND_KIND_WORD] as number) & 0xff;
  if (kind === CommandKind.AddInstrument) return decodeInstrumentTerms(bytes);
  return kind === CommandKind.AddAccount ? decodeAccountTerms(bytes) : decodeKeyTerms(bytes);
}

function decodeInstrumentTerms(bytes: Uint8Array): Terms | number {
  const refused = verifyTerms(bytes, 'InstrumentTerms');
  if (refused !== 0) return refused;
  const table = InstrumentTerms.getRootAsInstrumentTerms(new ByteBuffer(bytes));
  const terms: Terms = {
    type: 'instrument',
    symbol: table.symbol() ?? '',
    shard: table.shard(),
    priceMin: table.priceMin(),
    priceMax: table.priceMax(),
    quantityMax: table.quantityMax(),
    unit: table.unit(),
    referencePrice: table.referencePrice() === NO_PRICE ? null : table.referencePrice(),
    priceDecimals: table.priceDecimals(),
    quantityDecimals: table.quantityDecimals(),
  };
  // NO_PRICE is not a price, so it is no bound either.
  const pricesHold = terms.priceMin !== NO_PRICE && terms.priceMin <= terms.priceMax;
  const referenceHolds =
    terms.referencePrice === null || (terms.referencePrice >= terms.priceMin && terms.referencePrice <= terms.priceMax);
  const decimalsHold = terms.priceDecimals <= MAX_DECIMALS && terms.quantityDecimals <= MAX_DECIMALS;
  const sizesHold = terms.quantityMax >= 1 && terms.unit >= 1;
  const holds = SYMBOL.test(terms.symbol) && pricesHold && referenceHolds && decimalsHold && sizesHold;
  return holds ? terms : Reason.TermsOutOfRange;
}

function decodeAccountTerms(bytes: Uint8Array): Terms | number {
  const refused = verifyTerms(bytes, 'AccountTerms');
  if (refused !== 0) return refused;
  const table = AccountTerms.getRootAsAccountTerms(new ByteBuffer(bytes));
  const name = table.name() ?? '';
  const terms: Terms = { type: 'account', name, selfTradeGroup: table.selfTradeGroup() };
  return name !== '' && isText(name) ? terms : Reason.TermsOutOfRange;
}

function decodeKeyTerms(bytes: Uint8Array): Terms | number {
  const refused = verifyTerms(bytes, 'KeyTerms');
  if (refused !== 0) return refused;
  const table = KeyTerms.getRootAsKeyTerms(new ByteBuffer(bytes));
  const publicKey = Uint8Array.from(table.publicKeyArray() ?? []);
  const rights = table.rights();
  const label = table.label() ?? '';
  const rightsHold = rights !== 0 && (rights & ~ALL_RIGHTS) === 0;
  const holds = publicKey.length === PUBLIC_KEY_BYTES && rightsHold && isText(label);
  return holds ? { type: 'key', publicKey, rights, label } : Reason.TermsOutOfRange;
}

/** Short, and nothing in it that could forge a line of a log or a terminal. */
function isText(text: string): boolean {
  return new TextEncoder().encode(text).length <= MAX_NAME_BYTES && !/\p{Cc}/u.test(text);
}
