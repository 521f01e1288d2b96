/** All benches of `make bench`, in the order in which they run. A new one is a line here. */

import { benchHttp } from './load/http.js';
import { benchLatency } from './load/latency.js';
import { benchRecovery } from './load/recovery.js';
import { benchRings } from './load/rings.js';
import { benchThroughput } from './load/throughput.js';
import { benchUsual } from './load/usual.js';
import type { Bench } from './outcome.js';

export const BENCHES: readonly Bench[] = [
  { name: 'latency', run: benchLatency },
  { name: 'throughput', run: benchThroughput },
  { name: 'http', run: benchHttp },
  { name: 'usual', run: benchUsual },
  { name: 'rings', run: benchRings },
  { name: 'recovery', run: benchRecovery },
];
