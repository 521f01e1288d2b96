/**
 * The engine's bench: flow_normal through the shard's own engine class and options, plain, with limits, and with money, fees
 * and prevention of self-trades besides; the same spread over a thousand instruments and as a market that jumps, beside nodejs-order-book (and exchange-core, where Java is) on the same
 * commands in the same run. Every measurement is a process of its own, one at a time.
 *
 * Right answers: the report lines of the whole file have the hash that independent engines agree on; every timed copy
 * of the events has the checksum of an untimed play, and that one's traded quantity, refusals and final depth are those
 * of nodejs-order-book.
 */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { medianOf } from '../../proof/median.js';
import { findExcerpt, findRecording } from '../../proof/recordings/data-folder.js';
import { readExpectedHash } from '../../proof/recordings/flow-reports.js';
import type { FlowOutcome } from '../flow/flow.js';
import { type BenchFigure, type BenchOutcome, type BenchRequest, type BenchSize, figureOf } from '../outcome.js';
import type { EngineAnswers } from './engine-answers.js';
import { FLOW_KINDS, type FlowKind } from './engine-flows.js';
import { type CoreRun, makeCore, playCore } from './exchange-core.js';
import { disagreement } from './flow-answers.js';
import { COST_NAMES, type KindCosts } from './kind-costs.js';
import type { BooksPass } from './order-books.js';

interface EngineSize {
  readonly repeats: number;
  readonly passes: number;
  readonly commands: number;
}

const SIZES: Readonly<Record<BenchSize, EngineSize>> = {
  full: { repeats: 5, passes: 6, commands: Number.MAX_SAFE_INTEGER },
  quick: { repeats: 1, passes: 5, commands: 600_000 },
  small: { repeats: 1, passes: 2, commands: 5_000 },
};

const PEER = join(import.meta.dirname, 'flow-peer-main.js');
const MEGABYTE = 2 ** 20;

/** Kinds whose commands are told apart. */
const COSTED = ['normal', 'all'] as const;

type Rates = Record<FlowKind, { first: number[]; warm: number[] }>;

export async function benchEngine({ size, say }: BenchRequest): Promise<BenchOutcome> {
  const { repeats, passes, commands } = SIZES[size];
  const folder = size === 'small' ? findExcerpt('flow_normal').folder : findRecording('flow_normal').folder;
  const path = join(folder, 'commands.bin.gz');
  const hash = readExpectedHash(join(folder, 'reports.sha256'));
  const ask = <T>(what: string, kind: FlowKind): Promise<T> =>
    peer(what, kind, path, String(commands), String(passes)) as Promise<T>;
  const rates: Rates = {
    normal: { first: [], warm: [] },
    limits: { first: [], warm: [] },
    all: { first: [], warm: [] },
    spread: { first: [], warm: [] },
    jumping: { first: [], warm: [] },
  };
  const voids: string[] = [];
  const asked = new Map<FlowKind, EngineAnswers>();
  const bytes = new Map<FlowKind, number>();
  for (const kind of FLOW_KINDS) {
    const engine = await ask<EngineAnswers>('answers', kind);
    const { answers } = await ask<BooksPass>('books', kind);
    const differs = disagreement(engine.answers, answers);
    if (differs !== '') voids.push(`the engine and nodejs-order-book disagree on the ${kind} flow: ${differs}`);
    asked.set(kind, engine);
    bytes.set(kind, await ask<number>('weight', kind));
  }
  const costs = new Map<FlowKind, KindCosts>();
  for (const kind of COSTED) costs.set(kind, await ask<KindCosts>('costs', kind));
  const books: number[] = [];
  const core: number[] = [];
  // It plays whole files only.
  const absent = size === 'full' ? await makeCore() : 'exchange-core is run in full alone';
  if (absent !== '') say(absent);
  let played = 0;
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    for (const kind of FLOW_KINDS) {
      const outcome = await ask<FlowOutcome>('engine', kind);
      if (outcome.hash !== '' && outcome.hash !== hash) voids.push(`the report lines hash to ${outcome.hash}`);
      if (outcome.checksum !== asked.get(kind)?.checksum) voids.push(`a timed play of ${kind} made other events`);
      rates[kind].first.push(rounded(outcome.rates[0] ?? 0));
      rates[kind].warm.push(rounded(Math.max(...outcome.rates)));
      played = outcome.commands;
      say(`${kind}: first ${rates[kind].first.at(-1)}, warm ${rates[kind].warm.at(-1)} M commands/s`);
    }
    const { seconds } = await ask<BooksPass>('books', 'normal');
    books.push(rounded(played / seconds / 1e6));
    say(`nodejs-order-book: ${books.at(-1)} M commands/s`);
    if (absent === '') {
      const { warm, answers }: CoreRun = await playCore(path);
      const differs = disagreement(asked.get('normal')?.answers ?? answers, answers);
      if (differs !== '') voids.push(`the engine and exchange-core disagree: ${differs}`);
      core.push(warm);
      say(`exchange-core: ${warm} M commands/s`);
    }
  }
  const more = absent === '' ? [figureOf('exchange_core', 'Mcommands/s', core)] : [];
  return {
    figures: [...figures(rates, books, bytes), ...kindFigures(costs), ...more],
    curves: [],
    conditions: [
      `${played} commands of flow_normal, two accounts, each measurement a fresh process of ${passes} passes behind the shard's own warm-up, ${repeats} repeats; first: its first pass, warm: its best one`,
      'events of 96 bytes into an output ring that a second thread empties; no socket, no journal',
      'limits: both accounts have limits of quantity, notional, open orders, position and rate; all: besides, orders reserve money, trades move it and pay fees, and each order prevents self-trades; none of it acts, and the report lines are those of the plain flow',
      'ns: the engine alone, by least squares over the least times of pieces of 512 commands; a trade comes on top of its command',
      'spread: 1,000 instruments; jumping: 2^30 ticks up and back every 1,000 commands; nodejs-order-book: one pass of a fresh process, its answers not sent anywhere',
      'memory: what each of eight engines side by side comes to hold, of what it claims at the start',
    ],
    voids,
  };
}

function figures(rates: Rates, books: readonly number[], bytes: ReadonlyMap<FlowKind, number>): BenchFigure[] {
  const warm = medianOf(rates.normal.warm);
  const memory = (kind: FlowKind): number => (bytes.get(kind) ?? 0) / MEGABYTE;
  const over = (name: string, of: number, baseline: string, target: string): BenchFigure => ({
    name,
    value: rounded(of),
    unit: 'times',
    ratio: rounded(of),
    baseline,
    target,
  });
  return [
    figureOf('normal.first', 'Mcommands/s', rates.normal.first, { target: '>=7' }),
    figureOf('normal.warm', 'Mcommands/s', rates.normal.warm, { target: '>=10' }),
    figureOf('limits.warm', 'Mcommands/s', rates.limits.warm, { target: '>=10' }),
    figureOf('all.first', 'Mcommands/s', rates.all.first),
    figureOf('all.warm', 'Mcommands/s', rates.all.warm, { target: '>=8' }),
    over('all.start', medianOf(rates.all.first) / medianOf(rates.all.warm), 'warm', '>=0.7'),
    figureOf('spread.warm', 'Mcommands/s', rates.spread.warm),
    figureOf('jumping.warm', 'Mcommands/s', rates.jumping.warm),
    over('jumping.time', warm / medianOf(rates.jumping.warm), 'flow_normal', '<=5'),
    figureOf('normal.memory', 'MiB', [rounded(memory('normal'))]),
    figureOf('spread.memory', 'MiB', [rounded(memory('spread'))]),
    over('jumping.memory', memory('jumping') / memory('normal'), 'flow_normal', '<=2'),
    figureOf('nodejs_order_book', 'Mcommands/s', books),
    over('normal.gain', warm / medianOf(books), 'nodejs-order-book', '>=14'),
  ];
}

function kindFigures(costs: ReadonlyMap<FlowKind, KindCosts>): BenchFigure[] {
  return [...costs].flatMap(([kind, of]) =>
    COST_NAMES.map((name) => figureOf(`${kind}.${name}`, 'ns', [rounded(of[name])])),
  );
}

function rounded(value: number): number {
  return Number(value.toFixed(2));
}

async function peer(...args: string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', PEER, ...args], {
    maxBuffer: MEGABYTE,
  });
  return JSON.parse(stdout);
}
