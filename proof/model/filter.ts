/**
 * Which orders of its account a mass cancel takes, in the naive model. Any thread.
 */
import { CommandFlag, type Side } from '../../schemas/codes.js';
import type { ModelOrder } from './book.js';
import { laneOf, type PlainCommand } from './plain-records.js';

/** Which orders of the account; a name that is missing: of all. */
export interface Filter {
  readonly lane?: number;
  readonly side?: Side;
}

export function filterOf(command: PlainCommand): Filter {
  return {
    ...((command.flags & CommandFlag.OneLane) === 0 ? {} : { lane: command.quantity }),
    ...((command.flags & CommandFlag.OneSide) === 0 ? {} : { side: command.side }),
  };
}

export function isTaken(filter: Filter, order: ModelOrder): boolean {
  const ofLane = filter.lane === undefined || filter.lane === laneOf(order.clientOrderId);
  return ofLane && (filter.side === undefined || filter.side === order.side);
}
