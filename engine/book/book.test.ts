import t from 'tap';
import { Dice } from '../../proof/dice.js';
import { type BookLimits, Books } from './book.js';
import { LEVEL_BETTER, LEVEL_HEAD, LEVEL_SHIFT, LEVEL_WORSE, TOTAL, TOTAL_SHIFT } from './level-words.js';
import { NaiveSide } from './naive-side.js';
import { ORDER_LEVEL, ORDER_NEXT, ORDER_SHIFT } from './order-words.js';
import { SIDE_FAR_LEVELS, SIDE_SHIFT, SIDE_WINDOW, SIDE_WINDOW_LEVELS } from './side-words.js';
import { validateBooks } from './validate-books.js';

const LIMITS: BookLimits = {
  maxOrders: 4096,
  maxLevels: 2048,
  maxInstruments: 4,
  ladderWindows: 4,
  ladderTicks: 64,
};
const HIGHEST = 2147483647;
const LOWEST = -2147483647;

function booksOf(overrides: Partial<BookLimits>, instruments = 1): Books {
  const books = new Books({ ...LIMITS, ...overrides });
  for (let instrument = 1; instrument <= instruments; instrument++) books.open(instrument);
  return books;
}

type PriceSource = (side: number, step: number, random: (below: number) => number) => number;

/**
 * Adds and removes orders at the prices that `priceOf` gives; compares and validates as it goes, and at the end takes
 * everything out again. Returns the first difference, '' for none.
 */
function drive(books: Books, seed: number, steps: number, priceOf: PriceSource, every = 1): string {
  const dice = new Dice(seed);
  const random = (below: number): number => dice.below(below);
  const sides = [new NaiveSide(books, 2), new NaiveSide(books, 3)];
  let wrong = '';
  for (let step = 0; step < steps && wrong === ''; step++) {
    const index = random(2);
    const side = sides[index] as NaiveSide;
    const most = books.levels.free === 0 || books.orders.isFull() ? 0 : 60;
    if (random(100) < most) side.add(priceOf(index, step, random), 1 + random(1000));
    else if (side.levels.length > 0) side.removeFrom(random(3) === 0 ? 0 : random(side.levels.length));
    if (step % every !== 0) continue;
    validateBooks(books, 1);
    wrong = side.difference();
    if (wrong !== '') wrong = `step ${step}: ${wrong}`;
  }
  for (const side of sides) {
    while (side.levels.length > 0) side.removeFrom(random(side.levels.length));
    wrong ||= side.difference();
  }
  if (validateBooks(books, 1) !== 0 || books.levels.free !== books.levels.capacity)
    wrong ||= 'not all levels came back';
  if (books.windows.owners.some((owner) => owner !== -1)) wrong ||= 'not all windows came back';
  return wrong;
}

t.test('a market near one price stays in its window and equals the naive book', async (t) => {
  const wrong = drive(booksOf({}), 1, 3000, (side, _step, random) =>
    side === 0 ? 1000 - random(15) : 1001 + random(15),
  );
  t.equal(wrong, '');
});

t.test('a wandering market equals the naive book', async (t) => {
  const wrong = drive(
    booksOf({}),
    2,
    4000,
    (side, step, random) => Math.floor(step / 4) + (side === 0 ? -random(40) : random(40)),
  );
  t.equal(wrong, '');
});

t.test('a wandering market with windows of three bitmap levels equals the naive book', async (t) => {
  const books = booksOf({ ladderTicks: 4096 });
  const wrong = drive(
    books,
    3,
    3000,
    (side, step, random) => step * 7 + (side === 0 ? -random(3000) : random(3000)),
    7,
  );
  t.equal(wrong, '');
});

t.test('a market that jumps back and forth equals the naive book', async (t) => {
  const wrong = drive(
    booksOf({}),
    4,
    4000,
    (_side, step, random) => (Math.floor(step / 150) % 2 === 0 ? 100 : 1_000_000) + random(50),
  );
  t.equal(wrong, '');
});

t.test('prices at both ends of the range equal the naive book', async (t) => {
  const wrong = drive(booksOf({}), 5, 3000, (_side, _step, random) => {
    const near = random(40);
    const where = random(4);
    return where === 0
      ? LOWEST + near
      : where === 1
        ? HIGHEST - near
        : where === 2
          ? near - 20
          : random(HIGHEST) * 2 - HIGHEST;
  });
  t.equal(wrong, '');
});

t.test('a book without a window is right, too', async (t) => {
  const books = booksOf({ ladderWindows: 0 });
  const wrong = drive(books, 6, 3000, (_side, _step, random) => random(300));
  t.equal(wrong, '');
});

t.test('the tree stays balanced with levels in rising and falling order', async (t) => {
  for (const sign of [1, -1]) {
    const books = booksOf({ ladderWindows: 0 });
    const side = new NaiveSide(books, 2);
    for (let step = 0; step < 1500; step++) side.add(sign * step * 1000, 1);
    validateBooks(books, 1);
    t.equal(side.difference(), '');
    for (let step = 0; step < 1400; step++) side.removeFrom((step * 7919) % side.levels.length);
    validateBooks(books, 1);
    t.equal(side.difference(), '');
  }
});

t.test('a side that began without a window takes one when the pool has one again', async (t) => {
  const books = booksOf({ ladderWindows: 1 }, 2);
  const first = new NaiveSide(books, 2);
  const second = new NaiveSide(books, 4);
  first.add(100, 1);
  for (let tick = 0; tick < 20; tick++) second.add(tick, 1);
  t.equal(books.sides[(4 << SIDE_SHIFT) + SIDE_WINDOW], -1);
  first.removeFrom(0);
  for (let turn = 0; turn < 100; turn++) {
    second.add(30, 1);
    second.removeFrom(0);
  }
  t.not(books.sides[(4 << SIDE_SHIFT) + SIDE_WINDOW], -1);
  t.equal(books.sides[(4 << SIDE_SHIFT) + SIDE_FAR_LEVELS], 0);
  t.equal(second.difference(), '');
  validateBooks(books, 2);
});

t.test('the window follows the market and leaves the old levels to the tree', async (t) => {
  const books = booksOf({});
  const side = new NaiveSide(books, 2);
  for (let tick = 0; tick < 10; tick++) side.add(tick, 1);
  for (let tick = 0; tick < 40; tick++) side.add(10_000 + tick, 1);
  t.equal(books.sides[(2 << SIDE_SHIFT) + SIDE_FAR_LEVELS], 40, 'a few far prices are not worth a move');
  for (let tick = 0; tick < 60; tick++) {
    side.add(10_041, 1);
    side.removeFrom(0);
  }
  t.equal(books.sides[(2 << SIDE_SHIFT) + SIDE_WINDOW_LEVELS], 40);
  t.equal(books.sides[(2 << SIDE_SHIFT) + SIDE_FAR_LEVELS], 10);
  t.equal(side.difference(), '');
  validateBooks(books, 1);
});

t.test('re-bases stay rarer than the accesses that pay for them', async (t) => {
  const books = booksOf({ ladderTicks: 64, maxOrders: 8192 });
  const side = new NaiveSide(books, 2);
  for (let tick = 0; tick < 200; tick++) side.add(tick * 3, 1);
  const bases: number[] = [];
  for (let turn = 0; turn < 2000; turn++) {
    side.add(turn % 2 === 0 ? 1_000_000 : 2_000_000, 1);
    side.removeFrom(0);
    const window = books.sides[(2 << SIDE_SHIFT) + SIDE_WINDOW] as number;
    const base = books.windows.bases[window] as number;
    if (bases.at(-1) !== base) bases.push(base);
  }
  t.ok(bases.length < 2000 / 20, `${bases.length} moves in 2000 jumps`);
});

t.test('validate finds a corrupted link, sum, bitmap, tree and free list', async (t) => {
  const cases: [string, (books: Books, level: number, slot: number) => void, RegExp][] = [
    [
      'worse link',
      (books, level) => (books.levels.words[(level << LEVEL_SHIFT) + LEVEL_WORSE] = -1),
      /worst|counts|tree/,
    ],
    ['better link', (books, level) => (books.levels.words[(level << LEVEL_SHIFT) + LEVEL_BETTER] = level), /better/],
    ['head', (books, level) => (books.levels.words[(level << LEVEL_SHIFT) + LEVEL_HEAD] = -1), /orders/],
    ['total', (books, level) => (books.levels.totals[(level << TOTAL_SHIFT) + TOTAL] = 5), /total/],
    [
      'queue link',
      (books, _level, slot) => (books.orders.words[(slot << ORDER_SHIFT) + ORDER_NEXT] = slot),
      /before|more/,
    ],
    [
      'level of an order',
      (books, _level, slot) => (books.orders.words[(slot << ORDER_SHIFT) + ORDER_LEVEL] = 0),
      /level/,
    ],
    ['free orders', (books) => (books.orders.freeHead = -1), /free/],
    ['free levels', (books) => (books.levels.freeHead = -1), /free/],
    ['fine bitmap', (books) => (books.windows.bits[0] = -1), /bitmap/],
    ['top bitmap', (books) => (books.windows.bits[books.windows.bitWords - 1] = 0), /bitmap/],
    ['cell', (books) => books.windows.cells.fill(0, 0, 64), /bitmap|window/],
    ['root', (books) => (books.sides[(2 << SIDE_SHIFT) + 3] = -1), /tree/],
    ['far count', (books) => (books.sides[(2 << SIDE_SHIFT) + SIDE_FAR_LEVELS] = 1), /far/],
    ['window count', (books) => (books.sides[(2 << SIDE_SHIFT) + SIDE_WINDOW_LEVELS] = 1), /window/],
  ];
  for (const [name, corrupt, sentence] of cases) {
    const books = booksOf({});
    const side = new NaiveSide(books, 2);
    for (let tick = 0; tick < 20; tick++) side.add(tick, 10);
    for (let tick = 0; tick < 20; tick++) side.add(10, 10);
    for (let tick = 0; tick < 20; tick++) side.add(5000 + tick, 10);
    for (let tick = 0; tick < 3; tick++) side.removeFrom(2);
    validateBooks(books, 1);
    const slot = side.levels.find((level) => level.slots.length > 2)?.slots[1] as number;
    const level = books.orders.words[(slot << ORDER_SHIFT) + ORDER_LEVEL] as number;
    corrupt(books, level, slot);
    t.throws(() => validateBooks(books, 1), sentence, name);
  }
});
