/**
 * What every random command is made of: the dice and how a scenario is set, the words that say who sends, and prices,
 * quantities, instruments and sessions as they come. Any thread.
 */
import { CommandFlag, type CommandKind, SelfTrade, Side, TimeInForce } from '../../schemas/codes.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_FLAGS_WORD,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_SESSION,
  COMMAND_TIME_US,
  COMMAND_WORDS,
  highWord,
} from '../../schemas/layout.js';
import { Dice } from '../dice.js';
import { Model } from '../model/model.js';
import { writeClientOrderId } from '../recordings/day-plan.js';
import { type Hands, MoneyMaker } from './random-money.js';
import type { RandomCommand, ScenarioLimits } from './scenario.js';
import { type Session, VenueView } from './venue-view.js';

export const LANES = [1, 2, 3, 65535] as const;

export abstract class RandomSource implements Hands {
  readonly dice: Dice;
  protected readonly commands: RandomCommand[] = [];
  readonly view: VenueView;
  protected readonly limits: ScenarioLimits;
  protected readonly shardCount: number;
  readonly shard: number;
  protected readonly money: MoneyMaker;
  /** Quantities are as large as they can be, so that sums end. */
  protected readonly huge: boolean;
  protected lastIncarnation = 0;
  /** The beginning of the scenario: without tricks, so that there is something to play with. */
  protected calm = true;
  protected center: number;
  protected readonly spread: number;
  /** How soon a Continue follows, as a weight: late ones let several operations stand side by side. */
  protected readonly haste: number;
  /** The market wanders and jumps over all prices there are, instead of staying where it began. */
  protected readonly wanders: boolean;
  /** Orders with a mode of self-trade prevention come. */
  protected readonly prevents: boolean;
  /** Icebergs come. */
  protected readonly icebergs: boolean;
  /** Where commands go that are parts of one. */
  protected muted: Int32Array[] | undefined;
  /** Stops come. */
  protected readonly stops: boolean;
  /** Lanes lose their orders by timers, and time jumps. */
  protected readonly timers: boolean;
  protected timeUs = 1_700_000_000_000_000;

  constructor(protected readonly seed: number) {
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
      maxAssets: dice.pick([2, 3, 8, 8, 8]),
      maxPurses: dice.pick([3, 7, 64, 64, 64, 64]),
      maxHoldings: dice.pick([2, 5, 64, 64, 64, 64, 64, 64, 64]),
      maxLanes: dice.between(4, 7),
      maxLanesPerAccount: dice.pick([2, 4]),
      maxOperations: dice.pick([1, 2, 16]),
      maxEventsPerCommand: dice.pick([4, 5, 6, 9, this.wanders ? 4 : 64]),
      laneAnswers: dice.pick([1, 2, 5, 64]),
      adminLogBytes: 64 * dice.pick([33, 60, 200, 1000]),
      ladderWindows: dice.pick([0, 1, 2, 16]),
      ladderTicks: dice.pick([32, 64]),
    };
    this.shardCount = dice.pick([1, 1, 2, 3]);
    this.shard = dice.below(this.shardCount);
    this.view = new VenueView(new Model(this.limits, this.shard, this.shardCount), this.shard);
    const money = !this.wanders && dice.chance(0.6);
    this.huge = !this.wanders && dice.chance(0.12);
    this.money = new MoneyMaker(this, money, this.huge);
    this.center = money || this.huge ? 100 : dice.pick([0, 10, -5000, 0x7ffffff0, -0x7ffffff0]);
    this.haste = dice.pick([3, 10, 40]);
    this.prevents = dice.chance(0.7);
    this.stops = dice.chance(0.7);
    this.icebergs = dice.chance(0.5);
    this.timers = dice.chance(0.5);
    this.spread = this.wanders ? dice.pick([20, 60]) : dice.pick([2, 3, 3, 40]);
  }

  abstract addOne(): void;
  abstract admin(kind: CommandKind, parts: Int32Array, account?: number, target?: number, instrument?: number): void;

  /** Words of a command that a session sends: who, where, and the next client order id. */
  from(session: Session, kind: CommandKind, instrument: number): Int32Array {
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

  push(words: Int32Array, targetOf = -1): void {
    const jump = this.timers ? 0.03 : 0.01;
    this.timeUs += this.dice.chance(jump) ? this.dice.below(4_000_000) : this.dice.below(50);
    words[COMMAND_TIME_US] = this.timeUs | 0;
    words[COMMAND_TIME_US + 1] = highWord(this.timeUs);
    if (this.muted !== undefined) {
      this.muted.push(words);
      return;
    }
    const index = this.commands.length;
    this.commands.push({ index, words, targetOf });
    this.view.play(words, targetOf, index);
  }

  /** Mostly the next one; sometimes with a gap, none at all, or one that was there or could have been there. */
  protected nextCounter(session: Session): number {
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

  aSession(): Session {
    const { dice } = this;
    const { sessions } = this.view;
    const open = dice.chance(0.97) ? sessions.filter((session) => session.open) : sessions;
    return open[dice.below(open.length)] ?? { account: 1, lane: 1, incarnation: 1, open: false, counter: 0 };
  }

  anInstrument(): number {
    const { dice } = this;
    const known =
      this.view.traded[(this.wanders || this.huge) && dice.chance(0.9) ? 0 : dice.below(this.view.traded.length)];
    return known !== undefined && dice.chance(0.97) ? known : dice.pick([0, 1, 2, 3, 6, 0xffffffff]);
  }

  protected aTimeInForce(): TimeInForce {
    return this.dice.weighted([
      [8, TimeInForce.Day],
      [5, TimeInForce.GoodTillCancel],
      [2, TimeInForce.ImmediateOrCancel],
      [2, TimeInForce.FillOrKill],
    ]);
  }

  /** Few prices around the center; where the market wanders many, and mostly on the side's own side of it. */
  protected aPrice(side = this.dice.pick([Side.Buy, Side.Sell])): number {
    const { dice, center, spread } = this;
    if (this.wanders && dice.chance(0.85)) {
      return clampPrice(center + (side === Side.Buy ? -1 : 1) * dice.between(0, spread));
    }
    return clampPrice(center + (dice.chance(0.97) ? dice.between(-spread, spread) : dice.between(-60, 120)));
  }

  protected aQuantity(): number {
    const { dice } = this;
    if (this.huge && dice.chance(0.7)) {
      return dice.chance(0.7) ? 0xffffffff : 2 ** dice.between(20, 31) - dice.below(2);
    }
    return dice.weighted([
      [90, dice.between(1, 9)],
      [8, dice.between(10, 60)],
      [1, dice.pick([61, 1 << 19, 0x7fffffff, 0xffffffff])],
      [1, 0],
    ]);
  }

  /** Few scenarios prevent nothing, in the others most orders have a mode. */
  protected aSelfTrade(): SelfTrade {
    const { dice } = this;
    return this.prevents && dice.chance(0.7)
      ? dice.pick([SelfTrade.Newest, SelfTrade.Oldest, SelfTrade.Both, SelfTrade.Decrement])
      : SelfTrade.None;
  }
}

export function clampPrice(price: number): number {
  return Math.max(-0x7fffffff, Math.min(0x7fffffff, price));
}
