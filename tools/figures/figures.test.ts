import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { figureFiles, figureFindings } from './figures.js';
import type { KeptRun } from './results-file.js';

const README =
  'before\n<!-- figures: made by `make figures` from bench/results.json, do not edit -->\n<!-- end of figures -->\nafter\n';

const CURVE = {
  plot: 'latency-1000',
  line: 'disk',
  points: [
    [50, 200],
    [99, 900],
    [100, 4000],
  ] as [number, number][],
};

const RUN: KeptRun = {
  command: 'make bench BENCH=latency',
  commit: 'abc1234',
  date: '2026-11-22 20:00',
  machine: 'two cores',
  load: 0.5,
  conditions: ['open loop'],
  figures: [
    { name: 'echo.p50', value: 100, unit: 'us', spread: [90, 110] },
    { name: 'disk.p50', value: 300, unit: 'us', ratio: 1.5, baseline: 'echo+sync', target: '<=1.4', met: false },
    { name: 'disk.p99', value: 900, unit: 'us', ratio: 1.2, baseline: 'echo+sync', target: '<=2', met: true },
  ],
  curves: [CURVE],
};

function tree(t: { testdir(): string }, runs: unknown, readme = README): string {
  const root = t.testdir();
  mkdirSync(join(root, 'bench'), { recursive: true });
  mkdirSync(join(root, 'docs'), { recursive: true });
  writeFileSync(join(root, 'README.md'), readme);
  writeFileSync(join(root, 'docs/reliability.md'), README);
  writeFileSync(join(root, 'bench/results.json'), JSON.stringify({ runs }));
  return root;
}

function writeAll(root: string, files: ReadonlyMap<string, string>): void {
  for (const [path, content] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

t.test('the readme shows what is compared, the report shows all of it with the conditions', async (t) => {
  const files = figureFiles(tree(t, { latency: RUN }));
  const readme = files.get('README.md') ?? '';
  t.match(readme, '| latency | disk.p50 | 300 us | 1.5 vs echo+sync | ≤ 1.4 (missed) |');
  t.match(readme, '| latency | disk.p99 | 900 us | 1.2 vs echo+sync | ≤ 2 |');
  t.notMatch(readme, 'echo.p50');
  t.match(
    readme,
    '- latency: `make bench BENCH=latency`, 2026-11-22 20:00, two cores, load 0.5 before, commit abc1234',
  );
  t.match(readme, /^before\n[\s\S]*after\n$/);
  const report = files.get('bench/REPORT.md') ?? '';
  t.match(report, '| echo.p50 | 100 us | 90 to 110 |  |  |');
  t.match(report, '- open loop');
  t.match(report, '![latency-1000](plots/latency-1000.svg)');
});

t.test('a run in which nothing has a target shows all of its figures', async (t) => {
  const trades = { name: 'trades', value: 5, unit: 'trades', ratio: 1, baseline: 'expected=5' };
  const replay = { ...RUN, figures: [trades, { name: 'rate', value: 9, unit: 'commands/s' }], curves: [] };
  const readme = figureFiles(tree(t, { replay })).get('README.md') ?? '';
  t.match(readme, '| replay | trades | 5 trades | 1 vs expected=5 |  |');
  t.match(readme, '| replay | rate | 9 commands/s |  |  |');
});

t.test('the document on reliability shows the whole tally of the simulator, once there is one', async (t) => {
  const held = { name: 'simulate.held', value: 9, unit: 'seeds', ratio: 1, baseline: 'expected=9' };
  const simulate = { ...RUN, figures: [{ name: 'simulate.rot', value: 7, unit: 'times' }, held], curves: [] };
  const text = figureFiles(tree(t, { simulate })).get('docs/reliability.md') ?? '';
  t.match(text, '| simulate.rot | 7 times |\n| simulate.held | 9 seeds |');
  t.match(text, /- simulate: .*commit abc1234/);
  t.match(figureFiles(tree(t, { latency: RUN })).get('docs/reliability.md'), 'Not measured yet.');
});

t.test('the same curves give the same picture to the byte, whatever was drawn before', async (t) => {
  const root = tree(t, { latency: RUN });
  const first = figureFiles(root).get('bench/plots/latency-1000.svg') ?? '';
  t.match(first, /^<svg /);
  t.match(first, '<title>Latency at 1000 orders/s</title>');
  t.equal(figureFiles(root).get('bench/plots/latency-1000.svg'), first);
});

t.test('a figure that was typed fails the check wherever it stands, one that was made passes', async (t) => {
  const root = tree(t, { latency: RUN });
  t.match(await figureFindings(root), [
    /^README\.md.*make figures/,
    /^docs\/reliability\.md/,
    /^bench\/REPORT\.md/,
    /^bench\/plots\/latency-1000/,
  ]);
  const files = figureFiles(root);
  writeAll(root, files);
  t.same(await figureFindings(root), []);
  for (const [path, from, to] of [
    ['README.md', '300 us', '200 us'],
    ['bench/REPORT.md', '100 us', '99 us'],
    ['bench/plots/latency-1000.svg', '1000 orders', '9000 orders'],
  ] as const) {
    const made = files.get(path) ?? '';
    t.match(made, from);
    writeFileSync(join(root, path), made.replace(from, to));
    t.match(await figureFindings(root), [new RegExp(`^${path}`)]);
    writeFileSync(join(root, path), made);
  }
  writeFileSync(join(root, 'bench/plots/older.svg'), '<svg/>');
  t.match(await figureFindings(root), [/^bench\/plots\/older\.svg: no run has this plot/]);
});

t.test('results that are none, and a readme without markers, are errors', async (t) => {
  t.throws(() => figureFiles(tree(t, { flow: { figures: 5 } })), /the run flow has no figures/);
  t.throws(
    () => figureFiles(tree(t, { flow: { ...RUN, figures: [{ name: 'a', value: '5', unit: 'b' }] } })),
    /is no figure/,
  );
  t.throws(() => figureFiles(tree(t, {}, 'nothing\n')), /markers/);
});
