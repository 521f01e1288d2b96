/**
 * A table of RECORDS: event kind × field; that of commands is in kind-rows.ts. A field that a kind does not name is zero. The
 * checks in kinds.ts, docs/records-table.md and the tests of the overlays are made from it. Any thread.
 */

import { EventKind } from './codes.js';
import type { EventField } from './record-fields.js';

/** Parts of Event.bits by name; side counts as one. */
export type EventBitName = 'side' | 'liquidity' | 'endOfCommand' | 'book' | 'duplicate';

export interface EventRow {
  readonly kind: EventKind;
  readonly fields: Readonly<Partial<Record<EventField, string>>>;
  readonly bits: readonly EventBitName[];
}

const OWNER = { account: "the order's account", accountSequence: 'dense for account and shard' } as const;
const ORDER = {
  orderId: 'order',
  clientOrderId: "the order's",
  ...OWNER,
  instrument: 'instrument',
  session: 'the incarnation that entered or last replaced it',
} as const;
const ANSWER = {
  clientOrderId: "the command's own id",
  account: "the sender's account",
  accountSequence: OWNER.accountSequence,
  session: "the sender's incarnation",
} as const;
const SET_OFF = 'what set it off, if no command';
const ADMIN_ANSWER = { ...ANSWER, relatedId: 'operation id' } as const;
const ORDER_BITS: readonly EventBitName[] = ['side', 'endOfCommand', 'book', 'duplicate'];
const ANSWER_BITS: readonly EventBitName[] = ['endOfCommand', 'duplicate'];

/** sequence, commandSequence and timeUs are in every event. */
export const EVENT_ROWS: readonly EventRow[] = [
  {
    kind: EventKind.Accepted,
    fields: {
      ...ORDER,
      price: 'limit, TrailingStop: its offset, or NO_PRICE',
      quantity: "the order's",
      leaves: 'leaves',
    },
    bits: ['side', 'endOfCommand', 'duplicate'],
  },
  {
    kind: EventKind.Rejected,
    fields: {
      ...ANSWER,
      orderId: 'the target, when it was found and own',
      relatedId: 'admin record: operation id',
      instrument: "the command's",
      amount: 'the limit that was hit',
      reason: 'why',
    },
    bits: ['side', 'endOfCommand', 'duplicate'],
  },
  {
    kind: EventKind.Booked,
    fields: { ...ORDER, price: 'its level, or NO_PRICE', leaves: 'leaves', displayed: 'shown', cumulative: 'filled' },
    bits: ['side', 'endOfCommand', 'book'],
  },
  {
    kind: EventKind.Fill,
    fields: {
      ...ORDER,
      relatedId: 'trade id: sequence of the first of the two fills',
      amount: 'fee, negative: a rebate',
      price: "the trade's",
      quantity: 'last',
      leaves: 'leaves after',
      displayed: 'shown after',
      cumulative: 'filled after',
    },
    bits: ['side', 'liquidity', 'endOfCommand', 'book', 'duplicate'],
  },
  {
    kind: EventKind.Reduced,
    fields: {
      ...ORDER,
      relatedId: 'old client order id',
      price: 'its level',
      quantity: 'taken away',
      amount: 'hidden part of that',
      leaves: 'leaves after',
      displayed: 'shown after',
      cumulative: 'filled',
    },
    bits: ORDER_BITS,
  },
  {
    kind: EventKind.Cancelled,
    fields: {
      ...ORDER,
      relatedId:
        'client order id of the command that took it away, OneCancelledOther: order id of the other leg; 0: none',
      price: 'its level, or NO_PRICE',
      quantity: 'taken away',
      amount: 'hidden part of that',
      cumulative: 'filled',
      reason: 'why it went',
    },
    bits: ORDER_BITS,
  },
  {
    kind: EventKind.Replaced,
    fields: {
      ...ORDER,
      relatedId: 'old client order id',
      price: 'its old level',
      quantity: 'taken off there',
      amount: 'hidden part of that',
      leaves: 'new leaves',
      cumulative: 'filled',
    },
    bits: ORDER_BITS,
  },
  {
    kind: EventKind.Replenished,
    fields: {
      ...ORDER,
      price: 'its level',
      quantity: 'shown before',
      leaves: 'leaves',
      displayed: 'shown after',
      cumulative: 'filled',
    },
    bits: ['side', 'endOfCommand', 'book'],
  },
  {
    kind: EventKind.Triggered,
    fields: { ...ORDER, amount: 'of a TrailingStop: its trigger', price: 'limit, or NO_PRICE', leaves: 'leaves' },
    bits: ['side', 'endOfCommand'],
  },
  {
    kind: EventKind.Prevented,
    fields: {
      ...ORDER,
      price: "the resting order's, in an auction its own",
      quantity: 'that did not trade and is gone from both',
      amount: 'hidden part of that',
      leaves: 'leaves after',
      displayed: 'shown after',
      cumulative: 'filled',
    },
    bits: ['side', 'liquidity', 'endOfCommand', 'book'],
  },
  {
    kind: EventKind.OrderState,
    fields: {
      ...ORDER,
      relatedId: 'client order id of the command that asked',
      price: 'limit or NO_PRICE',
      quantity: 'filled and open',
      leaves: 'leaves',
      displayed: 'shown',
      cumulative: 'filled',
      amount: 'trigger price of a stop that waits',
      reason: 'Resting or WaitingForTrigger',
    },
    bits: ['side', 'endOfCommand', 'duplicate'],
  },
  {
    kind: EventKind.PositionState,
    fields: {
      ...ANSWER,
      relatedId: 'what the open position cost, 64 bits with sign',
      amount: 'realised profit',
      instrument: 'instrument',
      quantity: 'position, low half',
      leaves: 'position, high half',
    },
    bits: ANSWER_BITS,
  },
  {
    kind: EventKind.BalanceState,
    fields: { ...ANSWER, relatedId: 'reserved', amount: 'available', instrument: 'asset' },
    bits: ANSWER_BITS,
  },
  { kind: EventKind.SessionOpened, fields: { ...ANSWER, clientOrderId: 'lane, counter 0' }, bits: ANSWER_BITS },
  { kind: EventKind.SessionClosed, fields: { ...ANSWER, clientOrderId: 'lane, counter 0' }, bits: ANSWER_BITS },
  {
    kind: EventKind.DeadManSet,
    fields: { ...ANSWER, quantity: 'milliseconds', amount: 'the deadline, µs since 1970; 0: none' },
    bits: ANSWER_BITS,
  },
  {
    kind: EventKind.PhaseChanged,
    fields: {
      ...ANSWER,
      instrument: 'instrument',
      quantity: 'new Phase',
      leaves: 'old Phase',
      reason: 'DynamicBand: nobody asked for it',
    },
    bits: ANSWER_BITS,
  },
  {
    kind: EventKind.Uncrossed,
    fields: {
      ...ANSWER,
      instrument: 'instrument',
      price: 'auction price, NO_PRICE without a trade',
      quantity: 'volume',
      amount: 'imbalance at the price: buy - sell',
    },
    bits: ANSWER_BITS,
  },
  {
    kind: EventKind.ReferenceChanged,
    fields: { ...ANSWER, instrument: 'instrument', price: 'new, or NO_PRICE' },
    bits: ANSWER_BITS,
  },
  {
    kind: EventKind.Started,
    fields: { ...ANSWER, instrument: "the command's", reason: SET_OFF },
    // Of an Uncross that looks at own orders first: Auction.
    bits: ['liquidity', ...ANSWER_BITS],
  },
  {
    kind: EventKind.Finished,
    fields: { ...ANSWER, instrument: "the command's", quantity: 'orders cancelled', reason: SET_OFF },
    bits: ANSWER_BITS,
  },
  {
    kind: EventKind.InstrumentAdded,
    fields: { ...ADMIN_ANSWER, instrument: 'its id', quantity: 'its shard' },
    bits: ANSWER_BITS,
  },
  { kind: EventKind.AccountAdded, fields: { ...ADMIN_ANSWER, leaves: 'its id' }, bits: ANSWER_BITS },
  {
    kind: EventKind.KeyAdded,
    fields: { ...ADMIN_ANSWER, quantity: 'its id', leaves: 'its account' },
    bits: ANSWER_BITS,
  },
  {
    kind: EventKind.KeyRevoked,
    fields: { ...ADMIN_ANSWER, quantity: 'its id', leaves: 'its account' },
    bits: ANSWER_BITS,
  },
  {
    kind: EventKind.FeesSet,
    fields: { ...ADMIN_ANSWER, instrument: 'instrument', quantity: 'tier' },
    bits: ANSWER_BITS,
  },
  { kind: EventKind.LimitsSet, fields: { ...ADMIN_ANSWER, leaves: 'whose' }, bits: ANSWER_BITS },
  { kind: EventKind.AssetAdded, fields: { ...ADMIN_ANSWER, quantity: 'its id' }, bits: ANSWER_BITS },
  {
    kind: EventKind.KillChanged,
    fields: { ...ANSWER, instrument: 'instrument, or 0', quantity: '1: out of trading', leaves: 'account, or 0' },
    bits: ANSWER_BITS,
  },
  {
    kind: EventKind.Noted,
    fields: { ...ANSWER, relatedId: 'what it is about', instrument: 'instrument, or 0' },
    bits: ANSWER_BITS,
  },
  {
    kind: EventKind.Busted,
    fields: {
      ...ANSWER,
      relatedId: 'trade id',
      instrument: 'instrument',
      price: "the trade's",
      quantity: "the trade's",
    },
    bits: ANSWER_BITS,
  },
  {
    kind: EventKind.FillBusted,
    fields: {
      orderId: 'order of the fill',
      clientOrderId: "the order's at the fill",
      account: 'whose fill it was',
      accountSequence: OWNER.accountSequence,
      relatedId: 'trade id',
      amount: 'fee that is given back, negative: a rebate that is taken back',
      instrument: 'instrument',
      price: "the trade's",
      quantity: "the trade's",
    },
    bits: ['side', 'endOfCommand'],
  },
  {
    kind: EventKind.Corrected,
    fields: {
      ...ANSWER,
      relatedId: 'trade id',
      amount: 'old price',
      instrument: 'instrument',
      price: 'new price',
      quantity: "the trade's",
    },
    bits: ANSWER_BITS,
  },
  {
    kind: EventKind.FillCorrected,
    fields: {
      orderId: 'order of the fill',
      clientOrderId: "the order's at the fill",
      account: 'whose fill it was',
      accountSequence: OWNER.accountSequence,
      relatedId: 'trade id',
      amount: 'fee instead of that of the fill, negative: a rebate',
      instrument: 'instrument',
      price: 'new price',
      quantity: "the trade's",
    },
    bits: ['side', 'endOfCommand'],
  },
  {
    kind: EventKind.Deposited,
    fields: { ...ADMIN_ANSWER, amount: 'the change', instrument: 'asset', leaves: 'whose purse' },
    bits: ANSWER_BITS,
  },
  {
    kind: EventKind.Withdrawn,
    fields: { ...ADMIN_ANSWER, amount: 'the change, negative', instrument: 'asset', leaves: 'whose purse' },
    bits: ANSWER_BITS,
  },
  {
    kind: EventKind.MovedOut,
    fields: {
      ...ADMIN_ANSWER,
      relatedId: 'number among the moves of the two shards',
      amount: 'the change, negative',
      instrument: 'asset',
      quantity: 'shard that it goes to',
      leaves: 'whose purse',
    },
    bits: ANSWER_BITS,
  },
  {
    kind: EventKind.MovedIn,
    fields: {
      clientOrderId: 'number among the moves of the two shards',
      amount: 'amount',
      instrument: 'asset',
      quantity: 'shard that it comes from',
      leaves: 'whose purse',
      reason: 'why it goes back, or none',
    },
    bits: ANSWER_BITS,
  },
  {
    kind: EventKind.MoveEnded,
    fields: {
      clientOrderId: 'number among the moves of the two shards',
      amount: 'amount',
      instrument: 'asset',
      quantity: 'shard that it went to',
      leaves: 'whose purse',
      reason: 'why it came back, or none',
    },
    bits: ANSWER_BITS,
  },
  {
    kind: EventKind.BalanceChanged,
    fields: {
      account: 'whose purse',
      accountSequence: OWNER.accountSequence,
      relatedId: 'operation id',
      amount: 'the change',
      instrument: 'asset',
    },
    bits: ['endOfCommand'],
  },
  {
    kind: EventKind.Trade,
    fields: {
      orderId: "the buyer's order",
      relatedId: "the seller's order",
      instrument: 'instrument',
      price: 'price',
      quantity: 'quantity',
    },
    bits: ['side', 'liquidity'],
  },
  {
    kind: EventKind.TradeVoid,
    fields: { relatedId: 'trade id', instrument: 'instrument', price: "the trade's", quantity: "the trade's" },
    bits: [],
  },
  {
    kind: EventKind.TradeCorrected,
    fields: { relatedId: 'trade id', instrument: 'instrument', price: "the trade's new one", quantity: "the trade's" },
    bits: [],
  },
  {
    kind: EventKind.Top,
    fields: {
      amount: 'total at the best level',
      instrument: 'instrument',
      price: 'best price, NO_PRICE: empty',
      displayed: 'total, at most 2^32 - 1',
      cumulative: 'number of orders',
    },
    bits: ['side'],
  },
  {
    kind: EventKind.Indicative,
    fields: {
      amount: 'imbalance: buys minus sells at the price',
      instrument: 'instrument',
      price: 'what an Uncross would give now, NO_PRICE: no trade, or no auction',
      quantity: 'volume, at most 2^32 - 1',
    },
    bits: [],
  },
];
