/**
 * Brings a shard back: replays its journal through an empty engine, compares every event with the journaled one byte
 * for byte, and opens the journal for writing in a new epoch. The shard's thread, before it serves.
 *
 * A difference stops the start by name: the engine is not the one that wrote the journal (or its limits differ), and
 * going on would tell clients something else than what they were told.
 */

import { CommandKind } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import type { Disk } from '../journal/disk.js';
import { JournalError } from '../journal/journal-error.js';
import { type EpochStart, openJournal, type TornTail } from '../journal/open-journal.js';
import { type ReadAheadEnd, ReadAheadSource } from '../journal/read-ahead.js';
import type { JournalRecord } from '../journal/reader.js';
import { segmentName } from '../journal/segments.js';
import { OwnSource } from '../journal/source.js';
import type { JournalWriter } from '../journal/writer.js';
import type { Limits } from '../limits.js';
import { monotonicMs } from './clock.js';
import { journalShape } from './round.js';
import type { ShardEngine } from './shard-engine.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { COMMAND_KIND_WORD, COMMAND_TIME_US, COMMAND_WORDS, EVENT_BYTES, EVENT_WORDS, joinWords } = layout;

/** How far a replay is; said about four times a second. */
export interface RecoveryProgress {
  readonly commands: number;
  readonly events: number;
  readonly commandsPerSecond: number;
  /** Number of the segment that is read, from 1. */
  readonly segment: number;
}

export interface RecoveryTask {
  readonly disk: Disk;
  /** The journal's own directory. */
  readonly directory: string;
  readonly shard: number;
  readonly shardCount: number;
  readonly limits: Limits;
  /** New and empty; holds the recovered state afterwards. */
  readonly engine: ShardEngine;
  readonly platformStartId: number;
  /** The other end of a thread that reads the journal; without it the journal is read here. */
  readonly readAhead?: ReadAheadEnd | null;
  readonly onProgress: ((progress: RecoveryProgress) => void) | null;
}

export interface RecoveredShard {
  readonly writer: JournalWriter;
  readonly epoch: number;
  readonly epochs: EpochStart[];
  readonly tornTail: TornTail | null;
  /** Highest time of a journaled command, µs since 1970; 0 when there is none. */
  readonly lastTimeUs: number;
  readonly commands: number;
  readonly ms: number;
}

const PROGRESS_MS = 250;
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

/** Throws JournalError; before it has written anything, unless the disk fails at the end. */
export function recoverShard(task: RecoveryTask): RecoveredShard {
  const startedMs = monotonicMs();
  const replay = new Replay(task, startedMs);
  const { disk, directory, readAhead = null } = task;
  const identity = { shard: task.shard, shardCount: task.shardCount };
  const opened = openJournal(
    disk,
    directory,
    identity,
    journalShape(task.limits),
    task.platformStartId,
    (group) => replay.apply(group),
    readAhead === null ? new OwnSource(disk, directory, identity) : new ReadAheadSource(readAhead),
  );
  const { writer } = opened;
  const { engine } = task;
  if (
    writer.nextCommandSequence !== engine.commandSequence + 1 ||
    writer.nextEventSequence !== engine.eventSequence + 1
  ) {
    throw new Error(
      `The journal goes on with command ${writer.nextCommandSequence} and event ${writer.nextEventSequence}, ` +
        `the engine stands at ${engine.commandSequence} and ${engine.eventSequence}.`,
    );
  }
  return {
    writer: opened.writer,
    epoch: opened.epoch,
    epochs: opened.epochs,
    tornTail: opened.tornTail,
    lastTimeUs: replay.lastTimeUs,
    commands: replay.commandCount,
    ms: monotonicMs() - startedMs,
  };
}

class Replay {
  readonly #task: RecoveryTask;
  readonly #engine: ShardEngine;
  readonly #startedMs: number;
  #toldMs: number;
  #events: Int32Array = new Int32Array(0);
  commandCount = 0;
  eventCount = 0;
  lastTimeUs = 0;

  constructor(task: RecoveryTask, startedMs: number) {
    this.#task = task;
    this.#engine = task.engine;
    this.#startedMs = startedMs;
    this.#toldMs = startedMs;
  }

  apply(group: JournalRecord): void {
    const engine = this.#engine;
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
    this.commandCount += group.commandCount;
    this.eventCount += events;
    this.#tell(group.segment);
  }

  #claim(group: JournalRecord): void {
    const eventWords = (group.eventCount + 2 * this.#task.limits.maxEventsPerCommand) * EVENT_WORDS;
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

  #tell(segment: number): void {
    const nowMs = monotonicMs();
    if (this.#task.onProgress !== null && nowMs - this.#toldMs >= PROGRESS_MS) {
      this.#toldMs = nowMs;
      const commandsPerSecond = Math.round(this.commandCount / ((nowMs - this.#startedMs) / 1000));
      this.#task.onProgress({ commands: this.commandCount, events: this.eventCount, commandsPerSecond, segment });
    }
  }
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
