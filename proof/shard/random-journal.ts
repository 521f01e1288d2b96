/**
 * A journal of random commands of all kinds: an engine applies them, and a writer writes them with their events in groups, as
 * a shard does, without rings and threads. For the tests of whatever reads journals.
 */

import { crc32 } from 'node:zlib';
import type { Engine } from '../../engine/engine.js';
import type { Disk } from '../../engine/journal/disk.js';
import { type OpenedJournal, openJournal } from '../../engine/journal/open-journal.js';
import { PAGE_BYTES, RECORD_HEADER_BYTES, RecordHeader, recordChecksum } from '../../engine/journal/record.js';
import type { JournalIdentity } from '../../engine/journal/segments.js';
import type { JournalShape } from '../../engine/journal/writer.js';
import { type Limits, limitsFrom } from '../../engine/limits.js';
import { EventKind } from '../../schemas/codes.js';
import {
  COMMAND_TARGET_ID,
  COMMAND_WORDS,
  EVENT_ACCOUNT_SEQUENCE,
  EVENT_KIND_WORD,
  EVENT_ORDER_ID,
  EVENT_WORDS,
} from '../../schemas/layout.js';
import { readId, writeId } from '../model/plain-records.js';
import { randomScenario } from '../model-vs-engine/random-commands.js';
import type { RandomCommand, Scenario } from '../model-vs-engine/scenario.js';
import { ScenarioPlayer } from '../model-vs-engine/scenario-player.js';

export const JOURNAL = '/data/shard-0/journal';
export const SNAPSHOTS = '/data/shard-0/snapshots';
const SHAPE: JournalShape = { segmentBytes: 128 * 1024, groupCommands: 64, groupEvents: 1024 };
const ORIGIN = { platformStartId: 1, ringPositions: Uint32Array.of(0, 0) };

export class RandomJournal {
  readonly limits: Limits;
  readonly identity: JournalIdentity;
  readonly engine: Engine;
  private readonly scenario: Scenario;
  private readonly opened: OpenedJournal;
  private readonly entered = new Map<number, bigint>();
  private next = 0;

  /** Begins an empty journal. */
  constructor(disk: Disk, seed: number, commands: number, directory = JOURNAL) {
    this.scenario = randomScenario(seed, commands);
    const { limits, shard, shardCount } = this.scenario;
    this.limits = limitsFrom(limits);
    this.identity = { shard, shardCount };
    this.engine = new ScenarioPlayer(this.scenario).freshEngine(seed);
    this.opened = openJournal(disk, directory, this.identity, SHAPE, 1, () => undefined);
    this.engine.attach(this.opened.writer.events);
  }

  /** Whether there are commands left. */
  get hasMore(): boolean {
    return this.next < this.scenario.commands.length;
  }

  /** Writes one group of at most so many commands, Parts not counted. */
  writeGroup(most: number): void {
    const { writer } = this.opened;
    const taken: number[] = [];
    let events = 0;
    writer.settle();
    for (let count = 0; count < most && this.hasMore; count += 1) {
      const command = this.scenario.commands[this.next] as RandomCommand;
      const records = command.words.length / COMMAND_WORDS;
      const room = SHAPE.groupEvents - (records + 1) * this.limits.maxEventsPerCommand;
      if (taken.length / COMMAND_WORDS + records > SHAPE.groupCommands || events > room) break;
      const words = command.words.slice();
      if (command.targetOf >= 0) writeId(words, COMMAND_TARGET_ID, this.entered.get(command.targetOf) ?? 0n);
      for (let at = 0; at < words.length; ) {
        const before = this.engine.commandSequence;
        const made = this.engine.apply(words, at, events);
        this.note(writer.events, command.index, events, made);
        events += made;
        at += (this.engine.commandSequence - before) * COMMAND_WORDS;
      }
      taken.push(...words);
      this.next += 1;
    }
    if (taken.length > 0) writer.write(Int32Array.from(taken), 0, taken.length / COMMAND_WORDS, events, ORIGIN);
  }

  /** Writes all that is left, in groups of changing sizes. */
  writeRest(): void {
    for (let size = 1; this.hasMore; size = (size % 17) + 1) this.writeGroup(size);
  }

  close(): void {
    this.opened.writer.close();
  }

  private note(events: Int32Array, index: number, from: number, count: number): void {
    if (count === 0 || this.entered.has(index)) return;
    const at = from * EVENT_WORDS;
    if (((events[at + EVENT_KIND_WORD] ?? 0) & 0xff) === EventKind.Accepted) {
      this.entered.set(index, readId(events.subarray(at, at + EVENT_WORDS), EVENT_ORDER_ID));
    }
  }
}

/**
 * Changes the account sequence of the first event of a segment's last group, under a checksum that fits: what was written is
 * then not what an engine makes. `before`: the last command and event ahead of that group, which is of epoch 1.
 */
export function spoilLastEvent(
  segment: Uint8Array,
  shard: number,
  before: { readonly command: number; readonly event: number },
): void {
  const words = new Int32Array(segment.buffer, segment.byteOffset, segment.length / 4);
  const header = new RecordHeader();
  let at = PAGE_BYTES;
  for (let next = at; header.read(words, next / 4) === 'ok' && header.length > 0; next += header.length) at = next;
  header.read(words, at / 4);
  const event = (at + RECORD_HEADER_BYTES) / 4 + header.commandCount * COMMAND_WORDS;
  words[event + EVENT_ACCOUNT_SEQUENCE] = (words[event + EVENT_ACCOUNT_SEQUENCE] ?? 0) + 1;
  const expected = { shard, epoch: 1, commandSequence: before.command + 1, eventSequence: before.event + 1 };
  words[at / 4 + 1] = recordChecksum(segment, at, header.length, expected);
}

/** Another word in the header of a snapshot, under a checksum that fits. */
export function setSnapshotWord(snapshot: Uint8Array, word: number, value: number): void {
  const words = new Int32Array(snapshot.buffer, snapshot.byteOffset, PAGE_BYTES / 4);
  words[word] = value;
  words[2] = crc32(snapshot.subarray(12, PAGE_BYTES));
}
