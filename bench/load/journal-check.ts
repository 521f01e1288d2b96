/**
 * What the sessions of a load saw, against the journal that the platform left and an engine of this process that plays
 * the journaled commands again: every event of the journal must be the engine's to the byte, and the bytes that each
 * session saw must be, by their CRC-32, the engine's events of its account. Any thread; the platform has stopped.
 */

import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Engine } from '../../engine/engine.js';
import { RealDisk } from '../../engine/journal/disk.js';
import { JournalReader, type JournalRecord } from '../../engine/journal/reader.js';
import { type Limits, limitsFrom } from '../../engine/limits.js';
import {
  COMMAND_WORDS,
  EVENT_ACCOUNT,
  EVENT_ACCOUNT_SEQUENCE,
  EVENT_BYTES,
  EVENT_WORDS,
} from '../../schemas/layout.js';
import type { SeenStream } from './connections/order-session.js';

export interface JournalCheck {
  readonly commands: number;
  readonly events: number;
  /** SHA-256 of the events that the engine made here of the journaled commands. */
  readonly hash: string;
  /** Events that sessions saw, over all of them. */
  readonly seenEvents: number;
  /** One sentence each, the first few; empty when all is equal. */
  readonly differences: readonly string[];
}

const KEPT = 5;

class StreamCheck {
  crc = 0;
  events = 0;

  constructor(readonly seen: SeenStream) {}

  take(sequence: number, bytes: Uint8Array): boolean {
    const { from, to } = this.seen;
    if (((sequence - from) | 0) < 0 || ((to - sequence) | 0) < 0) return false;
    this.crc = crc32(bytes, this.crc);
    this.events++;
    return true;
  }

  difference(): string {
    const { account, from, to, crc } = this.seen;
    const expected = (to - from + 1) | 0;
    if (this.events !== expected) {
      return `account ${account} saw ${expected} events, the journal has ${this.events} of them`;
    }
    return this.crc === crc ? '' : `account ${account} saw other events than the journal has, ${from} to ${to}`;
  }
}

/** The journal of the only shard in `directory`, written under these limits. Throws a JournalError when it is not whole. */
export function checkJournal(
  directory: string,
  streams: readonly SeenStream[],
  overrides: Partial<Limits> = {},
): JournalCheck {
  const limits = limitsFrom(overrides);
  const byAccount = new Map<number, StreamCheck[]>();
  const checks = streams.map((seen) => new StreamCheck(seen));
  for (const check of checks) {
    const of = byAccount.get(check.seen.account);
    if (of === undefined) byAccount.set(check.seen.account, [check]);
    else of.push(check);
  }
  const engine = new Engine(limits, 0, 1);
  const hash = createHash('sha256');
  const differences: string[] = [];
  let events = new Int32Array(0);
  const reader = new JournalReader(new RealDisk(), directory, { shard: 0, shardCount: 1 }, true);
  try {
    if (!reader.seekStart()) throw new Error(`There is no journal in ${directory}.`);
    for (;;) {
      const group = reader.next(Number.POSITIVE_INFINITY);
      if (group === null || differences.length >= KEPT) break;
      const room = (group.eventCount + 2 * limits.maxEventsPerCommand) * EVENT_WORDS;
      if (events.length < room) {
        events = new Int32Array(room);
        engine.attach(events);
      }
      const made = playGroup(engine, group);
      const bytes = new Uint8Array(events.buffer, 0, made * EVENT_BYTES);
      hash.update(bytes);
      const journaled = group.events.subarray(0, group.eventCount * EVENT_WORDS);
      if (made !== group.eventCount || !sameWords(events, journaled)) {
        differences.push(`the engine makes other events than the group at event ${group.firstEventSequence} has`);
      }
      for (let event = 0; event < made; event++) {
        const at = event * EVENT_WORDS;
        const sequence = events[at + EVENT_ACCOUNT_SEQUENCE] as number;
        for (const check of byAccount.get((events[at + EVENT_ACCOUNT] as number) >>> 0) ?? []) {
          if (check.take(sequence, bytes.subarray(event * EVENT_BYTES, (event + 1) * EVENT_BYTES))) break;
        }
      }
    }
  } finally {
    reader.close();
  }
  for (const check of checks) {
    const difference = check.difference();
    if (difference !== '' && differences.length < KEPT) differences.push(difference);
  }
  return {
    commands: engine.commandSequence,
    events: engine.eventSequence,
    hash: hash.digest('hex'),
    seenEvents: checks.reduce((sum, { events: seen }) => sum + seen, 0),
    differences,
  };
}

function playGroup(engine: Engine, group: JournalRecord): number {
  const end = group.commandCount * COMMAND_WORDS;
  // The reader's memory is read only for us: the engine may write into the commands that it is given.
  const commands = group.commands.slice(0, end);
  let made = 0;
  for (let at = 0; at < end; ) {
    const before = engine.commandSequence;
    made += engine.apply(commands, at, made, end);
    at += (engine.commandSequence - before) * COMMAND_WORDS;
  }
  return made;
}

function sameWords(words: Int32Array, expected: Int32Array): boolean {
  for (let word = 0; word < expected.length; word++) if (words[word] !== expected[word]) return false;
  return true;
}
