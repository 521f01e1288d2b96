import t from 'tap';
import { CLOSE_CODES } from '../schemas/close-codes.js';
import { CommandKind, Phase, Reason, StreamMode } from '../schemas/codes.js';
import { encodeControl } from '../schemas/control.js';
import { MAX_FRAME_BYTES } from '../schemas/layout.js';
import { commandFrame, MadeVenue, madeCommand } from './made-venue.js';
import { CLOSED, LIVE, type Session } from './sessions/session.js';

const FRAMES = 1000;

/** Deterministic: the seed is printed by whoever uses it. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function open(directory: string) {
  const venue = new MadeVenue(directory);
  const key = venue.addKey(venue.addAccount());
  const instrument = venue.addInstrument();
  const witness = venue.logOn(key, { lane: 1 });
  venue.gateway.message(
    witness.session,
    commandFrame(1, madeCommand(CommandKind.SetPhase, 1, 1, { instrument, type: Phase.Continuous })),
    true,
  );
  venue.pump();
  return { venue, key, witness };
}

t.test('what is no frame of ours gets a code and the end, each kind of it its own', async (t) => {
  const { venue, key, witness } = open(t.testdir());
  const bad = (bytes: Uint8Array, isBinary = true): [Reason | undefined, number] => {
    const { socket, session } = venue.logOn(key, { lane: 2 });
    venue.gateway.message(session, bytes, isBinary);
    return [socket.refusals()[0], socket.closedWith];
  };
  const order = commandFrame(1, madeCommand(CommandKind.New, 2, 1, { instrument: 1, price: 5, quantity: 1 }));
  const withByte = (at: number, value: number): Uint8Array => {
    const bytes = order.slice();
    bytes[at] = value;
    return bytes;
  };
  t.same(bad(new TextEncoder().encode('hello'), false), [undefined, CLOSE_CODES.TEXT_FRAME]);
  t.same(bad(new Uint8Array(0)), [Reason.BadFrame, CLOSE_CODES.BAD_FRAME]);
  t.same(bad(new Uint8Array(500).fill(0xff)), [Reason.BadFrame, CLOSE_CODES.BAD_FRAME]);
  t.same(bad(withByte(4, 0x58)), [Reason.BadFrame, CLOSE_CODES.BAD_FRAME], 'wrong identifier');
  t.same(bad(withByte(0, 0xf0)), [Reason.BadFrame, CLOSE_CODES.BAD_FRAME], 'root outside');
  t.same(bad(withByte(31, 0x7f)), [Reason.BadFrame, CLOSE_CODES.BAD_FRAME], 'a vector of two thousand millions');
  t.same(bad(order.subarray(0, order.length - 1)), [Reason.BadFrame, CLOSE_CODES.BAD_FRAME], 'cut short');
  t.same(bad(commandFrame(1)), [Reason.BadFrame, CLOSE_CODES.BAD_FRAME], 'no command');
  t.same(
    bad(encodeControl({ type: 'Resumed', shard: 0, epoch: 1, sequence: 1 })),
    [Reason.BadFrame, CLOSE_CODES.BAD_FRAME],
    'what only a gateway says',
  );
  t.same(bad(new Uint8Array(MAX_FRAME_BYTES + 1)), [Reason.FrameTooLong, 0], 'too long is refused, no more');
  t.equal(witness.session.state, LIVE);
  venue.end();
});

t.test('a thousand random and bent frames change nothing for anyone else', async (t) => {
  const { venue, key, witness } = open(t.testdir());
  const seed = 20_261_122;
  const random = randomFrom(seed);
  const whole = (n: number): number => Math.floor(random() * n);
  const templates = [
    commandFrame(1, madeCommand(CommandKind.New, 2, 1, { instrument: 1, price: 5, quantity: 1 })),
    commandFrame(
      2,
      ...Array.from({ length: 9 }, (_, low) => madeCommand(CommandKind.Cancel, 2, low + 1, { instrument: 1 })),
    ),
    encodeControl({ type: 'Subscribe', request: 1, channels: 3, mode: StreamMode.Frame, instruments: [1] }),
    encodeControl({ type: 'Heartbeat', timeUs: 1, marks: [], echoUs: 0, heldUs: 0 }),
    encodeControl({ type: 'InstrumentsRequest', request: 1, after: 0 }),
  ];
  let session: Session | null = null;
  const codes = new Set<number>();
  for (let frame = 0; frame < FRAMES; frame++) {
    if (session === null || session.state === CLOSED) {
      const logged = venue.logOn(key, { lane: 2 });
      session = logged.session;
      const end = logged.socket.end.bind(logged.socket);
      logged.socket.end = (code) => {
        codes.add(code);
        end(code);
      };
    }
    let bytes: Uint8Array;
    if (frame % 2 === 0) {
      bytes = Uint8Array.from({ length: whole(300) }, () => whole(256));
    } else {
      bytes = templates[whole(templates.length)].slice();
      for (let flips = 1 + whole(4); flips > 0; flips--) bytes[whole(bytes.length)] = whole(256);
    }
    venue.gateway.message(session, bytes, true);
    if (frame % 50 === 0) venue.pump();
  }
  venue.pump();
  t.same([...codes], [CLOSE_CODES.BAD_FRAME], `seed ${seed}`);
  t.equal(witness.session.state, LIVE);
  venue.gateway.message(
    witness.session,
    commandFrame(9, madeCommand(CommandKind.New, 1, 2, { instrument: 1, price: 5, quantity: 1 })),
    true,
  );
  venue.pump();
  t.same(witness.socket.refusals(), []);
  t.equal(witness.session.unanswered, 0);
  if (session !== null) t.equal(session.unanswered, 0, 'what passed as a command was answered');
  venue.shards[0].engine.validate();
  venue.end();
});

t.test('someone who is refused again and again and never reads is closed', async (t) => {
  const { venue, key } = open(t.testdir());
  const { socket, session } = venue.logOn(key, { lane: 2 });
  socket.buffered = 5 * 1024 * 1024;
  venue.gateway.message(session, commandFrame(1, madeCommand(CommandKind.New, 3, 1, { instrument: 1 })), true);
  t.same(socket.refusals(), [Reason.WrongLane]);
  t.equal(socket.closedWith, CLOSE_CODES.SLOW_READER);
  venue.end();
});

t.test('a flood of logons is taken a few at a time and bounded', async (t) => {
  const directory = t.testdir();
  const venue = new MadeVenue(directory, { settings: { verifyAtOnce: 2, verifyQueue: 4 } });
  const key = venue.addKey(venue.addAccount());
  const held: (() => void)[] = [];
  venue.heldVerifications = held;
  const sockets = Array.from({ length: 8 }, () => venue.connect());
  for (const { socket, session } of sockets) venue.gateway.message(session, venue.logonFrame(socket, key), true);
  t.equal(held.length, 2, 'two at a time');
  t.same(
    sockets.map(({ socket }) => socket.closedWith),
    [0, 0, 0, 0, 0, 0, CLOSE_CODES.NOT_READY, CLOSE_CODES.NOT_READY],
  );
  t.same(sockets[7].socket.refusals(), [Reason.NotReady]);
  venue.gateway.disconnected(sockets[3].session);
  for (let done = 0; held.length > 0; done++) {
    if (done > sockets.length) throw new Error('verifications never end');
    held.shift()?.();
    venue.pump();
  }
  t.same(
    sockets.map(({ session }) => session.state === LIVE),
    [false, false, false, false, false, true, false, false],
    'all are of one lane: the last one has it',
  );
  venue.end();
});
