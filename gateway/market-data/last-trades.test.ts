/** The chain of each instrument's trades, begun with an image that knows all of them, the newest, or nothing. */

import t from 'tap';
import type { HistoryImage } from '../../engine/public/public-history.js';
import type { ShardImage } from '../../engine/public/shard-image.js';
import { EventKind, Phase } from '../../schemas/codes.js';
import {
  EVENT_INSTRUMENT,
  EVENT_KIND_WORD,
  EVENT_QUANTITY,
  EVENT_SEQUENCE,
  EVENT_WORDS,
  NO_PRICE,
} from '../../schemas/layout.js';
import { LastTrades } from './last-trades.js';
import { RecentTrades } from './recent-trades.js';

const SHARD = 1;

function trade(instrument: number, sequence: number): Int32Array {
  const words = new Int32Array(EVENT_WORDS);
  words[EVENT_SEQUENCE] = sequence;
  words[EVENT_INSTRUMENT] = instrument;
  words[EVENT_QUANTITY] = 1;
  words[EVENT_KIND_WORD] = EventKind.Trade;
  return words;
}

/** Of instruments 1 to 4. */
function imageWith(history: Partial<HistoryImage>, trades: readonly Int32Array[]): ShardImage {
  const none = new Int32Array(0);
  return {
    shard: SHARD,
    sequence: 1000,
    adminRecords: 0,
    instruments: Int32Array.from([1, 2, 3, 4].flatMap((id) => [id, Phase.Continuous, NO_PRICE])),
    sides: none,
    markets: new Float64Array(0),
    prices: none,
    totals: new Float64Array(0),
    orders: none,
    lanes: none,
    history: {
      since: 0,
      tradesSince: 0,
      stamp: none,
      lasts: new Float64Array(0),
      trades: Int32Array.from(trades.flatMap((words) => [...words])),
      ...history,
    },
  };
}

function begun(image: ShardImage): { lasts: LastTrades; recent: RecentTrades; missed: ReadonlyMap<number, number> } {
  const lasts = new LastTrades(2);
  const recent = new RecentTrades();
  return { lasts, recent, missed: lasts.begin(image, recent) };
}

t.test('an image that knows all trades goes on with each stream', async (t) => {
  const trades = [trade(1, 10), trade(2, 20), trade(1, 30)];
  const { lasts, recent, missed } = begun(imageWith({ lasts: Float64Array.of(1, 30, 2, 20) }, trades));
  t.equal(missed.size, 0, 'nobody held anything');
  t.match(lasts.of(1), { last: 30, previousLast: 10 });
  t.match(lasts.of(2), { last: 20, previousLast: 0 });
  t.same(
    recent.of(1, 10).map(({ id }) => id),
    [30, 10],
  );
  t.equal(lasts.note(SHARD, 1, trade(1, 1001)), 30);
  t.equal(lasts.note(SHARD, 3, trade(3, 1002)), 0, 'its first');
});

t.test('of the trades that are not kept the last number of each stream is known', async (t) => {
  const { lasts } = begun(imageWith({ tradesSince: 500, lasts: Float64Array.of(1, 600, 4, 70) }, [trade(1, 600)]));
  t.match(lasts.of(1), { last: 600, previousLast: 500 }, 'some trade may lie before it: a gap for whoever holds less');
  t.match(lasts.of(4), { last: 70, record: null });
  t.equal(lasts.note(SHARD, 4, trade(4, 1001)), 70);
  t.match(lasts.of(4), { last: 1001, previousLast: 70 });
  t.equal(lasts.of(4)?.record?.[EVENT_SEQUENCE], 1001);
  t.equal(lasts.note(SHARD, 2, trade(2, 1002)), 0, 'there was none before');
});

t.test('where nothing is known of what was before, the first trade shows a gap', async (t) => {
  const { lasts } = begun(imageWith({ since: 900, tradesSince: 900 }, []));
  t.equal(lasts.note(SHARD, 1, trade(1, 1001)), 900);
  t.equal(lasts.note(0, 9, trade(9, 1002)), 0, 'another shard is another matter');
});

t.test('begun again it says which streams went on meanwhile', async (t) => {
  const { lasts, recent } = begun(imageWith({ lasts: Float64Array.of(1, 10, 2, 20) }, [trade(1, 10), trade(2, 20)]));
  const newer = imageWith({ tradesSince: 400, lasts: Float64Array.of(1, 10, 2, 450) }, [trade(2, 450)]);
  t.same([...lasts.begin(newer, recent)], [[2, 20]]);
  t.same(
    recent.of(2, 10).map(({ id }) => id),
    [450],
    'those in between are not known',
  );
});
