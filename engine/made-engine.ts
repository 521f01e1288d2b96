/**
 * An engine with a small venue, and commands in one line each. For tests: two accounts (1, 2) with an open lane each
 * (lane number and incarnation are the account's), instruments as many as asked for, all in the same phase.
 */
import { ANY_SHARD, encodeAccountTerms, encodeInstrumentTerms } from '../schemas/admin.js';
import { CommandKind, EventKind, Liquidity, OrderType, Phase, Reason, TimeInForce } from '../schemas/codes.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_FLAGS_WORD,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_PRICE,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  COMMAND_TARGET_ID,
  COMMAND_WORDS,
  EVENT_AMOUNT,
  EVENT_BOOK_BIT,
  EVENT_CLIENT_ORDER_ID,
  EVENT_CUMULATIVE,
  EVENT_DISPLAYED,
  EVENT_DUPLICATE_BIT,
  EVENT_END_OF_COMMAND_BIT,
  EVENT_KIND_WORD,
  EVENT_LEAVES,
  EVENT_LIQUIDITY_SHIFT,
  EVENT_ORDER_ID,
  EVENT_PRICE,
  EVENT_QUANTITY,
  EVENT_RELATED_ID,
  EVENT_WORDS,
  highWord,
  NO_PRICE,
} from '../schemas/layout.js';
import { Engine } from './engine.js';
import { type Limits, limitsFrom } from './limits.js';

export const SMALL_LIMITS: Partial<Limits> = {
  maxOrders: 256,
  maxLevels: 128,
  maxInstruments: 8,
  maxAccounts: 8,
  maxKeys: 8,
  maxAssets: 8,
  maxLanes: 8,
  laneAnswers: 16,
  ladderWindows: 4,
  ladderTicks: 64,
  maxOperations: 4,
  maxEventsPerCommand: 64,
  adminLogBytes: 64 * 1024,
};

/** What a command may say besides its kind; the rest is zero, the sender's or the next counter. */
export interface Said {
  readonly account?: number;
  readonly session?: number;
  readonly lane?: number;
  /** Of the client order id; left out: the account's next one. */
  readonly counter?: number;
  readonly instrument?: number;
  readonly price?: number;
  readonly quantity?: number;
  readonly side?: number;
  readonly type?: number;
  readonly timeInForce?: number;
  readonly flags?: number;
  /** Target by order id, as two words, or by the counter of the same lane. */
  readonly target?: readonly [number, number];
  readonly targetCounter?: number;
}

const TARGET_IS_CLIENT_ID = 2;
const CLIENT_KINDS_END = CommandKind.OrderStatus;

/** The words of one command. */
export function commandWords(kind: number, said: Said, counter: number): Int32Array {
  const words = new Int32Array(COMMAND_WORDS);
  const account = said.account ?? 1;
  const lane = said.lane ?? account;
  const byCounter = said.targetCounter !== undefined;
  words[COMMAND_CLIENT_ORDER_ID] = counter;
  words[COMMAND_CLIENT_ORDER_ID + 1] = highWord(counter) | (lane << 16);
  if (byCounter) {
    words[COMMAND_TARGET_ID] = said.targetCounter ?? 0;
    words[COMMAND_TARGET_ID + 1] = highWord(said.targetCounter ?? 0) | (lane << 16);
  } else if (said.target !== undefined) {
    words.set(said.target, COMMAND_TARGET_ID);
  }
  words[COMMAND_ACCOUNT] = kind <= CLIENT_KINDS_END || kind === CommandKind.SessionOpen ? account : 0;
  words[COMMAND_SESSION] = said.session ?? account;
  words[COMMAND_INSTRUMENT] = said.instrument ?? 1;
  words[COMMAND_PRICE] = said.price ?? 0;
  words[COMMAND_QUANTITY] = said.quantity ?? 0;
  words[COMMAND_KIND_WORD] =
    kind | ((said.side ?? 0) << 8) | ((said.type ?? 0) << 16) | ((said.timeInForce ?? 0) << 24);
  words[COMMAND_FLAGS_WORD] = ((said.flags ?? 0) | (byCounter ? TARGET_IS_CLIENT_ID : 0)) << 16;
  return words;
}

export class MadeEngine {
  readonly engine: Engine;
  readonly events: Int32Array;
  /** Events of the last command. */
  count = 0;
  private readonly counters = new Map<number, number>();

  constructor(
    overrides: Partial<Limits> = {},
    phase: Phase = Phase.Continuous,
    instruments = 1,
    shards = 1,
    bucketSeed?: number,
  ) {
    const limits = limitsFrom({ ...SMALL_LIMITS, ...overrides });
    this.engine = new Engine(limits, 0, shards, undefined, bucketSeed);
    this.events = new Int32Array((limits.maxEventsPerCommand + 1) * EVENT_WORDS);
    this.engine.attach(this.events);
    for (const account of [1, 2]) {
      this.admin(CommandKind.AddAccount, encodeAccountTerms({ name: `account-${account}` }));
    }
    for (let instrument = 1; instrument <= instruments; instrument++) this.addInstrument(`I-${instrument}`);
    for (const account of [1, 2]) this.send(CommandKind.SessionOpen, { account, instrument: 0, counter: 0 });
    for (let instrument = 1; instrument <= instruments; instrument++) this.phase(phase, instrument, { counter: 0 });
  }

  /** Applies words as they are; checks the engine; returns what the events say. */
  apply(words: Int32Array): string[] {
    this.count = this.engine.apply(words, 0, 1);
    this.engine.validate();
    return Array.from({ length: this.count }, (_, index) => eventText(this.events, (index + 1) * EVENT_WORDS));
  }

  send(kind: CommandKind, said: Said = {}): string[] {
    const account = said.account ?? 1;
    const counter = said.counter ?? (this.counters.get(account) ?? 0) + 1;
    if (said.counter === undefined) this.counters.set(account, counter);
    return this.apply(commandWords(kind, said, counter));
  }

  buy(quantity: number, price: number, said: Said = {}): string[] {
    return this.send(CommandKind.New, { quantity, price, ...said });
  }

  sell(quantity: number, price: number, said: Said = {}): string[] {
    return this.send(CommandKind.New, { quantity, price, side: 1, account: 2, ...said });
  }

  market(side: number, quantity: number, said: Said = {}): string[] {
    return this.send(CommandKind.New, { quantity, price: NO_PRICE, side, type: OrderType.Market, ...said });
  }

  phase(phase: Phase, instrument = 1, said: Said = {}): string[] {
    return this.send(CommandKind.SetPhase, { type: phase, instrument, ...said });
  }

  goOn(): string[] {
    const words = new Int32Array(COMMAND_WORDS);
    words[COMMAND_KIND_WORD] = CommandKind.Continue;
    return this.apply(words);
  }

  admin(kind: CommandKind, parts: Int32Array, said: Said = {}): string[] {
    const head = commandWords(kind, { session: 0, lane: 0, instrument: 0, ...said }, said.counter ?? 0);
    head[COMMAND_ACCOUNT] = said.account ?? 0;
    const words = new Int32Array(head.length + parts.length);
    words.set(head);
    words.set(parts, head.length);
    return this.apply(words);
  }

  addInstrument(
    symbol: string,
    terms: { priceMin?: number; priceMax?: number; reference?: number | null } = {},
  ): string[] {
    return this.admin(
      CommandKind.AddInstrument,
      encodeInstrumentTerms({
        symbol,
        shard: ANY_SHARD,
        priceMin: terms.priceMin ?? -1000,
        priceMax: terms.priceMax ?? 1_000_000,
        quantityMax: 100_000,
        unit: 1,
        referencePrice: terms.reference === undefined ? 50 : terms.reference,
        priceDecimals: 0,
        quantityDecimals: 0,
      }),
    );
  }

  /** The order id in an event of the last command, as two words. */
  orderId(index = 0): [number, number] {
    const at = (index + 1) * EVENT_WORDS + EVENT_ORDER_ID;
    return [this.events[at] as number, this.events[at + 1] as number];
  }

  word(index: number, field: number): number {
    return this.events[(index + 1) * EVENT_WORDS + field] as number;
  }

  /** One side, best first: `quantity@price×orders`. */
  side(side: number, instrument = 1): string {
    const levels = new Float64Array(3 * 128);
    const count = this.engine.readLevels(instrument, side, 128, levels, 0);
    return Array.from({ length: count }, (_, index) => {
      const [price, total, orders] = levels.subarray(index * 3);
      return `${total}@${price}×${orders}`;
    }).join(' ');
  }
}

/** An event in one line: kind, side, whose (counter of the client order id), numbers that are not zero, reason, bits. */
export function eventText(events: Int32Array, at: number): string {
  const kindWord = events[at + EVENT_KIND_WORD] as number;
  const bits = kindWord >>> 8;
  const words: string[] = [
    EventKind[kindWord & 0xff] ?? '?',
    `#${(events[at + EVENT_CLIENT_ORDER_ID] as number) >>> 0}`,
  ];
  if ((bits & 1) !== 0) words.push('sell');
  const liquidity = (kindWord >>> EVENT_LIQUIDITY_SHIFT) & 3;
  if (liquidity !== 0) words.push((Liquidity[liquidity] ?? '').toLowerCase());
  const price = events[at + EVENT_PRICE] as number;
  if (price !== 0) words.push(price === NO_PRICE ? 'no-price' : `at ${price}`);
  const numbers: [string, number][] = [
    ['quantity', EVENT_QUANTITY],
    ['leaves', EVENT_LEAVES],
    ['shown', EVENT_DISPLAYED],
    ['filled', EVENT_CUMULATIVE],
    ['related', EVENT_RELATED_ID],
  ];
  for (const [name, field] of numbers) {
    const number = (events[at + field] as number) >>> 0;
    // A trade id depends on all that came before: the tests look at it on its own.
    if (number !== 0 && !(field === EVENT_RELATED_ID && liquidity !== 0)) words.push(`${name} ${number}`);
  }
  const amount = (events[at + EVENT_AMOUNT] as number) + (events[at + EVENT_AMOUNT + 1] as number) * 4294967296;
  if (events[at + EVENT_AMOUNT + 1] === -1) words.push(`amount ${events[at + EVENT_AMOUNT]}`);
  else if (amount !== 0) words.push(`amount ${amount}`);
  if (kindWord >>> 16 !== 0) words.push(Reason[kindWord >>> 16] ?? '?');
  if ((kindWord & EVENT_BOOK_BIT) !== 0) words.push('book');
  if ((kindWord & EVENT_DUPLICATE_BIT) !== 0) words.push('duplicate');
  if ((kindWord & EVENT_END_OF_COMMAND_BIT) !== 0) words.push('end');
  return words.join(' ');
}

export const IOC = TimeInForce.ImmediateOrCancel;
export const FOK = TimeInForce.FillOrKill;
export const GTC = TimeInForce.GoodTillCancel;
export const POST_ONLY = 1;
