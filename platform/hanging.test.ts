/**
 * A platform with a thread in a call of the system that does not return: a FIFO in place of a segment holds whoever
 * opens it for ever, as a disk that does not answer does. Real processes.
 */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { readKeyFile, TredyeClient } from '../client/index.js';
import { PlatformProcess } from '../proof/platform-process.js';
import { EXIT_CLEAN, EXIT_CORRUPT_JOURNAL } from './exit-codes.js';

const ENTRY = fileURLToPath(new URL('./main.js', import.meta.url));
const SMALL = ['--segment-mib', '8', '--max-orders', '10000', '--max-instruments', '100', '--max-accounts', '100'];

function segmentOf(data: string, shard: number): string {
  return join(data, `shard-${shard}`, 'journal', '00000001.seg');
}

/** Puts a FIFO in the place of the shard's segment. */
function block(data: string, shard: number): void {
  const segment = segmentOf(data, shard);
  renameSync(segment, `${segment}.kept`);
  const made = spawnSync('mkfifo', [segment]);
  if (made.status !== 0) throw new Error(`mkfifo does not work: ${made.stderr}`);
}

function unblock(data: string, shard: number): void {
  const segment = segmentOf(data, shard);
  rmSync(segment);
  renameSync(`${segment}.kept`, segment);
}

/** How many threads of a process wait for the other end of a FIFO, as the kernel names it. */
function threadsInFifo(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks).filter((task) => readFileSync(join(tasks, task, 'wchan'), 'utf8') === 'wait_for_partner')
    .length;
}

/** A platform that never gets to serve, because so many of its shards hang; it does when this resolves. */
async function hanging(t: Test, flags: readonly string[], shards: number) {
  const child = spawn(process.execPath, [ENTRY, '--port', '0', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  const said = createInterface({ input: child.stdout });
  const deadline = Date.now() + 60_000;
  while (threadsInFifo(child.pid ?? 0) < shards) {
    if (Date.now() > deadline) throw new Error('The shards were not seen to hang in their FIFOs.');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return { child, exited, said };
}

async function begun(data: string, flags: readonly string[]): Promise<void> {
  const platform = await PlatformProcess.start({ data, flags });
  const operator = await TredyeClient.connect(platform.ready.url, readKeyFile(platform.ready.adminKey));
  await operator.addInstrument({ symbol: 'ACME', priceMax: 1000, quantityMax: 1000 });
  await operator.close();
  const exit = await platform.stop();
  if (exit.code !== EXIT_CLEAN) throw new Error(`The platform did not stop cleanly:\n${platform.log()}`);
}

t.test('a start that must leave ends by force while a shard hangs, and else with its code', async (t) => {
  const data = join(t.testdir(), 'data');
  const flags = [...SMALL, '--shards', '2'];
  await begun(data, flags);
  block(data, 0);
  block(data, 1);
  const { child, exited, said } = await hanging(t, ['--data', data, ...flags], 2);
  // The other end: shard 0 goes on, finds no segment and fails; shard 1 stays where it is.
  const other = openSync(segmentOf(data, 0), constants.O_WRONLY | constants.O_NONBLOCK);
  const lines: string[] = [];
  for await (const line of said) lines.push(line);
  closeSync(other);
  t.same(await exited, [null, 'SIGKILL'], `${child.pid} was killed by itself`);
  t.match(lines.at(-2), /"exitCode":\d+,.*[Ss]hard 0/);
  t.match(lines.at(-1), /"exitCode":\d+,"msg":"a thread hangs in a call of the system: ending by SIGKILL in place of/);

  unblock(data, 1);
  unblock(data, 0);
  writeFileSync(segmentOf(data, 0), 'no segment');
  const left = await PlatformProcess.refused({ data, flags });
  t.match(left, { code: EXIT_CORRUPT_JOURNAL, signal: null }, left.said);
  t.notMatch(left.said, /a thread hangs/);
});

t.test('a second Ctrl-C ends a stop that would wait for a shard that hangs', async (t) => {
  const data = join(t.testdir(), 'data');
  await begun(data, SMALL);
  block(data, 0);
  const { child, exited, said } = await hanging(t, ['--data', data, ...SMALL, '--stop-seconds', '600'], 1);
  child.kill('SIGINT');
  const lines: string[] = [];
  for await (const line of said) {
    lines.push(line);
    if (line.includes('SIGINT: closing sessions')) child.kill('SIGINT');
  }
  t.same(await exited, [null, 'SIGKILL']);
  t.match(lines.at(-1), /SIGINT again: leaving at once; the next start recovers what was acknowledged/);
  unblock(data, 0);
  const again = await PlatformProcess.start({ data, flags: SMALL });
  t.same(await again.stop(), { code: EXIT_CLEAN, signal: null }, again.log());
});

t.test('a gateway that hangs in a read ends the process when --sync-limit-seconds are over', async (t) => {
  const data = join(t.testdir(), 'data');
  await begun(data, SMALL);
  const platform = await PlatformProcess.start({ data, flags: [...SMALL, '--sync-limit-seconds', '2'] });
  t.teardown(() => platform.kill());
  block(data, 0);
  // Events of the life before this one are in the journal only.
  const resume = [{ shard: 0, epoch: 1, sequence: 1, accountSequence: 1 }];
  const reader = TredyeClient.connect(platform.ready.url, readKeyFile(platform.ready.adminKey), { resume });
  reader.then(
    (client) => client.close(),
    () => undefined,
  );
  t.same(await platform.exited, { code: null, signal: 'SIGKILL' });
  t.match(platform.log(), /gateway 0 has done nothing for 2 s \(--sync-limit-seconds\): look at the disk/);
});
