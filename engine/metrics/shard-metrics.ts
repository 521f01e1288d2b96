/**
 * What a shard counts: once a round, never once a command, so that the engine stays without counters. What happened to
 * single orders is counted by gateways out of the events that they read anyway. The shard's thread; hot.
 */

import { MetricWords } from './metric-words.js';
import { RoundStamps, STAMP_WORDS, stampOf } from './round-stamps.js';
import { SHARD, SHARD_WORDS } from './words.js';

// Copies: an import is a load at each use (docs/decisions/0004).
const EVENTS = SHARD.events;
const ROUND_SIZE = SHARD.roundSize;
const SYNC = SHARD.sync;
const JOURNAL_BYTES = SHARD.journalBytes;
const SEGMENT = SHARD.segment;
const BLOCKED = SHARD.blocked;
const ADD_UP = SHARD.addUp;

/** The stamps lie behind the words. */
function stampWords(memory: SharedArrayBuffer): Int32Array {
  return new Int32Array(memory, SHARD_WORDS * 4, STAMP_WORDS);
}

export class ShardMetrics {
  readonly words: MetricWords;
  readonly #stamps: RoundStamps;
  #segment = 0;

  static create(on = true): SharedArrayBuffer {
    return MetricWords.create(SHARD_WORDS + STAMP_WORDS, on);
  }

  /** The round stamps of such a memory, for readers. */
  static stampsOf(memory: SharedArrayBuffer): Int32Array {
    return stampWords(memory);
  }

  constructor(memory: SharedArrayBuffer) {
    this.words = new MetricWords(memory);
    this.#stamps = new RoundStamps(stampWords(memory));
  }

  get on(): boolean {
    return this.words.on;
  }

  /** Before the shard serves. */
  recovered(epoch: number, ms: number, commandCount: number): void {
    this.words.set(SHARD.epoch, epoch);
    this.words.set(SHARD.recoveryUs, Math.round(ms * 1000));
    this.words.set(SHARD.recoveryCommands, commandCount);
  }

  /** The money was added up, and it was right. */
  addedUp(ms: number): void {
    if (this.on) this.words.record(ADD_UP, Math.floor(ms * 1000), 1);
  }

  /**
   * A round with `eventCount` events, above 0, behind position `behind` was matched: before they are published as
   * matched. Times of `monotonicMs`; `takenMs` is that of the round.
   */
  matched(behind: number, eventCount: number, takenMs: number, matchedMs: number): void {
    this.#stamps.matched((behind + 1) | 0, (behind + eventCount) | 0, stampOf(takenMs), stampOf(matchedMs));
  }

  /** The round's group of `bytes` is on disk, in that segment: before its events are published as durable. */
  durable(
    commandCount: number,
    eventCount: number,
    bytes: number,
    segmentNumber: number,
    beforeMs: number,
    durableMs: number,
  ): void {
    if (eventCount > 0) this.#stamps.durable(stampOf(durableMs));
    const { words } = this;
    words.count(EVENTS, eventCount);
    words.record(ROUND_SIZE, commandCount, 1);
    words.record(SYNC, Math.floor((durableMs - beforeMs) * 1000), 1);
    words.count(JOURNAL_BYTES, bytes);
    if (segmentNumber !== this.#segment) {
      this.#segment = segmentNumber;
      words.set(SEGMENT, segmentNumber);
    }
  }

  /** A round left commands waiting for readers. */
  blocked(): void {
    this.words.count(BLOCKED, 1);
  }
}
