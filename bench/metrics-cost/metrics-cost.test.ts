import t from 'tap';
import { costOf, FRAME_SIZES, measureCost } from './metrics-cost.js';

t.test('the cost is that of the median pair', async (t) => {
  const cost = costOf(64, [
    { rate: 0.5, cpu: 2, cpuUs: 1 },
    { rate: 0.99, cpu: 1.02, cpuUs: 3 },
    { rate: 1.2, cpu: 0.9, cpuUs: 2 },
  ]);
  t.equal(cost.ratePercent.toFixed(4), '1.0000');
  t.equal(cost.cpuPercent.toFixed(4), '2.0000');
  t.equal(cost.cpuUs, 2);
  t.same(cost.rateSpread, [0.5, 1.2]);
});

t.test('the small size plays on both platforms, and every command is in each stage', async (t) => {
  const costs = await measureCost('metrics', 'small', 1, () => undefined);
  t.same(
    costs.map(({ perFrame }) => perFrame),
    [...FRAME_SIZES],
  );
  for (const { rateRatio } of costs) t.ok(rateRatio > 0);
});

t.test('the same for the auditor, which compares groups where it is on and none where it is off', async (t) => {
  const costs = await measureCost('auditor', 'small', 1, () => undefined);
  t.same(
    costs.map(({ perFrame }) => perFrame),
    [...FRAME_SIZES],
  );
  for (const { rateRatio, cpuRatio } of costs) t.ok(rateRatio > 0 && cpuRatio > 0);
});
