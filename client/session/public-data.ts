/**
 * Public data of a session: what is subscribed, kept over reconnects, and the frames that come of it, checked for holes
 * and handed to who listens.
 */

import { EventKind, type StreamMode } from '../../schemas/codes.js';
import type { PublicFrameReader } from '../../schemas/frame-verifier.js';
import { EVENT_WORDS } from '../../schemas/layout.js';
import {
  eventKindAt,
  indicativeAt,
  type PublicIndicative,
  type PublicTop,
  type PublicTrade,
  type PublicTradeCorrected,
  type PublicTradeVoid,
  topAt,
  tradeAt,
  tradeChangeAt,
} from '../events.js';
import type { Listeners } from './listeners.js';
import { PublicChain, type PublicGap } from './private-chain.js';

export interface Subscription {
  /** Bits of Channel. */
  readonly channels: number;
  readonly mode: StreamMode;
  /** None: all. */
  readonly instruments: readonly number[];
}

export interface PublicListeners {
  readonly trades: Listeners<[PublicTrade]>;
  readonly voids: Listeners<[PublicTradeVoid]>;
  readonly corrections: Listeners<[PublicTradeCorrected]>;
  readonly tops: Listeners<[PublicTop]>;
  readonly indicatives: Listeners<[PublicIndicative]>;
  readonly gaps: Listeners<[PublicGap]>;
  readonly words: Listeners<[Int32Array, number, number, number]>;
}

export class PublicData {
  readonly subscriptions: Subscription[] = [];
  private readonly chain = new PublicChain();
  private readonly listeners: PublicListeners;

  constructor(listeners: PublicListeners) {
    this.listeners = listeners;
  }

  /** A new session: every stream begins anew. */
  restart(): void {
    this.chain.clear();
  }

  /** Forgets the subscriptions that lie within these channels and instruments; no instruments: all. */
  forget(channels: number, instruments: readonly number[]): void {
    for (let at = this.subscriptions.length - 1; at >= 0; at--) {
      const held = this.subscriptions[at];
      if (held === undefined || (held.channels & ~channels) !== 0) continue;
      if (instruments.length === 0 || held.instruments.every((instrument) => instruments.includes(instrument))) {
        this.subscriptions.splice(at, 1);
      }
    }
  }

  take(frame: PublicFrameReader): void {
    const { words, shard, epoch } = frame;
    let at = frame.recordsAtWord;
    for (let stream = 0; stream < frame.streamCount; stream++) {
      const gap = this.chain.next(
        shard,
        frame.instrument(stream),
        frame.channel(stream),
        frame.previousLast(stream),
        frame.last(stream),
      );
      if (gap !== null) this.listeners.gaps.call(gap);
      const end = at + frame.recordCount(stream) * EVENT_WORDS;
      for (; at < end; at += EVENT_WORDS) this.takeRecord(words, at, shard, epoch);
    }
  }

  private takeRecord(words: Int32Array, at: number, shard: number, epoch: number): void {
    const { trades, voids, corrections, tops, indicatives, words: wordListeners } = this.listeners;
    if (wordListeners.count > 0) wordListeners.call(words, at, shard, epoch);
    const kind = eventKindAt(words, at);
    if (kind === EventKind.Trade && trades.count > 0) trades.call(tradeAt(words, at, shard, epoch));
    else if (kind === EventKind.TradeVoid && voids.count > 0) voids.call(tradeChangeAt(words, at, shard, epoch));
    else if (kind === EventKind.TradeCorrected && corrections.count > 0)
      corrections.call(tradeChangeAt(words, at, shard, epoch));
    else if (kind === EventKind.Top && tops.count > 0) tops.call(topAt(words, at, shard, epoch));
    else if (kind === EventKind.Indicative && indicatives.count > 0)
      indicatives.call(indicativeAt(words, at, shard, epoch));
  }
}
