/**
 * How HTTP requests are refused: a status, a code, a sentence, a hint, as JSON. docs/openapi.json names the same codes,
 * held to it by a test. Gateway thread; nothing here is on the way of a request that is taken.
 */

import { CLOSE_CODES } from '../../schemas/close-codes.js';
import { Reason } from '../../schemas/codes.js';
import { MAX_FRAME_BYTES, MAX_FRAME_RECORDS } from '../../schemas/layout.js';

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** Of the command in the frame. */
  readonly index?: number;
  /** A Reason in capitals, where the code stands for several. */
  readonly reason?: string;
}

const LOG_ON = 'Log on with POST /v1/logon and send the token as "authorization: Bearer TOKEN".';
const LOG_ON_AGAIN = 'Log on again with POST /v1/logon.';
const AGAIN = 'Send the same request again after the seconds in retry-after: nothing of it was taken.';
const OCTETS = 'Send the frame as it is, with content-type: application/octet-stream.';

/** Code -> status, sentence, hint. */
const REFUSALS = {
  NOT_FOUND: [404, 'There is nothing at this path.', 'GET /v1/openapi.json lists all paths.'],
  METHOD_NOT_ALLOWED: [405, 'This path does not know the method.', 'The header allow lists the methods.'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'The body is not of the type that is read here.', OCTETS],
  BODY_TIMED_OUT: [408, 'The body did not come in time.', 'Send the whole frame at once.'],
  FRAME_TOO_LONG: [413, `A frame has at most ${MAX_FRAME_BYTES} bytes.`, 'Send fewer commands at a time.'],
  BAD_PARAMETER: [
    400,
    'A parameter of the address is not what it may be.',
    'GET /v1/openapi.json says what it may be.',
  ],
  UNKNOWN_SYMBOL: [404, 'There is no instrument of this symbol.', 'GET /v1/instruments lists all; write / as %2F.'],
  BAD_FRAME: [400, `The body is no whole frame of 1 to ${MAX_FRAME_RECORDS} commands.`, OCTETS],
  BAD_LOGON: [400, 'The body is no whole ControlFrame with a Logon.', OCTETS],
  BAD_COMMAND: [400, 'A command of the frame cannot be taken.', 'The field "index" says which, "reason" why.'],
  TOKEN_MISSING: [401, 'The request has no token.', LOG_ON],
  TOKEN_INVALID: [401, 'The token is none of this start of the platform.', LOG_ON_AGAIN],
  TOKEN_EXPIRED: [401, 'The token is too old.', LOG_ON_AGAIN],
  TOKEN_SUPERSEDED: [401, 'A newer logon of the same lane ended this token.', 'Use the newer token, or another lane.'],
  KEY_REVOKED: [401, 'The key of this token or logon is revoked.', 'Ask the operator for another key.'],
  NONCE_INVALID: [401, 'The nonce was not given here, was used, or is older than ten seconds.', LOG_ON_AGAIN],
  LOGON_REFUSED: [401, 'The logon was refused.', 'Check key, signature and terms; "reason" says what was wrong.'],
  NOT_ALLOWED: [403, 'The key of this token may not send such a command.', 'Use a key that has the right.'],
  WINDOW_FULL: [429, 'Too many commands of this token are unanswered.', AGAIN],
  BUSY: [503, 'The platform takes no more at the moment.', AGAIN],
  NOT_READY: [503, 'The platform is not ready to take this.', AGAIN],
  CANCEL_ONLY: [
    503,
    'The venue takes only what takes away from a book.',
    'Cancels are taken; GET /health says why orders are not.',
  ],
  NO_PAGE: [404, 'The page is not built.', 'make build makes it; then start the platform again.'],
  NO_METRICS: [404, 'There are no metrics here.', 'Start the platform with --metrics on.'],
} as const satisfies Record<string, readonly [number, string, string]>;

export type RefusalCode = keyof typeof REFUSALS;

export const REFUSAL_CODES = Object.keys(REFUSALS) as readonly RefusalCode[];

export function refusal(code: RefusalCode, message?: string): Refusal {
  const [status, sentence, hint] = REFUSALS[code];
  return { status, code, message: message ?? sentence, hint };
}

/** UnknownInstrument -> UNKNOWN_INSTRUMENT. */
function upperName(reason: number): string {
  return (Reason[reason] ?? `Reason${reason}`).replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
}

/** A frame of which nothing was taken. full: the window is, and not a ring. */
export function frameRefusal(reason: number, index: number, full: boolean): Refusal {
  switch (reason) {
    case Reason.FrameTooLong:
      return refusal('FRAME_TOO_LONG');
    case Reason.BadFrame:
      return refusal('BAD_FRAME');
    case Reason.NotAllowed:
      return { ...refusal('NOT_ALLOWED'), index };
    case Reason.Busy:
      return refusal(full ? 'WINDOW_FULL' : 'BUSY');
    case Reason.CancelOnly:
      return { ...refusal('CANCEL_ONLY'), index };
    case Reason.NotReady:
      return { ...refusal('NOT_READY'), index };
    default: {
      const name = upperName(reason);
      return {
        ...refusal('BAD_COMMAND', `Command ${index} of the frame cannot be taken: ${name}.`),
        index,
        reason: name,
      };
    }
  }
}

/** A logon that ended with this close code where it would have been a WebSocket. */
export function logonRefusal(code: number, reason: number, text: string): Refusal {
  if (code === CLOSE_CODES.KEY_REVOKED) return refusal('KEY_REVOKED');
  if (code < CLOSE_CODES.BAD_FRAME) return refusal('NOT_READY', `The logon was not taken: ${text}.`);
  return { ...refusal('LOGON_REFUSED', `The logon was refused: ${text}.`), reason: upperName(reason) };
}

/** The body of a refusal. */
export function refusalJson({ code, message, hint, index, reason }: Refusal): string {
  // What is undefined is left out.
  return JSON.stringify({ error: { code, message, hint, index, reason } });
}
