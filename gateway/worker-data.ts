/**
 * What a gateway thread is started with and what it says to the supervisor. Types and defaults only; the supervisor
 * and the gateway's worker import it.
 *
 * Start: `new Worker('gateway/worker.js', { workerData: GatewayStart })`, at once; the thread loads and warms up. When the
 * shards have recovered it is told to `serve`, gateway 0 first; the others, with its port, when it says `listening`: then
 * a port that another program holds is found before two share it.
 */

import type { MessagePort } from 'node:worker_threads';
import type { Limits } from '../engine/limits.js';
import type { ShardImage } from '../engine/public/shard-image.js';
import type { MetricsMemory } from './metrics/metrics-memory.js';
import type { AccessMemory } from './sessions/access.js';

/** From which event sequence on a shard's events belong to an epoch. */
export interface EpochStart {
  readonly epoch: number;
  readonly firstSequence: number;
}

/** Shard-indexed arrays have one entry for each shard. */
export interface GatewayWorkerData {
  /** 0 to gateways - 1. Gateway 0 makes sure that no other program listens on the port. */
  readonly index: number;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly venue: string;
  readonly shardCount: number;
  readonly limits: Limits;
  /** This gateway's command ring to each shard (CommandRing). */
  readonly rings: readonly SharedArrayBuffer[];
  /** What each shard has taken out of those rings (TakenSpans, of at least `takenSpansNeeded(limits)` spans). */
  readonly spans: readonly SharedArrayBuffer[];
  /** Each shard's output ring (OutputRing). */
  readonly outputs: readonly SharedArrayBuffer[];
  /** Which of the output rings' readers this gateway is. */
  readonly readerIndex: number;
  /** Rung by the shards when events are published (Doorbell). */
  readonly doorbell: SharedArrayBuffer;
  /** Rung by this gateway when commands are published. */
  readonly shardDoorbells: readonly SharedArrayBuffer[];
  /** Shard 0's admin log. */
  readonly adminLog: SharedArrayBuffer;
  /** Word 0: the next incarnation to give, above all that any shard knows; 0 is never given. */
  readonly incarnation: SharedArrayBuffer;
  /** Word 0: raised with every turn and every tick, so that the supervisor sees a thread that hangs. */
  readonly progress: SharedArrayBuffer;
  readonly journalDirectories: readonly string[];
  /** Each shard's epochs, ascending; the last one is the current. */
  readonly epochs: readonly (readonly EpochStart[])[];
  /** Each shard's last event sequence as its recovery reported it: what is above it is in the output ring. */
  readonly eventSequences: readonly number[];
  /** What each shard was when it had recovered; null for a gateway that comes later: it asks the auditor. */
  readonly images: readonly ShardImage[] | null;
  /** Where the auditor is asked; null: there is none, and then no journal ever loses its beginning. Transferred. */
  readonly auditor: MessagePort | null;
  /** What this gateway counts is `gateways[index]` of it; the others are for whoever answers /metrics. */
  readonly metrics: MetricsMemory;
  readonly access: AccessMemory;
  /** Where the files of the page lie, if it was built. */
  readonly pageDirectory: string;
  /** How many gateways there are. */
  readonly gateways: number;
  readonly settings: GatewaySettings;
  /** What the thread before it under this index left when it threw; null: this is the first. */
  readonly remains: GatewayRemains | null;
}

/** What a gateway's thread leaves that has closed its sockets and ends. */
export interface GatewayRemains {
  /** Sessions that are open in the shards. */
  readonly incarnations: readonly number[];
  readonly publicSessions: number;
}

/** Bounds of one gateway. */
export interface GatewaySettings {
  /** Connections; one more is refused with HTTP 503. */
  readonly maxSessions: number;
  /** Sessions without a key, over all gateways; 0: none is let in. */
  readonly maxPublicSessions: number;
  /** HTTP requests that wait for their body or their answer; one more is refused with 503. */
  readonly maxHttpRequests: number;
  /** Until when the whole body of an HTTP request must have come, and until when orders are answered with what became of them. */
  readonly httpBodyMs: number;
  readonly httpAnswerMs: number;
  /** Life of an HTTP token. */
  readonly tokenSeconds: number;
  /** Commands of a session that may be unanswered; at most limits.laneAnswers. */
  readonly window: number;
  /** A session with more bytes unsent is closed with 4001. */
  readonly maxBufferedBytes: number;
  /** A replay, and public data, wait while more than this is unsent. */
  readonly pauseBufferedBytes: number;
  /** A resume that would replay more events of a shard begins with a snapshot instead. */
  readonly resumeEvents: number;
  readonly logonSeconds: number;
  readonly heartbeatSecondsMin: number;
  readonly heartbeatSecondsMax: number;
  /** Signatures checked at a time, and how many may wait for it. */
  readonly verifyAtOnce: number;
  readonly verifyQueue: number;
  /** Events of a shard and level that one turn of the event loop handles. */
  readonly eventsPerTurn: number;
  /** Interval of framed public data. */
  readonly frameMs: number;
  /** At a stop: time that connections get to take their close frames before they are cut. */
  readonly lingerMs: number;
}

export const DEFAULT_GATEWAY_SETTINGS: GatewaySettings = {
  maxSessions: 10_000,
  maxPublicSessions: 1000,
  maxHttpRequests: 10_000,
  httpBodyMs: 5000,
  httpAnswerMs: 5000,
  tokenSeconds: 3600,
  window: 4096,
  maxBufferedBytes: 4 * 1024 * 1024,
  pauseBufferedBytes: 1024 * 1024,
  resumeEvents: 10_000_000,
  logonSeconds: 10,
  heartbeatSecondsMin: 1,
  heartbeatSecondsMax: 60,
  verifyAtOnce: 2,
  verifyQueue: 4096,
  eventsPerTurn: 2048,
  frameMs: 16,
  lingerMs: 250,
};

/** Spans that a TakenSpans needs so that a reader who keeps up with the output ring is never lapped on it. */
export function takenSpansNeeded(limits: Limits): number {
  return limits.outputRingSlots + limits.roundCommands;
}

/** Gateway to supervisor. */
export type GatewayMessage =
  /** Reading what the rings no longer have before listening; events over all shards. */
  | { readonly type: 'progress'; readonly done: number; readonly total: number }
  | { readonly type: 'listening'; readonly port: number }
  /** Worth a line in the log; never on the order path. */
  | { readonly type: 'log'; readonly level: 'info' | 'warn'; readonly code: string; readonly message: string }
  /** Whether it takes connections now: after each order to `accept`, and when it stopped doing so by itself. */
  | { readonly type: 'accepting'; readonly open: boolean }
  | { readonly type: 'stopped' }
  /** The thread ends by itself after it, its sockets are closed. `remains`: another one can take its place; null: none can. */
  | {
      readonly type: 'fatal';
      readonly code: GatewayFatalCode;
      readonly message: string;
      readonly remains: GatewayRemains | null;
    };

export type GatewayFatalCode =
  | 'UWS_UNAVAILABLE'
  | 'PORT_TAKEN'
  | 'ADDRESS_UNUSABLE'
  | 'JOURNAL'
  | 'JOURNAL_READ'
  | 'BUG';

/** What the thread is started with. */
export interface GatewayStart {
  readonly index: number;
}

/** Supervisor to gateway. */
export type GatewayOrder =
  /** Once, when the shards have recovered. */
  | { readonly type: 'serve'; readonly data: GatewayWorkerData }
  /** Once it has said `listening`: take new connections, or none. */
  | { readonly type: 'accept'; readonly open: boolean }
  | { readonly type: 'stop' };
