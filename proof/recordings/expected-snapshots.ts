/**
 * The ten best levels a side that the exchange itself showed during a recorded day (`snapshots10.csv.gz`), and the
 * comparison with the states that an engine passes through. Any thread, off the hot path.
 *
 * A state is 60 numbers in an array: ask 1 to 10, then bid 1 to 10, each as price, quantity, number of orders. A level
 * that is not there is three zeros; no level that is there has 0 orders.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readCsvGz } from './csv-lines.js';
import type { Comparison } from './expected-trades.js';

export const SNAPSHOT_DEPTH = 10;
export const SNAPSHOT_NUMBERS = SNAPSHOT_DEPTH * 2 * 3;

const STATUS_NAMES = ['START', 'OCALL', 'TRADE', 'CCALL', 'CLOSE', 'ENDTR', 'HALT', 'SUSP', 'VOLA'];
const FIRST_COLUMNS = ['time', 'status', 'trade_count', 'trade_volume', 'last_fen'];
const [TIME, STATUS, TRADE_COUNT, TRADE_VOLUME, LAST, FIRST_LEVEL] = [0, 1, 2, 3, 4, 5] as const;
const HEADER = [...FIRST_COLUMNS, ...levelColumns('ask'), ...levelColumns('bid')];

function levelColumns(side: string): string[] {
  return Array.from({ length: SNAPSHOT_DEPTH }, (_, index) =>
    ['fen', 'qty', 'orders'].map((what) => `${side}${index + 1}_${what}`),
  ).flat();
}

/** A row with status TRADE. */
export interface ExpectedSnapshot {
  /** Line in the file. */
  readonly line: number;
  readonly time: string;
  readonly tradeCount: number;
  readonly levels: Float64Array;
}

export interface ExpectedSnapshots {
  readonly path: string;
  readonly rows: readonly ExpectedSnapshot[];
}

/** Reads the folder's snapshots; undefined when the folder has no such file. Throws RecordingError on a bad one. */
export async function readExpectedSnapshots(folder: string): Promise<ExpectedSnapshots | undefined> {
  const path = join(folder, 'snapshots10.csv.gz');
  if (!existsSync(path)) {
    return undefined;
  }
  const rows: ExpectedSnapshot[] = [];
  await readCsvGz(path, HEADER, (row) => {
    const time = row.time(TIME);
    const status = STATUS_NAMES[row.oneOf(STATUS, STATUS_NAMES)];
    const tradeCount = row.whole(TRADE_COUNT, 0, Number.MAX_SAFE_INTEGER);
    row.whole(TRADE_VOLUME, 0, Number.MAX_SAFE_INTEGER);
    row.whole(LAST, -0x7fffffff, 0x7fffffff);
    const levels = new Float64Array(SNAPSHOT_NUMBERS);
    for (let at = 0; at < SNAPSHOT_NUMBERS; at += 3) {
      const column = FIRST_LEVEL + at;
      const empty = [column, column + 1, column + 2].filter((one) => row.text(one) === '').length;
      if (empty === 3) {
        continue;
      }
      levels[at] = row.whole(column, -0x7fffffff, 0x7fffffff);
      levels[at + 1] = row.whole(column + 1, 0, Number.MAX_SAFE_INTEGER);
      levels[at + 2] = row.whole(column + 2, 0, Number.MAX_SAFE_INTEGER);
    }
    if (status !== 'TRADE') {
      return;
    }
    if (tradeCount < (rows.at(-1)?.tradeCount ?? 0)) {
      row.refuse('the trade count goes back');
    }
    rows.push({ line: row.line, time, tradeCount, levels });
  });
  return { path, rows };
}

/**
 * Feed it the states in the order in which the engine passes through them; each row must be met by one of those that
 * the engine passes through while its trade count is the row's. Never throws on a wrong state.
 */
export class SnapshotComparer {
  private met = 0;
  private missed = 0;
  private difference: string;
  /** Rows below this one are met or missed for good. */
  private next = 0;
  /** Rows of the current trade count that no state has met yet. */
  private open: ExpectedSnapshot[] = [];
  private openCount = -1;
  /** The state of the current count that came last, for the message. */
  private readonly last = new Float64Array(SNAPSHOT_NUMBERS);

  constructor(private readonly expected: ExpectedSnapshots) {
    this.difference = expected.rows.length === 0 ? `${expected.path}: no rows with status TRADE, nothing to show` : '';
  }

  /** Whether a state at this trade count can still meet a row, so that making its levels is worth the work. */
  wants(tradeCount: number): boolean {
    this.moveTo(tradeCount);
    return this.open.length > 0;
  }

  /** One state; `levels` is read at once and may be used again. */
  state(tradeCount: number, levels: Float64Array): void {
    if (!this.wants(tradeCount)) {
      return;
    }
    this.last.set(levels);
    const before = this.open.length;
    this.open = this.open.filter((row) => firstDifference(row.levels, levels) >= 0);
    this.met += before - this.open.length;
  }

  finish(): Comparison {
    this.moveTo(Number.POSITIVE_INFINITY);
    const expected = this.expected.rows.length;
    if (this.difference === '' && this.met !== expected) {
      this.difference = `${this.missed} of ${expected} snapshots were not met`;
    }
    return { equal: this.met, expected, difference: this.difference };
  }

  private moveTo(tradeCount: number): void {
    if (tradeCount === this.openCount) {
      return;
    }
    this.closeOpen();
    this.openCount = tradeCount;
    const { rows } = this.expected;
    for (;;) {
      const row = rows[this.next];
      if (row === undefined || row.tradeCount > tradeCount) {
        return;
      }
      this.next += 1;
      this.open.push(row);
      if (row.tradeCount < tradeCount) {
        // The engine never stood at this count between two commands: nothing can meet the row any more.
        this.closeOpen();
      }
    }
  }

  private closeOpen(): void {
    const row = this.open[0];
    this.missed += this.open.length;
    this.open = [];
    if (row === undefined || this.difference !== '') {
      return;
    }
    const where = `${this.expected.path}, line ${row.line} (${row.time}, trade count ${row.tradeCount})`;
    if (row.tradeCount !== this.openCount) {
      this.difference = `${where}: no state had this trade count`;
      return;
    }
    const at = firstDifference(row.levels, this.last);
    const name = HEADER[FIRST_LEVEL + at];
    this.difference = `${where}: no state met it; in the last one ${name} is ${this.last[at]}, expected ${row.levels[at]}`;
  }
}

function firstDifference(expected: Float64Array, came: Float64Array): number {
  for (let at = 0; at < SNAPSHOT_NUMBERS; at += 1) {
    if (expected[at] !== came[at]) {
      return at;
    }
  }
  return -1;
}
