/** The parent of the platform: real processes that are killed, and what comes of it. */

import { join } from 'node:path';
import t from 'tap';
import { readKeyFile, TredyeClient } from '../client/index.js';
import { PlatformProcess } from '../proof/platform-process.js';
import {
  EXIT_CLEAN,
  EXIT_CONFIGURATION,
  EXIT_CORRUPT_JOURNAL,
  EXIT_DATA_DIRECTORY,
  EXIT_WORKER_DIED,
} from './exit-codes.js';
import { isStartedAgain, waitMs, withPort } from './parent.js';

const FLAGS = ['--segment-mib', '8', '--max-orders', '10000', '--max-instruments', '100', '--max-accounts', '100'];

/** Resolves when no process has this number any more. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

t.test('what is started again: a death by a signal always, a code of ours where one has served before', async (t) => {
  const ended = (code: number | null, signal: NodeJS.Signals | null = null) => ({ code, signal, servedMs: 0 });
  t.equal(isStartedAgain(ended(null, 'SIGKILL'), false), true);
  t.equal(isStartedAgain(ended(null, 'SIGABRT'), true), true, 'uWebSockets.js with live sockets');
  t.equal(isStartedAgain(ended(EXIT_WORKER_DIED), true), true);
  t.equal(isStartedAgain(ended(EXIT_WORKER_DIED), false), false, 'a start that never worked: somebody must look');
  t.equal(isStartedAgain(ended(EXIT_DATA_DIRECTORY), true), true, 'a disk that could not be read');
  for (const code of [EXIT_CLEAN, EXIT_CONFIGURATION, EXIT_CORRUPT_JOURNAL, 71, 78]) {
    t.equal(isStartedAgain(ended(code), true), false, String(code));
  }
  t.equal(isStartedAgain(ended(1), true), true, 'of Node');
});

t.test('the first start again is at once, then it waits longer and longer', async (t) => {
  t.same([0, 1, 2, 3, 7, 8, 9, 100].map(waitMs), [0, 250, 500, 1000, 16_000, 30_000, 30_000, 30_000]);
});

t.test('the next life has the port of the one before', async (t) => {
  t.same(withPort([], 7), ['--port', '7']);
  t.same(withPort(['--data', 'd', '--port', '0', '--shards', '2'], 7), ['--data', 'd', '--shards', '2', '--port', '7']);
  t.same(withPort(['--port=0', '--data', 'd'], 7), ['--data', 'd', '--port', '7']);
});

t.test('a platform that is killed is there again, and its clients with it; then Ctrl-C ends both', async (t) => {
  const data = join(t.testdir(), 'data');
  const platform = await PlatformProcess.start({ data, flags: FLAGS, parent: true });
  t.teardown(() => platform.kill());
  const { url, port, adminKey } = platform.ready;
  const client = await TredyeClient.connect(url, readKeyFile(adminKey), { random: () => 0 });
  await client.addInstrument({ symbol: 'ACME', priceMax: 1000, quantityMax: 1000 });
  await client.setPhase({ symbol: 'ACME', phase: 'Continuous' });
  const resting = await client.place({ symbol: 'ACME', side: 'Buy', price: 100, quantity: 1 });
  if (resting.kind !== 'Accepted') throw new Error('The order does not rest.');
  for (const life of [1, 2]) {
    const { pid } = await platform.readyAgain(life - 1);
    process.kill(pid, 'SIGKILL');
    const ready = await platform.readyAgain(life);
    t.equal(ready.port, port);
    t.not(ready.pid, pid);
    t.equal(ready.shards[0]?.epoch, life + 1);
    t.match(await client.orderStatus({ symbol: 'ACME', orderId: resting.orderId }), { kind: 'OrderState' });
    t.match(platform.log(), new RegExp(`ended by SIGKILL: it is started again .*\\(restart ${life}\\)`));
  }
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  t.match(metrics, /^tredye_platform_restarts_total 2$/m);
  await client.close();
  const { pid } = await platform.readyAgain(2);
  t.same(await platform.stop(), { code: EXIT_CLEAN, signal: null });
  t.match(platform.log(), /SIGINT: closing sessions/);
  await gone(pid);
});

t.test('a second platform on the same directory is refused by name, and not tried again', async (t) => {
  const data = join(t.testdir(), 'data');
  const platform = await PlatformProcess.start({ data, flags: FLAGS, parent: true });
  t.teardown(() => platform.kill());
  const refused = await PlatformProcess.refused({ data, flags: FLAGS, parent: true });
  t.equal(refused.code, EXIT_DATA_DIRECTORY);
  t.match(refused.said, new RegExp(`is held by the platform with process id ${platform.pid}:`));
  t.notMatch(refused.said, /started again/);
  t.same(await platform.stop(), { code: EXIT_CLEAN, signal: null });
});

t.test('a command line that is refused, and questions, are answered as without a parent', async (t) => {
  const data = join(t.testdir(), 'data');
  const refused = await PlatformProcess.refused({ data, flags: ['--shards', '0'], parent: true });
  t.equal(refused.code, EXIT_CONFIGURATION);
  t.match(refused.said, /^--shards must be/);
  const help = await PlatformProcess.refused({ data, flags: ['--help'], parent: true });
  t.equal(help.code, EXIT_CLEAN);
  t.match(help.said, /--disk-reserve-mib/);
});

t.test('a platform whose parent is killed stops cleanly by itself', async (t) => {
  const platform = await PlatformProcess.start({ data: join(t.testdir(), 'data'), flags: FLAGS, parent: true });
  const { pid } = platform;
  await platform.kill();
  await gone(pid);
  t.match(platform.log(), /the parent process is gone: closing sessions/);
  t.match(platform.log(), /"msg":"stopped: all sessions are closed/);
});
