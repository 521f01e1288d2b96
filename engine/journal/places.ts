/**
 * Where things lie in a journal. Types only; any thread.
 */

import type { Expected, SegmentHeader } from './record.js';

/** Where the verified part of a journal ends, for the one who goes on writing there. */
export interface JournalEnd {
  readonly segment: SegmentHeader;
  /** The first byte behind the last verified record. */
  readonly offset: number;
  /** The last verified record, a seal included; the header's page when there is none. */
  readonly lastOffset: number;
  readonly lastBytes: number;
  /** Sequences in force before that last record. */
  readonly lastExpected: Expected;
  readonly sealed: boolean;
  /** What is due next. */
  readonly expected: Expected;
  /** SHA-256 of the segment up to `offset`, its seal left out, as it was verified. */
  readonly content: Uint8Array;
}

/** Where in a journal a record lies, and what is due there. */
export interface RecordPlace {
  readonly segment: number;
  /** Bytes from the segment's begin. */
  readonly offset: number;
  readonly epoch: number;
  readonly commandSequence: number;
  readonly eventSequence: number;
}
