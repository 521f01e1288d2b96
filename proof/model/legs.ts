/**
 * One-cancels-other in the naive model: two New commands behind each other that are entered together or not at all. Any
 * thread.
 */
import { CommandFlag, OrderType, Reason } from '../../schemas/codes.js';
import { isStop } from '../../schemas/kinds.js';
import type { ModelOrder } from './book.js';
import { checkFields, checkPhase, checkRanges, checkTrigger, worstPrice } from './checks.js';
import { checkExpiry, countsAsPostOnly, isOffset } from './decide.js';
import { orderOf } from './entering.js';
import { checkLimits } from './limits.js';
import { checkMoney } from './money.js';
import { counterOf, type PlainCommand } from './plain-records.js';
import { checkProgress } from './progress.js';
import { checkSender } from './sessions.js';
import type { ModelInstrument, Refusal, State, Steps } from './state.js';
import { isThrough } from './stops.js';
import { accept, crosses, matchAndRest } from './work.js';

/**
 * All checks of one leg: its order, why it is refused, or that its id was used before. `before`: the leg before it, which
 * counts as an open order (`isCounted`) when nothing was wrong with it.
 */
export function decideLeg(
  state: State,
  command: PlainCommand,
  shape: Reason,
  before?: PlainCommand,
  isCounted = false,
): ModelOrder | Refusal | 'again' {
  if (shape !== 0) {
    return { reason: shape, keepsId: true };
  }
  const known = checkSender(state, command, true, false);
  if ('reason' in known) {
    return { ...known, keepsId: true };
  }
  if (counterOf(command.clientOrderId) !== 0 && counterOf(command.clientOrderId) <= known.mark) {
    return 'again';
  }
  if (hasFlag(command, CommandFlag.Late)) {
    return { reason: Reason.Expired };
  }
  const instrument = state.instrument(command.instrument);
  if (instrument === undefined) {
    return { reason: Reason.UnknownInstrument };
  }
  if (instrument.shard !== state.shard) {
    return { reason: Reason.WrongShard };
  }
  const leg = { ...orderOf(command, 0n), price: worstPrice(command, instrument) };
  return (
    checkProgress(state, command, known.account) ??
    checkPhase(command, instrument.phase) ??
    checkFields(command, instrument) ??
    checkRanges(command, instrument, isOffset(state, command)) ??
    checkTrigger(command, instrument) ??
    checkExpiry(command) ??
    checkLimits(state, command, instrument, command.quantity, undefined, isCounted ? before : undefined) ??
    checkRoom(state, instrument, leg, hasFlag(command, CommandFlag.RefuseIfThrough), before) ??
    leg
  );
}

/** Room for a leg behind `before`, the one before it, and what the book says to it. */
function checkRoom(
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
    const unpaid = checkMoney(state, instrument, leg, leg.price, leg.leaves);
    if (unpaid !== undefined) {
      return unpaid;
    }
    return countsAsPostOnly(instrument.phase, leg.postOnly) && crosses(instrument.book, leg.side, leg.price)
      ? { reason: Reason.PostOnlyWouldCross }
      : undefined;
  }
  if (state.waiting() + (before !== undefined && isStop(before.type) ? 1 : 0) >= maxStops) {
    return { reason: Reason.StopsFull, amount: maxStops };
  }
  const unpaid = checkMoney(state, instrument, leg, leg.price, leg.leaves);
  if (unpaid !== undefined) {
    return unpaid;
  }
  return refusesIfThrough && isThrough(instrument, leg) ? { reason: Reason.StopAlreadyThrough } : undefined;
}

/** Says that a leg is accepted. */
export function acceptLeg(state: State, instrument: ModelInstrument, leg: ModelOrder): void {
  accept(state, instrument, leg);
  state.list(leg);
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
