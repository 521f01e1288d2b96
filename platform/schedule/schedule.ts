/**
 * The trading day as a text: at which time which instruments go into which phase, are uncrossed, or end their day. Reads
 * it, and says what is due between two instants. Any thread; the clock is the caller's.
 *
 *   timezone Europe/Zurich           # default UTC; before all lines with times
 *   volatility 120                   # seconds after which a volatility auction is uncrossed and ends
 *   Mon-Fri 08:00    *     PreOpen
 *   Mon-Fri 08:50    *     Auction
 *   Mon-Fri 09:00    *     uncross
 *   Mon-Fri 09:00    *     Continuous
 *   daily   17:30:00 ACME,BETA end-of-day
 *
 * Lines of one time are carried out from above. A local time that a day has twice counts when it comes first; one that it
 * has not counts at the next that it has.
 */

import { readFileSync } from 'node:fs';
import { Cron } from 'croner';
import { PHASE_NAMES, type PhaseName } from '../../schemas/phases.js';
import { EXIT_CONFIGURATION, PlatformError } from '../exit-codes.js';

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const TIME = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/;
const SYMBOL = /^[A-Za-z0-9._/-]{1,32}$/;
const FORM = 'DAYS TIME INSTRUMENTS WHAT, like "Mon-Fri 09:00 * Continuous"';
const WHAT = `${PHASE_NAMES.join(', ')}, uncross, end-of-day`;

export type ScheduledAction = { readonly phase: PhaseName } | 'uncross' | 'end-of-day';

export interface ScheduleEntry {
  readonly line: number;
  /** Null: all instruments. */
  readonly symbols: readonly string[] | null;
  readonly action: ScheduledAction;
  readonly times: Cron;
}

export interface Schedule {
  readonly entries: readonly ScheduleEntry[];
  /** After so long a volatility auction is uncrossed, and continuous trading goes on; null: somebody does that by hand. */
  readonly volatilityMs: number | null;
}

export interface DueEntry {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly entry: ScheduleEntry;
}

export function actionText(action: ScheduledAction): string {
  return typeof action === 'string' ? action : `phase ${action.phase}`;
}

/** Reads and checks the file; throws as readSchedule does. */
export function readScheduleFile(path: string): Schedule {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw wrong(`The schedule ${path} cannot be read (${code}): name a file that is there with --schedule, or none.`);
  }
  return readSchedule(text, path);
}

/** `name`: the file's, for sentences. Throws a PlatformError that says which line is wrong, and what it should be. */
export function readSchedule(text: string, name: string): Schedule {
  let timezone = 'UTC';
  let volatilityMs: number | null = null;
  const entries: ScheduleEntry[] = [];
  for (const [index, whole] of text.split(/\r?\n/).entries()) {
    const words = (whole.split('#')[0] ?? '').trim().split(/\s+/);
    const place = `The schedule ${name} is wrong in line ${index + 1}`;
    if (words[0] === '') continue;
    if (words[0]?.toLowerCase() === 'timezone') {
      if (entries.length > 0) throw wrong(`${place}: the time zone stands before all lines with times.`);
      timezone = checkedZone(words, place);
    } else if (words[0]?.toLowerCase() === 'volatility') volatilityMs = readSeconds(words, place) * 1000;
    else entries.push(readEntry(words, index + 1, timezone, place));
  }
  if (entries.length === 0 && volatilityMs === null) {
    throw wrong(`The schedule ${name} has no line with a time: write ${FORM}.`);
  }
  return { entries, volatilityMs };
}

function wrong(sentence: string): PlatformError {
  return new PlatformError('SCHEDULE', EXIT_CONFIGURATION, sentence);
}

function readSeconds(words: readonly string[], place: string): number {
  const [, seconds = ''] = words;
  if (words.length === 2 && /^[1-9]\d{0,4}$/.test(seconds)) return Number(seconds);
  throw wrong(`${place}: write volatility SECONDS, like volatility 120.`);
}

function checkedZone(words: readonly string[], place: string): string {
  const [, zone] = words;
  if (zone === undefined || words.length > 2)
    throw wrong(`${place}: write timezone NAME, like timezone Europe/Zurich.`);
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    throw wrong(`${place}: there is no time zone "${zone}": write one of the IANA list, like Europe/Zurich or UTC.`);
  }
}

function readEntry(words: readonly string[], line: number, timezone: string, place: string): ScheduleEntry {
  const [days = '', time = '', symbols = '', what = ''] = words;
  if (words.length !== 4) throw wrong(`${place}: write ${FORM}.`);
  const [, hour, minute, second = '0'] = TIME.exec(time) ?? [];
  if (hour === undefined) throw wrong(`${place}: "${time}" is no time: write HH:MM or HH:MM:SS.`);
  const pattern = `${Number(second)} ${Number(minute)} ${Number(hour)} * * ${readDays(days, place)}`;
  return {
    line,
    symbols: symbols === '*' ? null : readSymbols(symbols, place),
    action: readAction(what, place),
    times: new Cron(pattern, { timezone, paused: true }),
  };
}

/** Numbers of days, Sunday 0, as cron has them. */
function readDays(text: string, place: string): string {
  if (text.toLowerCase() === 'daily') return '*';
  const parts = text.split(',').map((part) => {
    const numbers = part.split('-').map((day) => DAYS.indexOf(day.toLowerCase()));
    const [from = -1, to = from] = numbers;
    if (from < 0 || to < 0 || numbers.length > 2) {
      throw wrong(`${place}: "${text}" are no days: write daily, or days like Mon-Fri or Mon,Wed.`);
    }
    const count = ((to - from + 7) % 7) + 1;
    return Array.from({ length: count }, (_, at) => (from + at) % 7).join(',');
  });
  return parts.join(',');
}

function readSymbols(text: string, place: string): readonly string[] {
  const symbols = text.split(',');
  const bad = symbols.find((symbol) => !SYMBOL.test(symbol));
  if (bad !== undefined) throw wrong(`${place}: "${bad}" is no symbol: write * or symbols like ACME,BETA.`);
  return symbols;
}

function readAction(text: string, place: string): ScheduledAction {
  const what = text.toLowerCase();
  if (what === 'uncross' || what === 'end-of-day') return what;
  const phase = PHASE_NAMES.find((name) => name.toLowerCase() === what);
  if (phase === undefined) throw wrong(`${place}: "${text}" is nothing that is done: write one of ${WHAT}.`);
  return { phase };
}

/** What is due after `fromMs` and until `toMs`, in the order in which it is carried out. */
export function dueBetween({ entries }: Schedule, fromMs: number, toMs: number): readonly DueEntry[] {
  const due: DueEntry[] = [];
  for (const entry of entries) {
    let at = entry.times.nextRun(new Date(fromMs));
    while (at !== null && at.getTime() <= toMs) {
      due.push({ atMs: at.getTime(), entry });
      at = entry.times.nextRun(at);
    }
  }
  return due.sort((a, b) => a.atMs - b.atMs || a.entry.line - b.entry.line);
}

/** When the next entry is due after this instant; Infinity: never. */
export function nextDueMs({ entries }: Schedule, afterMs: number): number {
  return Math.min(
    ...entries.map(({ times }) => times.nextRun(new Date(afterMs))?.getTime() ?? Number.POSITIVE_INFINITY),
  );
}
