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
  replaceWords,
  setPhaseWords,
  uncrossWords,
} from '../../../client/commands.js';
import { reasonName } from '../../../client/events.js';
import { TredyeError } from '../../../client/tredye-error.js';
import { limitsFrom } from '../../../engine/limits.js';
import { Engine } from '../../../engine/matching/engine.js';
import { ANY_SHARD, encodeAccountTerms, encodeInstrumentTerms, setOperationId } from '../../../schemas/admin.js';
import { CommandFlag, CommandKind, EventKind, Phase } from '../../../schemas/codes.js';
import { clientOrderIdOf, lane as laneId } from '../../../schemas/ids.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_FLAGS_WORD,
  COMMAND_KIND_WORD,
  COMMAND_SESSION,
  COMMAND_TIME_US,
  COMMAND_WORDS,
  EVENT_KIND_WORD,
  EVENT_WORDS,
  highWord,
} from '../../../schemas/layout.js';
import { eventObject, type PlainObject } from '../journal/record-objects.js';
import { Line, LineError } from './match-line.js';

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
const PHASES = ['Closed', 'PreOpen', 'Auction', 'Continuous', 'Halted', 'CancelOnly'] as const;

interface LaneState {
  incarnation: number;
  counter: number;
}

/** What it needs of an engine; a test puts the model in its place. */
export type MatchEngine = Pick<Engine, 'apply' | 'attach' | 'operationsInProgress'>;

export const MATCH_LIMITS = limitsFrom({});

export class MatchVenue {
  private readonly engine: MatchEngine;
  private readonly events = new Int32Array(MATCH_LIMITS.maxEventsPerCommand * EVENT_WORDS);
  private readonly accounts = new Map<string, number>();
  private accountCount = 0;
  private readonly instruments = new Map<string, number>();
  /** By account and lane. */
  private readonly lanes = new Map<string, LaneState>();
  private incarnations = 0;
  private timeUs = 0;
  private readonly continueWords = new Int32Array(COMMAND_WORDS);

  constructor(engine: MatchEngine = new Engine(MATCH_LIMITS, 0, 1)) {
    this.engine = engine;
    this.engine.attach(this.events);
    this.continueWords[COMMAND_KIND_WORD] = CommandKind.Continue;
    this.addAccount(OPERATOR);
  }

  /** Carries a line out and hands on its events, which hold until the call returns. Throws a LineError. */
  take(text: string, event: (object: PlainObject) => void): void {
    const line = new Line(text);
    this.timeUs = line.whole('timeUs', 0, Number.MAX_SAFE_INTEGER, this.timeUs);
    try {
      this.carryOut(line, event);
    } catch (error) {
      // A number that no command can hold.
      if (error instanceof TredyeError || error instanceof RangeError) throw new LineError(error.message);
      throw error;
    }
  }

  private carryOut(line: Line, event: (object: PlainObject) => void): void {
    switch (line.kind) {
      case 'instrument':
        this.addInstrument(line, event);
        return;
      case 'account':
        if (this.apply(this.accountWords(line.text('name')), event) === EventKind.AccountAdded) {
          this.noteAccount(line.text('name'));
        }
        return;
      case 'open':
        this.openLane(this.accountOf(line), this.laneOf(line), event);
        return;
      case 'lost':
        this.loseLane(line, event);
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
        const type = line.named('type', ['Limit', 'Market'], line.has('price') ? 'Limit' : 'Market');
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
        });
      }
      case 'cancel':
        return cancelWords(this.instrumentOf(line), this.targetOf(line));
      case 'replace':
      case 'cancelReplace': {
        const kind = line.kind === 'replace' ? CommandKind.Replace : CommandKind.CancelReplace;
        return replaceWords(kind, this.instrumentOf(line), this.targetOf(line), price(), quantity());
      }
      case 'massCancel':
        return massCancelWords(line.has('instrument') ? this.instrumentOf(line) : 0);
      case 'phase':
        return setPhaseWords(this.instrumentOf(line), Phase[line.named('phase', PHASES)]);
      case 'uncross':
        return uncrossWords(this.instrumentOf(line));
      case 'endOfDay':
        return endOfDayWords(this.instrumentOf(line));
      default:
        throw new LineError(`A line of kind ${line.kind} is no command of an account.`);
    }
  }

  // ---- what a line names

  private accountOf(line: Line): number {
    const given = line.any('account') ?? OPERATOR_ACCOUNT;
    if (typeof given === 'string') return this.accounts.get(given) ?? this.addAccount(given);
    const account = line.whole('account', 1, MATCH_LIMITS.maxAccounts, OPERATOR_ACCOUNT);
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
    if (line.has('order') === line.has('target')) {
      throw new LineError('An order is named by order, its order id, or by target, its id: give one of them.');
    }
    if (line.has('order')) return { orderId: line.wide('order') };
    const lane = line.whole('targetLane', 0, MAX_LANE, this.laneOf(line));
    return { clientOrderId: clientOrderIdOf(laneId(lane), line.whole('target', 0, MAX_COUNTER)) };
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
    this.apply(words, event);
  }

  /** Returns the kind of the first event. */
  private apply(words: Int32Array, event: (object: PlainObject) => void): EventKind {
    words[COMMAND_TIME_US] = this.timeUs | 0;
    words[COMMAND_TIME_US + 1] = highWord(this.timeUs) | 0;
    const count = this.engine.apply(words, 0, 0);
    const first: EventKind = (this.events[EVENT_KIND_WORD] ?? 0) & 0xff;
    this.handOn(count, event);
    this.continueWords[COMMAND_TIME_US] = this.timeUs | 0;
    this.continueWords[COMMAND_TIME_US + 1] = highWord(this.timeUs) | 0;
    // Each go cancels or fills something, so this ends with the orders.
    while (this.engine.operationsInProgress > 0) this.handOn(this.engine.apply(this.continueWords, 0, 0), event);
    return first;
  }

  /** Of the first event of the last command. */
  private firstReason(): string {
    return reasonName((this.events[EVENT_KIND_WORD] ?? 0) >>> 16);
  }

  private handOn(count: number, event: (object: PlainObject) => void): void {
    for (let at = 0; at < count; at++) event(eventObject(this.events, at * EVENT_WORDS));
  }

  private addInstrument(line: Line, event: (object: PlainObject) => void): void {
    const symbol = line.text('symbol');
    const price = (name: string, fallback: number) => line.whole(name, MIN_INT32 + 1, MAX_INT32, fallback);
    const phase = line.named('phase', PHASES, 'Continuous');
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
    const first = this.apply(this.adminWords(CommandKind.AddInstrument, terms), event);
    if (first !== EventKind.InstrumentAdded) return;
    const id = this.instruments.size + 1;
    this.instruments.set(symbol, id);
    if (phase !== 'Closed') this.setPhase(id, Phase[phase]);
  }

  private addFirstInstrument(): void {
    this.addInstrument(new Line(JSON.stringify({ kind: 'instrument', symbol: FIRST_SYMBOL })), () => undefined);
  }

  /** In the operator's name, with an id that is not counted. */
  private setPhase(instrument: number, phase: Phase): void {
    const text = JSON.stringify({ kind: 'phase', instrument, phase: Phase[phase], id: 0 });
    const line = new Line(text);
    this.send(line, this.wordsOf(line), () => undefined);
  }

  private accountWords(name: string): Int32Array {
    return this.adminWords(CommandKind.AddAccount, encodeAccountTerms({ name }));
  }

  /** Without an id: it is no one's operation that could be asked again. */
  private adminWords(kind: CommandKind, parts: Int32Array): Int32Array {
    const words = new Int32Array(COMMAND_WORDS + parts.length);
    words.set(adminHeadWords(kind, 0, 0));
    words.set(parts, COMMAND_WORDS);
    setOperationId(words, 0, parts.length / COMMAND_WORDS, 0, 0);
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

  private openLane(account: number, lane: number, event: (object: PlainObject) => void): LaneState {
    const key = `${account}/${lane}`;
    const incarnation = this.incarnations + 1;
    const words = this.sessionWords(CommandKind.SessionOpen, account, lane, incarnation);
    const first = this.apply(words, event);
    if (first !== EventKind.SessionOpened) {
      throw new LineError(`No session of lane ${lane} of account ${account} can be opened: ${this.firstReason()}.`);
    }
    this.incarnations = incarnation;
    const state = { incarnation, counter: this.lanes.get(key)?.counter ?? 0 };
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
