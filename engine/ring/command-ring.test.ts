/** The command ring on one thread: each return, each wrap, what a new peer finds, and the asserts. */
import t from 'tap';
import { COMMAND_KIND_WORD, COMMAND_WORDS } from '../../schemas/layout.js';
import { CommandRing, RING_FULL } from './command-ring.js';
import { fillPattern, firstWrongSlot } from './slot-pattern.js';

const STARTS = [0, 5, 0x7ffffffd, 0xfffffffd];

function filled(count: number, position: number): Int32Array {
  const words = new Int32Array(count * COMMAND_WORDS);
  fillPattern(words, 0, count, COMMAND_WORDS, position);
  return words;
}

for (const start of STARTS) {
  t.test(`a ring that starts at ${start} keeps order and bytes through many turns`, async (t) => {
    const memory = CommandRing.create(8, start);
    const producer = new CommandRing(memory);
    const consumer = new CommandRing(memory);
    const target = new Int32Array(8 * COMMAND_WORDS);
    let sent = start;
    let wrong = 0;
    for (let turn = 0; turn < 100; turn++) {
      const count = 1 + (turn % 8);
      const next = producer.publish(filled(count, sent), 0, count);
      wrong += next === (sent + count) >>> 0 ? 0 : 1;
      wrong += consumer.available() === count ? 0 : 1;
      wrong += consumer.readPosition === sent >>> 0 ? 0 : 1;
      consumer.copyOut(target, 0, count);
      wrong += firstWrongSlot(target, 0, count, COMMAND_WORDS, sent) < 0 ? 0 : 1;
      consumer.release(consumer.readPosition);
      sent += count;
    }
    t.equal(wrong, 0);
    t.equal(producer.free(), 8);
    t.equal(consumer.releasedPosition, sent >>> 0);
    t.equal(producer.publishedPosition, sent >>> 0);
  });

  t.test(`a full ring at ${start} says so, writes nothing, and takes more only after a release`, async (t) => {
    const memory = CommandRing.create(4, start);
    const producer = new CommandRing(memory);
    const consumer = new CommandRing(memory);
    const target = new Int32Array(4 * COMMAND_WORDS);
    t.ok(producer.publish(filled(3, start), 0, 3) >= 0);
    const before = Int32Array.from(new Int32Array(memory));
    t.equal(producer.publish(filled(2, 77), 0, 2), RING_FULL);
    t.strictSame(new Int32Array(memory), before);
    t.equal(producer.free(), 1);
    t.ok(producer.publish(filled(1, start + 3), 0, 1) >= 0);
    t.equal(producer.claim(1), RING_FULL);
    t.equal(consumer.available(), 4);
    consumer.copyOut(target, 0, 4);
    t.equal(producer.free(), 0, 'read is not released: what was read may have to be read again');
    t.equal(producer.publish(filled(1, start), 0, 1), RING_FULL);
    consumer.release((start + 2) >>> 0);
    t.equal(producer.free(), 2);
    t.equal(producer.publish(filled(3, start + 4), 0, 3), RING_FULL);
    t.ok(producer.publish(filled(2, start + 4), 0, 2) >= 0);
    t.equal(consumer.available(), 2);
    t.equal(firstWrongSlot(target, 0, 4, COMMAND_WORDS, start), -1);
  });
}

t.test('more records than there are slots never fit', async (t) => {
  const producer = new CommandRing(CommandRing.create(4));
  t.equal(producer.publish(filled(5, 0), 0, 5), RING_FULL);
  t.equal(producer.free(), 4);
});

t.test('what is claimed and filled is seen only after the commit, several claims by one', async (t) => {
  const memory = CommandRing.create(4, 0xfffffffe);
  const producer = new CommandRing(memory);
  const consumer = new CommandRing(memory);
  const first = producer.claim(1);
  const second = producer.claim(2);
  t.equal(first, 0xfffffffe);
  t.equal(second, 0xffffffff);
  t.equal(producer.free(), 1);
  for (let position = first; position < first + 3; position++) {
    fillPattern(producer.words, producer.slotWord(position), 1, COMMAND_WORDS, position);
  }
  t.equal(consumer.available(), 0);
  t.equal(producer.commit(), 1);
  t.equal(consumer.available(), 3);
  const target = new Int32Array(3 * COMMAND_WORDS);
  consumer.copyOut(target, 0, 3);
  t.equal(firstWrongSlot(target, 0, 3, COMMAND_WORDS, first), -1);
});

t.test('an abandoned claim leaves nothing behind', async (t) => {
  const memory = CommandRing.create(4);
  const producer = new CommandRing(memory);
  producer.claim(3);
  producer.abandon();
  t.equal(producer.free(), 4);
  t.equal(producer.commit(), 0);
  t.equal(new CommandRing(memory).available(), 0);
});

t.test('the consumer looks at kinds ahead of its cursor before it takes anything', async (t) => {
  const memory = CommandRing.create(4, 0x7fffffff);
  const producer = new CommandRing(memory);
  const consumer = new CommandRing(memory);
  const words = filled(3, 0);
  for (const [slot, kind] of [64, 96, 1].entries()) {
    words[slot * COMMAND_WORDS + COMMAND_KIND_WORD] = kind | 0x01020300;
  }
  producer.publish(words, 0, 3);
  t.throws(() => consumer.peekKind(0), /before it was there/, 'peeks reach what available has counted, no further');
  t.equal(consumer.available(), 3);
  t.strictSame([consumer.peekKind(0), consumer.peekKind(1), consumer.peekKind(2)], [64, 96, 1]);
  t.equal(consumer.peekWord(1, 0), words[COMMAND_WORDS]);
  t.throws(() => consumer.peekKind(3), /before it was there/);
  t.throws(() => consumer.copyOut(new Int32Array(4 * COMMAND_WORDS), 0, 4), /before they were there/);
});

t.test('a new consumer reads again what a dead one had read and not released', async (t) => {
  const memory = CommandRing.create(8, 0xfffffffc);
  const producer = new CommandRing(memory);
  const dead = new CommandRing(memory);
  producer.publish(filled(6, 0xfffffffc), 0, 6);
  dead.available();
  const target = new Int32Array(8 * COMMAND_WORDS);
  dead.copyOut(target, 0, 5);
  dead.release(0xfffffffe);
  const next = new CommandRing(memory);
  t.equal(next.readPosition, 0xfffffffe);
  t.equal(next.available(), 4);
  next.copyOut(target, 0, 4);
  t.equal(firstWrongSlot(target, 0, 4, COMMAND_WORDS, 0xfffffffe), -1);
});

t.test('a new producer goes on behind what a dead one had published, its claim is gone', async (t) => {
  const memory = CommandRing.create(8);
  const dead = new CommandRing(memory);
  dead.publish(filled(2, 0), 0, 2);
  fillPattern(dead.words, dead.slotWord(dead.claim(1)), 1, COMMAND_WORDS, 999);
  const next = new CommandRing(memory);
  t.equal(next.publish(filled(2, 2), 0, 2), 4);
  const consumer = new CommandRing(memory);
  t.equal(consumer.available(), 4);
  const target = new Int32Array(4 * COMMAND_WORDS);
  consumer.copyOut(target, 0, 4);
  t.equal(firstWrongSlot(target, 0, 4, COMMAND_WORDS, 0), -1);
});

t.test('a second producer or consumer is an assert, not a lost record', async (t) => {
  const memory = CommandRing.create(8);
  const one = new CommandRing(memory);
  const two = new CommandRing(memory);
  one.publish(filled(2, 0), 0, 2);
  t.throws(() => two.publish(filled(1, 0), 0, 1), /Two producers/);
  const consumer = new CommandRing(memory);
  const other = new CommandRing(memory);
  for (const side of [consumer, other]) {
    side.available();
    side.copyOut(new Int32Array(2 * COMMAND_WORDS), 0, 2);
  }
  consumer.release(1);
  t.throws(() => other.release(2), /Two consumers/);
});

t.test('a release outside of what was read is an assert', async (t) => {
  const memory = CommandRing.create(8, 10);
  new CommandRing(memory).publish(filled(2, 0), 0, 2);
  const consumer = new CommandRing(memory);
  consumer.available();
  consumer.copyOut(new Int32Array(COMMAND_WORDS), 0, 1);
  t.throws(() => consumer.release(12), /released up to 12/);
  t.throws(() => consumer.release(9), /released up to 9/);
  consumer.release(11);
  t.equal(consumer.releasedPosition, 11);
});

t.test('sizes that are no power of two and memory of another size are refused', async (t) => {
  for (const slots of [0, 1, 3, 100, 2 ** 25, 2.5]) {
    t.throws(() => CommandRing.create(slots), /power of two/);
  }
  t.throws(() => new CommandRing(new SharedArrayBuffer(4096)), /power of two/);
  const cut = new SharedArrayBuffer(1024);
  new Int32Array(cut)[0] = 64;
  t.throws(() => new CommandRing(cut), /does not have 1024 bytes/);
});

t.test('a counter that says nonsense is an assert', async (t) => {
  const memory = CommandRing.create(8);
  const consumer = new CommandRing(memory);
  consumer.words[32] = 9;
  t.throws(() => consumer.available(), /says that 9 records wait/);
});
