/**
 * Commands that stopped at their largest number of events and wait for a Continue: a first-in, first-out table.
 * The shard's thread. Row `scratch` is where a command runs until it is known whether it has to stop.
 *
 *   row, 16 words:  0 kind  1, 2 number of the command  3 instrument (0: all)  4 sender's account  5 its session
 *                   6, 7 client order id of the command  8 cursor: an order slot  9 stage  10 price  11 cancelled
 *                   12 account whose orders it takes; of a kill of all 0
 *                   13 filter of a mass cancel: lane (bits 0-15), whether there is one (16), side (17), whether there is one (18)
 *                   14 why a mass cancel takes orders: a Reason
 *   volumes:        a double a row
 */

export const OPERATION_SHIFT = 4;
export const OPERATION_KIND = 0;
export const OPERATION_COMMAND_LOW = 1;
export const OPERATION_COMMAND_HIGH = 2;
export const OPERATION_INSTRUMENT = 3;
export const OPERATION_ACCOUNT = 4;
export const OPERATION_SESSION = 5;
export const OPERATION_CLIENT_LOW = 6;
export const OPERATION_CLIENT_HIGH = 7;
export const OPERATION_CURSOR = 8;
export const OPERATION_STAGE = 9;
export const OPERATION_PRICE = 10;
export const OPERATION_CANCELLED = 11;
export const OPERATION_OWNER = 12;
export const OPERATION_FILTER = 13;
export const OPERATION_REASON = 14;
/** Words of a row that mean something. */
export const OPERATION_WORDS = 15;

export const FILTER_LANE_MASK = 0xffff;
export const FILTER_LANE = 1 << 16;
export const FILTER_SIDE_SHIFT = 17;
export const FILTER_SIDE = 1 << 18;

/** Kinds of operations. */
export const SWEEP = 1;
export const MASS_CANCEL = 2;
export const END_OF_DAY = 3;
export const UNCROSS = 4;
export const LEFTOVERS = 5;
export const CASCADE = 6;
export const KILL = 7;

export class OperationTable {
  readonly words: Int32Array;
  readonly volumes: Float64Array;
  readonly capacity: number;
  /** The row that a command uses before it is known to stop. */
  readonly scratch: number;
  count = 0;
  /** Mass cancels of all instruments among them. */
  massCancels = 0;
  /** Mass cancels that take some orders only, of one instrument or of all: they walk from order to order. */
  walks = 0;
  private first = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.scratch = capacity;
    this.words = new Int32Array((capacity + 1) << OPERATION_SHIFT);
    this.volumes = new Float64Array(capacity + 1);
  }

  /** Whether a row is a mass cancel that takes some orders only. */
  isWalk(row: number): boolean {
    const at = row << OPERATION_SHIFT;
    return this.words[at + OPERATION_KIND] === MASS_CANCEL && this.words[at + OPERATION_FILTER] !== 0;
  }

  /** The row of the nth oldest operation. */
  row(index: number): number {
    const row = this.first + index;
    return row >= this.capacity ? row - this.capacity : row;
  }

  /** Copies the scratch row behind the others. The caller has checked the room before the command began. */
  push(): number {
    if (this.count === this.capacity) throw new Error('assert: more operations in progress than the limit');
    const row = this.row(this.count);
    const to = row << OPERATION_SHIFT;
    const from = this.scratch << OPERATION_SHIFT;
    for (let index = 0; index < OPERATION_WORDS; index++) this.words[to + index] = this.words[from + index] as number;
    this.volumes[row] = this.volumes[this.scratch] as number;
    this.count++;
    return row;
  }

  /** Takes the oldest away. */
  shift(): void {
    this.first = this.row(1);
    this.count--;
  }
}
