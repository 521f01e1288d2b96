import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';

const TOOLS = join(import.meta.dirname, '..', '..', 'tools');
const BASH = '/bin/bash';

/** Runs a script of tools/ where nothing but the given programs can be found. */
function run(t: Test, script: string, args: string[], programs: Readonly<Record<string, string>>) {
  const folder = t.testdir(
    Object.fromEntries(Object.entries(programs).map(([name, body]) => [name, `#!${BASH}\n${body}\n`])),
  );
  for (const name of Object.keys(programs)) chmodSync(join(folder, name), 0o755);
  const { status, stdout, stderr } = spawnSync(BASH, [join(TOOLS, script), ...args], {
    env: { PATH: folder },
    encoding: 'utf8',
  });
  return { folder, status, stdout, stderr };
}

t.test('nothing is installed or said when every program is there', (t) => {
  const { status, stdout, stderr } = run(t, 'system-packages.sh', ['flock:util-linux'], { flock: '' });
  t.equal(status, 0);
  t.equal(stdout + stderr, '');
  t.end();
});

t.test('without root and sudo the missing packages are named in one line', (t) => {
  const programs = { id: 'echo 1000', 'apt-get': 'exit 9' };
  const { status, stderr } = run(t, 'system-packages.sh', ['flock:util-linux', 'python3:python3'], programs);
  t.equal(status, 1);
  t.equal(stderr, 'Please install these system packages first: util-linux python3\n');
  t.end();
});

t.test('root installs exactly the missing packages', (t) => {
  const env = `while [[ $1 == *=* ]]; do shift; done; exec "$@"`;
  const apt = 'echo "$*" >> "$' + '{0%/*}/log"';
  const programs = { id: 'echo 0', env, 'apt-get': apt, flock: '', true: '' };
  const { folder, status, stderr } = run(t, 'system-packages.sh', ['flock:util-linux', 'python3:python3'], programs);
  t.equal(stderr, '');
  t.equal(status, 0);
  t.equal(
    readFileSync(join(folder, 'log'), 'utf8'),
    'update --quiet\ninstall --quiet --yes --no-install-recommends python3\n',
  );
  t.end();
});

t.test('a module that Debian splits off from Python is looked for by importing it', (t) => {
  const python = '[[ "$2" == "import there" ]]';
  const programs = { id: 'echo 1000', python3: python };
  const args = ['python3:python3', 'python3/there:python3-there', 'python3/gone:python3-gone'];
  t.equal(
    run(t, 'system-packages.sh', args, programs).stderr,
    'Please install these system packages first: python3-gone\n',
  );
  t.end();
});

for (const [version, fits] of [
  ['v20.17.0', false],
  ['v20.18.0', true],
  ['v20.20.2', true],
  ['v22.12.0', false],
  ['v24.0.0', true],
  ['v25.1.0', false],
] as const) {
  t.test(`Node ${version} is ${fits ? 'taken' : 'refused in one sentence'}`, (t) => {
    const { status, stderr } = run(t, 'require-node.sh', [], { node: `echo ${version}`, npm: '' });
    t.equal(status, fits ? 0 : 1);
    const sentence = `Tredye needs Node 20.18 or a later 20, or Node 24; this is Node ${version.slice(1)}.\n`;
    t.equal(stderr, fits ? '' : sentence);
    t.end();
  });
}

t.test('a machine without Node is told what is needed', (t) => {
  const { status, stderr } = run(t, 'require-node.sh', [], {});
  t.equal(status, 1);
  t.equal(stderr, 'Tredye needs Node 20.18 or a later 20, or Node 24, with npm; it was not found.\n');
  t.end();
});
