/** Orders over HTTP, with real sockets: what is answered, what ends a token, and clients that do not behave. */

import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { CommandKind, EventKind, Phase, Reason, TimeInForce } from '../../schemas/codes.js';
import {
  EVENT_ACCOUNT,
  EVENT_CLIENT_ORDER_ID,
  EVENT_DUPLICATE_BIT,
  EVENT_END_OF_COMMAND_BIT,
  EVENT_KIND_WORD,
  EVENT_ORDER_ID,
} from '../../schemas/layout.js';
import { commandFrame, logonFrame, type MadeKey, type MadeVenueOptions, madeCommand } from '../made-venue.js';
import { LIVE } from '../sessions/session.js';
import { CAUSE_DISK, VenueMode } from '../venue-mode.js';
import { type Asked, eventsOf, framesOf, MadeHttp } from './made-http.js';

const LANE = 9;

interface Market {
  readonly http: MadeHttp;
  readonly key: MadeKey;
  readonly token: string;
  readonly instrument: number;
}

async function market(directory: string, options: MadeVenueOptions = {}): Promise<Market> {
  const http = new MadeHttp(directory, options);
  const instrument = http.venue.addInstrument(0);
  const key = http.venue.addKey(http.venue.addAccount());
  const token = await http.logOn(key, LANE);
  const phase = madeCommand(CommandKind.SetPhase, LANE, 0, { instrument, type: Phase.Continuous });
  await http.orders(token, commandFrame(1, phase));
  return { http, key, token, instrument };
}

function order(instrument: number, low: number, side = 0, price = 10, quantity = 5, lane = LANE): Int32Array {
  return madeCommand(CommandKind.New, lane, low, { instrument, price, quantity, side, timeInForce: TimeInForce.Day });
}

function kindsOf(events: readonly Int32Array[]): string[] {
  return events.map((event) => EventKind[event[EVENT_KIND_WORD] & 0xff]);
}

function settled(condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (condition()) resolve();
      else setTimeout(look, 2);
    };
    look();
  });
}

/** A connection without a client: what is written goes out as it is, what comes is kept as text. */
class RawConnection {
  readonly socket: Socket;
  text = '';
  closed = false;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('data', (chunk) => {
      this.text += chunk.toString('latin1');
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.closed = true;
    });
  }

  statuses(): number[] {
    return [...this.text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
  }
}

function postHead(path: string, token: string, length: number): string {
  const lines = [`POST ${path} HTTP/1.1`, 'host: x', 'content-type: application/octet-stream'];
  return [...lines, `authorization: Bearer ${token}`, `content-length: ${length}`, '', ''].join('\r\n');
}

t.test('an order is answered by its own events alone, up to its end, once they are durable', async (t) => {
  const { http, key, token, instrument } = await market(t.testdir());
  const other = http.venue.addKey(http.venue.addAccount());
  const otherToken = await http.logOn(other, 1);
  await http.orders(otherToken, commandFrame(1, order(instrument, 1, 1, 10, 3, 1), order(instrument, 2, 1, 11, 3, 1)));
  const answer = await http.orders(token, commandFrame(7, order(instrument, 1, 0, 11, 10)));
  t.equal(answer.status, 200);
  t.equal(answer.headers.get('content-type'), 'application/octet-stream');
  const events = eventsOf(answer);
  t.same(kindsOf(events), ['Accepted', 'Fill', 'Fill', 'Booked']);
  t.ok(
    events.every((event) => event[EVENT_ACCOUNT] === key.account),
    'the maker is not shown',
  );
  t.same(
    events.map((event) => (event[EVENT_KIND_WORD] & EVENT_END_OF_COMMAND_BIT) !== 0),
    [false, false, false, true],
  );
  const [frame] = framesOf(answer.bytes);
  t.match(frame, { shard: 0, epoch: 1, tokens: http.venue.gateway.http.window });
  const refused = await http.orders(token, commandFrame(8, order(instrument, 2, 0, 99_999)));
  t.equal(refused.status, 200, 'what the engine refuses is an event');
  const [rejected] = eventsOf(refused);
  t.equal(rejected[EVENT_KIND_WORD] & 0xff, EventKind.Rejected);
  t.equal(rejected[EVENT_KIND_WORD] >>> 16, Reason.PriceOutOfRange);
  http.close();
});

t.test('256 commands of a frame are answered in their order', async (t) => {
  const { http, token, instrument } = await market(t.testdir());
  const commands = Array.from({ length: 256 }, (_, at) => order(instrument, at + 1, 0, 1 + (at % 50), 1));
  const answer = await http.orders(token, commandFrame(1, ...commands));
  t.equal(answer.status, 200);
  const accepted = eventsOf(answer).filter((event) => (event[EVENT_KIND_WORD] & 0xff) === EventKind.Accepted);
  t.same(
    accepted.map((event) => event[EVENT_CLIENT_ORDER_ID]),
    commands.map((_, at) => at + 1),
  );
  t.equal(framesOf(answer.bytes).length, 2, '512 events are two frames');
  t.equal(http.venue.gateway.http.parts.exchange.waiting, 0);
  http.close();
});

t.test('a frame that is sent again is answered again and taken once', async (t) => {
  const { http, token, instrument } = await market(t.testdir());
  const frame = commandFrame(1, order(instrument, 1), order(instrument, 2));
  t.same(kindsOf(eventsOf(await http.orders(token, frame))), ['Accepted', 'Booked', 'Accepted', 'Booked']);
  const again = eventsOf(await http.orders(token, frame));
  t.same(kindsOf(again), ['Accepted', 'Accepted'], 'the first event of each');
  t.ok(again.every((event) => (event[EVENT_KIND_WORD] & EVENT_DUPLICATE_BIT) !== 0));
  t.match((await http.ask('/v1/book/I1')).json, { bids: [[10, 10, 2]] });
  const lower = eventsOf(await http.orders(token, commandFrame(2, order(instrument, 5))));
  t.same(kindsOf(lower), ['Accepted', 'Booked']);
  const late = eventsOf(await http.orders(token, commandFrame(3, order(instrument, 4))));
  t.equal(late[0][EVENT_KIND_WORD] >>> 16, Reason.NeverTaken, 'ids increase within a lane');
  http.close();
});

t.test('a frame over two shards is answered by a frame of each', async (t) => {
  const { http, token, instrument } = await market(t.testdir(), { shards: 2 });
  const second = http.venue.addInstrument(1);
  const phase = madeCommand(CommandKind.SetPhase, LANE, 0, { instrument: second, type: Phase.Continuous });
  await http.orders(token, commandFrame(1, phase));
  const answer = await http.orders(
    token,
    commandFrame(2, order(instrument, 1), order(second, 1), order(instrument, 2)),
  );
  t.same(
    framesOf(answer.bytes).map(({ shard, events }) => [shard, kindsOf(events)]),
    [
      [0, ['Accepted', 'Booked', 'Accepted', 'Booked']],
      [1, ['Accepted', 'Booked']],
    ],
  );
  const all = madeCommand(CommandKind.MassCancel, LANE, 3);
  const cancelled = await http.orders(token, commandFrame(3, all));
  t.same(
    framesOf(cancelled.bytes).map(({ shard, events }) => [shard, kindsOf(events)]),
    [
      [0, ['Started', 'Cancelled', 'Cancelled', 'Finished']],
      [1, ['Started', 'Cancelled', 'Finished']],
    ],
    'a mass cancel of all instruments ends in every shard',
  );
  t.equal(http.venue.gateway.http.parts.exchange.open, 0);
  http.close();
});

t.test('a command that goes on over several rounds is answered whole, others pass it', async (t) => {
  const { http, token, instrument } = await market(t.testdir());
  for (let from = 0; from < 400; from += 200) {
    const orders = Array.from({ length: 200 }, (_, at) => order(instrument, from + at + 1, 0, 1 + at, 1));
    t.equal((await http.orders(token, commandFrame(1, ...orders))).status, 200);
  }
  const other = http.venue.addInstrument(0);
  const phase = madeCommand(CommandKind.SetPhase, LANE, 0, { instrument: other, type: Phase.Continuous });
  await http.orders(token, commandFrame(2, phase));
  http.venue.shardsRun = false;
  const [cancel, beside] = [
    http.orders(token, commandFrame(3, madeCommand(CommandKind.MassCancel, LANE, 500, { instrument }))),
    settled(() => http.venue.gateway.http.parts.exchange.waiting === 1).then(() =>
      http.orders(token, commandFrame(4, order(other, 501))),
    ),
  ];
  await settled(() => http.venue.gateway.http.parts.exchange.waiting === 2);
  http.venue.shardsRun = true;
  t.same(kindsOf(eventsOf(await beside)), ['Accepted', 'Booked']);
  const kinds = kindsOf(eventsOf(await cancel));
  t.equal(kinds.length, 402, 'more than the 64 events of one go');
  t.same([kinds[0], kinds.at(-1)], ['Started', 'Finished']);
  t.equal(http.venue.gateway.http.parts.exchange.open, 0);
  http.close();
});

t.test('any gateway takes a token, and learns of its end', async (t) => {
  const { http, key, token, instrument } = await market(t.testdir(), { gateways: 2 });
  t.equal(http.venue.gateway.http.window, 128, 'a lane has one window, whichever gateway it uses');
  const [first, second] = [0, 1].map(
    (gateway) => (low: number) => http.orders(token, commandFrame(low, order(instrument, low)), { gateway }),
  );
  for (const low of [1, 2, 3, 4]) {
    const answer = await (low % 2 === 0 ? second : first)(low);
    t.same(kindsOf(eventsOf(answer)), ['Accepted', 'Booked'], `order ${low}`);
  }
  t.equal(http.venue.shards[0].engine.openIncarnations().length, 1);
  const challenge = await http.challenge(0);
  const elsewhere = await http.answerChallenge(challenge, key, { lane: 20 }, { gateway: 1 });
  t.equal(elsewhere.status, 200, 'a nonce of one gateway is good at the other');
  t.match(await http.answerChallenge(challenge, key, { lane: 20 }, { gateway: 0 }), { code: 'NONCE_INVALID' });

  const newer = http.venue.logOn(key, { lane: LANE }, http.venue.gateways[1]);
  t.equal(newer.session.state, LIVE, 'a stream of the same lane takes over');
  for (const send of [first, second]) t.match(await send(5), { status: 401, code: 'TOKEN_SUPERSEDED' });
  const back = await http.logOn(key, LANE, 1);
  t.equal(newer.socket.closedWith, 4102, 'and is taken over from');
  t.equal((await http.orders(back, commandFrame(1, order(instrument, 6)), { gateway: 0 })).status, 200);
  http.venue.revokeKey(key);
  for (const gateway of [0, 1]) {
    t.match(await http.orders(back, commandFrame(1, order(instrument, 7)), { gateway }), { code: 'KEY_REVOKED' });
  }
  http.close();
});

t.test('a session ends in the engine with its token', async (t) => {
  const { http, token, instrument } = await market(t.testdir());
  t.equal(http.venue.shards[0].engine.openIncarnations().length, 1);
  http.venue.wait(3_599_000);
  t.equal((await http.orders(token, commandFrame(1, order(instrument, 1)))).status, 200, 'no heartbeat is needed');
  http.venue.wait(1_100);
  t.match(await http.orders(token, commandFrame(1, order(instrument, 2))), { status: 401, code: 'TOKEN_EXPIRED' });
  t.equal(http.venue.shards[0].engine.openIncarnations().length, 0);
  http.close();
});

t.test('who waits for five seconds is told so, and learns the rest by asking again', async (t) => {
  const { http, token, instrument } = await market(t.testdir());
  const { exchange } = http.venue.gateway.http.parts;
  http.venue.shardsRun = false;
  const frame = commandFrame(1, order(instrument, 1), order(instrument, 2));
  const waiting = http.orders(token, frame);
  await settled(() => exchange.waiting === 1);
  http.venue.clock.ms += 4_900;
  http.venue.gateway.tick();
  t.equal(exchange.waiting, 1);
  http.venue.clock.ms += 100;
  const answer = await waiting;
  t.equal(answer.status, 202);
  const ids = [1n, 2n].map((low) => ((BigInt(LANE) << 48n) | low).toString());
  t.strictSame(answer.json, { pending: ids });
  t.equal(exchange.waiting, 0);
  http.venue.shardsRun = true;
  const again = eventsOf(await http.orders(token, frame));
  t.same(kindsOf(again), ['Accepted', 'Accepted'], 'the first event of each');
  t.ok(again.every((event) => (event[EVENT_KIND_WORD] & EVENT_DUPLICATE_BIT) !== 0));
  t.equal(
    framesOf((await http.orders(token, frame)).bytes)[0].tokens,
    http.venue.gateway.http.window,
    'nothing is owed',
  );
  http.close();
});

t.test('a gateway that falls behind says of what it lost sight that it waits', async (t) => {
  const { http, token, instrument } = await market(t.testdir());
  const { exchange } = http.venue.gateway.http.parts;
  http.venue.shardsRun = false;
  const frame = commandFrame(1, order(instrument, 1));
  const waiting = http.orders(token, frame);
  await settled(() => exchange.waiting === 1);
  http.venue.shards[0].output.drop(0);
  http.venue.shardsRun = true;
  t.equal((await waiting).status, 202);
  await settled(() => http.venue.gateway.ready);
  const answer = await http.orders(token, frame);
  t.same(kindsOf(eventsOf(answer)), ['Accepted'], 'it had happened');
  t.equal(framesOf(answer.bytes)[0].tokens, http.venue.gateway.http.window);
  t.equal(exchange.open, 0);
  http.close();
});

t.test('a client that goes away takes nothing with it', async (t) => {
  const { http, token, instrument } = await market(t.testdir());
  const { exchange } = http.venue.gateway.http.parts;
  http.venue.shardsRun = false;
  const frame = commandFrame(1, order(instrument, 1));
  const raw = new RawConnection(http.ports[0]);
  raw.socket.write(postHead('/v1/orders', token, frame.length));
  raw.socket.write(frame);
  await settled(() => exchange.waiting === 1);
  raw.socket.destroy();
  await settled(() => exchange.waiting === 0);
  const half = new RawConnection(http.ports[0]);
  half.socket.write(postHead('/v1/orders', token, frame.length));
  half.socket.write(frame.subarray(0, 20));
  await settled(() => half.socket.bytesWritten > 20);
  half.socket.destroy();
  http.venue.shardsRun = true;
  const next = await http.orders(token, commandFrame(2, order(instrument, 2)));
  t.same(kindsOf(eventsOf(next)), ['Accepted', 'Booked']);
  t.match((await http.ask('/v1/book/I1')).json, { bids: [[10, 10, 2]] }, 'the order of the gone client stands');
  t.equal(framesOf(next.bytes)[0].tokens, http.venue.gateway.http.window, 'and its answer is not owed');
  http.close();
});

t.test('who sends a second request before the answer to an order is cut off, and others are not', async (t) => {
  const { http, token, instrument } = await market(t.testdir());
  const raw = new RawConnection(http.ports[0]);
  const requests = Array.from({ length: 3 }, (_, at) => {
    const frame = commandFrame(at, order(instrument, at + 1));
    return Buffer.concat([Buffer.from(postHead('/v1/orders', token, frame.length)), frame]);
  });
  raw.socket.write(Buffer.concat(requests));
  await settled(() => raw.closed);
  t.same(raw.statuses(), []);
  const next = await http.orders(token, commandFrame(9, order(instrument, 9)));
  t.same(kindsOf(eventsOf(next)), ['Accepted', 'Booked']);
  t.match((await http.ask('/v1/book/I1')).json, { bids: [[10, 10, 2]] }, 'the first of the three was taken');
  const looking = new RawConnection(http.ports[0]);
  looking.socket.write('GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(20));
  await settled(() => looking.statuses().length === 20 || looking.closed);
  t.same(looking.statuses(), new Array(20).fill(200), 'what is answered at once may be asked in one packet');
  looking.socket.destroy();
  http.close();
});

t.test('a body may come in pieces, but not for ever and not without end', async (t) => {
  const { http, token, instrument } = await market(t.testdir());
  const frame = commandFrame(1, ...Array.from({ length: 200 }, (_, at) => order(instrument, at + 1)));
  const pieces = new RawConnection(http.ports[0]);
  pieces.socket.setNoDelay();
  pieces.socket.write(postHead('/v1/orders', token, frame.length));
  for (let at = 0; at < frame.length; at += 1000) {
    pieces.socket.write(frame.subarray(at, at + 1000));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await settled(() => pieces.statuses().length === 1 || pieces.closed);
  t.same(pieces.statuses(), [200]);
  pieces.socket.destroy();

  for (const [path, body] of [
    ['/v1/orders', frame],
    ['/v1/logon', frame],
  ] as const) {
    const slow = new RawConnection(http.ports[0]);
    slow.socket.write(postHead(path, token, body.length));
    slow.socket.write(body.subarray(0, 100));
    await settled(() => slow.socket.bytesWritten > 100);
    await new Promise((resolve) => setTimeout(resolve, 50));
    http.venue.clock.ms += 5_001;
    await settled(() => slow.closed);
    t.same(slow.statuses(), [408], path);
    t.match(slow.text, /BODY_TIMED_OUT/);
  }

  const endless = new RawConnection(http.ports[0]);
  endless.socket.write(postHead('/v1/orders', token, 1e9));
  const chunk = new Uint8Array(16_384);
  const sender = setInterval(() => endless.socket.write(chunk), 1);
  await settled(() => endless.closed);
  clearInterval(sender);
  t.notOk(endless.statuses().includes(200), 'cut off, with a 413 where the network brings it in time');
  t.equal(http.venue.gateway.http.parts.exchange.waiting, 0);
  http.close();
});

t.test('no more requests are held than are allowed, and they are freed', async (t) => {
  const { http, token, instrument } = await market(t.testdir(), { settings: { maxHttpRequests: 2 } });
  const { exchange } = http.venue.gateway.http.parts;
  const open = [1, 2].map(() => {
    const raw = new RawConnection(http.ports[0]);
    raw.socket.write(postHead('/v1/orders', token, 500));
    return raw;
  });
  // Frames that are none keep nothing waiting: the two are held when one is refused as busy, and freed when it is not.
  const answered = async (code: string): Promise<Asked> => {
    for (;;) {
      const asked = await http.orders(token, new Uint8Array(40));
      if (asked.code === code) return asked;
    }
  };
  const busy = await answered('BUSY');
  t.equal(busy.status, 503);
  t.equal(busy.headers.get('retry-after'), '1');
  t.match(await http.ask('/v1/logon', { method: 'POST' }), { status: 503, code: 'BUSY' });
  t.equal((await http.ask('/health')).status, 200, 'who only looks is answered');
  for (const raw of open) raw.socket.destroy();
  t.equal((await answered('BAD_FRAME')).status, 400);
  http.venue.shardsRun = false;
  const waiting = [60, 61].map((low) => http.orders(token, commandFrame(1, order(instrument, low))));
  await settled(() => exchange.waiting === 2);
  t.match(await http.orders(token, commandFrame(1, order(instrument, 62))), { status: 503, code: 'BUSY' });
  http.venue.shardsRun = true;
  for (const answer of await Promise.all(waiting)) t.equal(answer.status, 200);
  http.close();
});

t.test('a venue that takes only cancels says so, over /health too', async (t) => {
  const { http, token, instrument } = await market(t.testdir());
  const mode = new VenueMode(http.venue.gateway.http.parts.data.access.mode);
  t.match((await http.ask('/health')).json, { mode: 'normal', why: '' });
  mode.set(CAUSE_DISK, true);
  const refused = await http.orders(token, commandFrame(1, order(instrument, 60)));
  t.match(refused, { status: 503, code: 'CANCEL_ONLY' });
  t.equal(refused.headers.get('retry-after'), '1');
  t.equal(
    (await http.orders(token, commandFrame(2, madeCommand(CommandKind.MassCancel, LANE, 61, { instrument })))).status,
    200,
  );
  t.match((await http.ask('/health')).json, { mode: 'cancel-only', why: /^the disk is nearly full/ });
  mode.set(CAUSE_DISK, false);
  t.equal((await http.orders(token, commandFrame(3, order(instrument, 62)))).status, 200);
  http.close();
});

t.test('a ring without room is busy, and a cancel passes', async (t) => {
  const { http, token, instrument } = await market(t.testdir());
  const { exchange } = http.venue.gateway.http.parts;
  const booked = eventsOf(await http.orders(token, commandFrame(1, order(instrument, 1))))[1];
  // A stream of another account fills the ring, but for the reserved slots and some.
  const other = http.venue.logOn(http.venue.addKey(http.venue.addAccount()), { lane: 2 });
  http.venue.shardsRun = false;
  const fill = Array.from({ length: 256 }, (_, at) => order(instrument, at + 1, 0, 5, 1, 2));
  http.venue.gateway.message(other.session, commandFrame(1, ...fill), true);
  const full = http.orders(token, commandFrame(2, ...fill.slice(0, 190).map((_, at) => order(instrument, at + 2))));
  await settled(() => exchange.waiting === 1);
  const busy = await http.orders(
    token,
    commandFrame(3, order(instrument, 300), order(instrument, 301), order(instrument, 302)),
  );
  t.match(busy, { status: 503, code: 'BUSY' });
  const [target, targetHigh] = [booked[EVENT_ORDER_ID], booked[EVENT_ORDER_ID + 1]];
  const cancel = http.orders(
    token,
    commandFrame(4, madeCommand(CommandKind.Cancel, LANE, 400, { instrument, target, targetHigh })),
  );
  await settled(() => exchange.waiting === 2);
  http.venue.shardsRun = true;
  t.equal((await full).status, 200);
  t.same(kindsOf(eventsOf(await cancel)), ['Cancelled']);
  http.close();
});

t.test('a client that goes away while it logs on leaves no session open', async (t) => {
  const { http, key } = await market(t.testdir());
  const challenge = await http.challenge();
  const body = logonFrame(challenge, key, { lane: 30 });
  http.venue.shardsRun = false;
  const raw = new RawConnection(http.ports[0]);
  const nonce = Buffer.from(challenge.nonce).toString('hex');
  const head = postHead('/v1/logon', 'none', body.length).replace('\r\n\r\n', `\r\ntredye-nonce: ${nonce}\r\n\r\n`);
  raw.socket.write(Buffer.concat([Buffer.from(head), body]));
  await settled(() => http.venue.gateway.table.ofLane(key.account, 30) !== undefined);
  raw.socket.destroy();
  await settled(() => http.venue.gateway.table.ofLane(key.account, 30) === undefined);
  http.venue.shardsRun = true;
  await settled(() => http.venue.shards[0].engine.openIncarnations().length === 1);
  t.equal(http.venue.shards[0].engine.openIncarnations().length, 1, 'only the one from before');
  http.close();
});

t.test('who asks without reading makes nobody keep the answers', async (t) => {
  const directory = t.testdir({ page: {} });
  const big = Buffer.from(Uint32Array.from({ length: 2_000_000 }, (_, at) => at).buffer);
  writeFileSync(join(directory, 'page', 'big.png'), big);
  const { http } = await market(directory);
  const whole = await http.ask('/v1/openapi.json');
  const before = process.memoryUsage().rss;
  const greedy = new RawConnection(http.ports[0]);
  greedy.socket.pause();
  const asked = 5000;
  greedy.socket.write('GET /v1/openapi.json HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(asked));
  await settled(() => greedy.closed || greedy.socket.destroyed || greedy.socket.bytesWritten > 0);
  const patient = await http.ask('/health/live');
  t.equal(patient.status, 200);
  const kept = process.memoryUsage().rss - before;
  t.ok(kept < (asked * whole.bytes.length) / 2, `${kept} bytes more`);
  greedy.socket.resume();
  await settled(() => greedy.closed);
  t.ok(greedy.statuses().length < asked, 'it was cut off when it asked for more than it read');

  const slow = new RawConnection(http.ports[0]);
  slow.socket.pause();
  slow.socket.write('GET /big.png HTTP/1.1\r\nhost: x\r\n\r\n');
  t.equal((await http.ask('/health/live')).status, 200);
  slow.socket.resume();
  const body = (): string => slow.text.slice(slow.text.indexOf('\r\n\r\n') + 4);
  await settled(() => slow.text.length > big.length || slow.closed);
  await settled(() => body().length >= big.length || slow.closed);
  t.ok(Buffer.from(body(), 'latin1').equals(big), 'a slow reader gets all of it');
  slow.socket.destroy();
  http.close();
});

t.test('what is no HTTP does no harm', async (t) => {
  const { http, token, instrument } = await market(t.testdir());
  for (const text of [
    '\0\0\0\0',
    'GET\r\n\r\n',
    'POST /v1/orders HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n',
    'POST /v1/orders HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\nzzzzz',
  ]) {
    const raw = new RawConnection(http.ports[0]);
    raw.socket.end(text);
    await settled(() => raw.closed);
    t.notOk(raw.statuses().includes(200), JSON.stringify(text.slice(0, 40)));
  }
  const endless = new RawConnection(http.ports[0]);
  endless.socket.write('GET /health HTTP/1.1\r\nhost: x\r\nbig: ');
  const sender = setInterval(() => endless.socket.write('a'.repeat(1000)), 1);
  await settled(() => endless.closed);
  clearInterval(sender);
  t.notOk(endless.statuses().includes(200), 'a head without end');
  t.equal((await http.orders(token, commandFrame(1, order(instrument, 1)))).status, 200);
  http.close();
});
