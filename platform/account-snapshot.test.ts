/** Sessions that begin with what their account has, over a real platform: asked for, and in place of a replay that is too long. */

import { join } from 'node:path';
import t from 'tap';
import { type AccountSnapshot, type AnyReport, readKeyFile, TredyeClient } from '../client/index.js';
import { PlatformProcess } from '../proof/platform-process.js';
import { EXIT_CLEAN } from './exit-codes.js';

const SMALL = ['--segment-mib', '8', '--max-orders', '10000', '--max-instruments', '100', '--max-accounts', '100'];
const SYMBOLS = ['ONE', 'TWO'] as const;

/** Open orders as a client of ours keeps them: a snapshot in place of all, then what is told. */
class OpenOrders {
  readonly snapshots: AccountSnapshot[] = [];
  private readonly byId = new Map<string, number>();
  private wake: () => void = () => undefined;

  constructor(client: TredyeClient) {
    client.onSnapshot((snapshot) => {
      for (const key of [...this.byId.keys()]) if (key.startsWith(`${snapshot.shard}:`)) this.byId.delete(key);
      this.snapshots.push(snapshot);
      for (const report of snapshot.reports) this.take(report);
      this.wake();
    });
    client.onReport((report) => this.take(report));
  }

  get all(): readonly string[] {
    return [...this.byId].map(([key, leaves]) => `${key}=${leaves}`).sort();
  }

  async snapshotOf(shards: number): Promise<void> {
    while (this.snapshots.length < shards) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  private take(report: AnyReport): void {
    const key = `${report.shard}:${report.orderId}`;
    switch (report.kind) {
      case 'Accepted':
      case 'OrderState':
      case 'Booked':
        this.byId.set(key, report.leaves);
        return;
      case 'Fill':
        if (report.leaves === 0) this.byId.delete(key);
        else this.byId.set(key, report.leaves);
        return;
      case 'Cancelled':
        this.byId.delete(key);
        return;
      default:
        return;
    }
  }
}

t.setTimeout(120_000);

t.test('what a session begins with and what follows are what one that saw everything holds', async (t) => {
  const data = join(t.testdir(), 'data');
  const flags = [...SMALL, '--shards', '2', '--resume-events', '50'];
  const platform = await PlatformProcess.start({ data, flags });
  t.teardown(() => platform.kill());
  const { url, adminKey } = platform.ready;
  const key = readKeyFile(adminKey);
  const first = await TredyeClient.connect(url, key);
  const watched = new OpenOrders(first);
  for (const [shard, symbol] of SYMBOLS.entries()) {
    await first.addInstrument({ symbol, shard, priceMax: 1000, quantityMax: 1000 });
    await first.setPhase({ symbol, phase: 'Continuous' });
  }
  const late = await TredyeClient.connect(url, key, { lane: 5 });
  const points = late.resumePoints();
  await late.close();
  const placed = await Promise.all(
    Array.from({ length: 400 }, (_, at) =>
      first.place({ symbol: SYMBOLS[at % 2] ?? 'ONE', side: 'Buy', price: 1 + (at % 90), quantity: 5 }),
    ),
  );
  await first.place({ symbol: 'ONE', side: 'Sell', price: 80, quantity: 7 });

  const second = await TredyeClient.connect(url, key, { lane: 2, snapshot: true });
  const folded = new OpenOrders(second);
  await folded.snapshotOf(SYMBOLS.length);
  const positions = folded.snapshots.flatMap(({ reports }) => reports.filter(({ kind }) => kind === 'PositionState'));
  t.equal(positions.length, 0, 'one account traded with itself: it holds nothing');

  const resumed = await TredyeClient.connect(url, key, { lane: 3, resume: points });
  const behind = new OpenOrders(resumed);
  await behind.snapshotOf(SYMBOLS.length);
  for (const [at, order] of placed.entries()) {
    if (order.kind !== 'Accepted') throw new Error(`An order is refused: ${order.reason}`);
    // Some are filled.
    if (at % 7 === 0)
      await first.cancel({ symbol: SYMBOLS[at % 2] ?? 'ONE', orderId: order.orderId }).catch(() => null);
  }
  // The answer to a question of its own comes behind all that was before it.
  for (const client of [first, second, resumed]) {
    for (const symbol of SYMBOLS) await client.massCancel({ symbol, side: 'Sell' });
  }
  t.ok(watched.all.length > 300);
  t.same(folded.all, watched.all);
  t.same(behind.all, watched.all);
  for (const client of [first, second, resumed]) await client.close();
  t.same(await platform.stop(), { code: EXIT_CLEAN, signal: null });
});
