/** The session at its socket seam: logon, first reports, refusals, window, chain, reconnect, fence, heartbeats. */

import t from 'tap';
import { EventKind, Reason } from '../../schemas/codes.js';
import { NOT_READY, TredyeClient, WINDOW_FULL } from '../index.js';
import { TredyeError } from '../tredye-error.js';
import { FAKE_SIGNER, FakeClock, FakeNetwork } from './fake-gateway.js';
import { codeOf, connected, ORDER, settle } from './fake-session.js';

t.test('a logon carries the key, the lane and the terms, and its answer makes the session', async (t) => {
  const { client, gateway } = await connected({
    lane: 3,
    heartbeatSeconds: 20,
    ackLevel: 'Matched',
    cancelAfterSeconds: 7,
  });
  t.match(gateway.terms, {
    keyId: 7,
    lane: 3,
    heartbeatSeconds: 20,
    ackLevel: 1,
    resume: [],
    cancelAfterSeconds: 7,
  });
  t.equal(client.state, 'ready');
  t.equal(client.account, 5);
  t.equal(client.incarnation, 50);
  t.same(client.resumePoints(), [{ shard: 0, epoch: 1, sequence: 10, accountSequence: 1 }]);
});

t.test('commands of one turn share a frame, and each promise gets its own first report', async (t) => {
  const { client, gateway } = await connected();
  const reports: string[] = [];
  client.onReport((report) => reports.push(`${report.kind} ${report.sequence}`));
  const placed = client.place(ORDER);
  const cancelled = client.cancel({ instrument: 1, orderId: 9n });
  const replaced = client.replace({ instrument: 1, orderId: 8n, price: 1, quantity: 1 });
  const rejected = client.place(ORDER);
  await settle();
  t.same(gateway.frames[0]?.counters, [1001, 1002, 1003, 1004]);
  t.equal(gateway.frames.length, 1);
  gateway.reports([
    { kind: EventKind.Accepted, sequence: 11, accountSequence: 2, counter: 1001 },
    { kind: EventKind.Fill, sequence: 12, accountSequence: 3, counter: 1001 },
    {
      kind: EventKind.Cancelled,
      sequence: 13,
      accountSequence: 4,
      counter: 5,
      relatedCounter: 1002,
      reason: Reason.ByClient,
    },
    {
      kind: EventKind.Cancelled,
      sequence: 14,
      accountSequence: 5,
      counter: 6,
      relatedCounter: 1003,
      reason: Reason.ReplacedToDone,
    },
    {
      kind: EventKind.Rejected,
      sequence: 15,
      accountSequence: 6,
      counter: 1004,
      reason: Reason.OrdersFull,
      session: 50,
    },
  ]);
  t.match(await placed, { kind: 'Accepted', sequence: 11 });
  t.match(await cancelled, { kind: 'Cancelled', reason: 'ByClient' });
  t.match(await replaced, { kind: 'Cancelled', reason: 'ReplacedToDone' });
  t.match(await rejected, { kind: 'Rejected', reason: 'OrdersFull' });
  t.same(reports, ['Accepted 11', 'Fill 12', 'Cancelled 13', 'Cancelled 14', 'Rejected 15']);
  t.equal(client.room(), 4096);
});

t.test('a refused frame rejects its own commands with the reason, and only those', async (t) => {
  const { client, gateway } = await connected();
  const first = client.place(ORDER);
  await settle();
  const second = client.place(ORDER);
  await settle();
  gateway.say({ type: 'Refused', number: 1, request: 0, index: 0, reason: Reason.Busy, text: '' });
  const error = await first.catch((thrown: unknown) => thrown);
  t.match(error, { code: 'REFUSED', reason: 'Busy', canRetry: true });
  t.equal(client.room(), 4095);
  gateway.reports([{ kind: EventKind.Accepted, sequence: 11, accountSequence: 2, counter: 1002 }]);
  t.match(await second, { kind: 'Accepted' });
});

t.test('the window bounds what is unanswered, and what waits goes out as answers come', async (t) => {
  const { client, gateway } = await connected({}, [[10, 1]], 2);
  const rooms: number[] = [];
  client.onRoom((room) => rooms.push(room));
  const words = new Int32Array(16);
  words[14] = 48;
  const placed = [client.place(ORDER), client.place(ORDER), client.place(ORDER)];
  await settle();
  t.same(gateway.frames[0]?.counters, [1001, 1002]);
  t.equal(client.send(words, 0, 1), WINDOW_FULL);
  gateway.reports([{ kind: EventKind.Accepted, sequence: 11, accountSequence: 2, counter: 1001 }]);
  t.same(gateway.frames[1]?.counters, [1003]);
  gateway.reports([
    { kind: EventKind.Accepted, sequence: 12, accountSequence: 3, counter: 1002 },
    { kind: EventKind.Accepted, sequence: 13, accountSequence: 4, counter: 1003 },
  ]);
  await Promise.all(placed);
  t.same(rooms, [0, 2]);
  gateway.drop(4000);
  t.equal(client.send(words, 0, 1), NOT_READY);
});

t.test('answers of every shard give room again, but for those that come of forwarded records', async (t) => {
  const { client, gateway } = await connected({}, [
    [10, 1],
    [10, 1],
  ]);
  const answers: readonly [EventKind, boolean][] = [
    [EventKind.KillChanged, true],
    [EventKind.Deposited, true],
    [EventKind.Withdrawn, true],
    [EventKind.Busted, true],
    [EventKind.Noted, true],
    [EventKind.AccountAdded, false],
    [EventKind.LimitsSet, false],
    [EventKind.AssetAdded, false],
  ];
  for (const [index, [kind, counts]] of answers.entries()) {
    const words = new Int32Array(16);
    words[14] = 48;
    t.not(client.send(words, 0, 1), WINDOW_FULL);
    await settle();
    const before = client.room();
    const counter = gateway.frames.at(-1)?.counters.at(-1) ?? 0;
    gateway.reports([{ kind, sequence: 11 + index, accountSequence: 2 + index, counter }], 1);
    t.equal(client.room() - before, counts ? 1 : 0, EventKind[kind]);
  }
});

t.test('a hole in the private stream drops the connection, and the next logon resumes from what is held', async (t) => {
  const { client, network, clock, gateway } = await connected();
  gateway.reports([{ kind: EventKind.Accepted, sequence: 11, accountSequence: 2, counter: 1 }]);
  gateway.reports([{ kind: EventKind.Booked, sequence: 14, accountSequence: 4, counter: 1 }]);
  t.ok(gateway.over);
  t.equal(client.state, 'reconnecting');
  t.equal(clock.nextIn(), 250, 'half of the first bound, by the jitter of the test');
  clock.advance(250);
  const again = await network.logon();
  t.same(again.terms?.resume, [{ shard: 0, epoch: 1, sequence: 11 }]);
  again.answerLogon(51, [[20, 6]]);
  const seen: number[] = [];
  client.onReport((report) => seen.push(report.sequence));
  again.reports(
    [
      { kind: EventKind.Fill, sequence: 13, accountSequence: 3 },
      { kind: EventKind.Booked, sequence: 14, accountSequence: 4 },
    ],
    0,
    true,
  );
  t.same(seen, [13, 14]);
});

t.test('what is replayed in the same packet as the answer is heard by who listens right behind connect', async (t) => {
  const network = new FakeNetwork();
  const clock = new FakeClock();
  const connecting = TredyeClient.connect('ws://fake', FAKE_SIGNER, {
    clock,
    openSocket: network.openSocket,
    resume: [{ shard: 0, epoch: 1, sequence: 5 }],
  });
  const gateway = await network.logon();
  gateway.answerLogon(50, [[10, 3]]);
  gateway.reports([{ kind: EventKind.Fill, sequence: 7, accountSequence: 2 }], 0, true);
  gateway.reports([{ kind: EventKind.SessionOpened, sequence: 10, accountSequence: 3 }], 0, true);
  const client = await connecting;
  const seen: number[] = [];
  client.onReport((report) => seen.push(report.sequence));
  clock.advance(0);
  t.same(seen, [7, 10]);
});

t.test('after a reconnect what is not reported up to the fence never happened, and the rest is sent', async (t) => {
  const { client, network, clock, gateway } = await connected();
  const reported = client.place(ORDER);
  const lost = client.place(ORDER);
  await settle();
  gateway.drop(1006, 'gone');
  const waiting = client.place(ORDER);
  await settle();
  clock.advance(250);
  const again = await network.logon();
  again.answerLogon(51, [[20, 6]]);
  t.same(again.frames[0]?.counters, [1003], 'what was never sent goes out at once');
  let lostSettled = false;
  lost.catch(() => {
    lostSettled = true;
  });
  again.reports([{ kind: EventKind.Accepted, sequence: 12, accountSequence: 2, counter: 1001 }], 0, true);
  t.match(await reported, { kind: 'Accepted', sequence: 12 });
  await settle();
  t.notOk(lostSettled, 'not before the stream is held up to the fence');
  again.reports(
    [
      { kind: EventKind.Booked, sequence: 13, accountSequence: 3, counter: 1001 },
      { kind: EventKind.SessionClosed, sequence: 19, accountSequence: 4 },
      { kind: EventKind.SessionOpened, sequence: 20, accountSequence: 5 },
    ],
    0,
    true,
  );
  t.equal(await codeOf(lost), 'NEVER_HAPPENED');
  again.reports([{ kind: EventKind.Accepted, sequence: 21, accountSequence: 6, counter: 1003 }]);
  t.match(await waiting, { kind: 'Accepted', sequence: 21 });
  t.equal(client.room(), 4096);
});

t.test('a name that is none is refused, and never taken for the first code', async (t) => {
  const { client, gateway } = await connected();
  const given: { side: 'Buy'; phase: 'Closed' } = JSON.parse('{"side":"sell","phase":"Open"}');
  t.equal(await codeOf(client.place({ ...ORDER, side: given.side })), 'BAD_ARGUMENT');
  t.equal(await codeOf(client.setPhase({ instrument: 1, phase: given.phase })), 'BAD_ARGUMENT');
  await settle();
  t.equal(gateway.frames.length, 0);
});

t.test('what waits to be sent is bounded, whatever makes it wait, and beyond it a call is refused', async (t) => {
  const { client, network, clock, gateway } = await connected({ maxQueued: 3 });
  gateway.drop(1006);
  const record = client.addAccount('trader');
  const kept = client.place(ORDER);
  t.match(await client.place(ORDER).catch((error: unknown) => error), { code: 'QUEUE_FULL', canRetry: true });
  t.equal(await codeOf(client.cancel({ instrument: 1, orderId: 1n })), 'QUEUE_FULL');
  clock.advance(250);
  const again = await network.logon();
  again.answerLogon(51, [[20, 1]], 1);
  t.same(again.frames[0]?.counters, [1001, 1001], 'the window is full with that');
  const behind = [client.place(ORDER), client.place(ORDER)];
  t.equal(await codeOf(client.place(ORDER)), 'QUEUE_FULL');
  again.reports([{ kind: EventKind.AccountAdded, sequence: 21, accountSequence: 2, counter: 1001, leaves: 7 }]);
  t.equal(await record, 7);
  again.reports([{ kind: EventKind.Accepted, sequence: 22, accountSequence: 3, counter: 1002 }]);
  t.match(await kept, { kind: 'Accepted' });
  again.reports([{ kind: EventKind.Accepted, sequence: 23, accountSequence: 4, counter: 1005 }]);
  again.reports([{ kind: EventKind.Accepted, sequence: 24, accountSequence: 5, counter: 1006 }]);
  t.match(await Promise.all(behind), [{ kind: 'Accepted' }, { kind: 'Accepted' }]);
  const none = TredyeClient.connect('ws://fake', FAKE_SIGNER, { maxQueued: 0, openSocket: network.openSocket });
  t.equal(await codeOf(none), 'BAD_ARGUMENT');
});

t.test('a stream that was rolled back goes on from where it was cut', async (t) => {
  const { client, network, clock, gateway } = await connected({ ackLevel: 'Matched' });
  gateway.reports([{ kind: EventKind.Accepted, sequence: 15, accountSequence: 2 }]);
  gateway.drop(1006);
  clock.advance(250);
  const again = await network.logon();
  t.same(again.terms?.resume, [{ shard: 0, epoch: 1, sequence: 15 }]);
  again.answerLogon(51, [[13, 2]]);
  const cuts: number[] = [];
  client.onRolledBack((cut) => cuts.push(cut.sequence));
  again.say({ type: 'RolledBack', shard: 0, epoch: 2, sequence: 12 });
  again.reports([{ kind: EventKind.SessionOpened, sequence: 13, accountSequence: 2 }], 0, true);
  t.same(cuts, [12]);
  t.same(client.resumePoints(), [{ shard: 0, epoch: 1, sequence: 13, accountSequence: 2 }]);
});

t.test('heartbeats go out each interval, and silence or a lost tail ends the connection', async (t) => {
  const { client, clock, gateway } = await connected({ heartbeatSeconds: 5 });
  clock.advance(5000);
  t.equal(gateway.messages.filter((message) => message.type === 'Heartbeat').length, 1);
  const mark = { shard: 0, epoch: 1, sequence: 12, accountSequence: 2 };
  gateway.say({ type: 'Heartbeat', timeUs: 1, marks: [mark], echoUs: 0, heldUs: 0 });
  t.equal(client.state, 'ready', 'the event may be on its way');
  clock.advance(5000);
  gateway.say({ type: 'Heartbeat', timeUs: 2, marks: [mark], echoUs: 0, heldUs: 0 });
  t.equal(client.state, 'reconnecting', 'a whole interval later it was lost');

  const quiet = await connected({ heartbeatSeconds: 5 });
  quiet.clock.advance(10_000);
  t.equal(quiet.client.state, 'ready');
  quiet.clock.advance(5000);
  t.equal(quiet.client.state, 'reconnecting');
});

t.test('the backoff grows with each failure and starts over when a session was steady', async (t) => {
  const { network, clock, gateway } = await connected();
  network.refuseNext = [1, 2, 3, 4, 5, 6, 7].map(() => ({ code: 1006, why: 'ECONNREFUSED' }));
  gateway.drop(1006);
  const waits: number[] = [];
  for (let attempt = 0; attempt < 8; attempt++) {
    waits.push(clock.nextIn());
    clock.advance(clock.nextIn());
    await settle();
  }
  t.same(waits, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  const again = await network.logon();
  again.answerLogon(51, [[20, 2]]);
  clock.advance(10_000);
  again.drop(4002);
  t.equal(clock.nextIn(), 250);
});

t.test('sessions that end right after their logon come back slower and slower', async (t) => {
  const first = await connected();
  const { network, clock } = first;
  let { gateway } = first;
  const waits: number[] = [];
  for (let session = 0; session < 5; session++) {
    clock.advance(100);
    gateway.drop(4003);
    waits.push(clock.nextIn());
    clock.advance(clock.nextIn());
    gateway = await network.logon();
    gateway.answerLogon(51 + session, [[20 + session, 2 + session]]);
  }
  t.same(waits, [250, 500, 1000, 2000, 4000]);
});

t.test('a close code above 4100 ends the session and says so; what was open stays open', async (t) => {
  const { client, gateway } = await connected();
  const sent = client.place(ORDER);
  await settle();
  const queued = client.place(ORDER);
  gateway.drop(4102, 'a newer session of the lane');
  t.equal(client.state, 'closed');
  t.equal(await codeOf(sent), 'UNSETTLED');
  t.equal(await codeOf(queued), 'NEVER_HAPPENED');
  t.equal(await codeOf(client.place(ORDER)), 'NOT_CONNECTED');
});

t.test('closing ends it once, and again is nothing', async (t) => {
  const { client } = await connected();
  await client.close();
  await client.close();
  t.equal(client.state, 'closed');
});

t.test('a first connect that fails says why in one sentence and does not try again', async (t) => {
  const attempts: readonly [code: number, why: string, error: string][] = [
    [1006, 'ECONNREFUSED', 'Nothing listens at ws://fake/v1/stream: start the platform or correct the address.'],
    [1006, 'ENOTFOUND', 'The host of ws://fake/v1/stream is not known: correct the address.'],
    [4101, 'unknown key 7', 'The platform at ws://fake/v1/stream refused the logon: unknown key 7.'],
    [1006, '', 'No connection to ws://fake/v1/stream: closed with code 1006.'],
  ];
  for (const [code, why, sentence] of attempts) {
    const network = new FakeNetwork();
    network.refuseNext = [{ code, why }];
    const error = await TredyeClient.connect('ws://fake', FAKE_SIGNER, {
      clock: new FakeClock(),
      openSocket: network.openSocket,
    }).catch((thrown: unknown) => thrown);
    t.ok(error instanceof TredyeError && error.message === sentence, String(error));
    t.equal(network.connections.length, 1);
  }
  t.equal(await codeOf(TredyeClient.connect('http://fake', FAKE_SIGNER)), 'BAD_ARGUMENT');
  t.equal(await codeOf(TredyeClient.connect('nonsense', FAKE_SIGNER)), 'BAD_ARGUMENT');
  t.equal(await codeOf(TredyeClient.connect('ws://fake', { keyId: 1, privateKey: 'none' })), 'BAD_KEY');
});

t.test('a first connect is tried again while the platform says that it is not ready', async (t) => {
  const network = new FakeNetwork();
  const clock = new FakeClock();
  network.refuseNext = [{ code: 4004, why: '' }];
  const connecting = TredyeClient.connect('ws://fake', FAKE_SIGNER, {
    clock,
    openSocket: network.openSocket,
    random: () => 0.5,
  });
  await settle();
  clock.advance(250);
  (await network.logon()).answerLogon(50, [[10, 1]]);
  t.equal((await connecting).state, 'ready');

  const never = new FakeNetwork();
  const waiting = new FakeClock();
  never.refuseNext = Array.from({ length: 20 }, () => ({ code: 4004, why: 'still catching up' }));
  const failing = TredyeClient.connect('ws://fake', FAKE_SIGNER, { clock: waiting, openSocket: never.openSocket });
  failing.catch(() => undefined);
  for (let attempt = 0; attempt < 10; attempt++) {
    await settle();
    waiting.advance(Math.max(0, waiting.nextIn()));
  }
  t.match(await failing.catch((error: unknown) => error), { code: 'CONNECT_FAILED', canRetry: true });
  t.equal(never.connections.length, 7);
});

t.test('a frame that does not verify ends the connection', async (t) => {
  const { client, gateway } = await connected();
  gateway.bytes(new Uint8Array(64));
  t.equal(client.state, 'reconnecting');
});

t.test('public trades come as objects, a hole in them is told', async (t) => {
  const { client, gateway } = await connected();
  const trades: number[] = [];
  const gaps: number[] = [];
  client.onTrade((trade) => trades.push(trade.sequence));
  client.onPublicGap((gap) => gaps.push(gap.previousLast));
  gateway.publicTrade(1, 0, 30);
  gateway.publicTrade(1, 30, 32);
  gateway.publicTrade(1, 40, 41);
  t.same(trades, [30, 32, 41]);
  t.same(gaps, [40]);
});
