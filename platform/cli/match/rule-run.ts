/**
 * A run of lines, JSON or rule tables: carries commands out on a venue, hands on their events, and says which
 * expectations did not hold. Each rule begins a fresh venue. The events of one command are held at a time. Any thread.
 */

import { Engine } from '../../../engine/engine.js';
import { type Limits, LimitsError, limitsFrom } from '../../../engine/limits.js';
import { clientOrderIdOf, lane as laneId } from '../../../schemas/ids.js';
import type { PlainObject } from '../journal/record-objects.js';
import type { MatchEngine } from './match-engine.js';
import { type Line, LineError } from './match-line.js';
import { MATCH_LIMITS, MatchVenue } from './match-venue.js';
import { eventText, sameValue } from './rule-event.js';
import { type EmptyVenue, type ExpectedEvent, readRuleLine, referenceOf } from './rule-line.js';
import { stateOf } from './rule-state.js';

/** Of each case, which needs little and is made fast; lines before the first rule have MATCH_LIMITS. */
const CASE_LIMITS: Partial<Limits> = {
  maxOrders: 1024,
  maxLevels: 512,
  maxInstruments: 16,
  maxAccounts: 16,
  maxKeys: 16,
  maxAssets: 16,
  maxPurses: 64,
  maxHoldings: 64,
  maxLanes: 32,
  ladderWindows: 8,
  ladderTicks: 64,
  maxOperations: 16,
  laneAnswers: 64,
  adminLogBytes: 64 * 1024,
};

/** Makes the engine of a case; left out, it is the real one. */
export type EngineMaker = (limits: Limits, shard: number, shards: number) => MatchEngine;

const engineMaker: EngineMaker = (limits, shard, shards) => new Engine(limits, shard, shards);

/** What came of a run. */
export interface RuleCounts {
  /** Different numbers of rules. */
  readonly rules: number;
  readonly cases: number;
  readonly expectations: number;
  readonly failed: number;
  /** Lines that were one leg of a pair without the other, outside of cases. */
  readonly halves: number;
}

/** The command that expectations are about. */
interface Pending {
  readonly line: number;
  readonly events: PlainObject[];
  /** Expectations that were compared. */
  compared: number;
  /** Nothing more is said of it: a failure was. */
  failed: boolean;
}

export class RuleRun {
  private venueNow: MatchVenue | null = null;
  private pending: Pending | null = null;
  private rule = '';
  /** Nothing of the case has been carried out. */
  private atStart = false;
  private caseLimits: Limits = MATCH_LIMITS;
  private caseVenue: EmptyVenue | undefined;
  private caseExpects = 0;
  private caseLine = 0;
  /** Of the last command. */
  private lastLine = 0;
  private readonly rules = new Set<string>();
  private cases = 0;
  private expectations = 0;
  private failed = 0;
  private halves = 0;

  /** out: takes each event, and each failure in its place, with the number of its line. */
  constructor(
    private readonly out: (object: PlainObject) => void,
    private readonly engineOf?: EngineMaker,
  ) {}

  get counts(): RuleCounts {
    const { cases, expectations, failed, halves } = this;
    return { rules: this.rules.size, cases, expectations, failed, halves };
  }

  /** Carries a line out. Throws a LineError; the run may go on behind it. */
  take(text: string, number: number): void {
    const said = readRuleLine(text);
    if (said.is === 'nothing') return;
    if (said.is === 'event') {
      this.expectEvent(said.event, number);
      return;
    }
    this.closeCommand();
    if (said.is === 'rule') this.beginCase(said.rule, number);
    else if (said.is === 'limits') this.setLimits(said.limits);
    else if (said.is === 'venue') this.setVenue(said.venue);
    else if (said.is === 'state') this.expectState(said.words, number);
    else this.carryOut(said.line, number);
  }

  /** Behind the last line. */
  finish(): void {
    this.closeCommand();
    this.endVenue();
    this.closeCase();
  }

  private get venue(): MatchVenue {
    this.venueNow ??= this.freshVenue();
    return this.venueNow;
  }

  private freshVenue(): MatchVenue {
    const { caseLimits: limits, caseVenue, engineOf = engineMaker } = this;
    const { shard, shards } = caseVenue ?? { shard: 0, shards: 1 };
    return new MatchVenue(limits, engineOf(limits, shard, shards), caseVenue !== undefined);
  }

  /** An event as a table would expect it, in the names of the case. */
  textOf(event: PlainObject | undefined): string {
    return event === undefined ? 'nothing' : eventText(this.venue, event);
  }

  /** A leg whose other leg did not come is refused in the end, and no command: its line was half of one. */
  private endVenue(): void {
    let refusal: PlainObject | undefined;
    this.venueNow?.end((event) => {
      this.out({ line: this.lastLine, ...event });
      refusal ??= event;
    });
    if (refusal === undefined) return;
    if (this.rule !== '') this.fail(this.lastLine, 'the other leg behind it', this.textOf(refusal));
    else {
      this.halves++;
      this.out({
        line: this.lastLine,
        error: 'The line is one leg of a pair, and no line behind it brings the other.',
      });
    }
  }

  private beginCase(rule: string, number: number): void {
    this.endVenue();
    this.closeCase();
    this.rule = rule;
    this.rules.add(rule);
    this.cases++;
    this.caseExpects = 0;
    this.caseLine = number;
    this.caseLimits = limitsFrom(CASE_LIMITS);
    this.caseVenue = undefined;
    this.venueNow = null;
    this.atStart = true;
  }

  private setLimits(limits: Readonly<Record<string, number>>): void {
    if (!this.atStart) throw new LineError('Limits stand right behind their rule.');
    try {
      this.caseLimits = limitsFrom({ ...CASE_LIMITS, ...limits });
    } catch (error) {
      if (error instanceof LimitsError) throw new LineError(error.message);
      throw error;
    }
  }

  private setVenue(venue: EmptyVenue): void {
    if (!this.atStart) throw new LineError('A venue stands right behind its rule, or its limits.');
    this.caseVenue = venue;
  }

  private carryOut(line: Line, number: number): void {
    this.atStart = false;
    this.lastLine = number;
    const events: PlainObject[] = [];
    this.venue.take(line, (event) => {
      events.push(event);
      this.out({ line: number, ...event });
    });
    this.pending = { line: number, events, compared: 0, failed: false };
  }

  private expectEvent(expected: ExpectedEvent, number: number): void {
    const { pending } = this;
    if (pending === null) throw new LineError('No command stands before this event.');
    this.countExpectation();
    const came = pending.events[pending.compared];
    const wantsNothing = expected.kind === '';
    if (!wantsNothing) pending.compared++;
    const holds = wantsNothing ? pending.events.length === 0 : came !== undefined && this.isAs(expected, came);
    if (!holds) this.fail(number, expected.text, this.textOf(came));
    if (!holds || wantsNothing) pending.failed = true;
  }

  private isAs(expected: ExpectedEvent, came: PlainObject): boolean {
    if (came.kind !== expected.kind) return false;
    return [...expected.fields].every(([name, value]) => sameValue(this.meant(name, value, came), came[name]));
  }

  /** The value in the event's own terms: names and references stand for numbers. */
  private meant(name: string, value: unknown, came: PlainObject): unknown {
    if (name === 'account' || name === 'whose') return this.venue.names.accountNumber(value);
    if (name === 'asset') return this.venue.names.assetNumber(value);
    if (name === 'instrument') return this.venue.names.instrumentNumber(value);
    const reference = referenceOf(value);
    if (reference === undefined) return value;
    const account = this.venue.names.accountNumber(reference.account ?? came.account);
    const lane = reference.lane ?? (reference.account === undefined ? Number(came.lane) : 1);
    const isOrder = name === 'orderId' || came.reason === 'OneCancelledOther';
    return isOrder
      ? this.venue.names.orderIdOf(account ?? 0, lane, reference.id)
      : clientOrderIdOf(laneId(lane), reference.id).toString();
  }

  private expectState(words: readonly string[], number: number): void {
    this.countExpectation();
    const { expected, came } = stateOf(this.venue, words);
    if (expected !== came) this.fail(number, expected, came);
  }

  private countExpectation(): void {
    this.expectations++;
    this.caseExpects++;
  }

  /** All events must have been expected, or none: of a command in a case that only prepares, none may be a refusal. */
  private closeCommand(): void {
    const { pending } = this;
    this.pending = null;
    if (pending === null || pending.failed) return;
    if (pending.compared > 0) {
      const more = pending.events[pending.compared];
      if (more !== undefined) this.fail(pending.line, 'nothing more', this.textOf(more));
      return;
    }
    const refusal = pending.events.find(({ kind }) => kind === 'Rejected');
    if (this.rule !== '' && refusal !== undefined) this.fail(pending.line, 'no Rejected', this.textOf(refusal));
  }

  private closeCase(): void {
    if (this.rule !== '' && this.caseExpects === 0) this.fail(this.caseLine, 'an expectation', 'none in this case');
  }

  private fail(line: number, expected: string, came: string): void {
    this.failed++;
    this.out({ line, ...(this.rule === '' ? {} : { rule: this.rule }), expected, came });
  }
}
