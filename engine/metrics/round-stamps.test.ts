import t from 'tap';
import { RoundStamps, RoundStampsReader, STAMP_ROUNDS, STAMP_WORDS, stampOf } from './round-stamps.js';

function ring(): { words: Int32Array; stamps: RoundStamps } {
  const words = new Int32Array(new SharedArrayBuffer(STAMP_WORDS * 4));
  return { words, stamps: new RoundStamps(words) };
}

function found(reader: RoundStampsReader, position: number): number[] | null {
  return reader.find(position) ? [reader.last, reader.taken, reader.matched, reader.durable] : null;
}

for (const start of [0, 2 ** 31 - 3, -3]) {
  t.test(`the round of each event is found, with positions from ${start} on`, async (t) => {
    const { words, stamps } = ring();
    const [matched, durable] = [new RoundStampsReader(words, false), new RoundStampsReader(words, true)];
    const at = (event: number): number => (start + event) | 0;
    stamps.matched(at(1), at(3), 10, 11);
    t.same(found(matched, at(1))?.slice(0, 3), [at(3), 10, 11]);
    t.equal(found(durable, at(1)), null, 'it is not on disk yet');
    stamps.durable(15);
    stamps.matched(at(4), at(4), 20, 21);
    stamps.durable(25);
    t.same(found(durable, at(2)), [at(3), 10, 11, 15]);
    t.same(found(durable, at(3)), [at(3), 10, 11, 15]);
    t.same(found(durable, at(4)), [at(4), 20, 21, 25]);
    t.same(found(matched, at(4))?.slice(0, 3), [at(4), 20, 21]);
    t.equal(found(durable, at(5)), null);
  });
}

t.test('a reader that began later, or was lapped, is told so and finds what is there', async (t) => {
  const { words, stamps } = ring();
  const early = new RoundStampsReader(words, true);
  for (let event = 1; event <= STAMP_ROUNDS + 2; event++) {
    stamps.matched(event, event, event, event);
    stamps.durable(event);
  }
  t.equal(found(early, 1), null, 'written over');
  t.same(found(early, 3), [3, 3, 3, 3]);
  const late = new RoundStampsReader(words, true);
  stamps.matched(STAMP_ROUNDS + 3, STAMP_ROUNDS + 5, 1, 2);
  stamps.durable(3);
  t.equal(found(late, STAMP_ROUNDS + 2), null, 'of a round before it began');
  t.same(found(late, STAMP_ROUNDS + 4), [STAMP_ROUNDS + 5, 1, 2, 3]);
});

t.test('a stamp is microseconds modulo 2^32, and differences over the wrap are right', async (t) => {
  const before = stampOf(2 ** 32 / 1000 - 0.004);
  const after = stampOf(2 ** 32 / 1000 + 0.006);
  t.equal((after - before) | 0, 10);
});
