import t from 'tap';
import { Dice } from '../../proof/dice.js';
import { Timers } from './timers.js';

t.test('timers come by their time, those of one time in the order in which they were set', async (t) => {
  const timers = new Timers(8);
  t.equal(timers.first, -1);
  t.equal(timers.firstUs, Number.POSITIVE_INFINITY);
  timers.set(3, 20);
  timers.set(5, 10);
  timers.set(1, 20);
  t.equal(timers.first, 5);
  t.equal(timers.firstUs, 10);
  t.same(timers.inOrder(), [5, 3, 1]);
  timers.set(3, 20);
  t.same(timers.inOrder(), [5, 1, 3], 'set again it is the last of its time');
  t.ok(timers.isSet(3));
  t.equal(timers.timeOf(3), 20);
  timers.clear(5);
  timers.clear(5);
  t.equal(timers.first, 1);
  t.notOk(timers.isSet(5));
});

t.test('any mix of setting and clearing leaves the order of a sorted list', async (t) => {
  const dice = new Dice(7);
  const timers = new Timers(64);
  let naive: { timer: number; time: number }[] = [];
  for (let step = 0; step < 5000; step++) {
    const timer = dice.below(64);
    const time = dice.below(20);
    naive = naive.filter((one) => one.timer !== timer);
    if (dice.chance(0.55)) {
      timers.set(timer, time);
      naive.push({ timer, time });
    } else timers.clear(timer);
    timers.validate();
    const sorted = naive.toSorted((a, b) => a.time - b.time).map((one) => one.timer);
    if (timers.first !== (sorted[0] ?? -1)) t.fail(`step ${step}: the first is ${timers.first}, not ${sorted[0]}`);
    if (step % 50 === 0) t.same(timers.inOrder(), sorted);
  }
});

t.test('validate finds a heap that is out of order', async (t) => {
  const timers = new Timers(8);
  for (let timer = 0; timer < 4; timer++) timers.set(timer, timer);
  (timers as unknown as { times: Float64Array }).times[3] = -1;
  t.throws(() => timers.validate(), /timer 3 is due before the one above it/);
});
