/** What the load runs (load-run.ts) know of a connection, whatever it speaks. Types alone. */

import type { LaneFrames } from '../generator/flow-lanes.js';

/** Told by one connection while a run is on. */
export interface LoadEvents {
  /** `commands` of the connection's run are answered by now, in order. */
  answered(commands: number): void;
  /** Of a report frame with answers: when the server took in the first of them and when it sent them, µs; 0: not said. */
  stamped(inUs: number, sentUs: number): void;
  /** Something came that is not the answer: the run is void. */
  wrong(what: string): void;
}

export interface LoadConnection {
  /** Of its socket, which the sender of an open run writes into. */
  readonly descriptor: number;
  /** A run begins: these frames will be written, in this order. */
  begin(events: LoadEvents, frames: LaneFrames): void;
  /** Whole masked frames. */
  write(frames: Uint8Array): void;
  close(): Promise<void>;
}
