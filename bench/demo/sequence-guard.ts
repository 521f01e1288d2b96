/**
 * Which command of a recorded day may be sent now, when each goes through the session of its own member: sessions are
 * not sequenced against each other, so two commands may be on their way together only when their order does not matter.
 * Then every trade is the recorded one, and no cancel comes too late. Any thread; knows neither sockets nor time.
 *
 *   on their way            may not be joined by
 *   anything                a command that trades, a phase, an uncross (it waits for all, and all wait for it)
 *   a new order             another member's new order of that side at that price: the earlier one goes first
 *   a cancel                another member's new order of the other side that would reach its price
 *
 * Of one member nothing waits: one session's commands are sequenced as they were sent.
 */

/** A command on its way, or about to be. Sides as in Side; price and side of a cancel are those of its order. */
export interface DayCommand {
  readonly index: number;
  readonly kind: 'new' | 'cancel' | 'alone';
  readonly member: number;
  readonly side: number;
  readonly price: number;
}

const BUY = 0;

export class SequenceGuard {
  private readonly inFlight = new Map<number, DayCommand>();
  /** The command that goes alone is on its way. */
  private alone = false;

  get size(): number {
    return this.inFlight.size;
  }

  allows(command: DayCommand): boolean {
    if (this.inFlight.size === 0) return true;
    if (this.alone || command.kind === 'alone') return false;
    if (command.kind === 'cancel') return true;
    for (const other of this.inFlight.values()) {
      if (other.member !== command.member && depends(command, other)) return false;
    }
    return true;
  }

  sent(command: DayCommand): void {
    this.inFlight.set(command.index, command);
    this.alone ||= command.kind === 'alone';
  }

  answered(index: number): void {
    this.alone &&= this.inFlight.get(index)?.kind !== 'alone';
    this.inFlight.delete(index);
  }
}

/** Whether a new order that only rests must come after the other command. */
function depends(order: DayCommand, other: DayCommand): boolean {
  if (other.kind === 'new') return other.side === order.side && other.price === order.price;
  if (other.side === order.side) return false;
  return order.side === BUY ? order.price >= other.price : order.price <= other.price;
}
