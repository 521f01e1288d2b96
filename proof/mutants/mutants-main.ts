/**
 * `make mutants`: plants each fault of mutants.ts in a copy of the tree and wants the tests red; see run-mutants.ts.
 * Exit code 0 only when every one of them died; 1 when one lived or could not be judged, 2 for a bad command line.
 */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { MUTANTS } from './mutants.js';
import { closingOf, runMutants, UnfitTreeError } from './run-mutants.js';

const HELP = `Plants one small fault at a time in a copy of the tree, compiles it and runs the tests that must see it.
Usage: make mutants [ONLY=NAME] [KEEP=1] [LIMIT=SECONDS]
  ONLY   one mutant instead of all, or some: NAME,NAME
  KEEP   leave the copy in scratch/
  LIMIT  time for one test file, default 120
Mutants:
${MUTANTS.map(({ name, file }) => `  ${name.padEnd(32)}${file}`).join('\n')}`;

function refuse(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(2);
}

function asksForHelp(): boolean {
  try {
    return parseArgs({ options: { help: { type: 'boolean', short: 'h', default: false } } }).values.help;
  } catch (error) {
    return refuse(`${error instanceof Error ? error.message : String(error)}. See --help.`);
  }
}

const say = (line: string) => process.stdout.write(`${line}\n`);
if (asksForHelp()) {
  say(HELP);
  process.exit(0);
}
const only = (process.env.ONLY ?? '').split(',').filter((name) => name !== '');
for (const name of only) {
  if (!MUTANTS.some((mutant) => mutant.name === name))
    refuse(`ONLY="${name}" is no mutant; there are ${MUTANTS.map((mutant) => mutant.name).join(', ')}.`);
}
const mutants = MUTANTS.filter(({ name }) => only.length === 0 || only.includes(name));
const limit = Number(process.env.LIMIT || 120);
if (!Number.isInteger(limit) || limit < 1 || limit > 3600) {
  refuse(`LIMIT must be a whole number of seconds from 1 to 3600; it is "${process.env.LIMIT}".`);
}

const root = resolve(import.meta.dirname, '../../..');
mkdirSync(join(root, 'scratch'), { recursive: true });
const folder = mkdtempSync(join(root, 'scratch', 'mutants-'));
const cleanUp = () => {
  if (process.env.KEEP !== '1') rmSync(folder, { recursive: true, force: true });
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    cleanUp();
    process.exit(1);
  });
}
try {
  const outcomes = await runMutants({
    root,
    scratch: join(folder, 'tree'),
    mutants,
    fileLimitSeconds: limit,
    print: say,
  });
  const { result, alive, exitCode } = closingOf(outcomes);
  say(result);
  for (const line of alive) process.stderr.write(`${line}\n`);
  process.exitCode = exitCode;
} catch (error) {
  if (!(error instanceof UnfitTreeError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
} finally {
  if (process.env.KEEP === '1') say(`kept: ${folder}`);
  cleanUp();
}
