/**
 * `tredye asset add | list`, `tredye instrument fees` and `tredye kill`: what is paid with, what it costs, and who is out of
 * trading. Main thread.
 */

import type { Command } from '@commander-js/extra-typings';
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { FEE_WHOLE, LAST_FEE_TIER } from '../../schemas/admin.js';
import { EXIT_CONFIGURATION, EXIT_REFUSED, PlatformError } from '../exit-codes.js';
import { examples } from './help-text.js';
import { readDirectory } from './journal/local-directory.js';
import { openLocalVenue } from './journal/local-venue.js';
import { dataOption, jsonOption, keyOption, laneOption, urlOption, wholeNumber, whyOption } from './options.js';
import { say, sayAll, sayJson, tableLines } from './terminal.js';
import { refused, withVenue } from './venue.js';

const MAX_ID = 0xffff_ffff;
const MAX_DECIMALS = 9;
const fee = wholeNumber(-FEE_WHOLE, FEE_WHOLE);

/** The name of a new asset. */
function newAsset(text: string): string {
  if (/^[A-Za-z0-9._-]{1,16}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be 1 to 16 of A-Z a-z 0-9 . _ -.');
}

/** An asset's number; a name is looked up in the data directory of this machine. Throws a PlatformError. */
export function assetNumber(text: string, data: string): number {
  if (/^\d{1,10}$/.test(text) && Number(text) <= MAX_ID) return Number(text);
  const found = readDirectory(openLocalVenue(data)).assets.find(({ name }) => name === text);
  if (found !== undefined) return found.asset;
  throw new PlatformError('UNKNOWN_ASSET', EXIT_REFUSED, `There is no asset ${text}: tredye asset list shows all.`);
}

export function addAssetCommands(program: Command): void {
  const asset = program.command('asset').description('add or list assets, which purses hold').helpCommand(false);
  asset.addHelpText('after', examples('tredye asset add EUR --decimals 2', 'tredye asset list'));

  asset
    .command('add')
    .description('add an asset (needs the right Admin)')
    .argument('<name>', '1 to 16 of A-Z a-z 0-9 . _ -', newAsset)
    .option('--decimals <number>', 'digits behind the point of an amount, for people', wholeNumber(0, MAX_DECIMALS), 0)
    .addOption(urlOption())
    .addOption(keyOption())
    .addOption(laneOption())
    .addOption(whyOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('tredye asset add EUR --decimals 2', 'tredye asset add BTC --decimals 8'))
    .action(async (name, options) => {
      const { decimals } = options;
      const number = await withVenue(options, (client) => client.addAsset({ name, decimals }));
      if (options.json === true) sayJson({ asset: number, name, decimals });
      else say(`${name} is asset ${number}`);
    });

  asset
    .command('list')
    .summary("list assets out of the venue's data directory")
    .description("list assets, read from the venue's data directory on this machine")
    .addOption(dataOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('tredye asset list --data data'))
    .action((options) => {
      const { assets } = readDirectory(openLocalVenue(options.data));
      const rows = assets.map((one) => [String(one.asset), one.name, String(one.decimals)]);
      if (options.json === true) sayJson(assets);
      else if (rows.length === 0) say('no asset yet: tredye asset add makes one');
      else sayAll(tableLines(['asset', 'name', 'decimals'], rows, ['asset', 'decimals']));
    });
}

/** Under `tredye instrument`. */
export function addFeesCommand(instrument: Command): void {
  instrument
    .command('fees')
    .description('set the fees of a tier, in millionths of what is paid (needs the right Admin)')
    .argument('<symbol>')
    .option('--tier <number>', 'whose accounts have it', wholeNumber(0, LAST_FEE_TIER), 0)
    .option('--maker <millionths>', 'of who rests; negative: a rebate', fee, 0)
    .option('--taker <millionths>', 'of who comes', fee, 0)
    .option('--auction <millionths>', 'of both in an uncross', wholeNumber(0, FEE_WHOLE), 0)
    .addOption(urlOption())
    .addOption(keyOption())
    .addOption(laneOption())
    .addOption(whyOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'tredye instrument fees ETH/EUR --maker 1000 --taker 2000 --auction 1500',
        'tredye instrument fees ETH/EUR --tier 1 --taker 1000',
      ),
    )
    .action(async (symbol, options) => {
      const { tier, maker, taker, auction } = options;
      await withVenue(options, (client) => client.setFees({ symbol, tier, maker, taker, auction }));
      if (options.json === true) sayJson({ symbol, tier, maker, taker, auction });
      else
        say(
          `tier ${tier} pays ${maker} as maker, ${taker} as taker, ${auction} in an auction, millionths in ${symbol}`,
        );
    });
}

export function addKillCommand(program: Command): void {
  program
    .command('kill')
    .description(
      'take an account, an instrument or all out of trading and cancel their orders (needs the right Market or Risk)',
    )
    .argument('[symbol]', 'the instrument')
    .option('--account <number>', 'the account', wholeNumber(1, MAX_ID))
    .option('--all', 'everything')
    .option('--off', 'let it in again')
    .addOption(urlOption())
    .addOption(keyOption())
    .addOption(laneOption())
    .addOption(whyOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('tredye kill --account 2', 'tredye kill ACME --off', 'tredye kill --all'))
    .action(async (symbol, options) => {
      const { account, all } = options;
      if ([symbol, account, all].filter((one) => one !== undefined).length !== 1) {
        throw new PlatformError(
          'KILL_WHAT',
          EXIT_CONFIGURATION,
          'A kill is of one thing: give a symbol, or --account, or --all.',
        );
      }
      const killed = options.off !== true;
      const what = symbol ?? (account === undefined ? 'everything' : `account ${account}`);
      const reports = await withVenue(options, (client) =>
        client.kill(symbol === undefined ? { account: account ?? 0, killed } : { symbol, killed }),
      );
      const rejected = reports.find(({ kind }) => kind === 'Rejected');
      if (rejected !== undefined) {
        throw refused(`to ${killed ? 'kill' : 'let in'} ${what} on shard ${rejected.shard}`, rejected.reason);
      }
      const shards = reports.map(({ shard }) => shard);
      if (options.json === true) sayJson({ symbol: symbol ?? null, account: account ?? null, killed, shards });
      else
        say(
          `${what} is ${killed ? 'out of trading' : 'in trading'} now on ${shards.length === 1 ? 'shard' : 'shards'} ${shards.join(', ')}`,
        );
    });
}
