/**
 * Whether the gateways' threads still turn: each raises a word of its own several times a second, whatever it does. One
 * that does not hangs in a loop or in a read of a disk, with its clients in the queue behind it. Supervisor thread.
 */

export class GatewayWatch {
  readonly #words: readonly Int32Array[];
  readonly #seen: number[];
  readonly #still: number[];
  readonly #mostLooks: number;

  /**
   * `progress`: word 0 of each is the gateway's. `mostLooks`: looks without any progress that are still all right. They
   * are counted, not timed: a process that was stopped and goes on has looked once only.
   */
  constructor(progress: readonly SharedArrayBuffer[], mostLooks: number) {
    this.#mostLooks = mostLooks;
    this.#words = progress.map((memory) => new Int32Array(memory));
    this.#seen = this.#words.map((words) => Atomics.load(words, 0));
    this.#still = this.#words.map(() => 0);
  }

  /** One look, about a second after the last one: the first gateway that stood still for too many; -1: none. */
  stuck(): number {
    for (const [index, words] of this.#words.entries()) {
      const progress = Atomics.load(words, 0);
      const still = progress === this.#seen[index] ? (this.#still[index] ?? 0) + 1 : 0;
      this.#seen[index] = progress;
      this.#still[index] = still;
      if (still > this.#mostLooks) return index;
    }
    return -1;
  }
}
