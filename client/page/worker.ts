/**
 * The page's worker: the socket, the decoding and the tick buffer. Entry file, a dedicated worker of the page's thread,
 * which gets at most one message a frame from here and answers each with `drawn`.
 */

import type { InstrumentFields } from '../../schemas/control.js';
import { TredyeWatcher } from '../browser.js';
import { COLUMN_MS, HISTORY_COLUMNS } from '../watch/market-view.js';
import { MessageLatency } from '../watch/message-latency.js';
import { PageSamples } from '../watch/page-samples.js';
import { type PastTrade, TickBuffer } from '../watch/tick-buffer.js';
import { VenueLink } from '../watch/venue-link.js';
import {
  FRAME_MS,
  type FromWorker,
  type ListedInstrument,
  type Past,
  type Rates,
  type ToWorker,
} from './worker-messages.js';

/** The venue is heard at least so often, so that silence shows. */
const HEARTBEAT_SECONDS = 2;
const SECOND_MS = 1_000;
/** Phases change and instruments are added while nobody trades. */
const INSTRUMENTS_EVERY_MS = 15_000;
/** What a screen at 60 Hz leaves for one frame. */
const LONG_FRAME_US = 16_667;
/** As many as the venue gives: a tape, and a chart of a few minutes. */
const PAST_TRADES = 1_000;

const ticks = new TickBuffer();
const link = new VenueLink();
const latency = new MessageLatency();
const samples = new PageSamples(Math.random, LONG_FRAME_US);

let client: TredyeWatcher | null = null;
/** The one buffer; null while the page has it. */
let buffer: ArrayBuffer | null = new ArrayBuffer(0);
let pageIsDrawing = false;
let listed: readonly ListedInstrument[] | null = null;
let rates: Rates | null = null;
let lastColumn = Math.floor(Date.now() / COLUMN_MS);
let recordsBefore = 0;
let missed = 0;
let asking = false;
let askedMs = 0;
let isListed = false;
/** By id, as the page was told. */
const phases = new Map<number, number>();
/** What is looked at. */
let chosen: { readonly instrument: number; readonly symbol: string } | null = null;
/** Those whose trades were asked for since the logon. */
const filled = new Set<number>();
let past: readonly Past[] = [];
let timer = setInterval(tick, FRAME_MS);

function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

function begin(url: string): void {
  client = TredyeWatcher.watch(url, { heartbeatSeconds: HEARTBEAT_SECONDS });
  client.onStateChange((state, why) => {
    link.stateChanged(state, why, nowMs());
    if (state !== 'ready') return;
    latency.restart();
    filled.clear();
    // Behind the subscription, which is sent when this returns.
    queueMicrotask(askInstruments);
  });
  client.onRetry((waitMs, attempt) => link.retryPlanned(waitMs, attempt, nowMs()));
  client.onStatus((status) => link.statusSaid(status));
  client.onHeartbeat((timeUs) => {
    const now = nowMs();
    link.heard(now);
    latency.heartbeat(timeUs, now * 1000);
  });
  client.onPublicFrame((sentUs) => {
    const now = nowMs();
    link.heard(now);
    samples.latency(latency.of(sentUs, now * 1000));
  });
  client.onPublicWords((words, at) => ticks.take(words, at));
  client.onPublicGap(() => missed++);
  // It finds no session yet: it is kept, and sent with each logon.
  client.subscribe(['trades', 'top'], { frames: true }).catch(() => undefined);
}

function askInstruments(): void {
  if (client === null || asking || client.state !== 'ready') return;
  asking = true;
  askedMs = nowMs();
  client
    .instruments()
    .then(list)
    .then(fill)
    // The connection went; the next logon asks again.
    .catch(() => undefined)
    .finally(() => {
      asking = false;
    });
}

/** Tells what is new or changed; the first time also that there is none. */
function list(instruments: readonly InstrumentFields[]): void {
  const news: ListedInstrument[] = [];
  for (const { id, symbol, priceDecimals, quantityDecimals, phase } of instruments) {
    // The rest of an instrument never changes.
    if (phases.get(id) === phase) continue;
    phases.set(id, phase);
    news.push({ id, slot: ticks.slotOf(id), symbol, priceDecimals, quantityDecimals, phase });
  }
  if (news.length > 0 || !isListed) listed = [...(listed ?? []), ...news];
  isListed = true;
}

/**
 * Asks what was traded before the stream began or while there was none. Called when the subscription stands: an answer to
 * a request behind it has come.
 */
async function fill(): Promise<void> {
  if (chosen === null || filled.has(chosen.instrument)) return;
  const { instrument, symbol } = chosen;
  filled.add(instrument);
  try {
    const answer = await fetch(`/v1/trades/${encodeURIComponent(symbol)}?limit=${PAST_TRADES}`);
    const { trades }: { trades: readonly PastTrade[] } = await answer.json();
    ticks.fill(instrument, trades);
    past = [...past, { slot: ticks.slotOf(instrument), trades }];
  } catch {
    // The venue is gone, or did not answer with trades: the next choice or logon asks again.
    filled.delete(instrument);
  }
}

/** Each frame: what is new, in one message, when the page has drawn the one before. */
function tick(): void {
  const now = nowMs();
  const sinceAskedMs = now - askedMs;
  // A record of an instrument that is not listed yet: it was added since.
  if (sinceAskedMs > INSTRUMENTS_EVERY_MS || (ticks.slotCount > phases.size && sinceAskedMs > SECOND_MS))
    askInstruments();
  if (pageIsDrawing || buffer === null) return;
  const column = Math.floor(now / COLUMN_MS);
  const message = ticks.write(buffer, Math.min(column - lastColumn, HISTORY_COLUMNS));
  const venue = link.news(now);
  if (message === null && venue === null && listed === null && rates === null && past.length === 0) return;
  if (message !== null) {
    buffer = null;
    lastColumn = column;
  }
  const news: FromWorker = {
    ...(message === null ? {} : { ticks: message }),
    ...(venue === null ? {} : { venue }),
    ...(listed === null ? {} : { instruments: listed }),
    ...(rates === null ? {} : { rates }),
    ...(past.length === 0 ? {} : { past }),
  };
  listed = null;
  rates = null;
  past = [];
  pageIsDrawing = true;
  self.postMessage(news, { transfer: message === null ? [] : [message] });
}

function second(): void {
  const { sample, latencyUs, frameUs } = samples.takeSecond();
  rates = { latencyUs, frameUs, records: ticks.records - recordsBefore, missed };
  recordsBefore = ticks.records;
  if (sample.latencyUs.length > 0 || sample.frames > 0) client?.sendPageSample(sample);
}

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  switch (data.type) {
    case 'begin':
      begin(data.url);
      return;
    case 'drawn':
      pageIsDrawing = false;
      if (data.ticks !== null) buffer = data.ticks;
      if (!Number.isNaN(data.workUs)) samples.frame(data.workUs);
      return;
    case 'select':
      chosen = data;
      ticks.selectTape(data.instrument);
      void fill();
      return;
    case 'pace':
      clearInterval(timer);
      timer = setInterval(tick, data.everyMs);
      return;
  }
};

setInterval(second, SECOND_MS);
