/** The state of an order out of its events, as the engine makes them: by order id and by every id that it lived under. */

import t from 'tap';
import { reportAt } from '../../../client/events.js';
import type { AnyReport } from '../../../client/index.js';
import { Engine } from '../../../engine/engine.js';
import { EVENT_WORDS } from '../../../schemas/layout.js';
import { Line } from '../match/match-line.js';
import { MATCH_LIMITS, MatchVenue } from '../match/match-venue.js';
import { OrderFold, type OrderName, type OrderStatus } from './order-fold.js';

const LANE = 1n << 48n;

/** An engine whose events are kept as reports. */
class ReportingEngine extends Engine {
  readonly reports: AnyReport[] = [];

  override apply(commands: Int32Array, at: number, eventAt: number): number {
    const count = super.apply(commands, at, eventAt);
    for (let index = 0; index < count; index++) {
      this.reports.push(reportAt(this.state.events, (eventAt + index) * EVENT_WORDS, 0, 1));
    }
    return count;
  }
}

function reportsOf(lines: readonly Record<string, unknown>[]): AnyReport[] {
  const engine = new ReportingEngine(MATCH_LIMITS, 0, 1);
  const venue = new MatchVenue(MATCH_LIMITS, engine);
  for (const line of lines) venue.take(new Line(line), () => undefined);
  return engine.reports;
}

function statusOf(reports: readonly AnyReport[], name: OrderName, instrument = 1): OrderStatus | null {
  const fold = new OrderFold(instrument, name);
  for (const report of reports) fold.take(report);
  return fold.status;
}

const SELLS = [
  { kind: 'new', side: 'Sell', price: 101, quantity: 10, timeUs: 5 },
  { kind: 'new', account: 2, side: 'Buy', price: 101, quantity: 2, timeUs: 6 },
  { kind: 'replace', target: 1, price: 101, quantity: 8, timeUs: 7 },
  { kind: 'cancelReplace', target: 2, price: 103, quantity: 7, timeUs: 8 },
  { kind: 'new', account: 2, side: 'Buy', price: 103, quantity: 3, timeUs: 9 },
];

t.test('an order that was filled in part, reduced and replaced is found by each id that it had', async (t) => {
  const reports = reportsOf(SELLS);
  const orderId = reports.find(({ kind, side }) => kind === 'Accepted' && side === 'Sell')?.orderId ?? 0n;
  const expected = {
    state: 'Open',
    reason: null,
    orderId,
    clientOrderId: LANE + 3n,
    account: 1,
    side: 'Sell',
    price: 103,
    quantity: 9,
    filled: 5,
    leaves: 4,
    fills: 2,
    averagePrice: (2 * 101 + 3 * 103) / 5,
    acceptedUs: 5,
    changedUs: 9,
  };
  t.match(statusOf(reports, { orderId }), expected);
  for (const id of [1n, 2n, 3n]) {
    // Another account's order has the same client order id in its own lane; this account's stream is all there is.
    const own = reports.filter(({ account }) => account === 1);
    t.match(statusOf(own, { clientOrderId: LANE + id }), expected, `id ${id}`);
  }
});

t.test('the ends: filled, cancelled, rejected, and no such order', async (t) => {
  const more = [
    { kind: 'cancel', target: 3 },
    { kind: 'new', side: 'Buy', price: 50, quantity: 0 },
    { kind: 'cancel', target: 77 },
  ];
  const reports = reportsOf([...SELLS, ...more]);
  const own = reports.filter(({ account }) => account === 1);
  t.match(statusOf(own, { clientOrderId: LANE + 1n }), {
    state: 'Cancelled',
    reason: 'ByClient',
    filled: 5,
    leaves: 0,
  });
  t.match(statusOf(own, { clientOrderId: LANE + 5n }), {
    state: 'Rejected',
    reason: 'QuantityOutOfRange',
    orderId: 0n,
  });
  const bought = reports.filter(({ account }) => account === 2);
  t.match(statusOf(bought, { clientOrderId: LANE + 2n }), { state: 'Filled', filled: 3, leaves: 0, averagePrice: 103 });
  t.equal(statusOf(own, { clientOrderId: LANE + 40n }), null);
  t.equal(statusOf(own, { orderId: 0n }), null, 'a rejected order has no order id');
  t.equal(statusOf(own, { clientOrderId: LANE + 1n }, 2), null, 'of another instrument');
});

t.test('a repeated answer changes nothing', async (t) => {
  const once = statusOf(reportsOf(SELLS), { clientOrderId: LANE + 1n });
  const twice = statusOf(reportsOf([...SELLS, { ...SELLS[0], id: 1 }]), { clientOrderId: LANE + 1n });
  t.same(twice, once);
  t.ok(once !== null);
});
