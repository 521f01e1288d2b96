/**
 * Checks of the model that look at the command and its instrument alone, and what kinds there are. Any thread.
 */
import { CommandFlag, CommandKind, OrderType, type Phase, Reason, TimeInForce, Trigger } from '../../schemas/codes.js';
import { isStop } from '../../schemas/kinds.js';
import { COMMAND_KIND_WORD, COMMAND_WORDS, NO_PRICE } from '../../schemas/layout.js';
import { phaseEffect } from '../../schemas/phases.js';
import { isMarket, type ModelOrder } from './book.js';
import { type PlainCommand, readCommand } from './plain-records.js';
import type { ModelInstrument, Refusal, Work } from './state.js';

export const CLIENT_KINDS: readonly number[] = [
  CommandKind.New,
  CommandKind.Cancel,
  CommandKind.Replace,
  CommandKind.CancelReplace,
  CommandKind.MassCancel,
];
export const ADMIN_KINDS: readonly number[] = [
  CommandKind.AddInstrument,
  CommandKind.AddAccount,
  CommandKind.AddKey,
  CommandKind.RevokeKey,
];
export const REPLACE_KINDS: readonly number[] = [CommandKind.Replace, CommandKind.CancelReplace];

/** Whether what is left of such an order rests in continuous trading. */
export function isPatient(type: OrderType, timeInForce: TimeInForce): boolean {
  return (
    [OrderType.Limit, OrderType.StopLimit, OrderType.TrailingStop].includes(type) &&
    [TimeInForce.Day, TimeInForce.GoodTillCancel].includes(timeInForce)
  );
}

export function orderOf(command: PlainCommand, id: bigint): ModelOrder {
  return {
    id,
    account: command.account,
    session: command.session,
    clientOrderId: command.clientOrderId,
    instrument: command.instrument,
    side: command.side,
    type: command.type,
    timeInForce: command.timeInForce,
    postOnly: (command.flags & CommandFlag.PostOnly) !== 0,
    selfTrade: command.selfTrade,
    trigger: command.trigger,
    triggerPrice: command.triggerPrice,
    level: command.type === OrderType.TrailingStop ? undefined : command.triggerPrice,
    through: false,
    waits: isStop(command.type),
    other: undefined,
    price: command.price,
    leaves: command.quantity,
    cumulative: 0,
  };
}

/** How many records behind the head are its Parts, whole or not: see check 1. */
export function partsBehind(words: Int32Array, at: number, head: PlainCommand): number {
  if (!ADMIN_KINDS.includes(head.kind) || head.kind === CommandKind.RevokeKey) {
    return 0;
  }
  let run = 0;
  let count = 1;
  while (run < count) {
    const part = at + (run + 1) * COMMAND_WORDS;
    const record = readCommand(words, part);
    const place = words[part + 2] ?? 0;
    const isNext =
      part + COMMAND_WORDS <= words.length &&
      ((words[part + COMMAND_KIND_WORD] ?? 0) & 0xff) === CommandKind.Part &&
      record.clientOrderId === head.clientOrderId &&
      (place & 0xff) === run &&
      (run === 0 || ((place >>> 8) & 0xff) === count);
    if (!isNext) {
      return run;
    }
    count = (place >>> 8) & 0xff;
    run += 1;
  }
  return run;
}

/** Checks 6 and 7 as far as the phase decides them, by the table that all share. */
export function checkPhase(command: PlainCommand, phase: Phase): Refusal | undefined {
  const { kind, type, timeInForce, price } = command;
  const effect = phaseEffect(phase, kind, type, timeInForce, price !== NO_PRICE);
  return effect === 'NotInThisPhase' || effect === 'NotInAuction' ? { reason: Reason[effect] } : undefined;
}

export function checkFields(command: PlainCommand): Refusal | undefined {
  const isNew = command.kind === CommandKind.New;
  if (isNew && isStop(command.type) && command.trigger === Trigger.None) {
    return { reason: Reason.TriggerRequired };
  }
  const needsPrice = isNew && !isMarket(command);
  return needsPrice && command.price === NO_PRICE ? { reason: Reason.PriceRequired } : undefined;
}

export function checkTrigger(command: PlainCommand, instrument: ModelInstrument): Refusal | undefined {
  const { kind, type, triggerPrice } = command;
  const { priceMin, priceMax } = instrument;
  if (kind === CommandKind.New && type === OrderType.TrailingStop) {
    return triggerPrice < 1 ? { reason: Reason.PriceOutOfRange, amount: 1 } : undefined;
  }
  if (kind !== CommandKind.New || !isStop(type) || (triggerPrice >= priceMin && triggerPrice <= priceMax)) {
    return undefined;
  }
  return { reason: Reason.PriceOutOfRange, amount: triggerPrice < priceMin ? priceMin : priceMax };
}

/** `isOffset`: its price is none of the instrument's. Of a new order it must not be below 0; of a change that comes later. */
export function checkRanges(
  command: PlainCommand,
  instrument: ModelInstrument,
  isOffset: boolean,
): Refusal | undefined {
  const { kind, price, quantity } = command;
  if (kind !== CommandKind.New && kind !== CommandKind.ReferencePrice && !REPLACE_KINDS.includes(kind)) {
    return undefined;
  }
  const { priceMin, priceMax, quantityMax } = instrument;
  if (isOffset) {
    if (kind === CommandKind.New && price !== NO_PRICE && price < 0) {
      return { reason: Reason.PriceOutOfRange, amount: 0 };
    }
  } else if (price !== NO_PRICE && (price < priceMin || price > priceMax)) {
    return { reason: Reason.PriceOutOfRange, amount: price < priceMin ? priceMin : priceMax };
  }
  if (kind === CommandKind.ReferencePrice) {
    return undefined;
  }
  const least = kind === CommandKind.Replace ? 0 : 1;
  if (quantity < least || quantity > quantityMax) {
    return { reason: Reason.QuantityOutOfRange, amount: quantity < least ? least : quantityMax };
  }
  return undefined;
}

export function isRefusal(verdict: Refusal | Work): verdict is Refusal {
  return 'reason' in verdict;
}
