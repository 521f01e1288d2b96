/**
 * Brings a session's private stream of one shard to where the passes deliver, and joins it there without a hole.
 * From far behind out of the journal, filtered by account; the last stretch out of the output ring. Gateway thread.
 *
 *   at ──journal, a group or so a turn──> half a ring from the end ──ring──> where the pass stands: joined
 *
 * A piece is sent only while little is unsent, so a slow reader holds up nobody but itself. Bounded a turn for all.
 */

import type { JournalReader, JournalRecord } from '../engine/journal/reader.js';
import { UP_TO_MATCHED } from '../engine/ring/output-reader.js';
import { EVENT_WORDS } from '../schemas/layout.js';
import type { ReportPath } from './report-path.js';
import { LIVE, type Session, type ShardStream } from './session.js';
import type { ShardFeed } from './shard-feed.js';

/** Batches out of journal records that are looked at for one stream in one turn. */
const JOURNAL_BATCHES_PER_TURN = 64;
/** Ring batches that are looked at for one stream in one turn. */
const BATCHES_PER_TURN = 8;

/** Called when a session has reached its live stream; `at` is the sequence behind which it is delivered live. */
export type Joined = (session: Session, feed: ShardFeed, at: number) => void;

interface CatchUp {
  readonly session: Session;
  readonly feed: ShardFeed;
  readonly stream: ShardStream;
  reader: JournalReader | null;
  /** The reader's record that is not all delivered. */
  record: JournalRecord | null;
}

const CATCHING_UP = 0;
const DONE = 1;
const WAITS = 2;

export class CatchUps {
  readonly #reports: ReportPath;
  readonly #joined: Joined;
  readonly #pauseBytes: number;
  readonly #batch: Int32Array;
  readonly #maxEvents: number;
  #running: CatchUp[] = [];

  constructor(reports: ReportPath, pauseBytes: number, maxEvents: number, joined: Joined) {
    this.#reports = reports;
    this.#pauseBytes = pauseBytes;
    this.#joined = joined;
    this.#maxEvents = maxEvents;
    this.#batch = new Int32Array(maxEvents * EVENT_WORDS);
  }

  get running(): number {
    return this.#running.length;
  }

  /** Starts behind `stream.at`; often done at once. Not from within a pass. */
  start(session: Session, feed: ShardFeed, stream: ShardStream): void {
    const catchUp: CatchUp = { session, feed, stream, reader: null, record: null };
    if (this.#step(catchUp) !== DONE) this.#running.push(catchUp);
  }

  /** A piece for each stream that is behind. Returns true when one could go on at once. Throws when a journal fails. */
  turn(): boolean {
    if (this.#running.length === 0) return false;
    let more = false;
    const kept: CatchUp[] = [];
    for (const catchUp of this.#running) {
      const state = this.#step(catchUp);
      if (state === DONE) continue;
      kept.push(catchUp);
      if (state === CATCHING_UP) more = true;
    }
    this.#running = kept;
    return more;
  }

  close(): void {
    for (const { reader } of this.#running) reader?.close();
    this.#running = [];
  }

  #step(catchUp: CatchUp): number {
    const { session, feed, stream } = catchUp;
    if (session.state !== LIVE || !feed.live) return this.#end(catchUp);
    if (session.socket.bufferedBytes() > this.#pauseBytes) return WAITS;
    if (!feed.isInRing(stream.at)) return this.#fromJournal(catchUp);
    this.#end(catchUp);
    for (let batch = 0; batch < BATCHES_PER_TURN; batch++) {
      const target = this.#reports.passAt(session, feed);
      if (stream.at === target) {
        stream.joined = true;
        this.#joined(session, feed, target);
        return this.#end(catchUp);
      }
      // What is durable first, on its own: a frame holds one level.
      const durable = stream.at < feed.at;
      const max = Math.min(this.#maxEvents, (durable ? feed.at : target) - stream.at);
      const count = feed.view.readBehind(stream.at >>> 0, this.#batch, 0, max, UP_TO_MATCHED);
      // Lapped between the look and the copy: the journal has it by now, or the whole feed is behind.
      if (count <= 0) return count === 0 ? WAITS : this.#fromJournal(catchUp);
      stream.at += count;
      this.#reports.deliverTo(session, feed, this.#batch, count, durable);
      if (session.state !== LIVE) return this.#end(catchUp);
      if (session.socket.bufferedBytes() > this.#pauseBytes) return WAITS;
    }
    return CATCHING_UP;
  }

  #fromJournal(catchUp: CatchUp): number {
    const { session, feed, stream } = catchUp;
    catchUp.reader ??= feed.openJournal(stream.at);
    for (let batch = 0; batch < JOURNAL_BATCHES_PER_TURN; batch++) {
      if (catchUp.record === null) catchUp.record = catchUp.reader?.next(feed.at) ?? null;
      const { record } = catchUp;
      if (record === null) return WAITS;
      const from = Math.max(0, stream.at + 1 - record.firstEventSequence);
      const count = Math.min(this.#maxEvents, record.eventCount - from);
      if (count <= 0) {
        catchUp.record = null;
        continue;
      }
      this.#batch.set(record.events.subarray(from * EVENT_WORDS, (from + count) * EVENT_WORDS));
      stream.at += count;
      this.#reports.deliverTo(session, feed, this.#batch, count, true);
      if (session.state !== LIVE) return this.#end(catchUp);
      if (session.socket.bufferedBytes() > this.#pauseBytes) return WAITS;
      if (feed.isInRing(stream.at)) return CATCHING_UP;
    }
    return CATCHING_UP;
  }

  #end(catchUp: CatchUp): number {
    catchUp.reader?.close();
    catchUp.reader = null;
    catchUp.record = null;
    return DONE;
  }
}
