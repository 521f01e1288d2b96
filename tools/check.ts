// The checks of the tree that `make check` runs: each a name and a function that says what it found.
// Runs in the tools' main thread. A new check is a new line in CHECKS; all run, whatever the others find.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generatedFindings } from './check-generated.js';
import { figureFindings } from './figures/figures.js';
import { houseFindings } from './house-rules.js';
import { importFindings, roomSourceCount } from './import-directions.js';
import { ruleBookFindings } from './rule-book.js';

export interface Check {
  name: string;
  /** One line for each finding; none when all is well. */
  run(root: string): Promise<string[]>;
}

const CHECKS: readonly Check[] = [
  { name: 'types', run: (root) => types(root, '.') },
  // What browsers have and Node has not: a project of its own.
  { name: 'types of the page', run: (root) => types(root, 'client/page') },
  {
    name: 'lint and format',
    run: (root) => program(root, 'biome', ['ci', '--colors=off', '--error-on-warnings', '.']),
  },
  { name: 'dead code', run: deadCode },
  { name: 'generated code', run: generatedFindings },
  { name: 'figures', run: figureFindings },
  { name: 'import directions', run: importDirections },
  { name: 'house rules', run: async (root) => houseFindings(root) },
  { name: 'rule book', run: async (root) => ruleBookFindings(root) },
];

/** Runs them all in order and answers how many failed. */
export async function runChecks(
  root: string,
  print: (line: string) => void,
  checks: readonly Check[] = CHECKS,
): Promise<number> {
  let failed = 0;
  for (const check of checks) {
    const startedMs = performance.now();
    // A check that cannot do its work has not passed.
    const findings = await check.run(root).catch((error: unknown) => [String(error)]);
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    print(`check ${check.name}: ${findings.length === 0 ? 'ok' : 'FAILED'} (${seconds} s)`);
    for (const finding of findings) print(`    ${finding}`);
    if (findings.length > 0) failed += 1;
  }
  return failed;
}

/** Unused files, exports and dependencies, as knip.json draws the line. */
export async function deadCode(root: string): Promise<string[]> {
  return program(root, 'knip', ['--no-progress', '--no-config-hints', '--reporter', 'compact']);
}

function types(root: string, project: string): Promise<string[]> {
  return program(root, 'tsc', ['-p', project, '--noEmit', '--incremental', 'false', '--pretty', 'false']);
}

async function importDirections(root: string): Promise<string[]> {
  const { violations, fileCount } = await importFindings(root);
  const there = roomSourceCount(root);
  if (fileCount === there) return violations;
  return [...violations, `${fileCount} of ${there} source files were read: the check cannot be trusted`];
}

/** Runs an installed program in `root`; its output is the finding when it fails. */
async function program(root: string, name: string, args: string[]): Promise<string[]> {
  const path = installed(name);
  if (path === undefined)
    return [`${name} is not installed: run \`npm ci\`${name === 'knip' ? ' on Node 20.19 or later' : ''}`];
  const lines: string[] = [];
  const child = spawn(path, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => lines.push(text));
  }
  const ended = await new Promise<number | string | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ?? code));
  });
  if (ended === 0) return [];
  return [...lines.join('').trimEnd().split('\n'), `${name} ended with ${ended}`];
}

function installed(name: string): string | undefined {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'node_modules', '.bin', name);
    if (existsSync(path)) return path;
  }
  return undefined;
}
