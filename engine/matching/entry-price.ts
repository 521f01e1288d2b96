/**
 * The price by which a new order enters: its limit, the best price of the other side (market-to-limit), or one tick off
 * that (post-only that slides). The shard's thread. Plain orders do not come here.
 */

import { CommandFlag, OrderType } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import * as levelWords from '../book/level-words.js';
import * as sideWords from '../book/side-words.js';
import * as registryWords from '../registry-words.js';
import type { EngineState } from '../state/state.js';
import { tickAbove, tickBelow } from '../tick-table.js';
import { wouldCross } from './sweep.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { COMMAND_FLAGS_WORD, COMMAND_KIND_WORD, COMMAND_PRICE, NO_PRICE } = layout;
const { LEVEL_KEY, LEVEL_SHIFT } = levelWords;
const { SIDE_BEST, SIDE_SHIFT } = sideWords;
const { INSTRUMENT_PRICE_MAX, INSTRUMENT_PRICE_MIN, INSTRUMENT_SHIFT, INSTRUMENT_STATIC_BAND } = registryWords;

const MARKET_TO_LIMIT = OrderType.MarketToLimit;
const SLIDE = CommandFlag.Slide << 16;
const STEP = 1;

/** The price of a New on `side` (instrument × 2 + side), or NO_PRICE. `continuous`: it would match at once. */
export function entryPrice(
  state: EngineState,
  words: Int32Array,
  at: number,
  side: number,
  continuous: boolean,
): number {
  const price = words[at + COMMAND_PRICE] as number;
  if (!continuous) return price;
  if ((((words[at + COMMAND_KIND_WORD] as number) >>> 16) & 0xff) === MARKET_TO_LIMIT) return bestOpposite(state, side);
  if (((words[at + COMMAND_FLAGS_WORD] as number) & SLIDE) === 0 || !wouldCross(state, side, price)) return price;
  const slid = bestOpposite(state, side) + ((side & 1) === 0 ? -STEP : STEP);
  const instrumentAt = (side >>> 1) << INSTRUMENT_SHIFT;
  const { instruments } = state;
  // Out of the instrument's prices there is nowhere to slide to: it stays where it would cross, and is refused.
  return slid < (instruments[instrumentAt + INSTRUMENT_PRICE_MIN] as number) ||
    slid > (instruments[instrumentAt + INSTRUMENT_PRICE_MAX] as number)
    ? price
    : onTick(state, side, slid);
}

/** The price on a tick that is nearest to one among the instrument's, on its own side of the book. */
function onTick(state: EngineState, side: number, price: number): number {
  const instrument = side >>> 1;
  if ((state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_STATIC_BAND] as number) >= 0) return price;
  const { ticks } = state.registry;
  return (side & 1) === 0 ? tickBelow(ticks, instrument, price) : tickAbove(ticks, instrument, price);
}

/** The best price of the other side; NO_PRICE: it is empty. */
function bestOpposite(state: EngineState, side: number): number {
  const best = state.sides[((side ^ 1) << SIDE_SHIFT) + SIDE_BEST] as number;
  if (best < 0) return NO_PRICE;
  const key = state.levels[(best << LEVEL_SHIFT) + LEVEL_KEY] as number;
  return (side & 1) === 0 ? -key : key;
}
