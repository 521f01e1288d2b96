/**
 * Checks of the model that look at the command and its instrument alone, and what kinds there are. Any thread.
 */
import { CommandFlag, CommandKind, OrderType, type Phase, Reason, TimeInForce, Trigger } from '../../schemas/codes.js';
import { isStop } from '../../schemas/kinds.js';
import { COMMAND_KIND_WORD, COMMAND_WORDS, NO_PRICE } from '../../schemas/layout.js';
import { phaseEffect } from '../../schemas/phases.js';
import { leastOf } from './entering.js';
import { needsPrice } from './money.js';
import { counterOf, type PlainCommand, readCommand } from './plain-records.js';
import type { ModelInstrument, Refusal, Work } from './state.js';
import { isOnTick, nearestTick } from './ticks.js';

export const CLIENT_KINDS: readonly number[] = [
  CommandKind.New,
  CommandKind.Cancel,
  CommandKind.Replace,
  CommandKind.CancelReplace,
  CommandKind.MassCancel,
  CommandKind.OrderStatus,
  CommandKind.AccountStatus,
  CommandKind.DeadMan,
];
export const ADMIN_KINDS: readonly number[] = [
  CommandKind.AddInstrument,
  CommandKind.AddAccount,
  CommandKind.AddKey,
  CommandKind.RevokeKey,
  CommandKind.SetFees,
  CommandKind.SetLimits,
  CommandKind.AddAsset,
];
/** Others with Parts behind them. */
const PARTED_KINDS: readonly number[] = [CommandKind.Note, CommandKind.Bust, CommandKind.Correction];
export const MONEY_KINDS: readonly number[] = [CommandKind.Deposit, CommandKind.Withdraw];
export const REPLACE_KINDS: readonly number[] = [CommandKind.Replace, CommandKind.CancelReplace];

/** What the tables of kinds and fields cannot say: fields that must fit each other. Reason.None: they do. */
export function checkTogether(command: PlainCommand, shard: number): Reason {
  const { kind, account, instrument, quantity, targetId, minQuantity } = command;
  switch (kind) {
    case CommandKind.New: {
      const immediate = [TimeInForce.ImmediateOrCancel, TimeInForce.FillOrKill].includes(command.timeInForce);
      const mayNotRest = immediate || command.type === OrderType.Market;
      return (command.flags & CommandFlag.PostOnly) !== 0 && mayNotRest ? Reason.BadFlags : Reason.None;
    }
    case CommandKind.SessionOpen:
      return counterOf(command.clientOrderId) === 0 ? Reason.None : Reason.FieldNotZero;
    case CommandKind.AccountStatus: {
      const saysOne = (targetId === 0n) !== (instrument === 0);
      return saysOne && (instrument === 0 || minQuantity === 0) ? Reason.None : Reason.FieldNotZero;
    }
    case CommandKind.Note:
      return instrument === 0 || minQuantity === 0 ? Reason.None : Reason.FieldNotZero;
    case CommandKind.Kill: {
      const saysOne = instrument === 0 || (account === 0 && minQuantity === 0);
      return saysOne && quantity <= 1 ? Reason.None : Reason.FieldNotZero;
    }
    default:
      return ADMIN_KINDS.includes(kind) && shard === 0 && quantity !== 0 ? Reason.FieldNotZero : Reason.None;
  }
}

/** How many records behind the head are its Parts, whole or not: see check 1. */
export function partsBehind(words: Int32Array, at: number, head: PlainCommand): number {
  const hasTerms = PARTED_KINDS.includes(head.kind) || ADMIN_KINDS.includes(head.kind);
  if (!hasTerms || head.kind === CommandKind.RevokeKey) {
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

export function checkFields(command: PlainCommand, instrument: ModelInstrument): Refusal | undefined {
  const { kind, type, trigger, side, price } = command;
  if (kind !== CommandKind.New) {
    return undefined;
  }
  // What a market-to-limit comes to the book says; the price of a stop that trails is an offset.
  const saysNone = price === NO_PRICE || type === OrderType.TrailingStop;
  if (
    saysNone &&
    type !== OrderType.MarketToLimit &&
    needsPrice(instrument, side) &&
    !isPricedByBand(command, instrument)
  ) {
    return { reason: Reason.PriceRequired };
  }
  if (isStop(type) && trigger === Trigger.None) {
    return { reason: Reason.TriggerRequired };
  }
  if (type === OrderType.MarketToLimit && price !== NO_PRICE) {
    return { reason: Reason.PriceNotAllowed };
  }
  const maySayNone = [OrderType.Market, OrderType.MarketToLimit, OrderType.Stop, OrderType.TrailingStop].includes(type);
  return price === NO_PRICE && !maySayNone ? { reason: Reason.PriceRequired } : undefined;
}

/** A stop that buys for money without a price of its own: trigger and band are its worst one. */
function isPricedByBand({ type, price, side }: PlainCommand, instrument: ModelInstrument): boolean {
  return type === OrderType.Stop && price === NO_PRICE && instrument.dynamicBand > 0 && needsPrice(instrument, side);
}

/** What a new order may pay at most as it enters: its own price, or that of its band. */
export function worstPrice(command: PlainCommand, instrument: ModelInstrument): number {
  const far = command.triggerPrice + instrument.dynamicBand;
  return isPricedByBand(command, instrument)
    ? nearestTick(instrument, Math.min(far, instrument.priceMax), -1)
    : command.price;
}

export function checkTrigger(command: PlainCommand, instrument: ModelInstrument): Refusal | undefined {
  const { kind, type, triggerPrice } = command;
  const { priceMin, priceMax } = instrument;
  if (kind === CommandKind.New && type === OrderType.TrailingStop) {
    return triggerPrice < 1 ? { reason: Reason.PriceOutOfRange, amount: 1 } : undefined;
  }
  if (kind !== CommandKind.New || !isStop(type)) {
    return undefined;
  }
  if (triggerPrice >= priceMin && triggerPrice <= priceMax) {
    return isOnTick(instrument, triggerPrice) ? undefined : offTick(instrument, triggerPrice);
  }
  return { reason: Reason.PriceOutOfRange, amount: triggerPrice < priceMin ? priceMin : priceMax };
}

function offTick(instrument: ModelInstrument, price: number): Refusal {
  return { reason: Reason.OffTick, amount: nearestTick(instrument, price, -1) };
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
  const { priceMin, priceMax, quantityMax, reference, staticBand } = instrument;
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
  if (!isOffset && price !== NO_PRICE && !isOnTick(instrument, price)) {
    return offTick(instrument, price);
  }
  if (!isOffset && price !== NO_PRICE && staticBand > 0 && Math.abs(price - reference) > staticBand) {
    return { reason: Reason.OutsideStaticBand, amount: reference + Math.sign(price - reference) * staticBand };
  }
  const least = kind === CommandKind.Replace ? 0 : 1;
  if (quantity < least || quantity > quantityMax) {
    return { reason: Reason.QuantityOutOfRange, amount: quantity < least ? least : quantityMax };
  }
  const { displayQuantity } = command;
  const isIceberg = kind === CommandKind.New && command.type === OrderType.Iceberg;
  if (isIceberg && (displayQuantity < 1 || displayQuantity > quantity)) {
    return { reason: Reason.DisplayOutOfRange, amount: displayQuantity < 1 ? 1 : quantity };
  }
  if (kind === CommandKind.New && leastOf(command) > quantity) {
    return { reason: Reason.MinQuantityOutOfRange, amount: quantity };
  }
  return undefined;
}

export function isRefusal(verdict: Refusal | Work): verdict is Refusal {
  return 'reason' in verdict;
}
