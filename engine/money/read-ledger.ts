/** The ledger for people and proofs: holdings and purses as objects. Any thread that holds the engine. */

import {
  HOLDING_COST,
  HOLDING_OPEN,
  HOLDING_POSITION,
  HOLDING_REALISED,
  HOLDING_SHIFT,
  PURSE_AVAILABLE,
  PURSE_RESERVED,
  PURSE_SHIFT,
} from '../ledger/ledger-words.js';
import type { EngineState } from '../state/state.js';

/** An account's in an instrument: lots, and amounts of the quote asset (of an instrument without assets: ticks × lots × unit). */
export interface Holding {
  /** Below 0: short. */
  readonly position: number;
  readonly cost: number;
  readonly realised: number;
  readonly openBuys: number;
  readonly openSells: number;
}

export function readHolding(state: EngineState, account: number, instrument: number): Holding | null {
  const holding = state.ledger.findHolding(account, instrument);
  if (holding < 0) return null;
  const sums = state.holdingSums;
  const at = holding << HOLDING_SHIFT;
  return {
    position: sums[at + HOLDING_POSITION] as number,
    cost: sums[at + HOLDING_COST] as number,
    realised: sums[at + HOLDING_REALISED] as number,
    openBuys: sums[at + HOLDING_OPEN] as number,
    openSells: sums[at + HOLDING_OPEN + 1] as number,
  };
}

export function readPurse(
  state: EngineState,
  account: number,
  asset: number,
): { readonly available: number; readonly reserved: number } | null {
  if (account === 0) {
    return state.registry.hasAsset(asset) ? { available: state.ledger.venue[asset] as number, reserved: 0 } : null;
  }
  const purse = state.ledger.findPurse(account, asset);
  if (purse < 0) return null;
  const at = purse << PURSE_SHIFT;
  return {
    available: state.purseSums[at + PURSE_AVAILABLE] as number,
    reserved: state.purseSums[at + PURSE_RESERVED] as number,
  };
}
