/**
 * One shard's durable events behind the image that this gateway began with, each exactly once and in sequence: from the
 * output ring while it keeps up, from the journal where it has fallen behind. Gateway thread.
 *
 *   begin ──> behind ──journal, a piece a turn, until the ring holds the rest──> live ──dropped or lapped──> behind
 *     ▲          └── the journal no longer has what follows ──> waiting for a newer image ──┐
 *     └─────────────────────────────────────────────────────────────────────────────────────┘
 *
 * Nothing is lost on the way back: the journal is read from the last event that was handed on. Where that is gone, whoever
 * has the feed asks for an image and begins it again.
 */

import type { Disk } from '../../engine/journal/disk.js';
import { JournalError } from '../../engine/journal/journal-error.js';
import { JournalReader } from '../../engine/journal/reader.js';
import { WayMarks } from '../../engine/journal/way-marks.js';
import * as outputReader from '../../engine/ring/output-reader.js';
import { sequenceNear } from '../../engine/ring/ring-layout.js';
import * as layout from '../../schemas/layout.js';
import type { OutputView } from './output-view.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { UP_TO_DURABLE } = outputReader;
const { EVENT_BYTES, EVENT_WORDS } = layout;

/** Events in `words` from word 0 on, with sequences behind `feed.at`, which moves on when the call returns. */
export type EventSink = (feed: ShardFeed, words: Int32Array, count: number) => void;

/** What a turn met. */
export const FEED_IDLE = 0;
const FEED_WORKED = 1;
/** Behind now: what was sent from this shard may not go on. */
export const FEED_FELL_BEHIND = 2;
/** The ring took over from the journal. */
export const FEED_CAUGHT_UP = 3;
/** What follows is in the journal no longer: it waits for `begin`. */
export const FEED_TOO_OLD = 4;

export interface FeedJournal {
  readonly disk: Disk;
  readonly directory: string;
  readonly shardCount: number;
}

export class ShardFeed {
  readonly shard: number;
  /** Of the shard as this gateway has last looked: no event that was handed on belongs to a later one. */
  epoch: number;
  readonly view: OutputView;
  /** Sequence of the last event handed on. */
  at = 0;
  live = false;
  /** Until it is begun, at first or again. */
  waits = true;
  /** The last durable sequence as far as this feed has looked. */
  durable: number;

  readonly #ringFrom: number;
  readonly #journal: FeedJournal;
  readonly #sink: EventSink;
  readonly #batch: Int32Array;
  readonly #maxEvents: number;
  readonly #marks = new WayMarks();
  #reader: JournalReader | null = null;
  #whyWaiting: JournalError | null = null;

  /** `ringFrom`: the shard's last event sequence before it wrote into the ring. */
  constructor(
    shard: number,
    epoch: number,
    ringFrom: number,
    view: OutputView,
    journal: FeedJournal,
    maxEvents: number,
    sink: EventSink,
  ) {
    this.shard = shard;
    this.epoch = epoch;
    this.view = view;
    this.#ringFrom = ringFrom;
    this.durable = ringFrom;
    this.#journal = journal;
    this.#sink = sink;
    this.#maxEvents = maxEvents;
    this.#batch = new Int32Array(maxEvents * EVENT_WORDS);
  }

  /** What follows the event `sequence` is handed on from here on: all before it is known by an image. */
  begin(sequence: number): void {
    this.#reader?.close();
    this.#reader = null;
    if (this.live) this.view.leave();
    this.live = false;
    this.waits = false;
    this.at = sequence;
    this.durable = Math.max(this.durable, sequence);
  }

  /**
   * Hands on the next events, a bounded number; out of the ring none behind sequence `upTo`. Throws a JournalError when
   * the journal cannot be read.
   */
  turn(upTo: number): number {
    if (this.live) return this.#turnLive(upTo);
    if (this.waits) return FEED_IDLE;
    try {
      return this.#turnBehind();
    } catch (error) {
      if (!(error instanceof JournalError && error.code === 'JOURNAL_TOO_OLD')) throw error;
      this.#reader?.close();
      this.#reader = null;
      this.waits = true;
      this.#whyWaiting = error;
      return FEED_TOO_OLD;
    }
  }

  /** Whether the shard has come back since the last look. Behind each read, before what was read is used. */
  lookAtEpoch(): boolean {
    const { epoch } = this.view;
    const isNew = epoch !== this.epoch;
    this.epoch = epoch;
    return isNew;
  }

  /** What is thrown when nobody has an image for it. */
  tooOld(): Error {
    return this.#whyWaiting ?? new Error(`The feed of shard ${this.shard} was never begun: a bug of its maker.`);
  }

  /** Whether a turn would find something. */
  hasWork(): boolean {
    if (this.live) return this.view.hasWork(UP_TO_DURABLE);
    return !this.waits && this.view.durablePosition() !== this.at >>> 0;
  }

  /**
   * Whether the ring very likely holds what follows `sequence`: half of it, because the shard writes on meanwhile, and
   * nothing from before its first event, which recovery left in the journal only.
   */
  isInRing(sequence: number): boolean {
    return sequence >= this.#ringFrom && this.durable - sequence <= this.view.slots / 2;
  }

  /** Opens a reader of this shard's journal at the event behind `sequence`; null when there is no segment yet. */
  openJournal(sequence: number): JournalReader | null {
    const { disk, directory, shardCount } = this.#journal;
    const reader = new JournalReader(disk, directory, { shard: this.shard, shardCount }, false, this.#marks);
    if (reader.seekEvent(sequence + 1)) return reader;
    reader.close();
    return null;
  }

  close(): void {
    this.#reader?.close();
    this.#reader = null;
    this.view.leave();
  }

  #turnLive(upTo: number): number {
    const count = this.view.read(this.#batch, 0, Math.min(this.#maxEvents, upTo - this.at), UP_TO_DURABLE);
    if (count > 0) {
      this.#sink(this, this.#batch, count);
      this.at += count;
      this.durable = Math.max(this.durable, this.at);
      return FEED_WORKED;
    }
    if (count === 0) return FEED_IDLE;
    this.view.leave();
    this.live = false;
    return FEED_FELL_BEHIND;
  }

  #turnBehind(): number {
    this.durable = sequenceNear(this.view.durablePosition(), this.durable);
    if (this.isInRing(this.at) && this.view.join(this.at >>> 0) >= 0) {
      this.#reader?.close();
      this.#reader = null;
      this.live = true;
      return FEED_CAUGHT_UP;
    }
    this.#reader ??= this.openJournal(this.at);
    const record = this.#reader?.next(this.durable, this.#maxEvents * EVENT_BYTES) ?? null;
    if (record === null) return this.#reader !== null && this.#reader.passedBytes > 0 ? FEED_WORKED : FEED_IDLE;
    const skipped = Math.max(0, this.at + 1 - record.firstEventSequence);
    for (let from = skipped; from < record.eventCount; from += this.#maxEvents) {
      const count = Math.min(this.#maxEvents, record.eventCount - from);
      this.#batch.set(record.events.subarray(from * EVENT_WORDS, (from + count) * EVENT_WORDS));
      this.#sink(this, this.#batch, count);
      this.at += count;
    }
    return FEED_WORKED;
  }
}
