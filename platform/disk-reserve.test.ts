/**
 * A disk that fills up under a real platform: cancels only below the reserve, orders again once there is room, and where it
 * is full to the last byte an end by name, with everything that was acknowledged on it.
 */

import { join } from 'node:path';
import t from 'tap';
import { type AnyReport, readKeyFile, type StatusMessage, TredyeClient, TredyeError } from '../client/index.js';
import { readJournalEvents } from '../proof/kill/event-log.js';
import { PlatformProcess } from '../proof/platform-process.js';
import { SmallDisk } from '../proof/small-disk.js';
import { StatusCode } from '../schemas/codes.js';
import { journalDirectory } from './data-directory.js';
import { EXIT_CLEAN, EXIT_WORKER_DIED } from './exit-codes.js';

const FLAGS = ['--segment-mib', '8', '--max-orders', '10000', '--max-instruments', '100', '--max-accounts', '100'];
const RESERVE_MIB = 30;
const BID = { symbol: 'ACME', side: 'Buy', price: 100, quantity: 1 } as const;

/** What a venue has said of itself. */
class Statuses {
  readonly #said: StatusMessage[] = [];
  #wake: () => void = () => undefined;

  constructor(client: TredyeClient) {
    client.onStatus((status) => {
      this.#said.push(status);
      this.#wake();
    });
  }

  async next(): Promise<StatusMessage> {
    for (;;) {
      const status = this.#said.shift();
      if (status !== undefined) return status;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

t.test('nearly full: cancels only, said everywhere, and orders again; full: an end with nothing lost', async (t) => {
  const disk = new SmallDisk(96);
  t.teardown(() => disk.unmount());
  const data = join(disk.path, 'data');
  const flags = [...FLAGS, '--disk-reserve-mib', String(RESERVE_MIB)];
  const platform = await PlatformProcess.start({ data, flags });
  t.teardown(() => platform.kill());
  const { port, url, adminKey } = platform.ready;
  const http = `http://127.0.0.1:${port}`;
  const client = await TredyeClient.connect(url, readKeyFile(adminKey));
  const statuses = new Statuses(client);
  const acknowledged: AnyReport[] = [];
  client.onReport((report) => acknowledged.push(report));
  await client.addInstrument({ symbol: 'ACME', priceMax: 1000, quantityMax: 1000 });
  await client.setPhase({ symbol: 'ACME', phase: 'Continuous' });
  const [first, second] = [await client.place(BID), await client.place(BID)];
  if (first.kind !== 'Accepted' || second.kind !== 'Accepted') throw new Error('The orders do not rest.');

  disk.leave(RESERVE_MIB - 4);
  t.match(await statuses.next(), { code: StatusCode.CancelOnly, text: /^the disk is nearly full/ });
  const refused = await client.place(BID).catch((error: unknown) => error);
  t.ok(refused instanceof TredyeError);
  t.match(refused, { code: 'REFUSED', reason: 'CancelOnly', canRetry: true });
  t.match(await client.cancel({ symbol: 'ACME', orderId: first.orderId }), { kind: 'Cancelled' });
  t.match(await (await fetch(`${http}/health`)).json(), { state: 'ready', mode: 'cancel-only' });
  t.match(await (await fetch(`${http}/metrics`)).text(), /^tredye_cancel_only 1$/m);
  t.match(platform.log(), /DISK_NEARLY_FULL.*less than the reserve of 30 MiB/);

  disk.giveBack();
  t.match(await statuses.next(), { code: StatusCode.Normal });
  t.match(await client.place(BID), { kind: 'Accepted' });
  t.match(platform.log(), /DISK_HAS_ROOM/);

  disk.leave(0);
  t.match(await statuses.next(), { code: StatusCode.CancelOnly });
  // What is taken in any case needs room in the journal, too: the segment ends, and there is none for the next one.
  const asking = { symbol: 'ACME', orderId: second.orderId };
  const exited = platform.exited.then(() => null);
  const ask = async (): Promise<unknown> => client.orderStatus(asking).catch(() => asking);
  while ((await Promise.race([exited, ask()])) !== null);
  t.same(await platform.exited, { code: EXIT_WORKER_DIED, signal: null });
  t.match(platform.log(), /Shard 0 cannot write its journal: .*ENOSPC/);
  await client.close();

  disk.giveBack();
  const journal = readJournalEvents(journalDirectory(data, 0), { shard: 0, shardCount: 1 });
  const last = acknowledged.at(-1)?.sequence ?? 0;
  t.ok(acknowledged.length > 100, `${acknowledged.length} were acknowledged`);
  t.ok(last <= journal.sequence(journal.count - 1), 'all of it is in the journal');
  const again = await PlatformProcess.start({ data, flags });
  t.ok((again.ready.shards[0]?.eventSequence ?? 0) >= last);
  t.same(await again.stop(), { code: EXIT_CLEAN, signal: null });
});

t.test('a platform that starts on a disk that is nearly full takes only cancels from the first moment', async (t) => {
  const disk = new SmallDisk(64);
  t.teardown(() => disk.unmount());
  const flags = [...FLAGS, '--disk-reserve-mib', '1000'];
  const platform = await PlatformProcess.start({ data: join(disk.path, 'data'), flags });
  t.teardown(() => platform.kill());
  const client = await TredyeClient.connect(platform.ready.url, readKeyFile(platform.ready.adminKey));
  await client.addInstrument({ symbol: 'ACME', priceMax: 1000, quantityMax: 1000 });
  await client.setPhase({ symbol: 'ACME', phase: 'Continuous' });
  await t.rejects(client.place(BID), { code: 'REFUSED', reason: 'CancelOnly' });
  await client.close();
  t.same(await platform.stop(), { code: EXIT_CLEAN, signal: null });
});
