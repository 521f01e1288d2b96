/**
 * All of a shard's journal and snapshots, looked through from the first record on: checksums, sequences, epochs and seals by
 * the reader, every event byte for byte and the state behind each snapshot by an engine of its own, and its money. The
 * auditor's code over a directory at rest, or one that is written meanwhile: then it ends where it found the end. Nothing is
 * written. Any thread.
 */

import type { Disk } from '../journal/disk.js';
import { JournalError } from '../journal/journal-error.js';
import { type JournalIdentity, listSegments } from '../journal/segments.js';
import { inspectTail } from '../journal/tail.js';
import type { Limits } from '../limits.js';
import { checkSnapshot, listSnapshots, snapshotPath, snapshotsBeside } from '../snapshot/snapshots.js';
import { Auditor } from './auditor.js';

export interface VerifyTask {
  readonly disk: Disk;
  /** The journal's own directory; snapshots lie beside it. */
  readonly journal: string;
  readonly identity: JournalIdentity;
  readonly limits: Limits;
  /** Called behind each group. */
  readonly progress?: (commands: number) => void;
}

export interface VerifiedShard {
  readonly commands: number;
  readonly events: number;
  readonly groups: number;
  readonly segments: number;
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
  let segments = 0;
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
    segments = listSegments(disk, journal).length;
    do {
      while (auditor.follow(Number.POSITIVE_INFINITY, 1) > 0) {
        look();
        task.progress?.(auditor.commandSequence);
      }
      tornBytes = tailOf(disk, journal, auditor);
    } while (tornBytes < 0);
    auditor.engine.addUp();
    auditor.engine.validate();
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
    segments,
    epochs: auditor.epochs.length,
    snapshots,
    stateHash: auditor.engine.stateHash(),
    tornBytes,
    problems,
  };
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
