/**
 * The memory that /metrics is made from, claimed before any thread starts: what each thread counts in, and the rings and
 * status words, which say how full they are at no cost to anyone. Any thread.
 */

import { MetricWords } from '../../engine/metrics/metric-words.js';
import { ShardMetrics } from '../../engine/metrics/shard-metrics.js';
import { AUDIT_WORDS, GATEWAY_WORDS, MAIN_WORDS } from '../../engine/metrics/words.js';

export interface MetricsMemory {
  /** Of the platform. */
  readonly version: string;
  /** ShardMetrics of each shard. */
  readonly shards: readonly SharedArrayBuffer[];
  /** MetricWords of the auditor (AUDIT_WORDS), by shard. */
  readonly audits: readonly SharedArrayBuffer[];
  /** MetricWords of each gateway (GATEWAY_WORDS): gateway g writes the g-th. */
  readonly gateways: readonly SharedArrayBuffer[];
  /** MetricWords of the main thread (MAIN_WORDS). */
  readonly main: SharedArrayBuffer;
  /** CommandRing of each producer (0 the supervisor, 1 to G the gateways) to each shard. */
  readonly rings: readonly (readonly SharedArrayBuffer[])[];
  /** ShardStatus of each shard. */
  readonly statuses: readonly SharedArrayBuffer[];
}

/** `on` false: nothing is counted, whoever asks. */
export function claimMetrics(
  version: string,
  rings: MetricsMemory['rings'],
  statuses: MetricsMemory['statuses'],
  on: boolean,
): MetricsMemory {
  const gateways = Math.max(0, rings.length - 1);
  return {
    version,
    shards: statuses.map(() => ShardMetrics.create(on)),
    audits: statuses.map(() => MetricWords.create(AUDIT_WORDS, on)),
    gateways: Array.from({ length: gateways }, () => MetricWords.create(GATEWAY_WORDS, on)),
    main: MetricWords.create(MAIN_WORDS, on),
    rings,
    statuses,
  };
}
