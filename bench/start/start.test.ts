/** `make bench-start` in small: a journal is made, the platform starts over it, and an order of another process is taken. */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { repositoryFolder } from '../../proof/recordings/data-folder.js';

const MAIN = fileURLToPath(new URL('./start-main.js', import.meta.url));
/** More than the excerpt of the flow holds, so that its end is passed on a machine without the whole. */
const COMMANDS = 20_000;

t.test('a journal of that many commands is made, and each start is timed up to an accepted order', async (t) => {
  const run = spawnSync(process.execPath, [MAIN], {
    encoding: 'utf8',
    env: { ...process.env, COMMANDS: String(COMMANDS), STARTS: '2' },
  });
  const result = (name: string): number => Number(new RegExp(`^RESULT ${name} (\\d+) `, 'm').exec(run.stdout)?.[1]);
  const journaled = result('start\\.journal');
  t.ok(journaled > COMMANDS && journaled < COMMANDS + 100, `${journaled} commands in the journal:\n${run.stderr}`);
  const first = result('start\\.first_order');
  t.ok(first > result('start\\.replay'), 'the replay is part of it');
  t.ok(result('start\\.first_order_slowest') >= first);
  t.ok(result('start\\.cpu') > 0);
  t.match(run.stdout, /^RESULT start\.first_order \d+ ms \d+\.\d\d vs limit=2000$/m);
  t.equal((run.stderr.match(/^start \d: \d+ ms, of which \d+ ms replay; \d+ ms of CPU$/gm) ?? []).length, 2);
  t.match(run.stdout, /^RESULT start\.after_death \d+ ms \d+\.\d\d vs goal=1000$/m);
  t.ok(result('start\\.after_death_slowest') >= result('start\\.after_death'));
  t.equal((run.stderr.match(/^death \d: \d+ ms, of which \d+ ms replay$/gm) ?? []).length, 2);
  const scratch = join(repositoryFolder(), 'scratch');
  t.same(existsSync(scratch) ? readdirSync(scratch).filter((name) => name.startsWith(`start-${run.pid}-`)) : [], []);
});

t.test('a number that is none is refused', async (t) => {
  for (const wrong of [{ COMMANDS: '0' }, { STARTS: 'many' }]) {
    const { status, stderr } = spawnSync(process.execPath, [MAIN], {
      encoding: 'utf8',
      env: { ...process.env, ...wrong },
    });
    t.equal(status, 1);
    t.equal(stderr, 'COMMANDS and STARTS must be whole numbers above 0.\n');
  }
});
