/**
 * One round of a shard: take what is there from all rings in turn (bounded), stamp, match, publish as matched, one
 * O_DSYNC write, publish as durable, give the slots back. The shard's thread. A round never waits for anything but the
 * disk; waiting is worker.ts's policy. Time comes in as an argument.
 *
 *   taken    slot 0           15         16 .............................   the records of this round, in order of
 *            [... Due, Due] [Continue] [left from last round | taken now]    sequence: first as many Dues as there are
 *                                                                            timers due, then a Continue, when an
 *                                                                            operation is in progress
 *
 * What is due comes before everything of the same or a later time: while more is due than one round can do, the rest of
 * the commands waits.
 *
 * What was taken and has no room for its events stays in front and is first in the next round. A slot of a ring is
 * given back only when its command is durable: until then the ring is the only place that a dead shard's gateway has.
 */

import { CommandFlag, CommandKind } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import { highWord, joinWords } from '../../schemas/layout.js';
import { isLeg } from '../../schemas/legs.js';
import { groupBytes } from '../journal/record.js';
import type { JournalShape, JournalWriter } from '../journal/writer.js';
import type { Limits } from '../limits.js';
import type { ShardMetrics } from '../metrics/shard-metrics.js';
import type { CommandRing } from '../ring/command-ring.js';
import type { Doorbell } from '../ring/doorbell.js';
import type { OutputRing } from '../ring/output-ring.js';
import { CommandFailure, OWN_RING, recordsTogether } from './command-failure.js';
import type { ShardEngine } from './shard-engine.js';
import { ShardState, type ShardStatus } from './status-words.js';
import type { TakenSpans } from './taken-spans.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { COMMAND_FLAGS_WORD, COMMAND_KIND_WORD, COMMAND_TIME_US, COMMAND_WORDS, MAX_PARTS } = layout;

const KIND_CONTINUE = CommandKind.Continue as number;
const KIND_DUE = CommandKind.Due as number;
const KIND_PART = CommandKind.Part as number;
const LATE_BIT = (CommandFlag.Late as number) << 16;
/** A head with all its Parts. */
const MAX_TOGETHER = 1 + MAX_PARTS;
/** The supervisor's ring: its commands have no time until which they are valid. */
const SUPERVISOR_RING = 0;
/** The journal is durable, so a reader that lags is the only thing that can hold the shard up; it gets this long. */
const LAGGARD_MS = 50;

/** So often, while commands come, the engine's money is added up: before the round that is at hand becomes durable. */
const ADD_UP_MS = 1_000;

/** Slots of `taken` for the shard's own commands: Dues and one Continue. Less than a block of the journal: maxGroupBytes has it to spare. */
const OWN_COMMANDS = 16;

/** Sizes of a shard's groups that follow from its limits: the commands of a round and the shard's own. */
export function journalShape(limits: Limits): JournalShape {
  return {
    segmentBytes: limits.segmentBytes,
    groupCommands: limits.roundCommands + OWN_COMMANDS,
    groupEvents: limits.roundEvents,
  };
}

/** What a round works on. Indexes of `rings` and `spans` are producers; the supervisor, 0, needs no spans. */
export interface RoundParts {
  readonly limits: Limits;
  readonly engine: ShardEngine;
  /** Recovered and in its epoch; the engine writes into its events. */
  readonly writer: JournalWriter;
  readonly rings: readonly CommandRing[];
  readonly spans: readonly (TakenSpans | null)[];
  readonly output: OutputRing;
  /** By reader of `output`. */
  readonly readerBells: readonly Doorbell[];
  /** What other threads may see of the engine once it is durable: its log of admin records, money on its way; null: nobody looks. */
  readonly boards: { publish(): void } | null;
  readonly status: ShardStatus;
  readonly metrics: ShardMetrics;
  /** The clock of `doRound`'s nowMs, for what lies within a round: monotonicMs. */
  readonly clockMs: () => number;
  readonly platformStartId: number;
  /** Command time never goes below this. */
  readonly lastTimeUs: number;
}

export class ShardRound {
  readonly #parts: RoundParts;
  readonly #engine: ShardEngine;
  readonly #writer: JournalWriter;
  readonly #rings: readonly CommandRing[];
  readonly #output: OutputRing;
  readonly #metrics: ShardMetrics;
  readonly #clockMs: () => number;
  readonly #roundCommands: number;
  readonly #roundEvents: number;
  readonly #maxEvents: number;
  readonly #taken: Int32Array;
  /** The ring of each slot of `taken`. */
  readonly #takenRing: Uint16Array;
  /** For each ring the position behind its last applied command: what a group names, and what is given back. */
  readonly #applied: Uint32Array;
  /** Slots OWN_COMMANDS to this, exclusive, hold commands. */
  #takenEnd = OWN_COMMANDS;
  /** The first slot of this round. */
  #from = OWN_COMMANDS;
  #firstRing = 0;
  #lastTimeUs: number;
  #blocked = false;
  #stuckSinceMs = -1;
  #addedUpMs = Number.NEGATIVE_INFINITY;

  constructor(parts: RoundParts) {
    this.#parts = parts;
    this.#engine = parts.engine;
    this.#writer = parts.writer;
    this.#rings = parts.rings;
    this.#output = parts.output;
    this.#metrics = parts.metrics;
    this.#clockMs = parts.clockMs;
    this.#roundCommands = parts.limits.roundCommands;
    this.#roundEvents = parts.limits.roundEvents;
    this.#maxEvents = parts.limits.maxEventsPerCommand;
    this.#taken = new Int32Array((this.#roundCommands + OWN_COMMANDS) * COMMAND_WORDS);
    this.#takenRing = new Uint16Array(this.#roundCommands + OWN_COMMANDS);
    this.#applied = Uint32Array.from(parts.rings, (ring) => ring.readPosition);
    this.#lastTimeUs = parts.lastTimeUs;
    parts.engine.attach(parts.writer.events);
  }

  /** Whether the last round left commands waiting because readers hold the output ring: look again soon, unrung. */
  get blocked(): boolean {
    return this.#blocked;
  }

  /** When the next timer is due, µs since 1970; Infinity: none is. Look again then, unrung. */
  get nextDueUs(): number {
    return this.#engine.nextDueUs;
  }

  /**
   * One round at wall time `nowUs` and monotonic time `nowMs` (monotonicMs). Returns the number of commands, or 1 when
   * it only prepared a piece of the next segment; 0 means that there was nothing to do. Throws a CommandFailure when the
   * engine threw, and then nothing of this round was published or written; on a disk error or a broken invariant something
   * else, after which the process must die.
   */
  doRound(nowUs: number, nowMs: number): number {
    this.#parts.status.countRound();
    this.#lastTimeUs = Math.max(this.#lastTimeUs, nowUs);
    this.#dropLaggards(nowMs);
    this.#take();
    const firstSequence = this.#engine.commandSequence + 1;
    const events = this.#applyAll();
    const count = this.#engine.commandSequence + 1 - firstSequence;
    const from = this.#from;
    this.#blocked = from + count < this.#takenEnd || this.#isDue();
    if (this.#blocked) {
      this.#metrics.blocked();
    }
    if (count > 0) {
      this.#addUp(nowMs);
      this.#publish(from, count, events, nowMs);
      this.#stuckSinceMs = -1;
    } else if (this.#blocked) {
      this.#dropWhoBlocks(nowMs);
    }
    this.#keepRest(from + count);
    const prepared = this.#prepare(count === 0);
    return count > 0 ? count : Math.min(prepared, 1);
  }

  /** What does not add up must not become durable: the throw ends the shard, and the journal is right up to there. */
  #addUp(nowMs: number): void {
    if (nowMs - this.#addedUpMs < ADD_UP_MS) {
      return;
    }
    this.#addedUpMs = nowMs;
    const beforeMs = this.#clockMs();
    this.#engine.addUp();
    this.#metrics.addedUp(this.#clockMs() - beforeMs);
  }

  /** A piece of the next segment, when it is due: it waits for the disk as a group does, and is watched as that. */
  #prepare(idle: boolean): number {
    if (!this.#writer.shouldPrepare(idle)) {
      return 0;
    }
    const { status } = this.#parts;
    status.enter(ShardState.IN_SYNC, this.#clockMs());
    const prepared = this.#writer.prepare();
    status.enter(ShardState.MATCHING, this.#clockMs());
    return prepared;
  }

  /** Fills `taken` from the rings: each gets an equal share of the room, what is left goes round again. */
  #take(): void {
    const rings = this.#rings;
    let waiting = 0;
    for (let index = 0; index < rings.length; index += 1) {
      waiting += (rings[index] as CommandRing).available() > 0 ? 1 : 0;
    }
    if (waiting > 0) {
      const share = Math.max(1, Math.floor(this.#room() / waiting));
      for (let turn = 0; turn < rings.length; turn += 1) {
        // Whose turn it is may take a whole head with Parts in any case, or others could keep it out for ever.
        this.#takeFrom((this.#firstRing + turn) % rings.length, turn === 0 ? Math.max(share, MAX_TOGETHER) : share);
      }
      for (let turn = 0; turn < rings.length; turn += 1) {
        this.#takeFrom((this.#firstRing + turn) % rings.length, this.#room());
      }
      this.#firstRing = (this.#firstRing + 1) % rings.length;
    }
  }

  #room(): number {
    return this.#roundCommands + OWN_COMMANDS - this.#takenEnd;
  }

  #takeFrom(index: number, most: number): void {
    const ring = this.#rings[index] as CommandRing;
    const available = ring.available();
    let count = Math.min(available, most, this.#room());
    if (count < available) {
      count = wholeRecords(ring, count);
    }
    if (count > 0) {
      ring.copyOut(this.#taken, this.#takenEnd * COMMAND_WORDS, count);
      this.#takenRing.fill(index, this.#takenEnd, this.#takenEnd + count);
      this.#takenEnd += count;
    }
  }

  #isDue(): boolean {
    return this.#engine.nextDueUs <= this.#lastTimeUs;
  }

  /** A command of the shard's own, journaled like any, so that a replay does the same at the same place. */
  #makeOwn(slot: number, kind: number): void {
    this.#taken.fill(0, slot * COMMAND_WORDS, (slot + 1) * COMMAND_WORDS);
    this.#taken[slot * COMMAND_WORDS + COMMAND_KIND_WORD] = kind;
  }

  /**
   * Applies Dues while something is due and they fit into the round. One Due is as the other, so the first may lie last:
   * they end at slot `last`. Leaves the first slot of the round behind, and returns the events made.
   */
  #applyDues(last: number, room: number): number {
    let events = 0;
    let slot = last;
    for (; slot >= 0 && events <= room && this.#isDue(); slot -= 1) {
      this.#makeOwn(slot, KIND_DUE);
      this.#stamp(slot * COMMAND_WORDS, SUPERVISOR_RING);
      const sequence = this.#engine.commandSequence + 1;
      try {
        events += this.#engine.apply(this.#taken, slot * COMMAND_WORDS, events, (slot + 1) * COMMAND_WORDS);
      } catch (error) {
        throw this.#failureAt(slot, sequence, error);
      }
    }
    this.#from = slot + 1;
    return events;
  }

  /**
   * Applies what is due, then (unless more is) a Continue, when something waited for it, and what was taken, while there is
   * room for one command's largest output. Returns the events made.
   */
  #applyAll(): number {
    const engine = this.#engine;
    const first = engine.operationsInProgress > 0 ? OWN_COMMANDS - 1 : OWN_COMMANDS;
    const taken = this.#taken;
    const before = engine.eventSequence;
    const endAt = this.#takenEnd * COMMAND_WORDS;
    const room = Math.min(this.#roundEvents, this.#output.roomFor(this.#roundEvents)) - this.#maxEvents;
    let events = this.#applyDues(first - 1, room);
    if (first < OWN_COMMANDS) {
      this.#makeOwn(first, KIND_CONTINUE);
    }
    let sequence = engine.commandSequence;
    let spanRing = SUPERVISOR_RING;
    let spanSequence = 0;
    let spanCount = 0;
    let slot = this.#isDue() ? this.#takenEnd : first;
    try {
      while (slot < this.#takenEnd && events <= room) {
        const ring = slot < OWN_COMMANDS ? SUPERVISOR_RING : (this.#takenRing[slot] as number);
        this.#stamp(slot * COMMAND_WORDS, ring);
        events += engine.apply(taken, slot * COMMAND_WORDS, events, endAt);
        const count = engine.commandSequence - sequence;
        if (count < 1) {
          throw new Error('The engine gave a command no sequence.');
        }
        sequence += count;
        if (slot >= OWN_COMMANDS) {
          if (ring !== spanRing) {
            this.#pushSpan(spanRing, spanSequence, spanCount);
            spanRing = ring;
            spanCount = 0;
          }
          if (spanCount === 0) {
            spanSequence = sequence - count + 1;
          }
          spanCount += count;
          this.#applied[ring] = ((this.#applied[ring] as number) + count) >>> 0;
        }
        slot += count;
      }
    } catch (error) {
      throw this.#failureAt(slot, sequence + 1, error);
    }
    this.#pushSpan(spanRing, spanSequence, spanCount);
    if (engine.eventSequence !== before + events) {
      throw new Error(`The engine returned ${events} events and numbered ${engine.eventSequence - before}.`);
    }
    return events;
  }

  /** The engine threw at the command of this slot, which would have had this sequence. */
  #failureAt(slot: number, sequence: number, cause: unknown): CommandFailure {
    const at = slot * COMMAND_WORDS;
    const isOwn = slot < OWN_COMMANDS;
    const records = isOwn ? 1 : recordsTogether(this.#taken, at, this.#takenEnd * COMMAND_WORDS);
    const ring = isOwn ? OWN_RING : (this.#takenRing[slot] as number);
    const position = isOwn ? 0 : (this.#applied[ring] as number);
    const words = this.#taken.slice(at, at + records * COMMAND_WORDS);
    return new CommandFailure({ ring, position, sequence, words }, cause);
  }

  /** Tells the ring's owner which sequences its slots got; before the events can be seen. */
  #pushSpan(ring: number, firstSequence: number, count: number): void {
    if (count > 0) {
      const position = ((this.#applied[ring] as number) - count) | 0;
      this.#parts.spans[ring]?.push(firstSequence, position, count);
    }
  }

  /** Marks what came after its time, then puts the shard's time into the word. A Part's word is payload. */
  #stamp(at: number, ring: number): void {
    const taken = this.#taken;
    if (((taken[at + COMMAND_KIND_WORD] as number) & 0xff) === KIND_PART) {
      return;
    }
    const validUntil = joinWords(taken[at + COMMAND_TIME_US] as number, taken[at + COMMAND_TIME_US + 1] as number);
    if (validUntil !== 0 && this.#lastTimeUs > validUntil && ring !== SUPERVISOR_RING) {
      taken[at + COMMAND_FLAGS_WORD] = (taken[at + COMMAND_FLAGS_WORD] as number) | LATE_BIT;
    }
    taken[at + COMMAND_TIME_US] = this.#lastTimeUs;
    taken[at + COMMAND_TIME_US + 1] = highWord(this.#lastTimeUs);
  }

  #publish(from: number, count: number, events: number, nowMs: number): void {
    const output = this.#output;
    const metrics = this.#metrics;
    const status = this.#parts.status;
    if (events > 0) {
      if (metrics.on) {
        metrics.matched(output.claimPosition, events, nowMs, this.#clockMs());
      }
      output.write(this.#writer.events, 0, events);
      output.publishMatched(output.claimPosition);
      this.#ringMatchedReaders();
    }
    const beforeMs = this.#clockMs();
    status.enter(ShardState.IN_SYNC, beforeMs);
    this.#writer.write(this.#taken, from * COMMAND_WORDS, count, events, {
      platformStartId: this.#parts.platformStartId,
      ringPositions: this.#applied,
    });
    const durableMs = this.#clockMs();
    status.enter(ShardState.MATCHING, durableMs);
    if (metrics.on) {
      metrics.durable(count, events, groupBytes(count, events), this.#writer.segmentNumber, beforeMs, durableMs);
    }
    // From here on it is on disk. The boards first: a client that reads "instrument added" may use it at once.
    this.#parts.boards?.publish();
    if (events > 0) {
      output.publishDurable(output.claimPosition);
      this.#ringReaders();
    }
    for (let index = 0; index < this.#rings.length; index += 1) {
      (this.#rings[index] as CommandRing).release(this.#applied[index] as number);
    }
    // Hashing waited until everyone had their answer; it must be over before the engine writes over these bytes.
    this.#writer.settle();
  }

  /** Most readers have nothing to do before the write: waking them then would take their thread and ours time. */
  #ringMatchedReaders(): void {
    const bells = this.#parts.readerBells;
    for (let index = 0; index < bells.length; index += 1) {
      if (this.#output.wantsMatched(index)) {
        (bells[index] as Doorbell).ring();
      }
    }
  }

  #ringReaders(): void {
    const bells = this.#parts.readerBells;
    for (let index = 0; index < bells.length; index += 1) {
      (bells[index] as Doorbell).ring();
    }
  }

  #dropLaggards(nowMs: number): void {
    const dropped = this.#output.dropLaggards(nowMs, LAGGARD_MS);
    if (dropped > 0) {
      this.#parts.status.countDropped(dropped);
      this.#ringReaders();
    }
  }

  /**
   * Nothing could be applied for want of room: with small rings a reader may hold it without lagging enough to be
   * dropped for that alone. It gets as long as a laggard.
   */
  #dropWhoBlocks(nowMs: number): void {
    if (this.#stuckSinceMs < 0) {
      this.#stuckSinceMs = nowMs;
    } else if (nowMs - this.#stuckSinceMs > LAGGARD_MS) {
      for (let reader = 0; reader < this.#output.readers; reader += 1) {
        if (this.#output.isLive(reader) && this.#output.lag(reader) + this.#maxEvents > this.#output.slots) {
          this.#output.drop(reader);
          this.#parts.status.countDropped(1);
        }
      }
      this.#stuckSinceMs = -1;
      this.#ringReaders();
    }
  }

  /** Moves what was not applied to the front. */
  #keepRest(slot: number): void {
    const applied = Math.max(OWN_COMMANDS, slot);
    this.#taken.copyWithin(OWN_COMMANDS * COMMAND_WORDS, applied * COMMAND_WORDS, this.#takenEnd * COMMAND_WORDS);
    this.#takenRing.copyWithin(OWN_COMMANDS, applied, this.#takenEnd);
    this.#takenEnd -= applied - OWN_COMMANDS;
  }
}

/** The most records up to `count` that do not end between a head and its Parts, or between two legs. */
function wholeRecords(ring: CommandRing, count: number): number {
  let whole = count;
  for (let back = 0; back <= MAX_PARTS && whole > 0; back += 1) {
    if (ring.peekKind(whole) !== KIND_PART) {
      return legsBefore(ring, whole) % 2 === 0 || !isLegAt(ring, whole) ? whole : whole - 1;
    }
    whole -= 1;
  }
  // So many Parts in a row belong to no head: the engine refuses each by itself.
  return whole === 0 ? 0 : count;
}

/** How many legs lie right before record `count`, one behind the other: they come in pairs, so an odd number is a cut pair. */
function legsBefore(ring: CommandRing, count: number): number {
  let legs = 0;
  while (legs < count && isLegAt(ring, count - 1 - legs)) legs += 1;
  return legs;
}

function isLegAt(ring: CommandRing, offset: number): boolean {
  return isLeg(ring.peekWord(offset, COMMAND_KIND_WORD), ring.peekWord(offset, COMMAND_FLAGS_WORD));
}
