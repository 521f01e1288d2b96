/**
 * What the two threads of the flow benchmark share besides the output ring: a few words, and who sets which.
 *
 *   word 0  reader -> player: 1 when it has joined the ring, 2 when it holds all events
 *   word 1  player -> reader: 1 when the number of events is final
 *   word 2  player -> reader: events in all
 *   word 3  player waits here for room in the ring, a millisecond at a time
 *
 * The reader is never rung: it looks, and naps when nothing is there. A bell would cost the player a call of the system a
 * round, which a shard makes behind its write to disk.
 */

export const FLOW_READER = 0;
export const FLOW_FINAL = 1;
export const FLOW_EVENTS = 2;
export const FLOW_ROOM = 3;
export const FLOW_WORDS = 4;

export const READER_JOINED = 1;
export const READER_HAS_ALL = 2;

/** What the reader thread is started with. */
export interface FlowReaderData {
  readonly output: SharedArrayBuffer;
  readonly words: SharedArrayBuffer;
  /** Events that the reader has memory for, touched, before it joins; more are taken, but cost a page fault each 4 KiB. */
  readonly preparedEvents: number;
  /** The flow file, when the copy shall be turned into report lines; '' for the checksum alone. */
  readonly path: string;
}

/** What the reader made of its copy, after the clock has stopped. */
export interface FlowReaderResult {
  readonly events: number;
  /** CRC-32 of all bytes of the copy: passes with the same are the same. */
  readonly checksum: number;
  /** SHA-256 of the report lines, '' when no path was given. */
  readonly hash: string;
  readonly lines: number;
}
