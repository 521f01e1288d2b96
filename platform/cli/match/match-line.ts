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
      base: 'asset that is bought, name or number; without it and quote there is no money',
      quote: 'asset that is paid',
      baseUnit: 'amount of the base asset in a lot, default 1',
      feeCap: 'millionths that no fee is above, default 0',
      staticBand: 'ticks that a price may be away from referencePrice, default 0: any number',
      ticks: 'rows of a price and the tick from there on, like 1:1/100:5; default: every price is on a tick',
      auctionSelfTrade: 'whether an uncross first keeps own orders from trading with each other',
      dynamicBand: 'ticks that an order may trade away from the price before its command, default 0: any number',
      bandAuction: 'whether a volatility auction starts there; else the rest is cancelled',
      phase: 'what it begins in, default Continuous',
      shard: 'the one that trades it, default by its number',
    },
  },
  account: {
    does: 'add an account: 2, 3, … (1, operator, is there)',
    fields: { name: 'required', selfTradeGroup: 'default 0: none' },
  },
  asset: {
    does: 'add an asset: 1, 2, …',
    fields: { name: 'required; 1 to 16 of A-Z a-z 0-9 . _ -', decimals: 'default 0' },
  },
  fees: {
    does: 'set the fees of a tier in an instrument, millionths of what is paid; negative: a rebate',
    fields: {
      instrument: 'as of new',
      tier: '0 (default) to 7',
      maker: 'default 0',
      taker: 'default 0',
      auction: 'default 0',
    },
  },
  limits: {
    does: 'set all limits of the account; 0, the default: none',
    fields: {
      orderQuantity: 'lots of an order',
      orderNotional: 'amount of an order',
      openOrders: 'how many',
      position: 'lots, long or short',
      rate: 'new orders and replaces a second',
      burst: 'of them at once; with a rate',
      feeTier: '0 to 7',
    },
  },
  deposit: {
    does: 'the operator puts money into the purse of the account; venue: its own',
    fields: { asset: 'required; name or number', amount: 'required; a decimal text where it is beyond 2^53' },
  },
  withdraw: {
    does: 'the operator takes money out of it',
    fields: { asset: 'as above', amount: 'as above' },
  },
  moveOut: {
    does: 'the operator moves money of the account to another shard',
    fields: { asset: 'as above', amount: 'as above', to: 'required; the shard' },
  },
  moveIn: {
    does: 'the platform brings money of the account from another shard',
    fields: { asset: 'as above', amount: 'as above', from: 'required; the shard', number: 'required; of the move' },
  },
  moveDone: {
    does: 'the platform says what became of a move to another shard',
    fields: { to: 'required; the shard', number: 'required; of the move', result: 'why the money comes back' },
  },
  accountStatus: {
    does: 'what the account has of an asset, or in an instrument',
    fields: { instrument: 'its position there, or', asset: 'its balance' },
  },
  kill: {
    does: 'take whose orders, an instrument, or (neither) all out of trading',
    fields: { instrument: 'symbol or number, or', whose: 'an account', off: 'true: let it in again' },
  },
  bust: {
    does: 'the operator makes a trade void',
    fields: { trade: 'its id, default the last', instrument: 'as of new, default its own' },
  },
  correct: {
    does: 'the operator gives a trade another price',
    fields: { price: 'required', trade: 'its id, default the last', instrument: 'as of new, default its own' },
  },
  why: {
    does: 'the operator says why it gives a command: the next, or that of an id',
    fields: {
      text: 'required; 1 to 200 bytes',
      instrument: "symbol or number, of that command's instrument",
      about: 'its id, default the next',
    },
  },
  open: {
    does: 'open a session of a lane anew; the first comes by itself',
    fields: { cancelAfter: 'seconds after its loss until its orders go; default: they stay' },
  },
  lost: { does: 'lose the session of a lane', fields: {} },
  new: {
    does: 'a new order',
    fields: {
      instrument: 'symbol or number, default the first; without any, TEST is made',
      side: 'required: Buy or Sell',
      quantity: 'required; lots',
      price: 'ticks; without: a market order',
      type: 'Limit, Market, MarketToLimit, Iceberg, Stop, StopLimit or TrailingStop',
      displayQuantity: 'of an Iceberg: lots that it shows at a time',
      timeInForce: 'GoodTillCancel (default), Day, ImmediateOrCancel, FillOrKill, GoodTillDate',
      expirySeconds: 'of a GoodTillDate: seconds since 1970',
      postOnly: 'true or false',
      slide: 'true or false; with postOnly',
      selfTrade: 'None (default), Newest, Oldest, Both, Decrement',
      minQuantity: 'of an ImmediateOrCancel: so many at once, or it is refused; default 0: none',
      trigger: 'of a stop: LastTrade (default), Touch, Reference',
      triggerPrice: 'ticks; of a stop',
      trailingDistance: 'ticks; of a TrailingStop',
      limitOffset: 'ticks; of a TrailingStop; without: a market order when triggered',
      refuseIfThrough: 'true or false; of a stop',
      oneCancelsOther:
        'true or false; two such lines behind each other are one pair, applied with the second; one alone is an error at the end',
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
  orderStatus: {
    does: 'ask what an order is like',
    fields: {
      instrument: 'as above',
      order: 'its order id, or',
      orderOf: 'as above, or',
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
  massCancel: {
    does: 'cancel all orders of the account',
    fields: {
      instrument: 'default: in all',
      side: 'Buy or Sell: of this side only',
      ofLane: 'of this lane only',
    },
  },
  deadMan: { does: 'set the dead-man timer of a lane', fields: { milliseconds: 'required; 0: off' } },
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
  at: { does: 'what follows is applied at timeUs; what is due by then comes first', fields: {} },
  record: {
    does: 'records as they lie in memory, one behind the other: a head with its Parts, or what no other line says',
    fields: { words: 'required; 0x and hexadecimal bytes, 64 a record' },
  },
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

  /** A number of 64 bits with sign, as wide. */
  amount(name: string): bigint {
    const value = this.any(name);
    const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
    if (typeof text === 'string' && /^-?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text)) {
      return BigInt(text);
    }
    throw new LineError(`${name} must be a whole number of 64 bits${this.butIs(name)}.`);
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
