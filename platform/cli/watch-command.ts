/**
 * `tredye watch`: a live book in the terminal. Trades and best prices come by the stream as they happen and say when book
 * and tape are worth asking for again; where there is no terminal, each of them is a plain line. Main thread.
 */

import type { Command } from '@commander-js/extra-typings';
import {
  NO_KEY,
  type PublicIndicative,
  type PublicTop,
  type PublicTrade,
  readKeyFile,
  TredyeClient,
  TredyeError,
} from '../../client/index.js';
import { shownDecimal } from './decimals.js';
import { examples } from './help-text.js';
import {
  type BookAnswer,
  bookLines,
  getBook,
  getTrades,
  indicativeText,
  type TradesAnswer,
  timeOfDay,
  tradeLines,
} from './market-commands.js';
import { jsonOption, laneOption, urlOption, wholeNumber } from './options.js';
import { say, sayJson } from './terminal.js';
import { lastWords } from './venue.js';

/** Book and trades are asked for at most so often, and the screen drawn. */
const LOOK_MS = 250;
/** And at least so often: levels behind the best change without a word on the stream. */
const QUIET_LOOK_MS = 2_000;
const SHOWN_TRADES = 12;
const CLEAR = '\u001b[H\u001b[2J';
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';

interface Watched {
  readonly symbol: string;
  readonly depth: number;
  readonly url: string;
}

/** The screen, drawn from what was heard last. */
class Screen {
  private book: BookAnswer;
  private trades: TradesAnswer;
  private state = 'live';
  private dirty = true;
  private lookedAt = 0;
  private looking = false;

  constructor(
    private readonly watched: Watched,
    book: BookAnswer,
    trades: TradesAnswer,
  ) {
    this.book = book;
    this.trades = trades;
  }

  changed(): void {
    this.dirty = true;
  }

  say(state: string): void {
    this.state = state;
    this.dirty = true;
  }

  /** Every LOOK_MS. */
  async look(nowMs: number): Promise<void> {
    if (this.looking || (!this.dirty && nowMs - this.lookedAt < QUIET_LOOK_MS)) return;
    this.looking = true;
    this.dirty = false;
    this.lookedAt = nowMs;
    try {
      const { url, symbol, depth } = this.watched;
      // Both as the venue has them: what the stream said before it was subscribed to, or while it was away, is in it.
      [this.book, this.trades] = await Promise.all([getBook(url, symbol, depth), getTrades(url, symbol, SHOWN_TRADES)]);
      if (this.state !== 'live' && !this.state.startsWith('reconnecting')) this.state = 'live';
    } catch (error) {
      this.state = lastWords(error).sentence;
    }
    this.looking = false;
    this.draw();
  }

  draw(): void {
    const lines = [...bookLines(this.book), '', ...tradeLines(this.trades), '', `${this.state}; Ctrl-C ends`];
    process.stdout.write(`${CLEAR}${lines.join('\n')}\n`);
  }
}

/** One line for each thing that happens. */
function sayPlainly(client: TredyeClient, book: BookAnswer): void {
  const price = (value: number | null) => (value === null ? 'none' : shownDecimal(value, book.priceDecimals));
  const lots = (value: number) => shownDecimal(value, book.quantityDecimals);
  client.onTrade((trade) => {
    say(
      `${timeOfDay(trade.timeUs)} trade ${lots(trade.quantity)} at ${price(trade.price)} ${trade.aggressor ?? 'auction'}`,
    );
  });
  client.onTop((top) => {
    const what = top.side === 'Buy' ? 'bid' : 'ask';
    say(`${timeOfDay(top.timeUs)} ${what} ${lots(top.quantity)} at ${price(top.price)} in ${top.orders} orders`);
  });
  client.onIndicative((indicative) => say(`${timeOfDay(indicative.timeUs)} ${indicativeText(indicative, book)}`));
  client.onStateChange((state, why) => {
    if (state !== 'closed') say(`${state}${why === '' ? '' : `: ${why}`}`);
  });
}

function sayAsJson(client: TredyeClient, symbol: string): void {
  const print = (type: string) => (record: PublicTrade | PublicTop | PublicIndicative) =>
    sayJson({ type, symbol, ...record });
  client.onTrade(print('trade'));
  client.onTop(print('top'));
  client.onIndicative(print('indicative'));
  client.onStateChange((state, why) => {
    if (state !== 'closed') sayJson({ type: 'state', state, why });
  });
}

function drawOnTerminal(client: TredyeClient, screen: Screen): () => void {
  client.onTrade(() => screen.changed());
  client.onTop(() => screen.changed());
  client.onIndicative(() => screen.changed());
  client.onStateChange((state, why) => screen.say(state === 'ready' ? 'live' : `${state}: ${why}`));
  process.stdout.write(HIDE_CURSOR);
  const timer = setInterval(() => void screen.look(performance.now()), LOOK_MS);
  screen.draw();
  return () => {
    clearInterval(timer);
    process.stdout.write(SHOW_CURSOR);
  };
}

/** Resolves at Ctrl-C; rejects when the venue ends the session for good, or stays away. */
function untilTheEnd(client: TredyeClient): Promise<void> {
  return new Promise((resolve, reject) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
    client.onStateChange((state, why) => {
      if (state === 'closed') reject(new TredyeError('SESSION_ENDED', `The venue ended the session: ${why}.`));
    });
  });
}

/** Without a key as the public, where the venue lets it in. */
async function connectToWatch(url: string, key: string | undefined, lane: number): Promise<TredyeClient> {
  if (key !== undefined) return TredyeClient.connect(url, readKeyFile(key), { lane });
  try {
    return await TredyeClient.connect(url, NO_KEY, { lane: 0 });
  } catch (error) {
    if (!(error instanceof TredyeError) || error.code !== 'LOGON_REFUSED') throw error;
    throw new TredyeError('LOGON_REFUSED', error.message.replace(/\.$/, ': name one with --key.'));
  }
}

export function addWatchCommand(program: Command): void {
  program
    .command('watch')
    .description('show the book and the trades of an instrument as they happen; plain lines where there is no terminal')
    .argument('<symbol>')
    .option('--depth <levels>', 'levels a side', wholeNumber(1, 100), 10)
    .option('--key <file>', 'log on with this key (default: without one, as public)')
    .addOption(laneOption())
    .addOption(urlOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('tredye watch ACME', 'tredye watch ACME | head -20   # plain lines'))
    .action(async (symbol, options) => {
      const book = await getBook(options.url, symbol, options.depth);
      const client = await connectToWatch(options.url, options.key, options.lane);
      const ended = untilTheEnd(client);
      // It is waited for below; until then nobody else may be asked about it.
      ended.catch(() => undefined);
      let restore: () => void = () => undefined;
      if (options.json === true) sayAsJson(client, symbol);
      else if (process.stdout.isTTY) {
        const trades = await getTrades(options.url, symbol, SHOWN_TRADES);
        restore = drawOnTerminal(client, new Screen({ symbol, depth: options.depth, url: options.url }, book, trades));
      } else sayPlainly(client, book);
      const subscribed = client.subscribe(['trades', 'top'], { instruments: [book.instrument] }).catch((error) => {
        // A connection that is lost before the answer is made again, and the subscription with it.
        if (!(error instanceof TredyeError) || error.code !== 'NOT_CONNECTED') throw error;
      });
      try {
        await Promise.all([ended, subscribed]);
      } finally {
        restore();
        await client.close();
      }
    });
}
