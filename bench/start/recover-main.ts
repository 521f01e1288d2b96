/**
 * A shard's recovery in a process of its own: `recover-main.js JOURNAL-DIRECTORY [snapshot]` replays that journal as a shard
 * does, behind its newest snapshot or all of it, with a thread that reads ahead of it, and prints what it took as JSON (`wholeMs`
 * with the making of the engine and the reading of the snapshot). Started
 * by start.ts and long-recovery.ts. The main thread stands
 * for the shard's: the reading thread is up while the engine's code is loaded, as beside a shard's own thread.
 */

import { ReadAheadThread } from '../../engine/journal/read-ahead.js';

const [directory, from] = process.argv.slice(2);
if (directory === undefined) throw new Error('Name the directory of the journal.');
const identity = { shard: 0, shardCount: 1 };
const reader = new ReadAheadThread(directory, identity);

const { RealDisk } = await import('../../engine/journal/disk.js');
const { DEFAULT_LIMITS } = await import('../../engine/limits.js');
const { Engine } = await import('../../engine/engine.js');
const { recoverShard } = await import('../../engine/shard/recovery.js');

const { restoreNewest, snapshotsBeside } = await import('../../engine/snapshot/snapshots.js');

const disk = new RealDisk();
const fresh = () => new Engine(DEFAULT_LIMITS, identity.shard, identity.shardCount);
const startedMs = performance.now();
const found =
  from === 'snapshot'
    ? restoreNewest(disk, snapshotsBeside(directory), identity, DEFAULT_LIMITS, fresh, ({ why }) => {
        throw new Error(`The snapshot cannot be used: ${why}.`);
      })
    : null;
if (from === 'snapshot' && found === null) throw new Error('There is no snapshot.');
const { commands, ms, writer } = recoverShard({
  ...identity,
  disk,
  directory,
  limits: DEFAULT_LIMITS,
  engine: found?.engine ?? fresh(),
  restored: found?.restored ?? null,
  platformStartId: 0,
  readAhead: reader.shardEnd,
  onProgress: null,
});
const wholeMs = performance.now() - startedMs;
writer.close();
await reader.end();
console.log(JSON.stringify({ commands, ms, wholeMs }));
