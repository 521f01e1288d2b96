/**
 * `tredye trade bust`, `tredye trade correct`: a trade is made void, or gets another price. Its fills are read from the venue's journal on this machine. Main thread.
 */

import type { Command } from '@commander-js/extra-typings';
import { EventKind } from '../../schemas/codes.js';
import {
  EVENT_INSTRUMENT,
  EVENT_KIND_WORD,
  EVENT_RELATED_ID,
  EVENT_SEQUENCE,
  EVENT_WORDS,
  joinWords,
} from '../../schemas/layout.js';
import { EXIT_REFUSED, PlatformError } from '../exit-codes.js';
import { takenDecimal } from './decimals.js';
import { examples } from './help-text.js';
import { checkShard, openLocalVenue, recordsOf } from './journal/local-venue.js';
import {
  dataOption,
  decimalText,
  jsonOption,
  keyOption,
  laneOption,
  urlOption,
  wholeNumber,
  whyOption,
} from './options.js';
import { say, sayJson } from './terminal.js';
import { refused, withVenue } from './venue.js';

const MAX_SHARD = 63;

/** The words of both fills of a trade. Throws a PlatformError where the journal has none. */
function fillsOf(data: string, shard: number, trade: number): Int32Array {
  const venue = openLocalVenue(data);
  checkShard(venue, shard);
  for (const { events } of recordsOf(venue, shard, trade)) {
    for (let at = 0; at + 2 * EVENT_WORDS <= events.length; at += EVENT_WORDS) {
      const sequence = joinWords(events[at + EVENT_SEQUENCE] ?? 0, events[at + EVENT_SEQUENCE + 1] ?? 0);
      const related = joinWords(events[at + EVENT_RELATED_ID] ?? 0, events[at + EVENT_RELATED_ID + 1] ?? 0);
      const kind = (events[at + EVENT_KIND_WORD] ?? 0) & 0xff;
      if (sequence === trade && related === trade && kind === EventKind.Fill) {
        return events.slice(at, at + 2 * EVENT_WORDS);
      }
    }
    // The first group is the one that holds the event.
    if (events.length > 0) break;
  }
  throw new PlatformError(
    'UNKNOWN_TRADE',
    EXIT_REFUSED,
    `There is no trade ${trade} on shard ${shard}: tredye trades shows the last ones.`,
  );
}

export function addTradeCommands(program: Command): void {
  const trade = program.command('trade').description('make a trade void, or give it another price').helpCommand(false);
  trade.addHelpText('after', examples('tredye trade bust 4711 --why "wrong price, both agree"'));

  trade
    .command('bust')
    .summary('make a trade void')
    .description(
      "make a trade void: money and positions of both sides go back; it is read from the venue's data directory on this machine (needs the right Admin)",
    )
    .argument('<trade>', 'its id, as tredye trades shows it', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option('--shard <number>', "its instrument's", wholeNumber(0, MAX_SHARD), 0)
    .addOption(dataOption())
    .addOption(urlOption())
    .addOption(keyOption())
    .addOption(laneOption())
    .addOption(whyOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples('tredye trade bust 4711 --why "wrong price, both agree"', 'tredye trade bust 12 --shard 1'),
    )
    .action(async (number, options) => {
      const fills = fillsOf(options.data, options.shard, number);
      const report = await withVenue(options, async (client) => {
        const answer = await client.bust(fills);
        if (answer.kind === 'Rejected') throw refused(`to make trade ${number} void`, answer.reason);
        return answer;
      });
      const { price, quantity } = report;
      if (options.json === true) sayJson({ trade: number, shard: options.shard, price, quantity });
      else say(`trade ${number} is void: ${quantity} lots at ${price} ticks`);
    });

  trade
    .command('correct')
    .summary('give a trade another price')
    .description(
      "give a trade another price: both sides have what they would have had; it is read from the venue's data directory on this machine, and no trade is changed twice (needs the right Admin)",
    )
    .argument('<trade>', 'its id, as tredye trades shows it', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .requiredOption('--price <price>', 'the price that it should have had', decimalText)
    .option('--shard <number>', "its instrument's", wholeNumber(0, MAX_SHARD), 0)
    .addOption(dataOption())
    .addOption(urlOption())
    .addOption(keyOption())
    .addOption(laneOption())
    .addOption(whyOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('tredye trade correct 4711 --price 101.5 --why "typed 10.15"'))
    .action(async (number, options) => {
      const fills = fillsOf(options.data, options.shard, number);
      const report = await withVenue(options, async (client) => {
        const instrument = (await client.instruments()).find(({ id }) => id === fills[EVENT_INSTRUMENT]);
        const price = takenDecimal(options.price, instrument?.priceDecimals ?? 0, '--price');
        const answer = await client.correct(fills, price);
        if (answer.kind === 'Rejected') throw refused(`to correct trade ${number}`, answer.reason);
        return answer;
      });
      const { price, quantity, amount } = report;
      const oldPrice = Number(amount);
      if (options.json === true) sayJson({ trade: number, shard: options.shard, price, oldPrice, quantity });
      else say(`trade ${number} of ${quantity} lots is at ${price} ticks instead of ${oldPrice}`);
    });
}
