/**
 * A session as one who watches has it: logon, reconnects, instruments, public data, over as many connections as it takes.
 * What an account has besides, its private stream and its commands, is session.ts, which builds on this; a page that only
 * watches does without.
 *
 * Everything happens on the event loop; nothing here blocks. Browser and Node: what differs lies behind seams.ts.
 */

import { CLOSE_CODES, mayReconnect } from '../../schemas/close-codes.js';
import { type AckLevel, Channel, Reason, StreamMode } from '../../schemas/codes.js';
import type {
  ControlMessage,
  InstrumentFields,
  LogonAnswerMessage,
  PageSampleMessage,
  PlainControlMessage,
} from '../../schemas/control.js';
import type { ReportFrameReader } from '../../schemas/frame-verifier.js';
import { reasonName } from '../events.js';
import type { Timer } from '../seams.js';
import { TredyeError } from '../tredye-error.js';
import { Backoff } from './backoff.js';
import { Connection, type ConnectionLoss, type ConnectionSeams, connectError } from './connection.js';
import { InstrumentBook } from './instruments.js';
import type { ResumeFrom } from './private-chain.js';
import { PublicData, type Subscription } from './public-data.js';
import { Requests } from './requests.js';
import { SessionEvents, type SessionState } from './session-events.js';

export interface PublicSessionOptions {
  readonly lane: number;
  readonly ackLevel: AckLevel;
  readonly heartbeatSeconds: number;
  readonly cancelAfterSeconds?: number;
  readonly giveUpAfterMs: number;
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

export type ChannelName = 'trades' | 'top';

function channelBits(channels: readonly ChannelName[]): number {
  let bits = 0;
  for (const channel of channels) bits |= channel === 'trades' ? Channel.Trades : Channel.Top;
  return bits;
}

export class PublicSession extends SessionEvents {
  readonly lane: number;
  protected connection: Connection | null = null;
  private readonly url: string;
  private readonly seams: ConnectionSeams;
  private readonly options: PublicSessionOptions;
  private readonly book = new InstrumentBook();
  private applied: AppliedRecords = { applied: [], countedTo: 0 };
  private readonly requests = new Requests();
  private readonly publicData = new PublicData({
    trades: this.tradeListeners,
    voids: this.voidListeners,
    corrections: this.correctionListeners,
    tops: this.topListeners,
    indicatives: this.indicativeListeners,
    gaps: this.gapListeners,
    words: this.publicWordListeners,
  });
  private readonly backoff: Backoff;
  private answer: LogonAnswerMessage | null = null;
  private currentState: SessionState = 'connecting';
  private retryTimer: Timer | null = null;
  private firstConnect: { resolve: () => void; reject: (error: TredyeError) => void } | null = null;
  private closeWaiters: (() => void)[] = [];

  protected constructor(url: string, seams: ConnectionSeams, options: PublicSessionOptions) {
    super();
    this.url = url;
    this.seams = seams;
    this.options = options;
    this.lane = options.lane;
    this.backoff = new Backoff(options.random);
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

  /** Bytes handed over and not yet given to the network. */
  bufferedBytes(): number {
    return this.connection?.bufferedBytes() ?? 0;
  }

  // ---- instruments and public data

  /** All instruments, asked anew: the phases are as of now. */
  async instruments(): Promise<InstrumentFields[]> {
    return (await this.loadInstruments(0)).all();
  }

  async instrument(symbol: string): Promise<InstrumentFields> {
    const known = this.knownInstruments.bySymbol(symbol) ?? (await this.loadInstruments(0)).bySymbol(symbol);
    if (known === undefined) throw new TredyeError('UNKNOWN_SYMBOL', `There is no instrument ${symbol}.`);
    return known;
  }

  /** Public data, by onTrade and onTop. With no instruments named: all. frames: newest state every 16 ms instead of each. */
  async subscribe(
    channels: readonly ChannelName[],
    options: { readonly instruments?: readonly number[]; readonly frames?: boolean } = {},
  ): Promise<void> {
    const mode = options.frames === true ? StreamMode.Frame : StreamMode.Raw;
    await this.addSubscription(channelBits(channels), mode, options.instruments ?? []);
  }

  async unsubscribe(channels: readonly ChannelName[], instruments: readonly number[] = []): Promise<void> {
    await this.removeSubscription(channelBits(channels), instruments);
  }

  /** What a page measured goes to the platform's metrics; at most once a second, more is not counted there. */
  sendPageSample(sample: Omit<PageSampleMessage, 'type'>): void {
    if (this.currentState === 'ready') this.connection?.sendControl({ type: 'PageSample', ...sample });
  }

  // ---- what a session with a private stream does besides

  /** Whether it begins with what the account has in the shards that it does not resume. */
  protected wantsSnapshot(): boolean {
    return false;
  }

  /** What this client holds of each shard: give it to the next process's `resume`. */
  resumePoints(): ResumeFrom[] {
    return [];
  }

  /** A logon was answered; nobody has been told. */
  protected opened(_answer: LogonAnswerMessage): void {}

  /** The same, and everybody has. */
  protected ready(_answer: LogonAnswerMessage): void {}

  /** There will be no connection any more. */
  protected ended(_error: TredyeError): void {}

  protected takeReports(_frame: ReportFrameReader): void {}

  /** A control message that is not of public data alone. */
  protected takePrivate(_message: ControlMessage): void {}

  protected frameRefused(_frame: number, _error: TredyeError): void {}

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
    const { lane, ackLevel, heartbeatSeconds, cancelAfterSeconds } = this.options;
    const cancels = cancelAfterSeconds === undefined ? {} : { cancelAfterSeconds };
    const connection = new Connection(
      this.url,
      this.seams,
      { lane, ackLevel, heartbeatSeconds, ...cancels, resume: this.resumePoints(), snapshot: this.wantsSnapshot() },
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
    this.publicData.restart();
    this.opened(answer);
    this.setState('ready', '');
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
    this.ready(answer);
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
    this.ended(error);
    this.setState('closed', why);
    for (const waiter of this.closeWaiters) waiter();
    this.closeWaiters = [];
  }

  private setState(state: SessionState, why: string): void {
    if (this.currentState === state) return;
    this.currentState = state;
    this.stateListeners.call(state, why);
  }

  // ---- control messages in

  private takeMessage(message: ControlMessage): void {
    switch (message.type) {
      case 'Heartbeat':
        this.heartbeatListeners.call(message.timeUs);
        break;
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
        break;
    }
    this.takePrivate(message);
  }

  private takeRefusal(frame: number, request: number, reason: number, text: string): void {
    const name = reasonName(reason);
    const why = text === '' ? '' : ` (${text})`;
    const error = new TredyeError('REFUSED', `The platform did not take it: ${name}${why}.`, {
      reason: name,
      // The range 900 says: try again, no id was used up.
      canRetry: reason >= Reason.Busy && reason < Reason.ByClient,
    });
    if (request !== 0) this.requests.reject(request, error);
    else if (frame !== 0) this.frameRefused(frame, error);
  }

  // ---- requests

  private async request(messageOf: (request: number) => PlainControlMessage): Promise<ControlMessage> {
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

  private sendSubscription(subscription: Subscription, request: number): void {
    this.connection?.sendControl({ type: 'Subscribe', request, ...subscription });
  }
}
