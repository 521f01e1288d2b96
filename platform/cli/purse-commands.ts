/**
 * What an account may do and what it has: `tredye account limits | deposit | withdraw | move | balance | position`. Main thread.
 */

import type { Command } from '@commander-js/extra-typings';
import type { MoneyMove } from '../../client/trading-client.js';
import { LAST_FEE_TIER, MOST_POSITION } from '../../schemas/admin.js';
import { assetNumber } from './asset-commands.js';
import { examples } from './help-text.js';
import { dataOption, jsonOption, keyOption, laneOption, urlOption, wholeNumber, whyOption } from './options.js';
import { say, sayJson } from './terminal.js';
import { type Address, refused, withVenue } from './venue.js';

const MAX_ID = 0xffff_ffff;
const MAX_SHARD = 63;
const MOST_RATE = 1_000_000;
const amount = wholeNumber(1, Number.MAX_SAFE_INTEGER);

interface MoveOptions extends Address {
  readonly data: string;
  readonly shard: number;
  readonly json?: true;
}

/** Carries a deposit or a withdrawal out and says it. */
async function movePurse(
  does: 'deposit' | 'withdraw',
  account: number,
  asset: string,
  units: number,
  options: MoveOptions,
): Promise<void> {
  const { shard } = options;
  const move: MoneyMove = { account, asset: assetNumber(asset, options.data), amount: units, shard };
  const report = await withVenue(options, async (client) => {
    const answer = await client[does](move);
    if (answer.kind === 'Rejected') throw refused(`to ${does} ${units} of asset ${asset}`, answer.reason);
    return answer;
  });
  if (options.json === true) sayJson({ ...move, amount: report.amount, sequence: report.sequence });
  else say(`${report.amount} of asset ${asset} in the purse of account ${account} on shard ${shard}`);
}

function addMove(account: Command, does: 'deposit' | 'withdraw', description: string): void {
  account
    .command(does)
    .description(description)
    .argument('<account>', 'number of the account; 0: the venue, whose purses hold the fees', wholeNumber(0, MAX_ID))
    .argument('<asset>', 'number, or name as the data directory of this machine has it')
    .argument('<amount>', "in the asset's smallest unit", amount)
    .option('--shard <number>', 'whose instruments it is for', wholeNumber(0, MAX_SHARD), 0)
    .addOption(dataOption())
    .addOption(urlOption())
    .addOption(keyOption())
    .addOption(laneOption())
    .addOption(whyOption())
    .addOption(jsonOption())
    .addHelpText('after', examples(`tredye account ${does} 2 EUR 100000`, `tredye account ${does} 2 1 5 --shard 1`))
    .action((number, asset, units, options) => movePurse(does, number, asset, units, options));
}

/** Under `tredye account`. */
export function addPurseCommands(account: Command): void {
  addMove(account, 'deposit', "put money into an account's purse (needs the right Admin)");
  addMove(account, 'withdraw', "take available money out of an account's purse (needs the right Admin)");

  account
    .command('move')
    .description('move available money of an account between its purses of two shards (needs the right Admin)')
    .argument('<account>', 'number of the account; 0: the venue', wholeNumber(0, MAX_ID))
    .argument('<asset>', 'number, or name as the data directory of this machine has it')
    .argument('<amount>', "in the asset's smallest unit", amount)
    .requiredOption('--from <shard>', 'whose purse it leaves', wholeNumber(0, MAX_SHARD))
    .requiredOption('--to <shard>', 'whose purse it goes to', wholeNumber(0, MAX_SHARD))
    .addOption(dataOption())
    .addOption(urlOption())
    .addOption(keyOption())
    .addOption(laneOption())
    .addOption(whyOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('tredye account move 2 EUR 100000 --from 0 --to 1'))
    .action(async (number, asset, units, options) => {
      const { from, to } = options;
      const move = { account: number, asset: assetNumber(asset, options.data), amount: units, from, to };
      const report = await withVenue(options, async (client) => {
        const answer = await client.move(move);
        if (answer.kind === 'Rejected') throw refused(`to move ${units} of asset ${asset}`, answer.reason);
        return answer;
      });
      if (options.json === true) sayJson({ ...move, sequence: report.sequence });
      else say(`${units} of asset ${asset} of account ${number} go from shard ${from} to shard ${to}`);
    });

  account
    .command('limits')
    .description('set all limits of an account: what is left out is no limit (needs the right Admin or Risk)')
    .argument('<account>', 'number of the account', wholeNumber(1, MAX_ID))
    .option('--order-quantity <lots>', 'of one order', wholeNumber(1, MAX_ID))
    .option('--order-notional <amount>', 'of one order', amount)
    .option('--open-orders <number>', 'at a time, in each shard', wholeNumber(1, MAX_ID))
    .option('--position <lots>', 'long or short, open orders included', wholeNumber(1, MOST_POSITION))
    .option('--rate <number>', 'new orders and replaces a second', wholeNumber(1, MOST_RATE))
    .option('--burst <number>', 'of them at once (default: as the rate)', wholeNumber(1, MOST_RATE))
    .option('--fee-tier <number>', 'the tier of fees that it pays', wholeNumber(0, LAST_FEE_TIER), 0)
    .addOption(urlOption())
    .addOption(keyOption())
    .addOption(laneOption())
    .addOption(whyOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples('tredye account limits 2 --order-quantity 1000 --position 5000 --rate 100', 'tredye account limits 2'),
    )
    .action(async (number, options) => {
      const { orderQuantity = 0, orderNotional = 0, openOrders = 0, position = 0, rate = 0, feeTier } = options;
      const burst = rate === 0 ? 0 : (options.burst ?? rate);
      const limits = { orderQuantity, orderNotional, openOrders, position, rate, burst, feeTier };
      await withVenue(options, (client) => client.setLimits(number, limits));
      if (options.json === true) sayJson({ account: number, ...limits });
      else say(`account ${number} has ${saidLimits(limits)}`);
    });

  account
    .command('balance')
    .description("show what the key's account has of an asset (needs the right Trade)")
    .argument('<asset>', 'number, or name as the data directory of this machine has it')
    .option('--shard <number>', 'of one shard alone', wholeNumber(0, MAX_SHARD))
    .addOption(dataOption())
    .addOption(urlOption())
    .addOption(keyOption())
    .addOption(laneOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('tredye account balance EUR', 'tredye account balance 1 --shard 0 --json'))
    .action(async (asset, options) => {
      const number = assetNumber(asset, options.data);
      const balances = await withVenue(options, (client) => client.balance(number, options.shard));
      const rows = balances.map((balance, index) => ({ shard: options.shard ?? index, asset: number, ...balance }));
      if (options.json === true) sayJson(rows);
      else
        for (const { shard, available, reserved } of rows)
          say(`shard ${shard}: ${available} available, ${reserved} reserved`);
    });

  account
    .command('position')
    .description("show what the key's account has in an instrument (needs the right Trade)")
    .argument('<symbol>')
    .addOption(urlOption())
    .addOption(keyOption())
    .addOption(laneOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('tredye account position ACME'))
    .action(async (symbol, options) => {
      const held = await withVenue(options, (client) => client.position({ symbol }));
      if (options.json === true) sayJson({ symbol, ...held });
      else say(`${held.position} lots of ${symbol} at a cost of ${held.cost}, ${held.realised} realised`);
    });
}

function saidLimits(limits: Readonly<Record<string, number>>): string {
  const some = Object.entries(limits).filter(([, value]) => value > 0);
  return some.length === 0 ? 'no limits' : some.map(([name, value]) => `${name} ${value}`).join(', ');
}
