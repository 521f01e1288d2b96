/**
 * The step of `make check` that holds docs/rules.md and the tests together: each numbered rule has a test that carries its
 * number, and each number that a test carries is a rule. A test is a case of a table in proof/rules, or a `t.test` whose
 * name begins with `rule 2.4: ` (or `rule 2.4, 3.1: `). Runs in the tools' main thread.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sourceFiles } from './source-tree.js';

const BOOK = 'docs/rules.md';
const TABLE = /^proof\/rules\/.*\.rules$/;
const TEST = /\.test\.ts$/;

/** A paragraph or item of a list that is a rule, and a number that stands elsewhere. */
const RULE = /^(?:- )?\*\*(\d+)\.(\d+)\*\* \S/;
const NUMBER = /\*\*\d+\.\d+\*\*/;
const CASE = /^rule (\d+\.\d+): \S/;
/** The name of a test, when it begins like that of a rule's. */
const TEST_NAME = /\bt\.test\(\s*(['"`])(rule \d[^\n]*?)\1/g;
const RULES_IN_NAME = /^rule (\d+\.\d+(?:, \d+\.\d+)*): \S/;

/** One line for each finding: path, line, what is wrong. */
export function ruleBookFindings(root: string): string[] {
  const findings: string[] = [];
  const rules = rulesOf(readFileSync(join(root, BOOK), 'utf8'), findings);
  const tested = new Set<string>();
  for (const path of sourceFiles(root)) {
    if (!TABLE.test(path) && !TEST.test(path)) continue;
    const text = readFileSync(join(root, path), 'utf8');
    for (const [number, line] of TABLE.test(path) ? casesIn(path, text, findings) : testsIn(path, text, findings)) {
      tested.add(number);
      if (!rules.has(number)) findings.push(`${path}:${line}: ${BOOK} has no rule ${number}`);
    }
  }
  for (const [number, line] of rules) {
    if (!tested.has(number)) findings.push(`${BOOK}:${line}: rule ${number} has no test`);
  }
  return findings;
}

/** Numbers with the lines that they stand in. */
function rulesOf(book: string, findings: string[]): Map<string, number> {
  const rules = new Map<string, number>();
  let last: readonly [number, number] = [0, 0];
  for (const [index, line] of book.split('\n').entries()) {
    const [, chapter, rule] = RULE.exec(line) ?? [];
    if (chapter === undefined || rule === undefined) {
      if (NUMBER.test(line)) findings.push(`${BOOK}:${index + 1}: a rule begins its paragraph: ${line.trim()}`);
      continue;
    }
    const now = [Number(chapter), Number(rule)] as const;
    if (now[0] < last[0] || (now[0] === last[0] && now[1] <= last[1])) {
      findings.push(`${BOOK}:${index + 1}: rule ${chapter}.${rule} stands behind ${last.join('.')}`);
    }
    last = now;
    rules.set(`${chapter}.${rule}`, index + 1);
  }
  return rules;
}

function casesIn(path: string, text: string, findings: string[]): [string, number][] {
  return text.split('\n').flatMap((line, index): [string, number][] => {
    if (!/^rule\b/.test(line)) return [];
    const number = CASE.exec(line)?.[1];
    if (number !== undefined) return [[number, index + 1]];
    findings.push(`${path}:${index + 1}: a case begins with its rule's number and a sentence: ${line}`);
    return [];
  });
}

function testsIn(path: string, text: string, findings: string[]): [string, number][] {
  return [...text.matchAll(TEST_NAME)].flatMap(({ index, 2: name = '' }): [string, number][] => {
    const line = text.slice(0, index).split('\n').length;
    const numbers = RULES_IN_NAME.exec(name)?.[1]?.split(', ');
    if (numbers !== undefined) return numbers.map((number) => [number, line]);
    findings.push(`${path}:${line}: a test of rules is named like rule 2.4: … or rule 2.4, 3.1: …, not ${name}`);
    return [];
  });
}
