/**
 * The platform dies and comes back: the client reconnects by itself and settles every open promise for certain; a damaged
 * journal stops the next start by name; a second Ctrl-C leaves at once.
 */

import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Report, readKeyFile, TredyeClient, TredyeError } from '../client/index.js';
import { PlatformProcess } from '../proof/platform-process.js';
import { EXIT_CLEAN, EXIT_CORRUPT_JOURNAL, EXIT_DATA_DIRECTORY } from './exit-codes.js';

const SMALL = ['--segment-mib', '8', '--max-orders', '10000', '--max-instruments', '100', '--max-accounts', '100'];
const ORDERS = 3000;

async function openMarket(platform: PlatformProcess): Promise<TredyeClient> {
  const client = await TredyeClient.connect(platform.ready.url, readKeyFile(platform.ready.adminKey), {
    // Short waits, so that the test is short; the growth of the backoff is tested with a clock of its own.
    random: () => 0.02,
  });
  await client.addInstrument({ symbol: 'ACME', priceMax: 1000, quantityMax: 1000 });
  await client.setPhase({ symbol: 'ACME', phase: 'Continuous' });
  return client;
}

t.test('killed with orders in flight: each is reported or never happened, and the stream has no hole', async (t) => {
  const data = join(t.testdir(), 'data');
  const first = await PlatformProcess.start({ data, flags: SMALL });
  const client = await openMarket(first);
  const states: string[] = [];
  const ready = new Promise<void>((resolve) => {
    client.onStateChange((state) => {
      states.push(state);
      if (state === 'ready') resolve();
    });
  });
  const sequences: number[] = [];
  client.onReport((report) => sequences.push(report.accountSequence));

  const outcomes: ('accepted' | 'never')[] = [];
  const orderIds = new Set<bigint>();
  let firstAccepted: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    firstAccepted = resolve;
  });
  const settled = Promise.all(
    Array.from({ length: ORDERS }, async (_, at) => {
      try {
        const report = await client.place({ symbol: 'ACME', side: 'Buy', price: 1 + (at % 500), quantity: 1 });
        if (report.kind !== 'Accepted') throw new Error(`Order ${at} was refused: ${report.reason}.`);
        orderIds.add(report.orderId);
        outcomes.push('accepted');
        firstAccepted();
      } catch (error) {
        if (!(error instanceof TredyeError) || error.code !== 'NEVER_HAPPENED') throw error;
        outcomes.push('never');
      }
    }),
  );
  await begun;
  t.same(await first.kill(), { code: null, signal: 'SIGKILL' });
  const second = await PlatformProcess.start({ data, flags: SMALL, port: first.ready.port });
  await settled;
  // On a fast machine every answer may have been on its way before the kill: then nothing waits for the reconnect.
  await ready;
  t.equal(outcomes.length, ORDERS);
  const accepted = outcomes.filter((outcome) => outcome === 'accepted').length;
  t.equal(orderIds.size, accepted, 'no order id twice');
  t.comment(`${accepted} of ${ORDERS} were accepted before the kill`);
  t.same(states, ['reconnecting', 'ready']);

  const finished = new Promise<Report<'Finished'>>((resolve) => {
    client.onReport((report) => {
      if (report.kind === 'Finished') resolve(report);
    });
  });
  t.match(await client.massCancel({ symbol: 'ACME' }), { kind: 'Started' });
  t.equal((await finished).quantity, accepted, 'what was reported rests, and what never happened does not');
  t.ok(
    sequences.every((sequence, at) => at === 0 || sequence === (sequences[at - 1] ?? 0) + 1),
    'every private event came, once, in order',
  );
  await client.close();
  t.same(await second.stop(), { code: EXIT_CLEAN, signal: null }, second.log());
});

t.test('a damaged journal stops the start and says where', async (t) => {
  const data = join(t.testdir(), 'data');
  const platform = await PlatformProcess.start({ data, flags: SMALL });
  await (await openMarket(platform)).close();
  await platform.stop();
  const segment = join(data, 'shard-0', 'journal', '00000001.seg');
  const file = openSync(segment, 'r+');
  const byte = Buffer.alloc(1);
  // Inside the first group's commands: header and start record are a page each, groups with later commands follow.
  const at = 2 * 4096 + 256;
  readSync(file, byte, 0, 1, at);
  writeSync(file, Buffer.of((byte[0] ?? 0) ^ 1), 0, 1, at);
  closeSync(file);
  const refused = await PlatformProcess.refused({ data, flags: SMALL });
  t.equal(refused.code, EXIT_CORRUPT_JOURNAL, refused.said);
  t.match(
    refused.said,
    /The journal of shard 0 stops the start: .*00000001\.seg, offset 8192.*\); restore it from a backup\./,
  );
});

t.test('a refusal for want of room comes again at every start: the limits are those of the first one', async (t) => {
  const data = join(t.testdir(), 'data');
  const small = ['--segment-mib', '8', '--max-accounts', '2'];
  for (const flags of [small, [], small]) {
    const platform = await PlatformProcess.start({ data, flags });
    const operator = await TredyeClient.connect(platform.ready.url, readKeyFile(platform.ready.adminKey));
    if (platform.ready.shards[0]?.epoch === 1) await operator.addAccount('second');
    await t.rejects(operator.addAccount('third'), /AccountsFull/);
    await operator.close();
    t.same(await platform.stop(), { code: EXIT_CLEAN, signal: null });
  }
  const refused = await PlatformProcess.refused({ data, flags: ['--max-accounts', '3'] });
  t.equal(refused.code, EXIT_DATA_DIRECTORY, refused.said);
  t.match(
    refused.said,
    '--max-accounts is 2 in this data directory and cannot be changed yet: start without it or choose another with --data.',
  );
});

t.test('a second Ctrl-C leaves at once, and the next start has everything', async (t) => {
  const data = join(t.testdir(), 'data');
  const platform = await PlatformProcess.start({ data, flags: SMALL });
  const client = await openMarket(platform);
  const order = await client.place({ symbol: 'ACME', side: 'Buy', price: 5, quantity: 1 });
  t.match(order, { kind: 'Accepted' });
  platform.signal('SIGINT');
  while (!platform.log().includes('SIGINT: closing sessions')) await new Promise((resolve) => setTimeout(resolve, 1));
  platform.signal('SIGINT');
  t.same(await platform.exited, { code: null, signal: 'SIGKILL' });
  t.match(platform.log(), /SIGINT again: leaving at once/);
  const again = await PlatformProcess.start({ data, flags: SMALL, port: platform.ready.port });
  t.match(await client.cancel({ symbol: 'ACME', orderId: order.orderId }), { kind: 'Cancelled', quantity: 1 });
  await client.close();
  t.same(await again.stop(), { code: EXIT_CLEAN, signal: null });
});
