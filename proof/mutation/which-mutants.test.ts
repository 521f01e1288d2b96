import t from 'tap';
import { isInSample, type Mutant, type SyntaxNode, whyPointless, zeroNames } from './which-mutants.js';

const mutant = (line: number, more: Partial<Mutant> = {}): Mutant => ({
  id: String(line),
  fileName: 'some/build/engine/matching/sweep.js',
  mutatorName: 'EqualityOperator',
  replacement: 'a <= b',
  location: { start: { line, column: 3 } },
  ...more,
});

t.test('a sample is about as large as it should be, the same every time, and another for another seed', async (t) => {
  const all = Array.from({ length: 4000 }, (_, line) => mutant(line));
  const taken = all.filter((each) => isInSample(each, 10, ''));
  t.ok(taken.length > 300 && taken.length < 500, `${taken.length} of 4000`);
  const elsewhere = all.map((each) => ({ ...each, id: 'x', fileName: 'copy/engine/matching/sweep.js' }));
  t.equal(elsewhere.filter((each) => isInSample(each, 10, '')).length, taken.length, 'whatever copy it is in');
  t.notSame(
    all.filter((each) => isInSample(each, 10, '2')),
    taken,
  );
  t.equal(all.filter((each) => isInSample(each, 1, '')).length, 4000);
});

t.test('asserts and places that are 0 are left alone, and nothing else is', async (t) => {
  const folder = t.testdir({
    'a-words.js': 'export const FIRST = 0;\nexport const SECOND = 1;\n',
    'b.ts': 'export const NOT_COMPILED = 0;\n',
  });
  const zeros = zeroNames([folder, `${folder}/missing`]);
  t.same([...zeros], ['FIRST']);
  const plus = (name: string, operator = '+'): SyntaxNode => ({
    type: 'BinaryExpression',
    operator,
    right: { type: 'Identifier', name },
  });
  t.equal(whyPointless(plus('FIRST'), zeros), 'plus nothing');
  for (const node of [plus('SECOND'), plus('FIRST', '<')]) t.equal(whyPointless(node, zeros), undefined);
  const thrown = { type: 'ThrowStatement' };
  const answer = { type: 'ReturnStatement' };
  const when = (consequent: SyntaxNode): SyntaxNode => ({ type: 'IfStatement', consequent });
  t.equal(whyPointless(when(thrown), zeros), 'an assert');
  t.equal(whyPointless(when({ type: 'BlockStatement', body: [thrown] }), zeros), 'an assert');
  t.equal(whyPointless(when({ type: 'BlockStatement', body: [answer, thrown] }), zeros), 'an assert');
  t.equal(whyPointless(when({ type: 'BlockStatement', body: [thrown, answer] }), zeros), undefined);
  t.equal(whyPointless(when(answer), zeros), undefined);
});
