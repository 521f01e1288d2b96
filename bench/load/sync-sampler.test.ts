import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { sampleSync, smallerSync } from './sync-sampler.js';

t.test('so many writes are timed, as far apart as asked, and nothing is left behind', async (t) => {
  const folder = join(t.testdir(), 'journal');
  const close = sampleSync(folder, 50, 0);
  t.equal(close.writes, 50);
  t.ok(close.p50 > 0 && close.p50 <= close.p99);
  const startedMs = performance.now();
  t.equal(sampleSync(folder, 50, 2).writes, 50);
  t.ok(performance.now() - startedMs >= 2 * 149, 'those that warm up are paced as well');
  t.ok(existsSync(folder));
  t.same(readdirSync(folder), []);
});

t.test('of two samples the one with the smaller median counts', async (t) => {
  const quick = { writes: 1, p50: 100, p99: 900 };
  const slow = { writes: 1, p50: 120, p99: 300 };
  t.equal(smallerSync(quick, slow), quick);
  t.equal(smallerSync(slow, quick), quick);
});
