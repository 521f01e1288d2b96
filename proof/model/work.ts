/**
 * What commands do once no check stands against them: the steps of a new order, a cancel, a replace, a mass cancel, the
 * end of a day, an uncross, a phase change. All checks are done when a function here is called. Any thread.
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
import { auction } from './auction.js';
import { type Book, type BookSide, isMarket, type ModelOrder } from './book.js';
import type { PlainCommand } from './plain-records.js';
import { type ModelInstrument, type Sender, type State, type Steps, VISIT } from './state.js';

const MAX_UINT32 = 0xffffffff;

export function* enterNew(state: State, instrument: ModelInstrument, order: ModelOrder): Steps {
  yield 1;
  state.addOrder(order);
  state.emitOrder(EventKind.Accepted, order, { quantity: order.leaves, leaves: order.leaves });
  yield* matchAndRest(state, instrument, order);
}

export function* cancel(state: State, book: Book, order: ModelOrder, byClientOrderId: bigint): Steps {
  yield 1;
  takeAway(state, book, order, Reason.ByClient, byClientOrderId);
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
  order.leaves = leaves;
  const shown = order.waits ? {} : { displayed: leaves, book: true };
  state.emitOrder(EventKind.Reduced, order, { quantity, leaves, relatedId: oldId, ...shown });
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
  state.emitOrder(EventKind.Replaced, order, { quantity, leaves, relatedId: oldId, book: true });
  order.price = command.price;
  order.leaves = leaves;
  yield* matchAndRest(state, instrument, order);
}

/**
 * MassCancel of an account's orders in one instrument or (undefined) in all, then instrument by instrument; oldest first
 * in each. Of all, others may trade with those orders while it goes on.
 */
export function* massCancel(state: State, sender: Sender, instrument: ModelInstrument | undefined): Steps {
  const answer = { ...sender, instrument: instrument?.id ?? 0 };
  yield 1;
  state.emit(EventKind.Started, answer);
  let count = 0;
  while (state.firstOf(sender.account, instrument?.id) !== undefined) {
    yield 1;
    // What was first when it stopped may be gone, and another one first, or none.
    const order = state.firstOf(sender.account, instrument?.id);
    const book = state.instrument(order?.instrument ?? 0)?.book;
    if (order !== undefined && book !== undefined) {
      takeAway(state, book, order, Reason.MassCancel, sender.clientOrderId);
      count += 1;
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
  for (const order of [...book.buys.byPriority(), ...book.sells.byPriority(), ...byGroup(instrument.stops)]) {
    yield VISIT;
    if (order.timeInForce === TimeInForce.Day) {
      yield 1;
      takeAway(state, book, order, Reason.EndOfDay, 0n);
      count += 1;
    }
  }
  yield 1;
  state.emit(EventKind.Finished, { ...answer, quantity: count });
}

/** Buys, then sells, each by what triggers them, then by entry; of each side those that trail come last. */
function byGroup(stops: readonly ModelOrder[]): ModelOrder[] {
  const trails = (order: ModelOrder): number => (order.type === OrderType.TrailingStop ? 1 : 0);
  return stops.toSorted((a, b) => a.side - b.side || trails(a) - trails(b) || a.trigger - b.trigger);
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
  if (phase === Phase.Continuous) {
    yield* cancelMarketOrders(state, instrument.book);
  }
}

export function* uncross(state: State, sender: Sender, instrument: ModelInstrument): Steps {
  const { book } = instrument;
  const { price, volume, imbalance } = auction(book, instrument.reference);
  yield 1;
  state.emit(EventKind.Uncrossed, {
    ...sender,
    instrument: instrument.id,
    price,
    quantity: Math.min(volume, MAX_UINT32),
    amount: imbalance,
  });
  let left = volume;
  while (left > 0) {
    yield first(book.buys).other === undefined && first(book.sells).other === undefined ? 2 : 4;
    const buyer = first(book.buys);
    const seller = first(book.sells);
    const [buyerOther, sellerOther] = [buyer.other, seller.other];
    const quantity = Math.min(left, buyer.leaves, seller.leaves);
    const tradeId = state.nextSequence();
    fill(state, book, buyer, Liquidity.Auction, price, quantity, tradeId);
    fill(state, book, seller, Liquidity.Auction, price, quantity, tradeId);
    cancelOther(state, buyer, buyerOther);
    cancelOther(state, seller, sellerOther);
    left -= quantity;
  }
  if (volume > 0) {
    yield* cancelMarketOrders(state, book);
  }
}

/** Whether an order at `price` (NO_PRICE: any) on `side` would trade at once. */
export function crosses(book: Book, side: Side, price: number): boolean {
  const level = book.opposite(side).best();
  return level !== undefined && book.opposite(side).reaches(price, level);
}

/** Whether all of a New could trade at once: own orders do not count, and but for Oldest nothing behind them does. */
export function fillable(state: State, book: Book, command: PlainCommand): boolean {
  const { side, price, quantity, selfTrade, account } = command;
  const opposite = book.opposite(side);
  const reached = opposite.pricesBestFirst().filter((level) => opposite.reaches(price, level));
  const orders = reached.flatMap((level) => opposite.ordersAt(level));
  const isOwn = (order: ModelOrder) => selfTrade !== SelfTrade.None && state.areOneOwner(account, order.account);
  const firstOwn = selfTrade === SelfTrade.Oldest ? -1 : orders.findIndex(isOwn);
  const within = firstOwn < 0 ? orders : orders.slice(0, firstOwn);
  return within.filter((order) => !isOwn(order)).reduce((sum, order) => sum + order.leaves, 0) >= quantity;
}

/** The order is off the book and has its price and leaves: it trades where that is allowed, and the rest rests or goes. */
export function* matchAndRest(state: State, instrument: ModelInstrument, taker: ModelOrder): Steps {
  const { book } = instrument;
  const continuous = instrument.phase === Phase.Continuous;
  while (continuous && taker.leaves > 0 && crosses(book, taker.side, taker.price)) {
    // The other legs of both may go with it.
    yield taker.other === undefined && book.opposite(taker.side).firstAtBest()?.other === undefined ? 2 : 4;
    // While the taker waited for a Continue, a mass cancel may have taken the maker away.
    const maker = book.opposite(taker.side).firstAtBest();
    if (maker === undefined || !crosses(book, taker.side, taker.price)) {
      break;
    }
    if (taker.selfTrade !== SelfTrade.None && state.areOneOwner(taker.account, maker.account)) {
      preventSelfTrade(state, book, taker, maker);
      if (!state.orders.has(taker.id)) {
        return;
      }
      continue;
    }
    const quantity = Math.min(taker.leaves, maker.leaves);
    const tradeId = state.nextSequence();
    const [makerOther, takerOther] = [maker.other, taker.other];
    const price = maker.price;
    fill(state, book, maker, Liquidity.Maker, price, quantity, tradeId);
    fill(state, book, taker, Liquidity.Taker, price, quantity, tradeId);
    cancelOther(state, maker, makerOther);
    cancelOther(state, taker, takerOther);
  }
  if (taker.leaves === 0) {
    return;
  }
  yield 1;
  if (continuous && isMarket(taker)) {
    drop(state, taker, Reason.NothingToMatch);
  } else if (continuous && taker.timeInForce === TimeInForce.ImmediateOrCancel) {
    drop(state, taker, Reason.ImmediateOrCancel);
  } else {
    book.side(taker.side).add(taker);
    state.list(taker);
    const { leaves } = taker;
    state.emitOrder(EventKind.Booked, taker, { leaves, displayed: leaves, book: true });
  }
}

/** The taker meets an order of its own account or group: its mode says which of them goes. */
function preventSelfTrade(state: State, book: Book, taker: ModelOrder, maker: ModelOrder): void {
  const mode = taker.selfTrade;
  if (mode === SelfTrade.Decrement) {
    const quantity = Math.min(taker.leaves, maker.leaves);
    const { price } = maker;
    maker.leaves -= quantity;
    taker.leaves -= quantity;
    const ofMaker = { price, quantity, leaves: maker.leaves, displayed: maker.leaves, book: true };
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
function fill(
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
  if (instrument !== undefined) {
    instrument.last = price;
    instrument.trades.push(price);
    trail(instrument, Trigger.LastTrade, price);
  }
  order.leaves -= quantity;
  order.cumulative += quantity;
  const { leaves } = order;
  const displayed = rests ? leaves : 0;
  state.emitOrder(EventKind.Fill, order, {
    price,
    quantity,
    leaves,
    displayed,
    liquidity,
    relatedId: tradeId,
    book: rests,
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
  if (instrument.phase !== Phase.Continuous) {
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

function* cancelMarketOrders(state: State, book: Book): Steps {
  for (const order of [...book.buys.market, ...book.sells.market]) {
    yield 1;
    takeAway(state, book, order, Reason.AuctionLeftover, 0n);
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
function takeAway(state: State, book: Book, order: ModelOrder, reason: Reason, byClientOrderId: bigint): void {
  if (order.waits) {
    for (const list of [state.instrument(order.instrument)?.stops, state.instrument(order.instrument)?.triggered]) {
      const at = list?.indexOf(order) ?? -1;
      list?.splice(at, at < 0 ? 0 : 1);
    }
  } else {
    book.side(order.side).remove(order);
  }
  state.emitOrder(EventKind.Cancelled, order, {
    quantity: order.leaves,
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

function first(side: BookSide): ModelOrder {
  const order = side.first();
  if (order === undefined) {
    throw new Error('The auction found a volume that the book does not hold.');
  }
  return order;
}
