/**
 * The platform as its users meet it: a real process on a free port, the operator's key, the client, stop and start. One
 * gateway and one shard, then two of each.
 */

import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import {
  type AnyReport,
  type PublicTop,
  type PublicTrade,
  readKeyFile,
  TredyeClient,
  TredyeError,
} from '../client/index.js';
import { PlatformProcess } from '../proof/platform-process.js';
import { EXIT_CLEAN, EXIT_CONFIGURATION, EXIT_DATA_DIRECTORY, EXIT_LISTEN, EXIT_MISSING } from './exit-codes.js';

/** Small enough to start quickly; the journal's first segment is written whole. */
const SMALL = ['--segment-mib', '8', '--max-orders', '10000', '--max-instruments', '100', '--max-accounts', '100'];

function newKey(): { publicKey: Uint8Array; privateKey: string } {
  const pair = generateKeyPairSync('ed25519');
  return {
    publicKey: Buffer.from(pair.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'),
    privateKey: pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}

function operatorOf(platform: PlatformProcess, lane = 1): Promise<TredyeClient> {
  return TredyeClient.connect(platform.ready.url, readKeyFile(platform.ready.adminKey), { lane });
}

/** Resolves when the condition holds, looked at after every report or record that comes. */
async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`It never came: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

t.test('a first start, a market with two traders, a clean stop, and a second start that resumes', async (t) => {
  const data = join(t.testdir(), 'data');
  const platform = await PlatformProcess.start({ data, flags: SMALL });
  t.equal(statSync(platform.ready.adminKey).mode & 0o777, 0o600);
  t.equal(statSync(data).mode & 0o777, 0o700);

  const operator = await operatorOf(platform);
  t.equal(operator.account, 1);
  const instrument = await operator.addInstrument({ symbol: 'ACME', priceMax: 100_000, quantityMax: 1_000_000 });
  t.match(instrument, { id: 1, symbol: 'ACME', phase: 0 });
  const account = await operator.addAccount('trader');
  t.equal(account, 2);
  const key = newKey();
  const keyId = await operator.addKey({ account, publicKey: key.publicKey, rights: ['Read', 'Trade'] });
  t.match(await operator.setPhase({ symbol: 'ACME', phase: 'Continuous' }), { kind: 'PhaseChanged', quantity: 3 });

  const trader = await TredyeClient.connect(platform.ready.url, { keyId, privateKey: key.privateKey });
  const reports: AnyReport[] = [];
  const trades: PublicTrade[] = [];
  const tops: PublicTop[] = [];
  trader.onReport((report) => reports.push(report));
  trader.onTrade((trade) => trades.push(trade));
  trader.onTop((top) => tops.push(top));
  await trader.subscribe(['trades', 'top']);

  const maker = await trader.place({ symbol: 'ACME', side: 'Sell', price: 500, quantity: 10 });
  t.match(maker, { kind: 'Accepted', price: 500, quantity: 10, account: 2 });
  const taker = await operator.place({ symbol: 'ACME', side: 'Buy', price: 500, quantity: 4 });
  t.match(taker, { kind: 'Accepted' });
  await until(() => reports.some((report) => report.kind === 'Fill') && trades.length === 1, 'the trade');
  t.match(
    reports.find((report) => report.kind === 'Fill'),
    { quantity: 4, leaves: 6, liquidity: 'Maker', price: 500, orderId: maker.orderId },
  );
  t.match(trades[0], {
    price: 500,
    quantity: 4,
    aggressor: 'Buy',
    sellOrderId: maker.orderId,
    buyOrderId: taker.orderId,
  });
  t.match(await trader.cancel({ symbol: 'ACME', orderId: maker.orderId }), {
    kind: 'Cancelled',
    quantity: 6,
    reason: 'ByClient',
  });
  await until(() => tops.some((top) => top.side === 'Sell' && top.price === null), 'the empty top of book');
  t.match(await trader.cancel({ symbol: 'ACME', orderId: maker.orderId }), {
    kind: 'Rejected',
    reason: 'UnknownOrder',
  });
  t.match(await trader.place({ symbol: 'ACME', side: 'Buy', price: 0, quantity: 1 }), { kind: 'Rejected' });
  const notAllowed = await trader.setPhase({ symbol: 'ACME', phase: 'Halted' }).catch((error: unknown) => error);
  t.match(notAllowed, { code: 'REFUSED', reason: 'NotAllowed' });
  const rests = await trader.place({ symbol: 'ACME', side: 'Buy', price: 400, quantity: 7 });
  t.match(rests, { kind: 'Accepted' });
  const before = trader.resumePoints();
  const own = reports.length;
  await trader.close();
  await operator.place({ symbol: 'ACME', side: 'Sell', price: 400, quantity: 2 });
  await operator.close();
  t.same(await platform.stop(), { code: EXIT_CLEAN, signal: null }, platform.log());

  const again = await PlatformProcess.start({ data, flags: SMALL });
  t.equal(again.ready.venueId, platform.ready.venueId);
  t.equal(again.ready.shards[0]?.epoch, 2);
  t.equal(again.ready.shards[0]?.tornTailsCut, 0);
  const resumed: AnyReport[] = [];
  const back = await TredyeClient.connect(again.ready.url, { keyId, privateKey: key.privateKey }, { resume: before });
  back.onReport((report) => resumed.push(report));
  t.match(await back.cancel({ symbol: 'ACME', orderId: rests.orderId }), { kind: 'Cancelled', quantity: 5 });
  await until(() => resumed.some((report) => report.kind === 'Cancelled'), 'the resumed stream');
  const kinds = resumed.map((report) => report.kind);
  t.ok(kinds.indexOf('Fill') >= 0, `the fill that came while nobody listened: ${kinds.join(' ')}`);
  t.ok(kinds.indexOf('Fill') < kinds.lastIndexOf('SessionOpened'));
  t.ok(own > 0);
  await back.close();
  const operatorAgain = await operatorOf(again);
  t.same(
    (await operatorAgain.instruments()).map(({ id, symbol, phase }) => ({ id, symbol, phase })),
    [{ id: 1, symbol: 'ACME', phase: 3 }],
  );
  await operatorAgain.revokeKey(keyId);
  const revoked = await TredyeClient.connect(again.ready.url, { keyId, privateKey: key.privateKey }).catch(
    (error: unknown) => error,
  );
  t.match(revoked, { code: 'LOGON_REFUSED' });
  await operatorAgain.close();
  t.same(await again.stop(), { code: EXIT_CLEAN, signal: null }, again.log());
});

t.test('an instrument is listed when addInstrument resolves, at level Matched as well', async (t) => {
  const platform = await PlatformProcess.start({ data: join(t.testdir(), 'data'), flags: SMALL });
  t.teardown(() => platform.kill());
  const hasty = await TredyeClient.connect(platform.ready.url, readKeyFile(platform.ready.adminKey), {
    lane: 9,
    ackLevel: 'Matched',
  });
  for (const symbol of ['M1', 'M2', 'M3', 'M4', 'M5']) {
    t.match(await hasty.addInstrument({ symbol, priceMax: 10, quantityMax: 10 }), { symbol }, 'listed once durable');
  }
  await hasty.close();
});

t.test('two gateways and two shards: instruments on both, sessions on both, and a restart', async (t) => {
  const data = join(t.testdir(), 'data');
  const flags = [...SMALL, '--gateways', '2', '--shards', '2'];
  const platform = await PlatformProcess.start({ data, flags });
  const operator = await operatorOf(platform);
  t.equal(operator.shardCount, 2);
  const first = await operator.addInstrument({ symbol: 'ONE', shard: 0, priceMax: 1000, quantityMax: 1000 });
  const second = await operator.addInstrument({ symbol: 'TWO', shard: 1, priceMax: 1000, quantityMax: 1000 });
  t.same([first.shard, second.shard], [0, 1]);
  const account = await operator.addAccount('trader');
  const key = newKey();
  const keyId = await operator.addKey({ account, publicKey: key.publicKey, rights: ['Read', 'Trade'] });
  for (const symbol of ['ONE', 'TWO']) {
    t.match(await operator.setPhase({ symbol, phase: 'Continuous' }), { kind: 'PhaseChanged' });
  }
  const traders = await Promise.all(
    [1, 2, 3, 4].map((lane) =>
      TredyeClient.connect(platform.ready.url, { keyId, privateKey: key.privateKey }, { lane }),
    ),
  );
  for (const [at, trader] of traders.entries()) {
    const symbol = at % 2 === 0 ? 'ONE' : 'TWO';
    t.match(await trader.place({ symbol, side: 'Buy', price: 10 + at, quantity: 1 }), {
      kind: 'Accepted',
      shard: at % 2,
    });
  }
  const cancelled: number[] = [];
  operator.onReport((report) => {
    if (report.kind === 'Fill') cancelled.push(report.shard);
  });
  t.match(await operator.place({ symbol: 'TWO', side: 'Sell', price: 13, quantity: 1 }), {
    kind: 'Accepted',
    shard: 1,
  });
  await until(() => cancelled.length === 1, 'the fill on shard 1');
  t.same(cancelled, [1]);
  const points = traders[0]?.resumePoints() ?? [];
  t.same(
    points.map(({ shard }) => shard),
    [0, 1],
  );
  await Promise.all(traders.map((trader) => trader.close()));
  await operator.close();
  t.same(await platform.stop(), { code: EXIT_CLEAN, signal: null }, platform.log());

  const again = await PlatformProcess.start({ data, flags });
  t.same(
    again.ready.shards.map(({ epoch }) => epoch),
    [2, 2],
  );
  const back = await TredyeClient.connect(again.ready.url, { keyId, privateKey: key.privateKey }, { resume: points });
  t.match(await back.massCancel(), { kind: 'Started' });
  t.match(await back.massCancel({ symbol: 'TWO' }), { kind: 'Started', shard: 1 });
  await back.close();
  t.same(await again.stop(), { code: EXIT_CLEAN, signal: null }, again.log());
});

t.test('what cannot start says why in one sentence and leaves with its code', async (t) => {
  const folder = t.testdir();
  const badFlag = await PlatformProcess.refused({ data: join(folder, 'a'), flags: ['--shard', '2'] });
  t.equal(badFlag.said, 'The flag --shard is unknown: did you mean --shards?');
  t.equal(badFlag.code, EXIT_CONFIGURATION);
  const kafka = await PlatformProcess.refused({ data: join(folder, 'a'), environment: { KAFKA_BROKERS: 'k:9092' } });
  t.equal(kafka.said, 'KAFKA_BROKERS is set, but Kafka joins in a later version: unset it.');
  // The binary of a Node that there is not, asked for before the program begins.
  const otherNode = "data:text/javascript,Object.defineProperty(process.versions, 'modules', { value: '1' })";
  const noSockets = await PlatformProcess.refused({ data: join(folder, 'a'), nodeFlags: ['--import', otherNode] });
  t.equal(noSockets.code, EXIT_MISSING);
  t.match(noSockets.said, /^uWebSockets\.js has no binary that loads on Node .*: use Node 20 .*\.$/);
  t.notOk(existsSync(join(folder, 'a')), 'nothing was written');
  const noFlock = await PlatformProcess.refused({ data: join(folder, 'a'), environment: { PATH: '' } });
  t.equal(noFlock.said, 'The program flock is missing or does not work: install the Debian package util-linux.');
  t.equal(noFlock.code, EXIT_MISSING);

  const data = join(folder, 'data');
  const platform = await PlatformProcess.start({ data, flags: SMALL });
  const second = await PlatformProcess.refused({ data, flags: SMALL });
  t.equal(second.code, EXIT_DATA_DIRECTORY);
  t.match(second.said, new RegExp(`is held by the platform with process id ${platform.pid}: stop that one`));
  const samePort = await PlatformProcess.refused({ data: join(folder, 'b'), flags: SMALL, port: platform.ready.port });
  t.equal(samePort.code, EXIT_LISTEN, samePort.said);
  const wrongKey = newKey();
  const refused = await TredyeClient.connect(platform.ready.url, { keyId: 1, privateKey: wrongKey.privateKey }).catch(
    (error: unknown) => error,
  );
  t.match(refused, { code: 'LOGON_REFUSED', canRetry: false });
  t.ok(refused instanceof TredyeError && refused.message.endsWith('.'), String(refused));
  platform.signal('SIGTERM');
  t.same(await platform.exited, { code: EXIT_CLEAN, signal: null });
  const gone = await TredyeClient.connect(platform.ready.url, readKeyFile(platform.ready.adminKey)).catch(
    (error: unknown) => error,
  );
  t.match(gone, { code: 'CONNECT_FAILED' });
});

t.test('a port that another program holds is refused by name', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const refused = await PlatformProcess.refused({ data: join(t.testdir(), 'data'), flags: SMALL, port });
  t.equal(refused.code, EXIT_LISTEN, refused.said);
  t.match(refused.said, new RegExp(String(port)));
  server.close();
});
