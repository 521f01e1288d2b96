/**
 * All that the model knows, and how it speaks: events get their numbers here and nowhere else. Any thread.
 */
import type { FeeTermsFields, LimitTermsFields, TickRowFields } from '../../schemas/admin.js';
import { CommandKind, EventKind, Liquidity, type Phase, Reason, Side } from '../../schemas/codes.js';
import { NO_PRICE } from '../../schemas/layout.js';
import type { Book, ModelOrder } from './book.js';
import type { Bucket } from './bucket.js';
import { type Filter, isTaken } from './filter.js';
import { counterOf, type PlainCommand, type PlainEvent } from './plain-records.js';

/** The sizes that decide an answer. The names and meanings are those of the engine's limits. */
export interface ModelLimits {
  readonly maxOrders: number;
  readonly maxStops: number;
  readonly maxSpecialOrders: number;
  readonly maxLevels: number;
  readonly maxInstruments: number;
  readonly maxAccounts: number;
  readonly maxKeys: number;
  readonly maxAssets: number;
  readonly maxPurses: number;
  readonly maxHoldings: number;
  readonly maxLanes: number;
  readonly maxLanesPerAccount: number;
  readonly maxOperations: number;
  readonly maxEventsPerCommand: number;
  readonly laneAnswers: number;
  readonly adminLogBytes: number;
}

export interface ModelInstrument {
  readonly id: number;
  readonly symbol: string;
  readonly shard: number;
  readonly priceMin: number;
  readonly priceMax: number;
  readonly quantityMax: number;
  readonly reference: number;
  /** Ticks around it within which an order's price lies; 0: anywhere. */
  readonly staticBand: number;
  /** Rows of its tick table; none: every price is on a tick. */
  readonly ticks: readonly TickRowFields[];
  /** Before an uncross own orders are kept from trading with each other. */
  readonly auctionSelfTrade: boolean;
  /** How far an order may trade from the price before its command; 0: any way. And whether an auction starts there. */
  readonly dynamicBand: number;
  readonly bandAuction: boolean;
  /** The price before a command, undefined where none is known, and the number of that command. */
  frozen: { readonly command: number; readonly price: number | undefined };
  /** The command at hand has started a volatility auction. */
  interrupted: boolean;
  /** Amount of a tick times a lot. */
  readonly unit: number;
  /** 0, both: there is no money. */
  readonly baseAsset: number;
  readonly quoteAsset: number;
  readonly baseUnit: number;
  readonly feeCap: number;
  /** By tier. */
  readonly fees: FeeTermsFields[];
  /** Out of trading. */
  killed: boolean;
  phase: Phase;
  readonly book: Book;
  /** Stops that wait, the first entered first; and those that were triggered, in the order in which they will enter. */
  readonly stops: ModelOrder[];
  readonly triggered: ModelOrder[];
  /** Prices of trades that no look at the stops has seen yet; the last of all; the reference from outside. */
  trades: number[];
  last: number | undefined;
  tracked: number | undefined;
}

export interface ModelAccount {
  readonly selfTradeGroup: number;
  limits: LimitTermsFields;
  readonly bucket: Bucket;
  /** Out of trading. */
  killed: boolean;
}

/** All that an account has of an asset, reserved or not. */
export interface Purse {
  readonly account: number;
  readonly asset: number;
  holds: bigint;
}

/** A move to another shard that has not ended. */
export interface ModelMove {
  readonly to: number;
  readonly account: number;
  readonly asset: number;
  readonly amount: bigint;
}

/** What an account has in an instrument. */
export interface ModelHolding {
  readonly account: number;
  readonly instrument: number;
  position: bigint;
  /** What was paid for a long position, what was got for a short one. */
  cost: bigint;
  realised: bigint;
}

export interface ModelKey {
  readonly account: number;
  revoked: boolean;
}

/** What a lane answered, by the counter of the client order id. */
export interface Answer {
  readonly counter: number;
  readonly event: PlainEvent;
}

export interface Lane {
  readonly account: number;
  readonly number: number;
  /** The last incarnation that opened the lane, and whether it is still open. */
  incarnation: number;
  open: boolean;
  /** Seconds after a disconnect until its orders go; undefined: they stay. */
  grace: number | undefined;
  /** The highest counter that was used up. */
  mark: number;
  /** The last answers and perhaps some more, oldest first. */
  readonly answers: Answer[];
}

/** A step that makes no event by itself: an end of day comes to the next order, a look at stops to one that triggers. */
export const VISIT = 0;
/** The same of a stop that a look takes: of those fewer fit. */
export const LOOK = -1;

/**
 * The rest of a command's work, step by step. It yields how many events its next step makes (1, or 2 for a pair of
 * fills, or VISIT) before it makes them, so that its driver may leave it there and go on later; it returns when no step
 * is left.
 */
export type Steps = Generator<number, void, void>;

/** A command that goes on by Continue. */
export interface Operation {
  readonly steps: Steps;
  readonly commandSequence: number;
  /** Its instrument; 0: orders are taken over all instruments, of one account or (0) of all. */
  readonly instrument: number;
  readonly account: number;
  /** Of a mass cancel of all instruments: which orders of the account. */
  readonly takes: Filter;
  /** Nobody asked for it. */
  readonly byTimer?: boolean;
  readonly sweep: Sweep;
}

/** The order that a command matches, if it does. */
export interface Sweep {
  taker: ModelOrder | undefined;
  /** It stopped, and its rest will need a price level that was not there: one is kept free for it. */
  keepsLevel: boolean | undefined;
}

/** What a command does, and what it matches. */
export interface Work {
  readonly steps: Steps;
  readonly taker?: ModelOrder;
  readonly takes?: Filter;
  /** The instrument that it works on, where that is not the command's; 0: none, or all. */
  readonly instrument?: number;
  /** Whose orders it takes away, where that is not the sender. */
  readonly account?: number;
}

/** A refusal: nothing was changed. */
export interface Refusal {
  readonly reason: Reason;
  /** The limit that was hit. */
  readonly amount?: number;
  /** The target, where it was found and own. */
  readonly orderId?: bigint;
  /** The client order id is not used up. */
  readonly keepsId?: boolean;
}

/** Who sent a command, as its events say it. */
export interface Sender {
  readonly account: number;
  readonly session: number;
  readonly clientOrderId: bigint;
}

/** A lane's orders go at that time, for that reason; or one order goes. */
export interface Timer {
  readonly lane?: Lane;
  readonly reason?: Reason;
  readonly order?: ModelOrder;
  readonly dueUs: number;
}

export class State {
  commandSequence = 0;
  eventSequence = 0;
  adminNumber = 0;
  adminLogBytes = 0;
  /** By id - 1. */
  readonly instruments: ModelInstrument[] = [];
  /** By account id - 1. */
  readonly accounts: ModelAccount[] = [];
  /** Names, by asset - 1. */
  readonly assets: string[] = [];
  readonly purses: Purse[] = [];
  /** By account and instrument; ask holding(). */
  readonly holdings = new Map<number, ModelHolding>();
  /** All of the shard is out of trading. */
  killed = false;
  /** Moves to other shards that have not ended; how many there were, by shard; the last one from each. */
  readonly moves: ModelMove[] = [];
  readonly sent = new Map<number, number>();
  readonly received = new Map<number, { readonly number: number; readonly result: Reason }>();
  /** Trades that were made void. */
  readonly busted = new Set<bigint>();
  /** Leaves of all live orders together. */
  openLots = 0;
  /** By key id - 1. */
  readonly keys: ModelKey[] = [];
  readonly lanes: Lane[] = [];
  /** Live orders by id, in order of acceptance. */
  readonly orders = new Map<bigint, ModelOrder>();
  readonly operations: Operation[] = [];
  /** In the order in which they were set; of a lane and reason one. */
  timers: Timer[] = [];
  /** Events of the apply that is running. */
  events: PlainEvent[] = [];
  private lastOrderId = 0n;
  private commandOfEvents = 0;
  private timeUs = 0n;
  private readonly accountSequences = new Map<number, number>();
  /** Of each account, by instrument, the orders that rest, or wait in a sweep, oldest first. No set is empty. */
  private readonly listed = new Map<number, Map<number, Set<ModelOrder>>>();
  private readonly ordersByClientId = new Map<bigint, ModelOrder>();
  /** Came from other shards less left for them, by asset. */
  private readonly movements = new Map<number, bigint>();
  /** Deposited less withdrawn, by asset. */
  private readonly supplies = new Map<number, bigint>();

  constructor(
    readonly limits: ModelLimits,
    readonly shard: number,
    readonly shardCount: number,
  ) {}

  /** Begins an apply: its events belong to this command and carry this time. */
  begin(commandSequence: number, timeUs: bigint): void {
    this.events = [];
    this.commandOfEvents = commandSequence;
    this.timeUs = timeUs;
  }

  /** That long from now on; undefined: no more. */
  setTimer(lane: Lane, reason: Reason, us: number | undefined): number {
    this.timers = this.timers.filter((timer) => timer.lane !== lane || timer.reason !== reason);
    if (us === undefined) {
      return 0;
    }
    const dueUs = Math.min(Number(this.timeUs) + us, Number.MAX_SAFE_INTEGER);
    this.timers.push({ lane, reason, dueUs });
    return dueUs;
  }

  firstTimer(): Timer | undefined {
    return this.timers.toSorted((a, b) => a.dueUs - b.dueUs)[0];
  }

  /** The timer that is due first by now, and the first that was set of those of its time. */
  dueTimer(): Timer | undefined {
    const first = this.firstTimer();
    return first !== undefined && first.dueUs <= Number(this.timeUs) ? first : undefined;
  }

  /** The price from which the dynamic band of an instrument counts: the last one before the command at hand. */
  bandReference(instrument: ModelInstrument): number | undefined {
    if (instrument.frozen.command !== this.commandOfEvents) {
      const { last, reference } = instrument;
      const price = last ?? (reference === NO_PRICE ? undefined : reference);
      instrument.frozen = { command: this.commandOfEvents, price };
    }
    return instrument.frozen.price;
  }

  /** The last event so far is the last of its command. */
  endCommand(): void {
    const last = this.events.at(-1);
    if (last !== undefined) {
      last.endOfCommand = true;
    }
  }

  emit(kind: EventKind, fields: Partial<PlainEvent>): void {
    const account = fields.account ?? 0;
    this.eventSequence += 1;
    // Each field by name: the flow makes millions of these, and objects of one shape are many times cheaper.
    this.events.push({
      sequence: this.eventSequence,
      commandSequence: this.commandOfEvents,
      timeUs: this.timeUs,
      orderId: fields.orderId ?? 0n,
      clientOrderId: fields.clientOrderId ?? 0n,
      relatedId: fields.relatedId ?? 0n,
      amount: fields.amount ?? 0,
      account,
      accountSequence: this.nextAccountSequence(account),
      instrument: fields.instrument ?? 0,
      price: fields.price ?? 0,
      quantity: fields.quantity ?? 0,
      leaves: fields.leaves ?? 0,
      displayed: fields.displayed ?? 0,
      cumulative: fields.cumulative ?? 0,
      session: fields.session ?? 0,
      kind,
      side: fields.side ?? Side.Buy,
      liquidity: fields.liquidity ?? Liquidity.None,
      endOfCommand: fields.endOfCommand ?? false,
      book: fields.book ?? false,
      duplicate: fields.duplicate ?? false,
      reason: fields.reason ?? Reason.None,
    });
  }

  /** An event about an order: whose it is, its side, what is filled. */
  emitOrder(kind: EventKind, order: ModelOrder, fields: Partial<PlainEvent>): void {
    this.emit(kind, {
      orderId: order.id,
      clientOrderId: order.clientOrderId,
      account: order.account,
      session: order.session,
      instrument: order.instrument,
      side: order.side,
      price: order.price,
      cumulative: order.cumulative,
      ...fields,
    });
  }

  emitRefusal(command: PlainCommand, account: number, refusal: Refusal, relatedId: bigint): void {
    this.emit(EventKind.Rejected, {
      account,
      session: command.kind === CommandKind.Part ? 0 : command.session,
      clientOrderId: command.clientOrderId,
      instrument: command.instrument,
      reason: refusal.reason,
      amount: refusal.amount ?? 0,
      orderId: refusal.orderId ?? 0n,
      relatedId,
      endOfCommand: true,
    });
  }

  /** Whether orders of all instruments are being taken away, this one among them. */
  isLeaving(order: ModelOrder): boolean {
    return (
      this.killed ||
      this.operations.some(
        ({ instrument, account, takes }) =>
          instrument === 0 && (account === 0 || account === order.account) && isTaken(takes, order),
      )
    );
  }

  /** Stops that wait. */
  waiting(): number {
    return [...this.orders.values()].filter((order) => order.waits).length;
  }

  /** The sequence that the next event will get: a trade is named by its first fill's. */
  nextSequence(): bigint {
    return BigInt(this.eventSequence + 1);
  }

  nextOrderId(): bigint {
    this.lastOrderId += 1n;
    return this.lastOrderId;
  }

  addOrder(order: ModelOrder): void {
    this.orders.set(order.id, order);
    this.openLots += order.leaves;
    if (order.expiryUs !== undefined) {
      this.timers.push({ order, dueUs: order.expiryUs });
    }
    this.nameOrder(order);
  }

  setLeaves(order: ModelOrder, leaves: number): void {
    this.openLots += leaves - order.leaves;
    order.leaves = leaves;
  }

  /** The order rests, or stopped on its way: mass cancels find it from here on. */
  list(order: ModelOrder): void {
    const ofAccount = this.listed.get(order.account) ?? new Map<number, Set<ModelOrder>>();
    ofAccount.set(order.instrument, (ofAccount.get(order.instrument) ?? new Set<ModelOrder>()).add(order));
    this.listed.set(order.account, ofAccount);
  }

  /**
   * The account's oldest order in the instrument, or (undefined) in the one in which it has had orders without a break
   * the longest; undefined: it has none.
   */
  firstOf(account: number, instrument: number | undefined): ModelOrder | undefined {
    const ofAccount = this.listed.get(account);
    const orders = instrument === undefined ? ofAccount?.values().next().value : ofAccount?.get(instrument);
    return orders?.values().next().value;
  }

  /** All of those, in the order in which firstOf would come to them. */
  ordersOf(account: number, instrument: number | undefined): ModelOrder[] {
    const ofAccount = this.listed.get(account);
    const sets = instrument === undefined ? [...(ofAccount?.values() ?? [])] : [ofAccount?.get(instrument) ?? []];
    return sets.flatMap((orders) => [...orders]);
  }

  clearExpiry(order: ModelOrder): void {
    this.timers = this.timers.filter((timer) => timer.order !== order);
  }

  removeOrder(order: ModelOrder): void {
    if (order.expiryUs !== undefined) {
      this.clearExpiry(order);
    }
    const ofAccount = this.listed.get(order.account);
    const there = ofAccount?.get(order.instrument);
    there?.delete(order);
    if (order.other !== undefined) {
      order.other.other = undefined;
      order.other = undefined;
    }
    if (there?.size === 0) {
      ofAccount?.delete(order.instrument);
    }
    this.orders.delete(order.id);
    this.openLots -= order.leaves;
    this.ordersByClientId.delete(clientKey(order.account, order.clientOrderId));
  }

  /** The order gets the id and session of the command that replaces it; the old id is dead. */
  renameOrder(order: ModelOrder, clientOrderId: bigint, session: number): void {
    this.ordersByClientId.delete(clientKey(order.account, order.clientOrderId));
    order.clientOrderId = clientOrderId;
    order.session = session;
    this.nameOrder(order);
  }

  /** A live order of the account by its client order id; an id with counter 0 finds nothing. */
  findByClientId(account: number, clientOrderId: bigint): ModelOrder | undefined {
    return this.ordersByClientId.get(clientKey(account, clientOrderId));
  }

  /**
   * Whether an order that rests on this side at this price will find a price level: an existing one that stays, or a free
   * one besides those kept for sweeps in progress.
   */
  hasLevelRoom(book: Book, side: Side, price: number): boolean {
    const inUse = this.instruments.reduce(
      (sum, one) => sum + one.book.buys.levelCount() + one.book.sells.levelCount(),
      0,
    );
    const kept = this.operations.filter((operation) => operation.sweep.keepsLevel === true).length;
    return this.limits.maxLevels - inUse > kept || this.levelStays(book, side, price);
  }

  /** Whether the level is there and no mass cancel of an account can take it away meanwhile. */
  levelStays(book: Book, side: Side, price: number): boolean {
    return book.side(side).hasLevel(price) && this.operations.every((operation) => operation.instrument !== 0);
  }

  openLane(incarnation: number): Lane | undefined {
    return incarnation === 0 ? undefined : this.lanes.find((lane) => lane.open && lane.incarnation === incarnation);
  }

  instrument(id: number): ModelInstrument | undefined {
    return this.instruments[id - 1];
  }

  /** One account, or two of one self-trade group. */
  areOneOwner(first: number, second: number): boolean {
    const [group, other] = [first, second].map((account) => this.account(account)?.selfTradeGroup);
    return first === second || (group !== 0 && group === other);
  }

  hasAccount(account: number): boolean {
    return this.account(account) !== undefined;
  }

  account(id: number): ModelAccount | undefined {
    return this.accounts[id - 1];
  }

  purse(account: number, asset: number): Purse | undefined {
    return this.purses.find((one) => one.account === account && one.asset === asset);
  }

  holding(account: number, instrument: number): ModelHolding | undefined {
    return this.holdings.get(holdingKey(account, instrument));
  }

  addHolding(account: number, instrument: number): void {
    const key = holdingKey(account, instrument);
    this.holdings.set(key, { account, instrument, position: 0n, cost: 0n, realised: 0n });
  }

  supply(asset: number): bigint {
    return this.supplies.get(asset) ?? 0n;
  }

  moved(asset: number): bigint {
    return this.movements.get(asset) ?? 0n;
  }

  changeMoved(asset: number, change: bigint): void {
    this.movements.set(asset, this.moved(asset) + change);
  }

  changeSupply(asset: number, change: bigint): void {
    this.supplies.set(asset, this.supply(asset) + change);
  }

  private nameOrder(order: ModelOrder): void {
    if (counterOf(order.clientOrderId) !== 0) {
      this.ordersByClientId.set(clientKey(order.account, order.clientOrderId), order);
    }
  }

  private nextAccountSequence(account: number): number {
    if (account === 0) {
      return 0;
    }
    const next = ((this.accountSequences.get(account) ?? 0) + 1) >>> 0;
    this.accountSequences.set(account, next);
    return next;
  }
}

function clientKey(account: number, clientOrderId: bigint): bigint {
  return (BigInt(account) << 64n) | clientOrderId;
}

function holdingKey(account: number, instrument: number): number {
  return account * 2 ** 24 + instrument;
}
