/**
 * A recorded day for one shard without sockets: the same commands and limits for the process that is killed and for
 * the test that judges it. Any thread, off the hot path.
 */

import { type Limits, limitsFrom } from '../../engine/limits.js';
import { CommandKind } from '../../schemas/codes.js';
import { COMMAND_KIND_WORD, COMMAND_WORDS } from '../../schemas/layout.js';
import { planDay } from '../recordings/day-plan.js';
import { venueFor } from '../recordings/venue.js';

/** Small enough to start quickly, events few enough at a time that an uncross needs Continues. */
export const DAY_LIMITS: Limits = limitsFrom({
  maxOrders: 1 << 17,
  maxInstruments: 16,
  maxAccounts: 16,
  maxKeys: 16,
  maxLanes: 16,
  maxLevels: 1 << 15,
  ladderWindows: 16,
  maxEventsPerCommand: 256,
  roundEvents: 2048,
  roundCommands: 256,
  outputRingSlots: 8192,
  commandRingSlots: 1024,
  reservedCancelSlots: 64,
  segmentBytes: 4 * 1024 * 1024,
});

/** All commands of the venue and the day as records, in order. */
export class DayCommands {
  readonly words: Int32Array;
  /** Records in all, Parts included. */
  readonly length: number;

  constructor(words: Int32Array) {
    this.words = words;
    this.length = words.length / COMMAND_WORDS;
  }

  kindAt(index: number): number {
    return (this.words[index * COMMAND_WORDS + COMMAND_KIND_WORD] ?? 0) & 0xff;
  }

  /** The end of a batch of at most `most` records from `from` on: behind an uncross, and never before a Part. */
  batchEnd(from: number, most: number): number {
    let end = from;
    while (end < this.length && (end - from < most || this.kindAt(end) === CommandKind.Part)) {
      end += 1;
      if (this.kindAt(end - 1) === CommandKind.Uncross) {
        break;
      }
    }
    return end;
  }
}

export async function readDayCommands(folder: string): Promise<DayCommands> {
  const plan = await planDay(folder);
  const venue = venueFor(plan.needs, 1);
  const words = new Int32Array(venue.words.length + plan.length * COMMAND_WORDS);
  words.set(venue.words);
  for (let index = 0; index < plan.length; index += 1) {
    plan.writeCommand(words, venue.words.length + index * COMMAND_WORDS, index, venue.parties[0]);
  }
  return new DayCommands(words);
}

/** What the process that feeds a shard says, a line of JSON each. */
export type FeederLine =
  | {
      readonly type: 'recovered';
      readonly epoch: number;
      readonly fed: number;
      readonly total: number;
      readonly tornTails: number;
    }
  | { readonly type: 'progress'; readonly durable: number; readonly inFlight: number }
  | { readonly type: 'done'; readonly epoch: number };
