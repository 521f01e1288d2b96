/**
 * Exact arithmetic of amounts: whole numbers in doubles, with results and all that lies between below 2^53. Any thread.
 */

const FEE_WHOLE = 1_000_000;
/** A product below is a whole number, not a rounded one. */
const EXACT = 2 ** 53;
/** Parts are taken apart in base 2^16. */
const DIGIT = 65_536;

/**
 * `amount` × `millionths` / 1,000,000, rounded toward zero. `amount`: 0 to 2^50; `millionths`: -1,000,000 to 1,000,000. All
 * quotients are below 2^34, so that their distance from the next whole number is more than a double's error.
 */
export function feeOf(amount: number, millionths: number): number {
  if (millionths === 0) return 0;
  const rate = millionths < 0 ? -millionths : millionths;
  const product = amount * rate;
  if (product < EXACT) return millionths < 0 ? 0 - Math.floor(product / FEE_WHOLE) : Math.floor(product / FEE_WHOLE);
  const whole = Math.floor(amount / FEE_WHOLE);
  const rest = amount - whole * FEE_WHOLE;
  const fee = whole * rate + Math.floor((rest * rate) / FEE_WHOLE);
  return millionths < 0 ? 0 - fee : fee;
}

/**
 * `amount` × `part` / `whole`, rounded toward zero: a long division by three digits. `amount`: -2^52 to 2^52; `part` is at most
 * `whole`, and that is at most 2^36.
 */
export function shareOf(amount: number, part: number, whole: number): number {
  if (part === whole) return amount;
  const size = amount < 0 ? -amount : amount;
  const each = quotientOf(size, whole);
  const rest = size - each * whole;
  const upper = Math.floor(part / (DIGIT * DIGIT));
  const lower = part - upper * DIGIT * DIGIT;
  const middle = Math.floor(lower / DIGIT);
  const first = rest * upper;
  const firstDigit = quotientOf(first, whole);
  const second = (first - firstDigit * whole) * DIGIT + rest * middle;
  const secondDigit = quotientOf(second, whole);
  const third = (second - secondDigit * whole) * DIGIT + rest * (lower - middle * DIGIT);
  const share = each * part + (firstDigit * DIGIT + secondDigit) * DIGIT + quotientOf(third, whole);
  return amount < 0 ? 0 - share : share;
}

/**
 * Of two whole numbers from 0 to 2^53, rounded down. The double's quotient never rounds up to the next whole number: that is
 * at least 1 / `divisor` away, and half a unit in the quotient's last place is less.
 */
function quotientOf(dividend: number, divisor: number): number {
  return Math.floor(dividend / divisor);
}

/** How often `part` goes into a whole number at least, rounded down; a double's quotient may be rounded up. */
export function wholeShare(whole: number, part: number): number {
  const quotient = Math.floor(whole / part);
  return quotient * part <= whole ? quotient : quotient - 1;
}
