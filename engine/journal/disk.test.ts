/** The real disk where the process has no file descriptor left: it waits for one, a bounded time. */

import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { RealDisk } from './disk.js';

/** As many as this process may have, so that few are left to take. */
const FILES = 256;

function setLimit(files: number | string): void {
  spawnSync('prlimit', ['--pid', String(process.pid), `--nofile=${files}:`], { stdio: 'ignore' });
}

function takeAll(): number[] {
  const taken: number[] = [];
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'));
  } catch {
    return taken;
  }
}

t.test('who opens a file while no descriptor is left says so and waits for one', async (t) => {
  const path = join(t.testdir({ file: 'a' }), 'file');
  const directory = join(path, '..');
  const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? '1024';
  setLimit(FILES);
  const taken = takeAll();
  t.ok(taken.length > 0 && taken.length < FILES);
  let told = 0;
  const disk = new RealDisk(() => {
    told++;
    closeSync(taken.pop() ?? -1);
  });
  const opened = disk.open(path, 'read');
  t.equal(opened.size(), 1);
  const made = disk.create(join(directory, 'made'));
  t.equal(told, 2);
  opened.close();
  made.close();
  taken.push(...takeAll());
  t.same(disk.list(directory), ['file', 'made']);
  taken.push(...takeAll());
  disk.syncDirectory(directory);
  t.equal(told, 4);
  taken.push(...takeAll());
  t.throws(() => new RealDisk().open(path, 'read'), { code: 'EMFILE' }, 'not for ever');
  for (const descriptor of taken) closeSync(descriptor);
  setLimit(soft);
  t.throws(() => disk.open(join(directory, 'nothing'), 'read'), { code: 'ENOENT' });
  t.equal(told, 4, 'another failure is not waited for');
});
