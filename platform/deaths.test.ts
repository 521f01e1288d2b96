/**
 * Threads that die, under the parent of the platform: by a throw, in an endless loop, for want of memory. Whatever it was,
 * trading goes on by itself and nothing acknowledged is missing. The deaths are planted from outside (proof/deaths).
 */

import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readKeyFile, TredyeClient } from '../client/index.js';
import { PlatformProcess } from '../proof/platform-process.js';
import { verifyVenue } from './cli/journal/check.js';
import { EXIT_CLEAN, EXIT_WORKER_DIED } from './exit-codes.js';
import { MOST_REPLACED } from './gateway-threads.js';

const SMALL = ['--segment-mib', '8', '--max-orders', '10000', '--max-instruments', '100', '--max-accounts', '100'];
const FLAGS = [...SMALL, '--gateways', '2', '--snapshot-commands', '200'];
/** Soon enough for a test. A gateway that is replaced must be there again within it, so the throws go without. */
const SHORT_LIMIT = ['--sync-limit-seconds', '5'];
const DEATHS = new URL('../proof/deaths/death-main.js', import.meta.url).href;
const CLIENTS = 6;
const BID = { symbol: 'ACME', side: 'Buy', price: 100, quantity: 1 } as const;

/** Clients on whatever gateways the system gives them to, and all that was acknowledged to them. */
class Crowd {
  readonly clients: TredyeClient[] = [];
  readonly resting: bigint[] = [];

  constructor(
    private readonly url: string,
    private readonly keyFile: string,
  ) {}

  async connect(): Promise<void> {
    for (let lane = 20; lane < 20 + CLIENTS; lane++) {
      const options = { lane, random: () => 0.1 };
      this.clients.push(await TredyeClient.connect(this.url, readKeyFile(this.keyFile), options));
    }
  }

  /** Each places an order, and goes on trying while the venue is away. */
  async place(): Promise<void> {
    await Promise.all(this.clients.map((client) => this.placeOne(client)));
  }

  private async placeOne(client: TredyeClient): Promise<void> {
    for (;;) {
      try {
        const placed = await client.place(BID);
        if (placed.kind !== 'Accepted') throw new Error(`An order is refused: ${placed.reason}`);
        this.resting.push(placed.orderId);
        return;
      } catch (error) {
        const again = error instanceof Error && 'canRetry' in error && error.canRetry === true;
        const never = error instanceof Error && 'code' in error && error.code === 'NEVER_HAPPENED';
        if (!again && !never) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  /** Those of the acknowledged orders that the venue does not have. */
  async missing(): Promise<bigint[]> {
    const [client] = this.clients;
    const missing: bigint[] = [];
    for (const orderId of this.resting) {
      const state = await client?.orderStatus({ symbol: 'ACME', orderId });
      if (state?.kind !== 'OrderState') missing.push(orderId);
    }
    return missing;
  }
}

t.setTimeout(480_000);

t.test(
  'a gateway that throws is replaced, a shard comes back; after any other death the platform is there again',
  async (t) => {
    const folder = t.testdir();
    const data = join(folder, 'data');
    const options = {
      data,
      flags: FLAGS,
      nodeFlags: ['--import', DEATHS, '--max-old-space-size=256'],
      environment: { DEATHS: folder },
      parent: true,
    };
    let platform = await PlatformProcess.start(options);
    t.teardown(() => platform.kill());
    const { url, port, adminKey } = platform.ready;
    const operator = await TredyeClient.connect(url, readKeyFile(adminKey), { random: () => 0.1 });
    await operator.addInstrument({ symbol: 'ACME', priceMax: 1000, quantityMax: 1000 });
    await operator.setPhase({ symbol: 'ACME', phase: 'Continuous' });
    const crowd = new Crowd(url, adminKey);
    await crowd.connect();
    await crowd.place();
    const kill = (thread: string, how: string): void => {
      writeFileSync(join(folder, 'death'), how);
      renameSync(join(folder, 'death'), join(folder, thread));
    };
    const metric = async (name: string): Promise<string | undefined> => {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1];
    };

    for (const [times, thread] of ['gateway-0', 'gateway-1', 'gateway-0'].entries()) {
      kill(thread, 'throw');
      await platform.said(/"msg":"gateway \d serves again"/, times + 1);
      await crowd.place();
      t.equal(await metric('tredye_gateways_replaced_total'), String(times + 1));
    }
    t.match(platform.log(), /gateway 0 found a bug of ours and is replaced.*a planted bug in gateway-0/);
    // A shard looks when it has a command.
    kill('shard-0', 'throw');
    await crowd.place();
    t.equal(await metric('tredye_shard_comebacks_total'), '1');
    t.match(platform.log(), /shard 0 found a bug of ours .*a planted bug in shard-0/);
    t.equal((await platform.readyAgain(0)).pid, platform.pid, 'the platform is the same one');
    t.notMatch(platform.log(), /PLATFORM_RESTARTED/);

    t.same(await platform.stop(), { code: EXIT_CLEAN, signal: null });
    platform = await PlatformProcess.start({ ...options, flags: [...FLAGS, ...SHORT_LIMIT], port });
    const deaths = [
      ['gateway-1', 'loop'],
      ['gateway-0', 'memory'],
      ['shard-0', 'loop'],
      ['shard-0', 'memory'],
    ] as const;
    for (const [life, [thread, how]] of deaths.entries()) {
      kill(thread, how);
      const placed = crowd.place();
      await platform.readyAgain(life + 1);
      await placed;
      t.equal(await metric('tredye_platform_restarts_total'), String(life + 1), `${thread}: ${how}`);
    }
    t.equal(crowd.resting.length, CLIENTS * (1 + 3 + 1 + deaths.length));
    t.same(await crowd.missing(), []);
    for (const client of [operator, ...crowd.clients]) await client.close();
    t.same(await platform.stop(), { code: EXIT_CLEAN, signal: null });
    const verified = verifyVenue(data, () => undefined);
    t.same(
      verified.flatMap(({ problems }) => problems),
      [],
    );
  },
);

t.test('a gateway that throws again and again ends the platform by name', async (t) => {
  const folder = t.testdir();
  const platform = await PlatformProcess.start({
    data: join(folder, 'data'),
    flags: SMALL,
    nodeFlags: ['--import', DEATHS],
    environment: { DEATHS: folder },
  });
  t.teardown(() => platform.kill());
  let ended = false;
  let deaths = 0;
  while (!ended) {
    deaths += 1;
    writeFileSync(join(folder, 'death'), 'throw');
    renameSync(join(folder, 'death'), join(folder, 'gateway-0'));
    ended = await platform.said(/"msg":"gateway 0 serves again"/, deaths).then(
      () => false,
      () => true,
    );
  }
  t.same(await platform.exited, { code: EXIT_WORKER_DIED, signal: null });
  t.ok(deaths > MOST_REPLACED, `${deaths} deaths`);
  t.match(platform.log(), /"code":"GATEWAY_DIED".*Gateway 0 found a bug of ours; start again and report this/);
});
