/**
 * Journaled groups put through an engine again, each event compared with the journaled one byte for byte. A shard's recovery
 * does it before it serves, the auditor while the shard serves, `tredye verify` over a directory at rest. Any thread that
 * owns the engine.
 */

import { CommandKind } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import { JournalError } from '../journal/journal-error.js';
import type { JournalRecord } from '../journal/reader.js';
import { segmentName } from '../journal/segments.js';
import { PublicHistory } from '../public/public-history.js';
import type { RestoredSnapshot } from '../snapshot/snapshots.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { COMMAND_KIND_WORD, COMMAND_TIME_US, COMMAND_WORDS, EVENT_BYTES, EVENT_WORDS, joinWords } = layout;

/** What a replay needs of an engine. */
export interface ReplayedEngine {
  readonly commandSequence: number;
  attach(events: Int32Array): void;
  apply(commands: Int32Array, at: number, eventAt: number, endAt: number): number;
}

const KIND_PART = CommandKind.Part as number;

/** Names of an event's words, for the sentence that stops a start. */
const EVENT_FIELDS = [
  'sequence',
  'sequence',
  'commandSequence',
  'commandSequence',
  'timeUs',
  'timeUs',
  'orderId',
  'orderId',
  'clientOrderId',
  'clientOrderId',
  'relatedId',
  'relatedId',
  'amount',
  'amount',
  'account',
  'accountSequence',
  'instrument',
  'price',
  'quantity',
  'leaves',
  'displayed',
  'cumulative',
  'session',
  'kind, bits or reason',
] as const;

export class Replay {
  readonly #engine: ReplayedEngine;
  readonly #maxEvents: number;
  /** The engine began with it, and its last group is still to come. */
  #awaited: RestoredSnapshot | null;
  #events: Int32Array = new Int32Array(0);
  commandCount = 0;
  eventCount = 0;
  /** Highest time of a command, µs since 1970; 0 when there is none. */
  lastTimeUs: number;
  /** Of what the public was told, as of the last group. */
  readonly history: PublicHistory;

  /** `maxEvents`: of one command. `restored`: what the engine begins with; the first group is the last one in it. */
  constructor(engine: ReplayedEngine, maxEvents: number, restored: RestoredSnapshot | null) {
    this.#engine = engine;
    this.#maxEvents = maxEvents;
    this.#awaited = restored;
    this.lastTimeUs = restored?.lastTimeUs ?? 0;
    this.history = new PublicHistory(restored?.history ?? null);
  }

  /** Throws JOURNAL_DIVERGED when the engine makes other events, JOURNAL_CORRUPT when the journal does not go on there. */
  apply(group: JournalRecord): void {
    const engine = this.#engine;
    if (this.#awaited !== null) {
      const last = group.firstCommandSequence + group.commandCount - 1;
      if (last !== engine.commandSequence) throw endsBefore(this.#awaited);
      this.#awaited = null;
      return;
    }
    this.#claim(group);
    const words = group.commandCount * COMMAND_WORDS;
    let events = 0;
    const last = group.firstCommandSequence + group.commandCount - 1;
    // Ends early when the engine made more events than were journaled; the comparison says so.
    for (let at = 0; at < words && events <= group.eventCount; ) {
      const sequence = engine.commandSequence;
      events += engine.apply(group.commands, at, events, words);
      if (engine.commandSequence <= sequence) {
        throw new Error('The engine gave a command no sequence.');
      }
      at += (engine.commandSequence - sequence) * COMMAND_WORDS;
    }
    this.#compare(group, events);
    if (engine.commandSequence !== last) {
      throw diverged(group, `the engine took commands up to ${engine.commandSequence}, the group ends with ${last}`, 0);
    }
    this.#noteTime(group.commands);
    this.history.take(group.events, group.eventCount);
    this.commandCount += group.commandCount;
    this.eventCount += events;
  }

  /** All of a journal was applied. Throws JOURNAL_CORRUPT when it ends before what the engine began with. */
  finish(): void {
    if (this.#awaited !== null) throw endsBefore(this.#awaited);
  }

  #claim(group: JournalRecord): void {
    const eventWords = (group.eventCount + 2 * this.#maxEvents) * EVENT_WORDS;
    if (this.#events.length < eventWords) {
      this.#events = new Int32Array(2 * eventWords);
      this.#engine.attach(this.#events);
    }
  }

  #compare(group: JournalRecord, count: number): void {
    const shared = Math.min(count, group.eventCount) * EVENT_BYTES;
    const made = new Uint8Array(this.#events.buffer, 0, shared);
    const journaled = new Uint8Array(group.events.buffer, group.events.byteOffset, shared);
    if (Buffer.compare(made, journaled) !== 0) {
      let word = 0;
      while (this.#events[word] === group.events[word]) {
        word += 1;
      }
      const event = Math.floor(word / EVENT_WORDS);
      const field = EVENT_FIELDS[word % EVENT_WORDS];
      const what = `${field} is ${this.#events[word]} now and was ${group.events[word]} (as a 32-bit word)`;
      throw diverged(group, what, event);
    }
    if (count !== group.eventCount) {
      const what = `the group has ${group.eventCount} events and the engine made ${count}`;
      throw diverged(group, what, Math.min(count, group.eventCount));
    }
  }

  /**
   * The shard's clock never goes below a journaled time. A round stamps its commands with one time, so the last one's is
   * the group's; a Part's word is payload: its head has the time.
   */
  #noteTime(commands: Int32Array): void {
    let at = commands.length - COMMAND_WORDS;
    while (at >= 0 && ((commands[at + COMMAND_KIND_WORD] as number) & 0xff) === KIND_PART) {
      at -= COMMAND_WORDS;
    }
    if (at >= 0) {
      const time = joinWords(commands[at + COMMAND_TIME_US] ?? 0, commands[at + COMMAND_TIME_US + 1] ?? 0);
      this.lastTimeUs = Math.max(this.lastTimeUs, time);
    }
  }
}

function endsBefore({ path, commandSequence, last }: RestoredSnapshot): JournalError {
  return new JournalError(
    'JOURNAL_CORRUPT',
    `The journal does not hold the group that ends with command ${commandSequence}, the last one in the snapshot ${path}: it is an older one, or was cut`,
    { file: segmentName(last.segment), offset: last.offset, sequence: last.eventSequence },
  );
}

function diverged(group: JournalRecord, what: string, event: number): JournalError {
  return new JournalError(
    'JOURNAL_DIVERGED',
    `The engine does not make the events that the journal holds: ${what}. The journal is of another behaviour or other limits`,
    {
      file: segmentName(group.segment),
      offset: group.offset,
      sequence: group.firstEventSequence + event,
    },
  );
}
