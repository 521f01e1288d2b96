/**
 * A gateway's reader of one output ring, with a second way to look: events behind any position that the ring still
 * holds, without moving the cursor on which the shard measures the lag. Gateway thread.
 *
 * Used by the matched pass, which runs ahead of the registered (durable) cursor, and by sessions that join.
 */

import * as outputReader from '../../engine/ring/output-reader.js';
import { OutputReader, type ReadUpTo } from '../../engine/ring/output-reader.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { READER_LAPPED } = outputReader;

export class OutputView extends OutputReader {
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer, reader: number) {
    super(memory, reader);
    this.#words = new Int32Array(memory);
  }

  /** Position of the last event of that level, 0 to 2^32 - 1. */
  levelPosition(upTo: ReadUpTo): number {
    return Atomics.load(this.#words, upTo) >>> 0;
  }

  /**
   * Copies at most `max` events behind `position` to `target` at word `at` and returns their number, 0 when there are
   * none up to that level, or READER_DROPPED or READER_LAPPED: then what lies in `target` must not be used.
   */
  readBehind(position: number, target: Int32Array, at: number, max: number, upTo: ReadUpTo): number {
    const from = position | 0;
    const ready = (Atomics.load(this.#words, upTo) - from) | 0;
    if (ready <= 0) return 0;
    // So far behind, the first slots are certainly written over; copying them would only be told so afterwards.
    if (ready > this.slots) return READER_LAPPED;
    const count = Math.min(ready, max);
    this.copySlots(target, at, from + 1, count);
    return this.verdict(from, count);
  }
}
