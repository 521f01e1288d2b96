/**
 * One gateway without its sockets: connections and their messages come in, rings and doorbells are behind it. It decides
 * what closes a session and in which order a turn does its work. Gateway thread; app.ts brings the sockets and the loop,
 * client-messages.ts reads what clients say.
 *
 *   message ──> Logon | OrderPath | MarketData          turn ──> matched pass, durable pass of each shard
 *                                                                (reports, folds, openings), openings, catch-ups
 *
 * Nothing that a client sends makes it throw. What throws is a bug of ours or a journal that cannot be read.
 */

import { randomBytes } from 'node:crypto';
import { AdminLog } from '../engine/admin-log.js';
import { AuditorClient } from '../engine/audit/questions.js';
import type { AccountState } from '../engine/inspection/account-state.js';
import type { Disk } from '../engine/journal/disk.js';
import { IMAGE_LANE, type ShardImage } from '../engine/public/shard-image.js';
import { CommandRing } from '../engine/ring/command-ring.js';
import { Doorbell } from '../engine/ring/doorbell.js';
import { CLOSE_CODES, type CloseCode } from '../schemas/close-codes.js';
import { Reason } from '../schemas/codes.js';
import { encodeControl, type LogonMessage, type ResumePointFields } from '../schemas/control.js';
import { NONCE_BYTES, PROTOCOL_VERSION } from '../schemas/logon.js';
import { ClientMessages } from './client-messages.js';
import type { Clock } from './clock.js';
import { Directory } from './directory.js';
import { HttpDesk } from './http/http-desk.js';
import { MarketData } from './market-data/market-data.js';
import { GatewayMetrics } from './metrics/gateway-metrics.js';
import { OrderExchange } from './orders/order-exchange.js';
import { OrderPath } from './orders/order-path.js';
import { AnswerWalker, SentCommands } from './orders/sent-commands.js';
import { ShardLink } from './orders/shard-link.js';
import { AccountSnapshots, SnapshotFrames } from './reports/account-snapshots.js';
import { ImageRequests } from './reports/image-requests.js';
import { OutputView } from './reports/output-view.js';
import { ReportPath } from './reports/report-path.js';
import { CatchUps, lastOfEpoch } from './reports/resume.js';
import { FEED_CAUGHT_UP, FEED_FELL_BEHIND, FEED_IDLE, FEED_TOO_OLD, ShardFeed } from './reports/shard-feed.js';
import { PublicSessions } from './sessions/access.js';
import { Heartbeats } from './sessions/heartbeat.js';
import { Logon, type Verify } from './sessions/logon.js';
import { CLOSED, LIVE, OPENING, Session, type SessionSocket, type ShardStream } from './sessions/session.js';
import { SessionReplies } from './sessions/session-replies.js';
import { SessionTable } from './sessions/session-table.js';
import { VenueMode } from './venue-mode.js';
import type { GatewayRemains, GatewaySettings, GatewayWorkerData } from './worker-data.js';

/** What a gateway needs from outside besides its data; tests bring their own. */
export interface GatewaySeams {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly verify: Verify;
  /** Runs `frameTick` every frameMs from `true` on, until `false`. */
  framedWanted(wanted: boolean): void;
  /** Runs `work` when the sockets that are readable now were read. */
  soon(work: () => void): void;
  /** A line for the operator; never on the order path. */
  log(level: 'info' | 'warn', code: string, message: string): void;
}

const NO_IMAGES: readonly ShardImage[] = [];

export class Gateway {
  readonly table: SessionTable;
  /** What HTTP requests are answered by. */
  readonly http: HttpDesk;
  readonly #data: GatewayWorkerData;
  readonly #settings: GatewaySettings;
  readonly #seams: GatewaySeams;
  readonly #clock: Clock;
  readonly #directory: Directory;
  readonly #links: readonly ShardLink[];
  readonly #feeds: readonly ShardFeed[];
  readonly #reports: ReportPath;
  readonly #market: MarketData;
  readonly #catchUps: CatchUps;
  readonly #logon: Logon;
  readonly #heartbeats: Heartbeats;
  readonly #metrics: GatewayMetrics;
  readonly #exchange: OrderExchange;
  readonly #publicSessions: PublicSessions;
  readonly #replies: SessionReplies;
  readonly #messages: ClientMessages;
  readonly #mode: VenueMode;
  /** Causes as sessions were told of them last. */
  #toldCauses = 0;
  /** Null when there is no auditor. */
  readonly #auditor: AuditorClient | null;
  readonly #images: ImageRequests | null;
  readonly #snapshots: AccountSnapshots;
  #stopping = false;
  #liveSessions = 0;
  /** Every shard was followed once: what falls behind from here on is worth a word. */
  #served = false;

  constructor(data: GatewayWorkerData, seams: GatewaySeams) {
    const { limits, shardCount } = data;
    // More could be unanswered than a lane keeps answers for: a repeated command might be told TOO_OLD.
    const settings = { ...data.settings, window: Math.min(data.settings.window, limits.laneAnswers) };
    this.#settings = settings;
    this.#data = data;
    this.#seams = seams;
    this.#clock = seams.clock;
    this.#metrics = new GatewayMetrics(data, seams.clock);
    this.table = new SessionTable(shardCount);
    this.#replies = new SessionReplies(this.#metrics, settings.maxBufferedBytes, (session, code, text) =>
      this.close(session, code, text),
    );
    this.#mode = new VenueMode(data.access.mode);
    this.#publicSessions = new PublicSessions(data.access.publicSessions, settings.maxPublicSessions);
    this.#exchange = new OrderExchange(shardCount, settings.httpAnswerMs);
    this.#directory = new Directory(new AdminLog(data.adminLog), shardCount);
    this.#links = data.rings.map((ring, shard) => {
      // One entry a publish: all that the command ring holds, and all whose answers still lie in the output ring.
      const sent = new SentCommands(2 ** Math.ceil(Math.log2(limits.commandRingSlots + limits.outputRingSlots)));
      const spans = data.spans[shard];
      const doorbell = data.shardDoorbells[shard];
      const durable = new AnswerWalker(sent, spans, true);
      const matched = new AnswerWalker(sent, spans, false);
      return new ShardLink(shard, new CommandRing(ring), sent, durable, matched, new Doorbell(doorbell), seams.soon);
    });
    this.#feeds = data.outputs.map((output, shard) => {
      const view = new OutputView(output, data.readerIndex);
      const journal = { disk: seams.disk, directory: data.journalDirectories[shard], shardCount };
      const { eventsPerTurn } = settings;
      return new ShardFeed(
        shard,
        view.epoch,
        data.eventSequences[shard],
        view,
        journal,
        eventsPerTurn,
        (feed, words, count) => this.#take(feed, words, count),
      );
    });
    this.#reports = new ReportPath(
      this.#links,
      this.table,
      seams.clock,
      this.#metrics.times,
      settings,
      this.#exchange,
      (session) => this.close(session, CLOSE_CODES.SLOW_READER, 'too much was waiting to be read'),
    );
    this.#market = new MarketData(
      this.#feeds,
      seams.clock,
      settings.pauseBufferedBytes,
      (instrument) => this.#directory.shardOf(instrument),
      (wanted) => seams.framedWanted(wanted),
      (instrument) => this.#directory.referenceOf(instrument),
    );
    this.#catchUps = new CatchUps(
      this.#reports,
      settings.pauseBufferedBytes,
      settings.eventsPerTurn,
      (session, feed, at) => this.#joined(session, feed, at),
      (session, feed) => this.#wantSnapshot(session, feed.shard),
    );
    this.#logon = new Logon(
      data.venue,
      settings,
      this.#directory,
      this.table,
      this.#links,
      data.incarnation,
      this.#publicSessions,
      seams.verify,
      {
        refuse: (session, code, reason, text) => this.#replies.refuseAndClose(session, code, reason, text),
        close: (session, code, text) => this.close(session, code, text),
        live: (session) => this.#goLive(session),
        livePublic: (session) => this.#begin(session),
        opened: (account, lane, incarnation) => this.http.sessions.opened(account, lane, incarnation),
      },
    );
    const orders = new OrderPath(this.#links, this.#directory, limits.reservedCancelSlots, settings.window, this.#mode);
    this.#messages = new ClientMessages({
      clock: seams.clock,
      directory: this.#directory,
      market: this.#market,
      feeds: this.#feeds,
      orders,
      logon: this.#logon,
      metrics: this.#metrics,
      replies: this.#replies,
      ready: () => this.#isServing(),
      close: (session, code, text) => this.close(session, code, text),
    });
    this.http = new HttpDesk({
      data: { ...data, settings },
      clock: seams.clock,
      directory: this.#directory,
      market: this.#market,
      feeds: this.#feeds,
      orders,
      mode: this.#mode,
      exchange: this.#exchange,
      table: this.table,
      publicSessions: this.#publicSessions,
      metrics: this.#metrics,
      ready: () => this.#isServing(),
      logOn: (socket, nonce, message) => this.#logOnByHttp(socket, nonce, message),
      leave: (session) => this.disconnected(session),
    });
    this.#heartbeats = new Heartbeats(this.table, this.#feeds, seams.clock, (session, code, text) =>
      this.close(session, code, text),
    );
    this.#auditor = data.auditor === null ? null : new AuditorClient(data.auditor);
    this.#snapshots = new AccountSnapshots(this.#auditor, {
      arrived: (session, shard, state) => this.#beginWith(session, shard, state),
      failed: (session, why) => this.close(session, CLOSE_CODES.NOT_READY, `no snapshot yet: ${why}`),
    });
    this.#images =
      this.#auditor === null
        ? null
        : new ImageRequests(this.#auditor, (shard, why) =>
            seams.log('warn', 'IMAGE_LATE', `waits for what shard ${shard} is: ${why}`),
          );
    if (data.remains !== null) this.#clearAway(data.remains);
    for (const image of data.images ?? []) this.#beginFeed(image);
    if (data.images === null) for (const feed of this.#feeds) this.#wantImage(feed);
  }

  // ---- the loop

  /** One bounded turn. Returns true when there is more to do at once. Throws when a journal cannot be read. */
  turn(): boolean {
    for (const keyId of this.#directory.refresh()) this.#keyRevoked(keyId);
    for (const image of this.#images?.take() ?? NO_IMAGES) this.#beginFeed(image);
    let more = false;
    for (const feed of this.#feeds) {
      // Before the durable pass: a session that joined the matched pass begins where the durable one stands now.
      if (this.#reports.matchedPass(feed) > 0) more = true;
      const outcome = feed.turn(this.#reports.durableUpTo(feed));
      if (outcome === FEED_IDLE) continue;
      more = true;
      if (outcome === FEED_FELL_BEHIND) this.#fellBehind(feed);
      else if (outcome === FEED_CAUGHT_UP) this.#caughtUp(feed);
      else if (outcome === FEED_TOO_OLD) this.#wantImage(feed);
    }
    this.#logon.settle();
    if (this.#catchUps.turn()) more = true;
    for (const link of this.#links) link.retry();
    return more;
  }

  /** The second look between prepareSleep and sleep. */
  hasWork(): boolean {
    for (const feed of this.#feeds) {
      if (feed.hasWork()) return true;
      if (this.#reports.matchedWaits(feed)) return true;
    }
    return this.#directory.hasNew();
  }

  /** Ten times a second. */
  tick(): void {
    this.#heartbeats.tick();
    for (const feed of this.#feeds) if (feed.waits) this.#wantImage(feed);
    this.#metrics.tick();
    this.#exchange.tick(this.#clock.nowMs());
    this.#tellMode();
    for (const link of this.#links) link.retry();
  }

  /** To every live session when the venue's mode has changed. */
  #tellMode(): void {
    const { causes } = this.#mode;
    if (causes === this.#toldCauses) return;
    this.#toldCauses = causes;
    for (const session of this.table.all) {
      if (session.state === LIVE && !session.isHttp)
        this.#replies.send(session, { type: 'Status', ...this.#mode.status });
    }
  }

  frameTick(): void {
    this.#market.frameTick();
  }

  /** True when every shard is followed from its ring: the time to listen. */
  get ready(): boolean {
    return this.#feeds.every(({ live }) => live);
  }

  #isServing(): boolean {
    return this.ready && !this.#stopping;
  }

  /** Whether a session is still being brought to its live stream. */
  get catchingUp(): boolean {
    return this.#catchUps.running > 0;
  }

  /** Events folded and to fold, over all shards. */
  progress(): { readonly done: number; readonly total: number } {
    let done = 0;
    let total = 0;
    for (const feed of this.#feeds) {
      done += feed.at;
      total += Math.max(feed.at, feed.durable);
    }
    return { done, total };
  }

  /** No new sessions; those that are there are told to come back later. */
  stop(): void {
    this.#stopping = true;
    this.#exchange.stop();
    for (const session of [...this.table.all]) this.close(session, CLOSE_CODES.GOING_DOWN, 'going down');
    for (const link of this.#links) link.retry();
  }

  /** What is open in the shards and counted for all gateways, for whoever takes this one's place. */
  remains(): GatewayRemains {
    const publicSessions = [...this.table.all].filter(({ isPublic }) => isPublic).length;
    return { incarnations: [...this.table.byIncarnation.keys()], publicSessions };
  }

  /** By the ring that the dead thread wrote to: behind all that it sent, so that no opening comes after its end. */
  #clearAway({ incarnations, publicSessions }: GatewayRemains): void {
    for (let left = publicSessions; left > 0; left--) this.#publicSessions.leave();
    for (const { view } of this.#feeds) view.wantMatched(false);
    for (const incarnation of incarnations) for (const link of this.#links) link.loseSession(incarnation);
  }

  /** After the last turn. */
  release(): void {
    this.#catchUps.close();
    for (const feed of this.#feeds) feed.close();
    this.#auditor?.close();
  }

  // ---- connections

  /** Whether one more connection is taken. */
  hasRoom(): boolean {
    return !this.#stopping && this.table.all.size < this.#settings.maxSessions;
  }

  connected(socket: SessionSocket): Session {
    const nonce = new Uint8Array(randomBytes(NONCE_BYTES));
    const session = this.#newSession(this.#metrics.counted(socket), nonce);
    this.#metrics.opened(this.table.all.size);
    this.#replies.send(session, { type: 'Challenge', version: PROTOCOL_VERSION, venue: this.#data.venue, nonce });
    return session;
  }

  #logOnByHttp(socket: SessionSocket, nonce: Uint8Array, message: LogonMessage): Session {
    const session = this.#newSession(socket, nonce);
    session.isHttp = true;
    this.#logon.take(session, message, this.#isServing());
    return session;
  }

  #newSession(socket: SessionSocket, nonce: Uint8Array): Session {
    const nowMs = this.#clock.nowMs();
    const deadlineMs = nowMs + this.#settings.logonSeconds * 1000;
    const session = new Session(socket, this.#data.shardCount, nonce, nowMs, deadlineMs);
    this.table.all.add(session);
    return session;
  }

  /** The socket is gone, whoever wanted it. */
  disconnected(session: Session): void {
    if (session.state !== CLOSED) this.#end(session, true);
  }

  /** The network took what was waiting. Returns true when a catch-up may go on: a turn is due. */
  drained(session: Session): boolean {
    if (session.state === LIVE) this.#market.drained(session);
    return this.catchingUp;
  }

  /** Ends a session for a reason that its client is told. */
  close(session: Session, code: CloseCode, text: string): void {
    if (session.state === CLOSED) return;
    this.#metrics.closing(code);
    if (!session.hasLost) session.flush();
    // A newer session of the lane has closed this one in the engine already.
    this.#end(session, code !== CLOSE_CODES.SUPERSEDED);
    session.socket.end(code, text);
  }

  #end(session: Session, lost: boolean): void {
    if (session.state === LIVE) this.#metrics.sessionGone(--this.#liveSessions);
    const wasOpen = session.state === OPENING || session.state === LIVE;
    if (session.state === OPENING) this.#logon.opening--;
    if (session.state === LIVE && session.matched) this.#reports.countMatched(-1, this.#feeds);
    session.state = CLOSED;
    this.table.close(session);
    this.#metrics.gone(this.table.all.size);
    this.#market.forget(session);
    if (session.isPublic) this.#publicSessions.leave();
    else if (wasOpen && lost) for (const link of this.#links) link.loseSession(session.incarnation);
  }

  #caughtUp(feed: ShardFeed): void {
    this.#links[feed.shard].durable.skipMissed();
    if (this.#served) this.#seams.log('info', 'CAUGHT_UP', `follows shard ${feed.shard} again, from event ${feed.at}`);
    this.#served ||= this.ready;
  }

  #fellBehind(feed: ShardFeed): void {
    const text = `fell behind shard ${feed.shard} at event ${feed.at}: sessions are closed, the journal is read`;
    this.#seams.log('warn', 'FELL_BEHIND', text);
    this.#exchange.fellBehind();
    for (const session of [...this.table.all]) {
      // A public one has no private stream, and an HTTP one that is live needs none.
      if (session.incarnation !== 0 && !(session.isHttp && session.state === LIVE)) {
        this.close(session, CLOSE_CODES.STREAM_RESTARTED, 'the event stream starts again: resume');
      }
    }
  }

  /**
   * Begins a shard's feed with an image, at first or again: all folds take what it says. In life, the sessions that have a
   * private stream of this shard were closed when the feed fell behind; public data goes on, with its gap shown.
   */
  #beginFeed(image: ShardImage): void {
    const feed = this.#feeds[image.shard] as ShardFeed;
    // The ring took over meanwhile, or the auditor is not as far as what was handed on: it is asked again.
    if (!feed.waits || image.sequence < feed.at) return;
    feed.begin(image.sequence);
    this.#directory.begin(image);
    this.#market.begin(image);
    const { lanes } = image;
    for (let at = 0; at < lanes.length; at += IMAGE_LANE) {
      const [account, lane, incarnation] = lanes.subarray(at, at + IMAGE_LANE) as unknown as [number, number, number];
      if (incarnation !== 0) this.http.sessions.opened(account >>> 0, lane, incarnation >>> 0);
    }
  }

  #wantImage(feed: ShardFeed): void {
    // Without an auditor nothing is retired: somebody took the segments away.
    if (this.#images === null) throw feed.tooOld();
    this.#images.want(feed.shard);
  }

  #keyRevoked(keyId: number): void {
    this.http.sessions.keyRevoked(keyId);
    for (const session of [...(this.table.ofKey(keyId) ?? [])]) {
      this.close(session, CLOSE_CODES.KEY_REVOKED, 'the key was revoked');
    }
  }

  /** One message of a client. `bytes` may change when the call returns. */
  message(session: Session, bytes: Uint8Array, isBinary: boolean): void {
    this.#messages.take(session, bytes, isBinary);
  }

  /** A ping or pong of the WebSocket, which the library answers. */
  ping(session: Session): void {
    this.#messages.ping(session);
  }

  // ---- what shards say

  #take(feed: ShardFeed, words: Int32Array, count: number): void {
    this.#metrics.events(feed.shard, words, feed.at, count);
    this.#directory.take(feed.shard, words, count);
    this.#reports.durablePass(feed, words, count, this.#logon);
    const before = this.#market.rawFrames;
    this.#market.take(feed, words, count);
    this.#metrics.publicMessages(this.#market.rawFrames - before);
  }

  #goLive(session: Session): void {
    if (this.#feeds.some((feed) => !feed.live)) {
      // It was checked while the gateway fell behind: there is no live stream to join, and nobody would join it later.
      this.close(session, CLOSE_CODES.STREAM_RESTARTED, 'the event stream starts again: resume');
      return;
    }
    const refused = session.resume.find(
      (point) =>
        point.epoch > this.#feeds[point.shard].epoch || this.#resumeFrom(point) > session.shards[point.shard].openedAt,
    );
    if (refused !== undefined) {
      const text = `the resume point of shard ${refused.shard} lies beyond its stream`;
      this.#replies.refuseAndClose(session, CLOSE_CODES.LOGON_REFUSED, Reason.BadPayload, text);
      return;
    }
    this.#logon.opening--;
    this.#begin(session);
  }

  /** From here on it is live. */
  #begin(session: Session): void {
    session.state = LIVE;
    this.#metrics.loggedOn(++this.#liveSessions);
    if (session.matched) this.#reports.countMatched(1, this.#feeds);
    session.lastBeatMs = this.#clock.nowMs();
    session.lastHeardMs = session.lastBeatMs;
    const { account, lane, incarnation, rights, heartbeatMs } = session;
    session.queue(
      encodeControl({
        type: 'LogonAnswer',
        account,
        lane,
        incarnation,
        rights,
        heartbeatSeconds: heartbeatMs / 1000,
        window: session.isHttp ? this.http.window : this.#settings.window,
        points: session.isPublic ? [] : this.#logon.pointsOf(session, (shard) => this.#feeds[shard].epoch),
      }),
    );
    if (this.#toldCauses !== 0 && !session.isHttp)
      session.queue(encodeControl({ type: 'Status', ...this.#mode.status }));
    if (session.isPublic || session.isHttp) {
      // Neither has a private stream. What an HTTP session opened stays open until its token ends.
      session.deadlineMs = session.lastBeatMs + this.#settings.tokenSeconds * 1000;
      session.flush();
      return;
    }
    for (const stream of session.shards) stream.at = stream.openedAt;
    for (const point of session.resume) this.#resume(session, point);
    session.flush();
    for (const [shard, stream] of session.shards.entries()) {
      if (session.state !== LIVE) return;
      if (this.#beginsWithSnapshot(session, shard, stream)) this.#wantSnapshot(session, shard);
      else this.#catchUps.start(session, this.#feeds[shard], stream);
    }
  }

  /** It asked for it, or would have so much replayed that what it has now is less. */
  #beginsWithSnapshot(session: Session, shard: number, { at, replaying }: ShardStream): boolean {
    if (!replaying) return session.wantsSnapshot;
    return this.#snapshots.canAsk && this.#feeds[shard].at - at > this.#settings.resumeEvents;
  }

  #wantSnapshot(session: Session, shard: number): void {
    if (this.#snapshots.canAsk) this.#snapshots.want(session, shard);
    else this.close(session, CLOSE_CODES.RESUME_TOO_OLD, 'without an auditor nobody knows what the account has now');
  }

  /** Nothing of this shard was delivered to it yet. */
  #beginWith(session: Session, shard: number, state: AccountState): void {
    const feed = this.#feeds[shard];
    if (!feed.live) {
      this.close(session, CLOSE_CODES.STREAM_RESTARTED, 'the event stream starts again: resume');
      return;
    }
    const stream = session.shards[shard];
    stream.at = state.sequence;
    stream.replaying = true;
    this.#catchUps.start(session, feed, stream, new SnapshotFrames(shard, feed.epoch, state));
  }

  #resume(session: Session, point: ResumePointFields): void {
    const { shard } = point;
    const stream = session.shards[shard];
    stream.at = this.#resumeFrom(point);
    stream.replaying = true;
    if (stream.at < point.sequence) {
      const { epoch } = this.#feeds[shard];
      session.queue(encodeControl({ type: 'RolledBack', shard, epoch, sequence: stream.at }));
    }
  }

  /** The last event of what the client holds that still stands: a later epoch may have cut it back. */
  #resumeFrom({ shard, epoch, sequence }: ResumePointFields): number {
    return Math.min(sequence, lastOfEpoch(this.#data.epochs[shard], epoch));
  }

  #joined(session: Session, feed: ShardFeed, at: number): void {
    const stream = session.shards[feed.shard];
    if (!stream.replaying) return;
    stream.replaying = false;
    this.#replies.send(session, { type: 'Resumed', shard: feed.shard, epoch: feed.epoch, sequence: at });
  }
}
