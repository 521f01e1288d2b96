/**
 * The calls of a client that trades or operates: orders, market state, administration. Each writes the command's words,
 * gives them to the session and narrows the first report to what that command can be answered with.
 */

import {
  ANY_SHARD,
  type AssetTermsFields,
  encodeAccountTerms,
  encodeAssetTerms,
  encodeFeeTerms,
  encodeInstrumentTerms,
  encodeKeyTerms,
  encodeLimitTerms,
  type FeeTermsFields,
  isText,
  type LimitTermsFields,
  MAX_NOTE_BYTES,
  type TickRowFields,
} from '../schemas/admin.js';
import { CommandKind, Phase, Right } from '../schemas/codes.js';
import type { InstrumentFields } from '../schemas/control.js';
import { COMMAND_INSTRUMENT, COMMAND_KIND_WORD } from '../schemas/layout.js';
import type { PhaseName } from '../schemas/phases.js';
import {
  adminHeadWords,
  balanceWords,
  bustWords,
  cancelWords,
  codeNamed,
  correctionWords,
  deadManWords,
  endOfDayWords,
  killWords,
  legWords,
  type MassCancelTerms,
  massCancelWords,
  moneyMoveWords,
  moveOutWords,
  newOrderWords,
  noteWords,
  type OrderTarget,
  type OrderTerms,
  orderStatusWords,
  positionWords,
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
  /** Assets that are bought and paid, by number; without them the instrument reserves no money. */
  readonly baseAsset?: number;
  readonly quoteAsset?: number;
  /** Amount of the base asset in one lot; default 1. */
  readonly baseUnit?: number;
  /** Millionths of what is paid: no fee is ever above it. Default 0. */
  readonly feeCap?: number;
  /** Ticks that the price of an order may be away from the reference price. Default 0: any number. */
  readonly staticBand?: number;
  /** Rows by rising price, the first from priceMin on. Default: every price is on a tick. */
  readonly ticks?: readonly TickRowFields[];
  /** An uncross first keeps own orders from trading, as the newer one's mode says. Default false. */
  readonly auctionSelfTrade?: boolean;
  /** Ticks that an order may trade away from the price before its command. Default 0: any number. */
  readonly dynamicBand?: number;
  /** At the dynamic band a volatility auction starts, where the order could rest; else the rest goes. Default false. */
  readonly bandAuction?: boolean;
}

/** Without decimals amounts are shown as they are. */
export type AssetTerms = Pick<AssetTermsFields, 'name'> & Partial<AssetTermsFields>;

/** Fees of a tier; what is left out is 0. */
export type NewFees = Partial<FeeTermsFields>;

/** A purse in one shard: orders of an instrument are paid out of those of its shard. */
export interface MoneyMove {
  /** 0: the venue's own. */
  readonly account: number;
  readonly asset: number;
  /** In the asset's smallest unit. */
  readonly amount: number;
  /** Default 0. */
  readonly shard?: number;
}

/** Money of an account that goes from one shard to another. */
export interface MoneyBetween {
  /** 0: the venue's own. */
  readonly account: number;
  readonly asset: number;
  /** In the asset's smallest unit. */
  readonly amount: number;
  readonly from: number;
  readonly to: number;
}

/** An account or an instrument; with neither all. */
export type Killing = (InstrumentName | { readonly account?: number }) & {
  /** false lets it in again. Default true. */
  readonly killed?: boolean;
};

export interface Position {
  /** Lots, below 0: short. */
  readonly position: number;
  readonly cost: number;
  readonly realised: number;
}

export interface Balance {
  readonly available: number;
  readonly reserved: number;
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
const COUNTER_BITS = 48;
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

function refusedAs(reason: Report['reason']): TredyeError {
  return new TredyeError('REFUSED', `The platform refused the command: ${reason}.`, { reason });
}

function noSymbol(of: InstrumentName): TredyeError {
  return new TredyeError('UNKNOWN_SYMBOL', `There is no instrument ${'symbol' in of ? of.symbol : of.instrument}.`);
}

export class TradingClient extends Session {
  /** The request for instruments that were just added, not sent yet; all that are added in one turn share it. */
  private addedRequest: Promise<unknown> | null = null;
  private addedFrom = 0;
  private why: string | null = null;

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

  /** What an own order that lives is like now; UnknownOrder: there is none. Asked in any phase, and it changes nothing. */
  async orderStatus(order: InstrumentName & OrderTarget): Promise<Report<'OrderState' | 'Rejected'>> {
    const report = await this.submitFor(order, (instrument) => orderStatusWords(instrument, order));
    return narrowed(report, ['OrderState', 'Rejected']);
  }

  /**
   * All orders of the account in an instrument, or with none named in all of them, however many; with a lane or a side
   * those of it. The cancels follow by onReport, and last `Finished` with their number. Of all, each shard answers for itself: the call resolves when every one has, with a refusal where there was
   * one, and the others have begun. InProgress: some instrument of that shard has a long command under way; call it again,
   * or for each instrument, which only that instrument's own refuses.
   */
  async massCancel(
    of: MassCancelTerms | (InstrumentName & MassCancelTerms) = {},
  ): Promise<Report<'Started' | 'Rejected'>> {
    const named = 'symbol' in of || 'instrument' in of ? of : EVERY_INSTRUMENT;
    const report = await this.submitFor(named, (instrument) => massCancelWords(instrument, of));
    return narrowed(report, ['Started', 'Rejected']);
  }

  /**
   * Sets the lane's dead-man timer: unless it is set again within so many milliseconds, the venue cancels all orders of the
   * lane, in each shard on its own. Nothing else renews it, no order and no heartbeat; 0 switches it off. It stays over a
   * lost connection.
   */
  async deadMan(milliseconds: number): Promise<Report<'DeadManSet' | 'Rejected'>> {
    const report = await this.submitFor(EVERY_INSTRUMENT, () => deadManWords(milliseconds));
    return narrowed(report, ['DeadManSet', 'Rejected']);
  }

  /** What the account has in an instrument. */
  async position(of: InstrumentName): Promise<Position> {
    const report = narrowed(await this.submitFor(of, positionWords), ['PositionState', 'Rejected']);
    if (report.kind === 'Rejected') throw refusedAs(report.reason);
    const { quantity, leaves, relatedId, amount } = report;
    return {
      position: (leaves | 0) * 2 ** 32 + quantity,
      cost: Number(BigInt.asIntN(64, relatedId)),
      realised: amount,
    };
  }

  /** What the account has of an asset: by shard, in their order, or of one shard alone. */
  async balance(asset: number, shard?: number): Promise<Balance[]> {
    const shards = shard === undefined ? this.everyShard() : [shard];
    return Promise.all(
      shards.map(async (one) => {
        const answer = await this.submit(balanceWords(asset, one), one);
        const report = narrowed(answer, ['BalanceState', 'Rejected']);
        if (report.kind === 'Rejected') throw refusedAs(report.reason);
        return { available: report.amount, reserved: Number(report.relatedId) };
      }),
    );
  }

  // ---- why

  /** What is said with each command about market, risk and administration from now on, for the audit trail; null: nothing. */
  because(why: string | null): void {
    if (why !== null && (why === '' || !isText(why, MAX_NOTE_BYTES))) {
      const sentence = `A reason is 1 to ${MAX_NOTE_BYTES} bytes without control characters.`;
      throw new TredyeError('BAD_ARGUMENT', sentence);
    }
    this.why = why;
  }

  /** As submit; a reason goes right before it, but not before an operation that is asked again. */
  private async operate(words: Int32Array, shard: number, again?: number): Promise<AnyReport> {
    const kind: CommandKind = (words[COMMAND_KIND_WORD] ?? 0) & 0xff;
    if (this.why === null || kind < CommandKind.SetPhase || again !== undefined)
      return this.submit(words, shard, again);
    const ofMarket =
      kind <= CommandKind.ReferencePrice ||
      kind === CommandKind.Kill ||
      kind === CommandKind.Bust ||
      kind === CommandKind.Correction;
    const instrument = ofMarket ? (words[COMMAND_INSTRUMENT] ?? 0) >>> 0 : 0;
    const noteCounter = this.takeCounter();
    const counter = this.takeCounter();
    const note = noteWords({ lane: this.lane, counter }, instrument, instrument === 0 ? shard : 0, this.why);
    const [, report] = await Promise.all([this.submit(note, shard, noteCounter), this.submit(words, shard, counter)]);
    return report;
  }

  // ---- the market (needs the right Market; a kill Market or Risk)

  /**
   * Takes an account, an instrument or all out of trading and cancels their orders, or lets them in again. Of an account
   * or all each shard answers for itself: one report a shard, in their order; a shard that refuses is not killed.
   */
  async kill(of: Killing = {}): Promise<Report<'KillChanged' | 'Rejected'>[]> {
    const { killed = true } = of;
    if ('instrument' in of || 'symbol' in of) {
      const report = await this.submitFor(of, (instrument) => killWords({ instrument }, killed));
      return [narrowed(report, ['KillChanged', 'Rejected'])];
    }
    const { account = 0 } = of;
    const reports = await Promise.all(
      this.everyShard().map((shard) => this.operate(killWords({ account, shard }, killed), shard)),
    );
    return reports.map((report) => narrowed(report, ['KillChanged', 'Rejected']));
  }

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

  // ---- administration (needs the right Admin; limits Admin or Risk)
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

  /** Resolves with the number of the new asset. */
  async addAsset({ name, decimals = 0 }: AssetTerms, again: AskAgain = {}): Promise<number> {
    const head = adminHeadWords(CommandKind.AddAsset, 0, 0);
    return (await this.administer(head, encodeAssetTerms({ name, decimals }), 'AssetAdded', again)).quantity;
  }

  /** Fees of one tier of accounts in an instrument. */
  async setFees(of: InstrumentName & NewFees, again: AskAgain = {}): Promise<void> {
    const { tier = 0, maker = 0, taker = 0, auction = 0 } = of;
    if (this.locate(of) === null) await this.loadInstruments(0);
    const instrument = this.locate(of)?.instrument ?? ('instrument' in of ? of.instrument : undefined);
    if (instrument === undefined) throw noSymbol(of);
    const head = adminHeadWords(CommandKind.SetFees, 0, 0, instrument);
    await this.administer(head, encodeFeeTerms({ tier, maker, taker, auction }), 'FeesSet', again);
  }

  /** All limits of an account at once: what is left out is no limit. */
  async setLimits(account: number, limits: Partial<LimitTermsFields>, again: AskAgain = {}): Promise<void> {
    const head = adminHeadWords(CommandKind.SetLimits, account, 0);
    await this.administer(head, encodeLimitTerms(limits), 'LimitsSet', again);
  }

  async deposit(move: MoneyMove): Promise<Report<'Deposited' | 'Rejected'>> {
    return narrowed(await this.moveMoney(CommandKind.Deposit, move), ['Deposited', 'Rejected']);
  }

  async withdraw(move: MoneyMove): Promise<Report<'Withdrawn' | 'Rejected'>> {
    return narrowed(await this.moveMoney(CommandKind.Withdraw, move), ['Withdrawn', 'Rejected']);
  }

  /**
   * Moves available money of an account from its purse in one shard to that in another. It is on its way behind the answer:
   * it arrives by itself, once, also after a restart, or comes back where the other shard has no room for a purse.
   */
  async move(of: MoneyBetween): Promise<Report<'MovedOut' | 'Rejected'>> {
    const { account, asset, amount, from, to } = of;
    return narrowed(await this.operate(moveOutWords(account, asset, amount, from, to), from), ['MovedOut', 'Rejected']);
  }

  /** Makes a trade void. fills: the words of its two events, as they lie in the journal. */
  async bust(fills: Int32Array): Promise<Report<'Busted' | 'Rejected'>> {
    const words = bustWords(fills);
    const report = await this.submitFor({ instrument: words[COMMAND_INSTRUMENT] ?? 0 }, () => words);
    return narrowed(report, ['Busted', 'Rejected']);
  }

  /** Gives a trade another price, in ticks. fills: as of bust. */
  async correct(fills: Int32Array, price: number): Promise<Report<'Corrected' | 'Rejected'>> {
    const words = correctionWords(fills, price);
    const report = await this.submitFor({ instrument: words[COMMAND_INSTRUMENT] ?? 0 }, () => words);
    return narrowed(report, ['Corrected', 'Rejected']);
  }

  private moveMoney(kind: CommandKind.Deposit | CommandKind.Withdraw, move: MoneyMove): Promise<AnyReport> {
    const { account, asset, amount, shard = 0 } = move;
    return this.operate(moneyMoveWords(kind, account, asset, amount, shard), shard);
  }

  private everyShard(): number[] {
    return Array.from({ length: this.shardCount }, (_, shard) => shard);
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
      baseAsset: terms.baseAsset ?? 0,
      quoteAsset: terms.quoteAsset ?? 0,
      baseUnit: terms.baseUnit ?? 1,
      feeCap: terms.feeCap ?? 0,
      staticBand: terms.staticBand ?? 0,
      ticks: terms.ticks ?? [],
      auctionSelfTrade: terms.auctionSelfTrade ?? false,
      dynamicBand: terms.dynamicBand ?? 0,
      bandAuction: terms.bandAuction ?? false,
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
    const report = await this.operate(words, ADMIN_SHARD, again.operation);
    if (report.kind === 'Rejected') {
      throw new TredyeError('REFUSED', `The platform refused the record: ${report.reason}.`, { reason: report.reason });
    }
    const done = narrowed(report, [kind]);
    if (this.shardCount === 1) return done;
    let takenBack = false;
    const forget = this.onRolledBack(({ shard, sequence }) => {
      takenBack ||= shard === ADMIN_SHARD && sequence < done.sequence;
    });
    const operation = again.operation ?? Number(BigInt.asUintN(COUNTER_BITS, done.clientOrderId));
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
    if (known !== null) return this.operate(write(known.instrument), known.shard);
    return this.loadInstruments(0).then(() => {
      const found = this.locate(of);
      if (found !== null) return this.operate(write(found.instrument), found.shard);
      // An unknown number is for the platform to refuse; a symbol has no number to send.
      if ('instrument' in of) return this.operate(write(of.instrument), SOME_SHARD);
      throw noSymbol(of);
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
