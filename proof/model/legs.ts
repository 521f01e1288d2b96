/**
 * One-cancels-other in the naive model: two New commands behind each other that are entered together or not at all. Any
 * thread.
 */
import { type CommandFlag, EventKind, OrderType, Phase, Reason } from '../../schemas/codes.js';
import { isStop } from '../../schemas/kinds.js';
import type { ModelOrder } from './book.js';
import type { PlainCommand } from './plain-records.js';
import type { ModelInstrument, Refusal, State, Steps } from './state.js';
import { isThrough } from './stops.js';
import { crosses, matchAndRest } from './work.js';

/** Room for a leg behind `before`, the one before it, and what the book says to it. */
export function checkRoom(
  state: State,
  instrument: ModelInstrument,
  leg: ModelOrder,
  refusesIfThrough: boolean,
  before: PlainCommand | undefined,
): Refusal | undefined {
  const { maxOrders, maxStops, maxLevels } = state.limits;
  if (state.orders.size + (before === undefined ? 0 : 1) >= maxOrders) {
    return { reason: Reason.OrdersFull, amount: maxOrders };
  }
  if (leg.type === OrderType.Limit) {
    if (!state.hasLevelRoom(instrument.book, leg.side, leg.price)) {
      return { reason: Reason.LevelsFull, amount: maxLevels };
    }
    const takes = instrument.phase === Phase.Continuous && crosses(instrument.book, leg.side, leg.price);
    return leg.postOnly && takes ? { reason: Reason.PostOnlyWouldCross } : undefined;
  }
  if (state.waiting() + (before !== undefined && isStop(before.type) ? 1 : 0) >= maxStops) {
    return { reason: Reason.StopsFull, amount: maxStops };
  }
  return refusesIfThrough && isThrough(instrument, leg) ? { reason: Reason.StopAlreadyThrough } : undefined;
}

/** Says that a leg is accepted. */
export function acceptLeg(state: State, leg: ModelOrder): void {
  state.addOrder(leg);
  state.list(leg);
  state.emitOrder(EventKind.Accepted, leg, { quantity: leg.leaves, leaves: leg.leaves });
}

/** Both are accepted: stops wait, then the limit order enters. */
export function* enterLegs(state: State, instrument: ModelInstrument, legs: readonly ModelOrder[]): Steps {
  for (const leg of legs.filter(({ waits }) => waits)) {
    instrument.stops.push(leg);
  }
  for (const leg of legs.filter(({ waits }) => !waits)) {
    yield* matchAndRest(state, instrument, leg);
  }
}

export function hasFlag(command: PlainCommand, flag: CommandFlag): boolean {
  return (command.flags & flag) !== 0;
}
