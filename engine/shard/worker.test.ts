import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import t from 'tap';
import { CommandKind } from '../../schemas/codes.js';
import { AdminLog } from '../admin-log.js';
import { TransitBoard } from '../ledger/transit-board.js';
import { limitsFrom } from '../limits.js';
import { ShardMetrics } from '../metrics/shard-metrics.js';
import { CommandRing } from '../ring/command-ring.js';
import { Doorbell } from '../ring/doorbell.js';
import { OutputReader, UP_TO_DURABLE } from '../ring/output-reader.js';
import { OutputRing } from '../ring/output-ring.js';
import { madeCommand } from './made-shard.js';
import { ShardState, ShardStatus } from './status-words.js';
import type { ShardMessage, ShardTask } from './worker-data.js';

const LIMITS = limitsFrom({
  maxOrders: 1024,
  maxInstruments: 16,
  maxAccounts: 16,
  maxKeys: 16,
  maxLanes: 16,
  maxLevels: 512,
  ladderWindows: 4,
  adminLogBytes: 64 * 1024,
  segmentBytes: 4 * 1024 * 1024,
});

/** A shard's task in a thread of its own; the test plays supervisor and gateway. */
class StartedShard {
  readonly messages: ShardMessage[] = [];
  readonly ended: Promise<unknown>;
  readonly bell: Doorbell;
  readonly ring: CommandRing;
  readonly output: SharedArrayBuffer;
  readonly adminLog: AdminLog;
  readonly #statusWords: ShardStatus;
  readonly #first: Promise<ShardMessage>;

  constructor(pool: Piscina, directory: string, shardCount: number) {
    const { port1, port2 } = new MessageChannel();
    const rings = [CommandRing.create(64 * 4), CommandRing.create(64 * 4)];
    const adminLog = AdminLog.create(LIMITS);
    const status = ShardStatus.create();
    const doorbell = Doorbell.create();
    this.output = OutputRing.create(LIMITS.outputRingSlots, 1);
    this.bell = new Doorbell(doorbell);
    this.ring = new CommandRing(rings[0] as SharedArrayBuffer);
    this.adminLog = new AdminLog(adminLog);
    this.#statusWords = new ShardStatus(status);
    const task: ShardTask = {
      shard: 0,
      shardCount,
      limits: LIMITS,
      directory,
      platformStartId: 1,
      comesBack: false,
      rings,
      spans: [null, null],
      output: this.output,
      doorbell,
      readerDoorbells: [],
      adminLog,
      transit: TransitBoard.create(),
      status,
      metrics: ShardMetrics.create(),
      spinRounds: 0,
      port: port2,
    };
    this.#first = new Promise((resolve) => {
      port1.on('message', (message: ShardMessage) => {
        this.messages.push(message);
        resolve(message);
      });
    });
    this.ended = pool.run(task, { transferList: [port2] });
  }

  get state(): ShardState {
    return this.#statusWords.state;
  }

  firstMessage(): Promise<ShardMessage> {
    return this.#first;
  }

  stop(): Promise<unknown> {
    this.#statusWords.requestStop();
    this.bell.ring();
    return this.ended;
  }
}

function startPool(t: Tap): { pool: Piscina; directory: string } {
  const scratch = mkdtempSync(join(tmpdir(), 'tredye-worker-'));
  const filename = new URL('./worker.js', import.meta.url).href;
  const pool = new Piscina({
    filename,
    minThreads: 1,
    maxThreads: 1,
    concurrentTasksPerWorker: 1,
    atomics: 'disabled',
  });
  t.teardown(async () => {
    await pool.destroy();
    rmSync(scratch, { recursive: true, force: true });
  });
  return { pool, directory: join(scratch, 'shard-0', 'journal') };
}

type Tap = { teardown(work: () => Promise<void>): void };

t.test('a shard tells what it recovered, serves, and ends when it is told to', async (t) => {
  const { pool, directory } = startPool(t);
  for (let epoch = 1; epoch <= 2; epoch += 1) {
    const shard = new StartedShard(pool, directory, 1);
    const recovered = await shard.firstMessage();
    t.match(recovered, { type: 'recovered', epoch, commandSequence: epoch - 1, highestIncarnation: 0, tornTails: 0 });
    const reader = new OutputReader(shard.output, 0);
    reader.join();
    // Refused, but sequenced and journaled like any other.
    shard.ring.publish(madeCommand(CommandKind.SessionLost, 0, 0, 0, 5), 0, 1);
    shard.bell.ring();
    const events = new Int32Array(24);
    while (reader.read(events, 0, 1, UP_TO_DURABLE) === 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    t.equal(events[0], epoch, 'its event is durable');
    await shard.stop();
    t.equal(shard.state, ShardState.STOPPED);
  }
  t.same(readdirSync(directory), ['00000001.seg']);
});

t.test('a shard that cannot recover says why by code, and its task rejects', async (t) => {
  const { pool, directory } = startPool(t);
  const shard = new StartedShard(pool, directory, 1);
  await shard.firstMessage();
  await shard.stop();
  const other = new StartedShard(pool, directory, 2);
  const rejected = t.rejects(other.ended);
  t.match(await other.firstMessage(), { type: 'fatal', code: 'JOURNAL_OTHER_SHARD_COUNT', message: /1 shards/ });
  await rejected;
  writeFileSync(join(directory, '00000001.seg'), 'not a segment');
  const damaged = new StartedShard(pool, directory, 1);
  const refused = t.rejects(damaged.ended);
  t.match(await damaged.firstMessage(), { type: 'fatal', code: 'JOURNAL_CORRUPT', message: /00000001\.seg/ });
  await refused;
});
