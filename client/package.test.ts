/** The package by its name, as another program of the workspace has it: entries, conditions and types. */

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { repositoryFolder } from '../proof/recordings/data-folder.js';

const ROOT = repositoryFolder();
const BUILD = dirname(import.meta.dirname);

const OPTIONS = {
  noEmit: true,
  strict: true,
  module: 'nodenext',
  target: 'es2023',
  lib: ['es2023', 'es2024.sharedmemory'],
  types: ['node'],
  skipLibCheck: true,
};

/** A folder in which the package is installed, on the compiled code that is tested here. */
function installed(t: Test): string {
  const folder = t.testdir();
  const place = join(folder, 'node_modules', '@tredye', 'client');
  mkdirSync(place, { recursive: true });
  copyFileSync(join(ROOT, 'client', 'package.json'), join(place, 'package.json'));
  symlinkSync(BUILD, join(place, 'build'));
  for (const entry of ['index.ts', 'browser.ts', 'http.ts'])
    symlinkSync(join(ROOT, 'client', entry), join(place, entry));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  return folder;
}

/** What a program in the folder finds under that name. */
function namesOf(folder: string, name: string, ...flags: string[]): string {
  const program = `console.log(Object.keys(await import('${name}')).sort().join(' '))`;
  const run = spawnSync(process.execPath, [...flags, '--input-type=module', '-e', program], { cwd: folder });
  return run.stdout.toString().trim() + run.stderr.toString();
}

function names(module: object): string {
  return Object.keys(module).sort().join(' ');
}

t.test('Node gets its entry, a browser its own, and orders over HTTP have theirs', async (t) => {
  const folder = installed(t);
  t.equal(namesOf(folder, '@tredye/client'), names(await import('./index.js')));
  t.equal(namesOf(folder, '@tredye/client', '--conditions=browser'), names(await import('./browser.js')));
  t.equal(namesOf(folder, '@tredye/client/http'), names(await import('./http.js')));
  t.match(namesOf(folder, '@tredye/client/session/session.js'), /ERR_PACKAGE_PATH_NOT_EXPORTED/, 'and nothing else');
});

t.test('its types are found by its name', async (t) => {
  const folder = installed(t);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: OPTIONS, files: ['use.ts'] }));
  const compile = (source: string): string => {
    writeFileSync(join(folder, 'use.ts'), source);
    const tsc = join(ROOT, 'node_modules', '.bin', 'tsc');
    return spawnSync(tsc, ['--project', folder]).stdout.toString();
  };
  const head = "import { TredyeClient, readKeyFile } from '@tredye/client';\n";
  t.equal(
    compile(`${head}export const client: Promise<TredyeClient> = TredyeClient.connect('ws://a', readKeyFile('b'));`),
    '',
  );
  t.match(compile(`${head}export const client: number = TredyeClient.connect('ws://a', readKeyFile('b'));`), /TS2322/);
});
