/**
 * The page at /: watch-only. Entry file of the page's thread, which draws and listens; the socket and the decoding are
 * the worker's. `tredye` in the console says what is shown.
 */

import { batch, effect } from '@preact/signals';
import { render } from 'preact';
import { ASK, BID, LAST, TRADES, VOLUME } from '../watch/tick-layout.js';
import { FrameLoop } from './frame-loop.js';
import { drawInstruments, InstrumentTable } from './instrument-table.js';
import { instruments, isStale, listInstruments, rates, selected, venue, view } from './page-state.js';
import { drawChart, PriceChart } from './price-chart.js';
import { StatusBar } from './status-bar.js';
import { drawTape, Tape } from './tape.js';
import type { FromWorker } from './worker-messages.js';

function take(news: FromWorker): void {
  batch(() => {
    if (news.venue !== undefined) venue.value = news.venue;
    if (news.ticks !== undefined) view.take(news.ticks, Date.now(), isStale.peek());
    for (const { slot, trades } of news.past ?? []) view.fill(slot, trades);
    if (news.instruments !== undefined) listInstruments(news.instruments);
    if (news.rates !== undefined) rates.value = news.rates;
  });
}

/** Returns whether something is left to draw in the next frame. */
function draw(): boolean {
  return batch(() => {
    drawChart(view);
    const tapeWaits = drawTape(view);
    return drawInstruments(view) || tapeWaits;
  });
}

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'tredye' });
worker.onerror = ({ message }) => {
  venue.value = { word: 'refused', why: `This page failed: ${message}`, nextAttemptMs: 0, attempt: 0 };
};
const loop = new FrameLoop(worker, take, draw);
const planFrame = () => loop.plan();

function Page() {
  return (
    <div class={isStale.value ? 'page stale' : 'page'}>
      <StatusBar />
      <main>
        <InstrumentTable onChange={planFrame} />
        <PriceChart onChange={planFrame} />
        <Tape />
      </main>
    </div>
  );
}

const root = document.createElement('div');
root.id = 'root';
document.body.append(root);
render(<Page />, root);

effect(() => {
  const chosen = selected.value;
  if (chosen === null) return;
  loop.tell({ type: 'select', instrument: chosen.id, symbol: chosen.symbol });
  loop.plan();
});
loop.tell({ type: 'begin', url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}` });

/** What is shown, for the console and for tests. */
const shown = {
  venue: () => venue.peek(),
  rates: () => rates.peek(),
  /** Work of this thread for each of the last frames, µs. */
  workUs: () => [...loop.workUs],
  messages: () => loop.messages,
  frames: () => loop.frames,
  instruments: () =>
    (instruments.peek() ?? []).map(({ id, symbol, slot }) => ({
      id,
      symbol,
      last: view.field(slot, LAST),
      bid: view.field(slot, BID),
      ask: view.field(slot, ASK),
      trades: view.field(slot, TRADES) || 0,
      volume: view.field(slot, VOLUME) || 0,
    })),
};
Object.assign(globalThis, { tredye: shown });
