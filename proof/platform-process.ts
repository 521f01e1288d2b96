/**
 * A real platform as a child process: started on a free port over a given data directory, waited for, stopped, killed
 * and started again. For proofs and benches; nothing of the platform is imported, it is met as its users meet it.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('../platform/main.js', import.meta.url));
/** As `make run` starts it. */
const PARENT_ENTRY = fileURLToPath(new URL('../platform/parent-main.js', import.meta.url));
/** Time to claim memory, replay a journal and listen on a machine with both cores busy. */
const READY_MS = 120_000;
const STOP_MS = 60_000;
const LOOK_MS = 2;
/** Lines of its log that are kept for messages. */
const KEPT_LINES = 400;

/** What the platform says of itself in its log line `ready`. */
export interface PlatformReady {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly data: string;
  readonly adminKey: string;
  readonly venue: string;
  readonly venueId: string;
  readonly shards: readonly {
    readonly shard: number;
    readonly epoch: number;
    readonly commandSequence: number;
    readonly eventSequence: number;
    readonly tornTailsCut: number;
    readonly recoveryMs: number;
  }[];
}

export interface PlatformOptions {
  readonly data: string;
  /** Further flags, for example ['--shards', '2']. */
  readonly flags?: readonly string[];
  /** Flags for node itself. */
  readonly nodeFlags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Default 0: any free one. */
  readonly port?: number;
  /** True: below its parent, which starts it again. Signals and the end are then the parent's. */
  readonly parent?: boolean;
}

export interface PlatformExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Children that still run: none may outlive this process. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export class PlatformProcess {
  readonly ready: PlatformReady;
  readonly exited: Promise<PlatformExit>;
  private readonly child: ChildProcess;
  private readonly kept: string[];
  private readonly readies: readonly PlatformReady[];
  private readonly lines: Interface;

  private constructor(started: StartedPlatform, ready: PlatformReady) {
    this.child = started.child;
    this.ready = ready;
    this.exited = started.exited;
    this.kept = started.kept;
    this.readies = started.readies;
    this.lines = started.lines;
  }

  /** Starts one and waits until it serves. Throws with the end of its log when it does not. */
  static async start(options: PlatformOptions): Promise<PlatformProcess> {
    const started = spawnPlatform(options);
    const timeout = setTimeout(() => started.child.kill('SIGKILL'), READY_MS);
    const ready = await Promise.race([started.ready, started.exited]);
    clearTimeout(timeout);
    if ('url' in ready) return new PlatformProcess(started, ready);
    throw new Error(`The platform did not start (${endOf(ready)}):\n${started.kept.join('\n')}`);
  }

  /** Starts one that is expected to refuse, and returns how it ended with all that it said. */
  static async refused(options: PlatformOptions): Promise<PlatformExit & { readonly said: string }> {
    const started = spawnPlatform(options);
    const timeout = setTimeout(() => started.child.kill('SIGKILL'), READY_MS);
    const exit = await started.exited;
    clearTimeout(timeout);
    return { ...exit, said: started.kept.join('\n') };
  }

  /** Of the platform that said `ready` first. */
  get pid(): number {
    return this.ready.pid;
  }

  /** Waits for the start number `at`, 0 for the first, and returns what it said. Throws when the process ends before. */
  async readyAgain(at: number): Promise<PlatformReady> {
    for (;;) {
      const found = this.readies[at];
      if (found !== undefined) return found;
      await this.nextLine();
    }
  }

  /** Waits until the platform with that process id serves, and returns what it said. Throws when the parent ends before. */
  async readyOf(pid: number): Promise<PlatformReady> {
    for (;;) {
      const found = this.readies.find((ready) => ready.pid === pid);
      if (found !== undefined) return found;
      await this.nextLine();
    }
  }

  hasServed(pid: number): boolean {
    return this.readies.some((ready) => ready.pid === pid);
  }

  /** Below a parent: the platform that runs now, which may not serve yet; 0 between two. */
  runningPid(): number {
    const { pid } = this.child;
    return Number.parseInt(readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1'), 10) || 0;
  }

  /** Below a parent: waits until it has started another platform than that one. */
  async anotherPid(than: number): Promise<number> {
    for (;;) {
      const pid = this.runningPid();
      if (pid !== 0 && pid !== than) return pid;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** Waits until so many lines match. Throws when the process ends before. */
  async said(what: RegExp, times = 1): Promise<void> {
    while (this.kept.filter((line) => what.test(line)).length < times) await this.nextLine();
  }

  private async nextLine(): Promise<void> {
    const line = new Promise<null>((resolve) => this.lines.once('line', () => resolve(null)));
    const ended = await Promise.race([line, this.exited]);
    if (ended !== null) throw new Error(`It ended (${endOf(ended)}):\n${this.log()}`);
  }

  /** The last lines of its log and standard error. */
  log(): string {
    return this.kept.join('\n');
  }

  /** As Ctrl-C does. Resolves when it is gone. */
  async stop(): Promise<PlatformExit> {
    this.child.kill('SIGINT');
    const timeout = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
    const exit = await this.exited;
    clearTimeout(timeout);
    return exit;
  }

  /** SIGKILL, at once. Resolves when it is gone. */
  async kill(): Promise<PlatformExit> {
    this.child.kill('SIGKILL');
    return this.exited;
  }

  /** Below a parent: SIGKILL to both, at once. Resolves when both are gone. */
  async killBoth(): Promise<PlatformExit> {
    const pid = this.runningPid();
    this.child.kill('SIGKILL');
    if (pid !== 0) process.kill(pid, 'SIGKILL');
    return this.exited;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

function endOf(exit: PlatformExit): string {
  return exit.code === null ? `signal ${exit.signal}` : `exit code ${exit.code}`;
}

interface StartedPlatform {
  readonly child: ChildProcess;
  readonly ready: Promise<PlatformReady>;
  readonly exited: Promise<PlatformExit>;
  readonly kept: string[];
  /** What each start said, in order. */
  readonly readies: readonly PlatformReady[];
  readonly lines: Interface;
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  const environment = { ...process.env };
  for (const name of Object.keys(environment)) {
    if (name.startsWith('TREDYE_')) delete environment[name];
  }
  // Of whoever runs the proofs, not of this platform, which would refuse them.
  delete environment.KAFKA_BROKERS;
  delete environment.DATABASE_URL;
  return environment;
}

function spawnPlatform(options: PlatformOptions): StartedPlatform {
  const flags = ['--data', options.data, '--port', String(options.port ?? 0), '--log-format', 'json'];
  const child = spawn(
    process.execPath,
    [...(options.nodeFlags ?? []), options.parent === true ? PARENT_ENTRY : ENTRY, ...flags, ...(options.flags ?? [])],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...cleanEnvironment(), ...options.environment },
      cwd: join(ENTRY, '..', '..', '..'),
    },
  );
  running.add(child);
  const kept: string[] = [];
  const keep = (line: string) => {
    if (kept.push(line) > KEPT_LINES) kept.shift();
  };
  const readies: PlatformReady[] = [];
  const lines = createInterface({ input: child.stdout });
  const ready = new Promise<PlatformReady>((resolve) => {
    lines.on('line', (line) => {
      keep(line);
      const found = readyOf(line);
      if (found === null) return;
      readies.push(found);
      resolve(found);
    });
  });
  createInterface({ input: child.stderr }).on('line', keep);
  const exited = once(child, 'close').then(([code, signal]): PlatformExit => {
    running.delete(child);
    return { code, signal };
  });
  return { child, ready, exited, kept, readies, lines };
}

function readyOf(line: string): PlatformReady | null {
  if (!line.includes('"ready":')) return null;
  const parsed: { ready: PlatformReady } = JSON.parse(line);
  return parsed.ready;
}
