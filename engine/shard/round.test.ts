import t from 'tap';
import { seededRandom } from '../../proof/seeded-random.js';
import { SimulatedDisk } from '../../proof/simulated-disk.js';
import { CommandFlag, CommandKind } from '../../schemas/codes.js';
import {
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_FLAGS_WORD,
  COMMAND_KIND_WORD,
  COMMAND_PRICE,
  COMMAND_TIME_US,
  COMMAND_WORDS,
  EVENT_CLIENT_ORDER_ID,
  EVENT_COMMAND_SEQUENCE,
  EVENT_SEQUENCE,
  EVENT_TIME_US,
  EVENT_WORDS,
  joinWords,
} from '../../schemas/layout.js';
import type { DiskFile, OpenMode } from '../journal/disk.js';
import { JournalReader } from '../journal/reader.js';
import { limitsFrom } from '../limits.js';
import { CommandFailure, OWN_RING } from './command-failure.js';
import { CountingEngine } from './counting-engine.js';
import { countingShard, MADE_LIMITS, type MadeShard, madeCommand, newOrder } from './made-shard.js';
import { ShardState } from './status-words.js';

const DIRECTORY = '/data/shard-0/journal';
const NOW_US = 1_700_000_000_000_000;

function shardOn(disk = new SimulatedDisk(seededRandom(1)), rings = 3): MadeShard<CountingEngine> {
  return countingShard(disk, rings);
}

/** One value of each event: the word, or the two words from there as a number. */
function column(events: Int32Array, word: number, words = 1): number[] {
  return Array.from({ length: events.length / EVENT_WORDS }, (_, event) => {
    const at = event * EVENT_WORDS + word;
    return words === 1 ? (events[at] ?? 0) : joinWords(events[at] ?? 0, events[at + 1] ?? 0);
  });
}

/** All journaled commands, 16 words each, and how many groups they are in. */
function journaled(disk: SimulatedDisk): { commands: Int32Array[]; groups: number[] } {
  const reader = new JournalReader(disk, DIRECTORY, { shard: 0, shardCount: 1 });
  reader.seekStart();
  const commands: Int32Array[] = [];
  const groups: number[] = [];
  for (let record = reader.next(Infinity); record !== null; record = reader.next(Infinity)) {
    if (record.kind === 'group') {
      groups.push(record.commandCount);
      for (let at = 0; at < record.commands.length; at += COMMAND_WORDS) {
        commands.push(record.commands.slice(at, at + COMMAND_WORDS));
      }
    }
  }
  return { commands, groups };
}

/** Makes `count` timers, due 100 µs later, which make `events` events each. */
function timers(clientOrderId: number, count: number, events = 1): Int32Array {
  const words = madeCommand(CommandKind.ReferencePrice, clientOrderId, count);
  words[COMMAND_PRICE] = events;
  return words;
}

const kindsOf = (commands: readonly Int32Array[]) => commands.map((words) => (words[COMMAND_KIND_WORD] ?? 0) & 0xff);
const idsOf = (commands: readonly Int32Array[]) => commands.map((words) => words[COMMAND_CLIENT_ORDER_ID]);

t.test('a round takes from all rings, makes one group, publishes it and gives the slots back', async (t) => {
  const disk = new SimulatedDisk(seededRandom(1));
  const shard = shardOn(disk);
  shard.send(1, newOrder(11, 1), newOrder(12, 2));
  shard.send(2, newOrder(21));
  shard.send(0, newOrder(1));
  t.equal(shard.round.doRound(NOW_US, 0), 4);
  const { commands, groups } = journaled(disk);
  t.same(groups, [4]);
  t.same(idsOf(commands), [1, 11, 12, 21], 'in turn, each ring in its order');
  const events = shard.readDurable();
  t.same(column(events, EVENT_SEQUENCE, 2), [1, 2, 3, 4, 5, 6, 7]);
  t.same(column(events, EVENT_COMMAND_SEQUENCE, 2), [1, 2, 2, 3, 3, 3, 4]);
  t.same(
    shard.consumers.map((ring) => ring.releasedPosition),
    [1, 2, 1],
  );
  t.equal(shard.round.doRound(NOW_US, 0), 0, 'nothing to do');
  t.same(journaled(disk).groups, [4], 'an idle round writes nothing');
});

t.test('the owner of a ring is told which sequences its slots got', async (t) => {
  const shard = countingShard(new SimulatedDisk(seededRandom(1)), 3, MADE_LIMITS, -2);
  shard.send(1, newOrder(1), newOrder(2), newOrder(3));
  shard.send(2, newOrder(4));
  shard.round.doRound(NOW_US, 0);
  shard.send(1, newOrder(5));
  shard.round.doRound(NOW_US, 0);
  const spans = shard.spans[1];
  t.ok(spans?.peek());
  t.same([spans?.firstSequence, spans?.position, spans?.count], [1, -2, 3]);
  spans?.advance();
  t.ok(spans?.peek());
  t.same([spans?.firstSequence, spans?.position, spans?.count], [5, 1, 1], 'over the wrap of positions');
  t.equal(shard.consumers[1]?.releasedPosition, 2);
});

t.test('a round is bounded and a flood in one ring leaves the others their share', async (t) => {
  const disk = new SimulatedDisk(seededRandom(1));
  const shard = shardOn(disk);
  for (let order = 0; order < 120; order += 1) {
    shard.send(1, newOrder(1000 + order));
  }
  shard.send(0, newOrder(1), newOrder(2));
  shard.send(2, newOrder(2001), newOrder(2002), newOrder(2003));
  t.equal(shard.round.doRound(NOW_US, 0), MADE_LIMITS.roundCommands);
  const first = idsOf(journaled(disk).commands);
  t.equal(first.filter((id) => (id ?? 0) < 1000 || (id ?? 0) > 2000).length, 5, 'the quiet rings are served at once');
  t.equal(first.filter((id) => (id ?? 0) >= 1000 && (id ?? 0) < 2000).length, 35, 'and the rest is not left empty');
});

t.test('two legs are taken together or in a later round', async (t) => {
  const disk = new SimulatedDisk(seededRandom(1));
  const shard = shardOn(disk);
  const leg = (id: number) => {
    const words = newOrder(id);
    words[COMMAND_FLAGS_WORD] = CommandFlag.OneCancelsOther << 16;
    return words;
  };
  let id = 1000;
  for (let round = 0; round < 12; round += 1) {
    if (shard.send(1, newOrder(5000 + round))) shard.send(1, newOrder(6000 + round));
    while (id < 1400 && shard.send(1, leg(id), leg(id + 1))) id += 2;
    while (shard.send(round % 2 === 0 ? 0 : 2, newOrder(3000)));
    shard.round.doRound(NOW_US, 0);
    shard.readDurable();
  }
  const { commands, groups } = journaled(disk);
  const ids = idsOf(commands);
  t.ok(ids.filter((one) => (one ?? 0) >= 1000 && (one ?? 0) < 2000).length > 100, 'they were taken');
  t.ok(groups.length > 3, `${groups.length} groups`);
  let from = 0;
  for (const count of groups) {
    const last = ids[from + count - 1] ?? 0;
    t.notOk(last >= 1000 && last < 2000 && last % 2 === 0, `a group ends with ${last}`);
    from += count;
  }
});

t.test('a head is taken with all its Parts or in a later round, whoever else floods', async (t) => {
  const disk = new SimulatedDisk(seededRandom(1));
  const shard = shardOn(disk);
  const parts = Array.from({ length: 32 }, (_, part) => madeCommand(CommandKind.Part, part));
  let sent = 0;
  const flood = (ring: number) => {
    while (shard.send(ring, newOrder(sent))) {
      sent += 1;
    }
  };
  shard.send(1, newOrder(1), madeCommand(CommandKind.AddAccount, 2), ...parts, newOrder(3));
  for (let round = 0; round < 4; round += 1) {
    flood(0);
    flood(2);
    shard.round.doRound(NOW_US, 0);
    shard.readDurable();
  }
  const { commands, groups } = journaled(disk);
  const kinds = kindsOf(commands);
  const head = kinds.indexOf(CommandKind.AddAccount);
  t.ok(head >= 0, 'it was taken');
  t.same(kinds.slice(head + 1, head + 33), Array(32).fill(CommandKind.Part));
  let from = 0;
  const inOneGroup = groups.some((count) => {
    from += count;
    return head >= from - count && head + 32 < from;
  });
  t.ok(inOneGroup, 'in one group');
});

t.test(
  'rule 11.2: command time is the later of clock and last time; what is late is marked, a Part is payload',
  async (t) => {
    const disk = new SimulatedDisk(seededRandom(1));
    const shard = shardOn(disk);
    shard.send(
      1,
      madeCommand(CommandKind.New, 1, 0, NOW_US - 1),
      madeCommand(CommandKind.New, 2, 0, NOW_US),
      newOrder(3),
    );
    shard.send(1, madeCommand(CommandKind.AddAccount, 4), madeCommand(CommandKind.Part, 5, 0, 77));
    shard.send(0, madeCommand(CommandKind.AddAccount, 6, 0, NOW_US - 1));
    shard.round.doRound(NOW_US, 0);
    shard.send(1, newOrder(7));
    shard.round.doRound(NOW_US - 5000, 0);
    const { commands } = journaled(disk);
    const of = (id: number) => commands.find((words) => words[COMMAND_CLIENT_ORDER_ID] === id) ?? new Int32Array(16);
    const late = (id: number) => (((of(id)[COMMAND_FLAGS_WORD] ?? 0) >>> 16) & CommandFlag.Late) !== 0;
    const time = (id: number) => joinWords(of(id)[COMMAND_TIME_US] ?? 0, of(id)[COMMAND_TIME_US + 1] ?? 0);
    t.same([1, 2, 3, 4].map(late), [true, false, false, false]);
    t.same([1, 2, 3, 4, 6, 7].map(time), Array(6).fill(NOW_US), 'never backwards');
    t.equal(time(5), 77);
    t.equal(late(6), false, 'what the supervisor sends has no such time');
    t.same([...new Set(column(shard.readDurable(), EVENT_TIME_US, 2))], [NOW_US]);
  },
);

t.test('a command that needs more events goes on by a journaled Continue at the start of each round', async (t) => {
  const disk = new SimulatedDisk(seededRandom(1));
  const shard = shardOn(disk);
  shard.send(1, madeCommand(CommandKind.MassCancel, 1, 40), newOrder(2));
  shard.round.doRound(NOW_US, 0);
  shard.send(2, newOrder(3));
  shard.round.doRound(NOW_US, 0);
  t.equal(shard.round.doRound(NOW_US, 0), 1, 'a Continue alone is a round');
  shard.round.doRound(NOW_US, 0);
  t.same(kindsOf(journaled(disk).commands), [
    CommandKind.MassCancel,
    CommandKind.New,
    CommandKind.Continue,
    CommandKind.New,
    CommandKind.Continue,
  ]);
  const events = shard.readDurable();
  t.equal(column(events, EVENT_COMMAND_SEQUENCE).filter((sequence) => sequence === 1).length, 40);
  shard.recovered.writer.close();
  disk.processDies();
  t.equal(shardOn(disk).engine.state, shard.engine.state, 'and so it replays');
});

t.test('what is due comes before commands of its time or later, also in a round that is idle', async (t) => {
  const disk = new SimulatedDisk(seededRandom(1));
  const shard = shardOn(disk);
  shard.send(1, timers(1, 2));
  shard.round.doRound(NOW_US, 0);
  t.equal(shard.round.nextDueUs, NOW_US + 100);
  t.equal(shard.round.doRound(NOW_US + 99, 0), 0, 'not yet');
  shard.send(1, newOrder(2));
  shard.round.doRound(NOW_US + 100, 0);
  t.equal(shard.round.nextDueUs, Infinity);
  shard.send(1, timers(3, 1));
  shard.round.doRound(NOW_US + 200, 0);
  t.equal(shard.round.doRound(NOW_US + 301, 0), 1, 'one Due alone is a round');
  const { commands, groups } = journaled(disk);
  t.same(kindsOf(commands), [
    CommandKind.ReferencePrice,
    CommandKind.Due,
    CommandKind.Due,
    CommandKind.New,
    CommandKind.ReferencePrice,
    CommandKind.Due,
  ]);
  t.same(groups, [1, 3, 1, 1]);
  const times = column(shard.readDurable(), EVENT_TIME_US, 2);
  t.same(times.slice(1, 3), [NOW_US + 100, NOW_US + 100], 'a Due has the time of its round');
  shard.recovered.writer.close();
  disk.processDies();
  t.equal(shardOn(disk).engine.state, shard.engine.state, 'and so it replays');
});

t.test('a Continue comes behind what is due', async (t) => {
  const disk = new SimulatedDisk(seededRandom(1));
  const shard = shardOn(disk);
  shard.send(1, madeCommand(CommandKind.MassCancel, 1, 20), timers(2, 1));
  shard.round.doRound(NOW_US, 0);
  shard.send(1, newOrder(3));
  shard.round.doRound(NOW_US + 100, 0);
  t.same(kindsOf(journaled(disk).commands).slice(2), [CommandKind.Due, CommandKind.Continue, CommandKind.New]);
});

t.test('while more is due than a round can do, everything else waits', async (t) => {
  const disk = new SimulatedDisk(seededRandom(1));
  const shard = shardOn(disk);
  shard.send(1, timers(1, 40), madeCommand(CommandKind.MassCancel, 2, 20));
  shard.round.doRound(NOW_US, 0);
  shard.send(1, newOrder(3));
  const rounds = [0, 1, 2].map(() => shard.round.doRound(NOW_US + 100, 0));
  t.same(rounds, [15, 15, 12], 'ten Dues, the Continue and the New in the last one');
  const kinds = kindsOf(journaled(disk).commands).slice(2);
  t.same(kinds, [...Array(40).fill(CommandKind.Due), CommandKind.Continue, CommandKind.New]);
  shard.recovered.writer.close();
  disk.processDies();
  t.equal(shardOn(disk).engine.state, shard.engine.state);
});

t.test('Dues that make many events wait for the room of the output ring', async (t) => {
  const disk = new SimulatedDisk(seededRandom(1));
  const shard = shardOn(disk);
  shard.send(1, timers(1, 9, 16));
  shard.round.doRound(NOW_US, 0);
  shard.send(1, newOrder(2));
  t.equal(shard.round.doRound(NOW_US + 100, 0), 4, 'as many as the round has events for');
  t.equal(shard.round.blocked, true);
  for (let round = 0; round < 9 && shard.round.blocked; round += 1) {
    shard.readDurable();
    shard.round.doRound(NOW_US + 100, 0);
  }
  t.same(kindsOf(journaled(disk).commands).slice(1), [...Array(9).fill(CommandKind.Due), CommandKind.New]);
});

t.test('the first round after a recovery goes on with what was in progress', async (t) => {
  const disk = new SimulatedDisk(seededRandom(1));
  const shard = shardOn(disk);
  shard.send(1, madeCommand(CommandKind.MassCancel, 1, 40));
  shard.round.doRound(NOW_US, 0);
  disk.powerFails();
  const next = shardOn(disk);
  t.equal(next.engine.operationsInProgress, 1);
  t.equal(next.round.doRound(NOW_US, 0), 1);
  t.equal(next.readDurable().length, 16 * EVENT_WORDS);
});

t.test(
  'what has no room for its largest output waits in order, and a reader that holds the ring is dropped',
  async (t) => {
    const disk = new SimulatedDisk(seededRandom(1));
    const shard = shardOn(disk);
    for (let order = 0; order < 60; order += 1) {
      shard.send(1 + (order % 2), newOrder(order, 3));
    }
    let rounds = 0;
    while (shard.round.doRound(NOW_US, 0) > 0) {
      rounds += 1;
    }
    t.ok(shard.round.blocked, 'the reader did not move, so the ring is full');
    const waiting = 60 - shard.engine.commandSequence;
    t.ok(waiting > 20, `${waiting} commands wait after ${rounds} rounds`);
    const released = shard.consumers.map((ring) => ring.releasedPosition).reduce((sum, position) => sum + position, 0);
    t.equal(released, 60 - waiting, 'only what is durable was given back');
    const before = column(shard.readDurable(), EVENT_CLIENT_ORDER_ID);
    while (shard.round.doRound(NOW_US, 0) > 0) {
      before.push(...column(shard.readDurable(), EVENT_CLIENT_ORDER_ID));
    }
    t.equal(shard.engine.commandSequence, 60, 'room was made, all went on');
    t.same(
      before.filter((id) => id % 2 === 0),
      [...before.filter((id) => id % 2 === 0)].sort((one, other) => one - other),
      'in ring order',
    );

    for (let order = 60; order < 120; order += 1) {
      shard.send(1, newOrder(order, 3));
    }
    for (let now = 0; now < 200; now += 10) {
      shard.round.doRound(NOW_US, now);
    }
    t.equal(shard.engine.commandSequence, 120, 'a reader that does not move does not hold the shard for ever');
    t.equal(shard.status.droppedReaders, 1);
  },
);

t.test(
  'rule 6.17: money is added up once a second while commands come, and a wrong sum never becomes durable',
  async (t) => {
    const disk = new SimulatedDisk(seededRandom(1));
    const shard = shardOn(disk);
    for (const nowMs of [0, 500, 999, 1_000, 1_500]) {
      shard.send(1, newOrder(nowMs + 1));
      shard.round.doRound(NOW_US, nowMs);
    }
    t.equal(shard.engine.addedUp, 2);
    shard.round.doRound(NOW_US, 9_000);
    t.equal(shard.engine.addedUp, 2, 'nothing has changed');
    shard.engine.wrongFrom = shard.engine.commandSequence + 1;
    shard.send(1, newOrder(7));
    t.throws(() => shard.round.doRound(NOW_US, 9_000), /do not add up/);
    t.same(idsOf(journaled(disk).commands), [1, 501, 1000, 1001, 1501]);
  },
);

t.test('a reader that holds a small ring without lagging three quarters is dropped, too', async (t) => {
  const limits = limitsFrom({ ...MADE_LIMITS, maxEventsPerCommand: 64 });
  const shard = countingShard(new SimulatedDisk(seededRandom(1)), 2, limits);
  for (let order = 0; order < 40; order += 1) {
    shard.send(1, newOrder(order, 3));
  }
  for (let now = 0; now < 1000; now += 10) {
    shard.round.doRound(NOW_US, now);
  }
  t.equal(shard.engine.commandSequence, 40);
  t.equal(shard.status.droppedReaders, 1);
});

t.test('when the write fails nothing was said to be durable and no slot was given back', async (t) => {
  const disk = new SimulatedDisk(seededRandom(1));
  const shard = shardOn(disk);
  shard.send(1, newOrder(1));
  shard.round.doRound(NOW_US, 0);
  shard.readDurable();
  shard.send(1, newOrder(2));
  disk.faults.failWriteAtCall = disk.writes;
  t.throws(() => shard.round.doRound(NOW_US, 0), { code: 'JOURNAL_WRITE' });
  t.equal(shard.output.claimPosition, 2, 'it was matched');
  t.equal(shard.output.durablePosition, 1);
  t.equal(shard.readDurable().length, 0);
  t.equal(shard.consumers[1]?.releasedPosition, 1);
  t.throws(() => shard.round.doRound(NOW_US, 0), { code: 'JOURNAL_WRITE' }, 'and it does not go on');
});

/** Runs `onSpare` at each write of the segment to come, `onGroup` at each of a group. */
class WatchedDisk extends SimulatedDisk {
  onSpare: () => void = () => {};
  onGroup: () => void = () => {};
  override open(path: string, mode: OpenMode): DiskFile {
    const file = super.open(path, mode);
    const write = file.write;
    file.write = (...parts) => {
      if (path.endsWith('spare.tmp')) {
        this.onSpare();
      } else {
        this.onGroup();
      }
      return write(...parts);
    };
    return file;
  }
}

t.test('a disk that hangs while the next segment is prepared is seen as what it is', async (t) => {
  const disk = new WatchedDisk(seededRandom(1));
  const shard = shardOn(disk);
  const states: ShardState[] = [];
  disk.onSpare = () => states.push(shard.status.state);
  for (let round = 0; round < 8; round += 1) {
    shard.send(1, ...Array.from({ length: 20 }, (_, index) => newOrder(1 + round * 20 + index)));
    shard.round.doRound(NOW_US + round, 0);
    shard.readDurable();
  }
  t.ok(states.length > 0);
  t.same([...new Set(states)], [ShardState.IN_SYNC]);
});

t.test('a reader is woken before the write only while it wants what is matched', async (t) => {
  const disk = new WatchedDisk(seededRandom(1));
  const shard = shardOn(disk);
  const bell = shard.readerBell;
  let low = 0;
  let asleepInWrite = false;
  disk.onGroup = () => {
    // Rings only who still sleeps.
    asleepInWrite = bell.ring();
    if (asleepInWrite) {
      bell.prepareSleep();
    }
  };
  const round = (): { asleepInWrite: boolean; asleepAfter: boolean } => {
    bell.prepareSleep();
    low += 1;
    shard.send(1, newOrder(low));
    shard.round.doRound(NOW_US + low, 0);
    shard.readDurable();
    return { asleepInWrite, asleepAfter: bell.ring() };
  };
  t.same(round(), { asleepInWrite: true, asleepAfter: false });
  shard.reader.wantMatched(true);
  t.same(round(), { asleepInWrite: false, asleepAfter: false });
  shard.reader.wantMatched(false);
  t.same(round(), { asleepInWrite: true, asleepAfter: false });
});

/** The failure of a round whose engine throws at that command of it, from 1 on; `change`: what it has done by then. */
function failureOf(shard: MadeShard<CountingEngine>, nth: number): unknown {
  const { engine } = shard;
  const { apply } = CountingEngine.prototype;
  let applied = 0;
  engine.apply = (...given) => {
    applied += 1;
    // It has changed its state, and written events, by then.
    const events = apply.call(engine, ...given);
    if (applied === nth) throw new TypeError('a planted bug');
    return events;
  };
  try {
    shard.round.doRound(NOW_US, 0);
  } catch (error) {
    return error;
  }
  return null;
}

t.test('a round whose engine throws says at which command, and nothing of it was seen or written', async (t) => {
  const legs = [newOrder(31), newOrder(32)];
  for (const leg of legs) leg[COMMAND_FLAGS_WORD] = CommandFlag.OneCancelsOther << 16;
  const head = madeCommand(CommandKind.AddAccount, 21);
  const parts = [0, 1].map((index) => {
    const part = madeCommand(CommandKind.Part, 21);
    part[2] = index | (2 << 8);
    return part;
  });
  const lasting = madeCommand(CommandKind.MassCancel, 11, 40);
  // The command, its ring, its place there, its sequence, its records.
  const expected = [
    [1, OWN_RING, 0, 3, [CommandKind.Continue]],
    [2, 1, 1, 4, [CommandKind.New]],
    [3, 1, 2, 5, [CommandKind.New]],
    [4, 2, 1, 6, [CommandKind.AddAccount, CommandKind.Part, CommandKind.Part]],
    [5, 2, 4, 9, [CommandKind.New, CommandKind.New]],
  ] as const;
  for (const [nth, ring, position, sequence, kinds] of expected) {
    const disk = new SimulatedDisk(seededRandom(1));
    const shard = shardOn(disk);
    shard.send(1, lasting);
    shard.send(2, newOrder(20));
    shard.round.doRound(NOW_US, 0);
    const seen = shard.readDurable().length;
    shard.send(1, newOrder(12), newOrder(13));
    shard.send(2, head, ...parts, ...legs);
    const before = journaled(disk);
    const error = failureOf(shard, nth);
    t.ok(error instanceof CommandFailure, `command ${nth}: ${error}`);
    if (!(error instanceof CommandFailure)) continue;
    t.match(error.command, { ring, position, sequence });
    const records = Array.from({ length: error.command.words.length / COMMAND_WORDS }, (_, record) =>
      error.command.words.slice(record * COMMAND_WORDS, (record + 1) * COMMAND_WORDS),
    );
    t.same(kindsOf(records), kinds);
    t.match(error.where, /a planted bug\n +at /);
    t.same(journaled(disk), before);
    t.equal(shard.output.claimPosition, shard.output.durablePosition);
    t.equal(shard.readDurable().length, 0);
    t.ok(seen > 0);
    const [one, two] = [shard.consumers[1], shard.consumers[2]];
    t.same([one?.releasedPosition, two?.releasedPosition], [1, 1], 'the slots are still the commands');
  }
});

t.test('a Due at which the engine throws is told, too, and no error of the disk is taken for one', async (t) => {
  const shard = shardOn();
  shard.send(1, timers(1, 1));
  shard.round.doRound(NOW_US - 1000, 0);
  const error = failureOf(shard, 1);
  t.match(error, { command: { ring: OWN_RING, sequence: 2 } });
  t.ok(error instanceof CommandFailure);
  const broken = shardOn();
  broken.send(1, newOrder(1));
  broken.recovered.writer.write = () => {
    throw new TypeError('a planted bug in the write');
  };
  t.throws(() => broken.round.doRound(NOW_US, 0), TypeError);
});
