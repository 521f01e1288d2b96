/** A server to measure beside: a child process that prints its port, and ends with the pipe to its standard input. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pin } from '../pinning.js';

const START_MS = 30_000;

export class BaselineProcess {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** `name`: a program beside this file, without its ending. */
  static async start(name: string, args: readonly string[] = []): Promise<BaselineProcess> {
    const entry = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
    const child = spawn(process.execPath, [entry, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    const timeout = setTimeout(() => child.kill('SIGKILL'), START_MS);
    const ended = once(child, 'exit').then(() => [null]);
    const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended]);
    clearTimeout(timeout);
    if (line === null) throw new Error(`The program ${name} did not start.`);
    pin('server', child.pid ?? 0);
    return new BaselineProcess(child, Number(line));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await exited;
  }
}
