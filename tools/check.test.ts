import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { deadCode, runChecks } from './check.js';

const KNIP = readFileSync(join(import.meta.dirname, '..', '..', 'knip.jsonc'), 'utf8');

/** A tree that holds only an entry file and a file that it uses, under this project's own knip.jsonc. */
function tree(
  t: Test,
  engine: Readonly<Record<string, string>>,
  dependencies: Readonly<Record<string, string>> = {},
): string {
  return t.testdir({
    'knip.jsonc': KNIP,
    'package.json': JSON.stringify({ name: 'fixture', type: 'module', dependencies, workspaces: ['client'] }),
    'tsconfig.json': '{ "compilerOptions": { "module": "nodenext" } }',
    client: { 'package.json': '{ "name": "fixture-client" }' },
    platform: { 'main.ts': "import { used } from '../engine/book.js';\nconsole.log(used);\n" },
    engine: { 'book.ts': 'export const used = 1;\n', ...engine },
  });
}

t.test('a tree in which everything is used has no dead code', async (t) => {
  t.same(await deadCode(tree(t, {})), []);
});

t.test('an unused export is dead code', async (t) => {
  const found = await deadCode(tree(t, { 'book.ts': 'export const used = 1;\nexport const forgotten = 2;\n' }));
  t.match(found.join('\n'), /engine\/book\.ts: forgotten/);
});

t.test('an unused file is dead code', async (t) => {
  const found = await deadCode(tree(t, { 'ring.ts': 'export const ring = 1;\n' }));
  t.match(found.join('\n'), /engine\/ring\.ts/);
});

t.test('an unused dependency is dead code', async (t) => {
  const found = await deadCode(tree(t, {}, { 'left-pad': '1.3.0' }));
  t.match(found.join('\n'), /left-pad/);
});

t.test('every check runs, whatever the others find, and the failed ones are counted', async (t) => {
  const lines: string[] = [];
  const failed = await runChecks('.', (line) => lines.push(line), [
    { name: 'first', run: async () => ['a.ts: wrong', 'b.ts: wrong'] },
    { name: 'second', run: async () => [] },
    { name: 'third', run: () => Promise.reject(new Error('cannot read')) },
  ]);
  t.equal(failed, 2);
  t.match(lines, [
    /^check first: FAILED \(.* s\)$/,
    '    a.ts: wrong',
    '    b.ts: wrong',
    /^check second: ok/,
    /^check third: FAILED/,
    '    Error: cannot read',
  ]);
});
