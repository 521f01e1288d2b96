import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { houseFindings } from './house-rules.js';

const GOOD: Readonly<Record<string, string>> = {
  'engine/book.ts': '// Keeps the orders of one instrument.\nexport const levels = 1;\n',
  'engine/book.test.ts': "import t from 'tap';\n",
  'package.json': '{ "dependencies": { "ws": "8.23.0", "uws": "npm:@a/uws@20.57.0", "b": "20.30.0-unofficial.0" } }',
  'package-lock.json':
    '{ "packages": { "": {}, "node_modules/ws": { "version": "8.23.0" }, "node_modules/c": { "resolved": "client", "link": true } } }',
  Makefile: 'test:\n\tnode test.js\n',
};

function findings(t: Test, planted: Readonly<Record<string, string>>): string[] {
  const root = t.testdir();
  for (const [path, text] of Object.entries({ ...GOOD, ...planted })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return houseFindings(root);
}

// The texts are put together from pieces, so that the check of this tree does not find them here.
const HEAD = '// A job.\n';
const WRONG: readonly { what: string; path: string; text: string; expected: RegExp }[] = [
  {
    what: 'a file is named after nothing',
    path: 'engine/ring-utils.ts',
    text: HEAD,
    expected: /ring-utils\.ts: a name that says nothing/,
  },
  {
    what: 'a folder is named after nothing',
    path: 'engine/common/x.ts',
    text: HEAD,
    expected: /a name that says nothing/,
  },
  {
    what: 'a file name is not kebab-case',
    path: 'engine/orderPool.ts',
    text: HEAD,
    expected: /orderPool\.ts: file names are kebab-case/,
  },
  {
    what: 'a file opens without its job',
    path: 'engine/a.ts',
    text: 'export {};\n',
    expected: /a\.ts: opens without a comment/,
  },
  {
    what: 'a machine path is written down',
    path: 'docs/a.md',
    text: `see ${'/work'}/main\n`,
    expected: /a\.md:1: a path of one machine/,
  },
  {
    what: 'work is left unfinished',
    path: 'engine/a.ts',
    text: `${HEAD}// ${'TO'}${'DO'} later\n`,
    expected: /a\.ts:2: unfinished work/,
  },
  {
    what: 'a failure is swallowed',
    path: 'Makefile',
    text: `x:\n\trun ||${' '}true\n`,
    expected: /Makefile:2: a failure is swallowed/,
  },
  {
    what: 'the type checker is switched off',
    path: 'engine/a.ts',
    text: `${HEAD}// @ts${'-'}ignore because\n`,
    expected: /type checker is switched off/,
  },
  {
    what: 'a lint finding is suppressed without a reason',
    path: 'engine/a.ts',
    text: `${HEAD}// biome${'-'}ignore lint/x:\n`,
    expected: /suppressed without a reason/,
  },
  {
    what: 'a type error is expected without a reason',
    path: 'engine/a.ts',
    text: `${HEAD}// @ts${'-'}expect-error\n`,
    expected: /suppressed without a reason/,
  },
  {
    what: 'one test alone would run',
    path: 'engine/a.test.ts',
    text: `t.test${'.only'}('x');\n`,
    expected: /one test alone would run/,
  },
  {
    what: 'a test does not run',
    path: 'engine/a.test.ts',
    text: `t.test('x', { ${'skip'}: 'why' });\n`,
    expected: /a test that does not run/,
  },
  {
    what: 'coverage is hidden',
    path: 'engine/a.ts',
    text: `${HEAD}/* c8 ${'ignore'} next */\n`,
    expected: /coverage is hidden/,
  },
  {
    what: 'a file is too long',
    path: 'engine/a.ts',
    text: `${HEAD}${'\n'.repeat(600)}`,
    expected: /a\.ts: 601 lines, at most 600/,
  },
  {
    what: 'a version is a range',
    path: 'package.json',
    text: '{ "devDependencies": { "tap": "^21.8.0" } }',
    expected: /devDependencies\.tap is not exact: \^21\.8\.0/,
  },
  {
    what: 'an override is a range',
    path: 'package.json',
    text: '{ "overrides": { "a": { "ws": "8" } } }',
    expected: /overrides\.a\.ws is not exact: 8/,
  },
  {
    what: 'the lock file names a host',
    path: 'package-lock.json',
    text: '{ "packages": { "node_modules/ws": { "version": "1.0.0", "resolved": "https://host.example/ws.tgz" } } }',
    expected: /node_modules\/ws names the host https:\/\/host\.example/,
  },
];

t.test('a tree that keeps the rules has no finding', (t) => {
  t.same(findings(t, {}), []);
  t.end();
});

for (const { what, path, text, expected } of WRONG) {
  t.test(`it is found when ${what}`, (t) => {
    const found = findings(t, { [path]: text });
    t.equal(found.length, 1, found.join('\n'));
    t.match(found[0], expected);
    t.end();
  });
}

t.test('a reason makes a suppression acceptable', (t) => {
  const text = `${HEAD}// biome${'-'}ignore lint/x: the generated name is not ours\n// @ts${'-'}expect-error the wrong type is the test\n`;
  t.same(findings(t, { 'engine/a.ts': text }), []);
  t.end();
});

t.test('what is built, installed or generated is not ours to check', (t) => {
  const long = '\n'.repeat(700);
  t.same(
    findings(t, { 'build-x/utils.ts': long, 'node_modules/a/utils.ts': long, 'schemas/generated/Event.ts': long }),
    [],
  );
  t.end();
});
