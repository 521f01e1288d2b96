/**
 * `make record NAME=... RUN="make ..."`: runs a command, shows what it says, and keeps its RESULT lines as one run of
 * bench/results.json when it ended well. Arguments: the name, then the command with its arguments.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { repositoryFolder } from '../proof/recordings/data-folder.js';
import { parseResultLine } from '../proof/result.js';
import { keepRun, machineNow } from './kept-results.js';
import type { BenchFigure } from './outcome.js';

async function record(name: string, command: readonly string[]): Promise<number> {
  const [program = '', ...args] = command;
  const machine = machineNow();
  const child = spawn(program, args, { stdio: ['inherit', 'pipe', 'inherit'] });
  const figures: BenchFigure[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    process.stdout.write(`${line}\n`);
    const figure = parseResultLine(line);
    if (figure !== null) figures.push(figure);
  });
  const [code] = await once(child, 'close');
  if (code !== 0 || figures.length === 0) {
    process.stderr.write(`nothing was recorded: ${command.join(' ')} ended with ${code}, ${figures.length} results\n`);
    return 1;
  }
  keepRun(repositoryFolder(), 'runs', name, command.join(' '), machine, { figures, conditions: [], curves: [] });
  return 0;
}

const [name = '', ...command] = process.argv.slice(2);
process.exitCode = await record(name, command);
