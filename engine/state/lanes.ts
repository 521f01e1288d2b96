/**
 * Lanes: (account, lane number) with the incarnation that may use it now, the mark below which no client order id
 * executes again, and the last answers, so that a repeated id gets its first answer once more.
 * The shard's thread.
 * The words of lanes and answers: lane-words.ts.
 */

import { EventKind } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import { joinWords } from '../../schemas/layout.js';
import * as laneWords from './lane-words.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const {
  EVENT_AMOUNT,
  EVENT_CLIENT_ORDER_ID,
  EVENT_CUMULATIVE,
  EVENT_DISPLAYED,
  EVENT_INSTRUMENT,
  EVENT_KIND_WORD,
  EVENT_LEAVES,
  EVENT_ORDER_ID,
  EVENT_PRICE,
  EVENT_QUANTITY,
  EVENT_RELATED_ID,
  WORD_MASK,
} = layout;
const {
  ANSWER_AMOUNT,
  ANSWER_CLIENT_ORDER_ID,
  ANSWER_CUMULATIVE,
  ANSWER_DISPLAYED,
  ANSWER_INSTRUMENT,
  ANSWER_KIND_WORD,
  ANSWER_LEAVES,
  ANSWER_ORDER_ID,
  ANSWER_PRICE,
  ANSWER_QUANTITY,
  ANSWER_RELATED_ID,
  ANSWER_WORDS,
  LANE_ACCOUNT,
  LANE_ANSWERS,
  LANE_CHAIN_NEXT,
  LANE_INCARNATION,
  LANE_MASK,
  LANE_NUMBER,
  LANE_OLDEST,
  LANE_OPEN,
  LANE_OPEN_NEXT,
  LANE_SHIFT,
} = laneWords;

const ACCEPTED = EventKind.Accepted;
const CANCELLED = EventKind.Cancelled;
/** Kind, side, liquidity and reason: what a repeated answer keeps of the kind word. */
const KEPT_KIND_BITS = 0xffff07ff | 0;

export class LaneTable {
  readonly words: Int32Array;
  readonly marks: Float64Array;
  readonly answers: Int32Array;
  readonly maxLanes: number;
  readonly laneAnswers: number;
  count = 0;
  highestIncarnation = 0;
  /** First lane + 1 of each chain. */
  private readonly laneBuckets: Int32Array;
  private readonly openBuckets: Int32Array;
  private readonly mask: number;
  private readonly recalled = new Int32Array(ANSWER_WORDS);

  constructor(maxLanes: number, laneAnswers: number) {
    this.maxLanes = maxLanes;
    this.laneAnswers = laneAnswers;
    this.words = new Int32Array(maxLanes << LANE_SHIFT);
    this.marks = new Float64Array(maxLanes);
    this.answers = new Int32Array(maxLanes * laneAnswers * ANSWER_WORDS);
    let buckets = 16;
    while (buckets < maxLanes * 2) buckets *= 2;
    this.mask = buckets - 1;
    this.laneBuckets = new Int32Array(buckets);
    this.openBuckets = new Int32Array(buckets);
  }

  private laneBucket(account: number, number: number): number {
    const hash = Math.imul(account, 0x9e3779b1) ^ Math.imul(number, 0x85ebca6b);
    return (hash ^ (hash >>> 15)) & this.mask;
  }

  /** The lane, or -1. */
  find(account: number, number: number): number {
    const words = this.words;
    let lane = (this.laneBuckets[this.laneBucket(account, number)] as number) - 1;
    while (lane >= 0) {
      const at = lane << LANE_SHIFT;
      if (words[at + LANE_ACCOUNT] === account && words[at + LANE_NUMBER] === number) return lane;
      lane = (words[at + LANE_CHAIN_NEXT] as number) - 1;
    }
    return -1;
  }

  /** The lane whose open incarnation this is, or -1. Incarnations are dense: mostly one load. */
  findOpen(incarnation: number): number {
    const words = this.words;
    let lane = (this.openBuckets[incarnation & this.mask] as number) - 1;
    while (lane >= 0) {
      const at = (lane & LANE_MASK) << LANE_SHIFT;
      if (words[at + LANE_INCARNATION] === incarnation) return lane;
      lane = (words[at + LANE_OPEN_NEXT] as number) - 1;
    }
    return -1;
  }

  /** A new lane, closed. The caller has checked the room. */
  add(account: number, number: number): number {
    const lane = this.count++;
    const at = lane << LANE_SHIFT;
    const bucket = this.laneBucket(account, number);
    this.words[at + LANE_ACCOUNT] = account;
    this.words[at + LANE_NUMBER] = number;
    this.words[at + LANE_CHAIN_NEXT] = this.laneBuckets[bucket] as number;
    this.laneBuckets[bucket] = lane + 1;
    return lane;
  }

  /** From here on older incarnations of the lane are stale. */
  open(lane: number, incarnation: number): void {
    this.close(lane);
    const at = lane << LANE_SHIFT;
    const bucket = incarnation & this.mask;
    this.words[at + LANE_INCARNATION] = incarnation | 0;
    this.words[at + LANE_OPEN] = 1;
    this.words[at + LANE_OPEN_NEXT] = this.openBuckets[bucket] as number;
    this.openBuckets[bucket] = lane + 1;
    if (incarnation >>> 0 > this.highestIncarnation) this.highestIncarnation = incarnation >>> 0;
  }

  close(lane: number): void {
    const words = this.words;
    const at = lane << LANE_SHIFT;
    if (words[at + LANE_OPEN] === 0) return;
    words[at + LANE_OPEN] = 0;
    const bucket = (words[at + LANE_INCARNATION] as number) & this.mask;
    const next = words[at + LANE_OPEN_NEXT] as number;
    let here = this.openBuckets[bucket] as number;
    if (here === lane + 1) {
      this.openBuckets[bucket] = next;
      return;
    }
    while (here !== 0) {
      const hereNext = ((here - 1) << LANE_SHIFT) + LANE_OPEN_NEXT;
      here = words[hereNext] as number;
      if (here === lane + 1) {
        words[hereNext] = next;
        return;
      }
    }
    throw new Error('assert: an open incarnation is not in its chain');
  }

  /** All open incarnations, the lowest first. */
  openIncarnations(): Uint32Array {
    const found: number[] = [];
    for (let lane = 0; lane < this.count; lane++) {
      const at = lane << LANE_SHIFT;
      if (this.words[at + LANE_OPEN] === 1) found.push((this.words[at + LANE_INCARNATION] as number) >>> 0);
    }
    return Uint32Array.from(found).sort();
  }

  /** Keeps the first answer to a counter above the mark; the oldest answer goes when there are too many. */
  keep(lane: number, low: number, high: number, events: Int32Array, from: number): void {
    const words = this.words;
    const eventAt = from & WORD_MASK;
    const at = (lane & LANE_MASK) << LANE_SHIFT;
    const upper = high & 0xffff;
    // Few counters ever need their upper half; joining it to the lower one takes V8 longer than all else in here.
    this.marks[lane] = upper === 0 ? low >>> 0 : joinWords(low, upper);
    const kept = words[at + LANE_ANSWERS] as number;
    const oldest = words[at + LANE_OLDEST] as number;
    let place = oldest + kept;
    if (place >= this.laneAnswers) place -= this.laneAnswers;
    if (kept < this.laneAnswers) words[at + LANE_ANSWERS] = kept + 1;
    else words[at + LANE_OLDEST] = oldest + 1 === this.laneAnswers ? 0 : oldest + 1;
    const answers = this.answers;
    const to = Math.imul(Math.imul(lane, this.laneAnswers) + place, ANSWER_WORDS) & WORD_MASK;
    const kindWord = (events[eventAt + EVENT_KIND_WORD] as number) & KEPT_KIND_BITS;
    answers[to] = low;
    answers[to + 1] = upper;
    answers[to + ANSWER_KIND_WORD] = kindWord;
    answers[to + ANSWER_ORDER_ID] = events[eventAt + EVENT_ORDER_ID] as number;
    answers[to + ANSWER_ORDER_ID + 1] = events[eventAt + EVENT_ORDER_ID + 1] as number;
    answers[to + ANSWER_INSTRUMENT] = events[eventAt + EVENT_INSTRUMENT] as number;
    answers[to + ANSWER_PRICE] = events[eventAt + EVENT_PRICE] as number;
    answers[to + ANSWER_QUANTITY] = events[eventAt + EVENT_QUANTITY] as number;
    if ((kindWord & 0xff) !== ACCEPTED) this.keepMore(to, kindWord & 0xff, events, eventAt);
  }

  /** The rest of an answer at word `to` of all but Accepted. */
  private keepMore(to: number, kind: number, events: Int32Array, eventAt: number): void {
    const answers = this.answers;
    answers[to + ANSWER_CUMULATIVE] = events[eventAt + EVENT_CUMULATIVE] as number;
    answers[to + ANSWER_CLIENT_ORDER_ID] = events[eventAt + EVENT_CLIENT_ORDER_ID] as number;
    answers[to + ANSWER_CLIENT_ORDER_ID + 1] = events[eventAt + EVENT_CLIENT_ORDER_ID + 1] as number;
    answers[to + ANSWER_AMOUNT] = events[eventAt + EVENT_AMOUNT] as number;
    if (kind === CANCELLED) return;
    answers[to + ANSWER_RELATED_ID] = events[eventAt + EVENT_RELATED_ID] as number;
    answers[to + ANSWER_RELATED_ID + 1] = events[eventAt + EVENT_RELATED_ID + 1] as number;
    answers[to + ANSWER_AMOUNT + 1] = events[eventAt + EVENT_AMOUNT + 1] as number;
    answers[to + ANSWER_LEAVES] = events[eventAt + EVENT_LEAVES] as number;
    answers[to + ANSWER_DISPLAYED] = events[eventAt + EVENT_DISPLAYED] as number;
  }

  /** All words of the answer at word `from` of a lane, those that were not kept, too. Good until the next call. */
  recall(lane: number, from: number): Int32Array {
    const recalled = this.recalled;
    recalled.set(this.answers.subarray(from, from + ANSWER_WORDS));
    const kind = (recalled[ANSWER_KIND_WORD] as number) & 0xff;
    if (kind !== ACCEPTED && kind !== CANCELLED) return recalled;
    // The client order id of the command itself: the new order's own, or what a cancelled order is related to.
    const low = recalled[0] as number;
    const high = ((this.words[(lane << LANE_SHIFT) + LANE_NUMBER] as number) << 16) | (recalled[1] as number);
    recalled.fill(0, kind === ACCEPTED ? ANSWER_CUMULATIVE : ANSWER_AMOUNT + 1);
    const idAt = kind === ACCEPTED ? ANSWER_CLIENT_ORDER_ID : ANSWER_RELATED_ID;
    recalled[idAt] = low;
    recalled[idAt + 1] = high;
    if (kind === ACCEPTED) recalled[ANSWER_LEAVES] = recalled[ANSWER_QUANTITY] as number;
    return recalled;
  }

  private counterAt(lane: number, index: number): number {
    let place = (this.words[(lane << LANE_SHIFT) + LANE_OLDEST] as number) + index;
    if (place >= this.laneAnswers) place -= this.laneAnswers;
    const at = (lane * this.laneAnswers + place) * ANSWER_WORDS;
    return joinWords(this.answers[at] as number, this.answers[at + 1] as number);
  }

  /** The word of `answers` at which the answer to this counter lies, or -1. */
  findAnswer(lane: number, counter: number): number {
    let low = 0;
    let high = (this.words[(lane << LANE_SHIFT) + LANE_ANSWERS] as number) - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const here = this.counterAt(lane, middle);
      if (here === counter) {
        let place = (this.words[(lane << LANE_SHIFT) + LANE_OLDEST] as number) + middle;
        if (place >= this.laneAnswers) place -= this.laneAnswers;
        return (lane * this.laneAnswers + place) * ANSWER_WORDS;
      }
      if (here < counter) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** Whether an unknown counter at or below the mark can have been answered: then its answer is too old. */
  mayBeTooOld(lane: number, counter: number): boolean {
    const kept = this.words[(lane << LANE_SHIFT) + LANE_ANSWERS] as number;
    return kept === this.laneAnswers && counter < this.counterAt(lane, 0);
  }

  /** Walks chains, marks and answers; throws with a sentence when something is wrong. */
  validate(): void {
    let open = 0;
    for (let lane = 0; lane < this.count; lane++) {
      const at = lane << LANE_SHIFT;
      if (this.find(this.words[at + LANE_ACCOUNT] as number, this.words[at + LANE_NUMBER] as number) !== lane) {
        throw new Error(`lane ${lane} is not found by its account and number`);
      }
      if (this.words[at + LANE_OPEN] === 1) {
        open++;
        if (this.findOpen(this.words[at + LANE_INCARNATION] as number) !== lane) {
          throw new Error(`lane ${lane} is not found by its open incarnation`);
        }
      }
      const kept = this.words[at + LANE_ANSWERS] as number;
      let last = 0;
      for (let index = 0; index < kept; index++) {
        const counter = this.counterAt(lane, index);
        if (counter <= last) throw new Error(`the answers of lane ${lane} are out of order`);
        last = counter;
      }
      if (kept > 0 && last !== this.marks[lane]) throw new Error(`the mark of lane ${lane} is not its last answer`);
    }
    let chained = 0;
    for (let bucket = 0; bucket <= this.mask; bucket++) {
      for (let lane = (this.openBuckets[bucket] as number) - 1; lane >= 0; ) {
        if (++chained > open) throw new Error('the chains of open incarnations hold more than are open');
        lane = (this.words[(lane << LANE_SHIFT) + LANE_OPEN_NEXT] as number) - 1;
      }
    }
    if (chained !== open) throw new Error(`${open} incarnations are open, the chains hold ${chained}`);
  }
}
