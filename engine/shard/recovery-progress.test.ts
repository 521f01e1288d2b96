import t from 'tap';
import { ProgressTeller, type RecoveryProgress } from './recovery-progress.js';

t.test('a recovery says four times a second how fast it is and how long it may still take', async (t) => {
  const told: RecoveryProgress[] = [];
  const teller = new ProgressTeller((progress) => told.push(progress), 1000, 100, 8);
  const counts = (commandCount: number) => ({ commandCount, eventCount: 2 * commandCount });
  teller.tell(counts(1), { segment: 3, offset: 20 }, 1001);
  t.same(told, [], 'not yet');
  // A second for one of the five and eight tenths of segments that there are.
  teller.tell(counts(5000), { segment: 4, offset: 20 }, 2000);
  t.same(told, [{ commands: 5000, events: 10_000, commandsPerSecond: 5000, segment: 4, secondsLeft: 5 }]);
  teller.tell(counts(6000), { segment: 4, offset: 90 }, 2249);
  t.equal(told.length, 1);
  teller.tell(counts(40_000), { segment: 8, offset: 99 }, 7000);
  t.match(told[1], { commandsPerSecond: 6667, segment: 8, secondsLeft: 0 });
  new ProgressTeller(null, 0, 100, 8).tell(counts(1), { segment: 1, offset: 0 }, 10_000);
});
