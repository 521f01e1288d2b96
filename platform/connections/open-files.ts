/**
 * How many sessions, and how many connections in all, the process has file descriptors for. A connection takes one, and
 * so does a new segment of a journal. Supervisor thread, at start only.
 */

import { readFileSync } from 'node:fs';
import { DEFAULT_GATEWAY_SETTINGS } from '../../gateway/worker-data.js';
import { EXIT_MISSING, PlatformError } from '../exit-codes.js';

/** Node's own, standard input and output, the lock, modules while they load. */
const OF_PROCESS = 128;
/** A thread's loop and pipes; segments that are read, written and made ready. */
const OF_SHARD = 16;
/** A thread's loop and pipes; its listener; segments that resuming sessions read; connections that are being refused. */
const OF_GATEWAY = 64;

/** Never a connection's: for files that are opened while connections have taken all others. Spare ones are among them. */
const KEPT_FREE = 32;
const KEPT_FREE_OF_SHARD = 8;
const KEPT_FREE_OF_GATEWAY = 32;
const SPARE = 8;
const SPARE_OF_SHARD = 4;
const SPARE_OF_GATEWAY = 16;

/** The soft limit; infinite where there is none, or none that can be read. Node has raised it to the hard one. */
export function openFilesLimit(limits = ownLimits()): number {
  const found = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return found === undefined ? Number.POSITIVE_INFINITY : Number(found);
}

function ownLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}

export interface SessionRoom {
  /** Sessions that one gateway may take. */
  readonly sessions: number;
  /** One sentence when they are fewer than the gateways are made for, else ''. */
  readonly warning: string;
}

/** Throws a PlatformError when there is no room for a single session. */
export function sessionRoom(openFiles: number, gateways: number, shards: number): SessionRoom {
  const { maxSessions } = DEFAULT_GATEWAY_SETTINGS;
  const ours = OF_PROCESS + OF_SHARD * shards + OF_GATEWAY * gateways;
  const wanted = ours + maxSessions * gateways;
  const sessions = Math.min(maxSessions, Math.floor((openFiles - ours) / gateways));
  const raise = `raise the hard limit to ${wanted} (ulimit -Hn, or LimitNOFILE of a unit file)`;
  if (sessions < 1) {
    const sentence = `This process may open ${openFiles} files and needs ${ours} before the first session: ${raise}.`;
    throw new PlatformError('OPEN_FILES', EXIT_MISSING, sentence);
  }
  if (sessions === maxSessions) return { sessions, warning: '' };
  const each = gateways === 1 ? 'the gateway takes' : 'each gateway takes';
  const warning = `this process may open ${openFiles} files, so ${each} ${sessions} sessions instead of ${maxSessions}: ${raise} for all of them`;
  return { sessions, warning };
}

export interface ConnectionFiles {
  /** Descriptors of the process from which on no connection is taken: above what all sessions that may be there need. */
  readonly files: number;
  /** How many of them are held back. */
  readonly spares: number;
}

export function connectionFiles(openFiles: number, gateways: number, shards: number): ConnectionFiles {
  return {
    files: openFiles - KEPT_FREE - KEPT_FREE_OF_SHARD * shards - KEPT_FREE_OF_GATEWAY * gateways,
    spares: SPARE + SPARE_OF_SHARD * shards + SPARE_OF_GATEWAY * gateways,
  };
}
