/** The line of a price over the last minute, without axes, on a canvas of its own. The page's thread. */

import { NO_PRICE } from '../../schemas/layout.js';
import type { MarketView } from '../watch/market-view.js';
import type { Colors } from './colors.js';

/** One point a second, of so many columns, for a minute. */
export const COLUMNS_A_POINT = 2;
const SPARK_POINTS = 60;
/** A line of fewer does not fill the width. */
const LEAST_POINTS = 15;
const LAST_PLACE = 0;
const BID_PLACE = 1;
const ASK_PLACE = 2;
const PADDING_PX = 2;

const prices = new Float64Array(SPARK_POINTS);

/** The last price; where there was no trade yet, between bid and ask. NaN: neither. */
function priceAt(view: MarketView, slot: number, back: number): number {
  const last = view.priceAt(slot, LAST_PLACE, back);
  if (last !== NO_PRICE) return last;
  const [bid, ask] = [view.priceAt(slot, BID_PLACE, back), view.priceAt(slot, ASK_PLACE, back)];
  return bid === NO_PRICE || ask === NO_PRICE ? Number.NaN : (bid + ask) / 2;
}

export function drawSpark(canvas: HTMLCanvasElement, view: MarketView, slot: number, colors: Colors): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const { width, height } = canvas;
  context.clearRect(0, 0, width, height);
  const points = Math.floor(view.columnCount(SPARK_POINTS * COLUMNS_A_POINT) / COLUMNS_A_POINT);
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let oldest = Number.NaN;
  let drawn = 0;
  let newest = Number.NaN;
  for (let back = points - 1; back >= 0; back--) {
    const price = priceAt(view, slot, back * COLUMNS_A_POINT);
    prices[back] = price;
    if (Number.isNaN(price)) continue;
    if (Number.isNaN(oldest)) {
      oldest = price;
      drawn = back + 1;
    }
    newest = price;
    if (price < lowest) lowest = price;
    if (price > highest) highest = price;
  }
  if (Number.isNaN(newest)) return;
  const padding = PADDING_PX * devicePixelRatio;
  const perPoint = width / (Math.max(LEAST_POINTS, drawn) - 1);
  // A price that did not move is a line in the middle.
  const span = highest - lowest || 1;
  const middle = highest === lowest ? 0.5 : 0;
  context.beginPath();
  let drawing = false;
  for (let back = drawn - 1; back >= 0; back--) {
    const price = prices[back] as number;
    if (Number.isNaN(price)) {
      drawing = false;
      continue;
    }
    const x = width - back * perPoint;
    const y = padding + (1 - (price - lowest) / span - middle) * (height - 2 * padding);
    if (drawing) context.lineTo(x, y);
    else context.moveTo(x, y);
    drawing = true;
  }
  context.strokeStyle = newest > oldest ? colors.up : newest < oldest ? colors.down : colors.muted;
  context.lineWidth = 1.25 * devicePixelRatio;
  context.stroke();
}
