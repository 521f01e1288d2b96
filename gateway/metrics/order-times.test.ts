import t from 'tap';
import { bucketOf } from '../../engine/metrics/buckets.js';
import { MetricWords } from '../../engine/metrics/metric-words.js';
import { ShardMetrics } from '../../engine/metrics/shard-metrics.js';
import { GATEWAY, GATEWAY_WORDS, histogramAt, STAGES } from '../../engine/metrics/words.js';
import { Dice } from '../../proof/dice.js';
import { OrderTimes } from './order-times.js';

/** The gateway's clock is so far ahead of the shard's. */
const AHEAD_US = 1_700_000_000_000_000;
const MOST_EVENTS = 64;

function made(): { shard: ShardMetrics; times: OrderTimes; words: MetricWords } {
  const memory = ShardMetrics.create();
  const words = new MetricWords(MetricWords.create(GATEWAY_WORDS));
  return { shard: new ShardMetrics(memory), times: new OrderTimes(words, [memory], AHEAD_US, MOST_EVENTS), words };
}

/** A round with the events behind `behind`; times in µs of the shard's clock. */
function round(shard: ShardMetrics, behind: number, events: number, times: readonly [number, number, number]): void {
  const [taken, matched, durable] = times;
  shard.matched(behind, events, taken / 1000, matched / 1000);
  shard.durable(1, events, 4096, 1, matched / 1000, durable / 1000);
}

function stageSum(words: MetricWords, level: number, stage: number): number {
  return words.histogram(histogramAt(GATEWAY.stages, level * STAGES.length + stage)).sum;
}

function totalOf(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}

t.test('each stage is the time between two stamps, and the whole is from read to sent', async (t) => {
  const { shard, times, words } = made();
  round(shard, 0, 3, [1000, 1040, 1500]);
  times.begin(0, true, 0, 3);
  times.answered(0, AHEAD_US + 900);
  times.answered(2, AHEAD_US + 950);
  times.message(0);
  times.end(AHEAD_US + 1530);
  t.same(
    STAGES.map((_, stage) => stageSum(words, 0, stage)),
    [100 + 50, 2 * 40, 2 * 460, 2 * 30],
  );
  const whole = words.histogram(histogramAt(GATEWAY.whole, 0));
  t.same([whole.sum, whole.counts[bucketOf(630)]], [630 + 580, 2], 'both in the bucket from 512 to 640');
  t.equal(words.histogram(histogramAt(GATEWAY.messages, 0)).sum, 30);
});

t.test('level matched has no stage on disk: its answer waited for nothing', async (t) => {
  const { shard, times, words } = made();
  shard.matched(0, 2, 2.0, 2.05);
  times.begin(0, false, 0, 2);
  times.answered(1, AHEAD_US + 1_990);
  times.message(1);
  times.end(AHEAD_US + 2_080);
  t.same(
    STAGES.map((_, stage) => stageSum(words, 1, stage)),
    [10, 50, 0, 30],
  );
  t.equal(words.histogram(histogramAt(GATEWAY.whole, 1)).sum, 90);
  t.equal(words.histogram(histogramAt(GATEWAY.messages, 1)).sum, 30);
  t.equal(totalOf(words.histogram(histogramAt(GATEWAY.stages, STAGES.length + 2)).counts), 0);
});

t.test(
  'whatever rounds, publishes and passes there are, the stages of all orders add up to the whole exactly',
  async (t) => {
    const { shard, times, words } = made();
    const dice = new Dice(9);
    let sequence = 2 ** 32 - 700;
    let orders = 0;
    // Over the wrap of the stamps, too.
    let nowUs = 2 ** 32 - 300_000;
    for (let pass = 0; pass < 200; pass++) {
      const behind = sequence;
      while (sequence - behind < MOST_EVENTS / 2 || dice.chance(0.3)) {
        const events = dice.between(1, 8);
        if (sequence + events - behind > MOST_EVENTS) break;
        const taken = nowUs + dice.below(400);
        const matched = taken + dice.below(100);
        nowUs = matched + dice.below(900);
        round(shard, sequence, events, [taken, matched, nowUs]);
        sequence += events;
      }
      // A pass may end in the middle of a round, and the next one goes on there.
      const count = dice.between(1, sequence - behind);
      for (const [from, to] of [
        [0, count],
        [count, sequence - behind],
      ] as const) {
        times.begin(0, true, behind + from, to - from);
        for (let event = 0; event < to - from; event++) {
          if (dice.chance(0.5)) continue;
          orders++;
          // Now and then it came between the round's look at its clock and its take.
          times.answered(event, AHEAD_US + nowUs - dice.below(5000));
        }
        times.end(AHEAD_US + nowUs + dice.below(300));
      }
    }
    const stages = STAGES.map((_, stage) => stageSum(words, 0, stage));
    const whole = words.histogram(histogramAt(GATEWAY.whole, 0));
    t.ok(
      stages.every((sum) => sum > 0),
      stages.join(' '),
    );
    t.equal(
      stages.reduce((all, sum) => all + sum, 0),
      whole.sum,
    );
    t.equal(totalOf(whole.counts), orders);
    for (let stage = 0; stage < STAGES.length; stage++) {
      t.equal(totalOf(words.histogram(histogramAt(GATEWAY.stages, stage)).counts), orders, `${STAGES[stage]} has all`);
    }
    t.equal(words.value(GATEWAY.untimed), 0);
  },
);

t.test('orders whose round was not seen are counted as such and are in no stage', async (t) => {
  const { shard, times, words } = made();
  round(shard, 10, 2, [100, 110, 120]);
  times.begin(0, true, 8, 4);
  for (let event = 0; event < 4; event++) times.answered(event, AHEAD_US + 90);
  times.end(AHEAD_US + 130);
  t.equal(words.value(GATEWAY.untimed), 2);
  t.equal(totalOf(words.histogram(GATEWAY.whole).counts), 2);
});
