/** The waits between attempts to connect. */

import t from 'tap';
import { Backoff } from './backoff.js';

function waits(count: number, random: number): number[] {
  const backoff = new Backoff(() => random);
  return Array.from({ length: count }, () => backoff.nextWaitMs());
}

t.test('the backoff doubles from half a second to twenty, and full jitter takes any part of it', async (t) => {
  t.same(waits(8, 0.999999999), [500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000]);
  t.equal(waits(60, 0.999999999).at(-1), 20_000);
  t.same(waits(4, 0), [0, 0, 0, 0]);
  t.same(waits(4, 0.5), [250, 500, 1000, 2000]);
});

t.test('the time without a session counts from its loss, over all attempts, until the next logon', async (t) => {
  const backoff = new Backoff(() => 0);
  backoff.ready(1000);
  t.equal(backoff.lost(5000), 0);
  t.equal(backoff.lost(5700), 700);
  backoff.ready(6000);
  t.equal(backoff.lost(6100), 0);
});

t.test('only a session that was steady begins the waits anew', async (t) => {
  const backoff = new Backoff(() => 0.5);
  for (let attempt = 0; attempt < 3; attempt++) backoff.nextWaitMs();
  backoff.ready(1000);
  backoff.lost(10_999);
  t.equal(backoff.nextWaitMs(), 2000);
  backoff.ready(20_000);
  backoff.lost(30_000);
  t.equal(backoff.nextWaitMs(), 250);
  backoff.lost(90_000);
  t.equal(backoff.nextWaitMs(), 500, 'an attempt that failed is no steady session');
});
