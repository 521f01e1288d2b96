/**
 * A sequence of commands as a rule table, in the language of proof/rules: what a trader can read, what `tredye match`
 * runs, and what lies in proof/seeds. Each command is the line that makes its very words; what a line cannot say of a
 * record stands behind it as raw.NAME=NUMBER, and a record that no line makes stands there in hexadecimal. What the table
 * expects is what the model says. Any thread.
 *
 * A new kind of command, or a new field of an order, needs nothing here to be right; a word in `lineOf` makes it readable.
 */

import { limitsFrom } from '../../engine/limits.js';
import type { PlainObject } from '../../platform/cli/journal/record-objects.js';
import type { HoldingAmounts, MatchEngine, PurseAmounts } from '../../platform/cli/match/match-engine.js';
import { LineError } from '../../platform/cli/match/match-line.js';
import { RuleRun } from '../../platform/cli/match/rule-run.js';
import { ANY_SHARD, decodeTerms, setOperationId } from '../../schemas/admin.js';
import {
  CommandFlag,
  CommandKind,
  EventKind,
  OrderType,
  Phase,
  SelfTrade,
  TimeInForce,
  Trigger,
} from '../../schemas/codes.js';
import { COMMAND_FIELDS } from '../../schemas/kinds.js';
import {
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_KIND_WORD,
  COMMAND_TARGET_ID,
  COMMAND_TIME_US,
  COMMAND_WORDS,
  EVENT_KIND_WORD,
  EVENT_ORDER_ID,
  EVENT_WORDS,
  NO_PRICE,
} from '../../schemas/layout.js';
import { counterOf, laneOf, type PlainCommand, readCommand, readId, writeId } from '../model/plain-records.js';
import { ModelEngine } from '../rules/model-engine.js';
import type { RandomCommand, Scenario } from './scenario.js';

/** What every case of proof/seeds is about: the same commands give the same events. */
const RULE = '11.2';
/** A line that no venue takes. */
const UNSAYABLE = 'record words=none';
const NUMBERS_PER_LEVEL = 3;
const MOST_LEVELS = 1024;

/** The case; `what`: what was found, in one sentence. `timed`: commands keep their times, else all come at 0. */
export function ruleTable(
  scenario: Scenario,
  commands: readonly RandomCommand[],
  what: string,
  timed: boolean,
): string {
  const writer = new TableWriter(scenario, what);
  for (const command of commands) writer.add(command, timed);
  return writer.finish();
}

/** The model in the engine's place, which hears what shall be applied, whatever a line has made of it. */
class ToldModel implements MatchEngine {
  /** What the next line stands for; null: what it says itself. */
  told: Int32Array | null = null;
  /** raw.NAME=NUMBER of the fields in which the line was another. */
  raw: string[] = [];
  private events: Int32Array = new Int32Array(0);
  private readonly accepted = new Map<number, bigint>();
  private index = -1;

  constructor(private readonly model: ModelEngine) {}

  begin(index: number, told: Int32Array | null): void {
    this.index = index;
    this.told = told;
    this.raw = [];
  }

  /** The order that the New with this index entered. */
  orderOf(index: number): bigint {
    return this.accepted.get(index) ?? 0n;
  }

  get commandSequence(): number {
    return this.model.commandSequence;
  }

  get operationsInProgress(): number {
    return this.model.operationsInProgress;
  }

  get nextDueUs(): number {
    return this.model.nextDueUs;
  }

  attach(events: Int32Array): void {
    this.events = events;
    this.model.attach(events);
  }

  apply(commands: Int32Array, at: number, eventAt: number): number {
    const { told } = this;
    if (told !== null) {
      this.raw = differences(commands, told);
      commands.set(told);
      this.told = null;
    }
    const count = this.model.apply(commands, at, eventAt);
    for (let event = 0; event < count; event++) this.learn((eventAt + event) * EVENT_WORDS);
    return count;
  }

  readLevels(instrument: number, side: number, depth: number, target: Float64Array, to: number): number {
    return this.model.readLevels(instrument, side, depth, target, to);
  }

  readPhase(instrument: number): number {
    return this.model.readPhase(instrument);
  }

  readPurse(account: number, asset: number): PurseAmounts | null {
    return this.model.readPurse(account, asset);
  }

  readHolding(account: number, instrument: number): HoldingAmounts | null {
    return this.model.readHolding(account, instrument);
  }

  private learn(at: number): void {
    const { events } = this;
    const kind = (events[at + EVENT_KIND_WORD] ?? 0) & 0xff;
    if (kind === EventKind.Accepted && !this.accepted.has(this.index)) {
      this.accepted.set(this.index, readId(events, at + EVENT_ORDER_ID));
    }
  }
}

/** The fields in which two records are not the same. Throws a LineError where their Parts are not. */
function differences(made: Int32Array, told: Int32Array): string[] {
  const same = made.slice();
  const parts = same.length / COMMAND_WORDS - 1;
  const [low = 0, high = 0] = told.subarray(COMMAND_CLIENT_ORDER_ID);
  if (parts > 0) setOperationId(same, 0, parts, low, high);
  if (made.length !== told.length || same.some((word, at) => at >= COMMAND_WORDS && word !== told[at])) {
    throw new LineError('No line says this record.');
  }
  const found: string[] = [];
  for (const [name, [at, bytes]] of Object.entries(COMMAND_FIELDS)) {
    const value = fieldAt(told, at, bytes, name);
    if (name !== 'timeUs' && value !== fieldAt(made, at, bytes, name)) found.push(`raw.${name}=${value}`);
  }
  return found;
}

function fieldAt(words: Int32Array, at: number, bytes: number, name: string): number | bigint {
  const view = new DataView(words.buffer, words.byteOffset);
  if (bytes === 8) return view.getBigUint64(at, true);
  if (name === 'price' || name === 'triggerPrice') return view.getInt32(at, true);
  if (bytes === 4) return view.getUint32(at, true);
  return bytes === 2 ? view.getUint16(at, true) : view.getUint8(at);
}

class TableWriter {
  private readonly lines: string[] = [];
  private readonly run: RuleRun;
  /** Accounts by incarnation. */
  private readonly owners = new Map<number, number>();
  private readonly names = new Map<number, string>();
  private readonly symbols = new Map<number, string>();
  /** How the order that a New entered is named later. */
  private readonly references = new Map<number, string>();
  private readonly model: ToldModel;
  private made: PlainObject[] = [];

  constructor(scenario: Scenario, what: string) {
    const { limits, shard, shardCount } = scenario;
    this.model = new ToldModel(new ModelEngine(limitsFrom(limits), shard, shardCount));
    this.run = new RuleRun(
      ({ line: _, ...event }) => {
        // No line of a table that is being written expects anything: what it says of that is no event.
        if (event.expected === undefined) this.made.push(event);
      },
      () => this.model,
    );
    this.take(`rule ${RULE}: ${what}`);
    this.take(
      `limits ${Object.entries(limits)
        .map((pair) => pair.join('='))
        .join(' ')}`,
    );
    this.take(`venue empty shard=${shard} shards=${shardCount}`);
  }

  add(command: RandomCommand, timed: boolean): void {
    const told = command.words.slice();
    if (command.targetOf >= 0) writeId(told, COMMAND_TARGET_ID, this.model.orderOf(command.targetOf));
    if (timed) this.take(`at ${readId(told, COMMAND_TIME_US)}`);
    else told.fill(0, COMMAND_TIME_US, COMMAND_TIME_US + 2);
    // An operation id that nobody can ask for again says nothing.
    const parts = told.length / COMMAND_WORDS - 1;
    if (parts > 0 && readCommand(told, 0).session === 0) setOperationId(told, 0, parts, 0, 0);
    this.made = [];
    const line = this.carryOut(command, told);
    this.lines.push(line);
    for (const event of this.made) this.learn(line, event);
    const texts = this.made.map((event) => `> ${this.run.textOf(event)}`);
    this.lines.push(...(texts.length === 0 ? ['> nothing'] : texts));
  }

  finish(): string {
    for (const [instrument, symbol] of this.symbols) {
      if (this.levels(instrument, 0) === 'empty' && this.levels(instrument, 1) === 'empty') {
        this.lines.push(`= book ${symbol} empty`);
        continue;
      }
      for (const [side, name] of ['buy', 'sell'].entries()) {
        this.lines.push(`= book ${symbol} ${name} ${this.levels(instrument, side)}`);
      }
    }
    return `${this.lines.join('\n')}\n`;
  }

  /** What later lines call it. */
  private learn(line: string, event: PlainObject): void {
    const [kind, name = ''] = line.split(' ');
    if (kind === 'account' && event.kind === 'AccountAdded' && ![...this.names.values()].includes(name)) {
      this.names.set(Number(event.leaves), name);
    }
    if (kind === 'instrument' && event.kind === 'InstrumentAdded') this.symbols.set(Number(event.instrument), name);
    if (event.kind === 'SessionOpened') this.owners.set(Number(event.session), Number(event.account));
  }

  /** Returns the line that did it. */
  private carryOut(command: RandomCommand, told: Int32Array): string {
    const line = this.lineOf(command, told);
    try {
      this.model.begin(command.index, told);
      this.run.take(line, this.lines.length + 1);
      return [line, ...this.model.raw].join(' ');
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      const bytes = Buffer.from(told.buffer, told.byteOffset, told.byteLength);
      const record = `record words=0x${bytes.toString('hex')}`;
      this.model.begin(command.index, null);
      this.run.take(record, this.lines.length + 1);
      return record;
    }
  }

  private take(line: string): void {
    this.run.take(line, this.lines.length + 1);
    this.lines.push(line);
  }

  private levels(instrument: number, side: number): string {
    const numbers = new Float64Array(MOST_LEVELS * NUMBERS_PER_LEVEL);
    const count = this.model.readLevels(instrument, side, MOST_LEVELS, numbers, 0);
    const texts = Array.from({ length: count }, (_, level) => {
      const [price, quantity, orders] = numbers.subarray(level * NUMBERS_PER_LEVEL);
      return `${quantity} @ ${price} x${orders}`;
    });
    return texts.length === 0 ? 'empty' : texts.join(', ');
  }

  // ---- the line of a record; whatever it leaves out or gets wrong is said raw

  private lineOf(command: RandomCommand, told: Int32Array): string {
    const record = readCommand(told, 0);
    const { kind } = record;
    const lane = laneOf(record.clientOrderId);
    const id = `#${counterOf(record.clientOrderId)}`;
    const isOperators = kind >= CommandKind.SetPhase && kind <= CommandKind.ReferencePrice;
    const account = isOperators ? (this.owners.get(record.session) ?? 0) : record.account;
    const who = `${this.names.get(account) ?? account}${lane === 1 ? '' : `/${lane}`}`;
    const instrument = this.symbols.get(record.instrument) ?? `instrument=${record.instrument}`;
    switch (kind) {
      case CommandKind.AddAccount:
      case CommandKind.AddInstrument:
      case CommandKind.AddAsset:
        return this.adminLine(told);
      case CommandKind.SetFees:
        return `fees ${instrument} ${this.termsText(told)}`;
      case CommandKind.SetLimits:
        return `${this.names.get(record.account) ?? `account=${record.account}`} limits ${this.termsText(told)}`;
      case CommandKind.Deposit:
      case CommandKind.Withdraw: {
        const whose = this.names.get(record.account) ?? 'venue';
        return `${whose} ${CommandKind[kind].toLowerCase()} asset=${record.instrument} amount=1`;
      }
      case CommandKind.Kill: {
        const whose = this.names.get(record.account);
        return `kill${whose === undefined ? '' : ` whose=${whose}`}${record.quantity === 0 ? ' off' : ''}`;
      }
      case CommandKind.AccountStatus:
        return record.instrument === 0
          ? `${who} account-status ${id} asset=${record.targetId}`
          : `${who} account-status ${id} ${instrument}`;
      case CommandKind.SessionOpen:
        return `${who} open`;
      case CommandKind.SessionLost:
        return `${who} lost`;
      case CommandKind.New:
        this.references.set(command.index, `${who}${id}`);
        // Two legs are one record of two; a line of one would wait for the other.
        if ((record.flags & CommandFlag.OneCancelsOther) !== 0) return UNSAYABLE;
        return `${who} new ${id} ${orderText(record)} ${instrument}`;
      case CommandKind.Cancel:
        return `${who} cancel ${this.targetText(command, record)} as ${id} ${instrument}`;
      case CommandKind.OrderStatus:
        return `${who} order-status ${this.targetText(command, record)} as ${id} ${instrument}`;
      case CommandKind.Replace:
      case CommandKind.CancelReplace: {
        const name = kind === CommandKind.Replace ? 'replace' : 'cancel-replace';
        const terms = `${record.quantity} @ ${priceText(record.price)}`;
        return `${who} ${name} ${this.targetText(command, record)} as ${id} ${terms} ${instrument}`;
      }
      case CommandKind.MassCancel:
        return `${who} mass-cancel ${id}${record.instrument === 0 ? '' : ` ${instrument}`}`;
      case CommandKind.DeadMan:
        return `${who} dead-man ${id} milliseconds=${record.quantity}`;
      case CommandKind.SetPhase:
        return `${who} phase ${id} ${Phase[record.type]} ${instrument}`;
      case CommandKind.Uncross:
        return `${who} uncross ${id} ${instrument}`;
      case CommandKind.EndOfDay:
        return `${who} end-of-day ${id} ${instrument}`;
      case CommandKind.ReferencePrice:
        return `${who} reference-price ${id} @ ${priceText(record.price)} ${instrument}`;
      case CommandKind.Continue:
        return isPlainContinue(told) ? 'continue' : UNSAYABLE;
      default:
        return UNSAYABLE;
    }
  }

  /** The fields of fees or limits. */
  private termsText(told: Int32Array): string {
    const terms = decodeTerms(told, 0, told.length / COMMAND_WORDS);
    if (typeof terms === 'number') return UNSAYABLE;
    const { type: _, ...fields } = terms;
    return Object.entries(fields)
      .map((pair) => pair.join('='))
      .join(' ');
  }

  private targetText(command: RandomCommand, record: PlainCommand): string {
    if ((record.flags & CommandFlag.TargetIsClientOrderId) !== 0) {
      const lane = laneOf(record.targetId);
      const text = `#${counterOf(record.targetId)}`;
      return lane === laneOf(record.clientOrderId) ? text : `${text} targetLane=${lane}`;
    }
    const reference = this.references.get(command.targetOf);
    return reference === undefined ? `order=${record.targetId}` : `orderOf=${reference}`;
  }

  private adminLine(told: Int32Array): string {
    const terms = decodeTerms(told, 0, told.length / COMMAND_WORDS);
    if (typeof terms === 'number') return UNSAYABLE;
    if (terms.type === 'account') {
      const group = terms.selfTradeGroup === 0 ? '' : ` selfTradeGroup=${terms.selfTradeGroup}`;
      return `account ${terms.name}${group}`;
    }
    if (terms.type === 'asset') return `asset ${terms.name} decimals=${terms.decimals}`;
    if (terms.type !== 'instrument') return UNSAYABLE;
    const { type: _, symbol, shard, referencePrice, baseAsset, quoteAsset, ticks, ...numbers } = terms;
    const assets = quoteAsset === 0 ? {} : { base: baseAsset, quote: quoteAsset };
    const own = shard === ANY_SHARD ? {} : { shard };
    const rows = ticks.length === 0 ? {} : { ticks: ticks.map(({ from, tick }) => `${from}:${tick}`).join('/') };
    const all = { ...own, ...numbers, ...rows, ...assets, ...(referencePrice === null ? {} : { referencePrice }) };
    return `instrument ${symbol} ${Object.entries(all)
      .map((pair) => pair.join('='))
      .join(' ')}`;
  }
}

function isPlainContinue(told: Int32Array): boolean {
  const plain = new Int32Array(COMMAND_WORDS);
  plain.set(told.subarray(COMMAND_TIME_US, COMMAND_TIME_US + 2), COMMAND_TIME_US);
  plain[COMMAND_KIND_WORD] = CommandKind.Continue;
  return told.length === plain.length && told.every((word, at) => word === plain[at]);
}

function priceText(price: number): string {
  return price === NO_PRICE ? 'none' : String(price);
}

function orderText(record: PlainCommand): string {
  // The price of a stop that trails is an offset, its trigger price a distance.
  const trails = record.type === OrderType.TrailingStop;
  const hasPrice = record.price !== NO_PRICE && !trails;
  const words = [record.side === 1 ? 'sell' : 'buy', String(record.quantity)];
  if (hasPrice) words.push(`@ ${record.price}`);
  if (record.type !== (hasPrice ? OrderType.Limit : OrderType.Market)) words.push(OrderType[record.type] ?? '');
  if (record.timeInForce !== TimeInForce.GoodTillCancel) words.push(TimeInForce[record.timeInForce] ?? '');
  if (record.selfTrade !== SelfTrade.None) words.push(SelfTrade[record.selfTrade] ?? '');
  if (record.trigger !== Trigger.None) words.push(Trigger[record.trigger] ?? '');
  if (trails) {
    words.push(`trailingDistance=${record.triggerPrice}`);
    if (record.price !== NO_PRICE) words.push(`limitOffset=${record.price}`);
  } else if (record.trigger !== Trigger.None) words.push(`at ${record.triggerPrice}`);
  if ((record.flags & CommandFlag.PostOnly) !== 0) words.push('post-only');
  if ((record.flags & CommandFlag.Slide) !== 0) words.push('slide');
  if (record.displayQuantity !== 0) words.push(`displayQuantity=${record.displayQuantity}`);
  if (record.minQuantity !== 0)
    words.push(
      `${record.timeInForce === TimeInForce.GoodTillDate ? 'expirySeconds' : 'minQuantity'}=${record.minQuantity}`,
    );
  if ((record.flags & CommandFlag.RefuseIfThrough) !== 0) words.push('refuse-if-through');
  return words.filter((word) => word !== '').join(' ');
}
