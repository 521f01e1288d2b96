/**
 * Opens a shard's journal for writing after any kind of end: reads and verifies all of it, hands each group to the
 * caller, cuts a torn tail, writes the last record again with O_DSYNC, and raises the epoch. Shard's thread, at start.
 *
 * The order matters: nothing is written before all that is there was verified (a refused start leaves the journal as it
 * was), and the start record comes last, so that a crash in between leaves a journal that opens the same way again.
 */

import type { Disk } from './disk.js';
import type { RecordPlace } from './places.js';
import type { JournalRecord } from './reader.js';
import { type JournalIdentity, segmentPath } from './segments.js';
import { type JournalSource, OwnSource } from './source.js';
import { type JournalShape, JournalWriter } from './writer.js';

/** Which event sequences an epoch begins with. */
export interface EpochStart {
  readonly epoch: number;
  readonly firstSequence: number;
}

/** Adds the epoch that a start record begins, unless it is there: the record behind a snapshot's place may be read again. */
export function noteEpoch(epochs: EpochStart[], { epoch, firstEventSequence }: JournalRecord): void {
  if (epoch > (epochs.at(-1)?.epoch ?? 0)) epochs.push({ epoch, firstSequence: firstEventSequence });
}

/** A torn record that was cut off: where, and how many bytes up to the last that was not zero. */
export interface TornTail {
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
}

export interface OpenedJournal {
  readonly writer: JournalWriter;
  /** The epoch that begins now. */
  readonly epoch: number;
  /** All epochs, ascending, the new one last. */
  readonly epochs: EpochStart[];
  readonly tornTail: TornTail | null;
}

/** Where a journal is read from when what lies before is in a snapshot. */
export interface JournalBegin {
  readonly last: RecordPlace;
  /** Those that begin before it. */
  readonly epochs: readonly EpochStart[];
}

/**
 * `replay` is called for each group in order, `replayed` behind the last; what they throw stops the opening before anything
 * was written. Throws JournalError. Makes the directory and an empty journal when there is none. `source` reads that
 * journal, and is closed. `begin`: null for all of it.
 */
export function openJournal(
  disk: Disk,
  directory: string,
  identity: JournalIdentity,
  shape: JournalShape,
  platformStartId: number,
  replay: (group: JournalRecord) => void,
  replayed: () => void = () => undefined,
  source: JournalSource = new OwnSource(disk, directory, identity),
  begin: JournalBegin | null = null,
): OpenedJournal {
  const writer = new JournalWriter(disk, directory, identity, shape);
  disk.makeDirectory(directory);
  const epochs: EpochStart[] = [...(begin?.epochs ?? [])];
  let tornTail: TornTail | null = null;
  try {
    source.begin(begin?.last ?? null);
    for (let record = source.next(); record !== null; record = source.next()) {
      if (record.kind === 'group') {
        replay(record);
      } else {
        noteEpoch(epochs, record);
      }
    }
    replayed();
    const found = source.end();
    if (found === null) {
      writer.startFresh();
    } else {
      const { end, tornBytes } = found;
      if (tornBytes > 0) {
        tornTail = { file: segmentPath(directory, end.segment.number), offset: end.offset, bytes: tornBytes };
        writer.cutTail(end);
      }
      writer.goOn(end);
    }
  } finally {
    source.close();
  }
  const epoch = writer.beginEpoch(platformStartId);
  epochs.push({ epoch, firstSequence: writer.nextEventSequence });
  return { writer, epoch, epochs, tornTail };
}
