/**
 * Instruments, accounts and keys, by number from 1: what the admin records have made of them.
 * The shard's thread. Every shard knows all instruments (their ids are the same everywhere), and trades its own.
 * Their words: registry-words.ts.
 */

import * as layout from '../schemas/layout.js';
import type { Limits } from './limits.js';
import * as registryWords from './registry-words.js';
import { tickBelow } from './tick-table.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { NO_PRICE } = layout;
const {
  ACCOUNT_CHAIN_NEXT,
  ACCOUNT_OWNER,
  ACCOUNT_SELF_TRADE_GROUP,
  ACCOUNT_SHIFT,
  ASSET_BYTES,
  BAND_AUCTION,
  BAND_SHIFT,
  BAND_TICKS,
  BANDED,
  INSTRUMENT_BASE_ASSET,
  INSTRUMENT_CHAIN_NEXT,
  INSTRUMENT_LAST,
  INSTRUMENT_PRICE_MAX,
  INSTRUMENT_PRICE_MIN,
  INSTRUMENT_QUANTITY_MAX,
  INSTRUMENT_QUOTE_ASSET,
  INSTRUMENT_REFERENCE,
  INSTRUMENT_SHARD,
  INSTRUMENT_SHIFT,
  INSTRUMENT_STATIC_BAND,
  INSTRUMENT_SYMBOL_BYTES,
  INSTRUMENT_TRACKED,
  INSTRUMENT_UNIT,
  KEY_ACCOUNT,
  KEY_RIGHTS,
  KEY_SHIFT,
  PREVENTS_IN_AUCTION,
  PUBLIC_KEY_BYTES,
  SYMBOL_BYTES,
  TICK_ROWS,
  TICKED,
  TICKS_SHIFT,
} = registryWords;

/** Terms of a new instrument, all checked. */
export interface NewInstrument {
  readonly symbol: Uint8Array;
  readonly shard: number;
  readonly priceMin: number;
  readonly priceMax: number;
  readonly quantityMax: number;
  readonly unit: number;
  readonly referencePrice: number;
  readonly staticBand: number;
  /** At most TICK_ROWS, none: every price is on a tick. */
  readonly ticks: readonly { readonly from: number; readonly tick: number }[];
  readonly baseAsset: number;
  readonly quoteAsset: number;
  readonly auctionSelfTrade: boolean;
  readonly dynamicBand: number;
  readonly bandAuction: boolean;
}

export class Registry {
  readonly instruments: Int32Array;
  readonly symbols: Uint8Array;
  readonly ticks: Int32Array;
  readonly bands: Int32Array;
  readonly accounts: Int32Array;
  readonly keys: Int32Array;
  readonly publicKeys: Uint8Array;
  /** Names of assets by number, ASSET_BYTES each, zeros behind. */
  readonly assetNames: Uint8Array;
  readonly maxInstruments: number;
  readonly maxAccounts: number;
  readonly maxKeys: number;
  readonly maxAssets: number;
  instrumentCount = 0;
  accountCount = 0;
  keyCount = 0;
  assetCount = 0;
  /** The admin number of the last record applied; the next one is this plus 1. */
  adminNumber = 0;
  private readonly symbolBuckets: Int32Array;
  private readonly symbolMask: number;
  private readonly groupBuckets: Int32Array;

  constructor(limits: Limits) {
    this.maxInstruments = limits.maxInstruments;
    this.maxAccounts = limits.maxAccounts;
    this.maxKeys = limits.maxKeys;
    this.maxAssets = limits.maxAssets;
    this.instruments = new Int32Array((limits.maxInstruments + 1) << INSTRUMENT_SHIFT);
    this.symbols = new Uint8Array((limits.maxInstruments + 1) * SYMBOL_BYTES);
    this.ticks = new Int32Array((limits.maxInstruments + 1) << TICKS_SHIFT);
    this.bands = new Int32Array((limits.maxInstruments + 1) << BAND_SHIFT);
    this.accounts = new Int32Array((limits.maxAccounts + 1) << ACCOUNT_SHIFT);
    this.keys = new Int32Array((limits.maxKeys + 1) << KEY_SHIFT);
    this.publicKeys = new Uint8Array((limits.maxKeys + 1) * PUBLIC_KEY_BYTES);
    this.assetNames = new Uint8Array((limits.maxAssets + 1) * ASSET_BYTES);
    this.symbolBuckets = new Int32Array(bucketsFor(limits.maxInstruments));
    this.symbolMask = this.symbolBuckets.length - 1;
    this.groupBuckets = new Int32Array(bucketsFor(limits.maxAccounts));
  }

  hasInstrument(instrument: number): boolean {
    return instrument >= 1 && instrument <= this.instrumentCount;
  }

  hasAccount(account: number): boolean {
    return account >= 1 && account <= this.accountCount;
  }

  hasKey(key: number): boolean {
    return key >= 1 && key <= this.keyCount;
  }

  hasAsset(asset: number): boolean {
    return asset >= 1 && asset <= this.assetCount;
  }

  /** The asset with this name, or 0. */
  findAsset(name: Uint8Array): number {
    for (let asset = 1; asset <= this.assetCount; asset++) {
      let same = 0;
      while (same < ASSET_BYTES && this.assetNames[asset * ASSET_BYTES + same] === (name[same] ?? 0)) same++;
      if (same === ASSET_BYTES) return asset;
    }
    return 0;
  }

  /** Adds an asset; returns its id. */
  addAsset(name: Uint8Array): number {
    const asset = ++this.assetCount;
    this.assetNames.set(name, asset * ASSET_BYTES);
    return asset;
  }

  /** The instrument with this symbol, or 0. */
  findSymbol(symbol: Uint8Array): number {
    let instrument = this.symbolBuckets[hashBytes(symbol, symbol.length) & this.symbolMask] as number;
    while (instrument !== 0) {
      if (this.isSymbol(instrument, symbol)) return instrument;
      instrument = this.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_CHAIN_NEXT] as number;
    }
    return 0;
  }

  private isSymbol(instrument: number, symbol: Uint8Array): boolean {
    const word = this.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_SYMBOL_BYTES] as number;
    const length = word & ~PREVENTS_IN_AUCTION;
    if (length !== symbol.length) return false;
    const from = instrument * SYMBOL_BYTES;
    for (let index = 0; index < length; index++) {
      if (this.symbols[from + index] !== symbol[index]) return false;
    }
    return true;
  }

  /** Adds an instrument, closed; returns its id. The caller has checked the terms, the symbol and the room. */
  addInstrument(terms: NewInstrument): number {
    const instrument = ++this.instrumentCount;
    const at = instrument << INSTRUMENT_SHIFT;
    const words = this.instruments;
    words[at + INSTRUMENT_SHARD] = terms.shard;
    words[at + INSTRUMENT_PRICE_MIN] = terms.priceMin;
    words[at + INSTRUMENT_PRICE_MAX] = terms.priceMax;
    words[at + INSTRUMENT_QUANTITY_MAX] = terms.quantityMax;
    words[at + INSTRUMENT_UNIT] = terms.unit;
    words[at + INSTRUMENT_REFERENCE] = terms.referencePrice;
    words[at + INSTRUMENT_STATIC_BAND] =
      terms.staticBand | (terms.dynamicBand === 0 ? 0 : BANDED) | (terms.ticks.length === 0 ? 0 : TICKED);
    this.bands[(instrument << BAND_SHIFT) + BAND_TICKS] = terms.dynamicBand;
    this.bands[(instrument << BAND_SHIFT) + BAND_AUCTION] = terms.bandAuction ? 1 : 0;
    let row = instrument << TICKS_SHIFT;
    for (const { from, tick } of terms.ticks) {
      this.ticks[row++] = from;
      this.ticks[row++] = tick;
    }
    words[at + INSTRUMENT_SYMBOL_BYTES] = terms.symbol.length | (terms.auctionSelfTrade ? PREVENTS_IN_AUCTION : 0);
    words[at + INSTRUMENT_LAST] = NO_PRICE;
    words[at + INSTRUMENT_TRACKED] = NO_PRICE;
    words[at + INSTRUMENT_BASE_ASSET] = terms.baseAsset;
    words[at + INSTRUMENT_QUOTE_ASSET] = terms.quoteAsset;
    this.symbols.set(terms.symbol, instrument * SYMBOL_BYTES);
    const bucket = hashBytes(terms.symbol, terms.symbol.length) & this.symbolMask;
    words[at + INSTRUMENT_CHAIN_NEXT] = this.symbolBuckets[bucket] as number;
    this.symbolBuckets[bucket] = instrument;
    return instrument;
  }

  /** Adds an account of a self-trade group (0: none); returns its id. */
  addAccount(selfTradeGroup: number): number {
    const account = ++this.accountCount;
    const at = account << ACCOUNT_SHIFT;
    this.accounts[at + ACCOUNT_SELF_TRADE_GROUP] = selfTradeGroup;
    this.accounts[at + ACCOUNT_OWNER] = this.ownerOf(account, selfTradeGroup);
    return account;
  }

  /** The first account of the group, which may be this one: then the group is known by it. */
  private ownerOf(account: number, group: number): number {
    if (group === 0) return account;
    const bucket = (Math.imul(group, 0x9e3779b1) >>> 8) & (this.groupBuckets.length - 1);
    let owner = this.groupBuckets[bucket] as number;
    while (owner !== 0) {
      const at = owner << ACCOUNT_SHIFT;
      if (this.accounts[at + ACCOUNT_SELF_TRADE_GROUP] === (group | 0)) return owner;
      owner = this.accounts[at + ACCOUNT_CHAIN_NEXT] as number;
    }
    this.accounts[(account << ACCOUNT_SHIFT) + ACCOUNT_CHAIN_NEXT] = this.groupBuckets[bucket] as number;
    this.groupBuckets[bucket] = account;
    return account;
  }

  /** Adds a key of an account; returns its id. */
  addKey(account: number, rights: number, publicKey: Uint8Array): number {
    const key = ++this.keyCount;
    const at = key << KEY_SHIFT;
    this.keys[at + KEY_ACCOUNT] = account;
    this.keys[at + KEY_RIGHTS] = rights;
    this.publicKeys.set(publicKey, key * PUBLIC_KEY_BYTES);
    return key;
  }

  /** Checks terms, symbols and counts; throws with a sentence when something is wrong. */
  validate(shardCount: number): void {
    const words = this.instruments;
    for (let instrument = 1; instrument <= this.instrumentCount; instrument++) {
      const at = instrument << INSTRUMENT_SHIFT;
      const from = instrument * SYMBOL_BYTES;
      const length = (words[at + INSTRUMENT_SYMBOL_BYTES] as number) & ~PREVENTS_IN_AUCTION;
      if (this.findSymbol(this.symbols.subarray(from, from + length)) !== instrument) {
        throw new Error(`instrument ${instrument} is not found by its symbol`);
      }
      if ((words[at + INSTRUMENT_SHARD] as number) >>> 0 >= shardCount) {
        throw new Error(`instrument ${instrument} belongs to a shard that does not exist`);
      }
      const min = words[at + INSTRUMENT_PRICE_MIN] as number;
      const max = words[at + INSTRUMENT_PRICE_MAX] as number;
      const band = (words[at + INSTRUMENT_STATIC_BAND] as number) & ~(TICKED | BANDED);
      if (band > 0 && words[at + INSTRUMENT_REFERENCE] === NO_PRICE) {
        throw new Error(`instrument ${instrument} has a band around nothing`);
      }
      if (min === NO_PRICE || min > max) throw new Error(`instrument ${instrument} has no price that it allows`);
      this.validateTicks(instrument, min, max, (words[at + INSTRUMENT_STATIC_BAND] as number) < 0);
    }
    for (let key = 1; key <= this.keyCount; key++) {
      if (!this.hasAccount(this.keys[(key << KEY_SHIFT) + KEY_ACCOUNT] as number)) {
        throw new Error(`key ${key} belongs to an account that does not exist`);
      }
    }
  }

  private validateTicks(instrument: number, min: number, max: number, ticked: boolean): void {
    const at = instrument << TICKS_SHIFT;
    if ((this.ticks[at + 1] !== 0) !== ticked) throw new Error(`instrument ${instrument} has half a tick table`);
    if (!ticked) return;
    if (this.ticks[at] !== min) throw new Error(`the tick table of instrument ${instrument} has another lowest price`);
    for (let row = 1; row < TICK_ROWS && this.ticks[at + 2 * row + 1] !== 0; row++) {
      const from = this.ticks[at + 2 * row] as number;
      if (from <= (this.ticks[at + 2 * row - 2] as number) || from > max) {
        throw new Error(`the tick table of instrument ${instrument} is out of order`);
      }
    }
    if (tickBelow(this.ticks, instrument, max) !== max) {
      throw new Error(`the highest price of instrument ${instrument} is off its ticks`);
    }
  }
}

/** A power of two. */
function bucketsFor(count: number): number {
  let buckets = 16;
  while (buckets < count) buckets *= 2;
  return buckets;
}

/** FNV-1a over the first bytes. */
function hashBytes(bytes: Uint8Array, length: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < length; index++) hash = Math.imul(hash ^ (bytes[index] as number), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
