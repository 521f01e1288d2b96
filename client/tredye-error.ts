/**
 * The one error class of the client: one sentence, a code to act on, and whether the same call may work later.
 * Any thread, browser and Node.
 */

/**
 * REFUSED           the gateway did not take the command; `reason` says why, nothing happened
 * NEVER_HAPPENED    the connection was lost before the command was taken: certain, after the fence of a new logon
 * ANSWER_MISSED     the command was taken, but its answer lies before a snapshot that the venue sent in place of a replay
 * UNSETTLED         the client was closed before the command's fate was known: log on with the same lane to settle it
 * NOT_CONNECTED     closed, or not yet connected
 * QUEUE_FULL        more commands wait to be sent than maxQueued allows; this one was not taken and never will be
 * CONNECT_FAILED    nothing that speaks this protocol answered at the address
 * LOGON_REFUSED     the key, its rights or the lane were refused
 * SESSION_ENDED     the platform closed the session for a reason that a reconnect does not mend
 * BAD_ARGUMENT      the call itself is wrong; nothing was sent
 * BAD_KEY           the key file or key cannot be read or is no Ed25519 key
 * UNKNOWN_SYMBOL    no instrument of that symbol
 * TIMED_OUT         no answer in time
 * SHARDS_MISSING    an admin record is numbered and will be applied, but `shards` have not done so yet: the same call
 *                   with `operation` again asks again; or a mass cancel of all instruments never came to `shards`, and
 *                   the others have begun: make the call again
 */
export type TredyeErrorCode =
  | 'REFUSED'
  | 'NEVER_HAPPENED'
  | 'ANSWER_MISSED'
  | 'UNSETTLED'
  | 'NOT_CONNECTED'
  | 'QUEUE_FULL'
  | 'CONNECT_FAILED'
  | 'LOGON_REFUSED'
  | 'SESSION_ENDED'
  | 'BAD_ARGUMENT'
  | 'BAD_KEY'
  | 'UNKNOWN_SYMBOL'
  | 'TIMED_OUT'
  | 'SHARDS_MISSING';

interface ErrorOptions {
  readonly reason?: string;
  readonly canRetry?: boolean;
  readonly operation?: number;
  readonly shards?: readonly number[];
}

export class TredyeError extends Error {
  readonly code: TredyeErrorCode;
  /** The name of the platform's reason where there is one, for example Busy; else null. */
  readonly reason: string | null;
  readonly canRetry: boolean;

  /** Of SHARDS_MISSING: the operation id to repeat, and the shards that are missing. Else null and none. */
  readonly operation: number | null;
  readonly shards: readonly number[];

  constructor(code: TredyeErrorCode, sentence: string, options: ErrorOptions = {}) {
    super(sentence);
    this.name = 'TredyeError';
    this.code = code;
    this.reason = options.reason ?? null;
    this.canRetry = options.canRetry ?? false;
    this.operation = options.operation ?? null;
    this.shards = options.shards ?? [];
  }
}
