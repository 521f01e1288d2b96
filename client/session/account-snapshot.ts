/**
 * What the account has in a shard, put together from the frames in which it comes: live orders, positions, balances, and the last
 * client order id of each lane. It stands in place of the stream up to its sequence.
 */

import type { SnapshotMessage } from '../../schemas/control.js';
import { EVENT_WORDS } from '../../schemas/layout.js';
import { type AnyReport, reportAt } from '../events.js';

const LANE_SHIFT = 48n;
const COUNTER_MASK = (1n << LANE_SHIFT) - 1n;

export interface AccountSnapshot {
  readonly shard: number;
  readonly epoch: number;
  /** As of this event; the stream goes on behind it. */
  readonly sequence: number;
  readonly accountSequence: number;
  /** OrderState of each live order, PositionState, BalanceState. */
  readonly reports: readonly AnyReport[];
  /** By lane the highest counter of a client order id that the shard has met. */
  readonly marks: ReadonlyMap<number, number>;
}

export class SnapshotParts {
  /** By shard: those of several come in between each other. */
  private readonly parts = new Map<number, SnapshotMessage[]>();

  /** All of it with the last part; null before. Parts of a shard come in their order; a first one begins anew. */
  take(message: SnapshotMessage): AccountSnapshot | null {
    const parts = message.part === 0 ? [] : (this.parts.get(message.shard) ?? []);
    if (message.part !== parts.length) return null;
    parts.push(message);
    this.parts.set(message.shard, parts);
    if (parts.length < message.parts) return null;
    const { shard, epoch, sequence, accountSequence } = message;
    const reports: AnyReport[] = [];
    const marks = new Map<number, number>();
    for (const { records, marks: ids } of parts) {
      for (let at = 0; at < records.length; at += EVENT_WORDS) reports.push(reportAt(records, at, shard, epoch));
      for (const id of ids) marks.set(Number(id >> LANE_SHIFT), Number(id & COUNTER_MASK));
    }
    this.parts.delete(shard);
    return { shard, epoch, sequence, accountSequence, reports, marks };
  }
}
