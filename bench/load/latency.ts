/**
 * Order to durable acknowledgement over loopback WebSocket from another process, open loop, beside a raw echo of the
 * same bytes at the same rate and beside what the disk needs for the smallest synced write. Bench's process.
 *
 *   sync, idle │ for each rate, a few times: echo, level disk, level matched, one behind the other │ sync, idle
 *
 * The synced writes are sampled at the rate that they are compared at, before and after; the smaller sample counts.
 * A ratio is formed within each repeat; of the repeats the median counts. A repeat in which the generator itself was late
 * is played again, a bounded number of times, and counted.
 */

import { join } from 'node:path';
import { medianOf } from '../../proof/median.js';
import type { BenchCurve, BenchFigure, BenchOutcome, BenchRequest, BenchSize } from '../outcome.js';
import { figureOf } from '../outcome.js';
import { BaselineProcess } from './baselines/baseline-process.js';
import type { Distribution } from './generator/distribution.js';
import type { LoadTarget, OpenAnswer } from './generator/generator-words.js';
import { flowOf, inScratch, LoadStage } from './load-stage.js';
import { placeForLatency } from './placement.js';
import { readStages, STAGES, type Stage, type StageTime, stagesBetween } from './stage-times.js';
import { type SyncSample, sampleSync, smallerSync } from './sync-sampler.js';
import { generatorLag, wrongAnswers } from './void-rules.js';

const CONNECTIONS = 100;

interface RateTargets {
  readonly rate: number;
  readonly disk: string;
}

/** p50 at level disk, against echo and sync together. */
const RATES: readonly RateTargets[] = [
  { rate: 1_000, disk: '<=1.4' },
  { rate: 10_000, disk: '<=1.6' },
  { rate: 30_000, disk: '<=1.8' },
];
const DISK_P99 = '<=2';
const MATCHED_P50 = '<=1.5';

interface LatencySize {
  readonly connections: number;
  readonly rates: readonly RateTargets[];
  readonly repeats: number;
  readonly seconds: number;
  readonly warmSeconds: number;
  readonly syncs: number;
  /** Repeats that may be played again, of each rate. */
  readonly again: number;
}

const SIZES: Readonly<Record<BenchSize, LatencySize>> = {
  full: { connections: CONNECTIONS, rates: RATES, repeats: 3, seconds: 10, warmSeconds: 1, syncs: 2000, again: 2 },
  quick: { connections: CONNECTIONS, rates: RATES, repeats: 1, seconds: 2.5, warmSeconds: 0.5, syncs: 1000, again: 1 },
  small: {
    connections: 10,
    rates: RATES.slice(0, 1),
    repeats: 1,
    seconds: 0.5,
    warmSeconds: 0.1,
    syncs: 100,
    again: 0,
  },
};

/** One repeat at one rate. */
interface Round {
  readonly echo: OpenAnswer;
  readonly disk: OpenAnswer;
  readonly matched: OpenAnswer;
}

/** The runs of a repeat, and where the time went inside the platform in the one of level disk. */
interface StagedRound extends Round {
  readonly stages: ReadonlyMap<Stage, StageTime>;
}

const RUNS = ['echo', 'disk', 'matched'] as const;
type Run = (typeof RUNS)[number];

interface RateRounds {
  readonly targets: RateTargets;
  readonly rounds: readonly StagedRound[];
  readonly playedAgain: number;
}

export async function benchLatency({ size, say }: BenchRequest): Promise<BenchOutcome> {
  const { connections, rates, repeats, seconds, warmSeconds, syncs, again } = SIZES[size];
  const { path, mix } = flowOf(size);
  return inScratch('latency', async (folder) => {
    const voids: string[] = [];
    const before = sampleSyncs(folder, rates, syncs);
    const echoServer = await BaselineProcess.start('uws-baseline-main');
    const stage = await LoadStage.open(folder, path, connections);
    const measured: RateRounds[] = [];
    const placed = placeForLatency({
      platform: stage.platform.pid,
      echo: echoServer.pid,
      generator: stage.generator.pid,
    });
    try {
      const echo: LoadTarget = { kind: 'echo', url: `ws://127.0.0.1:${echoServer.port}` };
      const { url, port } = stage.platform.ready;
      const base = `http://127.0.0.1:${port}`;
      const play = async (target: LoadTarget, rate: number): Promise<OpenAnswer> => {
        const answer = await stage.generator.obey({ type: 'open', target, connections, rate, seconds, warmSeconds });
        stage.saw(answer.streams);
        return answer;
      };
      const playRound = async (rate: number): Promise<StagedRound> => {
        const echoed = await play(echo, rate);
        const before = await readStages(base, 'disk');
        const disk = await play({ kind: 'orders', url, level: 'disk' }, rate);
        const stages = stagesBetween(before, await readStages(base, 'disk'));
        const matched = await play({ kind: 'orders', url, level: 'matched' }, rate);
        return { echo: echoed, disk, matched, stages };
      };
      for (const targets of rates) {
        const { rate } = targets;
        const rounds: StagedRound[] = [];
        let playedAgain = 0;
        while (rounds.length < repeats) {
          const round = await playRound(rate);
          say(`${rate}/s: ${describe(round)}`);
          const wrong = RUNS.flatMap((run) => wrongAnswers(`${rate}/s ${run}`, round[run].result));
          const late = RUNS.flatMap((run) => generatorLag(`${rate}/s ${run}`, round[run].result));
          voids.push(...wrong);
          if (wrong.length > 0) break;
          if (late.length > 0 && playedAgain < again) {
            playedAgain++;
            say(`played again: ${late[0]}`);
            continue;
          }
          voids.push(...late);
          rounds.push(round);
        }
        measured.push({ targets, rounds, playedAgain });
      }
      const check = await stage.finish();
      voids.push(...check.differences);
      say(`${check.seenEvents} events that sessions saw are those of the journal and of a replay`);
    } finally {
      await stage.abandon();
      await echoServer.end();
    }
    const after = sampleSyncs(folder, rates, syncs);
    const syncAt = before.map((sample, at) => smallerSync(sample, after[at] ?? sample));
    const played = measured.reduce((sum, { playedAgain }) => sum + playedAgain, 0);
    return {
      figures: [
        ...measured.flatMap((one, at) => figuresOf(one, syncAt[at] as SyncSample)),
        { name: 'back_to_back.sync.p50', value: (syncAt.at(-1) as SyncSample).p50, unit: 'us' },
      ],
      curves: measured.flatMap(curvesOf),
      conditions: [
        `${mix}, a frame each, ${connections} connections with an account each, from another process; ${placed}`,
        `open loop: latency from each message's planned time to its answer; ${repeats} repeats of ${seconds} s a rate and ` +
          `target, ${warmSeconds} s of warm-up before each; ${played} repeats were late by the generator's own fault and played again`,
        "stages (level disk) from the platform's own histograms at /metrics, from the read frame to the sent answer; their means add up to the whole",
        `sync: 4 KiB writes with O_DSYNC into a file of zeros in the journal's folder on the idle machine, as far apart as the orders; p50 before ${before.map(({ p50 }) => p50).join(', ')}, after ${after.map(({ p50 }) => p50).join(', ')} us, the last ones back to back`,
      ],
      voids,
    };
  });
}

/** At the pace of each rate, and at the end back to back. */
function sampleSyncs(folder: string, rates: readonly RateTargets[], writes: number): SyncSample[] {
  const gaps = rates.map(({ rate }) => 1000 / rate);
  return [...gaps, 0].map((gapMs) => sampleSync(join(folder, 'sync'), writes, gapMs));
}

function describe({ echo, disk, matched }: Round): string {
  const one = ({ result: { latency, lag } }: OpenAnswer) => `${latency.p50}/${latency.p99} (lag ${lag.p99})`;
  return `p50/p99 us: echo ${one(echo)}, disk ${one(disk)}, matched ${one(matched)}`;
}

function figuresOf({ targets, rounds }: RateRounds, sync: SyncSample): BenchFigure[] {
  if (rounds.length === 0) return [];
  const { rate, disk } = targets;
  const us = (kind: Run, take: (latency: Distribution) => number): number[] =>
    rounds.map((round) => take(round[kind].result.latency));
  const ratios = (form: (round: Round) => number): number => Number(medianOf(rounds.map(form)).toFixed(2));
  const p50 = (round: Round, kind: Run) => round[kind].result.latency.p50;
  const p99 = (round: Round, kind: Run) => round[kind].result.latency.p99;
  const figures = [
    figureOf(`${rate}.sync.p50`, 'us', [sync.p50]),
    figureOf(`${rate}.sync.p99`, 'us', [sync.p99]),
    figureOf(
      `${rate}.echo.p50`,
      'us',
      us('echo', (latency) => latency.p50),
    ),
    figureOf(
      `${rate}.echo.p99`,
      'us',
      us('echo', (latency) => latency.p99),
    ),
    figureOf(
      `${rate}.disk.p50`,
      'us',
      us('disk', (latency) => latency.p50),
      {
        ratio: ratios((round) => p50(round, 'disk') / (p50(round, 'echo') + sync.p50)),
        baseline: 'echo+sync',
        target: disk,
      },
    ),
    figureOf(
      `${rate}.disk.p99`,
      'us',
      us('disk', (latency) => latency.p99),
      {
        ratio: ratios((round) => p99(round, 'disk') / (p99(round, 'echo') + sync.p99)),
        baseline: 'echo+sync',
        target: DISK_P99,
      },
    ),
    figureOf(
      `${rate}.disk.p999`,
      'us',
      us('disk', (latency) => latency.p999),
    ),
    figureOf(
      `${rate}.disk.worst`,
      'us',
      us('disk', (latency) => latency.max),
    ),
    figureOf(
      `${rate}.matched.p50`,
      'us',
      us('matched', (latency) => latency.p50),
      {
        ratio: ratios((round) => p50(round, 'matched') / p50(round, 'echo')),
        baseline: 'echo',
        target: MATCHED_P50,
      },
    ),
    figureOf(
      `${rate}.matched.p99`,
      'us',
      us('matched', (latency) => latency.p99),
    ),
    figureOf(
      `${rate}.lag.p99`,
      'us',
      rounds.flatMap((round) => RUNS.map((run) => round[run].result.lag.p99)),
    ),
  ];
  for (const stage of STAGES) {
    const times = rounds.flatMap(({ stages }) => stages.get(stage) ?? []);
    if (times.length === 0) continue;
    figures.push(
      figureOf(
        `${rate}.stage.${stage}.p50`,
        'us',
        times.map(({ p50: middle }) => middle),
      ),
    );
    figures.push(
      figureOf(
        `${rate}.stage.${stage}.mean`,
        'us',
        times.map(({ mean }) => mean),
      ),
    );
  }
  return figures;
}

function curvesOf({ targets, rounds }: RateRounds): BenchCurve[] {
  const last = rounds.at(-1);
  if (last === undefined) return [];
  return (['echo', 'matched', 'disk'] as const).map((line) => ({
    plot: `latency-${targets.rate}`,
    line,
    points: last[line].result.latency.curve,
  }));
}
