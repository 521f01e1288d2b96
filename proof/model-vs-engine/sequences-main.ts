/**
 * `node build/proof/model-vs-engine/sequences-main.js [SEQUENCES]`: plays random sequences on model and engine, 200,000 when
 * nothing is said, in a process of their own for each WORKERS (the cores of the machine). SEED repeats a run, MINUTES ends
 * it earlier. A line of progress every few seconds and a RESULT line; a sequence on which the two differ is written to
 * proof/seeds as a rule table, and the exit code is 1.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { repositoryFolder } from '../recordings/data-folder.js';
import { printResult } from '../result.js';
import { foundCase, foundText } from './found-case.js';
import { compare } from './model-vs-engine.js';
import { randomScenario } from './random-commands.js';

/** Sequences that a worker plays before it says how far it is. */
const CHUNK = 100;
const PROGRESS_MS = 5000;

interface Progress {
  readonly sequences: number;
  readonly commands: number;
  readonly seed?: number;
  readonly text?: string;
  readonly table?: string;
}

function wholeNumber(name: string, value: string | undefined, fallback: number, least: number): number {
  const number = Number(value || fallback);
  if (Number.isSafeInteger(number) && number >= least) return number;
  console.error(`${name} must be a whole number from ${least} up; it is ${value}.`);
  process.exit(2);
}

/** Plays chunks as they are asked for, until one differs. */
function work(): void {
  process.on('message', ({ from, count }: { from: number; count: number }) => {
    let commands = 0;
    for (let seed = from; seed < from + count; seed += 1) {
      const scenario = randomScenario(seed);
      commands += scenario.commands.length;
      const finding = compare(scenario);
      if (finding !== undefined) {
        const found = foundCase(scenario, finding);
        process.send?.({ sequences: seed - from + 1, commands, seed, text: foundText(found), table: found.table });
        return;
      }
    }
    process.send?.({ sequences: count, commands } satisfies Progress);
  });
  process.on('disconnect', () => process.exit(0));
}

function lead(): void {
  const total = wholeNumber('SEQUENCES', process.argv[2], 200_000, 1);
  const first = wholeNumber('SEED', process.env.SEED, randomInt(2 ** 30), 0);
  const minutes = wholeNumber('MINUTES', process.env.MINUTES, 24 * 60, 1);
  const workers = wholeNumber('WORKERS', process.env.WORKERS, availableParallelism(), 1);
  console.log(`seed ${first}, ${total} sequences on ${workers} processes, at most ${minutes} minutes`);
  const startedMs = performance.now();
  let [given, done, commands, toldMs, running, failed] = [0, 0, 0, startedMs, workers, false];
  const elapsedMs = () => performance.now() - startedMs;
  const next = (child: ChildProcess): void => {
    const count = Math.min(CHUNK, total - given);
    if (count === 0 || failed || elapsedMs() > minutes * 60_000) {
      child.disconnect();
      return;
    }
    child.send({ from: first + given, count });
    given += count;
  };
  const finish = (): void => {
    console.log(`${done} sequences, ${commands} commands, ${Math.round(elapsedMs() / 1000)} s`);
    printResult('fuzz.sequences', done, 'sequences');
    process.exit(failed || done === 0 ? 1 : 0);
  };
  for (let worker = 0; worker < workers; worker += 1) {
    const child = fork(import.meta.filename, [], { env: { ...process.env, SEQUENCES_WORKER: '1' } });
    child.on('message', (progress: Progress) => {
      done += progress.sequences;
      commands += progress.commands;
      if (progress.table !== undefined) {
        failed = true;
        const path = join(repositoryFolder(), 'proof', 'seeds', `found-${progress.seed}.rules`);
        writeFileSync(path, progress.table);
        console.error(`${progress.text}\nwritten to ${path}`);
      }
      if (performance.now() - toldMs > PROGRESS_MS) {
        toldMs = performance.now();
        console.log(`${done} of ${total}, ${Math.round((done / elapsedMs()) * 1000)} sequences/s`);
      }
      next(child);
    });
    child.on('exit', (code) => {
      if (code !== 0) {
        console.error(`A process of the fuzz ended with ${code}.`);
        failed = true;
      }
      running -= 1;
      if (running === 0) finish();
    });
    next(child);
  }
}

if (process.env.SEQUENCES_WORKER === '1') work();
else lead();
