/** The shards' threads: one that cannot start is told by name, one that hangs is noticed in the right state only. */

import { join } from 'node:path';
import t from 'tap';
import { AdminLog } from '../engine/admin-log.js';
import { limitsFrom } from '../engine/limits.js';
import { CommandRing } from '../engine/ring/command-ring.js';
import { Doorbell } from '../engine/ring/doorbell.js';
import { OutputRing } from '../engine/ring/output-ring.js';
import { monotonicMs } from '../engine/shard/clock.js';
import { ShardState, ShardStatus } from '../engine/shard/status-words.js';
import { EXIT_CORRUPT_JOURNAL, EXIT_DATA_DIRECTORY, PlatformError } from './exit-codes.js';
import { openLog } from './log.js';
import { ShardThreads, type StuckShard } from './shard-threads.js';

const LIMITS = limitsFrom({ maxOrders: 1000, maxLevels: 1000, maxInstruments: 10, segmentBytes: 8 * 1024 * 1024 });
const SILENT = openLog('silent', 'json');

function task(directory: string, status: SharedArrayBuffer, doorbell: SharedArrayBuffer) {
  return {
    shard: 0,
    shardCount: 1,
    limits: LIMITS,
    directory,
    platformStartId: 1,
    rings: [CommandRing.create(LIMITS.commandRingSlots)],
    spans: [null],
    output: OutputRing.create(LIMITS.outputRingSlots, 1),
    doorbell,
    readerDoorbells: [Doorbell.create()],
    adminLog: AdminLog.create(LIMITS),
    status,
    spinRounds: 0,
  };
}

t.test('a shard starts, says where it stands, and stops when it is told to', async (t) => {
  const [status, bell] = [ShardStatus.create(), Doorbell.create()];
  const threads = new ShardThreads(1, [status], [bell], SILENT);
  const died: PlatformError[] = [];
  const recovered = await threads.start(
    () => task(join(t.testdir(), 'journal'), status, bell),
    (error) => died.push(error),
  );
  t.match(recovered, [{ shard: 0, epoch: 1, commandSequence: 0, adminNumber: 0 }]);
  await threads.stop();
  t.equal(new ShardStatus(status).state, ShardState.STOPPED);
  t.same(died, []);
});

/** Why a shard with this journal directory does not start. */
async function failureOf(directory: string): Promise<unknown> {
  const [status, bell] = [ShardStatus.create(), Doorbell.create()];
  const threads = new ShardThreads(1, [status], [bell], SILENT);
  const died: PlatformError[] = [];
  const failure = await threads
    .start(
      () => task(directory, status, bell),
      (error) => died.push(error),
    )
    .catch((error: unknown) => error);
  await threads.stop();
  return died[0] === failure ? failure : new Error('Whoever watches was told something else.');
}

t.test('files that cannot be used and a journal that is damaged stop the start, each with its own code', async (t) => {
  const folder = t.testdir({ file: 'in the way', damaged: { '00000001.seg': 'no segment' } });
  const inTheWay = await failureOf(join(folder, 'file', 'journal'));
  t.ok(inTheWay instanceof PlatformError, String(inTheWay));
  t.match(inTheWay, { exitCode: EXIT_DATA_DIRECTORY, code: 'ENOTDIR' });
  const damaged = await failureOf(join(folder, 'damaged'));
  t.match(damaged, { exitCode: EXIT_CORRUPT_JOURNAL, code: /^JOURNAL/, message: /00000001\.seg/ });
});

/** What the watch finds when the shard is in a state for so long. */
async function watched(state: ShardState, forMs: number, syncLimitMs: number): Promise<StuckShard | null> {
  const [memory, bell] = [ShardStatus.create(), Doorbell.create()];
  const status = new ShardStatus(memory);
  status.enter(state, monotonicMs() - forMs);
  const threads = new ShardThreads(1, [memory], [bell], SILENT);
  const found = await new Promise<StuckShard | null>((resolve) => {
    threads.startWatch(syncLimitMs, resolve);
    setTimeout(() => resolve(null), 1200);
  });
  threads.stopWatch();
  await threads.stop();
  return found;
}

t.test('a write past its limit is noticed, a long recovery, an idle shard and a shorter write are not', async (t) => {
  const found = await Promise.all([
    watched(ShardState.IN_SYNC, 5_000, 1_000),
    watched(ShardState.IN_SYNC, 5_000, 60_000),
    watched(ShardState.RECOVERING, 500_000, 1_000),
    watched(ShardState.IDLE, 500_000, 1_000),
    watched(ShardState.MATCHING, 500_000, 1_000),
  ]);
  t.match(found[0], { shard: 0, inSync: true });
  t.same(found.slice(1, 4), [null, null, null]);
  t.match(found[4], { shard: 0, inSync: false }, 'one round for minutes is a loop');
});
