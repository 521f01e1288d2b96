/**
 * An engine of one shard behind lines of `tredye match`: no ring, no journal, no clock. Accounts, sessions and a first
 * instrument that nobody has asked for are made without a word where a line needs them. A command that needs more than
 * one go (Continue) has them all before the next line, and what is due comes as soon as it is. Any thread.
 */

import {
  adminHeadWords,
  balanceWords,
  bustWords,
  cancelWords,
  correctionWords,
  deadManWords,
  endOfDayWords,
  killWords,
  massCancelWords,
  moneyMoveWords,
  moveOutWords,
  newOrderWords,
  noteWords,
  type OrderTarget,
  orderStatusWords,
  positionWords,
  putClientOrderId,
  putLeg,
  referencePriceWords,
  replaceWords,
  setPhaseWords,
  uncrossWords,
} from '../../../client/commands.js';
import { reasonName } from '../../../client/events.js';
import { TredyeError } from '../../../client/tredye-error.js';
import { Engine } from '../../../engine/engine.js';
import { type Limits, limitsFrom } from '../../../engine/limits.js';
import { encodeAccountTerms } from '../../../schemas/admin.js';
import { CommandFlag, CommandKind, EventKind, Phase, Side } from '../../../schemas/codes.js';
import { clientOrderIdOf, lane as laneId } from '../../../schemas/ids.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_FLAGS_WORD,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_PRICE,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  COMMAND_TIME_US,
  COMMAND_WORDS,
  EVENT_INSTRUMENT,
  EVENT_KIND_WORD,
  EVENT_LEAVES,
  EVENT_WORDS,
  highWord,
  NO_PRICE,
} from '../../../schemas/layout.js';
import { isLeg } from '../../../schemas/legs.js';
import { PHASE_NAMES } from '../../../schemas/phases.js';
import { eventObject, type PlainObject } from '../journal/record-objects.js';
import { type BookLevel, type HoldingAmounts, levelsOf, type MatchEngine, type PurseAmounts } from './match-engine.js';
import { Line, LineError } from './match-line.js';
import { MatchNames, VENUE } from './match-names.js';
import {
  adminWords,
  assetTerms,
  feeTerms,
  instrumentTerms,
  limitTerms,
  moveDoneTerms,
  moveInTerms,
  orderTerms,
  putRaw,
  sessionWords,
} from './match-terms.js';
import { referenceOf } from './rule-line.js';

const OPERATOR = 'operator';
const OPERATOR_ACCOUNT = 1;
const FIRST_SYMBOL = 'TEST';
const MAX_LANE = 0xffff;
const MAX_COUNTER = 2 ** 48 - 1;
const MAX_UINT32 = 0xffff_ffff;
const MIN_INT32 = -0x8000_0000;
const MAX_INT32 = 0x7fff_ffff;

interface LaneState {
  incarnation: number;
  counter: number;
}

export const MATCH_LIMITS = limitsFrom({});

export class MatchVenue {
  private readonly engine: MatchEngine;
  private readonly limits: Limits;
  private readonly events: Int32Array;
  readonly names = new MatchNames();
  private accountCount = 0;
  /** Both fills of each trade, by its id. */
  private readonly fills = new Map<number, Int32Array>();
  /** By account and lane. */
  private readonly lanes = new Map<string, LaneState>();
  /** Continues come from lines alone. */
  private held = false;
  private incarnations = 0;
  private timeUs = 0;
  private readonly ownWords = new Int32Array(COMMAND_WORDS);
  /** The first of two legs; the line behind it brings the second. */
  private leg: Int32Array | null = null;

  /** empty: nothing is made without a word, no Continue comes by itself. */
  constructor(
    limits: Limits = MATCH_LIMITS,
    engine: MatchEngine = new Engine(limits, 0, 1),
    private readonly empty = false,
  ) {
    this.limits = limits;
    this.engine = engine;
    this.events = new Int32Array(limits.maxEventsPerCommand * EVENT_WORDS);
    this.engine.attach(this.events);
    this.held = empty;
    if (!empty) this.addAccount(OPERATOR);
  }

  /** Carries a line out and hands on its events, which hold until the call returns. Throws a LineError. */
  take(line: Line, event: (object: PlainObject) => void): void {
    this.timeUs = line.whole('timeUs', 0, Number.MAX_SAFE_INTEGER, this.timeUs);
    this.settle(event);
    try {
      this.leaveLeg(line, event);
      this.carryOut(line, event);
    } catch (error) {
      // A number that no command can hold.
      if (error instanceof TredyeError || error instanceof RangeError) throw new LineError(error.message);
      throw error;
    }
  }

  /** Behind the last line: what it left waiting for its other leg is refused. */
  end(event: (object: PlainObject) => void): void {
    const { leg } = this;
    this.leg = null;
    if (leg !== null) this.apply(leg, event);
  }

  /** A leg that no other one follows is refused. */
  private leaveLeg(line: Line, event: (object: PlainObject) => void): void {
    if (line.kind !== 'new' || !line.truth('oneCancelsOther')) this.end(event);
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
      case 'asset':
        this.addAsset(line, event);
        return;
      case 'fees':
        this.apply(this.feeWords(line), event);
        return;
      case 'limits':
        this.apply(this.limitWords(line), event);
        return;
      case 'deposit':
      case 'withdraw':
      case 'moveOut':
      case 'kill':
      case 'bust':
      case 'correct':
      case 'why':
        this.send(line, this.operatorWords(line), event, OPERATOR_ACCOUNT);
        return;
      case 'moveIn':
      case 'moveDone':
        this.apply(this.platformWords(line), event);
        return;
      case 'open':
        this.openLane(this.accountOf(line), this.laneOf(line), event, line);
        return;
      case 'lost':
        this.loseLane(line, event);
        return;
      case 'at':
        return;
      case 'record':
        this.applyRecords(line, event);
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
      case 'new':
        return newOrderWords(this.instrumentOf(line), orderTerms(line));
      case 'cancel':
        return cancelWords(this.instrumentOf(line), this.targetOf(line));
      case 'orderStatus':
        return orderStatusWords(this.instrumentOf(line), this.targetOf(line));
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
        return massCancelWords(line.has('instrument') ? this.instrumentOf(line) : 0, {
          ...(line.has('ofLane') ? { lane: line.whole('ofLane', 0, MAX_LANE) } : {}),
          ...(line.has('side') ? { side: line.named('side', ['Buy', 'Sell']) } : {}),
        });
      case 'deadMan':
        return deadManWords(line.whole('milliseconds', 0, MAX_UINT32));
      case 'accountStatus':
        return line.has('asset')
          ? balanceWords(this.assetOf(line, 'asset'), 0)
          : positionWords(this.instrumentOf(line));
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

  /** Of kinds that the operator sends about somebody. */
  private operatorWords(line: Line): Int32Array {
    if (line.kind === 'kill') {
      const account = line.has('whose') ? this.accountNamed(line, 'whose') : 0;
      const instrument = line.has('instrument') ? this.instrumentOf(line) : 0;
      return killWords({ account, instrument }, !line.truth('off'));
    }
    if (line.kind === 'bust' || line.kind === 'correct') {
      const trade = line.whole('trade', 0, Number.MAX_SAFE_INTEGER, [...this.fills.keys()].at(-1) ?? 0);
      const fills = this.fills.get(trade) ?? new Int32Array(2 * EVENT_WORDS);
      const price = line.kind === 'bust' ? 0 : line.whole('price', MIN_INT32 + 1, MAX_INT32);
      const words = line.kind === 'bust' ? bustWords(fills) : correctionWords(fills, price);
      if (line.has('instrument')) words[COMMAND_INSTRUMENT] = this.instrumentOf(line);
      return words;
    }
    if (line.kind === 'why') {
      const lane = this.laneOf(line);
      const counter = this.lanes.get(`${OPERATOR_ACCOUNT}/${lane}`)?.counter ?? 0;
      const about = line.whole('about', 0, MAX_COUNTER, counter + 2);
      return noteWords(
        { lane, counter: about },
        line.has('instrument') ? this.instrumentOf(line) : 0,
        0,
        line.text('text'),
      );
    }
    const account = line.any('account') === VENUE ? 0 : this.accountOf(line);
    if (line.kind === 'moveOut') {
      const to = line.whole('to', 0, MAX_UINT32);
      return moveOutWords(account, this.assetOf(line, 'asset'), line.amount('amount'), 0, to);
    }
    const kind = line.kind === 'deposit' ? CommandKind.Deposit : CommandKind.Withdraw;
    return moneyMoveWords(kind, account, this.assetOf(line, 'asset'), line.amount('amount'), 0);
  }

  /** What the platform itself sends. */
  private platformWords(line: Line): Int32Array {
    if (line.kind === 'moveDone') return moveDoneTerms(line);
    const account = line.any('account') === VENUE ? 0 : this.accountOf(line);
    return moveInTerms(line, account, this.assetOf(line, 'asset'));
  }

  private feeWords(line: Line): Int32Array {
    return adminWords(adminHeadWords(CommandKind.SetFees, 0, 0, this.instrumentOf(line)), feeTerms(line), line);
  }

  private limitWords(line: Line): Int32Array {
    return adminWords(adminHeadWords(CommandKind.SetLimits, this.accountOf(line), 0), limitTerms(line), line);
  }

  // ---- what a line names

  private accountOf(line: Line): number {
    return this.accountNamed(line, 'account');
  }

  private accountNamed(line: Line, field: 'account' | 'whose'): number {
    const given = line.any(field) ?? OPERATOR_ACCOUNT;
    if (typeof given === 'string') {
      const known = this.names.accountNamed(given);
      if (known === undefined && this.empty) throw new LineError(`No line before has added an account ${given}.`);
      return known ?? this.addAccount(given);
    }
    if (this.empty) return line.whole(field, 0, MAX_UINT32);
    const account = line.whole(field, 1, this.limits.maxAccounts, OPERATOR_ACCOUNT);
    while (this.accountCount < account) this.addAccount(`account-${this.accountCount + 1}`);
    return account;
  }

  private laneOf(line: Line): number {
    return line.whole('lane', 0, MAX_LANE, 1);
  }

  private instrumentOf(line: Line): number {
    const given = line.any('instrument');
    if (given === undefined) {
      if (!this.names.hasInstruments() && !this.empty) this.addFirstInstrument();
      return 1;
    }
    if (typeof given !== 'string') return line.whole('instrument', 1, MAX_UINT32);
    const known = this.names.instrumentNumber(given);
    if (known === undefined) throw new LineError(`No line before has added an instrument ${given}.`);
    return known;
  }

  private assetOf(line: Line, field: 'asset' | 'base' | 'quote'): number {
    const given = line.any(field);
    if (typeof given !== 'string') return line.whole(field, 0, MAX_UINT32);
    const known = this.names.assetNumber(given);
    if (known === undefined) throw new LineError(`No line before has added an asset ${given}.`);
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
    const account = reference.account === undefined ? this.accountOf(line) : this.names.accountNamed(reference.account);
    const lane = reference.lane ?? (reference.account === undefined ? this.laneOf(line) : 1);
    const order = this.names.orderIdOf(account, lane, reference.id);
    if (order === undefined) throw new LineError(`No order was entered as ${line.any('orderOf')}.`);
    return order;
  }

  // ---- what an expectation asks for

  /** Null: it never had any. */
  purse(account: number, asset: number): PurseAmounts | null {
    return this.engine.readPurse(account, asset);
  }

  holding(account: number, instrument: number): HoldingAmounts | null {
    return this.engine.readHolding(account, instrument);
  }

  /** Best first; market orders are in none. */
  levels(instrument: number, side: 'Buy' | 'Sell'): BookLevel[] {
    return levelsOf(this.engine, instrument, Side[side]);
  }

  phaseName(instrument: number): string {
    return Phase[this.engine.readPhase(instrument)] ?? 'none';
  }

  // ---- into the engine

  private send(
    line: Line,
    words: Int32Array,
    event: (object: PlainObject) => void,
    account = this.accountOf(line),
  ): void {
    const lane = this.laneOf(line);
    const state = this.lanes.get(`${account}/${lane}`) ?? this.firstLane(account, lane);
    const counter = line.whole('id', 0, MAX_COUNTER, state.counter + 1);
    state.counter = Math.max(state.counter, counter);
    for (let at = 0; at < words.length; at += COMMAND_WORDS) putClientOrderId(words, at, lane, counter);
    words[COMMAND_SESSION] = state.incarnation | 0;
    const kind = (words[COMMAND_KIND_WORD] ?? 0) & 0xff;
    // Kinds about the market have no account of their own.
    if (kind <= CommandKind.AccountStatus || kind === CommandKind.DeadMan) words[COMMAND_ACCOUNT] = account | 0;
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

  private firstLane(account: number, lane: number): LaneState {
    return this.empty ? { incarnation: 0, counter: 0 } : this.openLane(account, lane, () => undefined);
  }

  /** Whatever they say; Parts that no head takes are commands of their own. */
  private applyRecords(line: Line, event: (object: PlainObject) => void): void {
    const hex = line.text('words');
    if (!/^0x(?:[0-9a-f]{128})+$/.test(hex)) throw new LineError('words must be hexadecimal bytes, 64 a record.');
    const words = new Int32Array(Uint8Array.from(Buffer.from(hex.slice(2), 'hex')).buffer);
    for (let at = 0; at < words.length; ) {
      words[at + COMMAND_TIME_US] = this.timeUs | 0;
      words[at + COMMAND_TIME_US + 1] = highWord(this.timeUs) | 0;
      const before = this.engine.commandSequence;
      this.handOn(this.engine.apply(words, at, 0), event);
      at += (this.engine.commandSequence - before) * COMMAND_WORDS;
    }
    this.settle(event);
  }

  /** Returns the kind of the first event. */
  private apply(words: Int32Array, event: (object: PlainObject) => void): EventKind {
    words[COMMAND_TIME_US] = this.timeUs | 0;
    words[COMMAND_TIME_US + 1] = highWord(this.timeUs) | 0;
    const count = this.engine.apply(words, 0, 0);
    const first: EventKind = (this.events[EVENT_KIND_WORD] ?? 0) & 0xff;
    this.handOn(count, event);
    this.settle(event);
    return first;
  }

  /** All that is due, and all Continues, which end with the orders: each cancels or fills something. */
  private settle(event: (object: PlainObject) => void): void {
    for (;;) {
      if (!this.empty && this.engine.nextDueUs <= this.timeUs) this.goOn(event, CommandKind.Due);
      else if (!this.held && this.engine.operationsInProgress > 0) this.goOn(event);
      else return;
    }
  }

  private goOn(event: (object: PlainObject) => void, kind = CommandKind.Continue): void {
    const words = this.ownWords;
    words[COMMAND_KIND_WORD] = kind;
    words[COMMAND_TIME_US] = this.timeUs | 0;
    words[COMMAND_TIME_US + 1] = highWord(this.timeUs) | 0;
    this.handOn(this.engine.apply(words, 0, 0), event);
  }

  /** Of the first event of the last command. */
  private firstReason(): string {
    return reasonName((this.events[EVENT_KIND_WORD] ?? 0) >>> 16);
  }

  private handOn(count: number, event: (object: PlainObject) => void): void {
    for (let at = 0; at < count; at++) {
      const object = eventObject(this.events, at * EVENT_WORDS);
      if (object.kind === 'Accepted' && object.duplicate !== true) {
        this.names.addOrder(object.account, object.lane, object.id, object.orderId);
      }
      if (object.kind === 'Fill' && Number(object.relatedId) === object.sequence) {
        this.fills.set(Number(object.relatedId), this.events.slice(at * EVENT_WORDS, (at + 2) * EVENT_WORDS));
      }
      event(object);
    }
  }

  private addInstrument(line: Line, event: (object: PlainObject) => void): void {
    const symbol = line.text('symbol');
    const phase = line.named('phase', PHASE_NAMES, this.empty ? 'Closed' : 'Continuous');
    const asset = (name: 'base' | 'quote') => (line.has(name) ? this.assetOf(line, name) : 0);
    const terms = instrumentTerms(line, asset('base'), asset('quote'));
    const head = adminHeadWords(CommandKind.AddInstrument, 0, 0);
    const first = this.apply(adminWords(head, terms, line), event);
    if (first !== EventKind.InstrumentAdded) return;
    const id = this.events[EVENT_INSTRUMENT] ?? 0;
    this.names.addInstrument(symbol, id);
    if (phase !== 'Closed') this.setPhase(id, Phase[phase]);
  }

  private addAsset(line: Line, event: (object: PlainObject) => void): void {
    const name = line.text('name');
    const terms = assetTerms(line);
    const first = this.apply(adminWords(adminHeadWords(CommandKind.AddAsset, 0, 0), terms, line), event);
    if (first === EventKind.AssetAdded) this.names.addAsset(name);
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
    const head = adminHeadWords(CommandKind.AddAccount, 0, 0);
    return adminWords(head, encodeAccountTerms({ name, selfTradeGroup }), line);
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
    const account = this.events[EVENT_LEAVES] ?? 0;
    this.accountCount = account;
    this.names.addAccount(name, account);
    return account;
  }

  /** line: the one that asks for it. Throws a LineError where none does and it cannot be opened. */
  private openLane(account: number, lane: number, event: (object: PlainObject) => void, line?: Line): LaneState {
    const key = `${account}/${lane}`;
    const before = this.lanes.get(key) ?? { incarnation: 0, counter: 0 };
    const words = sessionWords(CommandKind.SessionOpen, account, lane, this.incarnations + 1);
    if (line?.has('cancelAfter')) {
      words[COMMAND_QUANTITY] = line.whole('cancelAfter', 0, MAX_UINT32) | 0;
      words[COMMAND_FLAGS_WORD] = CommandFlag.CancelOnDisconnect << 16;
    }
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
    const words = sessionWords(CommandKind.SessionLost, 0, 0, state.incarnation);
    putRaw(line, words);
    this.apply(words, event);
  }
}
