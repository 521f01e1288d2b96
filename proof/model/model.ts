/**
 * The naive engine: what Tredye must answer to every command, written for reading, with arrays, maps and sorts. It is the
 * oracle of the real engine's tests and knows nothing of it: only schemas are imported. Any thread; no clock.
 *
 * The order of checks. [-]: a refusal uses no client order id up; [+]: it does, and its answer is kept.
 *   1 [-] shape and kind, Parts and what they hold
 *   2 [-] authority, incarnation, lane
 *   3     client order id: at or below the lane's mark it gets its first answer again, or NeverTaken, or TooOld. The
 *         answer is complete: only sequences, time and session are the repeating command's, and it changes no book
 *   4 [+] late
 *   5 [+] instrument known, of this shard; [-] in progress, busy
 *   6 [+] phase
 *   7 [+] fields that the kind allows in that phase
 *   8 [+] price range, quantity range
 *   9 [+] target exists, is own, and fits; book crossed
 *  10 [+] out of trading, rate, limits of the account
 *  11 [+] capacity, then money
 *  12 [+] what the book decides: post-only, fill-or-kill
 */
import { decodeTerms, type Terms } from '../../schemas/admin.js';
import { CommandFlag, CommandKind, Phase, Reason } from '../../schemas/codes.js';
import { checkCommandShape, checkParts } from '../../schemas/kinds.js';
import { COMMAND_WORDS } from '../../schemas/layout.js';
import { checkLegs } from '../../schemas/legs.js';
import { administer } from './administration.js';
import { isMarket, isPatient, type ModelOrder, type PlainLevel } from './book.js';
import { ADMIN_KINDS, CLIENT_KINDS, checkTogether, isRefusal, partsBehind } from './checks.js';
import { decide } from './decide.js';
import { acceptLeg, decideLeg, enterLegs, hasFlag } from './legs.js';
import { openIn } from './limits.js';
import { massCancel } from './mass-cancel.js';
import { available, reserved } from './money.js';
import { moveDone, moveIn } from './moves.js';
import { counterOf, type PlainCommand, type PlainEvent, readCommand } from './plain-records.js';
import { checkSender, keepAnswer, openSession, senderAccount } from './sessions.js';
import {
  type Lane,
  LOOK,
  type ModelLimits,
  type Operation,
  type Refusal,
  type Sender,
  State,
  type Sweep,
  VISIT,
} from './state.js';
import { withStops } from './stops.js';
import { expire, isOnItsWay } from './work.js';

/** An end of day stops after so many orders for each event that it may make. */
const VISITS_PER_EVENT = 16;
/** Rule 2.60. */
const EVENTS_PER_LOOK = 4;

export interface PlainPurse {
  readonly available: number;
  readonly reserved: number;
}

/** Kinds about the orders or the trading of their instrument: stops are looked at behind them. */
const LOOKS_BEHIND: readonly number[] = [
  CommandKind.New,
  CommandKind.Cancel,
  CommandKind.Replace,
  CommandKind.CancelReplace,
  CommandKind.MassCancel,
  CommandKind.OrderStatus,
  CommandKind.Kill,
  CommandKind.SetPhase,
  CommandKind.Uncross,
  CommandKind.EndOfDay,
  CommandKind.ReferencePrice,
];

export interface PlainHolding {
  readonly position: number;
  readonly cost: number;
  readonly realised: number;
  /** Lots of open orders. */
  readonly openBuys: number;
  readonly openSells: number;
}

export class Model {
  private readonly state: State;

  constructor(limits: ModelLimits, shard = 0, shardCount = 1) {
    this.state = new State(limits, shard, shardCount);
  }

  /** The last numbers given; 0 at the beginning. */
  get commandSequence(): number {
    return this.state.commandSequence;
  }

  get eventSequence(): number {
    return this.state.eventSequence;
  }

  get operationsInProgress(): number {
    return this.state.operations.length;
  }

  /** When a Due has something to do; Infinity: there is nothing, or no room for one more that has to wait. */
  get nextDueUs(): number {
    const { operations, limits } = this.state;
    const first = this.state.firstTimer();
    const waits = operations.length >= limits.maxOperations && first?.order === undefined;
    return first === undefined || waits ? Infinity : first.dueUs;
  }

  /** The best levels of a book, best first. */
  levels(instrument: number, side: 'buys' | 'sells', depth = Number.MAX_SAFE_INTEGER): PlainLevel[] {
    return this.state.instrument(instrument)?.book[side].levels(depth) ?? [];
  }

  /** All resting orders of a book by priority: market orders, then limits from the best. */
  resting(instrument: number, side: 'buys' | 'sells'): readonly Readonly<ModelOrder>[] {
    return this.state.instrument(instrument)?.book[side].byPriority() ?? [];
  }

  phase(instrument: number): Phase {
    return this.state.instrument(instrument)?.phase ?? Phase.Closed;
  }

  /** What an account (0: the venue) has of an asset; null: it never had any. */
  readPurse(account: number, asset: number): PlainPurse | null {
    const { state } = this;
    if (state.purse(account, asset) === undefined) {
      return null;
    }
    return {
      available: Number(available(state, account, asset)),
      reserved: Number(reserved(state, account, asset)),
    };
  }

  /** What an account has in an instrument; null: it never had an order there. */
  readHolding(account: number, instrument: number): PlainHolding | null {
    const { state } = this;
    const holding = state.holding(account, instrument);
    if (holding === undefined) {
      return null;
    }
    const { buys, sells } = openIn(state, account, instrument);
    return {
      position: Number(holding.position),
      cost: Number(holding.cost),
      realised: Number(holding.realised),
      openBuys: buys,
      openSells: sells,
    };
  }

  /** Deposited less withdrawn, and come from other shards less left for them. */
  supply(asset: number): number {
    return Number(this.state.supply(asset) + this.state.moved(asset));
  }

  /** Throws where a purse is below zero, more is reserved than there is, or an asset does not add up. */
  checkMoney(): void {
    const { state } = this;
    for (const { account, asset, holds } of state.purses) {
      if (holds < 0n || available(state, account, asset) < 0n) {
        throw new Error(
          `Account ${account} has ${holds} of asset ${asset}, ${reserved(state, account, asset)} reserved.`,
        );
      }
    }
    for (let asset = 1; asset <= state.assets.length; asset += 1) {
      const sum = state.purses.reduce((all, purse) => all + (purse.asset === asset ? purse.holds : 0n), 0n);
      const held = state.supply(asset) + state.moved(asset);
      if (sum !== held) {
        throw new Error(`Purses hold ${sum} of asset ${asset}, of ${held}.`);
      }
    }
  }

  /** Applies the command at word `at`, with the Parts behind it if it has any, and returns its events in sequence. */
  apply(words: Int32Array, at: number): PlainEvent[] {
    const { state } = this;
    const command = readCommand(words, at);
    if (command.kind === CommandKind.New && hasFlag(command, CommandFlag.OneCancelsOther)) {
      return this.applyLegs(words, at, command);
    }
    const parts = partsBehind(words, at, command);
    const commandSequence = state.commandSequence + 1;
    state.commandSequence += 1 + parts;
    state.begin(commandSequence, command.timeUs);

    const shape = this.checkShape(words, at, command, parts);
    const terms = shape === Reason.None && parts > 0 ? decodeTerms(words, at, 1 + parts) : undefined;
    if (shape !== Reason.None) {
      this.refuse(command, { reason: shape });
    } else if (typeof terms === 'number') {
      this.refuse(command, { reason: terms });
    } else if (command.kind === CommandKind.Continue) {
      this.continueOldest(command.timeUs);
    } else if (command.kind === CommandKind.MoveIn || command.kind === CommandKind.MoveDone) {
      const move = command.kind === CommandKind.MoveIn ? moveIn : moveDone;
      move(state, command);
      state.endCommand();
    } else if (command.kind === CommandKind.Due) {
      this.applyDue(commandSequence);
    } else if (command.kind === CommandKind.SessionOpen || command.kind === CommandKind.SessionLost) {
      const refusal = openSession(state, command);
      if (refusal !== undefined) {
        this.refuse(command, refusal);
      }
    } else {
      this.applyFromSession(command, commandSequence, terms, parts);
    }
    return state.events;
  }

  /** One-cancels-other: both are checked, both are answered, then both are entered or neither is. */
  private applyLegs(words: Int32Array, at: number, head: PlainCommand): PlainEvent[] {
    const { state } = this;
    const otherAt = at + COMMAND_WORDS;
    // Both come at the time of the first.
    const next = otherAt < words.length ? { ...readCommand(words, otherAt), timeUs: head.timeUs } : undefined;
    const isOther =
      next?.kind === CommandKind.New && hasFlag(next, CommandFlag.OneCancelsOther) && next.session === head.session;
    const number = state.commandSequence + 1;
    state.commandSequence += isOther ? 2 : 1;
    state.begin(number, head.timeUs);
    if (!isOther) {
      this.refuse(head, { reason: this.checkShape(words, at, head, 0) || Reason.BadParts });
      return state.events;
    }
    const pairs = checkLegs(words, at, 2);
    const verdict = decideLeg(state, head, this.checkShape(words, at, head, 0) || pairs);
    const passes = typeof verdict !== 'string' && !('reason' in verdict);
    const shape = this.checkShape(words, otherAt, next, 0) || pairs;
    const otherVerdict = decideLeg(state, next, shape, head, passes);
    const enters = passes && typeof otherVerdict !== 'string' && !('reason' in otherVerdict);
    const first = this.answerLeg(head, verdict, enters);
    state.endCommand();
    const { events } = state;
    state.begin(number + 1, head.timeUs);
    state.events = events;
    const second = this.answerLeg(next, otherVerdict, enters);
    const instrument = state.instrument(head.instrument);
    if (first === undefined || second === undefined || instrument === undefined) {
      state.endCommand();
      return state.events;
    }
    [first.other, second.other] = [second, first];
    const sweep: Sweep = { taker: [first, second].find(({ waits }) => !waits), keepsLevel: undefined };
    const steps = withStops(state, instrument, enterLegs(state, instrument, [first, second]), sweep);
    this.drive({
      steps,
      sweep,
      commandSequence: number + 1,
      instrument: instrument.id,
      account: head.account,
      takes: {},
    });
    return state.events;
  }

  /** Accepts a leg or says why it is not entered. A leg that its other leg is refused for does not use its id up. */
  private answerLeg(
    command: PlainCommand,
    verdict: ModelOrder | Refusal | 'again',
    enters: boolean,
  ): ModelOrder | undefined {
    const { state } = this;
    const lane = state.openLane(command.session);
    if (verdict === 'again') {
      if (lane !== undefined) {
        this.answerAgain(command, lane);
      }
      return undefined;
    }
    const order = enters && !('reason' in verdict) ? { ...verdict, id: state.nextOrderId() } : undefined;
    let usesId = order !== undefined;
    const instrument = state.instrument(command.instrument);
    if (order !== undefined && instrument !== undefined) {
      acceptLeg(state, instrument, order);
    } else if ('reason' in verdict) {
      this.refuse(command, verdict);
      usesId = verdict.keepsId !== true;
    } else {
      this.refuse(command, { reason: Reason.OtherLegRefused });
    }
    const counter = counterOf(command.clientOrderId);
    const event = state.events.at(-1);
    if (lane !== undefined && usesId && counter !== 0 && event !== undefined) {
      lane.mark = counter;
      keepAnswer(lane, { counter, event }, state.limits.laneAnswers);
    }
    return order;
  }

  /** Check 1. */
  private checkShape(words: Int32Array, at: number, command: PlainCommand, parts: number): Reason {
    const { shard } = this.state;
    const shape = checkCommandShape(words, at, true);
    if (shape !== 0) {
      return shape;
    }
    const together = checkTogether(command, shard);
    if (together !== Reason.None) {
      return together;
    }
    return Math.max(0, -checkParts(words, at, 1 + parts));
  }

  /** Checks 2 to 4, then what the kind asks for; keeps the first answer when the id is used up. */
  private applyFromSession(
    command: PlainCommand,
    commandSequence: number,
    terms: Terms | undefined,
    parts: number,
  ): void {
    const { state } = this;
    const isAdmin = ADMIN_KINDS.includes(command.kind);
    const forwarded = isAdmin && command.session === 0;
    let lane: Lane | undefined;
    if (!forwarded) {
      const known = checkSender(state, command, CLIENT_KINDS.includes(command.kind), isAdmin);
      if ('reason' in known) {
        this.refuse(command, known);
        return;
      }
      lane = known;
      if (counterOf(command.clientOrderId) !== 0 && counterOf(command.clientOrderId) <= lane.mark) {
        this.answerAgain(command, lane);
        return;
      }
    }

    const sender = {
      account: lane?.account ?? 0,
      session: command.session,
      clientOrderId: command.clientOrderId,
    };
    const usesId = this.execute(command, commandSequence, sender, terms, parts, forwarded);
    const counter = counterOf(command.clientOrderId);
    const first = state.events[0];
    if (lane !== undefined && usesId && counter !== 0 && first !== undefined) {
      lane.mark = counter;
      keepAnswer(lane, { counter, event: first }, state.limits.laneAnswers);
    }
  }

  /** Returns whether the client order id is used up. */
  private execute(
    command: PlainCommand,
    commandSequence: number,
    sender: Sender,
    terms: Terms | undefined,
    parts: number,
    forwarded: boolean,
  ): boolean {
    const { state } = this;
    if (!forwarded && (command.flags & CommandFlag.Late) !== 0) {
      this.refuse(command, { reason: Reason.Expired });
      return true;
    }
    if (ADMIN_KINDS.includes(command.kind)) {
      const refusal = administer(state, command, sender, terms, 1 + parts);
      if (refusal !== undefined) {
        this.refuse(command, refusal);
      }
      return true;
    }
    const verdict = decide(state, command, sender, terms);
    if (isRefusal(verdict)) {
      this.refuse(command, verdict);
      return verdict.keepsId !== true;
    }
    const { instrument = command.instrument, account = sender.account } = verdict;
    const sweep: Sweep = { taker: verdict.taker, keepsLevel: undefined };
    const watched = LOOKS_BEHIND.includes(command.kind) ? state.instrument(instrument) : undefined;
    const steps = watched === undefined ? verdict.steps : withStops(state, watched, verdict.steps, sweep);
    this.drive({ steps, sweep, commandSequence, instrument, account, takes: verdict.takes ?? {} });
    return true;
  }

  private refuse(command: PlainCommand, refusal: Refusal): void {
    const account = senderAccount(this.state, command, CLIENT_KINDS.includes(command.kind));
    const relatedId = ADMIN_KINDS.includes(command.kind) ? command.clientOrderId : 0n;
    this.state.emitRefusal(command, account, refusal, relatedId);
  }

  private answerAgain(command: PlainCommand, lane: Lane): void {
    const { state } = this;
    const counter = counterOf(command.clientOrderId);
    const kept = lane.answers.slice(-state.limits.laneAnswers);
    const answer = kept.find((one) => one.counter === counter);
    if (answer !== undefined) {
      const { event } = answer;
      state.emit(event.kind, {
        ...event,
        session: command.session,
        book: false,
        duplicate: true,
        endOfCommand: true,
      });
      return;
    }
    const oldest = kept[0]?.counter ?? 0;
    const lostSome = kept.length >= state.limits.laneAnswers;
    this.refuse(command, { reason: lostSome && counter < oldest ? Reason.TooOld : Reason.NeverTaken });
  }

  /** What is due, one after the other, until nothing is, one of them has to wait for a Continue, or the events are used up. */
  private applyDue(commandSequence: number): void {
    const { state } = this;
    const { maxEventsPerCommand, maxOperations } = state.limits;
    let waits = false;
    for (let timer = state.dueTimer(); timer !== undefined && !waits; timer = state.dueTimer()) {
      const { lane, reason, order } = timer;
      if (order !== undefined && isOnItsWay(state, order)) {
        order.expired = true;
        state.clearExpiry(order);
        continue;
      }
      if (state.events.length >= maxEventsPerCommand) {
        break;
      }
      if (order !== undefined) {
        expire(state, order);
        continue;
      }
      if (lane === undefined || reason === undefined || state.operations.length >= maxOperations) {
        break;
      }
      state.setTimer(lane, reason, undefined);
      const { account, number, incarnation: session } = lane;
      const sender = { account, session, clientOrderId: BigInt(number) << 48n };
      const takes = { lane: number };
      const sweep = { taker: undefined, keepsLevel: undefined };
      const before = state.operations.length;
      const steps = massCancel(state, sender, undefined, takes, reason);
      this.drive({ steps, sweep, commandSequence, instrument: 0, account, takes, byTimer: true });
      waits = state.operations.length > before;
    }
    // Of all that it did together only the last event ends it.
    for (const [at, event] of state.events.entries()) {
      event.endOfCommand = !waits && at === state.events.length - 1;
    }
  }

  private continueOldest(timeUs: bigint): void {
    const { state } = this;
    const operation = state.operations.shift();
    if (operation !== undefined) {
      state.begin(operation.commandSequence, timeUs);
      this.drive(operation, operation);
    }
  }

  /**
   * Makes steps while the next one fits; `goesOn` is the operation that it was before. Of such a one the first `next`
   * makes the step that it stopped before: there is always room for that one. It counts as a visit, which is what an end
   * of day begins with again.
   */
  private drive(work: Operation, goesOn?: Operation): void {
    const { state } = this;
    const { maxEventsPerCommand } = state.limits;
    let visits = goesOn === undefined ? 0 : 1;
    let looks = visits;
    // What a timer began waits behind what is in progress: it says that it has started, and no more.
    const queues =
      goesOn === undefined && work.instrument === 0 && state.operations.length > 0 && work.byTimer === true;
    const before = state.events.length;
    let step = work.steps.next();
    while (step.done !== true) {
      visits += step.value === VISIT ? 1 : 0;
      looks += step.value === LOOK ? 1 : 0;
      if (
        state.events.length + step.value > maxEventsPerCommand ||
        (queues && state.events.length > before) ||
        (step.value === VISIT && visits > maxEventsPerCommand * VISITS_PER_EVENT) ||
        (step.value === LOOK && looks > 1 + Math.floor(maxEventsPerCommand / EVENTS_PER_LOOK))
      ) {
        const { taker } = work.sweep;
        if (taker !== undefined) {
          state.list(taker);
        }
        // Decided when the order stops first; of an operation that goes on, it is not among the others now.
        work.sweep.keepsLevel ??= this.needsLevel(taker);
        if (goesOn !== undefined) {
          state.operations.unshift(goesOn);
        } else {
          state.operations.push(work);
        }
        return;
      }
      step = work.steps.next();
    }
    const last = state.events.at(-1);
    if (last !== undefined) {
      last.endOfCommand = true;
    }
  }

  /** Whether what is left of a sweep that stops here may need a price level of its own later. */
  private needsLevel(taker: ModelOrder | undefined): boolean {
    const { state } = this;
    const book = state.instrument(taker?.instrument ?? 0)?.book;
    if (taker === undefined || book === undefined || isMarket(taker) || !isPatient(taker.type, taker.timeInForce)) {
      return false;
    }
    return !state.levelStays(book, taker.side, taker.price);
  }
}
