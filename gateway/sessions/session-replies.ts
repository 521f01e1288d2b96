/**
 * What one session is told besides its streams: a control message, or why something was refused. Gateway thread. Whether
 * the session ends with that is said by who calls; the closing itself is the gateway's.
 */

import { CLOSE_CODES, type CloseCode } from '../../schemas/close-codes.js';
import { Reason } from '../../schemas/codes.js';
import { encodeControl, type PlainControlMessage } from '../../schemas/control.js';
import type { GatewayMetrics } from '../metrics/gateway-metrics.js';
import { CLOSED, type Session } from './session.js';

export class SessionReplies {
  readonly #metrics: GatewayMetrics;
  readonly #maxBufferedBytes: number;
  readonly #close: (session: Session, code: CloseCode, text: string) => void;

  constructor(
    metrics: GatewayMetrics,
    maxBufferedBytes: number,
    close: (session: Session, code: CloseCode, text: string) => void,
  ) {
    this.#metrics = metrics;
    this.#maxBufferedBytes = maxBufferedBytes;
    this.#close = close;
  }

  send(session: Session, message: PlainControlMessage): void {
    session.queue(encodeControl(message));
    session.flush();
  }

  /** Of the frame `number`, or of the control message `request`; `index`: the record of the frame. */
  refuse(session: Session, number: number, request: number, index: number, reason: number, text: string): void {
    this.#metrics.refused(reason);
    this.send(session, { type: 'Refused', number, request, index, reason, text });
    // Someone who sends without reading would make us keep every refusal.
    if (session.hasLost || session.socket.bufferedBytes() > this.#maxBufferedBytes) {
      this.#close(session, CLOSE_CODES.SLOW_READER, 'too much was waiting to be read');
    }
  }

  refuseAndClose(session: Session, code: CloseCode, reason: number, text: string): void {
    if (session.state !== CLOSED) this.#refuseLast(session, 0, code, reason, text);
  }

  badFrame(session: Session, number: number, text: string): void {
    this.#refuseLast(session, number, CLOSE_CODES.BAD_FRAME, Reason.BadFrame, text);
  }

  #refuseLast(session: Session, number: number, code: CloseCode, reason: number, text: string): void {
    this.#metrics.refused(reason);
    session.queue(encodeControl({ type: 'Refused', number, request: 0, index: 0, reason, text }));
    this.#close(session, code, text);
  }
}
