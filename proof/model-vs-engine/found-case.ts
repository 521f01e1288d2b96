/**
 * What is said of a sequence on which model and engine differ: as short as it can be made, as a rule table, and where the
 * two differ then. Any thread.
 */

import type { EngineMaker } from '../../platform/cli/match/rule-run.js';
import { readCommand } from '../model/plain-records.js';
import { casesOf, onEngine, onModel, playCase } from '../rules/rule-cases.js';
import { show } from './judge.js';
import { compare, type EngineOf, type Finding } from './model-vs-engine.js';
import { ruleTable } from './rule-table.js';
import type { RandomCommand, Scenario } from './scenario.js';
import { shrink } from './shrink.js';

export interface FoundCase {
  readonly seed: number;
  /** Commands of the sequence up to the difference, and of what is left of them. */
  readonly played: number;
  readonly short: readonly RandomCommand[];
  readonly what: string;
  /** The case for proof/seeds: the model keeps to it, this engine does not. */
  readonly table: string;
}

/** Shrinks what `compare` has found with the same engine. */
export function foundCase(scenario: Scenario, finding: Finding, engineOf?: EngineOf): FoundCase {
  const of = (commands: readonly RandomCommand[]) => compare(scenario, commands, scenario.limits, engineOf);
  const played = scenario.commands.slice(0, finding.at + 1);
  const short = shrink(played, (commands) => of(commands) !== undefined);
  const { what } = of(short) ?? finding;
  const [sentence = ''] = what.split('\n');
  const title = `seed ${scenario.seed}: ${sentence}`;
  const untimed = ruleTable(scenario, short, title, false);
  // Where times decide, a table that has none does not hold, or shows nothing.
  const shows = holdsOnModel(untimed) && failsOn(untimed, engineOf ?? onEngine);
  const table = shows ? untimed : ruleTable(scenario, short, title, true);
  return { seed: scenario.seed, played: played.length, short, what, table };
}

function failsOn(table: string, engineOf: EngineMaker): boolean {
  try {
    return casesOf('table', table).some((one) => playCase(one, engineOf).failures.length > 0);
  } catch {
    // An engine that asserts fails.
    return true;
  }
}

function holdsOnModel(table: string): boolean {
  return casesOf('table', table).every((one) => playCase(one, onModel).failures.length === 0);
}

/** All of it, for whoever looks for the cause. */
export function foundText(found: FoundCase): string {
  return [
    `SEED=${found.seed}: ${found.played} commands, shrunk to ${found.short.length}; for proof/seeds:`,
    found.table,
    ...found.short.map(describeCommand),
    found.what,
  ].join('\n');
}

function describeCommand(command: RandomCommand): string {
  const target = command.targetOf < 0 ? '' : ` target=order of #${command.targetOf}`;
  return `  #${command.index} ${show(readCommand(command.words, 0))}${target} records=${command.words.length / 16}`;
}
