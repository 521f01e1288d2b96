/**
 * What has happened for certain: every command that was acknowledged, or came back from the journal, judged by the naive
 * model, and its events in sequence. Any thread.
 */

import type { Engine } from '../../engine/engine.js';
import { COMMAND_TARGET_ID, EVENT_WORDS } from '../../schemas/layout.js';
import { readId, writeId } from '../model/plain-records.js';
import { Judge, namesOrderId } from '../model-vs-engine/judge.js';
import type { Scenario } from '../model-vs-engine/scenario.js';

/** A command as the shard applied it, its Parts behind it, and what came of it. */
export interface AppliedCommand {
  readonly words: Int32Array;
  /** Number of its last record. */
  readonly lastSequence: number;
  readonly events: Int32Array;
}

/** Something is not as it must be; the message says what. */
export class Violation extends Error {}

export class Truth {
  private readonly judge: Judge;
  /** Event n lies at (n - 1) × 24 words of these, piece by piece. */
  private readonly pieces: Int32Array[] = [];
  private readonly firsts: number[] = [];
  commandSequence = 0;
  eventSequence = 0;

  constructor(scenario: Pick<Scenario, 'limits' | 'shard' | 'shardCount'>) {
    this.judge = new Judge(scenario);
  }

  /** The command happened. Throws a Violation when its events are not the model's. */
  add({ words, lastSequence, events }: AppliedCommand): void {
    const { model, names } = this.judge;
    const modelWords = words.slice();
    if (namesOrderId(words)) {
      writeId(modelWords, COMMAND_TARGET_ID, names.modelId(readId(words, COMMAND_TARGET_ID)));
    }
    const expected = model.apply(modelWords, 0);
    const count = events.length / EVENT_WORDS;
    const difference = this.judge.compareEvents(expected, events, 0, count);
    if (difference !== '') throw new Violation(`command ${lastSequence}: ${difference}`);
    if (model.commandSequence !== lastSequence) {
      throw new Violation(`command ${lastSequence} has number ${model.commandSequence} in the model`);
    }
    this.firsts.push(this.eventSequence + 1);
    this.pieces.push(events);
    this.commandSequence = lastSequence;
    this.eventSequence += count;
  }

  /** Throws a Violation when the engine is not what the commands come to. */
  compare(engine: Engine): void {
    const difference = this.judge.compareStates(engine);
    if (difference !== '') throw new Violation(`the state behind command ${this.commandSequence}: ${difference}`);
  }

  /** Throws a Violation when `count` events from sequence `first` on are not those that happened. */
  checkSeen(first: number, words: Int32Array, count: number): void {
    for (let event = 0; event < count; event += 1) {
      const sequence = first + event;
      if (sequence > this.eventSequence) throw new Violation(`event ${sequence} was seen and never happened`);
      const { piece, at } = this.place(sequence);
      for (let word = 0; word < EVENT_WORDS; word += 1) {
        if (words[event * EVENT_WORDS + word] !== piece[at + word]) {
          throw new Violation(`event ${sequence} was seen with another word ${word} than it has`);
        }
      }
    }
  }

  private place(sequence: number): { readonly piece: Int32Array; readonly at: number } {
    let low = 0;
    let high = this.firsts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.firsts[middle] ?? 0) <= sequence) low = middle;
      else high = middle - 1;
    }
    // Commands without an event begin where the next one does.
    while ((this.pieces[low]?.length ?? 0) === 0) low -= 1;
    const piece = this.pieces[low] as Int32Array;
    return { piece, at: (sequence - (this.firsts[low] ?? 0)) * EVENT_WORDS };
  }
}
