/**
 * The checks of a record's shape, made from the tables of kind-rows.ts and event-rows.ts. Any thread. They allocate nothing: the tables are
 * turned into one mask a word and kind at load.
 */

import { CommandFlag, CommandKind, OrderType, Phase, Reason, SelfTrade, Side, TimeInForce, Trigger } from './codes.js';
import { EVENT_ROWS, type EventBitName } from './event-rows.js';
import { COMMAND_ROWS } from './kind-rows.js';
import {
  COMMAND_FLAGS_WORD,
  COMMAND_KIND_WORD,
  COMMAND_WORDS,
  EVENT_KIND_WORD,
  EVENT_WORDS,
  MAX_PARTS,
} from './layout.js';
import { checkOrderShape } from './order-shape.js';
import { COMMAND_FIELDS, type CommandField, EVENT_FIELDS, type EventField } from './record-fields.js';

export { EVENT_ROWS } from './event-rows.js';
export { COMMAND_ROWS } from './kind-rows.js';
export { COMMAND_FIELDS, type CommandField, EVENT_FIELDS, type EventField } from './record-fields.js';

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
const KNOWN_TYPES = maskOfTypes('Limit', 'Market', 'MarketToLimit', 'Stop', 'StopLimit', 'TrailingStop', 'Iceberg');
const STOP_TYPES = maskOfTypes('Stop', 'StopLimit', 'TrailingStop');
const TRAILING_STOP: number = OrderType.TrailingStop;
const REFUSE_IF_THROUGH: number = CommandFlag.RefuseIfThrough;
const ONE_CANCELS_OTHER: number = CommandFlag.OneCancelsOther;
const SLIDE: number = CommandFlag.Slide;
const LIMIT: number = OrderType.Limit;
const IMMEDIATE_OR_CANCEL: number = TimeInForce.ImmediateOrCancel;
const TRIGGER_PRICE_AT = COMMAND_FIELDS.triggerPrice[0] / 4;
const TIME_IN_FORCE_MAX: number = TimeInForce.GoodTillDate;
const TRIGGER_MAX: number = Trigger.Reference;
const SELF_TRADE_MAX: number = SelfTrade.Decrement;
const PHASE_MAX: number = Phase.VolatilityAuction;
const KIND_NEW: number = CommandKind.New;
const KIND_MASS_CANCEL: number = CommandKind.MassCancel;
const ONE_LANE: number = CommandFlag.OneLane;
const ONE_SIDE: number = CommandFlag.OneSide;
const QUANTITY_AT = COMMAND_FIELDS.quantity[0] / 4;
const MAX_LANE = 0xffff;
const KIND_SESSION_OPEN: number = CommandKind.SessionOpen;
const KIND_SET_PHASE: number = CommandKind.SetPhase;
const KIND_PART: number = CommandKind.Part;
const LATE: number = CommandFlag.Late;
const PUT_ASIDE: number = CommandFlag.PutAside;
const WAS_PUT_ASIDE: number = Reason.PutAside;

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
 * flag Late, the supervisor PutAside, and the admin number is filled in. A Part is looked at alone; checkParts looks at what it belongs to.
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
  if (inside && (flags & PUT_ASIDE) !== 0) return WAS_PUT_ASIDE;
  if ((flags & ~((FLAGS_ALLOWED[kind] as number) | (inside ? LATE : 0))) !== 0) return BAD_FLAGS;
  if (kind === KIND_NEW) {
    if (((kindWord >>> 8) & 0xff) > SIDE_MAX) return BAD_SIDE;
    const type = (kindWord >>> 16) & 0xff;
    if (type > 31 || ((KNOWN_TYPES >>> type) & 1) === 0) return BAD_TYPE;
    if (kindWord >>> 24 > TIME_IN_FORCE_MAX) return BAD_TIME_IN_FORCE;
    if ((flagsWord & 0xff) > SELF_TRADE_MAX) return BAD_SELF_TRADE;
    if (((flagsWord >>> 8) & 0xff) > TRIGGER_MAX) return BAD_TRIGGER;
    return (
      checkOrderShape(words, at, type, isStop(type)) ||
      checkStopShape(words, at, type) ||
      checkLegShape(words, at, type)
    );
  } else if (kind === KIND_MASS_CANCEL) {
    return checkFilter(words, at, flags);
  } else if (kind === KIND_SESSION_OPEN) {
    return flags === 0 && words[at + QUANTITY_AT] !== 0 ? FIELD_NOT_ZERO : 0;
  } else if (kind === KIND_SET_PHASE && ((kindWord >>> 16) & 0xff) > PHASE_MAX) return BAD_PHASE;
  return 0;
}

/** Of a MassCancel: lane and side are there where its flags say so. */
function checkFilter(words: Int32Array, at: number, flags: number): number {
  const side = ((words[at + COMMAND_KIND_WORD] as number) >>> 8) & 0xff;
  if ((words[at + QUANTITY_AT] as number) >>> 0 > ((flags & ONE_LANE) === 0 ? 0 : MAX_LANE)) return FIELD_NOT_ZERO;
  if ((flags & ONE_SIDE) === 0) return side === 0 ? 0 : FIELD_NOT_ZERO;
  return side > SIDE_MAX ? BAD_SIDE : 0;
}

/** Of a New with known codes: what only stops may say. */
function checkStopShape(words: Int32Array, at: number, type: number): number {
  const flagsWord = words[at + COMMAND_FLAGS_WORD] as number;
  const refusesIfThrough = ((flagsWord >>> 16) & REFUSE_IF_THROUGH) !== 0;
  // A trailing stop is never through when it comes: it begins at its distance.
  if (isStop(type)) return type === TRAILING_STOP && refusesIfThrough ? BAD_FLAGS : 0;
  if (((flagsWord >>> 8) & 0xff) !== 0 || words[at + TRIGGER_PRICE_AT] !== 0) return FIELD_NOT_ZERO;
  return refusesIfThrough ? BAD_FLAGS : 0;
}

/** One leg of one-cancels-other is a limit order that may rest, or a stop. */
function checkLegShape(words: Int32Array, at: number, type: number): number {
  const flags = (words[at + COMMAND_FLAGS_WORD] as number) >>> 16;
  if ((flags & ONE_CANCELS_OTHER) === 0) return 0;
  if (((STOP_TYPES >>> type) & 1) !== 0) return 0;
  const mayRest = (words[at + COMMAND_KIND_WORD] as number) >>> 24 < IMMEDIATE_OR_CANCEL;
  return type === LIMIT && mayRest && (flags & SLIDE) === 0 ? 0 : BAD_FLAGS;
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
