/**
 * Whether the positions of a shard's consumers go with its journal: what they have ends with a group, what they lack is there,
 * and it lies where they say. For `verify`; any thread.
 */

import type { Disk } from '../journal/disk.js';
import { type Consumer, listConsumers } from '../retention/consumers.js';

export class ConsumerPlaces {
  readonly #consumers: readonly Consumer[];
  readonly #problems: string[];
  /** Segments of groups that begin behind what a consumer has, by its last event. */
  readonly #found = new Map<number, number>();
  readonly #wanted: ReadonlySet<number>;
  #first = 0;
  /** Consumers that `problems` had nothing against. */
  good = 0;

  /** Reads their files. */
  constructor(disk: Disk, journal: string) {
    const { consumers, damaged } = listConsumers(disk, journal);
    this.#consumers = consumers;
    this.#problems = damaged.map(({ name, path }) => `The position of the consumer "${name}" is damaged: ${path}.`);
    this.#wanted = new Set(consumers.map(({ eventSequence }) => eventSequence));
  }

  /** A record that was read: its segment, and its first and last event; last is below first when it has none. */
  group(segment: number, firstEvent: number, lastEvent: number): void {
    if (this.#first === 0) this.#first = firstEvent;
    // A group that was written again into a new segment counts there.
    if (lastEvent >= firstEvent && this.#wanted.has(firstEvent - 1)) this.#found.set(firstEvent - 1, segment);
  }

  /** A sentence each. Once all was read. */
  problems(firstSegment: number, lastSegment: number, lastEvent: number): readonly string[] {
    const found = this.#consumers.flatMap((consumer) => {
      const problem = this.#problem(consumer, firstSegment, lastSegment, lastEvent);
      return problem === null ? [] : [`The consumer "${consumer.name}" ${problem}.`];
    });
    this.good = this.#consumers.length - found.length;
    return [...this.#problems, ...found];
  }

  #problem({ segment, eventSequence }: Consumer, firstSegment: number, lastSegment: number, lastEvent: number) {
    if (eventSequence > lastEvent) return `has event ${eventSequence}, but the journal ends with ${lastEvent}`;
    if (segment > lastSegment) return `goes on with segment ${segment}, but the last one is ${lastSegment}`;
    if (eventSequence < lastEvent && eventSequence + 1 < this.#first) {
      return `lacks event ${eventSequence + 1}, but the journal begins with ${this.#first} in segment ${firstSegment}`;
    }
    const at = eventSequence === lastEvent ? lastSegment : this.#found.get(eventSequence);
    if (at === undefined) return `has event ${eventSequence}, in the middle of a group`;
    return segment > at ? `goes on with segment ${segment}, but what it lacks begins in ${at}` : null;
  }
}
