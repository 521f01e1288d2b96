/**
 * What an order is when it enters: out of its New, and by the market as it stands. Any thread.
 */
import { CommandFlag, OrderType, Phase, Side, TimeInForce } from '../../schemas/codes.js';
import { isStop } from '../../schemas/kinds.js';
import type { ModelOrder } from './book.js';
import type { PlainCommand } from './plain-records.js';
import type { ModelInstrument } from './state.js';
import { nearestTick } from './ticks.js';
import { crosses } from './work.js';

/**
 * What a New is when it enters: in Continuous a market-to-limit is a limit order at the best price of the other side, if
 * there is one, and a post-only that slides stands one tick off that, where the instrument has such a price.
 */
export function enteredAs(command: PlainCommand, instrument: ModelInstrument): { type: OrderType; price: number } {
  const { type, price, side, flags } = command;
  const { book, phase, priceMin, priceMax } = instrument;
  const best = book.opposite(side).best();
  if (phase !== Phase.Continuous || best === undefined) {
    return { type, price };
  }
  if (type === OrderType.MarketToLimit) {
    return { type: OrderType.Limit, price: best };
  }
  const slid = side === Side.Buy ? best - 1 : best + 1;
  const slides =
    (flags & CommandFlag.Slide) !== 0 && crosses(book, side, price) && slid >= priceMin && slid <= priceMax;
  return { type, price: slides ? nearestTick(instrument, slid, side === Side.Buy ? -1 : 1) : price };
}

/** What an immediate-or-cancel trades at once, at least. */
export function leastOf(command: PlainCommand): number {
  return command.timeInForce === TimeInForce.ImmediateOrCancel ? command.minQuantity : 0;
}

/** When a good-till-date goes, µs; of other orders undefined. */
export function expiryOf(command: PlainCommand): number | undefined {
  return command.timeInForce === TimeInForce.GoodTillDate ? command.minQuantity * 1_000_000 : undefined;
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
    peak: command.type === OrderType.Iceberg ? command.displayQuantity : Number.POSITIVE_INFINITY,
    hidden: 0,
    expiryUs: expiryOf(command),
    expired: false,
    cumulative: 0,
    rested: 0,
  };
}
