/**
 * Close codes of the WebSocket. The range tells a client what to do: 4000-4099 connect again (with backoff),
 * 4100-4199 do not, something must be changed first. Any thread; gateway and client. A code is never used again.
 */

export const CLOSE_CODES = {
  /** The platform stops or restarts. */
  GOING_DOWN: 4000,
  /** More was waiting to be read than the gateway holds for one connection: resume. */
  SLOW_READER: 4001,
  /** Nothing came from the client for two heartbeat intervals and a second. */
  HEARTBEAT_MISSED: 4002,
  /** The gateway fell behind the event stream and starts it again from the journal: resume. */
  STREAM_RESTARTED: 4003,
  /** Too many logons or connections at once, or the gateway is still catching up. */
  NOT_READY: 4004,
  /** The challenge was not answered in time. */
  LOGON_TIMED_OUT: 4005,

  /** What came is no frame of ours; nothing of it was read. */
  BAD_FRAME: 4100,
  /** The logon was refused, or a frame came before it; a Refused message before the close says why. */
  LOGON_REFUSED: 4101,
  /** A newer session of the same account and lane took over. */
  SUPERSEDED: 4102,
  KEY_REVOKED: 4103,
  /** The protocol version of the logon is not spoken here. */
  VERSION: 4104,
  /** Text instead of binary. */
  TEXT_FRAME: 4105,
  /** More messages than may come from who has shown no key. */
  TOO_MANY_MESSAGES: 4106,
  /** What was to be resumed is in no segment of the journal any more: log on without resume points. */
  RESUME_TOO_OLD: 4107,
} as const;

export type CloseCode = (typeof CLOSE_CODES)[keyof typeof CLOSE_CODES];

/** True when the same logon may succeed on a new connection. Codes outside our range are network failures: true. */
export function mayReconnect(code: number): boolean {
  return code < 4100 || code > 4199;
}
