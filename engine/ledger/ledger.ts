/**
 * Positions, money and limits of accounts in one shard: the memory, and how its rows are found. What orders do to it is in
 * matching/holdings.ts and matching/money.ts. The shard's thread. Rows are never given back.
 */

import type { Limits } from '../limits.js';
import * as registryWords from '../registry-words.js';
import { wholeShare } from './amounts.js';
import * as ledgerWords from './ledger-words.js';
import * as pairIndex from './pair-index.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { PAIR_FIRST, PAIR_MASK, PAIR_SECOND, PAIR_SHIFT } = pairIndex;
const {
  ACCOUNT_KILLED,
  ACCOUNT_MASK,
  ACCOUNT_NEWEST_HOLDING,
  ACCOUNT_OPEN_ORDERS_MAX,
  ACCOUNT_QUANTITY_MAX,
  ACCOUNT_RATED,
  ACCOUNT_RECENT_HOLDING,
  ACCOUNT_SHIFT,
} = registryWords;
const {
  FEE_SHIFT,
  FEE_TIER_SHIFT,
  HOLDING_BASE_PURSE,
  HOLDING_BASE_UNIT,
  HOLDING_CAP,
  HOLDING_COST,
  HOLDING_FEE_CAP,
  HOLDING_LOT,
  HOLDING_OLDER,
  HOLDING_OPEN,
  HOLDING_ORDER_MAX,
  HOLDING_PLAIN_MAX,
  HOLDING_POSITION,
  HOLDING_QUOTE_PURSE,
  HOLDING_REALISED,
  HOLDING_SHIFT,
  HOLDING_UNIT,
  LIMIT_NOTIONAL,
  LIMIT_POSITION,
  LIMIT_SHIFT,
  MOST_LEDGER,
  MOST_LOTS,
  PURSE_AVAILABLE,
  PURSE_RESERVED,
  PURSE_SHIFT,
  WORTH_BASE_UNIT,
  WORTH_FEE_CAP,
  WORTH_LOT,
  WORTH_SHIFT,
  WORTH_UNIT,
} = ledgerWords;

/** An account may have all orders that there are. */
export const ANY_ORDERS = 0x7fffffff;

export class Ledger {
  readonly holdings: pairIndex.PairIndex;
  readonly holdingWords: Int32Array;
  readonly holdingSums: Float64Array;
  readonly purses: pairIndex.PairIndex;
  readonly purseSums: Float64Array;
  /** Limits of accounts by number. */
  readonly limits: Float64Array;
  /** Worth of instruments by number, and their fees by tier. */
  readonly worth: Float64Array;
  readonly fees: Int32Array;
  /** By asset: what the venue took in fees, and what was deposited less what was withdrawn. */
  readonly venue: Float64Array;
  readonly supply: Float64Array;
  /** Scratch of addUp, by asset. */
  private readonly totals: Float64Array;
  private readonly accounts: Int32Array;

  /** `accounts`: words of the registry. `seed`: 32 bits that clients cannot know. */
  constructor(accounts: Int32Array, limits: Limits, seed: number) {
    this.accounts = accounts;
    this.holdings = new pairIndex.PairIndex(limits.maxHoldings, seed, 9);
    this.holdingWords = this.holdings.words;
    this.holdingSums = new Float64Array(limits.maxHoldings << HOLDING_SHIFT);
    this.purses = new pairIndex.PairIndex(limits.maxPurses, seed, 12);
    this.purseSums = new Float64Array(limits.maxPurses << PURSE_SHIFT);
    this.limits = new Float64Array((limits.maxAccounts + 1) << LIMIT_SHIFT);
    this.worth = new Float64Array((limits.maxInstruments + 1) << WORTH_SHIFT);
    this.fees = new Int32Array(((limits.maxInstruments + 1) << FEE_TIER_SHIFT) << FEE_SHIFT);
    this.venue = new Float64Array(limits.maxAssets + 1);
    this.supply = new Float64Array(limits.maxAssets + 1);
    this.totals = new Float64Array(limits.maxAssets + 1);
  }

  /** A new account has no limits. */
  openAccount(account: number): void {
    const at = account << LIMIT_SHIFT;
    this.limits[at + LIMIT_NOTIONAL] = Number.POSITIVE_INFINITY;
    this.limits[at + LIMIT_POSITION] = Number.POSITIVE_INFINITY;
    this.accounts[(account << ACCOUNT_SHIFT) + ACCOUNT_OPEN_ORDERS_MAX] = ANY_ORDERS;
  }

  /** The account's holding in the instrument, or -1. Most orders are in the instrument of the last one. */
  findHolding(account: number, instrument: number): number {
    const recent = this.accounts[((account & ACCOUNT_MASK) << ACCOUNT_SHIFT) + ACCOUNT_RECENT_HOLDING] as number;
    const at = ((recent - 1) & PAIR_MASK) << PAIR_SHIFT;
    if (recent > 0 && this.holdingWords[at + PAIR_SECOND] === instrument) return recent - 1;
    return this.findHoldingByHash(account, instrument);
  }

  private findHoldingByHash(account: number, instrument: number): number {
    const holding = this.holdings.find(account, instrument);
    if (holding >= 0) this.accounts[(account << ACCOUNT_SHIFT) + ACCOUNT_RECENT_HOLDING] = holding + 1;
    return holding;
  }

  /** Adds a holding that is not there; there is room, also for the purses of the assets (0: none). */
  addHolding(account: number, instrument: number, baseAsset: number, quoteAsset: number): number {
    const holding = this.holdings.add(account, instrument);
    const at = holding << PAIR_SHIFT;
    const accountAt = account << ACCOUNT_SHIFT;
    this.holdingWords[at + HOLDING_BASE_PURSE] = baseAsset === 0 ? -1 : this.purseOf(account, baseAsset);
    this.holdingWords[at + HOLDING_QUOTE_PURSE] = quoteAsset === 0 ? -1 : this.purseOf(account, quoteAsset);
    this.holdingWords[at + HOLDING_OLDER] = this.accounts[accountAt + ACCOUNT_NEWEST_HOLDING] as number;
    this.accounts[accountAt + ACCOUNT_NEWEST_HOLDING] = holding + 1;
    this.accounts[accountAt + ACCOUNT_RECENT_HOLDING] = holding + 1;
    this.copyWorth(holding, instrument);
    this.copyLimits(holding, account);
    return holding;
  }

  /** The limits or the kill switch of an account have changed: its holdings have copies. */
  spreadLimits(account: number): void {
    let holding = (this.accounts[(account << ACCOUNT_SHIFT) + ACCOUNT_NEWEST_HOLDING] as number) - 1;
    while (holding >= 0) {
      this.copyLimits(holding, account);
      holding = (this.holdingWords[(holding << PAIR_SHIFT) + HOLDING_OLDER] as number) - 1;
    }
  }

  private copyWorth(holding: number, instrument: number): void {
    const sums = this.holdingSums;
    const at = holding << HOLDING_SHIFT;
    const worthAt = instrument << WORTH_SHIFT;
    sums[at + HOLDING_UNIT] = this.worth[worthAt + WORTH_UNIT] as number;
    sums[at + HOLDING_BASE_UNIT] = this.worth[worthAt + WORTH_BASE_UNIT] as number;
    sums[at + HOLDING_FEE_CAP] = this.worth[worthAt + WORTH_FEE_CAP] as number;
    sums[at + HOLDING_LOT] = this.worth[worthAt + WORTH_LOT] as number;
  }

  private copyLimits(holding: number, account: number): void {
    const at = holding << HOLDING_SHIFT;
    const accountAt = account << ACCOUNT_SHIFT;
    const most = (this.accounts[accountAt + ACCOUNT_QUANTITY_MAX] as number) >>> 0;
    const killed = this.accounts[accountAt + ACCOUNT_KILLED] !== 0;
    const notional = this.limits[(account << LIMIT_SHIFT) + LIMIT_NOTIONAL] as number;
    const lots = wholeShare(notional, this.holdingSums[at + HOLDING_LOT] as number);
    const largest = killed ? -1 : most === 0 ? lots : Math.min(most, lots);
    const plain =
      this.accounts[accountAt + ACCOUNT_RATED] === 0 &&
      this.accounts[accountAt + ACCOUNT_OPEN_ORDERS_MAX] === ANY_ORDERS &&
      (this.holdingWords[(holding << PAIR_SHIFT) + HOLDING_QUOTE_PURSE] as number) < 0;
    this.holdingSums[at + HOLDING_ORDER_MAX] = largest;
    this.holdingSums[at + HOLDING_PLAIN_MAX] = plain ? largest : -1;
    this.lowerCaps(holding);
  }

  /** Position, cost or limits of a holding have changed otherwise than by a fill: what surely passed may not now. */
  lowerCaps(holding: number): void {
    const at = (holding << HOLDING_SHIFT) + HOLDING_CAP;
    this.holdingSums[at] = -1;
    this.holdingSums[at + 1] = -1;
  }

  /**
   * Lots of a side that may be open now, with what is left of the bounds halved between both sides. `added` lots of side
   * `sell` are about to be open, and within all limits.
   */
  raiseCaps(holding: number, account: number, sell: number, added: number): void {
    const sums = this.holdingSums;
    const at = holding << HOLDING_SHIFT;
    const position = sums[at + HOLDING_POSITION] as number;
    const amount = Math.abs(sums[at + HOLDING_COST] as number) + Math.abs(sums[at + HOLDING_REALISED] as number);
    const most = Math.min(
      MOST_LOTS - Math.abs(position),
      wholeShare(MOST_LEDGER - amount, sums[at + HOLDING_LOT] as number),
    );
    // What would be fewer may be refused yet, and then they stay.
    const more = Math.max(added, 0);
    const buys = (sums[at + HOLDING_OPEN] as number) + (sell === 0 ? more : 0);
    const sells = (sums[at + HOLDING_OPEN + 1] as number) + (sell === 0 ? 0 : more);
    const half = Math.floor((most - buys - sells) / 2);
    const limit = this.limits[(account << LIMIT_SHIFT) + LIMIT_POSITION] as number;
    sums[at + HOLDING_CAP] = Math.min(limit - position, buys + half);
    sums[at + HOLDING_CAP + 1] = Math.min(limit + position, sells + half);
  }

  /** The account's purse of the asset, or -1. */
  findPurse(account: number, asset: number): number {
    return this.purses.find(account, asset);
  }

  /** The same, made when it is not there; there is room. */
  purseOf(account: number, asset: number): number {
    const purse = this.purses.find(account, asset);
    return purse >= 0 ? purse : this.purses.add(account, asset);
  }

  /** Whether there is room for the purses of these assets (0: none), as far as the account has none. */
  hasPurseRoom(account: number, baseAsset: number, quoteAsset: number): boolean {
    let missing = 0;
    if (baseAsset !== 0 && this.purses.find(account, baseAsset) < 0) missing++;
    if (quoteAsset !== 0 && this.purses.find(account, quoteAsset) < 0) missing++;
    return this.purses.count + missing <= this.purses.capacity;
  }

  /**
   * Adds up all purses of each asset, the venue's too: they are what was deposited less what was withdrawn, and what came from
   * other shards less what left for them (`moved`), and none is below 0. Throws with a sentence. One look at each purse; nothing is allocated.
   */
  addUp(assetCount: number, moved: Float64Array): void {
    const { totals, venue, supply, purseSums } = this;
    const words = this.purses.words;
    for (let asset = 1; asset <= assetCount; asset++) totals[asset] = venue[asset] as number;
    for (let purse = 0; purse < this.purses.count; purse++) {
      const at = (purse & PAIR_MASK) << PURSE_SHIFT;
      const asset = words[((purse & PAIR_MASK) << PAIR_SHIFT) + PAIR_SECOND] as number;
      const available = purseSums[at + PURSE_AVAILABLE] as number;
      const reserved = purseSums[at + PURSE_RESERVED] as number;
      if (!(available >= 0 && reserved >= 0)) {
        const account = words[((purse & PAIR_MASK) << PAIR_SHIFT) + PAIR_FIRST];
        throw new Error(`the purse of account ${account} and asset ${asset} is negative: ${available}, ${reserved}`);
      }
      totals[asset] = (totals[asset] as number) + available + reserved;
    }
    for (let asset = 1; asset <= assetCount; asset++) {
      if (!((venue[asset] as number) >= 0)) {
        throw new Error(`the venue's purse of asset ${asset} is negative: ${venue[asset]}`);
      }
      const held = (supply[asset] as number) + (moved[asset] as number);
      if (totals[asset] !== held) {
        throw new Error(`the purses of asset ${asset} add up to ${totals[asset]}, not ${held}`);
      }
    }
  }

  accountOf(holding: number): number {
    return this.holdingWords[(holding << PAIR_SHIFT) + PAIR_FIRST] as number;
  }

  instrumentOf(holding: number): number {
    return this.holdingWords[(holding << PAIR_SHIFT) + PAIR_SECOND] as number;
  }
}
