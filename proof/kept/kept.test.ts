/** The files of the first version open, replay to the state that was written down beside them, and go on. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { verifyShard } from '../../engine/audit/verify.js';
import { Engine } from '../../engine/engine.js';
import { RealDisk } from '../../engine/journal/disk.js';
import type { JournalIdentity } from '../../engine/journal/segments.js';
import { type Limits, limitsFrom } from '../../engine/limits.js';
import { recoverShard } from '../../engine/shard/recovery.js';
import { restoreNewest } from '../../engine/snapshot/snapshots.js';
import { repositoryFolder } from '../recordings/data-folder.js';

const FOLDER = join(repositoryFolder(), 'proof', 'kept');

interface Kept {
  readonly identity: JournalIdentity;
  readonly limits: Partial<Limits>;
  readonly commands: number;
  readonly events: number;
  readonly stateHash: string;
  /** By path below the data directory, gzip in base64. */
  readonly files: Readonly<Record<string, string>>;
}

function readKept(path: string): Kept {
  return JSON.parse(gunzipSync(readFileSync(path)).toString()) as Kept;
}

/** Puts the files where a data directory has them. */
function unpack(kept: Kept, data: string): void {
  for (const [path, packed] of Object.entries(kept.files)) {
    mkdirSync(dirname(join(data, path)), { recursive: true });
    writeFileSync(join(data, path), gunzipSync(Buffer.from(packed, 'base64')));
  }
}

function filesOf(version: string): string[] {
  return readdirSync(join(FOLDER, version)).filter((name) => name.endsWith('.json.gz'));
}

const versions = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory());
t.test('there are some of each version', async (t) => {
  t.ok(versions.length >= 1);
  for (const { name } of versions) t.ok(filesOf(name).length >= 2, name);
});

for (const version of versions) {
  for (const file of filesOf(version.name)) {
    t.test(`${version.name}: ${file}`, async (t) => {
      const kept = readKept(join(FOLDER, version.name, file));
      const limits = limitsFrom(kept.limits);
      const data = t.testdir();
      unpack(kept, data);
      const disk = new RealDisk();
      const shard = join(data, 'shard-0');
      const journal = join(shard, 'journal');
      const verified = verifyShard({ disk, journal, identity: kept.identity, limits });
      t.same(verified.problems, []);
      t.match(verified, { commands: kept.commands, events: kept.events, stateHash: kept.stateHash, snapshots: 1 });
      const fresh = (): Engine => new Engine(limits, kept.identity.shard, kept.identity.shardCount);
      const found = restoreNewest(disk, join(shard, 'snapshots'), kept.identity, limits, fresh, ({ why }) =>
        t.fail(why),
      );
      const starts = [null, found].map((begin) => {
        const engine = begin?.engine ?? fresh();
        const restored = begin?.restored ?? null;
        const task = { ...kept.identity, disk, directory: journal, limits, engine, restored };
        const { writer, commands, epoch } = recoverShard({ ...task, platformStartId: 1, onProgress: null });
        writer.close();
        t.equal(engine.stateHash(), kept.stateHash);
        return { commands, epoch };
      });
      t.ok((starts[1]?.commands ?? 0) < (starts[0]?.commands ?? 0), 'less is replayed behind a snapshot');
      t.same(
        starts.map(({ epoch }) => epoch),
        [2, 3],
      );
    });
  }
}
