/** What counting costs, as one of the benches: the same load with metrics on and off in turn. Bench's process. */

import type { BenchOutcome, BenchRequest, BenchSize } from '../outcome.js';
import { measureCost } from './metrics-cost.js';

const MOST_PERCENT = '<=2';

/** How much of a load a pair gets, and how many pairs. */
const SIZES: Readonly<Record<BenchSize, readonly [load: BenchSize, pairs: number]>> = {
  full: ['quick', 8],
  quick: ['quick', 1],
  small: ['small', 1],
};

export async function benchMetrics({ size, say }: BenchRequest): Promise<BenchOutcome> {
  const [load, pairs] = SIZES[size];
  const costs = await measureCost('metrics', load, pairs, say);
  const percent = (share: number) => Number(share.toFixed(2));
  return {
    figures: costs.flatMap(({ perFrame, ratePercent, rateSpread: [least, most], cpuPercent }) => [
      {
        name: `throughput_lost.frames_of_${perFrame}`,
        value: percent(ratePercent),
        unit: '%',
        spread: [percent((1 - most) * 100), percent((1 - least) * 100)] as const,
        target: MOST_PERCENT,
      },
      { name: `processor_added.frames_of_${perFrame}`, value: percent(cpuPercent), unit: '%' },
    ]),
    curves: [],
    conditions: [
      `two platforms, --metrics on and --metrics off, the same closed loop at level disk in turn; the median of ${pairs} pairs`,
      'a negative number: no cost that could be seen; every command of the load is in the metrics, and the stages add up',
    ],
    voids: [],
  };
}
