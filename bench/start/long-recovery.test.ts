/** `make bench-recovery` in small: a journal, a snapshot near its end, and both recoveries. */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { repositoryFolder } from '../../proof/recordings/data-folder.js';

const MAIN = fileURLToPath(new URL('./long-recovery-main.js', import.meta.url));

t.test('all of a journal is recovered, and what lies behind a snapshot alone', async (t) => {
  const run = spawnSync(process.execPath, [MAIN], {
    encoding: 'utf8',
    env: { ...process.env, COMMANDS: '12000', BEHIND: '3000', ROUNDS: '1' },
  });
  t.equal(run.status, 0, run.stderr);
  const result = (name: string): number =>
    Number(new RegExp(`^RESULT recovery.${name} (\\d+) `, 'm').exec(run.stdout)?.[1]);
  t.ok(result('journal') > 12_000 && result('journal') < 12_100, run.stdout);
  t.ok(result('behind_snapshot') > 3_000 - 300 && result('behind_snapshot') < 3_100, run.stdout);
  t.match(run.stdout, /^RESULT recovery\.whole \d+ ms \d+\.\d\d vs goal=4000$/m);
  t.match(run.stdout, /^RESULT recovery\.snapshot \d+ ms \d+\.\d\d vs goal=1000$/m);
  t.match(run.stdout, /^RESULT recovery\.replay \d+ commands\/s \d+\.\d\d vs goal=5000000$/m);
  const scratch = join(repositoryFolder(), 'scratch');
  const left = existsSync(scratch) ? readdirSync(scratch) : [];
  t.same(
    left.filter((name) => name.startsWith(`long-recovery-${run.pid}-`)),
    [],
  );
});

t.test('numbers that make no sense are refused', async (t) => {
  for (const wrong of [{ COMMANDS: '0' }, { BEHIND: '20', COMMANDS: '10' }, { ROUNDS: 'x' }]) {
    const { status, stderr } = spawnSync(process.execPath, [MAIN], {
      encoding: 'utf8',
      env: { ...process.env, ...wrong },
    });
    t.equal(status, 1);
    t.match(stderr, /must be whole numbers above 0/);
  }
});
