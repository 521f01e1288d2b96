import t from 'tap';
import { bucketOf } from './buckets.js';
import { MetricWords } from './metric-words.js';
import { ShardGarbage, watchThread } from './thread-watch.js';
import { COLLECTIONS, counterAt, MAIN_WORDS, THREAD } from './words.js';

const BLOCKED_MS = 300;
/** In the histogram the delay may be up to the timer's own interval shorter. */
const AT_LEAST_US = 200_000;
const MOST_TRIES = 200;

function totalFrom(counts: readonly number[], bucket: number): number {
  return counts.slice(bucket).reduce((all, count) => all + count, 0);
}

/** Enough for a few collections of young objects. */
function makeGarbage(): number {
  let kept: number[][] = [];
  for (let made = 0; made < 400_000; made++) {
    if (kept.length > 100) kept = [];
    kept.push([made, made + 1, made + 2]);
  }
  return kept.length;
}

function collections(words: MetricWords): number {
  return COLLECTIONS.reduce((all, _, kind) => all + words.value(counterAt(THREAD.gcCount, kind)), 0);
}

function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

t.test('a thread that stood still, and its collections, stand in its words within seconds', async (t) => {
  const words = new MetricWords(MetricWords.create(MAIN_WORDS));
  const stop = watchThread(words);
  const delayed = (): number => totalFrom(words.histogram(THREAD.loopDelay).counts, bucketOf(AT_LEAST_US));
  for (let tries = 0; tries < MOST_TRIES && (delayed() === 0 || collections(words) === 0); tries++) {
    if (tries % 20 === 1) {
      block(BLOCKED_MS);
      makeGarbage();
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  stop();
  t.ok(delayed() > 0, 'the delay');
  t.ok(collections(words) > 0, 'collections');
  t.equal(totalFrom(words.histogram(THREAD.gcPause).counts, 0), collections(words), 'each with its pause');
  t.ok(words.value(THREAD.heapUsed) > 2 ** 20);
});

t.test('a thread whose event loop does not turn counts its collections when it looks', async (t) => {
  const words = new MetricWords(MetricWords.create(MAIN_WORDS));
  const garbage = new ShardGarbage(words, 0);
  makeGarbage();
  garbage.look(999, true);
  garbage.look(9_999, false);
  t.equal(collections(words), 0, 'it is not time to');
  garbage.look(1_000, true);
  const first = collections(words);
  t.ok(first > 0);
  makeGarbage();
  garbage.look(11_000, false);
  t.ok(collections(words) > first, 'a busy one looks, too, and what it counted is not counted again');
  t.equal(totalFrom(words.histogram(THREAD.gcPause).counts, 0), collections(words));
});

t.test('switched off, nobody watches', async (t) => {
  const words = new MetricWords(MetricWords.create(MAIN_WORDS, false));
  const garbage = new ShardGarbage(words, 0);
  makeGarbage();
  garbage.look(20_000, true);
  watchThread(words)();
  t.equal(collections(words), 0);
});
