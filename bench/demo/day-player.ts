/**
 * Plays a planned day with one session for each member and one for the operator, each command when it is due and its
 * turn has come (SequenceGuard), and counts what comes back. One thread, beside the platform's process.
 *
 * A member has one lane with client order ids of its own: the order that the plan counts as 17 may be the member's 3rd.
 */

import { build, type Histogram } from 'hdr-histogram-js';
import { NOT_READY, type PublicTrade, type TredyeClient, WINDOW_FULL } from '../../client/index.js';
import { type DayPlan, writeClientOrderId } from '../../proof/recordings/day-plan.js';
import { counterAt } from '../../proof/recordings/day-watcher.js';
import {
  AGGRESSOR_BUYER,
  AGGRESSOR_NONE,
  AGGRESSOR_SELLER,
  type Comparison,
  type ExpectedTrades,
  TradeComparer,
} from '../../proof/recordings/expected-trades.js';
import { CommandKind, EventKind, Phase, Reason } from '../../schemas/codes.js';
import {
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_KIND_WORD,
  COMMAND_PRICE,
  COMMAND_TARGET_ID,
  COMMAND_WORDS,
  EVENT_CLIENT_ORDER_ID,
  EVENT_COMMAND_SEQUENCE,
  EVENT_END_OF_COMMAND_BIT,
  EVENT_INSTRUMENT,
  EVENT_KIND_WORD,
  EVENT_ORDER_ID,
  EVENT_RELATED_ID,
  joinWords,
} from '../../schemas/layout.js';
import { type DayCommand, SequenceGuard } from './sequence-guard.js';

const KIND_ACCEPTED = EventKind.Accepted as number;
const KIND_REJECTED = EventKind.Rejected as number;
const KIND_CANCELLED = EventKind.Cancelled as number;
const KIND_FILL = EventKind.Fill as number;
/** Members are dealt to orders by this: odd, so that all get some; it spreads neighbours apart. */
const SPREAD = 0x9e3779b1;
/** Answers, and at the end the public stream, may be behind for so long. */
const TAIL_MS = 10_000;
const LOOK_MS = 10;
/** Highest latency that is told apart, µs. */
const LATENCY_MOST_US = 60_000_000;

export interface DayProgress {
  /** Commands whose answer has come. */
  readonly answered: number;
  readonly trades: number;
  /** Milliseconds since midnight of the next command. */
  readonly dayTime: number;
  /** How late the next command is, ms. */
  readonly behindMs: number;
  /** Send to durable answer, µs. */
  readonly latency: Histogram;
}

export class DayPlayer {
  readonly latency = build({
    useWebAssembly: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: LATENCY_MOST_US,
    numberOfSignificantValueDigits: 3,
  });
  /** By name of the reason. */
  readonly refusals = new Map<string, number>();
  private readonly guard = new SequenceGuard();
  private readonly aggressive: Uint8Array;
  /** By the plan's counter: the client order id's counter in its member's lane, side and price. */
  private readonly counters: Float64Array;
  private readonly sides: Uint8Array;
  private readonly prices: Int32Array;
  private readonly sentAt: Float64Array;
  /** By member: the plan's index of each command on its way, by the counter of its client order id. */
  private readonly waiting: readonly Map<number, number>[];
  private readonly words = new Int32Array(COMMAND_WORDS);
  /** The plan's counter of each order, by the platform's id. */
  private readonly orders = new Map<bigint, number>();
  private readonly trades: PublicTrade[] = [];
  private fills = 0;
  private next = 0;
  private answeredCount = 0;
  private loaded: DayCommand | null = null;
  private startedAt = 0;
  private timer: NodeJS.Timeout | null = null;
  private stopping = false;
  private settled = false;
  private failure: Error | null = null;
  /** An uncross is on its way, and command sequences whose last event has come to some member meanwhile. */
  private uncrossing = false;
  private readonly endedCommands = new Set<number>();
  private finish: () => void = () => undefined;

  /** due: when each command of the plan is due, ms. */
  constructor(
    private readonly plan: DayPlan,
    private readonly expected: ExpectedTrades,
    private readonly operator: TredyeClient,
    private readonly members: readonly TredyeClient[],
    private readonly instrument: number,
    private readonly due: Float64Array,
  ) {
    this.aggressive = aggressorsOf(plan, expected);
    this.counters = new Float64Array(plan.length + 1);
    this.sides = new Uint8Array(plan.length + 1);
    this.prices = new Int32Array(plan.length + 1);
    this.sentAt = new Float64Array(plan.length);
    this.waiting = members.map(() => new Map());
  }

  progress(): DayProgress {
    const late = this.next < this.plan.length ? performance.now() - this.startedAt - (this.due[this.next] ?? 0) : 0;
    return {
      answered: this.answeredCount,
      trades: this.trades.length,
      dayTime: this.plan.timeAt(Math.min(this.next, this.plan.length - 1)),
      behindMs: Math.max(0, late),
      latency: this.latency,
    };
  }

  /** Resolves when all is played and answered, or after `stop`. Throws when a session is lost or a frame refused. */
  async play(): Promise<void> {
    const stops = [
      ...this.members.flatMap((member, at) => [
        member.onEventWords((words, word) => this.take(at, words, word)),
        member.onRoom(() => this.pump()),
      ]),
      ...[this.operator, ...this.members].flatMap((client) => [
        client.onRefused((_frame, error) => this.fail(error.message)),
        client.onStateChange((state, why) => this.fail(`A session became ${state}: ${why}.`)),
      ]),
      this.operator.onTrade((trade) => {
        if (trade.instrument === this.instrument) this.trades.push(trade);
      }),
    ];
    await this.operator.subscribe(['trades'], { instruments: [this.instrument] });
    this.startedAt = performance.now();
    await new Promise<void>((resolve) => {
      this.finish = resolve;
      this.pump();
    });
    await this.until(() => this.trades.length * 2 >= this.fills);
    for (const stop of stops) stop();
    if (this.failure !== null) throw this.failure;
  }

  /** Sends no more, and lets what was sent be answered. */
  stop(): void {
    this.stopping = true;
    this.pump();
    this.until(() => this.settled).then(() => this.settle());
  }

  /** The trades that came against the recorded ones. */
  compareTrades(): Comparison {
    const comparer = new TradeComparer(this.expected, this.plan);
    for (const { buyOrderId, sellOrderId, price, quantity, aggressor } of this.trades) {
      const side = aggressor === null ? AGGRESSOR_NONE : aggressor === 'Buy' ? AGGRESSOR_BUYER : AGGRESSOR_SELLER;
      comparer.add(this.orders.get(buyOrderId) ?? 0, this.orders.get(sellOrderId) ?? 0, price, quantity, side);
    }
    return comparer.finish();
  }

  private async until(reached: () => boolean): Promise<void> {
    const limit = performance.now() + TAIL_MS;
    while (!reached() && this.failure === null && performance.now() < limit) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  private fail(why: string): void {
    this.failure ??= new Error(`The demo broke off: ${why}`);
    this.settle();
  }

  private settle(): void {
    this.settled = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.finish();
  }

  // ---- out

  /** Sends all that is due and whose turn it is. Called by the clock and by every answer. */
  private pump(): void {
    if (this.settled) return;
    while (!this.stopping && this.next < this.plan.length) {
      const wait = (this.due[this.next] ?? 0) - (performance.now() - this.startedAt);
      if (wait > 0) {
        this.wakeIn(wait);
        return;
      }
      this.loaded ??= this.load(this.next);
      if (!this.guard.allows(this.loaded) || !this.send(this.loaded)) return;
      this.loaded = null;
      this.next++;
    }
    if (this.guard.size === 0) this.settle();
  }

  private wakeIn(milliseconds: number): void {
    if (this.timer !== null) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.pump();
    }, milliseconds);
  }

  /** Command `index` as the guard sees it; its words are in `words`, but for the client order ids. */
  private load(index: number): DayCommand {
    const { plan, words, instrument } = this;
    plan.writeCommand(words, 0, index, { account: 0, session: 0, lane: 0, instrument });
    const kind = (words[COMMAND_KIND_WORD] ?? 0) & 0xff;
    const counter = kind === CommandKind.Cancel ? counterAt(words, COMMAND_TARGET_ID) : index + 1;
    if (kind === CommandKind.New) {
      this.sides[counter] = ((words[COMMAND_KIND_WORD] ?? 0) >> 8) & 0xff;
      this.prices[counter] = words[COMMAND_PRICE] ?? 0;
    }
    const trades = kind === CommandKind.New && this.aggressive[counter] === 1;
    const rests = kind === CommandKind.New && !trades;
    return {
      index,
      kind: kind === CommandKind.Cancel ? 'cancel' : rests ? 'new' : 'alone',
      // An order's member is its cancel's.
      member: (Math.imul(counter, SPREAD) >>> 0) % this.members.length,
      side: this.sides[counter] ?? 0,
      price: this.prices[counter] ?? 0,
    };
  }

  /** False: its member has no room now. */
  private send(command: DayCommand): boolean {
    const kind = this.plan.kindAt(command.index);
    if (kind === CommandKind.SetPhase || kind === CommandKind.Uncross) {
      this.sendAsOperator(command, kind);
      return true;
    }
    const { words } = this;
    const member = this.members[command.member];
    if (member === undefined) throw new Error(`There is no member ${command.member}.`);
    if (member.room() === 0) return false;
    const counter = member.takeCounter();
    if (kind === CommandKind.New) this.counters[command.index + 1] = counter;
    else {
      const target = this.counters[counterAt(words, COMMAND_TARGET_ID)] ?? 0;
      writeClientOrderId(words, COMMAND_TARGET_ID, member.lane, target);
    }
    writeClientOrderId(words, COMMAND_CLIENT_ORDER_ID, member.lane, counter);
    const frame = member.send(words, 0, 1);
    if (frame === NOT_READY || frame === WINDOW_FULL) throw new Error('A session took no frame though it had room.');
    this.waiting[command.member]?.set(counter, command.index);
    this.sentAt[command.index] = performance.now();
    this.guard.sent(command);
    return true;
  }

  private sendAsOperator(command: DayCommand, kind: CommandKind): void {
    this.guard.sent(command);
    this.sentAt[command.index] = performance.now();
    const of = { instrument: this.instrument };
    const done = kind === CommandKind.Uncross ? this.uncross() : this.operator.setPhase({ ...of, phase: this.phase() });
    done.then(
      (report) => {
        if (report.kind === 'Rejected') this.fail(`The operator's ${CommandKind[kind]} was refused: ${report.reason}.`);
        this.answered(command.index);
        this.pump();
      },
      (error: unknown) => this.fail(error instanceof Error ? error.message : String(error)),
    );
  }

  private phase(): 'Auction' | 'Continuous' {
    return (this.words[COMMAND_KIND_WORD] ?? 0) >> 16 === Phase.Auction ? 'Auction' : 'Continuous';
  }

  /** Over when its last event has come, which is one of a member's when there were trades. */
  private async uncross() {
    this.endedCommands.clear();
    this.uncrossing = true;
    const report = await this.operator.uncross({ instrument: this.instrument });
    if (report.kind === 'Uncrossed' && !report.endOfCommand) {
      await this.until(() => this.endedCommands.has(report.commandSequence));
    }
    this.uncrossing = false;
    return report;
  }

  // ---- in

  private take(member: number, words: Int32Array, at: number): void {
    if (words[at + EVENT_INSTRUMENT] !== this.instrument) return;
    const kindWord = words[at + EVENT_KIND_WORD] ?? 0;
    const kind = kindWord & 0xff;
    if (kind === KIND_FILL) this.fills++;
    if (this.uncrossing && (kindWord & EVENT_END_OF_COMMAND_BIT) !== 0) {
      this.endedCommands.add(
        joinWords(words[at + EVENT_COMMAND_SEQUENCE] ?? 0, words[at + EVENT_COMMAND_SEQUENCE + 1] ?? 0),
      );
    }
    const byCancel = kind === KIND_CANCELLED;
    if (!byCancel && kind !== KIND_ACCEPTED && kind !== KIND_REJECTED) return;
    const counter = counterAt(words, at + (byCancel ? EVENT_RELATED_ID : EVENT_CLIENT_ORDER_ID));
    const index = this.waiting[member]?.get(counter);
    if (index === undefined) return;
    this.waiting[member]?.delete(counter);
    if (kind === KIND_ACCEPTED) {
      const id =
        (BigInt((words[at + EVENT_ORDER_ID + 1] ?? 0) >>> 0) << 32n) | BigInt((words[at + EVENT_ORDER_ID] ?? 0) >>> 0);
      this.orders.set(id, index + 1);
    } else if (kind === KIND_REJECTED) {
      const reason = Reason[kindWord >>> 16] ?? String(kindWord >>> 16);
      this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1);
    }
    this.latency.recordValue(Math.min(LATENCY_MOST_US, (performance.now() - (this.sentAt[index] ?? 0)) * 1000));
    this.answered(index);
    this.pump();
  }

  private answered(index: number): void {
    this.guard.answered(index);
    this.answeredCount++;
  }
}

/** By the plan's counter: 1 for an order that trades as it enters. */
function aggressorsOf(plan: DayPlan, trades: ExpectedTrades): Uint8Array {
  const found = new Uint8Array(plan.length + 1);
  for (let at = 0; at < trades.length; at++) {
    const aggressor = trades.aggressors[at];
    if (aggressor === AGGRESSOR_BUYER) found[trades.buyers[at] ?? 0] = 1;
    else if (aggressor === AGGRESSOR_SELLER) found[trades.sellers[at] ?? 0] = 1;
  }
  return found;
}
