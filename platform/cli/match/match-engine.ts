/**
 * What `tredye match` needs of an engine. Any thread.
 */

import type { Engine } from '../../../engine/engine.js';
import type { Side } from '../../../schemas/codes.js';

const NUMBERS_PER_LEVEL = 3;
const MOST_LEVELS = 1024;

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
  'apply' | 'attach' | 'commandSequence' | 'nextDueUs' | 'operationsInProgress' | 'readLevels' | 'readPhase'
> & {
  readPurse(account: number, asset: number): PurseAmounts | null;
  readHolding(account: number, instrument: number): HoldingAmounts | null;
};

/** A price level of a book. */
export interface BookLevel {
  readonly price: number;
  readonly quantity: number;
  readonly orders: number;
}

/** Best first; market orders are in none. */
export function levelsOf(engine: MatchEngine, instrument: number, side: Side): BookLevel[] {
  const numbers = new Float64Array(MOST_LEVELS * NUMBERS_PER_LEVEL);
  const count = engine.readLevels(instrument, side, MOST_LEVELS, numbers, 0);
  return Array.from({ length: count }, (_, at) => {
    const [price = 0, quantity = 0, orders = 0] = numbers.subarray(at * NUMBERS_PER_LEVEL);
    return { price, quantity, orders };
  });
}
