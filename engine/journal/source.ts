/**
 * Where a recovery has its records from: all of a journal, verified, seals included, and what stands behind it. Read by
 * the thread that replays, or by another one ahead of it (read-ahead.ts). Nothing is written.
 */

import type { Disk } from './disk.js';
import type { JournalEnd, RecordPlace } from './places.js';
import { JournalReader, type JournalRecord, type ReadWindows } from './reader.js';
import type { JournalIdentity } from './segments.js';
import { inspectTail } from './tail.js';

/** Where a journal that may be gone on with ends. */
export interface FoundEnd {
  readonly end: JournalEnd;
  /** What is torn behind it, rounded up to pages; 0: nothing. */
  readonly tornBytes: number;
}

export interface JournalSource {
  /** Where it begins, before the first `next`; null: with the journal. */
  begin(place: RecordPlace | null): void;
  /** The next record, which holds until the next call; null behind the last. Throws JournalError. */
  next(): JournalRecord | null;
  /** Once `next` gave null; null when there is no journal. Throws JournalError when what stands there is not torn. */
  end(): FoundEnd | null;
  close(): void;
}

/** Reads in the calling thread. */
export class OwnSource implements JournalSource {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #reader: JournalReader;

  /** `windows`: memory for the reader, when not its own. */
  constructor(disk: Disk, directory: string, identity: JournalIdentity, windows: ReadWindows | null = null) {
    this.#disk = disk;
    this.#directory = directory;
    this.#reader = new JournalReader(disk, directory, identity, true, null, windows);
  }

  begin(place: RecordPlace | null): void {
    if (place === null) {
      this.#reader.seekStart();
    } else {
      this.#reader.seekPlace(place);
    }
  }

  next(): JournalRecord | null {
    return this.#reader.next(Infinity);
  }

  end(): FoundEnd | null {
    const end = this.#reader.end();
    return end === null ? null : { end, tornBytes: inspectTail(this.#disk, this.#directory, end) };
  }

  close(): void {
    this.#reader.close();
  }
}
