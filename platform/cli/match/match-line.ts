/**
 * One line of `tredye match`: which kinds and fields there are, and a reader of its fields that says in one sentence what
 * is wrong with them. JSON comes here as it is, text through rule-line.ts. Any thread.
 */

import { distance } from 'fastest-levenshtein';
import { PHASE_NAMES } from '../../../schemas/phases.js';

/** Kinds of lines, what they do, and their own fields with the defaults. */
export const LINE_KINDS = {
  instrument: {
    does: 'add an instrument',
    fields: {
      symbol: 'required; 1 to 32 of A-Z a-z 0-9 . _ - /',
      priceMin: 'ticks, default 1',
      priceMax: 'ticks, default 10000000',
      quantityMax: 'lots, default 10000000',
      unit: 'amount of a tick times a lot, default 1',
      referencePrice: 'ticks or null, the default',
      priceDecimals: 'default 0',
      quantityDecimals: 'default 0',
      phase: 'what it begins in, default Continuous',
    },
  },
  account: {
    does: 'add an account: 2, 3, … (1, operator, is there)',
    fields: { name: 'required', selfTradeGroup: 'default 0: none' },
  },
  open: { does: 'open a session of a lane anew; the first comes by itself', fields: {} },
  lost: { does: 'lose the session of a lane', fields: {} },
  new: {
    does: 'a new order',
    fields: {
      instrument: 'symbol or number, default the first; without any, TEST is made',
      side: 'required: Buy or Sell',
      quantity: 'required; lots',
      price: 'ticks; without: a market order',
      type: 'Limit, Market, Stop, StopLimit or TrailingStop',
      timeInForce: 'GoodTillCancel (default), Day, ImmediateOrCancel, FillOrKill',
      postOnly: 'true or false',
      selfTrade: 'None (default), Newest, Oldest, Both, Decrement',
      trigger: 'of a stop: LastTrade (default), Touch, Reference',
      triggerPrice: 'ticks; of a stop',
      trailingDistance: 'ticks; of a TrailingStop',
      limitOffset: 'ticks; of a TrailingStop; without: a market order when triggered',
      refuseIfThrough: 'true or false; of a stop',
      oneCancelsOther: 'true or false; two such lines behind each other are one pair, applied with the second',
    },
  },
  cancel: {
    does: 'cancel an order',
    fields: {
      instrument: 'as above',
      order: 'its order id, or',
      orderOf: 'the id it was entered by, like #1 or alice/3#1, for its order id, or',
      target: 'its id',
    },
  },
  replace: {
    does: 'replace: quantity is the new total, filled included',
    fields: {
      instrument: 'as above',
      order: 'its order id, or',
      orderOf: 'as above, or',
      target: 'its id',
      price: 'required; null: none, of a market order',
      quantity: 'required',
    },
  },
  cancelReplace: {
    does: 'replace: quantity is what shall be open, the place is lost',
    fields: {
      instrument: 'as above',
      order: 'its order id, or',
      orderOf: 'as above, or',
      target: 'its id',
      price: 'required; null: none, of a market order',
      quantity: 'required',
    },
  },
  massCancel: { does: 'cancel all orders of the account', fields: { instrument: 'default: in all' } },
  phase: {
    does: 'set a phase',
    fields: { instrument: 'as above', phase: `required: ${PHASE_NAMES.join(', ')}` },
  },
  uncross: { does: 'match an auction', fields: { instrument: 'as above' } },
  referencePrice: {
    does: 'a price from outside, which triggers stops',
    fields: { instrument: 'as above', price: 'required; ticks or null' },
  },
  endOfDay: { does: 'end orders of the day', fields: { instrument: 'as above' } },
  at: { does: 'what follows is applied at timeUs', fields: {} },
  hold: { does: 'from here on a long command goes on only where a line says continue', fields: {} },
  continue: { does: 'one Continue', fields: {} },
} as const satisfies Record<string, { does: string; fields: Record<string, string> }>;

export type LineKind = keyof typeof LINE_KINDS;

/** Fields of every line. */
const COMMON_FIELDS = {
  kind: 'what to do',
  account: 'number or name, default 1; made when it is not there',
  lane: '0 to 65535, default 1',
  id: "client order id within the lane, default the lane's next; 0: none",
  targetLane: 'lane of target, default lane',
  timeUs: 'when it is applied, µs, default as the line before',
  validUntilUs: 'refused when timeUs is later',
  raw: 'fields of the record by name, written over what the line says: {"side":2}',
} as const;

/** A suggestion is given for a name with at most this share of its letters wrong. */
const SUGGEST_WITHIN = 0.4;

/** What is wrong with a line, in one sentence. */
export class LineError extends Error {}

export function suggestion(name: string, known: readonly string[]): string {
  const best = known.reduce((nearest, candidate) =>
    distance(name, candidate) < distance(name, nearest) ? candidate : nearest,
  );
  return distance(name, best) <= Math.ceil(best.length * SUGGEST_WITHIN)
    ? `did you mean ${best}?`
    : `it knows ${known.join(', ')}.`;
}

/** The names that a line of this kind may have. */
export function fieldsOf(kind: LineKind): string[] {
  return [...Object.keys(LINE_KINDS[kind].fields), ...Object.keys(COMMON_FIELDS)];
}

/** The kind of this name. Throws a LineError. */
export function kindNamed(name: unknown): LineKind {
  const kinds = Object.keys(LINE_KINDS) as LineKind[];
  const found = kinds.find((candidate) => candidate === name);
  if (found !== undefined) return found;
  throw new LineError(
    name === undefined
      ? `The line has no kind: it is one of ${kinds.join(', ')}.`
      : `The kind ${JSON.stringify(name)} is unknown: ${suggestion(String(name), kinds)}`,
  );
}

/** A line of a known kind with known fields only. */
export class Line {
  readonly kind: LineKind;

  /** Throws a LineError. */
  constructor(private readonly fields: Readonly<Record<string, unknown>>) {
    this.kind = kindNamed(fields.kind);
    const known = fieldsOf(this.kind);
    for (const name of Object.keys(fields)) {
      if (name !== 'kind' && !known.includes(name)) {
        throw new LineError(`A line of kind ${this.kind} has no field ${name}: ${suggestion(name, known)}`);
      }
    }
  }

  /** Throws a LineError. */
  static ofJson(text: string): Line {
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      throw new LineError('The line is no JSON: give one object a line.');
    }
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
      throw new LineError(
        'The line is no JSON object: give one like {"kind":"new","side":"Buy","price":100,"quantity":5}.',
      );
    }
    return new Line(parsed as Record<string, unknown>);
  }

  has(name: string): boolean {
    return this.fields[name] !== undefined && this.fields[name] !== null;
  }

  /** Whether it is there and says that there is none. */
  isNull(name: string): boolean {
    return this.fields[name] === null;
  }

  /** The field as it stands; undefined where it is missing or null. */
  any(name: string): unknown {
    return this.has(name) ? this.fields[name] : undefined;
  }

  text(name: string): string {
    const value = this.any(name);
    if (typeof value === 'string') return value;
    throw new LineError(`${name} must be a text${this.butIs(name)}.`);
  }

  whole(name: string, from: number, to: number, fallback?: number): number {
    const value = this.any(name) ?? fallback;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= from && value <= to) return value;
    throw new LineError(`${name} must be a whole number from ${from} to ${to}${this.butIs(name)}.`);
  }

  /** One of the names, in any case. */
  named<Name extends string>(name: string, names: readonly Name[], fallback?: Name): Name {
    const value = this.any(name) ?? fallback;
    const found = names.find((candidate) => candidate.toLowerCase() === String(value).toLowerCase());
    if (value !== undefined && found !== undefined) return found;
    throw new LineError(`${name} must be one of ${names.join(', ')}${this.butIs(name)}.`);
  }

  truth(name: string): boolean {
    const value = this.any(name) ?? false;
    if (typeof value === 'boolean') return value;
    throw new LineError(`${name} must be true or false${this.butIs(name)}.`);
  }

  /** An id of 64 bits: a decimal text, or a number where that is exact. */
  wide(name: string): bigint {
    const value = this.any(name);
    const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
    if (typeof text === 'string' && /^\d{1,20}$/.test(text) && BigInt(text) < 2n ** 64n) return BigInt(text);
    throw new LineError(`${name} must be an id, a decimal text below 2^64${this.butIs(name)}.`);
  }

  private butIs(name: string): string {
    if (!this.has(name)) return ', and it is missing';
    const value = this.fields[name];
    // JSON has no word for a number that is beyond all numbers.
    return `; it is ${typeof value === 'number' ? value : JSON.stringify(value)}`;
  }
}

/** All kinds and fields, for --help. */
export function lineHelp(): string {
  const width = Math.max(
    ...Object.values(LINE_KINDS).flatMap(({ fields }) => Object.keys(fields).map((name) => name.length)),
  );
  const row = ([name, means]: [string, string]) => `      ${name.padEnd(width)}  ${means}`;
  const lines = [
    'Fields of every line:',
    ...Object.entries(COMMON_FIELDS).map(row),
    '',
    'Kinds, with their own fields:',
  ];
  for (const [kind, { does, fields }] of Object.entries(LINE_KINDS)) {
    lines.push(`  ${kind}: ${does}`, ...Object.entries(fields).map(row));
  }
  return lines.join('\n');
}
