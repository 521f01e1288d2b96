/**
 * What Stryker loads, in its main process and in each of its own workers: the runner of the battery and the choice of mutants.
 * Workers run in the folder of the copy with the mutants; the main process in the root of the tree.
 */

import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Check } from './battery.js';
import { BatteryRunner } from './battery-runner.js';
import { CompiledFile } from './compiled-file.js';
import { MUTATED_FOLDERS } from './mutated-files.js';
import { isInSample, type Mutant, type SyntaxNode, whyPointless, zeroNames } from './which-mutants.js';

/** The folder of the compiled tree, from its root. */
const BUILD = process.env.MUTATION_BUILD ?? 'build';

class Runner extends BatteryRunner {
  constructor() {
    const path = join(process.cwd(), BUILD, 'proof/mutation/battery.js');
    const load = async () => ((await import(pathToFileURL(path).href)) as { battery: () => Check[] }).battery();
    super(load, ownTests());
  }
}

class Sample {
  async init(): Promise<void> {}

  async check(mutants: readonly Mutant[]): Promise<Record<string, { status: string; reason?: string }>> {
    const every = Number(process.env.EVERY || 1);
    const left = { status: 'compileError', reason: 'not in the sample' };
    return Object.fromEntries(
      mutants.map((mutant) => [
        mutant.id,
        isInSample(mutant, every, process.env.SEED ?? '') ? { status: 'passed' } : left,
      ]),
    );
  }
}

let zeros: ReadonlySet<string> | undefined;
const pointless = {
  shouldIgnore({ node }: { readonly node: SyntaxNode }): string | undefined {
    zeros ??= zeroNames(['schemas', 'engine', ...MUTATED_FOLDERS].map((folder) => join(BUILD, folder)));
    return whyPointless(node, zeros);
  },
};

/** A run takes long: who lives is told at once. */
const survivors = {
  onMutantTested({ status, fileName, location, mutatorName, replacement = '' }: Mutant & { status: string }): void {
    if (status !== 'Survived' && status !== 'NoCoverage') return;
    const file = new CompiledFile(process.cwd(), BUILD, relative(process.cwd(), fileName));
    const { line, text } = file.place(location.start.line, location.start.column);
    process.stdout.write(`lives ${file.source}:${line} ${mutatorName}: ${text} => ${replacement.slice(0, 90)}\n`);
  },
};

/** Compiled test files beside what is mutated, from the root of the copy. */
function ownTests(): string[] {
  return MUTATED_FOLDERS.map((folder) => join(BUILD, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.test.js'))
        .map((name) => join(folder, name)),
    );
}

export const strykerPlugins = [
  { kind: 'TestRunner', name: 'battery', injectableClass: Runner },
  { kind: 'Checker', name: 'sample', injectableClass: Sample },
  { kind: 'Reporter', name: 'survivors', value: survivors },
  { kind: 'Ignore', name: 'pointless', value: pointless },
];
