/**
 * Random commands about money, limits and positions: assets, deposits, fees, limits of accounts, kill switches, questions.
 * Numbers are small, so that purses are empty, limits hit and rounding seen, or so large that sums end. Any thread.
 */
import {
  encodeAssetTerms,
  encodeFeeTerms,
  encodeLimitTerms,
  FEE_WHOLE,
  type InstrumentTermsFields,
  LAST_FEE_TIER,
  type LimitTermsFields,
} from '../../schemas/admin.js';
import { CommandKind, Reason } from '../../schemas/codes.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_DISPLAY_QUANTITY,
  COMMAND_MIN_QUANTITY,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  COMMAND_TARGET_ID,
  COMMAND_TRIGGER_PRICE,
} from '../../schemas/layout.js';
import type { Dice } from '../dice.js';
import { writeId } from '../model/plain-records.js';
import type { Session, VenueView } from './venue-view.js';

/** What the maker of a whole scenario lends to this part of it. */
export interface Hands {
  readonly dice: Dice;
  readonly view: VenueView;
  readonly shard: number;
  from(session: Session, kind: CommandKind, instrument: number): Int32Array;
  aSession(): Session;
  anInstrument(): number;
  push(words: Int32Array): void;
  admin(kind: CommandKind, parts: Int32Array, account?: number, target?: number, instrument?: number): void;
  addOne(): void;
}

const NAMES = ['EUR', 'BTC', 'USD', 'x.y_z-1'] as const;
/** Assets of a scenario with money; more are asked for where there are none, and none where there is no room. */
const ASSETS = 3;
const FEES = [0, 0, 1000, 10_000, 333_333, 500_000, FEE_WHOLE] as const;

type MoneyTerms = Pick<InstrumentTermsFields, 'baseAsset' | 'quoteAsset' | 'baseUnit' | 'feeCap'>;

export class MoneyMaker {
  /** Some instruments are paid for. */
  readonly money: boolean;

  constructor(
    private readonly hands: Hands,
    money: boolean,
    /** Quantities, and so amounts, are as large as they can be. */
    private readonly huge: boolean,
  ) {
    this.money = money;
  }

  /** Before the first instrument. */
  addAssets(): void {
    for (let count = this.money ? ASSETS : this.hands.dice.below(2); count > 0; count -= 1) {
      this.addAsset(true);
    }
  }

  /** Behind the sessions: something to begin with for most. */
  fillPurses(): void {
    const { dice, view } = this.hands;
    for (let account = 1; this.money && account <= view.accounts; account += 1) {
      for (let asset = 1; asset <= view.assets; asset += 1) {
        if (dice.chance(0.85)) {
          const much = dice.chance(0.6) && !this.huge;
          this.move(CommandKind.Deposit, account, asset, much ? BigInt(dice.below(2_000_000)) : this.anAmount());
        }
      }
    }
    for (const instrument of view.traded) {
      if (this.money && dice.chance(0.4)) {
        this.setAllFees(instrument);
      }
    }
    for (let account = 1; account <= view.accounts; account += 1) {
      if (dice.chance(0.3)) {
        this.setLimits(account);
      }
    }
  }

  /** Of an instrument that is added now. */
  terms(calm: boolean): MoneyTerms {
    const { dice, view } = this.hands;
    if (!this.money || dice.chance(0.2)) {
      return { baseAsset: 0, quoteAsset: 0, baseUnit: calm || dice.chance(0.9) ? 1 : 2, feeCap: 0 };
    }
    const wrong = !calm && dice.chance(0.2);
    return {
      baseAsset: wrong ? dice.below(view.assets + 2) : 1,
      quoteAsset: wrong ? dice.below(view.assets + 2) : Math.min(view.assets, dice.pick([2, 2, 3])),
      baseUnit: this.huge ? 1 : dice.pick(calm ? [1, 1, 10, 4096] : [1, 10, 0, 0xffffffff]),
      feeCap: calm || dice.chance(0.9) ? dice.pick(FEES) : FEE_WHOLE + 1,
    };
  }

  /** One of them. */
  addOne(): void {
    const { dice, view } = this.hands;
    const asset = dice.between(dice.chance(0.95) ? 1 : 0, Math.max(1, view.assets + (dice.chance(0.05) ? 1 : 0)));
    const account = this.anAccount();
    dice.weighted<() => void>([
      [this.money ? 4 : 0.3, () => this.move(CommandKind.Deposit, account, asset, this.anAmount())],
      [this.money ? 4 : 0.3, () => this.move(CommandKind.Withdraw, account, asset, this.anAmount())],
      [this.money ? 3 : 0.1, () => this.moveOut(account, asset)],
      [this.money ? 3 : 0.1, () => this.moveIn(account, asset)],
      [this.money ? 3 : 0.1, () => this.moveDone()],
      [4, () => this.status(asset)],
      [2, () => this.setLimits(account)],
      [this.money ? 1 : 0.1, () => this.setFees(this.hands.anInstrument(), this.aTier())],
      [this.money ? 0.15 : 0, () => this.setAllFees(this.hands.anInstrument())],
      [0.7, () => this.kill()],
      [0.2, () => this.addAsset(false)],
    ])();
  }

  private addAsset(calm: boolean): void {
    const { dice, view } = this.hands;
    const name = NAMES[calm || dice.chance(0.6) ? view.assets : dice.below(NAMES.length)] ?? 'LAST';
    const isWrong = !calm && dice.chance(0.1);
    this.hands.admin(CommandKind.AddAsset, encodeAssetTerms({ name: isWrong ? 'a b' : name, decimals: dice.below(9) }));
  }

  private move(kind: CommandKind, account: number, asset: number, amount: bigint): void {
    const { dice, shard } = this.hands;
    const words = this.amountOf(kind, account, asset, amount);
    words[COMMAND_MIN_QUANTITY] = dice.chance(0.97) ? shard : dice.below(3);
    this.hands.push(words);
  }

  /** To the other shard. */
  private moveOut(account: number, asset: number): void {
    const { dice, shard } = this.hands;
    const words = this.amountOf(CommandKind.MoveOut, account, asset);
    words[COMMAND_TRIGGER_PRICE] = dice.chance(0.98) ? shard : dice.below(3);
    words[COMMAND_MIN_QUANTITY] = dice.chance(0.97) ? 1 - shard : dice.below(4);
    this.hands.push(words);
  }

  /** From there, mostly the next one; some again, some too early. */
  private moveIn(account: number, asset: number): void {
    const { dice, shard } = this.hands;
    const words = this.amountOf(CommandKind.MoveIn, account, asset);
    const { moves } = this.hands.view;
    const number = dice.weighted([
      [10, moves.in + 1],
      [2, moves.in],
      [1, dice.below(moves.in + 3)],
    ]);
    this.byPlatform(words, number, dice.chance(0.98) ? 1 - shard : dice.below(4));
  }

  /** Of the oldest that left, as far as they were taken. */
  private moveDone(): void {
    const { dice, shard } = this.hands;
    const words = this.hands.from(this.hands.aSession(), CommandKind.MoveDone, 0);
    words[COMMAND_ACCOUNT] = 0;
    words[COMMAND_QUANTITY] = dice.chance(0.7) ? 0 : Reason.PursesFull;
    const { moves } = this.hands.view;
    const number = dice.chance(0.8) ? moves.done + 1 : dice.below(moves.out + 2);
    this.byPlatform(words, number, dice.chance(0.98) ? 1 - shard : dice.below(4));
  }

  private byPlatform(words: Int32Array, number: number, peer: number): void {
    words[COMMAND_SESSION] = this.hands.dice.chance(0.99) ? 0 : 1;
    words[COMMAND_MIN_QUANTITY] = peer;
    writeId(words, COMMAND_CLIENT_ORDER_ID, BigInt(number));
    this.hands.push(words);
  }

  private amountOf(kind: CommandKind, account: number, asset: number, amount = this.anAmount()): Int32Array {
    const words = this.hands.from(this.hands.aSession(), kind, asset);
    words[COMMAND_ACCOUNT] = account;
    words[COMMAND_QUANTITY] = Number(BigInt.asIntN(32, amount));
    words[COMMAND_DISPLAY_QUANTITY] = Number(BigInt.asIntN(32, amount >> 32n));
    return words;
  }

  private anAmount(): bigint {
    const { dice } = this.hands;
    if (this.huge && dice.chance(0.8)) {
      return 2n ** BigInt(dice.between(30, 52)) + BigInt(dice.below(3)) - 1n;
    }
    return dice.weighted<bigint>([
      [10, BigInt(dice.between(1, 60))],
      [20, BigInt(dice.between(1, 2000))],
      [10, BigInt(dice.between(1, 50_000))],
      [2, dice.pick([0n, -1n, -50n, -(2n ** 63n)])],
      [1, dice.pick([2n ** 53n - 1n, 2n ** 52n, 2n ** 32n, 2n ** 53n, 2n ** 62n, 2n ** 63n - 1n])],
    ]);
  }

  private status(asset: number): void {
    const { dice, shard } = this.hands;
    const ofAsset = dice.chance(0.5);
    const words = this.hands.from(
      this.hands.aSession(),
      CommandKind.AccountStatus,
      ofAsset ? 0 : this.hands.anInstrument(),
    );
    if (ofAsset || dice.chance(0.02)) {
      writeId(words, COMMAND_TARGET_ID, BigInt(asset) + (dice.chance(0.02) ? 2n ** 32n : 0n));
    }
    words[COMMAND_MIN_QUANTITY] = dice.chance(0.97) ? (ofAsset ? shard : 0) : dice.below(3);
    this.hands.push(words);
  }

  /** An account, an instrument or all go out of trading, mostly not for long. */
  private kill(): void {
    const { dice, shard } = this.hands;
    const [account, instrument] = dice.weighted<readonly [number, number]>([
      [4, [this.anAccount(), 0]],
      [4, [0, this.hands.anInstrument()]],
      [0.5, [0, 0]],
      [0.2, [this.anAccount(), this.hands.anInstrument()]],
    ]);
    const turn = (killed: number): void => {
      const words = this.hands.from(this.hands.aSession(), CommandKind.Kill, instrument);
      words[COMMAND_ACCOUNT] = account;
      words[COMMAND_QUANTITY] = dice.chance(0.98) ? killed : dice.below(4);
      words[COMMAND_MIN_QUANTITY] =
        instrument !== 0 && dice.chance(0.98) ? 0 : dice.chance(0.98) ? shard : dice.below(3);
      this.hands.push(words);
    };
    turn(dice.chance(0.8) ? 1 : 0);
    for (let count = dice.below(6); count > 0; count -= 1) {
      this.hands.addOne();
    }
    turn(dice.chance(0.95) ? 0 : 1);
  }

  private setLimits(account: number): void {
    const { dice } = this.hands;
    const some = (pick: () => number): number => (dice.chance(0.3) ? pick() : 0);
    const rated = dice.chance(0.35);
    const limits: Partial<LimitTermsFields> = dice.chance(0.35)
      ? { feeTier: this.aTier() }
      : {
          orderQuantity: some(() => dice.between(1, 12)),
          orderNotional: some(() => dice.pick([0, 60, 500, 2000, 2 ** 40, Number.MAX_SAFE_INTEGER])),
          openOrders: some(() => dice.between(1, 6)),
          position: some(() => dice.pick([1, 5, 20, 60, 2 ** 33, 2 ** 36])),
          rate: rated ? dice.pick([1, 3, 1000, 20_000, 40_000, 1_000_000]) : 0,
          burst: rated ? dice.pick([1, 2, 4, 4, 1_000_000]) : 0,
          feeTier: this.aTier(),
        };
    const wrong = dice.pick<Partial<LimitTermsFields>>([
      { position: 2 ** 36 + 1 },
      { rate: 0, burst: 1 },
      { rate: 1_000_001, burst: 1 },
      { feeTier: LAST_FEE_TIER + 1 },
    ]);
    const terms = dice.chance(0.97) ? limits : { ...limits, ...wrong };
    this.hands.admin(CommandKind.SetLimits, encodeLimitTerms(terms), account);
  }

  private setFees(instrument: number, tier: number): void {
    const { dice } = this.hands;
    const maker = dice.pick([...FEES, -1000, -10_000]);
    const terms = { tier, maker, taker: dice.pick([...FEES, -1000]), auction: dice.pick([...FEES, -1]) };
    this.hands.admin(CommandKind.SetFees, encodeFeeTerms(terms), 0, 0, instrument);
  }

  /** All tiers, first what takers pay; then some makers get a part of it. */
  private setAllFees(instrument: number): void {
    const { dice } = this.hands;
    const taker = dice.pick([1, 1000, 10_000, 333_333, 500_000]);
    const set = (tier: number, maker: number): void => {
      const terms = { tier, maker, taker, auction: dice.pick([0, 1, taker]) };
      this.hands.admin(CommandKind.SetFees, encodeFeeTerms(terms), 0, 0, instrument);
    };
    for (let tier = 0; tier <= LAST_FEE_TIER; tier += 1) {
      set(tier, 0);
    }
    set(0, dice.pick([-taker, -Math.floor(taker / 2), taker]));
    set(1, dice.pick([-taker, 0, -taker - 1]));
  }

  private anAccount(): number {
    const { dice, view } = this.hands;
    return dice.chance(0.95) ? dice.between(1, view.accounts) : dice.pick([0, 0, view.accounts + 1, 0xffffffff]);
  }

  private aTier(): number {
    const { dice } = this.hands;
    return dice.chance(0.97) ? dice.pick([0, 0, 0, 1, 1, 2, LAST_FEE_TIER]) : LAST_FEE_TIER + 1;
  }
}
