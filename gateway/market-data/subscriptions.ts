/**
 * Who subscribed to what: the groups of equal subscriptions with what they were not sent yet, and each session's side of
 * it. Data only; market-data.ts fills and empties it. Gateway thread.
 */

import { Channel } from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import type { Session } from '../sessions/session.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { EVENT_WORDS } = layout;

const TRADES: number = Channel.Trades;

/** What one session asked for, by channel. `behind`: instrument -> last sequence that it holds of that stream. */
export class ChannelInterest {
  readonly groups = new Map<number, SubscriptionGroup>();
  /** By mode. */
  readonly behind: readonly Map<number, number>[] = [new Map(), new Map()];
}

/** All that one session asked for. */
export class PublicInterest {
  readonly #trades = new ChannelInterest();
  readonly #top = new ChannelInterest();

  of(channel: number): ChannelInterest {
    return channel === TRADES ? this.#trades : this.#top;
  }
}

/** Records of one shard that a group has not sent. */
export class PendingRecords {
  records = new Int32Array(16 * EVENT_WORDS);
  /** Of each record: its instrument, and the last sequence of its stream before it. */
  readonly instruments: number[] = [];
  readonly previous: number[] = [];
  count = 0;

  add(instrument: number, previousLast: number, words: Int32Array, at: number): void {
    if ((this.count + 1) * EVENT_WORDS > this.records.length) {
      const grown = new Int32Array(this.records.length * 2);
      grown.set(this.records);
      this.records = grown;
    }
    const target = this.count * EVENT_WORDS;
    for (let word = 0; word < EVENT_WORDS; word++) this.records[target + word] = words[at + word] as number;
    this.instruments[this.count] = instrument;
    this.previous[this.count] = previousLast;
    this.count++;
  }
}

/** Sessions that want the same: channel, mode, and one instrument or all. */
export class SubscriptionGroup {
  readonly mode: number;
  readonly channel: number;
  readonly instrument: number;
  readonly sessions = new Set<Session>();
  /** By shard. */
  readonly pending: readonly PendingRecords[];
  /** Framed tops: instrument -> last sequence that the group was sent. By shard. */
  readonly changed: readonly Map<number, number>[];

  constructor(mode: number, channel: number, instrument: number, shardCount: number) {
    this.mode = mode;
    this.channel = channel;
    this.instrument = instrument;
    this.pending = Array.from({ length: shardCount }, () => new PendingRecords());
    this.changed = Array.from({ length: shardCount }, () => new Map<number, number>());
  }
}
