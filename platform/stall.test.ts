/**
 * A disk that does not come back from a write for three seconds while orders come without a pause: nothing is acknowledged
 * that is not on disk, orders are refused by code once the rings are full, memory does not grow, and it goes on. The stall is
 * planted from outside (proof/deaths).
 */

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readKeyFile, TredyeClient } from '../client/index.js';
import { readJournalEvents } from '../proof/kill/event-log.js';
import { PlatformProcess } from '../proof/platform-process.js';
import { verifyVenue } from './cli/journal/check.js';
import { getJson } from './cli/venue.js';
import { journalDirectory } from './data-directory.js';
import { EXIT_CLEAN } from './exit-codes.js';

const SMALL = ['--segment-mib', '64', '--max-orders', '200000', '--max-instruments', '100', '--max-accounts', '100'];
const FLAGS = [...SMALL, '--command-ring-slots', '2048'];
const STALL = new URL('../proof/deaths/stall-main.js', import.meta.url).href;
const STALL_MS = '3000';
const CLIENTS = 4;
const AT_ONCE = 1000;
const RESTING = { symbol: 'ACME', side: 'Buy', price: 100, quantity: 1 } as const;
/** What a process may grow by that keeps nothing for the stall: buffers of sockets, garbage. */
const GROWTH_BYTES = 200 * 1024 * 1024;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

t.setTimeout(180_000);

t.test(
  'a disk that stalls under load: nothing false is said, orders are refused by code, and it goes on',
  async (t) => {
    const folder = t.testdir();
    const data = join(folder, 'data');
    const platform = await PlatformProcess.start({
      data,
      flags: FLAGS,
      nodeFlags: ['--import', STALL],
      environment: { STALL: folder, STALL_MS },
    });
    t.teardown(() => platform.kill());
    const { url, port, adminKey } = platform.ready;
    const key = readKeyFile(adminKey);
    const operator = await TredyeClient.connect(url, key);
    await operator.addInstrument({ symbol: 'ACME', priceMax: 1000, quantityMax: 1000 });
    await operator.setPhase({ symbol: 'ACME', phase: 'Continuous' });
    const resident = async (): Promise<number> => {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return Number(/^tredye_resident_memory_bytes (\d+)/m.exec(text)?.[1]);
    };

    let going = true;
    let acknowledged = 0;
    let lastSequence = 0;
    const refusals = new Map<string, number>();
    const flood = async (client: TredyeClient): Promise<void> => {
      while (going) {
        const placed = await client.place(RESTING).catch((error: unknown) => error as { code: string; reason: string });
        if ('kind' in placed) {
          if (placed.kind !== 'Accepted') throw new Error(`An order is refused: ${placed.reason}`);
          acknowledged += 1;
          lastSequence = Math.max(lastSequence, placed.sequence);
        } else {
          const why = `${placed.code} ${placed.reason}`;
          refusals.set(why, (refusals.get(why) ?? 0) + 1);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      }
    };
    const clients: TredyeClient[] = [];
    for (let lane = 10; lane < 10 + CLIENTS; lane++) clients.push(await TredyeClient.connect(url, key, { lane }));
    const floods = clients.flatMap((client) => Array.from({ length: AT_ONCE }, () => flood(client)));
    await until(() => acknowledged > 10 * CLIENTS * AT_ONCE);
    const before = await resident();
    refusals.clear();
    writeFileSync(join(folder, 'stall'), '');
    await until(() => existsSync(join(folder, 'stalled')));
    const onDisk = readJournalEvents(journalDirectory(data, 0), { shard: 0, shardCount: 1 });
    const lastOnDisk = onDisk.sequence(onDisk.count - 1);
    await until(() => refusals.size > 0);
    const during = await resident();
    t.ok(lastSequence <= lastOnDisk, `event ${lastSequence} is told, ${lastOnDisk} is on disk`);
    t.notOk(existsSync(join(folder, 'over')), 'all of that while the disk stalls');
    t.same([...refusals.keys()], ['REFUSED Busy']);
    t.ok(during - before < GROWTH_BYTES, `it grew by ${during - before} bytes`);

    await until(() => existsSync(join(folder, 'over')));
    const then = acknowledged;
    await until(() => acknowledged > then + CLIENTS * AT_ONCE);
    going = false;
    await Promise.all(floods);
    const book = await getJson<{
      readonly bids: readonly (readonly [price: number, quantity: number, orders: number])[];
    }>(`http://127.0.0.1:${port}`, '/v1/book/ACME');
    t.equal(book.bids[0]?.[2], acknowledged, 'each was carried out once, and each was told');
    for (const client of [operator, ...clients]) await client.close();
    t.same(await platform.stop(), { code: EXIT_CLEAN, signal: null });
    const verified = verifyVenue(data, () => undefined);
    t.same(
      verified.flatMap(({ problems }) => problems),
      [],
    );
  },
);
