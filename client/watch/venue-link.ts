/**
 * How a page stands to its venue, in one word: out of what the session says and how long nothing was heard. Worker of a
 * page; milliseconds since 1970.
 */

import { StatusCode } from '../../schemas/codes.js';
import type { SessionState, StatusMessage } from '../session/session-events.js';

/**
 * limited        as live, but orders are refused for now; `why` says why
 * connecting     no logon yet, the first attempt is under way
 * live           logged on, and heard within STALE_MS
 * stale          logged on, but nothing was heard for longer: prices may be old
 * reconnecting   lost or never reached; nextAttemptMs says when it is tried again
 * refused        the venue ended it for good; `why` says why
 */
export type VenueWord = 'connecting' | 'live' | 'limited' | 'stale' | 'reconnecting' | 'refused';

export interface VenueStatus {
  readonly word: VenueWord;
  readonly why: string;
  /** 0: none is planned, or it is under way. */
  readonly nextAttemptMs: number;
  readonly attempt: number;
}

const STALE_MS = 3_000;
const NORMAL: number = StatusCode.Normal;

/** Whether prices are those of now. */
export function isLive({ word }: VenueStatus): boolean {
  return word === 'live' || word === 'limited';
}

export class VenueLink {
  private state: SessionState = 'connecting';
  private why = '';
  private attempt = 0;
  private nextAttemptMs = 0;
  private heardMs = 0;
  /** Why the venue takes only cancels; '': it takes everything. */
  private limit = '';
  private told: VenueStatus | null = null;

  stateChanged(state: SessionState, why: string, nowMs: number): void {
    this.state = state;
    this.why = why;
    this.heardMs = nowMs;
    // A venue that is limited says so again behind each logon.
    this.limit = '';
    if (state === 'ready') this.attempt = 0;
  }

  retryPlanned(waitMs: number, attempt: number, nowMs: number): void {
    this.attempt = attempt;
    this.nextAttemptMs = nowMs + waitMs;
  }

  statusSaid({ code, text }: StatusMessage): void {
    this.limit = code === NORMAL ? '' : text;
  }

  heard(nowMs: number): void {
    this.heardMs = nowMs;
  }

  /** What to tell; null when that is what was told last. */
  news(nowMs: number): VenueStatus | null {
    const word = this.word(nowMs);
    const nextAttemptMs = word === 'reconnecting' && this.nextAttemptMs > nowMs ? this.nextAttemptMs : 0;
    const { told, attempt } = this;
    const why = word === 'limited' ? this.limit : this.why;
    if (
      told !== null &&
      told.word === word &&
      told.why === why &&
      told.nextAttemptMs === nextAttemptMs &&
      told.attempt === attempt
    ) {
      return null;
    }
    this.told = { word, why, nextAttemptMs, attempt };
    return this.told;
  }

  private word(nowMs: number): VenueWord {
    switch (this.state) {
      case 'ready':
        if (nowMs - this.heardMs > STALE_MS) return 'stale';
        return this.limit === '' ? 'live' : 'limited';
      case 'closed':
        return 'refused';
      default:
        return this.state;
    }
  }
}
