/**
 * An engine that is made large, for the measurements of this room: its venue, and commands in one line each, written into
 * one record that is used again, so that only the engine is measured. Times are those that the process was on a processor.
 * Any thread of a fresh process.
 */

import type { Engine } from '../../engine/engine.js';
import { type Limits, limitsFrom } from '../../engine/limits.js';
import { startEngine } from '../../proof/play-on-engine.js';
import { type Venue, venueFor } from '../../proof/recordings/venue.js';
import { CommandKind, EventKind, OrderType, Phase, TimeInForce, Trigger } from '../../schemas/codes.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_DISPLAY_QUANTITY,
  COMMAND_FLAGS_WORD,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_MIN_QUANTITY,
  COMMAND_PRICE,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  COMMAND_TARGET_ID,
  COMMAND_TRIGGER_PRICE,
  COMMAND_WORDS,
  EVENT_KIND_WORD,
  EVENT_ORDER_ID,
  EVENT_WORDS,
  highWord,
  NO_PRICE,
} from '../../schemas/layout.js';

export const BUY = 0;
export const SELL = 1;
/** Accounts of the venue; lane and incarnation are the account's number. */
export const ACCOUNTS = 4;

const PRICE_MAX = 2_000_000;
const QUANTITY_MAX = 2_000_000;
const MAX_LANES = 8;
const MAX_ACCOUNTS = 16;

/** What a New may say besides its instrument, side and price. */
export interface OrderTerms {
  readonly type?: OrderType;
  readonly quantity?: number;
  readonly account?: number;
  /** Lots that an iceberg shows. */
  readonly display?: number;
  /** Of a stop by the last trade: its trigger, or of one that trails its distance. */
  readonly trigger?: number;
  /** Seconds since 1970: good till then. */
  readonly expiry?: number;
}

/** Microseconds that this process was on a processor, in user space and in the kernel for it. */
export function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/**
 * How long the thread was at something: the lesser of a clock's time, in which others may have had the processor, and of the
 * process's processor time, in which V8 may have compiled or collected beside it.
 */
export class Stretch {
  private readonly fromMs = performance.now();
  private readonly fromUs = cpuUs();

  ms(): number {
    return Math.min(performance.now() - this.fromMs, (cpuUs() - this.fromUs) / 1_000);
  }
}

export class GrownVenue {
  readonly limits: Limits;
  readonly engine: Engine;
  readonly events: Int32Array;
  /** The record that the next command is written into. */
  readonly command = new Int32Array(COMMAND_WORDS);
  private readonly counters = new Float64Array(ACCOUNTS + 1);
  private readonly continues = new Int32Array(COMMAND_WORDS);

  /** `overrides`: of the default limits; lanes are few. `applied` is told each command, before it is applied. */
  constructor(
    overrides: Partial<Limits>,
    instruments = 1,
    phase: Phase = Phase.Continuous,
    private readonly applied: ((command: Int32Array) => void) | null = null,
  ) {
    this.limits = grownLimits(overrides);
    const { engine } = startEngine(grownTerms(instruments, phase), this.limits);
    this.engine = engine;
    this.events = new Int32Array(this.limits.roundEvents * EVENT_WORDS);
    engine.attach(this.events);
    this.continues[COMMAND_KIND_WORD] = CommandKind.Continue;
  }

  /** Writes a New that rests, or waits as a stop; the caller applies it. */
  writeNew(instrument: number, side: number, price: number, terms: OrderTerms = {}): void {
    const { type = OrderType.Limit, account = 1, trigger, expiry } = terms;
    const words = this.head(CommandKind.New, account);
    words[COMMAND_INSTRUMENT] = instrument;
    words[COMMAND_PRICE] = price;
    words[COMMAND_QUANTITY] = terms.quantity ?? 1;
    words[COMMAND_DISPLAY_QUANTITY] = terms.display ?? 0;
    words[COMMAND_TRIGGER_PRICE] = trigger ?? 0;
    words[COMMAND_FLAGS_WORD] = trigger === undefined ? 0 : Trigger.LastTrade << 8;
    words[COMMAND_MIN_QUANTITY] = expiry ?? 0;
    const timeInForce = expiry === undefined ? TimeInForce.GoodTillCancel : TimeInForce.GoodTillDate;
    words[COMMAND_KIND_WORD] = CommandKind.New | (side << 8) | (type << 16) | (timeInForce << 24);
  }

  /** Enters an order that must be accepted; returns how many events that made. */
  enter(instrument: number, side: number, price: number, terms: OrderTerms = {}): number {
    this.writeNew(instrument, side, price, terms);
    return this.apply('an order');
  }

  /** A market order that takes so many lots. */
  writeMarket(instrument: number, side: number, quantity: number, account: number): void {
    this.writeNew(instrument, side, NO_PRICE, { type: OrderType.Market, quantity, account });
    this.command[COMMAND_KIND_WORD] =
      CommandKind.New | (side << 8) | (OrderType.Market << 16) | (TimeInForce.ImmediateOrCancel << 24);
  }

  /** Cancels an order; left out, it is the first one that its slot ever had. */
  writeCancel(instrument: number, slot: number, account = 1, generation = 1): void {
    const words = this.head(CommandKind.Cancel, account);
    words[COMMAND_INSTRUMENT] = instrument;
    words[COMMAND_TARGET_ID] = slot;
    words[COMMAND_TARGET_ID + 1] = generation;
  }

  writeMassCancel(instrument: number, account: number): void {
    this.head(CommandKind.MassCancel, account)[COMMAND_INSTRUMENT] = instrument;
  }

  /** An account's purse gets money. */
  writeDeposit(account: number, asset: number, amount: number): void {
    const words = this.head(CommandKind.Deposit, 1);
    words[COMMAND_ACCOUNT] = account;
    words[COMMAND_INSTRUMENT] = asset;
    words[COMMAND_QUANTITY] = amount;
  }

  writePhase(instrument: number, phase: Phase): void {
    const words = this.head(CommandKind.SetPhase | (phase << 16), 1);
    words[COMMAND_ACCOUNT] = 0;
    words[COMMAND_INSTRUMENT] = instrument;
  }

  writeUncross(instrument: number): void {
    const words = this.head(CommandKind.Uncross, 1);
    words[COMMAND_ACCOUNT] = 0;
    words[COMMAND_INSTRUMENT] = instrument;
  }

  /** Applies what was written; throws when it is refused. */
  apply(what: string): number {
    this.applied?.(this.command);
    const made = this.engine.apply(this.command, 0, 0);
    this.throwIfRefused(what);
    return made;
  }

  /** The slot of the order that the last command's first event is about. */
  get slot(): number {
    return this.events[EVENT_ORDER_ID] as number;
  }

  get generation(): number {
    return this.events[EVENT_ORDER_ID + 1] as number;
  }

  /** Applies a record with its Parts; throws when it is refused. */
  applyWords(words: Int32Array, what: string): void {
    this.engine.apply(words, 0, 0);
    this.throwIfRefused(what);
  }

  private throwIfRefused(what: string): void {
    const kindWord = this.events[EVENT_KIND_WORD] as number;
    if ((kindWord & 0xff) === EventKind.Rejected) throw new Error(`${what} was refused, reason ${kindWord >>> 16}`);
  }

  /** Applies a Continue. */
  goOn(): number {
    return this.engine.apply(this.continues, 0, 0);
  }

  private head(kindWord: number, account: number): Int32Array {
    const words = this.command;
    words.fill(0);
    const counter = (this.counters[account] as number) + 1;
    this.counters[account] = counter;
    words[COMMAND_CLIENT_ORDER_ID] = counter;
    words[COMMAND_CLIENT_ORDER_ID + 1] = highWord(counter) | (account << 16);
    words[COMMAND_ACCOUNT] = account;
    words[COMMAND_SESSION] = account;
    words[COMMAND_KIND_WORD] = kindWord;
    return words;
  }
}

/** The default limits but for these; lanes and accounts are few. */
export function grownLimits(overrides: Partial<Limits>): Limits {
  return limitsFrom({ maxAccounts: MAX_ACCOUNTS, maxLanes: MAX_LANES, ...overrides });
}

/** The first commands of such a venue. */
export function grownTerms(instruments: number, phase: Phase): Venue {
  const needs = { orders: 0, priceMin: 0, priceMax: PRICE_MAX, quantityMax: QUANTITY_MAX };
  return venueFor(needs, ACCOUNTS, phase, instruments);
}

/** Nanoseconds a command of `count` calls. */
export function nsEach(count: number, run: (index: number) => void): number {
  const fromUs = cpuUs();
  for (let index = 0; index < count; index += 1) run(index);
  return ((cpuUs() - fromUs) * 1_000) / count;
}
