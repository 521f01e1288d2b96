/**
 * `make mutation-score`: Stryker plants every small change in the files that match orders and keep the money, one at a time,
 * and battery.ts must see it. FILES=sweep,uncross takes the files whose path has that in it, EVERY=20 a twentieth of the
 * mutants (SEED chooses another one), WORKERS says how many at a time. Ends with the survivors that survivors.ts has no reason
 * for and a RESULT line; Stryker's own reports stay in scratch/mutation. Exit code 0 when at least 90 of 100 died and
 * every survivor has its reason; 2 for a bad command line.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { repositoryFolder } from '../recordings/data-folder.js';
import { printResult } from '../result.js';
import { CompiledFile } from './compiled-file.js';
import { mutatedFiles } from './mutated-files.js';
import { type Report, scoreOf, tell } from './report.js';
import { SURVIVORS } from './survivors.js';

const LEAST_PERCENT = 90;
const root = repositoryFolder();
const folder = join(root, 'scratch', 'mutation');
/** The folder of the compiled tree, from its root. */
const build = relative(root, join(import.meta.dirname, '../..'));
const reportFile = join(folder, 'report.json');

function refuse(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(2);
}

function wholeNumber(name: string, fallback: number): number {
  const number = Number(process.env[name] || fallback);
  return Number.isSafeInteger(number) && number > 0
    ? number
    : refuse(`${name} must be a whole number above 0; it is "${process.env[name]}".`);
}

const parts = (process.env.FILES ?? '').split(',').filter((part) => part !== '');
const files = mutatedFiles(root).filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)));
if (files.length === 0)
  refuse(`FILES="${process.env.FILES}" fits no file; there are ${mutatedFiles(root).join(', ')}.`);
const every = wholeNumber('EVERY', 1);
const compiled = files.map((file) => `${build}/${file.replace(/ts$/, 'js')}`);
const options = {
  // What runs, not what it is compiled from: Stryker prints TypeScript that the compiler cannot read.
  mutate: compiled,
  buildCommand: [process.execPath, join(import.meta.dirname, 'quicken-main.js'), ...compiled].join(' '),
  // Texts are those of asserts.
  mutator: { excludedMutations: ['StringLiteral'] },
  ignorers: ['pointless'],
  checkers: every === 1 ? [] : ['sample'],
  testRunner: 'battery',
  plugins: [join(import.meta.dirname, 'stryker-worker.js')],
  coverageAnalysis: 'perTest',
  disableTypeChecks: false,
  tsconfigFile: 'left-alone.json',
  symlinkNodeModules: false,
  ignorePatterns: ['/*', `!/${build}`, `/${build}/page`, '!/package.json', '!/engine', '!/proof'],
  tempDirName: relative(root, join(folder, 'copies')),
  cleanTempDir: 'always',
  concurrency: wholeNumber('WORKERS', availableParallelism()),
  // Each check has a time of its own; this is for a process that does not answer at all.
  timeoutMS: 300_000,
  timeoutFactor: 10,
  dryRunTimeoutMinutes: 30,
  reporters: ['survivors', 'progress-append-only', 'json', 'html'],
  jsonReporter: { fileName: reportFile },
  htmlReporter: { fileName: join(folder, 'report.html') },
  allowConsoleColors: false,
  warnings: false,
};
mkdirSync(folder, { recursive: true });
rmSync(reportFile, { force: true });
const optionsFile = join(folder, 'options.json');
writeFileSync(optionsFile, JSON.stringify(options, null, 2));
const stryker = join(root, 'proof/mutation/node_modules/@stryker-mutator/core/bin/stryker.js');
const { status } = spawnSync(process.execPath, [stryker, 'run', optionsFile], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, MUTATION_BUILD: build },
});
if (status !== 0) {
  process.stderr.write(`Stryker ended with ${status}.\n`);
  process.exit(1);
}
const { killed, hung, living, dead, percent } = scoreOf(
  JSON.parse(readFileSync(reportFile, 'utf8')) as Report,
  (file) => new CompiledFile(root, build, file),
  SURVIVORS,
);
for (const one of living) process.stdout.write(`survived ${tell(one)}\n`);
const open = living.filter(({ reason }) => reason === '').length;
if (every === 1)
  for (const { file, line, to } of dead) process.stdout.write(`killed after all: ${file}: ${line} -> ${to}\n`);
process.stdout.write(
  `${killed} of ${killed + living.length} mutants died, ${hung} of them because they ran without end; ${living.length} survived, ${open} of them without a reason\n`,
);
printResult(
  'mutation.score',
  percent,
  'percent',
  Math.round((percent * 100) / LEAST_PERCENT) / 100,
  `least=${LEAST_PERCENT}`,
);
process.exitCode = percent >= LEAST_PERCENT && open === 0 ? 0 : 1;
