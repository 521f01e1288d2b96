/**
 * Who and what a venue of this machine knows: accounts, keys, instruments and assets, folded from the admin records of shard 0,
 * which numbers them. Where the journal's beginning was retired, from those in a snapshot, and the journal behind it. Main
 * thread.
 */

import { Engine } from '../../../engine/engine.js';
import { RealDisk } from '../../../engine/journal/disk.js';
import type { JournalRecord } from '../../../engine/journal/reader.js';
import { checkedHeader, listSegments, segmentPath } from '../../../engine/journal/segments.js';
import { restoreNewest, snapshotsBeside } from '../../../engine/snapshot/snapshots.js';
import { ANY_SHARD, decodeTerms } from '../../../schemas/admin.js';
import { CommandKind, EventKind } from '../../../schemas/codes.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_KIND_WORD,
  COMMAND_TARGET_ID,
  COMMAND_TIME_US,
  COMMAND_WORDS,
  EVENT_COMMAND_SEQUENCE,
  EVENT_DUPLICATE_BIT,
  EVENT_KIND_WORD,
  EVENT_WORDS,
  joinWords,
} from '../../../schemas/layout.js';
import { limitsOfStart } from '../../configuration.js';
import { journalDirectory } from '../../data-directory.js';
import { EXIT_CORRUPT_JOURNAL, PlatformError } from '../../exit-codes.js';
import { type LocalVenue, recordsOf } from './local-venue.js';
import { partsBehind } from './record-objects.js';

export interface LocalKey {
  readonly key: number;
  readonly label: string;
  readonly rights: number;
  /** Hex. */
  readonly publicKey: string;
  revoked: boolean;
}

export interface LocalAccount {
  readonly account: number;
  readonly name: string;
  readonly keys: LocalKey[];
}

export interface LocalAsset {
  readonly asset: number;
  readonly name: string;
  readonly decimals: number;
}

export interface LocalDirectory {
  readonly accounts: LocalAccount[];
  /** By symbol: its number and its shard. */
  readonly instruments: ReadonlyMap<string, { readonly id: number; readonly shard: number }>;
  readonly assets: readonly LocalAsset[];
}

/** Throws a PlatformError. */
export function readDirectory(venue: LocalVenue): LocalDirectory {
  const folded = new Folded(venue.shardCount);
  const beginning = beginningOf(venue, 0);
  const log = beginning?.state.adminLog;
  if (log) {
    const { words } = log;
    for (let at = log.wordOf(0); at < log.wordOf(log.written); ) {
      const parts = partsBehind(words, at);
      folded.take(words, at, parts);
      at += (1 + parts) * COMMAND_WORDS;
    }
  }
  for (const record of recordsOf(venue, 0, (beginning?.eventSequence ?? 0) + 1)) {
    const answered = answersOf(record);
    for (let at = 0; at < record.commands.length; ) {
      const parts = partsBehind(record.commands, at);
      if (answered.has(record.firstCommandSequence + at / COMMAND_WORDS)) folded.take(record.commands, at, parts);
      at += (1 + parts) * COMMAND_WORDS;
    }
  }
  return folded;
}

/**
 * What a shard's journal no longer says: the engine of the newest good snapshot, when segments were retired; null while the
 * journal has its first one. Throws a PlatformError when there is neither.
 */
export function beginningOf({ path, shardCount, limits }: LocalVenue, shard: number): Engine | null {
  const disk = new RealDisk();
  const journal = journalDirectory(path, shard);
  if ((listSegments(disk, journal)[0] ?? 1) === 1) return null;
  const all = limitsOfStart(new Map(), limits);
  const why: string[] = [];
  const found = restoreNewest(
    disk,
    snapshotsBeside(journal),
    { shard, shardCount },
    all,
    () => new Engine(all, shard, shardCount),
    (bad) => void why.push(`${bad.path}: ${bad.why}`),
  );
  if (found !== null) return found.engine;
  throw new PlatformError(
    'JOURNAL_MISSING_SEGMENT',
    EXIT_CORRUPT_JOURNAL,
    `The journal of shard ${shard} in ${path} no longer has its first segment, and no snapshot says what was in it (${why.join('; ') || 'there is none'}): restore the venue from its archive.`,
  );
}

/** The first event that a shard's journal still has; 1: all of them, or it has none yet. Throws a PlatformError. */
export function firstEventOf({ path, shardCount }: LocalVenue, shard: number): number {
  const disk = new RealDisk();
  const journal = journalDirectory(path, shard);
  const number = listSegments(disk, journal)[0];
  if (number === undefined) return 1;
  const file = disk.open(segmentPath(journal, number), 'read');
  try {
    return checkedHeader(file, number, { shard, shardCount }).firstEventSequence;
  } finally {
    file.close();
  }
}

/**
 * From when on the journals of all shards have everything, microseconds since 1970; 0: from the beginning, no segment was
 * retired. Throws a PlatformError.
 */
export function historyFromUs(venue: LocalVenue): number {
  const from = Array.from({ length: venue.shardCount }, (_, shard) => {
    const first = firstEventOf(venue, shard);
    if (first === 1) return 0;
    for (const { commands } of recordsOf(venue, shard, first)) {
      if (commands.length > 0) return joinWords(commands[COMMAND_TIME_US] ?? 0, commands[COMMAND_TIME_US + 1] ?? 0);
    }
    return 0;
  });
  return Math.max(...from);
}

/** The commands of a group that are admin records which were applied: their numbers. */
function answersOf({ events }: JournalRecord): ReadonlySet<number> {
  const answered = new Set<number>();
  for (let at = 0; at < events.length; at += EVENT_WORDS) {
    const kindWord = events[at + EVENT_KIND_WORD] ?? 0;
    const kind = kindWord & 0xff;
    // A repeated operation id is answered again and adds nothing.
    if (kind < EventKind.InstrumentAdded || kind > EventKind.AssetAdded || (kindWord & EVENT_DUPLICATE_BIT) !== 0)
      continue;
    answered.add(joinWords(events[at + EVENT_COMMAND_SEQUENCE] ?? 0, events[at + EVENT_COMMAND_SEQUENCE + 1] ?? 0));
  }
  return answered;
}

/** Numbers are given in the order in which records are applied, from 1. */
class Folded implements LocalDirectory {
  readonly accounts: LocalAccount[] = [];
  readonly instruments = new Map<string, { id: number; shard: number }>();
  readonly assets: LocalAsset[] = [];
  readonly #keys: LocalKey[] = [];
  readonly #shardCount: number;

  constructor(shardCount: number) {
    this.#shardCount = shardCount;
  }

  /** Takes an admin record that was applied. */
  take(commands: Int32Array, at: number, parts: number): void {
    if (((commands[at + COMMAND_KIND_WORD] ?? 0) & 0xff) === CommandKind.RevokeKey) {
      const key = this.#keys[(commands[at + COMMAND_TARGET_ID] ?? 0) - 1];
      if (key !== undefined) key.revoked = true;
      return;
    }
    const terms = decodeTerms(commands, at, parts + 1);
    if (typeof terms === 'number') return;
    if (terms.type === 'account') {
      this.accounts.push({ account: this.accounts.length + 1, name: terms.name, keys: [] });
    } else if (terms.type === 'instrument') {
      const id = this.instruments.size + 1;
      const shard = terms.shard === ANY_SHARD ? (id - 1) % this.#shardCount : terms.shard;
      this.instruments.set(terms.symbol, { id, shard });
    } else if (terms.type === 'asset') {
      this.assets.push({ asset: this.assets.length + 1, name: terms.name, decimals: terms.decimals });
    } else if (terms.type === 'key') {
      const { label, rights } = terms;
      const publicKey = Buffer.from(terms.publicKey).toString('hex');
      const key: LocalKey = { key: this.#keys.length + 1, label, rights, publicKey, revoked: false };
      this.#keys.push(key);
      this.accounts[(commands[at + COMMAND_ACCOUNT] ?? 0) - 1]?.keys.push(key);
    }
  }
}
