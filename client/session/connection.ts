/**
 * One connection's life: open, challenge, signed logon, then frames both ways until it is lost. It knows nothing of
 * orders or of reconnecting; whoever owns it (session.ts) makes the next one.
 */

import { CLOSE_CODES } from '../../schemas/close-codes.js';
import type { AckLevel } from '../../schemas/codes.js';
import {
  type ControlMessage,
  decodeControl,
  encodeControl,
  encodeLogonTerms,
  type LogonAnswerMessage,
  type PlainControlMessage,
} from '../../schemas/control.js';
import { frameKind, PublicFrameReader, ReportFrameReader } from '../../schemas/frame-verifier.js';
import { CommandFrameWriter } from '../../schemas/frame-writer.js';
import { logonMessage, PROTOCOL_VERSION } from '../../schemas/logon.js';
import { reasonName } from '../events.js';
import type { ClientSocket, Clock, OpenSocket, Signer, Timer } from '../seams.js';
import { TredyeError } from '../tredye-error.js';
import type { ResumeFrom } from './private-chain.js';

/** Code of a connection that ended without a close frame, as WebSocket has it. */
const LOST_WITHOUT_CLOSE = 1006;
const NORMAL_CLOSE = 1000;
/** Challenge and answer must have come by then. */
const LOGON_MS = 15_000;
/** As the gateway's own rule: nothing for two intervals and a second. */
const MISSED_INTERVALS = 2;
const MISSED_MORE_MS = 1_000;
/** What the field holds; a heartbeat is never held so long unless the machine slept. */
const MOST_HELD_US = 0xffff_ffff;

export interface LogonOptions {
  readonly lane: number;
  readonly ackLevel: AckLevel;
  readonly heartbeatSeconds: number;
  readonly resume: readonly ResumeFrom[];
  readonly snapshot: boolean;
}

export interface ConnectionSeams {
  readonly signer: Signer;
  readonly openSocket: OpenSocket;
  readonly clock: Clock;
}

/** Why a connection is over. */
export interface ConnectionLoss {
  readonly code: number;
  readonly why: string;
  /** The reason's name of a refusal that came before the close, or null. */
  readonly reason: string | null;
}

/** What a connection tells its owner. The frames are valid until the call returns. */
export interface ConnectionOwner {
  loggedOn(answer: LogonAnswerMessage): void;
  reportFrame(frame: ReportFrameReader): void;
  publicFrame(frame: PublicFrameReader): void;
  /** Everything that is not handled here: all but Challenge and LogonAnswer. */
  message(message: ControlMessage): void;
  /** Once, last. */
  lost(loss: ConnectionLoss): void;
}

export class Connection {
  private readonly url: string;
  private readonly seams: ConnectionSeams;
  private readonly options: LogonOptions;
  private readonly owner: ConnectionOwner;
  private readonly socket: ClientSocket;
  private readonly reports = new ReportFrameReader();
  private readonly publics = new PublicFrameReader();
  private readonly writer = new CommandFrameWriter();
  private loggedOn = false;
  private over = false;
  private frameNumber = 0;
  private heardAt: number;
  private heartbeatTimer: Timer | null = null;
  /** timeUs of the gateway's last heartbeat, and when it came; 0: none yet. */
  private beatUs = 0;
  private beatAt = 0;
  private readonly logonTimer: Timer;
  /** Frames that came while the owner asked to wait; null: hand them on. */
  private held: Uint8Array[] | null = null;
  private refusal: { reason: string; text: string } | null = null;

  constructor(url: string, seams: ConnectionSeams, options: LogonOptions, owner: ConnectionOwner) {
    this.url = url;
    this.seams = seams;
    this.options = options;
    this.owner = owner;
    this.heardAt = seams.clock.now();
    this.logonTimer = seams.clock.after(LOGON_MS, () => this.drop('no answer to the logon'));
    this.socket = seams.openSocket(url, {
      opened: () => undefined,
      message: (bytes) => this.take(bytes),
      closed: (code, why) => this.end(code, why),
    });
  }

  /** Sends `count` records from word `at` on as one frame and returns its number. */
  sendCommands(words: Int32Array, at: number, count: number): number {
    this.frameNumber = (this.frameNumber + 1) >>> 0;
    this.writer.begin();
    this.writer.append(words, at, count);
    this.socket.send(this.writer.finish(this.frameNumber));
    return this.frameNumber;
  }

  sendControl(message: PlainControlMessage): void {
    this.socket.send(encodeControl(message));
  }

  bufferedBytes(): number {
    return this.socket.bufferedBytes();
  }

  /** Keeps what comes from here on until `release`. */
  hold(): void {
    this.held ??= [];
  }

  /** Hands on what was kept, in order. */
  release(): void {
    const frames = this.held ?? [];
    this.held = null;
    for (const frame of frames) this.handOn(frame);
  }

  /** Ends it as wished; `lost` follows. */
  close(): void {
    this.socket.close(NORMAL_CLOSE, '');
  }

  /** Drops it because what comes over it is not to be trusted any more; `lost` follows at once. */
  drop(why: string): void {
    if (this.over) return;
    this.socket.terminate();
    this.end(LOST_WITHOUT_CLOSE, why);
  }

  private end(code: number, why: string): void {
    if (this.over) return;
    this.over = true;
    this.logonTimer.cancel();
    this.heartbeatTimer?.cancel();
    this.owner.lost({ code, why: this.refusal?.text || why, reason: this.refusal?.reason ?? null });
  }

  private take(bytes: Uint8Array): void {
    if (this.over) return;
    this.heardAt = this.seams.clock.now();
    if (this.held === null) this.handOn(bytes);
    else this.held.push(bytes.slice());
  }

  private handOn(bytes: Uint8Array): void {
    if (this.over) return;
    const kind = frameKind(bytes);
    if (kind === 'report' && this.loggedOn) {
      if (this.reports.take(bytes) === 0) this.owner.reportFrame(this.reports);
      else this.dropBadFrame();
    } else if (kind === 'public' && this.loggedOn) {
      if (this.publics.take(bytes) === 0) this.owner.publicFrame(this.publics);
      else this.dropBadFrame();
    } else if (kind === 'control') {
      const message = decodeControl(bytes);
      if (typeof message === 'number') this.dropBadFrame();
      else this.takeControl(message);
    } else this.dropBadFrame();
  }

  private dropBadFrame(): void {
    this.drop('a frame came that is none of this protocol');
  }

  private takeControl(message: ControlMessage): void {
    if (message.type === 'Challenge') {
      if (!this.loggedOn) this.answerChallenge(message.version, message.venue, message.nonce);
    } else if (message.type === 'LogonAnswer') {
      this.logonTimer.cancel();
      this.loggedOn = true;
      this.startHeartbeat(message.heartbeatSeconds * 1000);
      this.owner.loggedOn(message);
    } else if (message.type === 'Heartbeat') {
      this.beatUs = message.timeUs;
      this.beatAt = this.seams.clock.now();
      this.owner.message(message);
    } else if (message.type === 'Refused' && !this.loggedOn) {
      this.refusal = { reason: reasonName(message.reason), text: message.text };
    } else this.owner.message(message);
  }

  private answerChallenge(version: number, venue: string, nonce: Uint8Array): void {
    if (version !== PROTOCOL_VERSION) {
      this.socket.terminate();
      this.end(CLOSE_CODES.VERSION, `the platform speaks version ${version}, this client version ${PROTOCOL_VERSION}`);
      return;
    }
    const { signer } = this.seams;
    const terms = encodeLogonTerms({ version: PROTOCOL_VERSION, keyId: signer.keyId, ...this.options });
    this.signLogon(venue, nonce, terms).then(
      (signature) => {
        if (!this.over) this.sendControl({ type: 'Logon', terms, signature });
      },
      (error: unknown) => this.drop(`the logon could not be signed: ${String(error)}`),
    );
  }

  private async signLogon(venue: string, nonce: Uint8Array, terms: Uint8Array): Promise<Uint8Array> {
    const { signer } = this.seams;
    return signer.sign(logonMessage(venue, nonce, signer.keyId, await signer.hash(terms)));
  }

  /** Sends one each interval, and looks as often whether the gateway was heard. */
  private startHeartbeat(intervalMs: number): void {
    const beat = () => {
      const silentMs = this.seams.clock.now() - this.heardAt;
      if (silentMs > MISSED_INTERVALS * intervalMs + MISSED_MORE_MS) {
        this.drop(`nothing was heard from ${this.url} for ${Math.round(silentMs)} ms`);
        return;
      }
      const now = this.seams.clock.now();
      const echoUs = this.beatUs;
      const heldUs = echoUs === 0 ? 0 : Math.min(MOST_HELD_US, Math.max(0, Math.round((now - this.beatAt) * 1000)));
      this.sendControl({ type: 'Heartbeat', timeUs: Math.floor(now * 1000), marks: [], echoUs, heldUs });
      this.heartbeatTimer = this.seams.clock.after(intervalMs, beat);
    };
    this.heartbeatTimer = this.seams.clock.after(intervalMs, beat);
  }
}

/** One sentence for a first connect that failed. */
export function connectError(url: string, loss: ConnectionLoss): TredyeError {
  const options = { canRetry: true, ...(loss.reason === null ? {} : { reason: loss.reason }) };
  if (loss.code === CLOSE_CODES.LOGON_REFUSED || loss.code === CLOSE_CODES.KEY_REVOKED) {
    return new TredyeError(
      'LOGON_REFUSED',
      `The platform at ${url} refused the logon: ${loss.why || 'no reason given'}.`,
      {
        ...options,
        canRetry: false,
      },
    );
  }
  if (loss.code === CLOSE_CODES.VERSION) {
    return new TredyeError(
      'LOGON_REFUSED',
      `The platform at ${url} speaks another version of the protocol: ${loss.why}.`,
    );
  }
  if (loss.why === 'ECONNREFUSED') {
    return new TredyeError(
      'CONNECT_FAILED',
      `Nothing listens at ${url}: start the platform or correct the address.`,
      options,
    );
  }
  if (loss.why === 'ENOTFOUND' || loss.why === 'EAI_AGAIN') {
    return new TredyeError('CONNECT_FAILED', `The host of ${url} is not known: correct the address.`, options);
  }
  return new TredyeError(
    'CONNECT_FAILED',
    `No connection to ${url}: ${loss.why || `closed with code ${loss.code}`}.`,
    options,
  );
}
