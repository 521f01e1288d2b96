/**
 * Books with very many orders, levels, stops and instruments: what one more command costs there, and what one more order
 * takes of memory. Memory is what the process came to hold, so it is measured in a process that does nothing else.
 * Any thread of a fresh process.
 */

import { readFileSync } from 'node:fs';
import { medianOf } from '../../proof/median.js';
import { OrderType } from '../../schemas/codes.js';
import { NO_PRICE } from '../../schemas/layout.js';
import { BUY, GrownVenue, nsEach } from './grown-venue.js';
import { MIDDLE } from './large-commands.js';

export type CrowdKind = (typeof CROWD_KINDS)[number];
export const CROWD_KINDS = ['orders', 'levels', 'special', 'stops', 'instruments'] as const;

/** What a crowd costs. */
export interface CrowdRun {
  readonly nsToEnter: number;
  readonly nsToCancel: number;
  /** What the process came to hold for each, in bytes. */
  readonly bytesEach: number;
}

/** What a cancel costs in levels of different sizes. */
export interface LevelRun {
  /** In the middle of the large one. */
  readonly large: number;
  /** In a level of ten, of as many orders in all. */
  readonly ofTen: number;
  /** In the only level of ten of an instrument, so that all it touches is in the processor's caches. */
  readonly alone: number;
}

const BOOKS = 4;
const LEVELS = 1_000;
const PAGE = 4_096;
const CANCELS = 100_000;
/** Orders before the measured ones: what every engine touches once is none of theirs. */
const FIRST = 1_000;
/** Far from any time of these tests. */
const EXPIRY = 4_000_000_000;
/** Fractions of its multiples lie evenly and in no order. */
const GOLDEN = 0.618_033_988_749_895;
const TEN = 10;
const BLOCK = 1_000;

function heldBytes(): number {
  const pages = Number(readFileSync('/proc/self/statm', 'utf8').split(' ')[1]);
  return pages * PAGE;
}

/** The nth of numbers below `size` that lie evenly and in no order; the first tenth of size are different. */
function scattered(nth: number, size: number): number {
  return Math.floor(((nth * GOLDEN) % 1) * size);
}

function venueOf(kind: CrowdKind, size: number): GrownVenue {
  const all = size + FIRST + LEVELS;
  const instruments = kind === 'instruments' ? size : BOOKS;
  return new GrownVenue(
    {
      maxOrders: all,
      maxLevels: Math.min(all, 2 ** 21 - 1),
      maxInstruments: instruments,
      maxStops: all,
      maxSpecialOrders: all,
      ladderWindows: kind === 'instruments' ? 1_024 : 2 * BOOKS,
    },
    instruments,
  );
}

/** Enters the nth order of a crowd. */
function enterOne(venue: GrownVenue, kind: CrowdKind, nth: number): void {
  const instrument = 1 + (nth % BOOKS);
  const side = (nth >> 2) & 1;
  const price = side === BUY ? MIDDLE - 1 - ((nth >> 3) % LEVELS) : MIDDLE + 1 + ((nth >> 3) % LEVELS);
  if (kind === 'orders') venue.enter(instrument, side, price);
  else if (kind === 'levels') venue.enter(1, BUY, MIDDLE - Math.floor(nth / TEN));
  else if (kind === 'special') {
    venue.enter(instrument, side, price, { type: OrderType.Iceberg, quantity: 10, display: 1, expiry: EXPIRY });
  } else if (kind === 'stops') {
    venue.enter(instrument, side, NO_PRICE, {
      type: OrderType.TrailingStop,
      trigger: 1 + (nth % LEVELS),
      expiry: EXPIRY,
    });
  } else {
    venue.enter(1 + (nth % venue.limits.maxInstruments), BUY, MIDDLE);
  }
}

/** Throws when the engine refuses one, or is broken behind it. */
export function runCrowd(kind: CrowdKind, size: number): CrowdRun {
  const beforeVenue = heldBytes();
  const venue = venueOf(kind, size);
  for (let nth = 0; nth < FIRST; nth += 1) enterOne(venue, kind, nth);
  const before = kind === 'instruments' ? beforeVenue : heldBytes();
  const slots = venue.slot + 1;
  const nsToEnter = nsEach(size, (index) => enterOne(venue, kind, FIRST + index));
  const bytesEach = (heldBytes() - before) / size;
  if (venue.slot + 1 !== slots + size)
    throw new Error(`${venue.slot + 1} orders are there, ${slots + size} were entered`);
  venue.engine.validate();
  const cancels = Math.min(CANCELS, Math.floor(size / TEN));
  const nsToCancel = nsEach(cancels, (index) => {
    const slot = scattered(index, size);
    venue.writeCancel(instrumentOf(venue, kind, slot), slot);
    venue.apply('a cancel');
  });
  return { nsToEnter, nsToCancel, bytesEach };
}

/** The nth order was the first one of its slot. */
function instrumentOf(venue: GrownVenue, kind: CrowdKind, nth: number): number {
  if (kind === 'levels') return 1;
  return kind === 'instruments' ? 1 + (nth % venue.limits.maxInstruments) : 1 + (nth % BOOKS);
}

/** Cancels in turn in the middle of one level of `size`, in levels of ten, and in a small book that has only such. */
export function runLevel(size: number): LevelRun {
  const small = Math.floor(size / TEN);
  const venue = new GrownVenue({ maxOrders: 2 * size + FIRST, maxLevels: small + FIRST, maxInstruments: BOOKS }, BOOKS);
  for (let index = 0; index < size; index += 1) {
    venue.enter(1, BUY, MIDDLE);
    venue.enter(2, BUY, MIDDLE - (index % small));
  }
  // The middle of it: its first and last tenth stay.
  const middle = Math.floor(size / TEN);
  const count = Math.min(BLOCK, Math.floor(size / TEN));
  const blocks = Math.max(1, Math.min(CANCELS, Math.floor(size / TEN)) / BLOCK);
  const [large, ofTen, alone]: [number[], number[], number[]] = [[], [], []];
  for (let block = 0; block < blocks; block += 1) {
    const cancelIn = (instrument: number): number =>
      nsEach(count, (index) => {
        const nth = middle + scattered(block * BLOCK + index, size - 2 * middle);
        venue.writeCancel(instrument, nth * 2 + instrument - 1);
        venue.apply('a cancel');
      });
    large.push(cancelIn(1));
    ofTen.push(cancelIn(2));
    alone.push(nsAlone(venue, count));
  }
  venue.engine.validate();
  return { large: medianOf(large), ofTen: medianOf(ofTen), alone: medianOf(alone) };
}

/** Orders come into levels of ten of an instrument that has no others, and are cancelled; the cancels are measured. */
function nsAlone(venue: GrownVenue, count: number): number {
  const slots = new Int32Array(count);
  const generations = new Int32Array(count);
  for (let index = 0; index < count; index += 1) {
    venue.enter(3, BUY, MIDDLE - Math.floor(index / TEN));
    slots[index] = venue.slot;
    generations[index] = venue.generation;
  }
  return nsEach(count, (index) => {
    const nth = count - 1 - index;
    venue.writeCancel(3, slots[nth] as number, 1, generations[nth]);
    venue.apply('a cancel');
  });
}
