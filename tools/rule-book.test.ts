/** The check of the rule book turns red both ways: for a rule without a test, and for a test without a rule. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { ruleBookFindings } from './rule-book.js';

const BOOK =
  '# Rules\n\n## 1 Checks\n\n**1.1** First.\n\n- **1.2** Second,\n  in two lines.\n\n## 2 Orders\n\n- **2.1** Third.\n';
const TABLE = '# A table.\n\nrule 1.1: the first\nalice new buy 5 @ 100\n\nrule 1.1: again\n';
/** Put together, so that the check of this tree does not find it here. */
const TEST = `t${'.test'}('rule 1.2, 2.1: the others', async (t) => {});\nt${'.test'}('no rule 9.9', async (t) => {});\n`;

function findings(t: Test, changes: Readonly<Record<string, string>> = {}): string[] {
  const root = t.testdir();
  const files = { 'docs/rules.md': BOOK, 'proof/rules/01-a.rules': TABLE, 'engine/a.test.ts': TEST, ...changes };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return ruleBookFindings(root);
}

t.test('the rules of this tree have tests, and their tests have rules', async (t) => {
  t.same(ruleBookFindings(process.cwd()), []);
});

t.test('a book whose rules all have a test has no finding', async (t) => {
  t.same(findings(t), []);
});

t.test('a rule without a test is found', async (t) => {
  t.same(findings(t, { 'docs/rules.md': `${BOOK}- **2.2** New.\n` }), ['docs/rules.md:13: rule 2.2 has no test']);
  t.same(findings(t, { 'proof/rules/01-a.rules': '' }), ['docs/rules.md:5: rule 1.1 has no test']);
  t.same(findings(t, { 'engine/a.test.ts': TEST.replace(', 2.1', '') }), ['docs/rules.md:12: rule 2.1 has no test']);
});

t.test('a test without a rule is found, in a table and among the tests', async (t) => {
  t.same(findings(t, { 'proof/rules/01-a.rules': `${TABLE}rule 1.3: more\n` }), [
    'proof/rules/01-a.rules:7: docs/rules.md has no rule 1.3',
  ]);
  t.same(findings(t, { 'engine/a.test.ts': TEST.replace('2.1', '2.1, 2.9') }), [
    'engine/a.test.ts:1: docs/rules.md has no rule 2.9',
  ]);
  t.same(findings(t, { 'engine/b.test.ts': `t${'.test'}(\n  "rule 7.1: it's broken over lines",\n  f);\n` }), [
    'engine/b.test.ts:1: docs/rules.md has no rule 7.1',
  ]);
});

t.test('a number that comes twice, out of order, or in the middle of a line is found', async (t) => {
  t.match(findings(t, { 'docs/rules.md': `${BOOK}- **2.1** Again.\n` }), [/:13: rule 2\.1 stands behind 2\.1/]);
  t.match(findings(t, { 'docs/rules.md': `${BOOK}- **1.2** Late.\n` }), [/:13: rule 1\.2 stands behind 2\.1/]);
  t.match(findings(t, { 'docs/rules.md': `${BOOK}As **2.2** says.\n` }), [/:13: a rule begins its paragraph/]);
});

t.test('a case or a test with half a number is found', async (t) => {
  t.match(findings(t, { 'proof/rules/01-a.rules': `${TABLE}rule 1: more\n` }), [
    /:7: a case begins with its rule's number/,
  ]);
  t.match(findings(t, { 'engine/a.test.ts': TEST.replace('2.1:', '2.1') }), [
    /:1: a test of rules is named like/,
    /rule 1\.2 has no test/,
    /rule 2\.1 has no test/,
  ]);
});
