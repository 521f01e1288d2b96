/**
 * What clients say over a WebSocket: each message is looked at and goes where it belongs, to the logon, to the order path
 * or to public data, or it is refused. Gateway thread. Nothing that a client sends makes it throw.
 */

import { CLOSE_CODES, type CloseCode } from '../schemas/close-codes.js';
import { Reason, Right } from '../schemas/codes.js';
import { decodeControl, type SubscribeMessage, type UnsubscribeMessage } from '../schemas/control.js';
import { CommandFrameReader, frameKind } from '../schemas/frame-verifier.js';
import { MAX_FRAME_BYTES } from '../schemas/layout.js';
import type { Clock } from './clock.js';
import type { Directory } from './directory.js';
import type { MarketData } from './market-data/market-data.js';
import type { GatewayMetrics } from './metrics/gateway-metrics.js';
import type { OrderPath } from './orders/order-path.js';
import type { ShardFeed } from './reports/shard-feed.js';
import type { Logon } from './sessions/logon.js';
import { PUBLIC_INSTRUMENTS, TOO_MANY_MESSAGES } from './sessions/public-limits.js';
import { CHALLENGED, CLOSED, LIVE, type Session } from './sessions/session.js';
import type { SessionReplies } from './sessions/session-replies.js';

/** Instruments in one page: each at most about 100 bytes, so that a page stays under a client's frame limit. */
const PAGE_INSTRUMENTS = 100;

const READ: number = Right.Read;

/** The parts of a gateway that messages go to. */
export interface MessageParts {
  readonly clock: Clock;
  readonly directory: Directory;
  readonly market: MarketData;
  readonly feeds: readonly ShardFeed[];
  readonly orders: OrderPath;
  readonly logon: Logon;
  readonly metrics: GatewayMetrics;
  readonly replies: SessionReplies;
  /** Every shard is followed, and no stop is under way. */
  ready(): boolean;
  close(session: Session, code: CloseCode, text: string): void;
}

export class ClientMessages {
  readonly #parts: MessageParts;
  readonly #frames = new CommandFrameReader();

  constructor(parts: MessageParts) {
    this.#parts = parts;
  }

  /** One message. `bytes` may change when the call returns. */
  take(session: Session, bytes: Uint8Array, isBinary: boolean): void {
    if (session.state === CLOSED) return;
    const { clock, metrics, replies } = this.#parts;
    session.lastHeardMs = clock.nowMs();
    metrics.frameIn(bytes.length);
    if (this.#isTooMuch(session, session.lastHeardMs)) return;
    if (!isBinary) {
      this.#parts.close(session, CLOSE_CODES.TEXT_FRAME, 'frames are binary here');
      return;
    }
    if (bytes.length > MAX_FRAME_BYTES) {
      replies.refuse(session, 0, 0, 0, Reason.FrameTooLong, `a frame has at most ${MAX_FRAME_BYTES} bytes`);
      return;
    }
    const kind = frameKind(bytes);
    if (kind === 'command') this.#command(session, bytes);
    else if (kind === 'control') this.#control(session, bytes);
    else replies.badFrame(session, 0, 'no frame of ours');
  }

  /** A ping or pong of the WebSocket. The library answers it, and it says nothing to us: heartbeats do. */
  ping(session: Session): void {
    if (session.state !== CLOSED) this.#isTooMuch(session, this.#parts.clock.nowMs());
  }

  /** Closes who has shown no key and says more than it may. */
  #isTooMuch(session: Session, nowMs: number): boolean {
    if (session.incarnation !== 0 || session.allowance.take(nowMs)) return false;
    this.#parts.close(session, CLOSE_CODES.TOO_MANY_MESSAGES, TOO_MANY_MESSAGES);
    return true;
  }

  #command(session: Session, bytes: Uint8Array): void {
    const { clock, orders, metrics, replies } = this.#parts;
    const frames = this.#frames;
    let reason = frames.take(bytes);
    if (reason !== 0 && frames.refusedIndex < 0) {
      replies.badFrame(session, frames.number, 'no whole CommandFrame of 1 to 256 commands');
      return;
    }
    let index = frames.refusedIndex;
    if (session.state !== LIVE) {
      if (session.state === CHALLENGED) {
        replies.refuseAndClose(session, CLOSE_CODES.LOGON_REFUSED, Reason.NotAllowed, 'log on first');
        return;
      }
      reason = Reason.NotReady;
      index = 0;
    } else if (reason === 0) {
      reason = orders.take(session, frames.words, frames.recordsAtWord, frames.count, clock.nowUs());
      index = orders.refusedIndex;
      if (reason === 0) metrics.commandsIn(frames.count);
    }
    if (reason !== 0) replies.refuse(session, frames.number, 0, index, reason, '');
  }

  #control(session: Session, bytes: Uint8Array): void {
    const { directory, feeds, logon, metrics, replies } = this.#parts;
    const message = decodeControl(bytes);
    if (typeof message === 'number') {
      replies.badFrame(session, 0, 'no whole ControlFrame');
      return;
    }
    if (message.type === 'Logon') {
      logon.take(session, message, this.#parts.ready());
      return;
    }
    if (message.type === 'Heartbeat') {
      metrics.heartbeat(message);
      return;
    }
    if (message.type === 'PageSample' && session.state === LIVE) {
      metrics.pageSample(session, message);
      return;
    }
    if (session.state === CHALLENGED) {
      replies.refuseAndClose(session, CLOSE_CODES.LOGON_REFUSED, Reason.NotAllowed, 'log on first');
      return;
    }
    switch (message.type) {
      case 'Subscribe':
      case 'Unsubscribe':
        this.#subscription(session, message);
        return;
      case 'InstrumentsRequest': {
        if (session.state !== LIVE) {
          replies.refuse(session, 0, message.request, 0, Reason.NotReady, '');
          return;
        }
        const page = directory.page(message.after, PAGE_INSTRUMENTS);
        replies.send(session, {
          type: 'Instruments',
          request: message.request,
          ...page,
          applied: directory.applied,
          countedTo: feeds[0].at,
        });
        return;
      }
      default:
        replies.badFrame(session, 0, `a client does not send ${message.type}`);
    }
  }

  #subscription(session: Session, message: SubscribeMessage | UnsubscribeMessage): void {
    const { directory, market, replies } = this.#parts;
    const { request, channels, instruments } = message;
    if (session.state !== LIVE) {
      replies.refuse(session, 0, request, 0, Reason.NotReady, '');
      return;
    }
    if ((session.rights & READ) === 0 && message.type === 'Subscribe') {
      replies.refuse(session, 0, request, 0, Reason.NotAllowed, '');
      return;
    }
    if (message.type === 'Subscribe' && !directory.knowsAll(instruments)) {
      replies.refuse(session, 0, request, 0, Reason.UnknownInstrument, '');
      return;
    }
    const named = session.isPublic ? market.wouldHave(session, channels, instruments) : 0;
    if (message.type === 'Subscribe' && named > PUBLIC_INSTRUMENTS) {
      const text = `without a key at most ${PUBLIC_INSTRUMENTS} instruments by name, or all of them`;
      replies.refuse(session, 0, request, 0, Reason.NotAllowed, text);
      return;
    }
    if (message.type === 'Subscribe') market.subscribe(session, channels, message.mode, instruments);
    else market.unsubscribe(session, channels, instruments);
    // The answer first: it says whose the frames behind it are.
    const count = market.subscribedTo(session, channels, directory.instrumentCount);
    replies.send(session, { type: 'Subscribed', request, instruments: count });
    market.showNow(session);
  }
}
