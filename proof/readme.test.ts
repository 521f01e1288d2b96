/**
 * README.md against what is there: every command in it is run as it stands, in its order, by a newcomer's hands; every
 * file that it shows, every target and every link exists. What changes is the port, the data directory and the demo's
 * speed, all by what README says they are set with.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import type { PlatformReady } from './platform-process.js';
import { findExcerpt, repositoryFolder } from './recordings/data-folder.js';

const root = repositoryFolder();
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const build = join(import.meta.dirname, '..');
const ADDRESS = '127.0.0.1:7400';
const MOST_LINES = 10;
const READY_MS = 120_000;

/** ```LANGUAGE FILE, the file where one is named. */
const blocks = [...readme.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(([, language, file, text]) => ({
  language,
  file: file ?? '',
  text: text ?? '',
}));
const commands = blocks
  .filter(({ language }) => language === 'sh')
  .flatMap(({ text }) => text.trimEnd().split('\n'))
  .map((line) => line.replace(/ {2,}# .*$/, ''));

/** What each command says when it is well; a command of README that is not here fails the test. */
const SAYS: ReadonlyMap<string, RegExp> = new Map([
  ['node first-order.mjs', /^Accepted Sell 5 @ 101\n[\s\S]*^Fill Buy 3 @ 101\n[\s\S]*^Accepted as order \d+, seq/m],
  ['make python', /^/],
  ['.venv/bin/python client/python/first_order.py', /^logged on as account 1\nAccepted 5 @ 100\s+Booked 0 @ 100/],
  ['node first-order-http.mjs', /^Accepted 2 @ 99\nBooked 0 @ 99\n$/],
  [`curl --fail --silent --show-error 'http://${ADDRESS}/v1/book/ACME?depth=5'`, /"bids":\[\[100,5,1\],\[99,2,1\]\]/],
  [`curl --fail --silent --show-error http://${ADDRESS}/v1/trades/ACME`, /"price":101,"quantity":3/],
  [`curl --fail --silent --show-error http://${ADDRESS}/health`, /"state":"ready"/],
  ['make tredye ARGS="order new ACME sell 1 105"', /^accepted as order \d+/m],
  ['make tredye ARGS="book ACME"', /\b100 +101\b[\s\S]*\b99 +105\b/],
  ['node build/platform/main.js --help', /--public-sessions NUMBER/],
  ['make demo', /^RESULT demo\.trades (\d+) trades 1\.0 vs recorded=\1$/m],
]);

/** Nothing of the make, the tests or the shell that this test runs in. */
function cleanEnvironment(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...process.env, ...more };
  for (const name of ['MAKEFLAGS', 'MAKELEVEL', 'MFLAGS', 'CI', 'TREDYE_URL', 'TREDYE_KEY', 'NODE_OPTIONS']) {
    if (!(name in more)) delete environment[name];
  }
  return environment;
}

/** `make run` in a process group of its own, as in a terminal, up to its line `ready`. */
async function makeRun(command: string, flags: string): Promise<{ run: ChildProcess; ready: PlatformReady }> {
  const run = spawn('bash', ['-c', command], {
    cwd: root,
    env: cleanEnvironment({ FLAGS: flags }),
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const ready = await new Promise<PlatformReady>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${command} was not ready in time`)), READY_MS);
    run.on('exit', (code) => reject(new Error(`${command} ended with ${code}`)));
    createInterface({ input: run.stdout }).on('line', (line) => {
      if (!line.includes('"ready":')) return;
      clearTimeout(timer);
      resolve((JSON.parse(line) as { ready: PlatformReady }).ready);
    });
  });
  return { run, ready };
}

t.test('every command runs as it stands, in its order, with the files as they are shown', async (t) => {
  const folder = t.testdir();
  // The reader's folder: this tree, but a data directory and saved files of its own.
  for (const name of ['client', 'schemas', '.venv', 'node_modules']) symlinkSync(join(root, name), join(folder, name));
  symlinkSync(build, join(folder, 'build'));
  const [first = '', second = '', ...others] = commands;
  t.equal(first, 'make run');
  t.equal(second, 'make test', 'this is run by it');
  const data = join(folder, 'data');
  const { run, ready } = await makeRun(first, `--data ${data} --port 0 --log-format json`);
  t.teardown(() => {
    if (run.exitCode === null && run.signalCode === null) process.kill(-(run.pid ?? 0), 'SIGKILL');
  });
  const here = (text: string): string => text.replaceAll(ADDRESS, `127.0.0.1:${ready.port}`);
  for (const { file, text } of blocks) {
    if (file.startsWith('first-order')) writeFileSync(join(folder, file), here(text));
  }
  const environment = cleanEnvironment({
    TREDYE_URL: `ws://127.0.0.1:${ready.port}`,
    TREDYE_KEY: join(data, 'admin-key.json'),
    MARKET: findExcerpt('sse_601825_20230711').folder,
    MEMBERS: '8',
    SPEED: '1000000',
  });
  for (const command of others) {
    const says = SAYS.get(command);
    if (says === undefined) {
      t.fail(`this test does not know what "${command}" says`);
      continue;
    }
    const cwd = command.startsWith('make ') ? root : folder;
    const ran = spawnSync('bash', ['-c', here(command)], { cwd, env: environment, encoding: 'utf8' });
    t.equal(ran.status, 0, `${command}: ${ran.stderr}`);
    t.match(ran.stdout, says, command);
  }
  t.same(
    [...SAYS.keys()].filter((command) => !others.includes(command)),
    [],
    'none is known that README does not have',
  );
  // As Ctrl-C does: to all of the terminal's processes.
  process.kill(-(run.pid ?? 0), 'SIGINT');
  await once(run, 'exit');
  t.equal(existsSync(join(data, 'venue.json')), true);
  await t.rejects(fetch(`http://127.0.0.1:${ready.port}/health/live`), 'nobody listens any more');
});

t.test('the first orders are of ten lines at most, and the shown files are the ones in the tree', async (t) => {
  const shown = blocks.filter(({ file }) => file !== '');
  t.same(shown.map(({ file }) => file).sort(), [
    'client/python/first_order.py',
    'first-order-http.mjs',
    'first-order.mjs',
  ]);
  for (const { file, text } of shown) {
    if (file.includes('/')) t.equal(text, readFileSync(join(root, file), 'utf8'), file);
    else t.ok(text.trimEnd().split('\n').length <= MOST_LINES, file);
  }
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

t.test('every command that stands in a sentence or a table can be carried out: its programs are there', async (t) => {
  const text = readme.replace(/^```[\s\S]*?^```$/gm, '');
  const named = [...text.matchAll(/`((?:make|node|npx|tredye) [^`]+)`/g)].map(([, command]) => command ?? '');
  t.ok(named.length > 20, `${named.length} commands`);
  let programs = 0;
  for (const command of new Set(named)) {
    const dry = spawnSync('bash', ['-c', dryOf(command)], { cwd: root, env: cleanEnvironment({}), encoding: 'utf8' });
    t.equal(dry.status, 0, `${command}: ${dry.stderr}`);
    for (const [, program = ''] of dry.stdout.matchAll(/\bbuild\/([\w./-]+\.js)\b/g)) {
      programs++;
      t.ok(existsSync(join(build, program)), `${command}: ${program}`);
    }
  }
  t.ok(programs > 8, `${programs} programs`);
});

/** The command without its work, which may take an hour: what make would start is printed, the command line shows help. */
function dryOf(command: string): string {
  const tredye = /^(?:npx )?tredye(.*)$/.exec(command);
  if (tredye !== null) return `node ${join(build, 'platform', 'cli', 'main.js')}${tredye[1]} --help`;
  // What it records is the caller's to name.
  const more = command === 'make record' ? ' NAME=flow RUN="make flow"' : '';
  return command.startsWith('make ') ? `${command.replace('make', 'make -n')}${more}` : `echo ${command}`;
}

t.test('every file that the README links or names in this tree exists', async (t) => {
  const named = /\]\((?!http)([^)#]+)\)|`((?:schemas|platform|docs|tools|client|bench)\/[\w./-]+\.\w+)`/g;
  const paths = [...readme.matchAll(named)];
  t.ok(paths.length > 5);
  for (const match of paths) {
    const path = match[1] ?? match[2] ?? '';
    t.ok(readFileSync(join(root, path)).length > 0, path);
  }
});
