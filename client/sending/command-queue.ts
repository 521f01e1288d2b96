/**
 * Commands of the promise calls that are not sent yet, in order and a bounded number, and how as many of them as fit
 * become one frame.
 */

import { COMMAND_WORDS, MAX_FRAME_RECORDS } from '../../schemas/layout.js';

export interface QueuedCommand {
  readonly counter: number;
  /** Of one-cancels-other: the second leg's. */
  readonly other?: number;
  /** A head and its Parts, or two legs. */
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
  /** Index of the next one. What was taken stays before it for a while: a long queue is not moved for each frame. */
  private first = 0;
  private records = 0;
  private readonly maxRecords: number;

  constructor(maxRecords: number) {
    this.maxRecords = maxRecords;
  }

  get isEmpty(): boolean {
    return this.first === this.commands.length;
  }

  /** False: it would hold more than it may; nothing was added. One command fits always, however many Parts it has. */
  add(command: QueuedCommand): boolean {
    const count = command.words.length / COMMAND_WORDS;
    if (this.records > 0 && this.records + count > this.maxRecords) return false;
    this.records += count;
    this.commands.push(command);
    return true;
  }

  /** Takes off what one frame holds and `room` allows; null when that is nothing. No command is cut in two. */
  takeFrame(room: number): QueuedFrame | null {
    let records = 0;
    let answers = 0;
    let taken = 0;
    for (let at = this.first; at < this.commands.length; at++) {
      const command = this.commands[at] as QueuedCommand;
      const count = command.words.length / COMMAND_WORDS;
      if (records + count > MAX_FRAME_RECORDS || answers + command.answers > room) break;
      this.words.set(command.words, records * COMMAND_WORDS);
      records += count;
      answers += command.answers;
      taken++;
    }
    return taken === 0 ? null : { records, answers, commands: this.takeOff(taken, records) };
  }

  private takeOff(count: number, records: number): QueuedCommand[] {
    const taken = this.commands.slice(this.first, this.first + count);
    this.records -= records;
    this.first += count;
    if (this.first * 2 >= this.commands.length) {
      this.commands = this.commands.slice(this.first);
      this.first = 0;
    }
    return taken;
  }

  clear(): void {
    this.commands = [];
    this.first = 0;
    this.records = 0;
  }
}
