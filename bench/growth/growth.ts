/**
 * What grows, and what must not grow with it: commands in very large books, commands that do much and how long they hold
 * others up, bytes an order, garbage, and the check of the money. Every measurement is a process of its own, one at a time;
 * times are those that the process was on a processor, but for the slowest commands of many, which are those of a clock.
 *
 * It is void when an engine answers wrongly or is broken behind it, when V8 collected garbage while the engine ran, or when
 * an order takes more bytes than it may: those do not depend on the machine.
 */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findExcerpt, findRecording } from '../../proof/recordings/data-folder.js';
import { type BenchFigure, type BenchOutcome, type BenchRequest, type BenchSize, figureOf } from '../outcome.js';
import type { runAddUp } from './add-up.js';
import { CROWD_KINDS, type CrowdKind, type CrowdRun, type LevelRun } from './crowds.js';
import { LARGE_KINDS, type LargeKind, type LargeRun, type RoundsRun } from './large-commands.js';
import type { LongRun } from './long-run.js';

interface GrowthSize {
  readonly repeats: number;
  readonly crowds: Readonly<Record<CrowdKind, number>>;
  readonly large: Readonly<Record<LargeKind, number>>;
  readonly level: number;
  /** Commands of the flow, and how many times in a row. */
  readonly flow: readonly [number, number];
  readonly accounts: number;
  readonly assets: readonly [number, number];
}

const MILLION = 1_000_000;
const QUICK_LARGE = {
  uncross: 200_000,
  'uncross-uneven': 200_000,
  sweep: 100_000,
  'mass-cancel': 100_000,
  cascade: 10_000,
};

const SIZES: Readonly<Record<BenchSize, GrowthSize>> = {
  full: {
    repeats: 3,
    crowds: { orders: 10 * MILLION, levels: MILLION, special: MILLION, stops: MILLION, instruments: 100_000 },
    large: { ...QUICK_LARGE, uncross: MILLION, 'uncross-uneven': MILLION },
    level: MILLION,
    flow: [2 * MILLION, 5],
    accounts: 4_096,
    assets: [1, 32],
  },
  quick: {
    repeats: 1,
    crowds: { orders: MILLION, levels: 200_000, special: 200_000, stops: 200_000, instruments: 20_000 },
    large: QUICK_LARGE,
    level: 200_000,
    flow: [MILLION, 2],
    accounts: 4_096,
    assets: [1, 8],
  },
  small: {
    repeats: 1,
    crowds: { orders: 20_000, levels: 20_000, special: 20_000, stops: 20_000, instruments: 2_000 },
    large: { uncross: 10_000, 'uncross-uneven': 10_000, sweep: 5_000, 'mass-cancel': 10_000, cascade: 3_000 },
    level: 5_000,
    flow: [5_000, 2],
    accounts: 64,
    assets: [1, 2],
  },
};

const PEER = join(import.meta.dirname, 'growth-peer-main.js');
/** Bytes that an order may take with its indexes, where that is bounded. */
const MOST_BYTES: Partial<Record<CrowdKind, number>> = { orders: 96, levels: 96, special: 160, stops: 160 };
/** Below so many, what a process breathes by is more than a byte each. */
const WEIGHED = 100_000;
const SECOND_US = 1e6;

export async function benchGrowth({ size, say }: BenchRequest): Promise<BenchOutcome> {
  const sizes = SIZES[size];
  const voids: string[] = [];
  const figures: BenchFigure[] = [];
  const repeated = async <T>(args: readonly (string | number)[]): Promise<T[]> => {
    const runs: T[] = [];
    for (let repeat = 0; repeat < sizes.repeats; repeat += 1) runs.push((await peer(args)) as T);
    say(`${args.join(' ')}: ${JSON.stringify(runs.at(-1))}`);
    return runs;
  };
  const take = (...more: BenchFigure[]): void => void figures.push(...more);
  for (const kind of CROWD_KINDS) {
    const crowd = (await peer(['crowd', kind, sizes.crowds[kind]])) as CrowdRun;
    say(`${sizes.crowds[kind]} ${kind}: ${JSON.stringify(crowd)}`);
    take(...crowdFigures(kind, crowd));
    const most = MOST_BYTES[kind];
    if (most !== undefined && sizes.crowds[kind] >= WEIGHED && crowd.bytesEach > most) {
      voids.push(
        `an order takes ${rounded(crowd.bytesEach)} bytes among ${sizes.crowds[kind]} ${kind}, ${most} at most`,
      );
    }
  }
  take(...levelFigures(await repeated<LevelRun>(['level', '-', sizes.level])));
  for (const kind of LARGE_KINDS) {
    take(...largeFigures(kind, await repeated<LargeRun>(['large', kind, sizes.large[kind]])));
    take(...roundFigures(kind, await repeated<RoundsRun>(['rounds', kind, sizes.large[kind]])));
  }
  const folder = size === 'small' ? findExcerpt('flow_normal').folder : findRecording('flow_normal').folder;
  const long = await repeated<LongRun>(['long', join(folder, 'commands.bin.gz'), ...sizes.flow]);
  take(...longFigures(long));
  const collections = Math.max(...long.map((run) => run.collections));
  if (collections > 0) voids.push(`V8 collected garbage ${collections} times while the engine applied commands`);
  for (const assets of sizes.assets) {
    const checks = await repeated<ReturnType<typeof runAddUp>>(['add-up', '-', sizes.accounts, assets]);
    take(...addUpFigures(sizes.accounts * assets, checks));
  }
  return { figures, curves: [], conditions: conditionsOf(sizes), voids };
}

function conditionsOf({ crowds, large, level, repeats, flow, accounts }: GrowthSize): string[] {
  return [
    `each measurement a fresh process behind the shard's own warm-up (not where memory is weighed), engine in one thread, processor time (of large commands the lesser of that and a clock's, behind a garbage collection); large commands, levels and long runs ${repeats} times`,
    `${crowds.orders} orders over 4 books of 1,000 levels a side, ${crowds.levels} in levels of ten, ${crowds.special} icebergs and ${crowds.stops} trailing stops good till a date, ${crowds.instruments} instruments with an order each; cancels lie evenly over them; bytes: what the process came to hold for each`,
    `a level of ${level} orders beside levels of ten of as many, and beside a small book that has only such`,
    `uncross of ${large.uncross} orders (uneven: of 1 to 7 lots), sweep of ${large.sweep} fills, mass cancel of ${large['mass-cancel']}, cascade of ${large.cascade} stops, in steps of 4,096 events; rounds: the same in a shard on a disk that keeps nothing, with a trade of another instrument in each round`,
    `${flow[0]} commands of flow_normal ${flow[1]} times in a row; single commands by a clock read before and behind each, in a run of their own`,
    `the money of ${accounts} accounts in so many assets, added up once a second`,
  ];
}

function crowdFigures(kind: CrowdKind, { nsToEnter, nsToCancel, bytesEach }: CrowdRun): BenchFigure[] {
  const most = MOST_BYTES[kind];
  return [
    figureOf(`${kind}.enter`, 'ns', [rounded(nsToEnter)]),
    figureOf(`${kind}.cancel`, 'ns', [rounded(nsToCancel)]),
    figureOf(`${kind}.bytes`, 'bytes', [rounded(bytesEach)], most === undefined ? {} : { target: `<=${most}` }),
  ];
}

function levelFigures(runs: readonly LevelRun[]): BenchFigure[] {
  const of = (run: (one: LevelRun) => number): number[] => runs.map((one) => rounded(run(one)));
  const ratios = of(({ large, ofTen }) => large / ofTen);
  return [
    figureOf(
      'level.large',
      'ns',
      of(({ large }) => large),
    ),
    figureOf(
      'level.of_ten',
      'ns',
      of(({ ofTen }) => ofTen),
    ),
    figureOf(
      'level.small_book',
      'ns',
      of(({ alone }) => alone),
    ),
    figureOf('level.ratio', 'times', ratios, { target: '<=2' }),
  ];
}

function largeFigures(kind: LargeKind, runs: readonly LargeRun[]): BenchFigure[] {
  const of = (run: (one: LargeRun) => number): number[] => runs.map((one) => rounded(run(one)));
  const target = kind === 'uncross' || kind === 'uncross-uneven' ? { target: '<=150' } : {};
  return [
    figureOf(
      `${kind}.time`,
      'ms',
      of(({ ms }) => ms),
      target,
    ),
    figureOf(
      `${kind}.event`,
      'ns',
      of(({ nsAnEvent }) => nsAnEvent),
    ),
    figureOf(
      `${kind}.step`,
      'ms',
      of(({ stepMs }) => stepMs),
      { target: '<=5' },
    ),
  ];
}

function roundFigures(kind: LargeKind, runs: readonly RoundsRun[]): BenchFigure[] {
  const more = runs.map(({ longestMs, usualMs }) => rounded(longestMs - usualMs));
  return [figureOf(`${kind}.round_more`, 'ms', more, { target: '<=5' })];
}

function longFigures(runs: readonly LongRun[]): BenchFigure[] {
  const of = (run: (one: LongRun) => number): number[] => runs.map((one) => rounded(run(one)));
  return [
    figureOf(
      'long.collections',
      'times',
      of(({ collections }) => collections),
      { target: '<=0' },
    ),
    figureOf(
      'long.p50',
      'us',
      of(({ p50Us }) => p50Us),
    ),
    figureOf(
      'long.p9999',
      'us',
      of(({ p9999Us }) => p9999Us),
      { target: '<=50' },
    ),
    figureOf(
      'long.longest',
      'us',
      of(({ longestUs }) => longestUs),
    ),
  ];
}

function addUpFigures(purses: number, runs: readonly ReturnType<typeof runAddUp>[]): BenchFigure[] {
  const times = runs.map(({ us }) => rounded(us));
  const shares = runs.map(({ us }) => Number(((us / SECOND_US) * 100).toFixed(4)));
  return [
    figureOf(`add_up.${purses}.time`, 'us', times),
    figureOf(
      `add_up.${purses}.first`,
      'us',
      runs.map(({ firstUs }) => rounded(firstUs)),
    ),
    figureOf(`add_up.${purses}.share`, 'percent', shares),
  ];
}

function rounded(value: number): number {
  return Number(value.toFixed(2));
}

async function peer(args: readonly (string | number)[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', PEER, ...args.map(String)]);
  return JSON.parse(stdout);
}
