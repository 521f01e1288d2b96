import t from 'tap';
import { firstPrivateWord } from '../../engine/public/public-record.js';
import { Channel, CommandKind, EventKind, Phase, Reason, Right, StreamMode } from '../../schemas/codes.js';
import { encodeControl } from '../../schemas/control.js';
import {
  EVENT_AMOUNT,
  EVENT_CUMULATIVE,
  EVENT_DISPLAYED,
  EVENT_INSTRUMENT,
  EVENT_KIND_WORD,
  EVENT_PRICE,
  EVENT_QUANTITY,
  EVENT_SELL_BIT,
  NO_PRICE,
} from '../../schemas/layout.js';
import { commandFrame, type FakeSocket, MadeVenue, madeCommand } from '../made-venue.js';
import { TOP_BIT, TRADES_BIT } from './market-data.js';

const BUY = 0;
const SELL = 1;
const TRADES: Channel = Channel.Trades;
const TOP: Channel = Channel.Top;

type Logged = ReturnType<MadeVenue['logOn']>;

class Market {
  readonly venue: MadeVenue;
  readonly trader: Logged;
  readonly instruments: number[];
  readonly #key;
  #low = 0;
  #lane = 100;

  constructor(directory: string, options: ConstructorParameters<typeof MadeVenue>[1] = {}, instruments = 2) {
    this.venue = new MadeVenue(directory, options);
    this.#key = this.venue.addKey(this.venue.addAccount());
    this.instruments = Array.from({ length: instruments }, (_, at) =>
      this.venue.addInstrument(at % this.venue.shards.length),
    );
    this.trader = this.venue.logOn(this.#key, { lane: 1 });
    for (const instrument of this.instruments) this.send(CommandKind.SetPhase, { instrument, type: Phase.Continuous });
  }

  send(kind: CommandKind, more: Parameters<typeof madeCommand>[3]): void {
    const record = madeCommand(kind, 1, ++this.#low, more);
    this.venue.gateway.message(this.trader.session, commandFrame(1, record), true);
    this.venue.pump();
  }

  order(side: number, instrument: number, price: number, quantity: number): void {
    this.send(CommandKind.New, { instrument, side, price, quantity });
  }

  watcher(): Logged {
    return this.venue.logOn(this.#key, { lane: this.#lane++ });
  }

  subscribe(to: Logged, channels: number, mode: StreamMode, instruments: number[] = []): void {
    this.venue.gateway.message(
      to.session,
      encodeControl({ type: 'Subscribe', request: 8, channels, mode, instruments }),
      true,
    );
  }

  unsubscribe(to: Logged, channels: number, instruments: number[] = []): void {
    this.venue.gateway.message(
      to.session,
      encodeControl({ type: 'Unsubscribe', request: 9, channels, instruments }),
      true,
    );
  }
}

/** Each stream entry with its records, in the order of arrival. */
function entries(socket: FakeSocket) {
  return socket.publicFrames().flatMap(({ shard, streams, records }) => {
    let at = 0;
    return streams.map((stream) => {
      const from = at;
      at += stream.count;
      return { shard, ...stream, records: records.slice(from, at) };
    });
  });
}

function trades(socket: FakeSocket): [number, number, number][] {
  return entries(socket)
    .filter(({ channel }) => channel === TRADES)
    .flatMap(({ records }) =>
      records.map((record): [number, number, number] => [
        record[EVENT_INSTRUMENT],
        record[EVENT_PRICE],
        record[EVENT_QUANTITY],
      ]),
    );
}

/** Best price, quantity and orders of each side, as the Top records left them. */
function tops(socket: FakeSocket, instrument: number): { buy: number[]; sell: number[] } {
  const sides = { buy: [NO_PRICE, 0, 0], sell: [NO_PRICE, 0, 0] };
  for (const { channel, records } of entries(socket)) {
    if (channel !== TOP) continue;
    for (const record of records) {
      if (record[EVENT_INSTRUMENT] !== instrument) continue;
      const now = [record[EVENT_PRICE], record[EVENT_DISPLAYED], record[EVENT_CUMULATIVE]];
      if ((record[EVENT_KIND_WORD] & EVENT_SELL_BIT) === 0) sides.buy = now;
      else sides.sell = now;
    }
  }
  return sides;
}

/** Places where previousLast is not what was held. */
function gaps(socket: FakeSocket): string[] {
  const held = new Map<string, number>();
  const found: string[] = [];
  for (const { instrument, channel, previousLast, last } of entries(socket)) {
    const key = `${instrument}/${channel}`;
    const before = held.get(key);
    if (before !== undefined && previousLast !== 0 && before !== previousLast) found.push(key);
    held.set(key, last);
  }
  return found;
}

t.test('raw subscribers get every trade and every top, chained, and nothing private', async (t) => {
  const market = new Market(t.testdir(), { shards: 2 });
  const all = market.watcher();
  const one = market.watcher();
  market.subscribe(all, TRADES_BIT | TOP_BIT, StreamMode.Raw);
  market.subscribe(one, TRADES_BIT | TOP_BIT, StreamMode.Raw, [2]);
  t.match(all.socket.last('Subscribed'), { request: 8, instruments: 2 });
  t.match(one.socket.last('Subscribed'), { request: 8, instruments: 1 });
  for (const instrument of market.instruments) {
    market.order(SELL, instrument, 105, 10);
    market.order(SELL, instrument, 106, 20);
    market.order(BUY, instrument, 100, 7);
    market.order(BUY, instrument, 106, 15);
  }
  t.same(trades(all.socket), [
    [1, 105, 10],
    [1, 106, 5],
    [2, 105, 10],
    [2, 106, 5],
  ]);
  t.same(trades(one.socket), [
    [2, 105, 10],
    [2, 106, 5],
  ]);
  t.same(tops(all.socket, 1), { buy: [100, 7, 1], sell: [106, 15, 1] });
  t.same(tops(one.socket, 2), tops(all.socket, 2));
  t.same(gaps(all.socket), []);
  t.same(gaps(one.socket), []);
  for (const { records } of all.socket.publicFrames()) {
    for (const record of records) t.equal(firstPrivateWord(record, 0), -1);
  }
  t.equal(market.venue.framed, false, 'no timer for raw');
  market.venue.end();
});

t.test('a new subscriber is shown the tops as they are, also after a restart', async (t) => {
  const directory = t.testdir();
  const market = new Market(directory);
  market.order(BUY, 1, 100, 7);
  market.order(SELL, 1, 110, 3);
  market.order(SELL, 1, 110, 4);
  market.venue.end();
  const venue = new MadeVenue(directory);
  const key = venue.addKey(1);
  const watcher = venue.logOn(key);
  venue.gateway.message(
    watcher.session,
    encodeControl({ type: 'Subscribe', request: 1, channels: TOP_BIT, mode: StreamMode.Raw, instruments: [1, 2] }),
    true,
  );
  t.same(tops(watcher.socket, 1), { buy: [100, 7, 1], sell: [110, 7, 2] });
  t.same(
    entries(watcher.socket).map(({ instrument, previousLast }) => [instrument, previousLast]),
    [
      [1, 0],
      [2, 0],
    ],
    'an empty book is shown empty',
  );
  venue.end();
});

t.test('framed subscribers get the newest top and all trades, sixty times a second at most', async (t) => {
  const market = new Market(t.testdir());
  const watcher = market.watcher();
  market.subscribe(watcher, TRADES_BIT | TOP_BIT, StreamMode.Frame);
  t.equal(market.venue.framed, true);
  market.venue.gateway.frameTick();
  const before = watcher.socket.publicFrames().length;
  for (let price = 100; price < 110; price++) market.order(BUY, 1, price, 1);
  market.order(SELL, 1, 109, 1);
  market.order(SELL, 1, 108, 1);
  t.equal(watcher.socket.publicFrames().length, before, 'nothing between the ticks');
  market.venue.gateway.frameTick();
  t.same(trades(watcher.socket), [
    [1, 109, 1],
    [1, 108, 1],
  ]);
  t.same(tops(watcher.socket, 1).buy, [107, 1, 1]);
  const topRecords = entries(watcher.socket).filter(({ channel, records }) => channel === TOP && records.length > 0);
  t.equal(topRecords.length, 1, 'one state of twelve');
  market.venue.gateway.frameTick();
  t.equal(watcher.socket.publicFrames().length, before + 2, 'a quiet frame is not sent');
  t.same(gaps(watcher.socket), []);
  market.unsubscribe(watcher, TRADES_BIT | TOP_BIT);
  t.equal(market.venue.framed, false, 'the timer ends with the last of them');
  market.venue.end();
});

for (const mode of [StreamMode.Raw, StreamMode.Frame]) {
  t.test(`a slow reader gets fewer and newer tops and sees which trades it missed, mode ${mode}`, async (t) => {
    const market = new Market(t.testdir());
    const slow = market.watcher();
    const quick = market.watcher();
    const tick = (): void => {
      if (mode === StreamMode.Frame) market.venue.gateway.frameTick();
    };
    for (const watcher of [slow, quick]) market.subscribe(watcher, TRADES_BIT | TOP_BIT, mode);
    market.order(BUY, 1, 100, 50);
    market.order(SELL, 1, 100, 1);
    tick();
    slow.socket.buffered = 2 * 1024 * 1024;
    const before = slow.socket.publicFrames().length;
    for (let quantity = 2; quantity < 6; quantity++) {
      market.order(SELL, 1, 100, quantity);
      tick();
    }
    t.equal(slow.socket.publicFrames().length, before, 'nothing is piled up for it');
    slow.socket.buffered = 0;
    market.venue.gateway.drained(slow.session);
    tick();
    t.same(tops(slow.socket, 1), tops(quick.socket, 1));
    t.same(gaps(slow.socket), ['1/1'], 'the trades have a gap, the tops are chained');
    t.same(trades(slow.socket), [
      [1, 100, 1],
      [1, 100, 5],
    ]);
    t.equal(trades(quick.socket).length, 5);
    market.order(SELL, 1, 100, 6);
    tick();
    t.same(trades(slow.socket).at(-1), [1, 100, 6]);
    t.same(gaps(slow.socket), ['1/1'], 'it goes on without another');
    t.same(gaps(quick.socket), []);
    market.venue.end();
  });
}

t.test('many records are split into frames, and equal subscriptions share their bytes', async (t) => {
  const market = new Market(t.testdir(), {}, 3);
  const watchers = [market.watcher(), market.watcher()];
  for (const watcher of watchers) market.subscribe(watcher, TRADES_BIT, StreamMode.Frame);
  for (let count = 0; count < 320; count++) {
    market.order(BUY, 1 + (count % 3), 100, 1);
    market.order(SELL, 1 + (count % 3), 100, 1);
  }
  market.venue.gateway.frameTick();
  for (const { socket } of watchers) {
    t.equal(trades(socket).length, 320);
    t.equal(socket.publicFrames().length, 2);
    t.same(gaps(socket), []);
  }
  t.same(watchers[0].socket.publicFrames(), watchers[1].socket.publicFrames());
  market.venue.end();
});

t.test('subscriptions are added, replaced and taken away', async (t) => {
  const market = new Market(t.testdir());
  const watcher = market.watcher();
  market.subscribe(watcher, TRADES_BIT, StreamMode.Raw, [77]);
  t.match(watcher.socket.last('Refused'), { request: 8, reason: Reason.UnknownInstrument });
  market.subscribe(watcher, TRADES_BIT, StreamMode.Raw, [1]);
  market.subscribe(watcher, TRADES_BIT, StreamMode.Raw, [1, 2]);
  t.equal(watcher.socket.last('Subscribed')?.instruments, 2);
  market.subscribe(watcher, TRADES_BIT, StreamMode.Raw);
  const trade = (instrument: number): void => {
    market.order(BUY, instrument, 100, 1);
    market.order(SELL, instrument, 100, 1);
  };
  trade(1);
  t.equal(trades(watcher.socket).length, 1, 'all in place of some: each trade comes once');
  market.unsubscribe(watcher, TRADES_BIT);
  trade(1);
  t.equal(trades(watcher.socket).length, 1);
  market.subscribe(watcher, TRADES_BIT, StreamMode.Raw, [2]);
  trade(1);
  trade(2);
  t.equal(trades(watcher.socket).length, 2);
  market.venue.gateway.disconnected(watcher.session);
  trade(2);
  t.equal(trades(watcher.socket).length, 2, 'a connection that is gone is forgotten');
  market.venue.end();
});

t.test('instruments are listed in pages, with their phase', async (t) => {
  const market = new Market(t.testdir(), {}, 3);
  const watcher = market.watcher();
  const ask = (after: number): void =>
    market.venue.gateway.message(
      watcher.session,
      encodeControl({ type: 'InstrumentsRequest', request: 4, after }),
      true,
    );
  ask(0);
  const page = watcher.socket.last('Instruments');
  t.equal(page?.more, false);
  t.same(page?.applied, [5], 'an account, a key, three instruments');
  t.same(
    page?.instruments.map(({ id, symbol, phase, shard }) => [id, symbol, phase, shard]),
    [
      [1, 'I1', Phase.Continuous, 0],
      [2, 'I2', Phase.Continuous, 0],
      [3, 'I3', Phase.Continuous, 0],
    ],
  );
  market.send(CommandKind.SetPhase, { instrument: 3, type: Phase.Halted });
  ask(2);
  t.same(
    watcher.socket.last('Instruments')?.instruments.map(({ id, phase }) => [id, phase]),
    [[3, Phase.Halted]],
  );
  ask(4_000_000_000);
  t.same(watcher.socket.last('Instruments')?.instruments, []);
  market.venue.end();
});

t.test('a key without the right to read trades, and is refused public data', async (t) => {
  const venue = new MadeVenue(t.testdir());
  const instrument = venue.addInstrument();
  const { gateway, session, socket } = venue.logOn(venue.addKey(venue.addAccount(), Right.Trade));
  const message = { channels: TRADES_BIT, mode: StreamMode.Raw, instruments: [instrument] };
  gateway.message(session, encodeControl({ type: 'Subscribe', request: 8, ...message }), true);
  t.same(socket.refusals(), [Reason.NotAllowed]);
  t.equal(socket.last('Refused')?.request, 8);
  t.equal(socket.last('Subscribed'), undefined);
  gateway.message(session, encodeControl({ type: 'InstrumentsRequest', request: 9, after: 0 }), true);
  t.equal(socket.last('Instruments')?.instruments.length, 1, 'it must know what it trades');
  gateway.message(
    session,
    commandFrame(1, madeCommand(CommandKind.New, 1, 1, { instrument, price: 5, quantity: 1 })),
    true,
  );
  venue.pump();
  t.ok(socket.events().length > 0, 'its own answers are private events');
  t.equal(session.unanswered, 0);
  const reader = venue.logOn(venue.addKey(session.account, Right.Read), { lane: 2 });
  gateway.message(reader.session, encodeControl({ type: 'Subscribe', request: 8, ...message }), true);
  t.not(reader.socket.last('Subscribed'), undefined);
  venue.end();
});

/** Price, volume and imbalance of the Indicative records. */
function indicatives(socket: FakeSocket): number[][] {
  return entries(socket)
    .flatMap(({ records }) => records)
    .filter((record) => (record[EVENT_KIND_WORD] & 0xff) === EventKind.Indicative)
    .map((record) => [record[EVENT_PRICE], record[EVENT_QUANTITY], record[EVENT_AMOUNT]]);
}

t.test('an auction says what it would come to, once a tick at most and only while it changes', async (t) => {
  const market = new Market(t.testdir());
  const raw = market.watcher();
  const framed = market.watcher();
  market.subscribe(raw, TOP_BIT, StreamMode.Raw);
  t.equal(market.venue.framed, false);
  market.send(CommandKind.SetPhase, { instrument: 1, type: Phase.Auction });
  t.equal(market.venue.framed, true, 'a tick is wanted for a changed auction');
  market.venue.gateway.frameTick();
  t.equal(market.venue.framed, false, 'and no longer when it was looked at');
  market.order(BUY, 1, 105, 10);
  market.order(SELL, 1, 101, 4);
  market.order(SELL, 1, 103, 2);
  t.same(indicatives(raw.socket), []);
  market.venue.gateway.frameTick();
  t.same(indicatives(raw.socket), [[104, 6, 4]]);
  market.order(BUY, 1, 90, 3);
  market.venue.gateway.frameTick();
  t.same(indicatives(raw.socket), [[104, 6, 4]], 'an order far away changes nothing');
  market.subscribe(framed, TOP_BIT, StreamMode.Frame);
  market.venue.gateway.frameTick();
  t.same(indicatives(framed.socket), [[104, 6, 4]], 'who comes later is told, too');
  market.order(SELL, 1, 105, 1);
  market.venue.gateway.frameTick();
  market.send(CommandKind.Uncross, { instrument: 1 });
  market.venue.gateway.frameTick();
  market.send(CommandKind.SetPhase, { instrument: 1, type: Phase.Continuous });
  market.venue.gateway.frameTick();
  for (const { socket } of [raw, framed]) {
    t.same(indicatives(socket).slice(1, 3), [
      [105, 7, 3],
      [NO_PRICE, 0, 0],
    ]);
    t.same(gaps(socket), []);
    for (const { records } of entries(socket)) for (const record of records) t.equal(firstPrivateWord(record, 0), -1);
  }
  t.equal(indicatives(raw.socket).length, 3);
  market.venue.end();
});
