// Entry of `make figures` (no arguments: README.md anew from docs/results) and of `make record`: with a name and a
// command, runs the command, shows its output, and keeps its RESULT lines with the conditions as docs/results/NAME.txt
// when it ended well.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { readmeWithFigures } from './figures.js';

const root = dirname(dirname(import.meta.dirname));

async function record(name: string, command: readonly string[]): Promise<void> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { cwd: root, stdio: ['inherit', 'pipe', 'inherit'] });
  const results: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    console.log(line);
    if (line.startsWith('RESULT ')) results.push(line);
  });
  const [code] = await once(child, 'close');
  if (code !== 0 || results.length === 0) {
    console.error(`nothing was recorded: ${command.join(' ')} ended with ${code} and ${results.length} results`);
    process.exit(1);
  }
  const day = new Date().toISOString().slice(0, 10);
  const machine = `${cpus().length} shared cores (${cpus()[0]?.model.trim()}), Node ${process.versions.node}`;
  mkdirSync(join(root, 'docs/results'), { recursive: true });
  const lines = [`condition \`${command.join(' ')}\`, ${day}, ${machine}`, ...results];
  writeFileSync(join(root, 'docs/results', `${name}.txt`), `${lines.join('\n')}\n`);
}

const [name, ...command] = process.argv.slice(2);
if (name !== undefined) await record(name, command);
writeFileSync(join(root, 'README.md'), readmeWithFigures(root));
