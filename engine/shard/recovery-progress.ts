/**
 * How far a recovery is, said now and then: what was replayed, how fast, and how long it may still take. The shard's thread.
 */

const TELL_MS = 250;

/** How far a replay is; said about four times a second. */
export interface RecoveryProgress {
  readonly commands: number;
  readonly events: number;
  readonly commandsPerSecond: number;
  /** Number of the segment that is read, from 1. */
  readonly segment: number;
  /** Until the last segment would be through at this speed; it may end before. */
  readonly secondsLeft: number;
}

/** Commands and events replayed so far. */
export interface ReplayCounts {
  readonly commandCount: number;
  readonly eventCount: number;
}

/** Where the group at hand lies. */
export interface GroupPlace {
  readonly segment: number;
  readonly offset: number;
}

export class ProgressTeller {
  readonly #tell: ((progress: RecoveryProgress) => void) | null;
  readonly #startedMs: number;
  readonly #segmentBytes: number;
  readonly #lastSegment: number;
  /** Where the first group lay, in bytes of segments of one size; -1: none has come. */
  #from = -1;
  #toldMs: number;

  /** `segmentBytes`, `lastSegment`: of the journal, as if all of its segments were of one size. */
  constructor(
    tell: ((progress: RecoveryProgress) => void) | null,
    startedMs: number,
    segmentBytes: number,
    lastSegment: number,
  ) {
    this.#tell = tell;
    this.#startedMs = startedMs;
    this.#toldMs = startedMs;
    this.#segmentBytes = segmentBytes;
    this.#lastSegment = lastSegment;
  }

  tell({ commandCount: commands, eventCount: events }: ReplayCounts, place: GroupPlace, nowMs: number): void {
    const { segment } = place;
    const at = segment * this.#segmentBytes + place.offset;
    if (this.#from < 0) this.#from = at;
    if (this.#tell === null || nowMs - this.#toldMs < TELL_MS) return;
    this.#toldMs = nowMs;
    const seconds = (nowMs - this.#startedMs) / 1000;
    const end = (this.#lastSegment + 1) * this.#segmentBytes;
    const left = at > this.#from ? (seconds * (end - at)) / (at - this.#from) : 0;
    this.#tell({
      commands,
      events,
      commandsPerSecond: Math.round(commands / seconds),
      segment,
      secondsLeft: Math.max(0, Math.round(left)),
    });
  }
}
