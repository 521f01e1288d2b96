/**
 * SIGTERM while orders come without a pause: the stop is a clean one within five seconds, clients were told, and what was
 * acknowledged is there. Twice over the same directory.
 */

import { join } from 'node:path';
import t from 'tap';
import { readKeyFile, TredyeClient } from '../client/index.js';
import { PlatformProcess } from '../proof/platform-process.js';
import { verifyVenue } from './cli/journal/check.js';
import { EXIT_CLEAN } from './exit-codes.js';

const SMALL = ['--segment-mib', '8', '--max-orders', '50000', '--max-instruments', '100', '--max-accounts', '100'];
/** A stop that takes longer is given up, and ends by SIGKILL. */
const FLAGS = [...SMALL, '--gateways', '2', '--shards', '2', '--stop-seconds', '5'];
const CLIENTS = 8;
/** Orders of a client that are on their way together. */
const AT_ONCE = 32;
const ENOUGH = 3000;
const SYMBOLS = ['ONE', 'TWO'] as const;

/** A client that sends without a pause until its connection goes. */
class Sender {
  readonly acknowledged: { readonly symbol: string; readonly orderId: bigint }[] = [];
  readonly whys: string[] = [];
  private over = false;

  constructor(private readonly client: TredyeClient) {
    client.onStateChange((state, why) => {
      if (state === 'ready') return;
      this.over = true;
      this.whys.push(why);
    });
  }

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, at) => this.sendOneBehindTheOther(SYMBOLS[at % 2] ?? 'ONE')));
  }

  private async sendOneBehindTheOther(symbol: string): Promise<void> {
    while (!this.over) {
      // What is on its way when the connection goes is settled when the client closes: it may be there or not.
      const placed = await this.client.place({ symbol, side: 'Buy', price: 100, quantity: 1 }).catch(() => null);
      if (placed?.kind === 'Accepted') this.acknowledged.push({ symbol, orderId: placed.orderId });
    }
  }

  close(): Promise<void> {
    return this.client.close();
  }
}

t.setTimeout(180_000);

t.test('SIGTERM under load: clean, told, and nothing acknowledged is missing', async (t) => {
  const data = join(t.testdir(), 'data');
  const kept: { readonly symbol: string; readonly orderId: bigint }[] = [];
  for (const life of [1, 2]) {
    const platform = await PlatformProcess.start({ data, flags: FLAGS });
    t.teardown(() => platform.kill());
    const { url, adminKey } = platform.ready;
    const key = readKeyFile(adminKey);
    const operator = await TredyeClient.connect(url, key);
    for (const [shard, symbol] of SYMBOLS.entries()) {
      if (life > 1) continue;
      await operator.addInstrument({ symbol, shard, priceMax: 1000, quantityMax: 1000 });
      await operator.setPhase({ symbol, phase: 'Continuous' });
    }
    for (const order of kept) {
      const { kind } = await operator.orderStatus(order);
      if (kind !== 'OrderState') t.fail(`order ${order.orderId} of ${order.symbol} was acknowledged and is not there`);
    }
    const senders: Sender[] = [];
    for (let lane = 10; lane < 10 + CLIENTS; lane++)
      senders.push(new Sender(await TredyeClient.connect(url, key, { lane })));
    const sending = senders.map((sender) => sender.run());
    const count = (): number => senders.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);
    while (count() < ENOUGH) await new Promise((resolve) => setTimeout(resolve, 10));
    platform.signal('SIGTERM');
    t.same(await platform.exited, { code: EXIT_CLEAN, signal: null });
    t.match(platform.log(), /SIGTERM: closing sessions/);
    t.match(platform.log(), /stopped: all sessions are closed and all that was taken is durable/);
    await Promise.all([operator.close(), ...senders.map((sender) => sender.close())]);
    await Promise.all(sending);
    for (const { whys } of senders) t.match(whys[0], /going down/, 'it was told');
    t.ok(count() >= ENOUGH);
    kept.push(...senders.flatMap(({ acknowledged }) => acknowledged.slice(-200)));
  }
  const verified = verifyVenue(data, () => undefined);
  t.same(
    verified.flatMap(({ problems }) => problems),
    [],
  );
  const last = await PlatformProcess.start({ data, flags: FLAGS });
  const operator = await TredyeClient.connect(last.ready.url, readKeyFile(last.ready.adminKey));
  const states = await Promise.all(kept.slice(-1000).map((order) => operator.orderStatus(order)));
  t.same([...new Set(states.map(({ kind }) => kind))], ['OrderState']);
  await operator.close();
  t.same(await last.stop(), { code: EXIT_CLEAN, signal: null });
});
