import t from 'tap';
import { manyLineCases } from './many-lines.js';
import { onEngine, onModel, playCase } from './rule-cases.js';

const CASES = manyLineCases();

t.test('there are such tables', async (t) => {
  t.ok(CASES.length > 0);
});

for (const one of CASES) {
  t.test(one.title, async (t) => {
    const byEngine = playCase(one, onEngine);
    t.same(byEngine.failures, [], 'on the engine');
    const byModel = playCase(one, onModel);
    t.same(byModel.failures, [], 'on the model');
    t.same(byEngine.events, byModel.events, 'the same events');
  });
}
