/**
 * `make bench-metrics`, `make bench-auditor`: the same load on a platform with metrics (the auditor) and on one without, in
 * turn, PAIRS=16 times for each size of frames. Exit code 0 only when the median pair loses less than 2% of the throughput by
 * the metrics; what the auditor costs is shown. SIZE=full|quick|small. Argument: which of the two.
 */

import { printResult } from '../../proof/result.js';
import { endWith } from '../end-with.js';
import type { BenchSize } from '../outcome.js';
import { COST_OF, measureCost } from './metrics-cost.js';

const MOST_PERCENT = 2;
const DEFAULT_PAIRS = 16;
const SIZES: readonly string[] = ['full', 'quick', 'small'] satisfies BenchSize[];

function isSize(text: string): text is BenchSize {
  return SIZES.includes(text);
}

async function main(): Promise<number> {
  const pairs = Number(process.env.PAIRS || DEFAULT_PAIRS);
  const size = process.env.SIZE || 'quick';
  if (!Number.isInteger(pairs) || pairs < 1 || !isSize(size)) {
    process.stderr.write('PAIRS is a whole number from 1, SIZE is full, quick or small.\n');
    return 1;
  }
  const what = COST_OF.find((known) => known === process.argv[2]) ?? 'metrics';
  const costs = await measureCost(what, size, pairs, (line) => process.stderr.write(`${line}\n`));
  let worst = 0;
  for (const { perFrame, ratePercent, rateRatio, rateSpread, cpuPercent, cpuRatio, cpuUs } of costs) {
    const [least, most] = rateSpread;
    process.stdout.write(
      `frames of ${perFrame}: throughput of the pairs ${least.toFixed(3)} to ${most.toFixed(3)} of off, whose processor time is ${cpuUs.toFixed(2)} µs a command\n`,
    );
    printResult(`${what}.cost.${perFrame}`, ratePercent.toFixed(2), '%', rateRatio.toFixed(4), 'off');
    printResult(`${what}.cpu.${perFrame}`, cpuPercent.toFixed(2), '%', cpuRatio.toFixed(4), 'off');
    worst = Math.max(worst, ratePercent);
  }
  if (what === 'auditor' || worst < MOST_PERCENT) return 0;
  process.stderr.write(`The metrics cost ${worst.toFixed(2)}% of the throughput, ${MOST_PERCENT}% are allowed.\n`);
  return 1;
}

endWith(main());
