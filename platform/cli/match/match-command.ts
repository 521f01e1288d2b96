/**
 * `tredye match`: lines in, events out, through the engine alone; rule tables are checked on the way. The input is read
 * piece by piece and never held as a whole. Main thread.
 */

import type { Readable } from 'node:stream';
import type { Command } from '@commander-js/extra-typings';
import { EXIT_BAD_LINES, EXIT_CLEAN, EXIT_RULE_BROKEN } from '../../exit-codes.js';
import { examples } from '../help-text.js';
import { eventHelp, type PlainObject } from '../journal/record-objects.js';
import { LineWriter } from '../terminal.js';
import { LineError, lineHelp } from './match-line.js';
import { RuleRun } from './rule-run.js';

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

/** Returns the code to leave with. */
async function match(input: Readable): Promise<number> {
  const writer = new LineWriter();
  let full: Promise<void> | null = null;
  const write = (object: PlainObject): void => {
    full = writer.add(JSON.stringify(object)) ?? full;
  };
  const run = new RuleRun(write);
  let number = 0;
  let bad = 0;
  for await (const text of linesOf(input)) {
    number++;
    try {
      if (text === null) throw new LineError(`The line has more than ${MOST_CHARACTERS} characters.`);
      run.take(text, number);
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      bad++;
      write({ line: number, error: error.message });
    }
    if (full !== null) await full;
    full = null;
  }
  run.finish();
  await writer.flush();
  const { rules, cases, expectations, failed, halves } = run.counts;
  bad += halves;
  if (cases > 0 || expectations > 0) {
    process.stderr.write(
      `${expectations} expectations in ${cases} cases of ${rules} rules: ${failed} failed, ${bad} lines not understood\n`,
    );
  }
  if (bad > 0) return EXIT_BAD_LINES;
  return failed > 0 ? EXIT_RULE_BROKEN : EXIT_CLEAN;
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

/** The language of rule tables, which is that of a line that does not begin with {. */
const RULES_TEXT = `Lines of text, for rule tables; they and JSON lines may be mixed:
  rule 2.4: a sentence            a case, in a fresh small venue; limits NAME=NUMBER … right behind it changes limits, then
                                  venue empty shard=0 shards=2 one in which nothing is made without a line, no Continue either
  instrument ACME priceMax=1000   account alice                   at 1500 (timeUs)
  ACCOUNT[/LANE] KIND …           a command: its account and kind (mass-cancel for massCancel), then in any order
                                  #1 its id, or the target of a cancel or replace (as #2: its own id), a quantity,
                                  @ PRICE, codes (buy, market, Day, fill-or-kill, Halted), fields that are true (post-only),
                                  an instrument, any other field as NAME=VALUE, raw.NAME=NUMBER for the record itself
  > KIND …                        an event of the command above: its account, #id, quantity, @ price, codes, bits,
                                  NAME=VALUE. What is not named is not compared, but all events must stand there, in
                                  order (> nothing: none). Without such a line no event may be Rejected
  = book ACME buy 5 @ 100, 8 @ 99 x2   the levels now, best first (x2: orders); empty where there is none
  = phase ACME Halted
A price that is none is none, an account that is none nobody. In relatedId, orderId and orderOf stands #1 or alice/3#1 for
the order that was entered so. A line that begins with # is a comment, and so is what stands behind " # ".
In place of an expectation that does not hold: line, rule, expected, came; then the exit code is ${EXIT_RULE_BROKEN}, or ${EXIT_BAD_LINES} where a
line was not understood. Where anything was expected, a summary stands on standard error.

  rule 2.3: a limit order trades at the price of the order that rests, and its rest rests
  bob new #1 sell 3 @ 99
  alice new #1 buy 5 @ 100
  > Accepted alice #1
  > Fill bob #1 3 @ 99 leaves=0 Maker
  > Fill alice #1 3 @ 99 leaves=2 Taker
  > Booked alice #1 @ 100 leaves=2
  = book buy 2 @ 100`;

export function addMatchCommand(program: Command): void {
  program
    .command('match')
    .summary('run commands or rule tables through the engine alone: lines in, events as JSON lines out')
    .description(
      'run commands through the engine alone: JSON lines or rule tables on standard input, events as JSON lines on standard output, each with the number of its line. A line that is not understood gives an error line, and the run goes on. Empty lines and lines that begin with # are skipped. Prices are ticks, quantities lots; names of codes in any case',
    )
    .addHelpText(
      'after',
      `\n${lineHelp()}\n\n${RULES_TEXT}\n\n${eventsText()}\n${examples(
        `echo '{"kind":"new","side":"Buy","price":100,"quantity":5}' | tredye match`,
        'tredye match < cases.jsonl > events.jsonl',
        'tredye match < proof/rules/02-orders.rules > events.jsonl',
      )}`,
    )
    .action(async () => {
      process.exitCode = await match(process.stdin);
    });
}
