/** A histogram of microseconds and what a result says of it. Any thread. */

import * as hdr from 'hdr-histogram-js';

const PERCENTILES = [50, 75, 90, 95, 97.5, 99, 99.5, 99.75, 99.9, 99.95, 99.99, 100] as const;
const MOST_US = 60_000_000;

/** Of a distribution in microseconds. */
export interface Distribution {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** Pairs of percentile and microseconds. */
  readonly curve: readonly (readonly [number, number])[];
}

export class Micros {
  readonly #histogram = hdr.build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: MOST_US,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });

  record(us: number): void {
    this.#histogram.recordValue(us < 1 ? 1 : Math.min(MOST_US, Math.round(us)));
  }

  finish(): Distribution {
    const { totalCount, mean } = this.#histogram;
    const at = (percentile: number) => this.#histogram.getValueAtPercentile(percentile);
    return {
      count: totalCount,
      mean: totalCount === 0 ? 0 : Math.round(mean * 10) / 10,
      p50: at(50),
      p90: at(90),
      p99: at(99),
      p999: at(99.9),
      max: at(100),
      curve: PERCENTILES.map((percentile) => [percentile, at(percentile)] as const),
    };
  }
}
