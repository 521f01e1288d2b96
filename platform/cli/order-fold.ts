/**
 * One order's state out of the events of its account and shard, in sequence: what `tredye order status` says. An order
 * is asked for by its order id or by any client order id that it lived under. Any thread.
 */

import type { AnyReport } from '../../client/index.js';

export type OrderName = { readonly orderId: bigint } | { readonly clientOrderId: bigint };

export type OrderState = 'Open' | 'Filled' | 'Cancelled' | 'Rejected';

export interface OrderStatus {
  readonly state: OrderState;
  /** Why it was cancelled or rejected; else null. */
  readonly reason: string | null;
  readonly orderId: bigint;
  /** The one that it lives under, or did last. */
  readonly clientOrderId: bigint;
  readonly account: number;
  readonly instrument: number;
  readonly side: 'Buy' | 'Sell';
  /** Ticks; null: a market order. */
  readonly price: number | null;
  /** Lots; filled included. */
  readonly quantity: number;
  readonly filled: number;
  readonly leaves: number;
  /** Ticks, over all fills; null without one. */
  readonly averagePrice: number | null;
  readonly fills: number;
  readonly acceptedUs: number;
  readonly changedUs: number;
  /** Sequence of the last event about it. */
  readonly sequence: number;
}

interface Followed extends OrderStatus {
  /** Ticks times lots. */
  readonly notional: number;
}

export class OrderFold {
  private readonly live = new Map<bigint, Followed>();
  private found: Followed | null = null;

  /** instrument: its number; events about others are not looked at. */
  constructor(
    private readonly instrument: number,
    private readonly wanted: OrderName,
  ) {}

  /** What is known of the order so far; null: nothing. */
  get status(): OrderStatus | null {
    if (this.found === null) return null;
    const { notional: _, ...status } = this.found;
    return status;
  }

  take(report: AnyReport): void {
    // A repetition is an answer given again: nothing happened.
    if (report.instrument !== this.instrument || report.duplicate) return;
    const next = this.after(report);
    if (next === null) return;
    const orderId = next.orderId;
    if (this.isWanted(next) || this.found?.orderId === orderId) this.found = next;
    // Orders that are over and not asked for are forgotten, so that an account's whole history fits.
    if (next.state === 'Open') this.live.set(orderId, next);
    else this.live.delete(orderId);
  }

  private isWanted(order: Followed): boolean {
    if ('orderId' in this.wanted) return order.orderId === this.wanted.orderId && order.orderId !== 0n;
    return order.clientOrderId === this.wanted.clientOrderId;
  }

  private after(report: AnyReport): Followed | null {
    if (report.kind === 'Accepted') return accepted(report);
    if (report.kind === 'Rejected') return this.rejected(report);
    const before = this.live.get(report.orderId);
    if (before === undefined) return null;
    const changed = {
      ...before,
      clientOrderId: report.clientOrderId,
      changedUs: report.timeUs,
      sequence: report.sequence,
    };
    switch (report.kind) {
      case 'Triggered':
        return { ...changed, price: report.price };
      case 'Replenished':
        return changed;
      case 'Booked':
        return { ...changed, price: report.price, leaves: report.leaves, filled: report.cumulative };
      case 'Fill': {
        const notional = before.notional + (report.price ?? 0) * report.quantity;
        const { cumulative: filled, leaves } = report;
        const state = leaves === 0 ? 'Filled' : 'Open';
        return {
          ...changed,
          state,
          filled,
          leaves,
          notional,
          averagePrice: notional / filled,
          fills: before.fills + 1,
        };
      }
      case 'Prevented': {
        const { cumulative: filled, leaves } = report;
        const ended = leaves === 0 ? ({ state: 'Cancelled', reason: 'SelfTrade' } as const) : {};
        return { ...changed, ...ended, filled, leaves, quantity: filled + leaves };
      }
      case 'Reduced':
      case 'Replaced':
        return { ...changed, leaves: report.leaves, quantity: report.cumulative + report.leaves };
      case 'Cancelled':
        return { ...changed, state: 'Cancelled', reason: report.reason, leaves: 0, filled: report.cumulative };
      default:
        return null;
    }
  }

  /** A refused new order has no order id. A refused cancel or replace names an order that goes on as it was. */
  private rejected(report: AnyReport): Followed | null {
    const asked = 'clientOrderId' in this.wanted && report.clientOrderId === this.wanted.clientOrderId;
    if (!asked || report.orderId !== 0n || this.found !== null) return null;
    return { ...accepted(report), state: 'Rejected', reason: report.reason, price: null };
  }
}

function accepted(report: AnyReport): Followed {
  return {
    state: 'Open',
    reason: null,
    orderId: report.orderId,
    clientOrderId: report.clientOrderId,
    account: report.account,
    instrument: report.instrument,
    side: report.side,
    price: report.price,
    quantity: report.quantity,
    filled: 0,
    leaves: report.leaves,
    averagePrice: null,
    fills: 0,
    acceptedUs: report.timeUs,
    changedUs: report.timeUs,
    sequence: report.sequence,
    notional: 0,
  };
}
