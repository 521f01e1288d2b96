/**
 * All that a gateway folds out of a shard's events, as of one event, made from the shard's engine: whoever begins with it
 * needs nothing of the journal that lies before. Arrays of shared memory, so that a thread hands it to others without a
 * copy; nobody writes into it once it is made. Any thread that holds the engine between two commands.
 *
 *   engine ──books, phases, references, lanes──┐
 *   events ──trades (public-history.ts)────────┴──> ShardImage ──> each gateway's folds
 *
 * What an image does not know: when a top of book changed last. It stands as of the image's own event, which is as true.
 */
import { NO_PRICE } from '../../schemas/layout.js';
import * as levelWords from '../book/level-words.js';
import * as sideWords from '../book/side-words.js';
import type { Engine } from '../engine.js';
import * as registryWords from '../registry-words.js';
import * as laneWords from '../state/lane-words.js';
import type { EngineState } from '../state/state.js';
import { BEGIN_SIDE, type FoldBegin } from './level-fold.js';
import { type HistoryImage, type PublicHistory, shared } from './public-history.js';

const { HIDDEN, LEVEL_KEY, LEVEL_ORDERS, LEVEL_BETTER, LEVEL_SHIFT, TOTAL, TOTAL_SHIFT } = levelWords;
const { SIDE_MARKET, SIDE_SHIFT, SIDE_WORST } = sideWords;
const { INSTRUMENT_PHASE, INSTRUMENT_SHARD, INSTRUMENT_SHIFT, INSTRUMENT_TRACKED } = registryWords;
const { LANE_ACCOUNT, LANE_INCARNATION, LANE_NUMBER, LANE_SHIFT } = laneWords;

/** Numbers of an instrument and of a lane. */
export const IMAGE_INSTRUMENT = 3;
export const IMAGE_LANE = 3;

export interface ShardImage extends FoldBegin {
  readonly shard: number;
  /** The last event that is in it; 0: nothing ever happened. */
  readonly sequence: number;
  /** Admin records that the shard has applied. */
  readonly adminRecords: number;
  /** IMAGE_INSTRUMENT for each instrument that the shard trades: id, phase, reference price from outside or NO_PRICE. */
  readonly instruments: Int32Array;
  /** BEGIN_SIDE for each side of a book that is not empty: instrument × 2 + side (0 buys), number of levels. */
  readonly sides: Int32Array;
  /** Two for each of those: quantity and number of the market orders that rest in an auction. */
  readonly markets: Float64Array;
  /** Of all levels, side by side, of each the worst first: price, what is shown, number of orders. */
  readonly prices: Int32Array;
  readonly totals: Float64Array;
  readonly orders: Int32Array;
  /** IMAGE_LANE for each lane that was ever opened: account, number, newest incarnation. */
  readonly lanes: Int32Array;
  readonly history: HistoryImage;
}

/** As the engine and the history stand, which have seen the same events. Costs a walk over instruments, levels and lanes. */
export function imageOf(engine: Engine, history: PublicHistory): ShardImage {
  const { state } = engine;
  return {
    shard: state.shard,
    sequence: engine.eventSequence,
    adminRecords: engine.adminNumber,
    instruments: instrumentsOf(state),
    ...booksOf(state),
    lanes: lanesOf(state),
    history: history.image(),
  };
}

function* tradedHere({ registry, instruments, shard }: EngineState): Generator<number> {
  for (let instrument = 1; instrument <= registry.instrumentCount; instrument++) {
    if (instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_SHARD] === shard) yield instrument;
  }
}

function instrumentsOf(state: EngineState): Int32Array {
  const found: number[] = [];
  for (const instrument of tradedHere(state)) {
    const at = instrument << INSTRUMENT_SHIFT;
    const { instruments } = state;
    found.push(instrument, instruments[at + INSTRUMENT_PHASE] ?? 0, instruments[at + INSTRUMENT_TRACKED] ?? NO_PRICE);
  }
  return shared(Int32Array, found.length, found);
}

function booksOf(state: EngineState): Pick<ShardImage, Exclude<keyof FoldBegin, 'history'>> {
  const { levels, sides } = state;
  const found: number[] = [];
  const markets: number[] = [];
  let levelCount = 0;
  for (const instrument of tradedHere(state)) {
    for (let side = instrument * 2; side <= instrument * 2 + 1; side++) {
      const market = sides[(side << SIDE_SHIFT) + SIDE_MARKET] as number;
      let count = 0;
      for (let level = sides[(side << SIDE_SHIFT) + SIDE_WORST] as number; level >= 0; count++) {
        level = levels[(level << LEVEL_SHIFT) + LEVEL_BETTER] as number;
      }
      if (count === 0 && market < 0) continue;
      found.push(side, count);
      markets.push(market < 0 ? 0 : shownOf(state, market), market < 0 ? 0 : ordersOf(state, market));
      levelCount += count;
    }
  }
  const prices = shared(Int32Array, levelCount);
  const totals = shared(Float64Array, levelCount);
  const orders = shared(Int32Array, levelCount);
  let to = 0;
  for (let at = 0; at < found.length; at += BEGIN_SIDE) {
    const side = found[at] as number;
    for (let level = sides[(side << SIDE_SHIFT) + SIDE_WORST] as number; level >= 0; to++) {
      const levelAt = level << LEVEL_SHIFT;
      const key = levels[levelAt + LEVEL_KEY] as number;
      prices[to] = side % 2 === 0 ? key : -key;
      totals[to] = shownOf(state, level);
      orders[to] = ordersOf(state, level);
      level = levels[levelAt + LEVEL_BETTER] as number;
    }
  }
  const sidesFound = shared(Int32Array, found.length, found);
  return { sides: sidesFound, markets: shared(Float64Array, markets.length, markets), prices, totals, orders };
}

function shownOf({ books }: EngineState, level: number): number {
  const at = level << TOTAL_SHIFT;
  return (books.levels.totals[at + TOTAL] as number) - (books.levels.totals[at + HIDDEN] as number);
}

function ordersOf({ levels }: EngineState, level: number): number {
  return levels[(level << LEVEL_SHIFT) + LEVEL_ORDERS] as number;
}

function lanesOf({ lanes }: EngineState): Int32Array {
  const found = shared(Int32Array, lanes.count * IMAGE_LANE);
  for (let lane = 0; lane < lanes.count; lane++) {
    const at = lane << LANE_SHIFT;
    found[lane * IMAGE_LANE] = lanes.words[at + LANE_ACCOUNT] as number;
    found[lane * IMAGE_LANE + 1] = lanes.words[at + LANE_NUMBER] as number;
    found[lane * IMAGE_LANE + 2] = lanes.words[at + LANE_INCARNATION] as number;
  }
  return found;
}
