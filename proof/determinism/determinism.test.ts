/** The same commands make the same state and the same events: in another thread, with other limits, and not otherwise. */
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { type Played, playScript } from './determinism-script.js';

t.test('rule 11.2: another thread that plays the same commands has the same hash and events', async (t) => {
  const here = playScript({ seed: 11, limits: {} });
  const worker = new Worker(new URL('./determinism-peer-main.js', import.meta.url), {
    workerData: { seed: 11, limits: {} },
  });
  const there = await new Promise<Played>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  t.same(there, here);
  t.match(here.hash, /^[0-9a-f]{16}$/);
});

t.test('limits that were never reached, and where levels are found, are not in the hash', async (t) => {
  const here = playScript({ seed: 12, limits: {} });
  t.same(playScript({ seed: 12, limits: { maxOrders: 5000, maxLevels: 999, maxAccounts: 50, maxLanes: 50 } }), here);
  t.same(playScript({ seed: 12, limits: { ladderWindows: 0 } }), here);
  t.same(playScript({ seed: 12, limits: { ladderTicks: 1024 } }), here);
});

t.test('the seed that scatters client order ids in memory changes no event and no hash', async (t) => {
  const here = playScript({ seed: 12, limits: {}, bucketSeed: 1 });
  for (const bucketSeed of [0, -1, 0x5bd1e995]) t.same(playScript({ seed: 12, limits: {}, bucketSeed }), here);
});

t.test('another seed, or one command less, has another hash', async (t) => {
  const here = playScript({ seed: 13, limits: {} });
  t.not(playScript({ seed: 14, limits: {} }).hash, here.hash);
  t.not(playScript({ seed: 13, limits: {}, without: 1500 }).hash, here.hash);
});
