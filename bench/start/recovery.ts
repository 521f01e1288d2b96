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
  const { journaled, firstOrderMs, recoveryMs, aloneMs } = await measureStarts({ commands, starts, deaths: 0, say });
  const speed = (ms: number) => Number((journaled / ms / 1000).toFixed(2));
  return {
    figures: [
      figureOf('replay', 'Mcommands/s', aloneMs.map(speed), { target: REPLAY }),
      figureOf('replay_in_start', 'Mcommands/s', recoveryMs.map(speed)),
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
      'replay: verification of the journal, every command through the engine, every event compared, by a process that does nothing else; replay in a start: the same beside the start of the gateway, both on two cores; first order: from the spawn to the acceptance of an order of another process',
    ],
    voids: journaled < commands ? [`the journal holds ${journaled} commands, ${commands} were to be`] : [],
  };
}
