/**
 * What /health says of the platform as this gateway sees it. Gateway thread, at a request.
 */

import { UP_TO_DURABLE, UP_TO_MATCHED } from '../../engine/ring/output-reader.js';
import { sequenceNear } from '../../engine/ring/ring-layout.js';
import type { DeskParts } from './http-desk.js';

interface ShardHealth {
  readonly shard: number;
  readonly epoch: number;
  /** The last event that this gateway has folded and sent. */
  readonly sequence: number;
  /** The last event in the journal, and the last one made. */
  readonly durable: number;
  readonly matched: number;
  /** Events between the journal and this gateway. */
  readonly lag: number;
  /** False: it reads the journal, because it starts or fell behind. */
  readonly live: boolean;
}

export interface Health {
  readonly state: 'ready' | 'following' | 'stopping';
  /** When that began, ISO 8601. */
  readonly since: string;
  /** cancel-only: what adds to a book is refused; why says what for, '' while the mode is normal. */
  readonly mode: 'normal' | 'cancel-only';
  readonly why: string;
  readonly venue: string;
  /** Which gateway answers, and of how many. */
  readonly gateway: number;
  readonly gateways: number;
  readonly shards: readonly ShardHealth[];
  readonly sessions: number;
  readonly publicSessions: number;
  /** Orders over HTTP that wait for their answer. */
  readonly httpRequests: number;
}

export class HealthView {
  readonly #parts: DeskParts;
  #state: Health['state'] = 'following';
  #since: string;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    this.#since = isoTime(parts.clock.nowUs());
  }

  get state(): Health['state'] {
    return this.#state;
  }

  /** A few times a second: notes when the state changed. */
  tick(): void {
    const { feeds, clock } = this.#parts;
    const live = feeds.every((feed) => feed.live);
    const state = this.#parts.ready() ? 'ready' : live ? 'stopping' : 'following';
    if (state === this.#state) return;
    this.#state = state;
    this.#since = isoTime(clock.nowUs());
  }

  all(): Health {
    this.tick();
    const { data, feeds, table, publicSessions, exchange, mode } = this.#parts;
    const isNormal = mode.causes === 0;
    return {
      state: this.#state,
      since: this.#since,
      mode: isNormal ? 'normal' : 'cancel-only',
      why: isNormal ? '' : mode.status.text,
      venue: data.venue,
      gateway: data.index,
      gateways: data.gateways,
      shards: feeds.map(({ shard, epoch, at, live, view }) => {
        const durable = sequenceNear(view.levelPosition(UP_TO_DURABLE), at);
        const matched = sequenceNear(view.levelPosition(UP_TO_MATCHED), durable);
        return { shard, epoch, sequence: at, durable, matched, lag: Math.max(0, durable - at), live };
      }),
      sessions: table.all.size,
      publicSessions: publicSessions.count,
      httpRequests: exchange.waiting,
    };
  }
}

function isoTime(us: number): string {
  return new Date(us / 1000).toISOString();
}
