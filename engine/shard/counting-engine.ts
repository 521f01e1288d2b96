/**
 * A tiny deterministic engine for tests of round and recovery: events are numbers that follow from all commands so far.
 *
 *   New: 1 + quantity % 4 events. MassCancel: `quantity` events, over Continues when they are too many. AddAccount: one
 *   event for the head and all Parts behind it. SessionOpen and SessionLost: one, and the open incarnations.
 *   Continue: the rest of the oldest MassCancel. ReferencePrice: one, and `quantity` timers are due at its time and
 *   100 µs. Due: of the first of them, `price` events each. Anything else: one.
 */

import { CommandKind } from '../../schemas/codes.js';
import {
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_KIND_WORD,
  COMMAND_PRICE,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  COMMAND_TIME_US,
  COMMAND_WORDS,
  EVENT_ACCOUNT_SEQUENCE,
  EVENT_CLIENT_ORDER_ID,
  EVENT_COMMAND_SEQUENCE,
  EVENT_KIND_WORD,
  EVENT_ORDER_ID,
  EVENT_SEQUENCE,
  EVENT_TIME_US,
  EVENT_WORDS,
  highWord,
  joinWords,
} from '../../schemas/layout.js';
import type { ShardEngine } from './shard-engine.js';

export class CountingEngine implements ShardEngine {
  commandSequence = 0;
  eventSequence = 0;
  highestIncarnation = 0;
  /** A number that follows from every word of every command: equal histories, equal numbers. */
  state = 1;
  readonly #maxEvents: number;
  readonly #open = new Set<number>();
  /** [command sequence, events left] of what waits for a Continue. */
  readonly #waiting: Array<[number, number]> = [];
  #events: Int32Array = new Int32Array(0);
  #timers = 0;
  #dueUs = 0;
  #eventsOfTimer = 0;

  constructor(maxEventsPerCommand: number) {
    this.#maxEvents = maxEventsPerCommand;
  }

  get operationsInProgress(): number {
    return this.#waiting.length;
  }

  get nextDueUs(): number {
    return this.#timers > 0 ? this.#dueUs : Number.POSITIVE_INFINITY;
  }

  openIncarnations(): Uint32Array {
    return Uint32Array.from(this.#open);
  }

  /** Throws from the command on that has this number; 0: never. */
  wrongFrom = 0;
  /** Times that it was asked. */
  addedUp = 0;

  addUp(): void {
    this.addedUp += 1;
    if (this.wrongFrom > 0 && this.commandSequence >= this.wrongFrom) throw new Error('the purses do not add up');
  }

  attach(events: Int32Array): void {
    this.#events = events;
  }

  apply(commands: Int32Array, at: number, eventAt: number, endAt: number): number {
    const kind = (commands[at + COMMAND_KIND_WORD] ?? 0) & 0xff;
    let records = 1;
    if (kind === CommandKind.AddAccount) {
      for (let next = at + COMMAND_WORDS; next < endAt; next += COMMAND_WORDS) {
        if (((commands[next + COMMAND_KIND_WORD] ?? 0) & 0xff) !== CommandKind.Part) {
          break;
        }
        records += 1;
      }
    }
    for (let word = at; word < at + records * COMMAND_WORDS; word += 1) {
      this.state = (Math.imul(this.state, 31) + (commands[word] ?? 0)) | 0;
    }
    const sequence = this.commandSequence + 1;
    this.commandSequence += records;
    const quantity = commands[at + COMMAND_QUANTITY] ?? 0;
    if (kind === CommandKind.Continue) {
      return this.#goOn(commands, at, eventAt);
    }
    if (kind === CommandKind.MassCancel) {
      const now = Math.min(quantity, this.#maxEvents);
      if (quantity > now) {
        this.#waiting.push([sequence, quantity - now]);
      }
      return this.#write(commands, at, eventAt, sequence, now);
    }
    if (kind === CommandKind.ReferencePrice) {
      this.#timers += quantity;
      this.#dueUs = joinWords(commands[at + COMMAND_TIME_US] ?? 0, commands[at + COMMAND_TIME_US + 1] ?? 0) + 100;
      this.#eventsOfTimer = commands[at + COMMAND_PRICE] ?? 0;
    } else if (kind === CommandKind.Due) {
      this.#timers -= 1;
      return this.#write(commands, at, eventAt, sequence, this.#eventsOfTimer);
    }
    this.#session(kind, commands[at + COMMAND_SESSION] ?? 0);
    return this.#write(commands, at, eventAt, sequence, kind === CommandKind.New ? 1 + (quantity % 4) : 1);
  }

  #goOn(commands: Int32Array, at: number, eventAt: number): number {
    const oldest = this.#waiting[0];
    if (oldest === undefined) {
      return 0;
    }
    const now = Math.min(oldest[1], this.#maxEvents);
    oldest[1] -= now;
    if (oldest[1] === 0) {
      this.#waiting.shift();
    }
    return this.#write(commands, at, eventAt, oldest[0], now);
  }

  #session(kind: number, incarnation: number): void {
    if (kind === CommandKind.SessionOpen) {
      this.#open.add(incarnation);
      this.highestIncarnation = Math.max(this.highestIncarnation, incarnation);
    } else if (kind === CommandKind.SessionLost) {
      this.#open.delete(incarnation);
    }
  }

  #write(commands: Int32Array, at: number, eventAt: number, commandSequence: number, count: number): number {
    const events = this.#events;
    for (let event = 0; event < count; event += 1) {
      this.eventSequence += 1;
      const to = (eventAt + event) * EVENT_WORDS;
      events.fill(0, to, to + EVENT_WORDS);
      events[to + EVENT_SEQUENCE] = this.eventSequence;
      events[to + EVENT_SEQUENCE + 1] = highWord(this.eventSequence);
      events[to + EVENT_COMMAND_SEQUENCE] = commandSequence;
      events[to + EVENT_COMMAND_SEQUENCE + 1] = highWord(commandSequence);
      events[to + EVENT_TIME_US] = commands[at + COMMAND_TIME_US] ?? 0;
      events[to + EVENT_TIME_US + 1] = commands[at + COMMAND_TIME_US + 1] ?? 0;
      events[to + EVENT_CLIENT_ORDER_ID] = commands[at + COMMAND_CLIENT_ORDER_ID] ?? 0;
      events[to + EVENT_CLIENT_ORDER_ID + 1] = commands[at + COMMAND_CLIENT_ORDER_ID + 1] ?? 0;
      events[to + EVENT_ORDER_ID] = this.state;
      events[to + EVENT_ACCOUNT_SEQUENCE] = event + 1;
      events[to + EVENT_KIND_WORD] = commands[at + COMMAND_KIND_WORD] ?? 0;
    }
    return count;
  }
}
