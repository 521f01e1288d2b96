/**
 * Dynamic bands: how far an order may trade from the price before its command, and what happens there. Instruments without
 * one do not come here. The shard's thread.
 *
 * The reference is the last trade, before the first the reference price of the terms; it is frozen with the first order of
 * a command that may trade, so that nothing that the command sets off moves it, whatever number of Continues that takes.
 */

import { EventKind, OrderType, Phase, Reason } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import * as levelWords from '../book/level-words.js';
import * as sideWords from '../book/side-words.js';
import { needsPrice } from '../money/check-limits.js';
import * as registryWords from '../registry-words.js';
import { type EngineState, writeEvent } from '../state/state.js';
import { tickBelow } from '../tick-table.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { COMMAND_INSTRUMENT, COMMAND_KIND_WORD, COMMAND_PRICE, COMMAND_TRIGGER_PRICE, NO_PRICE } = layout;
const { EVENT_LEAVES, EVENT_QUANTITY } = layout;
const { LEVEL_KEY, LEVEL_SHIFT } = levelWords;
const { SIDE_BEST, SIDE_SHIFT } = sideWords;
const { BAND_AUCTION, BAND_COMMAND_HIGH, BAND_COMMAND_LOW, BAND_REFERENCE, BAND_SHIFT, BAND_TICKS } = registryWords;
const { BANDED, INSTRUMENT_LAST, INSTRUMENT_PHASE, INSTRUMENT_PRICE_MAX, INSTRUMENT_REFERENCE } = registryWords;
const { INSTRUMENT_SHIFT, INSTRUMENT_STATIC_BAND, TICKED } = registryWords;

/** At or below every key. */
const ANY_KEY = -0x80000000;
const STOP = OrderType.Stop;
const INTERRUPTED = EventKind.PhaseChanged | (Reason.DynamicBand << 16);
const VOLATILITY_AUCTION = Phase.VolatilityAuction;

export function isBanded(state: EngineState, instrument: number): boolean {
  return ((state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_STATIC_BAND] as number) & BANDED) !== 0;
}

/** The least key of the other side that an order on `side` (instrument × 2 + side) may trade with. */
export function keyWithinBand(state: EngineState, side: number): number {
  const { bands } = state.registry;
  const instrument = side >>> 1;
  const at = instrument << BAND_SHIFT;
  const reference = frozenReference(state, instrument);
  if (reference === NO_PRICE) return ANY_KEY;
  const far = bands[at + BAND_TICKS] as number;
  const key = (side & 1) === 0 ? 0 - (reference + far) : reference - far;
  return (key < ANY_KEY ? ANY_KEY : key) | 0;
}

/** The price before the command at hand, or NO_PRICE: nothing is known, and everything is within the band. */
function frozenReference(state: EngineState, instrument: number): number {
  const { bands } = state.registry;
  const at = instrument << BAND_SHIFT;
  if (bands[at + BAND_COMMAND_LOW] !== state.originLow || bands[at + BAND_COMMAND_HIGH] !== state.originHigh) {
    const instrumentAt = instrument << INSTRUMENT_SHIFT;
    const last = state.instruments[instrumentAt + INSTRUMENT_LAST] as number;
    const first = state.instruments[instrumentAt + INSTRUMENT_REFERENCE] as number;
    bands[at + BAND_COMMAND_LOW] = state.originLow;
    bands[at + BAND_COMMAND_HIGH] = state.originHigh;
    bands[at + BAND_REFERENCE] = last === NO_PRICE ? first : last;
  }
  return bands[at + BAND_REFERENCE] as number;
}

/** Whether the best of the other side is within an order's own reach: then only the band keeps them apart. */
export function isStoppedByBand(state: EngineState, side: number, reached: number): boolean {
  const best = state.sides[((side ^ 1) << SIDE_SHIFT) + SIDE_BEST] as number;
  return best >= 0 && (state.levels[(best << LEVEL_SHIFT) + LEVEL_KEY] as number) >= reached;
}

/** Whether what is left of an order that could rest starts a volatility auction. */
export function startsAuction(state: EngineState, instrument: number): boolean {
  return state.registry.bands[(instrument << BAND_SHIFT) + BAND_AUCTION] === 1;
}

/** Continuous trading is interrupted: nobody asked for it, and everybody is told. There is room for the event. */
export function startVolatilityAuction(state: EngineState, instrument: number): void {
  const to = writeEvent(state, 0, 0, 0, 0, instrument, INTERRUPTED);
  const phaseAt = (instrument << INSTRUMENT_SHIFT) + INSTRUMENT_PHASE;
  state.events[to + EVENT_QUANTITY] = VOLATILITY_AUCTION;
  state.events[to + EVENT_LEAVES] = state.instruments[phaseAt] as number;
  state.instruments[phaseAt] = VOLATILITY_AUCTION;
}

/** Whether the command at hand has started the volatility auction that goes on: what it traded sets stops off all the same. */
export function isInterrupted(state: EngineState, instrument: number): boolean {
  const at = instrument << BAND_SHIFT;
  const { bands } = state.registry;
  return (
    state.instruments[(instrument << INSTRUMENT_SHIFT) + INSTRUMENT_PHASE] === VOLATILITY_AUCTION &&
    isBanded(state, instrument) &&
    bands[at + BAND_COMMAND_LOW] === state.originLow &&
    bands[at + BAND_COMMAND_HIGH] === state.originHigh
  );
}

/** Whether a new stop without a price gets its worst one by the band, so that it can reserve. */
export function isPricedByBand(state: EngineState, words: Int32Array, at: number): boolean {
  const kindWord = words[at + COMMAND_KIND_WORD] as number;
  const instrument = words[at + COMMAND_INSTRUMENT] as number;
  return (
    ((kindWord >>> 16) & 0xff) === STOP &&
    words[at + COMMAND_PRICE] === NO_PRICE &&
    isBanded(state, instrument) &&
    needsPrice(state, instrument, (kindWord >>> 8) & 1)
  );
}

/** The worst price of a new stop: what it says, or a buy's trigger and band, within the prices and on a tick. */
export function worstPriceOf(state: EngineState, words: Int32Array, at: number): number {
  if (!isPricedByBand(state, words, at)) return words[at + COMMAND_PRICE] as number;
  const instrument = words[at + COMMAND_INSTRUMENT] as number;
  const instrumentAt = instrument << INSTRUMENT_SHIFT;
  const far =
    (words[at + COMMAND_TRIGGER_PRICE] as number) +
    (state.registry.bands[(instrument << BAND_SHIFT) + BAND_TICKS] as number);
  const worst = Math.min(far, state.instruments[instrumentAt + INSTRUMENT_PRICE_MAX] as number);
  const ticked = ((state.instruments[instrumentAt + INSTRUMENT_STATIC_BAND] as number) & TICKED) !== 0;
  return ticked ? tickBelow(state.registry.ticks, instrument, worst) : worst;
}
