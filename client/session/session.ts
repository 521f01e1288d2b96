/**
 * The session of an account: one lane of it, over as many connections as it takes. It keeps the private stream whole
 * (chain, resume, fence), pairs commands with their first reports, and hands on what comes.
 *
 * Everything happens on the event loop; nothing here blocks. Browser and Node: what differs lies behind seams.ts.
 */

import { EventKind, Reason } from '../../schemas/codes.js';
import type { ControlMessage, LogonAnswerMessage, SnapshotMessage } from '../../schemas/control.js';
import type { ReportFrameReader } from '../../schemas/frame-verifier.js';
import {
  COMMAND_WORDS,
  EVENT_ACCOUNT_SEQUENCE,
  EVENT_KIND_WORD,
  EVENT_SEQUENCE,
  EVENT_SESSION,
  EVENT_WORDS,
  joinWords,
  MAX_FRAME_RECORDS,
} from '../../schemas/layout.js';
import { putClientOrderId } from '../commands.js';
import { type AnyReport, reportAt } from '../events.js';
import { answeredCounter, EVERY_SHARD, NO_ANSWER, PendingCommands } from '../pending.js';
import { CommandQueue } from '../sending/command-queue.js';
import { SendWindow } from '../sending/send-window.js';
import { TredyeError } from '../tredye-error.js';
import { SnapshotParts } from './account-snapshot.js';
import type { ConnectionSeams } from './connection.js';
import { CHAIN_GAP, CHAIN_NEXT, PrivateChain, type ResumeFrom } from './private-chain.js';
import { PublicSession, type PublicSessionOptions } from './public-session.js';

/** What `send` returns instead of a frame number. */
export const NOT_READY = -1;
/** So many commands may not be unanswered now; wait for onRoom. */
export const WINDOW_FULL = -2;

export interface SessionOptions extends PublicSessionOptions {
  readonly resume: readonly ResumeFrom[];
  readonly snapshot: boolean;
  /** The first counter of this client's client order ids is one above. */
  readonly startCounter: number;
  readonly maxQueued: number;
}

export class Session extends PublicSession {
  private readonly maxQueued: number;
  private readonly chain = new PrivateChain();
  private readonly pending = new PendingCommands();
  private readonly queue: CommandQueue;
  private readonly window = new SendWindow();
  private flushPlanned = false;
  /** For each shard the sequence where this session opened: what is not reported up to it never happened. */
  private openedAt: number[] = [];
  private fenceOpen: boolean[] = [];
  /** What the last heartbeat said of each shard, to be reached by the next one. */
  private markBefore: (number | undefined)[] = [];
  private counter: number;
  private readonly snapshot: boolean;
  private readonly snapshots = new SnapshotParts();
  /** Shards whose stream begins with a snapshot that has not come yet. */
  private readonly awaited = new Set<number>();

  protected constructor(url: string, seams: ConnectionSeams, options: SessionOptions) {
    super(url, seams, options);
    this.maxQueued = options.maxQueued;
    this.counter = options.startCounter;
    this.snapshot = options.snapshot;
    this.queue = new CommandQueue(options.maxQueued);
    for (const point of options.resume) this.chain.hold(point);
  }

  override resumePoints(): ResumeFrom[] {
    return this.chain.points().filter(({ shard }) => !this.awaited.has(shard));
  }

  protected override wantsSnapshot(): boolean {
    return this.snapshot;
  }

  /** Commands that may be sent now. */
  room(): number {
    return this.state === 'ready' ? this.window.room : 0;
  }

  // ---- what a session with a private stream does besides

  protected override opened(answer: LogonAnswerMessage): void {
    this.window.open(answer.window);
    this.markBefore = [];
    this.openedAt = [];
    this.fenceOpen = [];
    for (const point of answer.points) {
      this.openedAt[point.shard] = point.sequence;
      this.fenceOpen[point.shard] = true;
      // With nothing held there is nothing to replay: the stream begins where the session opened.
      if (this.chain.holds(point.shard)) continue;
      this.chain.hold(point);
      if (this.snapshot) this.awaited.add(point.shard);
    }
  }

  protected override ready(answer: LogonAnswerMessage): void {
    for (const point of answer.points) this.closeFenceWhenReached(point.shard);
    this.flush();
  }

  protected override ended(error: TredyeError): void {
    this.queue.clear();
    this.pending.close(error);
  }

  // ---- commands out

  /** The next counter of this lane's client order ids. They must be sent in the order in which they were taken. */
  takeCounter(): number {
    return ++this.counter;
  }

  /**
   * For players and load: sends `count` records (1 to 256) from word `at` of `words` on as one frame, as they are; a
   * client order id is the caller's to set (putClientOrderId, takeCounter). Returns the frame's number, NOT_READY or
   * WINDOW_FULL; then nothing was sent. answers: commands among them, when some are Parts.
   */
  send(words: Int32Array, at: number, count: number, answers = count): number {
    if (this.connection === null || this.state !== 'ready') return NOT_READY;
    if (count < 1 || count > MAX_FRAME_RECORDS) {
      throw new TredyeError('BAD_ARGUMENT', `A frame holds 1 to ${MAX_FRAME_RECORDS} records, not ${count}.`);
    }
    if (answers > this.room()) return WINDOW_FULL;
    if (!this.queue.isEmpty) this.flush();
    if (answers > this.room()) return WINDOW_FULL;
    const number = this.connection.sendCommands(words, at, count);
    this.window.sent(number, answers);
    return number;
  }

  /**
   * Takes a head (and its Parts) into the queue under the lane's next client order id; the promise settles with its
   * first report or a TredyeError. counter: of an id that was used before, whose first answer is asked for again;
   * BAD_ARGUMENT while that has not come. QUEUE_FULL when too many wait to be sent; the counter is used up then. Commands of one turn of the event loop share frames.
   */
  protected submit(words: Int32Array, shard: number, counter = this.takeCounter()): Promise<AnyReport> {
    if (this.state === 'closed') {
      return Promise.reject(new TredyeError('NOT_CONNECTED', 'The client is closed.'));
    }
    if (this.pending.has(counter)) {
      const sentence = `Operation ${counter} still waits for its answer: repeat it when that has come.`;
      return Promise.reject(new TredyeError('BAD_ARGUMENT', sentence));
    }
    for (let at = 0; at < words.length; at += COMMAND_WORDS) putClientOrderId(words, at, this.lane, counter);
    const answers = shard === EVERY_SHARD ? Math.max(1, this.shardCount) : 1;
    if (!this.queue.add({ counter, words, answers })) {
      const sentence = `${this.maxQueued} commands wait to be sent already: try again when some have been.`;
      return Promise.reject(new TredyeError('QUEUE_FULL', sentence, { canRetry: true }));
    }
    this.planFlush();
    return new Promise((resolve, reject) => {
      this.pending.add({ counter, shard, answers, heard: [], incarnation: 0, frameNumber: 0, resolve, reject });
    });
  }

  /** Two commands of one frame, behind each other; a report of each. */
  protected submitLegs(words: Int32Array, shard: number): Promise<AnyReport>[] {
    if (this.state === 'closed') throw new TredyeError('NOT_CONNECTED', 'The client is closed.');
    const counters = [this.takeCounter(), this.takeCounter()];
    for (const [index, counter] of counters.entries()) {
      putClientOrderId(words, index * COMMAND_WORDS, this.lane, counter);
    }
    const [counter = 0, other] = counters;
    if (!this.queue.add({ counter, ...(other === undefined ? {} : { other }), words, answers: counters.length })) {
      const sentence = `${this.maxQueued} commands wait to be sent already: try again when some have been.`;
      throw new TredyeError('QUEUE_FULL', sentence, { canRetry: true });
    }
    this.planFlush();
    return counters.map(
      (one) =>
        new Promise((resolve, reject) => {
          this.pending.add({
            counter: one,
            shard,
            answers: 1,
            heard: [],
            incarnation: 0,
            frameNumber: 0,
            resolve,
            reject,
          });
        }),
    );
  }

  private planFlush(): void {
    if (this.flushPlanned) return;
    this.flushPlanned = true;
    queueMicrotask(() => {
      this.flushPlanned = false;
      this.flush();
    });
  }

  /** Sends what is queued, as far as the window allows. */
  private flush(): void {
    const { connection, queue } = this;
    if (connection === null) return;
    for (let frame = queue.takeFrame(this.room()); frame !== null; frame = queue.takeFrame(this.room())) {
      const number = connection.sendCommands(queue.words, 0, frame.records);
      this.window.sent(number, frame.answers);
      for (const { counter, other } of frame.commands) {
        this.pending.sent(counter, number, this.incarnation);
        if (other !== undefined) this.pending.sent(other, number, this.incarnation);
      }
    }
  }

  // ---- reports in

  protected override takeReports(frame: ReportFrameReader): void {
    const { words, shard, epoch } = frame;
    const roomBefore = this.window.room;
    const openedAt = this.openedAt[shard] ?? 0;
    for (let record = 0; record < frame.count; record++) {
      const at = frame.recordsAtWord + record * EVENT_WORDS;
      const sequence = joinWords(words[at + EVENT_SEQUENCE] ?? 0, words[at + EVENT_SEQUENCE + 1] ?? 0);
      const verdict = this.chain.next(shard, epoch, sequence, words[at + EVENT_ACCOUNT_SEQUENCE] ?? 0);
      if (verdict === CHAIN_GAP) {
        this.connection?.drop(`the private stream of shard ${shard} has a hole before sequence ${sequence}`);
        return;
      }
      if (verdict !== CHAIN_NEXT) continue;
      this.takeReport(words, at, shard, epoch, sequence > openedAt);
    }
    this.closeFenceWhenReached(shard);
    if (this.window.room > roomBefore) {
      this.flush();
      this.roomListeners.call(this.room());
    }
  }

  private takeReport(words: Int32Array, at: number, shard: number, epoch: number, ofThisSession: boolean): void {
    const counter = answeredCounter(words, at, this.lane);
    let report: AnyReport | null = null;
    if (counter !== NO_ANSWER) {
      if (ofThisSession && this.answersThisSession(words, at, shard)) this.window.answered();
      if (this.pending.size > 0 && this.pending.has(counter)) {
        report = reportAt(words, at, shard, epoch);
        this.pending.resolve(counter, report);
      }
    }
    if (this.wordListeners.count > 0) this.wordListeners.call(words, at, shard, epoch);
    if (this.reportListeners.count > 0) this.reportListeners.call(report ?? reportAt(words, at, shard, epoch));
  }

  /** Whether an answer is to a command of this session: a stale one of an older session is refused after the fence. */
  private answersThisSession(words: Int32Array, at: number, shard: number): boolean {
    const kindWord = words[at + EVENT_KIND_WORD] ?? 0;
    const kind = kindWord & 0xff;
    if (kind === EventKind.Rejected && kindWord >>> 16 === Reason.StaleIncarnation) {
      return (words[at + EVENT_SESSION] ?? 0) >>> 0 === this.incarnation;
    }
    // The other shards' answers to an admin record are the supervisor's doing.
    return shard === 0 || kind < EventKind.InstrumentAdded || kind > EventKind.AssetAdded;
  }

  private closeFenceWhenReached(shard: number): void {
    if (this.fenceOpen[shard] !== true || this.chain.sequence(shard) < (this.openedAt[shard] ?? 0)) return;
    this.fenceOpen[shard] = false;
    this.pending.fence(shard, this.incarnation, !this.fenceOpen.includes(true));
  }

  // ---- control messages in

  protected override takePrivate(message: ControlMessage): void {
    switch (message.type) {
      case 'RolledBack':
        this.chain.hold({ shard: message.shard, epoch: message.epoch, sequence: message.sequence });
        this.rolledBackListeners.call(message);
        return;
      case 'Snapshot':
        this.takeSnapshot(message);
        return;
      case 'Resumed':
        this.closeFenceWhenReached(message.shard);
        this.resumedListeners.call(message);
        return;
      case 'Heartbeat':
        this.checkMarks(message.marks);
        return;
      default:
        return;
    }
  }

  /** What it holds is that, whatever it held before. */
  private takeSnapshot(message: SnapshotMessage): void {
    const snapshot = this.snapshots.take(message);
    if (snapshot === null) return;
    const { shard } = snapshot;
    this.awaited.delete(shard);
    this.chain.hold(snapshot);
    this.markBefore[shard] = undefined;
    this.pending.passedOver(shard, this.incarnation, snapshot.marks.get(this.lane) ?? 0);
    this.snapshotListeners.call(snapshot);
    this.closeFenceWhenReached(shard);
  }

  /** A lost tail shows on a quiet stream: what a heartbeat said must be held by the time of the next one. */
  private checkMarks(marks: readonly { readonly shard: number; readonly accountSequence: number }[]): void {
    for (const mark of marks) {
      const before = this.markBefore[mark.shard];
      if (before !== undefined && this.chain.behind(mark.shard, before)) {
        this.connection?.drop(`the tail of the private stream of shard ${mark.shard} was lost`);
        return;
      }
      this.markBefore[mark.shard] = mark.accountSequence;
    }
  }

  protected override frameRefused(frame: number, error: TredyeError): void {
    this.window.refused(frame);
    this.pending.refuseFrame(frame, this.incarnation, error);
    this.refusalListeners.call(frame, error);
    this.flush();
  }
}
