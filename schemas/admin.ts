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
import { AssetTerms } from './generated/asset-terms.js';
import { BustTerms } from './generated/bust-terms.js';
import { FeeTerms } from './generated/fee-terms.js';
import { InstrumentTerms } from './generated/instrument-terms.js';
import { KeyTerms } from './generated/key-terms.js';
import { LimitTerms } from './generated/limit-terms.js';
import { NoteTerms } from './generated/note-terms.js';
import { TickRow } from './generated/tick-row.js';
import { checkParts } from './kinds.js';
import {
  COMMAND_KIND_WORD,
  COMMAND_WORDS,
  EVENT_BYTES,
  MAX_PARTS,
  NO_PRICE,
  PART_PAYLOAD_AT_BYTE,
  PART_PAYLOAD_BYTES,
} from './layout.js';
import { PUBLIC_KEY_BYTES } from './logon.js';

/** Shard of an instrument that leaves the choice to the engine. */
export const ANY_SHARD = 0xffff;

const SYMBOL = /^[A-Za-z0-9._/-]{1,32}$/;
const ASSET = /^[A-Za-z0-9._-]{1,16}$/;
/** Fee tiers of an account: 0 to this. */
export const LAST_FEE_TIER = 7;
/** Fees are in millionths of the notional, and never above all of it. */
export const FEE_WHOLE = 1_000_000;
/** The largest position of an account in an instrument, in lots. */
export const MOST_POSITION = 2 ** 36;
const MAX_NAME_BYTES = 64;
/** Of the text of a Note. */
export const MAX_NOTE_BYTES = 200;
/** Trades of a shard that may be made void, ever. */
export const MOST_BUSTS = 65_536;
const MAX_DECIMALS = 9;
/** One word of the engine. */
const MAX_BAND = 0x3fffffff;
const MAX_TICK = 0x7fffffff;
/** Of a tick table. */
const MOST_TICK_ROWS = 16;
/** Orders a second: with more, tokens times microseconds would not be exact. */
const MOST_RATE = 1_000_000;
const ALL_RIGHTS = Right.Read | Right.Trade | Right.Market | Right.Admin | Right.Risk;
const PAYLOAD_AT_WORD = PART_PAYLOAD_AT_BYTE / 4;
const PAYLOAD_WORDS = PART_PAYLOAD_BYTES / 4;

/** Prices of this row are `from` and whole ticks above it, until the next row begins. */
export interface TickRowFields {
  readonly from: number;
  readonly tick: number;
}

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
  /** Assets that are paid: both above 0, or both 0 for an instrument that reserves no money. */
  readonly baseAsset: number;
  readonly quoteAsset: number;
  /** Amount of the base asset in one lot. */
  readonly baseUnit: number;
  /** Millionths: no fee of the instrument is above it. */
  readonly feeCap: number;
  /** Ticks that the price of an order may be away from the reference price; 0: any number. */
  readonly staticBand: number;
  /** By rising price, at most MOST_TICK_ROWS; none: every price is on a tick. */
  readonly ticks: readonly TickRowFields[];
  /** An uncross first keeps own orders from trading with each other, as the mode of the newer one says. */
  readonly auctionSelfTrade: boolean;
  /** Ticks that an order may trade away from the price before its command; 0: any number. */
  readonly dynamicBand: number;
  /** There what could rest does, and a volatility auction starts; without it the rest is cancelled. */
  readonly bandAuction: boolean;
}

/** Terms of an instrument without money and without bands may leave these out. */
type MoreTerms =
  | 'baseAsset'
  | 'quoteAsset'
  | 'baseUnit'
  | 'feeCap'
  | 'staticBand'
  | 'ticks'
  | 'auctionSelfTrade'
  | 'dynamicBand'
  | 'bandAuction';

export interface AccountTermsFields {
  /** 1 to 64 bytes of UTF-8. */
  readonly name: string;
  /** Accounts of one group do not trade with each other where their orders ask for that; 0: the account by itself. */
  readonly selfTradeGroup: number;
}

/** Fees of a tier in one instrument: millionths of the notional, a rebate is negative. */
export interface FeeTermsFields {
  /** 0 to LAST_FEE_TIER. */
  readonly tier: number;
  readonly maker: number;
  readonly taker: number;
  readonly auction: number;
}

/** What an account may do in each shard; 0: no limit. */
export interface LimitTermsFields {
  /** Lots of one order. */
  readonly orderQuantity: number;
  /** Amount of one order. */
  readonly orderNotional: number;
  readonly openOrders: number;
  /** Lots, long or short, as if every open order of a side had traded; at most MOST_POSITION. */
  readonly position: number;
  /** New orders and replaces a second, and how many of them at once (at least 1 with a rate, 0 without). */
  readonly rate: number;
  readonly burst: number;
  readonly feeTier: number;
}

export interface AssetTermsFields {
  /** 1 to 16 of A-Z a-z 0-9 . _ - */
  readonly name: string;
  readonly decimals: number;
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
  | ({ readonly type: 'key' } & KeyTermsFields)
  | ({ readonly type: 'fees' } & FeeTermsFields)
  | ({ readonly type: 'limits' } & LimitTermsFields)
  | ({ readonly type: 'asset' } & AssetTermsFields)
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'bust'; readonly fills: Uint8Array };

/** Words of the Parts, to be put behind a head; their operation id is zero, see setOperationId. */
export function encodeInstrumentTerms(
  terms: Omit<InstrumentTermsFields, MoreTerms> & Partial<Pick<InstrumentTermsFields, MoreTerms>>,
): Int32Array {
  const builder = new Builder(128);
  const symbol = builder.createString(terms.symbol);
  const ticks = encodeTicks(builder, terms.ticks ?? []);
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
      terms.baseAsset ?? 0,
      terms.quoteAsset ?? 0,
      terms.baseUnit ?? 1,
      terms.feeCap ?? 0,
      terms.staticBand ?? 0,
      ticks,
      terms.auctionSelfTrade ?? false,
      terms.dynamicBand ?? 0,
      terms.bandAuction ?? false,
    ),
  );
}

/** Vectors of structs are built from behind. */
function encodeTicks(builder: Builder, rows: readonly TickRowFields[]): Offset {
  if (rows.length === 0) return 0;
  InstrumentTerms.startTicksVector(builder, rows.length);
  for (const { from, tick } of rows.toReversed()) TickRow.createTickRow(builder, from, tick);
  return builder.endVector();
}

export function encodeAccountTerms(terms: Pick<AccountTermsFields, 'name'> & Partial<AccountTermsFields>): Int32Array {
  const builder = new Builder(128);
  return encodeParts(
    builder,
    AccountTerms.createAccountTerms(builder, builder.createString(terms.name), terms.selfTradeGroup ?? 0),
  );
}

export function encodeFeeTerms(terms: FeeTermsFields): Int32Array {
  const builder = new Builder(64);
  return encodeParts(builder, FeeTerms.createFeeTerms(builder, terms.tier, terms.maker, terms.taker, terms.auction));
}

export function encodeLimitTerms(terms: Partial<LimitTermsFields>): Int32Array {
  const builder = new Builder(128);
  return encodeParts(
    builder,
    LimitTerms.createLimitTerms(
      builder,
      terms.orderQuantity ?? 0,
      BigInt(terms.orderNotional ?? 0),
      terms.openOrders ?? 0,
      BigInt(terms.position ?? 0),
      terms.rate ?? 0,
      terms.burst ?? 0,
      terms.feeTier ?? 0,
    ),
  );
}

export function encodeAssetTerms(terms: AssetTermsFields): Int32Array {
  const builder = new Builder(64);
  return encodeParts(builder, AssetTerms.createAssetTerms(builder, builder.createString(terms.name), terms.decimals));
}

export function encodeKeyTerms(terms: KeyTermsFields): Int32Array {
  const builder = new Builder(128);
  const publicKey = KeyTerms.createPublicKeyVector(builder, terms.publicKey);
  const label = builder.createString(terms.label);
  return encodeParts(builder, KeyTerms.createKeyTerms(builder, publicKey, terms.rights, label));
}

/** text: why a command is given. */
export function encodeNoteTerms(text: string): Int32Array {
  const builder = new Builder(256);
  return encodeParts(builder, NoteTerms.createNoteTerms(builder, builder.createString(text)));
}

/** fills: the words of both events of a trade, as they lie in the journal. */
export function encodeBustTerms(fills: Int32Array): Int32Array {
  const builder = new Builder(256);
  const bytes = new Uint8Array(fills.buffer, fills.byteOffset, fills.byteLength);
  return encodeParts(builder, BustTerms.createBustTerms(builder, BustTerms.createFillsVector(builder, bytes)));
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
  if (kind === CommandKind.AddAccount) return decodeAccountTerms(bytes);
  if (kind === CommandKind.SetFees) return decodeFeeTerms(bytes);
  if (kind === CommandKind.SetLimits) return decodeLimitTerms(bytes);
  if (kind === CommandKind.Bust || kind === CommandKind.Correction) return decodeBustTerms(bytes);
  if (kind === CommandKind.Note) return decodeNoteTerms(bytes);
  return kind === CommandKind.AddAsset ? decodeAssetTerms(bytes) : decodeKeyTerms(bytes);
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
    baseAsset: table.baseAsset(),
    quoteAsset: table.quoteAsset(),
    baseUnit: table.baseUnit(),
    feeCap: table.feeCap(),
    staticBand: table.staticBand(),
    ticks: decodeTicks(table),
    auctionSelfTrade: table.auctionSelfTrade(),
    dynamicBand: table.dynamicBand(),
    bandAuction: table.bandAuction(),
  };
  // NO_PRICE is not a price, so it is no bound either.
  const pricesHold = terms.priceMin !== NO_PRICE && terms.priceMin <= terms.priceMax;
  const referenceHolds =
    terms.referencePrice === null || (terms.referencePrice >= terms.priceMin && terms.referencePrice <= terms.priceMax);
  const staticHolds = terms.staticBand === 0 || (terms.staticBand <= MAX_BAND && terms.referencePrice !== null);
  const bandHolds = staticHolds && terms.dynamicBand <= MAX_BAND && !(terms.bandAuction && terms.dynamicBand === 0);
  const decimalsHold = terms.priceDecimals <= MAX_DECIMALS && terms.quantityDecimals <= MAX_DECIMALS;
  const sizesHold = terms.quantityMax >= 1 && terms.unit >= 1;
  const holds = SYMBOL.test(terms.symbol) && pricesHold && referenceHolds && decimalsHold && sizesHold;
  return holds && bandHolds && ticksHold(terms) && moneyHolds(terms) ? terms : Reason.TermsOutOfRange;
}

function decodeTicks(table: InstrumentTerms): TickRowFields[] {
  return Array.from({ length: table.ticksLength() }, (_, index) => {
    const row = table.ticks(index);
    return { from: row?.from() ?? 0, tick: row?.tick() ?? 0 };
  });
}

/** Rows rise from the lowest price on, and the highest price is on a tick. */
function ticksHold({ ticks, priceMin, priceMax }: InstrumentTermsFields): boolean {
  const last = ticks.at(-1);
  if (last === undefined) return true;
  const rise = ticks.every(({ from }, index) => from > (ticks[index - 1]?.from ?? priceMin - 1));
  const are = ticks.every(({ tick }) => tick >= 1 && tick <= MAX_TICK);
  const bounds = ticks[0]?.from === priceMin && last.from <= priceMax && (priceMax - last.from) % last.tick === 0;
  return ticks.length <= MOST_TICK_ROWS && rise && are && bounds;
}

/** Both assets or neither; money needs prices of at least 1; without it there is no fee. */
function moneyHolds(terms: InstrumentTermsFields): boolean {
  if (terms.baseUnit < 1 || terms.feeCap > FEE_WHOLE) return false;
  if (terms.baseAsset === 0 && terms.quoteAsset === 0) return terms.baseUnit === 1 && terms.feeCap === 0;
  return terms.baseAsset !== 0 && terms.quoteAsset !== 0 && terms.baseAsset !== terms.quoteAsset && terms.priceMin >= 1;
}

function decodeFeeTerms(bytes: Uint8Array): Terms | number {
  const refused = verifyTerms(bytes, 'FeeTerms');
  if (refused !== 0) return refused;
  const table = FeeTerms.getRootAsFeeTerms(new ByteBuffer(bytes));
  const terms: Terms = {
    type: 'fees',
    tier: table.tier(),
    maker: table.maker(),
    taker: table.taker(),
    auction: table.auction(),
  };
  const inRange = [terms.maker, terms.taker, terms.auction].every((fee) => fee >= -FEE_WHOLE && fee <= FEE_WHOLE);
  return inRange && terms.tier <= LAST_FEE_TIER && terms.auction >= 0 ? terms : Reason.TermsOutOfRange;
}

function decodeLimitTerms(bytes: Uint8Array): Terms | number {
  const refused = verifyTerms(bytes, 'LimitTerms');
  if (refused !== 0) return refused;
  const table = LimitTerms.getRootAsLimitTerms(new ByteBuffer(bytes));
  const terms: Terms = {
    type: 'limits',
    orderQuantity: table.orderQuantity(),
    orderNotional: Number(table.orderNotional()),
    openOrders: table.openOrders(),
    position: Number(table.position()),
    rate: table.rate(),
    burst: table.burst(),
    feeTier: table.feeTier(),
  };
  const amountsHold = terms.orderNotional <= Number.MAX_SAFE_INTEGER && terms.position <= MOST_POSITION;
  const rateHolds = terms.rate <= MOST_RATE && terms.burst <= MOST_RATE && terms.rate > 0 === terms.burst > 0;
  return amountsHold && rateHolds && terms.feeTier <= LAST_FEE_TIER ? terms : Reason.TermsOutOfRange;
}

function decodeAssetTerms(bytes: Uint8Array): Terms | number {
  const refused = verifyTerms(bytes, 'AssetTerms');
  if (refused !== 0) return refused;
  const table = AssetTerms.getRootAsAssetTerms(new ByteBuffer(bytes));
  const terms: Terms = { type: 'asset', name: table.name() ?? '', decimals: table.decimals() };
  return ASSET.test(terms.name) && terms.decimals <= MAX_DECIMALS ? terms : Reason.TermsOutOfRange;
}

function decodeNoteTerms(bytes: Uint8Array): Terms | number {
  const refused = verifyTerms(bytes, 'NoteTerms');
  if (refused !== 0) return refused;
  const text = NoteTerms.getRootAsNoteTerms(new ByteBuffer(bytes)).text() ?? '';
  return text !== '' && isText(text, MAX_NOTE_BYTES) ? { type: 'note', text } : Reason.TermsOutOfRange;
}

function decodeBustTerms(bytes: Uint8Array): Terms | number {
  const refused = verifyTerms(bytes, 'BustTerms');
  if (refused !== 0) return refused;
  const fills = Uint8Array.from(BustTerms.getRootAsBustTerms(new ByteBuffer(bytes)).fillsArray() ?? []);
  return fills.length === 2 * EVENT_BYTES ? { type: 'bust', fills } : Reason.TermsOutOfRange;
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
export function isText(text: string, most = MAX_NAME_BYTES): boolean {
  return new TextEncoder().encode(text).length <= most && !/\p{Cc}/u.test(text);
}
