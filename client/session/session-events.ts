/**
 * What a session tells its user, and who wants to hear it. Each on… returns what takes the listener away again.
 */

import type {
  AnyReport,
  PublicIndicative,
  PublicTop,
  PublicTrade,
  PublicTradeCorrected,
  PublicTradeVoid,
} from '../events.js';
import type { TredyeError } from '../tredye-error.js';
import type { AccountSnapshot } from './account-snapshot.js';
import { Listeners } from './listeners.js';
import type { PublicGap } from './private-chain.js';

export type SessionState = 'connecting' | 'ready' | 'reconnecting' | 'closed';

/** How the venue stands; also told behind a logon when it is not StatusCode.Normal. */
export interface StatusMessage {
  /** StatusCode. */
  readonly code: number;
  readonly text: string;
}

export interface StreamCut {
  readonly shard: number;
  readonly epoch: number;
  /** The last event that still stands. */
  readonly sequence: number;
}

/** Events as words, many a second, nothing allocated: `words` is valid until the call returns. */
export type EventWordsListener = (words: Int32Array, at: number, shard: number, epoch: number) => void;

export abstract class SessionEvents {
  protected readonly reportListeners = new Listeners<[AnyReport]>();
  protected readonly tradeListeners = new Listeners<[PublicTrade]>();
  protected readonly voidListeners = new Listeners<[PublicTradeVoid]>();
  protected readonly correctionListeners = new Listeners<[PublicTradeCorrected]>();
  protected readonly topListeners = new Listeners<[PublicTop]>();
  protected readonly indicativeListeners = new Listeners<[PublicIndicative]>();
  protected readonly statusListeners = new Listeners<[StatusMessage]>();
  protected readonly stateListeners = new Listeners<[SessionState, string]>();
  protected readonly refusalListeners = new Listeners<[frame: number, error: TredyeError]>();
  protected readonly rolledBackListeners = new Listeners<[StreamCut]>();
  protected readonly resumedListeners = new Listeners<[StreamCut]>();
  protected readonly snapshotListeners = new Listeners<[AccountSnapshot]>();
  protected readonly gapListeners = new Listeners<[PublicGap]>();
  protected readonly roomListeners = new Listeners<[number]>();
  protected readonly wordListeners = new Listeners<[Int32Array, number, number, number]>();
  protected readonly publicWordListeners = new Listeners<[Int32Array, number, number, number]>();
  protected readonly publicFrameListeners = new Listeners<[number]>();
  protected readonly heartbeatListeners = new Listeners<[number]>();
  protected readonly retryListeners = new Listeners<[number, number]>();

  onReport(listener: (report: AnyReport) => void): () => void {
    return this.reportListeners.add(listener);
  }

  onTrade(listener: (trade: PublicTrade) => void): () => void {
    return this.tradeListeners.add(listener);
  }

  /** A trade that was public is void. */
  onTradeVoid(listener: (trade: PublicTradeVoid) => void): () => void {
    return this.voidListeners.add(listener);
  }

  /** A trade that was public has another price. */
  onTradeCorrected(listener: (trade: PublicTradeCorrected) => void): () => void {
    return this.correctionListeners.add(listener);
  }

  onTop(listener: (top: PublicTop) => void): () => void {
    return this.topListeners.add(listener);
  }

  /** In auctions, of whoever subscribed to tops: what an uncross would come to now, at most every 16 ms. */
  onIndicative(listener: (indicative: PublicIndicative) => void): () => void {
    return this.indicativeListeners.add(listener);
  }

  onStatus(listener: (status: StatusMessage) => void): () => void {
    return this.statusListeners.add(listener);
  }

  onStateChange(listener: (state: SessionState, why: string) => void): () => void {
    return this.stateListeners.add(listener);
  }

  /** A frame of `send` was not taken. */
  onRefused(listener: (frame: number, error: TredyeError) => void): () => void {
    return this.refusalListeners.add(listener);
  }

  /** A crash took back what level `matched` had shown: forget what came after `sequence`, it comes again, differently. */
  onRolledBack(listener: (cut: StreamCut) => void): () => void {
    return this.rolledBackListeners.add(listener);
  }

  /** A resumed stream has reached the live one. */
  onResumed(listener: (cut: StreamCut) => void): () => void {
    return this.resumedListeners.add(listener);
  }

  /**
   * What the account has in a shard, in place of the stream up to there: behind a logon with `snapshot`, and where what was to be
   * resumed lies too far back. Whoever keeps orders, positions and balances of that shard takes these instead.
   */
  onSnapshot(listener: (snapshot: AccountSnapshot) => void): () => void {
    return this.snapshotListeners.add(listener);
  }

  onPublicGap(listener: (gap: PublicGap) => void): () => void {
    return this.gapListeners.add(listener);
  }

  /** Called with room() after answers came in: when a full window has room again. */
  onRoom(listener: (room: number) => void): () => void {
    return this.roomListeners.add(listener);
  }

  onEventWords(listener: EventWordsListener): () => void {
    return this.wordListeners.add(listener);
  }

  /** Trades, tops and indicative prices as words. */
  onPublicWords(listener: EventWordsListener): () => void {
    return this.publicWordListeners.add(listener);
  }

  /** Before the records of each public frame: when the gateway sent it, by the gateway's clock, µs since 1970. */
  onPublicFrame(listener: (sentUs: number) => void): () => void {
    return this.publicFrameListeners.add(listener);
  }

  /** Each heartbeat of the gateway: its clock when it sent it, µs since 1970. */
  onHeartbeat(listener: (timeUs: number) => void): () => void {
    return this.heartbeatListeners.add(listener);
  }

  /** The next attempt to connect is planned: in so many milliseconds, and the how many-th in a row it is. */
  onRetry(listener: (waitMs: number, attempt: number) => void): () => void {
    return this.retryListeners.add(listener);
  }
}
