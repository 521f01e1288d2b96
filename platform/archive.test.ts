/**
 * Which directories a start takes for its archive, and which archives and targets `tredye restore` takes.
 */

import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { prepareArchive } from './archive.js';
import { tredye } from './cli/cli-process.js';
import { type DataDirectory, openDataDirectory, readVenue } from './data-directory.js';
import { EXIT_CONFIGURATION, EXIT_CORRUPT_JOURNAL, EXIT_DATA_DIRECTORY } from './exit-codes.js';

function opened(path: string): DataDirectory {
  return openDataDirectory(path, 'tredye', 1);
}

t.test('an archive is of one venue, and outside of its data', async (t) => {
  const folder = t.testdir({ file: 'x' });
  const directory = opened(join(folder, 'data'));
  const archive = join(folder, 'archive');
  prepareArchive(archive, directory);
  t.match(readVenue(archive), { venueId: directory.venue.venueId, begun: true });
  t.equal(statSync(join(archive, 'venue.json')).mode & 0o777, 0o600);
  t.doesNotThrow(() => prepareArchive(archive, directory), 'at each start');
  const other = opened(join(folder, 'other'));
  t.throws(() => prepareArchive(archive, other), { code: 'OTHER_ARCHIVE', exitCode: EXIT_DATA_DIRECTORY });
  t.throws(() => prepareArchive(join(folder, 'data', 'archive'), directory), { code: 'ARCHIVE_INSIDE' });
  t.throws(() => prepareArchive(join(folder, 'data'), directory), { code: 'ARCHIVE_INSIDE' });
  t.throws(() => prepareArchive(join(folder, 'file'), directory), { code: 'DATA_DIRECTORY_UNUSABLE' });
  t.throws(() => prepareArchive('/proc/tredye/archive', directory), { code: 'ARCHIVE_UNUSABLE' }, 'and does not hang');
});

t.test('what is no archive, or no place for a venue, is refused by name', async (t) => {
  const folder = t.testdir({ full: { file: '' } });
  const archive = join(folder, 'archive');
  const target = join(folder, 'target');
  const none = await tredye(['restore', '--from', archive, '--to', target]);
  t.match(none, { code: EXIT_DATA_DIRECTORY, err: /There is no archive in / });
  prepareArchive(archive, opened(join(folder, 'data')));
  const full = await tredye(['restore', '--from', archive, '--to', join(folder, 'full')]);
  t.match(full, { code: EXIT_DATA_DIRECTORY, err: /is not empty: restore into a new one/ });
  const empty = await tredye(['restore', '--from', archive, '--to', target]);
  t.match(empty, { code: EXIT_CORRUPT_JOURNAL, err: /The archive has no segment of this shard/ });
  t.equal(readVenue(target), null, 'nothing that would start');
  const nowhere = await tredye(['restore', '--from', archive, '--to', '/proc/tredye/data']);
  t.match(nowhere, { code: EXIT_DATA_DIRECTORY, err: /cannot be made .*restore into another one/ });
  writeFileSync(join(archive, 'venue.json'), '{');
  t.match(await tredye(['restore', '--from', archive, '--to', target]), { code: EXIT_DATA_DIRECTORY });
  const run = await tredye(['run', '--data', join(folder, 'new'), '--archive', archive, '--auditor', 'off']);
  t.match(run, { code: EXIT_CONFIGURATION, err: /--archive needs the auditor/ });
});
