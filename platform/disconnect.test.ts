/**
 * What becomes of orders whose client is gone: a real client process is killed, a real platform is killed. Two shards, so
 * each answers for its own. Times are those of the venue's events: nothing here is measured.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { type AnyReport, readKeyFile, TredyeClient } from '../client/index.js';
import { PlatformProcess } from '../proof/platform-process.js';
import { getJson } from './cli/venue.js';

const SMALL = ['--segment-mib', '8', '--max-orders', '10000', '--max-instruments', '100', '--max-accounts', '100'];
const TRADER = fileURLToPath(new URL('../proof/trader-main.js', import.meta.url));
const ORDERS_A_SHARD = 20;
const US_PER_SECOND = 1_000_000;

interface Book {
  readonly bids: readonly unknown[];
}

/** Another lane of the account: every session gets all private events of it. */
class Watch {
  readonly reports: AnyReport[] = [];
  private wake: () => void = () => undefined;

  constructor(readonly client: TredyeClient) {
    client.onReport((report) => {
      this.reports.push(report);
      this.wake();
    });
  }

  /** Waits for so many reports of the kind, and returns them. */
  async until(kind: AnyReport['kind'], count: number): Promise<AnyReport[]> {
    for (;;) {
      const found = this.reports.filter((report) => report.kind === kind);
      if (found.length >= count) return found;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}

async function openMarket(platform: PlatformProcess): Promise<Watch> {
  const client = await TredyeClient.connect(platform.ready.url, readKeyFile(platform.ready.adminKey), {
    lane: 9,
    random: () => 0.02,
  });
  for (const [shard, symbol] of ['ONE', 'TWO'].entries()) {
    await client.addInstrument({ symbol, priceMax: 1000, quantityMax: 1000, shard });
    await client.setPhase({ symbol, phase: 'Continuous' });
  }
  return new Watch(client);
}

async function trader(platform: PlatformProcess, ...more: readonly string[]): Promise<ChildProcess> {
  const { url, adminKey } = platform.ready;
  const child = spawn(process.execPath, [TRADER, url, adminKey, '3', ...more], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(createInterface({ input: child.stdout }), 'line');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'close');
}

async function bids(platform: PlatformProcess): Promise<number> {
  const { url } = platform.ready;
  const books = await Promise.all(['ONE', 'TWO'].map((symbol) => getJson<Book>(url, `/v1/book/${symbol}?depth=100`)));
  return books.reduce((sum, book) => sum + book.bids.length, 0);
}

t.test('a client process is killed: its orders go after the grace, in every shard', async (t) => {
  const platform = await PlatformProcess.start({ data: join(t.testdir(), 'data'), flags: [...SMALL, '--shards', '2'] });
  const watch = await openMarket(platform);
  const child = await trader(platform, '2');
  await watch.client.place({ symbol: 'ONE', side: 'Buy', price: 5, quantity: 1 });
  t.equal(await bids(platform), 2 * ORDERS_A_SHARD + 1);
  await kill(child);
  const finished = await watch.until('Finished', 2);
  t.match(
    finished.map(({ reason, quantity }) => ({ reason, quantity })),
    [0, 1].map(() => ({ reason: 'SessionLost', quantity: ORDERS_A_SHARD })),
  );
  for (const shard of [0, 1]) {
    const [lost] = watch.reports.filter((report) => report.shard === shard && report.kind === 'SessionClosed');
    const [started] = watch.reports.filter((report) => report.shard === shard && report.kind === 'Started');
    t.ok((started?.timeUs ?? 0) - (lost?.timeUs ?? 0) >= 2 * US_PER_SECOND, 'not before the grace');
  }
  t.equal(await bids(platform), 1, 'the orders of the other lane stay');
  await watch.client.close();
  t.match(await platform.stop(), { code: 0 });
});

t.test(
  'a client that is back within the grace keeps its orders, and its dead-man timer comes all the same',
  async (t) => {
    const platform = await PlatformProcess.start({
      data: join(t.testdir(), 'data'),
      flags: [...SMALL, '--shards', '2'],
    });
    const watch = await openMarket(platform);
    await kill(await trader(platform, '3600'));
    await watch.until('SessionClosed', 2);
    const child = await trader(platform, '3600', '1500');
    const finished = await watch.until('Finished', 2);
    t.match(
      finished.map(({ reason, quantity }) => ({ reason, quantity })),
      [0, 1].map(() => ({ reason: 'DeadMan', quantity: 2 * ORDERS_A_SHARD })),
    );
    t.equal(await bids(platform), 0);
    await kill(child);
    await watch.client.close();
    await platform.stop();
  },
);

t.test(
  'the platform is killed: after the restart the grace begins, a deadline that has passed comes at once',
  async (t) => {
    const data = join(t.testdir(), 'data');
    const flags = [...SMALL, '--shards', '2'];
    const first = await PlatformProcess.start({ data, flags });
    await (await openMarket(first)).client.close();
    const cancels = await trader(first, '1');
    await kill(cancels);
    const again = await trader(first, '1');
    const { url, adminKey } = first.ready;
    const dead = spawn(process.execPath, [TRADER, url, adminKey, '4', '-', '1'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(createInterface({ input: dead.stdout }), 'line');
    await first.kill();
    await kill(again);
    await kill(dead);

    const second = await PlatformProcess.start({ data, flags });
    const client = await TredyeClient.connect(second.ready.url, readKeyFile(adminKey), { lane: 9 });
    const reports = new Watch(client);
    for (;;) {
      const left = await bids(second);
      if (left === 0) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    t.ok(reports.reports.every(({ kind }) => kind !== 'Rejected'));
    await client.close();
    await second.stop();
  },
);
