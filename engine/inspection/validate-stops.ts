/**
 * Walks the stops that wait: trees, queues, counts, and that none is through already. For tests and checkers. Throws with
 * a sentence that names the first thing that is wrong.
 */

import { phasesThatMatch } from '../../schemas/phases.js';
import { FREE, ORDER_LEVEL, ORDER_SHIFT, ORDER_STOP, WAITING } from '../book/order-words.js';
import { findsAny } from '../matching/stops.js';
import {
  BANDED,
  INSTRUMENT_IN_PROGRESS,
  INSTRUMENT_PHASE,
  INSTRUMENT_SHIFT,
  INSTRUMENT_STATIC_BAND,
} from '../registry-words.js';
import { isLeaving } from '../state/progress.js';
import type { EngineState } from '../state/state.js';
import type { StopPool } from '../stops/stop-pool.js';
import {
  GROUP_MASK,
  GROUP_SELL,
  GROUP_SHIFT,
  GROUP_TRAILS,
  GROUP_TRIGGER,
  NEVER,
  PLACE_ASIDE,
  PLACE_QUEUE,
  PLACE_RAISED,
  PLACE_TREE,
  STOP_GROUP,
  STOP_LEFT,
  STOP_MOST,
  STOP_PLACE,
  STOP_PRIORITY,
  STOP_RIGHT,
  STOP_SHIFT,
  STOP_SLOT,
  TRAIL_DISTANCE,
  TRAIL_LEAST,
  TRAIL_SHIFT,
  WATCH_QUEUE_LAST,
  WATCH_REACHED,
  WATCH_SHIFT,
  WATCH_STOPS,
  WATCH_TRADED,
  WATCH_TRAILING,
} from '../stops/stop-words.js';

const MATCHING_PHASES = phasesThatMatch();

/** Returns how many stops wait. */
export function validateStops(state: EngineState): number {
  const { stops, registry } = state;
  const places = new Map<number, number>();
  const counts = new Int32Array(registry.instrumentCount + 1);
  const trailing = new Int32Array(registry.instrumentCount + 1);
  for (let slot = 0; slot < state.books.orders.used; slot++) {
    if (state.orders[(slot << ORDER_SHIFT) + ORDER_LEVEL] !== WAITING) continue;
    const node = state.orders[(slot << ORDER_SHIFT) + ORDER_STOP] as number;
    const at = node << STOP_SHIFT;
    if (stops.words[at + STOP_SLOT] !== slot) throw new Error(`order slot ${slot} waits by a stop of another order`);
    const said = stops.words[at + STOP_PLACE] as number;
    const place = said === PLACE_RAISED ? PLACE_TREE : said;
    const instrument = (stops.words[at + STOP_GROUP] as number) >>> GROUP_SHIFT;
    counts[instrument] = (counts[instrument] as number) + 1;
    if (stops.trailsBehind(node)) trailing[instrument] = (trailing[instrument] as number) + 1;
    places.set(place, (places.get(place) ?? 0) + 1);
    if (place === PLACE_ASIDE) validateAside(state, slot);
  }
  let inTrees = 0;
  let inQueues = 0;
  for (let instrument = 1; instrument <= registry.instrumentCount; instrument++) {
    for (let group = instrument << GROUP_SHIFT; group <= (instrument << GROUP_SHIFT) + GROUP_MASK; group++) {
      const counted = { nodes: 0, entry: 0, extreme: Number.POSITIVE_INFINITY, reached: reachedBy(stops, group) };
      validateTree(state, group, stops.root(group), counted);
      inTrees += counted.nodes;
    }
    inQueues += validateQueue(stops, instrument);
    validateWatch(state, instrument, counts[instrument] as number);
    if (stops.watch[(instrument << WATCH_SHIFT) + WATCH_TRAILING] !== trailing[instrument]) {
      throw new Error(`${trailing[instrument]} stops trail in instrument ${instrument}, it counts others`);
    }
  }
  if (inTrees !== (places.get(PLACE_TREE) ?? 0)) throw new Error(`the trees hold ${inTrees} stops, others wait there`);
  if (inQueues !== (places.get(PLACE_QUEUE) ?? 0)) throw new Error(`the queues hold ${inQueues} stops, others should`);
  const waiting = [...places.values()].reduce((sum, count) => sum + count, 0);
  if (waiting !== stops.waiting) throw new Error(`${waiting} stops wait, the pool counts ${stops.waiting}`);
  return waiting;
}

function validateAside(state: EngineState, slot: number): void {
  if (!isLeaving(state, slot)) {
    throw new Error(`the stop of order slot ${slot} is aside, but no mass cancel will come to it`);
  }
}

/** What a walk through a tree has come to. */
interface Walk {
  nodes: number;
  entry: number;
  /** Of stops that trail: that of the one before, and what none is below. */
  extreme: number;
  readonly reached: number;
}

function reachedBy(stops: StopPool, group: number): number {
  if ((group & GROUP_TRAILS) === 0 || stops.root(group) < 0) return NEVER;
  const place = ((group & GROUP_SELL) >>> 1) | (group & GROUP_TRIGGER);
  return stops.watch[((group >>> GROUP_SHIFT) << WATCH_SHIFT) + WATCH_REACHED + place] as number;
}

/** Extremes never rise from left to right, all are at least what the tree has reached, and the least distance is right. */
function validateTrail(stops: StopPool, node: number, walk: Walk): void {
  const extreme = stops.extremeOf(node);
  if (extreme > walk.extreme) throw new Error(`stop ${node} has seen more than one before it`);
  if (extreme < walk.reached) throw new Error(`stop ${node} has not seen what all of its tree have`);
  walk.extreme = extreme;
  let least = stops.trails[(node << TRAIL_SHIFT) + TRAIL_DISTANCE] as number;
  if (least < 1) throw new Error(`stop ${node} trails at a distance of ${least}`);
  for (const side of [STOP_LEFT, STOP_RIGHT]) {
    const child = stops.words[(node << STOP_SHIFT) + side] as number;
    if (child >= 0) least = Math.min(least, stops.trails[(child << TRAIL_SHIFT) + TRAIL_LEAST] as number);
  }
  if (stops.trails[(node << TRAIL_SHIFT) + TRAIL_LEAST] !== least) {
    throw new Error(`stop ${node} is wrong about the least distance below it`);
  }
}

/** Entries rise from left to right, priorities fall from the root on, and each node knows the largest key below it. */
function validateTree(state: EngineState, group: number, node: number, counted: Walk, above = NEVER): number {
  if (node < 0) return Number.NEGATIVE_INFINITY;
  const { stops } = state;
  const { words, entries } = stops;
  const at = node << STOP_SHIFT;
  const place = words[at + STOP_PLACE] as number;
  const raised = place === PLACE_RAISED && (group & GROUP_TRAILS) !== 0;
  if (words[at + STOP_GROUP] !== group || (place !== PLACE_TREE && !raised)) {
    throw new Error(`stop ${node} stands in the tree of group ${group}, where it does not belong`);
  }
  if (state.orders[((words[at + STOP_SLOT] as number) << ORDER_SHIFT) + ORDER_LEVEL] === FREE) {
    throw new Error(`stop ${node} waits for an order that is gone`);
  }
  const left = words[at + STOP_LEFT] as number;
  const right = words[at + STOP_RIGHT] as number;
  for (const child of [left, right]) {
    if (
      child >= 0 &&
      (words[(child << STOP_SHIFT) + STOP_PRIORITY] as number) > (words[at + STOP_PRIORITY] as number)
    ) {
      throw new Error(`stop ${child} stands below one of less priority`);
    }
  }
  // The topmost that has not told those below it is right.
  const told = above !== NEVER || !raised ? above : stops.extremeOf(node);
  const before = validateTree(state, group, left, counted, told);
  if ((entries[node] as number) <= counted.entry) throw new Error(`stop ${node} stands before an earlier one`);
  counted.entry = entries[node] as number;
  counted.nodes++;
  if ((group & GROUP_TRAILS) !== 0) validateTrail(stops, node, counted);
  const most = Math.max(before, stops.keyOf(node), validateTree(state, group, right, counted, told));
  // Who was not told will be before anything looks there.
  if (above === NEVER && words[at + STOP_MOST] !== most)
    throw new Error(`stop ${node} is wrong about the largest key below it`);
  return most;
}

function validateQueue(stops: StopPool, instrument: number): number {
  let count = 0;
  let before = -1;
  for (let node = stops.firstInQueue(instrument); node >= 0; ) {
    const at = node << STOP_SHIFT;
    if (stops.words[at + STOP_PLACE] !== PLACE_QUEUE || stops.words[at + STOP_LEFT] !== before) {
      throw new Error(`stop ${node} stands wrongly in the queue of instrument ${instrument}`);
    }
    count++;
    before = node;
    node = stops.words[at + STOP_RIGHT] as number;
  }
  if (stops.watch[(instrument << WATCH_SHIFT) + WATCH_QUEUE_LAST] !== before + 1) {
    throw new Error(`the queue of instrument ${instrument} is wrong about its end`);
  }
  return count;
}

function validateWatch(state: EngineState, instrument: number, waiting: number): void {
  const { watch } = state.stops;
  const watchAt = instrument << WATCH_SHIFT;
  if (watch[watchAt + WATCH_STOPS] !== waiting) {
    throw new Error(`${waiting} stops wait in instrument ${instrument}, it counts ${watch[watchAt + WATCH_STOPS]}`);
  }
  const at = instrument << INSTRUMENT_SHIFT;
  if (state.instruments[at + INSTRUMENT_IN_PROGRESS] !== 0) return;
  const matches = ((MATCHING_PHASES >>> (state.instruments[at + INSTRUMENT_PHASE] as number)) & 1) !== 0;
  // A volatility auction keeps those waiting that were triggered before it.
  const goesOn = matches || ((state.instruments[at + INSTRUMENT_STATIC_BAND] as number) & BANDED) === 0;
  if (watch[watchAt + WATCH_TRADED] !== 0 || (goesOn && state.stops.firstInQueue(instrument) >= 0)) {
    throw new Error(`stops of instrument ${instrument} were triggered, and nothing goes on with them`);
  }
  if (matches && findsAny(state, instrument))
    throw new Error(`a stop of instrument ${instrument} is through and waits`);
}
