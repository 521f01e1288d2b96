/**
 * What a bench hands back, and the arithmetic that all of them share: medians with their spread, ratios within a run,
 * and what makes a run void. Pure functions, any thread.
 */

import { medianOf } from '../proof/median.js';

/** full: what is recorded. quick: the same in seconds. small: the least that shows that it works, for the tests. */
export type BenchSize = 'full' | 'quick' | 'small';

/** One figure, and where it is compared, with what and how far it may go. */
export interface BenchFigure {
  /** Dotted, without the bench's name: `1000.disk.p50`. */
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Least and greatest of the repeats. */
  readonly spread?: readonly [number, number];
  readonly ratio?: number;
  /** What the ratio is to, without spaces. */
  readonly baseline?: string;
  /** Of the ratio where there is one, else of the value: `<=1.4` or `>=500000`. */
  readonly target?: string;
}

/** Points of one line of a plot. */
export interface BenchCurve {
  /** Of curves with the same plot, one picture is made. */
  readonly plot: string;
  readonly line: string;
  readonly points: readonly (readonly [number, number])[];
}

export interface BenchOutcome {
  readonly figures: readonly BenchFigure[];
  /** Load, mix, repeats: one sentence each. */
  readonly conditions: readonly string[];
  readonly curves: readonly BenchCurve[];
  /** Why it is void; empty when it counts. */
  readonly voids: readonly string[];
}

export interface BenchRequest {
  readonly size: BenchSize;
  readonly say: (line: string) => void;
}

export interface Bench {
  readonly name: string;
  run(request: BenchRequest): Promise<BenchOutcome>;
}

/** A figure out of repeats: the median, and the spread when there are several. */
export function figureOf(
  name: string,
  unit: string,
  repeats: readonly number[],
  more: Pick<BenchFigure, 'ratio' | 'baseline' | 'target'> = {},
): BenchFigure {
  const spread = repeats.length < 2 ? {} : { spread: [Math.min(...repeats), Math.max(...repeats)] as const };
  return { name, value: medianOf(repeats), unit, ...spread, ...more };
}

/** Whether a figure keeps its target; null when it has none. Throws on a target that is none. */
export function meetsTarget({ value, ratio, target, name }: BenchFigure): boolean | null {
  if (target === undefined) return null;
  const parsed = /^(<=|>=)(\d+(?:\.\d+)?)$/.exec(target);
  if (parsed === null) throw new Error(`The target of ${name} is not one: ${target}`);
  const bound = Number(parsed[2]);
  return parsed[1] === '<=' ? (ratio ?? value) <= bound : (ratio ?? value) >= bound;
}
