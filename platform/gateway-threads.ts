/**
 * The gateways' threads: started one behind the other, listened to, replaced, stopped. Supervisor thread.
 *
 * A gateway owns sockets of uWebSockets.js, and a thread that dies with live sockets aborts the process. One that throws
 * closes them first and says so: another thread takes its place, while the others serve. Of any other death the process
 * dies too, or leaves by name, and its parent starts it again.
 */

import { Worker } from 'node:worker_threads';
import { freePort } from '../gateway/port-probe.js';
import type {
  GatewayMessage,
  GatewayOrder,
  GatewayRemains,
  GatewayStart,
  GatewayWorkerData,
} from '../gateway/worker-data.js';
import {
  EXIT_CLEAN,
  EXIT_CORRUPT_JOURNAL,
  EXIT_DATA_DIRECTORY,
  EXIT_LISTEN,
  EXIT_MISSING,
  EXIT_WORKER_DIED,
  PlatformError,
} from './exit-codes.js';
import { GatewayWatch } from './gateway-watch.js';
import type { PlatformLog } from './log.js';
import { wantOfMemory } from './want-of-memory.js';

const WORKER_FILE = new URL('../gateway/worker.js', import.meta.url);

/** How often their progress is looked at. */
const WATCH_MS = 1000;

type GatewayFatal = Extract<GatewayMessage, { type: 'fatal' }>;

function fatalOf(index: number, message: GatewayFatal): PlatformError {
  switch (message.code) {
    case 'UWS_UNAVAILABLE':
      return new PlatformError(message.code, EXIT_MISSING, message.message);
    case 'PORT_TAKEN':
    case 'ADDRESS_UNUSABLE':
      return new PlatformError(message.code, EXIT_LISTEN, message.message, true);
    case 'JOURNAL_READ': {
      const sentence = `Gateway ${index} cannot read a journal: ${message.message}; mend the disk or its rights, then start again.`;
      return new PlatformError(message.code, EXIT_DATA_DIRECTORY, sentence, true);
    }
    case 'JOURNAL':
      return new PlatformError(
        message.code,
        EXIT_CORRUPT_JOURNAL,
        `Gateway ${index} cannot take a journal: ${message.message}; restore it from a backup.`,
      );
    default:
      return (
        wantOfMemory(`gateway ${index}`, message.message) ??
        new PlatformError(
          'GATEWAY_DIED',
          EXIT_WORKER_DIED,
          `Gateway ${index} found a bug of ours; start again and report this: ${message.message}`,
          true,
        )
      );
  }
}

/** A free port by number, so that all gateways can share it. */
async function portFor(host: string): Promise<number> {
  try {
    return await freePort(host);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? error.code : String(error);
    throw new PlatformError(
      'ADDRESS_UNUSABLE',
      EXIT_LISTEN,
      `${host} cannot be listened on (${why}): choose an address of this machine with --host.`,
      true,
    );
  }
}

/** So many gateways are replaced within a minute; one more is a bug that comes again and again, and the platform ends. */
export const MOST_REPLACED = 5;
const REPLACED_WITHIN_MS = 60_000;

/** What whoever runs the gateways is told. */
export interface GatewayEvents {
  readonly log: PlatformLog;
  /** One ended by itself, at any time, and is not replaced. */
  died(error: PlatformError): void;
  /** One takes connections again, or no longer. */
  accepting(gateway: number, open: boolean): void;
  /** Another thread serves in the place of one that threw. */
  replaced(gateway: number): void;
}

/** One gateway's thread. It loads and warms up at once, and waits then for what it is to serve. */
class GatewayThread {
  readonly listening: Promise<number>;
  readonly stopped: Promise<void>;
  private readonly worker: Worker;
  private stopping = false;
  /** What it said when it threw. */
  private threw: GatewayFatal | null = null;

  /** `gone`: it threw, and what it left can be gone on with. */
  constructor(index: number, { log, died, accepting }: GatewayEvents, gone: (fatal: GatewayFatal) => void) {
    const started: GatewayStart = { index };
    this.worker = new Worker(WORKER_FILE, { workerData: started, name: `gateway-${index}` });
    this.listening = new Promise((resolve, reject) => {
      const fail = (error: PlatformError): void => {
        reject(error);
        died(error);
      };
      this.worker.on('message', (message: GatewayMessage) => {
        if (message.type === 'listening') resolve(message.port);
        else if (message.type === 'fatal') {
          if (message.remains === null) fail(fatalOf(index, message));
          else this.threw = message;
        } else if (message.type === 'accepting') accepting(index, message.open);
        else if (message.type === 'log') log[message.level]({ code: message.code, gateway: index }, message.message);
        else if (message.type === 'progress') {
          log.debug({ gateway: index, done: message.done, total: message.total }, 'reading the journal');
        }
      });
      this.worker.on('error', (error) => {
        fail(
          new PlatformError(
            'GATEWAY_DIED',
            EXIT_WORKER_DIED,
            `Gateway ${index} died; start again and report this: ${error.message}`,
            true,
          ),
        );
      });
      this.worker.on('exit', (code) => {
        if (this.stopping) return;
        if (this.threw !== null) {
          gone(this.threw);
          return;
        }
        fail(
          new PlatformError(
            'GATEWAY_DIED',
            EXIT_WORKER_DIED,
            `Gateway ${index} ended by itself with code ${code}; start again and report this.`,
            true,
          ),
        );
      });
    });
    // Whoever waits for it hears of it; nobody else must.
    this.listening.catch(() => undefined);
    this.stopped = new Promise((resolve) => {
      this.worker.on('exit', () => resolve());
    });
  }

  /** Has it read the journals and listen. */
  serve(data: GatewayWorkerData): void {
    const order: GatewayOrder = { type: 'serve', data };
    this.worker.postMessage(order, data.auditor === null ? [] : [data.auditor]);
  }

  accept(open: boolean): void {
    const order: GatewayOrder = { type: 'accept', open };
    this.worker.postMessage(order);
  }

  stop(): Promise<void> {
    this.stopping = true;
    const order: GatewayOrder = { type: 'stop' };
    this.worker.postMessage(order);
    return this.stopped;
  }
}

export class GatewayThreads {
  private readonly threads: GatewayThread[] = [];
  private watch: NodeJS.Timeout | null = null;
  private stopping = false;
  private events: GatewayEvents | null = null;
  /** Makes what another thread in the place of one is given. */
  private dataAgain: ((index: number, remains: GatewayRemains) => GatewayWorkerData) | null = null;
  /** Whether they are to take connections, as they were told last. */
  private open = true;
  /** When gateways were replaced. */
  private readonly replacedMs: number[] = [];

  /** Starts the threads, which serve nothing yet: while the shards recover they load their code and have it compiled. */
  prepare(count: number, events: GatewayEvents): void {
    this.events = events;
    for (let index = 0; index < count; index++) this.threads.push(this.newThread(index, events));
  }

  private newThread(index: number, events: GatewayEvents): GatewayThread {
    return new GatewayThread(index, events, (fatal) => this.replace(index, fatal));
  }

  /** The dead thread is gone: nobody but the new one uses its rings. */
  private replace(index: number, fatal: GatewayFatal): void {
    const { events, dataAgain } = this;
    if (this.stopping || events === null || dataAgain === null || fatal.remains === null) return;
    const nowMs = performance.now();
    this.replacedMs.push(nowMs);
    if (this.replacedMs.filter((ms) => nowMs - ms < REPLACED_WITHIN_MS).length > MOST_REPLACED) {
      events.died(fatalOf(index, fatal));
      return;
    }
    const sessions = fatal.remains.incarnations.length + fatal.remains.publicSessions;
    events.log.error(
      { code: 'GATEWAY_REPLACED', gateway: index, sessions },
      `gateway ${index} found a bug of ours and is replaced, its ${sessions} sessions are to connect again; report this: ${fatal.message}`,
    );
    const thread = this.newThread(index, events);
    this.threads[index] = thread;
    thread.serve(dataAgain(index, fatal.remains));
    thread.listening.then(
      () => {
        events.replaced(index);
        events.log.info({ gateway: index }, `gateway ${index} serves again`);
        thread.accept(this.open);
      },
      // Whoever is told of deaths has been told.
      () => undefined,
    );
  }

  /** Has all of them serve; resolves with the port when every one listens. */
  async serve(
    dataOf: (index: number, port: number, remains: GatewayRemains | null) => GatewayWorkerData,
    host: string,
    firstPort: number,
  ): Promise<number> {
    const known = firstPort === 0 ? await portFor(host) : firstPort;
    const [first, ...others] = this.threads;
    if (first === undefined) throw new Error('No gateway was prepared: a bug of the caller.');
    // The first alone, so that a port that another program holds is found before two of ours share it.
    this.begin(first, dataOf(0, known, null));
    const port = await first.listening;
    this.dataAgain = (index, remains) => dataOf(index, port, remains);
    for (const [at, thread] of others.entries()) this.begin(thread, dataOf(at + 1, port, null));
    await Promise.all(others.map((thread) => thread.listening));
    return port;
  }

  /** Looks once a second whether they turn. stuck: called once, for the first that has not for longer than the limit. */
  startWatch(progress: readonly SharedArrayBuffer[], limitSeconds: number, stuck: (gateway: number) => void): void {
    const watch = new GatewayWatch(progress, Math.ceil((limitSeconds * 1000) / WATCH_MS));
    this.watch = setInterval(() => {
      const gateway = watch.stuck();
      if (gateway < 0) return;
      this.stopWatch();
      stuck(gateway);
    }, WATCH_MS);
  }

  /** Has all of them take new connections, or none; each says `accepting`. */
  accept(open: boolean): void {
    this.open = open;
    for (const thread of this.threads) thread.accept(open);
  }

  private stopWatch(): void {
    if (this.watch !== null) clearInterval(this.watch);
    this.watch = null;
  }

  /** Closes all sessions (4000: come again) and resolves when the threads are gone. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.stopWatch();
    await Promise.all(this.threads.map((thread) => thread.stop()));
  }

  private begin(thread: GatewayThread, data: GatewayWorkerData): void {
    if (this.stopping) {
      throw new PlatformError('STOPPED', EXIT_CLEAN, 'The platform was told to stop while it started.');
    }
    thread.serve(data);
  }
}
