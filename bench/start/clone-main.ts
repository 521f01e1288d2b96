/**
 * `make bench-clone`: how long a newcomer waits, from the clone to the first accepted order, all downloads included: this
 * tree's last commit is cloned into scratch, `make run` is run there with an empty npm cache, and README's first order in
 * TypeScript is carried out by a third process. Exit code 0 when it took less than the limit, 1 otherwise.
 */

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { PlatformReady } from '../../proof/platform-process.js';
import { repositoryFolder } from '../../proof/recordings/data-folder.js';
import { printResult } from '../../proof/result.js';
import { endWith } from '../end-with.js';

const LIMIT_MS = 120_000;
const GIVE_UP_MS = 1_200_000;
const README_ADDRESS = '127.0.0.1:7400';

/** `make run` in the clone, up to its line `ready`; `stop` ends it as Ctrl-C does. */
async function makeRun(clone: string, cache: string): Promise<{ ready: PlatformReady; stop: () => Promise<void> }> {
  const environment = { ...process.env, FLAGS: '--port 0 --log-format json', npm_config_cache: cache };
  for (const name of ['MAKEFLAGS', 'MAKELEVEL', 'MFLAGS']) Reflect.deleteProperty(environment, name);
  const run = spawn('make', ['run'], {
    cwd: clone,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
    // A process group of its own, as a terminal gives it: make and the platform are stopped together.
    detached: true,
  });
  const ended = new Promise<void>((resolve) => {
    run.on('exit', () => resolve());
  });
  const stop = (): Promise<void> => {
    if (run.exitCode === null && run.signalCode === null && run.pid !== undefined) process.kill(-run.pid, 'SIGINT');
    return ended;
  };
  const ready = await new Promise<PlatformReady>((resolve, reject) => {
    const timer = setTimeout(() => {
      stop().then(() => reject(new Error('make run was not ready in time')));
    }, GIVE_UP_MS);
    run.on('exit', (code) => reject(new Error(`make run ended with ${code}`)));
    createInterface({ input: run.stdout }).on('line', (line) => {
      if (!line.includes('"ready":')) return;
      clearTimeout(timer);
      resolve((JSON.parse(line) as { ready: PlatformReady }).ready);
    });
  });
  return { ready, stop };
}

async function main(): Promise<number> {
  const scratch = join(repositoryFolder(), 'scratch');
  mkdirSync(scratch, { recursive: true });
  const folder = mkdtempSync(join(scratch, `clone-${process.pid}-`));
  const clone = join(folder, 'tredye');
  try {
    const startedAt = performance.now();
    execFileSync('git', ['clone', '--quiet', repositoryFolder(), clone]);
    const { ready, stop } = await makeRun(clone, join(folder, 'npm-cache'));
    try {
      const readyMs = performance.now() - startedAt;
      const readme = readFileSync(join(clone, 'README.md'), 'utf8');
      const example = /```ts first-order\.mjs\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
      const file = join(clone, 'first-order.mjs');
      writeFileSync(file, example.replace(README_ADDRESS, `127.0.0.1:${ready.port}`));
      const { status, stdout } = spawnSync(process.execPath, [file], {
        cwd: clone,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const orderMs = performance.now() - startedAt;
      if (status !== 0 || !/^Accepted as order/m.test(stdout)) throw new Error(`No order was accepted:\n${stdout}`);
      printResult('clone.ready', Math.round(readyMs), 'ms');
      printResult('clone.first_order', Math.round(orderMs), 'ms', (orderMs / LIMIT_MS).toFixed(2), `limit=${LIMIT_MS}`);
      return orderMs <= LIMIT_MS ? 0 : 1;
    } finally {
      await stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

endWith(main());
