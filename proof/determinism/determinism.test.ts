/** The same commands make the same state and the same events: in another thread, with other limits, and not otherwise. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { type PeerTask, type Played, playScript, playTask } from './determinism-script.js';

t.setTimeout(300_000);

const PEER = new URL('./determinism-peer-main.js', import.meta.url);
const TASK: PeerTask = { seed: 11, sequences: 60 };
const here = playTask(TASK);

/** What a process of that Node makes of the task; null: there is no such program. */
async function playedBy(node: string, ...flags: string[]): Promise<Played | null> {
  const child = spawn(node, [...flags, fileURLToPath(PEER), JSON.stringify(TASK)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const code = await new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(null));
    child.on('close', resolve);
  });
  return code === null ? null : (JSON.parse(output || '{}') as Played);
}

t.test('rule 11.2: another thread that plays the same commands has the same hash and events', async (t) => {
  const worker = new Worker(PEER, { workerData: TASK });
  const there = await new Promise<Played>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  t.same(there, here);
  t.match(here.hash, /^[0-9a-f]{17,24}$/);
});

t.test(
  'rule 11.2: another process has them, too, and one that never compiles a function to machine code',
  async (t) => {
    t.same(await playedBy(process.execPath), here);
    t.same(await playedBy(process.execPath, '--no-opt', '--no-sparkplug'), here);
  },
);

t.test('rule 11.2: the other Node that the project runs on has them, too', async (t) => {
  const major = Number(process.versions.node.split('.')[0]);
  const other = major === 20 ? 24 : 20;
  // Whoever names the program wants it played: without that name it is looked for, and may be missing.
  const named = process.env.OTHER_NODE ?? '';
  const there = await playedBy(named === '' ? `node${other}` : named);
  if (there === null && named === '') {
    t.comment(`left out: there is no node${other} here; OTHER_NODE=PATH names one`);
    t.pass('left out, and said so');
    return;
  }
  t.same(there, here);
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
