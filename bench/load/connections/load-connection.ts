/** What the load runs (load-run.ts) know of a connection, whatever it speaks. Types alone. */

/** What one connection sends, in its order. */
export interface LaneFrames {
  /** Masked frames, one behind the other; in shared memory, for the sender's thread. */
  readonly bytes: Buffer;
  /** Where each frame ends. */
  readonly ends: Uint32Array;
  /** The client order id's counter of each command. */
  readonly counters: Uint32Array;
  /** The first command of each frame, as an index of `counters`; one entry more than frames. */
  readonly firstCommands: Uint32Array;
}

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
