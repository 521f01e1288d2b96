/**
 * The data directory: made 0700 on the first start, held by one platform at a time, bound for ever to one venue and
 * one number of shards. Supervisor thread, at start only; everything here may block.
 *
 *   DATA/lock             flock'd for as long as a thread of ours may still write; holds the pid for people
 *   DATA/venue.json       layout version, venue id and name, shard count, how instruments are given to shards, the
 *                         limits that decide answers (a journal replays to its own events under those only), and
 *                         whether the venue has begun: from then on all of it is fixed, and a missing journal is lost
 *   DATA/admin-key.json   the operator's Ed25519 pair, 0600 (admin-key.ts)
 *   DATA/shard-N/journal/ segments of shard N (engine/journal)
 *   DATA/shard-N/aside/   commands at which the engine threw twice (aside.ts), once there are any
 *   DATA/shard-N/snapshots/ its two newest snapshots (engine/snapshot), once there are any
 */

import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { ANSWER_LIMITS, type Limits } from '../engine/limits.js';
import { type AskedLimits, limitsOfStart } from './configuration.js';
import { EXIT_CORRUPT_JOURNAL, EXIT_DATA_DIRECTORY, EXIT_MISSING, PlatformError } from './exit-codes.js';

/** Raised when a file's place or meaning changes; an older platform then refuses by number. */
const LAYOUT_VERSION = 2;
/** Instruments are given to shards by their terms, or else by number; journaled with each InstrumentAdded. */
const INSTRUMENT_MAP = 'by-terms-else-by-number';
/** Where flock(1) finds our descriptor in its own table. */
const FLOCK_DESCRIPTOR = 3;
const VENUE_FILE = 'venue.json';
const SHARD_FOLDER = /^shard-\d+$/;

type AnswerLimit = (typeof ANSWER_LIMITS)[number];

/** Of every layout there ever was. */
const anyVenueFile = z.looseObject({ layoutVersion: z.int() });
const venueFile = z.strictObject({
  layoutVersion: z.int(),
  venueId: z.uuid(),
  venue: z.string(),
  shardCount: z.int(),
  instrumentMap: z.string(),
  /** One that is not there came later than the venue, which has never met it: the default holds. */
  limits: z.partialRecord(z.enum(ANSWER_LIMITS), z.int()),
  /** Every shard has its journal. Not there: written by a platform that did not say so, and the files must tell. */
  begun: z.boolean().optional(),
});

export type VenueFile = z.infer<typeof venueFile>;

export interface DataDirectory {
  /** Absolute. */
  readonly path: string;
  readonly venue: VenueFile;
  /** Those asked for, but for the ones that the first start has fixed. */
  readonly limits: Limits;
  /** True when this start made venue.json. */
  readonly firstStart: boolean;
  readonly adminKeyPath: string;
  /** Held to the end of the process: the lock ends when the last descriptor of it closes. */
  readonly lockDescriptor: number;
}

function refuse(code: string, sentence: string, canRetry = false): PlatformError {
  return new PlatformError(code, EXIT_DATA_DIRECTORY, sentence, canRetry);
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
}

/** Writes a whole file so that a crash leaves the old one, none, or all of the new one. Throws a PlatformError. */
export function writeFileDurably(path: string, text: string, mode: number): void {
  try {
    writeWhole(path, text, mode);
  } catch (error) {
    throw cannotBeWritten(dirname(path), error);
  }
}

/** A file that is there whole and durable, or not at all. */
export function writeWhole(path: string, text: string, mode: number): void {
  const temporary = `${path}.new`;
  const descriptor = openSync(temporary, 'w', mode);
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, path);
  syncDirectory(dirname(path));
}

/** Makes a new or renamed entry of a directory survive a power cut. */
export function syncDirectory(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

export function journalDirectory(dataPath: string, shard: number): string {
  return join(dataPath, `shard-${shard}`, 'journal');
}

/**
 * With the directories above it, one step at a time: Node's recursive mkdir never comes back where a file system answers
 * ENOENT to every new directory, as /proc does, and says ENOENT where one is read-only.
 */
export function makeSteps(path: string): void {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeSteps(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another platform that starts beside this one may have made it meanwhile; who holds it is found by the lock.
    if (errorCode(error) !== 'EEXIST' || !existsSync(path)) throw error;
  }
}

function makeDirectory(path: string): void {
  try {
    makeSteps(path);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') throw notADirectory(path);
    throw refuse(
      'DATA_DIRECTORY_UNUSABLE',
      `The data directory ${path} cannot be made (${errorCode(error)}): choose another with --data.`,
    );
  }
  if (!statSync(path).isDirectory()) throw notADirectory(path);
}

function notADirectory(path: string): PlatformError {
  return refuse('DATA_DIRECTORY_UNUSABLE', `${path} is not a directory: choose another with --data.`);
}

/**
 * Takes the directory's lock: flock(1) locks the open file that it inherits as descriptor 3, and because the lock
 * belongs to the open file and not to that process, it lasts until our descriptor closes. A process that hangs in a
 * write keeps it until that write is over, so two writers never meet.
 */
function takeLock(path: string): number {
  let descriptor: number;
  try {
    descriptor = openSync(join(path, 'lock'), 'a+', 0o600);
  } catch (error) {
    throw cannotBeWritten(path, error);
  }
  const flock = spawnSync('flock', ['-n', String(FLOCK_DESCRIPTOR)], {
    stdio: ['ignore', 'ignore', 'ignore', descriptor],
  });
  if (flock.error !== undefined || (flock.status !== 0 && flock.status !== 1)) {
    closeSync(descriptor);
    throw new PlatformError(
      'FLOCK_MISSING',
      EXIT_MISSING,
      'The program flock is missing or does not work: install the Debian package util-linux.',
    );
  }
  if (flock.status === 1) {
    const holder = readFileSync(join(path, 'lock'), 'utf8').trim();
    closeSync(descriptor);
    const who = /^\d+$/.test(holder) ? `the platform with process id ${holder}` : 'another platform';
    throw refuse(
      'DATA_DIRECTORY_HELD',
      `The data directory ${path} is held by ${who}: stop that one or choose another with --data.`,
      true,
    );
  }
  return descriptor;
}

function writePid(lockDescriptor: number): void {
  ftruncateSync(lockDescriptor, 0);
  writeSync(lockDescriptor, `${process.pid}\n`);
}

/** A full disk, missing rights. */
function cannotBeWritten(path: string, error: unknown): PlatformError {
  return refuse(
    'DATA_DIRECTORY_UNUSABLE',
    `The data directory ${path} cannot be written (${errorCode(error)}): make it writable or choose another with --data.`,
    true,
  );
}

function readVenueFile(path: string): VenueFile | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw refuse(
      'DATA_DIRECTORY_UNUSABLE',
      `${path} cannot be read (${errorCode(error)}): make it readable or choose another directory with --data.`,
    );
  }
  const json = parseJson(text);
  const layout = anyVenueFile.safeParse(json);
  if (layout.success && layout.data.layoutVersion !== LAYOUT_VERSION) {
    throw refuse(
      'OTHER_LAYOUT',
      `The data directory ${dirname(path)} has layout ${layout.data.layoutVersion}, this platform knows layout ${LAYOUT_VERSION}: use the platform that wrote it.`,
    );
  }
  const parsed = venueFile.safeParse(json);
  if (!parsed.success) {
    throw refuse('VENUE_FILE_DAMAGED', `${path} is not what a platform wrote: restore it from a backup.`);
  }
  return parsed.data;
}

/** What is written of the venue in a directory, without taking it; null when there is none. Throws a PlatformError. */
export function readVenue(path: string): VenueFile | null {
  return readVenueFile(join(path, VENUE_FILE));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Opens or makes the directory, takes its lock and checks that it belongs to this venue, number of shards and limits.
 * Throws a PlatformError with one sentence; then nothing of the venue was changed.
 */
export function openDataDirectory(
  directory: string,
  venue: string,
  shardCount: number,
  asked: AskedLimits = new Map(),
): DataDirectory {
  const path = resolve(directory);
  // Limits that cannot work leave no directory behind.
  if (!existsSync(join(path, VENUE_FILE))) limitsOfStart(asked, null);
  makeDirectory(path);
  const lockDescriptor = takeLock(path);
  try {
    writePid(lockDescriptor);
    return describe(path, lockDescriptor, venue, shardCount, asked);
  } catch (error) {
    closeSync(lockDescriptor);
    throw error instanceof PlatformError ? error : cannotBeWritten(path, error);
  }
}

function describe(
  path: string,
  lockDescriptor: number,
  venue: string,
  shardCount: number,
  asked: AskedLimits,
): DataDirectory {
  const file = join(path, VENUE_FILE);
  const adminKeyPath = join(path, 'admin-key.json');
  const found = readVenueFile(file);
  const hasJournals = hasAnyJournal(path);
  const begun = existsSync(adminKeyPath) || (found?.begun ?? hasJournals);
  // A new file would give the journals a new venue id, and perhaps another number of shards.
  if (found === null && begun) {
    throw refuse(
      'VENUE_FILE_MISSING',
      `${file} is missing, but ${path} holds a venue: restore the file from a backup or choose another with --data.`,
    );
  }
  if (found !== null) checkVenue(path, found, venue, shardCount, begun || hasJournals);
  // Until it has begun nothing depends on what an earlier try asked for, and that one may have failed for asking too much.
  const kept = begun ? found : null;
  const limits = kept === null ? limitsOfStart(asked, null) : fixedLimits(kept.limits, asked);
  const now: VenueFile = kept ?? {
    layoutVersion: LAYOUT_VERSION,
    venueId: found?.venueId ?? randomUUID(),
    venue,
    shardCount,
    instrumentMap: INSTRUMENT_MAP,
    limits: answerLimitsOf(limits),
    begun: false,
  };
  for (let shard = 0; begun && shard < shardCount; shard++) {
    if (!hasJournal(path, shard)) throw journalMissing(path, shard);
  }
  if (kept === null) writeVenueFile(path, now);
  for (let shard = 0; shard < shardCount; shard++) {
    mkdirSync(journalDirectory(path, shard), { recursive: true, mode: 0o700 });
    syncDirectory(join(path, `shard-${shard}`));
  }
  syncDirectory(path);
  return { path, venue: now, limits, firstStart: found === null, adminKeyPath, lockDescriptor };
}

function writeVenueFile(path: string, content: VenueFile): void {
  writeFileDurably(join(path, VENUE_FILE), `${JSON.stringify(content, null, 2)}\n`, 0o600);
}

/** What a copy of a venue that has begun has beside its journals. Throws what the system does. */
export function writeVenueCopy(path: string, venue: VenueFile): void {
  writeVenueFile(path, { ...venue, begun: true });
}

/**
 * Writes down that every shard has its journal. Before the first command of any shard: a journal that is missing after
 * it is lost, whether or not the operator key still lies beside it. Throws a PlatformError.
 */
export function markBegun({ path, venue }: DataDirectory): void {
  if (venue.begun !== true) writeVenueFile(path, { ...venue, begun: true });
}

/** Refuses a venue file that is not of this start. bound: journals were made for its name and its number of shards. */
function checkVenue(path: string, found: VenueFile, venue: string, shardCount: number, bound: boolean): void {
  if (found.instrumentMap !== INSTRUMENT_MAP) {
    throw refuse(
      'OTHER_MAP',
      `The data directory ${path} gives instruments to shards by "${found.instrumentMap}", this platform by "${INSTRUMENT_MAP}": use the platform that wrote it.`,
    );
  }
  if (bound && found.shardCount !== shardCount) {
    throw refuse(
      'OTHER_SHARD_COUNT',
      `The data directory ${path} was made for ${found.shardCount} ${found.shardCount === 1 ? 'shard' : 'shards'}, not ${shardCount}: start with --shards ${found.shardCount} or choose another with --data.`,
    );
  }
  if (bound && found.venue !== venue) {
    throw refuse(
      'OTHER_VENUE',
      `The data directory ${path} belongs to the venue "${found.venue}", not "${venue}": start with --venue ${found.venue} or choose another with --data.`,
    );
  }
}

function answerLimitsOf(limits: Limits): Record<AnswerLimit, number> {
  const entries = ANSWER_LIMITS.map((name): [AnswerLimit, number] => [name, limits[name]]);
  return Object.fromEntries(entries) as Record<AnswerLimit, number>;
}

/** The limits of this start. Each refusal for want of room is in the journal, and must come again when it is replayed. */
function fixedLimits(recorded: Partial<Record<AnswerLimit, number>>, asked: AskedLimits): Limits {
  for (const name of ANSWER_LIMITS) {
    const given = asked.get(name);
    if (given !== undefined && recorded[name] !== undefined && given.value !== recorded[name]) {
      throw refuse(
        'OTHER_LIMIT',
        `${given.by} is ${recorded[name]} in this data directory and cannot be changed yet: start without it or choose another with --data.`,
      );
    }
  }
  return limitsOfStart(asked, recorded);
}

/** Whether any shard, of this start or of another one, has ever begun its journal. */
function hasAnyJournal(path: string): boolean {
  return readdirSync(path).some((name) => SHARD_FOLDER.test(name) && hasJournal(path, Number(name.slice(6))));
}

function segments(path: string, shard: number): string[] {
  const journal = journalDirectory(path, shard);
  return existsSync(journal) ? readdirSync(journal).filter((name) => name.endsWith('.seg')) : [];
}

/** The file that a shard's journal ends in; its directory when there is none. */
export function lastSegment(path: string, shard: number): string {
  return join(journalDirectory(path, shard), segments(path, shard).sort().at(-1) ?? '.');
}

/** Whether a shard of this directory has ever begun its journal. */
function hasJournal(path: string, shard: number): boolean {
  return segments(path, shard).length > 0;
}

function journalMissing(path: string, shard: number): PlatformError {
  return new PlatformError(
    'JOURNAL_MISSING',
    EXIT_CORRUPT_JOURNAL,
    `The journal of shard ${shard} is missing in ${journalDirectory(path, shard)}, though this venue has begun: restore it from a backup.`,
  );
}
