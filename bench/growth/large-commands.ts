/**
 * Commands that do much: an uncross of many orders, a sweep, a mass cancel, a cascade of stops. Each goes on in steps of at
 * most maxEventsPerCommand events, and between two of them another instrument trades. Any thread of a fresh process.
 */

import { Engine } from '../../engine/engine.js';
import type { Limits } from '../../engine/limits.js';
import type { CommandRing } from '../../engine/ring/command-ring.js';
import { UP_TO_DURABLE } from '../../engine/ring/output-reader.js';
import { monotonicMs } from '../../engine/shard/clock.js';
import { MadeShard } from '../../engine/shard/made-shard.js';
import { NOWHERE } from '../../engine/shard/scratch-shard.js';
import { medianOf } from '../../proof/median.js';
import { EventKind, OrderType, Phase } from '../../schemas/codes.js';
import { COMMAND_WORDS, EVENT_KIND_WORD, EVENT_QUANTITY, EVENT_WORDS, NO_PRICE } from '../../schemas/layout.js';
import { BUY, GrownVenue, grownLimits, grownTerms, SELL, Stretch } from './grown-venue.js';

export type LargeKind = (typeof LARGE_KINDS)[number];
export const LARGE_KINDS = ['uncross', 'uncross-uneven', 'sweep', 'mass-cancel', 'cascade'] as const;

/** One large command in an engine of its own. */
export interface LargeRun {
  readonly ms: number;
  readonly steps: number;
  readonly events: number;
  readonly nsAnEvent: number;
  /** Of the longest step. */
  readonly stepMs: number;
  /** Trades that the other instrument made between two steps. */
  readonly others: number;
}

/** The same in a shard's rounds, a trade of the other instrument in each. */
export interface RoundsRun {
  readonly rounds: number;
  /** The longest round of those that went on with the large command. */
  readonly longestMs: number;
  /** The median of rounds with nothing but the other instrument's trade. */
  readonly usualMs: number;
}

type Applied = (command: Int32Array) => void;

export const MIDDLE = 1_000_000;
const LEVELS = 1_000;
/** The instrument with the large command, and one that goes on. */
const LARGE = 1;
const OTHER = 2;
const INSTRUMENTS = 2;
const UNEVEN = 7;
const USUAL_ROUNDS = 200;
const EXTRA_ORDERS = 100;
const TIME_US = 1;
/** Accepted and two fills. */
const FILLED_EVENTS = 3;
/** Producers of the made shard: commands come from the second one. */
const RINGS = 2;

/** Throws when it makes other events than it must, or the engine is broken behind it. */
export function runLarge(kind: LargeKind, size: number): LargeRun {
  const venue = prepareLarge(kind, size, null);
  const made = { ms: 0, steps: 0, events: 0, stepMs: 0, others: 0 };
  const seen = new Map<number, number>();
  collectGarbage();
  let stretch = new Stretch();
  for (let events = venue.apply(kind); ; ) {
    const ms = stretch.ms();
    made.ms += ms;
    made.steps += 1;
    made.events += events;
    made.stepMs = Math.max(made.stepMs, ms);
    countEvents(venue.events, events, seen);
    if (venue.engine.operationsInProgress === 0) break;
    writeOther(venue, BUY);
    venue.apply('an order beside it');
    writeOther(venue, SELL);
    if (venue.apply('a trade beside it') < FILLED_EVENTS) {
      throw new Error('the other instrument did not trade');
    }
    made.others += 1;
    stretch = new Stretch();
    events = venue.goOn();
  }
  checkLarge(kind, size, seen);
  venue.engine.validate();
  return { ...made, nsAnEvent: (made.ms * 1e6) / made.events };
}

/** How long rounds of a shard on a disk that keeps nothing take while a large command goes on. Throws as runLarge does. */
export function runLargeInRounds(kind: LargeKind, size: number): RoundsRun {
  const limits = limitsOfLarge(size);
  const shard = new MadeShard(NOWHERE, RINGS, new Engine(limits, 0, 1), limits);
  const ring = shard.producers[1] as CommandRing;
  const taken = shard.consumers[1] as CommandRing;
  const events = new Int32Array(limits.outputRingSlots * EVENT_WORDS);
  const seen = new Map<number, number>();
  const play = (): number => {
    const stretch = new Stretch();
    shard.round.doRound(TIME_US, monotonicMs());
    const ms = stretch.ms();
    countEvents(events, shard.reader.read(events, 0, limits.outputRingSlots, UP_TO_DURABLE), seen);
    return ms;
  };
  const send = (words: Int32Array, count: number): void => {
    if (ring.publish(words, 0, count) < 0) throw new Error('the made shard has no room');
  };
  const { words } = grownTerms(INSTRUMENTS, isAuction(kind) ? Phase.Auction : Phase.Continuous);
  send(words, words.length / COMMAND_WORDS);
  play();
  const batch = new Int32Array(limits.roundCommands * COMMAND_WORDS);
  let count = 0;
  const flush = (): void => {
    send(batch, count);
    for (count = 0; taken.available() > 0; ) play();
  };
  const venue = prepareLarge(kind, size, (command) => {
    batch.set(command, count * COMMAND_WORDS);
    count += 1;
    if (count === limits.roundCommands) flush();
  });
  const large = venue.command.slice();
  flush();
  seen.clear();
  collectGarbage();
  send(large, 1);
  const rounds = [play()];
  const tradeBeside = (): number => {
    writeOther(venue, BUY);
    send(venue.command, 1);
    writeOther(venue, SELL);
    send(venue.command, 1);
    return play();
  };
  while (shard.engine.operationsInProgress > 0) rounds.push(tradeBeside());
  const made = new Map(seen);
  const usual = Array.from({ length: USUAL_ROUNDS }, tradeBeside);
  // Each of the other's trades made two fills of one lot.
  made.set(EventKind.Fill, (made.get(EventKind.Fill) ?? 0) - 2 * (rounds.length - 1));
  checkLarge(kind, size, made);
  shard.engine.validate();
  return { rounds: rounds.length, longestMs: Math.max(...rounds), usualMs: medianOf(usual) };
}

/** What preparing left is not collected meanwhile; a process without --expose-gc goes on with it. */
function collectGarbage(): void {
  globalThis.gc?.();
}

function isAuction(kind: LargeKind): boolean {
  return kind === 'uncross' || kind === 'uncross-uneven';
}

function limitsOfLarge(size: number): Limits {
  const room = size + EXTRA_ORDERS;
  return grownLimits({ maxOrders: room, maxLevels: Math.min(room, 4 * LEVELS), maxStops: room, maxInstruments: 4 });
}

/** A venue that has what the large command of this size needs; the command is written, not applied. */
function prepareLarge(kind: LargeKind, size: number, applied: Applied | null): GrownVenue {
  const limits = limitsOfLarge(size);
  if (isAuction(kind)) {
    const venue = new GrownVenue(limits, INSTRUMENTS, Phase.Auction, applied);
    venue.writePhase(OTHER, Phase.Continuous);
    venue.apply('a phase');
    for (let index = 0; index < size / 2; index += 1) {
      const ticks = index % LEVELS;
      venue.enter(LARGE, BUY, MIDDLE + ticks, { account: 1, quantity: lotsOf(kind, index) });
      venue.enter(LARGE, SELL, MIDDLE - ticks, { account: 2, quantity: lotsOf(kind, 3 * index + 1) });
    }
    venue.writeUncross(LARGE);
    return venue;
  }
  const venue = new GrownVenue(limits, INSTRUMENTS, Phase.Continuous, applied);
  if (kind === 'cascade') {
    // All are triggered by the price of the first trade; each takes one lot of the bid.
    venue.enter(LARGE, BUY, MIDDLE, { account: 2, quantity: size + 1 });
    for (let index = 0; index < size; index += 1) {
      venue.enter(LARGE, SELL, NO_PRICE, { type: OrderType.Stop, trigger: MIDDLE + (index % LEVELS) });
    }
    venue.writeMarket(LARGE, SELL, 1, 3);
    return venue;
  }
  for (let index = 0; index < size; index += 1) venue.enter(LARGE, SELL, MIDDLE + (index % LEVELS));
  if (kind === 'sweep') venue.writeMarket(LARGE, BUY, size, 2);
  else venue.writeMassCancel(LARGE, 1);
  return venue;
}

/** Of the nth order of an auction. Uneven ones mostly meet two or three others. */
function lotsOf(kind: LargeKind, nth: number): number {
  return kind === 'uncross' ? 1 : 1 + (nth % UNEVEN);
}

/** One half of a trade of the other instrument. */
function writeOther(venue: GrownVenue, side: number): void {
  venue.writeNew(OTHER, side, MIDDLE, { account: side === BUY ? 3 : 4 });
}

/** Counts events by their kind; of fills the lots. */
function countEvents(events: Int32Array, count: number, seen: Map<number, number>): void {
  for (let event = 0; event < count; event += 1) {
    const kind = (events[event * EVENT_WORDS + EVENT_KIND_WORD] as number) & 0xff;
    const more = kind === EventKind.Fill ? (events[event * EVENT_WORDS + EVENT_QUANTITY] as number) : 1;
    seen.set(kind, (seen.get(kind) ?? 0) + more);
  }
}

/** Throws when the events are not those that the large command of this size makes. */
function checkLarge(kind: LargeKind, size: number, seen: ReadonlyMap<number, number>): void {
  const expect = (event: EventKind, right: number): void => {
    const count = seen.get(event) ?? 0;
    if (count !== right)
      throw new Error(`the ${kind} of ${size} has ${count} of ${EventKind[event]}, ${right} are right`);
  };
  if (kind === 'mass-cancel') {
    expect(EventKind.Cancelled, size);
    return;
  }
  let lots = kind === 'cascade' ? size + 1 : size;
  if (isAuction(kind)) {
    const [bought, sold] = [lotsOfSide(kind, size, 1, 0), lotsOfSide(kind, size, 3, 1)];
    lots = Math.min(bought, sold);
    expect(EventKind.Uncrossed, 1);
  }
  expect(EventKind.Fill, 2 * lots);
  if (kind === 'cascade') expect(EventKind.Triggered, size);
}

function lotsOfSide(kind: LargeKind, size: number, factor: number, first: number): number {
  let lots = 0;
  for (let index = 0; index < size / 2; index += 1) lots += lotsOf(kind, factor * index + first);
  return lots;
}
