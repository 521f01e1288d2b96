/**
 * How full the rings are, read from their words by someone who is neither side of them: at no cost to those who are.
 * Any thread, now and then.
 */

import {
  COMMAND_RING_PUBLISHED,
  COMMAND_RING_RELEASED,
  OUTPUT_RING_DURABLE,
  OUTPUT_RING_READERS,
  outputCursorWord,
  outputGenerationWord,
  outputJoinedWord,
} from '../../engine/ring/ring-layout.js';

export class RingDepth {
  readonly producer: number;
  readonly shard: number;
  readonly #words: Int32Array;

  /** `memory`: a CommandRing. */
  constructor(memory: SharedArrayBuffer, producer: number, shard: number) {
    this.producer = producer;
    this.shard = shard;
    this.#words = new Int32Array(memory);
  }

  /** Commands that were published and not released. */
  depth(): number {
    // Released first: it never passes published, so a look later at that one is never below it.
    const released = Atomics.load(this.#words, COMMAND_RING_RELEASED);
    return (Atomics.load(this.#words, COMMAND_RING_PUBLISHED) - released) | 0;
  }
}

export class OutputLags {
  readonly shard: number;
  readonly #words: Int32Array;

  /** `memory`: an OutputRing. */
  constructor(memory: SharedArrayBuffer, shard: number) {
    this.shard = shard;
    this.#words = new Int32Array(memory);
  }

  /** Of each live reader its number and how many durable events it has not read. */
  lags(): (readonly [number, number])[] {
    const words = this.#words;
    const found: (readonly [number, number])[] = [];
    for (let reader = 0; reader < (words[OUTPUT_RING_READERS] as number); reader++) {
      const joined = Atomics.load(words, outputJoinedWord(reader));
      if (joined !== Atomics.load(words, outputGenerationWord(reader))) continue;
      const cursor = Atomics.load(words, outputCursorWord(reader));
      found.push([reader, Math.max(0, (Atomics.load(words, OUTPUT_RING_DURABLE) - cursor) | 0)]);
    }
    return found;
  }
}
