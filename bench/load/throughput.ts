/**
 * Commands a second at level disk, closed loop, in frames of 1, 16, 64 and 256. Each repeat has a fresh platform; its
 * journal is played again in this process and every event that a session saw is compared. Bench's process.
 */

import type { BenchFigure, BenchOutcome, BenchRequest, BenchSize } from '../outcome.js';
import { figureOf } from '../outcome.js';
import { FULL_LOAD_CONNECTIONS, FULL_LOAD_UNANSWERED, runFullLoad } from './full-load.js';
import { flowOf, inScratch, LoadStage } from './load-stage.js';
import { wrongAnswers } from './void-rules.js';

const FRAMES_OF_64 = '>=500000';
const FRAMES = [1, 16, 64, 256] as const;

interface ThroughputSize {
  readonly repeats: number;
  /** For frames of one, and for longer ones. */
  readonly commands: readonly [number, number];
  readonly warm: number;
}

const SIZES: Readonly<Record<BenchSize, ThroughputSize>> = {
  full: { repeats: 3, commands: [400_000, 1_000_000], warm: 100_000 },
  quick: { repeats: 1, commands: [150_000, 500_000], warm: 50_000 },
  small: { repeats: 1, commands: [4_000, 16_000], warm: 1_000 },
};

export async function benchThroughput({ size, say }: BenchRequest): Promise<BenchOutcome> {
  const { repeats, commands, warm } = SIZES[size];
  const { path, mix } = flowOf(size);
  const rates = new Map<number, number[]>(FRAMES.map((perFrame) => [perFrame, []]));
  /** Processor time of the platform for a command, ns. */
  const costs = new Map<number, number[]>(FRAMES.map((perFrame) => [perFrame, []]));
  const voids: string[] = [];
  let events = 0;
  for (let repeat = 0; repeat < repeats && voids.length === 0; repeat++) {
    await inScratch('throughput', async (folder) => {
      const stage = await LoadStage.open(folder, path, FULL_LOAD_CONNECTIONS);
      try {
        for (const perFrame of FRAMES) {
          const { result, cpu } = await runFullLoad(stage, {
            perFrame,
            commands: perFrame === 1 ? commands[0] : commands[1],
            warmCommands: warm,
          });
          costs.get(perFrame)?.push(Math.round((cpu * 1e9) / result.commands));
          voids.push(...wrongAnswers(`frames of ${perFrame}`, result));
          rates.get(perFrame)?.push(Math.round(result.commandsPerSecond));
          say(`frames of ${perFrame}: ${Math.round(result.commandsPerSecond)} commands/s`);
        }
        const check = await stage.finish();
        voids.push(...check.differences);
        events += check.seenEvents;
        say(`${check.seenEvents} events that sessions saw are those of a replay, SHA-256 ${check.hash.slice(0, 16)}`);
      } finally {
        await stage.abandon();
      }
    });
  }
  const figures: BenchFigure[] = [...rates]
    .filter(([, of]) => of.length > 0)
    .map(([perFrame, of]) =>
      figureOf(`disk.frames_of_${perFrame}`, 'commands/s', of, perFrame === 64 ? { target: FRAMES_OF_64 } : {}),
    );
  return {
    figures: [
      ...figures,
      ...[...costs]
        .filter(([, of]) => of.length > 0)
        .map(([perFrame, of]) => figureOf(`platform_cpu.frames_of_${perFrame}`, 'ns/command', of)),
      { name: 'events_compared', value: events, unit: 'events' },
    ],
    curves: [
      {
        plot: 'throughput',
        line: 'level disk',
        points: figures.map(({ value }, index) => [FRAMES[index] as number, value] as const),
      },
    ],
    conditions: [
      `${mix}, ${FULL_LOAD_CONNECTIONS} connections from another process, at most ${FULL_LOAD_UNANSWERED} commands unanswered, level disk`,
      `${repeats} repeats, each with a fresh platform and journal; ${commands[0]} commands in frames of 1, ${commands[1]} in the others, the first ${warm} not measured`,
      'every event that a session saw is, by account and CRC-32, that of an engine that plays the journaled commands again',
    ],
    voids,
  };
}
