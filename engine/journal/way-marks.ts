/**
 * Places of a journal that readers of one thread have come by, so that the next seek into the same segment begins near
 * its place and not at the segment's start. One thread; bounded by the journal: one mark a step of its bytes.
 *
 * What is durable never moves, so a mark holds as long as its segment does.
 */

import { type Expected, PAGE_BYTES } from './record.js';

/** A seek walks over so many bytes and a record at most, where somebody was before. */
const STEP_BYTES = 4 * 1024 * 1024;

/** A record begins at `offset`, and `expected` is due there. */
export interface WayMark {
  readonly offset: number;
  readonly expected: Expected;
}

export class WayMarks {
  readonly #stepBytes: number;
  /** By segment, ascending. */
  readonly #marks = new Map<number, WayMark[]>();

  constructor(stepBytes: number = STEP_BYTES) {
    this.#stepBytes = stepBytes;
  }

  /** A reader came to a record's end; remembered when it is a step behind the segment's last mark. */
  passed(segment: number, offset: number, expected: Expected): void {
    const marks = this.#marks.get(segment);
    const last = marks?.at(-1)?.offset ?? PAGE_BYTES;
    if (offset < last + this.#stepBytes) {
      return;
    }
    const mark = { offset, expected: { ...expected } };
    if (marks === undefined) {
      this.#marks.set(segment, [mark]);
    } else {
      marks.push(mark);
    }
  }

  /** The last one of a segment that does not lie behind event `sequence`. */
  before(segment: number, sequence: number): WayMark | null {
    const marks = this.#marks.get(segment);
    return marks?.findLast(({ expected }) => expected.eventSequence <= sequence) ?? null;
  }
}
