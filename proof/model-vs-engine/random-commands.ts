/**
 * Random command sequences for property tests, from a seed: all kinds, few prices, few accounts and instruments, several
 * lanes and incarnations, repeated ids, stale and wrong senders, bad shapes, changing phases, and limits so tiny that
 * Continue and every code for "full" occur. Any thread.
 *
 * The generator plays what it makes on a model, so that it knows open sessions, live orders and what is in progress, and
 * most commands are sensible. A command stands alone once it is made: taking others out of the sequence leaves it what it
 * was, and that is what makes a failing sequence easy to shrink.
 */
import {
  ANY_SHARD,
  encodeAccountTerms,
  encodeInstrumentTerms,
  encodeKeyTerms,
  setOperationId,
} from '../../schemas/admin.js';
import {
  CommandFlag,
  CommandKind,
  OrderType,
  Phase,
  Right,
  SelfTrade,
  Side,
  TimeInForce,
  Trigger,
} from '../../schemas/codes.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_DISPLAY_QUANTITY,
  COMMAND_FLAGS_WORD,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_MIN_QUANTITY,
  COMMAND_PRICE,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  COMMAND_TARGET_ID,
  COMMAND_TIME_US,
  COMMAND_TRIGGER_PRICE,
  COMMAND_WORDS,
  highWord,
  NO_PRICE,
} from '../../schemas/layout.js';
import { Dice } from '../dice.js';
import { Model } from '../model/model.js';
import { writeId } from '../model/plain-records.js';
import { writeClientOrderId } from '../recordings/day-plan.js';
import { aDeadline, chosen, filtered } from './random-lanes.js';
import type { RandomCommand, Scenario, ScenarioLimits } from './scenario.js';
import { type Session, VenueView } from './venue-view.js';

const [SYMBOLS, LANES] = [
  ['AAA', 'BBB-1', 'C/D', 'x.y_z', 'E', 'F'],
  [1, 2, 3, 65535],
] as const;
const PHASES: readonly [readonly [number, Phase], ...(readonly [number, Phase])[]] = [
  [20, Phase.Continuous],
  [8, Phase.Auction],
  [2, Phase.PreOpen],
  [0.6, Phase.Closed],
  [0.6, Phase.Halted],
  [0.6, Phase.CancelOnly],
];

/** A scenario of about `length` commands. */
export function randomScenario(seed: number, length: number): Scenario {
  return new ScenarioMaker(seed).make(length);
}

class ScenarioMaker {
  private readonly dice: Dice;
  private readonly commands: RandomCommand[] = [];
  private readonly view: VenueView;
  private readonly limits: ScenarioLimits;
  private readonly shardCount: number;
  private readonly shard: number;
  private lastIncarnation = 0;
  /** The beginning of the scenario: without tricks, so that there is something to play with. */
  private calm = true;
  private center: number;
  private readonly spread: number;
  /** How soon a Continue follows, as a weight: late ones let several operations stand side by side. */
  private readonly haste: number;
  /** The market wanders and jumps over all prices there are, instead of staying where it began. */
  private readonly wanders: boolean;
  /** Orders with a mode of self-trade prevention come. */
  private readonly prevents: boolean;
  /** Icebergs come. */
  private readonly icebergs: boolean;
  /** Stops come. */
  private readonly stops: boolean;
  /** Lanes lose their orders by timers, and time jumps. */
  private readonly timers: boolean;
  private timeUs = 1_700_000_000_000_000;

  constructor(private readonly seed: number) {
    const dice = new Dice(seed);
    this.dice = dice;
    this.wanders = dice.chance(0.25);
    const maxOrders = this.wanders
      ? 300
      : dice.weighted([
          [1, 3],
          [2, 10],
          [5, 64],
        ]);
    this.limits = {
      maxOrders,
      maxStops: Math.min(maxOrders, dice.pick([1, 4, 300, 300])),
      maxSpecialOrders: Math.min(maxOrders, dice.pick([1, 4, 300, 300])),
      maxLevels: Math.min(maxOrders, dice.pick([3, 300, 300, 300, 300])),
      maxInstruments: dice.between(2, 5),
      maxAccounts: dice.between(3, 5),
      maxKeys: dice.pick([1, 3, 12]),
      maxLanes: dice.between(4, 7),
      maxLanesPerAccount: dice.pick([2, 4]),
      maxOperations: dice.pick([1, 2, 16]),
      maxEventsPerCommand: dice.pick([4, 5, 6, 9, this.wanders ? 4 : 64]),
      laneAnswers: dice.pick([1, 2, 5, 64]),
      adminLogBytes: 64 * dice.pick([33, 40, 200]),
      ladderWindows: dice.pick([0, 1, 2, 16]),
      ladderTicks: dice.pick([32, 64]),
    };
    this.shardCount = dice.pick([1, 1, 2, 3]);
    this.shard = dice.below(this.shardCount);
    this.view = new VenueView(new Model(this.limits, this.shard, this.shardCount), this.shard);
    this.center = dice.pick([0, 10, -5000, 0x7ffffff0, -0x7ffffff0]);
    this.haste = dice.pick([3, 10, 40]);
    this.prevents = dice.chance(0.7);
    this.stops = dice.chance(0.7);
    this.icebergs = dice.chance(0.5);
    this.timers = dice.chance(0.5);
    this.spread = this.wanders ? dice.pick([20, 60]) : dice.pick([2, 3, 3, 40]);
  }

  make(length: number): Scenario {
    const { dice } = this;
    for (let count = 0; count < 3; count += 1) {
      this.addAccount();
    }
    for (let count = 0; count < 2 + dice.below(3); count += 1) {
      this.addInstrument();
    }
    for (const account of [1, 2, 2, 3]) {
      this.openSession(account);
    }
    for (const instrument of this.view.traded) {
      this.setPhase(instrument, dice.chance(0.7) ? Phase.Continuous : Phase.Auction);
    }
    this.calm = false;
    if (this.wanders && dice.chance(0.3)) {
      this.crowd();
    }
    while (this.commands.length < length) {
      this.addOne();
    }
    const { seed, shard, shardCount, limits, commands } = this;
    return { seed, shard, shardCount, limits, commands };
  }

  private addOne(): void {
    const { dice } = this;
    // What empties books or stops trading is rare where a deep book shall wander.
    const rare = this.wanders ? 0.1 : 1;
    const make = dice.weighted<() => void>([
      [42, () => this.enter()],
      [this.stops ? 14 : 0, () => this.enterStop()],
      [this.stops ? rare : 0, () => this.cascade()],
      [this.stops ? 2 : 0.2, () => this.referencePrice()],
      [9, () => this.aimAt(CommandKind.Cancel)],
      [9, () => this.aimAt(CommandKind.Replace)],
      [7, () => this.aimAt(CommandKind.CancelReplace)],
      [3, () => this.aimAt(CommandKind.OrderStatus)],
      [3 * rare, () => this.massCancel()],
      [4 * rare, () => this.setPhase(this.anInstrument(), dice.weighted(PHASES))],
      [4 * rare, () => this.market(CommandKind.Uncross)],
      [rare, () => this.market(CommandKind.EndOfDay)],
      [this.view.operationsInProgress > 0 ? this.haste : 1, () => this.goOn()],
      [this.timers ? 3 : 0.2, () => this.deadMan()],
      [this.timers ? 6 : 0.5, () => this.goOn(CommandKind.Due)],
      [4, () => this.repeat()],
      [2, () => this.spoil()],
      [1, () => this.openSession(dice.between(1, this.view.accounts + 1))],
      [this.timers ? 2 : 0.7, () => this.loseSession()],
      [2, () => this.administer()],
      [0.6 * rare, () => this.auction()],
      [rare, () => this.sweep()],
      [2 * rare, () => this.leave()],
    ]);
    make();
    if (this.wanders && dice.chance(0.3)) {
      const jump = dice.chance(0.03) ? dice.between(-0x40000000, 0x40000000) : dice.between(-9, 9);
      this.center = clampPrice(this.center + jump);
    } else if (dice.chance(0.05)) {
      this.center = clampPrice(this.center + dice.between(-3, 3));
    }
  }

  /** A whole call auction: many orders at few prices, some without a price, then the uncross and its Continues. */
  private auction(): void {
    const instrument = this.anInstrument();
    this.setPhase(instrument, Phase.Auction);
    for (let count = this.dice.between(2, 10); count > 0; count -= 1) {
      this.enter(instrument, TimeInForce.Day);
    }
    this.market(CommandKind.Uncross, instrument);
    for (let count = this.dice.below(5); count > 0; count -= 1) {
      this.goOn();
    }
    if (this.dice.chance(0.7)) {
      this.setPhase(instrument, Phase.Continuous);
    }
  }

  /**
   * Many small orders on one side, then one that takes them all: more events than a command may make at a time. In
   * several instruments, so that what is left of them waits side by side, and an account may leave meanwhile.
   */
  private sweep(): void {
    const { dice } = this;
    const instruments = dice.chance(0.5) ? [this.anInstrument()] : this.view.traded;
    const side = dice.pick([Side.Buy, Side.Sell]);
    for (const instrument of instruments) {
      for (let count = dice.between(3, 12); count > 0; count -= 1) {
        this.enter(instrument, TimeInForce.GoodTillCancel, side, dice.between(1, 2));
      }
    }
    if (dice.chance(0.3)) {
      this.cancelSome(this.aSession(), 0);
    }
    const opposite = side === Side.Buy ? Side.Sell : Side.Buy;
    for (const instrument of instruments) {
      this.enter(instrument, this.aTimeInForce(), opposite, dice.between(6, 30));
    }
    for (let count = dice.below(4); count > 0; count -= 1) {
      this.addOne();
    }
  }

  /**
   * An account takes all its orders back, of one instrument or of all; more than a command may cancel at a time. Between
   * the Continues others trade with what is left of them, and take whole books of them away.
   */
  private leave(): void {
    const { dice } = this;
    const session = this.aSession();
    const side = dice.pick([Side.Buy, Side.Sell]);
    const here = this.anInstrument();
    for (let count = dice.between(5, 20); count > 0; count -= 1) {
      const instrument = dice.chance(0.5) ? here : this.anInstrument();
      const bits = (side << 8) | (TimeInForce.GoodTillCancel << 24);
      this.push(this.limit(session, instrument, bits, this.center, dice.between(1, 2)));
    }
    this.cancelSome(session, dice.chance(0.6) ? 0 : here);
    const opposite = side === Side.Buy ? Side.Sell : Side.Buy;
    for (let count = dice.between(1, 4); count > 0; count -= 1) {
      for (let orders = dice.below(5); orders > 0; orders -= 1) {
        const bits = (opposite << 8) | (dice.pick([TimeInForce.Day, TimeInForce.ImmediateOrCancel]) << 24);
        this.push(this.limit(this.aSession(), this.anInstrument(), bits, this.center, dice.between(1, 6)));
      }
      this.goOn();
    }
  }

  /** More orders of one account than an end of day looks at in one go; few of them make an event. */
  private crowd(): void {
    const { dice } = this;
    const session = this.aSession();
    const here = this.anInstrument();
    for (let count = dice.between(70, 110); count > 0; count -= 1) {
      const instrument = dice.chance(0.1) ? this.anInstrument() : here;
      const timeInForce = dice.chance(0.1) ? TimeInForce.Day : TimeInForce.GoodTillCancel;
      this.push(this.limit(session, instrument, timeInForce << 24, this.center - dice.between(100, 105), 1));
    }
    if (dice.chance(0.5)) {
      this.market(CommandKind.EndOfDay, here);
    } else {
      this.cancelSome(session, dice.chance(0.5) ? 0 : here);
    }
    for (let count = dice.below(6); count > 0; count -= 1) {
      this.addOne();
    }
  }

  private enter(
    instrument = this.anInstrument(),
    timeInForce = this.aTimeInForce(),
    side = this.dice.pick([Side.Buy, Side.Sell]),
    quantity = this.aQuantity(),
  ): void {
    const { dice } = this;
    const session = this.aSession();
    const type = dice.weighted([
      [0.82, OrderType.Limit],
      [0.12, OrderType.Market],
      [0.06, OrderType.MarketToLimit],
      [this.icebergs ? 0.3 : 0.01, OrderType.Iceberg],
    ]);
    const withPrice = dice.chance([0.99, 0.4, 0.02][type] ?? 1);
    const price = withPrice ? this.aPrice(side) : NO_PRICE;
    const words = this.from(session, CommandKind.New, instrument);
    words[COMMAND_KIND_WORD] = CommandKind.New | (side << 8) | (type << 16) | (timeInForce << 24);
    words[COMMAND_PRICE] = price;
    words[COMMAND_QUANTITY] = quantity;
    const flags = dice.chance(0.06) ? CommandFlag.PostOnly | (dice.chance(0.5) ? CommandFlag.Slide : 0) : 0;
    words[COMMAND_FLAGS_WORD] = this.aSelfTrade() | (flags << 16) | (dice.chance(0.002) ? CommandFlag.Slide << 16 : 0);
    if (dice.chance(timeInForce === TimeInForce.ImmediateOrCancel ? 0.5 : 0.002)) {
      words[COMMAND_MIN_QUANTITY] = dice.chance(0.95) ? dice.between(0, Math.min(quantity, 9)) : this.aQuantity();
    }
    this.putExpiry(words);
    if (type === OrderType.Iceberg || dice.chance(0.002)) {
      words[COMMAND_DISPLAY_QUANTITY] = dice.chance(0.97) ? dice.between(1, Math.min(quantity, 4)) : this.aQuantity();
    }
    this.push(words);
  }

  /** A stop, mostly a few ticks off the market on the side where it will be triggered, and by the last trade. */
  private enterStop(instrument = this.anInstrument(), session = this.aSession(), quantity = this.aQuantity()): void {
    const { dice } = this;
    const side = dice.pick([Side.Buy, Side.Sell]);
    const type = dice.pick([OrderType.Stop, OrderType.StopLimit]);
    const words = this.from(session, CommandKind.New, instrument);
    const away = (side === Side.Buy ? 1 : -1) * dice.between(dice.chance(0.8) ? 0 : -this.spread, this.spread);
    const timeInForce = dice.chance(0.95)
      ? dice.pick([TimeInForce.Day, TimeInForce.GoodTillCancel, TimeInForce.ImmediateOrCancel])
      : this.aTimeInForce();
    const trigger = dice.weighted([
      [6, Trigger.LastTrade],
      [2, Trigger.Touch],
      [1, Trigger.Reference],
      [0.1, Trigger.None],
    ]);
    const flags =
      (dice.chance(0.08) ? CommandFlag.RefuseIfThrough : 0) | (dice.chance(0.01) ? CommandFlag.PostOnly : 0);
    words[COMMAND_KIND_WORD] = CommandKind.New | (side << 8) | (type << 16) | (timeInForce << 24);
    words[COMMAND_PRICE] =
      dice.chance(0.02) || (type === OrderType.Stop && dice.chance(0.6)) ? NO_PRICE : this.aPrice(side);
    words[COMMAND_TRIGGER_PRICE] = dice.chance(0.99) ? clampPrice(this.center + away) : this.aPrice();
    words[COMMAND_QUANTITY] = quantity;
    words[COMMAND_FLAGS_WORD] = this.aSelfTrade() | (trigger << 8) | (flags << 16);
    this.putExpiry(words);
    this.push(words);
  }

  /** Some orders are good till a second that comes soon, or was a moment ago. */
  private putExpiry(words: Int32Array): void {
    const kindWord = words[COMMAND_KIND_WORD] ?? 0;
    if (kindWord >>> 24 !== TimeInForce.GoodTillCancel || !this.dice.chance(this.timers ? 0.5 : 0.02)) {
      return;
    }
    words[COMMAND_KIND_WORD] = (kindWord & 0xffffff) | (TimeInForce.GoodTillDate << 24);
    words[COMMAND_MIN_QUANTITY] = Math.floor(this.timeUs / 1_000_000) + this.dice.pick([0, 1, 1, 1, 2, 2, 3, 9]);
  }

  private referencePrice(): void {
    const words = this.from(this.aSession(), CommandKind.ReferencePrice, this.anInstrument());
    words[COMMAND_ACCOUNT] = 0;
    words[COMMAND_PRICE] = this.dice.chance(0.1) ? NO_PRICE : this.aPrice();
    this.push(words);
  }

  /** Many stops and small orders around them, then trades that set them off, one behind the other. */
  private cascade(): void {
    const { dice } = this;
    const instrument = this.anInstrument();
    for (let count = dice.between(2, dice.chance(0.2) ? 90 : 12); count > 0; count -= 1) {
      this.enterStop(instrument, this.aSession(), dice.between(1, 2));
    }
    for (let count = dice.between(2, 12); count > 0; count -= 1) {
      this.enter(instrument, TimeInForce.GoodTillCancel, undefined, dice.between(1, 2));
    }
    if (dice.chance(0.3)) {
      this.push(this.from(this.aSession(), CommandKind.MassCancel, 0));
    }
    for (let count = dice.between(1, 4); count > 0; count -= 1) {
      this.enter(instrument, TimeInForce.ImmediateOrCancel, undefined, dice.between(1, 9));
      if (dice.chance(0.5)) {
        this.goOn();
      }
    }
  }

  /** Few scenarios prevent nothing, in the others most orders have a mode. */
  private aSelfTrade(): SelfTrade {
    const { dice } = this;
    return this.prevents && dice.chance(0.7)
      ? dice.pick([SelfTrade.Newest, SelfTrade.Oldest, SelfTrade.Both, SelfTrade.Decrement])
      : SelfTrade.None;
  }

  /** A New; `bits`: side and time in force as they lie in the kind word. */
  private limit(session: Session, instrument: number, bits: number, price: number, quantity: number): Int32Array {
    const words = this.from(session, CommandKind.New, instrument);
    words[COMMAND_KIND_WORD] = CommandKind.New | bits;
    words[COMMAND_PRICE] = clampPrice(price);
    words[COMMAND_QUANTITY] = quantity;
    return words;
  }

  /** A cancel or a replace, mostly of a live order and by its owner. */
  private aimAt(kind: CommandKind): void {
    const { dice } = this;
    const ids =
      dice.chance(0.85) && this.view.live.size > 0 ? [...this.view.live] : [...this.view.entered.keys()].slice(-20);
    const target = this.view.entered.get(ids[dice.below(ids.length)] ?? 0n);
    if (target === undefined) {
      return;
    }
    const owners = this.view.sessions.filter((session) => session.account === target.account);
    const owner = owners[dice.below(owners.length)];
    const session = owner !== undefined && dice.chance(0.95) ? owner : this.aSession();
    const words = this.from(session, kind, dice.chance(0.98) ? target.instrument : this.anInstrument());
    const byClientId = dice.chance(0.5);
    const raw = !byClientId && dice.chance(0.03);
    if (byClientId) {
      writeId(words, COMMAND_TARGET_ID, dice.chance(0.97) ? target.clientOrderId : target.clientOrderId - 1n);
      words[COMMAND_FLAGS_WORD] = (words[COMMAND_FLAGS_WORD] ?? 0) | (CommandFlag.TargetIsClientOrderId << 16);
    } else if (raw) {
      words[COMMAND_TARGET_ID] = dice.below(5);
      words[COMMAND_TARGET_ID + 1] = dice.below(3);
    }
    if (kind === CommandKind.Replace || kind === CommandKind.CancelReplace) {
      words[COMMAND_PRICE] = dice.weighted([
        [5, target.price],
        [5, this.aPrice()],
        [0.3, NO_PRICE],
      ]);
      words[COMMAND_QUANTITY] = this.aQuantity();
    }
    this.push(words, byClientId || raw ? -1 : target.index);
  }

  private massCancel(): void {
    this.cancelSome(this.aSession(), this.dice.chance(0.5) ? 0 : this.anInstrument());
    if (this.dice.chance(0.3)) {
      this.goOn();
    }
  }

  private cancelSome(session: Session, instrument: number): void {
    this.push(filtered(this.dice, this.from(session, CommandKind.MassCancel, instrument), LANES));
  }

  private setPhase(instrument: number, phase: Phase): void {
    const words = this.from(this.aSession(), CommandKind.SetPhase, instrument);
    words[COMMAND_ACCOUNT] = 0;
    words[COMMAND_KIND_WORD] = CommandKind.SetPhase | (phase << 16);
    this.push(words);
  }

  private market(kind: CommandKind, instrument = this.anInstrument()): void {
    const words = this.from(this.aSession(), kind, instrument);
    words[COMMAND_ACCOUNT] = 0;
    this.push(words);
  }

  private goOn(kind = CommandKind.Continue): void {
    const words = new Int32Array(COMMAND_WORDS);
    words[COMMAND_KIND_WORD] = kind;
    this.push(words);
  }

  private deadMan(): void {
    const words = this.from(this.aSession(), CommandKind.DeadMan, this.dice.chance(0.99) ? 0 : 1);
    words[COMMAND_QUANTITY] = aDeadline(this.dice);
    this.push(words);
  }

  /** A command that was sent before comes again, whole, or with another incarnation, or as another kind. */
  private repeat(): void {
    const { dice, commands } = this;
    const before = commands[commands.length - 1 - Math.min(commands.length - 1, dice.below(30))];
    if (before === undefined) {
      return;
    }
    const words = before.words.slice();
    const session = this.view.sessions.at(dice.below(this.view.sessions.length));
    if (session !== undefined && dice.chance(0.5)) {
      words[COMMAND_SESSION] = session.incarnation;
    }
    if (dice.chance(0.2)) {
      words[COMMAND_QUANTITY] = this.aQuantity();
    }
    this.push(words, before.targetOf);
  }

  /** A command with a few wrong bits in a few words, or without its own Parts. */
  private spoil(): void {
    const { dice, commands } = this;
    const before = commands[dice.below(commands.length)];
    if (before === undefined) {
      return;
    }
    const shorter = before.words.length > COMMAND_WORDS && dice.chance(0.4);
    const length = shorter ? COMMAND_WORDS * dice.between(1, before.words.length / COMMAND_WORDS - 1) : undefined;
    const words = before.words.slice(0, length);
    for (let count = dice.between(shorter ? 0 : 1, 3); count > 0; count -= 1) {
      const at = dice.chance(0.4) ? dice.pick([COMMAND_KIND_WORD, COMMAND_FLAGS_WORD]) : dice.below(words.length);
      words[at] = (words[at] ?? 0) ^ (1 << dice.below(32));
    }
    // Parts that are left behind by a spoilt head are commands of their own: whoever plays goes on with them.
    this.push(words, before.targetOf);
  }

  /** Opens a new lane of the account, or one that is known again, by a new incarnation or (wrongly) an old one. */
  private openSession(account: number): void {
    const { dice } = this;
    const again = !this.calm && dice.chance(0.4) ? this.aSession() : undefined;
    this.lastIncarnation += this.calm || dice.chance(0.9) ? 1 : 0;
    const lane = again?.lane ?? dice.pick(LANES);
    const words = new Int32Array(COMMAND_WORDS);
    writeClientOrderId(words, COMMAND_CLIENT_ORDER_ID, lane, 0);
    words[COMMAND_ACCOUNT] = again?.account ?? account;
    words[COMMAND_SESSION] = this.lastIncarnation;
    words[COMMAND_KIND_WORD] = CommandKind.SessionOpen;
    this.push(chosen(this.dice, words));
  }

  private loseSession(): void {
    const session = this.aSession();
    const words = new Int32Array(COMMAND_WORDS);
    writeClientOrderId(words, COMMAND_CLIENT_ORDER_ID, session.lane, 0);
    words[COMMAND_ACCOUNT] = session.account;
    words[COMMAND_SESSION] = this.dice.chance(0.8) ? session.incarnation : this.dice.below(10);
    words[COMMAND_KIND_WORD] = CommandKind.SessionLost;
    this.push(words);
    if (this.dice.chance(0.7)) {
      this.openSession(session.account);
    }
  }

  private administer(): void {
    const { dice } = this;
    dice.weighted<() => void>([
      [2, () => this.addAccount()],
      [2, () => this.addInstrument()],
      [3, () => this.addKey()],
      [2, () => this.revokeKey()],
    ])();
  }

  private addAccount(): void {
    const name = !this.calm && this.dice.chance(0.05) ? '' : 'someone';
    const selfTradeGroup = this.dice.pick([0, 0, 7, 0xffffffff]);
    this.admin(CommandKind.AddAccount, encodeAccountTerms({ name, selfTradeGroup }));
  }

  private addInstrument(): void {
    const { dice } = this;
    const priceMin = this.wanders ? -0x7fffffff : clampPrice(this.center - 50);
    const priceMax = this.wanders ? 0x7fffffff : clampPrice(this.center + 100);
    const { calm } = this;
    const symbol = SYMBOLS[calm || dice.chance(0.8) ? this.view.instruments : dice.below(SYMBOLS.length)] ?? 'LAST';
    this.admin(
      CommandKind.AddInstrument,
      encodeInstrumentTerms({
        symbol,
        shard: dice.weighted([
          [6, this.shard],
          [1, ANY_SHARD],
          [calm ? 0 : 0.5, 3],
        ]),
        priceMin: !calm && dice.chance(0.05) ? priceMax : priceMin,
        priceMax: !calm && dice.chance(0.1) ? priceMin : priceMax,
        quantityMax: dice.pick([60, 60, 1 << 19]),
        unit: calm ? 1 : dice.pick([1, 1, 7, 0xffffffff]),
        referencePrice: dice.chance(0.5) ? null : this.center,
        priceDecimals: 0,
        quantityDecimals: 0,
      }),
    );
  }

  private addKey(): void {
    const { dice } = this;
    const publicKey = new Uint8Array(dice.chance(0.9) ? 32 : 31).fill(dice.below(256));
    const rights = dice.chance(0.9) ? Right.Read | Right.Trade : dice.below(40);
    const parts = encodeKeyTerms({ publicKey, rights, label: 'a key' });
    this.admin(CommandKind.AddKey, parts, dice.between(1, this.view.accounts + (dice.chance(0.1) ? 1 : 0)));
  }

  private revokeKey(): void {
    this.admin(CommandKind.RevokeKey, new Int32Array(), 0, this.dice.between(1, this.view.keys + 1));
  }

  /** A head with its Parts: on shard 0 from a session or from the supervisor, elsewhere forwarded with its number. */
  private admin(kind: CommandKind, parts: Int32Array, account = 0, target = 0): void {
    const { dice } = this;
    const words = new Int32Array(COMMAND_WORDS + parts.length);
    words.set(parts, COMMAND_WORDS);
    const session =
      this.view.sessions.length > 0 && dice.chance(this.shard === 0 ? 0.6 : 0.05) ? this.aSession() : undefined;
    const counter = session === undefined ? dice.below(1000) : this.nextCounter(session);
    const count = parts.length / COMMAND_WORDS;
    setOperationId(words, 0, count, counter | 0, ((session?.lane ?? 0) << 16) | highWord(counter));
    words[COMMAND_SESSION] = session?.incarnation ?? 0;
    words[COMMAND_ACCOUNT] = account;
    words[COMMAND_TARGET_ID] = target;
    words[COMMAND_KIND_WORD] = kind;
    if (this.shard !== 0) {
      const next = this.view.adminNumber + 1;
      words[COMMAND_QUANTITY] = this.calm || dice.chance(0.9) ? next : Math.max(0, next + dice.between(-2, 2));
    } else if (!this.calm && dice.chance(0.02)) {
      words[COMMAND_QUANTITY] = 1;
    }
    this.push(words);
  }

  /** Words of a command that a session sends: who, where, and the next client order id. */
  private from(session: Session, kind: CommandKind, instrument: number): Int32Array {
    const { dice } = this;
    const words = new Int32Array(COMMAND_WORDS);
    const lane = dice.chance(0.99) ? session.lane : dice.pick(LANES);
    writeClientOrderId(words, COMMAND_CLIENT_ORDER_ID, lane, this.nextCounter(session));
    words[COMMAND_ACCOUNT] = dice.chance(0.99) ? session.account : dice.below(6);
    words[COMMAND_SESSION] = dice.chance(0.98) ? session.incarnation : dice.below(this.lastIncarnation + 2);
    words[COMMAND_INSTRUMENT] = instrument;
    words[COMMAND_KIND_WORD] = kind;
    if (dice.chance(0.01)) {
      words[COMMAND_FLAGS_WORD] = CommandFlag.Late << 16;
    }
    return words;
  }

  private push(words: Int32Array, targetOf = -1): void {
    this.timeUs += this.timers && this.dice.chance(0.03) ? this.dice.below(4_000_000) : this.dice.below(50);
    words[COMMAND_TIME_US] = this.timeUs | 0;
    words[COMMAND_TIME_US + 1] = highWord(this.timeUs);
    const index = this.commands.length;
    this.commands.push({ index, words, targetOf });
    this.view.play(words, targetOf, index);
  }

  /** Mostly the next one; sometimes with a gap, none at all, or one that was there or could have been there. */
  private nextCounter(session: Session): number {
    const { dice } = this;
    const step = dice.weighted([
      [90, 1],
      [4, dice.between(2, 5)],
      [0.1, 2 ** 33],
    ]);
    if (dice.chance(0.03)) {
      return dice.chance(0.5) ? 0 : dice.between(1, Math.min(session.counter + 1, 1000));
    }
    session.counter += step;
    return session.counter;
  }

  private aSession(): Session {
    const { dice } = this;
    const { sessions } = this.view;
    const open = dice.chance(0.97) ? sessions.filter((session) => session.open) : sessions;
    return open[dice.below(open.length)] ?? { account: 1, lane: 1, incarnation: 1, open: false, counter: 0 };
  }

  private anInstrument(): number {
    const { dice } = this;
    const known = this.view.traded[this.wanders && dice.chance(0.9) ? 0 : dice.below(this.view.traded.length)];
    return known !== undefined && dice.chance(0.97) ? known : dice.pick([0, 1, 2, 3, 6, 0xffffffff]);
  }

  private aTimeInForce(): TimeInForce {
    return this.dice.weighted([
      [8, TimeInForce.Day],
      [5, TimeInForce.GoodTillCancel],
      [2, TimeInForce.ImmediateOrCancel],
      [2, TimeInForce.FillOrKill],
    ]);
  }

  /** Few prices around the center; where the market wanders many, and mostly on the side's own side of it. */
  private aPrice(side = this.dice.pick([Side.Buy, Side.Sell])): number {
    const { dice, center, spread } = this;
    if (this.wanders && dice.chance(0.85)) {
      return clampPrice(center + (side === Side.Buy ? -1 : 1) * dice.between(0, spread));
    }
    return clampPrice(center + (dice.chance(0.97) ? dice.between(-spread, spread) : dice.between(-60, 120)));
  }

  private aQuantity(): number {
    const { dice } = this;
    return dice.weighted([
      [90, dice.between(1, 9)],
      [8, dice.between(10, 60)],
      [1, dice.pick([61, 1 << 19, 0x7fffffff, 0xffffffff])],
      [1, 0],
    ]);
  }
}

function clampPrice(price: number): number {
  return Math.max(-0x7fffffff, Math.min(0x7fffffff, price));
}
