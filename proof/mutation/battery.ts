/**
 * What a mutant of the engine is judged by, in one process: each random sequence against the model, each rule table and each
 * case of proof/seeds on the engine is a check of its own, so that Stryker knows which of them come past a mutant. Any thread.
 */

import { join } from 'node:path';
import { extremeScenario } from '../extremes/extreme-commands.js';
import { compare, type EngineOf } from '../model-vs-engine/model-vs-engine.js';
import { randomScenario } from '../model-vs-engine/random-commands.js';
import type { Scenario } from '../model-vs-engine/scenario.js';
import { repositoryFolder } from '../recordings/data-folder.js';
import { manyLineCases } from '../rules/many-lines.js';
import { onEngine, playCase, ruleCases } from '../rules/rule-cases.js';

/** One check. */
export interface Check {
  readonly name: string;
  /** What is wrong; empty when nothing is. */
  run(): string;
}

const SEQUENCES = 120;
const EXTREMES = 40;
const EXTREME_LENGTH = 120;

/** All checks, of the engine or of the one that a test wants judged. */
export function battery(sequences = SEQUENCES, extremes = EXTREMES, engineOf?: EngineOf): Check[] {
  const checks: Check[] = [];
  const add = (name: string, make: () => Scenario) => checks.push({ name, run: played(make, engineOf) });
  for (let seed = 1; seed <= sequences; seed++) add(`sequence ${seed}`, () => randomScenario(seed));
  for (let seed = 1; seed <= extremes; seed++) add(`extremes ${seed}`, () => extremeScenario(seed, EXTREME_LENGTH));
  const tables = ['rules', 'seeds'].flatMap((folder) => ruleCases(join(repositoryFolder(), 'proof', folder)));
  for (const one of [...tables, ...manyLineCases()]) {
    const name = `${one.file}:${one.line} ${one.title}`;
    checks.push({ name, run: () => playCase(one, engineOf ?? onEngine).failures[0] ?? '' });
  }
  return checks;
}

/** What differs first. The commands are made once: they are the same for every mutant. */
function played(make: () => Scenario, engineOf?: EngineOf): () => string {
  let made: Scenario | undefined;
  return () => {
    made ??= make();
    return compare(made, made.commands, made.limits, engineOf)?.what.split('\n')[0] ?? '';
  };
}
