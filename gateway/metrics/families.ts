/**
 * Every metric that GET /metrics shows: name, help, type and how its values come out of the shared words. Any gateway's
 * thread, at a request only. docs/metrics.md lists the same, held to it by a test; a new metric is a new row here.
 *
 * Times are shown in seconds, as Prometheus wants; the words hold microseconds.
 */

import { BUCKETS, bucketEnd, LAST_BUCKET } from '../../engine/metrics/buckets.js';
import type { HistogramReading, MetricWords } from '../../engine/metrics/metric-words.js';
import {
  AUDIT,
  CLOSE_CODE_COUNT,
  COLLECTIONS,
  counterAt,
  FIRST_CLOSE_CODE,
  GATEWAY,
  histogramAt,
  LEVELS,
  MAIN,
  SHARD,
  STAGES,
  STREAMS,
  THREAD,
} from '../../engine/metrics/words.js';
import { ShardState, type ShardStatus } from '../../engine/shard/status-words.js';
import { EventKind, Reason } from '../../schemas/codes.js';
import type { OutputLags, RingDepth } from './ring-depths.js';

/** What the values are read from. */
export interface MetricsSources {
  readonly version: string;
  readonly shards: readonly MetricWords[];
  readonly audits: readonly MetricWords[];
  readonly gateways: readonly MetricWords[];
  readonly main: MetricWords;
  readonly statuses: readonly ShardStatus[];
  readonly rings: readonly RingDepth[];
  readonly outputs: readonly OutputLags[];
}

export type Labels = Readonly<Record<string, string | number>>;

export interface Sample {
  readonly value: number;
  readonly labels: Labels;
  /** Only of a histogram's parts: the family's name and _bucket, _sum or _count. */
  readonly metricName?: string;
}

export interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** Names of its labels, besides `le` of a histogram. */
  readonly labels: readonly string[];
  samples(from: MetricsSources): Sample[];
}

const MICROSECONDS = 1e6;
/** Edges that are shown of a histogram that matters less: one a power of two, else all four. */
const COARSE = 4;

interface Shown {
  /** Units of the words in one of the metric. */
  readonly scale: number;
  /** Every so many buckets an edge. */
  readonly every: number;
}

const FINE_SECONDS: Shown = { scale: MICROSECONDS, every: 1 };
const COARSE_SECONDS: Shown = { scale: MICROSECONDS, every: COARSE };
const COARSE_NUMBERS: Shown = { scale: 1, every: COARSE };

/** Samples of one histogram: what Prometheus calls _bucket, _sum and _count. */
function histogramSamples(name: string, labels: Labels, { counts, sum }: HistogramReading, shown: Shown): Sample[] {
  const samples: Sample[] = [];
  let total = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    total += counts[bucket] ?? 0;
    if (bucket < LAST_BUCKET && bucket % shown.every !== shown.every - 1) continue;
    samples.push({ value: total, labels: { ...labels, le: edge(bucket, shown.scale) }, metricName: `${name}_bucket` });
  }
  samples.push({ value: sum / shown.scale, labels, metricName: `${name}_sum` });
  samples.push({ value: total, labels, metricName: `${name}_count` });
  return samples;
}

/**
 * The inclusive upper edge as Prometheus writes it. A time in whole microseconds was cut, so it is below the next one;
 * a number of things is at most the last one in the bucket.
 */
function edge(bucket: number, scale: number): string {
  if (bucket >= LAST_BUCKET) return '+Inf';
  return String(scale === 1 ? bucketEnd(bucket) - 1 : bucketEnd(bucket) / scale);
}

function histogram(
  name: string,
  help: string,
  shown: Shown,
  labels: readonly string[],
  of: (from: MetricsSources) => readonly (readonly [Labels, HistogramReading])[],
): Family {
  return {
    name,
    type: 'histogram',
    help,
    labels,
    samples: (from) => of(from).flatMap(([values, reading]) => histogramSamples(name, values, reading, shown)),
  };
}

function counter(
  name: string,
  help: string,
  labels: readonly string[],
  of: (from: MetricsSources) => readonly (readonly [Labels, number])[],
): Family {
  return { name, type: 'counter', help, labels, samples: (from) => plain(of(from)) };
}

function gauge(
  name: string,
  help: string,
  labels: readonly string[],
  of: (from: MetricsSources) => readonly (readonly [Labels, number])[],
): Family {
  return { name, type: 'gauge', help, labels, samples: (from) => plain(of(from)) };
}

function plain(values: readonly (readonly [Labels, number])[]): Sample[] {
  return values.map(([labels, value]) => ({ labels, value }));
}

// ---- from words to values

function sum(words: readonly MetricWords[], word: number): number {
  return words.reduce((total, one) => total + one.value(word), 0);
}

function sumHistogram(words: readonly MetricWords[], word: number): HistogramReading {
  const readings = words.map((one) => one.histogram(word));
  return {
    counts: Array.from({ length: BUCKETS }, (_, at) =>
      readings.reduce((all, { counts }) => all + (counts[at] ?? 0), 0),
    ),
    sum: readings.reduce((all, reading) => all + reading.sum, 0),
  };
}

function totalOf({ counts }: HistogramReading): number {
  return counts.reduce((all, count) => all + count, 0);
}

type Threads = readonly (readonly [Labels, MetricWords])[];

function threads({ main, shards, gateways }: MetricsSources): Threads {
  return [
    [{ thread: 'main' }, main],
    ...shards.map((words, shard) => [{ thread: `shard-${shard}` }, words] as const),
    ...gateways.map((words, gateway) => [{ thread: `gateway-${gateway}` }, words] as const),
  ];
}

/** Those with an event loop that turns: a shard's thread blocks. */
function loops(from: MetricsSources): Threads {
  return threads(from).filter(([{ thread }]) => !String(thread).startsWith('shard-'));
}

function byShard(from: MetricsSources, word: number, scale = 1): (readonly [Labels, number])[] {
  return from.shards.map((words, shard) => [{ shard }, words.value(word) / scale]);
}

function byAudit({ audits }: MetricsSources, word: number, scale = 1): (readonly [Labels, number])[] {
  return audits.map((words, shard) => [{ shard }, words.value(word) / scale] as const);
}

function byGateway(from: MetricsSources, word: number): (readonly [Labels, number])[] {
  return from.gateways.map((words, gateway) => [{ gateway }, words.value(word)]);
}

function shardHistogram(from: MetricsSources, word: number): (readonly [Labels, HistogramReading])[] {
  return from.shards.map((words, shard) => [{ shard }, words.histogram(word)]);
}

/** Codes with their names, of an enum of the schemas. */
function namesOf(codes: Readonly<Record<string, string | number>>): (readonly [string, number])[] {
  return Object.entries(codes).flatMap(([name, code]) =>
    typeof code === 'number' && code !== 0 ? [[name, code]] : [],
  );
}

/** From here on a reason says why an order went, not why something was refused. */
const FIRST_REASON_OF_END = 1000;
const REFUSALS = namesOf(Reason).filter(([, reason]) => reason < FIRST_REASON_OF_END);
/** Public records are made in the gateway and stand in no journal. */
const FIRST_PUBLIC_KIND = 128;
const EVENTS = namesOf(EventKind).filter(([, kind]) => kind < FIRST_PUBLIC_KIND);

/** Gateway 0 reads every event for the venue. */
function venueEvents({ gateways }: MetricsSources, kind: number): number {
  return sum(gateways, counterAt(GATEWAY.events, kind));
}

const STATE_NAMES = Object.entries(ShardState).map(([name, state]) => [name.toLowerCase(), state] as const);

/** Read from a file of the system: no sample while no descriptor is left for it. */
function residentMemory(): (readonly [Labels, number])[] {
  try {
    return [[{}, process.memoryUsage.rss()]];
  } catch {
    return [];
  }
}

/** In the order in which they are shown. */
export const FAMILIES: readonly Family[] = [
  // ---- orders
  histogram(
    'tredye_order_stage_seconds',
    'Time of commands of sessions in each stage: sequenced (from the read frame to the taken place), matched, durable (on disk), sent. The stages of a level add up to tredye_order_seconds',
    FINE_SECONDS,
    ['level', 'stage'],
    ({ gateways }) =>
      LEVELS.flatMap((level, levelAt) =>
        STAGES.flatMap((stage, stageAt) =>
          level === 'matched' && stage === 'durable'
            ? []
            : [
                [
                  { level, stage },
                  sumHistogram(gateways, histogramAt(GATEWAY.stages, levelAt * STAGES.length + stageAt)),
                ] as const,
              ],
        ),
      ),
  ),
  histogram(
    'tredye_order_seconds',
    'Time of commands of sessions from the read frame to the sent answer, by acknowledgement level',
    FINE_SECONDS,
    ['level'],
    ({ gateways }) =>
      LEVELS.map((level, at) => [{ level }, sumHistogram(gateways, histogramAt(GATEWAY.whole, at))] as const),
  ),
  counter(
    'tredye_orders_untimed_total',
    'Answered commands that are in no stage: the times of their rounds were written over before they were looked at',
    [],
    ({ gateways }) => [[{}, sum(gateways, GATEWAY.untimed)]],
  ),
  counter('tredye_orders_total', 'New orders that were accepted', [], (from) => [
    [{}, venueEvents(from, EventKind.Accepted)],
  ]),
  counter('tredye_trades_total', 'Trades: pairs of fills', [], (from) => [
    [{}, Math.floor(venueEvents(from, EventKind.Fill) / 2)],
  ]),
  counter('tredye_rejects_total', 'Commands that the engine refused, by reason', ['reason'], ({ gateways }) =>
    REFUSALS.map(([reason, code]) => [{ reason }, sum(gateways, counterAt(GATEWAY.rejects, code))]),
  ),
  counter('tredye_refused_frames_total', 'Frames that a gateway did not take, by reason', ['reason'], ({ gateways }) =>
    REFUSALS.map(([reason, code]) => [{ reason }, sum(gateways, counterAt(GATEWAY.refused, code))]),
  ),
  counter('tredye_events_total', 'Durable events since the start, by kind', ['kind'], (from) =>
    EVENTS.map(([kind, code]) => [{ kind }, venueEvents(from, code)]),
  ),
  counter('tredye_repeated_answers_total', 'Events that only repeat the answer to a repeated command', [], (from) => [
    [{}, sum(from.gateways, GATEWAY.repeated)],
  ]),
  // ---- messages
  histogram(
    'tredye_message_seconds',
    'Time of a WebSocket message from when what it says was durable (private_matched: matched) to when it was sent, by stream; of framed public data and replays none',
    FINE_SECONDS,
    ['stream'],
    ({ gateways }) =>
      STREAMS.map((stream, at) => [{ stream }, sumHistogram(gateways, histogramAt(GATEWAY.messages, at))] as const),
  ),
  histogram(
    'tredye_round_trip_seconds',
    "From a heartbeat sent to the client's answer to it, less the time that the client held it",
    COARSE_SECONDS,
    [],
    ({ gateways }) => [[{}, sumHistogram(gateways, GATEWAY.roundTrip)]],
  ),
  histogram(
    'tredye_page_message_seconds',
    'Latency of messages as sampled by pages in browsers',
    COARSE_SECONDS,
    [],
    ({ gateways }) => [[{}, sumHistogram(gateways, GATEWAY.pageMessages)]],
  ),
  histogram(
    'tredye_page_frame_seconds',
    'Time of drawn frames as sampled by pages in browsers',
    COARSE_SECONDS,
    [],
    ({ gateways }) => [[{}, sumHistogram(gateways, GATEWAY.pageFrame)]],
  ),
  counter('tredye_page_frames_total', 'Frames that pages have drawn, as they say', [], ({ gateways }) => [
    [{}, sum(gateways, GATEWAY.pageFrames)],
  ]),
  counter('tredye_page_long_frames_total', 'Frames that took pages too long, as they say', [], ({ gateways }) => [
    [{}, sum(gateways, GATEWAY.pageLongFrames)],
  ]),
  // ---- gateways
  gauge('tredye_connections', 'Connections now', ['gateway'], (from) => byGateway(from, GATEWAY.connections)),
  gauge('tredye_sessions', 'Sessions that are logged on now', ['gateway'], (from) => byGateway(from, GATEWAY.sessions)),
  counter('tredye_connections_opened_total', 'Connections since the start', ['gateway'], (from) =>
    byGateway(from, GATEWAY.opened),
  ),
  counter(
    'tredye_connections_closed_total',
    'Connections that the gateway closed, by close code; a code that never was is left out',
    ['code'],
    ({ gateways }) =>
      Array.from({ length: CLOSE_CODE_COUNT }, (_, at) => at).flatMap((at) => {
        const closed = sum(gateways, counterAt(GATEWAY.closed, at));
        return closed === 0 ? [] : [[{ code: FIRST_CLOSE_CODE + at }, closed] as const];
      }),
  ),
  counter('tredye_logons_total', 'Sessions that logged on', ['gateway'], (from) => byGateway(from, GATEWAY.logons)),
  counter('tredye_commands_in_total', 'Commands that were taken from sessions', ['gateway'], (from) =>
    byGateway(from, GATEWAY.commands),
  ),
  counter('tredye_frames_in_total', 'Messages from clients', ['gateway'], (from) => byGateway(from, GATEWAY.framesIn)),
  counter('tredye_frames_out_total', 'Messages to clients', ['gateway'], (from) => byGateway(from, GATEWAY.framesOut)),
  counter('tredye_bytes_in_total', 'Bytes of messages from clients', ['gateway'], (from) =>
    byGateway(from, GATEWAY.bytesIn),
  ),
  counter('tredye_bytes_out_total', 'Bytes of messages to clients', ['gateway'], (from) =>
    byGateway(from, GATEWAY.bytesOut),
  ),
  // ---- rings
  gauge(
    'tredye_command_ring_depth',
    'Commands in a command ring that are not durable yet; producer 0 is the supervisor, others are gateway number and one',
    ['producer', 'shard'],
    ({ rings }) => rings.map((ring) => [{ producer: ring.producer, shard: ring.shard }, ring.depth()]),
  ),
  gauge(
    'tredye_output_ring_lag',
    'Durable events that a live reader of the output ring has not read; reader 0 is the supervisor',
    ['shard', 'reader'],
    ({ outputs }) =>
      outputs.flatMap((output) =>
        output.lags().map(([reader, lag]) => [{ shard: output.shard, reader }, lag] as const),
      ),
  ),
  counter(
    'tredye_rounds_blocked_total',
    'Rounds that left commands waiting because readers held the output ring',
    ['shard'],
    (from) => byShard(from, SHARD.blocked),
  ),
  counter(
    'tredye_readers_dropped_total',
    'Readers that a shard dropped because they lagged',
    ['shard'],
    ({ statuses }) => statuses.map((status, shard) => [{ shard }, status.droppedReaders]),
  ),
  // ---- shards
  gauge('tredye_shard_state', 'What a shard does now: 1 at its state', ['shard', 'state'], ({ statuses }) =>
    statuses.flatMap((status, shard) => {
      const now = status.state;
      return STATE_NAMES.map(([state, code]) => [{ shard, state }, code === now ? 1 : 0] as const);
    }),
  ),
  counter('tredye_rounds_total', 'Rounds that applied at least one command', ['shard'], (from) =>
    from.shards.map((words, shard) => [{ shard }, totalOf(words.histogram(SHARD.roundSize))] as const),
  ),
  counter(
    'tredye_commands_total',
    'Commands that were applied, those of the platform itself included',
    ['shard'],
    (from) => from.shards.map((words, shard) => [{ shard }, words.histogram(SHARD.roundSize).sum] as const),
  ),
  counter('tredye_shard_events_total', 'Events that were made', ['shard'], (from) => byShard(from, SHARD.events)),
  histogram('tredye_round_commands', 'Commands of a round', COARSE_NUMBERS, ['shard'], (from) =>
    shardHistogram(from, SHARD.roundSize),
  ),
  histogram(
    'tredye_sync_seconds',
    'Time of the one write a round, on disk when it returns',
    FINE_SECONDS,
    ['shard'],
    (from) => shardHistogram(from, SHARD.sync),
  ),
  histogram(
    'tredye_add_up_seconds',
    'Time to add up all purses of each asset, once a second; a sum that is wrong ends the shard',
    FINE_SECONDS,
    ['shard'],
    (from) => shardHistogram(from, SHARD.addUp),
  ),
  counter('tredye_journal_bytes_total', 'Bytes of groups written to the journal', ['shard'], (from) =>
    byShard(from, SHARD.journalBytes),
  ),
  gauge(
    'tredye_journal_segment',
    'Number of the journal segment that was written last; 0 before the first group',
    ['shard'],
    (from) => byShard(from, SHARD.segment),
  ),
  gauge('tredye_epoch', 'Epoch of the shard: its starts so far', ['shard'], (from) => byShard(from, SHARD.epoch)),
  gauge('tredye_recovery_seconds', 'Time that the last start took to read the journal', ['shard'], (from) =>
    byShard(from, SHARD.recoveryUs, MICROSECONDS),
  ),
  gauge('tredye_recovery_commands', 'Commands that the last start replayed', ['shard'], (from) =>
    byShard(from, SHARD.recoveryCommands),
  ),
  // ---- auditor
  gauge('tredye_audit_lag_events', 'Durable events that the auditor has not compared yet', ['shard'], (from) =>
    byAudit(from, AUDIT.lag),
  ),
  counter('tredye_audit_groups_total', 'Groups of the journal that the auditor has compared', ['shard'], (from) =>
    byAudit(from, AUDIT.groups),
  ),
  counter('tredye_snapshots_total', 'Snapshots that were written', ['shard'], (from) => byAudit(from, AUDIT.snapshots)),
  gauge('tredye_snapshot_seconds', 'Time that writing the last snapshot took', ['shard'], (from) =>
    byAudit(from, AUDIT.snapshotUs, MICROSECONDS),
  ),
  gauge('tredye_snapshot_bytes', 'Size of the last snapshot', ['shard'], (from) => byAudit(from, AUDIT.snapshotBytes)),
  gauge('tredye_snapshot_command', 'Number of the last command in the last snapshot', ['shard'], (from) =>
    byAudit(from, AUDIT.snapshotCommand),
  ),
  gauge('tredye_snapshot_timestamp_seconds', 'When the last snapshot was written; 0: none yet', ['shard'], (from) =>
    byAudit(from, AUDIT.snapshotTime),
  ),
  counter(
    'tredye_journal_retired_segments_total',
    'Segments of the journal that nobody needed any more',
    ['shard'],
    (from) => byAudit(from, AUDIT.retired),
  ),
  gauge(
    'tredye_journal_first_segment',
    'Number of the first journal segment that is kept; 0: not looked yet, or no auditor',
    ['shard'],
    (from) => byAudit(from, AUDIT.firstSegment),
  ),
  gauge(
    'tredye_archive_segment',
    'Number of the last journal segment that this start copied to the archive',
    ['shard'],
    (from) => byAudit(from, AUDIT.archivedSegment),
  ),
  gauge('tredye_archive_timestamp_seconds', 'When that was; 0: not yet, or no archive', ['shard'], (from) =>
    byAudit(from, AUDIT.archivedTime),
  ),
  // ---- threads and process
  histogram(
    'tredye_event_loop_delay_seconds',
    'The longest time in each second by which a timer came late; a shard has no event loop that turns',
    COARSE_SECONDS,
    ['thread'],
    (from) => loops(from).map(([labels, words]) => [labels, words.histogram(THREAD.loopDelay)] as const),
  ),
  histogram('tredye_gc_pause_seconds', 'Pauses for garbage collection', COARSE_SECONDS, ['thread'], (from) =>
    threads(from).map(([labels, words]) => [labels, words.histogram(THREAD.gcPause)] as const),
  ),
  counter('tredye_gc_total', 'Garbage collections, by kind', ['thread', 'kind'], (from) =>
    threads(from).flatMap(([labels, words]) =>
      COLLECTIONS.map((kind, at) => [{ ...labels, kind }, words.value(counterAt(THREAD.gcCount, at))] as const),
    ),
  ),
  gauge(
    'tredye_heap_used_bytes',
    'Used bytes of the JavaScript heap, as seen within the last second',
    ['thread'],
    (from) => threads(from).map(([labels, words]) => [labels, words.value(THREAD.heapUsed)] as const),
  ),
  gauge('tredye_resident_memory_bytes', 'Resident memory of the process', [], residentMemory),
  gauge(
    'tredye_open_files',
    'File descriptors of the process, connections among them, as of the last look',
    [],
    (from) => [[{}, from.main.value(MAIN.openFiles)]],
  ),
  counter(
    'tredye_port_closed_total',
    'Times that the port was closed to new connections because too many were open',
    [],
    (from) => [[{}, from.main.value(MAIN.portClosed)]],
  ),
  gauge('tredye_disk_free_bytes', 'Free room under the data directory, as of the last look', [], (from) => [
    [{}, from.main.value(MAIN.diskFree)],
  ]),
  gauge('tredye_disk_reserve_bytes', 'Room that is to be kept free: with less only cancels are taken', [], (from) => [
    [{}, from.main.value(MAIN.diskReserve)],
  ]),
  gauge('tredye_cancel_only', '1 while the venue takes only what takes away from a book', [], (from) => [
    [{}, from.main.value(MAIN.cancelOnly)],
  ]),
  counter(
    'tredye_shard_comebacks_total',
    'Threads that shards got in place of one whose engine threw at a command: each is a bug of ours',
    [],
    (from) => [[{}, from.main.value(MAIN.shardComebacks)]],
  ),
  counter(
    'tredye_commands_put_aside_total',
    'Commands at which the engine threw twice, refused and put aside on disk',
    [],
    (from) => [[{}, from.main.value(MAIN.commandsAside)]],
  ),
  counter('tredye_platform_restarts_total', 'Times that the parent has started the platform again', [], (from) => [
    [{}, from.main.value(MAIN.restarts)],
  ]),
  counter('tredye_gateways_replaced_total', 'Threads that took the place of a gateway that threw', [], (from) => [
    [{}, from.main.value(MAIN.gatewaysReplaced)],
  ]),
  counter('tredye_cpu_seconds_total', 'Processor time of the process', ['mode'], () => {
    const { user, system } = process.cpuUsage();
    return [
      [{ mode: 'user' }, user / MICROSECONDS],
      [{ mode: 'system' }, system / MICROSECONDS],
    ];
  }),
  gauge('tredye_uptime_seconds', 'Time since the process began', [], () => [[{}, process.uptime()]]),
  gauge('tredye_build_info', 'Always 1; its labels say what runs', ['version', 'node'], ({ version }) => [
    [{ version, node: process.version }, 1],
  ]),
];
