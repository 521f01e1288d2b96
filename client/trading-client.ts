/**
 * The calls of a client that trades or operates: orders, market state, administration. Each writes the command's words,
 * gives them to the session and narrows the first report to what that command can be answered with.
 */

import { ANY_SHARD, encodeAccountTerms, encodeInstrumentTerms, encodeKeyTerms } from '../schemas/admin.js';
import { CommandKind, Phase, Right } from '../schemas/codes.js';
import type { InstrumentFields } from '../schemas/control.js';
import type { PhaseName } from '../schemas/phases.js';
import {
  adminHeadWords,
  cancelWords,
  codeNamed,
  endOfDayWords,
  legWords,
  massCancelWords,
  newOrderWords,
  type OrderTarget,
  type OrderTerms,
  referencePriceWords,
  replaceWords,
  setPhaseWords,
  uncrossWords,
} from './commands.js';
import type { AnyReport, PrivateKind, Report } from './events.js';
import { EVERY_SHARD, SOME_SHARD } from './pending.js';
import type { AppliedRecords } from './session/public-session.js';
import { Session } from './session/session.js';
import { TredyeError } from './tredye-error.js';

/** An instrument by its number or its symbol. */
export type InstrumentName = { readonly instrument: number } | { readonly symbol: string };

export type Replacement = InstrumentName & OrderTarget & { readonly price: number; readonly quantity: number };

export type RightName = keyof typeof Right;

export interface NewInstrument {
  readonly symbol: string;
  /** Ticks. */
  readonly priceMin?: number;
  readonly priceMax: number;
  /** Lots. */
  readonly quantityMax: number;
  /** Amount of one tick times one lot; default 1. */
  readonly unit?: number;
  readonly referencePrice?: number;
  readonly priceDecimals?: number;
  readonly quantityDecimals?: number;
  /** Left out, the platform gives one. */
  readonly shard?: number;
}

export interface NewKey {
  readonly account: number;
  /** 32 bytes, Ed25519. */
  readonly publicKey: Uint8Array;
  readonly rights: readonly RightName[];
  readonly label?: string;
}

/** What an account may have besides its name. */
export interface NewAccount {
  /** Accounts of one group do not trade with each other where their orders ask for that. Default 0: none. */
  readonly selfTradeGroup?: number;
}

/** The operation id of an admin call that was made before, as its error names it. */
export interface AskAgain {
  readonly operation?: number;
}

const DEFAULT_UNIT = 1;
const ADMIN_SHARD = 0;
/** How often it is asked whether all shards have applied an admin record, and the time between: five seconds in all. */
const APPLIED_LOOKS = 500;
const APPLIED_PAUSE_MS = 10;
/** Asks for no instrument at all. */
const NO_INSTRUMENT_ABOVE = 0xffffffff;
const EVERY_INSTRUMENT: InstrumentName = { instrument: 0 };

function narrowed<Kind extends PrivateKind>(report: AnyReport, kinds: readonly Kind[]): Report<Kind> {
  for (const kind of kinds) {
    if (report.kind === kind) return report as Report<Kind>;
  }
  throw new TredyeError('REFUSED', `The platform answered with ${report.kind}, which this client does not know.`);
}

export class TradingClient extends Session {
  /** The request for instruments that were just added, not sent yet; all that are added in one turn share it. */
  private addedRequest: Promise<unknown> | null = null;
  private addedFrom = 0;

  // ---- orders

  /** A new order. Its fills come by onReport, behind the first report. */
  async place(order: InstrumentName & OrderTerms): Promise<Report<'Accepted' | 'Rejected'>> {
    const report = await this.submitFor(order, (instrument) => newOrderWords(instrument, order));
    return narrowed(report, ['Accepted', 'Rejected']);
  }

  /**
   * One-cancels-other: two orders, one of them at least a stop, both or neither. The first fill of one, or its trigger,
   * cancels the other (OneCancelledOther).
   */
  async placePair(
    of: InstrumentName,
    first: OrderTerms,
    second: OrderTerms,
  ): Promise<readonly Report<'Accepted' | 'Rejected'>[]> {
    if (this.locate(of) === null) await this.loadInstruments(0);
    const found = this.locate(of);
    if (found === null) throw new TredyeError('UNKNOWN_SYMBOL', 'There is no such instrument.');
    const reports = await Promise.all(this.submitLegs(legWords(found.instrument, first, second), found.shard));
    return reports.map((report) => narrowed(report, ['Accepted', 'Rejected']));
  }

  /** quantity is the new total, filled included; only less at the same price keeps the place. */
  async replace(order: Replacement): Promise<Report<'Reduced' | 'Replaced' | 'Cancelled' | 'Rejected'>> {
    return this.replaceAs(CommandKind.Replace, order);
  }

  /** quantity is what shall be open; always to the back of the queue. */
  async cancelReplace(order: Replacement): Promise<Report<'Reduced' | 'Replaced' | 'Cancelled' | 'Rejected'>> {
    return this.replaceAs(CommandKind.CancelReplace, order);
  }

  private async replaceAs(
    kind: CommandKind.Replace | CommandKind.CancelReplace,
    order: Replacement,
  ): Promise<Report<'Reduced' | 'Replaced' | 'Cancelled' | 'Rejected'>> {
    const report = await this.submitFor(order, (instrument) =>
      replaceWords(kind, instrument, order, order.price, order.quantity),
    );
    return narrowed(report, ['Reduced', 'Replaced', 'Cancelled', 'Rejected']);
  }

  async cancel(order: InstrumentName & OrderTarget): Promise<Report<'Cancelled' | 'Rejected'>> {
    const report = await this.submitFor(order, (instrument) => cancelWords(instrument, order));
    return narrowed(report, ['Cancelled', 'Rejected']);
  }

  /**
   * All orders of the account in an instrument, or with none named in all of them, however many. The cancels follow by
   * onReport. Of all, each shard answers for itself: the call resolves when every one has, with a refusal where there was
   * one, and the others have begun. InProgress: some instrument of that shard has a long command under way; call it again,
   * or for each instrument, which only that instrument's own refuses.
   */
  async massCancel(of: InstrumentName = EVERY_INSTRUMENT): Promise<Report<'Started' | 'Rejected'>> {
    return narrowed(await this.submitFor(of, massCancelWords), ['Started', 'Rejected']);
  }

  // ---- the market (needs the right Market)

  async setPhase(of: InstrumentName & { readonly phase: PhaseName }): Promise<Report<'PhaseChanged' | 'Rejected'>> {
    const phase = codeNamed(Phase, of.phase, 'phase');
    const report = await this.submitFor(of, (instrument) => setPhaseWords(instrument, phase));
    return narrowed(report, ['PhaseChanged', 'Rejected']);
  }

  async uncross(of: InstrumentName): Promise<Report<'Uncrossed' | 'Rejected'>> {
    return narrowed(await this.submitFor(of, uncrossWords), ['Uncrossed', 'Rejected']);
  }

  /** A price from outside that triggers stops; null: there is none any more. */
  async setReferencePrice(
    of: InstrumentName & { readonly price: number | null },
  ): Promise<Report<'ReferenceChanged' | 'Rejected'>> {
    const report = await this.submitFor(of, (instrument) => referencePriceWords(instrument, of.price));
    return narrowed(report, ['ReferenceChanged', 'Rejected']);
  }

  /** Day orders of an instrument end. The cancels follow by onReport where the orders are the sender's. */
  async endOfDay(of: InstrumentName): Promise<Report<'Started' | 'Rejected'>> {
    return narrowed(await this.submitFor(of, endOfDayWords), ['Started', 'Rejected']);
  }

  // ---- administration (needs the right Admin)
  //
  // Each resolves when every shard has applied the record. When some have not in time it rejects with SHARDS_MISSING; the
  // same call with that error's `operation` changes nothing and waits again.

  /** Resolves with the number of the new account. */
  async addAccount(name: string, more: NewAccount & AskAgain = {}): Promise<number> {
    const { selfTradeGroup = 0 } = more;
    const head = adminHeadWords(CommandKind.AddAccount, 0, 0);
    const report = await this.administer(head, encodeAccountTerms({ name, selfTradeGroup }), 'AccountAdded', more);
    return report.leaves;
  }

  /** Resolves with the number of the new key. */
  async addKey(key: NewKey, again: AskAgain = {}): Promise<number> {
    let rights = 0;
    for (const right of key.rights) rights |= codeNamed(Right, right, 'a right');
    const terms = encodeKeyTerms({ publicKey: key.publicKey, rights, label: key.label ?? '' });
    const head = adminHeadWords(CommandKind.AddKey, key.account, 0);
    return (await this.administer(head, terms, 'KeyAdded', again)).quantity;
  }

  async revokeKey(keyId: number, again: AskAgain = {}): Promise<void> {
    const head = adminHeadWords(CommandKind.RevokeKey, 0, keyId);
    await this.administer(head, new Int32Array(0), 'KeyRevoked', again);
  }

  /** It begins in phase Closed. */
  async addInstrument(terms: NewInstrument, again: AskAgain = {}): Promise<InstrumentFields> {
    const parts = encodeInstrumentTerms({
      symbol: terms.symbol,
      shard: terms.shard ?? ANY_SHARD,
      priceMin: terms.priceMin ?? 1,
      priceMax: terms.priceMax,
      quantityMax: terms.quantityMax,
      unit: terms.unit ?? DEFAULT_UNIT,
      referencePrice: terms.referencePrice ?? null,
      priceDecimals: terms.priceDecimals ?? 0,
      quantityDecimals: terms.quantityDecimals ?? 0,
    });
    const head = adminHeadWords(CommandKind.AddInstrument, 0, 0);
    const { instrument } = await this.administer(head, parts, 'InstrumentAdded', again);
    // At level Matched the answer comes before the record is durable, and only then is the instrument listed.
    for (let looks = 0; looks < APPLIED_LOOKS; looks++) {
      await this.loadAdded(instrument);
      const added = this.knownInstruments.get(instrument);
      if (added !== undefined) return added;
      await this.pause(APPLIED_PAUSE_MS);
    }
    throw new TredyeError('TIMED_OUT', `Instrument ${instrument} is not listed yet: ask for it later.`, {
      canRetry: true,
    });
  }

  /** One request for all instruments whose additions were answered in the same turn, whoever adds them by the thousand. */
  private async loadAdded(instrument: number): Promise<void> {
    if (this.addedRequest === null) {
      this.addedFrom = instrument;
      this.addedRequest = Promise.resolve().then(() => {
        this.addedRequest = null;
        return this.loadInstruments(this.addedFrom - 1);
      });
    }
    this.addedFrom = Math.min(this.addedFrom, instrument);
    await this.addedRequest;
  }

  private async administer<Kind extends PrivateKind>(
    head: Int32Array,
    parts: Int32Array,
    kind: Kind,
    again: AskAgain,
  ): Promise<Report<Kind>> {
    const words = new Int32Array(head.length + parts.length);
    words.set(head);
    words.set(parts, head.length);
    const operation = again.operation ?? this.takeCounter();
    const report = await this.submit(words, ADMIN_SHARD, operation);
    if (report.kind === 'Rejected') {
      throw new TredyeError('REFUSED', `The platform refused the record: ${report.reason}.`, { reason: report.reason });
    }
    const done = narrowed(report, [kind]);
    if (this.shardCount === 1) return done;
    let takenBack = false;
    const forget = this.onRolledBack(({ shard, sequence }) => {
      takenBack ||= shard === ADMIN_SHARD && sequence < done.sequence;
    });
    await this.appliedEverywhere(operation, done.sequence, () => takenBack).finally(forget);
    return done;
  }

  /**
   * Shard 0 has numbered the record and answered with event `answered`; it waits for the others, which are given it when
   * it is durable. takenBack: whether a crash has cut that event off.
   */
  private async appliedEverywhere(operation: number, answered: number, takenBack: () => boolean): Promise<void> {
    let needed = 0;
    let missing = Array.from({ length: this.shardCount }, (_, shard) => shard).slice(ADMIN_SHARD + 1);
    for (let looks = 0; looks < APPLIED_LOOKS; looks++) {
      const records = await this.askApplied();
      if (takenBack()) {
        throw new TredyeError('NEVER_HAPPENED', 'A crash took the record back: it is in no shard.', { canRetry: true });
      }
      // Counted before the answer is durable, shard 0's number may be that of the record before, which all have.
      if (records !== null && records.countedTo >= answered) {
        const { applied } = records;
        needed ||= applied[ADMIN_SHARD] ?? 0;
        missing = [...applied.keys()].filter((shard) => (applied[shard] ?? 0) < needed);
        if (missing.length === 0) return;
      }
      await this.pause(APPLIED_PAUSE_MS);
    }
    const [shards, have] = missing.length === 1 ? ['Shard', 'has'] : ['Shards', 'have'];
    throw new TredyeError(
      'SHARDS_MISSING',
      `${shards} ${missing.join(', ')} ${have} not applied operation ${operation} yet: repeat it with that operation to ask again.`,
      { canRetry: true, operation, shards: missing },
    );
  }

  /** Null when there is no connection now. */
  private async askApplied(): Promise<AppliedRecords | null> {
    try {
      await this.loadInstruments(NO_INSTRUMENT_ABOVE);
      return this.appliedRecords;
    } catch (error) {
      if (error instanceof TredyeError && error.canRetry && this.state !== 'closed') return null;
      throw error;
    }
  }

  /**
   * Submits at once when the instrument is known, so that calls are sent in the order in which they were made; else
   * asks for the instruments first.
   */
  private submitFor(of: InstrumentName, write: (instrument: number) => Int32Array): Promise<AnyReport> {
    const known = this.locate(of);
    if (known !== null) return this.submit(write(known.instrument), known.shard);
    return this.loadInstruments(0).then(() => {
      const found = this.locate(of);
      if (found !== null) return this.submit(write(found.instrument), found.shard);
      // An unknown number is for the platform to refuse; a symbol has no number to send.
      if ('instrument' in of) return this.submit(write(of.instrument), SOME_SHARD);
      throw new TredyeError('UNKNOWN_SYMBOL', `There is no instrument ${of.symbol}.`);
    });
  }

  private locate(of: InstrumentName): { readonly instrument: number; readonly shard: number } | null {
    if ('instrument' in of && of.instrument === 0) return { instrument: 0, shard: EVERY_SHARD };
    if ('instrument' in of && this.shardCount === 1) return { instrument: of.instrument, shard: 0 };
    const book = this.knownInstruments;
    const found = 'instrument' in of ? book.get(of.instrument) : book.bySymbol(of.symbol);
    return found === undefined ? null : { instrument: found.id, shard: found.shard };
  }
}
