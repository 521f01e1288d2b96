/**
 * A disk that takes no more: a real platform whose process may not write files beyond a size (RLIMIT_FSIZE, which the
 * kernel answers with EFBIG as it does a full disk with ENOSPC), from one moment on and from the start.
 */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { readKeyFile, TredyeClient } from '../client/index.js';
import { PlatformProcess } from '../proof/platform-process.js';
import { EXIT_CLEAN, EXIT_DATA_DIRECTORY, EXIT_WORKER_DIED } from './exit-codes.js';

const SMALL = ['--segment-mib', '8', '--max-orders', '10000', '--max-instruments', '100', '--max-accounts', '100'];
const BID = { symbol: 'ACME', side: 'Buy', price: 100, quantity: 1 } as const;

/** Lets a running process, 0: this one and its children, write no file beyond so many bytes. */
function limitFiles(pid: number, bytes: string): void {
  const limited = spawnSync('prlimit', ['--pid', String(pid || process.pid), `--fsize=${bytes}:`]);
  if (limited.status !== 0) throw new Error(`prlimit does not work: ${limited.stderr}`);
}

t.test(
  'a journal that cannot be written ends the process, and what was not written was never acknowledged',
  async (t) => {
    const data = join(t.testdir(), 'data');
    const platform = await PlatformProcess.start({ data, flags: SMALL });
    const { port, url, adminKey } = platform.ready;
    const client = await TredyeClient.connect(url, readKeyFile(adminKey));
    await client.addInstrument({ symbol: 'ACME', priceMax: 1000, quantityMax: 1000 });
    await client.setPhase({ symbol: 'ACME', phase: 'Continuous' });
    const written = await client.place(BID);
    t.equal(written.kind, 'Accepted');
    limitFiles(platform.pid, '4096');
    const unwritten = client.place({ ...BID, price: 200 }).catch((error: unknown) => error);
    t.same(await platform.exited, { code: EXIT_WORKER_DIED, signal: null }, platform.log());
    t.match(platform.log(), /Shard 0 cannot write its journal: .*EFBIG.*00000001\.seg.*then start again\./);

    const again = await PlatformProcess.start({ data, flags: SMALL, port });
    t.match(await unwritten, { code: 'NEVER_HAPPENED' });
    t.match(await client.cancel({ symbol: 'ACME', orderId: written.orderId }), { kind: 'Cancelled', quantity: 1 });
    await client.close();
    t.same(await again.stop(), { code: EXIT_CLEAN, signal: null });
  },
);

t.test('a journal that cannot be written while the platform stops makes it no clean stop', async (t) => {
  const platform = await PlatformProcess.start({ data: join(t.testdir(), 'data'), flags: SMALL });
  t.teardown(() => platform.kill());
  const client = await TredyeClient.connect(platform.ready.url, readKeyFile(platform.ready.adminKey));
  limitFiles(platform.pid, '4096');
  // The session that is open ends with the stop, which is a record of the journal.
  t.same(await platform.stop(), { code: EXIT_WORKER_DIED, signal: null }, platform.log());
  t.match(platform.log(), /SIGINT: closing sessions.*\n.*Shard 0 cannot write its journal: .*EFBIG/);
  t.notMatch(platform.log(), /"msg":"stopped/);
  await client.close();
});

t.test('a first start without room says so, and goes on when there is some', async (t) => {
  const data = join(t.testdir(), 'data');
  limitFiles(0, '1000000');
  const refused = await PlatformProcess.refused({ data, flags: SMALL });
  limitFiles(0, '0');
  const atAll = await PlatformProcess.refused({ data: `${data}-2`, flags: SMALL });
  limitFiles(0, 'unlimited');
  t.equal(refused.code, EXIT_WORKER_DIED, refused.said);
  t.match(refused.said, /Shard 0 cannot write its journal: .*EFBIG.*then start again\./);
  t.equal(atAll.code, EXIT_DATA_DIRECTORY, atAll.said);
  t.match(atAll.said, /^The data directory \S+ cannot be written \(EFBIG\): make it writable or choose another/);
  const platform = await PlatformProcess.start({ data, flags: SMALL });
  t.equal(platform.ready.shards[0]?.epoch, 1);
  t.same(await platform.stop(), { code: EXIT_CLEAN, signal: null });
});
