/**
 * What `tredye match` needs of an engine. Any thread.
 */

import type { Engine } from '../../../engine/matching/engine.js';

/** What an account has of an asset. */
export interface PurseAmounts {
  readonly available: number;
  readonly reserved: number;
}

/** What it has in an instrument. */
export interface HoldingAmounts {
  readonly position: number;
  readonly cost: number;
  readonly realised: number;
  readonly openBuys: number;
  readonly openSells: number;
}

/** What it needs of an engine; a test puts the model in its place. */
export type MatchEngine = Pick<
  Engine,
  'apply' | 'attach' | 'commandSequence' | 'operationsInProgress' | 'readLevels' | 'readPhase'
> & {
  readPurse(account: number, asset: number): PurseAmounts | null;
  readHolding(account: number, instrument: number): HoldingAmounts | null;
};
