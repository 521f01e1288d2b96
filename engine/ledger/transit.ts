/**
 * Money on its way between the purses of two shards, as one of them knows it. Moves of a pair of shards are numbered from 1
 * without a gap and arrive in order, one at a time.
 * The shard's thread. All memory is claimed in the constructor; cold, so rows are looked through.
 *
 *   by the other shard:  sent      number of the last move that left for it
 *                        ended     of the last of these that it was heard about
 *                        received  of the last move that came from it
 *                        results   what became of that: 0, or why its money went back
 *   row, 4 doubles:      0 the other shard   1 account   2 asset   3 amount      of a move that has not ended, the oldest first
 */

/** Shards that a venue may have. */
export const MOST_SHARDS = 64;
/** Moves of one shard that have not ended. */
const MOST_TRANSIT = 1024;
const ROW = 4;
const TO = 0;
const ACCOUNT = 1;
const ASSET = 2;
const AMOUNT = 3;

export class Transit {
  readonly sent = new Float64Array(MOST_SHARDS);
  readonly ended = new Float64Array(MOST_SHARDS);
  readonly received = new Float64Array(MOST_SHARDS);
  readonly results = new Int32Array(MOST_SHARDS);
  readonly rows = new Float64Array(MOST_TRANSIT * ROW);
  /** By asset: what came from other shards less what left for them. */
  readonly moved: Float64Array;
  count = 0;
  /** It has changed so often: who publishes it looks at this alone. */
  changes = 0;

  constructor(maxAssets: number) {
    this.moved = new Float64Array(maxAssets + 1);
  }

  isFull(): boolean {
    return this.count === MOST_TRANSIT;
  }

  /** A move leaves; returns its number. The caller has asked isFull() before. */
  send(to: number, account: number, asset: number, amount: number): number {
    const at = this.count++ * ROW;
    this.rows[at + TO] = to;
    this.rows[at + ACCOUNT] = account;
    this.rows[at + ASSET] = asset;
    this.rows[at + AMOUNT] = amount;
    this.moved[asset] = (this.moved[asset] as number) - amount;
    this.sent[to] = (this.sent[to] as number) + 1;
    this.changes++;
    return this.sent[to] as number;
  }

  /** The row of the oldest move to a shard that has not ended, or -1. */
  first(to: number): number {
    for (let row = 0; row < this.count; row++) if (this.rows[row * ROW + TO] === to) return row;
    return -1;
  }

  accountOf(row: number): number {
    return this.rows[row * ROW + ACCOUNT] as number;
  }

  assetOf(row: number): number {
    return this.rows[row * ROW + ASSET] as number;
  }

  amountOf(row: number): number {
    return this.rows[row * ROW + AMOUNT] as number;
  }

  /** The oldest move to a shard has ended there; `returned`: its money is here again. */
  end(row: number, returned: boolean): void {
    const to = this.rows[row * ROW + TO] as number;
    const asset = this.assetOf(row);
    if (returned) this.moved[asset] = (this.moved[asset] as number) + this.amountOf(row);
    this.rows.copyWithin(row * ROW, (row + 1) * ROW, this.count * ROW);
    this.count--;
    this.ended[to] = (this.ended[to] as number) + 1;
    this.changes++;
  }

  /** The next move of a shard has come; `result`: 0, or why its money goes back. */
  receive(from: number, asset: number, amount: number, result: number): void {
    if (result === 0) this.moved[asset] = (this.moved[asset] as number) + amount;
    this.received[from] = (this.received[from] as number) + 1;
    this.results[from] = result;
    this.changes++;
  }

  /** Throws with a sentence that names what is wrong. */
  validate(): void {
    const open = new Float64Array(MOST_SHARDS);
    for (let row = 0; row < this.count; row++) {
      if (!(this.amountOf(row) >= 1)) throw new Error(`a move of ${this.amountOf(row)} is in transit`);
      open[this.rows[row * ROW + TO] as number]++;
    }
    for (let shard = 0; shard < MOST_SHARDS; shard++) {
      if ((this.sent[shard] as number) - (this.ended[shard] as number) !== open[shard]) {
        throw new Error(`${open[shard]} moves to shard ${shard} are in transit, the counts say otherwise`);
      }
    }
  }
}
