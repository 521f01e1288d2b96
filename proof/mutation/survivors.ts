/**
 * Mutants that no test can see, or need not, each with the reason. Data only: `make mutation-score` holds it to what
 * survives, and a test to the lines that there are.
 */

export interface Survivor {
  /** From the root of the tree. */
  readonly file: string;
  /** The line on which the mutant begins, without the space around it. */
  readonly line: string;
  /** What stands in its place, as Stryker prints it, spaces as one; empty: whatever it is. */
  readonly to: string;
  readonly reason: string;
}

export const SURVIVORS: readonly Survivor[] = [];
