/** What a thread does after rounds with and without work, and that the last look comes after "sleeping" is said. */
import t from 'tap';
import { Doorbell } from './doorbell.js';
import { spinRounds, WaitPolicy } from './wait-policy.js';

t.test('threads spin only where there are more cores than threads', async (t) => {
  t.equal(spinRounds(2, 2), 0);
  t.equal(spinRounds(3, 2), 0);
  t.ok(spinRounds(2, 3) > 0);
  t.ok(spinRounds(0) > 0);
  t.equal(spinRounds(100_000), 0);
});

t.test('without spinning the second idle round sleeps, and the bell is set before that round', async (t) => {
  const memory = Doorbell.create();
  const producer = new Doorbell(memory);
  const policy = new WaitPolicy(new Doorbell(memory), 0);
  t.equal(policy.after(3), false);
  t.equal(producer.ring(), false);
  t.equal(policy.after(0), false, 'one more round');
  t.equal(producer.ring(), true, 'it was announced before that round');
  t.equal(policy.after(0), true);
  t.equal(policy.after(0), false, 'after a sleep it looks again first');
});

t.test('work in the second look cancels the sleep', async (t) => {
  const memory = Doorbell.create();
  const producer = new Doorbell(memory);
  const policy = new WaitPolicy(new Doorbell(memory), 0);
  policy.after(0);
  t.equal(policy.after(1), false);
  t.equal(producer.ring(), false);
  t.equal(policy.after(0), false);
  t.equal(policy.after(0), true);
});

t.test('a spinning thread does its idle rounds first, and work starts the count again', async (t) => {
  const memory = Doorbell.create();
  const producer = new Doorbell(memory);
  const policy = new WaitPolicy(new Doorbell(memory), 3);
  t.strictSame([policy.after(0), policy.after(0), policy.after(1)], [false, false, false]);
  t.strictSame([policy.after(0), policy.after(0), policy.after(0)], [false, false, false]);
  t.equal(producer.ring(), false);
  t.equal(policy.after(0), false);
  t.equal(producer.ring(), true);
  t.equal(policy.after(0), true);
});
