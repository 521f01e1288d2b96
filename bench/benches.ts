/** All benches of `make bench`, in the order in which they run. A new one is a line here. */

import { benchEngine } from './engine/engine.js';
import { benchHttp } from './load/http.js';
import { benchLatency } from './load/latency.js';
import { benchMetrics } from './load/metrics.js';
import { benchRecovery } from './load/recovery.js';
import { benchRings } from './load/rings.js';
import { benchThroughput } from './load/throughput.js';
import { benchUsual } from './load/usual.js';
import type { Bench } from './outcome.js';

export const BENCHES: readonly Bench[] = [
  { name: 'engine', run: benchEngine },
  { name: 'latency', run: benchLatency },
  { name: 'throughput', run: benchThroughput },
  { name: 'http', run: benchHttp },
  { name: 'usual', run: benchUsual },
  { name: 'rings', run: benchRings },
  { name: 'metrics', run: benchMetrics },
  { name: 'recovery', run: benchRecovery },
];
