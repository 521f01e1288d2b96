/**
 * `tredye order new`: one order, or two of which one cancels the other. Main thread.
 */

import type { Command } from '@commander-js/extra-typings';
import type { OrderTerms } from '../../../client/commands.js';
import type { InstrumentFields } from '../../../schemas/control.js';
import { EXIT_CONFIGURATION, PlatformError } from '../../exit-codes.js';
import { takenDecimal } from '../decimals.js';
import { examples } from '../help-text.js';
import { decimalText, expirySeconds, jsonOption, keyOption, laneOption, oneOf, SIDES, urlOption } from '../options.js';
import { refused, withVenue } from '../venue.js';
import { CommandReports, sayReports } from './order-reports.js';

const TYPES = ['Limit', 'Market', 'MarketToLimit', 'Iceberg', 'Stop', 'StopLimit', 'TrailingStop'] as const;
const TRIGGERS = ['LastTrade', 'Touch', 'Reference'] as const;
const SELF_TRADES = ['None', 'Newest', 'Oldest', 'Both', 'Decrement'] as const;
const TIMES_IN_FORCE = ['GoodTillCancel', 'Day', 'ImmediateOrCancel', 'FillOrKill', 'GoodTillDate'] as const;
const LEVELS = ['Disk', 'Matched'] as const;

type Type = (typeof TYPES)[number];

/** What an order is made of beside side and quantity, as people write it. */
interface GivenTerms {
  readonly price?: string | undefined;
  readonly type?: Type | undefined;
  readonly timeInForce: (typeof TIMES_IN_FORCE)[number];
  readonly postOnly?: true | undefined;
  readonly slide?: true | undefined;
  readonly selfTrade: (typeof SELF_TRADES)[number];
  readonly expires?: number | undefined;
  readonly displayQuantity?: string | undefined;
  readonly minQuantity?: string | undefined;
  readonly triggerPrice?: string | undefined;
  readonly trailingDistance?: string | undefined;
  readonly limitOffset?: string | undefined;
  readonly trigger?: (typeof TRIGGERS)[number] | undefined;
  readonly refuseIfThrough?: true | undefined;
}

/** The second order of a pair: what is not said of it is as the first one has it. */
interface OtherTerms {
  readonly otherSide?: (typeof SIDES)[number] | undefined;
  readonly otherQuantity?: string | undefined;
  readonly otherPrice?: string | undefined;
  readonly otherTriggerPrice?: string | undefined;
  readonly otherTrailingDistance?: string | undefined;
  readonly otherLimitOffset?: string | undefined;
  readonly otherTrigger?: (typeof TRIGGERS)[number] | undefined;
}

function termsOf(of: InstrumentFields, side: OrderTerms['side'], quantity: string, given: GivenTerms): OrderTerms {
  const price = (text: string, what: string) => takenDecimal(text, of.priceDecimals, what);
  const lots = (text: string, what: string) => takenDecimal(text, of.quantityDecimals, what);
  const { displayQuantity, expires, limitOffset, minQuantity, trailingDistance, trigger, triggerPrice } = given;
  return {
    side,
    quantity: lots(quantity, 'The quantity'),
    ...(given.price === undefined ? {} : { price: price(given.price, 'The price') }),
    type: given.type ?? (given.price === undefined ? 'Market' : 'Limit'),
    timeInForce: given.timeInForce,
    postOnly: given.postOnly === true,
    slide: given.slide === true,
    selfTrade: given.selfTrade,
    ...(expires === undefined ? {} : { expirySeconds: expires }),
    ...(displayQuantity === undefined ? {} : { displayQuantity: lots(displayQuantity, 'The shown quantity') }),
    ...(minQuantity === undefined ? {} : { minQuantity: lots(minQuantity, 'The minimum quantity') }),
    ...(triggerPrice === undefined ? {} : { triggerPrice: price(triggerPrice, 'The trigger price') }),
    ...(trailingDistance === undefined ? {} : { trailingDistance: price(trailingDistance, 'The trailing distance') }),
    ...(limitOffset === undefined ? {} : { limitOffset: price(limitOffset, 'The limit offset') }),
    ...(trigger === undefined ? {} : { trigger }),
    refuseIfThrough: given.refuseIfThrough === true,
  };
}

/** The type of the second order follows from what is said of it; null: there is none. */
function otherType(other: OtherTerms): Type | null {
  if (other.otherTrailingDistance !== undefined) return 'TrailingStop';
  if (other.otherTriggerPrice !== undefined) return other.otherPrice === undefined ? 'Stop' : 'StopLimit';
  if (other.otherPrice !== undefined) return 'Limit';
  const said = Object.entries(other).some(([name, value]) => name.startsWith('other') && value !== undefined);
  if (!said) return null;
  throw new PlatformError(
    'BAD_ARGUMENT',
    EXIT_CONFIGURATION,
    'The other order needs --other-price, --other-trigger-price or --other-trailing-distance.',
  );
}

/** Both legs of one-cancels-other; --refuse-if-through is for those that are stops. */
function pairOf(
  of: InstrumentFields,
  side: OrderTerms['side'],
  quantity: string,
  given: GivenTerms & OtherTerms,
): [OrderTerms, OrderTerms] {
  const { otherTriggerPrice: triggerPrice, otherTrailingDistance: trailingDistance, otherLimitOffset } = given;
  const type = otherType(given) ?? 'Limit';
  const isThroughRefused = (stop: Type) => (stop.includes('Stop') ? given.refuseIfThrough : undefined);
  return [
    termsOf(of, side, quantity, { ...given, refuseIfThrough: isThroughRefused(given.type ?? 'Limit') }),
    termsOf(of, given.otherSide ?? side, given.otherQuantity ?? quantity, {
      price: given.otherPrice,
      type,
      timeInForce: given.timeInForce,
      selfTrade: given.selfTrade,
      expires: given.expires,
      triggerPrice,
      trailingDistance,
      limitOffset: otherLimitOffset,
      trigger: given.otherTrigger,
      refuseIfThrough: isThroughRefused(type),
    }),
  ];
}

export function addNewCommand(order: Command): void {
  order
    .command('new')
    .description('enter an order and show what became of it (needs the right Trade)')
    .argument('<symbol>')
    .argument('<side>', 'Buy or Sell', oneOf(SIDES))
    .argument('<quantity>', 'as the instrument counts', decimalText)
    .argument('[price]', 'limit; of a market order the worst price', decimalText)
    .option('--type <type>', TYPES.join(', '), oneOf(TYPES))
    .option('--time-in-force <time>', TIMES_IN_FORCE.join(', '), oneOf(TIMES_IN_FORCE), 'GoodTillCancel' as const)
    .option('--post-only', 'refused where it would trade')
    .option('--slide', 'with --post-only: one tick off the best opposite price instead of refused')
    .option(
      '--self-trade <mode>',
      `what goes when it meets an own order: ${SELF_TRADES.join(', ')}`,
      oneOf(SELF_TRADES),
      'None' as const,
    )
    .option('--expires <time>', 'of a GoodTillDate: when it goes, like 2026-11-30T17:30:00Z', expirySeconds)
    .option('--display-quantity <quantity>', 'of an Iceberg: so much is shown at a time', decimalText)
    .option('--min-quantity <quantity>', 'of an ImmediateOrCancel: so much at once, or it is refused', decimalText)
    .option('--trigger-price <price>', 'of a stop: the price that sets it off', decimalText)
    .option(
      '--trailing-distance <price>',
      'of a TrailingStop: how far behind the best price its trigger stays',
      decimalText,
    )
    .option('--limit-offset <price>', 'of a TrailingStop: how far beyond its trigger its limit is', decimalText)
    .option('--trigger <which>', `what sets a stop off: ${TRIGGERS.join(', ')}`, oneOf(TRIGGERS))
    .option('--refuse-if-through', 'a stop that is through already is refused')
    .option('--other-price <price>', 'one-cancels-other: a second order with this limit', decimalText)
    .option('--other-trigger-price <price>', 'or a second order that is a stop set off by this price', decimalText)
    .option('--other-trailing-distance <price>', 'or one that is a TrailingStop', decimalText)
    .option('--other-limit-offset <price>', "the other TrailingStop's limit offset", decimalText)
    .option('--other-trigger <which>', 'what sets the other stop off', oneOf(TRIGGERS))
    .option('--other-side <side>', "Buy or Sell; without: the first order's", oneOf(SIDES))
    .option('--other-quantity <quantity>', "without: the first order's", decimalText)
    .option('--level <level>', 'answered when on Disk, or already when Matched', oneOf(LEVELS), 'Disk' as const)
    .addOption(urlOption())
    .addOption(keyOption())
    .addOption(laneOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `\nTwo orders of which one cancels the other are entered together or not at all, and one of them at least is a stop. Time in
force, self-trade mode and --refuse-if-through are those of both.\n${examples(
        'tredye order new ACME buy 5 101',
        'tredye order new ACME sell 5   # without a price: a market order',
        'tredye order new ACME sell 5 110 --other-trigger-price 95   # the first fill of one cancels the other',
      )}`,
    )
    .action(async (symbol, side, quantity, price, options) => {
      const isOne = otherType(options) === null;
      await withVenue(
        options,
        async (client) => {
          const of = await client.instrument(symbol);
          const reports = new CommandReports(client);
          const given = { ...options, price };
          if (isOne) {
            const first = await client.place({ symbol, ...termsOf(of, side, quantity, given) });
            if (first.kind === 'Rejected') throw refused('the order', first.reason);
            sayReports(await reports.of(first), of, options.json === true);
            return;
          }
          const answers = await client.placePair({ symbol }, ...pairOf(of, side, quantity, given));
          for (const [index, answer] of answers.entries()) {
            if (answer.kind !== 'Rejected' || answer.reason === 'OtherLegRefused') continue;
            throw refused(index === 0 ? 'the first order' : 'the other order', answer.reason);
          }
          sayReports(await reports.ofPair(symbol, answers), of, options.json === true);
        },
        { ackLevel: options.level },
      );
    });
}
