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
 *  10 [+] capacity
 *  11 [+] what the book decides: post-only, fill-or-kill
 */
import { decodeTerms, type Terms } from '../../schemas/admin.js';
import { CommandFlag, CommandKind, OrderType, Phase, Reason, TimeInForce } from '../../schemas/codes.js';
import { checkCommandShape, checkParts, isStop } from '../../schemas/kinds.js';
import { COMMAND_WORDS, NO_PRICE } from '../../schemas/layout.js';
import { checkLegs } from '../../schemas/legs.js';
import { administer } from './administration.js';
import { isMarket, type ModelOrder, type PlainLevel } from './book.js';
import {
  ADMIN_KINDS,
  CLIENT_KINDS,
  checkFields,
  checkPhase,
  checkRanges,
  checkTrigger,
  isPatient,
  isRefusal,
  orderOf,
  partsBehind,
  REPLACE_KINDS,
} from './checks.js';
import { acceptLeg, checkRoom, enterLegs, hasFlag } from './legs.js';
import { counterOf, type PlainCommand, type PlainEvent, readCommand } from './plain-records.js';
import { checkSender, keepAnswer, openSession, senderAccount } from './sessions.js';
import {
  type Lane,
  type ModelInstrument,
  type ModelLimits,
  type Operation,
  type Refusal,
  type Sender,
  State,
  type Sweep,
  VISIT,
  type Work,
} from './state.js';
import { enterStop, isThrough, replaceStop, setReference, withStops } from './stops.js';
import {
  cancel,
  cancelAsDone,
  crosses,
  endDay,
  enterNew,
  fillable,
  massCancel,
  reduce,
  replace,
  setPhase,
  uncross,
} from './work.js';

const MAX_UINT32 = 0xffffffff;
/** An end of day stops after so many orders for each event that it may make. */
const VISITS_PER_EVENT = 16;

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
    const next = otherAt < words.length ? readCommand(words, otherAt) : undefined;
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
    const verdict = this.decideLeg(words, at, head, undefined, pairs);
    const otherVerdict = this.decideLeg(words, otherAt, next, head, pairs);
    const enters =
      typeof verdict !== 'string' &&
      typeof otherVerdict !== 'string' &&
      !('reason' in verdict) &&
      !('reason' in otherVerdict);
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
    this.drive({ steps, sweep, commandSequence: number + 1, instrument: instrument.id, account: head.account });
    return state.events;
  }

  /** All checks of one leg: its order, why it is refused, or that its id was used before. */
  private decideLeg(
    words: Int32Array,
    at: number,
    command: PlainCommand,
    before: PlainCommand | undefined,
    pairs: number,
  ): ModelOrder | Refusal | 'again' {
    const { state } = this;
    const shape = this.checkShape(words, at, command, 0) || pairs;
    if (shape !== 0) {
      return { reason: shape, keepsId: true };
    }
    const known = checkSender(state, command, true, false);
    if ('reason' in known) {
      return { ...known, keepsId: true };
    }
    if (counterOf(command.clientOrderId) !== 0 && counterOf(command.clientOrderId) <= known.mark) {
      return 'again';
    }
    if (hasFlag(command, CommandFlag.Late)) {
      return { reason: Reason.Expired };
    }
    const instrument = state.instrument(command.instrument);
    if (instrument === undefined) {
      return { reason: Reason.UnknownInstrument };
    }
    if (instrument.shard !== state.shard) {
      return { reason: Reason.WrongShard };
    }
    const sender = { account: known.account, session: command.session, clientOrderId: command.clientOrderId };
    const leg = orderOf(command, 0n);
    return (
      this.checkProgress(command, sender) ??
      checkPhase(command, instrument.phase) ??
      checkFields(command) ??
      checkRanges(command, instrument, this.isOffset(command)) ??
      checkTrigger(command, instrument) ??
      checkRoom(state, instrument, leg, hasFlag(command, CommandFlag.RefuseIfThrough), before) ??
      leg
    );
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
    const order = enters ? orderOf(command, state.nextOrderId()) : undefined;
    let usesId = order !== undefined;
    if (order !== undefined) {
      acceptLeg(state, order);
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
    if (command.kind === CommandKind.New && (command.flags & CommandFlag.PostOnly) !== 0) {
      const immediate = [TimeInForce.ImmediateOrCancel, TimeInForce.FillOrKill].includes(command.timeInForce);
      if (immediate || command.type === OrderType.Market) {
        return Reason.BadFlags;
      }
    }
    if (command.kind === CommandKind.SessionOpen && counterOf(command.clientOrderId) !== 0) {
      return Reason.FieldNotZero;
    }
    if (ADMIN_KINDS.includes(command.kind) && shard === 0 && command.quantity !== 0) {
      return Reason.FieldNotZero;
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
    const verdict = this.decide(command, sender);
    if (isRefusal(verdict)) {
      this.refuse(command, verdict);
      return verdict.keepsId !== true;
    }
    const instrument = command.instrument;
    const sweep: Sweep = { taker: verdict.taker, keepsLevel: undefined };
    const watched = state.instrument(instrument);
    const steps = watched === undefined ? verdict.steps : withStops(state, watched, verdict.steps, sweep);
    this.drive({ steps, sweep, commandSequence, instrument, account: sender.account });
    return true;
  }

  /** Checks 5 to 11 of client and market kinds. */
  private decide(command: PlainCommand, sender: Sender): Refusal | Work {
    const { state } = this;
    const { kind } = command;
    if (kind === CommandKind.MassCancel && command.instrument === 0) {
      return this.checkProgress(command, sender) ?? { steps: massCancel(state, sender, undefined) };
    }
    const instrument = state.instrument(command.instrument);
    if (instrument === undefined) {
      return { reason: Reason.UnknownInstrument };
    }
    if (instrument.shard !== state.shard) {
      return { reason: Reason.WrongShard };
    }
    const refusal =
      this.checkProgress(command, sender) ??
      checkPhase(command, instrument.phase) ??
      checkFields(command) ??
      checkRanges(command, instrument, this.isOffset(command)) ??
      checkTrigger(command, instrument);
    if (refusal !== undefined) {
      return refusal;
    }
    switch (kind) {
      case CommandKind.New:
        return this.decideNew(command, instrument);
      case CommandKind.MassCancel:
        return { steps: massCancel(state, sender, instrument) };
      case CommandKind.EndOfDay:
        return { steps: endDay(state, sender, instrument) };
      case CommandKind.SetPhase:
        return this.decidePhase(command, sender, instrument);
      case CommandKind.ReferencePrice:
        return { steps: setReference(state, sender, instrument, command.price) };
      case CommandKind.Uncross:
        return { steps: uncross(state, sender, instrument) };
      default:
        return this.decideTarget(command, instrument);
    }
  }

  private decideNew(command: PlainCommand, instrument: ModelInstrument): Refusal | Work {
    const { state } = this;
    const { book, phase } = instrument;
    const { side, price, timeInForce } = command;
    if (state.orders.size >= state.limits.maxOrders) {
      return { reason: Reason.OrdersFull, amount: state.limits.maxOrders };
    }
    if (isStop(command.type)) {
      return this.decideStop(command, instrument);
    }
    const mayRest = phase !== Phase.Continuous || isPatient(command.type, timeInForce);
    if (mayRest && !state.hasLevelRoom(book, side, price)) {
      return { reason: Reason.LevelsFull, amount: state.limits.maxLevels };
    }
    const postOnly = (command.flags & CommandFlag.PostOnly) !== 0;
    if (phase === Phase.Continuous && postOnly && crosses(book, side, price)) {
      return { reason: Reason.PostOnlyWouldCross };
    }
    if (timeInForce === TimeInForce.FillOrKill && !fillable(state, book, command)) {
      return { reason: Reason.FillOrKillNotFillable };
    }
    const order = orderOf(command, state.nextOrderId());
    return { steps: enterNew(state, instrument, order), taker: order };
  }

  private decideStop(command: PlainCommand, instrument: ModelInstrument): Refusal | Work {
    const { state } = this;
    if (state.waiting() >= state.limits.maxStops) {
      return { reason: Reason.StopsFull, amount: state.limits.maxStops };
    }
    const stop = orderOf(command, 0n);
    if ((command.flags & CommandFlag.RefuseIfThrough) !== 0 && isThrough(instrument, stop)) {
      return { reason: Reason.StopAlreadyThrough };
    }
    return { steps: enterStop(state, instrument, orderOf(command, state.nextOrderId())) };
  }

  /** The own order that the command names, of its instrument. */
  private targetOf(command: PlainCommand): ModelOrder | undefined {
    const byClientId = (command.flags & CommandFlag.TargetIsClientOrderId) !== 0;
    const order = byClientId
      ? this.state.findByClientId(command.account, command.targetId)
      : this.state.orders.get(command.targetId);
    return order?.account === command.account && order.instrument === command.instrument ? order : undefined;
  }

  /** Whether its price is an offset: that of a stop that trails, or of the change of one. */
  private isOffset(command: PlainCommand): boolean {
    if (command.kind === CommandKind.New) {
      return command.type === OrderType.TrailingStop;
    }
    const target = REPLACE_KINDS.includes(command.kind) ? this.targetOf(command) : undefined;
    return target?.waits === true && target.type === OrderType.TrailingStop;
  }

  /** Checks 9 to 11 of Cancel, Replace, CancelReplace. */
  private decideTarget(command: PlainCommand, instrument: ModelInstrument): Refusal | Work {
    const { state } = this;
    const { price, quantity, kind } = command;
    const order = this.targetOf(command);
    if (order === undefined) {
      return { reason: Reason.UnknownOrder };
    }
    const { book, phase } = instrument;
    if (kind === CommandKind.Cancel) {
      return { steps: cancel(state, book, order, command.clientOrderId) };
    }
    const orderId = order.id;
    const trails = order.waits && order.type === OrderType.TrailingStop;
    const mayHaveAny = trails || (order.waits && order.type === OrderType.Stop);
    if (!mayHaveAny && (isMarket(order) ? price !== NO_PRICE : price === NO_PRICE)) {
      return { reason: price === NO_PRICE ? Reason.PriceRequired : Reason.PriceNotAllowed, orderId };
    }
    if (trails && price !== NO_PRICE && price < 0) {
      return { reason: Reason.PriceOutOfRange, amount: 0, orderId };
    }
    const cumulativeRoom = MAX_UINT32 - order.cumulative;
    if (kind === CommandKind.CancelReplace && quantity > cumulativeRoom) {
      return { reason: Reason.QuantityOutOfRange, amount: cumulativeRoom, orderId };
    }
    const leaves = kind === CommandKind.Replace ? quantity - order.cumulative : quantity;
    if (leaves <= 0) {
      return { steps: cancelAsDone(state, book, order, command.clientOrderId) };
    }
    if (kind === CommandKind.Replace && price === order.price && leaves < order.leaves) {
      return { steps: reduce(state, order, command, leaves) };
    }
    if (order.waits) {
      return { steps: replaceStop(state, instrument, order, command, leaves) };
    }
    if (!state.hasLevelRoom(book, order.side, price)) {
      return { reason: Reason.LevelsFull, amount: state.limits.maxLevels, orderId };
    }
    if (phase === Phase.Continuous && order.postOnly && crosses(book, order.side, price)) {
      return { reason: Reason.PostOnlyWouldCross, orderId };
    }
    return { steps: replace(state, instrument, order, command, leaves), taker: order };
  }

  private decidePhase(command: PlainCommand, sender: Sender, instrument: ModelInstrument): Refusal | Work {
    const phase = command.type;
    const bid = instrument.book.buys.best();
    const ask = instrument.book.sells.best();
    if (phase === Phase.Continuous && bid !== undefined && ask !== undefined && bid >= ask) {
      return { reason: Reason.BookCrossed };
    }
    return { steps: setPhase(this.state, sender, instrument, phase) };
  }

  /** The end of check 5: what an operation in progress would be disturbed by, and whether there is room for one more. */
  private checkProgress(command: PlainCommand, sender: Sender): Refusal | undefined {
    const { operations, limits } = this.state;
    const { kind, instrument } = command;
    const isClient = CLIENT_KINDS.includes(kind);
    const wantsQuiet = !isClient || (kind === CommandKind.New && command.timeInForce === TimeInForce.FillOrKill);
    const stops = kind === CommandKind.SetPhase && command.type !== Phase.Continuous;
    const disturbs = operations.some((operation) =>
      operation.instrument === 0
        ? (wantsQuiet && !stops) || (isClient && operation.account === sender.account)
        : instrument === 0 || operation.instrument === instrument,
    );
    if (disturbs) {
      return { reason: Reason.InProgress, keepsId: true };
    }
    if (kind !== CommandKind.Cancel && !stops && operations.length >= limits.maxOperations) {
      return { reason: Reason.Busy, keepsId: true };
    }
    return undefined;
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
    let step = work.steps.next();
    while (step.done !== true) {
      visits += step.value === VISIT ? 1 : 0;
      if (
        state.events.length + step.value > maxEventsPerCommand ||
        (step.value === VISIT && visits > maxEventsPerCommand * VISITS_PER_EVENT)
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
    state.endCommand();
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
