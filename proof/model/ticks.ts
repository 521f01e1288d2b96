/** Prices on a tick, by counting: the rules 1.27 to 1.29, for the model. */

import type { ModelInstrument } from './state.js';

/** Whether the price is a whole number of ticks above the row that it is in. */
export function isOnTick({ ticks }: ModelInstrument, price: number): boolean {
  const row = ticks.findLast(({ from }) => from <= price);
  return row === undefined || (price - row.from) % row.tick === 0;
}

/** The first price on a tick from `price` on, downwards (-1) or upwards (1). */
export function nearestTick(instrument: ModelInstrument, price: number, way: -1 | 1): number {
  const { ticks } = instrument;
  const row = ticks.findLast(({ from }) => from <= price);
  if (row === undefined || isOnTick(instrument, price)) {
    return price;
  }
  const whole = Math.floor((price - row.from) / row.tick);
  if (way < 0) {
    return row.from + whole * row.tick;
  }
  const next = ticks.find(({ from }) => from > price);
  const above = row.from + (whole + 1) * row.tick;
  return next === undefined ? above : Math.min(above, next.from);
}
