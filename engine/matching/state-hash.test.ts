/** The same commands make the same state and the same events: in another thread, with other limits, and not otherwise. */
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { CommandKind } from '../../schemas/codes.js';
import { type Played, playScript } from './hash-script.js';
import { MadeEngine } from './made-engine.js';

t.test('another thread that plays the same commands has the same hash and events', async (t) => {
  const here = playScript({ seed: 11, limits: {} });
  const worker = new Worker(new URL('./hash-peer-main.js', import.meta.url), { workerData: { seed: 11, limits: {} } });
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

t.test('another seed, or one command less, has another hash', async (t) => {
  const here = playScript({ seed: 13, limits: {} });
  t.not(playScript({ seed: 14, limits: {} }).hash, here.hash);
  t.not(playScript({ seed: 13, limits: {}, skip: 1500 }).hash, here.hash);
});

t.test('each part of the state is in the hash', async (t) => {
  const made = new MadeEngine({ maxEventsPerCommand: 8 });
  for (let index = 0; index < 9; index++) made.sell(1, 100);
  made.buy(9, 100);
  const { state } = made.engine;
  const before = made.engine.stateHash();
  const arrays: [string, Int32Array | Float64Array | Uint8Array, number][] = [
    ['order', state.orders, 5 * 16 + 1],
    ['generation of a free slot', state.orders, 9],
    ['account', state.accounts, 8],
    ['instrument', state.instruments, 16 + 6],
    ['symbol', state.registry.symbols, 32],
    ['lane', state.lanes.words, 2],
    ['mark', state.lanes.marks, 0],
    ['answer', state.lanes.answers, 11 * 16 + 8],
    ['operation', state.operations.words, 8],
    ['volume', state.operations.volumes, 0],
    ['total', state.books.levels.totals, 1],
  ];
  for (const [name, array, at] of arrays) {
    const old = array[at] as number;
    array[at] = old + 1;
    t.not(made.engine.stateHash(), before, name);
    array[at] = old;
  }
  t.equal(made.engine.stateHash(), before, 'looking changes nothing');
  made.send(CommandKind.Cancel, { counter: 0, target: [0, 0] });
  t.not(made.engine.stateHash(), before, 'a refused command counts, too');
});
