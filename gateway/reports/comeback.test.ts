/** Gateways beside a shard whose engine threw and that is there again: who is answered by what, and which epoch events bear. */

import t from 'tap';
import { AckLevel, CommandKind, EventKind, Phase } from '../../schemas/codes.js';
import { COMMAND_WORDS, EVENT_KIND_WORD, EVENT_SEQUENCE, joinWords } from '../../schemas/layout.js';
import { commandFrame, MadeVenue, madeCommand } from '../made-venue.js';
import { LIVE } from '../sessions/session.js';

type Member = ReturnType<MadeVenue['logOn']>;

function order(lane: number, counter: number): Int32Array {
  const words = madeCommand(CommandKind.New, lane, counter, { instrument: 1, price: 50, quantity: 1 });
  words[1] = lane << 16;
  return words;
}

function send({ gateway, session }: Member, ...records: Int32Array[]): void {
  gateway.message(session, commandFrame(1, ...records), true);
}

/** Its engine throws at the nth command from now on; by then it has changed its state. */
function throwAt({ engine }: MadeVenue['shards'][number], nth: number): void {
  const apply = engine.apply.bind(engine);
  let applied = 0;
  engine.apply = (words, at, eventAt, endAt) => {
    const events = apply(words, at, eventAt, endAt);
    applied += 1;
    if (applied === nth) throw new TypeError('a planted bug');
    return events;
  };
}

/** Client order ids of the orders that its own lane was told of. */
function accepted({ socket, session }: Member): number[] {
  return socket
    .events()
    .filter((event) => (event[EVENT_KIND_WORD] & 0xff) === EventKind.Accepted && event[9] >>> 16 === session.lane)
    .map((event) => event[8]);
}

for (const rotation of [0, 1, 2]) {
  t.test(`each sender is answered by his own commands, the shard's turn being ${rotation} on`, async (t) => {
    const venue = new MadeVenue(t.testdir(), { gateways: 2 });
    const key = venue.addKey(venue.addAccount());
    const instrument = venue.addInstrument(0);
    const one = venue.logOn(key, { lane: 1 }, venue.gateways[0]);
    const two = venue.logOn(key, { lane: 2 }, venue.gateways[1]);
    const three = venue.logOn(key, { lane: 3, ackLevel: AckLevel.Matched }, venue.gateways[1]);
    const four = venue.logOn(key, { lane: 4, ackLevel: AckLevel.Matched }, venue.gateways[0]);
    const members = [one, two, three, four];
    const phase = madeCommand(CommandKind.SetPhase, 1, 100, { instrument, type: Phase.Continuous });
    phase[1] = 1 << 16;
    send(one, phase);
    venue.pump();
    const [shard] = venue.shards;
    for (let round = 0; round < rotation; round++) {
      send(one, order(1, 101 + round));
      venue.roundOf(shard);
    }
    // One round that the gateways have not seen when the next one throws. Nobody's command is its last in one of the turns, so
    // that they look for the next of their own, and hold what the other round said of it.
    for (const member of members) send(member, order(member.session.lane, 200));
    shard.supervisor.publish(madeCommand(CommandKind.SessionLost, 0, 0, { session: 9999 }), 0, 1);
    venue.roundOf(shard);
    for (const member of members) {
      const { lane } = member.session;
      send(member, order(lane, 201), ...(lane % 2 === 0 ? [order(lane, 202), order(lane, 203)] : []));
    }
    // The last of the eight: both gateways were told of the others.
    throwAt(shard, 8);
    t.throws(() => venue.roundOf(shard), { message: 'a planted bug', command: {} });
    for (const gateway of venue.gateways) while (gateway.turn());
    t.same(
      members.map((member) => accepted(member).at(-1)),
      [200, 200, 200, 200],
      'nothing of that round was seen',
    );
    venue.comeBack(0);
    venue.pump();
    for (const member of members) {
      const { session, socket } = member;
      t.equal(session.state, LIVE);
      t.equal(session.unanswered, 0, `all of lane ${session.lane} is answered, and by its own`);
      t.same(
        accepted(member).filter((counter) => counter > 200),
        session.lane % 2 === 0 ? [201, 202, 203] : [201],
      );
      const epochs = socket.reports().flatMap(({ epoch, events }) => events.map((event) => [seq(event), epoch]));
      const first = venue.shards[0].recovered.epochs.at(-1)?.firstSequence ?? 0;
      t.ok(epochs.some(([sequence]) => sequence >= first));
      t.same(
        epochs.filter(([sequence, epoch]) => sequence >= first && epoch !== 2),
        [],
        'no event bears an epoch before its own',
      );
    }
    // Its log of admin records goes on where gateways read it.
    const added = venue.addInstrument(0);
    const on = madeCommand(CommandKind.SetPhase, 1, 300, { instrument: added, type: Phase.Continuous });
    on[1] = 1 << 16;
    send(one, on);
    venue.pump();
    const there = order(2, 300);
    there[8] = added;
    t.equal(there.length, COMMAND_WORDS);
    send(two, there);
    venue.pump();
    t.equal(accepted(two).at(-1), 300);
    venue.end();
  });
}

function seq(event: Int32Array): number {
  return joinWords(event[EVENT_SEQUENCE], event[EVENT_SEQUENCE + 1]);
}

t.test('who logs on behind it resumes at the new epoch, from both gateways', async (t) => {
  const venue = new MadeVenue(t.testdir(), { gateways: 2 });
  const key = venue.addKey(venue.addAccount());
  venue.addInstrument(0);
  const one = venue.logOn(key, { lane: 1 });
  send(one, order(1, 1));
  throwAt(venue.shards[0], 1);
  t.throws(() => venue.roundOf(venue.shards[0]), { message: 'a planted bug', command: {} });
  venue.comeBack(0);
  venue.pump();
  const last = one.socket.reports().at(-1);
  t.equal(last?.epoch, 2);
  const held = [{ shard: 0, epoch: 2, sequence: seq(last?.events.at(-1) ?? new Int32Array(24)) }];
  for (const gateway of venue.gateways) {
    const back = venue.logOn(key, { lane: 2, resume: held }, gateway);
    t.equal(back.session.state, LIVE);
    t.equal(back.socket.last('RolledBack'), undefined);
    t.match(back.socket.last('Resumed'), { epoch: 2 });
    gateway.disconnected(back.session);
    venue.pump();
  }
  // One that holds what it had of the epoch before keeps it: nothing of that was taken back.
  const older = venue.logOn(key, { lane: 3, resume: [{ shard: 0, epoch: 1, sequence: held[0]?.sequence ?? 0 }] });
  t.equal(older.session.state, LIVE);
  venue.end();
});
