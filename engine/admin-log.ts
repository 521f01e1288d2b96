/**
 * The admin records that shard 0 has applied, as they were sequenced: each a head (its admin number in `quantity`) and
 * its Parts, one behind the other, in memory that gateways and the supervisor read.
 * Written by shard 0's thread alone; read by any thread. Readers go only up to what is published, and the shard
 * publishes only what is durable.
 *
 *   word 0 published slots │ 1 .. 15 not used │ slot 0: 16 words │ slot 1 │ ...
 *        ▲ raised after the sync               ▲ plain stores, in order
 */

import { COMMAND_BYTES, COMMAND_WORDS } from '../schemas/layout.js';
import type { Limits } from './limits.js';

const PUBLISHED = 0;
const HEADER_WORDS = 16;

export class AdminLog {
  /** The memory as words; slot n begins at word `wordOf(n)`. */
  words: Int32Array;
  readonly capacity: number;
  /** Slots that the engine has written; of the writer only. */
  written = 0;

  static create(limits: Limits): SharedArrayBuffer {
    return new SharedArrayBuffer(HEADER_WORDS * 4 + limits.adminLogBytes);
  }

  constructor(buffer: SharedArrayBuffer) {
    this.words = new Int32Array(buffer);
    this.capacity = Math.floor((buffer.byteLength - HEADER_WORDS * 4) / COMMAND_BYTES);
  }

  wordOf(slot: number): number {
    return HEADER_WORDS + slot * COMMAND_WORDS;
  }

  hasRoom(records: number): boolean {
    return this.written + records <= this.capacity;
  }

  /** Copies a head and its Parts; returns the word at which the head lies. The caller has asked hasRoom() before. */
  append(commands: Int32Array, at: number, records: number): number {
    const to = this.wordOf(this.written);
    const count = records * COMMAND_WORDS;
    for (let index = 0; index < count; index++) this.words[to + index] = commands[at + index] as number;
    this.written += records;
    return to;
  }

  /** Lets readers see all that is written: when it is durable, not before. */
  publish(): void {
    Atomics.store(this.words, PUBLISHED, this.written);
  }

  /**
   * A shard that came back recovered into memory of its own, beside those who read: it goes on in theirs. Throws unless
   * what is published there is what it recovered.
   */
  goOnIn(buffer: SharedArrayBuffer): void {
    const shared = new AdminLog(buffer);
    let isSame = shared.published() === this.written;
    for (let word = HEADER_WORDS; isSame && word < this.wordOf(this.written); word++) {
      isSame = shared.words[word] === this.words[word];
    }
    if (!isSame) {
      throw new Error(`An admin log of ${shared.published()} slots is not the recovered one of ${this.written}.`);
    }
    this.words = shared.words;
  }

  /** Slots that a reader may look at. */
  published(): number {
    return Atomics.load(this.words, PUBLISHED);
  }
}
