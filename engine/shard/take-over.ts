/**
 * What a shard that comes back in its process does with the memory that gateways read meanwhile: it goes on where the thread
 * before it stood, which had made durable all that it published. The shard's thread, behind its recovery.
 */

import type { Engine } from '../engine.js';
import type { OutputRing } from '../ring/output-ring.js';
import type { TakenSpans } from './taken-spans.js';

export interface TakenOver {
  readonly output: OutputRing;
  readonly spans: readonly (TakenSpans | null)[];
  /** AdminLog of shard 0; the engine recovered into one of its own. */
  readonly adminLog: SharedArrayBuffer | null;
}

/** `engine` is recovered, in `epoch`. Throws when what others have seen is not what it recovered. */
export function takeOver({ output, spans, adminLog }: TakenOver, engine: Engine, epoch: number): void {
  // Sequences that are given again: before the epoch, which tells gateways to look again.
  for (const told of spans) told?.voidFrom(engine.commandSequence + 1);
  if (adminLog !== null) engine.adminLog?.goOnIn(adminLog);
  output.goOn(engine.eventSequence, epoch);
}
