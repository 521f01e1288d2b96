/** The model before anything else: whole recorded days and the flow on which independent engines agree. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import t from 'tap';
import { findExcerpt, findRecording } from '../recordings/data-folder.js';
import { planFlow } from '../recordings/flow-plan.js';
import { readExpectedHash } from '../recordings/flow-reports.js';
import { playDay, playFlow } from './play-on-model.js';

// Two million commands through a model that is written for reading, on a machine that does other things as well.
t.setTimeout(300_000);

/** Trades of the whole day; the file says so as well, and must not become shorter without a word. */
const DAYS: readonly [string, number][] = [
  ['sse_601825_20230711', 5370],
  ['sse_600519_20230201', 27135],
];

for (const [name, trades] of DAYS) {
  t.test(`every trade, cancel and snapshot of ${name} comes out of the model`, async (t) => {
    const recording = findRecording(name);
    if (!recording.whole) {
      t.comment(recording.leftOut);
    }
    const played = await playDay(recording.folder);
    for (const [what, end] of Object.entries(played)) {
      t.equal(end.difference, '', `${what} are equal`);
      t.equal(end.equal, end.expected, `${end.expected} ${what}`);
    }
    t.equal(played.trades.expected, recording.whole ? trades : played.trades.expected, 'trades of the whole day');
    t.equal(played.snapshots !== undefined, name === 'sse_600519_20230201', 'only one day has snapshots');
  });
}

t.test('a copy of a day with one wrong trade fails', async (t) => {
  const { folder } = findExcerpt('sse_601825_20230711');
  const trades = gunzipSync(readFileSync(join(folder, 'trades.csv.gz'))).toString();
  const wrong = trades.replace(/,(\d+),B\n/, (_, quantity) => `,${Number(quantity) + 100},B\n`);
  const copy = t.testdir({
    'commands.csv.gz': readFileSync(join(folder, 'commands.csv.gz')),
    'trades.csv.gz': gzipSync(wrong),
  });
  const played = await playDay(copy);
  t.match(played.trades.difference, /^trade \d+ of \d+ differs/);
  t.equal(played.trades.equal, played.trades.expected - 1);
});

t.test('the excerpts play as well as the whole', async (t) => {
  for (const [name] of DAYS) {
    const played = await playDay(findExcerpt(name).folder);
    t.match(played, { trades: { difference: '' }, cancels: { difference: '' } }, name);
    t.equal(played.snapshots?.difference ?? '', '', name);
  }
  const { folder } = findExcerpt('flow_normal');
  const played = playFlow(await planFlow(join(folder, 'commands.bin.gz')));
  t.equal(played.hash, readExpectedHash(join(folder, 'reports.sha256')));
});

t.test('the report lines of the flow have the hash on which independent engines agree', async (t) => {
  const recording = findRecording('flow_normal');
  if (!recording.whole) {
    t.comment(recording.leftOut);
  }
  const played = playFlow(await planFlow(join(recording.folder, 'commands.bin.gz')));
  t.equal(played.hash, readExpectedHash(join(recording.folder, 'reports.sha256')), `${played.lines} lines`);
});
