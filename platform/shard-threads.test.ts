/** The shards' threads: one that cannot start is told by name, one that hangs is noticed in the right state only. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { AdminLog } from '../engine/admin-log.js';
import { RealDisk } from '../engine/journal/disk.js';
import { openJournal } from '../engine/journal/open-journal.js';
import { TransitBoard } from '../engine/ledger/transit-board.js';
import { limitsFrom } from '../engine/limits.js';
import { ShardMetrics } from '../engine/metrics/shard-metrics.js';
import { CommandRing } from '../engine/ring/command-ring.js';
import { Doorbell } from '../engine/ring/doorbell.js';
import { OutputRing } from '../engine/ring/output-ring.js';
import { monotonicMs } from '../engine/shard/clock.js';
import { ShardState, ShardStatus } from '../engine/shard/status-words.js';
import { EXIT_CORRUPT_JOURNAL, EXIT_DATA_DIRECTORY, PlatformError } from './exit-codes.js';
import { openLog } from './log.js';
import { type ShardEvents, ShardThreads, type StuckShard } from './shard-threads.js';

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
    transit: TransitBoard.create(),
    status,
    metrics: ShardMetrics.create(),
    spinRounds: 0,
  };
}

/** Whoever starts a shard that never throws. */
function watching(died: (error: PlatformError) => void): ShardEvents {
  const never = (): never => {
    throw new Error('It threw.');
  };
  return { died, threw: never, cameBack: never };
}

t.test('a shard starts, says where it stands, and stops when it is told to', async (t) => {
  const [status, bell] = [ShardStatus.create(), Doorbell.create()];
  const threads = new ShardThreads(1, [status], [bell], SILENT);
  const died: PlatformError[] = [];
  const recovered = await threads.start(
    () => task(join(t.testdir(), 'journal'), status, bell),
    watching((error) => died.push(error)),
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
      watching((error) => died.push(error)),
    )
    .catch((error: unknown) => error);
  await threads.stop();
  return died[0] === failure ? failure : new Error('Whoever watches was told something else.');
}

t.test('files that cannot be used and a journal that is damaged stop the start, each with its own code', async (t) => {
  const folder = t.testdir({ file: 'in the way', damaged: { '00000001.seg': 'no segment' } });
  const inTheWay = await failureOf(join(folder, 'file', 'journal'));
  t.ok(inTheWay instanceof PlatformError, String(inTheWay));
  t.match(inTheWay, {
    exitCode: EXIT_DATA_DIRECTORY,
    code: 'ENOTDIR',
    message: /; mend the disk or its rights, then start again\.$/,
  });
  const damaged = await failureOf(join(folder, 'damaged'));
  t.match(damaged, {
    exitCode: EXIT_CORRUPT_JOURNAL,
    code: /^JOURNAL/,
    message: /00000001\.seg.*; restore it from a backup\.$/,
  });
});

t.test('a journal of several segments is read ahead of the shard, and refused as any other', async (t) => {
  const folder = t.testdir({ damaged: { '00000001.seg': 'no segment', '00000002.seg': '' } });
  const directory = join(folder, 'journal');
  const shape = { segmentBytes: 64 * 1024, groupCommands: 1, groupEvents: 1 };
  const begun = 20;
  for (let start = 1; start <= begun; start++) {
    openJournal(new RealDisk(), directory, { shard: 0, shardCount: 1 }, shape, start, () => undefined).writer.close();
  }
  t.ok(existsSync(join(directory, '00000002.seg')));
  const [status, bell] = [ShardStatus.create(), Doorbell.create()];
  const threads = new ShardThreads(1, [status], [bell], SILENT);
  const [recovered] = await threads.start(
    () => task(directory, status, bell),
    watching(() => t.fail('it died')),
  );
  await threads.stop();
  t.equal(recovered?.epochs.length, begun + 1);
  t.match(await failureOf(join(folder, 'damaged')), { exitCode: EXIT_CORRUPT_JOURNAL, code: 'JOURNAL_CORRUPT' });
});

/** The first shard that the watch names, when shard N has been in the Nth state for so long. */
async function firstStuck(
  states: readonly (readonly [ShardState, number])[],
  syncLimitMs: number,
): Promise<StuckShard> {
  const memories = states.map(() => ShardStatus.create());
  for (const [shard, [state, forMs]] of states.entries()) {
    new ShardStatus(memories[shard] ?? ShardStatus.create()).enter(state, monotonicMs() - forMs);
  }
  const bells = states.map(() => Doorbell.create());
  const threads = new ShardThreads(states.length, memories, bells, SILENT);
  const found = await new Promise<StuckShard>((resolve) => threads.startWatch(syncLimitMs, resolve));
  await threads.stop();
  return found;
}

t.test('a write past its limit is noticed; a long recovery, an idle shard and a shorter write are not', async (t) => {
  // They are looked at in order: had one of the first been taken for stuck, it would have been named.
  const found = await firstStuck(
    [
      [ShardState.IN_SYNC, 500],
      [ShardState.RECOVERING, 500_000],
      [ShardState.IDLE, 500_000],
      [ShardState.IN_SYNC, 500_000],
    ],
    100_000,
  );
  t.match(found, { shard: 3, inSync: true });
});

t.test('one round for minutes is a loop', async (t) => {
  t.match(await firstStuck([[ShardState.MATCHING, 500_000]], 1_000), { shard: 0, inSync: false });
});
