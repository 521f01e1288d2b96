/**
 * All of a shard's journal, snapshots and consumers' positions, looked through from the first record that is there: checksums, sequences, epochs and seals by
 * the reader, every event byte for byte and the state behind each snapshot by an engine of its own, and its money. The
 * auditor's code over a directory at rest, or one that is written meanwhile: then it ends where it found the end. Nothing is
 * written. Any thread.
 */

import type { Disk } from '../journal/disk.js';
import { JournalError } from '../journal/journal-error.js';
import type { RecordPlace } from '../journal/places.js';
import { JournalReader } from '../journal/reader.js';
import { type JournalIdentity, listSegments } from '../journal/segments.js';
import { inspectTail } from '../journal/tail.js';
import type { Limits } from '../limits.js';
import { checkSnapshot, listSnapshots, snapshotPath, snapshotsBeside } from '../snapshot/snapshots.js';
import { Auditor } from './auditor.js';
import { ConsumerPlaces } from './consumer-places.js';

export interface VerifyTask {
  readonly disk: Disk;
  /** The journal's own directory; snapshots lie beside it. */
  readonly journal: string;
  readonly identity: JournalIdentity;
  readonly limits: Limits;
  /** Called behind each record, with its segment. */
  readonly progress?: (commands: number, segment: number) => void;
}

export interface VerifiedShard {
  readonly commands: number;
  readonly events: number;
  readonly groups: number;
  readonly segments: number;
  /** The first one that is there, 0: none; and the command behind which events were made again, 0: all were. */
  readonly firstSegment: number;
  readonly afterCommand: number;
  /** Whose positions hold. */
  readonly consumers: number;
  readonly epochs: number;
  /** Snapshots whose state is what the journal comes to. */
  readonly snapshots: number;
  /** 16 hex digits of the state at the end. */
  readonly stateHash: string;
  /** Behind the last record, of one that was being written when its process died; never acknowledged. */
  readonly tornBytes: number;
  /** What does not hold, a sentence each. */
  readonly problems: readonly string[];
}

/** Looks at everything, as far as it can be read. Throws only what is a bug of ours. */
export function verifyShard(task: VerifyTask): VerifiedShard {
  const { disk, journal, identity, limits } = task;
  const problems: string[] = [];
  const wanted = new Map<number, string>();
  const directory = snapshotsBeside(journal);
  for (const command of listSnapshots(disk, directory)) {
    const path = snapshotPath(directory, command);
    const header = checkSnapshot(disk, path, identity, limits);
    if (typeof header === 'string') problems.push(`The snapshot ${path} cannot be used: ${header}.`);
    else wanted.set(command, header.stateHash);
  }
  // Before the journal is read: meanwhile they move on.
  const places = new ConsumerPlaces(disk, journal);
  const auditor = new Auditor({
    disk,
    journal,
    identity,
    limits,
    bucketSeed: 0,
    bad: () => undefined,
    fromTheStart: true,
  });
  let snapshots = 0;
  let tornBytes = 0;
  let segments: readonly number[] = [];
  const look = (): void => {
    const hash = wanted.get(auditor.commandSequence);
    if (hash === undefined) return;
    wanted.delete(auditor.commandSequence);
    const now = auditor.engine.stateHash();
    if (now === hash) snapshots += 1;
    else
      problems.push(
        `The snapshot of command ${auditor.commandSequence} is of another state (${hash}) than the journal's (${now}).`,
      );
  };
  try {
    segments = listSegments(disk, journal);
    if (auditor.restored !== null) {
      wanted.delete(auditor.restored.commandSequence);
      readBefore(task, auditor.restored.last, places);
    }
    do {
      for (let before = auditor.eventSequence; auditor.follow(Number.POSITIVE_INFINITY, 1) > 0; ) {
        places.group(auditor.segment, before + 1, auditor.eventSequence);
        before = auditor.eventSequence;
        look();
        task.progress?.(auditor.commandSequence, auditor.segment);
      }
      tornBytes = tailOf(disk, journal, auditor);
    } while (tornBytes < 0);
    auditor.engine.addUp();
    auditor.engine.validate();
    problems.push(...places.problems(segments[0] ?? 0, auditor.end()?.segment.number ?? 0, auditor.eventSequence));
    for (const command of wanted.keys()) {
      problems.push(`No group ends with command ${command}, which a snapshot ends with.`);
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const where = error instanceof JournalError ? `${error.code}: ` : `Behind command ${auditor.commandSequence}: `;
    problems.push(`${where}${error.message}.`);
  } finally {
    auditor.close();
  }
  return {
    commands: auditor.commandSequence,
    events: auditor.eventSequence,
    groups: auditor.groups,
    segments: segments.length,
    firstSegment: segments[0] ?? 0,
    afterCommand: auditor.restored?.commandSequence ?? 0,
    consumers: places.good,
    epochs: auditor.epochs.length,
    snapshots,
    stateHash: auditor.engine.stateHash(),
    tornBytes,
    problems,
  };
}

/** Checksums, sequences and seals of what is there ahead of the snapshot that the auditor begins with. */
function readBefore(
  { disk, journal, identity, progress }: VerifyTask,
  until: RecordPlace,
  places: ConsumerPlaces,
): void {
  const reader = new JournalReader(disk, journal, identity, true);
  try {
    reader.seekFirst();
    for (let record = reader.next(Number.POSITIVE_INFINITY); record !== null; ) {
      const { segment, offset, firstEventSequence, eventCount } = record;
      places.group(segment, firstEventSequence, firstEventSequence + eventCount - 1);
      progress?.(record.firstCommandSequence - 1, segment);
      if (segment > until.segment || (segment === until.segment && offset >= until.offset)) return;
      record = reader.next(Number.POSITIVE_INFINITY);
    }
  } finally {
    reader.close();
  }
}

/** Torn bytes behind the end; -1: the journal has grown since. Throws JOURNAL_CORRUPT when something whole lies there. */
function tailOf(disk: Disk, journal: string, auditor: Auditor): number {
  const end = auditor.end();
  if (end === null || end.sealed) return 0;
  try {
    return inspectTail(disk, journal, end);
  } catch (error) {
    // A shard that writes has written on between the two looks.
    if (auditor.follow(Number.POSITIVE_INFINITY, 1) > 0) return -1;
    throw error;
  }
}
