#!/usr/bin/env node
/**
 * The command line `tredye`. Says what went wrong in one sentence on standard error and leaves with a code of
 * exit-codes.ts; `tredye run` is the platform below its parent, and never comes back here.
 */

import { runCommand } from './program.js';
import { endWithTheReader } from './terminal.js';
import { lastWords } from './venue.js';

const [command, ...rest] = process.argv.slice(2);
if (command === 'run') {
  // Loaded for this alone: the other commands are over sooner than it is.
  const { runParent } = await import('../parent.js');
  await runParent(rest, process.env);
} else {
  endWithTheReader();
  try {
    await runCommand(process.argv.slice(2));
  } catch (error) {
    const { sentence, exitCode } = lastWords(error);
    process.stderr.write(`${sentence}\n`);
    process.exitCode = exitCode;
  }
}
