import { Worker } from 'node:worker_threads';
import t from 'tap';
import { monotonicMs, ShardClock } from './clock.js';
import { ShardState, ShardStatus } from './status-words.js';

t.test('state, time in it and progress are seen by whoever looks', async (t) => {
  const memory = ShardStatus.create();
  const shard = new ShardStatus(memory);
  const supervisor = new ShardStatus(memory);
  t.equal(supervisor.state, ShardState.STARTING);
  shard.enter(ShardState.IN_SYNC, 5000.7);
  t.equal(supervisor.state, ShardState.IN_SYNC);
  t.equal(supervisor.sinceMs(5250.2), 250);
  t.equal(supervisor.sinceMs(4000), 0, 'never negative');
  shard.countRound();
  shard.countRound();
  shard.countDropped(3);
  t.same([supervisor.progress, supervisor.droppedReaders], [2, 3]);
  t.equal(shard.stopRequested, false);
  supervisor.requestStop();
  t.equal(shard.stopRequested, true);
});

t.test('the time in a state is right over the wrap of 32 bits', async (t) => {
  const status = new ShardStatus(ShardStatus.create());
  for (const wrap of [2 ** 31, 2 ** 32]) {
    status.enter(ShardState.MATCHING, wrap - 10);
    t.equal(status.sinceMs(wrap + 15), 25);
  }
});

t.test('monotonic time has one scale in all threads of the process', async (t) => {
  const source = `
    const { parentPort } = require('node:worker_threads');
    import(${JSON.stringify(new URL('./clock.js', import.meta.url).href)}).then((clock) => parentPort.postMessage(clock.monotonicMs()));
  `;
  const before = monotonicMs();
  const worker = new Worker(source, { eval: true });
  const there = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  const after = monotonicMs();
  t.ok(before <= there && there <= after, `${before} <= ${there} <= ${after}`);
  await worker.terminate();
});

t.test('wall time moves with monotonic time, in whole microseconds', async (t) => {
  const clock = new ShardClock();
  const start = monotonicMs();
  t.ok(Number.isSafeInteger(clock.wallUs(start)));
  t.ok(Math.abs(clock.wallUs(start + 1000) - clock.wallUs(start) - 1_000_000) <= 1);
  t.ok(Math.abs(clock.wallUs(start) / 1000 - Date.now()) < 60_000, 'it is the wall clock');
});
