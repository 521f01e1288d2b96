/**
 * `tredye restore`: a data directory made anew from an archive, on any machine. Main thread.
 */

import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { RealDisk } from '../../../engine/journal/disk.js';
import { type RestoredJournal, restoreJournal } from '../../../engine/retention/restore.js';
import { limitsOfStart } from '../../configuration.js';
import { journalDirectory, makeSteps, readVenue, writeVenueCopy } from '../../data-directory.js';
import { EXIT_CONFIGURATION, EXIT_CORRUPT_JOURNAL, EXIT_DATA_DIRECTORY, PlatformError } from '../../exit-codes.js';
import { examples } from '../help-text.js';
import { wholeNumber } from '../options.js';
import { say } from '../terminal.js';
import { verifyVenue } from './check.js';
import { readable } from './local-venue.js';

/** Says what was restored and from where; a publisher must not take such a directory for the one it knew. */
const RESTORED_FILE = 'restored.json';
const PROGRESS_MS = 2_000;

/** False when what was restored does not verify. Throws a PlatformError; what was begun then stays, without a venue file. */
function restore(from: string, to: string, toEvent: number, tell: (text: string) => void): boolean {
  const venue = readVenue(from);
  if (venue === null) {
    throw new PlatformError(
      'NO_ARCHIVE',
      EXIT_DATA_DIRECTORY,
      `There is no archive in ${from}: name the directory of --archive.`,
    );
  }
  if (existsSync(to) && readdirSync(to).length > 0) {
    throw new PlatformError(
      'NOT_EMPTY',
      EXIT_DATA_DIRECTORY,
      `The directory ${to} is not empty: restore into a new one.`,
    );
  }
  const { shardCount } = venue;
  if (toEvent !== Number.POSITIVE_INFINITY && shardCount > 1) {
    const sentence = `The venue has ${shardCount} shards, whose events are numbered apart: restore all of it, without --to-event.`;
    throw new PlatformError('USAGE', EXIT_CONFIGURATION, sentence);
  }
  try {
    makeSteps(to);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new PlatformError(
      'DATA_DIRECTORY_UNUSABLE',
      EXIT_DATA_DIRECTORY,
      `The directory ${to} cannot be made (${why}): restore into another one.`,
    );
  }
  const shards = Array.from({ length: shardCount }, (_, shard): RestoredJournal => {
    const startedMs = performance.now();
    let toldMs = startedMs;
    try {
      return restoreJournal({
        disk: new RealDisk(),
        from: journalDirectory(from, shard),
        to: journalDirectory(to, shard),
        identity: { shard, shardCount },
        limits: limitsOfStart(new Map(), venue.limits),
        toEvent,
        progress: (segment, of) => {
          const nowMs = performance.now();
          if (nowMs - toldMs < PROGRESS_MS) return;
          toldMs = nowMs;
          tell(`shard ${shard}: segment ${segment} of ${of}, ${Math.round(nowMs - startedMs)} ms so far`);
        },
      });
    } catch (error) {
      throw readable(error, shard);
    }
  });
  for (const [shard, { firstSegment, lastSegment, eventSequence, snapshots }] of shards.entries()) {
    tell(
      `shard ${shard}: segments ${firstSegment} to ${lastSegment}, up to event ${eventSequence}, ${snapshots} snapshots`,
    );
  }
  writeFileSync(
    join(to, RESTORED_FILE),
    `${JSON.stringify({ from, restoredAt: new Date().toISOString(), shards }, null, 2)}\n`,
  );
  // Last: a directory without it is none that starts.
  writeVenueCopy(to, venue);
  return verifyVenue(to, tell).every(({ problems }) => problems.length === 0);
}

export function addRestoreCommand(program: Command): void {
  program
    .command('restore')
    .summary('make a data directory from an archive')
    .description(
      "make a data directory from the archive of a venue (--archive of the platform): every record, checksum and seal is verified, every event made again. What was in no finished segment yet is not there, and of several shards each ends by itself: look at transfers between them. The operator's key is in no archive: put your copy of admin-key.json into the new directory before the start. Exits with 67 when anything does not hold",
    )
    .requiredOption('--from <directory>', 'the archive')
    .requiredOption('--to <directory>', 'the data directory to make; it must not be there, or be empty')
    .option(
      '--to-event <number>',
      'leave out what was written later than this event',
      wholeNumber(1, Number.MAX_SAFE_INTEGER),
    )
    .addHelpText('after', examples('tredye restore --from /mnt/archive --to data'))
    .action((options) => {
      const holds = restore(
        resolve(options.from),
        resolve(options.to),
        options.toEvent ?? Number.POSITIVE_INFINITY,
        say,
      );
      if (!holds) process.exitCode = EXIT_CORRUPT_JOURNAL;
    });
}
