/**
 * The gateways' threads: started one behind the other, listened to, stopped. Supervisor thread.
 *
 * A gateway owns sockets of uWebSockets.js, and a thread that dies with live sockets aborts the process: there is no
 * replacing one. What can be done is to leave by name when a gateway says that it must end.
 */

import { Worker } from 'node:worker_threads';
import { freePort } from '../gateway/port-probe.js';
import type { GatewayMessage, GatewayOrder, GatewayStart, GatewayWorkerData } from '../gateway/worker-data.js';
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

function fatalOf(index: number, message: Extract<GatewayMessage, { type: 'fatal' }>): PlatformError {
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

/** One gateway's thread. It loads and warms up at once, and waits then for what it is to serve. */
class GatewayThread {
  readonly listening: Promise<number>;
  readonly stopped: Promise<void>;
  private readonly worker: Worker;
  private stopping = false;

  constructor(
    index: number,
    log: PlatformLog,
    died: (error: PlatformError) => void,
    accepting: (gateway: number, open: boolean) => void,
  ) {
    const started: GatewayStart = { index };
    this.worker = new Worker(WORKER_FILE, { workerData: started, name: `gateway-${index}` });
    this.listening = new Promise((resolve, reject) => {
      const fail = (error: PlatformError): void => {
        reject(error);
        died(error);
      };
      this.worker.on('message', (message: GatewayMessage) => {
        if (message.type === 'listening') resolve(message.port);
        else if (message.type === 'fatal') fail(fatalOf(index, message));
        else if (message.type === 'accepting') accepting(index, message.open);
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

  /**
   * Starts the threads, which serve nothing yet: while the shards recover they load their code and have it compiled.
   * died: called when one ends by itself, at any time; accepting: when one takes connections again, or no longer.
   */
  prepare(
    count: number,
    log: PlatformLog,
    died: (error: PlatformError) => void,
    accepting: (gateway: number, open: boolean) => void,
  ): void {
    for (let index = 0; index < count; index++) this.threads.push(new GatewayThread(index, log, died, accepting));
  }

  /** Has all of them serve; resolves with the port when every one listens. */
  async serve(
    dataOf: (index: number, port: number) => GatewayWorkerData,
    host: string,
    firstPort: number,
  ): Promise<number> {
    const known = firstPort === 0 ? await portFor(host) : firstPort;
    const [first, ...others] = this.threads;
    if (first === undefined) throw new Error('No gateway was prepared: a bug of the caller.');
    // The first alone, so that a port that another program holds is found before two of ours share it.
    this.begin(first, dataOf(0, known));
    const port = await first.listening;
    for (const [at, thread] of others.entries()) this.begin(thread, dataOf(at + 1, port));
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
