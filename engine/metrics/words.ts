/**
 * Which word of a thread's metric words (metric-words.ts) counts what. Every thread has the first group, then come those
 * of its kind. Any thread; constants. A new word is a new line here, behind the others of its group.
 *
 *   every thread │ THREAD: collections, event loop, heap
 *   main         │ …THREAD │ MAIN: descriptors
 *   shard        │ …THREAD │ SHARD: rounds, journal, recovery
 *   auditor      │ …THREAD │ AUDIT: of each shard, what was compared, snapshots
 *   gateway      │ …THREAD │ GATEWAY: connections, frames, times; and of gateway 0: the venue's events
 */

import { COUNTER_WORDS, FIRST_WORD, HISTOGRAM_WORDS } from './metric-words.js';

/** Kinds of garbage collection, by their place. */
export const COLLECTIONS = ['minor', 'major', 'incremental', 'weak'] as const;
/** Acknowledgement levels at which reports leave, by their place. */
export const LEVELS = ['disk', 'matched'] as const;
/** Private reports at each level, then public data. */
export const STREAMS = ['private', 'private_matched', 'public'] as const;
/** Steps of an order, by their place: each is the time since the one before, the first since its frame was read. */
export const STAGES = ['sequenced', 'matched', 'durable', 'sent'] as const;

/** Codes of schemas/records.fbs are below these. */
export const EVENT_KINDS = 256;
export const REASONS = 1024;
/** Close codes from 4000 on that are counted one by one. */
export const FIRST_CLOSE_CODE = 4000;
export const CLOSE_CODE_COUNT = 200;

let next = FIRST_WORD;

/** The first word of `count` counters or gauges one behind the other. */
function counters(count = 1): number {
  const word = next;
  next += count * COUNTER_WORDS;
  return word;
}

function histograms(count = 1): number {
  const word = next;
  next += count * HISTOGRAM_WORDS;
  return word;
}

/** Word number `at` of a run of counters. */
export function counterAt(first: number, at: number): number {
  return first + at * COUNTER_WORDS;
}

/** Word of histogram number `at` of a run. */
export function histogramAt(first: number, at: number): number {
  return first + at * HISTOGRAM_WORDS;
}

export const THREAD = {
  /** Pauses, µs. */
  gcPause: histograms(),
  /** By COLLECTIONS. */
  gcCount: counters(COLLECTIONS.length),
  /** One observation a second: the longest time in that second by which a timer came late, µs. */
  loopDelay: histograms(),
  /** Bytes in use of the thread's heap, as last seen. */
  heapUsed: counters(),
} as const;

const THREAD_END = next;

export const MAIN = {
  /** Descriptors of the process as of the last look. */
  openFiles: counters(),
  /** Times that the port was closed because too many connections were open. */
  portClosed: counters(),
  /** Under the data directory, bytes, as of the last look; and what is to be kept free. */
  diskFree: counters(),
  diskReserve: counters(),
  /** 1: only cancels are taken. */
  cancelOnly: counters(),
  /** Threads that a shard got in place of one whose engine threw at a command. */
  shardComebacks: counters(),
  /** Commands at which it threw twice. */
  commandsAside: counters(),
  /** Lives of the platform before this one, under the same parent. */
  restarts: counters(),
  /** Gateways that threw and were replaced. */
  gatewaysReplaced: counters(),
} as const;

export const MAIN_WORDS = next;
next = THREAD_END;

export const SHARD = {
  /** Commands of each round that had one: their number is that of the rounds, their sum that of the commands. */
  roundSize: histograms(),
  events: counters(),
  /** The write of a round's group, µs. */
  sync: histograms(),
  /** Bytes of groups. */
  journalBytes: counters(),
  /** Number of the segment that is written. */
  segment: counters(),
  epoch: counters(),
  /** Rounds that left commands waiting because readers held the output ring. */
  blocked: counters(),
  recoveryUs: counters(),
  recoveryCommands: counters(),
  /** Adding up of the money, µs. */
  addUp: histograms(),
} as const;

export const SHARD_WORDS = next;
next = THREAD_END;

/** Of one shard; the auditor's thread writes them. */
export const AUDIT = {
  /** Durable events that were not compared yet, as of the last look. */
  lag: counters(),
  /** Groups that were compared. */
  groups: counters(),
  /** Snapshots that were written, and of the last one: how long it took, its bytes, its last command, when (s since 1970). */
  snapshots: counters(),
  snapshotUs: counters(),
  snapshotBytes: counters(),
  snapshotCommand: counters(),
  snapshotTime: counters(),
  /** Segments that were retired, and the number of the first one that is there. */
  retired: counters(),
  firstSegment: counters(),
  /** The last segment that was copied to the archive, and when (s since 1970). */
  archivedSegment: counters(),
  archivedTime: counters(),
} as const;

export const AUDIT_WORDS = next;
next = THREAD_END;

export const GATEWAY = {
  opened: counters(),
  /** By code from FIRST_CLOSE_CODE on. */
  closed: counters(CLOSE_CODE_COUNT),
  /** Now. */
  connections: counters(),
  /** Now. */
  sessions: counters(),
  logons: counters(),
  framesIn: counters(),
  bytesIn: counters(),
  framesOut: counters(),
  bytesOut: counters(),
  /** Commands put into rings. */
  commands: counters(),
  /** Frames that were not taken, by reason. */
  refused: counters(REASONS),
  /** For each of LEVELS one for each of STAGES, µs. */
  stages: histograms(LEVELS.length * STAGES.length),
  /** By LEVELS, µs. */
  whole: histograms(LEVELS.length),
  /** Answered commands whose round's times were written over before they were looked at. */
  untimed: counters(),
  /** By STREAMS: from durable (or matched) to sent, µs. */
  messages: histograms(STREAMS.length),
  /** From a heartbeat to the client's answer to it, less the time the client held it, µs. */
  roundTrip: histograms(),
  pageMessages: histograms(),
  pageFrame: histograms(),
  pageFrames: counters(),
  pageLongFrames: counters(),
  /** Durable events of this life, by kind, repeated answers left out; as of the last tick. */
  events: counters(EVENT_KINDS),
  /** Answers to repeated commands. */
  repeated: counters(),
  /** Rejected events, by reason. */
  rejects: counters(REASONS),
} as const;

export const GATEWAY_WORDS = next;
