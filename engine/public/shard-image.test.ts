import t from 'tap';
import { seededRandom } from '../../proof/seeded-random.js';
import { JOURNAL, RandomJournal } from '../../proof/shard/random-journal.js';
import { SimulatedDisk } from '../../proof/simulated-disk.js';
import { EVENT_INSTRUMENT, EVENT_SEQUENCE, EVENT_WORDS } from '../../schemas/layout.js';
import { JournalReader } from '../journal/reader.js';
import { LEVEL_NUMBERS, LevelFold } from './level-fold.js';
import { PublicHistory } from './public-history.js';
import { TradePairs, writeTradeChange } from './public-record.js';
import { imageOf, type ShardImage } from './shard-image.js';

const SEEDS = [1, 3, 7, 9, 18, 24, 32, 41];
const INSTRUMENTS = 16;

/** All of the books that a fold says something about. */
function booksOf(fold: LevelFold) {
  const sides = [];
  for (let instrument = 1; instrument <= INSTRUMENTS; instrument++) {
    for (const side of [0, 1]) {
      const count = fold.levelCount(instrument, side);
      const levels = new Float64Array(count * LEVEL_NUMBERS);
      fold.top(instrument, side, count, levels, 0);
      const market = [fold.marketTotal(instrument, side), fold.marketOrders(instrument, side)];
      sides.push([instrument, side, ...market, ...levels]);
    }
  }
  return { stamp: [...fold.stamp], sides };
}

/** Every event of a journal, group by group. */
function* groupsOf(disk: SimulatedDisk, journal: RandomJournal): Generator<Int32Array> {
  const reader = new JournalReader(disk, JOURNAL, journal.identity);
  reader.seekStart();
  for (let record = reader.next(Infinity); record !== null; record = reader.next(Infinity)) yield record.events.slice();
  reader.close();
}

/** The trade records of events from the first on, and the last of each instrument. */
function tradesOf(events: readonly Int32Array[]) {
  const pairs = new TradePairs();
  const record = new Int32Array(EVENT_WORDS);
  const trades: number[] = [];
  const lasts = new Map<number, number>();
  for (const words of events) {
    for (let at = 0; at < words.length; at += EVENT_WORDS) {
      if (!pairs.add(words, at, record, 0) && !writeTradeChange(words, at, record, 0)) continue;
      trades.push(...record);
      lasts.set(record[EVENT_INSTRUMENT] as number, record[EVENT_SEQUENCE] as number);
    }
  }
  return { trades, lasts: [...lasts].sort(([one], [other]) => one - other).flat() };
}

t.test('an image has the books that all events before it come to, and goes on as they do', async (t) => {
  let levels = 0;
  let markets = 0;
  let trades = 0;
  for (const seed of SEEDS) {
    const disk = new SimulatedDisk(seededRandom(seed));
    const journal = new RandomJournal(disk, seed, 600);
    const images: ShardImage[] = [];
    const history = new PublicHistory(null);
    // The history is folded from the same groups, as the auditor does it.
    const folded: Int32Array[] = [];
    while (journal.hasMore) {
      journal.writeGroup(23);
      const all = [...groupsOf(disk, journal)];
      for (const group of all.slice(folded.length)) {
        history.take(group, group.length / EVENT_WORDS);
        folded.push(group);
      }
      images.push(imageOf(journal.engine, history));
    }
    for (const image of images) {
      const full = new LevelFold();
      const begun = new LevelFold();
      begun.begin(image);
      let isBegun = false;
      const before: Int32Array[] = [];
      for (const group of folded) {
        const behind = (group[EVENT_SEQUENCE] as number) > image.sequence;
        if (behind && !isBegun) {
          t.same(booksOf(begun), booksOf(full), `seed ${seed}, at event ${image.sequence}`);
          isBegun = true;
        }
        if (!behind) before.push(group);
        for (let at = 0; at < group.length; at += EVENT_WORDS) {
          const did = full.apply(group, at);
          if (behind && begun.apply(group, at) !== did) t.fail('an event does something else to the begun books');
        }
      }
      t.same(booksOf(begun), booksOf(full), `seed ${seed}, from event ${image.sequence} to the end`);
      const told = tradesOf(before);
      t.same([...image.history.trades], told.trades);
      t.same([...image.history.lasts], told.lasts);
      t.same([image.history.since, image.history.tradesSince], [0, 0]);
      levels += image.prices.length;
      markets += image.markets.filter((number) => number > 0).length;
      trades += told.trades.length;
    }
  }
  t.ok(levels > 300 && markets > 10 && trades > 1000, `${levels} levels, ${markets} of market orders, ${trades} words`);
});

t.test('a history that begins with an image goes on as if it had seen all', async (t) => {
  const disk = new SimulatedDisk(seededRandom(5));
  const journal = new RandomJournal(disk, 18, 900);
  journal.writeRest();
  const groups = [...groupsOf(disk, journal)];
  for (const cut of [0, 1, 7, groups.length - 1, groups.length]) {
    const full = new PublicHistory(null);
    for (const group of groups.slice(0, cut)) full.take(group, group.length / EVENT_WORDS);
    const begun = new PublicHistory(full.image());
    for (const group of groups.slice(cut)) {
      full.take(group, group.length / EVENT_WORDS);
      begun.take(group, group.length / EVENT_WORDS);
    }
    t.same(begun.image(), full.image());
  }
});

t.test('only the newest trades are kept, the last of each instrument always', async (t) => {
  const disk = new SimulatedDisk(seededRandom(6));
  const journal = new RandomJournal(disk, 18, 900);
  journal.writeRest();
  const groups = [...groupsOf(disk, journal)];
  const history = new PublicHistory(null);
  const told = tradesOf(groups);
  const perRound = told.trades.length / EVENT_WORDS;
  // The same events again and again: a history looks at no sequence.
  for (let round = 0; round < Math.ceil(20_000 / perRound); round++) {
    for (const group of groups) history.take(group, group.length / EVENT_WORDS);
  }
  const { trades, lasts, since, tradesSince } = history.image();
  t.equal(since, 0, 'the last of each instrument is known');
  t.ok(tradesSince > 0);
  t.equal(new PublicHistory(history.image()).image().tradesSince, tradesSince);
  t.equal(trades.length, 16_384 * EVENT_WORDS);
  t.same([...trades.subarray(-told.trades.length)], told.trades);
  t.same([...lasts], told.lasts);
});
