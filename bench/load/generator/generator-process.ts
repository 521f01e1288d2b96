/** The generator as its owner sees it: a child process that takes an order and gives its answer. Bench's process. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pin } from '../pinning.js';
import type { GeneratorAnswer, GeneratorOrder } from './generator-words.js';

const ENTRY = fileURLToPath(new URL('./generator-main.js', import.meta.url));

export class GeneratorProcess {
  readonly #child: ChildProcess;
  #waiting: ((answer: GeneratorAnswer) => void) | null = null;

  private constructor(flow: string, nodeFlags: readonly string[]) {
    this.#child = fork(ENTRY, [flow], { execArgv: [...nodeFlags], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child.on('message', (answer: GeneratorAnswer) => this.#heard(answer));
    this.#child.on('exit', (code, signal) => {
      this.#heard({ type: 'failed', why: `The generator ended with ${signal ?? code}.` });
    });
  }

  /** Started, with the flow read. */
  static async start(flow: string, nodeFlags: readonly string[] = []): Promise<GeneratorProcess> {
    const generator = new GeneratorProcess(flow, nodeFlags);
    const ready = await generator.#next();
    if (ready.type !== 'ready') {
      throw new Error(ready.type === 'failed' ? ready.why : 'The generator did not begin.');
    }
    pin('generator', generator.#child.pid ?? 0);
    return generator;
  }

  /** Sends one order and waits for its answer. Throws with the generator's sentence when it failed. */
  async obey<Type extends GeneratorOrder['type']>(
    order: Extract<GeneratorOrder, { type: Type }>,
  ): Promise<Extract<GeneratorAnswer, { type: Type extends 'admit' ? 'admitted' : Type }>> {
    const next = this.#next();
    this.#child.send(order);
    const answer = await next;
    if (answer.type === 'failed') throw new Error(answer.why);
    return answer as Extract<GeneratorAnswer, { type: Type extends 'admit' ? 'admitted' : Type }>;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }

  #next(): Promise<GeneratorAnswer> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  #heard(answer: GeneratorAnswer): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.(answer);
  }
}
