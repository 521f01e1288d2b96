/**
 * The two tables of RECORDS: command kind × field and event kind × field. A field that a kind does not name must be
 * zero. The checks in kinds.ts, docs/records-table.md and the tests of the overlays are made from them. Any thread.
 */

import { CommandFlag, CommandKind, EventKind } from './codes.js';
import type { CommandField, EventField } from './record-fields.js';

/** Parts of Event.bits by name; side counts as one. */
export type EventBitName = 'side' | 'liquidity' | 'endOfCommand' | 'book' | 'duplicate';

export interface CommandRow {
  readonly kind: CommandKind;
  /** The struct of overlays.fbs that names the words. */
  readonly overlay: string;
  /** Meaning of each field that is not zero. A Part has a layout of its own. */
  readonly fields: Readonly<Partial<Record<CommandField, string>>>;
  /** Bits of Command.flags that a sender may set; Late is the shard's. */
  readonly flags: number;
  /** Whether Parts with terms follow. */
  readonly parts: boolean;
  /** Fields that must be zero on the wire and are filled in by a shard or the supervisor. */
  readonly filledInside: readonly CommandField[];
}

export interface EventRow {
  readonly kind: EventKind;
  readonly fields: Readonly<Partial<Record<EventField, string>>>;
  readonly bits: readonly EventBitName[];
}

const SENDER = {
  account: 'written by the gateway',
  session: "the sender's incarnation, written by the gateway",
} as const;
const CLIENT = {
  clientOrderId: 'lane and counter',
  timeUs: "valid until (0: none); then the shard's time",
  ...SENDER,
} as const;
/** Kinds that need the right Market or Admin keep their account word as it was sent. */
const OPERATOR = { clientOrderId: CLIENT.clientOrderId, timeUs: CLIENT.timeUs, session: SENDER.session } as const;
const ADMIN = { ...OPERATOR, clientOrderId: 'operation id: lane and counter', quantity: 'admin number' } as const;
const MONEY = {
  ...OPERATOR,
  account: 'whose purse',
  instrument: 'asset',
  quantity: 'amount, low half',
  displayQuantity: 'amount, high half',
  minQuantity: 'shard of the purse',
} as const;
const TARGET = 'order id, or by the flag client order id';

function row(
  kind: CommandKind,
  overlay: string,
  fields: CommandRow['fields'],
  more: Partial<Pick<CommandRow, 'flags' | 'parts' | 'filledInside'>> = {},
): CommandRow {
  return { kind, overlay, fields, flags: 0, parts: false, filledInside: [], ...more };
}

export const COMMAND_ROWS: readonly CommandRow[] = [
  row(
    CommandKind.New,
    'NewOrder',
    {
      ...CLIENT,
      instrument: 'instrument',
      price: 'limit; market, Stop: worst price; TrailingStop: limit offset; these and MarketToLimit: or NO_PRICE',
      quantity: 'lots',
      displayQuantity: 'of an Iceberg: lots that it shows at a time',
      triggerPrice: 'of a stop; TrailingStop: its distance',
      minQuantity: 'IOC: lots that trade at once, or it is refused; good-till-date: expiry, seconds since 1970',
      side: 'Side',
      type: 'OrderType',
      timeInForce: 'TimeInForce',
      selfTrade: 'SelfTrade',
      trigger: 'Trigger, of a stop',
    },
    {
      flags: CommandFlag.PostOnly | CommandFlag.Slide | CommandFlag.RefuseIfThrough | CommandFlag.OneCancelsOther,
    },
  ),
  row(
    CommandKind.Cancel,
    'CancelOrder',
    { ...CLIENT, targetId: TARGET, instrument: 'instrument' },
    { flags: CommandFlag.TargetIsClientOrderId },
  ),
  row(
    CommandKind.Replace,
    'ReplaceOrder',
    {
      ...CLIENT,
      targetId: TARGET,
      instrument: 'instrument',
      price: 'new limit',
      quantity: 'new total, filled included',
    },
    { flags: CommandFlag.TargetIsClientOrderId },
  ),
  row(
    CommandKind.CancelReplace,
    'ReplaceOrder',
    { ...CLIENT, targetId: TARGET, instrument: 'instrument', price: 'new limit', quantity: 'what shall be open' },
    { flags: CommandFlag.TargetIsClientOrderId },
  ),
  row(
    CommandKind.MassCancel,
    'MassCancel',
    {
      ...CLIENT,
      instrument: 'instrument; 0: all of the shard',
      quantity: 'lane, with OneLane',
      side: 'Side, with OneSide',
    },
    { flags: CommandFlag.OneLane | CommandFlag.OneSide },
  ),
  row(
    CommandKind.OrderStatus,
    'CancelOrder',
    { ...CLIENT, targetId: TARGET, instrument: 'instrument' },
    { flags: CommandFlag.TargetIsClientOrderId },
  ),
  row(CommandKind.AccountStatus, 'AccountStatus', {
    ...CLIENT,
    targetId: 'asset, or 0',
    instrument: 'instrument, or 0',
    minQuantity: 'shard of the purse; with an instrument 0',
  }),
  row(
    CommandKind.SessionOpen,
    'SessionOpening',
    {
      clientOrderId: 'lane, counter 0',
      timeUs: "the shard's time",
      account: "the lane's account",
      session: 'the new incarnation',
      quantity: 'grace in seconds, with CancelOnDisconnect',
    },
    { flags: CommandFlag.CancelOnDisconnect },
  ),
  row(CommandKind.SessionLost, 'SessionChange', {
    clientOrderId: 'lane, counter 0',
    timeUs: "the shard's time",
    account: "the lane's account",
    session: 'the incarnation that is lost',
  }),
  row(CommandKind.DeadMan, 'DeadMan', { ...CLIENT, quantity: 'milliseconds from now, 0: none' }),
  row(CommandKind.SetPhase, 'InstrumentState', { ...OPERATOR, instrument: 'instrument', type: 'Phase' }),
  row(CommandKind.Uncross, 'InstrumentState', { ...OPERATOR, instrument: 'instrument' }),
  row(CommandKind.EndOfDay, 'InstrumentState', { ...OPERATOR, instrument: 'instrument' }),
  row(CommandKind.ReferencePrice, 'InstrumentPrice', {
    ...OPERATOR,
    instrument: 'instrument',
    price: 'from outside, NO_PRICE: none',
  }),
  row(CommandKind.Continue, 'SessionChange', { timeUs: "the shard's time" }),
  row(CommandKind.Due, 'SessionChange', { timeUs: "the shard's time" }),
  row(CommandKind.AddInstrument, 'AdminRecord', ADMIN, { parts: true, filledInside: ['quantity'] }),
  row(CommandKind.AddAccount, 'AdminRecord', ADMIN, { parts: true, filledInside: ['quantity'] }),
  row(
    CommandKind.AddKey,
    'AdminRecord',
    { ...ADMIN, account: 'the account that the key is for' },
    { parts: true, filledInside: ['quantity'] },
  ),
  row(CommandKind.RevokeKey, 'AdminRecord', { ...ADMIN, targetId: 'the key' }, { filledInside: ['quantity'] }),
  row(
    CommandKind.SetFees,
    'AdminRecord',
    { ...ADMIN, instrument: 'instrument' },
    { parts: true, filledInside: ['quantity'] },
  ),
  row(
    CommandKind.SetLimits,
    'AdminRecord',
    { ...ADMIN, account: 'the account that they are for' },
    { parts: true, filledInside: ['quantity'] },
  ),
  row(CommandKind.AddAsset, 'AdminRecord', ADMIN, { parts: true, filledInside: ['quantity'] }),
  row(CommandKind.Kill, 'KillSwitch', {
    ...OPERATOR,
    account: 'whose orders, or 0',
    instrument: 'instrument, or 0',
    quantity: '1: out of trading, 0: in again',
    minQuantity: 'the shard, unless an instrument says it',
  }),
  row(
    CommandKind.Note,
    'NoteHead',
    {
      ...OPERATOR,
      targetId: "client order id of the sender's command that it is about",
      instrument: 'of that command, or 0',
      minQuantity: 'the shard, unless an instrument says it',
    },
    { parts: true },
  ),
  row(
    CommandKind.Bust,
    'BustHead',
    { ...OPERATOR, clientOrderId: 'operation id: lane and counter', targetId: 'trade id', instrument: 'instrument' },
    { parts: true },
  ),
  row(
    CommandKind.Correction,
    'CorrectionHead',
    {
      ...OPERATOR,
      clientOrderId: 'operation id: lane and counter',
      targetId: 'trade id',
      instrument: 'instrument',
      price: "the trade's new one",
    },
    { parts: true },
  ),
  row(CommandKind.Deposit, 'MoneyMove', MONEY),
  row(CommandKind.Withdraw, 'MoneyMove', MONEY),
  row(CommandKind.Part, 'Part', {}),
];

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
