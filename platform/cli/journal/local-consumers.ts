/**
 * Who holds the segments of a venue on this machine, shard by shard, and how one is taken away. Main thread.
 */

import { RealDisk } from '../../../engine/journal/disk.js';
import { listConsumers, removeConsumer } from '../../../engine/retention/consumers.js';
import { journalDirectory } from '../../data-directory.js';
import { EXIT_DATA_DIRECTORY, PlatformError } from '../../exit-codes.js';
import type { LocalVenue } from './local-venue.js';

export interface LocalConsumer {
  readonly shard: number;
  readonly name: string;
  /** What it lacks lies there or behind; null: its file is damaged, and it holds everything. */
  readonly segment: number | null;
  /** The last event that it has. */
  readonly eventSequence: number | null;
}

export function consumersOf({ path, shardCount }: LocalVenue): LocalConsumer[] {
  return Array.from({ length: shardCount }, (_, shard): LocalConsumer[] => {
    const { consumers, damaged } = listConsumers(new RealDisk(), journalDirectory(path, shard));
    return [
      ...consumers.map((consumer) => ({ shard, ...consumer })),
      ...damaged.map(({ name }) => ({ shard, name, segment: null, eventSequence: null })),
    ];
  }).flat();
}

/** Throws a PlatformError when there is none of this name. */
export function removeEverywhere(venue: LocalVenue, name: string): void {
  const disk = new RealDisk();
  const shards = consumersOf(venue).filter((consumer) => consumer.name === name);
  if (shards.length === 0) {
    throw new PlatformError(
      'NO_SUCH_CONSUMER',
      EXIT_DATA_DIRECTORY,
      `There is no consumer "${name}" in ${venue.path}: tredye journal consumers lists them.`,
    );
  }
  for (const { shard } of shards) removeConsumer(disk, journalDirectory(venue.path, shard), name);
}
