/** The data directory: its lock between two real processes, its venue file, its refusals, the operator's key. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { DEFAULT_LIMITS, type Limits, limitsFrom } from '../engine/limits.js';
import { createAdminKey, readAdminKey } from './admin-key.js';
import type { AskedLimits } from './configuration.js';
import { journalDirectory, lastSegment, markBegun, openDataDirectory } from './data-directory.js';
import { EXIT_CONFIGURATION, EXIT_CORRUPT_JOURNAL, EXIT_DATA_DIRECTORY, PlatformError } from './exit-codes.js';

const MODULE = fileURLToPath(new URL('./data-directory.js', import.meta.url));

/** A process that opens the directory and prints what came of it; it keeps it until its standard input ends. */
const HOLDER = `
import { openDataDirectory } from ${JSON.stringify(MODULE)};
try {
  openDataDirectory(process.argv[1], 'tredye', 1);
  console.log('held');
  process.stdin.resume();
  process.stdin.on('end', () => process.exit(0));
} catch (error) {
  console.log(error.code + ' ' + error.exitCode + ' ' + error.message);
}
`;

const { maxOrders, maxInstruments, maxAccounts, maxKeys, maxLanes, maxLanesPerAccount } = DEFAULT_LIMITS;
const { maxLevels, maxOperations, maxEventsPerCommand, laneAnswers, adminLogBytes } = DEFAULT_LIMITS;

const VENUE = {
  layoutVersion: 2,
  venueId: '7b1e1a52-3c1b-4a86-9b52-0d7c9e7ce111',
  venue: 'tredye',
  shardCount: 2,
  instrumentMap: 'by-terms-else-by-number',
  limits: {
    maxOrders,
    maxInstruments,
    maxAccounts,
    maxKeys,
    maxLanes,
    maxLanesPerAccount,
    maxLevels,
    maxOperations,
    maxEventsPerCommand,
    laneAnswers,
    adminLogBytes,
  },
  begun: true,
};
/** A shard's journal that was begun; its own reader judges it. */
const journal = () => ({ journal: { '00000001.seg': '' } });

function asked(limits: Partial<Limits>): AskedLimits {
  return new Map(
    Object.entries(limits).map(([name, value]) => [name as keyof Limits, { value, by: `by ${name}` }] as const),
  );
}

function refusalOf(open: () => unknown): PlatformError {
  try {
    open();
  } catch (error) {
    if (error instanceof PlatformError) return error;
    throw error;
  }
  throw new Error('It was not refused.');
}

t.test(
  'a second process on the same directory is refused and told who holds it, until the holder is gone',
  async (t) => {
    const directory = t.testdir();
    const holder = spawn(process.execPath, ['--input-type=module', '-e', HOLDER, directory], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [first] = await once(holder.stdout, 'data');
    t.equal(String(first).trim(), 'held');
    const second = spawnSync(process.execPath, ['--input-type=module', '-e', HOLDER, directory], {
      encoding: 'utf8',
      input: '',
    });
    t.equal(
      second.stdout.trim(),
      `DATA_DIRECTORY_HELD ${EXIT_DATA_DIRECTORY} The data directory ${directory} is held by the platform with process id ${holder.pid}: stop that one or choose another with --data.`,
    );
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const third = spawnSync(process.execPath, ['--input-type=module', '-e', HOLDER, directory], {
      encoding: 'utf8',
      input: '',
    });
    t.equal(third.stdout.trim(), 'held');
  },
);

t.test('the first start makes the directory for its owner only, and a second one finds the same venue', async (t) => {
  const directory = join(t.testdir(), 'made', 'here');
  const first = openDataDirectory(directory, 'tredye', 2);
  t.equal(first.firstStart, true);
  t.equal(statSync(directory).mode & 0o777, 0o700);
  t.equal(statSync(join(directory, 'venue.json')).mode & 0o777, 0o600);
  t.ok(existsSync(journalDirectory(directory, 1)));
  const code = `import { openDataDirectory } from ${JSON.stringify(MODULE)}; openDataDirectory(process.argv[1], 'tredye', 2)`;
  const other = spawnSync(process.execPath, ['--input-type=module', '-e', code, directory], { encoding: 'utf8' });
  t.match(other.stderr, /is held by the platform with process id/);
});

t.test('another number of shards, another venue, another layout and a damaged file are refused by name', async (t) => {
  const good = VENUE;
  const cases = [
    {
      file: good,
      shards: 1,
      venue: 'tredye',
      code: 'OTHER_SHARD_COUNT',
      says: 'was made for 2 shards, not 1: start with --shards 2 or choose another with --data.',
    },
    {
      file: good,
      shards: 2,
      venue: 'other',
      code: 'OTHER_VENUE',
      says: 'belongs to the venue "tredye", not "other": start with --venue tredye or choose another with --data.',
    },
    {
      file: { ...good, layoutVersion: 3, more: 'that only it knows' },
      shards: 2,
      venue: 'tredye',
      code: 'OTHER_LAYOUT',
      says: 'has layout 3, this platform knows layout 2: use the platform that wrote it.',
    },
    {
      file: { ...good, instrumentMap: 'by-symbol' },
      shards: 2,
      venue: 'tredye',
      code: 'OTHER_MAP',
      says: 'gives instruments to shards by "by-symbol", this platform by "by-terms-else-by-number": use the platform that wrote it.',
    },
    {
      file: { ...good, extra: true },
      shards: 2,
      venue: 'tredye',
      code: 'VENUE_FILE_DAMAGED',
      says: 'is not what a platform wrote: restore it from a backup.',
    },
  ];
  for (const { file, shards, venue, code, says } of cases) {
    const directory = t.testdir({ 'venue.json': JSON.stringify(file), 'shard-1': journal() });
    const refusal = refusalOf(() => openDataDirectory(directory, venue, shards));
    t.equal(refusal.code, code);
    t.equal(refusal.exitCode, EXIT_DATA_DIRECTORY);
    t.ok(refusal.message.endsWith(says), refusal.message);
    t.notOk(existsSync(join(directory, 'shard-0')), 'nothing was made');
  }
});

t.test('a directory that has begun and lost its venue file, or a shard its journal, is not begun anew', async (t) => {
  for (const begun of [{ 'shard-0': journal() }, { 'shard-7': journal() }, { 'admin-key.json': '{}' }]) {
    const noVenue = t.testdir(begun);
    const refusal = refusalOf(() => openDataDirectory(noVenue, 'tredye', 1));
    t.match(refusal, { code: 'VENUE_FILE_MISSING', exitCode: EXIT_DATA_DIRECTORY });
    t.notOk(existsSync(join(noVenue, 'venue.json')), 'nothing was made');
  }
  const { begun: _, ...unsaid } = VENUE;
  const lost = [
    { 'venue.json': JSON.stringify(VENUE), 'shard-0': journal() },
    { 'venue.json': JSON.stringify({ ...VENUE, begun: false }), 'shard-0': journal(), 'admin-key.json': '{}' },
    { 'venue.json': JSON.stringify(unsaid), 'shard-0': journal() },
  ];
  for (const files of lost) {
    const directory = t.testdir(files);
    const missing = refusalOf(() => openDataDirectory(directory, 'tredye', 2));
    t.match(missing, {
      code: 'JOURNAL_MISSING',
      exitCode: EXIT_CORRUPT_JOURNAL,
      message: /journal of shard 1 is missing/,
    });
    t.notOk(existsSync(join(directory, 'shard-1')), 'nothing was made');
  }
  const all = refusalOf(() => openDataDirectory(t.testdir({ 'venue.json': JSON.stringify(VENUE) }), 'tredye', 2));
  t.match(all, { code: 'JOURNAL_MISSING', message: /journal of shard 0 is missing/ });
  const killedAtFirst = t.testdir({
    'venue.json': JSON.stringify({ ...VENUE, begun: false }),
    'shard-0': journal(),
  });
  t.equal(openDataDirectory(killedAtFirst, 'tredye', 2).venue.venueId, VENUE.venueId, 'a first start goes on');
});

t.test('a first start that failed binds nobody to what it asked for', async (t) => {
  const failed = { ...VENUE, venue: 'other', shardCount: 64, limits: { ...VENUE.limits, maxOrders: 2_000_000 } };
  const file = JSON.stringify({ ...failed, begun: false });
  const directory = t.testdir({ 'venue.json': file });
  const second = openDataDirectory(directory, 'tredye', 2, asked({ maxOrders: 5000 }));
  t.equal(second.limits.maxOrders, 5000);
  t.match(second.venue, { venueId: VENUE.venueId, venue: 'tredye', shardCount: 2, limits: { maxOrders: 5000 } });
  t.same(JSON.parse(readFileSync(join(directory, 'venue.json'), 'utf8')), second.venue);
  // One shard may have begun its journal when another one finds no memory.
  const half = openDataDirectory(t.testdir({ 'venue.json': file, 'shard-1': journal() }), 'other', 64);
  t.equal(half.limits.maxOrders, DEFAULT_LIMITS.maxOrders);
  const { begun: _, ...unsaid } = failed;
  const before = openDataDirectory(t.testdir({ 'venue.json': JSON.stringify(unsaid) }), 'tredye', 1);
  t.equal(before.limits.maxOrders, DEFAULT_LIMITS.maxOrders);
});

t.test(
  'rule 7.2: the first start fixes the limits that decide answers, and a later one takes them from there',
  async (t) => {
    const small = { maxOrders: 5000, maxLevels: 4000, outputRingSlots: 1 << 17 };
    const directory = join(t.testdir(), 'data');
    const first = openDataDirectory(directory, 'tredye', 2, asked(small));
    t.same(first.limits, limitsFrom(small));
    markBegun(first);
    const copy = t.testdir({
      'venue.json': readFileSync(join(directory, 'venue.json'), 'utf8'),
      'shard-0': journal(),
      'shard-1': journal(),
    });
    const later = openDataDirectory(copy, 'tredye', 2);
    t.same(later.limits, {
      ...DEFAULT_LIMITS,
      maxOrders: 5000,
      maxStops: 5000,
      maxSpecialOrders: 5000,
      maxLevels: 4000,
    });
  },
);

t.test('the file that a journal ends in is known by name', async (t) => {
  const path = t.testdir({ 'shard-3': { journal: { '00000002.seg': '', '00000010.seg': '', 'x.new': '' } } });
  t.equal(lastSegment(path, 3), join(path, 'shard-3', 'journal', '00000010.seg'));
  t.equal(lastSegment(path, 4), join(path, 'shard-4', 'journal'));
});

t.test('limits of a first start that cannot work leave nothing behind', async (t) => {
  const directory = join(t.testdir(), 'data');
  const refusal = refusalOf(() =>
    openDataDirectory(directory, 'tredye', 1, asked({ maxOrders: 1000, maxLevels: 2000 })),
  );
  t.match(refusal, { exitCode: EXIT_CONFIGURATION, message: /^--max-levels \(2000\) above --max-orders \(1000\)/ });
  t.notOk(existsSync(directory));
});

t.test(
  'rule 7.2: a limit that differs from the one of the first start is refused by name, and one that is equal is not',
  async (t) => {
    const recorded = (limits: Partial<Limits>) =>
      t.testdir({
        'venue.json': JSON.stringify({ ...VENUE, limits: { ...VENUE.limits, ...limits } }),
        'shard-0': journal(),
        'shard-1': journal(),
      });
    const small = { maxOrders: 500_000 };
    const refusal = refusalOf(() => openDataDirectory(recorded(small), 'tredye', 2, asked({ maxOrders: 600_000 })));
    t.match(refusal, { code: 'OTHER_LIMIT', exitCode: EXIT_DATA_DIRECTORY });
    t.equal(
      refusal.message,
      'by maxOrders is 500000 in this data directory and cannot be changed yet: start without it or choose another with --data.',
    );
    const equal = openDataDirectory(recorded(small), 'tredye', 2, asked({ maxOrders: 500_000 }));
    t.equal(equal.limits.maxOrders, 500_000);
    const large = { maxOrders: 2_000_000, maxLevels: 1_500_000 };
    const oneOfTwo = openDataDirectory(recorded(large), 'tredye', 2, asked({ maxLevels: 1_500_000 }));
    t.equal(oneOfTwo.limits.maxOrders, 2_000_000, 'one of two related ones alone');
    const unfit = refusalOf(() => openDataDirectory(recorded({ maxEventsPerCommand: 60_000 }), 'tredye', 2));
    t.match(unfit, {
      code: 'LIMITS_DO_NOT_FIT',
      exitCode: EXIT_DATA_DIRECTORY,
      message: /^With the limits that this data directory has recorded: roundEvents .*maxEventsPerCommand/,
    });
  },
);

t.test('a file in the way of the directory is refused in one sentence', async (t) => {
  const directory = t.testdir({ file: 'in the way' });
  const refusal = refusalOf(() => openDataDirectory(join(directory, 'file'), 'tredye', 1));
  t.equal(refusal.code, 'DATA_DIRECTORY_UNUSABLE');
  t.match(refusal.message, /choose another with --data\.$/);
});

t.test('a place that takes no directory is refused with what the system says', async (t) => {
  const refusal = refusalOf(() => openDataDirectory('/proc/none/data', 'tredye', 1));
  t.match(refusal, {
    code: 'DATA_DIRECTORY_UNUSABLE',
    exitCode: EXIT_DATA_DIRECTORY,
    message: 'The data directory /proc/none/data cannot be made (ENOENT): choose another with --data.',
  });
  const path = join(t.testdir(), 'one', 'two', 'three');
  openDataDirectory(path, 'tredye', 1);
  t.equal(statSync(join(path, '..')).mode & 0o777, 0o700, 'with those above it');
});

t.test('the operator key is written with mode 0600, reads back, and a changed file is refused', async (t) => {
  const path = join(t.testdir(), 'admin-key.json');
  t.equal(readAdminKey(path), null);
  const made = createAdminKey(path);
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.same(readAdminKey(path), made);
  t.equal(made.keyId, 1);
  t.equal(made.account, 1);
  writeFileSync(path, readFileSync(path, 'utf8').replace(made.publicKey, '00'.repeat(32)));
  const refusal = refusalOf(() => readAdminKey(path));
  t.equal(refusal.code, 'ADMIN_KEY_DAMAGED');
});
