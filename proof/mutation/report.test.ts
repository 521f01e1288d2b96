/** What is made of Stryker's report; and the list of survivors against the tree as it is. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { repositoryFolder } from '../recordings/data-folder.js';
import { CompiledFile } from './compiled-file.js';
import { mutatedFiles } from './mutated-files.js';
import { type Report, scoreOf, tell } from './report.js';
import { SURVIVORS, type Survivor } from './survivors.js';

const at = (line: number, from: number, to: number) => ({
  start: { line, column: from },
  end: { line, column: to },
});
const REPORT: Report = {
  files: {
    'build/a.js': {
      source: 'first\nif (a < b) return;\nlast\n',
      mutants: [
        { status: 'Killed', mutatorName: 'x', replacement: 'a > b', location: at(2, 5, 10) },
        { status: 'Timeout', mutatorName: 'x', replacement: 'true', location: at(2, 5, 10) },
        { status: 'Survived', mutatorName: 'Equality', replacement: 'a  <=\n b', location: at(2, 5, 10) },
        { status: 'NoCoverage', mutatorName: 'x', replacement: '{}', location: at(3, 1, 5) },
        { status: 'Ignored', mutatorName: 'x', replacement: '{}', location: at(1, 1, 2) },
        { status: 'CompileError', mutatorName: 'x', replacement: '{}', location: at(1, 1, 2) },
      ],
    },
  },
};
const sources = (file: string) => ({
  source: file.replace(/^build\/(.*)js$/, '$1ts'),
  place: (line: number) => ({ line: line + 10, text: `line ${line}` }),
});

t.test('the score counts what died of what was tried; who lives is told, with the reason that is known', async (t) => {
  const known: Survivor[] = [
    { file: 'a.ts', line: 'line 2', to: 'a <= b', reason: 'they are never equal' },
    { file: 'a.ts', line: 'line 9', to: '', reason: 'gone' },
    { file: 'b.ts', line: 'line 2', to: '', reason: 'not judged' },
  ];
  const { killed, hung, living, dead, percent } = scoreOf(REPORT, sources, known);
  t.same({ killed, hung, percent }, { killed: 2, hung: 1, percent: 50 });
  t.same(living.map(tell), ['a.ts:12 Equality: a < b -> a <= b (they are never equal)', 'a.ts:13 x: last -> {}']);
  t.same(dead, [known[1]]);
  t.equal(scoreOf({ files: {} }, sources, known).percent, 0, 'nothing tried is nothing proved');
});

t.test('code of a compiled file is found in its source', async (t) => {
  const compiled = new CompiledFile(repositoryFolder(), buildFolder(), `${buildFolder()}/proof/mutation/report.js`);
  t.equal(compiled.source, 'proof/mutation/report.ts');
  const lines = readFileSync(join(repositoryFolder(), `${buildFolder()}/proof/mutation/report.js`), 'utf8').split('\n');
  const line = lines.findIndex((each) => each.includes('const total ='));
  t.match(compiled.place(line + 1, 5), { text: 'const total = killed + living.length;' });
});

t.test('each listed survivor is a line that there is, of a file that is judged, and has a reason', async (t) => {
  const root = repositoryFolder();
  const files = new Set(mutatedFiles(root));
  t.ok(files.has('engine/matching/sweep.ts') && files.has('engine/ledger/amounts.ts'));
  t.notOk([...files].some((file) => /test|validate/.test(file)));
  for (const { file, line, reason } of SURVIVORS) {
    t.ok(files.has(file), `${file} is judged`);
    const lines = readFileSync(join(root, file), 'utf8').split('\n');
    t.ok(
      lines.some((each) => each.trim() === line),
      `${file}: ${line}`,
    );
    t.ok(reason.length > 10, reason);
  }
});

/** Of the tree that this file is compiled to, from its root. */
function buildFolder(): string {
  return join(import.meta.dirname, '../..').slice(repositoryFolder().length + 1);
}
