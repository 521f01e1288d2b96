/** Runs benches one behind the other, prints their figures and says which of them count. Bench's process. */

import { printResult } from '../proof/result.js';
import { type Bench, type BenchFigure, type BenchOutcome, type BenchSize, meetsTarget } from './outcome.js';

export interface BenchRun {
  readonly benches: readonly Bench[];
  readonly size: BenchSize;
  readonly say: (line: string) => void;
  /** Told before a bench; what it returns is told what came out, when that counts. */
  readonly begin: (name: string) => (outcome: BenchOutcome) => void;
}

/** True when all of them count: none is void or broke off. A target that is missed is said; it is a figure, not an error. */
export async function runBenches({ benches, size, say, begin }: BenchRun): Promise<boolean> {
  let allCount = true;
  for (const { name, run } of benches) {
    say(`bench ${name} (${size})`);
    const keep = begin(name);
    const startedMs = performance.now();
    const outcome = await run({ size, say }).catch((error: unknown) => {
      say(`bench ${name} broke off: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    });
    say(`bench ${name} took ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
    if (outcome === null) {
      allCount = false;
      continue;
    }
    for (const figure of outcome.figures) print(name, figure, say);
    for (const why of outcome.voids) say(`void: ${name}: ${why}`);
    if (outcome.voids.length > 0) allCount = false;
    else keep(outcome);
  }
  return allCount;
}

function print(bench: string, figure: BenchFigure, say: (line: string) => void): void {
  const { name, value, unit, ratio, baseline, target } = figure;
  printResult(`${bench}.${name}`, value, unit, ratio, baseline);
  if (meetsTarget(figure) === false) say(`target missed: ${bench}.${name} is ${ratio ?? value}, wanted ${target}`);
}
