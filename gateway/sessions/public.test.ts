/** Sessions without a key: public data alone, as many as may be, and nothing of an account. */

import t from 'tap';
import { CLOSE_CODES, mayReconnect } from '../../schemas/close-codes.js';
import { AckLevel, CommandKind, EventKind, Phase, Reason, Right, StreamMode } from '../../schemas/codes.js';
import { encodeControl, encodeLogonTerms, type LogonTermsFields } from '../../schemas/control.js';
import { EVENT_ACCOUNT, EVENT_CLIENT_ORDER_ID, EVENT_KIND_WORD, EVENT_SESSION } from '../../schemas/layout.js';
import type { Gateway } from '../gateway.js';
import { commandFrame, type FakeSocket, MadeVenue, madeCommand } from '../made-venue.js';
import { CLOSED, LIVE, type Session } from './session.js';

const TRADES_AND_TOP = 3;

/** Connects and logs on without a key. */
function watch(
  venue: MadeVenue,
  more: Partial<LogonTermsFields> = {},
  gateway: Gateway = venue.gateway,
  signature = new Uint8Array(0),
): { readonly socket: FakeSocket; readonly session: Session } {
  const { socket, session } = venue.connect(gateway);
  const fields = { version: 1, keyId: 0, lane: 1, ackLevel: AckLevel.Disk, heartbeatSeconds: 5, resume: [], ...more };
  gateway.message(session, encodeControl({ type: 'Logon', terms: encodeLogonTerms(fields), signature }), true);
  venue.pump();
  return { socket, session };
}

function subscribe(venue: MadeVenue, session: Session, instruments: readonly number[], request = 1): void {
  const channels = TRADES_AND_TOP;
  const message = encodeControl({ type: 'Subscribe', request, channels, mode: StreamMode.Raw, instruments });
  venue.gateway.message(session, message, true);
}

t.test('it gets instruments and public data and no account, lane or incarnation', async (t) => {
  const venue = new MadeVenue(t.testdir(), { shards: 2 });
  const instrument = venue.addInstrument(0);
  const trader = venue.logOn(venue.addKey(venue.addAccount()), { lane: 4 });
  const { socket, session } = watch(venue);
  t.equal(session.state, LIVE);
  t.match(socket.last('LogonAnswer'), {
    account: 0,
    lane: 0,
    incarnation: 0,
    rights: Right.Read,
    heartbeatSeconds: 5,
    points: [],
  });
  t.same([...venue.shards[0].engine.openIncarnations()], [1], 'only the trader is open in the engine');
  venue.gateway.message(session, encodeControl({ type: 'InstrumentsRequest', request: 7, after: 0 }), true);
  t.match(socket.last('Instruments'), { request: 7, instruments: [{ id: instrument, symbol: 'I1' }] });
  subscribe(venue, session, []);
  t.match(socket.last('Subscribed'), { request: 1, instruments: 1 });
  const order = (low: number, side: number): Int32Array =>
    madeCommand(CommandKind.New, 4, low, { instrument, price: 10, quantity: 3, side });
  const phase = madeCommand(CommandKind.SetPhase, 4, 0, { instrument, type: Phase.Continuous });
  venue.gateway.message(trader.session, commandFrame(1, phase, order(1, 0), order(2, 1)), true);
  venue.pump();
  const records = socket.publicFrames().flatMap((frame) => frame.records);
  t.ok(records.some((record) => (record[EVENT_KIND_WORD] & 0xff) === EventKind.Trade));
  for (const record of records) {
    t.same([record[EVENT_ACCOUNT], record[EVENT_SESSION], record[EVENT_CLIENT_ORDER_ID]], [0, 0, 0]);
  }
  t.same(socket.reports(), []);
  venue.end();
});

t.test('its commands are refused as not allowed, whatever they are, and it stays', async (t) => {
  const venue = new MadeVenue(t.testdir());
  const instrument = venue.addInstrument();
  const { socket, session } = watch(venue);
  const before = venue.shards[0].engine.commandSequence;
  for (const [number, kind] of [CommandKind.New, CommandKind.MassCancel, CommandKind.SetPhase].entries()) {
    const words = madeCommand(kind, 0, number + 1, {
      instrument,
      price: kind === CommandKind.New ? 5 : 0,
      quantity: 0,
    });
    venue.gateway.message(session, commandFrame(number + 1, words), true);
    venue.pump();
    t.match(socket.last('Refused'), { number: number + 1, reason: Reason.NotAllowed });
  }
  t.equal(venue.shards[0].engine.commandSequence, before, 'nothing reached the shard');
  t.equal(session.state, LIVE);
  venue.end();
});

t.test('as many as may be over all gateways, and one more when one has gone', async (t) => {
  const venue = new MadeVenue(t.testdir(), { gateways: 2, settings: { maxPublicSessions: 3 } });
  const [first, second] = venue.gateways;
  const watching = [watch(venue, {}, first), watch(venue, {}, second), watch(venue, {}, second)];
  t.ok(watching.every(({ session }) => session.state === LIVE));
  const { socket } = watch(venue, {}, first);
  t.same(socket.refusals(), [Reason.NotReady]);
  t.equal(socket.closedWith, CLOSE_CODES.NOT_READY, 'it may come again');
  t.equal(venue.logOn(venue.addKey(venue.addAccount())).session.state, LIVE, 'who has a key is not counted');
  second.disconnected(watching[2].session);
  const next = watch(venue, {}, first);
  t.equal(next.session.state, LIVE);
  first.close(next.session, CLOSE_CODES.GOING_DOWN, '');
  first.disconnected(next.session);
  t.equal(watch(venue, {}, second).session.state, LIVE, 'one that was closed is counted down once');
  t.equal(watch(venue, {}, second).session.state, CLOSED);
  venue.end();
});

t.test('where nobody may watch it is refused for good, as what is no public logon is', async (t) => {
  const off = new MadeVenue(t.testdir({ off: {}, on: {} }), { settings: { maxPublicSessions: 0 } });
  const { socket } = watch(off);
  t.same(socket.refusals(), [Reason.NotAllowed]);
  t.equal(socket.closedWith, CLOSE_CODES.LOGON_REFUSED);
  t.match(socket.last('Refused')?.text, /without a key/);
  off.end();
  const on = new MadeVenue(`${t.testdirName}/on`);
  const signed = watch(on, {}, on.gateway, new Uint8Array(64));
  const resumed = watch(on, { resume: [{ shard: 0, epoch: 1, sequence: 0 }] });
  const cancels = watch(on, { cancelAfterSeconds: 0 });
  const rare = watch(on, { heartbeatSeconds: 61 });
  for (const refused of [signed, resumed, cancels, rare]) {
    t.same(refused.socket.refusals(), [Reason.BadPayload]);
    t.equal(refused.socket.closedWith, CLOSE_CODES.LOGON_REFUSED);
  }
  const key = on.addKey(on.addAccount());
  const { socket: bare } = watch(on, { keyId: key.id });
  t.same(bare.refusals(), [Reason.NotAllowed], 'a key without its signature');
  t.equal(watch(on).session.state, LIVE);
  on.end();
});

t.test('it may name 256 instruments on a channel, or have all', async (t) => {
  const limits = { ...new MadeVenue(t.testdir({ a: {}, b: {} })).limits };
  const venue = new MadeVenue(`${t.testdirName}/b`, {
    limits: { ...limits, maxInstruments: 300, adminLogBytes: 262_144 },
  });
  const ids = Array.from({ length: 258 }, () => venue.addInstrument());
  const { socket, session } = watch(venue);
  subscribe(venue, session, ids.slice(0, 255), 1);
  subscribe(venue, session, [...ids.slice(250, 256), ids[0]], 2);
  t.match(socket.last('Subscribed'), { request: 2, instruments: 256 }, 'what it has already is not counted twice');
  subscribe(venue, session, [ids[256]], 3);
  t.match(socket.last('Refused'), { request: 3, reason: Reason.NotAllowed });
  t.match(socket.last('Subscribed'), { request: 2 });
  const gone = { request: 4, channels: TRADES_AND_TOP, instruments: [ids[0]] };
  venue.gateway.message(session, encodeControl({ type: 'Unsubscribe', ...gone }), true);
  subscribe(venue, session, [ids[256]], 5);
  t.match(socket.last('Subscribed'), { request: 5, instruments: 256 });
  subscribe(venue, session, [], 6);
  t.match(socket.last('Subscribed'), { request: 6, instruments: 258 }, 'all are one subscription');
  const trader = venue.logOn(venue.addKey(venue.addAccount()));
  subscribe(venue, trader.session, ids, 7);
  t.match(trader.socket.last('Subscribed'), { request: 7, instruments: 258 }, 'who has a key may name all');
  venue.end();
});

t.test('it may say 1024 things at once and 64 a second, and whoever has a key may say more', async (t) => {
  const venue = new MadeVenue(t.testdir());
  const instruments = (session: Session, times: number) => {
    const bytes = encodeControl({ type: 'InstrumentsRequest', request: 7, after: 0 });
    for (let said = 0; said < times; said++) venue.gateway.message(session, bytes, true);
  };
  const { socket, session } = watch(venue);
  instruments(session, 1023);
  t.equal(socket.closedWith, 0, 'the logon was the first message');
  venue.clock.ms += 1_000;
  instruments(session, 64);
  t.equal(socket.closedWith, 0, 'a second later there are some more');
  const answered = socket.messages().length;
  instruments(session, 1);
  t.equal(socket.closedWith, CLOSE_CODES.TOO_MANY_MESSAGES);
  t.equal(socket.messages().length, answered, 'what was too much is not answered');
  t.notOk(mayReconnect(CLOSE_CODES.TOO_MANY_MESSAGES), 'a client that reconnects would do it again');

  const { socket: stranger, session: silent } = venue.connect();
  const beat = encodeControl({ type: 'Heartbeat', timeUs: 1, marks: [], echoUs: 0, heldUs: 0 });
  for (let said = 0; said < 1025; said++) venue.gateway.message(silent, beat, true);
  t.equal(stranger.closedWith, CLOSE_CODES.TOO_MANY_MESSAGES, 'nor may who has not logged on yet');

  const { socket: pinger, session: pings } = watch(venue);
  for (let said = 0; said < 1023; said++) venue.gateway.ping(pings);
  t.equal(pinger.closedWith, 0);
  venue.gateway.ping(pings);
  t.equal(pinger.closedWith, CLOSE_CODES.TOO_MANY_MESSAGES, 'a ping counts as a message does');
  venue.gateway.ping(pings);

  const trader = venue.logOn(venue.addKey(venue.addAccount()));
  for (let said = 0; said < 3_000; said++) venue.gateway.ping(trader.session);
  instruments(trader.session, 3_000);
  t.equal(trader.socket.closedWith, 0);
  t.equal(trader.socket.messages().filter(({ type }) => type === 'Instruments').length, 3_000);
  venue.end();
});

t.test('it is heard of as others are, and lives through a gateway that fell behind', async (t) => {
  const venue = new MadeVenue(t.testdir());
  const { socket, session } = watch(venue);
  venue.wait(5_000);
  t.match(socket.last('Heartbeat'), { marks: [], echoUs: 0, heldUs: 0 });
  venue.shards[0].output.drop(0);
  venue.pump();
  venue.gateway.message(
    session,
    encodeControl({ type: 'Heartbeat', timeUs: 1, marks: [], echoUs: 0, heldUs: 0 }),
    true,
  );
  t.equal(session.state, LIVE);
  venue.wait(11_100);
  t.equal(socket.closedWith, CLOSE_CODES.HEARTBEAT_MISSED);
  t.same([...venue.shards[0].engine.openIncarnations()], [], 'no shard is told of it');
  venue.end();
});
