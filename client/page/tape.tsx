/** The tape: the last trades of the instrument that is looked at, newest first. The page's thread. */

import { signal } from '@preact/signals';
import type { MarketView } from '../watch/market-view.js';
import { decimalText, exactClockText } from '../watch/number-text.js';
import { TAPE_DOUBLES, TAPE_LENGTH, TAPE_PRICE, TAPE_QUANTITY, TAPE_SIDE, TAPE_TIME_US } from '../watch/tick-layout.js';
import { selected } from './page-state.js';

const TAKER_NAMES = ['seller', 'auction', 'buyer'];
const SIDE_CLASSES = ['down', '', 'up'];

class Line {
  readonly time = signal('');
  readonly price = signal('');
  readonly quantity = signal('');
  readonly side = signal(1);
}

const LINES = Array.from({ length: TAPE_LENGTH }, () => new Line());
const shown = signal(0);
let version = -1;

export function drawTape(view: MarketView): void {
  const instrument = selected.peek();
  // The tape of what was chosen just now is on its way: until then the old one must not stand under its name.
  if (instrument === null || view.tapeSlot !== instrument.slot) {
    shown.value = 0;
    version = -1;
    return;
  }
  if (view.tapeVersion === version) return;
  version = view.tapeVersion;
  shown.value = view.tapeCount;
  for (let index = 0; index < view.tapeCount; index++) {
    const line = LINES[index] as Line;
    const at = index * TAPE_DOUBLES;
    line.time.value = exactClockText((view.tape[at + TAPE_TIME_US] as number) / 1000);
    line.price.value = decimalText(view.tape[at + TAPE_PRICE] as number, instrument.priceDecimals);
    line.quantity.value = decimalText(view.tape[at + TAPE_QUANTITY] as number, instrument.quantityDecimals);
    line.side.value = (view.tape[at + TAPE_SIDE] as number) + 1;
  }
}

function LineView({ line }: { readonly line: Line }) {
  const side = line.side.value;
  return (
    <tr>
      <td>{line.time}</td>
      <td class={`price ${SIDE_CLASSES[side]}`}>{line.price}</td>
      <td class="price">{line.quantity}</td>
      <td class="side">{TAKER_NAMES[side]}</td>
    </tr>
  );
}

export function Tape() {
  const symbol = selected.value?.symbol;
  const count = shown.value;
  return (
    <div class="panel tape">
      <h2 id="tape-title">Trades {symbol !== undefined && <span class="count">{symbol}</span>}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: It scrolls, so the keyboard must reach it. */}
      <section class="scroll" tabIndex={0} aria-labelledby="tape-title">
        {count === 0 ? (
          <p class="empty">
            {symbol === undefined
              ? 'Choose an instrument to see its trades.'
              : `${symbol} has not traded since this page was opened.`}
          </p>
        ) : (
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Price</th>
                <th scope="col">Quantity</th>
                <th scope="col">Taker</th>
              </tr>
            </thead>
            <tbody>
              {LINES.slice(0, count).map((line, index) => (
                <LineView line={line} key={index} />
              ))}
            </tbody>
          </table>
        )}
      </section>
    </div>
  );
}
