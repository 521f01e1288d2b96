/**
 * `tredye order cancel | cancel-all | status`, beside `order new`. Main thread.
 *
 * The venue keeps no table of what became of orders. `status` folds events: the account's own private stream from its
 * beginning, as the venue sends it again to who resumes there, or with --data the journal itself, all accounts in it;
 * with --now it asks for an order that lives, which the venue answers at once.
 */

import type { Command } from '@commander-js/extra-typings';
import { reportAt } from '../../../client/events.js';
import { type AnyReport, type MassCancelTerms, type TredyeClient, TredyeError } from '../../../client/index.js';
import { EVENT_WORDS } from '../../../schemas/layout.js';
import { EXIT_REFUSED, PlatformError } from '../../exit-codes.js';
import { shownDecimal } from '../decimals.js';
import { examples } from '../help-text.js';
import { firstEventOf, historyFromUs, readDirectory } from '../journal/local-directory.js';
import { openLocalVenue, recordsOf } from '../journal/local-venue.js';
import { getBook } from '../market-commands.js';
import { jsonOption, keyOption, laneOption, oneOf, SIDES, urlOption, wholeNumber, wideId } from '../options.js';
import { say, sayJson } from '../terminal.js';
import { type Address, connect, noSuchInstrument, refused, withVenue } from '../venue.js';
import { OrderFold, type OrderName, type OrderStatus } from './order-fold.js';
import { addNewCommand } from './order-new.js';
import { sayReports } from './order-reports.js';

/** A replayed history that stands still for so long has ended without a word. */
const QUIET_MS = 30_000;

/** Returns how many orders went, in all shards together. */
async function cancelAll(client: TredyeClient, of: MassCancelTerms & { readonly symbol?: string }): Promise<number> {
  const heard: AnyReport[] = [];
  let look: () => void = () => undefined;
  let closed = '';
  client.onReport((report) => {
    if (report.kind === 'Started' || report.kind === 'Finished') heard.push(report);
    look();
  });
  client.onStateChange((state, why) => {
    if (state === 'closed') closed = why;
    look();
  });
  const first = await client.massCancel(of);
  if (first.kind === 'Rejected') throw refused('to cancel the orders', first.reason);
  // Every shard has begun by now.
  for (;;) {
    const own = heard.filter(({ clientOrderId }) => clientOrderId === first.clientOrderId);
    const finished = own.filter(({ kind }) => kind === 'Finished');
    if (finished.length * 2 === own.length) return finished.reduce((sum, { quantity }) => sum + quantity, 0);
    if (closed !== '') throw new TredyeError('SESSION_ENDED', `The venue ended the session: ${closed}.`);
    await new Promise<void>((resolve) => {
      look = resolve;
    });
  }
}

/** The private stream of one shard from its beginning, up to now. Throws a TredyeError or a PlatformError. */
async function replayed(address: Address, shard: number, fold: OrderFold): Promise<void> {
  // Before the first event of the first epoch: everything comes again.
  const client = await connect(address, { resume: [{ shard, epoch: 1, sequence: 0 }] });
  try {
    await new Promise<void>((resolve, reject) => {
      let quiet: NodeJS.Timeout;
      const restart = () => {
        clearTimeout(quiet);
        quiet = setTimeout(() => {
          reject(new TredyeError('TIMED_OUT', 'The venue stopped sending the history: try again.', { canRetry: true }));
        }, QUIET_MS);
      };
      restart();
      client.onReport((report) => {
        restart();
        if (report.shard === shard) fold.take(report);
      });
      client.onResumed((cut) => {
        if (cut.shard !== shard) return;
        clearTimeout(quiet);
        resolve();
      });
      client.onStateChange((state, why) => {
        if (state !== 'closed') return;
        clearTimeout(quiet);
        reject(new TredyeError('SESSION_ENDED', `The venue ended the session: ${why}.`));
      });
    });
  } finally {
    await client.close();
  }
}

function foldJournal(data: string, symbol: string, name: OrderName): OrderStatus | null {
  const venue = openLocalVenue(data);
  const instrument = readDirectory(venue).instruments.get(symbol);
  if (instrument === undefined) throw noSuchInstrument(symbol);
  const fold = new OrderFold(instrument.id, name);
  for (const record of recordsOf(venue, instrument.shard, firstEventOf(venue, instrument.shard))) {
    for (let at = 0; at < record.events.length; at += EVENT_WORDS) {
      fold.take(reportAt(record.events, at, instrument.shard, record.epoch));
    }
  }
  return fold.status;
}

/** Where an order was looked for. */
function journalWords(data: string): string {
  const fromUs = historyFromUs(openLocalVenue(data));
  const since = `, which begins at ${new Date(fromUs / 1000).toISOString()}: what was before is in retired segments`;
  return `in the journal${fromUs === 0 ? '' : since}`;
}

function statusLines(symbol: string, status: OrderStatus, decimals: Decimals): string[] {
  const price = (value: number | null) => (value === null ? 'none' : shownDecimal(value, decimals.price));
  const lots = (value: number) => shownDecimal(value, decimals.quantity);
  const time = (us: number) => new Date(us / 1000).toISOString();
  const average =
    status.averagePrice === null
      ? ''
      : `, at ${(status.averagePrice / 10 ** decimals.price).toFixed(decimals.price + 2)} on average`;
  return [
    `${status.state}${status.reason === null ? '' : ` (${status.reason})`}`,
    `order            ${status.orderId} of account ${status.account}, client order id ${status.clientOrderId}`,
    `terms            ${status.side} ${lots(status.quantity)} ${symbol}, price ${price(status.price)}`,
    `filled           ${lots(status.filled)} in ${status.fills} fills${average}`,
    `open             ${lots(status.leaves)}`,
    `accepted         ${time(status.acceptedUs)}`,
    `last changed     ${time(status.changedUs)}, sequence ${status.sequence}`,
  ];
}

/** What the venue itself says of an order that lives. */
async function askNow(address: Address, symbol: string, target: OrderName, json: boolean): Promise<void> {
  await withVenue(address, async (client) => {
    const of = await client.instrument(symbol);
    const report = await client.orderStatus({ symbol, ...target });
    if (report.kind === 'Rejected') throw refused('to say what the order is like', report.reason);
    if (json) {
      sayJson(report);
      return;
    }
    const price = report.price === null ? 'none' : shownDecimal(report.price, of.priceDecimals);
    const lots = (value: number) => shownDecimal(value, of.quantityDecimals);
    say(`Open (${report.reason})`);
    say(`order            ${report.orderId}, client order id ${report.clientOrderId}`);
    say(`terms            ${report.side} ${lots(report.quantity)} ${symbol}, price ${price}`);
    if (report.reason === 'WaitingForTrigger') say(`trigger price    ${shownDecimal(report.amount, of.priceDecimals)}`);
    say(`filled           ${lots(report.cumulative)}`);
    say(`open             ${lots(report.leaves)}, shown ${lots(report.displayed)}`);
  });
}

interface Decimals {
  readonly price: number;
  readonly quantity: number;
}

export function addOrderCommands(program: Command): void {
  const order = program.command('order').description('enter, cancel or look at orders').helpCommand(false);
  order.addHelpText('after', examples('tredye order new ACME buy 5 101', 'tredye order status ACME 4294967296'));
  addNewCommand(order);

  order
    .command('cancel')
    .description('take away what is open of an order (needs the right Trade)')
    .argument('<symbol>')
    .argument('<id>', 'the order id', wideId)
    .option('--by-client-order-id', 'the id is the client order id that the order lives under')
    .addOption(urlOption())
    .addOption(keyOption())
    .addOption(laneOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('tredye order cancel ACME 4294967296'))
    .action(async (symbol, id, options) => {
      await withVenue(options, async (client) => {
        const of = await client.instrument(symbol);
        const target = options.byClientOrderId === true ? { clientOrderId: id } : { orderId: id };
        const report = await client.cancel({ symbol, ...target });
        if (report.kind === 'Rejected') throw refused(`to cancel order ${id}`, report.reason);
        sayReports([report], of, options.json === true);
      });
    });

  order
    .command('cancel-all')
    .description(
      'take away all open orders of the account, of all its sessions, or those of one instrument, lane or side (needs the right Trade)',
    )
    .argument('[symbol]', 'of this instrument only')
    .option('--of-lane <lane>', 'those of this lane only', wholeNumber(0, 0xffff))
    .option('--side <side>', 'Buy or Sell: those of this side only', oneOf(SIDES))
    .addOption(urlOption())
    .addOption(keyOption())
    .addOption(laneOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('tredye order cancel-all', 'tredye order cancel-all ACME --side Buy'))
    .action(async (symbol, options) => {
      await withVenue(options, async (client) => {
        const cancelled = await cancelAll(client, {
          ...(symbol === undefined ? {} : { symbol }),
          ...(options.ofLane === undefined ? {} : { lane: options.ofLane }),
          ...(options.side === undefined ? {} : { side: options.side }),
        });
        if (options.json === true) sayJson({ cancelled });
        else say(`cancelled ${cancelled} orders`);
      });
    });

  order
    .command('status')
    .summary('say what became of an order')
    .description(
      "say what became of an order. The venue keeps no table of orders: without --data its key's account is sent all its reports again and they are added up, which takes a while where there are millions, and shows own orders only; with --data the journal on this machine is read, with every account's orders",
    )
    .argument('<symbol>')
    .argument('<id>', 'the order id', wideId)
    .option('--by-client-order-id', 'the id is a client order id that the order had')
    .option('--now', 'an open order as it is now, without its history: answered at once (needs the right Trade)')
    .option('--data <directory>', 'read the journal in this data directory, in place of asking the venue')
    .addOption(urlOption())
    .addOption(keyOption())
    .addOption(laneOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'tredye order status ACME 4294967296',
        'tredye order status ACME 4294967296 --now',
        'tredye order status ACME 4294967296 --data data --json',
      ),
    )
    .action(async (symbol, id, options) => {
      const name = options.byClientOrderId === true ? { clientOrderId: id } : { orderId: id };
      if (options.now === true) {
        await askNow(options, symbol, name, options.json === true);
        return;
      }
      let status: OrderStatus | null;
      let decimals: Decimals = { price: 0, quantity: 0 };
      if (options.data !== undefined) status = foldJournal(options.data, symbol, name);
      else {
        const { instrument, shard, priceDecimals, quantityDecimals } = await getBook(options.url, symbol, 1);
        decimals = { price: priceDecimals, quantity: quantityDecimals };
        const fold = new OrderFold(instrument, name);
        await replayed(options, shard, fold);
        status = fold.status;
      }
      if (status === null) {
        const whose =
          options.data === undefined ? "among the orders of this key's account" : journalWords(options.data);
        throw new PlatformError('NO_SUCH_ORDER', EXIT_REFUSED, `There is no order ${id} in ${symbol} ${whose}.`);
      }
      if (options.json === true) sayJson({ symbol, ...status });
      else for (const line of statusLines(symbol, status, decimals)) say(line);
    });
}
