import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { PlatformProcess } from './platform-process.js';
import { repositoryFolder } from './recordings/data-folder.js';

const root = repositoryFolder();
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const build = join(import.meta.dirname, '..');

t.test('the first order of the README runs as it stands against a fresh platform', async (t) => {
  const example = /```ts first-order\.mjs\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  t.ok(example.trim().split('\n').length <= 10, 'it has at most ten lines');
  const folder = t.testdir();
  const platform = await PlatformProcess.start({ data: join(folder, 'data') });
  t.teardown(() => platform.kill());
  const file = join(folder, 'first-order.mjs');
  const here = example
    .replace('./build/client', join(build, 'client'))
    .replace('ws://127.0.0.1:7400', platform.ready.url)
    .replace('data/admin-key.json', platform.ready.adminKey);
  writeFileSync(file, here);
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = await once(child, 'close');
  t.equal(code, 0);
  t.match(said, /Accepted Sell 5 @ 101/);
  t.match(said, /Fill Buy 3 @ 101/);
  t.match(said, /Accepted as order \d+, sequence \d+/);
  t.same(await platform.stop(), { code: 0, signal: null });
});

t.test('every target that the README names is one of the Makefile, and the other way round', async (t) => {
  const makefile = readFileSync(join(root, 'Makefile'), 'utf8');
  const named = new Set([...readme.matchAll(/`make ([a-z][a-z-]*)/g)].map((match) => match[1]));
  const there = new Set([...makefile.matchAll(/^([a-z][a-z-]*):.*## /gm)].map((match) => match[1]));
  t.same(
    [...named].filter((target) => !there.has(target)),
    [],
  );
  t.same(
    [...there].filter((target) => !named.has(target)),
    [],
  );
});

t.test('every file that the README links or names in this tree exists', async (t) => {
  const paths = [...readme.matchAll(/\]\((?!http)([^)#]+)\)|`((?:schemas|platform|docs|tools)\/[\w./-]+\.\w+)`/g)];
  t.ok(paths.length > 2);
  for (const match of paths) {
    const path = match[1] ?? match[2] ?? '';
    t.ok(readFileSync(join(root, path)).length > 0, path);
  }
});
