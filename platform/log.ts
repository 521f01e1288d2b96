/**
 * The platform's log: people's lines on a terminal, JSON lines everywhere else. Supervisor thread only; never on the
 * order path, where a line costs more than a command.
 */

import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';

export type PlatformLog = Logger;

/** format: auto (text on a terminal, JSON otherwise), text or json. Lines are written before the call returns. */
export function openLog(level: string, format: string): PlatformLog {
  const text = format === 'text' || (format === 'auto' && process.stdout.isTTY === true);
  const base = { level, base: null };
  if (!text) return pino(base, pino.destination({ fd: 1, sync: true }));
  return pino(
    base,
    pretty({
      destination: 1,
      sync: true,
      colorize: process.stdout.isTTY === true,
      translateTime: 'SYS:HH:MM:ss.l',
      // The sentence says it all to people; the fields are for programs, which read JSON.
      hideObject: true,
    }),
  );
}
