/**
 * Whether a port is free, before several threads listen on it with SO_REUSEPORT: that would succeed beside another
 * platform of the same user as well, and the two would share the members without a word. Gateway 0's thread, once.
 */

import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** What the probe found: 'free', 'taken', or the system's word for an address that cannot be listened on. */
export type PortState = 'free' | 'taken' | { readonly unusable: string };

/** The kernel's tables of sockets. */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'] as const;
const LISTENING = '0A';

/**
 * True when a table of the kernel's form (local address in column 2 as HEX:PORT, state in column 4) has a listener on
 * the port, at whatever address.
 */
export function hasListener(table: string, port: number): boolean {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table.split('\n').some((line) => {
    const [, local, , state] = line.trim().split(/\s+/);
    return state === LISTENING && local !== undefined && local.endsWith(wanted);
  });
}

function readTable(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // A kernel without IPv6 has no such table, and nobody listens there.
    return '';
  }
}

/**
 * Tries to listen alone. A refusal need not mean a listener: for a minute after a kill the connections that ended stay
 * in TIME_WAIT and keep everyone but a SO_REUSEPORT listener out, so the kernel's tables have the last word.
 */
export function probePort(host: string, port: number): Promise<PortState> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') resolve({ unusable: error.code ?? error.message });
      else resolve(TABLES.some((path) => hasListener(readTable(path), port)) ? 'taken' : 'free');
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve('free')));
  });
}

/**
 * A port that was free a moment ago. Taken by number and not as 0, because uWebSockets.js lets several threads share a
 * port that was asked for by number only. Throws the system's error when the address cannot be listened on.
 */
export function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host, port: 0, exclusive: true }, () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
