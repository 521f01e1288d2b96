/**
 * Tells the producer of one command ring which command sequences its slots were given.
 * Written by the shard while it takes, read by the gateway that owns the ring: one writer, one reader, one pair of
 * (ring, shard). The reader joins events to what it sent by command sequence; events alone do not say it, because they
 * carry the session of the order they are about, which may be another one's than the sender's.
 *
 *   word 0        claim      spans begun, modulo 2^32      (shard)
 *   word 32       published  spans complete, modulo 2^32   (shard)
 *   word 64 + 4n  span n & mask: first command sequence low, high; ring position of the first slot; slots
 *
 * The writer never waits: it writes over what was not read. A span covers at least one command and so at least one
 * event, hence with as many spans as the output ring has slots (and a round more) a reader that was not lapped on the
 * output ring was not lapped here; one that was calls `jumpToEnd`.
 *
 * A shard that threw may have said what never became durable. The one that comes back makes those spans void in place
 * before it gives a sequence again, and a reader that holds one looks again when it meets the new epoch.
 */

import { highWord, joinWords } from '../../schemas/layout.js';

const CLAIM = 0;
const PUBLISHED = 32;
const SPANS = 64;
const SPAN_WORDS = 4;

/** The shard's side. */
export class TakenSpans {
  /** Shared memory for at least this many spans (rounded up to a power of two, at most 2^24). */
  static create(spans: number): SharedArrayBuffer {
    if (!(spans >= 1 && spans <= 1 << 24)) throw new RangeError(`TakenSpans: ${spans} spans are not 1 to 2^24`);
    const slots = 2 ** Math.ceil(Math.log2(spans));
    return new SharedArrayBuffer((SPANS + slots * SPAN_WORDS) * 4);
  }

  readonly #words: Int32Array;
  readonly #mask: number;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.#mask = spanMask(this.#words);
  }

  /**
   * Says that `count` slots from ring position `position` on got command sequences from `firstSequence` on.
   * Call it before the events of these commands are published at any level.
   */
  push(firstSequence: number, position: number, count: number): void {
    const words = this.#words;
    const number = words[CLAIM] as number;
    Atomics.store(words, CLAIM, (number + 1) | 0);
    const at = SPANS + (number & this.#mask) * SPAN_WORDS;
    words[at] = firstSequence | 0;
    words[at + 1] = highWord(firstSequence);
    words[at + 2] = position;
    words[at + 3] = count;
    Atomics.store(words, PUBLISHED, (number + 1) | 0);
  }

  /** Makes the last spans void, as far as they say of sequences from `firstSequence` on: those will be given again. */
  voidFrom(firstSequence: number): void {
    const words = this.#words;
    const published = words[PUBLISHED] as number;
    for (let back = 1; back <= this.#mask + 1; back++) {
      const at = SPANS + ((published - back) & this.#mask) * SPAN_WORDS;
      const first = joinWords(words[at] as number, words[at + 1] as number);
      if (words[at + 3] === 0 || first < firstSequence) return;
      // The number of slots first: whoever reads in between must not take them for those of another sequence.
      Atomics.store(words, at + 3, 0);
      Atomics.store(words, at, 0);
      Atomics.store(words, at + 1, 0);
    }
  }
}

/** A reader with a cursor of its own; a gateway has one for each acknowledgement level that it serves. */
export class TakenSpansReader {
  /** The span under the cursor; meaningful after `peek` returned true. */
  firstSequence = 0;
  position = 0;
  count = 0;

  readonly #words: Int32Array;
  readonly #mask: number;
  #cursor = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.#mask = spanMask(this.#words);
    this.#cursor = Atomics.load(this.#words, PUBLISHED);
  }

  /** Reads the span under the cursor. False when there is none, or when it was written over (then `jumpToEnd`). */
  peek(): boolean {
    const words = this.#words;
    const cursor = this.#cursor;
    if (Atomics.load(words, PUBLISHED) === cursor) return false;
    const at = SPANS + (cursor & this.#mask) * SPAN_WORDS;
    this.firstSequence = joinWords(words[at] as number, words[at + 1] as number);
    this.position = words[at + 2] as number;
    this.count = words[at + 3] as number;
    return ((Atomics.load(words, CLAIM) - cursor) | 0) <= this.#mask + 1;
  }

  advance(): void {
    this.#cursor = (this.#cursor + 1) | 0;
  }

  /** Jumps over everything published so far; what it covered stays unpaired. */
  jumpToEnd(): void {
    this.#cursor = Atomics.load(this.#words, PUBLISHED);
  }

  /** Puts this cursor where another reader of the same memory stands. */
  follow(other: TakenSpansReader): void {
    this.#cursor = other.#cursor;
  }
}

function spanMask(words: Int32Array): number {
  const slots = (words.length - SPANS) / SPAN_WORDS;
  if (!(slots >= 1 && Number.isInteger(Math.log2(slots)))) throw new RangeError('TakenSpans: not its memory');
  return slots - 1;
}
