import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import t, { type Test } from 'tap';
import { AdminLog } from '../engine/admin-log.js';
import { Auditor } from '../engine/audit/auditor.js';
import { QuestionDesk } from '../engine/audit/questions.js';
import { Engine } from '../engine/engine.js';
import { RealDisk } from '../engine/journal/disk.js';
import { JournalReader } from '../engine/journal/reader.js';
import { LEVEL_NUMBERS } from '../engine/public/level-fold.js';
import { PublicHistory } from '../engine/public/public-history.js';
import { imageOf, type ShardImage } from '../engine/public/shard-image.js';
import { OutputRing } from '../engine/ring/output-ring.js';
import { seededRandom } from '../proof/seeded-random.js';
import { JOURNAL, RandomJournal } from '../proof/shard/random-journal.js';
import { SimulatedDisk } from '../proof/simulated-disk.js';
import { CLOSE_CODES, mayReconnect } from '../schemas/close-codes.js';
import { AckLevel, Channel, CommandKind, EventKind, Phase, StreamMode } from '../schemas/codes.js';
import { encodeControl, encodeLogonTerms } from '../schemas/control.js';
import { EVENT_KIND_WORD, EVENT_PRICE, EVENT_SEQUENCE, EVENT_WORDS, joinWords, NO_PRICE } from '../schemas/layout.js';
import { Directory } from './directory.js';
import type { Gateway } from './gateway.js';
import { commandFrame, FakeSocket, MadeVenue, madeCommand, VENUE_LIMITS } from './made-venue.js';
import { MarketData, TOP_BIT, TRADES_BIT } from './market-data/market-data.js';
import { OutputView } from './reports/output-view.js';
import { ShardFeed } from './reports/shard-feed.js';
import { LIVE, Session } from './sessions/session.js';

t.setTimeout(300_000);

const SEEDS = [1, 4, 5, 7, 9, 14, 18, 24, 33, 34, 46, 57];
const CUTS = [0.02, 0.3, 0.5, 0.8, 1];
const BATCH = 7;

/** What one gateway knows of the market, without its sockets. */
class Folds {
  readonly directory: Directory;
  readonly market: MarketData;
  readonly socket = new FakeSocket();
  readonly session: Session;
  readonly #feeds: readonly ShardFeed[];

  constructor(journal: RandomJournal, adminLog: AdminLog) {
    const { shardCount } = journal.identity;
    const output = OutputRing.create(1024, 1);
    const nowhere = { disk: new RealDisk(), directory: '', shardCount };
    this.#feeds = Array.from(
      { length: shardCount },
      (_, shard) => new ShardFeed(shard, 1, 0, new OutputView(output, 0), nowhere, 64, () => undefined),
    );
    this.directory = new Directory(adminLog, shardCount);
    this.market = new MarketData(
      this.#feeds,
      { nowMs: () => 0, nowUs: () => 0, aheadUs: 0 },
      Number.POSITIVE_INFINITY,
      () => journal.identity.shard,
      () => undefined,
      (instrument) => this.directory.referenceOf(instrument),
    );
    this.session = new Session(this.socket, shardCount, new Uint8Array(0), 0, 0);
    this.session.state = LIVE;
  }

  begin(image: ShardImage): void {
    this.directory.refresh();
    this.directory.begin(image);
    this.market.begin(image);
  }

  /** In batches as a ring gives them: some end between the two halves of a trade. */
  take(shard: number, events: Int32Array): void {
    this.directory.refresh();
    for (let from = 0; from < events.length; from += BATCH * EVENT_WORDS) {
      const words = events.subarray(from, from + BATCH * EVENT_WORDS);
      this.directory.take(shard, words, words.length / EVENT_WORDS);
      this.market.take(this.#feeds[shard] as ShardFeed, words, words.length / EVENT_WORDS);
    }
  }

  /** What whoever asks is told. */
  view(shard: number, instruments: number) {
    const fold = this.market.books(shard);
    return {
      page: this.directory.page(0, 1000),
      applied: [...this.directory.applied],
      stamp: [...fold.stamp],
      instruments: Array.from({ length: instruments }, (_, index) => {
        const instrument = index + 1;
        const sides = [0, 1].map((side) => {
          const levels = new Float64Array(LEVEL_NUMBERS * fold.levelCount(instrument, side));
          fold.top(instrument, side, fold.levelCount(instrument, side), levels, 0);
          return [fold.marketTotal(instrument, side), fold.marketOrders(instrument, side), ...levels];
        });
        return {
          sides,
          route: this.directory.shardOf(instrument),
          indicative: this.market.indicative(shard, instrument),
          trades: this.market.trades.of(instrument, 2000),
        };
      }),
    };
  }

  /** What a subscriber was sent since the last call: the records, and the chain of each stream. */
  sent() {
    const streams = this.socket.publicFrames().flatMap((frame) => {
      let at = 0;
      return frame.streams.map((stream) => {
        const records = frame.records.slice(at, at + stream.count).map((record) => [...record]);
        at += stream.count;
        return { ...stream, records };
      });
    });
    this.socket.sent.length = 0;
    return streams;
  }
}

/** Words of a Top record that say that the side is empty. */
function isEmpty(record: readonly number[]): boolean {
  return record.slice(EVENT_SEQUENCE + 6).every((word, index) => index > 8 || word === 0);
}

type Stream = ReturnType<Folds['sent']>[number];

/** A top stands as of an image's event where the image does not know when it changed last. */
function asOf(sequence: number, { previousLast, last, ...stream }: Stream): Stream {
  if (stream.channel !== Channel.Top) return { previousLast, last, ...stream };
  const known = (number: number): number => (number <= sequence ? 0 : number);
  return { previousLast: known(previousLast), last: known(last), ...stream };
}

function groupsOf(disk: SimulatedDisk, journal: RandomJournal): Int32Array[] {
  const reader = new JournalReader(disk, JOURNAL, journal.identity);
  reader.seekStart();
  const groups: Int32Array[] = [];
  for (let record = reader.next(Infinity); record !== null; record = reader.next(Infinity)) {
    if (record.eventCount > 0) groups.push(record.events.slice());
  }
  reader.close();
  return groups;
}

t.test('a gateway that begins with an image is the one that folded the whole journal', async (t) => {
  const seen = { trades: 0, indicatives: 0, levels: 0, streams: 0 };
  for (const mode of [StreamMode.Raw, StreamMode.Frame]) {
    for (const seed of SEEDS) {
      for (const cut of CUTS) {
        const disk = new SimulatedDisk(seededRandom(seed));
        const journal = new RandomJournal(disk, seed, 500);
        const { shard } = journal.identity;
        while (journal.hasMore && journal.engine.commandSequence < cut * 500) journal.writeGroup(11);
        const history = new PublicHistory(null);
        for (const group of groupsOf(disk, journal)) history.take(group, group.length / EVENT_WORDS);
        journal.engine.adminLog?.publish();
        const image = imageOf(journal.engine, history);
        journal.writeRest();
        journal.engine.adminLog?.publish();
        const log = journal.engine.adminLog ?? new AdminLog(AdminLog.create(journal.limits));
        const full = new Folds(journal, log);
        const begun = new Folds(journal, log);
        full.begin(imageOf(fresh(journal), new PublicHistory(null)));
        begun.begin(image);
        const groups = groupsOf(disk, journal);
        const isBehind = (group: Int32Array): boolean => (group[EVENT_SEQUENCE] as number) > image.sequence;
        for (const group of groups.filter((group) => !isBehind(group))) full.take(shard, group);
        const instruments = journal.limits.maxInstruments;
        const where = `seed ${seed} at event ${image.sequence}, mode ${mode}`;
        same(t, begun.view(shard, instruments), full.view(shard, instruments), where);
        for (const folds of [full, begun]) {
          folds.market.frameTick();
          folds.market.subscribe(folds.session, TRADES_BIT | TOP_BIT, mode, []);
          folds.market.showNow(folds.session);
          folds.market.frameTick();
        }
        // Of a book that is empty and had orders once, the image knows nothing: it is as if there never were any.
        const there = (stream: Stream): boolean => !stream.records.every(isEmpty);
        const order = (one: Stream, other: Stream): number => one.instrument - other.instrument;
        const first = (folds: Folds) =>
          folds
            .sent()
            .filter(there)
            .map((stream) => asOf(image.sequence, stream))
            .sort(order);
        same(t, first(begun), first(full), `${where}: what a subscriber begins with`);
        for (const group of groups.filter(isBehind)) {
          for (const folds of [full, begun]) {
            folds.take(shard, group);
            folds.market.frameTick();
          }
          const [one, other] = [begun, full].map((folds) => folds.sent());
          seen.streams += one?.length ?? 0;
          same(
            t,
            one?.map((stream) => asOf(image.sequence, stream)),
            other?.map((stream) => asOf(image.sequence, stream)),
            `${where}: at event ${group[EVENT_SEQUENCE]}`,
          );
        }
        same(t, begun.view(shard, instruments), full.view(shard, instruments), `${where}: at the end`);
        seen.trades += image.history.trades.length / EVENT_WORDS;
        seen.levels += image.prices.length;
        for (let instrument = 1; instrument <= instruments; instrument++) {
          if ((begun.market.indicative(shard, instrument)?.volume ?? 0) > 0) seen.indicatives++;
        }
      }
    }
  }
  t.ok(seen.trades > 300 && seen.levels > 200 && seen.streams > 2000 && seen.indicatives > 5, JSON.stringify(seen));
});

/** Without a line of output for each of many comparisons that hold. */
function same(t: Test, found: unknown, wanted: unknown, what: string): void {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) t.same(found, wanted, what);
}

function fresh({ limits, identity }: RandomJournal): Engine {
  return new Engine(limits, identity.shard, identity.shardCount);
}

const LIMITS = { ...VENUE_LIMITS, segmentBytes: 1024 * 1024, maxOrders: 8192 };
/** Commands, a page of the journal each, that fill the first segment and lap the ring. */
const COMMANDS = 1400;

interface Left {
  readonly directory: string;
  readonly venue: MadeVenue;
  readonly desk: QuestionDesk;
  readonly auditor: Auditor;
  readonly trade: (count: number, price: number) => void;
  readonly instrument: number;
}

/** A venue of two gateways, the second of which trades; `auditor` is there and has compared all so far. */
function twoGateways(t: Test, hasAuditor: boolean): Left {
  const directory = t.testdir();
  const { port1, port2 } = new MessageChannel();
  const desk = new QuestionDesk();
  desk.add('gateway-0', port2);
  t.teardown(() => port2.close());
  const venue = new MadeVenue(directory, { gateways: 2, limits: LIMITS, auditor: hasAuditor ? port1 : null });
  const trader = venue.gateways[1] as Gateway;
  const key = venue.addKey(venue.addAccount());
  const instrument = venue.addInstrument();
  venue.addInstrument();
  const { session } = venue.logOn(key, { lane: 1 }, trader);
  let low = 0;
  const send = (words: Int32Array): void => {
    trader.message(session, commandFrame(1, words), true);
    // A gateway that rests is dropped by the time.
    if (venue.resting.size > 0) venue.clock.ms += 20;
    venue.pump();
  };
  send(madeCommand(CommandKind.SetPhase, 1, ++low, { instrument, type: Phase.Continuous }));
  const trade = (count: number, price: number): void => {
    for (let done = 0; done < count; done++) {
      send(madeCommand(CommandKind.New, 1, ++low, { instrument, price, quantity: 2, side: done % 2 }));
    }
  };
  const auditor = new Auditor({
    disk: new RealDisk(),
    journal: join(directory, 'shard-0', 'journal'),
    identity: { shard: 0, shardCount: 1 },
    limits: LIMITS,
    bucketSeed: 1,
    bad: () => undefined,
  });
  t.teardown(() => auditor.close());
  return { directory, venue, desk, auditor, trade, instrument };
}

/** What the auditor does between two pieces, and what the gateways make of it. */
async function answered({ venue, desk, auditor }: Left): Promise<void> {
  auditor.follow(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  while (!desk.turn((shard) => (shard === 0 ? auditor : undefined))) await setImmediate();
  while (!venue.gateway.ready) {
    await setImmediate();
    venue.pump();
  }
}

function retireFirst({ directory }: Left): void {
  const journal = join(directory, 'shard-0', 'journal');
  const [first = '', ...others] = readdirSync(journal).sort();
  if (others.length === 0) throw new Error('There is only one segment.');
  rmSync(join(journal, first));
}

function watcher(venue: MadeVenue, mode: StreamMode): { readonly socket: FakeSocket; readonly session: Session } {
  const { socket, session } = venue.connect();
  const fields = { version: 1, keyId: 0, lane: 1, ackLevel: AckLevel.Disk, heartbeatSeconds: 60, resume: [] };
  const logon = encodeControl({ type: 'Logon', terms: encodeLogonTerms(fields), signature: new Uint8Array(0) });
  venue.gateway.message(session, logon, true);
  const channels = TRADES_BIT | TOP_BIT;
  venue.gateway.message(
    session,
    encodeControl({ type: 'Subscribe', request: 1, channels, mode, instruments: [] }),
    true,
  );
  venue.pump();
  venue.gateway.frameTick();
  return { socket, session };
}

/** By channel, what a client holds: the last sequence, and whether each frame fitted to the one before. */
function chainOf(socket: FakeSocket) {
  const held = new Map<number, number>();
  const gaps: number[] = [];
  for (const stream of socket.publicFrames().flatMap(({ streams }) => streams)) {
    const before = held.get(stream.channel);
    if (before !== undefined && stream.previousLast !== 0 && stream.previousLast !== before) gaps.push(stream.channel);
    held.set(stream.channel, stream.last);
  }
  return { held, gaps };
}

function lastPrices(socket: FakeSocket, kind: number): number[] {
  const records = socket.publicFrames().flatMap((frame) => frame.records);
  const ofKind = records.filter((record) => ((record[EVENT_KIND_WORD] as number) & 0xff) === kind);
  return ofKind.slice(-2).map((record) => record[EVENT_PRICE] as number);
}

for (const mode of [StreamMode.Raw, StreamMode.Frame]) {
  t.test(`a gateway whose place is in no journal any more begins again from the auditor, mode ${mode}`, async (t) => {
    const left = twoGateways(t, true);
    const { venue, trade, instrument } = left;
    trade(21, 40);
    venue.gateway.frameTick();
    const watching = watcher(venue, mode);
    const member = venue.logOn(venue.addKey(venue.addAccount()), { lane: 3 });
    t.equal(member.session.state, LIVE);
    trade(2, 40);
    venue.gateway.frameTick();
    t.same(chainOf(watching.socket).gaps, []);
    const before = chainOf(watching.socket).held;
    venue.resting.add(0);
    left.auditor.follow(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    trade(COMMANDS, 60);
    trade(1, 61);
    retireFirst(left);
    venue.resting.delete(0);
    venue.pump();
    t.equal(venue.gateway.ready, false, 'it waits');
    t.same(venue.logged, ['warn FELL_BEHIND']);
    t.equal(member.socket.closedWith, CLOSE_CODES.STREAM_RESTARTED, 'a private stream has a hole and must be resumed');
    t.equal(watching.socket.closedWith, 0);
    await answered(left);
    venue.gateway.frameTick();
    t.same(venue.logged, ['warn FELL_BEHIND', 'info CAUGHT_UP']);
    const { held, gaps } = chainOf(watching.socket);
    t.same(gaps, [Channel.Trades], 'trades were missed and it shows; the tops are whole');
    t.ok((held.get(Channel.Top) ?? 0) > (before.get(Channel.Top) ?? 0));
    t.same(lastPrices(watching.socket, EventKind.Trade).at(-1), 60);
    const { engine } = venue.shards[0] as (typeof venue.shards)[0];
    const best = new Float64Array(3);
    for (const side of [0, 1]) {
      const shown = engine.readLevels(instrument, side, 1, best, 0) > 0 ? best[0] : NO_PRICE;
      t.ok(lastPrices(watching.socket, EventKind.Top).includes(shown ?? 0), `side ${side}`);
    }
    trade(8, 70);
    venue.gateway.frameTick();
    t.same(chainOf(watching.socket).gaps, [Channel.Trades], 'and goes on whole');
    t.same(lastPrices(watching.socket, EventKind.Trade).at(-1), 70);
    venue.end();
  });
}

t.test(
  'a session that resumes from behind the journal gets what the account has now, and the stream behind that',
  async (t) => {
    const left = twoGateways(t, true);
    const { venue, trade } = left;
    const key = venue.addKey(venue.addAccount());
    trade(COMMANDS, 60);
    const behind = (): FakeSocket => {
      const { socket, session } = venue.connect();
      const resume = [{ shard: 0, epoch: 1, sequence: 1 }];
      venue.gateway.message(session, venue.logonFrame(socket, key, { lane: 3, resume }), true);
      venue.pump();
      return socket;
    };
    t.equal(behind().last('Snapshot'), undefined, 'as long as the journal has it');
    left.auditor.follow(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    retireFirst(left);
    const socket = behind();
    t.equal(socket.closedWith, 0);
    await answered(left);
    while (socket.last('Resumed') === undefined) {
      await setImmediate();
      venue.pump();
    }
    const { sequence = 0 } = socket.last('Snapshot') ?? {};
    t.equal(sequence, left.auditor.eventSequence);
    t.ok(socket.events().every((event) => joinWords(event[EVENT_SEQUENCE], event[EVENT_SEQUENCE + 1]) > sequence));
    t.equal(socket.closedWith, 0);
    venue.end();
  },
);

t.test('without an auditor who resumes from behind the journal is sent away for good', async (t) => {
  const left = twoGateways(t, false);
  const { venue, trade } = left;
  const key = venue.addKey(venue.addAccount());
  trade(COMMANDS, 60);
  retireFirst(left);
  const { socket } = venue.logOn(key, { lane: 3, resume: [{ shard: 0, epoch: 1, sequence: 1 }] });
  t.equal(socket.closedWith, CLOSE_CODES.RESUME_TOO_OLD);
  t.notOk(mayReconnect(CLOSE_CODES.RESUME_TOO_OLD));
  t.equal(venue.logOn(key, { lane: 3, snapshot: true }).socket.closedWith, CLOSE_CODES.RESUME_TOO_OLD);
  t.equal(venue.logOn(key, { lane: 3 }).socket.closedWith, 0, 'and the gateway goes on');
  venue.end();
});

t.test('without an auditor nothing retires a segment: one that is missing is named', async (t) => {
  const left = twoGateways(t, false);
  const { venue, trade } = left;
  venue.resting.add(0);
  trade(COMMANDS, 60);
  retireFirst(left);
  venue.resting.delete(0);
  const error = t.throws(() => venue.pump()) as unknown;
  t.match(error, { code: 'JOURNAL_TOO_OLD' });
  venue.end();
});

t.test('a gateway that comes later asks the auditor for all, and serves when it has it', async (t) => {
  const directory = t.testdir();
  const first = new MadeVenue(directory, { limits: LIMITS });
  const key = first.addKey(first.addAccount());
  const instrument = first.addInstrument();
  const { session } = first.logOn(key, { lane: 7 });
  const words = madeCommand(CommandKind.SetPhase, 7, 1, { instrument, type: Phase.Continuous });
  const order = madeCommand(CommandKind.New, 7, 2, { instrument, price: 44, quantity: 2 });
  first.gateway.message(session, commandFrame(1, words, order), true);
  first.pump();
  first.end();
  const { port1, port2 } = new MessageChannel();
  t.teardown(() => port2.close());
  const desk = new QuestionDesk();
  desk.add('gateway-0', port2);
  const venue = new MadeVenue(directory, { limits: LIMITS, auditor: port1, late: true });
  t.equal(venue.gateway.ready, false);
  t.equal(venue.gateway.hasWork(), false, 'it sleeps until it is answered');
  const auditor = new Auditor({
    disk: new RealDisk(),
    journal: join(directory, 'shard-0', 'journal'),
    identity: { shard: 0, shardCount: 1 },
    limits: LIMITS,
    bucketSeed: 1,
    bad: () => undefined,
  });
  await answered({ directory, venue, desk, auditor, trade: () => undefined, instrument });
  auditor.close();
  const watching = watcher(venue, StreamMode.Raw);
  t.same(lastPrices(watching.socket, EventKind.Top), [44, NO_PRICE]);
  t.equal(venue.logOn(key, { lane: 8 }).session.state, LIVE);
  venue.end();
});
