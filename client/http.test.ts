/** The parts of HTTP requests against a real platform: a logon, an order and its reports, and every refusal as an error. */

import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { PlatformProcess } from '../proof/platform-process.js';
import { answerChallenge, orderFrame, reportsOf, tokenOf } from './http.js';
import { readKeyFile, TredyeClient } from './index.js';

type Post = (path: string, body?: Uint8Array, headers?: Record<string, string>) => Promise<Response>;

async function venue(t: Test): Promise<{ post: Post; key: ReturnType<typeof readKeyFile>; client: TredyeClient }> {
  const platform = await PlatformProcess.start({ data: join(t.testdir(), 'data') });
  t.teardown(() => platform.kill());
  const { url, port, adminKey } = platform.ready;
  const key = readKeyFile(adminKey);
  const client = await TredyeClient.connect(url, key, { lane: 2 });
  t.teardown(() => client.close());
  const post: Post = (path, body, headers = {}) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream', ...headers },
      ...(body === undefined ? {} : { body: new Uint8Array(body) }),
    });
  return { post, key, client };
}

t.test('an order goes in by a token and is answered by all its reports', async (t) => {
  const { post, key, client } = await venue(t);
  const { id } = await client.addInstrument({ symbol: 'ACME', priceMax: 1000, quantityMax: 1000 });
  await client.setPhase({ symbol: 'ACME', phase: 'Continuous' });
  await client.place({ symbol: 'ACME', side: 'Sell', price: 101, quantity: 3 });
  const { nonce, body } = await answerChallenge(await post('/v1/logon'), key);
  const authorization = `Bearer ${await tokenOf(await post('/v1/logon', body, { 'tredye-nonce': nonce }))}`;
  const order = { side: 'Buy', price: 101, quantity: 5 } as const;
  const reports = await reportsOf(await post('/v1/orders', orderFrame(id, order), { authorization }));
  t.strictSame(
    reports.map(({ kind, side, quantity, leaves }) => [kind, side, quantity, leaves]),
    [
      ['Accepted', 'Buy', 5, 5],
      ['Fill', 'Sell', 3, 0],
      ['Fill', 'Buy', 3, 2],
      ['Booked', 'Buy', 0, 2],
    ],
  );
  const wrong = orderFrame(id, { side: 'Buy', price: 1001, quantity: 5 });
  const [refused] = await reportsOf(await post('/v1/orders', wrong, { authorization }));
  t.match(refused, { kind: 'Rejected', reason: 'PriceOutOfRange' });
});

t.test('what is refused is an error with the code, the sentence and the hint', async (t) => {
  const { post, key } = await venue(t);
  const frame = orderFrame(1, { side: 'Buy', price: 1, quantity: 1 });
  await t.rejects(post('/v1/orders', frame).then(reportsOf), {
    code: 'REFUSED',
    reason: 'TOKEN_MISSING',
    message: /^\S.* Log on with POST \/v1\/logon/,
  });
  const { privateKey } = generateKeyPairSync('ed25519');
  const forged = await answerChallenge(await post('/v1/logon'), { keyId: key.keyId, privateKey });
  const logon = (nonce: string, body: Uint8Array) => post('/v1/logon', body, { 'tredye-nonce': nonce }).then(tokenOf);
  await t.rejects(logon(forged.nonce, forged.body), { code: 'LOGON_REFUSED', reason: 'LOGON_REFUSED' });
  const right = await answerChallenge(await post('/v1/logon'), key);
  await t.rejects(logon(forged.nonce, right.body), { code: 'LOGON_REFUSED', reason: 'NONCE_INVALID' });
  t.type(await logon(right.nonce, right.body), 'string');
});

t.test('an answer of another server is no answer', async (t) => {
  const key = { keyId: 1, privateKey: generateKeyPairSync('ed25519').privateKey };
  const page = () => new Response('<p>hello</p>');
  await t.rejects(answerChallenge(page(), key), { code: 'CONNECT_FAILED' });
  await t.rejects(tokenOf(page()), { code: 'CONNECT_FAILED' });
  await t.rejects(reportsOf(page()), { code: 'CONNECT_FAILED' });
  await t.rejects(reportsOf(new Response('no', { status: 500 })), { code: 'CONNECT_FAILED', message: /HTTP 500/ });
  await t.rejects(reportsOf(new Response('{}', { status: 202 })), { code: 'TIMED_OUT', canRetry: true });
});
