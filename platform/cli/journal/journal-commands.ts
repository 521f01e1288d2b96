/**
 * `tredye journal ls | cat | check | aside | consumers`: the journal of a venue on this machine, also of one that is running. Main thread.
 */

import type { Command } from '@commander-js/extra-typings';
import type { JournalRecord } from '../../../engine/journal/reader.js';
import { COMMAND_BYTES, COMMAND_WORDS, EVENT_WORDS } from '../../../schemas/layout.js';
import { type AsideCommand, readAside } from '../../aside.js';
import { EXIT_CORRUPT_JOURNAL } from '../../exit-codes.js';
import { examples } from '../help-text.js';
import { dataOption, jsonOption, wholeNumber } from '../options.js';
import { LineWriter, say, sayAll, sayJson, tableLines } from '../terminal.js';
import { verifyVenue } from './check.js';
import { consumersOf, type LocalConsumer, removeEverywhere } from './local-consumers.js';
import { checkShard, openLocalVenue, recordsOf, type SegmentSummary, segmentsOf } from './local-venue.js';
import { commandObject, eventObject, type PlainObject, partsBehind } from './record-objects.js';

const MAX_SHARD = 63;

function segmentLines(segments: readonly SegmentSummary[]): string[] {
  const heads = ['shard', 'segment', 'MiB', 'epochs', 'groups', 'commands', 'events', 'file'];
  const rows = segments.map((segment) => [
    String(segment.shard),
    String(segment.segment),
    String(segment.bytes / 1024 / 1024),
    range(segment.firstEpoch, segment.lastEpoch),
    String(segment.groups),
    range(segment.firstCommand, segment.lastCommand),
    range(segment.firstEvent, segment.lastEvent),
    segment.file,
  ]);
  return tableLines(heads, rows, ['shard', 'segment', 'MiB', 'epochs', 'groups', 'commands', 'events']);
}

function asideLines(commands: readonly AsideCommand[]): string[] {
  const heads = ['shard', 'sequence', 'time', 'kind', 'records', 'error'];
  const rows = commands.map(({ shard, sequence, time, command, bytes, stack }) => [
    String(shard),
    String(sequence),
    time,
    String(command.kind),
    String(bytes.length / 2 / COMMAND_BYTES),
    stack.split('\n')[0] ?? '',
  ]);
  return tableLines(heads, rows, ['shard', 'sequence', 'records']);
}

function consumerLines(consumers: readonly LocalConsumer[]): string[] {
  const heads = ['shard', 'consumer', 'segment', 'event'];
  const rows = consumers.map(({ shard, name, segment, eventSequence }) => [
    String(shard),
    name,
    segment === null ? 'damaged' : String(segment),
    eventSequence === null ? 'damaged' : String(eventSequence),
  ]);
  return tableLines(heads, rows, ['shard', 'segment', 'event']);
}

function range(first: number, last: number): string {
  if (last < first) return '-';
  return last === first ? String(first) : `${first}-${last}`;
}

/** What a record says, in the order in which it lies there: all commands of a group, then all its events. */
function* linesOf(record: JournalRecord, shard: number, fromEvent: number): Generator<PlainObject> {
  const { epoch } = record;
  if (record.kind === 'start') {
    yield { record: 'start', shard, epoch, previousEpoch: record.previousEpoch, nextEvent: record.firstEventSequence };
    return;
  }
  for (let at = 0; at < record.commands.length; ) {
    const sequence = record.firstCommandSequence + at / COMMAND_WORDS;
    yield { record: 'command', shard, epoch, ...commandObject(record.commands, at, sequence) };
    at += (1 + partsBehind(record.commands, at)) * COMMAND_WORDS;
  }
  for (let at = 0; at < record.events.length; at += EVENT_WORDS) {
    const event = eventObject(record.events, at);
    if (Number(event.sequence) >= fromEvent) yield { record: 'event', shard, epoch, ...event };
  }
}

export function addJournalCommands(program: Command): void {
  const journal = program
    .command('journal')
    .description('look at the journal of a venue on this machine')
    .helpCommand(false);
  journal.addHelpText('after', examples('tredye journal ls', 'tredye journal cat | head', 'tredye journal check'));

  journal
    .command('ls')
    .summary('list the segments')
    .description('list the segments with their sizes, epochs, commands and events; a running venue is not disturbed')
    .addOption(dataOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('tredye journal ls --data data --json'))
    .action((options) => {
      const venue = openLocalVenue(options.data);
      const segments = Array.from({ length: venue.shardCount }, (_, shard) => segmentsOf(venue, shard)).flat();
      if (options.json === true) sayJson(segments);
      else sayAll(segmentLines(segments));
    });

  journal
    .command('check')
    .summary('look through all of it, and say whether everything holds')
    .description(
      'look through every record, checksum, seal, sequence and epoch, make all events again and compare them byte for byte, compare the state with that of each snapshot, and add up the money; a running venue is not disturbed. Exits with 67 when anything does not hold',
    )
    .addOption(dataOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('tredye journal check', 'tredye journal check --data data --json'))
    .action((options) => {
      const shards = verifyVenue(options.data, (text) => {
        if (options.json !== true) say(text);
      });
      if (options.json === true) sayJson(shards.map((verified, shard) => ({ shard, ...verified })));
      if (shards.some(({ problems }) => problems.length > 0)) process.exitCode = EXIT_CORRUPT_JOURNAL;
    });

  journal
    .command('aside')
    .summary('list the commands that were put aside')
    .description(
      'list the commands at which the engine threw twice: each was refused with the reason PutAside and is a bug to be reported, with the file that --json shows whole',
    )
    .addOption(dataOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('tredye journal aside', 'tredye journal aside --data data --json'))
    .action((options) => {
      const venue = openLocalVenue(options.data);
      const commands = Array.from({ length: venue.shardCount }, (_, shard) => readAside(venue.path, shard)).flat();
      if (options.json === true) sayJson(commands);
      else sayAll(asideLines(commands));
    });

  journal
    .command('consumers')
    .summary('list who must have what the journal holds before it may go')
    .description(
      'list who must have what the journal holds before it may go, with the last event that each has; one that will never come again is taken away with --remove, and segments that it lacks may go then',
    )
    .option('--remove <name>', 'take this one away, in every shard')
    .addOption(dataOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('tredye journal consumers', 'tredye journal consumers --remove archive'))
    .action((options) => {
      const venue = openLocalVenue(options.data);
      if (options.remove !== undefined) removeEverywhere(venue, options.remove);
      const consumers = consumersOf(venue);
      if (options.json === true) sayJson(consumers);
      else sayAll(consumerLines(consumers));
    });

  journal
    .command('cat')
    .summary('print commands and events as JSON lines')
    .description(
      'print commands and events as JSON lines, group by group; a running venue is not disturbed, and its very last group may not be acknowledged yet',
    )
    .option('--shard <number>', 'whose journal', wholeNumber(0, MAX_SHARD), 0)
    .option('--from <event>', 'begin with the group of this event', wholeNumber(1, Number.MAX_SAFE_INTEGER), 1)
    .option('--limit <lines>', 'stop after so many lines', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .addOption(dataOption())
    .addHelpText(
      'after',
      examples('tredye journal cat --from 1000 --limit 20', 'tredye journal cat | grep \'"kind":"Fill"\''),
    )
    .action(async (options) => {
      const venue = openLocalVenue(options.data);
      checkShard(venue, options.shard);
      const writer = new LineWriter();
      let left = options.limit ?? Number.POSITIVE_INFINITY;
      for (const record of recordsOf(venue, options.shard, options.from)) {
        for (const line of linesOf(record, options.shard, options.from)) {
          const full = writer.add(JSON.stringify(line));
          // Awaited only where there is something to wait for: most lines only join the others.
          if (full !== null) await full;
          left--;
          if (left === 0) break;
        }
        if (left === 0) break;
      }
      await writer.flush();
    });
}
