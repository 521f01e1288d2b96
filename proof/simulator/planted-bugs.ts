/**
 * Bugs of the kind that storage and matching systems have really had, planted from outside, one at a time: into classes of the
 * product while a simulation runs, or into its disk. The product knows nothing of them. For the test that the simulator finds
 * each. Any thread, one at a time.
 */

import type { JournalEnd } from '../../engine/journal/places.js';
import { JournalWriter } from '../../engine/journal/writer.js';
import { Transit } from '../../engine/ledger/transit.js';
import { OutputRing } from '../../engine/ring/output-ring.js';
import { LaneTable } from '../../engine/state/lanes.js';
import { Timers } from '../../engine/timers/timers.js';
import { EVENT_WORDS } from '../../schemas/layout.js';
import type { DiskFaults } from '../simulated-disk.js';

/** A planted bug. */
export interface PlantedBug {
  readonly name: string;
  /** Of the disk, for all of a simulation. */
  readonly disk?: Partial<DiskFaults>;
  /** Plants it; returns what takes it out again. */
  readonly plant?: () => () => void;
}

/** Puts another method into a class, and gives what puts the old one back. */
function replaceMethod<C extends object, N extends keyof C>(
  prototype: C,
  name: N,
  make: (old: C[N]) => C[N],
): () => void {
  const old = prototype[name];
  prototype[name] = make(old);
  return () => {
    prototype[name] = old;
  };
}

export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'an acknowledgement before the sync',
    plant: () =>
      replaceMethod(
        OutputRing.prototype,
        'publishMatched',
        (old) =>
          function early(this: OutputRing, position: number): void {
            old.call(this, position);
            this.publishDurable(position);
          },
      ),
  },
  { name: 'a journal opened without O_DSYNC', disk: { ignoreSynced: /\.seg$/ } },
  {
    name: 'a cut one record too far',
    plant: () =>
      replaceMethod(
        JournalWriter.prototype,
        'cutTail',
        (old) =>
          function far(this: JournalWriter, end: JournalEnd): void {
            old.call(this, { ...end, offset: end.lastOffset === 0 ? end.offset : end.lastOffset });
          },
      ),
  },
  {
    name: 'a duplicate accepted',
    plant: () =>
      replaceMethod(
        LaneTable.prototype,
        'keep',
        (old) =>
          function forgetful(
            this: LaneTable,
            lane: number,
            low: number,
            high: number,
            events: Int32Array,
            from: number,
          ) {
            const mark = this.marks[lane] ?? 0;
            old.call(this, lane, low, high, events, from);
            this.marks[lane] = mark;
          },
      ),
  },
  { name: 'a snapshot named before its sync', disk: { ignoreSync: /snapshot\.tmp$/ } },
  { name: 'the name of a segment that is not synced', disk: { ignoreSyncDirectory: /journal$/ } },
  { name: 'a recovered group that is not written again', disk: { skipSameWrites: true } },
  {
    name: 'an epoch that is not raised',
    plant: () =>
      replaceMethod(
        JournalWriter.prototype,
        'beginEpoch',
        (old) =>
          function once(this: JournalWriter, startId: number): number {
            return this.epoch === 0 ? old.call(this, startId) : this.epoch;
          },
      ),
  },
  {
    name: 'an event that is lost on its way into the ring',
    plant: () =>
      replaceMethod(
        OutputRing.prototype,
        'write',
        (old) =>
          function lossy(this: OutputRing, source: Int32Array, at: number, count: number): void {
            const events = source.slice(at, at + count * EVENT_WORDS);
            if (count > 4) events.copyWithin(3 * EVENT_WORDS, 4 * EVENT_WORDS, 5 * EVENT_WORDS);
            old.call(this, events, 0, count);
          },
      ),
  },
  {
    name: 'a move between shards that is credited twice',
    plant: () =>
      replaceMethod(
        Transit.prototype,
        'receive',
        (old) =>
          function again(this: Transit, from: number, asset: number, amount: number, result: number): void {
            old.call(this, from, asset, amount, result);
            this.received[from] = (this.received[from] ?? 0) - 1;
          },
      ),
  },
  {
    name: 'a timer that is forgotten',
    plant: () => replaceMethod(Timers.prototype, 'set', () => () => undefined),
  },
];
