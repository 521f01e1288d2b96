/**
 * An engine of one shard behind lines of `tredye match`: no ring, no journal, no clock. Accounts, sessions and a first
 * instrument that nobody has asked for are made without a word where a line needs them. A command that needs more than
 * one go (Continue) has them all before the next line. Any thread.
 */

import {
  adminHeadWords,
  cancelWords,
  endOfDayWords,
  massCancelWords,
  newOrderWords,
  type OrderTarget,
  putClientOrderId,
  putLeg,
  referencePriceWords,
  replaceWords,
  setPhaseWords,
  uncrossWords,
} from '../../../client/commands.js';
import { reasonName } from '../../../client/events.js';
import { TredyeError } from '../../../client/tredye-error.js';
import { type Limits, limitsFrom } from '../../../engine/limits.js';
import { Engine } from '../../../engine/matching/engine.js';
import { ANY_SHARD, encodeAccountTerms, encodeInstrumentTerms, setOperationId } from '../../../schemas/admin.js';
import { CommandFlag, CommandKind, EventKind, Phase, Side } from '../../../schemas/codes.js';
import { clientOrderIdOf, lane as laneId } from '../../../schemas/ids.js';
import { COMMAND_FIELDS } from '../../../schemas/kinds.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_FLAGS_WORD,
  COMMAND_KIND_WORD,
  COMMAND_PRICE,
  COMMAND_SESSION,
  COMMAND_TIME_US,
  COMMAND_WORDS,
  EVENT_KIND_WORD,
  EVENT_WORDS,
  highWord,
  NO_PRICE,
} from '../../../schemas/layout.js';
import { isLeg } from '../../../schemas/legs.js';
import { PHASE_NAMES } from '../../../schemas/phases.js';
import { eventObject, type PlainObject } from '../journal/record-objects.js';
import { Line, LineError, suggestion } from './match-line.js';
import { referenceOf } from './rule-line.js';

const OPERATOR = 'operator';
const OPERATOR_ACCOUNT = 1;
const FIRST_SYMBOL = 'TEST';
const MOST_PRICE = 10_000_000;
const MOST_QUANTITY = 10_000_000;
const MAX_LANE = 0xffff;
const MAX_COUNTER = 2 ** 48 - 1;
const MAX_UINT32 = 0xffff_ffff;
const MIN_INT32 = -0x8000_0000;
const MAX_INT32 = 0x7fff_ffff;
const MAX_DECIMALS = 9;

interface LaneState {
  incarnation: number;
  counter: number;
}

/** What it needs of an engine; a test puts the model in its place. */
export type MatchEngine = Pick<Engine, 'apply' | 'attach' | 'operationsInProgress' | 'readLevels' | 'readPhase'>;

export const MATCH_LIMITS = limitsFrom({});

/** A price level of a book. */
export interface BookLevel {
  readonly price: number;
  readonly quantity: number;
  readonly orders: number;
}

const NUMBERS_PER_LEVEL = 3;
/** No table of rules writes so many down. */
const MOST_LEVELS = 1024;

export class MatchVenue {
  private readonly engine: MatchEngine;
  private readonly limits: Limits;
  private readonly events: Int32Array;
  private readonly accounts = new Map<string, number>();
  private accountCount = 0;
  private readonly instruments = new Map<string, number>();
  /** By account and lane. */
  private readonly lanes = new Map<string, LaneState>();
  /** Order ids by account, lane and the counter that they were entered by. */
  private readonly entered = new Map<string, string>();
  /** Continues come from lines alone. */
  private held = false;
  private incarnations = 0;
  private timeUs = 0;
  private readonly continueWords = new Int32Array(COMMAND_WORDS);
  /** The first of two legs; the line behind it brings the second. */
  private leg: Int32Array | null = null;

  constructor(limits: Limits = MATCH_LIMITS, engine: MatchEngine = new Engine(limits, 0, 1)) {
    this.limits = limits;
    this.engine = engine;
    this.events = new Int32Array(limits.maxEventsPerCommand * EVENT_WORDS);
    this.engine.attach(this.events);
    this.continueWords[COMMAND_KIND_WORD] = CommandKind.Continue;
    this.addAccount(OPERATOR);
  }

  /** Carries a line out and hands on its events, which hold until the call returns. Throws a LineError. */
  take(line: Line, event: (object: PlainObject) => void): void {
    this.timeUs = line.whole('timeUs', 0, Number.MAX_SAFE_INTEGER, this.timeUs);
    try {
      this.leaveLeg(line, event);
      this.carryOut(line, event);
    } catch (error) {
      // A number that no command can hold.
      if (error instanceof TredyeError || error instanceof RangeError) throw new LineError(error.message);
      throw error;
    }
  }

  /** A leg that no other one follows is refused. */
  private leaveLeg(line: Line, event: (object: PlainObject) => void): void {
    const { leg } = this;
    if (leg === null || (line.kind === 'new' && line.truth('oneCancelsOther'))) return;
    this.leg = null;
    this.apply(leg, event);
  }

  private carryOut(line: Line, event: (object: PlainObject) => void): void {
    switch (line.kind) {
      case 'instrument':
        this.addInstrument(line, event);
        return;
      case 'account':
        if (this.apply(this.accountWords(line.text('name'), line), event) === EventKind.AccountAdded) {
          this.noteAccount(line.text('name'));
        }
        return;
      case 'open':
        this.openLane(this.accountOf(line), this.laneOf(line), event, line);
        return;
      case 'lost':
        this.loseLane(line, event);
        return;
      case 'at':
        return;
      case 'hold':
        this.held = true;
        return;
      case 'continue':
        this.goOn(event);
        return;
      default:
        this.send(line, this.wordsOf(line), event);
    }
  }

  private wordsOf(line: Line): Int32Array {
    const price = () => line.whole('price', MIN_INT32 + 1, MAX_INT32);
    const quantity = () => line.whole('quantity', 0, MAX_UINT32);
    switch (line.kind) {
      case 'new': {
        const type = line.named(
          'type',
          ['Limit', 'Market', 'Stop', 'StopLimit', 'TrailingStop'],
          line.has('price') ? 'Limit' : 'Market',
        );
        return newOrderWords(this.instrumentOf(line), {
          side: line.named('side', ['Buy', 'Sell']),
          ...(line.has('price') ? { price: price() } : {}),
          quantity: quantity(),
          type,
          timeInForce: line.named(
            'timeInForce',
            ['GoodTillCancel', 'Day', 'ImmediateOrCancel', 'FillOrKill'],
            'GoodTillCancel',
          ),
          postOnly: line.truth('postOnly'),
          selfTrade: line.named('selfTrade', ['None', 'Newest', 'Oldest', 'Both', 'Decrement'], 'None'),
          ...(line.has('trigger') ? { trigger: line.named('trigger', ['LastTrade', 'Touch', 'Reference']) } : {}),
          ...(line.has('triggerPrice') ? { triggerPrice: line.whole('triggerPrice', MIN_INT32 + 1, MAX_INT32) } : {}),
          ...(line.has('trailingDistance') ? { trailingDistance: line.whole('trailingDistance', 1, MAX_INT32) } : {}),
          ...(line.has('limitOffset') ? { limitOffset: line.whole('limitOffset', 0, MAX_INT32) } : {}),
          refuseIfThrough: line.truth('refuseIfThrough'),
        });
      }
      case 'cancel':
        return cancelWords(this.instrumentOf(line), this.targetOf(line));
      case 'replace':
      case 'cancelReplace': {
        const kind = line.kind === 'replace' ? CommandKind.Replace : CommandKind.CancelReplace;
        const priced = !line.isNull('price');
        const words = replaceWords(
          kind,
          this.instrumentOf(line),
          this.targetOf(line),
          priced ? price() : 0,
          quantity(),
        );
        if (!priced) words[COMMAND_PRICE] = NO_PRICE;
        return words;
      }
      case 'massCancel':
        return massCancelWords(line.has('instrument') ? this.instrumentOf(line) : 0);
      case 'phase':
        return setPhaseWords(this.instrumentOf(line), Phase[line.named('phase', PHASE_NAMES)]);
      case 'uncross':
        return uncrossWords(this.instrumentOf(line));
      case 'referencePrice':
        return referencePriceWords(this.instrumentOf(line), line.isNull('price') ? null : price());
      case 'endOfDay':
        return endOfDayWords(this.instrumentOf(line));
      default:
        throw new LineError(`A line of kind ${line.kind} is no command of an account.`);
    }
  }

  // ---- what a line names

  hasInstrument(instrument: number): boolean {
    return instrument >= 1 && instrument <= this.instruments.size;
  }

  private accountOf(line: Line): number {
    const given = line.any('account') ?? OPERATOR_ACCOUNT;
    if (typeof given === 'string') return this.accounts.get(given) ?? this.addAccount(given);
    const account = line.whole('account', 1, this.limits.maxAccounts, OPERATOR_ACCOUNT);
    while (this.accountCount < account) this.addAccount(`account-${this.accountCount + 1}`);
    return account;
  }

  private laneOf(line: Line): number {
    return line.whole('lane', 0, MAX_LANE, 1);
  }

  private instrumentOf(line: Line): number {
    const given = line.any('instrument');
    if (given === undefined) {
      if (this.instruments.size === 0) this.addFirstInstrument();
      return 1;
    }
    if (typeof given !== 'string') return line.whole('instrument', 1, MAX_UINT32);
    const known = this.instruments.get(given);
    if (known === undefined) throw new LineError(`No line before has added an instrument ${given}.`);
    return known;
  }

  private targetOf(line: Line): OrderTarget {
    if (['order', 'orderOf', 'target'].filter((name) => line.has(name)).length !== 1) {
      throw new LineError('An order is named by order, its order id, or by target, its id: give one of them.');
    }
    if (line.has('order')) return { orderId: line.wide('order') };
    if (line.has('orderOf')) return { orderId: BigInt(this.enteredOrder(line)) };
    const lane = line.whole('targetLane', 0, MAX_LANE, this.laneOf(line));
    return { clientOrderId: clientOrderIdOf(laneId(lane), line.whole('target', 0, MAX_COUNTER)) };
  }

  private enteredOrder(line: Line): string {
    const reference = referenceOf(line.any('orderOf'));
    if (reference === undefined) throw new LineError('orderOf must be like #1, alice#1 or alice/3#1.');
    const account = reference.account === undefined ? this.accountOf(line) : this.accounts.get(reference.account);
    const lane = reference.lane ?? (reference.account === undefined ? this.laneOf(line) : 1);
    const order = this.entered.get(`${account}/${lane}#${reference.id}`);
    if (order === undefined) throw new LineError(`No order was entered as ${line.any('orderOf')}.`);
    return order;
  }

  // ---- what an expectation names

  /** An account by name or number; undefined: there is none. */
  accountNumber(named: unknown): number | undefined {
    return typeof named === 'number' ? named : this.accounts.get(String(named));
  }

  accountName(account: unknown): string {
    const found = [...this.accounts].find(([, number]) => number === account);
    return account === 0 ? 'nobody' : (found?.[0] ?? String(account));
  }

  /** An instrument by symbol or number, the first by default. */
  instrumentNumber(named: unknown = 1): number | undefined {
    return typeof named === 'number' ? named : this.instruments.get(String(named));
  }

  instrumentName(instrument: unknown): string {
    return [...this.instruments].find(([, number]) => number === instrument)?.[0] ?? String(instrument);
  }

  /** The order id of what was entered by an id, as a decimal text; undefined: nothing was. */
  orderIdOf(account: number, lane: number, id: number): string | undefined {
    return this.entered.get(`${account}/${lane}#${id}`);
  }

  /** Best first; market orders are in none. */
  levels(instrument: number, side: 'Buy' | 'Sell'): BookLevel[] {
    const numbers = new Float64Array(MOST_LEVELS * NUMBERS_PER_LEVEL);
    const count = this.engine.readLevels(instrument, Side[side], MOST_LEVELS, numbers, 0);
    return Array.from({ length: count }, (_, at) => {
      const [price = 0, quantity = 0, orders = 0] = numbers.subarray(at * NUMBERS_PER_LEVEL);
      return { price, quantity, orders };
    });
  }

  phaseName(instrument: number): string {
    return Phase[this.engine.readPhase(instrument)] ?? 'none';
  }

  // ---- into the engine

  private send(line: Line, words: Int32Array, event: (object: PlainObject) => void): void {
    const account = this.accountOf(line);
    const lane = this.laneOf(line);
    const state = this.lanes.get(`${account}/${lane}`) ?? this.openLane(account, lane, () => undefined);
    const counter = line.whole('id', 0, MAX_COUNTER, state.counter + 1);
    state.counter = Math.max(state.counter, counter);
    putClientOrderId(words, 0, lane, counter);
    words[COMMAND_SESSION] = state.incarnation | 0;
    const kind = (words[COMMAND_KIND_WORD] ?? 0) & 0xff;
    // Kinds about the market have no account of their own.
    if (kind <= CommandKind.MassCancel) words[COMMAND_ACCOUNT] = account | 0;
    const validUntil = line.whole('validUntilUs', 0, Number.MAX_SAFE_INTEGER, 0);
    if (validUntil !== 0 && this.timeUs > validUntil) {
      words[COMMAND_FLAGS_WORD] = (words[COMMAND_FLAGS_WORD] ?? 0) | (CommandFlag.Late << 16);
    }
    if (line.kind === 'new' && line.truth('oneCancelsOther')) putLeg(words);
    putRaw(line, words);
    if (!isLeg(words[COMMAND_KIND_WORD] ?? 0, words[COMMAND_FLAGS_WORD] ?? 0)) this.apply(words, event);
    else if (this.leg === null) this.leg = words;
    else {
      const legs = new Int32Array(2 * COMMAND_WORDS);
      legs.set(this.leg);
      legs.set(words, COMMAND_WORDS);
      this.leg = null;
      this.apply(legs, event);
    }
  }

  /** Returns the kind of the first event. */
  private apply(words: Int32Array, event: (object: PlainObject) => void): EventKind {
    words[COMMAND_TIME_US] = this.timeUs | 0;
    words[COMMAND_TIME_US + 1] = highWord(this.timeUs) | 0;
    const count = this.engine.apply(words, 0, 0);
    const first: EventKind = (this.events[EVENT_KIND_WORD] ?? 0) & 0xff;
    this.handOn(count, event);
    // Each go cancels or fills something, so this ends with the orders.
    while (!this.held && this.engine.operationsInProgress > 0) this.goOn(event);
    return first;
  }

  private goOn(event: (object: PlainObject) => void): void {
    this.continueWords[COMMAND_TIME_US] = this.timeUs | 0;
    this.continueWords[COMMAND_TIME_US + 1] = highWord(this.timeUs) | 0;
    this.handOn(this.engine.apply(this.continueWords, 0, 0), event);
  }

  /** Of the first event of the last command. */
  private firstReason(): string {
    return reasonName((this.events[EVENT_KIND_WORD] ?? 0) >>> 16);
  }

  private handOn(count: number, event: (object: PlainObject) => void): void {
    for (let at = 0; at < count; at++) {
      const object = eventObject(this.events, at * EVENT_WORDS);
      if (object.kind === 'Accepted' && object.duplicate !== true) {
        this.entered.set(`${object.account}/${object.lane}#${object.id}`, String(object.orderId));
      }
      event(object);
    }
  }

  private addInstrument(line: Line, event: (object: PlainObject) => void): void {
    const symbol = line.text('symbol');
    const price = (name: string, fallback: number) => line.whole(name, MIN_INT32 + 1, MAX_INT32, fallback);
    const phase = line.named('phase', PHASE_NAMES, 'Continuous');
    const terms = encodeInstrumentTerms({
      symbol,
      shard: ANY_SHARD,
      priceMin: price('priceMin', 1),
      priceMax: price('priceMax', MOST_PRICE),
      quantityMax: line.whole('quantityMax', 1, MAX_UINT32, MOST_QUANTITY),
      unit: line.whole('unit', 1, MAX_UINT32, 1),
      referencePrice: line.has('referencePrice') ? price('referencePrice', 0) : null,
      priceDecimals: line.whole('priceDecimals', 0, MAX_DECIMALS, 0),
      quantityDecimals: line.whole('quantityDecimals', 0, MAX_DECIMALS, 0),
    });
    const first = this.apply(this.adminWords(CommandKind.AddInstrument, terms, line), event);
    if (first !== EventKind.InstrumentAdded) return;
    const id = this.instruments.size + 1;
    this.instruments.set(symbol, id);
    if (phase !== 'Closed') this.setPhase(id, Phase[phase]);
  }

  private addFirstInstrument(): void {
    this.addInstrument(new Line({ kind: 'instrument', symbol: FIRST_SYMBOL }), () => undefined);
  }

  /** In the operator's name, with an id that is not counted. */
  private setPhase(instrument: number, phase: Phase): void {
    const line = new Line({ kind: 'phase', instrument, phase: Phase[phase], id: 0 });
    this.send(line, this.wordsOf(line), () => undefined);
  }

  private accountWords(name: string, line?: Line): Int32Array {
    const selfTradeGroup = line?.whole('selfTradeGroup', 0, MAX_UINT32, 0) ?? 0;
    return this.adminWords(CommandKind.AddAccount, encodeAccountTerms({ name, selfTradeGroup }), line);
  }

  /** Without an id, unless the line gives one raw: it is no one's operation that could be asked again. */
  private adminWords(kind: CommandKind, parts: Int32Array, line?: Line): Int32Array {
    const words = new Int32Array(COMMAND_WORDS + parts.length);
    words.set(adminHeadWords(kind, 0, 0));
    words.set(parts, COMMAND_WORDS);
    if (line !== undefined) putRaw(line, words);
    setOperationId(words, 0, parts.length / COMMAND_WORDS, words[0] ?? 0, words[1] ?? 0);
    return words;
  }

  /** Returns its number. Throws a LineError. */
  private addAccount(name: string): number {
    const first = this.apply(this.accountWords(name), () => undefined);
    if (first !== EventKind.AccountAdded) {
      throw new LineError(`The account ${name} cannot be added: ${this.firstReason()}.`);
    }
    return this.noteAccount(name);
  }

  private noteAccount(name: string): number {
    this.accountCount++;
    if (!this.accounts.has(name)) this.accounts.set(name, this.accountCount);
    return this.accountCount;
  }

  /** line: the one that asks for it. Throws a LineError where none does and it cannot be opened. */
  private openLane(account: number, lane: number, event: (object: PlainObject) => void, line?: Line): LaneState {
    const key = `${account}/${lane}`;
    const before = this.lanes.get(key) ?? { incarnation: 0, counter: 0 };
    const words = this.sessionWords(CommandKind.SessionOpen, account, lane, this.incarnations + 1);
    if (line !== undefined) putRaw(line, words);
    if (this.apply(words, event) !== EventKind.SessionOpened) {
      if (line !== undefined) return before;
      throw new LineError(`No session of lane ${lane} of account ${account} can be opened: ${this.firstReason()}.`);
    }
    const incarnation = (words[COMMAND_SESSION] ?? 0) >>> 0;
    this.incarnations = Math.max(this.incarnations, incarnation);
    const state = { incarnation, counter: before.counter };
    this.lanes.set(key, state);
    return state;
  }

  private loseLane(line: Line, event: (object: PlainObject) => void): void {
    const account = this.accountOf(line);
    const lane = this.laneOf(line);
    const state = this.lanes.get(`${account}/${lane}`);
    if (state === undefined) throw new LineError(`No line before has used lane ${lane} of account ${account}.`);
    // As the platform sends it: the incarnation alone says whose it is.
    this.apply(this.sessionWords(CommandKind.SessionLost, 0, 0, state.incarnation), event);
  }

  private sessionWords(kind: CommandKind, account: number, lane: number, incarnation: number): Int32Array {
    const words = new Int32Array(COMMAND_WORDS);
    putClientOrderId(words, 0, lane, 0);
    words[COMMAND_KIND_WORD] = kind;
    words[COMMAND_ACCOUNT] = account | 0;
    words[COMMAND_SESSION] = incarnation | 0;
    return words;
  }
}

/** Writes the fields that the line gives raw, whatever they say. */
function putRaw(line: Line, words: Int32Array): void {
  const raw = line.any('raw') ?? {};
  if (typeof raw !== 'object') throw new LineError('raw must be an object of fields and numbers.');
  const view = new DataView(words.buffer);
  for (const [name, value] of Object.entries(raw)) {
    if (!(name in COMMAND_FIELDS)) {
      throw new LineError(`A command has no field ${name}: ${suggestion(name, Object.keys(COMMAND_FIELDS))}`);
    }
    if (typeof value !== 'number') throw new LineError(`raw.${name} must be a number; it is ${JSON.stringify(value)}.`);
    const [at, bytes]: readonly [number, number] = COMMAND_FIELDS[name as keyof typeof COMMAND_FIELDS];
    if (bytes === 8) view.setBigInt64(at, BigInt(value), true);
    else if (bytes === 4) view.setInt32(at, value, true);
    else if (bytes === 2) view.setInt16(at, value, true);
    else view.setInt8(at, value);
  }
}
