/** HTTP and watching without a key as users meet them: a real platform, two gateways, a restart, and both switched off. */

import { join } from 'node:path';
import t from 'tap';
import { answerChallenge, orderFrame, readKeyFile, reportsOf, tokenOf } from '../client/http.js';
import { NO_KEY, type PublicTrade, TredyeClient, TredyeError } from '../client/index.js';
import { PlatformProcess } from '../proof/platform-process.js';

const SMALL = ['--segment-mib', '8', '--max-orders', '10000', '--max-instruments', '100', '--max-accounts', '100'];
const OCTETS = { 'content-type': 'application/octet-stream' };
const LANE = 40;
/** Each over a connection of its own, so that both gateways get some. */
const ORDERS = 40;

async function logOn(platform: PlatformProcess, lane: number): Promise<string> {
  const url = `http://127.0.0.1:${platform.ready.port}/v1/logon`;
  const challenge = await fetch(url, { method: 'POST' });
  const { nonce, body } = await answerChallenge(challenge, readKeyFile(platform.ready.adminKey), lane);
  return tokenOf(await fetch(url, { method: 'POST', headers: { ...OCTETS, 'tredye-nonce': nonce }, body }));
}

function order(platform: PlatformProcess, token: string, side: 'Buy' | 'Sell', counter: number): Promise<Response> {
  return fetch(`http://127.0.0.1:${platform.ready.port}/v1/orders`, {
    method: 'POST',
    headers: { ...OCTETS, authorization: `Bearer ${token}`, connection: 'close' },
    body: orderFrame(1, { side, price: 100, quantity: 1 }, LANE, counter),
  });
}

t.test('orders over HTTP through two gateways trade, are watched without a key, and outlive a restart', async (t) => {
  const data = join(t.testdir(), 'data');
  const platform = await PlatformProcess.start({ data, flags: [...SMALL, '--gateways', '2'] });
  const operator = await TredyeClient.connect(platform.ready.url, readKeyFile(platform.ready.adminKey));
  await operator.addInstrument({ symbol: 'ACME', priceMax: 1000, quantityMax: 1000 });
  await operator.setPhase({ symbol: 'ACME', phase: 'Continuous' });
  const watcher = await TredyeClient.connect(platform.ready.url, NO_KEY);
  const watched: PublicTrade[] = [];
  watcher.onTrade((trade) => watched.push(trade));
  await watcher.subscribe(['trades']);
  t.match(await watcher.instruments(), [{ symbol: 'ACME' }]);
  await t.rejects(watcher.place({ instrument: 1, side: 'Buy', price: 100, quantity: 1 }), {
    message: /NotAllowed/,
  });

  const token = await logOn(platform, LANE);
  const answered = new Set<number>();
  for (let counter = 1; counter <= ORDERS; counter++) {
    const reports = await reportsOf(await order(platform, token, counter % 2 === 0 ? 'Sell' : 'Buy', counter));
    t.equal(reports[0]?.kind, 'Accepted', `order ${counter}`);
    const health = await fetch(`http://127.0.0.1:${platform.ready.port}/health`, { headers: { connection: 'close' } });
    answered.add(((await health.json()) as { gateway: number }).gateway);
  }
  t.same([...answered].sort(), [0, 1], 'both gateways have answered');
  const trades = await fetch(`http://127.0.0.1:${platform.ready.port}/v1/trades/ACME?limit=1000`);
  const shown = ((await trades.json()) as { trades: { id: number; price: number }[] }).trades;
  t.equal(shown.length, ORDERS / 2);
  while (watched.length < ORDERS / 2) await new Promise((resolve) => setTimeout(resolve, 5));
  t.same(
    watched.map(({ sequence }) => sequence),
    shown.map(({ id }) => id).reverse(),
    'who watches has seen the same trades',
  );
  await Promise.all([watcher.close(), operator.close()]);
  t.match(await platform.stop(), { code: 0 });

  const again = await PlatformProcess.start({ data, flags: ['--public-sessions', '0'] });
  const refused = await order(again, token, 'Buy', ORDERS + 1);
  t.match([refused.status, await refused.json()], [401, { error: { code: 'TOKEN_INVALID' } }]);
  const newer = await logOn(again, LANE);
  const repeated = await reportsOf(await order(again, newer, 'Buy', 1));
  t.match(repeated, [{ kind: 'Accepted', duplicate: true }], 'an order of before is not taken twice');
  t.match(await reportsOf(await order(again, newer, 'Buy', ORDERS + 1)), [{ kind: 'Accepted' }, { kind: 'Booked' }]);
  const error = await TredyeClient.connect(again.ready.url, NO_KEY).then(
    () => null,
    (reason: unknown) => reason,
  );
  t.ok(error instanceof TredyeError);
  t.match(error, { code: 'LOGON_REFUSED', reason: 'NotAllowed', message: /without a key/ });
  t.match(await again.stop(), { code: 0 });
});
