// The check of generated code turns red for one edited byte, a missing file and one that nothing makes.
// Works on copies of the tree's sources; the tree itself is what the first test looks at.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { generatedFindings } from './check-generated.js';

const ROOT = process.cwd();

function copyOf(folder: string): string {
  for (const path of ['schemas', 'docs/records-table.md']) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  }
  return folder;
}

t.test('what is committed is what the sources make', async (t) => {
  t.same(await generatedFindings(ROOT), []);
});

t.test('one edited byte in any kind of generated file is found', async (t) => {
  const root = copyOf(t.testdir());
  const paths = [
    'schemas/generated/command-frame.ts',
    'schemas/generated/shapes.ts',
    'schemas/generated/python/tredye/Event.py',
    'docs/records-table.md',
  ];
  for (const path of paths) {
    const bytes = readFileSync(join(root, path));
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    writeFileSync(join(root, path), bytes);
  }
  const findings = await generatedFindings(root);
  t.same(findings.map((finding) => finding.split(':')[0]).sort(), [...paths].sort());
});

t.test('a missing file and one without a source are found', async (t) => {
  const root = copyOf(t.testdir());
  rmSync(join(root, 'schemas/generated/side.ts'));
  writeFileSync(join(root, 'schemas/generated/old.ts'), '');
  const findings = await generatedFindings(root);
  t.equal(findings.length, 2);
  t.match(findings[0], /^schemas\/generated\/side\.ts: missing/);
  t.match(findings[1], /^schemas\/generated\/old\.ts: made from nothing/);
});

t.test('a field that is added to a schema makes its generated code stale', async (t) => {
  const root = copyOf(t.testdir());
  const path = join(root, 'schemas/command-frame.fbs');
  writeFileSync(path, readFileSync(path, 'utf8').replace('number:uint32;', 'number:uint32; extra:uint32;'));
  const findings = await generatedFindings(root);
  t.ok(findings.some((finding) => finding.startsWith('schemas/generated/command-frame.ts: not what its source makes')));
  t.ok(findings.some((finding) => finding.startsWith('schemas/generated/shapes.ts: not what its source makes')));
});
