/**
 * One connection of the load: upgrade, signed logon with its own account, then prepared frames out and reports in. It
 * looks at every report: the account's stream must be without a hole, answers must come in the order of the commands.
 * The CRC-32 of all its events is compared with the journal afterwards (journal-check.ts). Generator's thread.
 */

import { createHash, type KeyObject, sign } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { answeredCounter } from '../../../client/pending.js';
import type { AckLevel } from '../../../schemas/codes.js';
import { decodeControl, encodeControl, encodeLogonTerms } from '../../../schemas/control.js';
import { frameKind, ReportFrameReader } from '../../../schemas/frame-verifier.js';
import { EVENT_ACCOUNT_SEQUENCE, EVENT_BYTES, EVENT_WORDS } from '../../../schemas/layout.js';
import { logonMessage, PROTOCOL_VERSION } from '../../../schemas/logon.js';
import { CountedConnection } from './counted-connection.js';
import { clientFrame, RawWebSocket } from './raw-websocket.js';

const STREAM_PATH = '/v1/stream';
const HEARTBEAT_SECONDS = 60;

export interface Member {
  readonly account: number;
  readonly keyId: number;
  readonly privateKey: KeyObject;
}

/** Events of one account that a session saw: account sequences `from` to `to`, and the CRC-32 of their bytes. */
export interface SeenStream {
  readonly account: number;
  readonly from: number;
  readonly to: number;
  readonly crc: number;
}

/** One for all sessions: a frame is looked at to its end before the next one comes. */
const reader = new ReportFrameReader();

export class OrderSession extends CountedConnection {
  readonly #member: Member;
  readonly #lane: number;
  readonly #level: AckLevel;
  #accountSequence = 0;
  #from = 0;
  #crc = 0;
  #logon: { resolve: () => void; reject: (error: Error) => void } | null = null;

  static async open(url: string, member: Member, lane: number, level: AckLevel): Promise<OrderSession> {
    const socket = await RawWebSocket.open(url, STREAM_PATH);
    const session = new OrderSession(socket, member, lane, level);
    await new Promise<void>((resolve, reject) => {
      session.#logon = { resolve, reject };
      socket.hand(session);
    });
    return session;
  }

  private constructor(socket: RawWebSocket, member: Member, lane: number, level: AckLevel) {
    super(socket, `account ${member.account}`);
    this.#member = member;
    this.#lane = lane;
    this.#level = level;
  }

  /** What it saw since its logon. */
  seen(): SeenStream {
    return { account: this.#member.account, from: this.#from, to: this.#accountSequence, crc: this.#crc };
  }

  override closed(why: string): void {
    this.#logon?.reject(new Error(`The logon of account ${this.#member.account} failed: ${why}.`));
    super.closed(why);
  }

  message(bytes: Buffer, from: number, to: number): void {
    const frame = bytes.subarray(from, to);
    if (frameKind(frame) === 'report') this.#report(frame);
    else this.#control(frame);
  }

  #report(frame: Buffer): void {
    if (reader.take(frame) !== 0) {
      this.wrong('a report frame that is none');
      return;
    }
    const { words, recordsAtWord, count } = reader;
    const before = this.answered;
    for (let event = 0; event < count; event++) {
      const at = recordsAtWord + event * EVENT_WORDS;
      const sequence = words[at + EVENT_ACCOUNT_SEQUENCE] as number;
      if (sequence !== ((this.#accountSequence + 1) | 0)) {
        this.wrong(`event ${sequence} came behind ${this.#accountSequence}`);
      }
      this.#accountSequence = sequence;
      const counter = answeredCounter(words, at, this.#lane);
      if (counter > 0) this.take(counter);
    }
    const start = recordsAtWord * 4;
    this.#crc = crc32(new Uint8Array(words.buffer, words.byteOffset + start, count * EVENT_BYTES), this.#crc);
    if (this.events === null || this.answered === before) return;
    this.events.answered(this.answered);
    this.events.stamped(reader.gatewayInUs, reader.sentUs);
  }

  #control(frame: Buffer): void {
    const message = decodeControl(frame);
    if (typeof message === 'number') {
      this.wrong('a frame of no kind');
    } else if (message.type === 'Challenge') {
      this.#answerChallenge(message.venue, message.nonce);
    } else if (message.type === 'LogonAnswer') {
      const { accountSequence = 0 } = message.points[0] ?? {};
      this.#accountSequence = accountSequence | 0;
      this.#from = (accountSequence + 1) | 0;
      this.#logon?.resolve();
      this.#logon = null;
    } else if (message.type === 'Refused') {
      const { number, index, reason, text } = message;
      this.#logon?.reject(new Error(`The logon of account ${this.#member.account} was refused: ${text}.`));
      this.events?.wrong(`frame ${number} was refused at record ${index}, reason ${reason} ${text}`);
    }
  }

  #answerChallenge(venue: string, nonce: Uint8Array): void {
    const { keyId, privateKey } = this.#member;
    const terms = encodeLogonTerms({
      version: PROTOCOL_VERSION,
      keyId,
      lane: this.#lane,
      ackLevel: this.#level,
      heartbeatSeconds: HEARTBEAT_SECONDS,
      resume: [],
    });
    const hash = createHash('sha256').update(terms).digest();
    const signature = sign(null, logonMessage(venue, nonce, keyId, hash), privateKey);
    this.socket.write(clientFrame(encodeControl({ type: 'Logon', terms, signature })));
  }
}
