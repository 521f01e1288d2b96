/** File descriptors against sessions: the arithmetic, and a real platform that has few. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { readKeyFile, TredyeClient } from '../../client/index.js';
import { EXIT_CLEAN, EXIT_MISSING } from '../exit-codes.js';
import { connectionFiles, openFilesLimit, sessionRoom } from './open-files.js';

const ENTRY = fileURLToPath(new URL('../main.js', import.meta.url));
const LIMITS = `Limit                     Soft Limit           Hard Limit           Units
Max processes             94000                94000                processes
Max open files            1024                 524288               files
`;

/** A platform that may open few files, and what it logs. */
async function few(t: Test, files: number, more: readonly string[]) {
  const data = join(t.testdir(), 'data');
  const flags = ['--data', data, '--port', '0', '--segment-mib', '8', '--log-format', 'json', ...more];
  const child = spawn('prlimit', [`--nofile=${files}`, process.execPath, ENTRY, ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    for (const look of waiting) look();
  });
  const said = (pattern: RegExp): Promise<string> =>
    new Promise((resolve) => {
      const look = (): void => {
        const line = lines.find((one) => pattern.test(one));
        if (line === undefined) return;
        waiting.delete(look);
        resolve(line);
      };
      waiting.add(look);
      look();
    });
  const { ready }: { ready: { url: string; adminKey: string } } = JSON.parse(await said(/"ready"/));
  const end = (): Promise<unknown[]> => {
    child.kill('SIGINT');
    return exited;
  };
  return { url: ready.url, keyFile: ready.adminKey, data, lines, said, end };
}

/** What a newcomer meets once every gateway has closed the port: the last of them does it a moment behind the log line. */
async function refusal(url: string): Promise<string> {
  for (;;) {
    const socket = new WebSocket(url);
    const met: unknown = await once(socket, 'open').then(
      () => undefined,
      (error: unknown) => error,
    );
    if (met !== undefined) return String(met);
    socket.terminate();
  }
}

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

t.test('connections may take more descriptors than sessions do, and never all', async (t) => {
  t.same(connectionFiles(1024, 1, 1), { files: 1024 - 72, spares: 28 });
  for (const [gateways, shards] of [
    [1, 1],
    [16, 1],
    [1, 64],
    [16, 64],
  ] as const) {
    const { files, spares } = connectionFiles(4096, gateways, shards);
    const { sessions } = sessionRoom(4096, gateways, shards);
    t.ok(files > sessions * gateways + 50 + 8 * (gateways + shards), 'room for every session beside the own files');
    t.ok(4096 - files > spares, 'spare ones are among those that no connection gets');
  }
});

t.test('a platform with few descriptors says so, and refuses the connections that it has none for', async (t) => {
  const venue = await few(t, 228, []);
  t.match(venue.lines.join('\n'), /this process may open 228 files, so the gateway takes 20 sessions instead of 10000/);
  const open = Array.from({ length: 20 }, () => new WebSocket(venue.url));
  await Promise.all(open.map((socket) => once(socket, 'open')));
  const [refused] = await once(new WebSocket(venue.url), 'error');
  t.match(String(refused), /Unexpected server response: 503/);
  t.same(await venue.end(), [EXIT_CLEAN, null], venue.lines.join('\n'));
});

t.test('connections that ask nothing close the port and end nothing', async (t) => {
  // A segment of 8 MiB is left behind while no descriptor is free for the next one.
  const venue = await few(t, 256, []);
  const client = await TredyeClient.connect(venue.url, readKeyFile(venue.keyFile));
  await client.addInstrument({ symbol: 'A', priceMax: 100, quantityMax: 100 });
  await client.setPhase({ symbol: 'A', phase: 'Continuous' });
  const idle = Array.from({ length: 400 }, () => connect(Number(new URL(venue.url).port), '127.0.0.1'));
  for (const socket of idle) socket.on('error', () => undefined);
  await venue.said(/CONNECTIONS_FULL/);
  t.match(
    venue.lines.join('\n'),
    /connections are open and there is room for \d+: no new ones are taken until some have gone; raise the hard limit of open files \(ulimit -Hn, or LimitNOFILE of a unit file\) if they are welcome/,
  );
  const segments = join(venue.data, 'shard-0', 'journal');
  const before = readdirSync(segments).length;
  for (let batch = 0; batch < 1000 && readdirSync(segments).length < before + 3; batch++) {
    const orders = Array.from({ length: 256 }, () => client.place({ symbol: 'A', side: 'Buy', price: 1, quantity: 1 }));
    for (const placed of await Promise.all(orders)) await client.cancel({ symbol: 'A', orderId: placed.orderId });
  }
  t.ok(readdirSync(segments).length >= before + 3, 'the journal went on into new files');
  for (const socket of idle) socket.destroy();
  await venue.said(/CONNECTIONS_TAKEN/);
  const metrics = await (await fetch(`${venue.url.replace('ws', 'http').replace('/v1/stream', '')}/metrics`)).text();
  t.match(metrics, /^tredye_port_closed_total [1-9]/m);
  t.match(metrics, /^tredye_open_files \d+$/m);
  await client.close();
  t.same(await venue.end(), [EXIT_CLEAN, null], venue.lines.join('\n'));
});

t.test('--connections bounds them where descriptors do not', async (t) => {
  const venue = await few(t, 1024, ['--connections', '20', '--gateways', '2']);
  const idle = Array.from({ length: 40 }, () => connect(Number(new URL(venue.url).port), '127.0.0.1'));
  for (const socket of idle) socket.on('error', () => undefined);
  await venue.said(/CONNECTIONS_FULL/);
  t.match(
    venue.lines.join('\n'),
    /connections are open and there is room for 20: no new ones are taken until some have gone; raise --connections if they are welcome/,
  );
  t.match(await refusal(venue.url), /ECONNREFUSED|ECONNRESET|socket hang up/);
  for (const socket of idle) socket.destroy();
  await venue.said(/CONNECTIONS_TAKEN/);
  const watcher = new WebSocket(venue.url);
  await once(watcher, 'open');
  watcher.terminate();
  t.same(await venue.end(), [EXIT_CLEAN, null], venue.lines.join('\n'));
});
