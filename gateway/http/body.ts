/**
 * Reading request bodies: bounded in bytes and time, and in how many are read at once. Gateway thread.
 *
 * A body that came with its head, as nearly all do, is handed on as it lies in the library's memory, without a copy.
 */

import type { Clock } from '../clock.js';
import type { HttpResponse } from '../uws.js';

/** Whoever waits for a body. One of the three is called, once. */
export interface BodyReader {
  /** Valid until the call returns. */
  body(bytes: Uint8Array): void;
  /** Longer than allowed: what follows of it is not read. */
  tooLong(): void;
  timedOut(): void;
}

/** A body of which nothing or a part has come. */
class WaitingBody {
  readonly reader: BodyReader;
  readonly deadlineMs: number;
  over = false;
  length = 0;
  #bytes: Buffer | null = null;

  constructor(reader: BodyReader, deadlineMs: number) {
    this.reader = reader;
    this.deadlineMs = deadlineMs;
  }

  get bytes(): Uint8Array {
    return this.#bytes === null ? NOTHING : this.#bytes.subarray(0, this.length);
  }

  add(chunk: Uint8Array, max: number): void {
    const needed = this.length + chunk.length;
    if (this.#bytes === null || needed > this.#bytes.length) {
      const grown = Buffer.alloc(Math.min(max, Math.max(FIRST_BYTES, 2 * needed)));
      this.#bytes?.copy(grown, 0, 0, this.length);
      this.#bytes = grown;
    }
    this.#bytes.set(chunk, this.length);
    this.length = needed;
  }
}

const FIRST_BYTES = 4096;
const NOTHING = new Uint8Array(0);

export class Bodies {
  readonly #clock: Clock;
  readonly #maxMs: number;
  /** Oldest first. */
  readonly #waiting = new Set<WaitingBody>();

  constructor(clock: Clock, maxMs: number) {
    this.#clock = clock;
    this.#maxMs = maxMs;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Reads at most `max` bytes. Returns what is to be called when the response is aborted: nothing follows then. To be
   * called before the route's handler returns.
   */
  read(response: HttpResponse, max: number, reader: BodyReader): () => void {
    const waiting = new WaitingBody(reader, this.#clock.nowMs() + this.#maxMs);
    this.#waiting.add(waiting);
    response.onData((chunk, isLast) => {
      // What is left of a body that was refused goes on coming until the connection is closed.
      if (waiting.over) return;
      if (waiting.length + chunk.byteLength > max) {
        this.#end(waiting);
        reader.tooLong();
      } else if (!isLast) {
        waiting.add(new Uint8Array(chunk), max);
      } else if (waiting.length === 0) {
        this.#end(waiting);
        reader.body(new Uint8Array(chunk));
      } else {
        waiting.add(new Uint8Array(chunk), max);
        this.#end(waiting);
        reader.body(waiting.bytes);
      }
    });
    return () => this.#end(waiting);
  }

  /** A few times a second. */
  tick(): void {
    const nowMs = this.#clock.nowMs();
    for (const waiting of this.#waiting) {
      if (nowMs < waiting.deadlineMs) break;
      this.#end(waiting);
      waiting.reader.timedOut();
    }
  }

  #end(waiting: WaitingBody): void {
    waiting.over = true;
    this.#waiting.delete(waiting);
  }
}
