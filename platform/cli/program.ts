/**
 * The command line `tredye` as commander knows it: every command, its options, its help. Main thread.
 */

import { Command, CommanderError } from '@commander-js/extra-typings';
import { EXIT_CLEAN, EXIT_CONFIGURATION, PlatformError } from '../exit-codes.js';
import { platformVersion } from '../version.js';
import { addAccountCommands } from './account-commands.js';
import { addAssetCommands, addKillCommand } from './asset-commands.js';
import { examples, exitCodesText } from './help-text.js';
import { addInstrumentCommands } from './instrument-commands.js';
import { addAuditCommand } from './journal/audit-command.js';
import { addJournalCommands } from './journal/journal-commands.js';
import { addRestoreCommand } from './journal/restore-command.js';
import { addMarketCommands } from './market-commands.js';
import { addMatchCommand } from './match/match-command.js';
import { addOrderCommands } from './order/order-commands.js';
import { addPingCommand } from './ping-command.js';
import { addTradeCommands } from './trade-commands.js';
import { addWatchCommand } from './watch-command.js';

const HELP_CODES = ['commander.help', 'commander.helpDisplayed', 'commander.version'];

/** What commander says of a wrong command line, as one sentence. */
function sentenceOf(message: string): string {
  const [what = '', suggestion = ''] = message.replace(/^error: /, '').split('\n');
  const better = /^\(Did you mean (.*)\?\)$/.exec(suggestion)?.[1];
  const said = what.charAt(0).toUpperCase() + what.slice(1).replace(/\.$/, '');
  return better === undefined ? `${said}: --help shows what there is.` : `${said}: did you mean ${better}?`;
}

/** Runs what is asked for. Throws a PlatformError, a TredyeError, or a bug of ours. */
export async function runCommand(argv: readonly string[]): Promise<void> {
  try {
    await commandLine().parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (HELP_CODES.includes(error.code)) {
      // A command that is named without what it needs shows its help; that is not what was wanted.
      process.exitCode = error.exitCode === 0 ? EXIT_CLEAN : EXIT_CONFIGURATION;
      return;
    }
    throw new PlatformError('USAGE', EXIT_CONFIGURATION, sentenceOf(error.message));
  }
}

/** Every command; run nothing yet. */
export function commandLine(): Command {
  const program = new Command('tredye')
    .description('Tredye, a real-time trading platform: run a venue, administer it, trade on it, look into it.')
    .version(platformVersion(), '--version')
    .enablePositionalOptions()
    .helpCommand(false)
    // What is wrong is said once, by whoever runs this.
    .configureOutput({ outputError: () => undefined })
    .exitOverride();
  program
    .command('run')
    .description('start a venue in this terminal; Ctrl-C stops it cleanly. tredye run --help lists its flags')
    .helpOption(false);
  addInstrumentCommands(program);
  addAssetCommands(program);
  addAccountCommands(program);
  addOrderCommands(program);
  addMarketCommands(program);
  addTradeCommands(program);
  addKillCommand(program);
  addWatchCommand(program);
  addPingCommand(program);
  addJournalCommands(program);
  addRestoreCommand(program);
  addAuditCommand(program);
  addMatchCommand(program);
  program.addHelpText(
    'after',
    `${examples(
      'tredye run',
      'tredye instrument add ACME --phase Continuous',
      'tredye order new ACME sell 5 101',
      'tredye book ACME',
    )}\n\nWithout --url and --key: ws://127.0.0.1:7400 and data/admin-key.json, or what TREDYE_URL and TREDYE_KEY say.\n${exitCodesText()}`,
  );
  return program;
}
