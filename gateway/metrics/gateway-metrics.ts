/**
 * What one gateway counts. Its thread; a few increments a message, a pass or a connection.
 *
 * What happened in the venue (orders, trades, refusals by reason) is counted out of the durable events by gateway 0
 * alone: it reads each of them once anyway, and the shard, whose thread everyone waits for, is left alone.
 */

import { MetricWords } from '../../engine/metrics/metric-words.js';
import {
  CLOSE_CODE_COUNT,
  counterAt,
  EVENT_KINDS,
  FIRST_CLOSE_CODE,
  GATEWAY,
  REASONS,
} from '../../engine/metrics/words.js';
import { EventKind } from '../../schemas/codes.js';
import type { HeartbeatMessage, PageSampleMessage } from '../../schemas/control.js';
import * as layout from '../../schemas/layout.js';
import type { Clock } from '../clock.js';
import type { Session, SessionSocket } from '../sessions/session.js';
import type { GatewayWorkerData } from '../worker-data.js';
import { OrderTimes } from './order-times.js';

// Copies: an import is a load at each use (docs/decisions/0004).
const { EVENT_DUPLICATE_BIT, EVENT_KIND_WORD, EVENT_WORDS } = layout;
const REJECTED: number = EventKind.Rejected;
const EVENTS = GATEWAY.events;
const REPEATED = GATEWAY.repeated;
const REJECTS = GATEWAY.rejects;

/** A client says what time it was sent: nobody answers a heartbeat after longer than this. */
const LONGEST_ROUND_TRIP_US = 600e6;
/** Of one session; more are not looked at. */
const PAGE_SAMPLE_MS = 1000;
/** No screen draws more in the time of a sample or two. */
const MOST_PAGE_FRAMES = 1000;

/** A session's socket, with what leaves by it counted. */
class CountedSocket implements SessionSocket {
  readonly #socket: SessionSocket;
  readonly #metrics: GatewayMetrics;

  constructor(socket: SessionSocket, metrics: GatewayMetrics) {
    this.#socket = socket;
    this.#metrics = metrics;
  }

  send(bytes: Uint8Array): boolean {
    this.#metrics.frameOut(bytes.length);
    return this.#socket.send(bytes);
  }

  bufferedBytes(): number {
    return this.#socket.bufferedBytes();
  }

  cork(write: () => void): void {
    this.#socket.cork(write);
  }

  end(code: number, reason: string): void {
    this.#socket.end(code, reason);
  }
}

export class GatewayMetrics {
  readonly times: OrderTimes;
  readonly #words: MetricWords;
  readonly #clock: Clock;
  /** By shard, events up to which are of an earlier life; null in gateways that do not count for the venue. */
  readonly #venueFrom: readonly number[] | null;

  // Since the last tick: a store in shared words for each message and event would cost several times as much.
  #framesIn = 0;
  #bytesIn = 0;
  #framesOut = 0;
  #bytesOut = 0;
  #commands = 0;
  /** By kind. */
  readonly #kinds = new Int32Array(EVENT_KINDS);
  /** When a page's session was last listened to. */
  readonly #sampledMs = new WeakMap<Session, number>();

  constructor(data: GatewayWorkerData, clock: Clock) {
    const { index, metrics, settings } = data;
    const memory = metrics.gateways[index];
    if (memory === undefined) throw new Error(`Gateway ${index} has no metric words: a bug of their maker.`);
    this.#words = new MetricWords(memory);
    this.#clock = clock;
    this.#venueFrom = index === 0 && this.#words.on ? data.eventSequences : null;
    this.times = new OrderTimes(this.#words, metrics.shards, clock.aheadUs, settings.eventsPerTurn);
  }

  get on(): boolean {
    return this.#words.on;
  }

  // ---- connections

  counted(socket: SessionSocket): SessionSocket {
    return this.#words.on ? new CountedSocket(socket, this) : socket;
  }

  opened(connections: number): void {
    this.#words.count(GATEWAY.opened, 1);
    this.#words.set(GATEWAY.connections, connections);
  }

  gone(connections: number): void {
    this.#words.set(GATEWAY.connections, connections);
  }

  /** The gateway closes a connection for a reason. */
  closing(code: number): void {
    const at = code - FIRST_CLOSE_CODE;
    if (at >= 0 && at < CLOSE_CODE_COUNT) this.#words.count(counterAt(GATEWAY.closed, at), 1);
  }

  loggedOn(sessions: number): void {
    this.#words.count(GATEWAY.logons, 1);
    this.#words.set(GATEWAY.sessions, sessions);
  }

  sessionGone(sessions: number): void {
    this.#words.set(GATEWAY.sessions, sessions);
  }

  // ---- what clients say

  frameIn(bytes: number): void {
    this.#framesIn++;
    this.#bytesIn += bytes;
  }

  frameOut(bytes: number): void {
    this.#framesOut++;
    this.#bytesOut += bytes;
  }

  commandsIn(count: number): void {
    this.#commands += count;
  }

  /** A frame was not taken. */
  refused(reason: number): void {
    if (reason < REASONS) this.#words.count(counterAt(GATEWAY.refused, reason), 1);
  }

  /** A client's heartbeat that answers one of ours. The times are what the client says: nonsense is not counted. */
  heartbeat({ echoUs, heldUs }: HeartbeatMessage): void {
    if (echoUs === 0) return;
    const roundTripUs = this.#clock.nowUs() - echoUs - heldUs;
    if (roundTripUs < 0 || roundTripUs > LONGEST_ROUND_TRIP_US) return;
    this.#words.record(GATEWAY.roundTrip, Math.floor(roundTripUs), 1);
  }

  pageSample(session: Session, { latencyUs, frameUs, longFrames, frames }: PageSampleMessage): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs - (this.#sampledMs.get(session) ?? Number.NEGATIVE_INFINITY) < PAGE_SAMPLE_MS) return;
    this.#sampledMs.set(session, nowMs);
    for (const us of latencyUs) this.#words.record(GATEWAY.pageMessages, us, 1);
    for (const us of frameUs) this.#words.record(GATEWAY.pageFrame, us, 1);
    const drawn = Math.min(frames, MOST_PAGE_FRAMES);
    this.#words.count(GATEWAY.pageFrames, drawn);
    this.#words.count(GATEWAY.pageLongFrames, Math.min(longFrames, drawn));
  }

  // ---- what shards say

  /** `count` durable events of a shard behind `sequence`, each of them once. */
  events(shard: number, words: Int32Array, sequence: number, count: number): void {
    if (this.#venueFrom === null) return;
    const kinds = this.#kinds;
    const known = (this.#venueFrom[shard] as number) - sequence;
    for (let event = known > 0 ? known : 0; event < count; event++) {
      const kindWord = words[event * EVENT_WORDS + EVENT_KIND_WORD] as number;
      if ((kindWord & EVENT_DUPLICATE_BIT) !== 0) {
        this.#words.count(REPEATED, 1);
        continue;
      }
      const kind = kindWord & 0xff;
      kinds[kind] = (kinds[kind] as number) + 1;
      if (kind === REJECTED) this.#words.count(counterAt(REJECTS, kindWord >>> 16), 1);
    }
  }

  /** Ten times a second: what was gathered goes into the shared words. */
  tick(): void {
    this.#words.count(GATEWAY.framesIn, this.#framesIn);
    this.#words.count(GATEWAY.bytesIn, this.#bytesIn);
    this.#words.count(GATEWAY.framesOut, this.#framesOut);
    this.#words.count(GATEWAY.bytesOut, this.#bytesOut);
    this.#words.count(GATEWAY.commands, this.#commands);
    this.#framesIn = 0;
    this.#bytesIn = 0;
    this.#framesOut = 0;
    this.#bytesOut = 0;
    this.#commands = 0;
    if (this.#venueFrom === null) return;
    for (let kind = 0; kind < EVENT_KINDS; kind++) {
      this.#words.count(counterAt(EVENTS, kind), this.#kinds[kind] as number);
      this.#kinds[kind] = 0;
    }
  }

  /** So many public messages were sent at once of the last durable events. */
  publicMessages(count: number): void {
    if (count > 0 && this.#words.on) this.times.publicMessages(count, this.#clock.nowUs());
  }
}
