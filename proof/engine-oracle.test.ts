/** The real engine against what was recorded: whole exchange days, and the flow on which independent engines agree. */
import { join } from 'node:path';
import t from 'tap';
import { playDayOnEngine, playFlowOnEngine } from './play-on-engine.js';
import { findRecording } from './recordings/data-folder.js';
import { planFlow } from './recordings/flow-plan.js';
import { readExpectedHash } from './recordings/flow-reports.js';
import { ALL_CONTROLS } from './recordings/venue.js';

t.setTimeout(300_000);

/** Trades of the whole day. */
const DAYS: readonly [string, number][] = [
  ['sse_601825_20230711', 5370],
  ['sse_600519_20230201', 27135],
];

for (const [name, trades] of DAYS) {
  t.test(`every trade, cancel and snapshot of ${name} comes out of the engine`, async (t) => {
    const recording = findRecording(name);
    if (!recording.whole) {
      t.comment(recording.leftOut);
    }
    const played = await playDayOnEngine(recording.folder, {});
    for (const [what, end] of Object.entries(played)) {
      t.equal(end.difference, '', `${what} are equal`);
      t.equal(end.equal, end.expected, `${end.expected} ${what}`);
    }
    t.equal(played.trades.expected, recording.whole ? trades : played.trades.expected, 'trades of the whole day');
    t.equal(played.snapshots !== undefined, name === 'sse_600519_20230201', 'only one day has snapshots');
  });
}

for (const [name] of DAYS) {
  t.test(`${name} comes out the same with money, fees, limits and prevention, none of which acts`, async (t) => {
    const played = await playDayOnEngine(findRecording(name).folder, {}, ALL_CONTROLS);
    for (const [what, end] of Object.entries(played)) {
      t.equal(end.difference, '', `${what} are equal`);
      t.equal(end.equal, end.expected, `${end.expected} ${what}`);
    }
  });
}

t.test('a day comes out the same when each command makes few events at a time and windows are tiny', async (t) => {
  const { folder } = findRecording('sse_601825_20230711');
  const played = await playDayOnEngine(folder, { maxEventsPerCommand: 5, ladderTicks: 32, ladderWindows: 1 });
  for (const [what, end] of Object.entries(played)) {
    t.equal(end.difference, '', `${what} are equal`);
    t.equal(end.equal, end.expected, `${end.expected} ${what}`);
  }
});

t.test('the report lines of the flow have the hash on which independent engines agree', async (t) => {
  const recording = findRecording('flow_normal');
  if (!recording.whole) {
    t.comment(recording.leftOut);
  }
  const played = playFlowOnEngine(await planFlow(join(recording.folder, 'commands.bin.gz')));
  t.equal(played.hash, readExpectedHash(join(recording.folder, 'reports.sha256')), `${played.lines} lines`);
});

t.test('the flow has the same report lines with money, fees, limits and prevention, none of which acts', async (t) => {
  const { folder } = findRecording('flow_normal');
  const plan = await planFlow(join(folder, 'commands.bin.gz'));
  const played = playFlowOnEngine(plan, ALL_CONTROLS);
  t.equal(played.hash, readExpectedHash(join(folder, 'reports.sha256')), `${played.lines} lines`);
  t.not(played.stateHash, playFlowOnEngine(plan).stateHash, 'the controls were there: purses are part of the state');
});
