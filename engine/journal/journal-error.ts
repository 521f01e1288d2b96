/**
 * The one error of the journal and of a shard's recovery: an operating failure with a code, and where it was seen.
 * Any thread. None of them can be retried by the process that met it: after a failed write or sync the pages look
 * clean and read well until power fails, so the process dies and the next one reads the disk again.
 */

export type JournalErrorCode =
  /** Opening, reading or listing failed; the cause has the system's own code. */
  | 'JOURNAL_READ'
  /** A write or a sync failed, or wrote nothing; the cause has the system's own code. */
  | 'JOURNAL_WRITE'
  /** A bad record with a valid later one behind it, or bytes that `durable` has passed and that do not verify. */
  | 'JOURNAL_CORRUPT'
  /** A seal does not fit the content of its segment, or the chain of seals is broken. */
  | 'JOURNAL_SEAL'
  /** A segment in the middle of the journal is missing. */
  | 'JOURNAL_MISSING_SEGMENT'
  /** The journal begins behind the event that was asked for: what was before is gone. */
  | 'JOURNAL_TOO_OLD'
  /** A consumer has more than the journal holds: an older copy of it was put back. */
  | 'JOURNAL_BEHIND'
  /** The directory holds the journal of another shard. */
  | 'JOURNAL_OTHER_SHARD'
  /** The journal was written by a platform with another number of shards. */
  | 'JOURNAL_OTHER_SHARD_COUNT'
  /** Another file format, schema version, record size or engine behaviour. */
  | 'JOURNAL_OTHER_VERSION'
  /** A group does not fit into a segment: the limits do not go together. */
  | 'JOURNAL_TOO_LARGE'
  /** The engine made other events from a journaled command than those that were journaled. */
  | 'JOURNAL_DIVERGED';

/** Where in the journal; what is unknown is left out. `offset` in bytes, `sequence` of the event expected there. */
export interface JournalPlace {
  readonly file?: string;
  readonly offset?: number;
  readonly sequence?: number;
}

export class JournalError extends Error {
  readonly code: JournalErrorCode;
  readonly canRetry = false;
  readonly file: string | undefined;
  readonly offset: number | undefined;
  readonly sequence: number | undefined;

  constructor(code: JournalErrorCode, message: string, place: JournalPlace = {}, cause?: unknown) {
    const said = cause instanceof Error ? `${message}: ${cause.message}` : message;
    const where = [
      place.file === undefined ? '' : `file ${place.file}`,
      place.offset === undefined ? '' : `offset ${place.offset}`,
      place.sequence === undefined ? '' : `sequence ${place.sequence}`,
    ].filter((part) => part !== '');
    super(where.length === 0 ? said : `${said} (${where.join(', ')})`, cause === undefined ? undefined : { cause });
    this.name = 'JournalError';
    this.code = code;
    this.file = place.file;
    this.offset = place.offset;
    this.sequence = place.sequence;
  }

  /** An error that another thread met and whose parts came from there. */
  static again(code: JournalErrorCode, message: string, place: JournalPlace): JournalError {
    const error = new JournalError(code, '', place);
    error.message = message;
    return error;
  }
}
