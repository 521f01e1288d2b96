/**
 * A table of RECORDS: command kind × field; that of events is in event-rows.ts. A field that a kind does not name must be
 * zero. The checks in kinds.ts, docs/records-table.md and the tests of the overlays are made from it. Any thread.
 */

import { CommandFlag, CommandKind } from './codes.js';
import type { CommandField } from './record-fields.js';

export interface CommandRow {
  readonly kind: CommandKind;
  /** The struct of overlays.fbs that names the words. */
  readonly overlay: string;
  /** Meaning of each field that is not zero. A Part has a layout of its own. */
  readonly fields: Readonly<Partial<Record<CommandField, string>>>;
  /** Bits of Command.flags that a sender may set; Late and PutAside are the platform's. */
  readonly flags: number;
  /** Whether Parts with terms follow. */
  readonly parts: boolean;
  /** Fields that must be zero on the wire and are filled in by a shard or the supervisor. */
  readonly filledInside: readonly CommandField[];
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
  row(CommandKind.MoveOut, 'MoveOut', {
    ...MONEY,
    triggerPrice: 'shard of the purse',
    minQuantity: 'shard that it goes to',
  }),
  row(CommandKind.MoveIn, 'MoveIn', {
    clientOrderId: 'number among the moves of the two shards',
    timeUs: "the shard's time",
    account: MONEY.account,
    instrument: MONEY.instrument,
    quantity: MONEY.quantity,
    displayQuantity: MONEY.displayQuantity,
    minQuantity: 'shard that it comes from',
  }),
  row(CommandKind.MoveDone, 'MoveDone', {
    clientOrderId: 'number among the moves of the two shards',
    timeUs: "the shard's time",
    quantity: '0, or the Reason for which the money comes back',
    minQuantity: 'shard that it went to',
  }),
  row(CommandKind.Part, 'Part', {}),
];
