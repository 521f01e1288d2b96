/**
 * Commands of the promise calls that are not sent yet, in order, and how as many of them as fit become one frame.
 */

import { COMMAND_WORDS, MAX_FRAME_RECORDS } from '../schemas/layout.js';

export interface QueuedCommand {
  readonly counter: number;
  /** A head and its Parts. */
  readonly words: Int32Array;
  /** How many first reports it gets: one, or one of each shard. */
  readonly answers: number;
}

/** What the next frame carries; `words` of the queue hold it until the next call. */
export interface QueuedFrame {
  readonly records: number;
  readonly answers: number;
  readonly commands: readonly QueuedCommand[];
}

export class CommandQueue {
  /** The records of the frame that was taken last, from word 0 on. */
  readonly words = new Int32Array(MAX_FRAME_RECORDS * COMMAND_WORDS);
  private commands: QueuedCommand[] = [];

  get isEmpty(): boolean {
    return this.commands.length === 0;
  }

  add(command: QueuedCommand): void {
    this.commands.push(command);
  }

  /** Takes off what one frame holds and `room` allows; null when that is nothing. No command is cut in two. */
  takeFrame(room: number): QueuedFrame | null {
    let records = 0;
    let answers = 0;
    let taken = 0;
    for (const command of this.commands) {
      const count = command.words.length / COMMAND_WORDS;
      if (records + count > MAX_FRAME_RECORDS || answers + command.answers > room) break;
      this.words.set(command.words, records * COMMAND_WORDS);
      records += count;
      answers += command.answers;
      taken++;
    }
    return taken === 0 ? null : { records, answers, commands: this.commands.splice(0, taken) };
  }

  clear(): void {
    this.commands = [];
  }
}
