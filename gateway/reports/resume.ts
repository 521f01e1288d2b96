/**
 * Brings a session's private stream of one shard to where the passes deliver, and joins it there without a hole.
 * From far behind out of the journal, filtered by account; the last stretch out of the output ring. Gateway thread.
 *
 *   at ──journal, a piece at a time──> half a ring from the end ──ring──> where the pass stands: joined
 *
 *   queued ──a place is free and its reader reads──> active ──at its end──> joined
 *      └──────── its reader is slow, or it had its place for long enough ◄──┘
 *
 * A piece is sent only while little is unsent, so a slow reader holds up nobody but itself. All of them share what a turn
 * may look at, because sockets and rings wait for the turn; few are active at a time, each to its end where it can, so
 * that a storm of them drains while the market goes on. Only an active one holds a file and memory to read it.
 */

import { JournalError } from '../../engine/journal/journal-error.js';
import type { JournalReader, JournalRecord } from '../../engine/journal/reader.js';
import * as outputReader from '../../engine/ring/output-reader.js';
import * as layout from '../../schemas/layout.js';
import type { Session, ShardStream } from '../sessions/session.js';
import * as sessionStates from '../sessions/session.js';
import type { EpochStart } from '../worker-data.js';
import type { SnapshotFrames } from './account-snapshots.js';
import type { ReportPath } from './report-path.js';
import type { ShardFeed } from './shard-feed.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { UP_TO_MATCHED } = outputReader;
const { EVENT_BYTES, EVENT_WORDS } = layout;
const { LIVE } = sessionStates;

/** Those that go on at a time: each may hold one open file. */
export const ACTIVE_CATCH_UPS = 16;
/** What a turn looks at, in batches of the largest size, for all of them: a few milliseconds. */
const BATCHES_PER_TURN = 64;
/** What one of them may look at before another active one has its go. */
const BATCHES_PER_VISIT = 8;
/** What one of them may look at before it must give up its place to one that waits. */
const BATCHES_PER_PLACE = 1024;
/** A record costs as much as so many events, however few it holds. */
const RECORD_EVENTS = 32;
/** A frame of a snapshot costs as much as so many events: most of it is made of records. */
const SNAPSHOT_FRAME_EVENTS = 2048;
/** Going to a place in a journal costs as much as so many batches: headers of some segments are read. */
const BATCHES_PER_SEEK = 8;

/** Called when the journal does not go back as far as a session wants to resume. */
export type TooOld = (session: Session, feed: ShardFeed) => void;

/** Called when a session has reached its live stream; `at` is the sequence behind which it is delivered live. */
export type Joined = (session: Session, feed: ShardFeed, at: number) => void;

interface CatchUp {
  readonly session: Session;
  readonly feed: ShardFeed;
  readonly stream: ShardStream;
  /** What goes out before the stream; null: nothing, or no more. */
  snapshot: SnapshotFrames | null;
  reader: JournalReader | null;
  /** The reader's record that is not all delivered. */
  record: JournalRecord | null;
  /** What it may look at before it gives up its place, in events. */
  placeLeft: number;
}

const CATCHING_UP = 0;
const DONE = 1;
const WAITS = 2;

export class CatchUps {
  readonly #reports: ReportPath;
  readonly #joined: Joined;
  readonly #tooOld: TooOld;
  readonly #pauseBytes: number;
  readonly #batch: Int32Array;
  readonly #maxEvents: number;
  /** Those that have a place; the first one is next. */
  #active: CatchUp[] = [];
  #queued: CatchUp[] = [];
  /** What may still be looked at until the next turn begins, in events. */
  #left: number;

  constructor(reports: ReportPath, pauseBytes: number, maxEvents: number, joined: Joined, tooOld: TooOld) {
    this.#reports = reports;
    this.#pauseBytes = pauseBytes;
    this.#joined = joined;
    this.#tooOld = tooOld;
    this.#maxEvents = maxEvents;
    this.#batch = new Int32Array(maxEvents * EVENT_WORDS);
    this.#left = BATCHES_PER_TURN * maxEvents;
  }

  get running(): number {
    return this.#active.length + this.#queued.length;
  }

  /** Starts behind `stream.at`, with the snapshot as of there if there is one; done at once when little is missing. Not from within a pass. */
  start(session: Session, feed: ShardFeed, stream: ShardStream, snapshot: SnapshotFrames | null = null): void {
    const catchUp: CatchUp = { session, feed, stream, snapshot, reader: null, record: null, placeLeft: 0 };
    if (this.#left > 0 && feed.isInRing(stream.at) && this.#visit(catchUp) === DONE) return;
    this.#rest(catchUp);
    this.#queued.push(catchUp);
  }

  /** A turn's worth for those that are behind. Returns true when one could go on at once. Throws when a journal fails. */
  turn(): boolean {
    if (this.running === 0) return false;
    this.#fillPlaces();
    const active = this.#active;
    const waiting: CatchUp[] = [];
    for (let visits = active.length; visits > 0 && this.#left > 0; visits--) {
      const catchUp = active.shift() as CatchUp;
      const state = this.#visit(catchUp);
      if (state === DONE) continue;
      if (state === WAITS) {
        this.#rest(catchUp);
        waiting.push(catchUp);
      } else if (catchUp.placeLeft <= 0 && this.#queued.length > 0) {
        // Behind the others, but it has its place again at once when all of them wait for their readers.
        this.#rest(catchUp);
        this.#queued.push(catchUp);
      } else {
        active.push(catchUp);
      }
    }
    // What places are given up, others have at once: nothing else might bring about the next turn.
    this.#fillPlaces();
    this.#queued.push(...waiting);
    this.#left = BATCHES_PER_TURN * this.#maxEvents;
    return active.length > 0;
  }

  close(): void {
    for (const catchUp of this.#active) this.#end(catchUp);
    this.#active = [];
    this.#queued = [];
  }

  /** The first of those that could go on get what places are free. */
  #fillPlaces(): void {
    if (this.#active.length === ACTIVE_CATCH_UPS) return;
    const kept: CatchUp[] = [];
    for (const catchUp of this.#queued) {
      if (isOver(catchUp)) continue;
      if (this.#active.length < ACTIVE_CATCH_UPS && !this.#mustWait(catchUp)) {
        catchUp.placeLeft = BATCHES_PER_PLACE * this.#maxEvents;
        this.#active.push(catchUp);
      } else {
        kept.push(catchUp);
      }
    }
    this.#queued = kept;
  }

  /** Goes on with one until it is done or waits, or others must have their go. */
  #visit(catchUp: CatchUp): number {
    const before = this.#left;
    const end = Math.max(0, before - BATCHES_PER_VISIT * this.#maxEvents);
    let state = CATCHING_UP;
    while (state === CATCHING_UP && this.#left > end) {
      if (isOver(catchUp)) state = this.#end(catchUp);
      else if (this.#mustWait(catchUp)) state = WAITS;
      else if (catchUp.snapshot !== null) state = this.#fromSnapshot(catchUp, catchUp.snapshot);
      else state = catchUp.feed.isInRing(catchUp.stream.at) ? this.#fromRing(catchUp) : this.#fromSegments(catchUp);
    }
    catchUp.placeLeft -= before - this.#left;
    return state;
  }

  #mustWait({ session }: CatchUp): boolean {
    return session.socket.bufferedBytes() > this.#pauseBytes;
  }

  /** One frame, which waits for its reader as all others do. */
  #fromSnapshot(catchUp: CatchUp, snapshot: SnapshotFrames): number {
    const { session } = catchUp;
    session.queue(snapshot.next());
    session.flush();
    this.#left -= SNAPSHOT_FRAME_EVENTS;
    if (snapshot.isDone) catchUp.snapshot = null;
    return CATCHING_UP;
  }

  #fromRing(catchUp: CatchUp): number {
    const { session, feed, stream } = catchUp;
    const target = this.#reports.passAt(session, feed);
    // The auditor was ahead of this gateway: what follows is still to come.
    if (stream.at > target) return WAITS;
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
    if (count <= 0) return count === 0 ? WAITS : this.#fromSegments(catchUp);
    this.#left -= count;
    stream.at += count;
    this.#reports.deliverTo(session, feed, this.#batch, count, durable);
    return CATCHING_UP;
  }

  /** Ends where what it needs has been retired. */
  #fromSegments(catchUp: CatchUp): number {
    try {
      return this.#fromJournal(catchUp);
    } catch (error) {
      if (!(error instanceof JournalError && error.code === 'JOURNAL_TOO_OLD')) throw error;
      const { session, feed } = catchUp;
      this.#end(catchUp);
      this.#tooOld(session, feed);
      return DONE;
    }
  }

  #fromJournal(catchUp: CatchUp): number {
    const { session, feed, stream } = catchUp;
    if (catchUp.record === null) {
      if (catchUp.reader === null) {
        catchUp.reader = feed.openJournal(stream.at);
        this.#left -= BATCHES_PER_SEEK * this.#maxEvents;
        if (catchUp.reader === null) return WAITS;
        return CATCHING_UP;
      }
      const { reader } = catchUp;
      catchUp.record = reader.next(feed.at, this.#maxEvents * EVENT_BYTES);
      // What it went past on the way to its place costs what the same bytes of events do.
      this.#left -= Math.ceil(reader.passedBytes / EVENT_BYTES);
      if (catchUp.record === null) return reader.passedBytes > 0 ? CATCHING_UP : WAITS;
      this.#left -= RECORD_EVENTS;
    }
    const { record } = catchUp;
    const from = Math.max(0, stream.at + 1 - record.firstEventSequence);
    const count = Math.min(this.#maxEvents, record.eventCount - from);
    if (from + count >= record.eventCount) catchUp.record = null;
    if (count <= 0) return CATCHING_UP;
    this.#batch.set(record.events.subarray(from * EVENT_WORDS, (from + count) * EVENT_WORDS));
    this.#left -= count;
    stream.at += count;
    this.#reports.deliverTo(session, feed, this.#batch, count, true);
    return CATCHING_UP;
  }

  /** Lets go of the file; the place in it stays known. */
  #rest(catchUp: CatchUp): void {
    catchUp.reader?.rest(catchUp.record !== null);
    catchUp.record = null;
  }

  #end(catchUp: CatchUp): number {
    catchUp.reader?.close();
    catchUp.reader = null;
    catchUp.record = null;
    return DONE;
  }
}

/** Nobody waits for it any more: the session is closed, or all of the shard's are about to begin anew. */
function isOver({ session, feed }: CatchUp): boolean {
  return session.state !== LIVE || !feed.live;
}

/** The last sequence that `epoch` kept: the next epoch begins behind it. The current one is open. */
export function lastOfEpoch(epochs: readonly EpochStart[], epoch: number): number {
  const next = epochs.find((start) => start.epoch > epoch);
  return next === undefined ? Number.POSITIVE_INFINITY : next.firstSequence - 1;
}
