/**
 * How long orders took, stage by stage, and messages: put together from the times that a shard stamped on its rounds
 * (round-stamps.ts), the time at which a frame was read, which each publish keeps (sent-commands.ts), and the time at
 * which a pass has sent what it had to. Gateway thread, hot.
 *
 *   read ──sequenced──> taken ──matched──> matched ──durable──> durable ──sent──> sent         level disk
 *   read ──sequenced──> taken ──matched──> matched ─────────sent────────> sent                 level matched
 *
 * All times of a round but `read` are the same for all its orders, so they are recorded once a round with the number of
 * orders, and `read` once for each publish: a few increments a round, whatever it carries. What is recorded of one order
 * adds up to its whole exactly, because both are made of the same whole microseconds.
 *
 * A pass: `begin`, then `answered` in the order of events, `message` in any order, then `end`.
 */

import type { MetricWords } from '../../engine/metrics/metric-words.js';
import { RoundStampsReader } from '../../engine/metrics/round-stamps.js';
import { ShardMetrics } from '../../engine/metrics/shard-metrics.js';
import { GATEWAY, histogramAt, LEVELS, STAGES } from '../../engine/metrics/words.js';

const UNTIMED = GATEWAY.untimed;

/** Words of one level's histograms. */
class LevelWords {
  readonly sequenced: number;
  readonly matched: number;
  readonly durable: number;
  readonly sent: number;
  readonly whole: number;
  readonly messages: number;

  constructor(level: number) {
    const stage = (name: (typeof STAGES)[number]): number =>
      histogramAt(GATEWAY.stages, level * STAGES.length + STAGES.indexOf(name));
    this.sequenced = stage('sequenced');
    this.matched = stage('matched');
    this.durable = stage('durable');
    this.sent = stage('sent');
    this.whole = histogramAt(GATEWAY.whole, level);
    this.messages = histogramAt(GATEWAY.messages, level);
  }
}

const DISK_WORDS = new LevelWords(LEVELS.indexOf('disk'));
const MATCHED_WORDS = new LevelWords(LEVELS.indexOf('matched'));
/** Behind the levels. */
const PUBLIC_MESSAGES = histogramAt(GATEWAY.messages, LEVELS.length);

export class OrderTimes {
  readonly #words: MetricWords;
  /** What the gateway's clock is ahead of the stamps', µs. */
  readonly #aheadUs: number;
  /** By shard. */
  readonly #durable: readonly RoundStampsReader[];
  readonly #matched: readonly RoundStampsReader[];

  // The rounds of the pass.
  #level = DISK_WORDS;
  #rounds = 0;
  #pending = false;
  /** Number of the pass's first event that is no more of the round. */
  readonly #end: Int32Array;
  /** 1: the times below stand. */
  readonly #known: Uint8Array;
  readonly #taken: Int32Array;
  /** From taken to matched, and to what the answer waited for. */
  readonly #matching: Int32Array;
  readonly #waiting: Int32Array;
  /** When the events could leave: a stamp. */
  readonly #ready: Int32Array;
  readonly #orders: Int32Array;
  readonly #messages: Int32Array;
  /** From taken to sent. */
  readonly #rest: Int32Array;

  // Orders of one publish in one round.
  #groups = 0;
  readonly #groupRound: Int32Array;
  readonly #groupReadUs: Float64Array;
  readonly #groupOrders: Int32Array;
  #at = 0;

  // The group that the next answer may belong to; its round is #at.
  #openEnd = 0;
  #openReadUs = 0;
  #openOrders = 0;

  /** `metrics`: each shard's ShardMetrics. `mostEvents`: of a pass. */
  constructor(words: MetricWords, metrics: readonly SharedArrayBuffer[], aheadUs: number, mostEvents: number) {
    this.#words = words;
    this.#aheadUs = aheadUs;
    this.#durable = metrics.map((memory) => new RoundStampsReader(ShardMetrics.stampsOf(memory), true));
    this.#matched = metrics.map((memory) => new RoundStampsReader(ShardMetrics.stampsOf(memory), false));
    this.#end = new Int32Array(mostEvents);
    this.#known = new Uint8Array(mostEvents);
    this.#taken = new Int32Array(mostEvents);
    this.#matching = new Int32Array(mostEvents);
    this.#waiting = new Int32Array(mostEvents);
    this.#ready = new Int32Array(mostEvents);
    this.#orders = new Int32Array(mostEvents);
    this.#messages = new Int32Array(mostEvents);
    this.#rest = new Int32Array(mostEvents);
    this.#groupRound = new Int32Array(mostEvents);
    this.#groupReadUs = new Float64Array(mostEvents);
    this.#groupOrders = new Int32Array(mostEvents);
  }

  /** A pass over `count` live events behind `sequence`. */
  begin(shard: number, durable: boolean, sequence: number, count: number): void {
    this.#rounds = 0;
    this.#pending = false;
    this.#groups = 0;
    this.#at = 0;
    this.#openEnd = 0;
    this.#openOrders = 0;
    if (!this.#words.on) return;
    this.#level = durable ? DISK_WORDS : MATCHED_WORDS;
    const reader = (durable ? this.#durable : this.#matched)[shard] as RoundStampsReader;
    for (let event = 0; event < count; ) {
      const position = (sequence + 1 + event) | 0;
      const round = this.#rounds++;
      if (reader.find(position)) {
        event += ((reader.last - position) | 0) + 1;
        const ready = durable ? reader.durable : reader.matched;
        this.#known[round] = 1;
        this.#taken[round] = reader.taken;
        this.#matching[round] = Math.max(0, (reader.matched - reader.taken) | 0);
        this.#waiting[round] = Math.max(0, (ready - reader.matched) | 0);
        this.#ready[round] = ready;
      } else {
        event++;
        this.#known[round] = 0;
      }
      this.#end[round] = event;
      this.#orders[round] = 0;
      this.#messages[round] = 0;
    }
  }

  /** Event number `event` of the pass answers a command of a live session whose frame was read at `readUs`. */
  answered(event: number, readUs: number): void {
    // Most are of the same publish and round as the one before.
    if (event < this.#openEnd && readUs === this.#openReadUs) this.#openOrders++;
    else this.#openGroup(event, readUs);
  }

  #openGroup(event: number, readUs: number): void {
    if (this.#rounds === 0) return;
    this.#closeGroup();
    this.#pending = true;
    let round = this.#at;
    while ((this.#end[round] as number) <= event) round++;
    this.#at = round;
    this.#openEnd = this.#end[round] as number;
    this.#openReadUs = readUs;
    this.#openOrders = 1;
  }

  #closeGroup(): void {
    if (this.#openOrders === 0) return;
    const group = this.#groups++;
    this.#groupRound[group] = this.#at;
    this.#groupReadUs[group] = this.#openReadUs;
    this.#groupOrders[group] = this.#openOrders;
    this.#orders[this.#at] = (this.#orders[this.#at] as number) + this.#openOrders;
    this.#openOrders = 0;
  }

  /** A message whose oldest event is number `event` of the pass. */
  message(event: number): void {
    if (this.#rounds === 0) return;
    this.#pending = true;
    let low = 0;
    for (let high = this.#rounds - 1; low < high; ) {
      const middle = (low + high) >>> 1;
      if ((this.#end[middle] as number) <= event) low = middle + 1;
      else high = middle;
    }
    this.#messages[low] = (this.#messages[low] as number) + 1;
  }

  /** Whether there is anything for `end` to record. */
  get pending(): boolean {
    return this.#pending;
  }

  /** All that the pass had to send is sent, at `sentUs` of the gateway's clock. */
  end(sentUs: number): void {
    if (!this.#pending) return;
    this.#pending = false;
    this.#closeGroup();
    const words = this.#words;
    const level = this.#level;
    const sent = this.#stamp(sentUs);
    for (let round = 0; round < this.#rounds; round++) {
      const orders = this.#orders[round] as number;
      const messages = this.#messages[round] as number;
      if (orders + messages === 0) continue;
      if (this.#known[round] === 0) {
        words.count(UNTIMED, orders);
        continue;
      }
      const sending = Math.max(0, (sent - (this.#ready[round] as number)) | 0);
      words.record(level.messages, sending, messages);
      const matching = this.#matching[round] as number;
      const waiting = this.#waiting[round] as number;
      words.record(level.matched, matching, orders);
      if (level === DISK_WORDS) words.record(level.durable, waiting, orders);
      words.record(level.sent, sending, orders);
      // Out of its two ends, not as the sum of the stages: that it is their sum is for a test to see.
      this.#rest[round] = ((this.#ready[round] as number) + sending - (this.#taken[round] as number)) | 0;
    }
    for (let group = 0; group < this.#groups; group++) {
      const round = this.#groupRound[group] as number;
      if (this.#known[round] === 0) continue;
      const orders = this.#groupOrders[group] as number;
      // A round reads its clock, then takes: what came in between was sequenced at once.
      const wait = Math.max(0, ((this.#taken[round] as number) - this.#stamp(this.#groupReadUs[group] as number)) | 0);
      words.record(level.sequenced, wait, orders);
      words.record(level.whole, wait + (this.#rest[round] as number), orders);
    }
  }

  /** So many public messages were sent of the events of the last durable pass, the oldest of which are its first. */
  publicMessages(count: number, sentUs: number): void {
    if (this.#rounds === 0 || this.#known[0] === 0) return;
    this.#words.record(PUBLIC_MESSAGES, (this.#stamp(sentUs) - (this.#ready[0] as number)) | 0, count);
  }

  #stamp(us: number): number {
    return Math.floor(us - this.#aheadUs) | 0;
  }
}
