/**
 * Logarithmic buckets for whole numbers (microseconds, or commands of a round): each power of two has four of the same
 * width, so that a bucket is at most a quarter wider than its lower edge. Any thread; pure.
 *
 *   value   0 │ 1 │ 2 │ 3 │ 4 │ 5 │ 6 │ 7 │ 8 9 │ 10 11 │ 12 13 │ 14 15 │ 16 … 19 │ … │ 2^30 (17.9 minutes in µs) and more
 *   bucket  0   1   2   3   4   5   6   7    8      9      10      11        12            LAST_BUCKET
 */

/** Buckets of a power of two, as a power of two. */
const STEP_BITS = 2;
const STEPS = 1 << STEP_BITS;
const TOP_BIT = 30;

/** The bucket of everything from 2^30 on. */
export const LAST_BUCKET = (TOP_BIT - STEP_BITS + 1) * STEPS;
export const BUCKETS = LAST_BUCKET + 1;

/** The bucket of a whole number from 0 on; anything from 2^30 on, up to 2^31 - 1, is in the last one. */
export function bucketOf(value: number): number {
  if (value < STEPS) return value;
  const top = 31 - Math.clz32(value);
  if (top >= TOP_BIT) return LAST_BUCKET;
  return ((top - STEP_BITS + 1) << STEP_BITS) + ((value >>> (top - STEP_BITS)) & (STEPS - 1));
}

/** The smallest number that lies behind a bucket: every number in it is below. Infinity for the last one. */
export function bucketEnd(bucket: number): number {
  if (bucket >= LAST_BUCKET) return Number.POSITIVE_INFINITY;
  if (bucket < STEPS) return bucket + 1;
  const shift = (bucket >>> STEP_BITS) - 1;
  return (STEPS + (bucket & (STEPS - 1)) + 1) * 2 ** shift;
}
