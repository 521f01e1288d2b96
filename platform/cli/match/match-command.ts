/**
 * `tredye match`: lines in, events out, through the engine alone. The input is read piece by piece and never held as a
 * whole. Main thread.
 */

import type { Readable } from 'node:stream';
import type { Command } from '@commander-js/extra-typings';
import { EXIT_BAD_LINES } from '../../exit-codes.js';
import { examples } from '../help-text.js';
import { eventHelp } from '../journal/record-objects.js';
import { LineWriter } from '../terminal.js';
import { LineError, lineHelp } from './match-line.js';
import { MatchVenue } from './match-venue.js';

/** No command needs so many characters; what is longer is not held. */
const MOST_CHARACTERS = 64 * 1024;

/** What editors of Windows put before the first line. */
const BYTE_ORDER_MARK = /^\ufeff/;

/** Lines of a stream; null in place of one that is too long. */
async function* linesOf(input: Readable): AsyncGenerator<string | null> {
  let rest = '';
  let tooLong = false;
  let isFirst = true;
  for await (const chunk of input.setEncoding('utf8')) {
    const pieces = (rest + (isFirst ? String(chunk).replace(BYTE_ORDER_MARK, '') : String(chunk))).split('\n');
    isFirst = false;
    rest = pieces.pop() ?? '';
    for (const piece of pieces) {
      yield tooLong || piece.length > MOST_CHARACTERS ? null : piece;
      tooLong = false;
    }
    if (rest.length > MOST_CHARACTERS) {
      tooLong = true;
      rest = '';
    }
  }
  if (tooLong) yield null;
  else if (rest !== '') yield rest;
}

/** Returns how many lines were not understood. */
async function match(input: Readable): Promise<number> {
  const venue = new MatchVenue();
  const writer = new LineWriter();
  let number = 0;
  let bad = 0;
  for await (const text of linesOf(input)) {
    number++;
    if (text !== null && (text.trim() === '' || text.startsWith('#'))) continue;
    let full: Promise<void> | null = null;
    try {
      if (text === null) throw new LineError(`The line has more than ${MOST_CHARACTERS} characters.`);
      venue.take(text, (event) => {
        full = writer.add(JSON.stringify({ line: number, ...event })) ?? full;
      });
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      bad++;
      full = writer.add(JSON.stringify({ line: number, error: error.message })) ?? full;
    }
    if (full !== null) await full;
  }
  await writer.flush();
  return bad;
}

function eventsText(): string {
  return [
    'Events, each with line, sequence, commandSequence, timeUs, kind and the fields of its kind; ids of 64 bits are texts,',
    'a price that is none is null, and endOfCommand, book and duplicate stand there only when they are true. What they',
    'mean: docs/records-table.md; why an order is refused or goes: Reason in schemas/records.fbs. In place of an event:',
    'line and error.',
    ...eventHelp().map((line) => `  ${line}`),
  ].join('\n');
}

export function addMatchCommand(program: Command): void {
  program
    .command('match')
    .summary('run commands through the engine alone: JSON lines in, events as JSON lines out')
    .description(
      'run commands through the engine alone: JSON lines on standard input, events as JSON lines on standard output, each with the number of its line. A line that is not understood gives an error line, and the run goes on. Empty lines and lines that begin with # are skipped. Prices are ticks, quantities lots; names of codes in any case',
    )
    .addHelpText(
      'after',
      `\n${lineHelp()}\n\n${eventsText()}\n${examples(
        `echo '{"kind":"new","side":"Buy","price":100,"quantity":5}' | tredye match`,
        'tredye match < cases.jsonl > events.jsonl',
      )}`,
    )
    .action(async () => {
      const bad = await match(process.stdin);
      if (bad > 0) process.exitCode = EXIT_BAD_LINES;
    });
}
