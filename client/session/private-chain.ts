/**
 * What this client holds of its account's private stream, shard by shard, and whether the next event follows it.
 * The account's events of a shard are numbered densely (accountSequence, modulo 2^32), so a hole is seen at once; the
 * remedy is always the same: connect again and resume from what is held.
 */

/** Where a client goes on. accountSequence: of the last event held; left out, the chain begins with what comes next. */
export interface ResumeFrom {
  readonly shard: number;
  readonly epoch: number;
  readonly sequence: number;
  readonly accountSequence?: number;
}

/** The event follows what is held; it is held now. */
export const CHAIN_NEXT = 0;
/** The event was held already: the overlap of a replay. */
export const CHAIN_SEEN = -1;
/** Events are missing before this one. */
export const CHAIN_GAP = -2;

/** accountSequence of a shard of which only the sequence is known. */
const UNKNOWN = -1;

interface HeldShard {
  epoch: number;
  sequence: number;
  /** Unsigned, or UNKNOWN. */
  accountSequence: number;
}

export class PrivateChain {
  private readonly shards: (HeldShard | undefined)[] = [];

  /** Sets what is held: at a logon, by the caller's resume points, or when the platform rolled the stream back. */
  hold(point: ResumeFrom): void {
    this.shards[point.shard] = {
      epoch: point.epoch,
      sequence: point.sequence,
      accountSequence: point.accountSequence === undefined ? UNKNOWN : point.accountSequence >>> 0,
    };
  }

  holds(shard: number): boolean {
    return this.shards[shard] !== undefined;
  }

  /** The last sequence held of a shard; 0 when there is none. */
  sequence(shard: number): number {
    return this.shards[shard]?.sequence ?? 0;
  }

  /** The next event of a shard, in the order in which it came. Returns one of the CHAIN codes; a gap changes nothing. */
  next(shard: number, epoch: number, sequence: number, accountSequence: number): number {
    const held = this.shards[shard];
    if (held === undefined) {
      this.hold({ shard, epoch, sequence, accountSequence });
      return CHAIN_NEXT;
    }
    if (held.accountSequence === UNKNOWN) {
      if (sequence <= held.sequence) return CHAIN_SEEN;
    } else {
      const ahead = (accountSequence - held.accountSequence) | 0;
      if (ahead <= 0) return CHAIN_SEEN;
      if (ahead > 1) return CHAIN_GAP;
    }
    held.epoch = epoch;
    held.sequence = sequence;
    held.accountSequence = accountSequence >>> 0;
    return CHAIN_NEXT;
  }

  /** True when the platform's mark says that there are events beyond what is held. */
  behind(shard: number, accountSequence: number): boolean {
    const held = this.shards[shard];
    if (held === undefined || held.accountSequence === UNKNOWN) return false;
    return ((accountSequence - held.accountSequence) | 0) > 0;
  }

  /** All that is held, for the next logon. */
  points(): ResumeFrom[] {
    const points: ResumeFrom[] = [];
    for (let shard = 0; shard < this.shards.length; shard++) {
      const held = this.shards[shard];
      if (held === undefined) continue;
      const { epoch, sequence, accountSequence } = held;
      points.push(
        accountSequence === UNKNOWN ? { shard, epoch, sequence } : { shard, epoch, sequence, accountSequence },
      );
    }
    return points;
  }
}

/** Says which instrument and channel of the public data has a hole, and where. */
export interface PublicGap {
  readonly shard: number;
  readonly instrument: number;
  readonly channel: number;
  /** The last sequence held, and the one that the platform says was before the new frame. */
  readonly held: number;
  readonly previousLast: number;
}

/** The same for public data, where each instrument and channel chains itself by the sequence of its last record. */
export class PublicChain {
  /** By instrument * 256 + channel. */
  private readonly last = new Map<number, number>();

  /** Notes one stream of a frame; returns the hole before it, or null. The new records stand either way: a trade after a
   * hole is a trade, and a top of book is the whole truth. previousLast 0: the platform begins the stream anew. */
  next(shard: number, instrument: number, channel: number, previousLast: number, last: number): PublicGap | null {
    const key = instrument * 256 + channel;
    const held = this.last.get(key);
    this.last.set(key, last);
    if (held === undefined || held === previousLast || previousLast === 0) return null;
    return { shard, instrument, channel, held, previousLast };
  }

  /** A new connection begins anew. */
  clear(): void {
    this.last.clear();
  }
}
