/**
 * What connecting takes, the same in Node and in browsers: the options, their defaults and their checks.
 */

import { AckLevel } from '../schemas/codes.js';
import { MAX_GRACE_SECONDS } from '../schemas/logon.js';
import { codeNamed } from './commands.js';
import { type Clock, type OpenSocket, type Signer, SYSTEM_CLOCK } from './seams.js';
import type { ConnectionSeams } from './session/connection.js';
import type { ResumeFrom } from './session/private-chain.js';
import type { SessionOptions } from './session/session.js';
import { TredyeError } from './tredye-error.js';

const STREAM_PATH = '/v1/stream';
export const DEFAULT_LANE = 1;
const MAX_LANE = 0xffff;
const DEFAULT_HEARTBEAT_SECONDS = 10;
const MAX_HEARTBEAT_SECONDS = 60;
const DEFAULT_GIVE_UP_MS = 600_000;
const DEFAULT_QUEUED = 65_536;
const MAX_QUEUED = 1_048_576;
/** Midnight of 2020-01-01, where the default client order ids begin to count. */
const COUNTER_EPOCH_MS = Date.UTC(2020, 0, 1);
/** Ids that a default start leaves for each millisecond since: more than any lane sends for long. */
const COUNTERS_PER_MS = 256;

export interface ConnectOptions {
  /** 0 to 65535; each connection of an account that lives at the same time needs its own. Default 1. */
  readonly lane?: number;
  /** Default Disk: nothing is shown before it is durable. */
  readonly ackLevel?: keyof typeof AckLevel;
  /** 1 to 60, both ways; default 10. */
  readonly heartbeatSeconds?: number;
  /**
   * Cancel on disconnect: when this connection is lost or closed, the venue cancels the lane's orders, so many seconds later
   * (0 to 86,400) unless the lane is connected again by then. Left out: they stay.
   */
  readonly cancelAfterSeconds?: number;
  /** What an earlier process held (resumePoints), so that nothing is missed. */
  readonly resume?: readonly ResumeFrom[];
  /**
   * Begin with what the account has in each shard that `resume` does not name (onSnapshot): live orders, positions, balances.
   */
  readonly snapshot?: boolean;
  /**
   * Where this lane's client order ids go on; they must be above all that the lane ever used. Default: from the clock
   * (256 for each millisecond since 2020, which 48 bits hold until 2054), so a lane that never sends 256,000 commands a
   * second on average may start again at any time; with a clock that was set back give it yourself.
   */
  readonly startCounter?: number;
  /** How long to go on trying to reconnect; default ten minutes. */
  readonly giveUpAfterMs?: number;
  /**
   * Commands of the promise calls that may wait to be sent, Parts of admin records included: while there is no connection,
   * or more than the platform's window are unanswered. 1 to 1,048,576 at 64 bytes each; default 65,536. A call beyond it
   * rejects with QUEUE_FULL: nothing was sent, and it may be made again.
   */
  readonly maxQueued?: number;
  /** For tests. */
  readonly random?: () => number;
  readonly clock?: Clock;
  readonly openSocket?: OpenSocket;
}

function streamUrl(url: string): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new TredyeError('BAD_ARGUMENT', `"${url}" is not an address: give one like ws://127.0.0.1:7400.`);
  }
  if (parsed.protocol !== 'ws:' && parsed.protocol !== 'wss:') {
    throw new TredyeError('BAD_ARGUMENT', `"${url}" is not a WebSocket address: give one like ws://127.0.0.1:7400.`);
  }
  if (parsed.pathname === '/') parsed.pathname = STREAM_PATH;
  return parsed.href;
}

function checkRange(value: number, from: number, to: number, what: string): number {
  if (!Number.isSafeInteger(value) || value < from || value > to) {
    throw new TredyeError('BAD_ARGUMENT', `${what} must be a whole number from ${from} to ${to}; it is ${value}.`);
  }
  return value;
}

/** Where a lane's client order ids may begin at that time, milliseconds since 1970: above all that it used before. */
export function counterFrom(nowMs: number): number {
  return Math.floor(nowMs - COUNTER_EPOCH_MS) * COUNTERS_PER_MS;
}

/** What a session is made of: address, seams, options. Throws BAD_ARGUMENT. */
export function sessionParts(
  url: string,
  signer: Signer,
  openSocket: OpenSocket,
  options: ConnectOptions,
): [string, ConnectionSeams, SessionOptions] {
  const clock = options.clock ?? SYSTEM_CLOCK;
  const { cancelAfterSeconds } = options;
  const heartbeatSeconds = options.heartbeatSeconds ?? DEFAULT_HEARTBEAT_SECONDS;
  return [
    streamUrl(url),
    { signer, openSocket: options.openSocket ?? openSocket, clock },
    {
      lane: checkRange(options.lane ?? DEFAULT_LANE, 0, MAX_LANE, 'lane'),
      ackLevel: codeNamed(AckLevel, options.ackLevel ?? 'Disk', 'ackLevel'),
      heartbeatSeconds: checkRange(heartbeatSeconds, 1, MAX_HEARTBEAT_SECONDS, 'heartbeatSeconds'),
      resume: options.resume ?? [],
      snapshot: options.snapshot ?? false,
      ...(cancelAfterSeconds === undefined
        ? {}
        : { cancelAfterSeconds: checkRange(cancelAfterSeconds, 0, MAX_GRACE_SECONDS, 'cancelAfterSeconds') }),
      startCounter: options.startCounter ?? counterFrom(clock.now()),
      giveUpAfterMs: options.giveUpAfterMs ?? DEFAULT_GIVE_UP_MS,
      maxQueued: checkRange(options.maxQueued ?? DEFAULT_QUEUED, 1, MAX_QUEUED, 'maxQueued'),
      random: options.random ?? Math.random,
    },
  ];
}
