/** The output ring on one thread: both levels, room, lag, drops, joins, restarts, wraps, and the asserts. */
import t from 'tap';
import { EVENT_WORDS } from '../../schemas/layout.js';
import { OutputReader, READER_DROPPED, READER_LAPPED, UP_TO_DURABLE, UP_TO_MATCHED } from './output-reader.js';
import { OutputRing } from './output-ring.js';
import { OUTPUT_RING_CLAIM, sequenceNear } from './ring-layout.js';
import { fillPattern, firstWrongSlot } from './slot-pattern.js';

const STARTS = [0, 3, 0x7ffffffd, 0xfffffffd];
const SLOTS = 8;

/** Writes `count` events behind what is there and publishes them as matched. */
function writeMatched(ring: OutputRing, count: number): void {
  const words = new Int32Array(count * EVENT_WORDS);
  fillPattern(words, 0, count, EVENT_WORDS, ring.claimPosition + 1);
  ring.write(words, 0, count);
  ring.publishMatched(ring.claimPosition);
}

function writeDurable(ring: OutputRing, count: number): void {
  writeMatched(ring, count);
  ring.publishDurable(ring.claimPosition);
}

for (const start of STARTS) {
  t.test(`two readers get every event in order through many turns from position ${start}`, async (t) => {
    const memory = OutputRing.create(SLOTS, 2, start);
    const ring = new OutputRing(memory);
    const readers = [new OutputReader(memory, 0), new OutputReader(memory, 1)];
    for (const reader of readers) {
      t.equal(reader.join(), start);
    }
    const target = new Int32Array(SLOTS * EVENT_WORDS);
    let wrong = 0;
    for (let turn = 0; turn < 100; turn++) {
      const count = 1 + (turn % SLOTS);
      const from = ring.claimPosition + 1;
      writeDurable(ring, count);
      for (const reader of readers) {
        wrong += reader.read(target, 0, SLOTS, UP_TO_DURABLE) === count ? 0 : 1;
        wrong += firstWrongSlot(target, 0, count, EVENT_WORDS, from) < 0 ? 0 : 1;
        wrong += reader.position === ring.claimPosition ? 0 : 1;
      }
    }
    t.equal(wrong, 0);
    t.equal(ring.slowestLag(), 0);
    t.equal(ring.room(), SLOTS);
  });

  t.test(
    `matched events are seen early by who asks for them, durable ones by all, from position ${start}`,
    async (t) => {
      const memory = OutputRing.create(SLOTS, 2, start);
      const ring = new OutputRing(memory);
      const early = new OutputReader(memory, 0);
      const safe = new OutputReader(memory, 1);
      early.join();
      safe.join();
      const target = new Int32Array(SLOTS * EVENT_WORDS);
      writeMatched(ring, 3);
      t.equal(safe.hasWork(UP_TO_DURABLE), false);
      t.equal(early.hasWork(UP_TO_MATCHED), true);
      t.equal(safe.read(target, 0, SLOTS, UP_TO_DURABLE), 0);
      t.equal(early.read(target, 0, 2, UP_TO_MATCHED), 2, 'no more than asked for');
      t.equal(early.read(target, 0, SLOTS, UP_TO_MATCHED), 1);
      t.equal(early.read(target, 0, SLOTS, UP_TO_DURABLE), 0, 'durable is behind it: nothing, and no error');
      ring.publishDurable(ring.claimPosition);
      t.equal(safe.hasWork(UP_TO_DURABLE), true);
      t.equal(safe.read(target, 0, SLOTS, UP_TO_DURABLE), 3);
      t.equal(firstWrongSlot(target, 0, 3, EVENT_WORDS, start + 1), -1);
    },
  );

  t.test(`room counts live readers and what is not durable, from position ${start}`, async (t) => {
    const memory = OutputRing.create(SLOTS, 2, start);
    const ring = new OutputRing(memory);
    const reader = new OutputReader(memory, 0);
    writeMatched(ring, 5);
    t.equal(ring.room(), 3, 'a reader joins at durable, so what is not durable is kept without any reader');
    ring.publishDurable(ring.claimPosition);
    t.equal(ring.room(), SLOTS);
    reader.join();
    writeDurable(ring, 6);
    t.equal(ring.room(), 2);
    t.equal(ring.hasRoom(2), true);
    t.equal(ring.hasRoom(3), false);
    t.equal(ring.slowestLag(), 6);
    t.throws(() => writeDurable(ring, 3), /has room for 2/);
    const target = new Int32Array(SLOTS * EVENT_WORDS);
    t.equal(reader.read(target, 0, 4, UP_TO_DURABLE), 4);
    t.equal(ring.hasRoom(6), true);
    reader.leave();
    t.equal(ring.room(), SLOTS);
    t.equal(ring.slowestLag(), 0);
    t.equal(reader.read(target, 0, 4, UP_TO_DURABLE), READER_DROPPED, 'who left does not read');
  });

  t.test(
    `a reader past three quarters for too long is dropped and joins again at durable, from ${start}`,
    async (t) => {
      const memory = OutputRing.create(SLOTS, 2, start);
      const ring = new OutputRing(memory);
      const slow = new OutputReader(memory, 0);
      const quick = new OutputReader(memory, 1);
      slow.join();
      quick.join();
      const target = new Int32Array(SLOTS * EVENT_WORDS);
      writeDurable(ring, 6);
      quick.read(target, 0, SLOTS, UP_TO_DURABLE);
      t.equal(ring.dropLaggards(1000, 50), 0, 'three quarters are allowed');
      writeDurable(ring, 1);
      t.equal(ring.dropLaggards(2000, 50), 0, 'its time begins');
      t.equal(ring.dropLaggards(2050, 50), 0, 'not longer than the limit yet');
      t.equal(slow.read(target, 0, 1, UP_TO_DURABLE), 1);
      t.equal(ring.dropLaggards(2051, 50), 0, 'it has read: its time ends');
      quick.read(target, 0, SLOTS, UP_TO_DURABLE);
      writeDurable(ring, 1);
      t.equal(ring.dropLaggards(3000, 50), 0);
      t.equal(ring.dropLaggards(3051, 50), 1);
      t.equal(ring.isLive(0), false);
      t.equal(ring.isLive(1), true);
      t.equal(slow.hasWork(UP_TO_DURABLE), true, 'a dropped reader must not go to sleep over it');
      t.equal(slow.read(target, 0, SLOTS, UP_TO_DURABLE), READER_DROPPED);
      t.equal(slow.read(target, 0, SLOTS, UP_TO_DURABLE), READER_DROPPED);
      t.equal(slow.join(), ring.durablePosition);
      t.equal(slow.read(target, 0, SLOTS, UP_TO_DURABLE), 0);
      writeDurable(ring, 2);
      t.equal(slow.read(target, 0, SLOTS, UP_TO_DURABLE), 2);
      t.equal(firstWrongSlot(target, 0, 2, EVENT_WORDS, ring.claimPosition - 1), -1);
      t.equal(ring.dropLaggards(9000, 50), 0);
    },
  );

  t.test(`a reader may join at any position that the ring still holds, from ${start}`, async (t) => {
    const memory = OutputRing.create(SLOTS, 1, start);
    const ring = new OutputRing(memory);
    for (let turn = 0; turn < 5; turn++) {
      writeDurable(ring, 4);
    }
    const reader = new OutputReader(memory, 0);
    const last = ring.claimPosition;
    t.equal(reader.join((last - SLOTS) >>> 0), (last - SLOTS) >>> 0);
    const target = new Int32Array(SLOTS * EVENT_WORDS);
    t.equal(reader.read(target, 0, SLOTS, UP_TO_DURABLE), SLOTS);
    t.equal(firstWrongSlot(target, 0, SLOTS, EVENT_WORDS, last - SLOTS + 1), -1);
    t.equal(reader.join((last - SLOTS - 1) >>> 0), READER_LAPPED);
    t.equal(ring.isLive(0), false, 'a join that failed holds no slots');
    t.equal(reader.join((last + 1) >>> 0), READER_LAPPED, 'what is not durable yet cannot be joined behind');
    t.equal(reader.join(last), last);
  });

  t.test(`a writer that comes back goes on, and its readers read on, from ${start}`, async (t) => {
    const memory = OutputRing.create(SLOTS, 1, start);
    const dead = new OutputRing(memory);
    dead.start(start, 1);
    const reader = new OutputReader(memory, 0);
    reader.join();
    writeDurable(dead, 3);
    const end = dead.claimPosition;
    const target = new Int32Array(SLOTS * EVENT_WORDS);
    t.equal(reader.read(target, 0, 1, UP_TO_DURABLE), 1);
    const ring = new OutputRing(memory);
    t.throws(() => ring.goOn((end + 1) >>> 0, 2), /cannot go on/);
    ring.goOn(end, 2);
    t.equal(ring.isLive(0), true);
    writeDurable(ring, 2);
    t.equal(reader.read(target, 0, SLOTS, UP_TO_DURABLE), 4);
    t.equal(firstWrongSlot(target, 0, 4, EVENT_WORDS, start + 2), -1);
    t.equal(reader.epoch, 2);
    writeMatched(ring, 1);
    t.throws(
      () => new OutputRing(memory).goOn((end + 2) >>> 0, 3),
      /cannot go on/,
      'what was seen would be taken back',
    );
  });

  t.test(`a writer that starts again voids the ring, its readers are dropped, from ${start}`, async (t) => {
    const memory = OutputRing.create(SLOTS, 1, start);
    const dead = new OutputRing(memory);
    dead.start(start, 1);
    const reader = new OutputReader(memory, 0);
    reader.join();
    t.equal(reader.epoch, 1);
    writeDurable(dead, 2);
    writeMatched(dead, 3);
    const target = new Int32Array(SLOTS * EVENT_WORDS);
    t.equal(reader.read(target, 0, SLOTS, UP_TO_MATCHED), 5);
    const ring = new OutputRing(memory);
    ring.start((start + 2) >>> 0, 2);
    t.equal(ring.room(), SLOTS);
    t.equal(reader.read(target, 0, SLOTS, UP_TO_MATCHED), READER_DROPPED);
    t.equal(reader.join(), (start + 2) >>> 0);
    t.equal(reader.epoch, 2);
    writeDurable(ring, 1);
    t.equal(reader.read(target, 0, SLOTS, UP_TO_DURABLE), 1);
    t.equal(firstWrongSlot(target, 0, 1, EVENT_WORDS, start + 3), -1);
    t.throws(() => writeMatched(dead, 1), /Two writers/);
  });
}

/** A reader that falls asleep in the middle of its copy; `asleep` is what happens meanwhile. */
class SleepyReader extends OutputReader {
  asleep = (): void => {};

  protected override copySlots(target: Int32Array, at: number, position: number, count: number): void {
    super.copySlots(target, at, position, count - 1);
    this.asleep();
    super.copySlots(target, at + (count - 1) * EVENT_WORDS, position + count - 1, 1);
  }
}

/** The same without the check after the copy: what the tests below must be able to catch. */
class BelievingReader extends SleepyReader {
  protected override verdict(_cursor: number, count: number): number {
    return count;
  }
}

function lapWhileAsleep(reader: SleepyReader, memory: SharedArrayBuffer, ring: OutputRing): Int32Array {
  reader.join();
  writeDurable(ring, 4);
  reader.asleep = () => {
    ring.drop(0);
    writeDurable(ring, 4);
    writeDurable(ring, 1);
    writeDurable(ring, 3);
  };
  return new Int32Array(memory.byteLength / 4);
}

t.test('a reader that slept in its copy while it was dropped and lapped uses nothing of it', async (t) => {
  const memory = OutputRing.create(SLOTS, 1, 0xfffffffa);
  const ring = new OutputRing(memory);
  const reader = new SleepyReader(memory, 0);
  const target = lapWhileAsleep(reader, memory, ring);
  t.equal(reader.read(target, 0, SLOTS, UP_TO_DURABLE), READER_DROPPED);
  reader.asleep = () => {};
  t.equal(reader.join(), ring.durablePosition);
});

t.test('a reader without that check would use overwritten events, and the checker sees it', async (t) => {
  const memory = OutputRing.create(SLOTS, 1, 0xfffffffa);
  const ring = new OutputRing(memory);
  const reader = new BelievingReader(memory, 0);
  const target = lapWhileAsleep(reader, memory, ring);
  t.equal(reader.read(target, 0, SLOTS, UP_TO_DURABLE), 4);
  t.not(firstWrongSlot(target, 0, 4, EVENT_WORDS, 0xfffffffb), -1);
});

t.test('a claim that passes by a whole ring is seen even where no drop was', async (t) => {
  const start = 0x7ffffffa;
  const memory = OutputRing.create(SLOTS, 1, start);
  const ring = new OutputRing(memory);
  const reader = new SleepyReader(memory, 0);
  const words = new Int32Array(memory);
  const target = new Int32Array(SLOTS * EVENT_WORDS);
  reader.join();
  writeDurable(ring, SLOTS);
  reader.asleep = () => Atomics.store(words, OUTPUT_RING_CLAIM, (start + SLOTS + 1) | 0);
  t.equal(reader.read(target, 0, SLOTS, UP_TO_DURABLE), READER_LAPPED, 'the first slot may be being written');
  reader.asleep = () => Atomics.store(words, OUTPUT_RING_CLAIM, (start + SLOTS) | 0);
  t.equal(reader.read(target, 0, SLOTS, UP_TO_DURABLE), SLOTS, 'a full ring behind the cursor is still whole');
});

t.test(
  'a reader within its lag is dropped, too, when the writer waits too long for the room that it holds',
  async (t) => {
    const memory = OutputRing.create(SLOTS, 2, 0xfffffffe);
    const ring = new OutputRing(memory);
    new OutputReader(memory, 0).join();
    writeDurable(ring, 1);
    new OutputReader(memory, 1).join();
    writeMatched(ring, 3);
    t.equal(ring.dropLaggards(0, 50, 4), 0);
    t.equal(ring.dropLaggards(100, 50, 4), 0, 'four slots are free');
    t.equal(ring.dropLaggards(200, 50, 5), 0, 'its time begins');
    t.equal(ring.dropLaggards(251, 50, 5), 1);
    t.strictSame([ring.isLive(0), ring.isLive(1)], [false, true], 'who has read all that is durable is not to blame');
    t.equal(ring.dropLaggards(300, 50, 8), 0);
    t.equal(ring.dropLaggards(400, 50, 8), 0);
  },
);

t.test('generations go round without becoming the 0 of a reader that left', async (t) => {
  const memory = OutputRing.create(SLOTS, 1);
  const ring = new OutputRing(memory);
  const words = new Int32Array(memory);
  const reader = new OutputReader(memory, 0);
  words[96] = -1;
  t.equal(reader.join(), 0);
  t.equal(ring.isLive(0), true);
  ring.drop(0);
  t.equal(words[96], 1);
  reader.leave();
  t.equal(ring.isLive(0), false);
  t.equal(reader.join(), 0);
  t.equal(ring.isLive(0), true);
});

t.test('publishing backwards, past what was written, or durable before matched is an assert', async (t) => {
  const ring = new OutputRing(OutputRing.create(SLOTS, 0));
  t.throws(() => ring.publishMatched(1), /written up to 0 was matched up to 1/);
  writeMatched(ring, 3);
  t.throws(() => ring.publishMatched(2), /matched up to 2/);
  t.throws(() => ring.publishDurable(4), /durable up to 4/);
  ring.publishDurable(2);
  t.throws(() => ring.publishDurable(1), /durable up to 1/);
  t.equal(ring.durablePosition, 2);
});

t.test('two threads as one reader are an assert', async (t) => {
  const memory = OutputRing.create(SLOTS, 1);
  const ring = new OutputRing(memory);
  const one = new OutputReader(memory, 0);
  const two = new OutputReader(memory, 0);
  one.join();
  two.join();
  writeDurable(ring, 2);
  const target = new Int32Array(SLOTS * EVENT_WORDS);
  t.equal(one.read(target, 0, 1, UP_TO_DURABLE), 1);
  t.throws(() => two.read(target, 0, 1, UP_TO_DURABLE), /Two threads read as reader 0/);
});

t.test('wrong sizes and reader numbers are refused', async (t) => {
  t.throws(() => OutputRing.create(12, 1), /power of two/);
  t.throws(() => OutputRing.create(8, -1), /0 to 1024 readers/);
  const memory = OutputRing.create(8, 2);
  t.throws(() => new OutputReader(memory, 2), /has no reader 2/);
  const cut = new SharedArrayBuffer(2048);
  new Int32Array(cut)[0] = 8;
  t.throws(() => new OutputRing(cut), /does not have 2048 bytes/);
});

t.test('a position becomes the sequence nearest to a known one, across every wrap', async (t) => {
  t.equal(sequenceNear(5, 3), 5);
  t.equal(sequenceNear(1, 2 ** 32 - 3), 2 ** 32 + 1);
  t.equal(sequenceNear(0xfffffffe, 2 ** 32 + 4), 2 ** 32 - 2);
  t.equal(sequenceNear(0x80000001, 3 * 2 ** 32 + 0x7fffffff), 3 * 2 ** 32 + 0x80000001);
  t.equal(sequenceNear(7, 2 ** 40), 2 ** 40 + 7);
});
