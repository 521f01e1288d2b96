/**
 * The exit codes of the platform process, for whoever starts it (a parent, a unit file, the proofs).
 * Where a thread hangs (a write that does not return, a stop that does not end) and at a second Ctrl-C (SIGINT or
 * SIGTERM, whichever came first) the process ends itself by SIGKILL, because an orderly exit waits for its threads; a
 * shell shows that as 137. Nothing acknowledged is lost by it. The log's last line then has the code that it would have
 * left with, where there is one.
 *
 * Any thread. A code is never given another meaning; codes from 64 up are free of those that shells and Node use.
 */

/** Stopped as asked (SIGINT, SIGTERM): sessions closed, all that was taken is durable. Also --help and --version. */
export const EXIT_CLEAN = 0;
/** A flag, a variable or a value is refused; nothing was written. */
export const EXIT_CONFIGURATION = 64;
/** The data directory is held by another platform, belongs to another venue, layout or number of shards, or cannot be used. */
export const EXIT_DATA_DIRECTORY = 65;
/** Something that the platform needs is not on this machine (the socket library, flock, memory). */
export const EXIT_MISSING = 66;
/** The journal is damaged in a way that must not be mended silently; the message names file, offset and sequence. */
export const EXIT_CORRUPT_JOURNAL = 67;
/** The address cannot be listened on. */
export const EXIT_LISTEN = 68;
/**
 * A shard or a gateway died: its journal cannot be written (a full disk, a broken one), or it found a bug of ours. Start
 * again, once there is room; recovery is the replay of the journal.
 */
export const EXIT_WORKER_DIED = 70;
/** Logged when a clean stop did not end in time, before the process kills itself. */
export const EXIT_STOP_TIMED_OUT = 72;
/** Why a start or a run ends: one sentence that says what to change, and the code to leave with. */
export class PlatformError extends Error {
  readonly code: string;
  readonly exitCode: number;
  /** True when the same start may work later without a change. */
  readonly canRetry: boolean;

  constructor(code: string, exitCode: number, sentence: string, canRetry = false) {
    super(sentence);
    this.name = 'PlatformError';
    this.code = code;
    this.exitCode = exitCode;
    this.canRetry = canRetry;
  }
}
