/**
 * Random commands about orders and about an instrument, one at a time: new orders and stops, cancels and replaces, phases,
 * uncross, end of day, Continue. Any thread.
 */
import { CommandFlag, CommandKind, OrderType, type Phase, Side, TimeInForce, Trigger } from '../../schemas/codes.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_DISPLAY_QUANTITY,
  COMMAND_FLAGS_WORD,
  COMMAND_KIND_WORD,
  COMMAND_MIN_QUANTITY,
  COMMAND_PRICE,
  COMMAND_QUANTITY,
  COMMAND_TARGET_ID,
  COMMAND_TRIGGER_PRICE,
  COMMAND_WORDS,
  NO_PRICE,
} from '../../schemas/layout.js';
import { writeId } from '../model/plain-records.js';
import { RandomAdministration } from './random-administration.js';
import { aDeadline, filtered } from './random-lanes.js';
import { clampPrice, LANES } from './random-source.js';
import type { Session } from './venue-view.js';

export abstract class RandomOrders extends RandomAdministration {
  protected enter(
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

  /** One-cancels-other: mostly a limit order and a stop, sometimes two stops, and now and then what is no pair. */
  protected enterLegs(): void {
    const { dice } = this;
    const instrument = this.anInstrument();
    const session = this.aSession();
    const from = this.muted;
    this.muted = [];
    const quantity = dice.between(1, 5);
    if (dice.chance(0.15)) {
      this.enterStop(instrument, session, quantity);
    } else {
      const side = dice.pick([Side.Buy, Side.Sell]);
      const bits = (side << 8) | (dice.pick([TimeInForce.Day, TimeInForce.GoodTillCancel]) << 24);
      const words = this.limit(session, instrument, bits, this.aPrice(side), quantity);
      words[COMMAND_FLAGS_WORD] = this.aSelfTrade() | (dice.chance(0.1) ? CommandFlag.PostOnly << 16 : 0);
      this.push(words);
    }
    if (dice.chance(0.98)) {
      const lots = dice.chance(0.7) ? quantity : dice.between(1, 6);
      this.enterStop(dice.chance(0.98) ? instrument : this.anInstrument(), session, lots);
    }
    const legs = this.muted;
    this.muted = from;
    if (dice.chance(0.01)) {
      legs.push(this.limit(session, instrument, 0, this.aPrice(), 1));
    }
    const words = new Int32Array(legs.length * COMMAND_WORDS);
    for (const [index, leg] of legs.entries()) {
      leg[COMMAND_FLAGS_WORD] = (leg[COMMAND_FLAGS_WORD] ?? 0) | (CommandFlag.OneCancelsOther << 16);
      words.set(leg, index * COMMAND_WORDS);
    }
    this.push(words);
  }

  /** A stop, mostly a few ticks off the market on the side where it will be triggered, and by the last trade. */
  protected enterStop(
    instrument = this.anInstrument(),
    session = this.aSession(),
    quantity = this.aQuantity(),
    type = this.dice.pick([OrderType.Stop, OrderType.StopLimit, OrderType.TrailingStop]),
  ): void {
    const { dice } = this;
    const side = dice.pick([Side.Buy, Side.Sell]);
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
    if (type === OrderType.TrailingStop) {
      words[COMMAND_PRICE] = dice.chance(0.4) ? NO_PRICE : this.anOffset();
      words[COMMAND_TRIGGER_PRICE] = dice.chance(0.97) ? dice.between(1, this.spread) : this.aDistance();
    }
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

  /** A New; `bits`: side and time in force as they lie in the kind word. */
  protected limit(session: Session, instrument: number, bits: number, price: number, quantity: number): Int32Array {
    const words = this.from(session, CommandKind.New, instrument);
    words[COMMAND_KIND_WORD] = CommandKind.New | bits;
    words[COMMAND_PRICE] = clampPrice(price);
    words[COMMAND_QUANTITY] = quantity;
    return words;
  }

  /** A cancel or a replace, mostly of a live order and by its owner. */
  protected aimAt(kind: CommandKind): void {
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
        [this.stops ? 1 : 0, this.anOffset()],
        [0.3, NO_PRICE],
      ]);
      words[COMMAND_QUANTITY] = this.aQuantity();
    }
    this.push(words, byClientId || raw ? -1 : target.index);
  }

  protected massCancel(): void {
    this.cancelSome(this.aSession(), this.dice.chance(0.5) ? 0 : this.anInstrument());
    if (this.dice.chance(0.3)) {
      this.goOn();
    }
  }

  protected cancelSome(session: Session, instrument: number): void {
    this.push(filtered(this.dice, this.from(session, CommandKind.MassCancel, instrument), LANES));
  }

  protected deadMan(): void {
    const words = this.from(this.aSession(), CommandKind.DeadMan, this.dice.chance(0.99) ? 0 : 1);
    words[COMMAND_QUANTITY] = aDeadline(this.dice);
    this.push(words);
  }

  protected setPhase(instrument: number, phase: Phase): void {
    const words = this.from(this.aSession(), CommandKind.SetPhase, instrument);
    words[COMMAND_ACCOUNT] = 0;
    words[COMMAND_KIND_WORD] = CommandKind.SetPhase | (phase << 16);
    this.push(words);
  }

  protected market(kind: CommandKind, instrument = this.anInstrument()): void {
    const words = this.from(this.aSession(), kind, instrument);
    words[COMMAND_ACCOUNT] = 0;
    this.push(words);
  }

  private anOffset(): number {
    return this.dice.chance(0.97) ? this.dice.between(0, 4) : this.dice.pick([-1, 0x7fffffff, this.aPrice()]);
  }

  private aDistance(): number {
    return this.dice.pick([0, -1, 0x7fffffff, 0x7fffff00, this.aPrice()]);
  }

  protected referencePrice(): void {
    const words = this.from(this.aSession(), CommandKind.ReferencePrice, this.anInstrument());
    words[COMMAND_ACCOUNT] = 0;
    words[COMMAND_PRICE] = this.dice.chance(0.1) ? NO_PRICE : this.aPrice();
    this.push(words);
  }

  protected goOn(kind = CommandKind.Continue): void {
    const words = new Int32Array(COMMAND_WORDS);
    words[COMMAND_KIND_WORD] = kind;
    this.push(words);
  }
}
