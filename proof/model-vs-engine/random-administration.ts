/**
 * Random admin records: accounts, instruments and keys, mostly right. Any thread.
 */
import { ANY_SHARD, encodeAccountTerms, encodeInstrumentTerms, encodeKeyTerms } from '../../schemas/admin.js';
import { CommandKind, Right } from '../../schemas/codes.js';
import type { Hands, MoneyMaker } from './random-money.js';

const SYMBOLS = ['AAA', 'BBB-1', 'C/D', 'x.y_z', 'E', 'F'] as const;

export class AdminMaker {
  constructor(
    private readonly hands: Hands,
    private readonly money: MoneyMaker,
    /** Instruments take all prices there are. */
    private readonly wanders: boolean,
    /** And the largest quantities. */
    private readonly huge: boolean,
  ) {}

  /** One of them; `center`: about what is traded at. */
  addOne(center: number): void {
    this.hands.dice.weighted<() => void>([
      [2, () => this.addAccount(false)],
      [2, () => this.addInstrument(false, center)],
      [3, () => this.addKey()],
      [2, () => this.revokeKey()],
    ])();
  }

  /** calm: without tricks. */
  addAccount(calm: boolean): void {
    const { dice } = this.hands;
    const name = !calm && dice.chance(0.05) ? '' : 'someone';
    const selfTradeGroup = dice.pick([0, 0, 7, 0xffffffff]);
    this.hands.admin(CommandKind.AddAccount, encodeAccountTerms({ name, selfTradeGroup }));
  }

  addInstrument(calm: boolean, center: number): void {
    const { dice, view, shard } = this.hands;
    const priceMin = this.wanders ? -0x7fffffff : clampPrice(center - dice.pick([50, 99, 99]));
    const priceMax = this.wanders ? 0x7fffffff : clampPrice(center + 100);
    const money = this.money.terms(calm);
    const symbol = SYMBOLS[calm || dice.chance(0.8) ? view.instruments : dice.below(SYMBOLS.length)] ?? 'LAST';
    const units = calm ? ([1, 1, 1, 3] as const) : ([1, 1, 7, 0xffffffff] as const);
    this.hands.admin(
      CommandKind.AddInstrument,
      encodeInstrumentTerms({
        symbol,
        shard: dice.weighted([
          [6, shard],
          [1, ANY_SHARD],
          [calm ? 0 : 0.5, 3],
        ]),
        priceMin: !calm && dice.chance(0.05) ? priceMax : priceMin,
        priceMax: !calm && dice.chance(0.1) ? priceMin : priceMax,
        quantityMax: this.huge ? 0xffffffff : dice.pick([60, 60, 1 << 19]),
        unit: dice.pick<number>(this.huge ? [1, 1000, 1300] : units),
        ...money,
        referencePrice: dice.chance(0.5) ? null : center,
        priceDecimals: 0,
        quantityDecimals: 0,
      }),
    );
  }

  private addKey(): void {
    const { dice, view } = this.hands;
    const publicKey = new Uint8Array(dice.chance(0.9) ? 32 : 31).fill(dice.below(256));
    const rights = dice.chance(0.9) ? Right.Read | Right.Trade : dice.below(40);
    const parts = encodeKeyTerms({ publicKey, rights, label: 'a key' });
    this.hands.admin(CommandKind.AddKey, parts, dice.between(1, view.accounts + (dice.chance(0.1) ? 1 : 0)));
  }

  private revokeKey(): void {
    const { dice, view } = this.hands;
    this.hands.admin(CommandKind.RevokeKey, new Int32Array(), 0, dice.between(1, view.keys + 1));
  }
}

export function clampPrice(price: number): number {
  return Math.max(-0x7fffffff, Math.min(0x7fffffff, price));
}
