/** Amounts against whole numbers of any size: every digit that a double could lose. */

import t from 'tap';
import { Dice } from '../../proof/dice.js';
import { feeOf, shareOf } from './amounts.js';

const FEE_WHOLE = 1_000_000;
const MOST = 2 ** 52;
const MOST_WHOLE = 2 ** 36;

function exactFee(amount: number, millionths: number): number {
  return Number((BigInt(amount) * BigInt(millionths)) / BigInt(FEE_WHOLE));
}

function exactShare(amount: number, part: number, whole: number): number {
  return Number((BigInt(amount) * BigInt(part)) / BigInt(whole));
}

/** A whole number up to `most`, as often small as large, and as often just beside a power of two. */
function some(dice: Dice, most: number): number {
  const size = 2 ** dice.between(0, Math.ceil(Math.log2(most)));
  const near = dice.chance(0.3) ? size + dice.between(-1, 1) : Math.floor((size * dice.below(2 ** 31)) / 2 ** 31);
  return Math.max(0, Math.min(most, near + (dice.chance(0.5) ? dice.below(65_536) : 0)));
}

t.test('a fee is the exact product, rounded toward zero, whatever the sizes and signs', async (t) => {
  const edges = [0, 1, 999_999, 1_000_000, 1_000_001, 2 ** 32, 2 ** 50 - 1, 2 ** 50];
  const rates = [0, 1, -1, 2, 999_999, -999_999, FEE_WHOLE, -FEE_WHOLE, 333_333];
  for (const amount of edges) {
    for (const rate of rates) t.equal(feeOf(amount, rate), exactFee(amount, rate), `${amount} at ${rate}`);
  }
  const dice = new Dice(1);
  for (let count = 0; count < 20_000; count++) {
    const amount = some(dice, 2 ** 50);
    const rate = dice.between(-FEE_WHOLE, FEE_WHOLE);
    if (feeOf(amount, rate) !== exactFee(amount, rate)) t.fail(`${amount} at ${rate}`);
  }
});

t.test('a share is exact to the last digit: parts above 2^32, rests above 2^16, quotients that round up', async (t) => {
  const shares: [number, number, number][] = [
    [0, 1, 3],
    [7, 3, 3],
    [-7, 2, 3],
    [MOST, MOST_WHOLE - 1, MOST_WHOLE],
    [-MOST, MOST_WHOLE - 1, MOST_WHOLE],
    [MOST - 1, 2 ** 32 + 1, 2 ** 36 - 1],
    [MOST - 1, 3 * 2 ** 32 + 65_537, 2 ** 36 - 5],
    [65_536 * 65_535, 65_536, 65_537],
  ];
  for (const [amount, part, whole] of shares) {
    t.equal(shareOf(amount, part, whole), exactShare(amount, part, whole), `${amount} × ${part} / ${whole}`);
  }
  const dice = new Dice(2);
  for (let count = 0; count < 60_000; count++) {
    const whole = Math.max(1, some(dice, MOST_WHOLE));
    const part = dice.chance(0.02) ? whole : Math.min(whole, some(dice, whole));
    const amount = some(dice, MOST) * (dice.chance(0.5) ? 1 : -1);
    if (shareOf(amount, part, whole) !== exactShare(amount, part, whole)) t.fail(`${amount} × ${part} / ${whole}`);
  }
});
