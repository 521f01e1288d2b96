/**
 * The exit codes of the platform process and of the command line `tredye`, for whoever starts them (a parent, a unit
 * file, a script, the proofs). EXIT_CODES at the end is the table of them that --help and docs/errors.md show.
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
/** Nothing that speaks this protocol answers at the address, or it went away and did not come back. */
export const EXIT_NO_VENUE = 69;
/**
 * A shard or a gateway died: its journal cannot be written (a full disk, a broken one), or it found a bug of ours. Start
 * again, once there is room; recovery is the replay of the journal.
 */
export const EXIT_WORKER_DIED = 70;
/** This machine's clock is before 2020, or too far behind the last journaled command. */
export const EXIT_CLOCK = 71;
/** Logged when a clean stop did not end in time, before the process kills itself. */
export const EXIT_STOP_TIMED_OUT = 72;
/** A file that was to be written cannot be, or is there already. */
export const EXIT_OUTPUT = 73;
/** Some lines of the input were not understood; the others were carried out. */
export const EXIT_BAD_LINES = 74;
/** Some expectations of a rule table did not hold; every line was understood. */
export const EXIT_RULE_BROKEN = 75;
/** The venue answered, and said no: no such instrument, no such order, a rejected command. */
export const EXIT_REFUSED = 76;
/** The key file cannot be used, or the venue refuses the key. */
export const EXIT_KEY = 77;
/** The auditor's engine makes other events of the journaled commands than the shard did. */
export const EXIT_AUDIT = 78;

/** Every code with what it means, in one line. */
export const EXIT_CODES: readonly (readonly [code: number, means: string])[] = [
  [EXIT_CLEAN, 'done, or stopped as asked'],
  [1, 'of make and its scripts, which say why'],
  [EXIT_CONFIGURATION, 'a command, a flag, a variable or a value is refused; nothing was done'],
  [EXIT_DATA_DIRECTORY, 'the data directory is held, of another kind, or cannot be used'],
  [EXIT_MISSING, 'something that the platform needs is not on this machine (socket library, flock, memory)'],
  [EXIT_CORRUPT_JOURNAL, 'the journal is damaged in a way that is not mended silently'],
  [EXIT_LISTEN, 'the address cannot be listened on'],
  [EXIT_NO_VENUE, 'no venue answers at the address'],
  [EXIT_WORKER_DIED, 'a thread of the platform died (a disk that cannot be written, a bug): start again'],
  [EXIT_CLOCK, "this machine's clock is far off"],
  [EXIT_STOP_TIMED_OUT, 'a clean stop did not end in time (in the log; the process ends by SIGKILL)'],
  [EXIT_OUTPUT, 'a file cannot be written, or is there already'],
  [EXIT_BAD_LINES, 'some lines of the input were not understood; the others were carried out'],
  [EXIT_RULE_BROKEN, 'some expectations of a rule table did not hold'],
  [EXIT_REFUSED, 'the venue said no: no such instrument or order, a rejected command'],
  [EXIT_KEY, 'the key file cannot be used, or the venue refuses the key'],
  [EXIT_AUDIT, 'the auditor does not agree with what a shard journaled'],
];

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
