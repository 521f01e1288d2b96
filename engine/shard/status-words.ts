/**
 * What a shard does and since when, in shared memory, so that a slow disk or a long uncross is not taken for death.
 * The shard writes all words but `stop`, which the supervisor writes; anyone reads.
 *
 *   word 0 state │ 1 since, ms of the monotonic clock modulo 2^32 │ 2 progress: rounds begun, modulo 2^32
 *        3 dropped readers, modulo 2^32 │ 32 stop: 0 or 1 (on a line of its own: another writer)
 */

export const ShardState = {
  /** The thread has not begun. */
  STARTING: 0,
  /** The journal is being replayed. */
  RECOVERING: 1,
  MATCHING: 2,
  /** In the write of a group; nothing but the disk can end it. */
  IN_SYNC: 3,
  /** Waits for its doorbell. */
  IDLE: 4,
  /** Ended in order; its files are closed. */
  STOPPED: 5,
} as const;
export type ShardState = (typeof ShardState)[keyof typeof ShardState];

const STATE = 0;
const SINCE = 1;
const PROGRESS = 2;
const DROPPED = 3;
const STOP = 32;
const WORDS = 64;

export class ShardStatus {
  readonly #words: Int32Array;

  static create(): SharedArrayBuffer {
    return new SharedArrayBuffer(WORDS * 4);
  }

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  // ---- the shard

  /** Says what begins at `nowMs` (monotonicMs). The time first: a reader may pair a state with a later time only. */
  enter(state: ShardState, nowMs: number): void {
    Atomics.store(this.#words, SINCE, nowMs | 0);
    Atomics.store(this.#words, STATE, state);
  }

  /** One more round has begun. */
  countRound(): void {
    Atomics.store(this.#words, PROGRESS, ((this.#words[PROGRESS] as number) + 1) | 0);
  }

  countDropped(readers: number): void {
    Atomics.store(this.#words, DROPPED, ((this.#words[DROPPED] as number) + readers) | 0);
  }

  get stopRequested(): boolean {
    return Atomics.load(this.#words, STOP) !== 0;
  }

  // ---- anyone

  get state(): ShardState {
    return Atomics.load(this.#words, STATE) as ShardState;
  }

  /** Milliseconds since the state began, seen at `nowMs` (monotonicMs); at most 2^31. */
  sinceMs(nowMs: number): number {
    return Math.max(0, ((nowMs | 0) - Atomics.load(this.#words, SINCE)) | 0);
  }

  get progress(): number {
    return Atomics.load(this.#words, PROGRESS) >>> 0;
  }

  get droppedReaders(): number {
    return Atomics.load(this.#words, DROPPED) >>> 0;
  }

  /** Asks the shard to finish its round and end; ring its doorbell after it. */
  requestStop(): void {
    Atomics.store(this.#words, STOP, 1);
  }
}
