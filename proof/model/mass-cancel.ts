/**
 * Mass cancels in the naive model: the orders of an account, all or those of a lane or side, one after the other. Any
 * thread.
 */
import { EventKind, Reason } from '../../schemas/codes.js';
import type { ModelOrder } from './book.js';
import { type Filter, isTaken } from './filter.js';
import { type ModelInstrument, type Sender, type State, type Steps, VISIT } from './state.js';
import { takeAway } from './work.js';

/**
 * The account's orders in one instrument or (undefined) in all, then instrument by instrument; oldest first in each. Of
 * all, others may trade with those orders while it goes on. `timer`: why, when nobody asked for it.
 */
export function* massCancel(
  state: State,
  sender: Sender,
  instrument: ModelInstrument | undefined,
  filter: Filter,
  timer?: Reason,
): Steps {
  const answer = { ...sender, instrument: instrument?.id ?? 0, ...(timer === undefined ? {} : { reason: timer }) };
  const why = timer ?? Reason.MassCancel;
  const byClientOrderId = timer === undefined ? sender.clientOrderId : 0n;
  yield 1;
  state.emit(EventKind.Started, answer);
  const takesAll = filter.lane === undefined && filter.side === undefined;
  let count = 0;
  const cancel = (order: ModelOrder) => {
    const book = state.instrument(order.instrument)?.book;
    if (book !== undefined) {
      takeAway(state, book, order, why, byClientOrderId);
      count += 1;
    }
  };
  if (takesAll) {
    while (state.firstOf(sender.account, instrument?.id) !== undefined) {
      yield 1;
      // What was first when it stopped may be gone, and another one first, or none.
      const order = state.firstOf(sender.account, instrument?.id);
      if (order !== undefined) {
        cancel(order);
      }
    }
  } else {
    yield* walk(state, state.ordersOf(sender.account, instrument?.id), filter, cancel);
  }
  yield 1;
  state.emit(EventKind.Finished, { ...answer, quantity: count });
}

/** Looks at each order once. One that is gone when its turn comes was not looked at: the next one is, in its place. */
function* walk(
  state: State,
  orders: readonly ModelOrder[],
  filter: Filter,
  cancel: (order: ModelOrder) => void,
): Steps {
  const rest = [...orders];
  const next = (): ModelOrder | undefined => {
    while (rest[0] !== undefined && !state.orders.has(rest[0].id)) {
      rest.shift();
    }
    return rest[0];
  };
  while (next() !== undefined) {
    yield VISIT;
    let order = next();
    while (order !== undefined && isTaken(filter, order)) {
      yield 1;
      if (next() === order) {
        cancel(order);
        break;
      }
      order = next();
    }
    if (order !== undefined && rest[0] === order) {
      rest.shift();
    }
  }
}
