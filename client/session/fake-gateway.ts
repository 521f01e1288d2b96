/**
 * A gateway at the client's socket seam, for tests: it answers a logon as told and sends what it is told, and the clock
 * moves only when it is moved. One thread, nothing real.
 */

import { AckLevel, type CommandKind, EventKind } from '../../schemas/codes.js';
import {
  type ControlMessage,
  decodeControl,
  decodeLogonTerms,
  encodeControl,
  type LogonTermsFields,
  type PlainControlMessage,
} from '../../schemas/control.js';
import { CommandFrameReader, frameKind } from '../../schemas/frame-verifier.js';
import { PublicFrameWriter, ReportFrameWriter } from '../../schemas/frame-writer.js';
import {
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_KIND_WORD,
  COMMAND_WORDS,
  EVENT_ACCOUNT,
  EVENT_ACCOUNT_SEQUENCE,
  EVENT_CLIENT_ORDER_ID,
  EVENT_COMMAND_SEQUENCE,
  EVENT_KIND_WORD,
  EVENT_LEAVES,
  EVENT_RELATED_ID,
  EVENT_SEQUENCE,
  EVENT_SESSION,
  EVENT_WORDS,
  joinWords,
} from '../../schemas/layout.js';
import { PROTOCOL_VERSION } from '../../schemas/logon.js';
import type { ClientSocket, Clock, OpenSocket, Signer, SocketEvents, Timer } from '../seams.js';

/** A clock that stands still until it is moved. */
export class FakeClock implements Clock {
  private time = Date.UTC(2026, 0, 1);
  private waiting: { at: number; call: () => void }[] = [];

  now(): number {
    return this.time;
  }

  after(milliseconds: number, call: () => void): Timer {
    const entry = { at: this.time + milliseconds, call };
    this.waiting.push(entry);
    return {
      cancel: () => {
        this.waiting = this.waiting.filter((other) => other !== entry);
      },
    };
  }

  /** Moves it on, calling what falls due in order. */
  advance(milliseconds: number): void {
    const end = this.time + milliseconds;
    for (;;) {
      const next = this.waiting.filter((entry) => entry.at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.waiting = this.waiting.filter((entry) => entry !== next);
      this.time = Math.max(this.time, next.at);
      next.call();
    }
    this.time = end;
  }

  /** Milliseconds until the next call falls due; -1 when none waits. */
  nextIn(): number {
    return this.waiting.length === 0 ? -1 : Math.min(...this.waiting.map((entry) => entry.at)) - this.time;
  }
}

export const FAKE_SIGNER: Signer = {
  keyId: 7,
  sign: async () => new Uint8Array(64),
  hash: async () => new Uint8Array(32),
};

/** What an event is about; the rest of it is zero. */
export interface FakeEvent {
  readonly kind: EventKind;
  readonly sequence: number;
  readonly accountSequence: number;
  readonly lane?: number;
  readonly counter?: number;
  /** Counter of the command that took the order away. */
  readonly relatedCounter?: number;
  readonly session?: number;
  readonly reason?: number;
  readonly instrument?: number;
  readonly quantity?: number;
  readonly leaves?: number;
}

export interface TakenFrame {
  readonly number: number;
  readonly kinds: readonly CommandKind[];
  readonly counters: readonly number[];
}

/** One connection as the gateway sees it. */
export class FakeConnection implements ClientSocket {
  readonly frames: TakenFrame[] = [];
  readonly messages: ControlMessage[] = [];
  terms: LogonTermsFields | null = null;
  over = false;
  readonly loggedOn: Promise<LogonTermsFields>;
  private sayLoggedOn: (terms: LogonTermsFields) => void = () => undefined;
  private readonly commands = new CommandFrameReader();

  constructor(private readonly events: SocketEvents) {
    this.loggedOn = new Promise((resolve) => {
      this.sayLoggedOn = resolve;
    });
  }

  // ---- the client's side

  send(bytes: Uint8Array): void {
    if (frameKind(bytes) === 'command') {
      this.takeCommands(bytes);
      return;
    }
    const message = decodeControl(bytes);
    if (typeof message === 'number') throw new Error('The client sent a control frame that does not verify.');
    this.messages.push(message);
    if (message.type !== 'Logon') return;
    const terms = decodeLogonTerms(message.terms);
    if (typeof terms === 'number') throw new Error('The client sent terms that do not verify.');
    this.terms = terms;
    this.sayLoggedOn(terms);
  }

  bufferedBytes(): number {
    return 0;
  }

  close(code: number, why: string): void {
    queueMicrotask(() => this.drop(code, why));
  }

  terminate(): void {
    this.over = true;
  }

  private takeCommands(bytes: Uint8Array): void {
    const { commands } = this;
    if (commands.take(bytes) !== 0) throw new Error('The client sent a command frame that does not verify.');
    const kinds: CommandKind[] = [];
    const counters: number[] = [];
    for (let record = 0; record < commands.count; record++) {
      const at = commands.recordsAtWord + record * COMMAND_WORDS;
      const words = commands.words;
      kinds.push((words[at + COMMAND_KIND_WORD] ?? 0) & 0xff);
      counters.push(joinWords(words[at + COMMAND_CLIENT_ORDER_ID] ?? 0, (words[at + 1] ?? 0) & 0xffff));
    }
    this.frames.push({ number: commands.number, kinds, counters });
  }

  // ---- the gateway's side

  open(): void {
    this.events.opened();
    this.say({ type: 'Challenge', version: PROTOCOL_VERSION, venue: 'test', nonce: new Uint8Array(32) });
  }

  say(message: PlainControlMessage): void {
    if (!this.over) this.events.message(encodeControl(message));
  }

  bytes(bytes: Uint8Array): void {
    if (!this.over) this.events.message(bytes);
  }

  /** points: for each shard where the session opened, as (sequence, account sequence). */
  answerLogon(incarnation: number, points: readonly (readonly [number, number])[], window = 4096): void {
    this.say({
      type: 'LogonAnswer',
      account: 5,
      lane: this.terms?.lane ?? 0,
      incarnation,
      rights: 15,
      heartbeatSeconds: this.terms?.heartbeatSeconds ?? 0,
      window,
      points: points.map(([sequence, accountSequence], shard) => ({ shard, epoch: 1, sequence, accountSequence })),
    });
  }

  reports(events: readonly FakeEvent[], shard = 0, replayed = false): void {
    const writer = new ReportFrameWriter();
    writer.begin(shard, 1, AckLevel.Disk, AckLevel.Disk, replayed);
    for (const event of events) writer.append(wordsOf(event), 0, 1);
    this.bytes(writer.finish(0, 0, 0, 0));
  }

  publicTrade(instrument: number, previousLast: number, sequence: number): void {
    const writer = new PublicFrameWriter();
    writer.begin(0, 1);
    const event = { kind: EventKind.Trade, sequence, accountSequence: 0, instrument, quantity: 3 };
    writer.append(instrument, 1, previousLast, sequence, wordsOf(event), 0, 1);
    this.bytes(writer.finish(0));
  }

  drop(code: number, why = ''): void {
    if (this.over) return;
    this.over = true;
    this.events.closed(code, why);
  }
}

function wordsOf(event: FakeEvent): Int32Array {
  const words = new Int32Array(EVENT_WORDS);
  const lane = event.lane ?? 1;
  words[EVENT_SEQUENCE] = event.sequence;
  words[EVENT_COMMAND_SEQUENCE] = event.sequence;
  words[EVENT_ACCOUNT] = 5;
  words[EVENT_ACCOUNT_SEQUENCE] = event.accountSequence | 0;
  words[EVENT_SESSION] = event.session ?? 0;
  words[16] = event.instrument ?? 0;
  words[18] = event.quantity ?? 0;
  words[EVENT_LEAVES] = event.leaves ?? 0;
  putId(words, EVENT_CLIENT_ORDER_ID, lane, event.counter ?? 0);
  if (event.relatedCounter !== undefined) putId(words, EVENT_RELATED_ID, lane, event.relatedCounter);
  words[EVENT_KIND_WORD] = event.kind | ((event.reason ?? 0) << 16);
  return words;
}

function putId(words: Int32Array, at: number, lane: number, counter: number): void {
  words[at] = counter | 0;
  words[at + 1] = (lane << 16) | Math.floor(counter / 4294967296);
}

/** The network: every socket that the client opens, in order. */
export class FakeNetwork {
  readonly connections: FakeConnection[] = [];
  /** How the next attempts end at once, instead of opening: close code and reason. */
  refuseNext: { code: number; why: string }[] = [];

  readonly openSocket: OpenSocket = (_url, events) => {
    const connection = new FakeConnection(events);
    this.connections.push(connection);
    const refusal = this.refuseNext.shift();
    queueMicrotask(() => {
      if (refusal === undefined) connection.open();
      else connection.drop(refusal.code, refusal.why);
    });
    return connection;
  };

  /** The newest connection, once its logon has come. */
  async logon(): Promise<FakeConnection> {
    const connection = this.connections.at(-1);
    if (connection === undefined) throw new Error('The client has opened no socket.');
    await connection.loggedOn;
    return connection;
  }
}
