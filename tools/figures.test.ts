import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { figureFindings, readmeWithFigures } from './figures.js';

const README =
  'before\n<!-- figures: made by `make figures` from docs/results, do not edit -->\n<!-- end of figures -->\nafter\n';

function tree(t: { testdir(): string }, readme: string, results: string): string {
  const root = t.testdir();
  mkdirSync(join(root, 'docs/results'), { recursive: true });
  writeFileSync(join(root, 'README.md'), readme);
  writeFileSync(join(root, 'docs/results/replay.txt'), results);
  return root;
}

t.test('the table holds each recorded result and its conditions', async (t) => {
  const root = tree(t, README, 'condition `make replay`, two cores\nRESULT replay.trades 5 trades 1.0 vs expected=5\n');
  const readme = readmeWithFigures(root);
  t.match(readme, '| replay | replay.trades | 5 trades | 1.0 vs expected=5 |');
  t.match(readme, '- replay: `make replay`, two cores');
  t.match(readme, /^before\n[\s\S]*after\n$/);
});

t.test('a figure that was typed fails the check, one that was made passes', async (t) => {
  const root = tree(t, README, 'RESULT a 1 b\n');
  t.match(await figureFindings(root), [/make figures/]);
  writeFileSync(join(root, 'README.md'), readmeWithFigures(root));
  t.same(await figureFindings(root), []);
  writeFileSync(join(root, 'README.md'), readmeWithFigures(root).replace('1 b', '2 b'));
  t.match(await figureFindings(root), [/make figures/]);
});

t.test('a line that is no result, and a readme without markers, are errors', async (t) => {
  t.throws(() => readmeWithFigures(tree(t, README, 'about 5 trades\n')), /neither a condition nor a result/);
  t.throws(() => readmeWithFigures(tree(t, 'nothing\n', 'RESULT a 1 b\n')), /markers/);
});
