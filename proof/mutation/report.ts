/** What Stryker's report says of the mutants, beside the survivors that have a reason. Any thread. */

import type { Survivor } from './survivors.js';

/** A part of Stryker's report (mutation-testing-report-schema). */
export interface Report {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly ReportedMutant[] }>>;
}

interface ReportedMutant {
  readonly status: string;
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly location: {
    readonly start: { readonly line: number; readonly column: number };
    readonly end: { readonly line: number; readonly column: number };
  };
}

export interface Living {
  readonly file: string;
  readonly line: number;
  /** The whole line on which it begins, trimmed. */
  readonly text: string;
  readonly from: string;
  readonly to: string;
  readonly mutator: string;
  /** Of the list; empty when it has none. */
  readonly reason: string;
}

export interface Score {
  readonly killed: number;
  /** Among the killed: they ran without end. */
  readonly hung: number;
  readonly living: readonly Living[];
  /** Of the list, in the files that were judged: nothing of the kind survived. */
  readonly dead: readonly Survivor[];
  /** 0 to 100; no mutant at all is 0. */
  readonly percent: number;
}

const DEAD = new Set(['Killed', 'Timeout', 'RuntimeError']);
const ALIVE = new Set(['Survived', 'NoCoverage']);

const inOneLine = (code: string): string => code.replace(/\s+/g, ' ').trim();

/** Where code of a compiled file stands in its source. */
export interface Sources {
  /** From the root of the tree. */
  readonly source: string;
  /** Lines and columns are counted from 1. */
  place(line: number, column: number): { line: number; text: string };
}

export function scoreOf(report: Report, sourcesOf: (file: string) => Sources, survivors: readonly Survivor[]): Score {
  const living: Living[] = [];
  const used = new Set<Survivor>();
  let killed = 0;
  let hung = 0;
  const judged = new Set<string>();
  for (const [compiled, { source, mutants }] of Object.entries(report.files)) {
    const lines = source.split('\n');
    const sources = sourcesOf(compiled);
    const file = sources.source;
    judged.add(file);
    for (const mutant of mutants) {
      killed += DEAD.has(mutant.status) ? 1 : 0;
      hung += mutant.status === 'Timeout' ? 1 : 0;
      if (!ALIVE.has(mutant.status)) continue;
      const { start, end } = mutant.location;
      const { line, text } = sources.place(start.line, start.column);
      const to = inOneLine(mutant.replacement ?? '');
      const known = survivors.find((one) => one.file === file && one.line === text && (one.to === '' || one.to === to));
      if (known !== undefined) used.add(known);
      const from = inOneLine(cut(lines, start, end));
      living.push({ file, line, text, from, to, mutator: mutant.mutatorName, reason: known?.reason ?? '' });
    }
  }
  const dead = survivors.filter((one) => !used.has(one) && judged.has(one.file));
  const total = killed + living.length;
  return { killed, hung, living, dead, percent: total === 0 ? 0 : Math.round((killed * 1000) / total) / 10 };
}

/** Columns are counted from 1. */
function cut(lines: readonly string[], start: { line: number; column: number }, end: typeof start): string {
  const part = lines.slice(start.line - 1, end.line);
  part[part.length - 1] = (part.at(-1) ?? '').slice(0, end.column - 1);
  part[0] = (part[0] ?? '').slice(start.column - 1);
  return part.join('\n');
}

export function tell({ file, line, from, to, mutator, reason }: Living): string {
  const short = (code: string) => (code.length > 90 ? `${code.slice(0, 90)}...` : code);
  return `${file}:${line} ${mutator}: ${short(from)} -> ${short(to)}${reason === '' ? '' : ` (${reason})`}`;
}
