/**
 * What a shard needs of the engine that it runs: a seam for the tests of round and recovery, which use a tiny engine
 * with counted events. In production there is one class behind it (matching/engine.ts), called directly.
 */
export interface ShardEngine {
  /** Last command sequence given; 0 before the first. Exact. */
  readonly commandSequence: number;
  /** Last event sequence given; 0 before the first. Exact. */
  readonly eventSequence: number;
  /** Commands that stopped at maxEventsPerCommand and wait for a Continue. */
  readonly operationsInProgress: number;
  /** When the first timer is due that a Due can see to now, µs since 1970; Infinity: there is none. */
  readonly nextDueUs: number;
  /** Highest incarnation that any SessionOpen ever named; 0: none. */
  readonly highestIncarnation: number;
  /** Where events go: whole events of 24 words. */
  attach(events: Int32Array): void;
  /**
   * Applies the command at word `at`, whose Parts follow it before word `endAt`, and writes its events from event slot
   * `eventAt` on. Returns how many, at most maxEventsPerCommand. Both sequences move on.
   */
  apply(commands: Int32Array, at: number, eventAt: number, endAt: number): number;
  openIncarnations(): Uint32Array;
  /** Throws when the engine's money does not add up. */
  addUp(): void;
}
