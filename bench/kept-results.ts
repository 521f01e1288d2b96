/**
 * bench/results.json: of each run the figures, and under which conditions they came out. Written by the benches
 * (bench-main.ts) and by `make record`; the tools make REPORT.md, the plots and README's table of it.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { repositoryFolder } from '../proof/recordings/data-folder.js';
import { type BenchOutcome, meetsTarget } from './outcome.js';

export interface MachineNow {
  readonly commit: string;
  readonly date: string;
  readonly machine: string;
  /** Of the last minute, before the run: what else was going on. */
  readonly load: number;
}

/** As it is before a run. */
export function machineNow(): MachineNow {
  const [load = 0] = loadavg();
  return {
    commit: commitHere(),
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    machine: `${availableParallelism()} cores (${cpus()[0]?.model.trim()}), Node ${process.versions.node}`,
    load: Math.round(load * 100) / 100,
  };
}

/** The commit, with a plus when the tree has other sources than it; a dash without git. */
function commitHere(): string {
  const git = (args: readonly string[]) =>
    execFileSync('git', args, {
      cwd: repositoryFolder(),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    const commit = git(['rev-parse', '--short', 'HEAD']);
    return git(['status', '--porcelain', '--', '*.ts']) === '' ? commit : `${commit}+`;
  } catch {
    return '-';
  }
}

/**
 * Puts a run in place of the one of the same name. Figures are shown of `runs` alone; `quick` ones are only kept.
 * root: the repository's folder; command: what repeats it.
 */
export function keepRun(
  root: string,
  where: 'runs' | 'quick',
  name: string,
  command: string,
  machine: MachineNow,
  outcome: Pick<BenchOutcome, 'figures' | 'conditions' | 'curves'>,
): void {
  const path = join(root, 'bench', 'results.json');
  const kept: Partial<Record<typeof where, Record<string, unknown>>> = existsSync(path)
    ? JSON.parse(readFileSync(path, 'utf8'))
    : {};
  const { figures, conditions, curves } = outcome;
  const judged = figures.map((figure) => {
    const met = meetsTarget(figure);
    return met === null ? figure : { ...figure, met };
  });
  kept[where] = { ...kept[where], [name]: { command, ...machine, conditions, figures: judged, curves } };
  writeFileSync(path, `${JSON.stringify(kept, null, 1)}\n`);
}
