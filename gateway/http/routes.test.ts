/**
 * Every path over real sockets, every documented answer once, and docs/openapi.json against both: what is documented is
 * produced, and what is produced is documented.
 */

import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import t from 'tap';
import { CommandKind, Phase, Right, TimeInForce } from '../../schemas/codes.js';
import { encodeControl } from '../../schemas/control.js';
import { PHASE_NAMES } from '../../schemas/phases.js';
import { commandFrame, type MadeKey, madeCommand } from '../made-venue.js';
import { type Asked, MadeHttp, OCTETS } from './made-http.js';
import { REFUSAL_CODES, refusal } from './refusals.js';

interface Documented {
  readonly paths: Record<
    string,
    Record<
      string,
      {
        readonly responses: Record<
          string,
          { readonly content?: Record<string, { readonly schema: { readonly allOf?: readonly unknown[] } }> }
        >;
      }
    >
  >;
  readonly components: {
    readonly schemas: Record<string, { readonly properties: Record<string, { readonly enum?: readonly string[] }> }>;
  };
}

const OPENAPI = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as Documented;
/** Of all tests of this file: what was asked and answered. */
const SEEN = new Set<string>();

/** Each documented answer as `METHOD path status code`. */
function documentedAnswers(): Set<string> {
  const answers = new Set<string>();
  for (const [path, methods] of Object.entries(OPENAPI.paths)) {
    for (const [method, { responses }] of Object.entries(methods)) {
      for (const [status, { content }] of Object.entries(responses)) {
        const text = JSON.stringify(content?.['application/json']?.schema.allOf ?? []);
        const codes = /"enum":(\[[^\]]*\])/.exec(text)?.[1];
        for (const code of codes === undefined ? [''] : (JSON.parse(codes) as string[])) {
          answers.add(`${method.toUpperCase()} ${path} ${status} ${code}`.trim());
        }
      }
    }
  }
  return answers;
}

function close(http: MadeHttp): void {
  for (const seen of http.seen) SEEN.add(seen);
  http.close();
}

/** A market with a key of all rights. */
function opened(http: MadeHttp): { readonly key: MadeKey; readonly instrument: number } {
  const instrument = http.venue.addInstrument(0, 'ETH/EUR');
  const key = http.venue.addKey(http.venue.addAccount());
  return { key, instrument };
}

function order(instrument: number, lane: number, low: number, side: number, price: number, quantity = 5): Int32Array {
  return madeCommand(CommandKind.New, lane, low, { instrument, price, quantity, side, timeInForce: TimeInForce.Day });
}

const TRADING = madeCommand(CommandKind.SetPhase, 9, 0, { instrument: 1, type: Phase.Continuous });

t.test('a connection that asks nothing is cut, and one that never ends to ask', async (t) => {
  const http = new MadeHttp(t.testdir());
  const cut = async (asked: string, dripMs: number): Promise<boolean> => {
    const socket = connect(http.ports[0] ?? 0, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume();
    socket.write(asked);
    const drip = dripMs === 0 ? undefined : setInterval(() => socket.write('b'), dripMs);
    await once(socket, 'close');
    clearInterval(drip);
    return true;
  };
  const head = 'GET /health HTTP/1.1\r\nhost: x\r\n';
  t.same(await Promise.all([cut('', 0), cut(`${head}\r\n`, 0), cut(`${head}a: `, 500)]), [true, true, true]);
  close(http);
});

t.test('instruments, the book and the trades are shown as they are, with what they are as of', async (t) => {
  const http = new MadeHttp(t.testdir());
  const { key, instrument } = opened(http);
  http.venue.addInstrument(0, 'X');
  const token = await http.logOn(key, 9);
  const frame = commandFrame(
    1,
    TRADING,
    order(instrument, 9, 1, 0, 10),
    order(instrument, 9, 2, 0, 10, 7),
    order(instrument, 9, 3, 0, 9),
    order(instrument, 9, 4, 1, 12),
    order(instrument, 9, 5, 1, 10, 6),
    order(instrument, 9, 6, 1, 10, 1),
  );
  t.equal((await http.orders(token, frame)).status, 200);
  const sequence = http.venue.shards[0].engine.eventSequence;
  const asOf = { symbol: 'ETH/EUR', instrument, shard: 0, epoch: 1, sequence, phase: 'Continuous' };
  const decimals = { priceDecimals: 2, quantityDecimals: 0 };
  t.strictSame((await http.ask('/v1/book/ETH%2FEUR')).json, {
    ...asOf,
    ...decimals,
    bids: [
      [10, 5, 1],
      [9, 5, 1],
    ],
    asks: [[12, 5, 1]],
  });
  t.strictSame((await http.ask('/v1/book/ETH%2FEUR?depth=1')).json?.bids, [[10, 5, 1]]);
  const { json } = await http.ask('/v1/trades/ETH%2FEUR');
  const trades = json?.trades as Record<string, number>[];
  t.match(json, { ...asOf, ...decimals });
  t.strictSame(
    trades.map(({ price, quantity, side }) => ({ price, quantity, side })),
    [
      { price: 10, quantity: 1, side: 'Sell' },
      { price: 10, quantity: 1, side: 'Sell' },
      { price: 10, quantity: 5, side: 'Sell' },
    ],
    'the newest first, by the side of the one who came',
  );
  t.ok(trades.every(({ id }, at) => at === 0 || id < trades[at - 1].id));
  t.equal(trades[0].timeUs, http.venue.clock.nowUs());
  const lastOne = (await http.ask('/v1/trades/ETH%2FEUR?limit=1')).json?.trades;
  t.strictSame(lastOne, trades.slice(0, 1));
  t.strictSame((await http.ask('/v1/trades/X')).json?.trades, []);
  const all = (await http.ask('/v1/instruments')).json as { instruments: { symbol: string; phase: string }[] };
  t.match(all, { more: false });
  t.strictSame(
    all.instruments.map(({ symbol, phase }) => [symbol, phase]),
    [
      ['ETH/EUR', 'Continuous'],
      ['X', 'Closed'],
    ],
  );
  const page = (await http.ask('/v1/instruments?limit=1')).json as { instruments: { id: number }[]; more: boolean };
  t.ok(page.more);
  t.match((await http.ask(`/v1/instruments?after=${page.instruments[0].id}`)).json, {
    instruments: [{ symbol: 'X' }],
    more: false,
  });
  close(http);
});

t.test('an auction shows what it would come to now, in every phase that an uncross can end', async (t) => {
  const http = new MadeHttp(t.testdir());
  const { key, instrument } = opened(http);
  const token = await http.logOn(key, 9);
  const phase = (type: Phase) => madeCommand(CommandKind.SetPhase, 9, 0, { instrument, type });
  let frames = 0;
  const shown = async (...commands: Int32Array[]) => {
    t.equal((await http.orders(token, commandFrame(++frames, ...commands))).status, 200);
    const { json } = await http.ask('/v1/book/ETH%2FEUR');
    return [json?.phase, json?.indicative];
  };
  t.same(await shown(phase(Phase.Auction)), ['Auction', { price: null, quantity: 0, imbalance: 0 }], 'an empty book');
  t.same(
    await shown(order(instrument, 9, 1, 0, 12, 7)),
    ['Auction', { price: null, quantity: 0, imbalance: 0 }],
    'one side only',
  );
  const crossed = { price: 11, quantity: 5, imbalance: 2 };
  t.same(await shown(order(instrument, 9, 2, 1, 10, 5)), ['Auction', crossed]);
  t.same(await shown(order(instrument, 9, 3, 1, 10, 3)), ['Auction', { price: 11, quantity: 7, imbalance: -1 }]);
  const uncross = madeCommand(CommandKind.Uncross, 9, 0, { instrument });
  t.same(await shown(uncross, phase(Phase.Continuous)), ['Continuous', undefined], 'it is over');
  t.same(await shown(phase(Phase.VolatilityAuction)), [
    'VolatilityAuction',
    { price: null, quantity: 0, imbalance: 0 },
  ]);
  t.same(await shown(order(instrument, 9, 4, 0, 11, 4)), [
    'VolatilityAuction',
    { price: 10, quantity: 1, imbalance: 3 },
  ]);
  t.same(await shown(uncross, phase(Phase.PostOnly)), ['PostOnly', undefined]);
  close(http);
});

t.test('phases, and the fields of books and trades, are documented as they are shown', async (t) => {
  const http = new MadeHttp(t.testdir());
  const { key, instrument } = opened(http);
  const token = await http.logOn(key, 9);
  await http.orders(token, commandFrame(1, TRADING, order(instrument, 9, 1, 0, 10), order(instrument, 9, 2, 1, 10, 1)));
  const { schemas } = OPENAPI.components;
  for (const [path, name] of [['book', 'Book'] as const, ['trades', 'Trades'] as const]) {
    const { json } = await http.ask(`/v1/${path}/ETH%2FEUR`);
    const documented = Object.keys(schemas[name]?.properties ?? {}).filter((field) => field !== 'indicative');
    t.same(Object.keys(json ?? {}).sort(), documented.sort(), `${name}, outside of auctions`);
    t.same([...(schemas[name]?.properties.phase?.enum ?? [])].sort(), [...PHASE_NAMES].sort());
  }
  const { json } = await http.ask('/v1/trades/ETH%2FEUR');
  const [trade] = (json?.trades ?? []) as object[];
  t.same(Object.keys(trade ?? {}).sort(), Object.keys(schemas.Trade?.properties ?? {}).sort());
  t.match(trade, { void: false });
  close(http);
});

t.test('in an auction the book says what an uncross would come to now', async (t) => {
  const http = new MadeHttp(t.testdir());
  const { key, instrument } = opened(http);
  const token = await http.logOn(key, 9);
  const auction = madeCommand(CommandKind.SetPhase, 9, 0, { instrument, type: Phase.Auction });
  t.equal((await http.orders(token, commandFrame(1, TRADING, order(instrument, 9, 1, 1, 12)))).status, 200);
  t.notOk('indicative' in ((await http.ask('/v1/book/ETH%2FEUR')).json ?? {}), 'in continuous trading there is none');
  t.equal((await http.orders(token, commandFrame(2, auction))).status, 200);
  const none = { price: null, quantity: 0, imbalance: 0 };
  t.match((await http.ask('/v1/book/ETH%2FEUR')).json, { phase: 'Auction', indicative: none });
  t.equal((await http.orders(token, commandFrame(3, order(instrument, 9, 2, 0, 12, 8)))).status, 200);
  t.same((await http.ask('/v1/book/ETH%2FEUR')).json?.indicative, { price: 12, quantity: 5, imbalance: 3 });
  close(http);
});

t.test('the book and the trades of a journal are there at once after a start', async (t) => {
  const directory = t.testdir();
  const first = new MadeHttp(directory);
  const { key, instrument } = opened(first);
  const token = await first.logOn(key, 9);
  await first.orders(
    token,
    commandFrame(1, TRADING, order(instrument, 9, 1, 0, 10), order(instrument, 9, 2, 1, 10, 2)),
  );
  const before = await Promise.all(['/v1/book/ETH%2FEUR', '/v1/trades/ETH%2FEUR'].map((path) => first.ask(path)));
  first.close();
  const second = new MadeHttp(directory);
  const after = await Promise.all(['/v1/book/ETH%2FEUR', '/v1/trades/ETH%2FEUR'].map((path) => second.ask(path)));
  t.strictSame(after[0].json?.bids, [[10, 3, 1]]);
  for (const at of [0, 1]) {
    for (const part of ['bids', 'asks', 'trades']) t.strictSame(after[at].json?.[part], before[at].json?.[part]);
    t.equal(after[at].json?.epoch, 2);
  }
  const old = await second.orders(token, commandFrame(2, order(instrument, 9, 3, 0, 10)));
  t.match(old, { status: 401, code: 'TOKEN_INVALID' }, 'a token ends with its platform');
  t.equal(old.headers.get('www-authenticate'), 'Bearer');
  close(second);
});

t.test('health says how it is, and ready turns to 503 when it stops', async (t) => {
  const http = new MadeHttp(t.testdir(), { shards: 2, gateways: 2 });
  opened(http);
  t.match(await http.ask('/health/live'), { status: 200, json: { state: 'live' } });
  t.match(await http.ask('/health/ready'), { status: 200, json: { state: 'ready', since: /^\d{4}-.*Z$/ } });
  const { engine } = http.venue.shards[0];
  t.match(await http.ask('/health', { gateway: 1 }), {
    status: 200,
    json: {
      state: 'ready',
      venue: 'made',
      gateway: 1,
      gateways: 2,
      shards: [
        { shard: 0, epoch: 1, sequence: engine.eventSequence, durable: engine.eventSequence, lag: 0, live: true },
      ],
      sessions: 0,
      publicSessions: 0,
      httpRequests: 0,
    },
  });
  http.venue.gateway.stop();
  t.match(await http.ask('/health/ready'), { status: 503, json: { state: 'stopping' } });
  t.match(await http.ask('/health'), { status: 200, json: { state: 'stopping' } });
  close(http);
});

t.test('a gateway that fell behind is not ready until it follows again', async (t) => {
  const http = new MadeHttp(t.testdir());
  const { key, instrument } = opened(http);
  const token = await http.logOn(key, 9);
  const { gateway, shards } = http.venue;
  const rightTurn = gateway.turn;
  shards[0].output.drop(0);
  gateway.turn();
  // It sees nothing more: the journal is not read on.
  gateway.turn = () => false;
  gateway.hasWork = () => false;
  t.notOk(gateway.ready);
  t.match(await http.ask('/health/ready'), { status: 503, json: { state: 'following' } });
  const refused = await http.orders(token, commandFrame(1, order(instrument, 9, 1, 0, 10)));
  t.match(refused, { status: 503, code: 'NOT_READY' });
  t.equal(refused.headers.get('retry-after'), '1');
  t.match(await http.answerChallenge(await http.challenge(), key), { status: 503, code: 'NOT_READY' });
  gateway.turn = rightTurn;
  while (!gateway.ready) gateway.turn();
  t.equal((await http.ask('/health/ready')).status, 200);
  t.equal(
    (await http.orders(token, commandFrame(1, order(instrument, 9, 1, 0, 10)))).status,
    200,
    'the token has outlived it',
  );
  close(http);
});

t.test('metrics are there, or say how to have them', async (t) => {
  const directory = t.testdir();
  const http = new MadeHttp(join(directory, 'on'));
  const shown = await http.ask('/metrics');
  t.equal(shown.status, 200);
  t.match(shown.headers.get('content-type'), /^text\/plain/);
  t.match(Buffer.from(shown.bytes).toString(), /^# HELP tredye_/);
  const head = await http.ask('/metrics', { method: 'HEAD' });
  t.same([head.status, head.bytes.length], [200, 0]);
  close(http);
  const off = new MadeHttp(join(directory, 'off'), { metrics: false });
  t.match(await off.ask('/metrics'), { status: 404, code: 'NO_METRICS' });
  close(off);
});

t.test('the page is served from memory, packed, with its policy, and asked for again by its tag', async (t) => {
  const directory = t.testdir();
  const script = 'console.log("page");\n'.repeat(100);
  mkdirSync(join(directory, 'page', 'assets'), { recursive: true });
  writeFileSync(join(directory, 'page', 'index.html'), '<!doctype html><title>Tredye</title>');
  writeFileSync(join(directory, 'page', 'assets', 'page-1a2b.js'), script);
  writeFileSync(join(directory, 'page', 'assets', 'page-1a2b.js.br'), brotliCompressSync(script));
  const http = new MadeHttp(directory);
  const page = await http.ask('/');
  t.equal(page.status, 200);
  t.equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
  t.equal(Buffer.from(page.bytes).toString(), '<!doctype html><title>Tredye</title>');
  t.equal(page.headers.get('cache-control'), 'no-cache');
  t.equal(page.headers.get('x-content-type-options'), 'nosniff');
  t.equal(
    page.headers.get('content-security-policy'),
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws: wss:; worker-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  const tag = page.headers.get('etag') ?? '';
  const again = await http.ask('/', { headers: { 'if-none-match': `"other", ${tag}` } });
  t.same([again.status, again.bytes.length, again.headers.get('etag')], [304, 0, tag]);
  for (const [accept, encoding] of [
    ['br, gzip', 'br'],
    ['gzip', 'gzip'],
    ['identity', null],
  ] as const) {
    const answer = await http.ask('/assets/page-1a2b.js', { headers: { 'accept-encoding': accept } });
    t.equal(answer.headers.get('content-encoding'), encoding);
    t.equal(Buffer.from(answer.bytes).toString(), script, 'fetch has unpacked it');
    t.equal(answer.headers.get('cache-control'), 'public, max-age=31536000, immutable');
    t.equal(answer.headers.get('content-type'), 'text/javascript; charset=utf-8');
  }
  const packed = await http.ask('/assets/page-1a2b.js.br');
  t.equal(packed.status, 404, 'packed forms have no address of their own');
  const head = await http.ask('/', { method: 'HEAD' });
  t.same([head.status, head.bytes.length, head.headers.get('etag')], [200, 0, tag]);
  for (const path of ['/index.html/', '/../package.json', '/%2e%2e/package.json', '/page/index.html', '//index.html']) {
    t.equal((await http.ask(path)).status, 404, path);
  }
  t.match(await http.ask('/nothing'), { status: 404, code: 'NOT_FOUND' });
  close(http);
  const bare = new MadeHttp(join(directory, 'bare'));
  t.match(await bare.ask('/'), { status: 404, code: 'NO_PAGE', json: { error: { hint: /make build/ } } });
  close(bare);
});

t.test('unknown paths and methods are refused as JSON, whatever the body', async (t) => {
  const http = new MadeHttp(t.testdir());
  const big = new Uint8Array(1_000_000);
  for (const [method, path, body] of [
    ['GET', '/v1', undefined],
    ['POST', '/v2/orders', 'x'],
    ['DELETE', '/anything', undefined],
    ['POST', '/', big],
  ] as const) {
    const asked = await http.ask(path, body === undefined ? { method } : { method, body });
    t.equal(asked.status, 404, `${method} ${path}`);
    t.match(asked.json, { error: { code: /NOT_FOUND|NO_PAGE/, message: /\.$/, hint: /\.$/ } });
  }
  for (const { method, path } of http.routes[0].routes) {
    const wrong = method === 'GET' ? 'POST' : 'GET';
    const asked = await http.ask(path.replace(':symbol', 'X'), { method: wrong });
    t.match(asked, { status: 405, code: 'METHOD_NOT_ALLOWED' }, path);
    t.equal(asked.headers.get('allow'), method === 'GET' ? 'GET, HEAD' : 'POST');
    t.equal((await http.ask(path.replace(':symbol', 'X'), { method: 'PUT', body: 'x' })).status, 405);
  }
  http.close();
});

/** Each documented refusal of parameters, tokens, logons and frames. */
t.test('what cannot be taken is refused with its documented status and code', async (t) => {
  const http = new MadeHttp(t.testdir(), { settings: { window: 4, maxHttpRequests: 3 } });
  const { venue } = http;
  const { key, instrument } = opened(http);
  const reader = venue.addKey(venue.addAccount(), Right.Read);
  const token = await http.logOn(key, 9);
  const frame = commandFrame(1, TRADING, order(instrument, 9, 1, 0, 10));
  const is = (asked: Asked, status: number, code: string): void => {
    t.match(asked, { status, code, json: { error: { code, message: /\.$/, hint: /\.$/ } } }, code);
    t.equal(asked.headers.get('retry-after'), status === 429 || status === 503 ? '1' : null);
  };
  for (const path of ['/v1/instruments?limit=0', '/v1/instruments?after=-1', '/v1/instruments?limit=1001']) {
    is(await http.ask(path), 400, 'BAD_PARAMETER');
  }
  for (const path of ['/v1/book/X?depth=1001', '/v1/book/%zz', '/v1/trades/X?limit=x', '/v1/trades/%ff']) {
    is(await http.ask(path), 400, 'BAD_PARAMETER');
  }
  is(await http.ask('/v1/book/NO'), 404, 'UNKNOWN_SYMBOL');
  is(await http.ask('/v1/trades/ETH/EUR'), 404, 'NOT_FOUND');
  is(await http.ask('/v1/trades/NO'), 404, 'UNKNOWN_SYMBOL');
  t.equal((await http.ask('/v1/openapi.json')).status, 200);

  is(await http.ask('/v1/orders', { method: 'POST', headers: OCTETS, body: frame }), 401, 'TOKEN_MISSING');
  const plain = { 'content-type': 'text/plain' };
  is(await http.orders(token, frame, { headers: plain }), 415, 'UNSUPPORTED_MEDIA_TYPE');
  is(await http.orders(token, new Uint8Array(40_000)), 413, 'FRAME_TOO_LONG');
  is(await http.orders(token, new Uint8Array(40)), 400, 'BAD_FRAME');
  is(await http.orders(token, new Uint8Array(0)), 400, 'BAD_FRAME');
  const badKind = await http.orders(token, commandFrame(1, TRADING, madeCommand(99, 9, 1)));
  is(badKind, 400, 'BAD_COMMAND');
  t.match(badKind.json, { error: { index: 1, reason: 'BAD_KIND' } });
  const wrongLane = await http.orders(token, commandFrame(1, order(instrument, 8, 1, 0, 10)));
  t.match(wrongLane.json, { error: { code: 'BAD_COMMAND', index: 0, reason: 'WRONG_LANE' } });
  const unknown = await http.orders(token, commandFrame(1, order(77, 9, 1, 0, 10)));
  t.match(unknown.json, { error: { code: 'BAD_COMMAND', index: 0, reason: 'UNKNOWN_INSTRUMENT' } });
  const reading = await http.logOn(reader, 1);
  is(await http.orders(reading, commandFrame(1, order(instrument, 1, 1, 0, 10))), 403, 'NOT_ALLOWED');

  const challenge = await http.challenge();
  is(await http.answerChallenge(challenge, key, {}, { body: new Uint8Array(30) }), 400, 'BAD_LOGON');
  const heartbeat = encodeControl({ type: 'Heartbeat', timeUs: 1, marks: [], echoUs: 0, heldUs: 0 });
  is(await http.answerChallenge(challenge, key, {}, { body: heartbeat }), 400, 'BAD_LOGON');
  is(await http.answerChallenge(challenge, key, {}, { headers: plain }), 415, 'UNSUPPORTED_MEDIA_TYPE');
  is(await http.answerChallenge(challenge, key, {}, { headers: { 'tredye-nonce': 'ab' } }), 401, 'NONCE_INVALID');
  is(await http.answerChallenge(challenge, key, {}, { body: new Uint8Array(33_000) }), 413, 'FRAME_TOO_LONG');
  const foreign = await http.answerChallenge(challenge, { ...key, privateKey: reader.privateKey });
  is(foreign, 401, 'LOGON_REFUSED');
  t.match(foreign.json, { error: { reason: 'NOT_ALLOWED' } });
  is(await http.answerChallenge(challenge, key), 401, 'NONCE_INVALID');
  const resume = [{ shard: 0, epoch: 1, sequence: 0 }];
  const resumed = await http.answerChallenge(await http.challenge(), key, { resume });
  t.match(resumed.json, { error: { code: 'LOGON_REFUSED', reason: 'BAD_PAYLOAD' } });
  const nobody = await http.answerChallenge(await http.challenge(), { ...key, id: 0 });
  t.match(nobody.json, { error: { code: 'LOGON_REFUSED', reason: 'NOT_ALLOWED' } });
  const noKey = await http.answerChallenge(await http.challenge(), { ...key, id: 99 });
  t.match(noKey.json, { error: { code: 'LOGON_REFUSED', reason: 'UNKNOWN_KEY' } });

  venue.shardsRun = false;
  const slow = [1, 2].map((low) =>
    http.orders(token, commandFrame(1, order(instrument, 9, low, 0, 10), order(instrument, 9, 10 + low, 0, 10))),
  );
  while (venue.gateway.http.parts.exchange.waiting < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  is(await http.orders(token, commandFrame(1, order(instrument, 9, 3, 0, 10))), 429, 'WINDOW_FULL');
  const other = await http.challenge();
  const third = http.orders(reading, commandFrame(1, order(instrument, 1, 1, 0, 10)));
  is(await third, 403, 'NOT_ALLOWED');
  venue.shardsRun = true;
  t.same(
    (await Promise.all(slow)).map(({ status }) => status),
    [200, 200],
  );
  t.equal((await http.answerChallenge(other, key, { lane: 10 })).status, 200);

  venue.clock.ms += 3600_000;
  is(await http.orders(token, frame), 401, 'TOKEN_EXPIRED');
  is(await http.orders(`${token}A`, frame), 401, 'TOKEN_INVALID');
  const older = await http.logOn(key, 9);
  const newer = await http.logOn(key, 9);
  is(await http.orders(older, frame), 401, 'TOKEN_SUPERSEDED');
  t.equal((await http.orders(newer, frame)).status, 200);
  venue.revokeKey(key);
  is(await http.orders(newer, frame), 401, 'KEY_REVOKED');
  is(await http.answerChallenge(await http.challenge(), key), 401, 'KEY_REVOKED');
  close(http);
});

t.test('every documented answer was given by a test here or in orders.test.ts, and no other was', async (t) => {
  const documented = documentedAnswers();
  // Produced in orders.test.ts, which holds sockets half open.
  const elsewhere = [
    'POST /v1/orders 202',
    'POST /v1/orders 408 BODY_TIMED_OUT',
    'POST /v1/orders 503 BUSY',
    'POST /v1/orders 503 CANCEL_ONLY',
    'POST /v1/logon 408 BODY_TIMED_OUT',
    'POST /v1/logon 503 BUSY',
  ];
  for (const answer of elsewhere) t.ok(documented.has(answer), answer);
  for (const answer of documented) {
    if (!elsewhere.includes(answer)) t.ok(SEEN.has(answer), `${answer} is produced`);
  }
  for (const answer of SEEN) {
    const [method, path, , code] = answer.split(' ');
    if (method === 'HEAD' || code === 'NOT_FOUND' || OPENAPI.paths[path ?? ''] === undefined) continue;
    t.ok(documented.has(answer), `${answer} is documented`);
  }
});

t.test('every route is documented, every documented path is a route, every code is known', async (t) => {
  const http = new MadeHttp(t.testdir());
  const routes = http.routes[0].routes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/, '{$1}')}`);
  const paths = Object.entries(OPENAPI.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  t.strictSame([...routes, 'GET /'].sort(), paths.sort());
  const text = JSON.stringify(OPENAPI);
  for (const code of REFUSAL_CODES) {
    t.ok(text.includes(code), `${code} is documented`);
    t.match(refusal(code), { message: /^[A-Z].*\.$/, hint: /\.$/ });
  }
  http.close();
});
