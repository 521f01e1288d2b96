/**
 * The rings between real threads: order and bytes of ten million slots through each, starting just below the wraps, a
 * reader that sleeps while it is lapped, peers that die in the middle. RING_SLOTS makes it longer. The seed is printed.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { CommandRing } from './command-ring.js';
import { Doorbell } from './doorbell.js';
import { OutputRing } from './output-ring.js';
import type { StressReport, StressTask } from './stress-task.js';

const SLOTS = Number(process.env.RING_SLOTS ?? 10_000_000);
const FEW = 200_000;
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
t.comment(`seed ${seed}`);

interface Peer {
  worker: Worker;
  joined: Promise<unknown>;
  report: Promise<StressReport>;
}

function startPeer(task: Partial<StressTask> & Pick<StressTask, 'role' | 'ring' | 'ownBell' | 'lastPosition'>): Peer {
  const workerData: StressTask = {
    peerBells: [],
    seed,
    reader: 0,
    matched: false,
    sleepEvery: 0,
    lagLimitMs: 1_000_000,
    ...task,
  };
  const worker = new Worker(new URL('./stress-peer-main.js', import.meta.url), {
    workerData,
    // Not the test runner's own loaders: they take half a second of each of these short lives.
    execArgv: [],
  });
  const report = new Promise<StressReport>((resolve, reject) => {
    worker.on('message', (message: StressReport | 'joined') => {
      if (message !== 'joined') {
        resolve(message);
      }
    });
    worker.on('error', reject);
    worker.on('exit', () => reject(new Error('A peer ended without a report.')));
  });
  // A peer that is killed on purpose has no report, and nobody waits for it.
  report.catch(() => {});
  return { worker, joined: once(worker, 'message'), report };
}

for (const [start, slots] of [
  [0x100000000 - SLOTS / 2, SLOTS],
  [0x80000000 - FEW / 2, FEW],
] as const) {
  t.test(`${slots} commands cross from thread to thread in order and whole from position ${start}`, async (t) => {
    const ring = CommandRing.create(8192, start);
    const [producerBell, consumerBell] = [Doorbell.create(), Doorbell.create()];
    const lastPosition = (start + slots) >>> 0;
    const consumer = startPeer({
      role: 'consumer',
      ring,
      ownBell: consumerBell,
      peerBells: [producerBell],
      lastPosition,
    });
    const producer = startPeer({
      role: 'producer',
      ring,
      ownBell: producerBell,
      peerBells: [consumerBell],
      lastPosition,
    });
    const sent = await producer.report;
    const got = await consumer.report;
    t.comment(sent, got);
    t.equal(sent.slots, slots);
    t.equal(got.slots, slots);
    t.equal(got.wrong, 0);
    t.equal(got.lastPosition, lastPosition);
  });

  t.test(`${slots} events reach two reading threads in order and whole from position ${start}`, async (t) => {
    const ring = OutputRing.create(16384, 2, start);
    const bells = [Doorbell.create(), Doorbell.create(), Doorbell.create()] as const;
    const lastPosition = (start + slots) >>> 0;
    const common = { ring, lastPosition };
    const readers = [0, 1].map((reader) => {
      const ownBell = reader === 0 ? bells[1] : bells[2];
      return startPeer({ ...common, role: 'reader', reader, matched: reader === 1, ownBell, peerBells: [bells[0]] });
    });
    await Promise.all(readers.map((reader) => reader.joined));
    const writer = startPeer({ ...common, role: 'writer', ownBell: bells[0], peerBells: [bells[1], bells[2]] });
    t.equal((await writer.report).slots, slots);
    for (const reader of readers) {
      const got = await reader.report;
      t.comment(got);
      t.equal(got.slots, slots);
      t.equal(got.wrong, 0);
      t.equal(got.negative, 0);
    }
  });
}

t.test('a producer that publishes before it fills is caught by the same checker', async (t) => {
  const ring = CommandRing.create(512);
  const [producerBell, consumerBell] = [Doorbell.create(), Doorbell.create()];
  const lastPosition = 2000;
  const consumer = startPeer({
    role: 'consumer',
    ring,
    ownBell: consumerBell,
    peerBells: [producerBell],
    lastPosition,
  });
  startPeer({ role: 'brokenProducer', ring, ownBell: producerBell, peerBells: [consumerBell], lastPosition });
  t.ok((await consumer.report).wrong > 0);
});

t.test('a writer that makes events durable before it writes them is caught by the same checker', async (t) => {
  const ring = OutputRing.create(64, 1);
  const [writerBell, readerBell] = [Doorbell.create(), Doorbell.create()];
  const common = { ring, lastPosition: 100 };
  const reader = startPeer({ ...common, role: 'reader', ownBell: readerBell, peerBells: [writerBell] });
  await reader.joined;
  startPeer({ ...common, role: 'brokenWriter', ownBell: writerBell, peerBells: [readerBell] });
  const got = await reader.report;
  t.ok(got.wrong + got.negative > 0);
});

async function runSleepyReader(
  role: 'reader' | 'brokenReader',
): Promise<{ writer: StressReport; sleepy: StressReport }> {
  const start = 0x7fffffff - FEW;
  const lagLimitMs = 5;
  const ring = OutputRing.create(2048, 2, start);
  const bells = [Doorbell.create(), Doorbell.create(), Doorbell.create()] as const;
  const common = { ring, lastPosition: start + 2 * FEW, lagLimitMs };
  const sleepy = startPeer({ ...common, role, reader: 0, sleepEvery: 20, ownBell: bells[1], peerBells: [bells[0]] });
  const quick = startPeer({ ...common, role: 'reader', reader: 1, ownBell: bells[2], peerBells: [bells[0]] });
  await Promise.all([sleepy.joined, quick.joined]);
  const writer = startPeer({ ...common, role: 'writer', ownBell: bells[0], peerBells: [bells[1], bells[2]] });
  await quick.report;
  return { writer: await writer.report, sleepy: await sleepy.report };
}

t.test('a reader that sleeps while it is lapped is dropped, uses nothing wrong, joins again', async (t) => {
  const { writer, sleepy } = await runSleepyReader('reader');
  t.comment(writer, sleepy);
  t.ok(writer.negative > 0, 'it was dropped');
  t.ok(sleepy.negative > 0, 'it saw that');
  t.equal(sleepy.wrong, 0);
  t.ok(sleepy.slots > 0 && sleepy.slots < 2 * FEW, 'it read on after joining again, without what it missed');
});

t.test('a reader that believes what it copied while it slept is caught by the same checker', async (t) => {
  t.ok((await runSleepyReader('brokenReader')).sleepy.wrong > 0);
});

/** Waits in short turns, at most `turns` of them, until the word that a peer moves is past `position`. */
async function untilPast(now: () => number, position: number, turns = 5000): Promise<boolean> {
  for (let turn = 0; turn < turns; turn++) {
    if (((now() - position) | 0) > 0) {
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return false;
}

t.test('a producer dies again and again: nothing torn is seen, waits end, the next one goes on', async (t) => {
  const start = 0x100000000 - FEW;
  const ring = CommandRing.create(1024, start);
  const lastPosition = 40 * FEW - FEW;
  const [producerBell, consumerBell] = [Doorbell.create(), Doorbell.create()];
  const consumer = startPeer({
    role: 'consumer',
    ring,
    ownBell: consumerBell,
    peerBells: [producerBell],
    lastPosition,
  });
  const task = { role: 'producer', ring, ownBell: producerBell, peerBells: [consumerBell], lastPosition } as const;
  for (let life = 0; life < 5; life++) {
    const seen = new CommandRing(ring).publishedPosition;
    const producer = startPeer({ ...task, seed: seed + life });
    t.ok(await untilPast(() => new CommandRing(ring).publishedPosition, seen + 1000), 'the producer works');
    await producer.worker.terminate();
  }
  const last = startPeer(task);
  t.ok((await last.report).slots > 0, 'it was killed in the middle');
  const got = await consumer.report;
  t.equal(got.wrong, 0);
  t.equal(got.slots, 40 * FEW);
});

t.test('a consumer dies again and again: the next one reads what was not released, nothing is lost', async (t) => {
  const start = 0x80000000 - FEW;
  const ring = CommandRing.create(1024, start);
  const lastPosition = start + 40 * FEW;
  const [producerBell, consumerBell] = [Doorbell.create(), Doorbell.create()];
  const producer = startPeer({
    role: 'producer',
    ring,
    ownBell: producerBell,
    peerBells: [consumerBell],
    lastPosition,
  });
  const task = { role: 'consumer', ring, ownBell: consumerBell, peerBells: [producerBell], lastPosition } as const;
  for (let life = 0; life < 5; life++) {
    const seen = new CommandRing(ring).releasedPosition;
    const consumer = startPeer(task);
    t.ok(await untilPast(() => new CommandRing(ring).releasedPosition, seen + 1000), 'the consumer works');
    await consumer.worker.terminate();
  }
  const from = new CommandRing(ring).releasedPosition;
  const got = await startPeer(task).report;
  t.equal(got.wrong, 0);
  t.equal(got.slots, (lastPosition - from) | 0);
  t.ok(got.slots > 0, 'it was killed in the middle');
  t.equal((await producer.report).slots, 40 * FEW);
});

t.test('a writer dies: its readers wait in bounded turns, then go on in the epoch of the next one', async (t) => {
  const ring = OutputRing.create(1024, 1, 0xffff0000);
  const lastPosition = (0xffff0000 + 10 * FEW) >>> 0;
  const [writerBell, readerBell] = [Doorbell.create(), Doorbell.create()];
  const common = { ring, lastPosition };
  const reader = startPeer({ ...common, role: 'reader', ownBell: readerBell, peerBells: [writerBell] });
  await reader.joined;
  const dead = startPeer({ ...common, role: 'writer', ownBell: writerBell, peerBells: [readerBell] });
  t.ok(await untilPast(() => new OutputRing(ring).durablePosition, 0xffff0000 + 5000), 'the writer works');
  await dead.worker.terminate();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const next = startPeer({ ...common, role: 'nextWriter', ownBell: writerBell, peerBells: [readerBell] });
  t.ok((await next.report).slots > 0);
  const got = await reader.report;
  t.comment(got);
  t.equal(got.wrong, 0);
  t.equal(got.negative, 1, 'dropped once, by the new writer');
  t.ok(got.timedOut > 0, 'waits ended by themselves while nobody wrote');
  t.equal(got.lastPosition, lastPosition);
});

t.test('a reader that died stops the writer only until it is dropped', async (t) => {
  const ring = OutputRing.create(1024, 2, 0);
  const bells = [Doorbell.create(), Doorbell.create(), Doorbell.create()] as const;
  const common = { ring, lastPosition: 5 * FEW, lagLimitMs: 20 };
  const dead = startPeer({ ...common, role: 'reader', reader: 0, ownBell: bells[1], peerBells: [bells[0]] });
  const alive = startPeer({ ...common, role: 'reader', reader: 1, ownBell: bells[2], peerBells: [bells[0]] });
  await Promise.all([dead.joined, alive.joined]);
  await dead.worker.terminate();
  const writer = startPeer({ ...common, role: 'writer', ownBell: bells[0], peerBells: [bells[1], bells[2]] });
  const sent = await writer.report;
  const got = await alive.report;
  t.equal(sent.slots, 5 * FEW);
  t.ok(sent.negative >= 1);
  t.equal(got.wrong, 0);
  t.equal(got.lastPosition, 5 * FEW);
});
