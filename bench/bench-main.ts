/**
 * `make bench`, `make bench-quick`, `make bench BENCH=NAME`: runs the benches, prints each figure as a RESULT line, and
 * keeps what counts in bench/results.json. Exit code 1 when a bench is void or breaks off: what was kept of it before
 * stays. A target that is missed is printed and kept; it is a figure, not an error.
 *
 * Arguments: full, quick or small; names of benches, none for all. Small runs are not kept.
 */

import { printResult } from '../proof/result.js';
import { BENCHES } from './benches.js';
import { keepRun, machineNow } from './kept-results.js';
import { type BenchFigure, type BenchOutcome, type BenchSize, meetsTarget } from './outcome.js';

const SIZES: readonly string[] = ['full', 'quick', 'small'];

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function print(bench: string, figure: BenchFigure): void {
  const { name, value, unit, ratio, baseline, target } = figure;
  printResult(`${bench}.${name}`, value, unit, ratio, baseline);
  if (meetsTarget(figure) === false) say(`target missed: ${bench}.${name} is ${ratio ?? value}, wanted ${target}`);
}

/** True when it counts. */
async function runOne(name: string, size: BenchSize, run: () => Promise<BenchOutcome>): Promise<boolean> {
  say(`bench ${name} (${size})`);
  const machine = machineNow();
  let outcome: BenchOutcome;
  try {
    outcome = await run();
  } catch (error) {
    say(`bench ${name} broke off: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
  for (const figure of outcome.figures) print(name, figure);
  for (const why of outcome.voids) say(`void: ${name}: ${why}`);
  if (outcome.voids.length > 0) return false;
  if (size === 'full') keepRun('runs', name, `make bench BENCH=${name}`, machine, outcome);
  if (size === 'quick') keepRun('quick', name, `make bench-quick BENCH=${name}`, machine, outcome);
  return true;
}

async function main(): Promise<number> {
  const [size = 'full', ...names] = process.argv.slice(2);
  const unknown = names.filter((name) => !BENCHES.some((bench) => bench.name === name));
  if (!SIZES.includes(size) || unknown.length > 0) {
    const all = BENCHES.map(({ name }) => name).join(', ');
    say(`There is no ${unknown.length > 0 ? `bench ${unknown.join(', ')}` : `size ${size}`}: the benches are ${all}.`);
    return 1;
  }
  let counted = true;
  for (const bench of BENCHES) {
    if (names.length > 0 && !names.includes(bench.name)) continue;
    const request = { size: size as BenchSize, say };
    if (!(await runOne(bench.name, request.size, () => bench.run(request)))) counted = false;
  }
  return counted ? 0 : 1;
}

process.exitCode = await main();
