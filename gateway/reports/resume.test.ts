import t, { type Test } from 'tap';
import { type DiskFile, type OpenMode, RealDisk } from '../../engine/journal/disk.js';
import { CommandKind } from '../../schemas/codes.js';
import { EVENT_ACCOUNT_SEQUENCE, EVENT_SEQUENCE } from '../../schemas/layout.js';
import { commandFrame, MadeVenue, type MadeVenueOptions, madeCommand, VENUE_LIMITS } from '../made-venue.js';
import { LIVE } from '../sessions/session.js';

/** Counts what is read from it. */
class MeteredDisk extends RealDisk {
  readBytes = 0;
  override open(path: string, mode: OpenMode): DiskFile {
    const file = super.open(path, mode);
    const read = file.read.bind(file);
    file.read = (into, at, length, position) => {
      const count = read(into, at, length, position);
      this.readBytes += count;
      return count;
    };
    return file;
  }
}

const LIMITS = { ...VENUE_LIMITS, maxLanes: 128, maxLanesPerAccount: 128, segmentBytes: 8 * 1024 * 1024 };
const MIB = 1024 * 1024;

/** A second life over a first one that left `orders` groups of a page each; its journal is resumed from. */
function secondLife(t: Test, orders: number, options: MadeVenueOptions = {}) {
  const directory = t.testdir();
  const first = new MadeVenue(directory, { limits: LIMITS });
  const key = first.addKey(first.addAccount());
  const instrument = first.addInstrument();
  const { session, socket } = first.logOn(key, { lane: 1 });
  for (let order = 1; order <= orders; order++) {
    // The instrument is closed: each is refused, in an event of its own.
    const words = madeCommand(CommandKind.New, 1, order, { instrument, price: 5, quantity: 1 });
    first.gateway.message(session, commandFrame(order, words), true);
    first.pump();
  }
  const held = socket.events();
  first.end();
  const venue = new MadeVenue(directory, { limits: LIMITS, ...options });
  /** Asks for everything behind the event with this index; nothing of it is sent before the next turn. */
  const resume = (lane: number, behind: number) => {
    const { socket: to, session: resuming } = venue.connect();
    const point = { shard: 0, epoch: 1, sequence: held[behind][EVENT_SEQUENCE] };
    venue.gateway.message(resuming, venue.logonFrame(to, key, { lane, resume: [point] }), true);
    return { socket: to, session: resuming };
  };
  return { venue, held, resume };
}

/** The account sequences that a socket got, and the ones that it must get. */
function isWhole(t: Test, events: Int32Array[], after: Int32Array): void {
  const found = events.map((event) => event[EVENT_ACCOUNT_SEQUENCE]);
  const first = after[EVENT_ACCOUNT_SEQUENCE] + 1;
  t.same(
    found,
    found.map((_, index) => first + index),
    'dense and in order',
  );
}

t.test('a storm of replays from far in a segment goes the way to it in turns of the usual size', async (t) => {
  const disk = new MeteredDisk();
  const { venue, held, resume } = secondLife(t, 900, { disk });
  const { gateway } = venue;
  venue.shardsRun = false;
  const many = Array.from({ length: 40 }, (_, index) => resume(10 + index, 840));
  let most = 0;
  let inAll = 0;
  const turn = gateway.turn.bind(gateway);
  gateway.turn = () => {
    const before = disk.readBytes;
    const more = turn();
    most = Math.max(most, disk.readBytes - before);
    inAll += disk.readBytes - before;
    return more;
  };
  venue.shardsRun = true;
  venue.pump();
  for (const { session, socket } of many) {
    t.equal(session.state, LIVE);
    t.not(socket.last('Resumed'), undefined);
    isWhole(t, socket.events(), held[840]);
    t.ok(socket.events().length >= 59);
  }
  t.ok(inAll > 40 * 3 * MIB, 'each of them went a long way');
  // 64 batches of 64 events are less than half a MiB: eight visits, each of which may read one window ahead.
  t.ok(most <= 3 * MIB, `${most} bytes in a turn`);
  venue.end();
});

t.test('a replay begins near its place in a segment that the gateway has read before', async (t) => {
  const disk = new MeteredDisk();
  const { venue, held, resume } = secondLife(t, 1300, { disk });
  t.equal(disk.readBytes, 0, 'a start reads nothing: it begins with an image');
  const first = resume(3, 1250);
  venue.pump();
  isWhole(t, first.socket.events(), held[1250]);
  t.ok(disk.readBytes > 5 * MIB, 'the way to the first one’s place');
  disk.readBytes = 0;
  const { socket } = resume(2, 1250);
  venue.pump();
  t.not(socket.last('Resumed'), undefined);
  isWhole(t, socket.events(), held[1250]);
  t.ok(disk.readBytes < 2 * MIB, `${disk.readBytes} bytes to its place and to the end`);
  venue.end();
});

t.test('a replay that gives up its place goes on at once when nobody else can take it', async (t) => {
  const { venue, held, resume } = secondLife(t, 900, { settings: { eventsPerTurn: 16, pauseBufferedBytes: 1024 } });
  const slow = resume(2, 0);
  slow.socket.stuck = true;
  venue.pump();
  t.equal(slow.socket.last('Resumed'), undefined, 'it waits for its reader');
  const quick = resume(3, 0);
  venue.pump();
  t.not(quick.socket.last('Resumed'), undefined, 'no timer was needed');
  isWhole(t, quick.socket.events(), held[0]);
  slow.socket.stuck = false;
  slow.socket.buffered = 0;
  venue.pump();
  isWhole(t, slow.socket.events(), held[0]);
  venue.end();
});
