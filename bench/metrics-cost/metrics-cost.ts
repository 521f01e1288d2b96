/**
 * What the metrics cost: two platforms, one with --metrics on and one with off, get the same load in strict turn while
 * the other rests: one that has just rested has its next segment ready, so each must have rested as long as the other. A
 * run with metrics is compared with the runs without on both sides of it, so that what the machine does otherwise hits
 * both alike. What was counted is looked at in the end.
 * Bench's process.
 */

import { join } from 'node:path';
import { readPrometheusText } from '../../gateway/metrics/prometheus-text.js';
import { medianOf } from '../../proof/median.js';
import { FULL_LOAD_CONNECTIONS, runFullLoad } from '../load/full-load.js';
import { flowOf, inScratch, LoadStage } from '../load/load-stage.js';
import { wrongAnswers } from '../load/void-rules.js';
import type { BenchSize } from '../outcome.js';

/** Frames of one: the most messages and rounds for a command; of 64: what a busy member sends. */
export const FRAME_SIZES = [1, 64] as const;

const COMMANDS: Readonly<Record<BenchSize, readonly [number, number]>> = {
  full: [200_000, 800_000],
  quick: [60_000, 300_000],
  small: [2_000, 8_000],
};

/** One run of the load. */
interface Run {
  readonly commandsPerSecond: number;
  /** Processor time of the platform for one command, µs. */
  readonly cpuUs: number;
}

/** On in relation to off, within one pair. */
interface Pair {
  readonly rate: number;
  readonly cpu: number;
  /** Without metrics, for one command, µs. */
  readonly cpuUs: number;
}

export interface MetricsCost {
  readonly perFrame: number;
  /** Share of the throughput that is lost, in percent: of the median pair. Negative: none that could be seen. */
  readonly ratePercent: number;
  readonly rateRatio: number;
  readonly rateSpread: readonly [number, number];
  /** More processor time for a command, in percent: of the median pair. */
  readonly cpuPercent: number;
  readonly cpuRatio: number;
  /** Of the platform without metrics, for one command, µs: of the median pair. */
  readonly cpuUs: number;
}

/** What is on in one platform and off in the other: a flag of both. */
export const COST_OF = ['metrics', 'auditor'] as const;
export type CostOf = (typeof COST_OF)[number];

/** Throws when an answer is wrong, what is on did nothing or what is off did, or a platform does not end cleanly. */
export async function measureCost(
  what: CostOf,
  size: BenchSize,
  pairs: number,
  say: (line: string) => void,
): Promise<MetricsCost[]> {
  const { path } = flowOf(size);
  return inScratch(what, async (folder) => {
    // Whose cost is not asked for is off in both.
    const rest = what === 'metrics' ? ['--auditor', 'off'] : [];
    const open = (setting: 'on' | 'off'): Promise<LoadStage> =>
      LoadStage.open(join(folder, setting), path, FULL_LOAD_CONNECTIONS, [`--${what}`, setting, ...rest]);
    const on = await open('on');
    const off = await open('off').catch(async (error) => {
      await on.abandon();
      throw error;
    });
    try {
      const costs: MetricsCost[] = [];
      for (const [at, perFrame] of FRAME_SIZES.entries()) {
        const commands = COMMANDS[size][at] ?? 0;
        // Warms both up, and is what the first pair is compared with.
        await run(on, perFrame, commands);
        let before = await run(off, perFrame, commands);
        const found: Pair[] = [];
        for (let pair = 1; pair <= pairs; pair++) {
          const counted = await run(on, perFrame, commands);
          const after = await run(off, perFrame, commands);
          const one = pairOf(before, counted, after);
          const { rate, cpu } = one;
          found.push(one);
          before = after;
          say(`frames of ${perFrame}, pair ${pair}: throughput ${rate.toFixed(3)}, processor ${cpu.toFixed(3)} of off`);
        }
        costs.push(costOf(perFrame, found));
      }
      const commands = FRAME_SIZES.reduce((all, _, at) => all + (pairs + 1) * (COMMANDS[size][at] ?? 0), 0);
      if (what === 'metrics') {
        await checkCounted(on, commands);
        await checkOff(off);
      } else {
        await checkAudited(on, off);
      }
      for (const stage of [on, off]) {
        const { differences } = await stage.finish();
        if (differences.length > 0) throw new Error(differences.join('; '));
      }
      return costs;
    } finally {
      await on.abandon();
      await off.abandon();
    }
  });
}

/** The costs out of the pairs. */
export function costOf(perFrame: number, pairs: readonly Pair[]): MetricsCost {
  const rates = pairs.map(({ rate }) => rate);
  const rateRatio = medianOf(rates);
  const cpuRatio = medianOf(pairs.map(({ cpu }) => cpu));
  return {
    perFrame,
    ratePercent: (1 - rateRatio) * 100,
    rateRatio,
    rateSpread: [Math.min(...rates), Math.max(...rates)],
    cpuPercent: (cpuRatio - 1) * 100,
    cpuRatio,
    cpuUs: medianOf(pairs.map(({ cpuUs }) => cpuUs)),
  };
}

/** A run with metrics beside the middle of the runs without that came before and after it. */
function pairOf(before: Run, counted: Run, after: Run): Pair {
  return {
    rate: (2 * counted.commandsPerSecond) / (before.commandsPerSecond + after.commandsPerSecond),
    cpu: (2 * counted.cpuUs) / (before.cpuUs + after.cpuUs),
    cpuUs: (before.cpuUs + after.cpuUs) / 2,
  };
}

async function run(stage: LoadStage, perFrame: number, commands: number): Promise<Run> {
  const { result, cpu } = await runFullLoad(stage, { perFrame, commands, warmCommands: 0 });
  const wrong = wrongAnswers(`frames of ${perFrame}`, result);
  if (wrong.length > 0) throw new Error(wrong.join('; '));
  return { commandsPerSecond: result.commandsPerSecond, cpuUs: (cpu * 1e6) / commands };
}

async function checkAudited(on: LoadStage, off: LoadStage): Promise<void> {
  const groups = 'tredye_audit_groups_total{shard="0"}';
  const [compared = 0, none = 0] = [(await scrape(on)).get(groups), (await scrape(off)).get(groups)];
  if (compared === 0 || none !== 0) throw new Error(`the auditors compared ${compared} and ${none} groups`);
}

async function scrape(stage: LoadStage): Promise<Map<string, number>> {
  const response = await fetch(metricsOf(stage));
  const families = readPrometheusText(await response.text());
  return new Map([...families.values()].flatMap(({ samples }) => [...samples]));
}

/** Each command of the load is in the whole and in each stage; those that set up the market are, too. */
async function checkCounted(stage: LoadStage, commands: number): Promise<void> {
  const values = await scrape(stage);
  const whole = values.get('tredye_order_seconds_count{level="disk"}') ?? 0;
  const untimed = values.get('tredye_orders_untimed_total') ?? 0;
  if (whole + untimed < commands) throw new Error(`${commands} commands were answered, ${whole} are counted.`);
  let sum = 0;
  for (const name of ['sequenced', 'matched', 'durable', 'sent']) {
    const labels = `{level="disk",stage="${name}"}`;
    const count = values.get(`tredye_order_stage_seconds_count${labels}`);
    if (count !== whole) throw new Error(`${whole} commands were counted, ${count} in the stage ${name}.`);
    sum += values.get(`tredye_order_stage_seconds_sum${labels}`) ?? 0;
  }
  const wholeSum = values.get('tredye_order_seconds_sum{level="disk"}') ?? 0;
  // Each is a whole number of microseconds, written as seconds.
  if (Math.round(sum * 1e6) !== Math.round(wholeSum * 1e6)) {
    throw new Error(`The stages add up to ${sum} s, the whole is ${wholeSum} s.`);
  }
}

async function checkOff(stage: LoadStage): Promise<void> {
  const { status } = await fetch(metricsOf(stage));
  if (status !== 404) throw new Error(`The platform without metrics answers ${status} to whom asks for them.`);
}

function metricsOf({ platform }: LoadStage): string {
  return `http://127.0.0.1:${platform.ready.port}/metrics`;
}
