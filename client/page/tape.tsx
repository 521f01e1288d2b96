/** The tape: the last trades of the instrument that is looked at, newest first. The page's thread. */

import { signal } from '@preact/signals';
import type { MarketView } from '../watch/market-view.js';
import { decimalText, exactClockText, isLong } from '../watch/number-text.js';
import {
  TAPE_CHANGE,
  TAPE_DOUBLES,
  TAPE_LENGTH,
  TAPE_PRICE,
  TAPE_QUANTITY,
  TAPE_SIDE,
  TAPE_TIME_US,
  VOID,
} from '../watch/tick-layout.js';
import { selected } from './page-state.js';
import type { ListedInstrument } from './worker-messages.js';

const TAKER_NAMES = ['seller', 'auction', 'buyer'];
const SIDE_CLASSES = ['down', '', 'up'];

/** Every new trade moves all lines: the eye follows no more often than this. */
const TAPE_MS = 120;

/** A trade stays in its line for as long as it is shown: a new one takes the oldest line, which moves to the top. */
class Line {
  /** Which of all trades; -1: none. */
  trade = -1;
  readonly time = signal('');
  readonly price = signal('');
  readonly quantity = signal('');
  readonly side = signal(1);
  /** What became of the trade. */
  readonly change = signal(0);
}

const LINES = Array.from({ length: TAPE_LENGTH }, () => new Line());
/** Lines from the top. */
const shown = signal<readonly Line[]>([]);
const long = signal(false);
let instrumentShown: ListedInstrument | null = null;
let version = -1;
let drawnMs = 0;

/** Returns whether something is left to draw in a later frame. */
export function drawTape(view: MarketView): boolean {
  const instrument = selected.peek();
  if (instrument !== instrumentShown) {
    instrumentShown = instrument;
    version = -1;
    shown.value = [];
    for (const line of LINES) line.trade = -1;
  }
  // The tape of what was chosen just now is on its way: until then the old one must not stand under its name.
  if (instrument === null || view.tapeSlot !== instrument.slot || view.tapeVersion === version) return false;
  const now = performance.now();
  if (version !== -1 && now - drawnMs < TAPE_MS) return true;
  drawnMs = now;
  version = view.tapeVersion;
  shown.value = Array.from({ length: view.tapeCount }, (_, back) => {
    const trade = view.tapeTotal - 1 - back;
    const line = LINES[trade % TAPE_LENGTH] as Line;
    if (line.trade !== trade || line.change.peek() !== view.tape[back * TAPE_DOUBLES + TAPE_CHANGE])
      writeLine(line, trade, view.tape, back * TAPE_DOUBLES, instrument);
    return line;
  });
  long.value = shown.value.some(({ price, quantity }) => isLong(price.peek()) || isLong(quantity.peek()));
  return false;
}

function writeLine(line: Line, trade: number, tape: Float64Array, at: number, instrument: ListedInstrument): void {
  line.trade = trade;
  line.time.value = exactClockText((tape[at + TAPE_TIME_US] as number) / 1000);
  line.price.value = decimalText(tape[at + TAPE_PRICE] as number, instrument.priceDecimals);
  line.quantity.value = decimalText(tape[at + TAPE_QUANTITY] as number, instrument.quantityDecimals);
  line.change.value = tape[at + TAPE_CHANGE] as number;
  line.side.value = (tape[at + TAPE_SIDE] as number) + 1;
}

function LineView({ line }: { readonly line: Line }) {
  const side = line.side.value;
  const isVoid = line.change.value === VOID;
  return (
    <tr class={isVoid ? 'void' : ''}>
      <td>{line.time}</td>
      <td class={`price ${SIDE_CLASSES[side]}`}>{line.price}</td>
      <td class="price">{line.quantity}</td>
      <td class="side">{isVoid ? 'void' : TAKER_NAMES[side]}</td>
    </tr>
  );
}

export function Tape() {
  const symbol = selected.value?.symbol;
  const lines = shown.value;
  return (
    <div class="panel tape">
      <h2 id="tape-title">Trades {symbol !== undefined && <span class="count">{symbol}</span>}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: It scrolls, so the keyboard must reach it. */}
      <section class="scroll" tabIndex={0} aria-labelledby="tape-title">
        {lines.length === 0 ? (
          <p class="empty">
            {symbol === undefined ? 'Choose an instrument to see its trades.' : `${symbol} has not traded yet.`}
          </p>
        ) : (
          <table class={long.value ? 'long' : ''}>
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Price</th>
                <th scope="col">Quantity</th>
                <th scope="col">Taker</th>
              </tr>
            </thead>
            <tbody>
              {lines.map((line) => (
                <LineView line={line} key={LINES.indexOf(line)} />
              ))}
            </tbody>
          </table>
        )}
      </section>
    </div>
  );
}
