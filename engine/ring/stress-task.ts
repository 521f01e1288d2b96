/** What ring-threads.test.ts tells its threads (stress-peer-main.ts) and what they answer. Tests only. */

export interface StressTask {
  role:
    | 'producer'
    | 'brokenProducer'
    | 'consumer'
    | 'writer'
    | 'brokenWriter'
    | 'nextWriter'
    | 'reader'
    | 'brokenReader';
  ring: SharedArrayBuffer;
  ownBell: SharedArrayBuffer;
  peerBells: readonly SharedArrayBuffer[];
  /** Where the work ends: command ring: behind the last record; output ring: the last event. */
  lastPosition: number;
  seed: number;
  /** Readers: the number, the level, and in which copies to fall asleep (0: none). */
  reader: number;
  matched: boolean;
  sleepEvery: number;
  /** Writers drop a reader that lags for longer than this. */
  lagLimitMs: number;
}

export interface StressReport {
  /** Slots that were written or read. */
  slots: number;
  /** Batches whose bytes were not what belongs there. */
  wrong: number;
  /** Writer: readers dropped; reader: times it was told that it was dropped or lapped. */
  negative: number;
  /** Times the ring was full, times the thread parked, and parks that nobody ended. */
  full: number;
  parked: number;
  timedOut: number;
  lastPosition: number;
}
