/**
 * Positions, money and limits of accounts in one shard: the memory, and how its rows are found. What orders do to it is in
 * matching/holdings.ts and matching/money.ts. The shard's thread. Rows are never given back.
 */

import * as layout from '../../schemas/layout.js';
import type { Limits } from '../limits.js';
import * as ledgerWords from './ledger-words.js';
import * as pairIndex from './pair-index.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { PAIR_FIRST, PAIR_MASK, PAIR_SECOND, PAIR_SHIFT } = pairIndex;
const {
  FEE_SHIFT,
  FEE_TIER_SHIFT,
  HOLDING_BASE_PURSE,
  HOLDING_QUOTE_PURSE,
  HOLDING_SHIFT,
  LIMIT_QUANTITY,
  LIMIT_SHIFT,
  LIMIT_NOTIONAL,
  LIMIT_ORDERS,
  LIMIT_POSITION,
  PURSE_SHIFT,
  STANDING_SHIFT,
  WORTH_SHIFT,
} = ledgerWords;
const { WORD_MASK } = layout;

export class Ledger {
  readonly holdings: pairIndex.PairIndex;
  readonly holdingWords: Int32Array;
  readonly holdingSums: Float64Array;
  readonly purses: pairIndex.PairIndex;
  readonly purseSums: Float64Array;
  /** Limits and standing of accounts by number. */
  readonly limits: Float64Array;
  readonly standing: Int32Array;
  /** Worth of instruments by number, and their fees by tier. */
  readonly worth: Float64Array;
  readonly fees: Int32Array;
  /** By asset: what the venue took in fees, and what was deposited less what was withdrawn. */
  readonly venue: Float64Array;
  readonly supply: Float64Array;
  /** The holding that was found last for each account, + 1: most orders are in the instrument of the last one. */
  private readonly recent: Int32Array;

  constructor(limits: Limits, seed: number) {
    this.holdings = new pairIndex.PairIndex(limits.maxHoldings, seed, 9);
    this.holdingWords = this.holdings.words;
    this.holdingSums = new Float64Array(limits.maxHoldings << HOLDING_SHIFT);
    this.purses = new pairIndex.PairIndex(limits.maxPurses, seed, 12);
    this.purseSums = new Float64Array(limits.maxPurses << PURSE_SHIFT);
    this.limits = new Float64Array((limits.maxAccounts + 1) << LIMIT_SHIFT);
    this.standing = new Int32Array((limits.maxAccounts + 1) << STANDING_SHIFT);
    this.worth = new Float64Array((limits.maxInstruments + 1) << WORTH_SHIFT);
    this.fees = new Int32Array(((limits.maxInstruments + 1) << FEE_TIER_SHIFT) << FEE_SHIFT);
    this.venue = new Float64Array(limits.maxAssets + 1);
    this.supply = new Float64Array(limits.maxAssets + 1);
    this.recent = new Int32Array(limits.maxAccounts + 1);
  }

  /** A new account has no limits. */
  openAccount(account: number): void {
    const at = account << LIMIT_SHIFT;
    this.limits[at + LIMIT_QUANTITY] = Number.POSITIVE_INFINITY;
    this.limits[at + LIMIT_NOTIONAL] = Number.POSITIVE_INFINITY;
    this.limits[at + LIMIT_ORDERS] = Number.POSITIVE_INFINITY;
    this.limits[at + LIMIT_POSITION] = Number.POSITIVE_INFINITY;
  }

  /** The account's holding in the instrument, or -1. */
  findHolding(account: number, instrument: number): number {
    const recent = (this.recent[account & WORD_MASK] as number) - 1;
    if (
      recent >= 0 &&
      this.holdingWords[((recent & PAIR_MASK) << PAIR_SHIFT) + PAIR_SECOND] === instrument
    ) {
      return recent;
    }
    return this.findHoldingByHash(account, instrument);
  }

  private findHoldingByHash(account: number, instrument: number): number {
    const holding = this.holdings.find(account, instrument);
    if (holding >= 0) this.recent[account] = holding + 1;
    return holding;
  }

  /** Adds a holding that is not there; there is room, also for the purses of the assets (0: none). */
  addHolding(account: number, instrument: number, baseAsset: number, quoteAsset: number): number {
    const holding = this.holdings.add(account, instrument);
    const at = holding << PAIR_SHIFT;
    this.holdingWords[at + HOLDING_BASE_PURSE] = baseAsset === 0 ? -1 : this.purseOf(account, baseAsset);
    this.holdingWords[at + HOLDING_QUOTE_PURSE] = quoteAsset === 0 ? -1 : this.purseOf(account, quoteAsset);
    this.recent[account] = holding + 1;
    return holding;
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

  accountOf(holding: number): number {
    return this.holdingWords[(holding << PAIR_SHIFT) + PAIR_FIRST] as number;
  }

  instrumentOf(holding: number): number {
    return this.holdingWords[(holding << PAIR_SHIFT) + PAIR_SECOND] as number;
  }
}
