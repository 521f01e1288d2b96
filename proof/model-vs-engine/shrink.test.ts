import t from 'tap';
import { shrink } from './shrink.js';

t.test('a failing sequence is shrunk to what it takes to fail', async (t) => {
  const sequence = Array.from({ length: 200 }, (_, index) => index);
  const needs = [3, 77, 78, 199];
  const shortest = shrink(sequence, (candidate) => needs.every((need) => candidate.includes(need)));
  t.same(shortest, needs);
});

t.test('a sequence of which nothing can be taken stays whole, and the attempts have an end', async (t) => {
  t.same(
    shrink([1, 2, 3], (candidate) => candidate.length === 3),
    [1, 2, 3],
  );
  let attempts = 0;
  shrink(
    Array.from({ length: 1000 }, (_, index) => index),
    () => {
      attempts += 1;
      return false;
    },
    50,
  );
  t.equal(attempts, 50);
});
