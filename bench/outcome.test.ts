import t from 'tap';
import { figureOf, meetsTarget } from './outcome.js';

t.test('a figure is the middle of its repeats, and says how far they lie apart', async (t) => {
  t.same(figureOf('p50', 'us', [30, 10, 20], { ratio: 1.2, baseline: 'echo' }), {
    name: 'p50',
    value: 20,
    unit: 'us',
    spread: [10, 30],
    ratio: 1.2,
    baseline: 'echo',
  });
  t.same(figureOf('p50', 'us', [7]), { name: 'p50', value: 7, unit: 'us' });
});

t.test('a target is of the ratio where there is one, else of the value, and its bound is allowed', async (t) => {
  const figure = { name: 'p50', value: 500, unit: 'us' };
  t.equal(meetsTarget(figure), null);
  t.equal(meetsTarget({ ...figure, ratio: 1.4, target: '<=1.4' }), true);
  t.equal(meetsTarget({ ...figure, ratio: 1.41, target: '<=1.4' }), false);
  t.equal(meetsTarget({ ...figure, target: '>=500' }), true);
  t.equal(meetsTarget({ ...figure, target: '>=501' }), false);
  t.throws(() => meetsTarget({ ...figure, target: 'about 5' }), /not one: about 5/);
});
