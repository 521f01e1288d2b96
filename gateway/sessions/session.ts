/**
 * One connection: its state, what it may, what it was told. A plain record with a queue of bytes to send; what happens
 * to it is decided in logon, order-path, report-path, resume, market-data and heartbeat. Gateway thread.
 *
 *   CHALLENGED ──Logon──> VERIFYING ──signature right──> OPENING ──SessionOpened durable in all shards──> LIVE
 *        └───────────────────────┴────────────────────────────┴───────────────────────────────────────────┴──> CLOSED
 *
 * A public session, without a key, goes from CHALLENGED to LIVE: it has no account and is open in no shard. An HTTP
 * session has no connection: once live it only holds its incarnation open until its token ends.
 *
 * CLOSED is entered before the socket is gone: from then on nothing is sent to it and nothing it says is heard.
 */

import type { ResumePointFields } from '../../schemas/control.js';
import { MessageAllowance } from './public-limits.js';

export const CHALLENGED = 0;
export const VERIFYING = 1;
export const OPENING = 2;
export const LIVE = 3;
export const CLOSED = 4;

/** The seam to the network: uWebSockets.js in app.ts, a fake in tests. Bytes are copied before a call returns. */
export interface SessionSocket {
  /** False when the bytes were not taken: too much is waiting. */
  send(bytes: Uint8Array): boolean;
  /** Bytes that the network has not taken yet. */
  bufferedBytes(): number;
  /** Runs `write` and flushes what it sent with as few system calls as can be. */
  cork(write: () => void): void;
  /** Sends a close frame behind what is buffered. */
  end(code: number, reason: string): void;
}

/** Where a shard's stream of a session stands. */
export class ShardStream {
  /** Sequence of the SessionOpened; 0 before. */
  openedAt = 0;
  /** accountSequence of the SessionOpened. */
  openedAccountSequence = 0;
  /** The last event that was looked at for this session; the next one to deliver lies behind it. */
  at = 0;
  /** True when the passes over the output ring deliver; false while a catch-up does, or before LIVE. */
  joined = false;
  /** The catch-up answers a resume, so its frames are marked. */
  replaying = false;
}

export class Session {
  state = CHALLENGED;
  readonly socket: SessionSocket;
  readonly shards: readonly ShardStream[];
  /** Of the challenge; null once it was used. */
  nonce: Uint8Array | null;
  account = 0;
  lane = 0;
  keyId = 0;
  rights = 0;
  incarnation = 0;
  /** As asked at logon. */
  ackLevel = 0;
  /** True when its reports leave at level matched. */
  matched = false;
  resume: readonly ResumePointFields[] = [];
  /** It begins with what the account has, where it does not resume. */
  wantsSnapshot = false;
  isPublic = false;
  /** What it may still say without having shown a key. */
  readonly allowance: MessageAllowance;
  isHttp = false;
  /** Shards in which the session is open and durable. */
  openedCount = 0;
  heartbeatMs = 0;
  lastHeardMs: number;
  lastBeatMs: number;
  /** Until LIVE: when the connection is given up. Of a live HTTP session: when its token ends. */
  deadlineMs: number;
  /** Commands taken and not answered. */
  unanswered = 0;
  /** When the first of the commands answered by the frame to come was read, µs; 0: none. Report path only. */
  answeredInUs = 0;
  /** First and last of the report path's entries for this session; -1: none. */
  firstEntry = -1;
  lastEntry = -1;

  readonly #queue: Uint8Array[] = [];
  readonly #sendQueued: () => void;
  #refused = false;

  constructor(socket: SessionSocket, shardCount: number, nonce: Uint8Array, nowMs: number, deadlineMs: number) {
    this.socket = socket;
    this.shards = Array.from({ length: shardCount }, () => new ShardStream());
    this.nonce = nonce;
    this.allowance = new MessageAllowance(nowMs);
    this.lastHeardMs = nowMs;
    this.lastBeatMs = nowMs;
    this.deadlineMs = deadlineMs;
    // One closure for the life of the connection: a flush happens for each session and turn.
    this.#sendQueued = () => {
      for (const bytes of this.#queue) this.#give(bytes);
      this.#queue.length = 0;
    };
  }

  /** Puts bytes behind what is queued; they must not change before they are sent. */
  queue(bytes: Uint8Array): void {
    if (this.state !== CLOSED) this.#queue.push(bytes);
  }

  /** Sends what is queued and then `bytes`, which are free again when the call returns. Call it inside `cork`. */
  send(bytes: Uint8Array): void {
    if (this.state === CLOSED) return;
    this.#sendQueued();
    this.#give(bytes);
  }

  /** Runs `write`, which sends to this session, and flushes once. */
  cork(write: () => void): void {
    if (this.state !== CLOSED) this.socket.cork(write);
  }

  /** Sends what is queued. */
  flush(): void {
    if (this.#queue.length > 0 && this.state !== CLOSED) this.socket.cork(this.#sendQueued);
  }

  /**
   * True when the network did not take something: a lossless stream has a hole there, so nothing follows it and the
   * session must be closed.
   */
  get hasLost(): boolean {
    return this.#refused;
  }

  #give(bytes: Uint8Array): void {
    if (!this.#refused && !this.socket.send(bytes)) this.#refused = true;
  }
}
