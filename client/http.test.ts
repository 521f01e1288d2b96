/** The parts of HTTP requests against a real platform: a logon, an order and its reports, and every refusal as an error. */

import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { PlatformProcess } from '../proof/platform-process.js';
import { CommandFrameWriter } from '../schemas/frame-writer.js';
import { newOrderWords, type OrderTerms, putClientOrderId, putLeg } from './commands.js';
import { counterFrom } from './connect-options.js';
import { answerChallenge, orderFrame, pairFrame, reportsOf, tokenOf } from './http.js';
import { type AnyReport, readKeyFile, TredyeClient } from './index.js';

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

/** An instrument in trade, a lane that is logged on over HTTP, and who sends its frames and reads what came of them. */
async function trader(t: Test) {
  const { post, key, client } = await venue(t);
  const { id } = await client.addInstrument({ symbol: 'ACME', priceMax: 1000, quantityMax: 1000 });
  await client.setPhase({ symbol: 'ACME', phase: 'Continuous' });
  const { nonce, body } = await answerChallenge(await post('/v1/logon'), key);
  const authorization = `bearer ${await tokenOf(await post('/v1/logon', body, { 'tredye-nonce': nonce }))}`;
  const send = async (frame: Uint8Array) => reportsOf(await post('/v1/orders', frame, { authorization }));
  const place = async (order: OrderTerms) => (await send(orderFrame(id, order))).map(wordOf);
  return { id, client, send, place };
}

/** A report in a few words, for comparing. */
function wordOf({ kind, reason, leaves, displayed, price }: AnyReport): string {
  const why = reason === 'None' ? '' : ` ${reason}`;
  return `${kind}${why} ${leaves}/${displayed} @ ${price}`;
}

t.test('every kind of order goes in over HTTP and does what it is for', async (t) => {
  const { client, place } = await trader(t);
  const rest = (side: 'Buy' | 'Sell', price: number, quantity: number) =>
    client.place({ symbol: 'ACME', side, price, quantity });
  await rest('Buy', 90, 5);
  await rest('Sell', 110, 5);
  const tomorrow = Math.floor(Date.now() / 1000) + 86_400;
  const kinds: readonly [what: string, order: OrderTerms, reports: readonly string[]][] = [
    [
      'an iceberg shows a part',
      { side: 'Buy', type: 'Iceberg', price: 80, quantity: 9, displayQuantity: 2 },
      ['Accepted 9/0 @ 80', 'Booked 9/2 @ 80'],
    ],
    [
      'a good-till-date rests until then',
      { side: 'Buy', price: 79, quantity: 1, timeInForce: 'GoodTillDate', expirySeconds: tomorrow },
      ['Accepted 1/0 @ 79', 'Booked 1/1 @ 79'],
    ],
    [
      'a post-only that would trade slides off the touch',
      { side: 'Buy', price: 115, quantity: 1, postOnly: true, slide: true },
      ['Accepted 1/0 @ 109', 'Booked 1/1 @ 109'],
    ],
    [
      'a minimum quantity that is not there is refused',
      { side: 'Buy', price: 110, quantity: 9, timeInForce: 'ImmediateOrCancel', minQuantity: 6 },
      ['Rejected MinQuantityNotFillable 0/0 @ 0'],
    ],
    [
      'own orders are kept apart by the mode of the one that comes',
      { side: 'Buy', price: 110, quantity: 2, selfTrade: 'Newest' },
      ['Accepted 2/0 @ 110', 'Cancelled SelfTrade 0/0 @ 110'],
    ],
    ['a stop waits', { side: 'Buy', type: 'Stop', quantity: 1, triggerPrice: 300 }, ['Accepted 1/0 @ null']],
    [
      'a stop-limit waits',
      { side: 'Buy', type: 'StopLimit', price: 305, quantity: 1, triggerPrice: 300 },
      ['Accepted 1/0 @ 305'],
    ],
    [
      'a market-to-limit rests what is left at the price of what it had',
      { side: 'Sell', type: 'MarketToLimit', quantity: 3 },
      ['Accepted 3/0 @ 109', 'Fill 0/0 @ 109', 'Fill 2/0 @ 109', 'Booked 2/2 @ 109'],
    ],
    [
      'a trailing stop follows the last trade',
      { side: 'Sell', type: 'TrailingStop', quantity: 1, trailingDistance: 50, limitOffset: 5 },
      ['Accepted 1/0 @ 5'],
    ],
    [
      'a stop that is through is refused where it asks for that',
      { side: 'Buy', type: 'Stop', quantity: 1, triggerPrice: 100, refuseIfThrough: true },
      ['Rejected StopAlreadyThrough 0/0 @ 0'],
    ],
    [
      'a touch stop that is through goes at once',
      { side: 'Buy', type: 'Stop', quantity: 2, triggerPrice: 85, trigger: 'Touch' },
      ['Accepted 2/0 @ null', 'Triggered 2/0 @ null', 'Fill 0/0 @ 109', 'Fill 0/0 @ 109'],
    ],
  ];
  for (const [what, order, reports] of kinds) t.same(await place(order), reports, what);
});

t.test('a pair goes in together, and one leg cancels the other', async (t) => {
  const { id, client, send } = await trader(t);
  const target = { side: 'Sell', price: 120, quantity: 1 } as const;
  const guard = { side: 'Sell', type: 'Stop', quantity: 1, triggerPrice: 80 } as const;
  const counter = 7;
  const reports = await send(pairFrame(id, target, guard, 1, counter));
  t.same(
    reports.map(({ kind, clientOrderId }) => [kind, Number(clientOrderId & 0xffffn)]),
    [
      ['Accepted', 7],
      ['Accepted', 8],
      ['Booked', 7],
    ],
  );
  const cancelled: AnyReport[] = [];
  client.onReport((report) => {
    if (report.kind === 'Cancelled') cancelled.push(report);
  });
  await client.place({ symbol: 'ACME', side: 'Buy', price: 120, quantity: 1 });
  t.match(cancelled, [{ reason: 'OneCancelledOther', orderId: reports[1]?.orderId }]);
  const wrong = await send(pairFrame(id, { ...target, price: 1001 }, guard, 1, 20));
  t.same(
    wrong.map(({ kind, reason }) => [kind, reason]),
    [
      ['Rejected', 'PriceOutOfRange'],
      ['Rejected', 'OtherLegRefused'],
    ],
  );
});

t.test('a field that an order cannot have is a coded error, whoever finds it', async (t) => {
  const { id, send, place } = await trader(t);
  const limit = { side: 'Buy', price: 10, quantity: 5 } as const;
  const stop = { side: 'Buy', type: 'Stop', quantity: 5 } as const;
  for (const wrong of [
    { ...limit, type: 'Iceberg' },
    { ...limit, displayQuantity: 2 },
    { ...limit, slide: true },
    { ...limit, timeInForce: 'GoodTillDate' },
    { ...limit, expirySeconds: 5 },
    { ...limit, triggerPrice: 5 },
    { ...limit, trailingDistance: 5 },
    { ...limit, quantity: -1 },
    { ...limit, side: 'buy' },
    { ...limit, selfTrade: 'newest' },
    stop,
    { ...stop, type: 'TrailingStop', triggerPrice: 5 },
  ]) {
    t.throws(() => orderFrame(id, wrong as OrderTerms), { code: 'BAD_ARGUMENT' }, JSON.stringify(wrong));
  }
  t.throws(() => pairFrame(id, limit, limit), { code: 'BAD_ARGUMENT' }, 'no leg is a stop');
  const answers: readonly [order: OrderTerms, reason: string][] = [
    [{ ...limit, type: 'Iceberg', displayQuantity: 6 }, 'DisplayOutOfRange'],
    [{ ...limit, timeInForce: 'ImmediateOrCancel', minQuantity: 6 }, 'MinQuantityOutOfRange'],
    [{ ...limit, timeInForce: 'GoodTillDate', expirySeconds: 5 }, 'ExpiryPassed'],
    [{ ...limit, quantity: 0 }, 'QuantityOutOfRange'],
    [{ ...stop, triggerPrice: 1001 }, 'PriceOutOfRange'],
  ];
  for (const [order, reason] of answers) t.match(await place(order), [new RegExp(`^Rejected ${reason} `)]);
  // What this client never builds: a leg alone.
  const leg = newOrderWords(id, limit);
  putLeg(leg);
  putClientOrderId(leg, 0, 1, counterFrom(Date.now()));
  const writer = new CommandFrameWriter();
  writer.begin();
  writer.append(leg, 0, 1);
  await t.rejects(send(writer.finish(1).slice()), { code: 'REFUSED', reason: 'BAD_COMMAND', message: /BAD_PARTS/ });
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
