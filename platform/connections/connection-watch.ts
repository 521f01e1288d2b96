/**
 * The bound on connections of every kind. Supervisor thread.
 *
 * The socket library tells nobody of a connection that asks nothing, so what is looked at, some ten times a second, is
 * how many file descriptors the process has. Is that too many, all gateways close the port until enough have gone; who is
 * connected is served on. Between two looks a flood can still take the last descriptor. Some are held back for that: they
 * are let go when no gateway takes connections any more, and whoever opens a file waits for one (engine/journal/disk.ts).
 *
 *   open ──too many──> closing ──every gateway has closed──> closed ──fewer, port free──> opening ──every one listens──> open
 */

import { closeSync, openSync, readdirSync, statSync } from 'node:fs';
import type { PortState } from '../../gateway/port-probe.js';

const DESCRIPTORS = '/proc/self/fd';
const LOOK_MS = 100;
/** Looking takes at most one part in so many of this thread's time: older kernels have each descriptor listed. */
const LOOK_SHARE = 100;
const LONGEST_LOOK_MS = 1000;
/** Between two tries to open the port. */
const REOPEN_MS = 1000;
/** The port is opened again when this part of the room is free. */
const FREE_AGAIN = 0.1;

/** Descriptors of this process; infinite when none is left to look with, 0 where they cannot be seen. */
export function countDescriptors(): number {
  try {
    const { size } = statSync(DESCRIPTORS);
    // Linux before 6.2 gives no number.
    return size > 0 ? size : readdirSync(DESCRIPTORS).length;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 0 : Number.POSITIVE_INFINITY;
  }
}

/** What the watch needs of the process around it; tests bring their own. */
export interface ConnectionWatchParts {
  readonly gateways: number;
  /** Connections that may be open, and descriptors that the process may have before the port is closed. */
  readonly connections: number;
  readonly files: number;
  /** Descriptors that are held back. */
  readonly spares: number;
  countDescriptors(): number;
  nowMs(): number;
  /** Tells all gateways; each answers by `accepting`. */
  accept(open: boolean): void;
  /** Whether the port is free while none of ours listens. */
  probe(): Promise<PortState>;
  /** descriptors: as of now; closed: the port has just been closed. */
  measured(descriptors: number, closed: boolean): void;
  log(level: 'info' | 'warn', code: string, message: string): void;
}

type State = 'open' | 'closing' | 'closed' | 'opening';

export class ConnectionWatch {
  readonly #parts: ConnectionWatchParts;
  /** By gateway: whether it takes connections. */
  readonly #accepting: boolean[];
  /** Descriptors without a single connection. */
  readonly #own: number;
  readonly #full: number;
  readonly #spares: number[] = [];
  #state: State = 'open';
  #timer: NodeJS.Timeout | null = null;
  #triedMs = Number.NEGATIVE_INFINITY;
  #stopped = false;

  /** Every gateway listens, and hardly anyone has connected yet. */
  constructor(parts: ConnectionWatchParts) {
    this.#parts = parts;
    this.#accepting = Array.from({ length: parts.gateways }, () => true);
    this.#takeSpares();
    this.#own = parts.countDescriptors();
    this.#full = Math.min(parts.files, this.#own + parts.connections);
  }

  get state(): State {
    return this.#state;
  }

  start(): void {
    const beganMs = performance.now();
    this.look();
    const tookMs = performance.now() - beganMs;
    const pauseMs = Math.min(LONGEST_LOOK_MS, Math.max(LOOK_MS, LOOK_SHARE * tookMs));
    if (!this.#stopped) this.#timer = setTimeout(() => this.start(), pauseMs).unref();
  }

  /** After it no gateway is told anything. The spare descriptors are free for whoever still has to write. */
  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#letSparesGo();
  }

  look(): void {
    const descriptors = this.#parts.countDescriptors();
    const used = descriptors + this.#parts.spares - this.#spares.length;
    const tooMany = used >= this.#full;
    if (this.#state === 'open' && tooMany) this.#close(used);
    else if (this.#state === 'closed' && used < this.#full - FREE_AGAIN * (this.#full - this.#own)) void this.#reopen();
    this.#parts.measured(descriptors, false);
  }

  /** A gateway's word: the answer to what it was told, or that it had no descriptor and closed the port by itself. */
  accepting(gateway: number, open: boolean): void {
    if (this.#stopped) return;
    this.#accepting[gateway] = open;
    if (this.#state === 'open' && !open) this.#close(Number.POSITIVE_INFINITY);
    else if (this.#state === 'opening' && !open) this.#order('closing', false);
    else if (this.#state === 'closing' && !this.#accepting.includes(true)) {
      this.#state = 'closed';
      this.#letSparesGo();
    } else if (this.#state === 'opening' && !this.#accepting.includes(false)) {
      this.#state = 'open';
      this.#parts.log('info', 'CONNECTIONS_TAKEN', 'connections are taken again');
    }
  }

  #close(used: number): void {
    const { connections } = this.#parts;
    const room = this.#full - this.#own;
    const many = Number.isFinite(used) ? `${used - this.#own} connections are open` : 'no file descriptor is left';
    const raise =
      room === connections
        ? 'raise --connections'
        : 'raise the hard limit of open files (ulimit -Hn, or LimitNOFILE of a unit file)';
    const sentence = `${many} and there is room for ${room}: no new ones are taken until some have gone; ${raise} if they are welcome`;
    this.#parts.log('warn', 'CONNECTIONS_FULL', sentence);
    this.#parts.measured(this.#parts.countDescriptors(), true);
    this.#order('closing', false);
  }

  #order(state: State, open: boolean): void {
    this.#state = state;
    this.#parts.accept(open);
  }

  async #reopen(): Promise<void> {
    const nowMs = this.#parts.nowMs();
    if (nowMs < this.#triedMs + REOPEN_MS) return;
    this.#triedMs = nowMs;
    // Another platform that took the port meanwhile would share it with us without a word.
    const port = await this.#parts.probe();
    if (this.#stopped || this.#state !== 'closed') return;
    if (port !== 'free') {
      const why = port === 'taken' ? 'another program has taken it meanwhile' : port.unusable;
      this.#parts.log('warn', 'PORT_TAKEN', `the port cannot be opened again: ${why}`);
      return;
    }
    if (this.#takeSpares()) this.#order('opening', true);
  }

  /** False when there is no descriptor for all of them. */
  #takeSpares(): boolean {
    try {
      while (this.#spares.length < this.#parts.spares) this.#spares.push(openSync('/dev/null', 'r'));
      return true;
    } catch {
      this.#letSparesGo();
      return false;
    }
  }

  #letSparesGo(): void {
    for (const descriptor of this.#spares.splice(0)) closeSync(descriptor);
  }
}
