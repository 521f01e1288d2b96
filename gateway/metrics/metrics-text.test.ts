import { readFileSync } from 'node:fs';
import t from 'tap';
import { CLOSE_CODES } from '../../schemas/close-codes.js';
import { AckLevel, CommandKind, Phase, Side } from '../../schemas/codes.js';
import { encodeControl } from '../../schemas/control.js';
import { commandFrame, MadeVenue, madeCommand } from '../made-venue.js';
import { TRADES_BIT } from '../market-data/market-data.js';
import type { Session } from '../sessions/session.js';
import { FAMILIES } from './families.js';
import { MetricsText } from './metrics-text.js';
import { type ReadFamily, readPrometheusText } from './prometheus-text.js';

type Tap = { testdir(): string; teardown(work: () => void): void };

function startVenue(t: Tap, metrics = true): MadeVenue {
  const venue = new MadeVenue(t.testdir(), { metrics });
  t.teardown(() => venue.end());
  return venue;
}

async function scrape(venue: MadeVenue): Promise<Map<string, ReadFamily>> {
  venue.gateway.tick();
  return readPrometheusText(await new MetricsText({ metrics: venue.metrics, outputs: venue.outputs }).text());
}

/** All samples in one map. */
function valuesOf(families: Map<string, ReadFamily>): Map<string, number> {
  return new Map([...families.values()].flatMap(({ samples }) => [...samples]));
}

/** `waitMs` pass before the shard looks. */
function say(venue: MadeVenue, session: Session, bytes: Uint8Array, waitMs = 0): void {
  venue.gateway.message(session, bytes, true);
  venue.clock.ms += waitMs;
  venue.pump();
}

/** An instrument that trades, and two members: one at level disk, one at level matched. */
function openMarket(venue: MadeVenue) {
  const key = venue.addKey(venue.addAccount());
  const otherKey = venue.addKey(venue.addAccount());
  const instrument = venue.addInstrument();
  const disk = venue.logOn(key);
  const matched = venue.logOn(otherKey, { ackLevel: AckLevel.Matched });
  const phase = madeCommand(CommandKind.SetPhase, 1, 1, { instrument, type: Phase.Continuous });
  say(venue, disk.session, commandFrame(1, phase));
  return { disk, matched, instrument };
}

t.test('a played script is counted exactly', async (t) => {
  const venue = startVenue(t);
  const { disk, matched, instrument } = openMarket(venue);
  const price = 10;
  // Two in one frame, the second of which is refused by the engine; 7 ms pass before the shard takes them.
  const rests = madeCommand(CommandKind.New, 1, 2, { instrument, price, quantity: 5 });
  const outOfRange = madeCommand(CommandKind.New, 1, 3, { instrument, price: -1, quantity: 5 });
  say(venue, disk.session, commandFrame(2, rests, outOfRange), 7);
  const side = Side.Sell;
  const takes = madeCommand(CommandKind.New, 1, 1, { instrument, price, quantity: 2, side });
  say(venue, matched.session, commandFrame(1, takes), 3);
  const subscribe = { type: 'Subscribe', request: 1, channels: TRADES_BIT, mode: 0, instruments: [] } as const;
  say(venue, matched.session, encodeControl(subscribe));
  const again = madeCommand(CommandKind.New, 1, 2, { instrument, price, quantity: 3, side });
  say(venue, matched.session, commandFrame(2, again), 1);
  // The answer to a repeated command is none of the venue's events.
  say(venue, matched.session, commandFrame(3, again), 1);
  // Not taken by the gateway: another lane's id.
  say(venue, disk.session, commandFrame(3, madeCommand(CommandKind.Cancel, 2, 4, { instrument, target: 1 })));
  const values = valuesOf(await scrape(venue));
  const expected: [string, number][] = [
    ['tredye_orders_total', 3],
    ['tredye_trades_total', 2],
    ['tredye_rejects_total{reason="PriceOutOfRange"}', 1],
    ['tredye_rejects_total{reason="UnknownOrder"}', 0],
    ['tredye_refused_frames_total{reason="WrongLane"}', 1],
    ['tredye_events_total{kind="Accepted"}', 3],
    ['tredye_events_total{kind="Rejected"}', 1],
    ['tredye_events_total{kind="Fill"}', 4],
    ['tredye_events_total{kind="Booked"}', 1],
    ['tredye_events_total{kind="SessionOpened"}', 2],
    ['tredye_repeated_answers_total', 1],
    ['tredye_commands_in_total{gateway="0"}', 6],
    ['tredye_frames_in_total{gateway="0"}', 9],
    ['tredye_logons_total{gateway="0"}', 2],
    ['tredye_connections{gateway="0"}', 2],
    ['tredye_sessions{gateway="0"}', 2],
    ['tredye_order_seconds_count{level="disk"}', 3],
    ['tredye_order_seconds_sum{level="disk"}', 0.014],
    ['tredye_order_stage_seconds_sum{level="disk",stage="sequenced"}', 0.014],
    ['tredye_order_stage_seconds_count{level="disk",stage="durable"}', 3],
    ['tredye_order_seconds_count{level="matched"}', 3],
    ['tredye_order_seconds_sum{level="matched"}', 0.005],
    ['tredye_order_seconds_bucket{level="matched",le="0.001024"}', 2],
    ['tredye_order_seconds_bucket{level="matched",le="0.00256"}', 2],
    ['tredye_order_seconds_bucket{level="matched",le="0.003072"}', 3],
    ['tredye_orders_untimed_total', 0],
    ['tredye_message_seconds_count{stream="public"}', 1],
    ['tredye_command_ring_depth{producer="1",shard="0"}', 0],
    ['tredye_journal_segment{shard="0"}', 1],
  ];
  for (const [sample, value] of expected) t.equal(values.get(sample), value, sample);
  const { commands, rounds } = await counted(venue);
  t.equal(values.get('tredye_round_commands_sum{shard="0"}'), commands);
  t.equal(values.get('tredye_sync_seconds_count{shard="0"}'), rounds);
  t.equal(commands, venue.shards[0]?.engine.commandSequence);
});

async function counted(venue: MadeVenue): Promise<{ commands: number; rounds: number }> {
  const values = valuesOf(await scrape(venue));
  const of = (name: string): number => values.get(`${name}{shard="0"}`) ?? -1;
  return { commands: of('tredye_commands_total'), rounds: of('tredye_rounds_total') };
}

t.test('connections, closes and what clients measure are counted, nonsense and too much of it are not', async (t) => {
  const venue = startVenue(t);
  const { disk, matched } = openMarket(venue);
  const beat = { type: 'Heartbeat', timeUs: 1, marks: [] } as const;
  const sentUs = venue.clock.nowUs();
  venue.clock.ms += 9;
  say(venue, disk.session, encodeControl({ ...beat, echoUs: sentUs, heldUs: 4000 }));
  say(venue, disk.session, encodeControl({ ...beat, echoUs: sentUs + 1e9, heldUs: 0 }));
  say(venue, disk.session, encodeControl({ ...beat, echoUs: 0, heldUs: 0 }));
  const sample = { type: 'PageSample', latencyUs: [3, 500], frameUs: [7000], longFrames: 1, frames: 60 } as const;
  say(venue, disk.session, encodeControl(sample));
  say(venue, disk.session, encodeControl(sample), 1001);
  say(venue, disk.session, encodeControl(sample));
  venue.gateway.message(matched.session, new Uint8Array(3), true);
  const values = valuesOf(await scrape(venue));
  t.equal(values.get('tredye_round_trip_seconds_count'), 1);
  t.equal(values.get('tredye_round_trip_seconds_sum'), 0.005);
  t.equal(values.get('tredye_page_message_seconds_count'), 4, 'one sample a second');
  t.equal(values.get('tredye_page_frame_seconds_sum'), 0.014);
  t.equal(values.get('tredye_page_frames_total'), 120);
  t.equal(values.get('tredye_page_long_frames_total'), 2);
  t.equal(values.get('tredye_connections{gateway="0"}'), 1);
  t.equal(values.get('tredye_sessions{gateway="0"}'), 1);
  t.equal(values.get('tredye_connections_opened_total{gateway="0"}'), 2);
  t.equal(values.get(`tredye_connections_closed_total{code="${CLOSE_CODES.BAD_FRAME}"}`), 1);
  t.equal(values.get('tredye_refused_frames_total{reason="BadFrame"}'), 1);
});

t.test('every family is there with help and type', async (t) => {
  const on = await scrape(startVenue(t));
  t.same(
    [...on.keys()],
    FAMILIES.map(({ name }) => name),
  );
  for (const { name, help, type } of FAMILIES) {
    t.same([on.get(name)?.help, on.get(name)?.type], [help, type], name);
    t.match(name, /^tredye_[a-z_]+$/);
  }
});

t.test('switched off, nothing is counted, and the venue works', async (t) => {
  const venue = startVenue(t, false);
  const { disk } = openMarket(venue);
  t.ok(disk.socket.reports().length > 0);
  const values = valuesOf(await scrape(venue));
  for (const sample of [
    'tredye_frames_in_total{gateway="0"}',
    'tredye_rounds_total{shard="0"}',
    'tredye_logons_total{gateway="0"}',
  ]) {
    t.equal(values.get(sample), 0, sample);
  }
  t.equal(values.get('tredye_order_seconds_count{level="disk"}'), 0);
});

t.test('docs/metrics.md has a row for each metric as it is', async (t) => {
  const text = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| `'));
  const wanted = FAMILIES.map(
    ({ name, type, labels, help }) => `| \`${name}\` | ${type} | ${labels.join(', ') || '-'} | ${help} |`,
  );
  t.same(rows, wanted);
});

t.test('the reader of the text refuses what is not in the format', async (t) => {
  const family = '# HELP a what\n# TYPE a histogram\n';
  const broken = [
    'a 1\n',
    '# HELP a what\n# TYPE a gauge\na{b="c} 1\n',
    '# HELP a what\n# TYPE a gauge\na one\n',
    '# TYPE a gauge\na 1\n',
    `${family}a_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n`,
    `${family}a_bucket{le="1"} 1\na_sum 1\na_count 1\n`,
    `${family}a_bucket{le="+Inf"} 1\na_sum 1\na_count 2\n`,
  ];
  for (const text of broken) t.throws(() => readPrometheusText(text), text);
  const right = `${family}a_bucket{le="1"} 1\na_bucket{le="+Inf"} 2\na_sum 3.5\na_count 2\n`;
  t.equal(readPrometheusText(right).get('a')?.samples.get('a_sum'), 3.5);
});
