/**
 * `make simulate`: SEED=n repeats one; SEEDS=n runs so many new ones, HOURS=n for so long, on all cores. Prints how far it is,
 * a failure with its shortest plan, and a tally of what was really injected. Exits 0 when nothing failed.
 */

import { fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { printResult } from '../result.js';
import { describeFailure, failureOf, shortenFailure } from './found-failure.js';
import { makePlan } from './plan.js';
import { simulate, type Tally } from './simulation.js';

const STEPS = Number(process.env.STEPS || 300);
const SEED = process.env.SEED ?? '';
const HOURS = Number(process.env.HOURS || 0);
const SEEDS = Number(process.env.SEEDS || 200);
/** Of one message of a child. */
const PIECE = 20;
const SAY_MS = 5_000;
const HOUR_MS = 3_600_000;
const MOST_SEED = 2 ** 32;

interface Piece {
  readonly seeds: number;
  readonly commands: number;
  readonly tally: Tally;
  readonly failures: readonly string[];
}

function runPiece(first: number, count: number): Piece {
  const tally: Record<string, number> = {};
  const failures: string[] = [];
  let commands = 0;
  for (let seed = first; seed < first + count; seed += 1) {
    const plan = makePlan(seed, STEPS);
    const message = failureOf(plan);
    if (message !== '') {
      failures.push(describeFailure(shortenFailure(plan, message)));
      continue;
    }
    const result = simulate(plan);
    commands += result.commands;
    add(tally, result.tally);
  }
  return { seeds: count, commands, tally, failures };
}

function add(to: Record<string, number>, more: Tally): void {
  for (const [what, count] of Object.entries(more)) to[what] = (to[what] ?? 0) + count;
}

function runOne(seed: number): void {
  const plan = makePlan(seed, STEPS);
  const message = failureOf(plan);
  if (message !== '') {
    process.stdout.write(`${describeFailure(shortenFailure(plan, message))}\n`);
    process.exitCode = 1;
    return;
  }
  const { tally, trace, commands, events } = simulate(plan);
  for (const [what, count] of Object.entries(tally).sort()) process.stdout.write(`${what}: ${count}\n`);
  printResult('simulate.commands', commands, 'commands');
  printResult('simulate.events', events, 'events');
  printResult('simulate.trace', (trace >>> 0).toString(16), 'crc32');
}

/** Gives pieces of seeds to a child for each core until all are done or the time is over. */
async function runMany(): Promise<void> {
  const first = randomInt(MOST_SEED);
  const endMs = HOURS > 0 ? performance.now() + HOURS * HOUR_MS : Number.POSITIVE_INFINITY;
  const most = HOURS > 0 ? Number.POSITIVE_INFINITY : SEEDS;
  const tally: Record<string, number> = {};
  const sum = { seeds: 0, commands: 0, failures: 0 };
  let given = 0;
  let saidMs = performance.now();
  const startedMs = saidMs;
  process.stdout.write(`seeds from ${first} on, ${STEPS} steps each, on ${availableParallelism()} processes\n`);
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(fileURLToPath(import.meta.url), ['child']);
      const give = (): void => {
        const count = Math.min(PIECE, most - given);
        if (count <= 0 || performance.now() >= endMs) {
          child.disconnect();
          return;
        }
        child.send({ first: (first + given) % MOST_SEED, count });
        given += count;
      };
      child.on('message', (piece: Piece) => {
        sum.seeds += piece.seeds;
        sum.commands += piece.commands;
        sum.failures += piece.failures.length;
        add(tally, piece.tally);
        for (const failure of piece.failures) process.stdout.write(`${failure}\n`);
        if (performance.now() - saidMs > SAY_MS) {
          saidMs = performance.now();
          const rate = Math.round((sum.seeds / (saidMs - startedMs)) * 1000);
          process.stdout.write(`${sum.seeds} seeds, ${rate} a second, ${sum.failures} failed\n`);
        }
        give();
      });
      child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`A child ended with code ${code}.`))));
      give();
    });
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  for (const [what, count] of Object.entries(tally).sort()) {
    printResult(`simulate.${what.replaceAll(' ', '_').replaceAll('-', '_')}`, count, 'times');
  }
  printResult('simulate.commands', sum.commands, 'commands');
  printResult('simulate.steps', sum.seeds * STEPS, 'steps');
  printResult('simulate.seeds', sum.seeds, 'seeds');
  const held = sum.seeds - sum.failures;
  printResult('simulate.held', held, 'seeds', held / sum.seeds, `expected=${sum.seeds}`);
  process.exitCode = sum.failures === 0 ? 0 : 1;
}

if (process.argv[2] === 'child') {
  process.on('message', ({ first, count }: { readonly first: number; readonly count: number }) => {
    process.send?.(runPiece(first, count));
  });
} else if (SEED !== '') {
  runOne(Number(SEED));
} else {
  await runMany();
}
