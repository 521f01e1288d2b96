/**
 * What is durable of a shard's money on its way (transit.ts), for the supervisor: for each other shard the oldest move that
 * has not ended, and the last one that came from there with what became of it.
 * Written by the shard's thread behind a sync, read by any thread: a reader that meets a write reads again.
 *
 *   double 0  version: odd while it is written
 *   from 8 on, 8 doubles a shard:  0 number of the oldest move to it, 0: none   1 account   2 asset   3 amount
 *                                  4 number of the last move from it            5 its result: 0, or a Reason
 */

import { MOST_SHARDS, type Transit } from './transit.js';

const VERSION = 0;
const HEADER = 8;
const ENTRY = 8;

export interface OldestMove {
  readonly number: number;
  readonly account: number;
  readonly asset: number;
  readonly amount: number;
}

export class TransitBoard {
  private readonly versions: Int32Array;
  private readonly numbers: Float64Array;
  /** Changes of the transit that are on it; of the writer only. */
  private written = -1;

  static create(): SharedArrayBuffer {
    return new SharedArrayBuffer((HEADER + MOST_SHARDS * ENTRY) * Float64Array.BYTES_PER_ELEMENT);
  }

  constructor(memory: SharedArrayBuffer) {
    this.versions = new Int32Array(memory, VERSION, 2);
    this.numbers = new Float64Array(memory);
  }

  /** Shows what the shard knows now: when that is durable, not before. */
  publish(transit: Transit): void {
    if (transit.changes === this.written) return;
    this.written = transit.changes;
    Atomics.add(this.versions, VERSION, 1);
    for (let shard = 0; shard < MOST_SHARDS; shard++) {
      const at = HEADER + shard * ENTRY;
      const row = transit.first(shard);
      this.numbers[at] = row < 0 ? 0 : (transit.ended[shard] as number) + 1;
      this.numbers[at + 1] = row < 0 ? 0 : transit.accountOf(row);
      this.numbers[at + 2] = row < 0 ? 0 : transit.assetOf(row);
      this.numbers[at + 3] = row < 0 ? 0 : transit.amountOf(row);
      this.numbers[at + 4] = transit.received[shard] as number;
      this.numbers[at + 5] = transit.results[shard] as number;
    }
    Atomics.add(this.versions, VERSION, 1);
  }

  /** The oldest move to a shard that has not ended, or null. */
  oldest(to: number): OldestMove | null {
    const at = HEADER + to * ENTRY;
    return this.read(() => {
      const [number = 0, account = 0, asset = 0, amount = 0] = this.numbers.subarray(at, at + 4);
      return number === 0 ? null : { number, account, asset, amount };
    });
  }

  /** The number of the last move that came from a shard, and what became of it: 0, or why its money goes back. */
  received(from: number): { readonly number: number; readonly result: number } {
    const at = HEADER + from * ENTRY + 4;
    return this.read(() => ({ number: this.numbers[at] ?? 0, result: this.numbers[at + 1] ?? 0 }));
  }

  private read<Value>(take: () => Value): Value {
    for (;;) {
      const before = Atomics.load(this.versions, VERSION);
      const value = take();
      if ((before & 1) === 0 && Atomics.load(this.versions, VERSION) === before) return value;
    }
  }
}
