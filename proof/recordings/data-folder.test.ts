import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { findRecording, repositoryFolder } from './data-folder.js';

t.test('the data folder beside the repository is taken whole', async (t) => {
  const folder = t.testdir({ repository: {}, shared: { data: { some_day: { 'commands.csv.gz': '' } } } });
  t.match(findRecording('some_day', join(folder, 'repository'), true), {
    folder: join(folder, 'shared', 'data', 'some_day'),
    whole: true,
    leftOut: '',
  });
});

t.test('without it an excerpt is taken, and said so', async (t) => {
  const folder = t.testdir({ repository: { proof: { recordings: { excerpts: { some_day: {} } } } } });
  const recording = findRecording('some_day', join(folder, 'repository'), false);
  t.equal(recording.whole, false);
  t.match(recording.leftOut, /some_day: the whole recording is not .* only an excerpt/);
});

t.test('on CI a missing recording is a failure even where there is an excerpt', async (t) => {
  const folder = t.testdir({ repository: { proof: { recordings: { excerpts: { some_day: {} } } } } });
  t.throws(() => findRecording('some_day', join(folder, 'repository'), true), /on CI that is a failure/);
  t.throws(
    () => findRecording('other_day', join(folder, 'repository'), false),
    /no excerpt of the recording other_day/,
  );
});

t.test('every recording that a test plays has an excerpt in the repository', async (t) => {
  for (const name of ['sse_600519_20230201', 'sse_601825_20230711', 'flow_normal']) {
    t.ok(existsSync(join(repositoryFolder(), 'proof', 'recordings', 'excerpts', name)), name);
  }
});
