import t from 'tap';
import { CLOSE_CODES } from '../../schemas/close-codes.js';
import { AckLevel, CommandKind, Reason, Right } from '../../schemas/codes.js';
import { encodeControl } from '../../schemas/control.js';
import { commandFrame, MadeVenue, madeCommand, VENUE } from '../made-venue.js';
import { CLOSED, LIVE, OPENING } from './session.js';

t.test('a signed logon is answered with account, incarnation and the point in each shard', async (t) => {
  const venue = new MadeVenue(t.testdir(), { shards: 2 });
  const key = venue.addKey(venue.addAccount(), Right.Read | Right.Trade);
  const { socket, session } = venue.logOn(key, { lane: 7 });
  t.equal(session.state, LIVE);
  const challenge = socket.last('Challenge');
  t.equal(challenge?.venue, VENUE);
  t.equal(challenge?.nonce.length, 32);
  const answer = socket.last('LogonAnswer');
  t.match(answer, { account: 1, lane: 7, incarnation: 1, rights: 3, heartbeatSeconds: 60, window: 256 });
  t.equal(answer?.points.length, 2);
  for (const point of answer?.points ?? []) {
    t.equal(point.accountSequence, 1, 'the SessionOpened is the first event of the account there');
    t.equal(point.sequence, venue.shards[point.shard].engine.eventSequence);
  }
  venue.end();
});

t.test('the answer waits until the opening is durable in all shards', async (t) => {
  const venue = new MadeVenue(t.testdir(), { shards: 2 });
  const key = venue.addKey(venue.addAccount());
  venue.shardsRun = false;
  const { socket, session } = venue.logOn(key);
  t.equal(session.state, OPENING);
  venue.roundOf(venue.shards[0]);
  venue.pump();
  t.equal(session.state, OPENING, 'one of two is not enough');
  t.equal(socket.last('LogonAnswer'), undefined);
  venue.roundOf(venue.shards[1]);
  venue.pump();
  t.equal(session.state, LIVE);
  t.not(socket.last('LogonAnswer'), undefined);
  venue.end();
});

t.test('a logon that is not right is refused with its reason and closed for good', async (t) => {
  const venue = new MadeVenue(t.testdir());
  const account = venue.addAccount();
  const key = venue.addKey(account);
  const other = venue.addKey(account);
  const refused = (socket: { refusals(): Reason[]; closedWith: number }): [Reason | undefined, number] => [
    socket.refusals()[0],
    socket.closedWith,
  ];
  t.same(
    refused(venue.logOn({ ...key, privateKey: other.privateKey }).socket),
    [Reason.NotAllowed, CLOSE_CODES.LOGON_REFUSED],
    'signed by another key',
  );
  t.same(refused(venue.logOn({ ...key, id: 99 }).socket), [Reason.UnknownKey, CLOSE_CODES.LOGON_REFUSED]);
  t.same(refused(venue.logOn(key, { version: 2 }).socket), [Reason.NotAllowed, CLOSE_CODES.VERSION]);
  t.same(refused(venue.logOn(key, { heartbeatSeconds: 0 }).socket), [Reason.BadPayload, CLOSE_CODES.LOGON_REFUSED]);
  t.same(refused(venue.logOn(key, { heartbeatSeconds: 61 }).socket), [Reason.BadPayload, CLOSE_CODES.LOGON_REFUSED]);
  t.same(refused(venue.logOn(key, { cancelAfterSeconds: 86_401 }).socket), [
    Reason.BadPayload,
    CLOSE_CODES.LOGON_REFUSED,
  ]);
  const noShard = [{ shard: 1, epoch: 1, sequence: 0 }];
  t.same(refused(venue.logOn(key, { resume: noShard }).socket), [Reason.BadPayload, CLOSE_CODES.LOGON_REFUSED]);
  const beyond = [{ shard: 0, epoch: 1, sequence: 1_000_000 }];
  t.same(refused(venue.logOn(key, { resume: beyond }).socket), [Reason.BadPayload, CLOSE_CODES.LOGON_REFUSED]);
  const future = [{ shard: 0, epoch: 9, sequence: 0 }];
  t.same(refused(venue.logOn(key, { resume: future }).socket), [Reason.BadPayload, CLOSE_CODES.LOGON_REFUSED]);
  const { socket, session } = venue.connect();
  venue.gateway.message(
    session,
    encodeControl({ type: 'Logon', terms: new Uint8Array(40), signature: new Uint8Array(64) }),
    true,
  );
  t.same(refused(socket), [Reason.BadFrame, CLOSE_CODES.LOGON_REFUSED], 'terms that are no terms');
  t.equal(venue.gateway.table.all.size, 0);
  venue.pump();
  t.same([...venue.shards[0].engine.openIncarnations()], [], 'nothing stays open');
  venue.end();
});

t.test('a nonce is used once, and only on its own connection', async (t) => {
  const venue = new MadeVenue(t.testdir());
  const key = venue.addKey(venue.addAccount());
  const first = venue.connect();
  const logon = venue.logonFrame(first.socket, key);
  const second = venue.connect();
  venue.gateway.message(second.session, logon, true);
  t.same(second.socket.refusals(), [Reason.NotAllowed], 'replayed on another connection');
  t.equal(second.socket.closedWith, CLOSE_CODES.LOGON_REFUSED);
  venue.gateway.message(first.session, logon, true);
  venue.pump();
  t.equal(first.session.state, LIVE);
  venue.gateway.message(first.session, logon, true);
  t.equal(first.socket.closedWith, CLOSE_CODES.LOGON_REFUSED, 'replayed on its own connection');
  venue.end();
});

t.test('commands before the logon end the connection, during it they are refused as not ready', async (t) => {
  const venue = new MadeVenue(t.testdir());
  const key = venue.addKey(venue.addAccount());
  const instrument = venue.addInstrument();
  const frame = commandFrame(5, madeCommand(CommandKind.New, 1, 1, { instrument, price: 10, quantity: 1 }));
  const early = venue.connect();
  venue.gateway.message(early.session, frame, true);
  t.same(early.socket.refusals(), [Reason.NotAllowed]);
  t.equal(early.socket.closedWith, CLOSE_CODES.LOGON_REFUSED);
  venue.shardsRun = false;
  const { socket, session } = venue.logOn(key);
  venue.gateway.message(session, frame, true);
  t.match(socket.last('Refused'), { number: 5, reason: Reason.NotReady });
  venue.shardsRun = true;
  venue.pump();
  t.equal(session.state, LIVE);
  t.equal(socket.closedWith, 0);
  venue.end();
});

t.test('a newer session of a lane closes the older one, on whichever gateway it is', async (t) => {
  const venue = new MadeVenue(t.testdir(), { gateways: 2 });
  const key = venue.addKey(venue.addAccount());
  const older = venue.logOn(key, { lane: 3 }, venue.gateways[0]);
  const otherLane = venue.logOn(key, { lane: 4 }, venue.gateways[0]);
  const newer = venue.logOn(key, { lane: 3 }, venue.gateways[1]);
  t.equal(older.socket.closedWith, CLOSE_CODES.SUPERSEDED);
  t.equal(older.session.state, CLOSED);
  t.equal(newer.session.state, LIVE);
  t.equal(otherLane.session.state, LIVE);
  t.same([...venue.shards[0].engine.openIncarnations()].sort(), [2, 3]);
  venue.end();
});

t.test('two logons of one lane at once leave the newer one', async (t) => {
  const venue = new MadeVenue(t.testdir());
  const key = venue.addKey(venue.addAccount());
  venue.shardsRun = false;
  const older = venue.logOn(key);
  const newer = venue.logOn(key);
  venue.shardsRun = true;
  venue.pump();
  t.equal(older.socket.closedWith, CLOSE_CODES.SUPERSEDED);
  t.equal(newer.session.state, LIVE);
  venue.end();
});

t.test('a revoked key closes its sessions and logs on no more', async (t) => {
  const venue = new MadeVenue(t.testdir());
  const account = venue.addAccount();
  const key = venue.addKey(account);
  const kept = venue.addKey(account);
  const revoked = venue.logOn(key, { lane: 1 });
  const other = venue.logOn(kept, { lane: 2 });
  venue.revokeKey(key);
  t.equal(revoked.socket.closedWith, CLOSE_CODES.KEY_REVOKED);
  t.equal(other.session.state, LIVE);
  const again = venue.logOn(key);
  t.same(again.socket.refusals(), [Reason.KeyRevoked]);
  t.equal(again.socket.closedWith, CLOSE_CODES.KEY_REVOKED);
  venue.end();
});

t.test('who does not log on in ten seconds is closed', async (t) => {
  const venue = new MadeVenue(t.testdir());
  const { socket } = venue.connect();
  venue.wait(9_900);
  t.equal(socket.closedWith, 0);
  venue.wait(200);
  t.equal(socket.closedWith, CLOSE_CODES.LOGON_TIMED_OUT);
  venue.end();
});

t.test('the end of a connection is the end of its session in every shard', async (t) => {
  const venue = new MadeVenue(t.testdir(), { shards: 2 });
  const key = venue.addKey(venue.addAccount());
  const { session } = venue.logOn(key);
  t.same(
    venue.shards.map(({ engine }) => [...engine.openIncarnations()]),
    [[1], [1]],
  );
  venue.gateway.disconnected(session);
  venue.pump();
  t.same(
    venue.shards.map(({ engine }) => [...engine.openIncarnations()]),
    [[], []],
  );
  venue.end();
});

t.test('a lane that the venue has no room for is refused by name', async (t) => {
  const venue = new MadeVenue(t.testdir());
  const key = venue.addKey(venue.addAccount());
  for (let lane = 0; lane < venue.limits.maxLanes; lane++) venue.logOn(key, { lane, ackLevel: AckLevel.Matched });
  const { socket } = venue.logOn(key, { lane: 1000 });
  t.same(socket.refusals(), [Reason.LanesFull]);
  t.equal(socket.closedWith, CLOSE_CODES.LOGON_REFUSED);
  venue.end();
});

t.test('sessions of a gateway that threw end with it, also one whose opening was still on its way', async (t) => {
  const venue = new MadeVenue(t.testdir(), { gateways: 2, shards: 2 });
  const key = venue.addKey(venue.addAccount());
  const stays = venue.logOn(key, { lane: 1 }, venue.gateways[1]);
  const open = venue.logOn(key, { lane: 2 });
  venue.shardsRun = false;
  const opening = venue.logOn(key, { lane: 3 });
  t.equal(opening.session.state, OPENING);
  venue.replaceGateway(0);
  venue.shardsRun = true;
  venue.pump();
  for (const { engine } of venue.shards) {
    const incarnations = [...engine.openIncarnations()];
    t.ok(incarnations.includes(stays.session.incarnation), 'that of the other gateway goes on');
    t.notOk(incarnations.includes(open.session.incarnation));
    t.notOk(incarnations.includes(opening.session.incarnation));
  }
  const again = venue.logOn(key, { lane: 2 });
  t.equal(again.session.state, LIVE);
  const instrument = venue.addInstrument(1);
  venue.gateway.message(
    again.session,
    commandFrame(1, madeCommand(CommandKind.MassCancel, 2, 1, { instrument })),
    true,
  );
  venue.pump();
  t.equal(again.session.unanswered, 0, 'answers find their sender');
});
