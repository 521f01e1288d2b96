/**
 * A pool of windows: each an array by tick of the levels near the market of one side of one book, with a bitmap in
 * three levels that finds the next level up or down in a few instructions. Idle books hold none.
 * The shard's thread. A cell holds level + 1, so that memory that was never touched means empty.
 *
 *   bits of a window:  [ one bit a tick: ticks / 32 words | one bit a word of those | one bit a word of those ]
 */

export class LadderWindows {
  readonly ticks: number;
  /** Its logarithm: a cell's index is (window << tickShift) + offset. */
  readonly tickShift: number;
  readonly cells: Int32Array;
  /** First key of each window. */
  readonly bases: Int32Array;
  /** The side that holds it; -1 for a free one. */
  readonly owners: Int32Array;
  readonly bits: Int32Array;
  /** Words of the finest bitmap, of the middle one, of all three together. */
  readonly fineWords: number;
  readonly middleWords: number;
  readonly bitWords: number;
  private readonly freeNext: Int32Array;
  private freeHead: number;

  constructor(windows: number, ticks: number) {
    this.ticks = ticks;
    this.tickShift = 31 - Math.clz32(ticks);
    this.fineWords = ticks >>> 5;
    this.middleWords = (this.fineWords + 31) >>> 5;
    this.bitWords = this.fineWords + this.middleWords + 1;
    this.cells = new Int32Array(windows * ticks);
    this.bits = new Int32Array(windows * this.bitWords);
    this.bases = new Int32Array(windows);
    this.owners = new Int32Array(windows).fill(-1);
    this.freeNext = new Int32Array(windows);
    for (let index = 0; index < windows; index++) this.freeNext[index] = index + 1 < windows ? index + 1 : -1;
    this.freeHead = windows > 0 ? 0 : -1;
  }

  /** An empty window for a side, or -1 when none is left. */
  take(side: number, base: number): number {
    const window = this.freeHead;
    if (window < 0) return -1;
    this.freeHead = this.freeNext[window] as number;
    this.owners[window] = side;
    this.bases[window] = base;
    return window;
  }

  /** Gives an empty window back. */
  release(window: number): void {
    if (this.owners[window] === -1) throw new Error('assert: a window was released twice');
    if (this.bits[Math.imul(window, this.bitWords) + this.bitWords - 1] !== 0) {
      throw new Error('assert: a window was released with levels in it');
    }
    this.owners[window] = -1;
    this.freeNext[window] = this.freeHead;
    this.freeHead = window;
  }

  /** The first key of a window around the best key: three quarters for what is worse, the rest for what is better. */
  baseAround(key: number): number {
    const base = key - this.ticks + (this.ticks >> 2);
    const highest = 2147483648 - this.ticks;
    return base > highest ? highest : base < -2147483648 ? -2147483648 : base;
  }

  set(window: number, offset: number, level: number): void {
    this.cells[(window << this.tickShift) + offset] = level + 1;
    const bits = this.bits;
    const fine = Math.imul(window, this.bitWords);
    const middle = fine + this.fineWords;
    const top = middle + this.middleWords;
    bits[fine + (offset >>> 5)] = (bits[fine + (offset >>> 5)] as number) | (1 << (offset & 31));
    bits[middle + (offset >>> 10)] = (bits[middle + (offset >>> 10)] as number) | (1 << ((offset >>> 5) & 31));
    bits[top] = (bits[top] as number) | (1 << (offset >>> 10));
  }

  clear(window: number, offset: number): void {
    this.cells[(window << this.tickShift) + offset] = 0;
    const bits = this.bits;
    const fine = Math.imul(window, this.bitWords);
    const word = (bits[fine + (offset >>> 5)] as number) & ~(1 << (offset & 31));
    bits[fine + (offset >>> 5)] = word;
    if (word !== 0) return;
    const middle = fine + this.fineWords;
    const over = (bits[middle + (offset >>> 10)] as number) & ~(1 << ((offset >>> 5) & 31));
    bits[middle + (offset >>> 10)] = over;
    if (over !== 0) return;
    const top = middle + this.middleWords;
    bits[top] = (bits[top] as number) & ~(1 << (offset >>> 10));
  }

  /** The nearest occupied offset above this one (from -1 on), or -1. */
  above(window: number, offset: number): number {
    const bits = this.bits;
    const fine = Math.imul(window, this.bitWords);
    let index = offset >> 5;
    if (index >= 0) {
      const word = (bits[fine + index] as number) & (-2 << (offset & 31));
      if (word !== 0) return (index << 5) + 31 - Math.clz32(word & -word);
    } else {
      // Offset -1: everything counts.
      const first = bits[fine] as number;
      if (first !== 0) return 31 - Math.clz32(first & -first);
      index = 0;
    }
    const middle = fine + this.fineWords;
    let over = index >> 5;
    let word = (bits[middle + over] as number) & (-2 << (index & 31));
    if (word === 0) {
      const top = (bits[middle + this.middleWords] as number) & (-2 << over);
      if (top === 0) return -1;
      over = 31 - Math.clz32(top & -top);
      word = bits[middle + over] as number;
    }
    index = (over << 5) + 31 - Math.clz32(word & -word);
    const last = bits[fine + index] as number;
    return (index << 5) + 31 - Math.clz32(last & -last);
  }

  /** The nearest occupied offset below this one (up to `ticks`), or -1. */
  below(window: number, offset: number): number {
    if (offset <= 0) return -1;
    const bits = this.bits;
    const fine = Math.imul(window, this.bitWords);
    // From here on: at or below.
    const from = offset - 1;
    let index = from >> 5;
    const near = (bits[fine + index] as number) & (-1 >>> (31 - (from & 31)));
    if (near !== 0) return (index << 5) + 31 - Math.clz32(near);
    const middle = fine + this.fineWords;
    let over = index >> 5;
    let word = (bits[middle + over] as number) & ~(-1 << (index & 31));
    if (word === 0) {
      const top = (bits[middle + this.middleWords] as number) & ~(-1 << over);
      if (top === 0) return -1;
      over = 31 - Math.clz32(top);
      word = bits[middle + over] as number;
    }
    index = (over << 5) + 31 - Math.clz32(word);
    return (index << 5) + 31 - Math.clz32(bits[fine + index] as number);
  }

  /** Compares bitmaps with cells and counts the free ones; throws with a sentence when something is wrong. */
  validate(): void {
    let free = 0;
    for (let window = this.freeHead; window !== -1; window = this.freeNext[window] as number) {
      if (this.owners[window] !== -1) throw new Error(`window ${window} is in the free list but has an owner`);
      if (++free > this.owners.length) throw new Error('the free list of windows is a circle');
    }
    for (let window = 0; window < this.owners.length; window++) {
      if (this.owners[window] === -1) free--;
      else this.validateWindow(window);
    }
    if (free !== 0) throw new Error('the free list of windows does not hold all the free windows');
  }

  private validateWindow(window: number): void {
    const fine = Math.imul(window, this.bitWords);
    const middle = fine + this.fineWords;
    const top = middle + this.middleWords;
    for (let offset = 0; offset < this.ticks; offset++) {
      const bit = ((this.bits[fine + (offset >>> 5)] as number) >>> (offset & 31)) & 1;
      if ((this.cells[(window << this.tickShift) + offset] !== 0) !== (bit === 1)) {
        throw new Error(`the bitmap of window ${window} is wrong at tick ${offset}`);
      }
    }
    for (let index = 0; index < this.fineWords; index++) {
      const bit = ((this.bits[middle + (index >>> 5)] as number) >>> (index & 31)) & 1;
      if ((this.bits[fine + index] !== 0) !== (bit === 1)) {
        throw new Error(`the middle bitmap of window ${window} is wrong at word ${index}`);
      }
    }
    for (let index = 0; index < this.middleWords; index++) {
      const bit = ((this.bits[top] as number) >>> index) & 1;
      if ((this.bits[middle + index] !== 0) !== (bit === 1)) {
        throw new Error(`the top bitmap of window ${window} is wrong at word ${index}`);
      }
    }
  }
}
