/**
 * What became of orders that were just entered: the events that follow from a command, and how they are said. Main thread.
 */

import { type AnyReport, type TredyeClient, TredyeError } from '../../../client/index.js';
import type { InstrumentFields } from '../../../schemas/control.js';
import { shownDecimal } from '../decimals.js';
import { say, sayJson } from '../terminal.js';

/** `waits`: nothing has followed its acceptance, so it is a stop; the price of one that trails is an offset. */
function reportLine(report: AnyReport, of: InstrumentFields, waits: boolean): string {
  const price = report.price === null ? 'no price' : shownDecimal(report.price, of.priceDecimals);
  const lots = (value: number): string => shownDecimal(value, of.quantityDecimals);
  const order = `order ${report.orderId}`;
  switch (report.kind) {
    case 'Accepted':
      return `accepted as ${order} (client order id ${report.clientOrderId}): ${report.side} ${lots(report.quantity)}${waits ? ', waits for its trigger' : ` at ${price}`}`;
    case 'Fill':
      return `filled ${lots(report.quantity)} at ${price}, ${lots(report.leaves)} left`;
    case 'Triggered':
      return `${order} is triggered`;
    case 'Replenished':
      return `${order} shows ${lots(report.displayed)}`;
    case 'Booked':
      return `rests at ${price} with ${lots(report.leaves)}`;
    case 'Cancelled':
      return `cancelled ${lots(report.quantity)} of ${order} (${report.reason})`;
    default:
      return `${report.kind} ${order}`;
  }
}

/** The account's own events, as they come. */
export class CommandReports {
  private readonly all: AnyReport[] = [];
  private closed = '';
  private wake: (() => void) | null = null;

  constructor(private readonly client: TredyeClient) {
    client.onReport((report) => {
      this.all.push(report);
      this.wake?.();
    });
    client.onStateChange((state, why) => {
      if (state === 'closed') this.closed = why;
      this.wake?.();
    });
  }

  /** The events of the order that is given its first answer, up to the end of its command. Throws when the session ends before. */
  async of(first: AnyReport): Promise<AnyReport[]> {
    while (!this.all.some((report) => isOf(report, first) && ends(report, first))) {
      if (this.closed !== '') throw new TredyeError('SESSION_ENDED', `The venue ended the session: ${this.closed}.`);
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return this.all.filter((report) => isOf(report, first) && report.orderId === first.orderId);
  }

  /**
   * The events of two legs of one-cancels-other that are given their answers. What follows from them may end with another
   * account's event, and one of them may wait: but the answer to a question comes behind all of them.
   */
  async ofPair(symbol: string, answers: readonly AnyReport[]): Promise<AnyReport[]> {
    const orders = answers.map(({ orderId }) => orderId);
    await this.client.orderStatus({ symbol, orderId: orders.at(-1) ?? 0n });
    return this.all.filter(
      (report) => answers.some((answer) => isOf(report, answer)) && orders.includes(report.orderId),
    );
  }
}

function isOf(report: AnyReport, first: AnyReport): boolean {
  return report.shard === first.shard && report.commandSequence === first.commandSequence;
}

/** The last event of a command may be another account's: an order that rests, is filled or goes is at its end as well. */
function ends(report: AnyReport, { orderId }: AnyReport): boolean {
  if (report.endOfCommand) return true;
  const { kind } = report;
  return (
    report.orderId === orderId &&
    (kind === 'Booked' || kind === 'Cancelled' || (kind === 'Fill' && report.leaves === 0))
  );
}

export function sayReports(reports: readonly AnyReport[], of: InstrumentFields, json: boolean): void {
  if (json) sayJson(reports);
  else {
    for (const report of reports) {
      const waits = reports.every(({ orderId, kind }) => orderId !== report.orderId || kind === 'Accepted');
      say(reportLine(report, of, waits));
    }
  }
}
