/**
 * The list of instruments: only the rows in sight exist, so a thousand cost what thirty do. Each row's texts are signals
 * that are set when a frame is drawn and its instrument changed. The page's thread.
 */

import { type Signal, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { MarketView } from '../watch/market-view.js';
import { decimalText, isLong, NO_NUMBER } from '../watch/number-text.js';
import { ASK, BID, DIRECTION, LAST } from '../watch/tick-layout.js';
import { type Colors, colors } from './colors.js';
import { instruments, select, selected } from './page-state.js';
import { COLUMNS_A_POINT, drawSpark } from './spark.js';
import type { ListedInstrument } from './worker-messages.js';

/** As in page.css. */
const ROW_PX = 30;
const HEAD_PX = 28;
const SPARK_PX = { width: 72, height: 20 };
/** All lines move at once: they are drawn a few a frame, so that no frame draws all of them. */
const SPARKS_A_FRAME = 4;
const NOT_SHOWN = -1;

/** Points that its lines have had so far. */
function pointsOf(view: MarketView): number {
  return Math.floor(view.columns / COLUMNS_A_POINT);
}

class Row {
  readonly instrument: Signal<ListedInstrument | null> = signal(null);
  /** Place in the list, from 0. */
  readonly place = signal(0);
  readonly last = signal(NO_NUMBER);
  readonly bid = signal(NO_NUMBER);
  readonly ask = signal(NO_NUMBER);
  readonly direction = signal(0);
  readonly long = signal(false);
  spark: HTMLCanvasElement | null = null;
  /** What of the view is shown. */
  private version = NOT_SHOWN;
  private points = NOT_SHOWN;
  private colors: Colors | null = null;

  show(instrument: ListedInstrument | null, place: number): void {
    this.place.value = place;
    if (this.instrument.peek() === instrument) return;
    this.instrument.value = instrument;
    this.version = NOT_SHOWN;
    this.points = NOT_SHOWN;
  }

  drawTexts(view: MarketView): void {
    const instrument = this.instrument.peek();
    if (instrument === null) return;
    const { slot, priceDecimals } = instrument;
    const version = view.versions[slot] ?? 0;
    if (version === this.version) return;
    this.version = version;
    this.last.value = decimalText(view.field(slot, LAST), priceDecimals);
    this.bid.value = decimalText(view.field(slot, BID), priceDecimals);
    this.ask.value = decimalText(view.field(slot, ASK), priceDecimals);
    this.long.value = [this.last, this.bid, this.ask].some((text) => isLong(text.peek()));
    this.direction.value = view.field(slot, DIRECTION) || 0;
  }

  /** Whether the line is older than the view. */
  sparkWaits(view: MarketView, colorsNow: Colors): boolean {
    const there = this.instrument.peek() !== null && this.spark !== null;
    return there && (pointsOf(view) !== this.points || colorsNow !== this.colors);
  }

  drawSpark(view: MarketView, colorsNow: Colors): void {
    this.points = pointsOf(view);
    this.colors = colorsNow;
    const instrument = this.instrument.peek();
    if (instrument !== null && this.spark !== null) drawSpark(this.spark, view, instrument.slot, colorsNow);
  }
}

const rows = signal<readonly Row[]>([]);
const firstPlace = signal(0);
const rowsInSight = signal(0);

/** Gives the rows in sight to the instruments that belong there. */
function assignRows(listed: readonly ListedInstrument[]): void {
  const count = Math.min(rowsInSight.peek(), listed.length);
  if (rows.peek().length !== count)
    rows.value = Array.from({ length: count }, (_, index) => rows.peek()[index] ?? new Row());
  const first = Math.max(0, Math.min(firstPlace.peek(), listed.length - count));
  firstPlace.value = first;
  rows.peek().forEach((row, index) => {
    row.show(listed[first + index] ?? null, first + index);
  });
}

/** Returns whether something is left to draw in the next frame. */
export function drawInstruments(view: MarketView): boolean {
  assignRows(instruments.peek() ?? []);
  const colorsNow = colors.peek();
  for (const row of rows.peek()) row.drawTexts(view);
  const waiting = rows.peek().filter((row) => row.sparkWaits(view, colorsNow));
  for (const row of waiting.slice(0, SPARKS_A_FRAME)) row.drawSpark(view, colorsNow);
  return waiting.length > SPARKS_A_FRAME;
}

const ARROWS = ['', '▲', '▼'];

function RowView({ row }: { readonly row: Row }) {
  const instrument = row.instrument.value;
  if (instrument === null) return null;
  const isSelected = selected.value?.id === instrument.id;
  const direction = row.direction.value;
  const ratio = devicePixelRatio;
  return (
    <tr
      id={`instrument-${instrument.id}`}
      class={`${isSelected ? 'chosen' : ''} ${row.long.value ? 'long' : ''}`}
      aria-selected={isSelected}
      aria-rowindex={row.place.value + 2}
      onClick={() => select(instrument)}
    >
      <th scope="row" title={instrument.symbol}>
        {instrument.symbol}
      </th>
      <td class={`price ${direction > 0 ? 'up' : direction < 0 ? 'down' : ''}`}>
        <span class="arrow" aria-hidden="true">
          {ARROWS[direction < 0 ? 2 : direction]}
        </span>
        {row.last}
      </td>
      <td class="price">{row.bid}</td>
      <td class="price">{row.ask}</td>
      <td class="spark">
        <canvas
          ref={(canvas) => {
            row.spark = canvas;
          }}
          width={SPARK_PX.width * ratio}
          height={SPARK_PX.height * ratio}
        />
      </td>
    </tr>
  );
}

/** onChange: what is in sight changed, and must be drawn. */
export function InstrumentTable({ onChange }: { readonly onChange: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const look = () => {
      rowsInSight.value = Math.ceil(element.clientHeight / ROW_PX) + 1;
      firstPlace.value = Math.floor(element.scrollTop / ROW_PX);
      onChange();
    };
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    look();
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, [onChange]);

  const listed = instruments.value ?? [];
  const below = listed.length - firstPlace.value - rows.value.length;
  const active = selected.value;

  const onKeyDown = (event: KeyboardEvent) => {
    const element = box.current;
    if (element === null || listed.length === 0) return;
    const page = Math.max(1, rowsInSight.peek() - 2);
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -listed.length,
      End: listed.length,
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const at = listed.findIndex(({ id }) => id === active?.id);
    const place = Math.max(0, Math.min(listed.length - 1, at + step));
    const chosen = listed[place];
    if (chosen !== undefined) select(chosen);
    const [top, bottom] = [place * ROW_PX, (place + 1) * ROW_PX + HEAD_PX - element.clientHeight];
    if (element.scrollTop > top) element.scrollTop = top;
    else if (element.scrollTop < bottom) element.scrollTop = bottom;
  };

  return (
    <section class="panel instruments" aria-labelledby="instruments-title">
      <h2 id="instruments-title">
        Instruments <span class="count">{listed.length > 0 ? listed.length : ''}</span>
      </h2>
      <div class="scroll" ref={box}>
        {listed.length === 0 ? (
          <p class="empty">
            {instruments.value === null
              ? 'The instruments of the venue come with the connection.'
              : 'The venue lists no instruments yet. An operator adds one with “tredye instrument add”.'}
          </p>
        ) : (
          <table
            // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: The arrow keys choose a row, which makes it a grid.
            role="grid"
            tabIndex={0}
            aria-label="Instruments; arrow keys choose"
            aria-rowcount={listed.length + 1}
            style={{ marginTop: `${firstPlace.value * ROW_PX}px`, marginBottom: `${Math.max(0, below) * ROW_PX}px` }}
            aria-activedescendant={active === null ? undefined : `instrument-${active.id}`}
            onKeyDown={onKeyDown}
          >
            <thead>
              <tr aria-rowindex={1}>
                <th scope="col">Symbol</th>
                <th scope="col">Last</th>
                <th scope="col">Bid</th>
                <th scope="col">Ask</th>
                <th scope="col" class="spark">
                  1 min
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.value.map((row, index) => (
                <RowView row={row} key={index} />
              ))}
            </tbody>
          </table>
        )}
      </div>
    </section>
  );
}
