/**
 * What came of a flow, in the words of any book: two engines that agree on all of it matched alike. Any thread.
 */

export interface FlowAnswers {
  /** Quantity that was traded in all. */
  readonly traded: number;
  /** Cancels and modifies of orders that did not rest. */
  readonly refused: number;
  /** Orders that rest at the end, by instrument, side and price: a hash over price and quantity of each level. */
  readonly depth: string;
}

/** One level of a book, added to a hash of all of them; `side` 0 buys, 1 sells; best level first. */
export class DepthHash {
  #hash = 0x811c9dc5;

  add(instrument: number, side: number, price: number, quantity: number): void {
    for (const part of [instrument, side, price, quantity]) {
      this.#hash = Math.imul(this.#hash ^ part, 0x01000193);
      this.#hash ^= this.#hash >>> 13;
    }
  }

  toString(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0');
  }
}

/** The first thing in which two disagree, or ''. */
export function disagreement(one: FlowAnswers, other: FlowAnswers): string {
  for (const name of ['traded', 'refused', 'depth'] as const) {
    if (one[name] !== other[name]) return `${name} ${one[name]} and ${other[name]}`;
  }
  return '';
}
