// Everything that shows measured figures: README.md's table, bench/REPORT.md and its plots, docs/reliability.md's tally, all made from
// bench/results.json and never typed. Runs in the tools' main thread.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { plotsOf } from './plots.js';
import { type KeptFigure, type KeptRun, RESULTS_PATH, readResults } from './results-file.js';

const BEGIN = '<!-- figures: made by `make figures` from bench/results.json, do not edit -->';
const END = '<!-- end of figures -->';
const PLOTS = 'bench/plots';
const RELIABILITY = 'docs/reliability.md';

function against({ ratio, baseline }: KeptFigure): string {
  return ratio === undefined ? '' : `${ratio} vs ${baseline}`;
}

function wanted({ target, met }: KeptFigure): string {
  if (target === undefined) return '';
  return `${target.replace('<=', '≤ ').replace('>=', '≥ ')}${met === true ? '' : ' (missed)'}`;
}

/** What a run is shown by: the figures that are compared or have a target; all of a run in which none has a target. */
function headlines({ figures }: KeptRun): readonly KeptFigure[] {
  if (figures.every(({ target }) => target === undefined)) return figures;
  return figures.filter(({ ratio, target }) => ratio !== undefined || target !== undefined);
}

function conditionLine(name: string, { command, date, machine, load, commit }: KeptRun): string {
  const before = load === null ? '' : `, load ${load} before`;
  return `- ${name}: \`${command}\`, ${date}, ${machine}${before}, commit ${commit}`;
}

function readmeTable(runs: readonly (readonly [string, KeptRun])[]): string {
  const rows = runs.flatMap(([name, run]) =>
    headlines(run).map(
      (figure) =>
        `| ${name} | ${figure.name} | ${figure.value} ${figure.unit} | ${against(figure)} | ${wanted(figure)} |`,
    ),
  );
  return [
    '| run | result | value | against | target |',
    '|---|---|---|---|---|',
    ...rows,
    '',
    'Conditions (all of them, spreads and plots: [bench/REPORT.md](bench/REPORT.md)):',
    '',
    ...runs.map(([name, run]) => conditionLine(name, run)),
  ].join('\n');
}

function report(runs: readonly (readonly [string, KeptRun])[], plots: ReadonlyMap<string, string>): string {
  const lines = ['# What was measured', '', `Made by \`make figures\` from ${RESULTS_PATH}, never typed.`, ''];
  for (const [name, run] of runs) {
    lines.push(`## ${name}`, '', conditionLine(name, run), ...run.conditions.map((condition) => `- ${condition}`), '');
    lines.push('| result | value | spread | against | target |', '|---|---|---|---|---|');
    for (const figure of run.figures) {
      const spread = figure.spread === undefined ? '' : `${figure.spread[0]} to ${figure.spread[1]}`;
      const value = `${figure.value} ${figure.unit}`;
      lines.push(`| ${figure.name} | ${value} | ${spread} | ${against(figure)} | ${wanted(figure)} |`);
    }
    lines.push('');
    for (const plot of new Set(run.curves.map((curve) => curve.plot))) {
      if (plots.has(plot)) lines.push(`![${plot}](plots/${plot}.svg)`, '');
    }
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

/** A file with other figures between its markers. Throws when the markers are not there. */
function fileWith(root: string, path: string, figures: string): string {
  const text = readFileSync(join(root, path), 'utf8');
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${path}: the markers of the figures are missing`);
  return `${text.slice(0, begin + BEGIN.length)}\n${figures}\n${text.slice(end)}`;
}

/** All figures of one run, with its conditions. */
function tally(runs: readonly (readonly [string, KeptRun])[], name: string): string {
  const run = runs.find(([known]) => known === name)?.[1];
  if (run === undefined) return 'Not measured yet.';
  const rows = run.figures.map(({ name: figure, value, unit }) => `| ${figure} | ${value} ${unit} |`);
  return ['| tally | count |', '|---|---|', ...rows, '', conditionLine(name, run)].join('\n');
}

/** Every file that shows figures, by its path, as it must be. */
export function figureFiles(root: string): Map<string, string> {
  const runs = readResults(root);
  const plots = plotsOf(runs.flatMap(([, { curves }]) => curves));
  const files = new Map([
    ['README.md', fileWith(root, 'README.md', readmeTable(runs))],
    [RELIABILITY, fileWith(root, RELIABILITY, tally(runs, 'simulate'))],
    ['bench/REPORT.md', report(runs, plots)],
  ]);
  for (const [plot, svg] of plots) files.set(`${PLOTS}/${plot}.svg`, svg);
  return files;
}

/** Plots that no run has any more. */
export function strayPlots(root: string, files: ReadonlyMap<string, string>): string[] {
  const folder = join(root, PLOTS);
  const there = existsSync(folder) ? readdirSync(folder) : [];
  return there.map((name) => `${PLOTS}/${name}`).filter((path) => !files.has(path));
}

/** The check: one line for each file that holds other figures than the recorded runs. */
export async function figureFindings(root: string): Promise<string[]> {
  if (!existsSync(join(root, 'README.md'))) return [];
  const files = figureFiles(root);
  const findings: string[] = [];
  for (const [path, content] of files) {
    const there = join(root, path);
    if (!existsSync(there) || readFileSync(there, 'utf8') !== content) {
      findings.push(`${path}: its figures are not those of ${RESULTS_PATH}, run \`make figures\``);
    }
  }
  return [...findings, ...strayPlots(root, files).map((path) => `${path}: no run has this plot, run \`make figures\``)];
}
