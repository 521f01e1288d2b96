/**
 * What order requests and HTTP logons are answered by: the gateway as they see it, without sockets. Gateway thread;
 * `takeOrders` and `answerOf` run for each request and allocate little, the others when somebody asks.
 *
 * An order request is one more thing that commands can belong to: its frame goes through the same order path into the
 * same rings, and its events come back by the durable pass (orders/order-exchange.ts).
 */

import { AckLevel, CommandKind, Reason } from '../../schemas/codes.js';
import { decodeControl, encodeControl, type LogonMessage } from '../../schemas/control.js';
import { CommandFrameReader } from '../../schemas/frame-verifier.js';
import { ReportFrameWriter } from '../../schemas/frame-writer.js';
import {
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_KIND_WORD,
  COMMAND_WORDS,
  EVENT_TIME_US,
  EVENT_WORDS,
  joinWords,
  MAX_FRAME_RECORDS,
} from '../../schemas/layout.js';
import { PROTOCOL_VERSION } from '../../schemas/logon.js';
import type { Clock } from '../clock.js';
import type { Directory } from '../directory.js';
import type { MarketData } from '../market-data/market-data.js';
import type { GatewayMetrics } from '../metrics/gateway-metrics.js';
import type { OrderExchange, OrderRequest, OrderResponder } from '../orders/order-exchange.js';
import type { OrderPath } from '../orders/order-path.js';
import type { ShardFeed } from '../reports/shard-feed.js';
import { HttpChallenges, type PublicSessions } from '../sessions/access.js';
import type { Session, SessionSocket } from '../sessions/session.js';
import type { SessionTable } from '../sessions/session-table.js';
import type { VenueMode } from '../venue-mode.js';
import type { GatewayWorkerData } from '../worker-data.js';
import { type HttpSession, HttpSessions } from './http-sessions.js';
import { frameRefusal, logonRefusal, type Refusal, refusal } from './refusals.js';
import { TokenMint } from './token.js';

const DISK: number = AckLevel.Disk;
const PART: number = CommandKind.Part;
const BUSY: number = Reason.Busy;
const NOT_READY: number = Reason.NotReady;
/** In front of each frame of an answer: its length. */
const LENGTH_BYTES = 4;
const FIRST_ANSWER_BYTES = 64 * 1024;

/** The parts of a gateway that its HTTP side needs. */
export interface DeskParts {
  readonly data: GatewayWorkerData;
  readonly clock: Clock;
  readonly directory: Directory;
  readonly market: MarketData;
  readonly feeds: readonly ShardFeed[];
  readonly orders: OrderPath;
  readonly mode: VenueMode;
  readonly exchange: OrderExchange;
  readonly table: SessionTable;
  readonly publicSessions: PublicSessions;
  readonly metrics: GatewayMetrics;
  /** Every shard is followed, and no stop is under way. */
  ready(): boolean;
  logOn(socket: SessionSocket, nonce: Uint8Array, message: LogonMessage): Session;
  /** Whoever wanted to log on is gone. */
  leave(session: Session): void;
}

/** Where the answer to a logon goes. One of the two is called, once. */
export interface LogonReply {
  /** `frame`: the LogonAnswer; valid until the call returns. */
  granted(frame: Uint8Array, token: string, expirySeconds: number): void;
  refused(refused: Refusal): void;
}

export class HttpDesk {
  readonly sessions: HttpSessions;
  readonly parts: DeskParts;
  /** Commands of a token that may be unanswered at this gateway; over all of them no more than a lane keeps answers. */
  readonly window: number;
  readonly #mint: TokenMint;
  readonly #challenges: HttpChallenges;
  readonly #frames = new CommandFrameReader();
  readonly #writer = new ReportFrameWriter();
  #answer = Buffer.alloc(FIRST_ANSWER_BYTES);

  constructor(parts: DeskParts) {
    const { data, directory } = parts;
    this.parts = parts;
    this.#mint = new TokenMint(data.access.tokenKey);
    this.#challenges = new HttpChallenges(data.access.challenges);
    this.sessions = new HttpSessions(this.#mint, (keyId) => directory.key(keyId)?.revoked === true);
    this.window = Math.max(1, Math.floor(data.settings.window / data.gateways));
  }

  // ---- logon

  /** A Challenge whose nonce is good for ten seconds, once, at any gateway. */
  challenge(): Uint8Array {
    const { clock, data } = this.parts;
    const nonce = this.#challenges.issue(clock.nowUs());
    return encodeControl({ type: 'Challenge', version: PROTOCOL_VERSION, venue: data.venue, nonce });
  }

  /** Answers when the session is open in every shard. What is returned is to be called when the client is gone. */
  logOn(nonce: Uint8Array, body: Uint8Array, reply: LogonReply): () => void {
    const { parts } = this;
    const message = decodeControl(body);
    if (typeof message === 'number' || message.type !== 'Logon') {
      reply.refused(refusal('BAD_LOGON'));
    } else if (!this.#challenges.take(nonce, parts.clock.nowUs())) {
      reply.refused(refusal('NONCE_INVALID'));
    } else if (!parts.ready() || parts.table.all.size >= parts.data.settings.maxSessions) {
      reply.refused(refusal('NOT_READY'));
    } else {
      const socket = new LogonSocket((session, frame) => this.#grant(session, frame, reply), reply);
      const session = parts.logOn(socket, nonce, message);
      socket.session = session;
      return () => {
        if (!socket.answered) parts.leave(session);
      };
    }
    return () => undefined;
  }

  #grant(session: Session, frame: Uint8Array, reply: LogonReply): void {
    const { clock, data } = this.parts;
    const expirySeconds = Math.floor(clock.nowUs() / 1e6) + data.settings.tokenSeconds;
    const { account, incarnation, rights, keyId, lane } = session;
    reply.granted(frame, this.#mint.token({ account, incarnation, rights, keyId, lane, expirySeconds }), expirySeconds);
  }

  // ---- orders

  /** The session of an authorization header, or the refusal. */
  sessionOf(header: string): HttpSession | Refusal {
    const found = this.sessions.find(header, this.parts.clock.nowUs());
    return typeof found === 'string' ? refusal(found) : found;
  }

  /** Takes a frame. Null when its commands are in the rings: the responder hears of them. */
  takeOrders(session: HttpSession, body: Uint8Array, responder: OrderResponder): OrderRequest | Refusal {
    const { clock, exchange, orders, metrics } = this.parts;
    const frames = this.#frames;
    metrics.frameIn(body.length);
    const shape = frames.take(body);
    if (shape !== 0) {
      metrics.refused(shape);
      return frameRefusal(shape, Math.max(0, frames.refusedIndex), false);
    }
    if (!this.parts.ready()) {
      metrics.refused(NOT_READY);
      return refusal('NOT_READY');
    }
    const { words, recordsAtWord, count } = frames;
    const inUs = clock.nowUs();
    const request = exchange.make(session, responder, clientOrderIds(words, recordsAtWord, count), inUs, clock.nowMs());
    const reason = orders.takeRequest(request, this.window, words, recordsAtWord, count, inUs);
    if (reason === 0) {
      exchange.sent(request, orders.answers);
      metrics.commandsIn(count);
      return request;
    }
    exchange.refused(request);
    metrics.refused(reason);
    const full = reason === BUSY && session.unanswered + orders.answers > this.window;
    return frameRefusal(reason, orders.refusedIndex, full);
  }

  /** The ReportFrames of a request, each behind its length; valid until the next call. */
  answerOf(request: OrderRequest): Uint8Array {
    const writer = this.#writer;
    const { feeds, clock } = this.parts;
    const nowUs = clock.nowUs();
    const tokens = Math.max(0, this.window - request.sender.unanswered);
    let bytes = 0;
    let event = 0;
    for (const run of request.runs) {
      const { shard, epoch } = feeds[run.shard] as ShardFeed;
      for (let left = run.count; left > 0; ) {
        const count = Math.min(left, MAX_FRAME_RECORDS);
        const at = (event + count - 1) * EVENT_WORDS + EVENT_TIME_US;
        const matchedUs = joinWords(request.events[at] as number, request.events[at + 1] as number);
        writer.begin(shard, epoch, DISK, DISK, false);
        writer.append(request.events, event * EVENT_WORDS, count);
        const frame = writer.finish(request.inUs, matchedUs, nowUs, tokens);
        if (bytes + LENGTH_BYTES + frame.length > this.#answer.length) this.#growAnswer();
        this.#answer.writeUInt32LE(frame.length, bytes);
        this.#answer.set(frame, bytes + LENGTH_BYTES);
        bytes += LENGTH_BYTES + frame.length;
        event += count;
        left -= count;
      }
    }
    return this.#answer.subarray(0, bytes);
  }

  #growAnswer(): void {
    const grown = Buffer.alloc(2 * this.#answer.length);
    this.#answer.copy(grown);
    this.#answer = grown;
  }
}

/** A logon's session believes to have a connection: this tells the one answer that it gets. */
class LogonSocket implements SessionSocket {
  session: Session | null = null;
  answered = false;
  readonly #grant: (session: Session, frame: Uint8Array) => void;
  readonly #reply: LogonReply;
  #reason = 0;

  constructor(grant: (session: Session, frame: Uint8Array) => void, reply: LogonReply) {
    this.#grant = grant;
    this.#reply = reply;
  }

  send(bytes: Uint8Array): boolean {
    if (this.answered) return true;
    const message = decodeControl(bytes);
    if (typeof message === 'number') return true;
    if (message.type === 'Refused') this.#reason = message.reason;
    if (message.type === 'LogonAnswer' && this.session !== null) {
      this.answered = true;
      this.#grant(this.session, bytes);
    }
    return true;
  }

  bufferedBytes(): number {
    return 0;
  }

  cork(write: () => void): void {
    write();
  }

  end(code: number, reason: string): void {
    if (this.answered) return;
    this.answered = true;
    this.#reply.refused(logonRefusal(code, this.#reason, reason));
  }
}

/** Low and high words of each command's, Parts left out: they have their head's. */
function clientOrderIds(words: Int32Array, at: number, count: number): number[] {
  const ids: number[] = [];
  for (let record = 0; record < count; record++) {
    const head = at + record * COMMAND_WORDS;
    if (((words[head + COMMAND_KIND_WORD] as number) & 0xff) === PART) continue;
    ids.push(words[head + COMMAND_CLIENT_ORDER_ID] as number, words[head + COMMAND_CLIENT_ORDER_ID + 1] as number);
  }
  return ids;
}

/** What a client is told of a request that waits: the ids to ask for again, as decimal numbers. */
export function pendingJson(request: OrderRequest): string {
  const pending: string[] = [];
  for (let at = 0; at < request.ids.length; at += 2) {
    const [low, high] = [request.ids[at] as number, request.ids[at + 1] as number];
    pending.push(((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)).toString());
  }
  return JSON.stringify({ pending });
}
