/**
 * Public data of all shards: trades, top of book and indicative prices of auctions, made from durable events by engine/public and sent to whoever
 * subscribed. Gateway thread.
 *
 * Sessions that want the same (channel, mode, one instrument or all) are one group: a frame is encoded once and its bytes
 * go to all of them. Raw groups are flushed at the end of each batch, framed ones by a timer that runs only while there
 * is one: of a top of book they get the newest state.
 *
 * A session with too much unsent is left out of its groups' frames, and what it missed is noted as (stream, what it
 * held). Once it reads again it gets the tops as they are now, chained to what it held, and of trades the last one,
 * whose previousLast shows the gap. A new subscription is the same thing, with nothing held.
 */

import type { AuctionResult } from '../../engine/public/auction-price.js';
import * as levelFold from '../../engine/public/level-fold.js';
import { LevelFold } from '../../engine/public/level-fold.js';
import { TradePairs, writeIndicative, writeTop, writeTradeChange } from '../../engine/public/public-record.js';
import type { ShardImage } from '../../engine/public/shard-image.js';
import { Channel, StreamMode } from '../../schemas/codes.js';
import { PublicFrameWriter } from '../../schemas/frame-writer.js';
import * as layout from '../../schemas/layout.js';
import { joinWords } from '../../schemas/layout.js';
import type { Clock } from '../clock.js';
import type { ShardFeed } from '../reports/shard-feed.js';
import type { Session } from '../sessions/session.js';
import * as sessionStates from '../sessions/session.js';
import { Indicatives } from './indicatives.js';
import { LastTrades } from './last-trades.js';
import { RecentTrades } from './recent-trades.js';
import { type PendingRecords, PublicInterest, SubscriptionGroup } from './subscriptions.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { FOLD_TOP } = levelFold;
const { EVENT_INSTRUMENT, EVENT_KIND_WORD, EVENT_SELL_BIT, EVENT_SEQUENCE, EVENT_WORDS, MAX_FRAME_RECORDS } = layout;
const { LIVE } = sessionStates;

const TRADES: number = Channel.Trades;
const TOP: number = Channel.Top;
const RAW: number = StreamMode.Raw;
const FRAME: number = StreamMode.Frame;

const CHANNELS: readonly number[] = [TRADES, TOP];
const ALL_INSTRUMENTS = 0;
/** Trades that a framed group holds back at most; more are sent before the timer. */
const HELD_TRADES = 1024;

/** Subscribe.channels and Unsubscribe.channels. */
export const TRADES_BIT = 1;
export const TOP_BIT = 2;

function channelBit(channel: number): number {
  return channel === TRADES ? TRADES_BIT : TOP_BIT;
}

class ShardMarket {
  readonly fold = new LevelFold();
  readonly pairs = new TradePairs();
  /** Instruments of this shard that ever had a book. */
  readonly withBook = new Set<number>();
}

export class MarketData {
  /** Frames of raw groups so far, each counted for every session that got it. */
  rawFrames = 0;

  readonly #shards: readonly ShardMarket[];
  readonly #feeds: readonly ShardFeed[];
  readonly #clock: Clock;
  readonly #pauseBytes: number;
  readonly #shardOf: (instrument: number) => number;
  /** By instrument, of channel Top: sequence of the last change. */
  readonly #topLast = new Map<number, number>();
  readonly #lastTrades: LastTrades;
  readonly #indicatives: Indicatives;
  /** For whoever asks; streams do not need it. */
  readonly trades = new RecentTrades();
  /** Groups by channel and instrument; ALL_INSTRUMENTS is one of them. */
  readonly #groups: readonly Map<number, SubscriptionGroup[]>[] = [new Map(), new Map(), new Map()];
  /** Groups with something to send, by mode. */
  readonly #dirty: readonly Set<SubscriptionGroup>[] = [new Set(), new Set()];
  /** Sessions that missed something, by mode. */
  readonly #behind: readonly Set<Session>[] = [new Set(), new Set()];
  readonly #writer = new PublicFrameWriter();
  readonly #record = new Int32Array(EVENT_WORDS * 3);
  readonly #toFlush = new Set<Session>();
  readonly #interests = new Map<Session, PublicInterest>();
  /** Streams of the frame at hand, for the sessions that do not get it. */
  readonly #notedInstruments: number[] = [];
  readonly #notedPrevious: number[] = [];
  readonly #framedWanted: (wanted: boolean) => void;
  /** Framed subscriptions of all sessions. */
  #framed = 0;
  #framedSaid = false;

  /**
   * `shardOf`: negative for an instrument that is not known. `framedWanted`: see GatewaySeams. `referenceOf`: the
   * reference price of an instrument's terms.
   */
  constructor(
    feeds: readonly ShardFeed[],
    clock: Clock,
    pauseBytes: number,
    shardOf: (instrument: number) => number,
    framedWanted: (wanted: boolean) => void,
    referenceOf: (instrument: number) => number,
  ) {
    this.#feeds = feeds;
    this.#shards = feeds.map(() => new ShardMarket());
    this.#lastTrades = new LastTrades(feeds.length);
    this.#clock = clock;
    this.#pauseBytes = pauseBytes;
    this.#shardOf = shardOf;
    this.#framedWanted = framedWanted;
    this.#indicatives = new Indicatives(referenceOf);
  }

  /** Folds `count` durable events of a shard and sends what raw subscribers get of them. */
  take(feed: ShardFeed, words: Int32Array, count: number): void {
    const { fold, pairs, withBook } = this.#shards[feed.shard] as ShardMarket;
    const record = this.#record;
    for (let event = 0; event < count; event++) {
      const at = event * EVENT_WORDS;
      if (pairs.add(words, at, record, 0)) {
        this.trades.add((record[EVENT_INSTRUMENT] as number) >>> 0, record);
        this.#trade(feed.shard, record);
      } else if (writeTradeChange(words, at, record, 0)) {
        this.trades.change(record);
        this.#trade(feed.shard, record);
      }
      this.#indicatives.take(words, at);
      if (fold.apply(words, at) === FOLD_TOP) {
        const instrument = (words[at + EVENT_INSTRUMENT] as number) >>> 0;
        if (!this.#topLast.has(instrument)) withBook.add(instrument);
        this.#topChanged(feed.shard, fold, instrument, words, at);
      }
    }
    if (this.#dirty[RAW].size > 0 || this.#behind[RAW].size > 0) this.#flush(RAW);
    if (this.#indicatives.changed.size > 0) this.#watchFramed();
  }

  /**
   * Takes what an image says of a shard in place of what was folded. Whoever is subscribed gets the tops as they are now,
   * chained to what it holds, and where trades were missed the last one, whose previousLast shows the gap.
   */
  begin(image: ShardImage): void {
    const market = this.#shards[image.shard] as ShardMarket;
    // Afterwards every group was sent what was folded so far.
    this.#flush(RAW);
    this.#flush(FRAME);
    market.fold.begin(image);
    market.pairs.reset();
    for (const instrument of market.fold.instruments()) market.withBook.add(instrument);
    this.#indicatives.begin(image.instruments);
    for (const instrument of market.withBook) {
      this.#miss(TOP, image.shard, instrument, this.#topLast.get(instrument) ?? 0);
      this.#topLast.set(instrument, image.sequence);
    }
    for (const [instrument, last] of this.#lastTrades.begin(image, this.trades)) {
      this.#miss(TRADES, image.shard, instrument, last);
    }
    this.#flush(RAW);
    this.#watchFramed();
  }

  /** Whoever is subscribed to an instrument's channel holds `last` of it and gets what is there now. */
  #miss(channel: number, shard: number, instrument: number, last: number): void {
    for (const key of [ALL_INSTRUMENTS, instrument]) {
      for (const group of this.#groups[channel]?.get(key) ?? []) {
        if (channel === TOP && group.mode === FRAME) {
          this.#dirty[FRAME].add(group);
          (group.changed[shard] as Map<number, number>).set(instrument, last);
          continue;
        }
        for (const session of group.sessions) {
          const behind = this.#interestOf(session).of(channel).behind[group.mode];
          if (!behind.has(instrument)) behind.set(instrument, last);
          this.#behind[group.mode].add(session);
        }
      }
    }
  }

  /** The books of a shard as of the last event that was taken. Read only. */
  books(shard: number): LevelFold {
    return (this.#shards[shard] as ShardMarket).fold;
  }

  /** What an uncross of an instrument of the shard would come to now; null: it is in no auction. */
  indicative(shard: number, instrument: number): AuctionResult | null {
    return this.#indicatives.now(this.books(shard), instrument);
  }

  /** The most instruments that a session would have on one of these channels with so many more; all count as one. */
  wouldHave(session: Session, channels: number, instruments: readonly number[]): number {
    let most = 0;
    for (const channel of CHANNELS) {
      if ((channels & channelBit(channel)) === 0) continue;
      const groups = this.#interests.get(session)?.of(channel).groups;
      let count = groups?.size ?? 0;
      for (const instrument of new Set(instruments)) if (groups?.has(instrument) !== true) count++;
      most = Math.max(most, count);
    }
    return most;
  }

  /** Every frameMs while somebody is subscribed to framed data, or an auction that somebody watches has changed. */
  frameTick(): void {
    if (this.#indicatives.changed.size > 0) {
      for (const instrument of this.#indicatives.changed) this.#lookAtAuction(instrument);
      if (this.#dirty[RAW].size > 0) this.#flush(RAW);
      this.#watchFramed();
    }
    this.#flush(FRAME);
  }

  /** A session's socket took what was waiting. */
  drained(session: Session): void {
    if (!this.#behind[RAW].has(session)) return;
    this.#recover(session, RAW);
    session.flush();
  }

  /** Adds to what a session gets. No instruments: all, in place of some; some do not take the place of all. */
  subscribe(session: Session, channels: number, mode: number, instruments: readonly number[]): void {
    const interest = this.#interestOf(session);
    for (const channel of CHANNELS) {
      if ((channels & channelBit(channel)) === 0) continue;
      const { groups } = interest.of(channel);
      if (instruments.length === 0) {
        for (const instrument of [...groups.keys()]) this.#leave(session, channel, instrument);
        this.#join(session, channel, mode, ALL_INSTRUMENTS);
      } else if (!groups.has(ALL_INSTRUMENTS)) {
        for (const instrument of instruments) {
          this.#leave(session, channel, instrument);
          this.#join(session, channel, mode, instrument);
        }
      }
    }
    this.#watchFramed();
  }

  /** How many instruments a session gets on the channel of these with the most; `all`: what to say for all. */
  subscribedTo(session: Session, channels: number, all: number): number {
    let most = 0;
    for (const channel of CHANNELS) {
      const groups =
        (channels & channelBit(channel)) === 0 ? undefined : this.#interests.get(session)?.of(channel).groups;
      if (groups?.has(ALL_INSTRUMENTS) === true) return all;
      most = Math.max(most, groups?.size ?? 0);
    }
    return most;
  }

  /** Sends a raw subscriber the present tops that it was not sent. A framed one gets them with the next frame. */
  showNow(session: Session): void {
    this.#recover(session, RAW);
    session.flush();
  }

  /** Takes away; no instruments: all of the channels. Of someone who has all, single ones cannot be taken. */
  unsubscribe(session: Session, channels: number, instruments: readonly number[]): void {
    const interest = this.#interests.get(session);
    if (interest === undefined) return;
    for (const channel of CHANNELS) {
      if ((channels & channelBit(channel)) === 0) continue;
      const which = instruments.length === 0 ? [...interest.of(channel).groups.keys()] : instruments;
      for (const instrument of which) this.#leave(session, channel, instrument);
    }
    this.#watchFramed();
  }

  /** The connection is over. */
  forget(session: Session): void {
    this.unsubscribe(session, TRADES_BIT | TOP_BIT, []);
    this.#behind[RAW].delete(session);
    this.#behind[FRAME].delete(session);
    this.#toFlush.delete(session);
    this.#interests.delete(session);
  }

  #watchFramed(): void {
    const auctions = this.#indicatives.changed.size > 0 && (this.#groups[TOP]?.size ?? 0) > 0;
    const wanted = this.#framed > 0 || auctions;
    if (wanted === this.#framedSaid) return;
    this.#framedSaid = wanted;
    this.#framedWanted(wanted);
  }

  #interestOf(session: Session): PublicInterest {
    let interest = this.#interests.get(session);
    if (interest === undefined) {
      interest = new PublicInterest();
      this.#interests.set(session, interest);
    }
    return interest;
  }

  #join(session: Session, channel: number, mode: number, instrument: number): void {
    const groups = this.#groups[channel] as Map<number, SubscriptionGroup[]>;
    let ofInstrument = groups.get(instrument);
    if (ofInstrument === undefined) {
      ofInstrument = [];
      groups.set(instrument, ofInstrument);
    }
    let group = ofInstrument.find((candidate) => candidate.mode === mode);
    if (group === undefined) {
      group = new SubscriptionGroup(mode, channel, instrument, this.#shards.length);
      ofInstrument.push(group);
    }
    group.sessions.add(session);
    const interest = this.#interestOf(session).of(channel);
    interest.groups.set(instrument, group);
    if (mode === FRAME) this.#framed++;
    if (channel === TOP) {
      const behind = interest.behind[mode];
      if (instrument !== ALL_INSTRUMENTS) behind.set(instrument, 0);
      else for (const { withBook } of this.#shards) for (const one of withBook) behind.set(one, 0);
      if (behind.size > 0) this.#behind[mode].add(session);
    }
  }

  #leave(session: Session, channel: number, instrument: number): void {
    const interest = this.#interests.get(session)?.of(channel);
    const group = interest?.groups.get(instrument);
    if (interest === undefined || group === undefined) return;
    interest.groups.delete(instrument);
    const behind = interest.behind[group.mode];
    if (instrument === ALL_INSTRUMENTS) behind.clear();
    else behind.delete(instrument);
    group.sessions.delete(session);
    if (group.mode === FRAME) this.#framed--;
    if (group.sessions.size > 0) return;
    this.#dirty[group.mode].delete(group);
    const groups = this.#groups[channel] as Map<number, SubscriptionGroup[]>;
    const left = (groups.get(instrument) ?? []).filter((other) => other !== group);
    if (left.length === 0) groups.delete(instrument);
    else groups.set(instrument, left);
  }

  /** A Trade, TradeVoid or TradeCorrected: they are one stream. */
  #trade(shard: number, record: Int32Array): void {
    const instrument = (record[EVENT_INSTRUMENT] as number) >>> 0;
    const previousLast = this.#lastTrades.note(shard, instrument, record);
    this.#addTrade(ALL_INSTRUMENTS, shard, instrument, previousLast, record);
    this.#addTrade(instrument, shard, instrument, previousLast, record);
  }

  #addTrade(key: number, shard: number, instrument: number, previousLast: number, record: Int32Array): void {
    const groups = this.#groups[TRADES]?.get(key);
    if (groups === undefined) return;
    for (const group of groups) {
      const pending = group.pending[shard] as PendingRecords;
      pending.add(instrument, previousLast, record, 0);
      this.#dirty[group.mode].add(group);
      if (group.mode === FRAME && pending.count >= HELD_TRADES) this.#sendPending(group, shard);
    }
  }

  #topChanged(shard: number, fold: LevelFold, instrument: number, words: Int32Array, at: number): void {
    const previousLast = this.#topLast.get(instrument) ?? 0;
    this.#topLast.set(
      instrument,
      joinWords(words[at + EVENT_SEQUENCE] as number, words[at + EVENT_SEQUENCE + 1] as number),
    );
    const side = ((words[at + EVENT_KIND_WORD] as number) & EVENT_SELL_BIT) === 0 ? 0 : 1;
    this.#addTop(ALL_INSTRUMENTS, shard, fold, instrument, side, previousLast);
    this.#addTop(instrument, shard, fold, instrument, side, previousLast);
  }

  /** Says what the auction of a changed instrument would come to, where that is not what was said last. */
  #lookAtAuction(instrument: number): void {
    const shard = this.#shardOf(instrument);
    const market = this.#shards[shard];
    if (market === undefined) this.#indicatives.changed.delete(instrument);
    if (market === undefined || !this.#indicatives.look(market.fold, instrument)) return;
    const { fold, withBook } = market;
    const previousLast = this.#topLast.get(instrument) ?? 0;
    if (previousLast === 0) withBook.add(instrument);
    const { stamp } = fold;
    this.#topLast.set(instrument, joinWords(stamp[EVENT_SEQUENCE] as number, stamp[EVENT_SEQUENCE + 1] as number));
    for (const key of [ALL_INSTRUMENTS, instrument]) {
      for (const group of this.#groups[TOP]?.get(key) ?? []) {
        this.#dirty[group.mode].add(group);
        if (group.mode === RAW) {
          writeIndicative(this.#record, 0, fold, instrument, this.#indicatives.of(instrument));
          (group.pending[shard] as PendingRecords).add(instrument, previousLast, this.#record, 0);
        } else {
          const changed = group.changed[shard] as Map<number, number>;
          if (!changed.has(instrument)) changed.set(instrument, previousLast);
        }
      }
    }
  }

  #addTop(key: number, shard: number, fold: LevelFold, instrument: number, side: number, previousLast: number): void {
    const groups = this.#groups[TOP]?.get(key);
    if (groups === undefined) return;
    for (const group of groups) {
      this.#dirty[group.mode].add(group);
      if (group.mode === RAW) {
        writeTop(this.#record, EVENT_WORDS, fold, instrument, side);
        (group.pending[shard] as PendingRecords).add(instrument, previousLast, this.#record, EVENT_WORDS);
      } else {
        const changed = group.changed[shard] as Map<number, number>;
        if (!changed.has(instrument)) changed.set(instrument, previousLast);
      }
    }
  }

  #flush(mode: number): void {
    for (const group of this.#dirty[mode]) {
      for (let shard = 0; shard < this.#shards.length; shard++) {
        this.#sendPending(group, shard);
        this.#sendChanged(group, shard);
      }
    }
    this.#dirty[mode].clear();
    for (const session of this.#behind[mode]) this.#recover(session, mode);
    for (const session of this.#toFlush) session.flush();
    this.#toFlush.clear();
  }

  /** Sends a group the records that wait, in order; neighbours of one stream share a stream entry. */
  #sendPending(group: SubscriptionGroup, shard: number): void {
    const pending = group.pending[shard] as PendingRecords;
    if (pending.count === 0) return;
    const writer = this.#begin(shard);
    let from = 0;
    while (from < pending.count) {
      const instrument = pending.instruments[from] as number;
      let to = from + 1;
      while (to < pending.count && pending.instruments[to] === instrument) to++;
      from += this.#appendRun(group, pending, from, to);
      if (from < to) this.#sendFrame(group, shard, writer);
    }
    if (writer.count > 0) this.#sendFrame(group, shard, writer);
    pending.count = 0;
  }

  /** Appends as much of a run of one stream as fits and returns how many records that were. */
  #appendRun(group: SubscriptionGroup, pending: PendingRecords, from: number, to: number): number {
    const room = MAX_FRAME_RECORDS - this.#writer.count;
    const count = Math.min(room, to - from);
    if (count === 0) return 0;
    const instrument = pending.instruments[from] as number;
    const last = joinWords(
      pending.records[(from + count - 1) * EVENT_WORDS + EVENT_SEQUENCE] as number,
      pending.records[(from + count - 1) * EVENT_WORDS + EVENT_SEQUENCE + 1] as number,
    );
    this.#writer.append(
      instrument,
      group.channel,
      pending.previous[from] as number,
      last,
      pending.records,
      from * EVENT_WORDS,
      count,
    );
    this.#note(instrument, pending.previous[from] as number);
    return count;
  }

  /** Sends a framed group both sides of each book whose top changed. */
  #sendChanged(group: SubscriptionGroup, shard: number): void {
    const changed = group.changed[shard] as Map<number, number>;
    if (changed.size === 0) return;
    const writer = this.#begin(shard);
    for (const [instrument, previousLast] of changed) {
      if (!this.#appendTop(shard, instrument, previousLast)) {
        this.#sendFrame(group, shard, writer);
        this.#appendTop(shard, instrument, previousLast);
      }
      this.#note(instrument, previousLast);
    }
    this.#sendFrame(group, shard, writer);
    changed.clear();
  }

  #appendTop(shard: number, instrument: number, previousLast: number): boolean {
    const { fold } = this.#shards[shard] as ShardMarket;
    writeTop(this.#record, 0, fold, instrument, 0);
    writeTop(this.#record, EVENT_WORDS, fold, instrument, 1);
    let count = 2;
    if (this.#indicatives.has(instrument)) {
      writeIndicative(this.#record, EVENT_WORDS * 2, fold, instrument, this.#indicatives.of(instrument));
      count = 3;
    }
    const last = this.#topLast.get(instrument) ?? 0;
    return this.#writer.append(instrument, TOP, previousLast, last, this.#record, 0, count);
  }

  #note(instrument: number, previousLast: number): void {
    this.#notedInstruments.push(instrument);
    this.#notedPrevious.push(previousLast);
  }

  #begin(shard: number): PublicFrameWriter {
    this.#writer.begin(shard, (this.#feeds[shard] as ShardFeed).epoch);
    this.#notedInstruments.length = 0;
    this.#notedPrevious.length = 0;
    return this.#writer;
  }

  /** Gives the frame to every session of the group that keeps up, and begins the next one. */
  #sendFrame(group: SubscriptionGroup, shard: number, writer: PublicFrameWriter): void {
    const bytes = writer.finish(this.#clock.nowUs()).slice();
    for (const session of group.sessions) {
      const behind = this.#interestOf(session).of(group.channel).behind[group.mode];
      if (behind.size === 0 && session.socket.bufferedBytes() <= this.#pauseBytes) {
        session.queue(bytes);
        this.#toFlush.add(session);
        if (group.mode === RAW) this.rawFrames++;
        continue;
      }
      for (let index = 0; index < this.#notedInstruments.length; index++) {
        const instrument = this.#notedInstruments[index] as number;
        if (!behind.has(instrument)) behind.set(instrument, this.#notedPrevious[index] as number);
      }
      this.#behind[group.mode].add(session);
    }
    this.#begin(shard);
  }

  /** Sends a session that fell behind, or is new, the present state of what it missed, as far as it reads. */
  #recover(session: Session, mode: number): void {
    const interest = this.#interests.get(session);
    if (interest === undefined || session.state !== LIVE) {
      this.#behind[mode].delete(session);
      return;
    }
    for (const channel of CHANNELS) {
      const behind = interest.of(channel).behind[mode];
      while (behind.size > 0 && session.socket.bufferedBytes() <= this.#pauseBytes) {
        this.#recoverFrame(session, channel, behind);
        // At once, so that the next look at what is buffered sees it.
        session.flush();
      }
      if (behind.size > 0) return;
    }
    this.#behind[mode].delete(session);
  }

  /** One frame of one shard, the first one's shard, out of `behind`. */
  #recoverFrame(session: Session, channel: number, behind: Map<number, number>): void {
    let shard = -1;
    for (const [instrument, held] of behind) {
      const itsShard = this.#shardOf(instrument);
      if (itsShard < 0) {
        behind.delete(instrument);
        continue;
      }
      if (shard < 0) {
        shard = itsShard;
        this.#begin(shard);
      }
      if (itsShard !== shard) continue;
      if (!this.#appendMissed(shard, channel, instrument, held)) break;
      behind.delete(instrument);
    }
    if (this.#writer.count > 0 && shard >= 0) session.queue(this.#writer.finish(this.#clock.nowUs()).slice());
  }

  #appendMissed(shard: number, channel: number, instrument: number, held: number): boolean {
    if (channel === TOP) return this.#appendTop(shard, instrument, held);
    const trade = this.#lastTrades.of(instrument);
    // The next one will show the gap.
    if (!trade?.record) return true;
    const { record, last, previousLast } = trade;
    return this.#writer.append(instrument, TRADES, previousLast, last, record, 0, 1);
  }
}
