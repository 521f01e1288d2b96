/**
 * The supervisor's own way into one shard and back: a command ring of its own and, while no gateway is there yet, the
 * shard's events. Supervisor thread, which owns timers and so never blocks.
 */

import { CommandRing, RING_FULL } from '../engine/ring/command-ring.js';
import { Doorbell } from '../engine/ring/doorbell.js';
import { OutputReader, UP_TO_DURABLE } from '../engine/ring/output-reader.js';
import { EventKind } from '../schemas/codes.js';
import {
  COMMAND_WORDS,
  EVENT_COMMAND_SEQUENCE,
  EVENT_END_OF_COMMAND_BIT,
  EVENT_KIND_WORD,
  EVENT_WORDS,
  joinWords,
} from '../schemas/layout.js';
import { EXIT_WORKER_DIED, PlatformError } from './exit-codes.js';
import { SUPERVISOR } from './venue-memory.js';

const READ_EVENTS = 256;
/** A look at least so often: a shard that died never rings. */
const LOOK_MS = 1;
/** A start that waits longer for its own commands is given up; a journal's write may take seconds, not minutes. */
const ANSWER_MS = 120_000;

export class OwnChannel {
  readonly shard: number;
  private readonly ring: CommandRing;
  private readonly shardBell: Doorbell;
  private readonly reader: OutputReader;
  private readonly events = new Int32Array(READ_EVENTS * EVENT_WORDS);

  constructor(shard: number, ring: SharedArrayBuffer, output: SharedArrayBuffer, shardBell: SharedArrayBuffer) {
    this.shard = shard;
    this.ring = new CommandRing(ring);
    this.reader = new OutputReader(output, SUPERVISOR);
    this.shardBell = new Doorbell(shardBell);
  }

  /** Publishes a head and its Parts, all or nothing. False: the ring is full now. */
  tryPublish(words: Int32Array, at: number, count: number): boolean {
    if (this.ring.publish(words, at, count) === RING_FULL) return false;
    this.shardBell.ring();
    return true;
  }

  /** Publishes a head and its Parts as soon as there is room. */
  async publish(words: Int32Array): Promise<void> {
    const deadline = performance.now() + ANSWER_MS;
    while (!this.tryPublish(words, 0, words.length / COMMAND_WORDS)) {
      if (performance.now() > deadline) throw this.silent();
      await pause();
    }
  }

  /**
   * Publishes commands one behind the other and waits until the last event of each is durable. Only while nobody else
   * sends to this shard. afterSequence: the last command sequence before these.
   */
  async carryOut(commands: readonly Int32Array[], afterSequence: number): Promise<void> {
    if (commands.length === 0) return;
    this.reader.join();
    try {
      let ended = 0;
      let published = 0;
      const deadline = performance.now() + ANSWER_MS;
      while (ended < commands.length) {
        const next = commands[published];
        if (next !== undefined && this.tryPublish(next, 0, next.length / COMMAND_WORDS)) {
          published++;
          continue;
        }
        const count = this.reader.read(this.events, 0, READ_EVENTS, UP_TO_DURABLE);
        if (count < 0) throw this.silent();
        for (let at = 0; at < count * EVENT_WORDS; at += EVENT_WORDS) ended += this.ends(at, afterSequence);
        if (count > 0) continue;
        if (performance.now() > deadline) throw this.silent();
        await pause();
      }
    } finally {
      this.reader.leave();
    }
  }

  /** 1 when the event is the last one of a command of ours; throws when the shard refused it, which is a bug. */
  private ends(at: number, afterSequence: number): number {
    const { events } = this;
    const low = events[at + EVENT_COMMAND_SEQUENCE] ?? 0;
    const high = events[at + EVENT_COMMAND_SEQUENCE + 1] ?? 0;
    if (joinWords(low, high) <= afterSequence) return 0;
    const kindWord = events[at + EVENT_KIND_WORD] ?? 0;
    if ((kindWord & 0xff) === EventKind.Rejected) {
      throw new PlatformError(
        'OWN_COMMAND_REFUSED',
        EXIT_WORKER_DIED,
        `Shard ${this.shard} refused a command of the platform itself with reason ${kindWord >>> 16}; start again and report this.`,
      );
    }
    return (kindWord & EVENT_END_OF_COMMAND_BIT) === 0 ? 0 : 1;
  }

  private silent(): PlatformError {
    return new PlatformError(
      'SHARD_SILENT',
      EXIT_WORKER_DIED,
      `Shard ${this.shard} did not answer the platform's own commands in ${ANSWER_MS / 1000} s: look at the disk of its journal, then start again.`,
      true,
    );
  }
}

/** Lets the event loop turn; the supervisor is never in a hurry and must not spin beside the shards. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}
