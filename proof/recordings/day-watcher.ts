/**
 * Watches the events of a played day and compares them with what was recorded: every trade, what every cancel took
 * away, every snapshot. It reads Event records as the engine writes them and as the private stream carries them, so the
 * same code judges the model, the engine, the journal and the socket. Any thread, off the hot path.
 */
import { EventKind, Liquidity, Reason } from '../../schemas/codes.js';
import {
  EVENT_CLIENT_ORDER_ID,
  EVENT_KIND_WORD,
  EVENT_LIQUIDITY_SHIFT,
  EVENT_PRICE,
  EVENT_QUANTITY,
  EVENT_RELATED_ID,
  EVENT_SELL_BIT,
  joinWords,
} from '../../schemas/layout.js';
import type { DayPlan } from './day-plan.js';
import { SNAPSHOT_NUMBERS, type SnapshotComparer } from './expected-snapshots.js';
import {
  AGGRESSOR_BUYER,
  AGGRESSOR_NONE,
  AGGRESSOR_SELLER,
  type Comparison,
  type TradeComparer,
} from './expected-trades.js';

/** Writes the ten best levels a side as they are now: 60 numbers, see expected-snapshots.ts; all others zero. */
export type LevelsSource = (levels: Float64Array) => void;

export class DayWatcher {
  /** Cancels whose quantity was as recorded. */
  private cancelsEqual = 0;
  private refused = 0;
  private firstRefusal = '';
  private firstWrongCancel = '';
  private cancelsSeen = 0;
  // The first fill of a trade, until its second one comes.
  private firstFillCounter = 0;
  private firstFillSell = false;
  private readonly levels = new Float64Array(SNAPSHOT_NUMBERS);

  constructor(
    private readonly plan: DayPlan,
    private readonly trades: TradeComparer,
    private readonly snapshots: SnapshotComparer | undefined,
    private readonly levelsNow: LevelsSource | undefined,
  ) {}

  /** One event, at word `at`. The events must come in sequence and without a hole. */
  event(words: Int32Array, at: number): void {
    const kindWord = words[at + EVENT_KIND_WORD] ?? 0;
    const kind = kindWord & 0xff;
    if (kind === EventKind.Fill) {
      this.fill(words, at, kindWord);
    } else if (kind === EventKind.Cancelled) {
      this.cancelled(words, at);
    } else if (kind === EventKind.Rejected) {
      this.refused += 1;
      this.firstRefusal ||= `command ${counterAt(words, at + EVENT_CLIENT_ORDER_ID)} was refused: ${Reason[kindWord >>> 16] ?? kindWord >>> 16}`;
    }
  }

  /**
   * Compares the levels as they are now with the snapshots. Call it whenever the source of levels stands exactly behind
   * the last event fed: after whole commands, or after each event when the levels are folded from events. Between the
   * two fills of a trade it looks at nothing.
   */
  look(): void {
    if (
      this.firstFillCounter === 0 &&
      this.snapshots !== undefined &&
      this.levelsNow !== undefined &&
      this.snapshots.wants(this.trades.count)
    ) {
      this.levelsNow(this.levels);
      this.snapshots.state(this.trades.count, this.levels);
    }
  }

  /** What cancels took away against what they must have; counts also commands that were refused, of which none may be. */
  finishCancels(): Comparison {
    let expected = 0;
    for (let counter = 1; counter <= this.plan.length; counter += 1) {
      expected += this.plan.cancelQuantity(counter) > 0 ? 1 : 0;
    }
    let difference = this.firstRefusal || this.firstWrongCancel;
    if (difference === '' && this.cancelsSeen !== expected) {
      difference = `${this.cancelsSeen} orders were cancelled, ${expected} are expected`;
    }
    return { equal: this.cancelsEqual, expected, difference };
  }

  private fill(words: Int32Array, at: number, kindWord: number): void {
    const counter = counterAt(words, at + EVENT_CLIENT_ORDER_ID);
    const sell = (kindWord & EVENT_SELL_BIT) !== 0;
    if (this.firstFillCounter === 0) {
      this.firstFillCounter = counter;
      this.firstFillSell = sell;
      return;
    }
    const auction = ((kindWord >> EVENT_LIQUIDITY_SHIFT) & 3) === Liquidity.Auction;
    const first = this.firstFillCounter;
    this.firstFillCounter = 0;
    // Two fills on one side are no trade; as buyer and seller 0 they can equal nothing that is expected.
    const pair = sell === this.firstFillSell ? [0, 0] : sell ? [first, counter] : [counter, first];
    this.trades.add(
      pair[0] ?? 0,
      pair[1] ?? 0,
      words[at + EVENT_PRICE] ?? 0,
      (words[at + EVENT_QUANTITY] ?? 0) >>> 0,
      auction ? AGGRESSOR_NONE : sell ? AGGRESSOR_SELLER : AGGRESSOR_BUYER,
    );
  }

  private cancelled(words: Int32Array, at: number): void {
    const counter = counterAt(words, at + EVENT_RELATED_ID);
    const expected = this.plan.cancelQuantity(counter);
    const came = (words[at + EVENT_QUANTITY] ?? 0) >>> 0;
    this.cancelsSeen += 1;
    if (came === expected) {
      this.cancelsEqual += 1;
    } else {
      const order = this.plan.recordedId(counterAt(words, at + EVENT_CLIENT_ORDER_ID));
      this.firstWrongCancel ||= `the cancel of order ${order} took away ${came}, expected ${expected}`;
    }
  }
}

/** The counter (low 48 bits) of a client order id. */
export function counterAt(words: Int32Array, at: number): number {
  return joinWords(words[at] ?? 0, (words[at + 1] ?? 0) & 0xffff);
}
