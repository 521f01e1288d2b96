/**
 * When the engine has something to do by itself: a timer for each thing that may have one, in a heap by time, and of equal
 * times in the order in which they were set. Whoever owns timers owns a range of their numbers (timer-ranges.ts).
 * The shard's thread. It knows no clock: the shard asks for the first time (Engine.nextDueUs) and sequences a Due.
 */

const NOT_SET = 0;

export class Timers {
  readonly capacity: number;
  count = 0;
  /** By timer; they mean something where it is set. */
  private readonly times: Float64Array;
  private readonly entries: Float64Array;
  /** By timer, its place in the heap + 1. */
  private readonly places: Int32Array;
  private readonly heap: Int32Array;
  private lastEntry = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.times = new Float64Array(capacity);
    this.entries = new Float64Array(capacity);
    this.places = new Int32Array(capacity);
    this.heap = new Int32Array(capacity);
  }

  /** The timer that is due first, or -1. */
  get first(): number {
    return this.count === 0 ? -1 : (this.heap[0] as number);
  }

  /** When that is due, µs; Infinity: none is set. */
  get firstUs(): number {
    return this.count === 0 ? Number.POSITIVE_INFINITY : (this.times[this.heap[0] as number] as number);
  }

  isSet(timer: number): boolean {
    return this.places[timer] !== NOT_SET;
  }

  /** When a timer that is set is due. */
  timeOf(timer: number): number {
    return this.times[timer] as number;
  }

  /** Sets a timer, also one that is set: among those of the same time it is the last. */
  set(timer: number, timeUs: number): void {
    this.clear(timer);
    this.times[timer] = timeUs;
    this.entries[timer] = ++this.lastEntry;
    this.put(this.count++, timer);
    this.rise(this.count - 1);
  }

  /** A timer that is not set stays so. */
  clear(timer: number): void {
    const place = (this.places[timer] as number) - 1;
    if (place < 0) return;
    this.places[timer] = NOT_SET;
    const last = this.heap[--this.count] as number;
    if (last === timer) return;
    this.put(place, last);
    this.rise(place);
    this.sink(this.places[last] as number);
  }

  /** All that are set, the first due first. For hashes and checkers: it sorts. */
  inOrder(): number[] {
    return [...this.heap.subarray(0, this.count)].sort((a, b) => (this.isBefore(a, b) ? -1 : 1));
  }

  /** Throws with a sentence. */
  validate(): void {
    const set = this.places.reduce((sum, place) => sum + (place === NOT_SET ? 0 : 1), 0);
    if (set !== this.count) throw new Error(`${set} timers are set, the heap counts ${this.count}`);
    for (let place = 0; place < this.count; place++) {
      const timer = this.heap[place] as number;
      if (this.places[timer] !== place + 1) throw new Error(`timer ${timer} does not stand where it says`);
      if (place > 0 && this.isBefore(timer, this.heap[(place - 1) >> 1] as number)) {
        throw new Error(`timer ${timer} is due before the one above it`);
      }
    }
  }

  private isBefore(timer: number, other: number): boolean {
    const time = this.times[timer] as number;
    const otherTime = this.times[other] as number;
    return time === otherTime ? (this.entries[timer] as number) < (this.entries[other] as number) : time < otherTime;
  }

  private put(place: number, timer: number): void {
    this.heap[place] = timer;
    this.places[timer] = place + 1;
  }

  private rise(from: number): void {
    const timer = this.heap[from] as number;
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (!this.isBefore(timer, this.heap[above] as number)) break;
      this.put(place, this.heap[above] as number);
      place = above;
    }
    this.put(place, timer);
  }

  /** `from`: a place + 1. */
  private sink(from: number): void {
    let place = from - 1;
    const timer = this.heap[place] as number;
    for (;;) {
      let below = place * 2 + 1;
      if (below >= this.count) break;
      if (below + 1 < this.count && this.isBefore(this.heap[below + 1] as number, this.heap[below] as number)) below++;
      if (!this.isBefore(this.heap[below] as number, timer)) break;
      this.put(place, this.heap[below] as number);
      place = below;
    }
    this.put(place, timer);
  }
}
