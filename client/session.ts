/**
 * The client: one lane of one account, over as many connections as it takes. It keeps the private stream whole (chain,
 * resume, fence), pairs commands with their first reports, and hands on what comes.
 *
 * Everything happens on the event loop; nothing here blocks. Browser and Node: what differs lies behind seams.ts.
 */

import { CLOSE_CODES, mayReconnect } from '../schemas/close-codes.js';
import { type AckLevel, EventKind, Reason, type StreamMode } from '../schemas/codes.js';
import type { ControlMessage, LogonAnswerMessage, PageSampleMessage } from '../schemas/control.js';
import type { ReportFrameReader } from '../schemas/frame-verifier.js';
import {
  COMMAND_WORDS,
  EVENT_ACCOUNT_SEQUENCE,
  EVENT_KIND_WORD,
  EVENT_SEQUENCE,
  EVENT_SESSION,
  EVENT_WORDS,
  joinWords,
  MAX_FRAME_RECORDS,
} from '../schemas/layout.js';
import { Backoff } from './backoff.js';
import { putClientOrderId } from './commands.js';
import { Connection, type ConnectionLoss, type ConnectionSeams, connectError } from './connection.js';
import { type AnyReport, reasonName, reportAt } from './events.js';
import { InstrumentBook } from './instruments.js';
import { answeredCounter, EVERY_SHARD, NO_ANSWER, PendingCommands } from './pending.js';
import { CHAIN_GAP, CHAIN_NEXT, PrivateChain, type ResumeFrom } from './private-chain.js';
import { PublicData, type Subscription } from './public-data.js';
import { Requests } from './requests.js';
import type { Timer } from './seams.js';
import { CommandQueue } from './sending/command-queue.js';
import { SendWindow } from './sending/send-window.js';
import { SessionEvents, type SessionState } from './session-events.js';
import { TredyeError } from './tredye-error.js';

/** What `send` returns instead of a frame number. */
export const NOT_READY = -1;
/** So many commands may not be unanswered now; wait for onRoom. */
export const WINDOW_FULL = -2;

export interface SessionOptions {
  readonly lane: number;
  readonly ackLevel: AckLevel;
  readonly heartbeatSeconds: number;
  readonly resume: readonly ResumeFrom[];
  /** The first counter of this client's client order ids is one above. */
  readonly startCounter: number;
  readonly giveUpAfterMs: number;
  readonly maxQueued: number;
  readonly random: () => number;
}

/** Admin records as a gateway has counted them. */
export interface AppliedRecords {
  /** By shard: how many durable ones it has applied. */
  readonly applied: readonly number[];
  /** The event of shard 0 up to which its own were counted. */
  readonly countedTo: number;
}

/** How often a first logon is tried again when the platform says that it is not ready. */
const NOT_READY_ATTEMPTS = 6;

export class Session extends SessionEvents {
  readonly lane: number;
  private readonly url: string;
  private readonly seams: ConnectionSeams;
  private readonly options: SessionOptions;
  private readonly chain = new PrivateChain();
  private readonly pending = new PendingCommands();
  private readonly book = new InstrumentBook();
  private applied: AppliedRecords = { applied: [], countedTo: 0 };
  private readonly requests = new Requests();
  private readonly publicData = new PublicData({
    trades: this.tradeListeners,
    tops: this.topListeners,
    gaps: this.gapListeners,
    words: this.publicWordListeners,
  });
  private readonly queue: CommandQueue;
  private readonly window = new SendWindow();
  private readonly backoff: Backoff;
  private flushPlanned = false;
  private connection: Connection | null = null;
  private answer: LogonAnswerMessage | null = null;
  /** For each shard the sequence where this session opened: what is not reported up to it never happened. */
  private openedAt: number[] = [];
  private fenceOpen: boolean[] = [];
  /** What the last heartbeat said of each shard, to be reached by the next one. */
  private markBefore: (number | undefined)[] = [];
  private counter: number;
  private currentState: SessionState = 'connecting';
  private retryTimer: Timer | null = null;
  private firstConnect: { resolve: () => void; reject: (error: TredyeError) => void } | null = null;
  private closeWaiters: (() => void)[] = [];

  protected constructor(url: string, seams: ConnectionSeams, options: SessionOptions) {
    super();
    this.url = url;
    this.seams = seams;
    this.options = options;
    this.lane = options.lane;
    this.counter = options.startCounter;
    this.backoff = new Backoff(options.random);
    this.queue = new CommandQueue(options.maxQueued);
    for (const point of options.resume) this.chain.hold(point);
  }

  // ---- what a user sees of the session

  get state(): SessionState {
    return this.currentState;
  }

  get account(): number {
    return this.answer?.account ?? 0;
  }

  get incarnation(): number {
    return this.answer?.incarnation ?? 0;
  }

  get rights(): number {
    return this.answer?.rights ?? 0;
  }

  get shardCount(): number {
    return this.answer?.points.length ?? 0;
  }

  /** What this client holds of each shard: give it to the next process's `resume`. */
  resumePoints(): ResumeFrom[] {
    return this.chain.points();
  }

  /** Commands that may be sent now. */
  room(): number {
    return this.currentState === 'ready' ? this.window.room : 0;
  }

  /** Bytes handed over and not yet given to the network. */
  bufferedBytes(): number {
    return this.connection?.bufferedBytes() ?? 0;
  }

  // ---- life

  /** Resolves when the first logon is answered. */
  protected open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.firstConnect = { resolve, reject };
      this.connectNow();
    });
  }

  /** Begins without a first answer to wait for: what fails is tried again, from the first attempt on. */
  protected openInBackground(): void {
    this.connectNow();
  }

  /** Ends the session. What was sent and not reported stays open until a logon of the same lane. */
  close(): Promise<void> {
    if (this.currentState === 'closed') return Promise.resolve();
    return new Promise((resolve) => {
      this.closeWaiters.push(resolve);
      if (this.connection === null) this.finish(new TredyeError('NOT_CONNECTED', 'The client was closed.'), '');
      else {
        this.setState('closed', 'closed by its owner');
        this.connection.close();
      }
    });
  }

  private connectNow(): void {
    this.retryTimer = null;
    const { lane, ackLevel, heartbeatSeconds } = this.options;
    const connection = new Connection(
      this.url,
      this.seams,
      { lane, ackLevel, heartbeatSeconds, resume: this.chain.points() },
      {
        loggedOn: (answer) => this.loggedOn(answer),
        reportFrame: (frame) => this.takeReports(frame),
        publicFrame: (frame) => {
          this.publicFrameListeners.call(frame.sentUs);
          this.publicData.take(frame);
        },
        message: (message) => this.takeMessage(message),
        lost: (loss) => {
          if (this.connection === connection) this.lost(loss);
        },
      },
    );
    this.connection = connection;
  }

  private loggedOn(answer: LogonAnswerMessage): void {
    this.answer = answer;
    this.backoff.ready(this.seams.clock.now());
    this.window.open(answer.window);
    this.publicData.restart();
    this.markBefore = [];
    this.openedAt = [];
    this.fenceOpen = [];
    for (const point of answer.points) {
      this.openedAt[point.shard] = point.sequence;
      this.fenceOpen[point.shard] = true;
      // With nothing held there is nothing to replay: the stream begins where the session opened.
      if (!this.chain.holds(point.shard)) this.chain.hold(point);
    }
    this.setState('ready', '');
    for (const point of answer.points) this.closeFenceWhenReached(point.shard);
    for (const subscription of this.publicData.subscriptions) this.sendSubscription(subscription, 0);
    if (this.firstConnect !== null) {
      // Whoever waits for the first logon gets one turn of the event loop to say what it listens to: the replay of a
      // resume may lie in the same packet as the answer, and nobody would hear it.
      const { connection } = this;
      connection?.hold();
      this.seams.clock.after(0, () => connection?.release());
      this.firstConnect.resolve();
      this.firstConnect = null;
    }
    this.flush();
  }

  private lost(loss: ConnectionLoss): void {
    this.connection = null;
    this.requests.connectionLost();
    if (
      this.firstConnect !== null &&
      loss.code === CLOSE_CODES.NOT_READY &&
      this.backoff.attempts < NOT_READY_ATTEMPTS
    ) {
      // A gateway that catches up, or an account that one shard has not been given yet: a matter of moments.
      this.retry();
      return;
    }
    if (this.firstConnect !== null) {
      const error = connectError(this.url, loss);
      this.firstConnect.reject(error);
      this.firstConnect = null;
      this.finish(error, error.message);
      return;
    }
    if (this.currentState === 'closed') {
      this.finish(new TredyeError('NOT_CONNECTED', 'The client was closed.'), '');
      return;
    }
    const why = loss.why || `closed with code ${loss.code}`;
    if (!mayReconnect(loss.code)) {
      const options = loss.reason === null ? {} : { reason: loss.reason };
      this.finish(new TredyeError('SESSION_ENDED', `The platform ended the session: ${why}.`, options), why);
      return;
    }
    const lostForMs = Math.round(this.backoff.lost(this.seams.clock.now()));
    if (lostForMs > this.options.giveUpAfterMs) {
      this.finish(new TredyeError('CONNECT_FAILED', `No connection to ${this.url} for ${lostForMs} ms.`), why);
      return;
    }
    this.setState('reconnecting', why);
    this.retry();
  }

  private retry(): void {
    const waitMs = this.backoff.nextWaitMs();
    this.retryTimer = this.seams.clock.after(waitMs, () => this.connectNow());
    this.retryListeners.call(waitMs, this.backoff.attempts);
  }

  private finish(error: TredyeError, why: string): void {
    this.retryTimer?.cancel();
    this.connection = null;
    this.queue.clear();
    this.pending.close(error);
    this.setState('closed', why);
    for (const waiter of this.closeWaiters) waiter();
    this.closeWaiters = [];
  }

  private setState(state: SessionState, why: string): void {
    if (this.currentState === state) return;
    this.currentState = state;
    this.stateListeners.call(state, why);
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
    if (this.connection === null || this.currentState !== 'ready') return NOT_READY;
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
    if (this.currentState === 'closed') {
      return Promise.reject(new TredyeError('NOT_CONNECTED', 'The client is closed.'));
    }
    if (this.pending.has(counter)) {
      const sentence = `Operation ${counter} still waits for its answer: repeat it when that has come.`;
      return Promise.reject(new TredyeError('BAD_ARGUMENT', sentence));
    }
    for (let at = 0; at < words.length; at += COMMAND_WORDS) putClientOrderId(words, at, this.lane, counter);
    const answers = shard === EVERY_SHARD ? Math.max(1, this.shardCount) : 1;
    if (!this.queue.add({ counter, words, answers })) {
      const sentence = `${this.options.maxQueued} commands wait to be sent already: try again when some have been.`;
      return Promise.reject(new TredyeError('QUEUE_FULL', sentence, { canRetry: true }));
    }
    this.planFlush();
    return new Promise((resolve, reject) => {
      this.pending.add({ counter, shard, answers, heard: [], incarnation: 0, frameNumber: 0, resolve, reject });
    });
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
      for (const { counter } of frame.commands) this.pending.sent(counter, number, this.incarnation);
    }
  }

  // ---- reports in

  private takeReports(frame: ReportFrameReader): void {
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
    return kind < EventKind.InstrumentAdded || shard === 0;
  }

  private closeFenceWhenReached(shard: number): void {
    if (this.fenceOpen[shard] !== true || this.chain.sequence(shard) < (this.openedAt[shard] ?? 0)) return;
    this.fenceOpen[shard] = false;
    this.pending.fence(shard, this.incarnation, !this.fenceOpen.includes(true));
  }

  // ---- control messages in

  private takeMessage(message: ControlMessage): void {
    switch (message.type) {
      case 'RolledBack':
        this.chain.hold({ shard: message.shard, epoch: message.epoch, sequence: message.sequence });
        this.rolledBackListeners.call(message);
        return;
      case 'Resumed':
        this.closeFenceWhenReached(message.shard);
        this.resumedListeners.call(message);
        return;
      case 'Heartbeat':
        this.heartbeatListeners.call(message.timeUs);
        this.checkMarks(message.marks);
        return;
      case 'Refused':
        this.takeRefusal(message.number, message.request, message.reason, message.text);
        return;
      case 'Subscribed':
      case 'Instruments':
        this.requests.resolve(message.request, message);
        return;
      case 'Status':
        this.statusListeners.call(message);
        return;
      default:
        return;
    }
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

  private takeRefusal(frame: number, request: number, reason: number, text: string): void {
    const name = reasonName(reason);
    const why = text === '' ? '' : ` (${text})`;
    const error = new TredyeError('REFUSED', `The platform did not take it: ${name}${why}.`, {
      reason: name,
      // The range 900 says: try again, no id was used up.
      canRetry: reason >= Reason.Busy && reason < Reason.ByClient,
    });
    if (request !== 0) {
      this.requests.reject(request, error);
      return;
    }
    if (frame === 0) return;
    this.window.refused(frame);
    this.pending.refuseFrame(frame, this.incarnation, error);
    this.refusalListeners.call(frame, error);
    this.flush();
  }

  // ---- requests

  private async request(messageOf: (request: number) => ControlMessage): Promise<ControlMessage> {
    const { connection } = this;
    if (connection === null || this.currentState !== 'ready') {
      throw new TredyeError('NOT_CONNECTED', 'There is no connection now.', { canRetry: true });
    }
    return this.requests.ask((number) => connection.sendControl(messageOf(number)));
  }

  /** Waits by the session's clock. */
  protected pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.seams.clock.after(milliseconds, resolve));
  }

  /** Asks for the instruments with ids above `first`; their phases are as of now. */
  protected async loadInstruments(first: number): Promise<InstrumentBook> {
    let after = first;
    for (let more = true; more; ) {
      const asked = after;
      const page = await this.request((request) => ({ type: 'InstrumentsRequest', request, after: asked }));
      if (page.type !== 'Instruments') break;
      this.applied = { applied: page.applied, countedTo: page.countedTo };
      for (const instrument of page.instruments) {
        this.book.add(instrument);
        after = Math.max(after, instrument.id);
      }
      more = page.more && page.instruments.length > 0;
    }
    return this.book;
  }

  /** As of the last answer about instruments. */
  protected get appliedRecords(): AppliedRecords {
    return this.applied;
  }

  protected get knownInstruments(): InstrumentBook {
    return this.book;
  }

  /** Public data of some instruments, or of all with none named. Kept over reconnects. */
  protected async addSubscription(channels: number, mode: StreamMode, instruments: readonly number[]): Promise<void> {
    const subscription: Subscription = { channels, mode, instruments };
    this.publicData.subscriptions.push(subscription);
    await this.request((request) => ({ type: 'Subscribe', request, ...subscription }));
  }

  protected async removeSubscription(channels: number, instruments: readonly number[]): Promise<void> {
    this.publicData.forget(channels, instruments);
    await this.request((request) => ({ type: 'Unsubscribe', request, channels, instruments }));
  }

  /** What a page measured goes to the platform's metrics; at most once a second, more is not counted there. */
  sendPageSample(sample: Omit<PageSampleMessage, 'type'>): void {
    if (this.currentState === 'ready') this.connection?.sendControl({ type: 'PageSample', ...sample });
  }

  private sendSubscription(subscription: Subscription, request: number): void {
    this.connection?.sendControl({ type: 'Subscribe', request, ...subscription });
  }
}
