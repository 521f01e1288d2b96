// bench/results.json as it is read here: runs by name, each with its figures and the conditions under which they came
// out. Written by bench/kept-results.ts. Runs in the tools' main thread.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const RESULTS_PATH = 'bench/results.json';

export interface KeptFigure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Least and greatest of the repeats. */
  readonly spread?: readonly [number, number];
  readonly ratio?: number;
  readonly baseline?: string;
  readonly target?: string;
  /** Whether the target is kept. */
  readonly met?: boolean;
}

export interface KeptCurve {
  readonly plot: string;
  readonly line: string;
  readonly points: readonly (readonly [number, number])[];
}

export interface KeptRun {
  readonly command: string;
  readonly commit: string;
  readonly date: string;
  readonly machine: string;
  /** Of the minute before; null when nobody noted it. */
  readonly load: number | null;
  readonly conditions: readonly string[];
  readonly figures: readonly KeptFigure[];
  readonly curves: readonly KeptCurve[];
}

/** Runs by name, in the order of the names; none when the file is not there. Throws when it is not what is kept there. */
export function readResults(root: string): (readonly [name: string, run: KeptRun])[] {
  const path = join(root, RESULTS_PATH);
  if (!existsSync(path)) return [];
  const parsed = JSON.parse(readFileSync(path, 'utf8')) as { runs?: Record<string, KeptRun> };
  const runs = Object.entries(parsed.runs ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, run] of runs) {
    if (!Array.isArray(run.figures) || !Array.isArray(run.conditions) || !Array.isArray(run.curves)) {
      throw new Error(`${RESULTS_PATH}: the run ${name} has no figures, conditions and curves`);
    }
    for (const figure of run.figures) {
      if (typeof figure.value !== 'number' || typeof figure.unit !== 'string') {
        throw new Error(`${RESULTS_PATH}: ${name} ${figure.name} is no figure`);
      }
    }
  }
  return runs;
}
