/**
 * A shard's recovery in a process of its own: `recover-main.js JOURNAL-DIRECTORY` replays that journal as a shard does,
 * with a thread that reads ahead of it, and prints what it took as JSON. Started by recovery.ts. The main thread stands
 * for the shard's: the reading thread is up while the engine's code is loaded, as beside a shard's own thread.
 */

import { ReadAheadThread } from '../../engine/journal/read-ahead.js';

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error('Name the directory of the journal.');
const identity = { shard: 0, shardCount: 1 };
const reader = new ReadAheadThread(directory, identity);

const { RealDisk } = await import('../../engine/journal/disk.js');
const { DEFAULT_LIMITS } = await import('../../engine/limits.js');
const { Engine } = await import('../../engine/engine.js');
const { recoverShard } = await import('../../engine/shard/recovery.js');

const { commands, ms, writer } = recoverShard({
  ...identity,
  disk: new RealDisk(),
  directory,
  limits: DEFAULT_LIMITS,
  engine: new Engine(DEFAULT_LIMITS, identity.shard, identity.shardCount),
  platformStartId: 0,
  readAhead: reader.shardEnd,
  onProgress: null,
});
writer.close();
await reader.end();
console.log(JSON.stringify({ commands, ms }));
