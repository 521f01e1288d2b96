/** What a page says of its venue and of itself: latency by two clocks, samples, the state in a word, numbers as text. */

import t from 'tap';
import { seededRandom } from '../../proof/seeded-random.js';
import { StatusCode } from '../../schemas/codes.js';
import { MessageLatency } from './message-latency.js';
import { clockText, countText, decimalText, durationText, exactClockText } from './number-text.js';
import { PageSamples } from './page-samples.js';
import { VenueLink } from './venue-link.js';

const FAST_BY_US = 7_000_000;

t.test('latency is what a message takes above the fastest, however far the clocks are apart', async (t) => {
  const latency = new MessageLatency();
  t.ok(Number.isNaN(latency.of(0, 100)), 'unknown before the first heartbeat');
  latency.heartbeat(1_000, 1_000 + FAST_BY_US + 300);
  t.equal(latency.of(2_000, 2_000 + FAST_BY_US + 800), 500);
  t.equal(latency.of(3_000, 3_000 + FAST_BY_US + 100), 0, 'faster than the heartbeat: the clocks are less far apart');
  t.equal(latency.of(4_000, 4_000 + FAST_BY_US + 800), 700);
  // Two minutes on, the clocks have drifted by a millisecond: what was fastest then no longer counts.
  for (const minute of [1, 2, 3]) {
    const sentUs = minute * 61_000_000;
    latency.heartbeat(sentUs, sentUs + FAST_BY_US + 1_100);
  }
  t.equal(latency.of(190_000_000, 190_000_000 + FAST_BY_US + 1_300), 200);
  latency.restart();
  t.ok(Number.isNaN(latency.of(0, 100)), 'another gateway has another clock');
});

t.test('of many numbers a second 64 are kept, all of few, and long frames are counted', async (t) => {
  const samples = new PageSamples(seededRandom(1), 16_667);
  samples.latency(250.4);
  samples.latency(Number.NaN);
  for (const us of [1_000, 3_000, 20_000]) samples.frame(us);
  t.same(samples.takeSecond(), {
    sample: { latencyUs: [250], frameUs: [1_000, 3_000, 20_000], longFrames: 1, frames: 3 },
    latencyUs: 250,
    frameUs: 3_000,
  });
  for (let us = 1; us <= 1_000; us++) samples.latency(us);
  const { sample } = samples.takeSecond();
  t.equal(sample.latencyUs.length, 64);
  const late = sample.latencyUs.filter((us) => us > 500).length;
  t.ok(late > 16 && late < 48, `${late} of the later half`);
  t.same(samples.takeSecond().sample, { latencyUs: [], frameUs: [], longFrames: 0, frames: 0 });
});

t.test('the venue is live while it is heard, stale after three seconds, and lost with a next attempt', async (t) => {
  const link = new VenueLink();
  const quiet = { why: '', nextAttemptMs: 0, attempt: 0 };
  t.same(link.news(0), { word: 'connecting', ...quiet });
  t.equal(link.news(1), null, 'told once');
  link.stateChanged('ready', '', 1_000);
  t.same(link.news(4_000), { word: 'live', ...quiet });
  t.same(link.news(4_001), { word: 'stale', ...quiet });
  link.heard(5_000);
  t.same(link.news(8_000), { word: 'live', ...quiet });
  link.stateChanged('reconnecting', 'closed', 9_000);
  link.retryPlanned(700, 3, 9_000);
  t.same(link.news(9_100), { word: 'reconnecting', why: 'closed', nextAttemptMs: 9_700, attempt: 3 });
  t.same(link.news(9_700), { word: 'reconnecting', why: 'closed', nextAttemptMs: 0, attempt: 3 }, 'under way');
  link.stateChanged('closed', 'no', 9_900);
  t.match(link.news(9_900), { word: 'refused', why: 'no', nextAttemptMs: 0 });
});

t.test('a venue that takes only cancels is live, and says why', async (t) => {
  const link = new VenueLink();
  link.stateChanged('ready', '', 1_000);
  link.statusSaid({ code: StatusCode.CancelOnly, text: 'the disk is nearly full' });
  t.match(link.news(1_001), { word: 'limited', why: 'the disk is nearly full' });
  t.match(link.news(9_000), { word: 'stale', why: '' });
  link.heard(9_000);
  t.match(link.news(9_001), { word: 'limited' });
  link.statusSaid({ code: StatusCode.Normal, text: 'everything is taken' });
  t.match(link.news(9_002), { word: 'live', why: '' });
  link.statusSaid({ code: StatusCode.CancelOnly, text: 'again' });
  t.match(link.news(9_002), { word: 'limited', why: 'again' });
  link.stateChanged('ready', '', 9_003);
  t.match(link.news(9_004), { word: 'live' }, 'another connection begins without it');
});

t.test('numbers read as people write them', async (t) => {
  t.same(
    [
      decimalText(183_450, 2),
      decimalText(5, 2),
      decimalText(-5, 3),
      decimalText(-70, 0),
      decimalText(0, 1),
      decimalText(Number.NaN, 2),
    ],
    ['1834.50', '0.05', '−0.005', '−70', '0.0', '–'],
  );
  t.same([countText(7), countText(1_000), countText(12_345_678.4)], ['7', '1,000', '12,345,678']);
  t.same(
    [durationText(420), durationText(12_340), durationText(123_456), durationText(Number.NaN)],
    ['0.42 ms', '12.3 ms', '123 ms', '–'],
  );
  const ms = new Date(2026, 1, 3, 4, 5, 6, 7).getTime();
  t.same([clockText(ms), exactClockText(ms)], ['04:05:06', '04:05:06.007']);
});
