import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import t, { type Test } from 'tap';
import { Auditor } from '../../engine/audit/auditor.js';
import { QuestionDesk } from '../../engine/audit/questions.js';
import { RealDisk } from '../../engine/journal/disk.js';
import { CLOSE_CODES } from '../../schemas/close-codes.js';
import { AckLevel, CommandKind, EventKind, Phase } from '../../schemas/codes.js';
import type { SnapshotMessage } from '../../schemas/control.js';
import {
  EVENT_ACCOUNT_SEQUENCE,
  EVENT_KIND_WORD,
  EVENT_ORDER_ID,
  EVENT_SEQUENCE,
  EVENT_WORDS,
  joinWords,
} from '../../schemas/layout.js';
import {
  commandFrame,
  type FakeSocket,
  MadeVenue,
  type MadeVenueOptions,
  madeCommand,
  VENUE_LIMITS,
} from '../made-venue.js';

const LANE = 1;
const ORDERS = 600;

/** A venue with an auditor, and an account whose orders rest. */
class Audited {
  readonly venue: MadeVenue;
  readonly key;
  readonly instrument: number;
  readonly #desk = new QuestionDesk();
  readonly auditor: Auditor;
  readonly #session;
  #low = 0;

  constructor(t: Test, settings: MadeVenueOptions['settings'] = {}) {
    const directory = t.testdir();
    const { port1, port2 } = new MessageChannel();
    t.teardown(() => port2.close());
    this.#desk.add('gateway-0', port2);
    this.venue = new MadeVenue(directory, { limits: VENUE_LIMITS, auditor: port1, settings });
    this.key = this.venue.addKey(this.venue.addAccount());
    this.instrument = this.venue.addInstrument();
    this.#session = this.venue.logOn(this.key, { lane: LANE }).session;
    this.auditor = new Auditor({
      disk: new RealDisk(),
      journal: join(directory, 'shard-0', 'journal'),
      identity: { shard: 0, shardCount: 1 },
      limits: VENUE_LIMITS,
      bucketSeed: 1,
      bad: () => undefined,
    });
    t.teardown(() => this.auditor.close());
    this.send(
      madeCommand(CommandKind.SetPhase, LANE, ++this.#low, { instrument: this.instrument, type: Phase.Continuous }),
    );
  }

  send(...records: Int32Array[]): void {
    this.venue.gateway.message(this.#session, commandFrame(1, ...records), true);
    this.venue.pump();
  }

  place(count: number): void {
    const { instrument } = this;
    for (let done = 0; done < count; done++) {
      this.send(madeCommand(CommandKind.New, LANE, ++this.#low, { instrument, price: 10, quantity: 1 }));
    }
  }

  /** The auditor compares what is there, and answers what was asked. */
  async answer(): Promise<void> {
    this.auditor.follow(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    while (!this.#desk.turn(() => this.auditor)) await setImmediate();
    await setImmediate();
    await setImmediate();
    this.venue.pump();
  }
}

function parts(socket: FakeSocket): SnapshotMessage[] {
  return socket.messages().flatMap((message) => (message.type === 'Snapshot' ? [message] : []));
}

function recordsOf(socket: FakeSocket): Int32Array[] {
  return parts(socket).flatMap(({ records }) =>
    Array.from({ length: records.length / EVENT_WORDS }, (_, at) =>
      records.slice(at * EVENT_WORDS, (at + 1) * EVENT_WORDS),
    ),
  );
}

const sequenceOf = (event: Int32Array): number => joinWords(event[EVENT_SEQUENCE], event[EVENT_SEQUENCE + 1]);
const kindOf = (event: Int32Array): number => event[EVENT_KIND_WORD] & 0xff;

for (const ackLevel of [AckLevel.Disk, AckLevel.Matched]) {
  t.test(
    `who asks for it begins with what the account has, at level ${AckLevel[ackLevel]}, and the stream follows without a hole`,
    async (t) => {
      const audited = new Audited(t);
      const { venue, key } = audited;
      audited.place(ORDERS);
      const { socket, session } = venue.logOn(key, { lane: 2, ackLevel, snapshot: true });
      t.equal(socket.last('LogonAnswer')?.account, key.account);
      audited.place(3);
      t.same(socket.events(), [], 'nothing before it');
      await audited.answer();
      audited.place(2);
      const all = parts(socket);
      t.same(
        all.map(({ part }) => part),
        [0, 1, 2],
      );
      const [{ sequence, accountSequence, epoch } = { sequence: 0, accountSequence: 0, epoch: 0 }] = all;
      t.equal(epoch, 1);
      const orders = recordsOf(socket).filter((record) => kindOf(record) === EventKind.OrderState);
      t.equal(orders.length, ORDERS + 3);
      t.equal(new Set(orders.map((order) => order[EVENT_ORDER_ID])).size, ORDERS + 3);
      t.same(all.flatMap(({ marks }) => marks).sort(), [(BigInt(LANE) << 48n) | BigInt(ORDERS + 4), 2n << 48n]);
      const stream = socket.events();
      t.ok(stream.length > 0 && stream.every((event) => sequenceOf(event) > sequence));
      t.equal(stream[0]?.[EVENT_ACCOUNT_SEQUENCE], accountSequence + 1);
      t.match(socket.last('Resumed'), { shard: 0 });
      t.equal(session.socket.bufferedBytes(), 0);
      venue.end();
    },
  );
}

t.test('a resume further back than the window gets it, one within is replayed', async (t) => {
  const audited = new Audited(t, { resumeEvents: 100 });
  const { venue, key } = audited;
  audited.place(20);
  const last = venue.gateway.http.parts.feeds[0]?.at ?? 0;
  const near = venue.logOn(key, { lane: 2, resume: [{ shard: 0, epoch: 1, sequence: last - 30 }] });
  t.same(parts(near.socket), []);
  t.equal(sequenceOf(near.socket.events()[0] ?? new Int32Array(EVENT_WORDS)), last - 29);
  audited.place(60);
  const far = venue.logOn(key, { lane: 3, resume: [{ shard: 0, epoch: 1, sequence: last - 30 }] });
  t.same(far.socket.events(), []);
  await audited.answer();
  t.equal(parts(far.socket).length, 1);
  t.match(far.socket.last('Resumed'), { shard: 0 });
  venue.end();
});

t.test('a slow reader holds up nobody: its frames wait, and come when it reads', async (t) => {
  const audited = new Audited(t, { pauseBufferedBytes: 1000 });
  const { venue, key } = audited;
  audited.place(ORDERS);
  const { socket } = venue.logOn(key, { lane: 2, snapshot: true });
  socket.stuck = true;
  await audited.answer();
  t.equal(parts(socket).length, 1);
  const other = venue.logOn(key, { lane: 4 });
  audited.place(1);
  t.ok(other.socket.events().length > 0);
  socket.stuck = false;
  socket.buffered = 0;
  venue.pump();
  t.equal(parts(socket).length, 3);
  venue.end();
});

t.test('an auditor that does not answer ends the connection with a code to come again, and others go on', async (t) => {
  const audited = new Audited(t);
  const { venue, key } = audited;
  const sockets = Array.from({ length: 70 }, (_, at) => venue.logOn(key, { lane: at % 30, snapshot: true }).socket);
  await setImmediate();
  t.ok(
    sockets.some(({ closedWith }) => closedWith === CLOSE_CODES.NOT_READY),
    'more than it takes at once',
  );
  const plain = venue.logOn(key, { lane: 40 });
  t.equal(plain.socket.closedWith, 0);
  venue.end();
});
