/**
 * The two tables of RECORDS: command kind × field and event kind × field. A field that a kind does not name must be
 * zero. The checks below, docs/records-table.md and the tests of the overlays are made from them. Any thread.
 * The checks allocate nothing: the tables are turned into one mask a word and kind at load.
 */

import {
  CommandFlag,
  CommandKind,
  EventKind,
  OrderType,
  Phase,
  Reason,
  SelfTrade,
  Side,
  TimeInForce,
  Trigger,
} from './codes.js';
import {
  COMMAND_FLAGS_WORD,
  COMMAND_KIND_WORD,
  COMMAND_WORDS,
  EVENT_KIND_WORD,
  EVENT_WORDS,
  MAX_PARTS,
} from './layout.js';

/** Byte offset and size of each field in a Command, in order (a test compares with the generated shape). */
export const COMMAND_FIELDS = {
  clientOrderId: [0, 8],
  targetId: [8, 8],
  timeUs: [16, 8],
  account: [24, 4],
  session: [28, 4],
  instrument: [32, 4],
  price: [36, 4],
  quantity: [40, 4],
  displayQuantity: [44, 4],
  triggerPrice: [48, 4],
  minQuantity: [52, 4],
  kind: [56, 1],
  side: [57, 1],
  type: [58, 1],
  timeInForce: [59, 1],
  selfTrade: [60, 1],
  trigger: [61, 1],
  flags: [62, 2],
} as const satisfies Record<string, readonly [number, number]>;

/** Byte offset and size of each field in an Event, in order. */
export const EVENT_FIELDS = {
  sequence: [0, 8],
  commandSequence: [8, 8],
  timeUs: [16, 8],
  orderId: [24, 8],
  clientOrderId: [32, 8],
  relatedId: [40, 8],
  amount: [48, 8],
  account: [56, 4],
  accountSequence: [60, 4],
  instrument: [64, 4],
  price: [68, 4],
  quantity: [72, 4],
  leaves: [76, 4],
  displayed: [80, 4],
  cumulative: [84, 4],
  session: [88, 4],
  kind: [92, 1],
  bits: [93, 1],
  reason: [94, 2],
} as const satisfies Record<string, readonly [number, number]>;

export type CommandField = Exclude<keyof typeof COMMAND_FIELDS, 'kind' | 'flags'>;
export type EventField = Exclude<
  keyof typeof EVENT_FIELDS,
  'kind' | 'bits' | 'sequence' | 'commandSequence' | 'timeUs'
>;

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
      price: 'limit; market and Stop: worst price or NO_PRICE; TrailingStop: limit offset or NO_PRICE',
      quantity: 'lots',
      triggerPrice: 'of a stop; TrailingStop: its distance',
      side: 'Side',
      type: 'OrderType',
      timeInForce: 'TimeInForce',
      selfTrade: 'SelfTrade',
      trigger: 'Trigger, of a stop',
    },
    { flags: CommandFlag.PostOnly | CommandFlag.RefuseIfThrough | CommandFlag.OneCancelsOther },
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
  row(CommandKind.MassCancel, 'MassCancel', { ...CLIENT, instrument: 'instrument; 0: all of the shard' }),
  row(CommandKind.SessionOpen, 'SessionChange', {
    clientOrderId: 'lane, counter 0',
    timeUs: "the shard's time",
    account: "the lane's account",
    session: 'the new incarnation',
  }),
  row(CommandKind.SessionLost, 'SessionChange', {
    clientOrderId: 'lane, counter 0',
    timeUs: "the shard's time",
    account: "the lane's account",
    session: 'the incarnation that is lost',
  }),
  row(CommandKind.SetPhase, 'InstrumentState', { ...OPERATOR, instrument: 'instrument', type: 'Phase' }),
  row(CommandKind.Uncross, 'InstrumentState', { ...OPERATOR, instrument: 'instrument' }),
  row(CommandKind.EndOfDay, 'InstrumentState', { ...OPERATOR, instrument: 'instrument' }),
  row(CommandKind.ReferencePrice, 'InstrumentPrice', {
    ...OPERATOR,
    instrument: 'instrument',
    price: 'from outside, NO_PRICE: none',
  }),
  row(CommandKind.Continue, 'SessionChange', { timeUs: "the shard's time" }),
  row(CommandKind.AddInstrument, 'AdminRecord', ADMIN, { parts: true, filledInside: ['quantity'] }),
  row(CommandKind.AddAccount, 'AdminRecord', ADMIN, { parts: true, filledInside: ['quantity'] }),
  row(
    CommandKind.AddKey,
    'AdminRecord',
    { ...ADMIN, account: 'the account that the key is for' },
    { parts: true, filledInside: ['quantity'] },
  ),
  row(CommandKind.RevokeKey, 'AdminRecord', { ...ADMIN, targetId: 'the key' }, { filledInside: ['quantity'] }),
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
      leaves: 'new leaves',
      cumulative: 'filled',
    },
    bits: ORDER_BITS,
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
      price: "the resting order's",
      quantity: 'that did not trade and is gone from both',
      leaves: 'leaves after',
      displayed: 'shown after',
      cumulative: 'filled',
    },
    bits: ['side', 'liquidity', 'endOfCommand', 'book'],
  },
  { kind: EventKind.SessionOpened, fields: { ...ANSWER, clientOrderId: 'lane, counter 0' }, bits: ANSWER_BITS },
  { kind: EventKind.SessionClosed, fields: { ...ANSWER, clientOrderId: 'lane, counter 0' }, bits: ANSWER_BITS },
  {
    kind: EventKind.PhaseChanged,
    fields: { ...ANSWER, instrument: 'instrument', quantity: 'new Phase', leaves: 'old Phase' },
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
    fields: { ...ANSWER, instrument: "the command's" },
    bits: ANSWER_BITS,
  },
  {
    kind: EventKind.Finished,
    fields: { ...ANSWER, instrument: "the command's", quantity: 'orders cancelled' },
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
];

const EVENT_BIT_MASKS: Readonly<Record<EventBitName, number>> = {
  side: 1,
  liquidity: 6,
  endOfCommand: 8,
  book: 16,
  duplicate: 32,
};

const BAD_KIND: number = Reason.BadKind;
const FIELD_NOT_ZERO: number = Reason.FieldNotZero;
const BAD_SIDE: number = Reason.BadSide;
const BAD_TYPE: number = Reason.BadType;
const BAD_TIME_IN_FORCE: number = Reason.BadTimeInForce;
const BAD_FLAGS: number = Reason.BadFlags;
const BAD_SELF_TRADE: number = Reason.BadSelfTrade;
const BAD_TRIGGER: number = Reason.BadTrigger;
const BAD_PHASE: number = Reason.BadPhase;
const BAD_PARTS: number = Reason.BadParts;

const SIDE_MAX: number = Side.Sell;
/** Bit t: the type with code t is known; those that wait for a trigger. */
const KNOWN_TYPES = maskOfTypes('Limit', 'Market', 'Stop', 'StopLimit', 'TrailingStop');
const STOP_TYPES = maskOfTypes('Stop', 'StopLimit', 'TrailingStop');
const TRAILING_STOP: number = OrderType.TrailingStop;
const REFUSE_IF_THROUGH: number = CommandFlag.RefuseIfThrough;
const ONE_CANCELS_OTHER: number = CommandFlag.OneCancelsOther;
const LIMIT: number = OrderType.Limit;
const IMMEDIATE_OR_CANCEL: number = TimeInForce.ImmediateOrCancel;
const FILL_OR_KILL: number = TimeInForce.FillOrKill;
const POST_ONLY: number = CommandFlag.PostOnly;
const TRIGGER_PRICE_AT = COMMAND_FIELDS.triggerPrice[0] / 4;
const TIME_IN_FORCE_MAX: number = TimeInForce.FillOrKill;
const TRIGGER_MAX: number = Trigger.Reference;
const SELF_TRADE_MAX: number = SelfTrade.Decrement;
const PHASE_MAX: number = Phase.CancelOnly;
const KIND_NEW: number = CommandKind.New;
const KIND_SET_PHASE: number = CommandKind.SetPhase;
const KIND_PART: number = CommandKind.Part;
const LATE: number = CommandFlag.Late;

/** Bits that must be zero, by kind and word; 256 kinds so that no kind byte needs a range check. */
const ZERO_ON_WIRE = new Int32Array(256 * COMMAND_WORDS);
const ZERO_INSIDE = new Int32Array(256 * COMMAND_WORDS);
const FLAGS_ALLOWED = new Int32Array(256);
const KNOWN = new Uint8Array(256);
const NEEDS_PARTS = new Uint8Array(256);
const EVENT_ZERO = new Int32Array(256 * EVENT_WORDS);
const EVENT_KNOWN = new Uint8Array(256);

/** Takes the bits of `bytes` bytes from byte `at` on out of the masks of one kind. */
function free(masks: Int32Array, base: number, at: number, bytes: number): void {
  for (let byte = at; byte < at + bytes; byte++) {
    masks[base + (byte >> 2)] = (masks[base + (byte >> 2)] as number) & ~(0xff << ((byte & 3) * 8));
  }
}

for (const { kind, fields, flags, parts, filledInside } of COMMAND_ROWS) {
  const base = kind * COMMAND_WORDS;
  KNOWN[kind] = 1;
  NEEDS_PARTS[kind] = parts ? 1 : 0;
  FLAGS_ALLOWED[kind] = flags;
  for (const masks of [ZERO_ON_WIRE, ZERO_INSIDE]) {
    masks.fill(-1, base, base + COMMAND_WORDS);
    free(masks, base, COMMAND_FIELDS.kind[0], 1);
    // Flags are looked at on their own, because their refusal has a name of its own; a Part's must be zero.
    if (kind !== CommandKind.Part) free(masks, base, COMMAND_FIELDS.flags[0], 2);
    for (const name of Object.keys(fields) as CommandField[]) {
      const [at, bytes] = COMMAND_FIELDS[name];
      if (masks === ZERO_INSIDE || !filledInside.includes(name)) free(masks, base, at, bytes);
    }
    // A Part: operation id, index, count, six zero bytes, payload.
    if (kind === CommandKind.Part) {
      free(masks, base, 0, 10);
      free(masks, base, 16, 40);
    }
  }
}

for (const { kind, fields, bits } of EVENT_ROWS) {
  const base = kind * EVENT_WORDS;
  EVENT_KNOWN[kind] = 1;
  EVENT_ZERO.fill(-1, base, base + EVENT_WORDS);
  free(EVENT_ZERO, base, 0, 24);
  free(EVENT_ZERO, base, EVENT_FIELDS.kind[0], 1);
  for (const name of Object.keys(fields) as EventField[])
    free(EVENT_ZERO, base, EVENT_FIELDS[name][0], EVENT_FIELDS[name][1]);
  let mask = 0;
  for (const name of bits) mask |= EVENT_BIT_MASKS[name];
  EVENT_ZERO[base + EVENT_KIND_WORD] = (EVENT_ZERO[base + EVENT_KIND_WORD] as number) & ~(mask << 8);
}

/**
 * The first checks of a command, at word `at`: kind known, zero fields zero, codes in range, flags known. Returns a
 * Reason, 0 when all is well. `inside`: false on the wire; true behind the gateway, where the shard may have set the
 * flag Late and the admin number is filled in. A Part is looked at alone; checkParts looks at what it belongs to.
 */
export function checkCommandShape(words: Int32Array, at: number, inside: boolean): number {
  const kindWord = words[at + COMMAND_KIND_WORD] as number;
  const flagsWord = words[at + COMMAND_FLAGS_WORD] as number;
  const kind = kindWord & 0xff;
  if (KNOWN[kind] === 0) return BAD_KIND;
  const masks = inside ? ZERO_INSIDE : ZERO_ON_WIRE;
  const base = kind * COMMAND_WORDS;
  let dirty = 0;
  for (let word = 0; word < COMMAND_WORDS; word++)
    dirty |= (words[at + word] as number) & (masks[base + word] as number);
  if (dirty !== 0) return FIELD_NOT_ZERO;
  if (kind === KIND_PART) return 0;
  const flags = flagsWord >>> 16;
  if ((flags & ~((FLAGS_ALLOWED[kind] as number) | (inside ? LATE : 0))) !== 0) return BAD_FLAGS;
  if (kind === KIND_NEW) {
    if (((kindWord >>> 8) & 0xff) > SIDE_MAX) return BAD_SIDE;
    const type = (kindWord >>> 16) & 0xff;
    if (type > 31 || ((KNOWN_TYPES >>> type) & 1) === 0) return BAD_TYPE;
    if (kindWord >>> 24 > TIME_IN_FORCE_MAX) return BAD_TIME_IN_FORCE;
    if ((flagsWord & 0xff) > SELF_TRADE_MAX) return BAD_SELF_TRADE;
    if (((flagsWord >>> 8) & 0xff) > TRIGGER_MAX) return BAD_TRIGGER;
    return checkStopShape(words, at, type) || checkLegShape(words, at, type);
  } else if (kind === KIND_SET_PHASE && ((kindWord >>> 16) & 0xff) > PHASE_MAX) return BAD_PHASE;
  return 0;
}

/** Of a New with known codes: what only stops may say, and what they may not. */
function checkStopShape(words: Int32Array, at: number, type: number): number {
  const flagsWord = words[at + COMMAND_FLAGS_WORD] as number;
  if (((STOP_TYPES >>> type) & 1) !== 0) {
    if ((words[at + COMMAND_KIND_WORD] as number) >>> 24 === FILL_OR_KILL) return BAD_TIME_IN_FORCE;
    // A trailing stop is never through when it comes: it begins at its distance.
    const denied = type === TRAILING_STOP ? POST_ONLY | REFUSE_IF_THROUGH : POST_ONLY;
    return ((flagsWord >>> 16) & denied) === 0 ? 0 : BAD_FLAGS;
  }
  if (((flagsWord >>> 8) & 0xff) !== 0 || words[at + TRIGGER_PRICE_AT] !== 0) return FIELD_NOT_ZERO;
  return ((flagsWord >>> 16) & REFUSE_IF_THROUGH) === 0 ? 0 : BAD_FLAGS;
}

/** One leg of one-cancels-other is a limit order that may rest, or a stop. */
function checkLegShape(words: Int32Array, at: number, type: number): number {
  if ((((words[at + COMMAND_FLAGS_WORD] as number) >>> 16) & ONE_CANCELS_OTHER) === 0) return 0;
  if (((STOP_TYPES >>> type) & 1) !== 0) return 0;
  const mayRest = (words[at + COMMAND_KIND_WORD] as number) >>> 24 < IMMEDIATE_OR_CANCEL;
  return type === LIMIT && mayRest ? 0 : BAD_FLAGS;
}

/** Bit t is set for each of these types with code t. */
function maskOfTypes(...names: readonly (keyof typeof OrderType)[]): number {
  return names.reduce((mask, name) => mask | (1 << OrderType[name]), 0);
}

/** Whether an order of this type waits for a trigger. */
export function isStop(type: number): boolean {
  return type < 32 && ((STOP_TYPES >>> type) & 1) !== 0;
}

/**
 * How many Parts follow the head at word `at`, of which `records` records (head included) are there: 0 to 32. A refusal
 * is a negative Reason: a Part without a head, a head without its Parts, or Parts that do not belong together. Shapes
 * are looked at as well, those of the Parts only.
 */
export function checkParts(words: Int32Array, at: number, records: number): number {
  const kind = (words[at + COMMAND_KIND_WORD] as number) & 0xff;
  if (kind === KIND_PART) return -BAD_PARTS;
  if (NEEDS_PARTS[kind] === 0) return 0;
  const count = records < 2 ? 0 : ((words[at + COMMAND_WORDS + 2] as number) >>> 8) & 0xff;
  if (count < 1 || count > MAX_PARTS || count >= records) return -BAD_PARTS;
  for (let index = 0; index < count; index++) {
    const part = at + (index + 1) * COMMAND_WORDS;
    if (((words[part + COMMAND_KIND_WORD] as number) & 0xff) !== KIND_PART) return -BAD_PARTS;
    const refused = checkCommandShape(words, part, false);
    if (refused !== 0) return -refused;
    if (words[part] !== words[at] || words[part + 1] !== words[at + 1]) return -BAD_PARTS;
    if (words[part + 2] !== (index | (count << 8))) return -BAD_PARTS;
  }
  return count;
}

/** Whether Parts with terms follow a head of this kind. */
export function needsParts(kind: number): boolean {
  return NEEDS_PARTS[kind & 0xff] === 1;
}

/**
 * Whether an event that we made says only what its kind says: a Reason, 0 when all is well. For proofs and tests; a
 * reader of the stream skips kinds that it does not know instead.
 */
export function checkEventShape(words: Int32Array, at: number): number {
  const kind = (words[at + EVENT_KIND_WORD] as number) & 0xff;
  if (EVENT_KNOWN[kind] === 0) return BAD_KIND;
  const base = kind * EVENT_WORDS;
  let dirty = 0;
  for (let word = 0; word < EVENT_WORDS; word++)
    dirty |= (words[at + word] as number) & (EVENT_ZERO[base + word] as number);
  return dirty === 0 ? 0 : FIELD_NOT_ZERO;
}
