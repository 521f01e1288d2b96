/**
 * The check that a shard makes every second while it trades: all money of each asset, added up (rule 6.17). Any thread of a
 * fresh process.
 */

import { encodeAccountTerms, encodeAssetTerms } from '../../schemas/admin.js';
import { CommandKind } from '../../schemas/codes.js';
import { COMMAND_KIND_WORD, COMMAND_WORDS } from '../../schemas/layout.js';
import { ACCOUNTS, cpuUs, GrownVenue } from './grown-venue.js';

const REPEATS = 50;
const AMOUNT = 1_000_000;

/** Microseconds of one check over accounts × assets purses: of the first, and of one more when it has run often. */
export function runAddUp(accounts: number, assets: number): { readonly firstUs: number; readonly us: number } {
  const venue = new GrownVenue({
    maxAccounts: accounts + 8,
    maxAssets: assets,
    maxPurses: accounts * assets,
    maxOrders: 16,
    maxLevels: 16,
  });
  const firstAccount = ACCOUNTS + 1;
  addMany(venue, CommandKind.AddAccount, accounts, (name) => encodeAccountTerms({ name }));
  addMany(venue, CommandKind.AddAsset, assets, (name) => encodeAssetTerms({ name, decimals: 2 }));
  for (let account = firstAccount; account < firstAccount + accounts; account += 1) {
    for (let asset = 1; asset <= assets; asset += 1) {
      venue.writeDeposit(account, asset, AMOUNT + account);
      venue.apply('a deposit');
    }
  }
  const { engine } = venue;
  if (engine.readPurse(firstAccount, assets)?.available !== AMOUNT + firstAccount)
    throw new Error('a deposit is not there');
  const fromUs = cpuUs();
  engine.addUp();
  const firstUs = cpuUs() - fromUs;
  const againUs = cpuUs();
  for (let repeat = 0; repeat < REPEATS; repeat += 1) engine.addUp();
  return { firstUs, us: (cpuUs() - againUs) / REPEATS };
}

function addMany(venue: GrownVenue, kind: CommandKind, count: number, terms: (name: string) => Int32Array): void {
  for (let index = 1; index <= count; index += 1) {
    const parts = terms(`M${index}`);
    const words = new Int32Array(COMMAND_WORDS + parts.length);
    words[COMMAND_KIND_WORD] = kind;
    words.set(parts, COMMAND_WORDS);
    venue.applyWords(words, 'an admin record');
  }
}
