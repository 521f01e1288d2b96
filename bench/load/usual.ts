/**
 * The same flow against what people usually write (usual-server-main.ts), beside the platform in the same run: latency
 * at a rate that it can take, and commands a second when it is asked for all it has. Bench's process.
 */

import { join } from 'node:path';
import type { BenchOutcome, BenchRequest, BenchSize } from '../outcome.js';
import { figureOf } from '../outcome.js';
import { BaselineProcess } from './baselines/baseline-process.js';
import type { LoadTarget } from './generator/generator-words.js';
import { flowOf, inScratch, LoadStage } from './load-stage.js';
import { generatorLag, wrongAnswers } from './void-rules.js';

const RATE = 1_000;
const CONNECTIONS = 100;

interface UsualSize {
  readonly connections: number;
  readonly seconds: number;
  readonly warmSeconds: number;
  readonly commands: readonly [usual: number, ours: number];
}

const SIZES: Readonly<Record<BenchSize, UsualSize>> = {
  full: { connections: CONNECTIONS, seconds: 10, warmSeconds: 2, commands: [20_000, 400_000] },
  quick: { connections: CONNECTIONS, seconds: 2, warmSeconds: 0.5, commands: [5_000, 100_000] },
  small: { connections: 4, seconds: 0.4, warmSeconds: 0.1, commands: [400, 2_000] },
};
const UNANSWERED = 32;

export async function benchUsual({ size, say }: BenchRequest): Promise<BenchOutcome> {
  const { connections, seconds, warmSeconds, commands } = SIZES[size];
  const { path, mix } = flowOf(size);
  return inScratch('usual', async (folder) => {
    const voids: string[] = [];
    const stage = await LoadStage.open(folder, path, connections);
    const usual = await BaselineProcess.start('usual-server-main', [join(folder, 'orders.log')]);
    try {
      const { generator, platform } = stage;
      const targets: readonly LoadTarget[] = [
        { kind: 'usual', url: `ws://127.0.0.1:${usual.port}` },
        { kind: 'orders', url: platform.ready.url, level: 'disk' },
      ];
      const measure = async (which: 0 | 1) => {
        const target = targets[which] as LoadTarget;
        const open = await generator.obey({ type: 'open', target, connections, rate: RATE, seconds, warmSeconds });
        stage.saw(open.streams);
        voids.push(...wrongAnswers(target.kind, open.result), ...generatorLag(target.kind, open.result));
        const closed = await generator.obey({
          type: 'closed',
          target,
          connections,
          perFrame: 1,
          commands: commands[which],
          warmCommands: Math.floor(commands[which] / 10),
          unanswered: UNANSWERED,
        });
        stage.saw(closed.streams);
        voids.push(...wrongAnswers(target.kind, closed.result));
        const { p50, p99 } = open.result.latency;
        say(`${target.kind}: p50 ${p50} p99 ${p99} us, ${Math.round(closed.result.commandsPerSecond)} commands/s`);
        return { p50, p99, rate: Math.round(closed.result.commandsPerSecond) };
      };
      const theirs = await measure(0);
      const ours = await measure(1);
      const check = await stage.finish();
      voids.push(...check.differences);
      const times = (ratio: number) => Number(ratio.toFixed(1));
      return {
        figures: [
          figureOf(`${RATE}.usual.p50`, 'us', [theirs.p50]),
          figureOf(`${RATE}.usual.p99`, 'us', [theirs.p99]),
          figureOf(`${RATE}.tredye.p50`, 'us', [ours.p50]),
          figureOf(`${RATE}.tredye.p99`, 'us', [ours.p99]),
          figureOf('usual.rate', 'commands/s', [theirs.rate]),
          figureOf('tredye.rate', 'commands/s', [ours.rate], {
            ratio: times(ours.rate / theirs.rate),
            baseline: 'usual.rate',
          }),
        ],
        curves: [],
        conditions: [
          `${mix}, a frame each, ${connections} connections; the usual server is ws, JSON, nodejs-order-book and a line with an fsync an order`,
          `latency at ${RATE} orders/s, open loop, ${seconds} s; rate with ${UNANSWERED} commands unanswered a connection`,
        ],
        voids,
      };
    } finally {
      await stage.abandon();
      await usual.end();
    }
  });
}
