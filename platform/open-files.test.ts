/** File descriptors against sessions: the arithmetic, and a real platform that has few. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { WebSocket } from 'ws';
import { EXIT_CLEAN, EXIT_MISSING } from './exit-codes.js';
import { openFilesLimit, sessionRoom } from './open-files.js';

const ENTRY = fileURLToPath(new URL('./main.js', import.meta.url));
const LIMITS = `Limit                     Soft Limit           Hard Limit           Units
Max processes             94000                94000                processes
Max open files            1024                 524288               files
`;

t.test('the limit is the soft one, and none where none is given', async (t) => {
  t.equal(openFilesLimit(LIMITS), 1024);
  t.equal(openFilesLimit(LIMITS.replace('1024  ', 'unlimited')), Number.POSITIVE_INFINITY);
  t.equal(openFilesLimit(''), Number.POSITIVE_INFINITY);
  t.ok(openFilesLimit() > 0, 'this process has one, or none');
});

t.test('gateways share what shards and the process itself leave over', async (t) => {
  t.same(sessionRoom(Number.POSITIVE_INFINITY, 16, 64), { sessions: 10_000, warning: '' });
  // 128 of the process, 16 of the shard, 64 of the gateway.
  t.same(sessionRoom(10_208, 1, 1), { sessions: 10_000, warning: '' });
  t.same(sessionRoom(10_207, 1, 1), {
    sessions: 9_999,
    warning:
      'this process may open 10207 files, so the gateway takes 9999 sessions instead of 10000: raise the hard limit to 10208 (ulimit -Hn, or LimitNOFILE of a unit file) for all of them',
  });
  t.match(sessionRoom(1024, 2, 4), { sessions: 352, warning: /so each gateway takes 352 sessions/ });
  t.throws(() => sessionRoom(208, 1, 1), {
    exitCode: EXIT_MISSING,
    message:
      'This process may open 208 files and needs 208 before the first session: raise the hard limit to 10208 (ulimit -Hn, or LimitNOFILE of a unit file).',
  });
});

t.test('a platform with few descriptors says so, and refuses the connections that it has none for', async (t) => {
  const flags = ['--data', join(t.testdir(), 'data'), '--port', '0', '--segment-mib', '8', '--log-format', 'json'];
  const child = spawn('prlimit', ['--nofile=228', process.execPath, ENTRY, ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  const lines: string[] = [];
  const url = await new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      const { ready }: { ready?: { url: string } } = JSON.parse(line);
      if (ready !== undefined) resolve(ready.url);
    });
  });
  t.match(lines.join('\n'), /this process may open 228 files, so the gateway takes 20 sessions instead of 10000/);
  const open = Array.from({ length: 20 }, () => new WebSocket(url));
  await Promise.all(open.map((socket) => once(socket, 'open')));
  const [refused] = await once(new WebSocket(url), 'error');
  t.match(String(refused), /Unexpected server response: 503/);
  child.kill('SIGINT');
  t.same(await exited, [EXIT_CLEAN, null], lines.join('\n'));
});
