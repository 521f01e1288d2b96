import t from 'tap';
import { type DiskFile, type OpenMode, RealDisk } from '../../engine/journal/disk.js';
import { CLOSE_CODES } from '../../schemas/close-codes.js';
import { AckLevel, CommandKind, EventKind, Phase } from '../../schemas/codes.js';
import { encodeControl } from '../../schemas/control.js';
import { EVENT_ACCOUNT_SEQUENCE, EVENT_KIND_WORD, EVENT_SEQUENCE, highWord, joinWords } from '../../schemas/layout.js';
import { commandFrame, type FakeSocket, type MadeKey, MadeVenue, madeCommand, VENUE_LIMITS } from '../made-venue.js';
import { CLOSED, LIVE } from '../sessions/session.js';
import { ACTIVE_CATCH_UPS } from './resume.js';

/** What of a test is used here. */
type Checker = { same(found: unknown, wanted: unknown, message: string): unknown };

function kindOf(event: Int32Array): EventKind {
  return event[EVENT_KIND_WORD] & 0xff;
}

function sequenceOf(event: Int32Array): number {
  return joinWords(event[EVENT_SEQUENCE], event[EVENT_SEQUENCE + 1]);
}

function isChained(t: Checker, socket: FakeSocket, from: number, shard = 0): void {
  const numbers = socket
    .reports()
    .filter((frame) => frame.shard === shard)
    .flatMap(({ events }) => events.map((event) => event[EVENT_ACCOUNT_SEQUENCE]));
  t.same(
    numbers,
    numbers.map((_, index) => from + index),
    'dense and in order',
  );
}

function open(directory: string, options: ConstructorParameters<typeof MadeVenue>[1] = {}) {
  const venue = new MadeVenue(directory, options);
  const key = venue.addKey(venue.addAccount());
  const instruments = venue.shards.map((_, shard) => venue.addInstrument(shard));
  const operator = venue.logOn(key, { lane: 9 });
  for (const instrument of instruments) {
    const words = madeCommand(CommandKind.SetPhase, 9, instrument, { instrument, type: Phase.Continuous });
    venue.gateway.message(operator.session, commandFrame(1, words), true);
  }
  venue.pump();
  venue.gateway.disconnected(operator.session);
  venue.pump();
  return { venue, key, instruments };
}

/** Sends `count` orders of a lane, a frame of at most 32 at a time, from client order id `low` on. */
function trade(venue: MadeVenue, to: ReturnType<MadeVenue['logOn']>, lane: number, low: number, count: number): void {
  for (let sent = 0; sent < count; sent += 32) {
    const records = Array.from({ length: Math.min(32, count - sent) }, (_, index) => {
      const counter = low + sent + index;
      const words = madeCommand(CommandKind.New, lane, counter, {
        instrument: 1,
        price: 50 + (counter % 3),
        quantity: 1 + (counter % 5),
        side: counter % 2,
      });
      words[1] = (lane << 16) | highWord(counter);
      return words;
    });
    to.gateway.message(to.session, commandFrame(1, ...records), true);
    venue.pump();
  }
}

t.test('every session of an account gets all its events, and no other account does', async (t) => {
  const { venue, key } = open(t.testdir(), { gateways: 2 });
  const stranger = venue.addKey(venue.addAccount());
  const one = venue.logOn(key, { lane: 1 }, venue.gateways[0]);
  const two = venue.logOn(key, { lane: 2 }, venue.gateways[1]);
  const other = venue.logOn(stranger, { lane: 1 }, venue.gateways[1]);
  trade(venue, one, 1, 1, 300);
  trade(venue, other, 1, 1, 10);
  const [first, second] = [one, two].map(({ socket }) => socket);
  t.ok(second.events().length > 300);
  t.same(
    second.events().map(sequenceOf),
    first.events().map(sequenceOf).slice(-second.events().length),
    'the same events, but for those from before it was there',
  );
  isChained(t, first, first.events()[0][EVENT_ACCOUNT_SEQUENCE]);
  for (const event of other.socket.events()) t.equal(event[14], stranger.account);
  t.equal(two.socket.reports().at(-1)?.tokens, 256, 'what others sent is not in its window');
  t.equal(other.session.unanswered, 0);
  venue.end();
});

t.test('a session of level matched hears before the write, the others after it', async (t) => {
  const { venue, key, instruments } = open(t.testdir());
  const disk = venue.logOn(key, { lane: 1 });
  const matched = venue.logOn(key, { lane: 2, ackLevel: AckLevel.Matched });
  trade(venue, matched, 2, 1, 64);
  t.same(
    matched.socket.events().map(sequenceOf),
    disk.socket.events().map(sequenceOf).slice(-matched.socket.events().length),
  );
  const levels = new Set(matched.socket.reports().map(({ asked, reached }) => `${asked}/${reached}`));
  t.same([...levels], [`${AckLevel.Matched}/${AckLevel.Matched}`]);
  t.equal(matched.session.unanswered, 0);
  // As far as matched only: the output ring is published by hand, as a shard in the middle of its write leaves it.
  const { output, engine } = venue.shards[0];
  const before = [disk, matched].map(({ socket }) => socket.events().length);
  const event = (disk.socket.events().at(-1) as Int32Array).slice();
  event[EVENT_SEQUENCE] = engine.eventSequence + 1;
  event[EVENT_ACCOUNT_SEQUENCE]++;
  output.write(event, 0, 1);
  output.publishMatched(output.claimPosition);
  for (let turn = 0; turn < 4; turn++) venue.gateway.turn();
  t.same(
    [disk, matched].map(({ socket }) => socket.events().length),
    [before[0], before[1] + 1],
  );
  output.publishDurable(output.claimPosition);
  for (let turn = 0; turn < 4; turn++) venue.gateway.turn();
  t.same(
    [disk, matched].map(({ socket }) => socket.events().length),
    [before[0] + 1, before[1] + 1],
    'and never twice',
  );
  t.equal(instruments.length, 1);
  venue.end();
});

t.test('shards wake a gateway for what is matched while it has such a session, and no longer', async (t) => {
  const { venue, key } = open(t.testdir(), { shards: 2, gateways: 2 });
  const wants = (): boolean[] => venue.shards.flatMap(({ output }) => [output.wantsMatched(0), output.wantsMatched(1)]);
  const none = [false, false, false, false];
  venue.logOn(key, { lane: 1 });
  t.same(wants(), none);
  const [, there] = venue.gateways;
  const one = venue.logOn(key, { lane: 2, ackLevel: AckLevel.Matched }, there);
  const two = venue.logOn(key, { lane: 3, ackLevel: AckLevel.Matched }, there);
  t.same(wants(), [false, true, false, true]);
  there.disconnected(one.session);
  t.same(wants(), [false, true, false, true]);
  there.disconnected(two.session);
  t.same(wants(), none);
  venue.end();
});

t.test('a group that gets durable behind the matched pass of a turn is answered in the next turn', async (t) => {
  const { venue, key } = open(t.testdir());
  const { session, socket, gateway } = venue.logOn(key, { lane: 1, ackLevel: AckLevel.Matched });
  const shard = venue.shards[0];
  let low = 0;
  const send = (): void => {
    const words = madeCommand(CommandKind.New, 1, ++low, { instrument: 1, price: 5, quantity: 1 });
    gateway.message(session, commandFrame(1, words), true);
  };
  for (let round = 0; round < 20; round++) {
    send();
    venue.roundOf(shard);
    send();
    send();
    // The matched pass asks for the time when it has what it will look at: there the shard makes its next group durable.
    const { clock } = venue;
    const nowUs = clock.nowUs.bind(clock);
    clock.nowUs = () => {
      clock.nowUs = nowUs;
      venue.roundOf(shard);
      return nowUs();
    };
    gateway.turn();
    venue.pump();
  }
  t.equal(session.unanswered, 0, 'the window is whole again');
  t.equal(socket.reports().at(-1)?.tokens, 256);
  t.same(socket.refusals(), []);
  venue.end();
});

t.test(
  'a session that reads too slowly is closed, the others are not touched, and it resumes without loss',
  async (t) => {
    const { venue, key } = open(t.testdir());
    const slow = venue.logOn(key, { lane: 1 });
    const quick = venue.logOn(key, { lane: 2 });
    trade(venue, quick, 2, 1, 32);
    const held = slow.socket.events();
    slow.socket.buffered = 5 * 1024 * 1024;
    trade(venue, quick, 2, 33, 64);
    t.equal(slow.socket.closedWith, CLOSE_CODES.SLOW_READER);
    t.equal(slow.session.state, CLOSED);
    t.equal(quick.session.state, LIVE);
    const got = slow.socket.events();
    t.ok(got.length > held.length, 'what made it too much was still sent');
    const last = got.at(-1) as Int32Array;
    const again = venue.logOn(key, { lane: 1, resume: [{ shard: 0, epoch: 1, sequence: sequenceOf(last) }] });
    trade(venue, quick, 2, 97, 40);
    t.equal(again.socket.events()[0][EVENT_ACCOUNT_SEQUENCE], last[EVENT_ACCOUNT_SEQUENCE] + 1);
    isChained(t, again.socket, last[EVENT_ACCOUNT_SEQUENCE] + 1);
    t.same(again.socket.events().at(-1), quick.socket.events().at(-1));
    venue.end();
  },
);

t.test('a network that takes nothing more closes the session and nothing is sent behind the hole', async (t) => {
  const { venue, key } = open(t.testdir());
  const lossy = venue.logOn(key, { lane: 1 });
  const quick = venue.logOn(key, { lane: 2 });
  lossy.socket.full = true;
  trade(venue, quick, 2, 1, 8);
  t.equal(lossy.socket.closedWith, CLOSE_CODES.SLOW_READER);
  t.same(lossy.socket.events().length, 1, 'only the SessionOpened of the other lane, from before');
  venue.end();
});

t.test('a gateway that was dropped closes its sessions, reads the journal, and serves again', async (t) => {
  const { venue, key } = open(t.testdir(), { gateways: 2 });
  const here = venue.logOn(key, { lane: 1 }, venue.gateways[0]);
  const there = venue.logOn(key, { lane: 2 }, venue.gateways[1]);
  trade(venue, there, 2, 1, 32);
  const last = here.socket.events().at(-1) as Int32Array;
  venue.shards[0].output.drop(0);
  trade(venue, there, 2, 33, 32);
  t.equal(here.socket.closedWith, CLOSE_CODES.STREAM_RESTARTED);
  t.equal(there.session.state, LIVE, 'the other gateway goes on');
  t.ok(venue.gateways[0].ready);
  t.same(venue.logged, ['warn FELL_BEHIND', 'info CAUGHT_UP']);
  const resume = [{ shard: 0, epoch: 1, sequence: sequenceOf(last) }];
  const again = venue.logOn(key, { lane: 1, resume }, venue.gateways[0]);
  t.equal(again.session.state, LIVE);
  trade(venue, again, 1, 65, 32);
  isChained(t, again.socket, last[EVENT_ACCOUNT_SEQUENCE] + 1);
  t.equal(again.session.unanswered, 0, 'answers are paired again after the gap');
  t.same(
    sequenceOf(again.socket.events().at(-1) as Int32Array),
    sequenceOf(there.socket.events().at(-1) as Int32Array),
  );
  venue.end();
});

t.test('a logon that was checked while the gateway fell behind is never left without its stream', async (t) => {
  const { venue, key } = open(t.testdir(), { gateways: 2 });
  const there = venue.logOn(key, { lane: 2 }, venue.gateways[1]);
  const [behind, awake] = venue.gateways;
  let low = 1;
  // So many events more, of which the first gateway hears nothing.
  const flood = (events: number): void => {
    const end = venue.shards[0].engine.eventSequence + events;
    while (venue.shards[0].engine.eventSequence < end) {
      const record = (): Int32Array =>
        madeCommand(CommandKind.New, 2, low++, { instrument: 1, price: 5, quantity: 1, timeInForce: 2 });
      awake.message(there.session, commandFrame(1, ...Array.from({ length: 32 }, record)), true);
      venue.roundOf(venue.shards[0]);
      venue.clock.ms += 1;
      while (awake.turn());
    }
  };
  venue.heldVerifications = [];
  const late = venue.connect(behind);
  behind.message(late.session, venue.logonFrame(late.socket, key, { lane: 1 }), true);
  venue.shards[0].output.drop(0);
  behind.turn();
  t.notOk(behind.ready);
  flood(1500);
  for (const check of venue.heldVerifications) check();
  venue.heldVerifications = null;
  venue.roundOf(venue.shards[0]);
  flood(3000);
  venue.pump();
  t.ok(behind.ready);
  t.notOk(late.session.state === LIVE && !late.session.shards[0].joined, 'live without its stream');
  t.ok(late.session.state === LIVE || late.socket.closedWith === CLOSE_CODES.STREAM_RESTARTED);
  venue.end();
});

t.test('a gateway that slept for more than a ring sends nothing wrong', async (t) => {
  const { venue, key } = open(t.testdir(), { gateways: 2 });
  const here = venue.logOn(key, { lane: 1 }, venue.gateways[0]);
  const there = venue.logOn(key, { lane: 2 }, venue.gateways[1]);
  const [asleep, awake] = venue.gateways;
  const held = here.socket.sent.length;
  let low = 1;
  // Three rings' worth of events; the shard drops the sleeper when it holds the room.
  while (venue.shards[0].engine.eventSequence < 3 * venue.limits.outputRingSlots) {
    const record = (): Int32Array =>
      madeCommand(CommandKind.New, 2, low++, { instrument: 1, price: 5, quantity: 1, timeInForce: 2 });
    awake.message(there.session, commandFrame(1, ...Array.from({ length: 32 }, record)), true);
    venue.roundOf(venue.shards[0]);
    venue.clock.ms += 10;
    while (awake.turn());
  }
  t.equal(here.socket.sent.length, held);
  t.equal(asleep.table.all.size, 1);
  venue.pump();
  t.equal(here.socket.sent.length, held, 'nothing was sent behind what it had');
  t.equal(here.socket.closedWith, CLOSE_CODES.STREAM_RESTARTED);
  t.ok(asleep.ready);
  t.equal(there.session.state, LIVE);
  isChained(t, there.socket, there.socket.events()[0][EVENT_ACCOUNT_SEQUENCE]);
  venue.end();
});

t.test('heartbeats go both ways at the interval asked for', async (t) => {
  const { venue, key } = open(t.testdir(), { shards: 2 });
  const quiet = venue.logOn(key, { lane: 1, heartbeatSeconds: 2 });
  const alive = venue.logOn(key, { lane: 2, heartbeatSeconds: 2 });
  trade(venue, alive, 2, 1, 8);
  for (let second = 0; second < 4; second++) {
    venue.wait(1000);
    venue.gateway.message(
      alive.session,
      commandFrame(1, madeCommand(CommandKind.Cancel, 2, 99 + second, { instrument: 1 })),
      true,
    );
    venue.pump();
  }
  const beats = alive.socket.messages().filter(({ type }) => type === 'Heartbeat');
  t.equal(beats.length, 2);
  const marks = alive.socket.last('Heartbeat')?.marks ?? [];
  t.same(
    marks.map(({ shard }) => shard),
    [0, 1],
  );
  const before = alive.socket.reports().filter(({ shard }) => shard === 0);
  t.ok(marks[0].accountSequence >= (before.at(-2)?.events.at(-1)?.[EVENT_ACCOUNT_SEQUENCE] ?? 0));
  t.equal(quiet.socket.closedWith, 0, 'two intervals and a second are not over');
  venue.wait(1_100);
  t.equal(quiet.socket.closedWith, CLOSE_CODES.HEARTBEAT_MISSED);
  t.equal(alive.session.state, LIVE);
  venue.end();
});

t.test('a gateway that stood still holds nobody to account for what lies unread in its sockets', async (t) => {
  const { venue, key } = open(t.testdir());
  const live = venue.logOn(key, { lane: 1, heartbeatSeconds: 1 });
  const { session: challenged, socket: unread } = venue.connect();
  venue.wait(1000);
  venue.clock.ms += 60_000;
  venue.gateway.tick();
  t.equal(live.session.state, LIVE, 'the timers run before the sockets are read');
  t.equal(unread.closedWith, 0);
  venue.gateway.message(
    live.session,
    encodeControl({ type: 'Heartbeat', timeUs: 0, marks: [], echoUs: 0, heldUs: 0 }),
    true,
  );
  venue.wait(2500);
  t.equal(live.session.state, LIVE);
  venue.wait(1000);
  t.equal(live.socket.closedWith, CLOSE_CODES.HEARTBEAT_MISSED, 'silence while it listens still counts');
  venue.wait(10_000);
  t.equal(unread.closedWith, CLOSE_CODES.LOGON_TIMED_OUT);
  t.equal(challenged.state, CLOSED);
  venue.end();
});

t.test('a stop tells every session to come back, and takes no more', async (t) => {
  const { venue, key } = open(t.testdir());
  const live = venue.logOn(key, { lane: 1 });
  const challenged = venue.connect();
  venue.gateway.stop();
  t.equal(live.socket.closedWith, CLOSE_CODES.GOING_DOWN);
  t.equal(challenged.socket.closedWith, CLOSE_CODES.GOING_DOWN);
  t.notOk(venue.gateway.hasRoom());
  venue.pump();
  t.same([...venue.shards[0].engine.openIncarnations()], []);
  venue.end();
});

t.test('resume gives everything behind the point once, over a restart too', async (t) => {
  const directory = t.testdir();
  const first = open(directory, { shards: 2 });
  const writer = first.venue.logOn(first.key, { lane: 1 });
  trade(first.venue, writer, 1, 1, 200);
  const all = writer.socket.events();
  const point = all[100];
  first.venue.end();

  const venue = new MadeVenue(directory, { shards: 2 });
  const resume = [{ shard: 0, epoch: 1, sequence: sequenceOf(point) }];
  const { socket, session, gateway } = venue.logOn(first.key, { lane: 1, resume });
  t.equal(session.state, LIVE);
  t.same(
    socket.events().slice(0, 50).map(sequenceOf),
    all.slice(101, 151).map(sequenceOf),
    'the journal gives what the last life sent',
  );
  t.equal(socket.last('RolledBack'), undefined, 'nothing durable is taken back');
  const replayed = socket.reports().filter((frame) => frame.replayed);
  t.ok(replayed.length > 0);
  t.equal(replayed[0].epoch, 2);
  const resumed = socket.last('Resumed');
  t.match(resumed, { shard: 0, epoch: 2 });
  trade(venue, { socket, session, gateway }, 1, 201, 20);
  isChained(t, socket, point[EVENT_ACCOUNT_SEQUENCE] + 1);
  const opened = socket
    .events()
    .findIndex((event) => sequenceOf(event) === socket.last('LogonAnswer')?.points[0].sequence);
  t.equal(kindOf(socket.events()[opened]), EventKind.SessionOpened, 'the point of the logon is in the stream');
  t.equal(socket.reports().at(-1)?.replayed, false);
  venue.end();
});

t.test('a resume point that a crash took back is answered with where the stream was cut', async (t) => {
  const directory = t.testdir();
  const first = open(directory);
  const writer = first.venue.logOn(first.key, { lane: 1, ackLevel: AckLevel.Matched });
  trade(first.venue, writer, 1, 1, 40);
  const lastKept = first.venue.shards[0].engine.eventSequence;
  first.venue.end();
  const venue = new MadeVenue(directory);
  // As if level matched had shown 25 more events that never reached the disk.
  const resume = [{ shard: 0, epoch: 1, sequence: lastKept + 25 }];
  const { socket } = venue.logOn(first.key, { lane: 1, resume });
  t.match(socket.last('RolledBack'), { shard: 0, epoch: 2, sequence: lastKept });
  t.equal(sequenceOf(socket.events()[0]), lastKept + 1, 'everything from there on follows');
  t.not(socket.last('Resumed'), undefined);
  venue.end();
});

t.test('a long replay waits for its reader, whole, while others trade', async (t) => {
  const { venue, key } = open(t.testdir());
  const writer = venue.logOn(key, { lane: 1 });
  trade(venue, writer, 1, 1, 1600);
  t.ok(venue.shards[0].engine.eventSequence > (2 * venue.limits.outputRingSlots) / 2, 'more than half a ring behind');
  const resumed = resumeSlowly(venue, key);
  trade(venue, writer, 1, 1601, 32);
  t.equal(resumed.socket.last('Resumed'), undefined, 'it waits');
  resumed.socket.buffered = 0;
  t.ok(venue.gateway.drained(resumed.session), 'a turn is due');
  venue.pump();
  t.not(resumed.socket.last('Resumed'), undefined);
  isChained(t, resumed.socket, 1);
  t.same(resumed.socket.events().at(-1), writer.socket.events().at(-1));
  venue.end();
});

t.test('a replay never holds more than a piece beyond its bound, however large the groups are', async (t) => {
  const bounds = { maxBufferedBytes: 16 * 1024, pauseBufferedBytes: 4 * 1024 };
  const { venue, key } = open(t.testdir(), { settings: bounds });
  const writer = venue.logOn(key, { lane: 1 });
  trade(venue, writer, 1, 1, 1200);
  const { socket, session } = venue.connect();
  const resume = [{ shard: 0, epoch: 1, sequence: 0 }];
  venue.gateway.message(session, venue.logonFrame(socket, key, { lane: 2, resume }), true);
  socket.stuck = true;
  let most = 0;
  for (let pieces = 0; socket.last('Resumed') === undefined && socket.closedWith === 0; pieces++) {
    if (pieces > 10_000) throw new Error('the replay never ends');
    venue.pump();
    most = Math.max(most, socket.buffered);
    socket.buffered = 0;
  }
  t.equal(socket.closedWith, 0);
  t.ok(most <= bounds.pauseBufferedBytes + 8 * 1024, `${most} bytes waited at most`);
  isChained(t, socket, 1);
  venue.end();
});

/** Knows how many files are open, and the most that were at a time. */
class CountingDisk extends RealDisk {
  opened = 0;
  most = 0;
  override open(path: string, mode: OpenMode): DiskFile {
    const file = super.open(path, mode);
    const close = file.close.bind(file);
    file.close = () => {
      this.opened--;
      close();
    };
    this.most = Math.max(this.most, ++this.opened);
    return file;
  }
}

const MANY_LANES = { ...VENUE_LIMITS, maxLanes: 128, maxLanesPerAccount: 128 };

t.test('however many replays wait for slow readers, few files are open, and a new session is served', async (t) => {
  const disk = new CountingDisk();
  const settings = { pauseBufferedBytes: 4 * 1024 };
  const { venue, key } = open(t.testdir(), { limits: MANY_LANES, settings, disk });
  const writer = venue.logOn(key, { lane: 1 });
  trade(venue, writer, 1, 1, 1200);
  const slow = Array.from({ length: 3 * ACTIVE_CATCH_UPS }, (_, index) => {
    const { socket, session } = venue.connect();
    socket.stuck = true;
    const resume = [{ shard: 0, epoch: 1, sequence: 0 }];
    venue.gateway.message(session, venue.logonFrame(socket, key, { lane: 10 + index, resume }), true);
    venue.pump();
    return { socket, session };
  });
  t.equal(disk.opened, 0, 'those that wait hold none');
  const fresh = venue.logOn(key, { lane: 2 });
  trade(venue, fresh, 2, 1, 4);
  t.equal(fresh.session.unanswered, 0);
  t.ok(fresh.session.shards[0].joined);
  for (const { socket } of slow) socket.stuck = false;
  for (const { socket } of slow) socket.buffered = 0;
  venue.pump();
  for (const { socket, session } of slow) {
    t.equal(session.state, LIVE);
    t.not(socket.last('Resumed'), undefined);
    isChained(t, socket, 1);
  }
  t.ok(disk.most <= ACTIVE_CATCH_UPS + 1, `${disk.most} files were open at most`);
  venue.end();
});

t.test('a storm of replays takes no turn longer than one of them does', async (t) => {
  const { venue, key } = open(t.testdir(), { limits: MANY_LANES });
  const writer = venue.logOn(key, { lane: 1 });
  trade(venue, writer, 1, 1, 2000);
  const { gateway } = venue;
  venue.shardsRun = false;
  const many = Array.from({ length: 40 }, (_, index) => {
    const { socket, session } = venue.connect();
    const resume = [{ shard: 0, epoch: 1, sequence: 0 }];
    gateway.message(session, venue.logonFrame(socket, key, { lane: 10 + index, resume }), true);
    return { socket, session };
  });
  venue.shardsRun = true;
  const looked = (): number => many.reduce((sum, { session }) => sum + session.shards[0].at, 0);
  let most = 0;
  let turns = 0;
  const turn = gateway.turn.bind(gateway);
  gateway.turn = () => {
    const live = many.every(({ session }) => session.state === LIVE);
    const before = looked();
    const more = turn();
    if (live) most = Math.max(most, looked() - before);
    turns++;
    return more;
  };
  venue.pump();
  for (const { socket } of many) {
    t.not(socket.last('Resumed'), undefined);
    isChained(t, socket, 1);
  }
  // 64 batches of 64 events, and the end of what was begun.
  t.ok(most > 0 && most <= 65 * 64, `${most} events in a turn`);
  t.ok(turns > (40 * 2000) / (65 * 64), `${turns} turns`);
  venue.end();
});

function resumeSlowly(venue: MadeVenue, key: MadeKey): ReturnType<MadeVenue['logOn']> {
  const { socket, session } = venue.connect();
  venue.gateway.message(
    session,
    venue.logonFrame(socket, key, { lane: 2, resume: [{ shard: 0, epoch: 1, sequence: 0 }] }),
    true,
  );
  socket.buffered = 2 * 1024 * 1024;
  venue.pump();
  return { socket, session, gateway: venue.gateway };
}
