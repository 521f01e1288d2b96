/**
 * One side of a book as a sorted array, written for reading: what the windows and trees of the books must equal. For
 * tests. Also drives a `Books` beside it, so that both see the same changes.
 */
import { type Books, keyOf } from './book.js';
import { LEVEL_HEAD, LEVEL_KEY, LEVEL_SHIFT, LEVEL_WORSE, TOTAL, TOTAL_SHIFT } from './level-words.js';
import {
  FLAG_SELL,
  ORDER_FLAGS,
  ORDER_INSTRUMENT,
  ORDER_LEAVES,
  ORDER_NEXT,
  ORDER_PRICE,
  ORDER_SHIFT,
} from './order-words.js';
import { SIDE_BEST, SIDE_SHIFT } from './side-words.js';

interface NaiveLevel {
  readonly key: number;
  readonly slots: number[];
}

export class NaiveSide {
  /** Best first. */
  readonly levels: NaiveLevel[] = [];

  constructor(
    private readonly books: Books,
    private readonly side: number,
  ) {}

  /** Rests a new order; returns its slot. */
  add(price: number, quantity: number): number {
    const { books, side } = this;
    const slot = books.orders.allocate();
    const at = slot << ORDER_SHIFT;
    books.orders.words[at + ORDER_PRICE] = price;
    books.orders.words[at + ORDER_LEAVES] = quantity;
    books.orders.words[at + ORDER_INSTRUMENT] = side >> 1;
    books.orders.words[at + ORDER_FLAGS] = (side & 1) === 0 ? 0 : FLAG_SELL;
    const key = keyOf(side, price);
    books.rest(slot, side, key);
    const index = this.levels.findIndex((level) => level.key <= key);
    if (index < 0) {
      this.levels.push({ key, slots: [slot] });
    } else if (this.levels[index]?.key === key) {
      this.levels[index].slots.push(slot);
    } else {
      this.levels.splice(index, 0, { key, slots: [slot] });
    }
    return slot;
  }

  /** Takes an order off: one of the best level (0) or of any other. */
  removeFrom(levelIndex: number): void {
    const level = this.levels[levelIndex];
    const slot = level?.slots.shift();
    if (level === undefined || slot === undefined) {
      return;
    }
    if (level.slots.length === 0) {
      this.levels.splice(levelIndex, 1);
    }
    this.books.unlink(slot);
    this.books.orders.free(slot);
  }

  /** The first difference between the two, '' for none. */
  difference(): string {
    const { books, side } = this;
    const words = books.levels.words;
    let level = books.sides[(side << SIDE_SHIFT) + SIDE_BEST] as number;
    for (const [index, expected] of this.levels.entries()) {
      if (level < 0) {
        return `the book ends at level ${index}, ${this.levels.length} were expected`;
      }
      const at = level << LEVEL_SHIFT;
      if (words[at + LEVEL_KEY] !== expected.key) {
        return `level ${index} has key ${words[at + LEVEL_KEY]}, expected ${expected.key}`;
      }
      let slot = words[at + LEVEL_HEAD] as number;
      let total = 0;
      for (const expectedSlot of expected.slots) {
        if (slot !== expectedSlot) {
          return `level ${index} queues slot ${slot}, expected ${expectedSlot}`;
        }
        total += (books.orders.words[(slot << ORDER_SHIFT) + ORDER_LEAVES] as number) >>> 0;
        slot = books.orders.words[(slot << ORDER_SHIFT) + ORDER_NEXT] as number;
      }
      if (slot !== -1 || total !== books.levels.totals[(level << TOTAL_SHIFT) + TOTAL]) {
        return `level ${index} holds more orders or another total than expected`;
      }
      level = words[at + LEVEL_WORSE] as number;
    }
    return level < 0 ? '' : `the book goes on behind the expected ${this.levels.length} levels`;
  }
}
