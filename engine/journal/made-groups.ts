/**
 * Groups for tests of the journal: records full of numbers that follow from a seed, with right sequences. No engine.
 */

import { COMMAND_WORDS, EVENT_SEQUENCE, EVENT_WORDS, highWord } from '../../schemas/layout.js';
import type { Disk } from './disk.js';
import { JournalError } from './journal-error.js';
import { type OpenedJournal, openJournal } from './open-journal.js';
import type { JournalRecord } from './reader.js';
import type { JournalIdentity } from './segments.js';
import type { JournalShape, JournalWriter } from './writer.js';

export const MADE_IDENTITY: JournalIdentity = { shard: 3, shardCount: 5 };
export const MADE_SHAPE: JournalShape = { segmentBytes: 128 * 1024, groupCommands: 64, groupEvents: 256 };
export const MADE_DIRECTORY = '/data/shard-3/journal';
const NO_RINGS = { platformStartId: 77, ringPositions: Uint32Array.of(5, 0xffffffff, 7) };

/** The word `index` of a record with this sequence: what was read must be what was written. */
function madeWord(sequence: number, index: number): number {
  return Math.imul(sequence * 31 + index + 1, 0x9e3779b1) | 0;
}

function fillEvents(events: Int32Array, first: number, count: number): void {
  for (let event = 0; event < count; event += 1) {
    const at = event * EVENT_WORDS;
    for (let word = 0; word < EVENT_WORDS; word += 1) {
      events[at + word] = madeWord(first + event, word);
    }
    events[at + EVENT_SEQUENCE] = first + event;
    events[at + EVENT_SEQUENCE + 1] = highWord(first + event);
  }
}

/** Writes one group of so many records. */
export function writeMadeGroup(writer: JournalWriter, commandCount: number, eventCount: number): void {
  const commands = new Int32Array(commandCount * COMMAND_WORDS);
  for (let word = 0; word < commands.length; word += 1) {
    commands[word] = madeWord(writer.nextCommandSequence, word);
  }
  writer.settle();
  fillEvents(writer.events, writer.nextEventSequence, eventCount);
  writer.write(commands, 0, commandCount, eventCount, NO_RINGS);
}

/** The first word of `group` that is not what `writeMadeGroup` wrote, or '' when all are. */
export function madeGroupDifference(group: JournalRecord): string {
  for (let word = 0; word < group.commandCount * COMMAND_WORDS; word += 1) {
    if (group.commands[word] !== madeWord(group.firstCommandSequence, word)) {
      return `command word ${word}`;
    }
  }
  const events = new Int32Array(group.eventCount * EVENT_WORDS);
  fillEvents(events, group.firstEventSequence, group.eventCount);
  for (let word = 0; word < events.length; word += 1) {
    if (group.events[word] !== events[word]) {
      return `event word ${word}`;
    }
  }
  return '';
}

/** What a test wants to know of each group that was read. */
export interface ReadGroup {
  readonly epoch: number;
  readonly firstCommandSequence: number;
  readonly commandCount: number;
  readonly firstEventSequence: number;
  readonly eventCount: number;
  readonly segment: number;
  readonly offset: number;
  readonly bytes: number;
}

/** Opens the journal of MADE_DIRECTORY, checks each group's bytes, and returns what was read. */
export function openMadeJournal(
  disk: Disk,
  shape: JournalShape = MADE_SHAPE,
  identity: JournalIdentity = MADE_IDENTITY,
  directory: string = MADE_DIRECTORY,
): OpenedJournal & { groups: ReadGroup[] } {
  const groups: ReadGroup[] = [];
  const opened = openJournal(disk, directory, identity, shape, 77, (group) => {
    const difference = madeGroupDifference(group);
    if (difference !== '') {
      throw new Error(`Group at ${group.offset} of segment ${group.segment} differs in ${difference}`);
    }
    const { epoch, firstCommandSequence, commandCount, firstEventSequence, eventCount } = group;
    const { segment, offset, bytes } = group;
    groups.push({ epoch, firstCommandSequence, commandCount, firstEventSequence, eventCount, segment, offset, bytes });
  });
  return { ...opened, groups };
}

/** The JournalError that `work` throws; anything else goes on up. */
export function errorOf(work: () => unknown): JournalError {
  try {
    work();
  } catch (error) {
    if (error instanceof JournalError) {
      return error;
    }
    throw error;
  }
  throw new Error('Nothing was thrown');
}
