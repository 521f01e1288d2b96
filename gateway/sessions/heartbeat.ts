/**
 * Who is alive: a heartbeat to each live session when its interval is over, and the end of those from which nothing came
 * for two intervals and a second, or that did not log on in time. Called a few times a second. Gateway thread.
 *
 * A heartbeat says where the account's private stream stands in each shard, so that a lost tail shows on a quiet stream.
 */

import { CLOSE_CODES, type CloseCode } from '../../schemas/close-codes.js';
import { encodeControl, type ShardPointFields } from '../../schemas/control.js';
import type { Clock } from '../clock.js';
import type { ShardFeed } from '../reports/shard-feed.js';
import { LIVE, type Session } from './session.js';
import type { SessionTable } from './session-table.js';

const MISSED_INTERVALS = 2;
const MISSED_MORE_MS = 1000;
/** So late, this thread stood still: what clients said meanwhile lies in the sockets, which are read after this tick. */
const STOOD_STILL_MS = 500;

export type CloseSession = (session: Session, code: CloseCode, text: string) => void;

export class Heartbeats {
  readonly #table: SessionTable;
  readonly #feeds: readonly ShardFeed[];
  readonly #clock: Clock;
  readonly #close: CloseSession;
  #lastTickMs: number;

  constructor(table: SessionTable, feeds: readonly ShardFeed[], clock: Clock, close: CloseSession) {
    this.#table = table;
    this.#feeds = feeds;
    this.#clock = clock;
    this.#close = close;
    this.#lastTickMs = clock.nowMs();
  }

  tick(): void {
    const nowMs = this.#clock.nowMs();
    const stoodStillMs = nowMs - this.#lastTickMs;
    this.#lastTickMs = nowMs;
    if (stoodStillMs > STOOD_STILL_MS) this.#forgive(stoodStillMs);
    for (const session of this.#table.all) {
      if (session.hasLost) {
        this.#close(session, CLOSE_CODES.SLOW_READER, 'too much was waiting to be read');
      } else if (session.state !== LIVE) {
        if (nowMs >= session.deadlineMs) this.#close(session, CLOSE_CODES.LOGON_TIMED_OUT, 'no logon in time');
      } else if (session.isHttp) {
        if (nowMs >= session.deadlineMs) this.#close(session, CLOSE_CODES.LOGON_TIMED_OUT, 'its token ended');
      } else if (nowMs - session.lastHeardMs > MISSED_INTERVALS * session.heartbeatMs + MISSED_MORE_MS) {
        this.#close(session, CLOSE_CODES.HEARTBEAT_MISSED, 'nothing was heard for two heartbeat intervals');
      } else if (nowMs - session.lastBeatMs >= session.heartbeatMs) {
        session.lastBeatMs = nowMs;
        const [timeUs, marks] = [this.#clock.nowUs(), this.#marksOf(session)];
        session.queue(encodeControl({ type: 'Heartbeat', timeUs, marks, echoUs: 0, heldUs: 0 }));
        session.flush();
      }
    }
  }

  /** Time in which nobody could be heard counts against nobody. */
  #forgive(ms: number): void {
    for (const session of this.#table.all) {
      session.lastHeardMs += ms;
      session.deadlineMs += ms;
    }
  }

  /** Shards whose stream is still catching up are left out: a mark would look like a hole. */
  #marksOf(session: Session): ShardPointFields[] {
    const stream = this.#table.stream(session.account);
    const marks: ShardPointFields[] = [];
    if (stream === undefined) return marks;
    for (const { shard, epoch } of this.#feeds) {
      if (session.shards[shard]?.joined !== true) continue;
      const sequence = stream.lastSequence[shard] as number;
      marks.push({ shard, epoch, sequence, accountSequence: stream.lastAccountSequence[shard] as number });
    }
    return marks;
  }
}
