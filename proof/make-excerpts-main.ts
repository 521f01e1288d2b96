/**
 * Makes the small excerpts in proof/recordings/excerpts from the recordings beside the repository: for machines without
 * them. Run by hand, once in a while; a test plays what it made. Commands, trades and snapshots are the recordings' own
 * rows; only the hash of the flow's head is the model's, which gives the whole flow the hash that others found.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { playFlow } from './model-vs-engine/play-on-model.js';
import { findRecording, repositoryFolder } from './recordings/data-folder.js';
import { FLOW_RECORD_BYTES, planFlow } from './recordings/flow-plan.js';

const DAYS = [
  { name: 'sse_601825_20230711', commands: 3000 },
  { name: 'sse_600519_20230201', commands: 5000 },
];
const FLOW = { name: 'flow_normal', commands: 16_000 };

function linesOf(folder: string, file: string): string[] {
  return gunzipSync(readFileSync(join(folder, file)))
    .toString('latin1')
    .trimEnd()
    .split('\n');
}

function field(line: string, index: number): number {
  return Number(line.split(',')[index]);
}

function write(name: string, file: string, content: Buffer | string): void {
  const folder = join(repositoryFolder(), 'proof', 'recordings', 'excerpts', name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, file), content);
}

function writeLines(name: string, file: string, lines: string[]): void {
  write(name, file, gzipSync(lines.map((line) => `${line}\n`).join(''), { level: 9 }));
}

for (const { name, commands } of DAYS) {
  const { folder } = findRecording(name);
  const rows = linesOf(folder, 'commands.csv.gz');
  writeLines(name, 'commands.csv.gz', rows.slice(0, commands + 1));
  // A trade's number lies between that of the command that made it and the next command's.
  const end = field(rows[commands + 1] ?? '', 0);
  const [tradesHeader = '', ...trades] = linesOf(folder, 'trades.csv.gz');
  const made = trades.filter((row) => field(row, 0) < end);
  writeLines(name, 'trades.csv.gz', [tradesHeader, ...made]);
  if (name === 'sse_600519_20230201') {
    const [header = '', ...snapshots] = linesOf(folder, 'snapshots10.csv.gz');
    // Not those of the last trade count: the state that they show may come after the cut.
    writeLines(name, 'snapshots10.csv.gz', [header, ...snapshots.filter((row) => field(row, 2) < made.length)]);
  }
}

const whole = gunzipSync(readFileSync(join(findRecording(FLOW.name).folder, 'commands.bin.gz')));
write(FLOW.name, 'commands.bin.gz', gzipSync(whole.subarray(0, FLOW.commands * FLOW_RECORD_BYTES), { level: 9 }));
const excerpt = join(repositoryFolder(), 'proof', 'recordings', 'excerpts', FLOW.name, 'commands.bin.gz');
write(FLOW.name, 'reports.sha256', `${playFlow(await planFlow(excerpt)).hash}\n`);
