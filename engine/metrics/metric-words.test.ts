import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { Dice } from '../../proof/dice.js';
import { BUCKETS, bucketEnd, bucketOf, LAST_BUCKET } from './buckets.js';
import { COUNTER_WORDS, FIRST_WORD, HISTOGRAM_WORDS, MetricWords } from './metric-words.js';

const A = FIRST_WORD;
const B = A + COUNTER_WORDS;
const H = B + COUNTER_WORDS;
const WORDS = H + HISTOGRAM_WORDS;

function words(on = true): { memory: SharedArrayBuffer; metrics: MetricWords } {
  const memory = MetricWords.create(WORDS, on);
  return { memory, metrics: new MetricWords(memory) };
}

/** Whole numbers of every size up to 2^31 - 1, small ones and powers of two with their neighbours included. */
function someValues(dice: Dice): number[] {
  const values = Array.from({ length: 20_000 }, () => dice.below(2 ** dice.between(1, 31)));
  for (let bit = 0; bit < 31; bit++) values.push(2 ** bit - 1, 2 ** bit, Math.min(2 ** bit + 1, 2 ** 31 - 1));
  return values;
}

t.test('buckets cover all numbers without a hole, each at most a quarter wider than where it begins', async (t) => {
  let begin = 0;
  for (let bucket = 0; bucket < LAST_BUCKET; bucket++) {
    const end = bucketEnd(bucket);
    if (bucketOf(begin) !== bucket || bucketOf(end - 1) !== bucket || bucketOf(end) !== bucket + 1) {
      t.fail(`bucket ${bucket} is not from ${begin} to ${end}`);
    }
    if (end - begin > Math.max(1, begin / 4)) t.fail(`bucket ${bucket} is wider than a quarter of ${begin}`);
    begin = end;
  }
  t.equal(begin, 2 ** 30, 'the last one begins at 17.9 minutes of microseconds');
  t.equal(bucketOf(2 ** 31 - 1), LAST_BUCKET);
  t.equal(bucketEnd(LAST_BUCKET), Number.POSITIVE_INFINITY);
});

t.test('a histogram says of each edge how many values lie below it, as the sorted list of them does', async (t) => {
  const { metrics, memory } = words();
  const values = someValues(new Dice(4));
  for (const value of values) metrics.record(H, value, 1);
  const sorted = [...values].sort((one, other) => one - other);
  const { counts, sum } = new MetricWords(memory).histogram(H);
  let below = 0;
  let at = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    below += counts[bucket] ?? 0;
    while (at < sorted.length && (sorted[at] ?? 0) < bucketEnd(bucket)) at++;
    if (below !== at) t.fail(`below ${bucketEnd(bucket)} are ${at} values, the histogram says ${below}`);
  }
  t.equal(below, values.length);
  t.equal(
    sum,
    values.reduce((all, value) => all + value, 0),
  );
});

t.test('many observations at once are as many single ones', async (t) => {
  const [at, single] = [words().metrics, words().metrics];
  const dice = new Dice(5);
  for (let round = 0; round < 300; round++) {
    const value = dice.below(2 ** dice.between(1, 31));
    const times = dice.below(40);
    at.record(H, value, times);
    for (let one = 0; one < times; one++) single.record(H, value, 1);
  }
  t.same(at.histogram(H), single.histogram(H));
  t.ok(at.histogram(H).sum > 2 ** 32, 'the sum went around its low word');
});

t.test('what lies outside counts at the ends', async (t) => {
  const { metrics } = words();
  metrics.record(H, -5, 2);
  metrics.record(H, 2 ** 40, 3);
  const { counts, sum } = metrics.histogram(H);
  t.equal(counts[0], 2);
  t.equal(counts[LAST_BUCKET], 3);
  t.equal(sum, 3 * (2 ** 31 - 1));
});

t.test('counters go on behind 2^31 and 2^32, gauges go up and down over them', async (t) => {
  const { metrics } = words();
  let expected = 0;
  for (const n of [2 ** 31 - 1, 1, 2 ** 31 - 1, 2 ** 31 - 1, 5, 2 ** 32 - 1, 2 ** 32 - 1, 0, 3]) {
    metrics.count(A, n);
    expected += n;
    t.equal(metrics.value(A), expected);
  }
  for (const value of [7, 2 ** 31, 2 ** 32 + 3, 2 ** 52 + 1, 2 ** 32 - 1, 0]) {
    metrics.set(B, value);
    t.equal(metrics.value(B), value);
  }
  t.equal(metrics.value(A), expected, 'the neighbour is as it was');
});

t.test('a reader of another thread never sees a counter between two values, nor one go back', async (t) => {
  const { memory, metrics } = words();
  const step = 2 ** 30;
  const times = 4_000_000;
  const peer = new Worker(new URL('./count-peer-worker.js', import.meta.url), {
    workerData: { memory, word: A, step, times },
  });
  const ended = once(peer, 'exit');
  let before = 0;
  let reads = 0;
  let wrong = 0;
  for (; before < step * times; reads++) {
    const value = metrics.value(A);
    if (value < before || value % step !== 0) wrong++;
    before = Math.max(before, value);
    // The thread starts and ends by messages.
    if (reads % 10_000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await ended;
  t.equal(wrong, 0);
  t.equal(metrics.value(A), step * times, `after ${reads} reads`);
});

t.test('switched off, nothing is counted', async (t) => {
  const { metrics } = words(false);
  metrics.count(A, 3);
  metrics.set(B, 4);
  metrics.record(H, 5, 6);
  t.same([metrics.value(A), metrics.value(B), metrics.histogram(H).sum], [0, 0, 0]);
});
