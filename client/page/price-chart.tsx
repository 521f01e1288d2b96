/** The price of the instrument that is looked at over the last minutes: last as steps, bid and ask as a band. The page's thread. */

import { type Signal, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { NO_PRICE } from '../../schemas/layout.js';
import { HISTORY_COLUMNS, type MarketView } from '../watch/market-view.js';
import { clockText, countText, decimalText } from '../watch/number-text.js';
import {
  ASK,
  ASK_QUANTITY,
  AUCTION_PRICE,
  AUCTION_VOLUME,
  BID,
  BID_QUANTITY,
  IMBALANCE,
  LAST,
  TRADES,
  VOLUME,
} from '../watch/tick-layout.js';
import { type Colors, colors } from './colors.js';
import { selected } from './page-state.js';
import type { ListedInstrument } from './worker-messages.js';

/** The time axis is never shorter, so that the first seconds do not look like a crash or a boom. */
const LEAST_SECONDS = 60;
const LAST_PLACE = 0;
const BID_PLACE = 1;
const ASK_PLACE = 2;
const PHASES = [
  'Closed',
  'Pre-open',
  'Auction',
  'Continuous',
  'Halted',
  'Cancel only',
  'Post only',
  'Volatility auction',
];
/** The phases of PHASES that an uncross can end. */
const AUCTIONS = [2, 7];
/** Prices are whole ticks: the steps of their axis are, too. */
const TICK_STEPS = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();

const stepped = uPlot.paths.stepped?.({ align: 1 });
const STEPS = stepped === undefined ? {} : { paths: stepped };

const AXIS_EDGE_PX = 12;
const DIGIT_PX = 8;

type Column = (number | null)[];

const last = signal('');
const bid = signal('');
const ask = signal('');
const trades = signal('');
const volume = signal('');
const auction = signal('');
const imbalance = signal('');
const hasPrices = signal(false);

let plot: uPlot | null = null;
let plotted: ListedInstrument | null = null;
let plottedColumns = -1;
let version = -1;

/** Seconds and prices from the first column with a price on. Bid and ask that are crossed, in an auction, are no prices. */
function readHistory(view: MarketView, slot: number): [number[], Column, Column, Column] {
  const times: number[] = [];
  const series: [Column, Column, Column] = [[], [], []];
  for (let back = view.columnCount(HISTORY_COLUMNS) - 1; back >= 0; back--) {
    const prices = [LAST_PLACE, BID_PLACE, ASK_PLACE].map((place) => view.priceAt(slot, place, back));
    const [, bidPrice = NO_PRICE, askPrice = NO_PRICE] = prices;
    if (askPrice !== NO_PRICE && bidPrice > askPrice) prices.fill(NO_PRICE, BID_PLACE);
    if (times.length === 0 && prices.every((price) => price === NO_PRICE)) continue;
    times.push(view.columnAt(back) / 1000);
    prices.forEach((price, place) => {
      series[place]?.push(price === NO_PRICE ? null : price);
    });
  }
  return [times, ...series];
}

/** As wide as the longest of its texts, of which there are none at first. */
function axisWidth(_plot: uPlot, texts: readonly string[] | null): number {
  return AXIS_EDGE_PX + DIGIT_PX * Math.max(0, ...(texts ?? []).map(({ length }) => length));
}

function optionsFor(
  instrument: ListedInstrument,
  size: { width: number; height: number },
  look: Colors,
): uPlot.Options {
  const priceText = (price: number): string => decimalText(Math.round(price), instrument.priceDecimals);
  const axis: uPlot.Axis = {
    stroke: look.muted,
    grid: { stroke: look.line, width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  };
  return {
    ...size,
    legend: { show: false },
    cursor: { drag: { x: false, y: false } },
    scales: {
      x: { range: (_plot, from, to) => [Math.min(from, to - LEAST_SECONDS), to] },
      // A tick more at each end: a price that stands still is not drawn from nought to twice of it.
      y: { range: (_plot, from, to) => uPlot.rangeNum(from - 1, to + 1, 0.1, true) },
    },
    axes: [
      { ...axis, space: 90, size: 32, values: (_plot, splits) => splits.map((seconds) => clockText(1000 * seconds)) },
      {
        ...axis,
        side: 1,
        size: axisWidth,
        space: 34,
        incrs: TICK_STEPS,
        values: (_plot, splits) => splits.map(priceText),
      },
    ],
    series: [
      {},
      { stroke: look.accent, width: 1.5, points: { show: false }, ...STEPS },
      { stroke: look.up, width: 0.75, points: { show: false } },
      { stroke: look.down, width: 0.75, points: { show: false } },
    ],
    bands: [{ series: [3, 2], fill: look.band }],
  };
}

function drawQuote(view: MarketView, { slot, phase, priceDecimals, quantityDecimals }: ListedInstrument): void {
  const price = (field: number): string => decimalText(view.field(slot, field), priceDecimals);
  const quantity = (field: number): string => decimalText(view.field(slot, field), quantityDecimals);
  last.value = price(LAST);
  bid.value = Number.isNaN(view.field(slot, BID)) ? 'none' : `${price(BID)} × ${quantity(BID_QUANTITY)}`;
  ask.value = Number.isNaN(view.field(slot, ASK)) ? 'none' : `${price(ASK)} × ${quantity(ASK_QUANTITY)}`;
  // A price without an auction: the page has not heard of its phase yet.
  auction.value = Number.isNaN(view.field(slot, AUCTION_PRICE))
    ? AUCTIONS.includes(phase)
      ? 'none'
      : ''
    : `${price(AUCTION_PRICE)} × ${quantity(AUCTION_VOLUME)}`;
  imbalance.value = quantity(IMBALANCE);
  trades.value = countText(view.field(slot, TRADES) || 0);
  volume.value = decimalText(view.field(slot, VOLUME) || 0, quantityDecimals);
}

export function drawChart(view: MarketView): void {
  const instrument = selected.peek();
  if (instrument === null) return;
  const versionNow = view.versions[instrument.slot] ?? 0;
  if (instrument !== plotted || versionNow !== version) drawQuote(view, instrument);
  version = versionNow;
  if (plot === null || (instrument === plotted && view.columns === plottedColumns)) return;
  plotted = instrument;
  plottedColumns = view.columns;
  const history = readHistory(view, instrument.slot);
  hasPrices.value = history[0].length > 0;
  plot.setData(history);
}

interface MeasureTerms {
  readonly name: string;
  readonly value: Signal<string>;
  readonly class?: string;
}

function Measure({ name, value, class: color }: MeasureTerms) {
  return (
    <div>
      <dt class={color}>{name}</dt>
      <dd class="price">{value}</dd>
    </div>
  );
}

/** onChange: a new chart must be drawn. */
export function PriceChart({ onChange }: { readonly onChange: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  const instrument = selected.value;
  const look = colors.value;

  useEffect(() => {
    const element = box.current;
    if (element === null || instrument === null) return;
    const sizeNow = () => ({ width: element.clientWidth, height: element.clientHeight });
    const made = new uPlot(optionsFor(instrument, sizeNow(), look), [[], [], [], []], element);
    plot = made;
    plotted = null;
    const observer = new ResizeObserver(() => made.setSize(sizeNow()));
    observer.observe(element);
    onChange();
    return () => {
      observer.disconnect();
      made.destroy();
      if (plot === made) plot = null;
    };
  }, [instrument, look, onChange]);

  if (instrument === null) {
    return (
      <section class="panel chart" aria-label="Price">
        <p class="empty">The chart shows the instrument that you choose.</p>
      </section>
    );
  }
  return (
    <section class="panel chart" aria-labelledby="chart-title">
      <header class="quote">
        <h2 id="chart-title">{instrument.symbol}</h2>
        <span class="phase">{PHASES[instrument.phase] ?? 'Another phase'}</span>
        <strong class="price">{last}</strong>
        <dl>
          <Measure name="Bid" value={bid} class="up" />
          <Measure name="Ask" value={ask} class="down" />
          {auction.value !== '' && (
            <>
              <Measure name="Indicative" value={auction} />
              <Measure name="Imbalance" value={imbalance} />
            </>
          )}
          <Measure name="Trades seen" value={trades} />
          <Measure name="Volume" value={volume} />
        </dl>
      </header>
      <div
        class={hasPrices.value ? 'plot' : 'plot blank'}
        ref={box}
        role="img"
        aria-label={`Price of ${instrument.symbol} over the last minutes`}
      />
      {!hasPrices.value && <p class="empty over">{instrument.symbol} has no price to draw yet.</p>}
    </section>
  );
}
