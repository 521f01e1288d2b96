/**
 * The trades that a recorded day must make (`trades.csv.gz`), and the comparison with the trades that were made: the
 * same ones, in the same sequence, as many. Any thread, off the hot path.
 */
import { join } from 'node:path';
import { GrowingColumn } from './columns.js';
import { readCsvGz } from './csv-lines.js';
import type { DayPlan } from './day-plan.js';

const HEADER = ['seq', 'phase', 'buy_id', 'sell_id', 'price_fen', 'qty', 'aggressor'];
const [SEQ, PHASE, BUY_ID, SELL_ID, PRICE, QTY, AGGRESSOR] = [0, 1, 2, 3, 4, 5, 6] as const;
const PHASE_NAMES = ['OPEN', 'CONT', 'CLOSE'];
const CONTINUOUS = 1;

/** Who took the initiative, as an index into this: buyer, seller, nobody (an auction). */
const AGGRESSOR_NAMES = ['B', 'S', 'N'] as const;
export const AGGRESSOR_BUYER = 0;
export const AGGRESSOR_SELLER = 1;
export const AGGRESSOR_NONE = 2;

/** Columns, one entry a trade; orders are named by the plan's counters. */
export interface ExpectedTrades {
  readonly path: string;
  readonly length: number;
  readonly buyers: Uint32Array;
  readonly sellers: Uint32Array;
  readonly prices: Int32Array;
  readonly quantities: Uint32Array;
  readonly aggressors: Uint8Array;
}

/** Reads `trades.csv.gz` of the folder whose commands made the plan. Throws RecordingError with file and line. */
export async function readExpectedTrades(folder: string, plan: DayPlan): Promise<ExpectedTrades> {
  const path = join(folder, 'trades.csv.gz');
  const buyers = GrowingColumn.uint32();
  const sellers = GrowingColumn.uint32();
  const prices = GrowingColumn.int32();
  const quantities = GrowingColumn.uint32();
  const aggressors = GrowingColumn.uint8();
  const length = await readCsvGz(path, HEADER, (row) => {
    row.id(SEQ);
    const phase = row.oneOf(PHASE, PHASE_NAMES);
    const orders = [BUY_ID, SELL_ID].map((column) => {
      const id = row.id(column);
      return plan.counterOf(id) || row.refuse(`trades order ${id}, which no command enters`);
    });
    const aggressor = row.oneOf(AGGRESSOR, AGGRESSOR_NAMES);
    if ((phase === CONTINUOUS) === (aggressor === AGGRESSOR_NONE)) {
      row.refuse('an auction has no aggressor, continuous trading has one');
    }
    buyers.push(orders[0] ?? 0);
    sellers.push(orders[1] ?? 0);
    prices.push(row.whole(PRICE, -0x7fffffff, 0x7fffffff));
    quantities.push(row.whole(QTY, 1, 0xffffffff));
    aggressors.push(aggressor);
  });
  return {
    path,
    length,
    buyers: buyers.finish(),
    sellers: sellers.finish(),
    prices: prices.finish(),
    quantities: quantities.finish(),
    aggressors: aggressors.finish(),
  };
}

/** How a comparison ended. `difference` describes the first one, and is empty when all was equal. */
export interface Comparison {
  /** How many were equal. */
  readonly equal: number;
  readonly expected: number;
  readonly difference: string;
}

/** Feed it every trade in sequence, then ask for the end. It never throws on a wrong trade: it remembers the first. */
export class TradeComparer {
  /** Trades fed so far. */
  count = 0;
  private equal = 0;
  private difference = '';

  constructor(
    private readonly expected: ExpectedTrades,
    private readonly plan: DayPlan,
  ) {
    if (expected.length === 0) {
      this.difference = `${expected.path}: no trades are expected, so nothing can be shown`;
    }
  }

  /** Orders by the plan's counters; aggressor as an index into AGGRESSOR_NAMES. */
  add(buyer: number, seller: number, price: number, quantity: number, aggressor: number): void {
    const { expected } = this;
    const at = this.count;
    this.count += 1;
    if (
      at < expected.length &&
      expected.buyers[at] === buyer &&
      expected.sellers[at] === seller &&
      expected.prices[at] === price &&
      expected.quantities[at] === quantity &&
      expected.aggressors[at] === aggressor
    ) {
      this.equal += 1;
    } else if (this.difference === '') {
      const came = this.describe(buyer, seller, price, quantity, aggressor);
      this.difference =
        at >= expected.length
          ? `trade ${at + 1} is one too many, ${expected.length} are expected: ${came}`
          : `trade ${at + 1} of ${expected.length} differs: expected ${this.describe(
              expected.buyers[at] ?? 0,
              expected.sellers[at] ?? 0,
              expected.prices[at] ?? 0,
              expected.quantities[at] ?? 0,
              expected.aggressors[at] ?? 0,
            )}; came ${came}`;
    }
  }

  finish(): Comparison {
    const { expected } = this;
    if (this.difference === '' && this.count < expected.length) {
      this.difference = `only ${this.count} trades came, ${expected.length} are expected`;
    }
    return { equal: this.equal, expected: expected.length, difference: this.difference };
  }

  private describe(buyer: number, seller: number, price: number, quantity: number, aggressor: number): string {
    const name = (counter: number): string => this.plan.recordedId(counter) || `unknown (counter ${counter})`;
    return `buyer ${name(buyer)}, seller ${name(seller)}, price ${price}, quantity ${quantity}, aggressor ${AGGRESSOR_NAMES[aggressor] ?? aggressor}`;
  }
}
