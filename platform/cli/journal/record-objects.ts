/**
 * Commands and events as plain objects under their names, as `tredye journal cat` and `tredye match` print them: the
 * fields that their kind has (schemas/kinds.ts) and no others, codes by name, prices null for none, ids of 64 bits as
 * decimal strings: JSON as it is. Any thread, off the hot path.
 */

import { type AnyReport, idAt, reasonName, reportAt } from '../../../client/events.js';
import { ANY_SHARD, decodeTerms } from '../../../schemas/admin.js';
import {
  CommandFlag,
  CommandKind,
  EventKind,
  OrderType,
  Phase,
  Right,
  SelfTrade,
  Side,
  TimeInForce,
  Trigger,
} from '../../../schemas/codes.js';
import {
  COMMAND_FIELDS,
  COMMAND_ROWS,
  type CommandField,
  EVENT_ROWS,
  type EventField,
  needsParts,
} from '../../../schemas/kinds.js';
import {
  COMMAND_DISPLAY_QUANTITY,
  COMMAND_FLAGS_WORD,
  COMMAND_KIND_WORD,
  COMMAND_QUANTITY,
  COMMAND_TARGET_ID,
  COMMAND_WORDS,
  EVENT_KIND_WORD,
  joinWords,
  NO_PRICE,
} from '../../../schemas/layout.js';

export type PlainObject = Record<string, unknown>;

const COMMAND_FIELDS_OF = new Map(
  COMMAND_ROWS.map(({ kind, fields }) => [kind as number, Object.keys(fields) as CommandField[]]),
);
const EVENT_ROW_OF = new Map(EVENT_ROWS.map((row) => [row.kind as number, row]));
const EVENT_FIELDS_OF = new Map(
  EVENT_ROWS.map(({ kind, fields }) => [kind as number, Object.keys(fields) as EventField[]]),
);

const MONEY_NAMES = {
  instrument: 'asset',
  quantity: 'amount',
  displayQuantity: 'amount',
  minQuantity: 'shard',
} as const;
/**
 * What a field is called in an object where its kind means something of its own by it. Two fields of one name are the
 * halves of a number.
 */
const COMMAND_NAMES = new Map<number, Readonly<Partial<Record<CommandField, string>>>>([
  [CommandKind.AccountStatus, { targetId: 'asset', minQuantity: 'shard' }],
  [CommandKind.Kill, { quantity: 'killed', minQuantity: 'shard' }],
  [CommandKind.Note, { targetId: 'about', minQuantity: 'shard' }],
  [CommandKind.Bust, { targetId: 'trade' }],
  [CommandKind.Correction, { targetId: 'trade' }],
  [CommandKind.Deposit, MONEY_NAMES],
  [CommandKind.Withdraw, MONEY_NAMES],
]);
const EVENT_NAMES = new Map<number, Readonly<Partial<Record<EventField, string>>>>([
  [EventKind.PhaseChanged, { quantity: 'phase', leaves: 'previousPhase' }],
  [EventKind.PositionState, { relatedId: 'cost', amount: 'realised', quantity: 'position', leaves: 'position' }],
  [EventKind.BalanceState, { relatedId: 'reserved', amount: 'available', instrument: 'asset' }],
  [EventKind.FeesSet, { quantity: 'tier' }],
  [EventKind.LimitsSet, { leaves: 'whose' }],
  [EventKind.AssetAdded, { quantity: 'asset' }],
  [EventKind.KillChanged, { quantity: 'killed', leaves: 'whose' }],
  [EventKind.Noted, { relatedId: 'about' }],
  [EventKind.Busted, { relatedId: 'trade' }],
  [EventKind.FillBusted, { relatedId: 'trade' }],
  [EventKind.Corrected, { relatedId: 'trade', amount: 'oldPrice' }],
  [EventKind.FillCorrected, { relatedId: 'trade' }],
  [EventKind.Deposited, { instrument: 'asset', leaves: 'whose' }],
  [EventKind.Withdrawn, { instrument: 'asset', leaves: 'whose' }],
  [EventKind.MovedOut, { instrument: 'asset', leaves: 'whose', quantity: 'to', relatedId: 'number' }],
  [EventKind.MovedIn, { instrument: 'asset', leaves: 'whose', quantity: 'from' }],
  [EventKind.MoveEnded, { instrument: 'asset', leaves: 'whose', quantity: 'to' }],
  [EventKind.BalanceChanged, { instrument: 'asset' }],
]);

const FLAG_NAMES = ['PostOnly', 'TargetIsClientOrderId', 'Slide', 'RefuseIfThrough', 'PutAside', 'Late'] as const;
const LANE_SHIFT = 48n;
const COUNTER_MASK = 0xffff_ffff_ffffn;

/** Parts behind the head at word `at`, as its first Part says; 0 where none belong to its kind. */
export function partsBehind(words: Int32Array, at: number): number {
  const kind = (words[at + COMMAND_KIND_WORD] ?? 0) & 0xff;
  return needsParts(kind) ? ((words[at + COMMAND_WORDS + COMMAND_TARGET_ID] ?? 0) >>> 8) & 0xff : 0;
}

/** The command at word `at` and the terms in its Parts. sequence: its number in its shard. */
export function commandObject(words: Int32Array, at: number, sequence: number): PlainObject {
  const kind = (words[at + COMMAND_KIND_WORD] ?? 0) & 0xff;
  const object: PlainObject = { sequence, kind: CommandKind[kind] ?? String(kind) };
  for (const field of COMMAND_FIELDS_OF.get(kind) ?? []) putField(object, field, words, at, kind);
  if (kind === CommandKind.Deposit || kind === CommandKind.Withdraw) {
    object.quantity = signedWide(words[at + COMMAND_QUANTITY] ?? 0, words[at + COMMAND_DISPLAY_QUANTITY] ?? 0);
    object.displayQuantity = object.quantity;
  }
  rename(object, COMMAND_NAMES.get(kind));
  const flags = (words[at + COMMAND_FLAGS_WORD] ?? 0) >>> 16;
  const names = FLAG_NAMES.filter((name) => (flags & CommandFlag[name]) !== 0);
  if (names.length > 0) object.flags = names;
  const parts = partsBehind(words, at);
  if (parts > 0) {
    object.parts = parts;
    object.terms = termsObject(words, at, parts);
  }
  return object;
}

function putField(object: PlainObject, field: CommandField, words: Int32Array, at: number, kind: number): void {
  const [byte, bytes] = COMMAND_FIELDS[field];
  const word = words[at + (byte >> 2)] ?? 0;
  const code = (word >>> ((byte & 3) * 8)) & 0xff;
  if (field === 'clientOrderId') putClientOrderId(object, idAt(words, at + (byte >> 2)));
  else if (field === 'timeUs') object.timeUs = joinWords(word, words[at + (byte >> 2) + 1] ?? 0);
  else if (bytes === 8) object[field] = idAt(words, at + (byte >> 2)).toString();
  else if (field === 'price') object.price = word === NO_PRICE ? null : word;
  else if (field === 'side') object.side = Side[code];
  else if (field === 'type' && kind === CommandKind.SetPhase) object.phase = Phase[code];
  else if (field === 'type') object.type = OrderType[code];
  else if (field === 'timeInForce') object.timeInForce = TimeInForce[code];
  else if (field === 'selfTrade') object.selfTrade = SelfTrade[code];
  else if (field === 'trigger') object.trigger = Trigger[code];
  else if (field === 'triggerPrice') object.triggerPrice = word;
  else object[field] = word >>> 0;
}

/** Gives fields the names that they have in this kind. */
function rename(object: PlainObject, names: Readonly<Record<string, string>> | undefined): void {
  for (const [field, name] of Object.entries(names ?? {})) {
    const value = object[field];
    delete object[field];
    object[name] = value;
  }
}

/** Exact up to 2^53; what is beyond is refused anyway. */
function signedWide(low: number, high: number): number {
  return high * 2 ** 32 + (low >>> 0);
}

function putClientOrderId(object: PlainObject, id: bigint): void {
  object.clientOrderId = id.toString();
  object.lane = Number(id >> LANE_SHIFT);
  object.id = Number(id & COUNTER_MASK);
}

function termsObject(words: Int32Array, at: number, parts: number): PlainObject {
  const terms = decodeTerms(words, at, parts + 1);
  if (typeof terms === 'number') return { unreadable: reasonName(terms) };
  const { type: _, ...fields } = terms;
  if (terms.type === 'key') {
    return { ...fields, publicKey: Buffer.from(terms.publicKey).toString('hex'), rights: rightNames(terms.rights) };
  }
  if (terms.type === 'instrument') return { ...fields, shard: terms.shard === ANY_SHARD ? null : terms.shard };
  return fields;
}

export function rightNames(rights: number): string[] {
  return (['Read', 'Trade', 'Market', 'Admin', 'Risk'] as const).filter((name) => (rights & Right[name]) !== 0);
}

/** The event at word `at`. */
export function eventObject(words: Int32Array, at: number): PlainObject {
  const kind = (words[at + EVENT_KIND_WORD] ?? 0) & 0xff;
  const report = reportAt(words, at, 0, 0);
  const object: PlainObject = {
    sequence: report.sequence,
    commandSequence: report.commandSequence,
    timeUs: report.timeUs,
    kind: EventKind[kind] ?? String(kind),
  };
  for (const field of EVENT_FIELDS_OF.get(kind) ?? []) {
    if (field === 'clientOrderId') putClientOrderId(object, report.clientOrderId);
    else if (field === 'orderId' || field === 'relatedId') object[field] = report[field].toString();
    // A fact that does not hold is not said.
    else if (field !== 'reason' || report.reason !== 'None') object[field] = report[field];
  }
  putMeanings(object, kind, report);
  rename(object, EVENT_NAMES.get(kind));
  for (const bit of EVENT_ROW_OF.get(kind)?.bits ?? []) {
    if (bit === 'side') object.side = report.side;
    else if (bit === 'liquidity') {
      if (report.liquidity !== 'None') object.liquidity = report.liquidity;
    } else if (report[bit]) object[bit] = true;
  }
  return object;
}

/** Values that are no numbers, or that are written otherwise in other kinds. */
function putMeanings(object: PlainObject, kind: EventKind, report: AnyReport): void {
  if (kind === EventKind.PhaseChanged) {
    object.quantity = Phase[report.quantity];
    object.leaves = Phase[report.leaves];
  } else if (kind === EventKind.PositionState) {
    object.relatedId = Number(BigInt.asIntN(64, report.relatedId));
    object.quantity = signedWide(report.quantity, report.leaves | 0);
    object.leaves = object.quantity;
  } else if (kind === EventKind.BalanceState) {
    object.relatedId = Number(report.relatedId);
  }
}

/** Kinds from here on are public records, which only subscribers get. */
const FIRST_PUBLIC_KIND: number = EventKind.Trade;

/** The names that eventObject may give an event of this kind besides its numbers and time; undefined: no such kind. */
export function eventFieldNames(name: string): string[] | undefined {
  const row = EVENT_ROWS.find(({ kind }) => EventKind[kind] === name && kind < FIRST_PUBLIC_KIND);
  if (row === undefined) return undefined;
  const { kind, fields, bits } = row;
  const own = (Object.keys(fields) as EventField[]).flatMap((field) => {
    if (field === 'clientOrderId') return [field, 'lane', 'id'];
    return [EVENT_NAMES.get(kind)?.[field] ?? field];
  });
  return [...new Set([...own, ...bits])];
}

/** Every kind of event with its fields as eventObject gives them, a line each. */
export function eventHelp(): string[] {
  return EVENT_ROWS.filter(({ kind }) => kind < FIRST_PUBLIC_KIND).map(
    ({ kind }) => `${EventKind[kind]}: ${eventFieldNames(EventKind[kind])?.join(', ')}`,
  );
}
