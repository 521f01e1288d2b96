/**
 * One line of a rule table as text: what it says, in the names that JSON lines and events have. It knows no venue and
 * carries nothing out. Words of codes come from schemas, so a new order type, phase or reason needs nothing here; a new
 * field is name=value, or a bare word where true is meant. Any thread.
 *
 *   alice new #1 buy 5 @ 100 Day post-only      a command: account, kind, then what its fields hold
 *   alice new #2 sell 5 Stop at 95              a stop and its trigger price
 *   alice deposit EUR 1000                      a line about a purse: the operator sends it
 *   > Fill alice #1 3 @ 100 leaves=2            an event that it must make
 *   = book buy 2 @ 100                          what must hold now
 */

import { Liquidity, OrderType, Phase, Reason, SelfTrade, Side, TimeInForce, Trigger } from '../../../schemas/codes.js';
import { eventFieldNames } from '../journal/record-objects.js';
import { fieldsOf, kindNamed, Line, LineError, suggestion } from './match-line.js';

/** Fields whose value is a code, with its names: such a name alone says which field is meant. */
const CODES: Readonly<Record<string, readonly string[]>> = {
  side: namesOf(Side),
  type: namesOf(OrderType),
  timeInForce: namesOf(TimeInForce),
  selfTrade: namesOf(SelfTrade),
  trigger: namesOf(Trigger),
  phase: namesOf(Phase),
  liquidity: namesOf(Liquidity),
  reason: namesOf(Reason),
};
/** Kinds that need no account in front of them. */
const WITHOUT_ACCOUNT = [
  'instrument',
  'account',
  'asset',
  'fees',
  'kill',
  'bust',
  'correct',
  'moveDone',
  'move-done',
  'why',
  'at',
  'hold',
  'continue',
  'record',
];
/** An order by the id that it was entered by: #7 of the account that the line is about, or alice/3#7. */
const REFERENCE = /^(?:([^#/]+)(?:\/(\d+))?)?#(\d+)$/;

/** How an event must be: the fields that the line names, as they stand there. */
export interface ExpectedEvent {
  /** The line without its sign. */
  readonly text: string;
  /** Empty: no event at all. */
  readonly kind: string;
  readonly fields: ReadonlyMap<string, unknown>;
}

/** A venue of one shard in which nothing is made without a word: accounts, sessions, instruments and Continues all stand
 * in lines. */
export interface EmptyVenue {
  readonly shard: number;
  readonly shards: number;
}

export type RuleLine =
  | { readonly is: 'nothing' }
  | { readonly is: 'rule'; readonly rule: string }
  | { readonly is: 'limits'; readonly limits: Readonly<Record<string, number>> }
  | { readonly is: 'venue'; readonly venue: EmptyVenue }
  | { readonly is: 'command'; readonly line: Line }
  | { readonly is: 'event'; readonly event: ExpectedEvent }
  | { readonly is: 'state'; readonly words: readonly string[] };

/** Reads a line, JSON or text. Throws a LineError. */
export function readRuleLine(text: string): RuleLine {
  const trimmed = text.trim();
  if (trimmed.startsWith('{') || trimmed.startsWith('[')) return { is: 'command', line: Line.ofJson(trimmed) };
  if (trimmed === '' || trimmed.startsWith('#')) return { is: 'nothing' };
  const said = trimmed.replace(/\s#\s.*$/, '');
  const words = said.replaceAll(',', ' , ').split(/\s+/);
  const [first = '', ...rest] = words;
  if (first === '>') return { is: 'event', event: eventOf(said.slice(1).trim(), rest) };
  if (first === '=') return { is: 'state', words: rest };
  if (first === 'rule') return { is: 'rule', rule: ruleOf(trimmed) };
  if (first === 'limits') return { is: 'limits', limits: limitsOf(rest) };
  if (first === 'venue' && (rest[0] === 'empty' || rest.some((word) => word.startsWith('shards=')))) {
    return { is: 'venue', venue: emptyVenueOf(rest) };
  }
  return { is: 'command', line: new Line(commandOf(words)) };
}

function namesOf(codes: object): string[] {
  return Object.keys(codes).filter((name) => Number.isNaN(Number(name)) && name !== 'None');
}

function ruleOf(text: string): string {
  const number = /^rule\s+(\d+\.\d+): \S/.exec(text)?.[1];
  if (number !== undefined) return number;
  throw new LineError('A rule is its number and a sentence: rule 2.4: a fill-or-kill trades all of it or nothing.');
}

function limitsOf(words: readonly string[]): Record<string, number> {
  const limits: Record<string, number> = {};
  for (const word of words) {
    const [name, value] = pairOf(word) ?? [];
    if (name === undefined || typeof value !== 'number') {
      throw new LineError(`A limit is name=number, like maxEventsPerCommand=4; it is ${word}.`);
    }
    limits[name] = value;
  }
  return limits;
}

function emptyVenueOf(words: readonly string[]): EmptyVenue {
  const { shard, shards } = limitsOf(words.slice(1));
  if (words[0] === 'empty' && words.length === 3 && shard !== undefined && shards !== undefined && shard < shards) {
    return { shard, shards };
  }
  throw new LineError('A venue in which nothing is made without a word is like this: venue empty shard=0 shards=2.');
}

/** name=value; numbers, true, false and none are what they look like. */
function pairOf(word: string): [string, unknown] | undefined {
  const at = word.indexOf('=');
  return at < 1 ? undefined : [word.slice(0, at), valueIn(word.slice(at + 1))];
}

function valueIn(text: string): unknown {
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  if (text === 'none') return null;
  return text === 'true' || text === 'false' ? text === 'true' : text;
}

/** The code of `field` that the word names, in any case and with hyphens anywhere: immediate-or-cancel. */
function codeOf(field: string, word: string): string | undefined {
  const plain = word.replaceAll('-', '').toLowerCase();
  return CODES[field]?.find((name) => name.toLowerCase() === plain);
}

function camel(word: string): string {
  return word.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** An account is a name or a number. */
function accountOf(word: string): { account: unknown; lane?: number } {
  const [name = '', lane] = word.split('/');
  if (lane === undefined) return { account: valueIn(name) };
  if (!/^\d+$/.test(lane)) throw new LineError(`A lane is a number, like alice/3; it is ${word}.`);
  return { account: valueIn(name), lane: Number(lane) };
}

/** The fields of a command, as a JSON line would have them. */
function commandOf(words: readonly string[]): Record<string, unknown> {
  const [first = ''] = words;
  const bare = WITHOUT_ACCOUNT.includes(first);
  if (!bare && words.length < 2) {
    throw new LineError(`A command is an account and what it does, like ${first} new buy 5 @ 100.`);
  }
  const kind = kindNamed(camel(bare ? first : (words[1] ?? '')));
  const fields: Record<string, unknown> = { kind, ...(bare ? {} : accountOf(first)) };
  const known = fieldsOf(kind);
  const put = (name: string, value: unknown): void => {
    if (fields[name] !== undefined) throw new LineError(`The line says ${name} twice.`);
    fields[name] = value;
  };
  const rest = words.slice(bare ? 1 : 2);
  // What a line about no order names first.
  if (bare && rest.length > 0 && kind === 'instrument') put('symbol', rest.shift());
  if (bare && rest.length > 0 && (kind === 'account' || kind === 'asset')) put('name', rest.shift());
  if (bare && rest.length > 0 && kind === 'why') put('text', rest.shift());
  if (bare && rest.length > 0 && kind === 'at') put('timeUs', valueIn(rest.shift() ?? ''));
  let own = false;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === 'as') own = true;
    else if (word === '@') put('price', valueIn(rest.shift() ?? ''));
    else if (/^#\d+$/.test(word)) {
      put(known.includes('target') && !own ? 'target' : 'id', Number(word.slice(1)));
      own = false;
    } else if (word.startsWith('raw.')) {
      const [name = '', value] = pairOf(word.slice('raw.'.length)) ?? [];
      fields.raw = { ...(fields.raw as object | undefined), [name]: value };
    } else if (pairOf(word) !== undefined) put(...(pairOf(word) as [string, unknown]));
    else if (/^\d+$/.test(word)) put(known.includes('amount') ? 'amount' : 'quantity', valueIn(word));
    else if (word === 'at' && known.includes('triggerPrice')) put('triggerPrice', valueIn(rest.shift() ?? ''));
    else putWord(word, known, fields, put);
  }
  return fields;
}

/** A word alone: a code, a field that is true, or the instrument. */
function putWord(
  word: string,
  known: readonly string[],
  fields: Readonly<Record<string, unknown>>,
  put: (name: string, value: unknown) => void,
): void {
  const field = known.find((name) => codeOf(name, word) !== undefined);
  if (field !== undefined) put(field, codeOf(field, word));
  else if (known.includes(camel(word))) put(camel(word), true);
  else if (known.includes('instrument') && fields.instrument === undefined) put('instrument', word);
  else if (known.includes('asset') && fields.asset === undefined) put('asset', word);
  else throw new LineError(`A line of kind ${fields.kind} has no word ${word}: ${suggestion(word, known)}`);
}

function eventOf(text: string, words: readonly string[]): ExpectedEvent {
  const [kind = '', ...rest] = words;
  const fields = new Map<string, unknown>();
  if (kind === 'nothing') return { text, kind: '', fields };
  const known = eventFieldNames(kind);
  if (known === undefined) throw new LineError(`There is no event ${kind}: tredye match --help lists them.`);
  const put = (name: string, value: unknown): void => {
    if (name !== 'lane' && !known.includes(name)) {
      throw new LineError(`An event ${kind} has no field ${name}: ${suggestion(name, known)}`);
    }
    if (fields.has(name)) throw new LineError(`The line says ${name} twice.`);
    fields.set(name, value);
  };
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const code = known.find((name) => !fields.has(name) && codeOf(name, word as string) !== undefined);
    if (word === '@') put('price', valueIn(rest.shift() ?? ''));
    else if (/^#\d+$/.test(word)) put('id', Number(word.slice(1)));
    else if (pairOf(word) !== undefined) put(...(pairOf(word) as [string, unknown]));
    else if (/^\d+$/.test(word)) put(known.includes('quantity') ? 'quantity' : 'amount', Number(word));
    else if (code !== undefined) put(code, codeOf(code, word));
    else if (known.includes(word)) put(word, true);
    else if (word === 'nobody') put('account', 0);
    else {
      const { account, lane } = accountOf(word);
      put('account', account);
      if (lane !== undefined) put('lane', lane);
    }
  }
  return { text, kind, fields };
}

/** The parts of a reference like alice/3#7; undefined when the value is none. */
export function referenceOf(value: unknown): { account?: string; lane?: number; id: number } | undefined {
  const [, account, lane, id] = (typeof value === 'string' ? REFERENCE.exec(value) : null) ?? [];
  if (id === undefined) return undefined;
  return {
    ...(account === undefined ? {} : { account }),
    ...(lane === undefined ? {} : { lane: Number(lane) }),
    id: Number(id),
  };
}
