/**
 * What random sequences make of money, icebergs, stops and timers is spoilt in one place at a time: the engine's own walk,
 * which all of these proofs take after every command, names it. Books, lanes and operations are in engine/matching.
 */

import t from 'tap';
import { HIDDEN, LEVEL_ORDERS, LEVEL_SHIFT, TOTAL_SHIFT } from '../../engine/book/level-words.js';
import { ORDER_LEVEL, ORDER_SHIFT } from '../../engine/book/order-words.js';
import { SPECIAL_HIDDEN } from '../../engine/book/special-pool.js';
import {
  HOLDING_COST,
  HOLDING_LOT,
  HOLDING_OPEN,
  HOLDING_ORDER_MAX,
  HOLDING_PLAIN_MAX,
  HOLDING_POSITION,
  HOLDING_QUOTE_PURSE,
  HOLDING_REALISED,
  HOLDING_SHIFT,
  PURSE_AVAILABLE,
  PURSE_RESERVED,
  PURSE_SHIFT,
} from '../../engine/ledger/ledger-words.js';
import { PAIR_SHIFT } from '../../engine/ledger/pair-index.js';
import { hiddenOf } from '../../engine/matching/iceberg.js';
import {
  ACCOUNT_OPEN_ORDERS,
  ACCOUNT_SHIFT,
  INSTRUMENT_KILLED,
  INSTRUMENT_SHIFT,
} from '../../engine/registry-words.js';
import type { EngineState } from '../../engine/state/state.js';
import {
  PLACE_TREE,
  STOP_GROUP,
  STOP_MOST,
  STOP_PLACE,
  STOP_SHIFT,
  STOP_SLOT,
  WATCH_SHIFT,
  WATCH_STOPS,
} from '../../engine/stops/stop-words.js';
import { expiryTimer } from '../../engine/timers/timer-ranges.js';
import { randomScenario } from './random-commands.js';
import { ScenarioPlayer } from './scenario-player.js';

type Words = Int32Array | Float64Array;

/** Spoils the state; false when there is nothing of the kind in it. */
type Spoil = (state: EngineState) => boolean;

const add = (words: Words, at: number, change: number): boolean => {
  words[at] = (words[at] ?? 0) + change;
  return true;
};

/** A word of the first holding, purse or stop that there is. */
const holding =
  (word: number, change: number): Spoil =>
  ({ ledger }) =>
    ledger.holdings.count > 0 && add(ledger.holdingSums, word, change);
const purse =
  (...words: readonly (readonly [number, number])[]): Spoil =>
  ({ ledger }) => {
    for (let at = 0; at < ledger.purses.count << PURSE_SHIFT; at += 1 << PURSE_SHIFT) {
      if ((ledger.purseSums[at + PURSE_RESERVED] ?? 0) === 0 || (ledger.purseSums[at + PURSE_AVAILABLE] ?? 0) === 0)
        continue;
      for (const [word, change] of words) add(ledger.purseSums, at + word, change);
      return true;
    }
    return false;
  };
const stop =
  (word: number, change: number): Spoil =>
  ({ stops }) => {
    for (let at = 0; at < stops.words.length; at += 1 << STOP_SHIFT) {
      if (stops.words[at + STOP_PLACE] === PLACE_TREE) return add(stops.words, at + word, change);
    }
    return false;
  };

/** The slot of an iceberg that rests and hides something, or -1. */
function anIceberg(state: EngineState): number {
  for (let slot = 0; slot < state.books.orders.used; slot++) {
    const level = state.orders[(slot << ORDER_SHIFT) + ORDER_LEVEL] ?? -1;
    if (level >= 0 && state.specials.has(slot) && hiddenOf(state, slot) > 0) return slot;
  }
  return -1;
}

const SPOILT: readonly (readonly [what: string, spoil: Spoil, says: RegExp])[] = [
  ['lots of open buys', holding(HOLDING_OPEN, 1), /open buys/],
  ['lots of open sells', holding(HOLDING_OPEN + 1, 1), /open sells/],
  ['a position that is no whole number', holding(HOLDING_POSITION, 0.5), /not exact/],
  ['realised profit that is no whole number', holding(HOLDING_REALISED, 0.5), /not exact/],
  ['a copy of a lot', holding(HOLDING_LOT, 1), /another worth/],
  ['a copy of a limit', ({ ledger }) => put(ledger.holdingSums, HOLDING_ORDER_MAX, 77_777), /other limits/],
  [
    'a copy of a kill switch',
    ({ ledger }) =>
      ledger.holdings.count > 0 &&
      ledger.holdingSums[HOLDING_PLAIN_MAX] !== -1 &&
      put(ledger.holdingSums, HOLDING_PLAIN_MAX, -1),
    /other limits/,
  ],
  [
    'a cost without a position',
    ({ ledger }) => {
      for (let at = 0; at < ledger.holdings.count << HOLDING_SHIFT; at += 1 << HOLDING_SHIFT) {
        if (ledger.holdingSums[at + HOLDING_POSITION] === 0) return add(ledger.holdingSums, at + HOLDING_COST, 1);
      }
      return false;
    },
    /no position, but a cost/,
  ],
  [
    'the purse of a holding',
    ({ ledger }) => ledger.purses.count > 1 && add(ledger.holdingWords, (0 << PAIR_SHIFT) + HOLDING_QUOTE_PURSE, 1),
    /another purse|negative|reserves/,
  ],
  ['money from nowhere', purse([PURSE_AVAILABLE, 1]), /add up/],
  ['money that no order reserves', purse([PURSE_AVAILABLE, -1], [PURSE_RESERVED, 1]), /reserves/],
  ['a reserve that was not taken', purse([PURSE_AVAILABLE, 1], [PURSE_RESERVED, -1]), /reserves/],
  ['a purse below 0', purse([PURSE_AVAILABLE, -1e15]), /negative/],
  ['what the venue has', ({ ledger, registry }) => registry.assetCount > 0 && add(ledger.venue, 1, 1), /add up/],
  ['what left for another shard', ({ transit }) => add(transit.sent, 1, 1), /in transit/],
  [
    'what came from another shard',
    ({ transit, registry }) => registry.assetCount > 0 && add(transit.moved, 1, 1),
    /add up/,
  ],
  ['what was deposited', ({ ledger, registry }) => registry.assetCount > 0 && add(ledger.supply, 1, -1), /add up/],
  [
    'the count of open orders',
    ({ accounts }) => add(accounts, (1 << ACCOUNT_SHIFT) + ACCOUNT_OPEN_ORDERS, 1),
    /open orders/,
  ],
  [
    'a kill switch of all',
    ({ instruments }) => {
      const at = (1 << INSTRUMENT_SHIFT) + INSTRUMENT_KILLED;
      instruments[at] = (instruments[at] ?? 0) ^ 2;
      return true;
    },
    /not killed like all/,
  ],
  [
    'what an iceberg hides',
    (state) => {
      const slot = anIceberg(state);
      return slot >= 0 && add(state.specials.words, state.specials.at(slot) + SPECIAL_HIDDEN, 1);
    },
    /shows|hidden/,
  ],
  [
    'what a level hides',
    (state) => {
      const level = state.orders[(anIceberg(state) << ORDER_SHIFT) + ORDER_LEVEL] ?? -1;
      return anIceberg(state) >= 0 && add(state.books.levels.totals, (level << TOTAL_SHIFT) + HIDDEN, 1);
    },
    /hidden lots/,
  ],
  [
    'the orders of a level',
    (state) => {
      const level = state.orders[(anIceberg(state) << ORDER_SHIFT) + ORDER_LEVEL] ?? -1;
      return anIceberg(state) >= 0 && add(state.levels, (level << LEVEL_SHIFT) + LEVEL_ORDERS, 1);
    },
    /level/,
  ],
  ['the order of a stop', stop(STOP_SLOT, 1), /stop|slot/],
  ['the largest key below a stop', stop(STOP_MOST, 1), /largest key/],
  ['the group of a stop', stop(STOP_GROUP, 1), /group|does not belong/],
  [
    'the count of stops',
    ({ stops }) => stops.waiting > 0 && add(stops.watch, (1 << WATCH_SHIFT) + WATCH_STOPS, 1),
    /counts/,
  ],
  [
    'a timer that is gone',
    ({ timers, limits, books }) => {
      for (let slot = 0; slot < books.orders.used; slot++) {
        const timer = expiryTimer(limits, slot);
        if (!timers.isSet(timer)) continue;
        timers.clear(timer);
        return true;
      }
      return false;
    },
    /wrong about its expiry/,
  ],
];

function put(words: Words, at: number, value: number): boolean {
  if (words[at] === value) return false;
  words[at] = value;
  return true;
}

for (const [what, spoil, says] of SPOILT) {
  t.test(`validate finds wrong: ${what}`, async (t) => {
    for (let seed = 1; seed <= 200; seed++) {
      const player = new ScenarioPlayer(randomScenario(seed, 120));
      const { commands } = randomScenario(seed, 120);
      for (const command of commands) player.play(command, () => undefined);
      player.engine.validate();
      if (!spoil(player.engine.state)) continue;
      t.throws(() => player.engine.validate(), says, `seed ${seed}`);
      return;
    }
    t.fail('no sequence has any');
  });
}
