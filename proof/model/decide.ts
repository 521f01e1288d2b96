/**
 * What becomes of a command of a client or the operator in the naive model: the checks of the rule book from the fifth on,
 * then its steps. Any thread; nothing has changed where it refuses.
 */
import type { Terms } from '../../schemas/admin.js';
import { CommandFlag, CommandKind, OrderType, Phase, Reason, TimeInForce } from '../../schemas/codes.js';
import { isStop } from '../../schemas/kinds.js';
import { NO_PRICE } from '../../schemas/layout.js';
import { isMarket, isPatient, type ModelOrder } from './book.js';
import { decideBust } from './bust.js';
import {
  checkFields,
  checkPhase,
  checkRanges,
  checkTrigger,
  MONEY_KINDS,
  REPLACE_KINDS,
  worstPrice,
} from './checks.js';
import { enteredAs, expiryOf, leastOf, orderOf } from './entering.js';
import { filterOf } from './filter.js';
import { checkKill, checkLimits, decideStatus } from './limits.js';
import { massCancel } from './mass-cancel.js';
import { checkMoney, decideMove, needsPrice } from './money.js';
import { decideMoveOut } from './moves.js';
import { decideNote } from './notes.js';
import type { PlainCommand } from './plain-records.js';
import { checkProgress } from './progress.js';
import { setDeadMan } from './sessions.js';
import type { ModelInstrument, Refusal, Sender, State, Work } from './state.js';
import { enterStop, isThrough, replaceStop, setReference } from './stops.js';
import { uncross } from './uncross.js';
import {
  cancel,
  cancelAsDone,
  crosses,
  endDay,
  enterNew,
  fillable,
  isUncrossed,
  kill,
  reduce,
  replace,
  say,
  setPhase,
} from './work.js';

const MAX_UINT32 = 0xffffffff;

/** Checks 5 to 12 of client and market kinds. */
export function decide(state: State, command: PlainCommand, sender: Sender, terms: Terms | undefined): Refusal | Work {
  const { kind } = command;
  if (kind === CommandKind.MoveOut) {
    return decideMoveOut(state, command, sender);
  }
  if (MONEY_KINDS.includes(kind)) {
    return decideMove(state, command, sender);
  }
  if (kind === CommandKind.DeadMan) {
    return { steps: setDeadMan(state, sender, command) };
  }
  if (kind === CommandKind.AccountStatus) {
    return decideStatus(state, command, sender);
  }
  if (terms?.type === 'bust') {
    return decideBust(state, command, sender, terms.fills);
  }
  if (kind === CommandKind.Note) {
    return decideNote(state, command, sender);
  }
  if (kind === CommandKind.Kill && command.instrument === 0) {
    const { account } = command;
    const refusal = checkKill(state, command) ?? checkProgress(state, command, account);
    return refusal ?? { steps: kill(state, sender, undefined, account, command.quantity === 1), account };
  }
  if (kind === CommandKind.MassCancel && command.instrument === 0) {
    const takes = filterOf(command);
    const refusal = checkProgress(state, command, sender.account);
    return refusal ?? { steps: massCancel(state, sender, undefined, takes), takes };
  }
  const instrument = state.instrument(command.instrument);
  if (instrument === undefined) {
    return { reason: Reason.UnknownInstrument };
  }
  if (instrument.shard !== state.shard) {
    return { reason: Reason.WrongShard };
  }
  const refusal =
    checkProgress(state, command, sender.account) ??
    checkPhase(command, instrument.phase) ??
    checkFields(command, instrument) ??
    checkRanges(command, instrument, isOffset(state, command)) ??
    checkTrigger(command, instrument) ??
    checkExpiry(command);
  if (refusal !== undefined) {
    return refusal;
  }
  switch (kind) {
    case CommandKind.New:
      return decideNew(state, command, instrument);
    case CommandKind.MassCancel:
      return { steps: massCancel(state, sender, instrument, filterOf(command)) };
    case CommandKind.Kill:
      return { steps: kill(state, sender, instrument, 0, command.quantity === 1) };
    case CommandKind.EndOfDay:
      return { steps: endDay(state, sender, instrument) };
    case CommandKind.SetPhase:
      return decidePhase(state, command, sender, instrument);
    case CommandKind.ReferencePrice:
      return { steps: setReference(state, sender, instrument, command.price) };
    case CommandKind.Uncross:
      return { steps: uncross(state, sender, instrument) };
    default:
      return decideTarget(state, command, instrument);
  }
}

/** The expiry of a good-till-date is to come. */
export function checkExpiry(command: PlainCommand): Refusal | undefined {
  const expiryUs = command.kind === CommandKind.New ? expiryOf(command) : undefined;
  return expiryUs !== undefined && expiryUs <= Number(command.timeUs) ? { reason: Reason.ExpiryPassed } : undefined;
}

function decideNew(state: State, command: PlainCommand, instrument: ModelInstrument): Refusal | Work {
  const { book, phase } = instrument;
  const { side, quantity, timeInForce } = command;
  const { type, price } = enteredAs(command, instrument);
  if (command.type === OrderType.MarketToLimit && price === NO_PRICE && needsPrice(instrument, side)) {
    return { reason: Reason.PriceRequired };
  }
  const limited = checkLimits(state, command, instrument, quantity);
  if (limited !== undefined) {
    return limited;
  }
  if (state.orders.size >= state.limits.maxOrders) {
    return { reason: Reason.OrdersFull, amount: state.limits.maxOrders };
  }
  if (isStop(command.type)) {
    return decideStop(state, command, instrument);
  }
  const icebergs = [...state.orders.values()].filter((order) => order.type === OrderType.Iceberg).length;
  if (type === OrderType.Iceberg && icebergs >= state.limits.maxSpecialOrders) {
    return { reason: Reason.SpecialOrdersFull, amount: state.limits.maxSpecialOrders };
  }
  const mayRest = phase !== Phase.Continuous || isPatient(type, timeInForce);
  if (mayRest && !state.hasLevelRoom(book, side, price)) {
    return { reason: Reason.LevelsFull, amount: state.limits.maxLevels };
  }
  const unpaid = checkMoney(state, instrument, command, price, quantity);
  if (unpaid !== undefined) {
    return unpaid;
  }
  const postOnly = (command.flags & CommandFlag.PostOnly) !== 0;
  if (countsAsPostOnly(phase, postOnly) && crosses(book, side, price)) {
    return { reason: Reason.PostOnlyWouldCross };
  }
  if (timeInForce === TimeInForce.FillOrKill && fillable(state, instrument, command) < command.quantity) {
    return { reason: Reason.FillOrKillNotFillable };
  }
  const minQuantity = leastOf(command);
  if (minQuantity > 0 && fillable(state, instrument, command) < minQuantity) {
    return { reason: Reason.MinQuantityNotFillable };
  }
  const order = { ...orderOf(command, state.nextOrderId()), type, price };
  return { steps: enterNew(state, instrument, order), taker: order };
}

function decideStop(state: State, command: PlainCommand, instrument: ModelInstrument): Refusal | Work {
  if (state.waiting() >= state.limits.maxStops) {
    return { reason: Reason.StopsFull, amount: state.limits.maxStops };
  }
  const price = worstPrice(command, instrument);
  const unpaid = checkMoney(state, instrument, command, price, command.quantity);
  if (unpaid !== undefined) {
    return unpaid;
  }
  const stop = orderOf(command, 0n);
  if ((command.flags & CommandFlag.RefuseIfThrough) !== 0 && isThrough(instrument, stop)) {
    return { reason: Reason.StopAlreadyThrough };
  }
  return { steps: enterStop(state, instrument, { ...orderOf(command, state.nextOrderId()), price }) };
}

/** The own order that the command names, of its instrument. */
function targetOf(state: State, command: PlainCommand): ModelOrder | undefined {
  const byClientId = (command.flags & CommandFlag.TargetIsClientOrderId) !== 0;
  const order = byClientId
    ? state.findByClientId(command.account, command.targetId)
    : state.orders.get(command.targetId);
  return order?.account === command.account && order.instrument === command.instrument ? order : undefined;
}

/** Whether its price is an offset: that of a stop that trails, or of the change of one. */
export function isOffset(state: State, command: PlainCommand): boolean {
  if (command.kind === CommandKind.New) {
    return command.type === OrderType.TrailingStop;
  }
  const target = REPLACE_KINDS.includes(command.kind) ? targetOf(state, command) : undefined;
  return target?.waits === true && target.type === OrderType.TrailingStop;
}

/** Checks 9 to 11 of Cancel, Replace, CancelReplace. */
function decideTarget(state: State, command: PlainCommand, instrument: ModelInstrument): Refusal | Work {
  const { price, quantity, kind } = command;
  const order = targetOf(state, command);
  if (order === undefined) {
    return { reason: Reason.UnknownOrder };
  }
  const { book, phase } = instrument;
  if (kind === CommandKind.Cancel) {
    return { steps: cancel(state, book, order, command.clientOrderId) };
  }
  if (kind === CommandKind.OrderStatus) {
    return { steps: say(state, order, command.clientOrderId) };
  }
  const orderId = order.id;
  const trails = order.waits && order.type === OrderType.TrailingStop;
  const mayHaveAny = trails || (order.waits && order.type === OrderType.Stop);
  if (price === NO_PRICE && needsPrice(instrument, order.side)) {
    return { reason: Reason.PriceRequired, orderId };
  }
  if (!mayHaveAny && (isMarket(order) ? price !== NO_PRICE : price === NO_PRICE)) {
    return { reason: price === NO_PRICE ? Reason.PriceRequired : Reason.PriceNotAllowed, orderId };
  }
  if (trails && price !== NO_PRICE && price < 0) {
    return { reason: Reason.PriceOutOfRange, amount: 0, orderId };
  }
  const cumulativeRoom = MAX_UINT32 - order.cumulative;
  if (kind === CommandKind.CancelReplace && quantity > cumulativeRoom) {
    return { reason: Reason.QuantityOutOfRange, amount: cumulativeRoom, orderId };
  }
  const leaves = kind === CommandKind.Replace ? quantity - order.cumulative : quantity;
  if (leaves <= 0) {
    return { steps: cancelAsDone(state, book, order, command.clientOrderId) };
  }
  const limited = checkLimits(state, command, instrument, leaves, order);
  if (limited !== undefined) {
    return { ...limited, orderId };
  }
  if (kind === CommandKind.Replace && price === order.price && leaves < order.leaves) {
    return { steps: reduce(state, order, command, leaves) };
  }
  if (!order.waits && !state.hasLevelRoom(book, order.side, price)) {
    return { reason: Reason.LevelsFull, amount: state.limits.maxLevels, orderId };
  }
  const unpaid = checkMoney(state, instrument, order, price, leaves, order);
  if (unpaid !== undefined) {
    return { ...unpaid, orderId };
  }
  if (order.waits) {
    return { steps: replaceStop(state, instrument, order, command, leaves) };
  }
  if (countsAsPostOnly(phase, order.postOnly) && crosses(book, order.side, price)) {
    return { reason: Reason.PostOnlyWouldCross, orderId };
  }
  return { steps: replace(state, instrument, order, command, leaves), taker: order };
}

function decidePhase(state: State, command: PlainCommand, sender: Sender, instrument: ModelInstrument): Refusal | Work {
  const phase = command.type;
  const bid = instrument.book.buys.best();
  const ask = instrument.book.sells.best();
  if (isUncrossed(phase) && bid !== undefined && ask !== undefined && bid >= ask) {
    return { reason: Reason.BookCrossed };
  }
  return { steps: setPhase(state, sender, instrument, phase) };
}

/** Whether an order must not trade when it comes. */
export function countsAsPostOnly(phase: Phase, postOnly: boolean): boolean {
  return phase === Phase.PostOnly || (phase === Phase.Continuous && postOnly);
}
