/**
 * The parent of the platform: starts it, passes signals on, and starts it again when it dies, so that a venue is there again
 * without anybody's hand. It touches no file and no socket of the venue. Main thread of a process of its own.
 *
 *   start ──> serves ──dies──> wait (none at first, then longer each time) ──> start, on the same port
 *                    ──asked to stop, or ended for a reason that another start does not help──> leave with its code
 *
 * The child has a session of its own, so that a Ctrl-C reaches it by the parent alone, once. It stops cleanly by itself when
 * its parent is gone: a line between them (IPC) says so.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { readConfiguration } from './configuration.js';
import {
  EXIT_CLEAN,
  EXIT_DATA_DIRECTORY,
  EXIT_LISTEN,
  EXIT_MISSING,
  EXIT_STOP_TIMED_OUT,
  EXIT_WORKER_DIED,
  PlatformError,
} from './exit-codes.js';
import { openLog, type PlatformLog } from './log.js';
import { RESTARTS_VARIABLE, type ServingMessage } from './parent-line.js';

const PLATFORM = fileURLToPath(new URL('./main.js', import.meta.url));
/** Behind so long a life a death is the first one again. */
const STEADY_MS = 60_000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;
/** 128 and the signal's number, as shells say it. */
const SIGNAL_CODE = 128;

/** How a life of the platform ended. */
export interface PlatformEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** From when it served to its end; 0: it never did. */
  readonly servedMs: number;
}

/** Of ends with these codes the next start may be better off, where one has served before with the same configuration. */
const WORTH_A_TRY: readonly number[] = [
  EXIT_WORKER_DIED,
  EXIT_DATA_DIRECTORY,
  EXIT_MISSING,
  EXIT_LISTEN,
  EXIT_STOP_TIMED_OUT,
];

/** Whether it is started again. `served`: a life before, or this one, did serve. */
export function isStartedAgain({ code, signal }: PlatformEnd, served: boolean): boolean {
  if (signal !== null) return true;
  // What Node and libraries abort with; theirs is no word of ours.
  const isOurs = code === EXIT_CLEAN || (code !== null && code >= 64 && code < SIGNAL_CODE);
  return isOurs ? served && WORTH_A_TRY.includes(code) : served;
}

/** How long the next start waits when so many lives in a row were short. */
export function waitMs(shortLives: number): number {
  return shortLives === 0 ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (shortLives - 1));
}

/** The same arguments with another port. */
export function withPort(argv: readonly string[], port: number): string[] {
  const kept = argv.filter((argument, at) => !/^--port(=|$)/.test(argument) && argv[at - 1] !== '--port');
  return [...kept, '--port', String(port)];
}

class Parent {
  readonly #argv: readonly string[];
  readonly #environment: NodeJS.ProcessEnv;
  readonly #log: PlatformLog;
  #child: ChildProcess | null = null;
  #stopping = false;
  #port = 0;
  #served = false;
  #restarts = 0;
  #wake: () => void = () => undefined;

  constructor(argv: readonly string[], environment: NodeJS.ProcessEnv, log: PlatformLog) {
    this.#argv = argv;
    this.#environment = environment;
    this.#log = log;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => this.#pass(signal));
  }

  /** Resolves with the code to leave with. */
  async run(): Promise<number> {
    let shortLives = 0;
    for (;;) {
      const end = await this.#live();
      if (this.#stopping || !isStartedAgain(end, this.#served)) return codeOf(end);
      if (end.servedMs >= STEADY_MS) shortLives = 0;
      this.#restarts += 1;
      const wait = waitMs(shortLives);
      shortLives += 1;
      const how = end.signal === null ? `with code ${end.code}` : `by ${end.signal}`;
      const when = wait === 0 ? 'at once' : `in ${wait / 1000} s`;
      this.#log.error(
        { code: 'PLATFORM_RESTARTED', ended: end.signal ?? end.code, restarts: this.#restarts, waitMs: wait },
        `the platform ended ${how}: it is started again ${when} (restart ${this.#restarts})`,
      );
      await this.#wait(wait);
      if (this.#stopping) return EXIT_CLEAN;
    }
  }

  /** One life of the platform. */
  #live(): Promise<PlatformEnd> {
    const argv = this.#port === 0 ? this.#argv : withPort(this.#argv, this.#port);
    const child = spawn(process.execPath, [...process.execArgv, PLATFORM, ...argv], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...this.#environment, [RESTARTS_VARIABLE]: String(this.#restarts) },
      detached: true,
    });
    this.#child = child;
    let servesSinceMs = Number.NaN;
    child.on('message', ({ port }: ServingMessage) => {
      this.#port = port;
      this.#served = true;
      servesSinceMs = performance.now();
    });
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code, signal) => {
        this.#child = null;
        const servedMs = Number.isNaN(servesSinceMs) ? 0 : performance.now() - servesSinceMs;
        resolve({ code, signal, servedMs });
      });
    });
  }

  /** The platform knows what the first one means, and what the second. */
  #pass(signal: NodeJS.Signals): void {
    this.#stopping = true;
    this.#child?.kill(signal);
    this.#wake();
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#stopping) this.#wake();
    });
  }
}

function codeOf({ code, signal }: PlatformEnd): number {
  return signal === null ? (code ?? EXIT_WORKER_DIED) : SIGNAL_CODE + constants.signals[signal];
}

/** What the parent logs as the platform does; of a command line that the platform refuses it has nothing to say itself. */
function logFor(argv: readonly string[], environment: NodeJS.ProcessEnv): PlatformLog {
  try {
    const asked = readConfiguration(argv, environment);
    if (asked.ask === 'run') return openLog(asked.configuration.logLevel, asked.configuration.logFormat);
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
  }
  return openLog('info', 'auto');
}

/** Ends the process itself. */
export async function runParent(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  process.exit(await new Parent(argv, environment, logFor(argv, environment)).run());
}
