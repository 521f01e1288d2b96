/** Readers of a venue at rest whose first segments are gone, beside the same venue with all of them. */

import { renameSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Auditor } from '../../../engine/audit/auditor.js';
import { RealDisk } from '../../../engine/journal/disk.js';
import { listSegments, segmentPath } from '../../../engine/journal/segments.js';
import { listSnapshots, snapshotPath, snapshotsBeside } from '../../../engine/snapshot/snapshots.js';
import { RandomJournal } from '../../../proof/shard/random-journal.js';
import { auditTrail } from './audit.js';
import { firstEventOf, historyFromUs, readDirectory } from './local-directory.js';
import type { LocalVenue } from './local-venue.js';

const DISK = new RealDisk();

/** Shard 0's journal of several segments, with two snapshots in it. */
function venueOf(t: Test, seed: number): { readonly venue: LocalVenue; readonly journal: string } {
  const path = t.testdir();
  const journal = join(path, 'shard-0', 'journal');
  const random = new RandomJournal(DISK, seed, 2000, journal);
  const { limits, identity } = random;
  const auditor = new Auditor({ disk: DISK, journal, identity, limits, bucketSeed: 1, bad: () => undefined });
  while (random.hasMore) {
    random.writeGroup(11);
    if (random.engine.commandSequence % 5 === 0) {
      auditor.follow(random.engine.eventSequence, Number.POSITIVE_INFINITY);
      if (random.hasMore) auditor.snapshot();
    }
  }
  auditor.close();
  random.close();
  return { venue: { path, venue: 'made', shardCount: identity.shardCount, limits }, journal };
}

/** Retires the first two segments, which lie before both snapshots. */
function retire(journal: string): void {
  for (const number of [1, 2]) renameSync(segmentPath(journal, number), `${segmentPath(journal, number)}.gone`);
}

const SEEDS = [2, 6, 18];

t.test('accounts, keys, instruments and assets are the same without the first segments', async (t) => {
  for (const seed of SEEDS) {
    const { venue, journal } = venueOf(t, seed);
    t.ok(listSegments(DISK, journal).length >= 3, 'several segments');
    const whole = readDirectory(venue);
    const trail = auditTrail({ ...venue, shardCount: 1 });
    t.equal(historyFromUs({ ...venue, shardCount: 1 }), 0);
    t.equal(firstEventOf(venue, 0), 1);
    retire(journal);
    const left = readDirectory(venue);
    t.same(left.accounts, whole.accounts);
    t.same([...left.instruments], [...whole.instruments]);
    t.same(left.assets, whole.assets);
    t.ok(left.accounts.some(({ keys }) => keys.length > 0) && left.instruments.size > 0, 'there is something');
    const fromUs = historyFromUs({ ...venue, shardCount: 1 });
    t.ok(fromUs > 0 && firstEventOf(venue, 0) > 1);
    const rest = auditTrail({ ...venue, shardCount: 1 });
    const known = new Map(trail.map((entry) => [entry.sequence, entry]));
    t.ok(rest.length > 0 && rest.length < trail.length, `${rest.length} of ${trail.length}`);
    for (const { account, name, why, ...entry } of rest) {
      const before = known.get(entry.sequence);
      t.match(before, entry);
      if (account !== -1) t.same([account, name], [before?.account, before?.name]);
      t.ok(why === null || why === before?.why);
    }
  }
});

t.test('without a snapshot what is missing is said', async (t) => {
  const { venue, journal } = venueOf(t, 6);
  retire(journal);
  const snapshots = snapshotsBeside(journal);
  for (const command of listSnapshots(DISK, snapshots)) DISK.remove(snapshotPath(snapshots, command));
  t.throws(() => readDirectory(venue), {
    code: 'JOURNAL_MISSING_SEGMENT',
    message: /no longer has its first segment, and no snapshot says what was in it \(there is none\)/,
  });
});
