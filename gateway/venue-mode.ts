/**
 * Whether the venue takes everything or only what takes away from its books, and why: one word that the supervisor writes and
 * every gateway reads, once a frame and at its ticks. Any thread.
 *
 * Why it is CancelOnly is a set of causes, for each may come and go by itself.
 */

import { StatusCode } from '../schemas/codes.js';

/** Causes of CancelOnly, a bit each. */
export const CAUSE_DISK = 1;

const WHY = new Map([[CAUSE_DISK, 'the disk is nearly full']]);

/** What a client and an operator are told of the venue. */
export interface VenueStatus {
  readonly code: StatusCode;
  readonly text: string;
}

export class VenueMode {
  readonly #word: Int32Array;

  static create(): SharedArrayBuffer {
    return new SharedArrayBuffer(4);
  }

  constructor(memory: SharedArrayBuffer) {
    this.#word = new Int32Array(memory);
  }

  /** Bits of the causes; 0: everything is taken. */
  get causes(): number {
    return Atomics.load(this.#word, 0);
  }

  get status(): VenueStatus {
    const { causes } = this;
    if (causes === 0) return { code: StatusCode.Normal, text: 'everything is taken' };
    const why = [...WHY].filter(([cause]) => (causes & cause) !== 0).map(([, text]) => text);
    return { code: StatusCode.CancelOnly, text: `${why.join(' and ')}: only what takes away from a book is taken` };
  }

  /** The supervisor only. */
  set(cause: number, isThere: boolean): void {
    if (isThere) Atomics.or(this.#word, 0, cause);
    else Atomics.and(this.#word, 0, ~cause);
  }
}
