/**
 * Stops in the naive model: lists, filters and sorts. They wait outside of the book until a price sets them off; behind a
 * command those that it triggered enter one after the other, and what they trigger stands behind them. Any thread.
 */
import { EventKind, OrderType, Phase, Reason, Side, TimeInForce, Trigger } from '../../schemas/codes.js';
import { NO_PRICE } from '../../schemas/layout.js';
import { isMarket, type ModelOrder } from './book.js';
import type { PlainCommand } from './plain-records.js';
import { LOOK, type ModelInstrument, type Sender, type State, type Steps, type Sweep } from './state.js';
import { nearestTick } from './ticks.js';
import { accept, cancelOther, drop, matchAndRest, trail } from './work.js';

/** A stop comes: it waits, whatever the market does. */
export function* enterStop(state: State, instrument: ModelInstrument, order: ModelOrder): Steps {
  yield 1;
  accept(state, instrument, order);
  state.list(order);
  instrument.stops.push(order);
}

/**
 * A stop that waits is replaced: it keeps its trigger; but for less at the same price it waits as if it came now. One that
 * trails keeps its level and its place.
 */
export function* replaceStop(
  state: State,
  instrument: ModelInstrument,
  order: ModelOrder,
  command: PlainCommand,
  leaves: number,
): Steps {
  yield 1;
  const relatedId = order.clientOrderId;
  state.renameOrder(order, command.clientOrderId, command.session);
  state.emitOrder(EventKind.Replaced, order, { quantity: order.leaves, leaves, relatedId });
  order.price = command.price;
  state.setLeaves(order, leaves);
  // One that was triggered and has not entered keeps its place among those.
  if (order.type !== OrderType.TrailingStop && !instrument.triggered.includes(order)) {
    instrument.stops.splice(instrument.stops.indexOf(order), 1);
    instrument.stops.push(order);
  }
}

/** The price from outside; NO_PRICE: there is none. */
export function* setReference(state: State, sender: Sender, instrument: ModelInstrument, price: number): Steps {
  yield 1;
  state.emit(EventKind.ReferenceChanged, { ...sender, instrument: instrument.id, price });
  instrument.tracked = price === NO_PRICE ? undefined : price;
}

/** The steps of a command, and those of the cascade behind it. */
export function* withStops(state: State, instrument: ModelInstrument, steps: Steps, sweep: Sweep): Steps {
  instrument.trades = [];
  instrument.interrupted = false;
  yield* steps;
  sweep.taker = undefined;
  sweep.keepsLevel = undefined;
  yield* pull(instrument);
  // What a volatility auction keeps waiting enters when that is over.
  while (instrument.triggered.length > 0 && instrument.phase === Phase.Continuous) {
    const order = instrument.triggered[0] as ModelOrder;
    if (state.isLeaving(order)) {
      instrument.triggered.shift();
      continue;
    }
    yield order.other !== undefined ? 3 : hasNoLevel(state, instrument, order) ? 2 : 1;
    // While it waited for a Continue the order may have gone, or a mass cancel may have begun that takes it.
    if (instrument.triggered[0] !== order || state.isLeaving(order)) {
      continue;
    }
    instrument.triggered.shift();
    order.price = limitOf(instrument, order);
    order.waits = false;
    const amount = order.type === OrderType.TrailingStop ? (order.level ?? 0) : 0;
    state.emitOrder(EventKind.Triggered, order, { leaves: order.leaves, amount });
    cancelOther(state, order, order.other);
    if (hasNoLevel(state, instrument, order)) {
      drop(state, order, Reason.LevelsFull);
      continue;
    }
    sweep.taker = order;
    sweep.keepsLevel = undefined;
    yield* matchAndRest(state, instrument, order);
    sweep.taker = undefined;
    sweep.keepsLevel = undefined;
    yield* pull(instrument);
  }
}

/** Whether a trigger of this side and price is through by what was seen. */
export function isThrough(instrument: ModelInstrument, stop: Pick<ModelOrder, 'side' | 'trigger' | 'level'>): boolean {
  const { side, trigger, level } = stop;
  return (
    level !== undefined &&
    seen(instrument, side, trigger).some((price) => (side === Side.Buy ? price >= level : price <= level))
  );
}

/** What a stop becomes: one that trailed has its limit an offset beyond its level, within the prices that there are. */
function limitOf(instrument: ModelInstrument, order: ModelOrder): number {
  const { type, price, side, level } = order;
  if (type !== OrderType.TrailingStop || price === NO_PRICE || level === undefined) {
    return price;
  }
  return side === Side.Buy
    ? nearestTick(instrument, Math.min(level + price, instrument.priceMax), -1)
    : nearestTick(instrument, Math.max(level - price, instrument.priceMin), 1);
}

function seen(instrument: ModelInstrument, side: Side, trigger: Trigger): number[] {
  const { book, last, tracked, trades } = instrument;
  switch (trigger) {
    case Trigger.LastTrade:
      return last === undefined ? [] : [last, ...trades];
    case Trigger.Touch: {
      const best = book.side(side).best();
      return best === undefined ? [] : [best];
    }
    default:
      return tracked === undefined ? [] : [tracked];
  }
}

/** All that is triggered goes behind what was: buys by the lowest trigger, sells by the highest, of one of each by entry. */
function* pull(instrument: ModelInstrument): Steps {
  const { stops, triggered, book, last, tracked } = instrument;
  // A trade that was looked at before says nothing new; a stop that came since sees it for the first time.
  if (last !== undefined) {
    trail(instrument, Trigger.LastTrade, last);
  }
  for (const side of [Side.Buy, Side.Sell]) {
    const best = book.side(side).best();
    if (best !== undefined) {
      trail(instrument, Trigger.Touch, best, side);
    }
  }
  if (tracked !== undefined) {
    trail(instrument, Trigger.Reference, tracked);
  }
  while (next(instrument) !== undefined) {
    yield LOOK;
    const stop = next(instrument);
    if (stop !== undefined) {
      stops.splice(stops.indexOf(stop), 1);
      triggered.push(stop);
    }
  }
  instrument.trades = [];
}

function next(instrument: ModelInstrument): ModelOrder | undefined {
  if (instrument.phase !== Phase.Continuous && !instrument.interrupted) {
    return undefined;
  }
  // Where a band has interrupted trading only its trades count: the book may be crossed.
  const looked = instrument.interrupted
    ? instrument.stops.filter(({ trigger }) => trigger === Trigger.LastTrade)
    : instrument.stops;
  const through = looked.filter((stop) =>
    // Between the trades of one look the level of a stop that trails moves: each was looked at when it was made.
    stop.type === OrderType.TrailingStop && stop.trigger === Trigger.LastTrade
      ? stop.through
      : isThrough(instrument, stop),
  );
  const levelOf = ({ level = 0 }: ModelOrder) => level;
  // Sorts are stable, and the list is by entry.
  const [buy] = through.filter(({ side }) => side === Side.Buy).sort((a, b) => levelOf(a) - levelOf(b));
  const [sell] = through.filter(({ side }) => side === Side.Sell).sort((a, b) => levelOf(b) - levelOf(a));
  return instrument.stops.find((stop) => stop === buy || stop === sell);
}

/** Whether a triggered order that may rest finds no free price level, and so may not enter. */
function hasNoLevel(state: State, instrument: ModelInstrument, order: ModelOrder): boolean {
  const rests = !isMarket(order) && order.timeInForce !== TimeInForce.ImmediateOrCancel;
  const price = order.waits ? limitOf(instrument, order) : order.price;
  return rests && !state.hasLevelRoom(instrument.book, order.side, price);
}
