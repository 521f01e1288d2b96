// The figures in README.md: made from the RESULT lines that the proofs and benches printed, never typed. Runs in the
// tools' main thread.
//
//   docs/results/NAME.txt   one recorded run: lines `condition <text>`, then its RESULT lines as they were printed
//   README.md               the table between the two markers, made from all of them
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const BEGIN = '<!-- figures: made by `make figures` from docs/results, do not edit -->';
const END = '<!-- end of figures -->';
const RESULT = /^RESULT (\S+) (\S+) (\S+)(?: (\S+) vs (\S+))?$/;

/** A table row for each RESULT line, with the run and its conditions below. Throws on a line that is neither. */
function figuresTable(root: string): string {
  const folder = join(root, 'docs/results');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.txt')) : [];
  const rows: string[] = [];
  const conditions: string[] = [];
  for (const name of names.sort()) {
    const run = name.slice(0, -'.txt'.length);
    for (const line of readFileSync(join(folder, name), 'utf8').trimEnd().split('\n')) {
      const result = RESULT.exec(line);
      if (line.startsWith('condition ')) conditions.push(`- ${run}: ${line.slice('condition '.length)}`);
      else if (result === null) throw new Error(`docs/results/${name}: "${line}" is neither a condition nor a result`);
      else {
        const [, what, value, unit, ratio, baseline] = result;
        rows.push(`| ${run} | ${what} | ${value} ${unit} | ${ratio === undefined ? '' : `${ratio} vs ${baseline}`} |`);
      }
    }
  }
  return [
    '| run | result | value | against |',
    '|---|---|---|---|',
    ...rows,
    '',
    'Conditions:',
    '',
    ...conditions,
  ].join('\n');
}

/** README.md as its figures make it. Throws when the markers are not there. */
export function readmeWithFigures(root: string): string {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new Error('README.md: the markers of the figures are missing');
  return `${readme.slice(0, begin + BEGIN.length)}\n${figuresTable(root)}\n${readme.slice(end)}`;
}

/** The check: one line when README.md holds other figures than the recorded runs. */
export async function figureFindings(root: string): Promise<string[]> {
  if (!existsSync(join(root, 'README.md'))) return [];
  const same = readmeWithFigures(root) === readFileSync(join(root, 'README.md'), 'utf8');
  return same ? [] : ['README.md: its figures are not those of docs/results, run `make figures`'];
}
