/**
 * All memory that the platform's threads share, claimed once before any of them starts. Supervisor thread.
 *
 *   rings[producer][shard]    commands; producer 0 is the supervisor, 1 to G the gateways
 *   spans[gateway][shard]     which sequences a gateway's commands were given
 *   outputs[shard]            events; reader 0 is the supervisor, 1 to G the gateways
 *   shardBells[shard]         rung by producers        readerBells[reader]   rung by shards
 *   adminLog, status[shard], incarnation (word 0: the next one to give),
 *   gatewayProgress[gateway]  raised by a gateway that turns
 */

import type { Limits } from '../engine/limits.js';
import { CommandRing } from '../engine/ring/command-ring.js';
import { Doorbell } from '../engine/ring/doorbell.js';
import { OutputRing } from '../engine/ring/output-ring.js';
import { TakenSpans } from '../engine/shard/taken-spans.js';
import { takenSpansNeeded } from '../gateway/worker-data.js';

/** The supervisor's number among the producers of a shard and among the readers of its output ring. */
export const SUPERVISOR = 0;

export interface VenueMemory {
  readonly rings: readonly (readonly SharedArrayBuffer[])[];
  readonly spans: readonly (readonly SharedArrayBuffer[])[];
  readonly outputs: readonly SharedArrayBuffer[];
  readonly shardBells: readonly SharedArrayBuffer[];
  readonly readerBells: readonly SharedArrayBuffer[];
  readonly incarnation: SharedArrayBuffer;
  readonly gatewayProgress: readonly SharedArrayBuffer[];
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

export function claimVenueMemory(shards: number, gateways: number, limits: Limits): VenueMemory {
  const readers = gateways + 1;
  return {
    rings: times(readers, () => times(shards, () => CommandRing.create(limits.commandRingSlots))),
    spans: times(gateways, () => times(shards, () => TakenSpans.create(takenSpansNeeded(limits)))),
    outputs: times(shards, () => OutputRing.create(limits.outputRingSlots, readers)),
    shardBells: times(shards, () => Doorbell.create()),
    readerBells: times(readers, () => Doorbell.create()),
    incarnation: new SharedArrayBuffer(4),
    gatewayProgress: times(gateways, () => new SharedArrayBuffer(4)),
  };
}
