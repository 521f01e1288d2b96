/**
 * Random command sequences for property tests, from a seed: all kinds, few prices, few accounts and instruments, several
 * lanes and incarnations, repeated ids, stale and wrong senders, bad shapes, changing phases, and limits so tiny that
 * Continue and every code for "full" occur. Any thread.
 *
 * The generator plays what it makes on a model, so that it knows open sessions, live orders and what is in progress, and
 * most commands are sensible. A command stands alone once it is made: taking others out of the sequence leaves it what it
 * was, and that is what makes a failing sequence easy to shrink.
 */
import { CommandKind, OrderType, Phase, Side, TimeInForce } from '../../schemas/codes.js';
import {
  COMMAND_FLAGS_WORD,
  COMMAND_KIND_WORD,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  COMMAND_WORDS,
} from '../../schemas/layout.js';
import { RandomOrders } from './random-orders.js';
import { clampPrice } from './random-source.js';
import type { Scenario } from './scenario.js';

const PHASES: readonly [readonly [number, Phase], ...(readonly [number, Phase])[]] = [
  [20, Phase.Continuous],
  [8, Phase.Auction],
  [2, Phase.PreOpen],
  [0.6, Phase.Closed],
  [0.6, Phase.Halted],
  [0.6, Phase.CancelOnly],
  [2, Phase.PostOnly],
  [2, Phase.VolatilityAuction],
  // There is no such phase.
  [0.2, 99 as Phase],
];

/** Commands in a sequence: most are short, so that a failure is near its cause; some are long, for what builds up. */
const LENGTHS = [80, 80, 80, 120, 600];

/** A scenario of about `length` commands. */
export function randomScenario(seed: number, length = LENGTHS[seed % LENGTHS.length] ?? 80): Scenario {
  return new ScenarioMaker(seed).make(length);
}

class ScenarioMaker extends RandomOrders {
  make(length: number): Scenario {
    const { dice } = this;
    for (let count = 0; count < 3; count += 1) {
      this.addAccount();
    }
    this.money.addAssets();
    for (let count = 0; count < 2 + dice.below(3); count += 1) {
      this.addInstrument();
    }
    for (const account of [1, 2, 2, 3]) {
      this.openSession(account);
    }
    this.money.fillPurses();
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

  addOne(): void {
    const { dice } = this;
    // What empties books or stops trading is rare where a deep book shall wander.
    const rare = this.wanders ? 0.1 : 1;
    const make = dice.weighted<() => void>([
      [42, () => this.enter()],
      [this.stops ? 14 : 0, () => this.enterStop()],
      [this.stops ? 6 : 0, () => this.enterLegs()],
      [this.stops ? rare : 0, () => this.cascade()],
      [this.stops ? 1.5 * rare : 0, () => this.chase()],
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
      [4, () => this.repeat()],
      [2, () => this.spoil()],
      [1, () => this.openSession(dice.between(1, this.view.accounts + 1))],
      [this.timers ? 2 : 0.7, () => this.loseSession()],
      [this.timers ? 3 : 0.2, () => this.deadMan()],
      [this.timers ? 6 : 0.5, () => this.goOn(CommandKind.Due)],
      [2, () => this.administer()],
      [this.money.money ? 9 : 3, () => this.money.addOne()],
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
    this.setPhase(instrument, this.dice.pick([Phase.Auction, Phase.VolatilityAuction]));
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
    if (dice.chance(0.7)) {
      this.push(this.from(session, CommandKind.MassCancel, dice.chance(0.6) ? 0 : here));
    } else {
      this.cancelSome(session, dice.chance(0.6) ? 0 : here);
    }
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
      this.cancelSome(this.aSession(), 0);
    }
    for (let count = dice.between(1, 4); count > 0; count -= 1) {
      this.enter(instrument, TimeInForce.ImmediateOrCancel, undefined, dice.between(1, 9));
      if (dice.chance(0.5)) {
        this.goOn();
      }
    }
  }

  /** Stops that trail, and sweeps up and down through a few levels that they follow, and that set some of them off. */
  private chase(): void {
    const { dice } = this;
    const instrument = this.anInstrument();
    for (let count = dice.between(1, 6); count > 0; count -= 1) {
      this.enterStop(instrument, this.aSession(), dice.between(1, 2), OrderType.TrailingStop);
    }
    for (let count = dice.between(2, 6); count > 0; count -= 1) {
      const side = dice.pick([Side.Buy, Side.Sell]);
      const away = side === Side.Buy ? -1 : 1;
      for (let orders = dice.between(1, 5); orders > 0; orders -= 1) {
        const bits = (side << 8) | (TimeInForce.GoodTillCancel << 24);
        const price = this.center + away * dice.between(-1, this.spread);
        this.push(this.limit(this.aSession(), instrument, bits, price, 1));
      }
      const opposite = side === Side.Buy ? Side.Sell : Side.Buy;
      const bits = (opposite << 8) | (TimeInForce.ImmediateOrCancel << 24);
      const reached = this.center + away * this.spread;
      this.push(this.limit(this.aSession(), instrument, bits, reached, dice.between(1, 5)));
      for (let goes = dice.below(3); goes > 0; goes -= 1) {
        this.goOn();
      }
      if (dice.chance(0.2)) {
        this.enterStop(instrument, this.aSession(), 1, OrderType.TrailingStop);
      }
    }
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
}
