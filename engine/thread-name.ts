/**
 * Names the calling thread for the system's tools: `top -H`, `perf`, `taskset` and `chrt` by name instead of by guess.
 * Linux; elsewhere and where /proc is closed a thread stays without one. Any thread, once at its start.
 */

import { writeFileSync } from 'node:fs';

/** The system keeps so many bytes. */
const LONGEST = 15;

export function nameThread(name: string): void {
  try {
    writeFileSync('/proc/thread-self/comm', name.slice(0, LONGEST));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}
