/** The doorbell's two steps, blocking and on an event loop, alone and against a second thread. */
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { Doorbell } from './doorbell.js';

/** Longer than any test runs: a wait that is not ended by a ring would be seen as a timeout of the test. */
const LONG_MS = 60_000;

t.test('a bell is rung only for a consumer that says it sleeps', async (t) => {
  const memory = Doorbell.create();
  const producer = new Doorbell(memory);
  const consumer = new Doorbell(memory);
  t.equal(producer.ring(), false);
  consumer.prepareSleep();
  consumer.cancelSleep();
  t.equal(producer.ring(), false);
  consumer.prepareSleep();
  t.equal(producer.ring(), true);
  t.equal(producer.ring(), false, 'once is enough');
});

t.test('a ring between the two steps ends the sleep before it begins, in both ways of sleeping', async (t) => {
  const memory = Doorbell.create();
  const producer = new Doorbell(memory);
  const consumer = new Doorbell(memory);
  consumer.prepareSleep();
  producer.ring();
  t.equal(consumer.sleep(LONG_MS), true);
  consumer.prepareSleep();
  producer.ring();
  t.equal(await consumer.sleepAsync(LONG_MS), true);
});

t.test('a sleep that nobody ends is over after its time, and the consumer is awake', async (t) => {
  const memory = Doorbell.create();
  const producer = new Doorbell(memory);
  const consumer = new Doorbell(memory);
  consumer.prepareSleep();
  t.equal(consumer.sleep(5), false);
  t.equal(producer.ring(), false);
  const held = setInterval(() => {}, 1000);
  consumer.prepareSleep();
  t.equal(await consumer.sleepAsync(5), false);
  clearInterval(held);
  t.equal(producer.ring(), false);
});

t.test(
  'a sleep on the event loop is ended by a ring and by a cancel, and a later ring finds the later sleep',
  async (t) => {
    const memory = Doorbell.create();
    const producer = new Doorbell(memory);
    const consumer = new Doorbell(memory);
    const held = setInterval(() => {}, 1000);
    for (let turn = 0; turn < 20; turn++) {
      consumer.prepareSleep();
      const rung = consumer.sleepAsync(LONG_MS);
      t.equal(producer.ring(), true);
      t.equal(await rung, true);
      consumer.prepareSleep();
      const cancelled = consumer.sleepAsync(LONG_MS);
      consumer.cancelSleep();
      t.equal(await cancelled, true);
      t.equal(producer.ring(), false);
    }
    consumer.prepareSleep();
    const sleeping = consumer.sleepAsync(LONG_MS);
    await t.rejects(consumer.sleepAsync(LONG_MS), /twice/);
    producer.ring();
    await sleeping;
    clearInterval(held);
  },
);

t.test('ten thousand turns with another thread miss no ring', async (t) => {
  const count = 10_000;
  const [own, peer] = [Doorbell.create(), Doorbell.create()];
  const shared = new SharedArrayBuffer(8);
  const worker = new Worker(new URL('./bell-peer-main.js', import.meta.url), {
    workerData: { own: peer, peer: own, turns: shared, count },
  });
  const turns = new Int32Array(shared);
  const mine = new Doorbell(own);
  const theirs = new Doorbell(peer);
  let timedOut = 0;
  for (let turn = 1; turn <= count; turn++) {
    Atomics.store(turns, 0, turn);
    theirs.ring();
    while (Atomics.load(turns, 1) < turn) {
      mine.prepareSleep();
      if (Atomics.load(turns, 1) >= turn) {
        mine.cancelSleep();
      } else if (!(await mine.sleepAsync(10_000))) {
        timedOut++;
      }
    }
  }
  await new Promise((resolve) => worker.once('exit', resolve));
  t.equal(timedOut, 0);
  t.equal(Atomics.load(turns, 1), count);
});
