/**
 * A shard's thread: the endless Piscina task. Nobody imports this file; what it runs is run-shard.ts.
 */

import { RealDisk } from '../journal/disk.js';
import { nameThread } from '../thread-name.js';
import { CommandFailure } from './command-failure.js';
import { runShard } from './run-shard.js';
import type { ShardTask } from './worker-data.js';

/** Resolves when the shard was told to stop; rejects when it failed, after a message that says why. */
export default function shardTask(task: ShardTask): void {
  nameThread(`shard-${task.shard}`);
  try {
    runShard(task, new RealDisk());
  } catch (error) {
    if (error instanceof CommandFailure) {
      const { command, where } = error;
      task.port.postMessage({ type: 'threw', shard: task.shard, command, where });
      throw error;
    }
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'SHARD_BUG';
    const message = error instanceof Error ? error.message : String(error);
    task.port.postMessage({ type: 'fatal', shard: task.shard, code, message });
    throw error;
  } finally {
    // The other end gets what was posted, then its 'close'; closing that end itself could lose the last message.
    task.port.close();
  }
}
