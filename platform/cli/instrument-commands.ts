/**
 * `tredye instrument add | list`, `tredye phase`, `tredye halt` and `tredye reference`: what is traded, and when. Main
 * thread.
 */

import type { Command } from '@commander-js/extra-typings';
import { FEE_WHOLE } from '../../schemas/admin.js';
import { Phase } from '../../schemas/codes.js';
import { PHASE_NAMES, type PhaseName } from '../../schemas/phases.js';
import { addFeesCommand, assetNumber } from './asset-commands.js';
import { shownDecimal, takenDecimal } from './decimals.js';
import { examples } from './help-text.js';
import {
  dataOption,
  decimalText,
  jsonOption,
  keyOption,
  laneOption,
  newSymbol,
  oneOf,
  tickRows,
  urlOption,
  wholeNumber,
  whyOption,
} from './options.js';
import { say, sayAll, sayJson, tableLines } from './terminal.js';
import { type Address, getJson, refused, withVenue } from './venue.js';

const MAX_DECIMALS = 9;
const MAX_SHARD = 63;
const MAX_UNIT = 0xffff_ffff;
const PAGE = 1000;

interface Instrument {
  readonly id: number;
  readonly symbol: string;
  readonly shard: number;
  readonly priceMin: number;
  readonly priceMax: number;
  readonly quantityMax: number;
  readonly unit: number;
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
  readonly phase: string;
}

/** A price, or none. */
function referenceText(text: string): string {
  return text.toLowerCase() === 'none' ? 'none' : decimalText(text);
}

async function listInstruments(url: string): Promise<Instrument[]> {
  const all: Instrument[] = [];
  for (let more = true; more; ) {
    const after = all.at(-1)?.id ?? 0;
    const page = await getJson<{ readonly instruments: readonly Instrument[]; readonly more: boolean }>(
      url,
      `/v1/instruments?after=${after}&limit=${PAGE}`,
    );
    all.push(...page.instruments);
    more = page.more && page.instruments.length > 0;
  }
  return all;
}

function instrumentLines(instruments: readonly Instrument[]): string[] {
  const heads = ['id', 'symbol', 'phase', 'shard', 'lowest price', 'highest price', 'largest order'];
  const rows = instruments.map((instrument) => [
    String(instrument.id),
    instrument.symbol,
    instrument.phase,
    String(instrument.shard),
    shownDecimal(instrument.priceMin, instrument.priceDecimals),
    shownDecimal(instrument.priceMax, instrument.priceDecimals),
    shownDecimal(instrument.quantityMax, instrument.quantityDecimals),
  ]);
  if (rows.length === 0) return ['no instrument yet: tredye instrument add makes one'];
  return tableLines(heads, rows, ['id', 'shard', 'lowest price', 'highest price', 'largest order']);
}

async function setPhases(address: Address, symbols: readonly string[], phase: PhaseName, json: boolean) {
  await withVenue(address, async (client) => {
    for (const symbol of symbols) {
      const report = await client.setPhase({ symbol, phase });
      if (report.kind === 'Rejected') throw refused(`the phase ${phase} of ${symbol}`, report.reason);
      const before = Phase[report.leaves];
      if (json) sayJson({ symbol, phase, previousPhase: before, sequence: report.sequence });
      else say(`${symbol} is in phase ${phase} now, it was in ${before}`);
    }
  });
}

async function uncross(address: Address, symbol: string, json: boolean): Promise<void> {
  await withVenue(address, async (client) => {
    const { priceDecimals, quantityDecimals } = await client.instrument(symbol);
    const report = await client.uncross({ symbol });
    if (report.kind === 'Rejected') throw refused(`the uncross of ${symbol}`, report.reason);
    const { price, quantity, amount, sequence } = report;
    if (json) sayJson({ symbol, price, quantity, imbalance: Number(amount), sequence });
    else if (price === null || quantity === 0) say(`nothing in ${symbol} meets; the auction goes on`);
    else say(`${symbol} trades ${shownDecimal(quantity, quantityDecimals)} at ${shownDecimal(price, priceDecimals)}`);
  });
}

async function endDays(address: Address, symbols: readonly string[], json: boolean): Promise<void> {
  await withVenue(address, async (client) => {
    for (const symbol of symbols) {
      const report = await client.endOfDay({ symbol });
      if (report.kind === 'Rejected') throw refused(`the end of day of ${symbol}`, report.reason);
      if (json) sayJson({ symbol, sequence: report.sequence });
      else say(`the day of ${symbol} is over: its orders of the day go`);
    }
  });
}

export function addInstrumentCommands(program: Command): void {
  const instrument = program.command('instrument').description('add or list instruments').helpCommand(false);
  instrument.addHelpText('after', examples('tredye instrument add ACME --price-max 1000 --phase Continuous'));

  instrument
    .command('add')
    .description('add an instrument (needs the right Admin; --phase the right Market)')
    .argument('<symbol>', '1 to 32 of A-Z a-z 0-9 . _ - /', newSymbol)
    .option('--price-min <price>', 'lowest price of an order (default: one tick)', decimalText)
    .option('--price-max <price>', 'highest price of an order', decimalText, '1000000')
    .option('--quantity-max <quantity>', 'largest order', decimalText, '1000000')
    .option('--price-decimals <number>', 'digits behind the point of a price', wholeNumber(0, MAX_DECIMALS), 0)
    .option('--quantity-decimals <number>', 'digits behind the point of a quantity', wholeNumber(0, MAX_DECIMALS), 0)
    .option('--unit <amount>', 'amount of one tick times one lot', wholeNumber(1, MAX_UNIT), 1)
    .option('--base <asset>', 'asset that is bought, by number or name; with --quote, orders are paid for')
    .option('--quote <asset>', 'asset that is paid')
    .option('--base-unit <amount>', 'amount of the base asset in one lot', wholeNumber(1, MAX_UNIT), 1)
    .option('--fee-cap <millionths>', 'no fee is ever above it, and buys reserve it', wholeNumber(0, FEE_WHOLE), 0)
    .option('--reference <price>', 'price of an auction in which market orders alone meet', decimalText)
    .option('--static-band <price>', 'furthest that an order may be from --reference', decimalText)
    .option('--dynamic-band <price>', 'furthest that an order may trade from the price before it', decimalText)
    .option('--band-auction', 'at the dynamic band start a volatility auction, where the order could rest')
    .option('--ticks <rows>', 'tick table: prices from which a tick counts, like 0.01:0.01,1:0.05', tickRows)
    .option('--auction-self-trade', 'keep own orders from trading with each other in auctions, as their modes say')
    .option('--shard <number>', 'the shard that trades it (default: by its number)', wholeNumber(0, MAX_SHARD))
    .option(
      '--phase <phase>',
      `what it begins in: ${PHASE_NAMES.join(', ')}`,
      oneOf(PHASE_NAMES),
      'Closed' as PhaseName,
    )
    .addOption(dataOption())
    .addOption(urlOption())
    .addOption(keyOption())
    .addOption(laneOption())
    .addOption(whyOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'tredye instrument add ACME --phase Continuous',
        'tredye instrument add ETH/EUR --price-decimals 2 --price-max 100000 --quantity-decimals 4 --quantity-max 1000',
        'tredye instrument add BTC/EUR --base BTC --quote EUR --base-unit 10000 --fee-cap 2500',
      ),
    )
    .action(async (symbol, options) => {
      const { priceDecimals, quantityDecimals } = options;
      const price = (text: string, what: string) => takenDecimal(text, priceDecimals, what);
      const terms = {
        symbol,
        priceMax: price(options.priceMax, '--price-max'),
        quantityMax: takenDecimal(options.quantityMax, quantityDecimals, '--quantity-max'),
        unit: options.unit,
        baseUnit: options.baseUnit,
        feeCap: options.feeCap,
        ...(options.base === undefined ? {} : { baseAsset: assetNumber(options.base, options.data) }),
        ...(options.quote === undefined ? {} : { quoteAsset: assetNumber(options.quote, options.data) }),
        priceDecimals,
        quantityDecimals,
        ...(options.priceMin === undefined ? {} : { priceMin: price(options.priceMin, '--price-min') }),
        ...(options.reference === undefined ? {} : { referencePrice: price(options.reference, '--reference') }),
        ...(options.staticBand === undefined ? {} : { staticBand: price(options.staticBand, '--static-band') }),
        ...(options.ticks === undefined
          ? {}
          : {
              ticks: options.ticks.map(([from, tick]) => ({
                from: price(from, '--ticks'),
                tick: price(tick, '--ticks'),
              })),
            }),
        ...(options.dynamicBand === undefined ? {} : { dynamicBand: price(options.dynamicBand, '--dynamic-band') }),
        ...(options.bandAuction === true ? { bandAuction: true } : {}),
        ...(options.auctionSelfTrade === true ? { auctionSelfTrade: true } : {}),
        ...(options.shard === undefined ? {} : { shard: options.shard }),
      };
      await withVenue(options, async (client) => {
        const added = await client.addInstrument(terms);
        let phase = Phase[added.phase];
        if (options.phase !== 'Closed') {
          const report = await client.setPhase({ symbol, phase: options.phase });
          if (report.kind === 'Rejected') throw refused(`the phase ${options.phase} of ${symbol}`, report.reason);
          phase = options.phase;
        }
        if (options.json === true) sayJson({ ...added, phase });
        else say(`${symbol} is instrument ${added.id} on shard ${added.shard}, in phase ${phase}`);
      });
    });

  instrument
    .command('list')
    .description('list all instruments with their phases; needs no key')
    .addOption(urlOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('tredye instrument list --json'))
    .action(async (options) => {
      const instruments = await listInstruments(options.url);
      if (options.json === true) sayJson(instruments);
      else sayAll(instrumentLines(instruments));
    });

  addFeesCommand(instrument);

  program
    .command('phase')
    .description('set the phase of an instrument (needs the right Market)')
    .argument('<symbol>')
    .argument('<phase>', PHASE_NAMES.join(', '), oneOf(PHASE_NAMES))
    .addOption(urlOption())
    .addOption(keyOption())
    .addOption(laneOption())
    .addOption(whyOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('tredye phase ACME Continuous', 'tredye phase ACME auction'))
    .action((symbol, phase, options) => setPhases(options, [symbol], phase, options.json === true));

  program
    .command('uncross')
    .description('match an auction at the one price at which the most trades (needs the right Market)')
    .argument('<symbol>')
    .addOption(urlOption())
    .addOption(keyOption())
    .addOption(laneOption())
    .addOption(whyOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('tredye uncross ACME'))
    .action((symbol, options) => uncross(options, symbol, options.json === true));

  program
    .command('end-of-day')
    .description('end orders of the day: all that are not good till cancelled or a date go (needs the right Market)')
    .argument('<symbols...>')
    .addOption(urlOption())
    .addOption(keyOption())
    .addOption(laneOption())
    .addOption(whyOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('tredye end-of-day ACME BETA'))
    .action((symbols, options) => endDays(options, symbols, options.json === true));

  program
    .command('reference')
    .description('give an instrument a reference price from outside, which sets stops off (needs the right Market)')
    .argument('<symbol>')
    .argument('<price>', 'as the instrument counts, or none to take it away', referenceText)
    .addOption(urlOption())
    .addOption(keyOption())
    .addOption(laneOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('tredye reference ACME 101.5', 'tredye reference ACME none'))
    .action(async (symbol, price, options) => {
      await withVenue(options, async (client) => {
        const { priceDecimals } = await client.instrument(symbol);
        const ticks = price === 'none' ? null : takenDecimal(price, priceDecimals, 'The price');
        const report = await client.setReferencePrice({ symbol, price: ticks });
        if (report.kind === 'Rejected') throw refused(`the reference price ${price} of ${symbol}`, report.reason);
        if (options.json === true) sayJson({ symbol, price: report.price });
        else say(price === 'none' ? `${symbol} has no reference price` : `${symbol} has the reference price ${price}`);
      });
    });

  program
    .command('halt')
    .description('stop trading in instruments: orders rest and can be cancelled (needs the right Market)')
    .argument('<symbols...>')
    .addOption(urlOption())
    .addOption(keyOption())
    .addOption(laneOption())
    .addOption(whyOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('tredye halt ACME', 'tredye phase ACME Continuous   # and on again'))
    .action((symbols, options) => setPhases(options, symbols, 'Halted', options.json === true));
}
