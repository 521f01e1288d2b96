/**
 * What a command of each kind costs in the engine alone, in nanoseconds. A clock around each command would cost as much as
 * the command, so pieces of the flow are timed: of each its least time of several passes, and what fits all of them best by
 * least squares over how many commands of each kind, and how many trades, a piece has. A fresh process; its thread.
 */

import { limitsFrom } from '../../engine/limits.js';
import { warmUpShard } from '../../engine/shard/warm-up.js';
import { startEngine } from '../../proof/play-on-engine.js';
import { CommandKind, EventKind } from '../../schemas/codes.js';
import { COMMAND_KIND_WORD, COMMAND_WORDS, EVENT_KIND_WORD, EVENT_WORDS } from '../../schemas/layout.js';
import type { EngineFlow } from './engine-flows.js';

const PIECE = 512;
const KINDS = [CommandKind.New, CommandKind.Cancel, CommandKind.CancelReplace];
/** What the names of the costs are: of a command without its trades, and of each trade more. */
export const COST_NAMES = ['new', 'cancel', 'cancel_replace', 'trade'] as const;
const TRADE = COST_NAMES.length - 1;

export type KindCosts = Readonly<Record<(typeof COST_NAMES)[number], number>>;

export function kindCosts({ venue, commands }: EngineFlow, passes: number): KindCosts {
  warmUpShard();
  const limits = limitsFrom({});
  const count = commands.length / COMMAND_WORDS;
  const pieces = Math.floor(count / PIECE);
  const times = new Array<number>(pieces).fill(Number.POSITIVE_INFINITY);
  const rows = Array.from({ length: pieces }, () => COST_NAMES.map(() => 0));
  const events = new Int32Array(limits.roundEvents * EVENT_WORDS);
  for (let pass = 0; pass < passes; pass += 1) {
    const { engine } = startEngine(venue, limits);
    engine.attach(events);
    for (let piece = 0; piece < pieces; piece += 1) {
      const from = piece * PIECE * COMMAND_WORDS;
      const end = from + PIECE * COMMAND_WORDS;
      let made = 0;
      const started = process.hrtime.bigint();
      for (let at = from; at < end; at += COMMAND_WORDS) made += engine.apply(commands, at, made);
      const took = Number(process.hrtime.bigint() - started);
      times[piece] = Math.min(times[piece] ?? took, took);
      if (pass === 0) rows[piece] = countKinds(commands, from, end, events, made);
    }
  }
  const costs = leastSquares(rows, times);
  return { new: costs[0] ?? 0, cancel: costs[1] ?? 0, cancel_replace: costs[2] ?? 0, trade: costs[TRADE] ?? 0 };
}

function countKinds(commands: Int32Array, from: number, end: number, events: Int32Array, made: number): number[] {
  const row = COST_NAMES.map(() => 0);
  for (let at = from; at < end; at += COMMAND_WORDS) {
    const kind = KINDS.indexOf((commands[at + COMMAND_KIND_WORD] ?? 0) & 0xff);
    row[kind] = (row[kind] ?? 0) + 1;
  }
  for (let event = 0; event < made; event += 1) {
    if (((events[event * EVENT_WORDS + EVENT_KIND_WORD] ?? 0) & 0xff) === EventKind.Fill) {
      row[TRADE] = (row[TRADE] ?? 0) + 1 / 2;
    }
  }
  return row;
}

/**
 * The factors of the columns that make the sums of squares of what is left of `values` least: Gauss on the normal equations.
 * A column that is zero, or follows from those before, gets 0.
 */
export function leastSquares(rows: readonly (readonly number[])[], values: readonly number[]): number[] {
  const width = rows[0]?.length ?? 0;
  const at = (row: readonly number[] | undefined, column: number): number => row?.[column] ?? 0;
  const system = Array.from({ length: width }, (_, one) => [
    ...Array.from({ length: width }, (__, other) => rows.reduce((sum, row) => sum + at(row, one) * at(row, other), 0)),
    rows.reduce((sum, row, index) => sum + at(row, one) * at(values, index), 0),
  ]);
  const scale = Math.max(...system.map((row, index) => at(row, index)));
  for (let pivot = 0; pivot < width; pivot += 1) {
    const lead = system[pivot] ?? [];
    const head = at(lead, pivot);
    if (Math.abs(head) <= scale * Number.EPSILON * width) {
      lead.fill(0);
      continue;
    }
    for (let column = 0; column <= width; column += 1) lead[column] = at(lead, column) / head;
    for (const [index, row] of system.entries()) {
      const factor = at(row, pivot);
      if (index === pivot) continue;
      for (let column = 0; column <= width; column += 1) row[column] = at(row, column) - factor * at(lead, column);
    }
  }
  return system.map((row) => at(row, width));
}
