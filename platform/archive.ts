/**
 * The directory to which a venue's finished segments and snapshots are copied (engine/retention/archive.ts), as it is taken at
 * a start: one venue's alone, with that venue's file beside the copies. The operator's key is not in it. Main thread.
 */

import { resolve } from 'node:path';
import { type DataDirectory, makeSteps, readVenue, writeVenueCopy } from './data-directory.js';
import { EXIT_DATA_DIRECTORY, PlatformError } from './exit-codes.js';

/** Throws a PlatformError where the archive is of another venue, is the data directory itself, or cannot be written. */
export function prepareArchive(archive: string, { path, venue }: DataDirectory): void {
  const directory = resolve(archive);
  if (`${directory}/`.startsWith(`${path}/`)) {
    throw new PlatformError(
      'ARCHIVE_INSIDE',
      EXIT_DATA_DIRECTORY,
      `The archive ${directory} lies in the data directory, which it is to outlive: choose another with --archive.`,
    );
  }
  const found = readVenue(directory);
  if (found !== null && found.venueId !== venue.venueId) {
    throw new PlatformError(
      'OTHER_ARCHIVE',
      EXIT_DATA_DIRECTORY,
      `The archive ${directory} belongs to another venue (${found.venue}, ${found.venueId}): choose another with --archive.`,
    );
  }
  try {
    makeSteps(directory);
    writeVenueCopy(directory, venue);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new PlatformError(
      'ARCHIVE_UNUSABLE',
      EXIT_DATA_DIRECTORY,
      `The archive ${directory} cannot be written (${why}): make it writable or choose another with --archive.`,
    );
  }
}
