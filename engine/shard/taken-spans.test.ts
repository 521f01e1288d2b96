import t from 'tap';
import { TakenSpans, TakenSpansReader } from './taken-spans.js';

t.test('spans come out in order with sequences beyond 32 bits and positions over the wrap', async (t) => {
  const memory = TakenSpans.create(4);
  const spans = new TakenSpans(memory);
  const reader = new TakenSpansReader(memory);
  t.equal(reader.peek(), false);
  spans.push(2 ** 40 + 5, -3, 2);
  spans.push(2 ** 40 + 7, -1, 4);
  const seen: number[][] = [];
  for (; reader.peek(); reader.advance()) {
    seen.push([reader.firstSequence, reader.position, reader.count]);
  }
  t.same(seen, [
    [2 ** 40 + 5, -3, 2],
    [2 ** 40 + 7, -1, 4],
  ]);
});

t.test('a reader that was lapped is told so and can skip or follow', async (t) => {
  const memory = TakenSpans.create(4);
  const spans = new TakenSpans(memory);
  const late = new TakenSpansReader(memory);
  const other = new TakenSpansReader(memory);
  for (let span = 0; span < 4; span += 1) {
    spans.push(span + 1, span, 1);
  }
  t.equal(late.peek(), true, 'as many as fit are all there');
  spans.push(5, 4, 1);
  t.equal(late.peek(), false, 'the oldest was written over');
  late.jumpToEnd();
  t.equal(late.peek(), false);
  other.follow(late);
  spans.push(6, 5, 1);
  t.equal(late.peek() && late.firstSequence, 6);
  t.equal(other.peek() && other.firstSequence, 6);
});

t.test('what a shard said and did not make durable is void when it gives those sequences again', async (t) => {
  const memory = TakenSpans.create(4);
  const spans = new TakenSpans(memory);
  const reader = new TakenSpansReader(memory);
  spans.push(2 ** 33, 0, 4);
  spans.push(2 ** 33 + 4, 4, 2);
  spans.push(2 ** 33 + 8, 6, 1);
  new TakenSpans(memory).voidFrom(2 ** 33 + 4);
  // Nothing is left to make void: the span before must stay, whoever asks again.
  new TakenSpans(memory).voidFrom(2 ** 33 + 4);
  new TakenSpans(memory).push(2 ** 33 + 6, 4, 3);
  const seen: number[][] = [];
  for (; reader.peek(); reader.advance()) seen.push([reader.firstSequence, reader.position, reader.count]);
  t.same(
    seen.filter(([, , count]) => count !== 0),
    [
      [2 ** 33, 0, 4],
      [2 ** 33 + 6, 4, 3],
    ],
  );
});

t.test('all spans of a memory can be void', async (t) => {
  const memory = TakenSpans.create(4);
  const spans = new TakenSpans(memory);
  for (let span = 0; span < 6; span += 1) spans.push(span + 10, span, 1);
  spans.voidFrom(10);
  const reader = new TakenSpansReader(memory);
  spans.push(10, 0, 1);
  t.equal(reader.peek() && reader.firstSequence, 10);
});

t.test('memory of no sensible size is refused', async (t) => {
  t.throws(() => TakenSpans.create(0), RangeError);
  t.throws(() => new TakenSpans(new SharedArrayBuffer(1024)), RangeError);
});
