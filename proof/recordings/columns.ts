/**
 * A typed array that grows by doubling, for recordings of any length. Any thread, off the hot path.
 */

type Column = Int32Array | Uint32Array | Uint8Array;

export class GrowingColumn<T extends Column> {
  length = 0;

  constructor(
    private values: T,
    private readonly make: (length: number) => T,
  ) {}

  static int32(): GrowingColumn<Int32Array> {
    return new GrowingColumn<Int32Array>(new Int32Array(4096), (length) => new Int32Array(length));
  }

  static uint32(): GrowingColumn<Uint32Array> {
    return new GrowingColumn<Uint32Array>(new Uint32Array(4096), (length) => new Uint32Array(length));
  }

  static uint8(): GrowingColumn<Uint8Array> {
    return new GrowingColumn<Uint8Array>(new Uint8Array(4096), (length) => new Uint8Array(length));
  }

  push(value: number): void {
    if (this.length === this.values.length) {
      const larger = this.make(this.values.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length] = value;
    this.length += 1;
  }

  /** What was pushed, in an array of its own and of exactly that length. */
  finish(): T {
    const exact = this.make(this.length);
    exact.set(this.values.subarray(0, this.length));
    return exact;
  }
}
