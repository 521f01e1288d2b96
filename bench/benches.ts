/** All benches of `make bench`, in the order in which they run. A new one is a line here. */

import { benchEngine } from './engine/engine.js';
import { benchGrowth } from './growth/growth.js';
import { benchHttp } from './load/http.js';
import { benchLatency } from './load/latency.js';
import { benchThroughput } from './load/throughput.js';
import { benchUsual } from './load/usual.js';
import { benchMetrics } from './metrics-cost/metrics.js';
import type { Bench } from './outcome.js';
import { benchRings } from './rings/rings.js';
import { benchRecovery } from './start/recovery.js';

export const BENCHES: readonly Bench[] = [
  { name: 'engine', run: benchEngine },
  { name: 'growth', run: benchGrowth },
  { name: 'latency', run: benchLatency },
  { name: 'throughput', run: benchThroughput },
  { name: 'http', run: benchHttp },
  { name: 'usual', run: benchUsual },
  { name: 'rings', run: benchRings },
  { name: 'metrics', run: benchMetrics },
  { name: 'recovery', run: benchRecovery },
];
