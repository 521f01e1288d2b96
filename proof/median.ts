/** The middle of measured numbers, by which runs are compared. Any thread. */

/** The middle one; of an even number the upper of the two. 0 when there is none. */
export function medianOf(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
