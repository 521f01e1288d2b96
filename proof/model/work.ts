/**
 * What commands do once no check stands against them: the steps of a new order, a cancel, a replace, the end of a
 * day, an uncross, a phase change. All checks are done when a function here is called. Any thread.
 */
import {
  EventKind,
  Liquidity,
  OrderType,
  Phase,
  Reason,
  SelfTrade,
  Side,
  TimeInForce,
  Trigger,
} from '../../schemas/codes.js';
import { NO_PRICE } from '../../schemas/layout.js';
import { type Book, isMarket, isPatient, type ModelOrder } from './book.js';
import { lose, replenish, shownOf, showPeak } from './iceberg.js';
import { fillHolding, openHolding } from './limits.js';
import { settle } from './money.js';
import type { PlainCommand } from './plain-records.js';
import { type ModelInstrument, type Sender, type State, type Steps, VISIT } from './state.js';

const LARGEST_PRICE = 0x7fffffff;

/** Orders without a limit. A market-to-limit is one as long as it has no price. */

export function* enterNew(state: State, instrument: ModelInstrument, order: ModelOrder): Steps {
  yield 1;
  accept(state, instrument, order);
  yield* matchAndRest(state, instrument, order);
}

/** The order is there, and what will be booked of it finds its place. */
export function accept(state: State, instrument: ModelInstrument, order: ModelOrder): void {
  state.addOrder(order);
  openHolding(state, order.account, instrument);
  state.emitOrder(EventKind.Accepted, order, { quantity: order.leaves, leaves: order.leaves });
}

export function* cancel(state: State, book: Book, order: ModelOrder, byClientOrderId: bigint): Steps {
  yield 1;
  takeAway(state, book, order, Reason.ByClient, byClientOrderId);
}

/** What the order is like: in the book, or outside of it with its trigger price. */
export function* say(state: State, order: ModelOrder, relatedId: bigint): Steps {
  yield 1;
  const { leaves, cumulative } = order;
  const where = order.waits
    ? { reason: Reason.WaitingForTrigger, amount: triggerOf(order) }
    : { reason: Reason.Resting, displayed: shownOf(order) };
  state.emitOrder(EventKind.OrderState, order, { quantity: leaves + cumulative, leaves, relatedId, ...where });
}

/** What a stop waits for. One that trails and has seen no price, or whose trigger no price reaches, waits for none. */
function triggerOf({ side, level }: ModelOrder): number {
  const isOut = level === undefined || (side === Side.Buy ? level > LARGEST_PRICE : level <= NO_PRICE);
  return isOut ? NO_PRICE : level;
}

/** Replace with a total at or below what is filled. */
export function* cancelAsDone(state: State, book: Book, order: ModelOrder, byClientOrderId: bigint): Steps {
  yield 1;
  takeAway(state, book, order, Reason.ReplacedToDone, byClientOrderId);
}

/** Replace for less at the same price: the only one that keeps its place. */
export function* reduce(state: State, order: ModelOrder, command: PlainCommand, leaves: number): Steps {
  yield 1;
  const oldId = order.clientOrderId;
  const quantity = order.leaves - leaves;
  state.renameOrder(order, command.clientOrderId, command.session);
  const amount = lose(state, order, quantity);
  const shown = order.waits ? {} : { displayed: shownOf(order), book: true };
  state.emitOrder(EventKind.Reduced, order, { quantity, amount, leaves, relatedId: oldId, ...shown });
}

/** Every other replace: off its old price, then in as if it came now, but with its id and what it has filled. */
export function* replace(
  state: State,
  instrument: ModelInstrument,
  order: ModelOrder,
  command: PlainCommand,
  leaves: number,
): Steps {
  yield 1;
  const oldId = order.clientOrderId;
  const quantity = order.leaves;
  instrument.book.side(order.side).remove(order);
  state.renameOrder(order, command.clientOrderId, command.session);
  const amount = lose(state, order, quantity);
  state.emitOrder(EventKind.Replaced, order, { quantity, amount, leaves, relatedId: oldId, book: true });
  order.price = command.price;
  state.setLeaves(order, leaves);
  yield* matchAndRest(state, instrument, order);
}

/** Returns how many of the account's orders it took, in the instrument or (undefined) in all. */
function* takeOrdersOf(
  state: State,
  account: number,
  instrument: number | undefined,
  reason: Reason,
  byClientOrderId: bigint,
): Generator<number, number, void> {
  let count = 0;
  while (state.firstOf(account, instrument) !== undefined) {
    yield 1;
    // What was first when it stopped may be gone, and another one first, or none.
    const order = state.firstOf(account, instrument);
    const book = state.instrument(order?.instrument ?? 0)?.book;
    if (order !== undefined && book !== undefined) {
      takeAway(state, book, order, reason, byClientOrderId);
      count += 1;
    }
  }
  return count;
}

/**
 * Kill of an instrument, of an account (0: of none), or of all of the shard; with `killed` all their orders go. An
 * instrument's go as at the end of a day, an account's as with a mass cancel of all.
 */
export function* kill(
  state: State,
  sender: Sender,
  instrument: ModelInstrument | undefined,
  account: number,
  killed: boolean,
): Steps {
  const answer = { ...sender, instrument: instrument?.id ?? 0 };
  const target = instrument ?? state.account(account) ?? state;
  yield 1;
  target.killed = killed;
  state.emit(EventKind.KillChanged, { ...answer, quantity: killed ? 1 : 0, leaves: account });
  if (!killed) {
    return;
  }
  let count = 0;
  if (instrument !== undefined) {
    for (const order of inDayOrder(instrument)) {
      // What has expired meanwhile is not come to; the step before it may have been for it.
      if (!state.orders.has(order.id)) {
        continue;
      }
      yield 1;
      if (!state.orders.has(order.id)) {
        continue;
      }
      takeAway(state, instrument.book, order, Reason.KillSwitch, 0n);
      count += 1;
    }
  } else {
    for (const one of account === 0 ? state.accounts.map((_, index) => index + 1) : [account]) {
      count += yield* takeOrdersOf(state, one, undefined, Reason.KillSwitch, 0n);
    }
  }
  yield 1;
  state.emit(EventKind.Finished, { ...answer, quantity: count });
}

/** EndOfDay: buys, then sells, by priority, then stops that wait. Nothing else touches the book meanwhile. */
export function* endDay(state: State, sender: Sender, instrument: ModelInstrument): Steps {
  const answer = { ...sender, instrument: instrument.id };
  yield 1;
  state.emit(EventKind.Started, answer);
  const { book } = instrument;
  let count = 0;
  let replaces = false;
  for (const order of inDayOrder(instrument)) {
    // One that has expired meanwhile is not looked at: the next one is, in its place.
    if (!state.orders.has(order.id)) {
      continue;
    }
    if (!replaces) {
      yield VISIT;
    }
    replaces = !state.orders.has(order.id);
    if (!replaces && order.timeInForce === TimeInForce.Day) {
      yield 1;
      takeAway(state, book, order, Reason.EndOfDay, 0n);
      count += 1;
    }
  }
  yield 1;
  state.emit(EventKind.Finished, { ...answer, quantity: count });
}

function inDayOrder({ book, stops, triggered }: ModelInstrument): ModelOrder[] {
  return [...book.buys.byPriority(), ...book.sells.byPriority(), ...byGroup(stops), ...triggered];
}

/** Buys, then sells, each by what triggers them, then by entry; of each side those that trail come last. */
function byGroup(stops: readonly ModelOrder[]): ModelOrder[] {
  const trails = (order: ModelOrder): number => (order.type === OrderType.TrailingStop ? 1 : 0);
  return stops.toSorted((a, b) => a.side - b.side || trails(a) - trails(b) || a.trigger - b.trigger);
}

/** The order is off the book and comes to that only by a Continue. */
export function isOnItsWay(state: State, order: ModelOrder): boolean {
  return state.operations.some(({ sweep }) => sweep.taker === order);
}

/** A good-till-date goes at its time. */
export function expire(state: State, order: ModelOrder): void {
  const book = state.instrument(order.instrument)?.book;
  if (book !== undefined) {
    takeAway(state, book, order, Reason.OrderExpired, 0n);
  }
}

export function* setPhase(state: State, sender: Sender, instrument: ModelInstrument, phase: Phase): Steps {
  yield 1;
  state.emit(EventKind.PhaseChanged, {
    ...sender,
    instrument: instrument.id,
    quantity: phase,
    leaves: instrument.phase,
  });
  instrument.phase = phase;
  if (isUncrossed(phase)) {
    yield* endMarketOrders(state, instrument.book, undefined);
  }
}

/** Whether the book may not be crossed in a phase. */
export function isUncrossed(phase: Phase): boolean {
  return phase === Phase.Continuous || phase === Phase.PostOnly;
}

/** Whether an order at `price` (NO_PRICE: any) on `side` would trade at once. */
export function crosses(book: Book, side: Side, price: number): boolean {
  const level = book.opposite(side).best();
  return level !== undefined && book.opposite(side).reaches(price, level);
}

/** How much of others a New would meet at once: own orders do not count, and but for Oldest nothing behind them does. */
export function fillable(state: State, instrument: ModelInstrument, command: PlainCommand): number {
  const { side, price, selfTrade, account } = command;
  const opposite = instrument.book.opposite(side);
  const reached = opposite
    .pricesBestFirst()
    .filter((level) => opposite.reaches(price, level) && isWithinBand(state, instrument, side, level));
  const orders = reached.flatMap((level) => opposite.ordersAt(level));
  const isOwn = (order: ModelOrder) => selfTrade !== SelfTrade.None && state.areOneOwner(account, order.account);
  const firstOwn = selfTrade === SelfTrade.Oldest ? -1 : orders.findIndex(isOwn);
  const within = firstOwn < 0 ? orders : orders.slice(0, firstOwn);
  return within.filter((order) => !isOwn(order)).reduce((sum, order) => sum + order.leaves, 0);
}

/** The order is off the book and has its price and leaves: it trades where that is allowed, and the rest rests or goes. */
export function* matchAndRest(state: State, instrument: ModelInstrument, taker: ModelOrder): Steps {
  const { book } = instrument;
  let continuous = instrument.phase === Phase.Continuous;
  while (continuous && taker.leaves > 0 && crosses(book, taker.side, taker.price)) {
    if (!isBestWithinBand(state, instrument, taker.side)) {
      break;
    }
    const next = book.opposite(taker.side).firstAtBest();
    const refills = next !== undefined && next.hidden > 0 && taker.leaves >= shownOf(next);
    // The other legs of both go with it.
    const others = [taker, next].filter((order) => order?.other !== undefined).length;
    yield next !== undefined && isPrevented(state, taker, next) ? 2 : 2 + (refills ? 1 : 0) + others;
    // While the taker waited for a Continue, a mass cancel may have taken the maker away.
    const maker = book.opposite(taker.side).firstAtBest();
    if (
      maker === undefined ||
      !crosses(book, taker.side, taker.price) ||
      !isBestWithinBand(state, instrument, taker.side)
    ) {
      break;
    }
    if (isPrevented(state, taker, maker)) {
      preventSelfTrade(state, book, taker, maker);
      if (!state.orders.has(taker.id)) {
        return;
      }
      continue;
    }
    const quantity = Math.min(taker.leaves, shownOf(maker));
    const tradeId = state.nextSequence();
    const [makerOther, takerOther] = [maker.other, taker.other];
    const price = maker.price;
    fill(state, book, maker, Liquidity.Maker, price, quantity, tradeId);
    fill(state, book, taker, Liquidity.Taker, price, quantity, tradeId);
    if (maker.leaves > 0 && shownOf(maker) === 0) {
      replenish(state, book, maker);
    }
    cancelOther(state, maker, makerOther);
    cancelOther(state, taker, takerOther);
  }
  if (taker.leaves === 0) {
    return;
  }
  const isAtBand = () => continuous && crosses(book, taker.side, taker.price);
  const mayStart = () =>
    isAtBand() &&
    instrument.bandAuction &&
    !taker.expired &&
    !isMarket(taker) &&
    isPatient(taker.type, taker.timeInForce);
  yield mayStart() ? 2 : 1;
  if (mayStart()) {
    const { id, phase } = instrument;
    state.emit(EventKind.PhaseChanged, {
      instrument: id,
      quantity: Phase.VolatilityAuction,
      leaves: phase,
      reason: Reason.DynamicBand,
    });
    instrument.phase = Phase.VolatilityAuction;
    instrument.interrupted = true;
    continuous = false;
  }
  if (isAtBand()) {
    drop(state, taker, taker.expired ? Reason.OrderExpired : Reason.DynamicBand);
  } else if (continuous && isMarket(taker)) {
    drop(state, taker, Reason.NothingToMatch);
  } else if (continuous && [TimeInForce.ImmediateOrCancel, TimeInForce.FillOrKill].includes(taker.timeInForce)) {
    drop(state, taker, Reason.ImmediateOrCancel);
  } else if (taker.expired) {
    drop(state, taker, Reason.OrderExpired);
  } else {
    book.side(taker.side).add(taker);
    taker.rested = state.eventSequence;
    state.list(taker);
    showPeak(taker);
    const { leaves } = taker;
    state.emitOrder(EventKind.Booked, taker, { leaves, displayed: shownOf(taker), book: true });
  }
}

/** Whether the dynamic band lets an order of this side trade at a price. */
function isWithinBand(state: State, instrument: ModelInstrument, side: Side, price: number): boolean {
  const reference = instrument.dynamicBand > 0 ? state.bandReference(instrument) : undefined;
  const far = side === Side.Buy ? price - (reference ?? price) : (reference ?? price) - price;
  return reference === undefined || far <= instrument.dynamicBand;
}

function isBestWithinBand(state: State, instrument: ModelInstrument, side: Side): boolean {
  const best = instrument.book.opposite(side).best();
  return best === undefined || isWithinBand(state, instrument, side, best);
}

/** Whether the taker's mode keeps it from trading with the order. */
function isPrevented(state: State, taker: ModelOrder, maker: ModelOrder): boolean {
  return taker.selfTrade !== SelfTrade.None && state.areOneOwner(taker.account, maker.account);
}

/** The taker meets an order of its own account or group: its mode says which of them goes. */
function preventSelfTrade(state: State, book: Book, taker: ModelOrder, maker: ModelOrder): void {
  const mode = taker.selfTrade;
  if (mode === SelfTrade.Decrement) {
    const quantity = Math.min(taker.leaves, maker.leaves);
    const { price } = maker;
    const amount = lose(state, maker, quantity);
    state.setLeaves(taker, taker.leaves - quantity);
    const ofMaker = { price, quantity, amount, leaves: maker.leaves, displayed: shownOf(maker), book: true };
    state.emitOrder(EventKind.Prevented, maker, { ...ofMaker, liquidity: Liquidity.Maker });
    state.emitOrder(EventKind.Prevented, taker, { price, quantity, leaves: taker.leaves, liquidity: Liquidity.Taker });
    if (maker.leaves === 0) {
      book.side(maker.side).remove(maker);
      state.removeOrder(maker);
    }
    if (taker.leaves === 0) {
      state.removeOrder(taker);
    }
    return;
  }
  if (mode === SelfTrade.Oldest || mode === SelfTrade.Both) {
    takeAway(state, book, maker, Reason.SelfTrade, 0n);
  }
  if (mode === SelfTrade.Newest || mode === SelfTrade.Both) {
    drop(state, taker, Reason.SelfTrade);
  }
}

/** One side of a trade. All but the taker rest, and leave the book when they are filled. */
export function fill(
  state: State,
  book: Book,
  order: ModelOrder,
  liquidity: Liquidity,
  price: number,
  quantity: number,
  tradeId: bigint,
): void {
  const rests = liquidity !== Liquidity.Taker;
  const instrument = state.instrument(order.instrument);
  const holding = state.holding(order.account, order.instrument);
  if (instrument === undefined || holding === undefined) {
    throw new Error(`Order ${order.id} trades where its account holds nothing.`);
  }
  instrument.last = price;
  instrument.trades.push(price);
  trail(instrument, Trigger.LastTrade, price);
  const fee = settle(state, instrument, order, liquidity, price, quantity);
  fillHolding(holding, instrument, order.side, price, quantity);
  state.setLeaves(order, order.leaves - quantity);
  order.cumulative += quantity;
  const { leaves } = order;
  const inAuction = liquidity === Liquidity.Auction;
  if (inAuction) {
    showPeak(order);
  }
  const displayed = rests ? shownOf(order) : 0;
  state.emitOrder(EventKind.Fill, order, {
    price,
    quantity,
    leaves,
    displayed,
    liquidity,
    relatedId: tradeId,
    amount: Number(fee),
    // Of an iceberg in an auction Replenished says what the book shows.
    book: rests && !(inAuction && order.type === OrderType.Iceberg),
  });
  if (leaves === 0) {
    if (rests) {
      book.side(order.side).remove(order);
    }
    state.removeOrder(order);
  }
}

/** In continuous trading stops that trail follow their trigger's price, one price at a time: away from it, never towards it. */
export function trail(instrument: ModelInstrument, trigger: Trigger, price: number, side?: Side): void {
  if (instrument.phase !== Phase.Continuous && !(instrument.interrupted && trigger === Trigger.LastTrade)) {
    return;
  }
  for (const stop of instrument.stops) {
    const follows =
      stop.type === OrderType.TrailingStop && stop.trigger === trigger && (side ?? stop.side) === stop.side;
    if (!follows || stop.through) {
      continue;
    }
    const towards = stop.side === Side.Buy ? 1 : -1;
    if (stop.level !== undefined && (price - stop.level) * towards >= 0) {
      stop.through = trigger === Trigger.LastTrade;
    } else {
      const moved = price + towards * stop.triggerPrice;
      stop.level = stop.level === undefined || (stop.level - moved) * towards > 0 ? moved : stop.level;
    }
  }
}

/** What market orders have left goes; a market-to-limit rests at the auction's price, if there was one. */
export function* endMarketOrders(state: State, book: Book, price: number | undefined): Steps {
  for (const order of [...book.buys.market, ...book.sells.market]) {
    if (!state.orders.has(order.id)) {
      continue;
    }
    if (order.type === OrderType.MarketToLimit && price !== undefined) {
      yield 2;
      if (!state.orders.has(order.id)) {
        continue;
      }
      const { leaves } = order;
      book.side(order.side).remove(order);
      state.emitOrder(EventKind.Replaced, order, {
        quantity: leaves,
        leaves,
        relatedId: order.clientOrderId,
        book: true,
      });
      order.type = OrderType.Limit;
      order.price = price;
      if (state.hasLevelRoom(book, order.side, price)) {
        book.side(order.side).add(order);
        state.emitOrder(EventKind.Booked, order, { leaves, displayed: leaves, book: true });
      } else {
        drop(state, order, Reason.LevelsFull);
      }
      continue;
    }
    yield 1;
    if (state.orders.has(order.id)) {
      takeAway(state, book, order, Reason.AuctionLeftover, 0n);
    }
  }
}

/** A leg was filled or triggered: the other one, if it lives, goes. */
export function cancelOther(state: State, leg: ModelOrder, other: ModelOrder | undefined): void {
  const book = state.instrument(leg.instrument)?.book;
  if (other !== undefined && book !== undefined) {
    takeAway(state, book, other, Reason.OneCancelledOther, leg.id);
  }
}

/** A resting order leaves, or a stop that waits. */
export function takeAway(state: State, book: Book, order: ModelOrder, reason: Reason, byClientOrderId: bigint): void {
  if (order.waits) {
    for (const list of [state.instrument(order.instrument)?.stops, state.instrument(order.instrument)?.triggered]) {
      const at = list?.indexOf(order) ?? -1;
      list?.splice(at, at < 0 ? 0 : 1);
    }
  } else {
    book.side(order.side).remove(order);
  }
  const { hidden } = order;
  state.emitOrder(EventKind.Cancelled, order, {
    quantity: order.leaves,
    amount: hidden,
    reason,
    relatedId: byClientOrderId,
    book: !order.waits,
  });
  state.removeOrder(order);
}

/** What is left of an order that never rested goes. */
export function drop(state: State, order: ModelOrder, reason: Reason): void {
  state.emitOrder(EventKind.Cancelled, order, { quantity: order.leaves, reason });
  state.removeOrder(order);
}
