import t from 'tap';
import { parseStages, stagesBetween } from './stage-times.js';

function text(counts: readonly [number, number, number], sum: number, whole: number): string {
  const [upTo100, upTo200, all] = counts;
  return [
    '# TYPE tredye_order_stage_seconds histogram',
    `tredye_order_stage_seconds_bucket{le="0.0001",level="disk",stage="durable"} ${upTo100}`,
    `tredye_order_stage_seconds_bucket{le="0.0002",level="disk",stage="durable"} ${upTo200}`,
    `tredye_order_stage_seconds_bucket{le="+Inf",level="disk",stage="durable"} ${all}`,
    `tredye_order_stage_seconds_sum{level="disk",stage="durable"} ${sum}`,
    `tredye_order_stage_seconds_count{level="disk",stage="durable"} ${all}`,
    'tredye_order_stage_seconds_count{level="matched",stage="sent"} 7',
    `tredye_order_seconds_sum{level="disk"} ${whole}`,
    `tredye_order_seconds_count{level="disk"} ${all}`,
    'tredye_uptime_seconds 5',
  ].join('\n');
}

t.test('what was counted between two looks has a mean and a middle, and nothing of what was before', async (t) => {
  const before = parseStages(text([100, 100, 100], 0.005, 0.01), 'disk');
  const after = parseStages(text([100, 110, 110], 0.0065, 0.0125), 'disk');
  const times = stagesBetween(before, after);
  t.same(times.get('durable'), { mean: 150, p50: 150 });
  t.equal(times.get('whole')?.mean, 250);
  t.notOk(times.has('sent'), 'the other level is not looked at');
});

t.test('a platform that counted nothing has no stages, and an unknown stage is an error', async (t) => {
  const counts = parseStages(text([1, 1, 1], 1, 1), 'disk');
  t.equal(stagesBetween(counts, counts).size, 0);
  t.equal(parseStages('', 'disk').size, 0);
  t.throws(() => parseStages('tredye_order_stage_seconds_count{level="disk",stage="thought"} 1', 'disk'), /not known/);
});
