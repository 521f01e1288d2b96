import t from 'tap';
import { parseResultLine, printResult, resultLine } from './result.js';

t.test('a result line has the words in their fixed order', async (t) => {
  t.equal(
    resultLine('replay.trades', 27135, 'trades', 1, 'expected=27135'),
    'RESULT replay.trades 27135 trades 1.0 vs expected=27135',
  );
  t.equal(resultLine('flow.rate', '3.21', 'M/s', 1.25, 'first=2.57'), 'RESULT flow.rate 3.21 M/s 1.25 vs first=2.57');
  t.equal(resultLine('flow.commands', 5, 'commands'), 'RESULT flow.commands 5 commands');
});

t.test('a part that would break the line apart is refused', async (t) => {
  t.throws(() => resultLine('two words', 1, 'trades'), /holds a space/);
  t.throws(() => resultLine('name', '', 'trades'), /is empty/);
  t.throws(() => resultLine('name', 1, 'trades', 1), /needs a baseline/);
  t.throws(() => resultLine('name', 1, 'trades', undefined, 'expected=1'), /needs a ratio/);
});

t.test('printing writes exactly one line to standard output', async (t) => {
  const written: string[] = [];
  const write = process.stdout.write;
  process.stdout.write = (chunk: string | Uint8Array) => {
    written.push(String(chunk));
    return true;
  };
  try {
    printResult('replay.rate', 61000, 'commands/s');
  } finally {
    process.stdout.write = write;
  }
  t.same(written, ['RESULT replay.rate 61000 commands/s\n']);
});

t.test('a line says what was printed, and a line of anything else says nothing', async (t) => {
  t.same(parseResultLine(resultLine('a.b', 5, 'us')), { name: 'a.b', value: 5, unit: 'us' });
  t.same(parseResultLine(resultLine('a', 5, 'us', 1, 'echo')), {
    name: 'a',
    value: 5,
    unit: 'us',
    ratio: 1,
    baseline: 'echo',
  });
  t.equal(parseResultLine('about 5 us'), null);
  t.throws(() => parseResultLine('RESULT a many us'), /"many" is no number/);
});
