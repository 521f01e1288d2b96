/**
 * `tredye book` and `tredye trades`: what everyone may see, over HTTP and without a key. Main thread.
 */

import type { Command } from '@commander-js/extra-typings';
import { shownDecimal } from './decimals.js';
import { examples } from './help-text.js';
import { jsonOption, urlOption, wholeNumber } from './options.js';
import { sayAll, sayJson, tableLines } from './terminal.js';
import { getOfSymbol } from './venue.js';

const MOST = 1000;

/** [price in ticks, quantity in lots, orders], best first. */
type BookLevel = readonly [price: number, quantity: number, orders: number];

export interface Indicative {
  /** Null: nothing would trade. */
  readonly price: number | null;
  readonly quantity: number;
  readonly imbalance: number;
}

export interface BookAnswer {
  readonly symbol: string;
  readonly instrument: number;
  readonly shard: number;
  readonly sequence: number;
  readonly phase: string;
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
  /** What an auction would come to now. */
  readonly indicative?: Indicative;
  readonly bids: readonly BookLevel[];
  readonly asks: readonly BookLevel[];
}

export interface TradesAnswer {
  readonly symbol: string;
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
  readonly trades: readonly {
    readonly id: number;
    readonly timeUs: number;
    readonly price: number;
    readonly quantity: number;
    /** The aggressor's; null in an auction. */
    readonly side: 'Buy' | 'Sell' | null;
    readonly void: boolean;
  }[];
}

export function getBook(url: string, symbol: string, depth: number): Promise<BookAnswer> {
  return getOfSymbol<BookAnswer>(url, 'book', symbol, `?depth=${depth}`);
}

export function getTrades(url: string, symbol: string, limit: number): Promise<TradesAnswer> {
  return getOfSymbol<TradesAnswer>(url, 'trades', symbol, `?limit=${limit}`);
}

/** Bids at the left, asks at the right, best on top. */
export function bookLines(book: BookAnswer): string[] {
  const rows = Array.from({ length: Math.max(book.bids.length, book.asks.length) }, (_, at) => {
    const bid = levelCells(book, book.bids[at]);
    const ask = levelCells(book, book.asks[at]);
    return [bid.orders, bid.quantity, bid.price, ask.price, ask.quantity, ask.orders];
  });
  const title = `${book.symbol}  ${book.phase}  sequence ${book.sequence}`;
  const heads = ['orders', 'quantity', 'bid', 'ask', 'quantity', 'orders'];
  const auction = book.indicative === undefined ? [] : [indicativeText(book.indicative, book)];
  return [title, ...tableLines(heads, rows, heads), ...(rows.length === 0 ? ['no orders rest'] : []), ...auction];
}

export function indicativeText({ price, quantity, imbalance }: Indicative, book: BookAnswer): string {
  if (price === null) return 'auction: nothing would trade';
  const lots = (value: number) => shownDecimal(value, book.quantityDecimals);
  return `auction: ${lots(quantity)} would trade at ${shownDecimal(price, book.priceDecimals)}, imbalance ${lots(imbalance)}`;
}

export function tradeLines(answer: TradesAnswer): string[] {
  const rows = answer.trades.map((trade) => [
    timeOfDay(trade.timeUs),
    shownDecimal(trade.price, answer.priceDecimals),
    shownDecimal(trade.quantity, answer.quantityDecimals),
    trade.side ?? 'auction',
    String(trade.id),
    trade.void ? 'void' : '',
  ]);
  const heads = ['time', 'price', 'quantity', 'side', 'trade', ''];
  return rows.length === 0 ? ['no trade yet'] : tableLines(heads, rows, ['price', 'quantity', 'trade']);
}

function levelCells(book: BookAnswer, level: BookLevel | undefined) {
  if (level === undefined) return { price: '', quantity: '', orders: '' };
  const [price, quantity, orders] = level;
  return {
    price: shownDecimal(price, book.priceDecimals),
    quantity: shownDecimal(quantity, book.quantityDecimals),
    orders: String(orders),
  };
}

/** UTC, to the millisecond. */
export function timeOfDay(timeUs: number): string {
  return new Date(timeUs / 1000).toISOString().slice(11, 23);
}

export function addMarketCommands(program: Command): void {
  program
    .command('book')
    .description('show the book of an instrument, level by level')
    .argument('<symbol>')
    .option('--depth <levels>', 'levels a side', wholeNumber(1, MOST), 10)
    .addOption(urlOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('tredye book ACME', 'tredye book ACME --depth 3 --json'))
    .action(async (symbol, options) => {
      const book = await getBook(options.url, symbol, options.depth);
      if (options.json === true) sayJson(book);
      else sayAll(bookLines(book));
    });

  program
    .command('trades')
    .description('show the last trades of an instrument, newest first')
    .argument('<symbol>')
    .option('--limit <number>', 'so many', wholeNumber(1, MOST), 20)
    .addOption(urlOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('tredye trades ACME --limit 5'))
    .action(async (symbol, options) => {
      const answer = await getTrades(options.url, symbol, options.limit);
      if (options.json === true) sayJson(answer);
      else sayAll(tradeLines(answer));
    });
}
