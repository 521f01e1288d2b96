/**
 * How fast a journal is played again and how soon a platform takes orders after a kill, over a journal of the flow.
 * Bench's process, which is also the one that places the order.
 */

import type { BenchOutcome, BenchRequest, BenchSize } from '../outcome.js';
import { figureOf } from '../outcome.js';
import { measureStarts } from './start.js';

const REPLAY = '>=3';
const FIRST_ORDER = '<=2000';

interface RecoverySize {
  readonly commands: number;
  readonly starts: number;
}

const SIZES: Readonly<Record<BenchSize, RecoverySize>> = {
  full: { commands: 1_000_000, starts: 5 },
  quick: { commands: 1_000_000, starts: 2 },
  small: { commands: 5_000, starts: 1 },
};

export async function benchRecovery({ size, say }: BenchRequest): Promise<BenchOutcome> {
  const { commands, starts } = SIZES[size];
  const { journaled, firstOrderMs, recoveryMs } = await measureStarts({ commands, starts, say });
  return {
    figures: [
      figureOf(
        'replay',
        'Mcommands/s',
        recoveryMs.map((ms) => Number((journaled / ms / 1000).toFixed(2))),
        { target: REPLAY },
      ),
      figureOf(
        'first_order',
        'ms',
        firstOrderMs.map((ms) => Math.round(ms)),
        { target: FIRST_ORDER },
      ),
    ],
    curves: [],
    conditions: [
      `a journal of ${journaled} commands of flow_normal over the socket, the platform killed, ${starts} starts`,
      'replay: verification of the journal, every command through the engine, every event compared; first order: from the spawn to the acceptance of an order of another process',
    ],
    voids: journaled < commands ? [`the journal holds ${journaled} commands, ${commands} were to be`] : [],
  };
}
