/**
 * Carries the schedule out: at each of its times, and behind a start what was missed since the last life, in order.
 * Platform's main thread, which it only ever waits in. The venue, the clock and the file of what is done are its seams.
 *
 * What is done is written down behind it, so that a process that dies in between does the last instant once more: a phase
 * that is there already is no change, and an uncross in the same auction finds what is left.
 */

import type { PlatformLog } from '../log.js';
import {
  actionText,
  type DueEntry,
  dueBetween,
  nextDueMs,
  type Schedule,
  type ScheduledAction,
  type ScheduleEntry,
} from './schedule.js';

/** A longer sleep would not see the wall clock being set. */
const MOST_SLEEP_MS = 30_000;
/** Of a longer absence no more is made up for. */
const MOST_MISSED_MS = 8 * 86_400_000;
const RETRY_MS = 250;
/** How often it looks for volatility auctions, where it ends them. */
const LOOK_MS = 1000;
/** What is busy for so long is reported, and the schedule goes on. */
const MOST_TRIES = 240;
/** Instruments whose commands are on their way at once. */
const TOGETHER = 128;
const CAN_RETRY = ['Busy', 'InProgress', 'NotReady'];

export interface ScheduledInstrument {
  readonly symbol: string;
  readonly phase: string;
}

export interface ScheduleVenue {
  instruments(): Promise<readonly ScheduledInstrument[]>;
  /** Resolves with the reason of a refusal, or null; rejects where no answer came. */
  apply(symbol: string, action: ScheduledAction): Promise<string | null>;
  close(): void;
}

/** Until when all is done, milliseconds since 1970; null: nothing ever was. */
export interface DoneUntil {
  read(): number | null;
  write(atMs: number): void;
}

export interface ScheduleSeams {
  readonly connect: () => Promise<ScheduleVenue>;
  readonly done: DoneUntil;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

export class ScheduleRunner {
  private stopped = false;
  private venue: ScheduleVenue | null = null;
  /** Since when a volatility auction goes on, by symbol. */
  private readonly auctions = new Map<string, number>();

  constructor(
    private readonly schedule: Schedule,
    private readonly seams: ScheduleSeams,
    private readonly log: Pick<PlatformLog, 'info' | 'warn' | 'error'>,
  ) {}

  /** Resolves behind stop(). */
  async run(): Promise<void> {
    const { done, now, sleep } = this.seams;
    const before = done.read();
    let doneUntil = before ?? now();
    if (before === null) await this.begin(doneUntil);
    const oldest = now() - MOST_MISSED_MS;
    if (doneUntil < oldest) {
      this.log.warn('schedule: what was missed more than eight days ago is not made up for');
      doneUntil = oldest;
    }
    let next = nextDueMs(this.schedule, doneUntil);
    while (!this.stopped) {
      const nowMs = now();
      const due = nowMs >= next ? dueBetween(this.schedule, doneUntil, nowMs) : [];
      for (const { at, entries } of byInstant(due)) {
        for (const entry of entries) await this.carryOut(entry, nowMs - at);
        if (this.stopped) return;
        done.write(at);
        doneUntil = at;
      }
      // From what is done on, not from now: a clock that is set back does nothing twice.
      if (due.length > 0) next = nextDueMs(this.schedule, doneUntil);
      await this.endAuctions(nowMs);
      const most = this.schedule.volatilityMs === null ? MOST_SLEEP_MS : LOOK_MS;
      await sleep(Math.max(1, Math.min(most, next - now())));
    }
  }

  stop(): void {
    this.stopped = true;
    this.venue?.close();
    this.venue = null;
  }

  /** The first life with a schedule: what is Closed goes into the phase that it would be in by now. */
  private async begin(nowMs: number): Promise<void> {
    const past = dueBetween(this.schedule, nowMs - MOST_MISSED_MS, nowMs);
    const wanted = new Map<string, ScheduleEntry>();
    for (const { symbol, phase } of await this.instruments()) {
      const last = past.findLast(({ entry }) => concerns(entry, symbol) && typeof entry.action !== 'string');
      if (phase === 'Closed' && last !== undefined) wanted.set(symbol, last.entry);
    }
    for (const [symbol, { action, line }] of wanted) await this.applyTo(symbol, action, `schedule line ${line}`);
    this.seams.done.write(nowMs);
  }

  /** Volatility auctions, which nobody asked for, end by themselves: an uncross, then continuous trading goes on. */
  private async endAuctions(nowMs: number): Promise<void> {
    const { volatilityMs } = this.schedule;
    if (volatilityMs === null) return;
    const going = (await this.instruments()).filter(({ phase }) => phase === 'VolatilityAuction');
    for (const symbol of this.auctions.keys()) {
      if (!going.some((one) => one.symbol === symbol)) this.auctions.delete(symbol);
    }
    for (const { symbol } of going) {
      const since = this.auctions.get(symbol);
      if (since === undefined) this.auctions.set(symbol, nowMs);
      if (since === undefined || nowMs - since < volatilityMs) continue;
      this.log.info(`schedule: the volatility auction of ${symbol} ends`);
      // Where it cannot end it goes on as long again.
      this.auctions.delete(symbol);
      await this.applyTo(symbol, 'uncross', 'schedule');
      await this.applyTo(symbol, { phase: 'Continuous' }, 'schedule');
    }
  }

  private async carryOut(entry: ScheduleEntry, lateMs: number): Promise<void> {
    const known = (await this.instruments()).map(({ symbol }) => symbol);
    const symbols = known.filter((symbol) => concerns(entry, symbol));
    for (const symbol of (entry.symbols ?? []).filter((one) => !known.includes(one))) {
      this.log.warn(`schedule line ${entry.line}: there is no instrument ${symbol}`);
    }
    const late = lateMs > MOST_SLEEP_MS ? `, ${Math.round(lateMs / 1000)} s late` : '';
    const count = symbols.length === 1 ? (symbols[0] ?? '') : `${symbols.length} instruments`;
    this.log.info(`schedule line ${entry.line}: ${actionText(entry.action)} of ${count}${late}`);
    for (let at = 0; at < symbols.length && !this.stopped; at += TOGETHER) {
      await Promise.all(
        symbols
          .slice(at, at + TOGETHER)
          .map((symbol) => this.applyTo(symbol, entry.action, `schedule line ${entry.line}`)),
      );
    }
  }

  private async applyTo(symbol: string, action: ScheduledAction, whose: string): Promise<void> {
    const what = `${whose}: ${actionText(action)} of ${symbol}`;
    for (let tries = 1; !this.stopped; tries++) {
      const reason = await this.ask((venue) => venue.apply(symbol, action));
      if (reason === null) return;
      if (!CAN_RETRY.includes(reason) || tries === MOST_TRIES) {
        if (!this.stopped) this.log.error(`${what} was refused: ${reason}`);
        return;
      }
      await this.seams.sleep(RETRY_MS);
    }
  }

  private instruments(): Promise<readonly ScheduledInstrument[]> {
    return this.ask((venue) => venue.instruments());
  }

  /** Asks until an answer comes: a gateway that is not there now comes back, or the platform ends. */
  private async ask<T>(question: (venue: ScheduleVenue) => Promise<T>): Promise<T> {
    for (let said = false; ; ) {
      try {
        this.venue ??= await this.seams.connect();
        return await question(this.venue);
      } catch (error) {
        if (this.stopped) throw error;
        if (!said)
          this.log.warn(`schedule: no answer, trying again: ${error instanceof Error ? error.message : error}`);
        said = true;
        this.venue?.close();
        this.venue = null;
        await this.seams.sleep(RETRY_MS);
      }
    }
  }
}

function concerns(entry: ScheduleEntry, symbol: string): boolean {
  return entry.symbols === null || entry.symbols.includes(symbol);
}

function byInstant(due: readonly DueEntry[]): { readonly at: number; readonly entries: ScheduleEntry[] }[] {
  const instants: { at: number; entries: ScheduleEntry[] }[] = [];
  for (const { atMs, entry } of due) {
    const last = instants.at(-1);
    if (last?.at === atMs) last.entries.push(entry);
    else instants.push({ at: atMs, entries: [entry] });
  }
  return instants;
}
