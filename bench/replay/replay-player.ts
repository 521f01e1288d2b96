/**
 * Plays a planned day over one pipelined session and judges what comes back: every private event goes to the watcher,
 * every trade of the public stream must be the one of the private stream. One thread, beside the platform's process.
 *
 * The session is the day's only one, so every event of every command comes to it, and the number of commands that have
 * ended is the number of events that say so.
 */

import { NOT_READY, type TredyeClient, WINDOW_FULL } from '../../client/index.js';
import type { DayPlan, PlanParty } from '../../proof/recordings/day-plan.js';
import type { DayWatcher } from '../../proof/recordings/day-watcher.js';
import { CommandKind, EventKind, Liquidity } from '../../schemas/codes.js';
import {
  COMMAND_WORDS,
  EVENT_END_OF_COMMAND_BIT,
  EVENT_INSTRUMENT,
  EVENT_KIND_WORD,
  EVENT_LIQUIDITY_SHIFT,
  EVENT_ORDER_ID,
  EVENT_PRICE,
  EVENT_QUANTITY,
  EVENT_RELATED_ID,
  EVENT_SELL_BIT,
  EVENT_SEQUENCE,
  MAX_FRAME_RECORDS,
} from '../../schemas/layout.js';
import { TRADE_WORDS, TradeAgreement } from './trade-agreement.js';

/** Frames are sent when there is room for so many commands, or for all that are left: small frames cost the most. */
const WORTH_SENDING = 128;
/** Nothing ended for so long: the platform hangs, or an answer was lost. */
const STALLED_MS = 60_000;
/** How long the public stream may be behind the private one at the end. */
const PUBLIC_TAIL_MS = 10_000;
const LOOK_MS = 200;

/** Where the aggressor's side stands in a trade's words: 0 none, 1 buyer, 2 seller. */
const NOBODY = 0;
const BUYER = 1;
const SELLER = 2;

export interface PlayOutcome {
  readonly commands: number;
  readonly seconds: number;
  /** Empty when both streams agree. */
  readonly publicDifference: string;
}

export class ReplayPlayer {
  private readonly agreement = new TradeAgreement();
  private readonly words = new Int32Array(MAX_FRAME_RECORDS * COMMAND_WORDS);
  private readonly trade = new Int32Array(TRADE_WORDS);
  private sent = 0;
  private ended = 0;
  /** An uncross was sent and its end has not come. */
  private uncrossing = false;
  private halfTrade = false;
  private firstFillSells = false;
  private startedAt = 0;
  private endedAt = 0;
  private movedAt = 0;
  private failure: Error | null = null;

  constructor(
    private readonly client: TredyeClient,
    private readonly plan: DayPlan,
    private readonly party: PlanParty,
    private readonly watcher: DayWatcher,
  ) {}

  /** Commands that have ended, for a progress bar. */
  get done(): number {
    return this.ended;
  }

  /** Plays all of it; throws when the platform refuses a frame, is lost or stalls. */
  async play(): Promise<PlayOutcome> {
    const stops = [
      this.client.onEventWords((words, at) => this.takeEvent(words, at)),
      this.client.onPublicWords((words, at) => this.takePublic(words, at)),
      this.client.onRoom(() => this.sendOn()),
      this.client.onRefused((frame, error) => this.fail(`frame ${frame} was refused: ${error.message}`)),
      this.client.onStateChange((state, why) => this.fail(`the session became ${state}: ${why}`)),
    ];
    this.startedAt = performance.now();
    this.movedAt = this.startedAt;
    this.sendOn();
    await this.until(() => this.ended >= this.plan.length, STALLED_MS, 'no command ended');
    this.movedAt = performance.now();
    await this.until(
      () => this.agreement.publicCount >= this.agreement.privateCount,
      PUBLIC_TAIL_MS,
      'the public trades ended early',
    ).catch((error: unknown) => {
      if (this.failure !== null) throw error;
    });
    for (const stop of stops) stop();
    return {
      commands: this.plan.length,
      seconds: (this.endedAt - this.startedAt) / 1000,
      publicDifference: this.agreement.finish(),
    };
  }

  private async until(reached: () => boolean, limitMs: number, what: string): Promise<void> {
    while (!reached()) {
      if (this.failure !== null) throw this.failure;
      if (performance.now() - this.movedAt > limitMs) {
        throw new Error(
          `The replay stands still: ${what} for ${limitMs / 1000} s, ${this.ended} of ${this.plan.length}.`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    if (this.failure !== null) throw this.failure;
  }

  private fail(why: string): void {
    this.failure ??= new Error(`The replay broke off: ${why}.`);
  }

  /** Sends frames while there is room, but nothing behind an uncross before that has ended. */
  private sendOn(): void {
    while (!this.uncrossing && this.failure === null && this.sent < this.plan.length) {
      const left = this.plan.length - this.sent;
      const most = Math.min(this.client.room(), MAX_FRAME_RECORDS, left);
      if (most < Math.min(WORTH_SENDING, left)) return;
      let count = 0;
      while (count < most && !this.uncrossing) {
        this.plan.writeCommand(this.words, count * COMMAND_WORDS, this.sent + count, this.party);
        this.uncrossing = this.plan.kindAt(this.sent + count) === CommandKind.Uncross;
        count++;
      }
      const frame = this.client.send(this.words, 0, count);
      if (frame === NOT_READY || frame === WINDOW_FULL) {
        this.fail('the session took no frame though it had room');
        return;
      }
      this.sent += count;
    }
  }

  private takeEvent(words: Int32Array, at: number): void {
    if (words[at + EVENT_INSTRUMENT] !== this.party.instrument) return;
    const kindWord = words[at + EVENT_KIND_WORD] ?? 0;
    this.watcher.event(words, at);
    if ((kindWord & 0xff) === EventKind.Fill) this.takeFill(words, at, kindWord);
    if ((kindWord & EVENT_END_OF_COMMAND_BIT) === 0) return;
    this.ended++;
    this.endedAt = performance.now();
    this.movedAt = this.endedAt;
    // Nothing was sent behind the uncross, so when all that was sent has ended, it has.
    if (this.uncrossing && this.ended === this.sent) {
      this.uncrossing = false;
      this.sendOn();
    }
  }

  /** Two adjacent fills are a trade, named by the sequence of the first. */
  private takeFill(words: Int32Array, at: number, kindWord: number): void {
    const { trade } = this;
    const sells = (kindWord & EVENT_SELL_BIT) !== 0;
    const orderAt = sells ? 4 : 2;
    trade[orderAt] = words[at + EVENT_ORDER_ID] ?? 0;
    trade[orderAt + 1] = words[at + EVENT_ORDER_ID + 1] ?? 0;
    if (!this.halfTrade) {
      this.halfTrade = true;
      this.firstFillSells = sells;
      trade[0] = words[at + EVENT_SEQUENCE] ?? 0;
      trade[1] = words[at + EVENT_SEQUENCE + 1] ?? 0;
      return;
    }
    this.halfTrade = false;
    if (this.firstFillSells === sells) this.fail('two adjacent fills are on one side');
    trade[6] = words[at + EVENT_PRICE] ?? 0;
    trade[7] = words[at + EVENT_QUANTITY] ?? 0;
    trade[8] = aggressorOf(kindWord);
    this.agreement.addPrivate(trade);
  }

  private readonly publicTrade = new Int32Array(TRADE_WORDS);

  private takePublic(words: Int32Array, at: number): void {
    const kindWord = words[at + EVENT_KIND_WORD] ?? 0;
    if ((kindWord & 0xff) !== EventKind.Trade || words[at + EVENT_INSTRUMENT] !== this.party.instrument) return;
    const trade = this.publicTrade;
    trade[0] = words[at + EVENT_SEQUENCE] ?? 0;
    trade[1] = words[at + EVENT_SEQUENCE + 1] ?? 0;
    trade[2] = words[at + EVENT_ORDER_ID] ?? 0;
    trade[3] = words[at + EVENT_ORDER_ID + 1] ?? 0;
    trade[4] = words[at + EVENT_RELATED_ID] ?? 0;
    trade[5] = words[at + EVENT_RELATED_ID + 1] ?? 0;
    trade[6] = words[at + EVENT_PRICE] ?? 0;
    trade[7] = words[at + EVENT_QUANTITY] ?? 0;
    trade[8] = aggressorOf(kindWord);
    this.agreement.addPublic(trade);
    this.movedAt = performance.now();
  }
}

/** Of the second fill of a trade (the taker's) or of a public trade: both carry the aggressor's side. */
function aggressorOf(kindWord: number): number {
  if (((kindWord >> EVENT_LIQUIDITY_SHIFT) & 3) === Liquidity.Auction) return NOBODY;
  return (kindWord & EVENT_SELL_BIT) === 0 ? BUYER : SELLER;
}
