/**
 * `tredye account create | list | revoke` and more: who may trade. A key pair is made here; the venue gets the public half, the
 * private half stands in a file of this machine that only its owner reads. Main thread.
 */

import { generateKeyPairSync } from 'node:crypto';
import { closeSync, fsyncSync, openSync, unlinkSync, writeSync } from 'node:fs';
import type { Command } from '@commander-js/extra-typings';
import type { TredyeClient } from '../../client/index.js';
import { TredyeError } from '../../client/index.js';
import type { Right } from '../../schemas/codes.js';
import { rawPublicKey } from '../admin-key.js';
import { EXIT_CONFIGURATION, EXIT_OUTPUT, PlatformError } from '../exit-codes.js';
import { examples } from './help-text.js';
import { type LocalAccount, readDirectory } from './journal/local-directory.js';
import { openLocalVenue } from './journal/local-venue.js';
import { rightNames } from './journal/record-objects.js';
import {
  dataOption,
  jsonOption,
  keyOption,
  laneOption,
  nameOf,
  oneOf,
  urlOption,
  wholeNumber,
  whyOption,
} from './options.js';
import { addPurseCommands } from './purse-commands.js';
import { say, sayAll, sayJson, tableLines } from './terminal.js';
import { withVenue } from './venue.js';

const RIGHTS = ['Read', 'Trade', 'Market', 'Admin', 'Risk'] as const satisfies readonly (keyof typeof Right)[];
type RightName = (typeof RIGHTS)[number];
/** What a person does at a venue, as rights; nobody has two of them by accident. */
const ROLES = {
  viewer: ['Read'],
  trader: ['Read', 'Trade'],
  operator: ['Read', 'Market'],
  risk: ['Read', 'Risk'],
  admin: ['Read', 'Admin'],
} as const satisfies Readonly<Record<string, readonly RightName[]>>;
type RoleName = keyof typeof ROLES;
const ROLE_NAMES = Object.keys(ROLES) as RoleName[];
const MAX_ID = 0xffff_ffff;
const OWNER_ONLY = 0o600;

function rightsIn(text: string): RightName[] {
  return text.split(',').map((name) => oneOf(RIGHTS)(name.trim()));
}

/** The file of a new key, held open until what it holds is known. */
class KeyFile {
  private readonly descriptor: number;

  /** Never over an existing one: it may hold the only copy of a key. Throws a PlatformError. */
  constructor(private readonly path: string) {
    try {
      this.descriptor = openSync(path, 'wx', OWNER_ONLY);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      const sentence =
        code === 'EEXIST'
          ? `The file ${path} is there already and is left as it is: name another with --out.`
          : `The file ${path} cannot be made (${code}): name another with --out.`;
      throw new PlatformError('KEY_FILE', EXIT_OUTPUT, sentence);
    }
  }

  /** On disk when it returns. Throws a PlatformError. */
  write(content: object): void {
    const bytes = Buffer.from(`${JSON.stringify(content, null, 2)}\n`);
    try {
      writeSync(this.descriptor, bytes, 0, bytes.length, 0);
      fsyncSync(this.descriptor);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      throw new PlatformError('KEY_FILE', EXIT_OUTPUT, `The file ${this.path} cannot be written (${code}): make room.`);
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }

  remove(): void {
    unlinkSync(this.path);
  }
}

interface NewKey {
  readonly account: number;
  readonly keyId: number;
}

/**
 * The private half is on disk before the venue is told of the public one: a key that is known there and lost here would
 * lock its owner out. keyId 0 stands in the file until the venue has given the number.
 */
async function makeKey(
  path: string,
  rights: readonly RightName[],
  label: string,
  accountOf: () => Promise<number>,
  client: TredyeClient,
): Promise<NewKey> {
  const file = new KeyFile(path);
  const pair = generateKeyPairSync('ed25519');
  const publicKey = rawPublicKey(pair.publicKey);
  const content = {
    keyId: 0,
    account: 0,
    publicKey: publicKey.toString('hex'),
    privateKey: pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
  try {
    file.write(content);
    const account = await accountOf();
    const keyId = await client.addKey({ account, publicKey, rights, label });
    file.write({ ...content, keyId, account });
    return { account, keyId };
  } catch (error) {
    // Only where the venue surely does not know the key.
    if (error instanceof TredyeError && error.code === 'REFUSED') file.remove();
    throw error;
  } finally {
    file.close();
  }
}

function accountLines(accounts: readonly LocalAccount[]): string[] {
  const heads = ['account', 'name', 'key', 'rights', 'state', 'label', 'public key'];
  const rows = accounts.flatMap(({ account, name, keys }) =>
    keys.length === 0
      ? [[String(account), name, '-', '', '', '', '']]
      : keys.map(({ key, rights, revoked, label, publicKey }) => [
          String(account),
          name,
          String(key),
          rightNames(rights).join(','),
          revoked ? 'revoked' : 'valid',
          label,
          publicKey,
        ]),
  );
  return tableLines(heads, rows, ['account', 'key']);
}

export function addAccountCommands(program: Command): void {
  const account = program
    .command('account')
    .description('create or list accounts, revoke keys, set limits, move money')
    .helpCommand(false);
  account.addHelpText(
    'after',
    examples('tredye account create alice', 'tredye account list', 'tredye account revoke 2'),
  );

  account
    .command('create')
    .description('make an account with a key, or with --account a further key (needs the right Admin)')
    .argument('[name]', 'name of the new account, at most 64 bytes', nameOf(1))
    .option('--account <number>', 'a further key of this account, and no new account', wholeNumber(1, MAX_ID))
    .option('--self-trade-group <number>', 'accounts of one group do not trade with each other', wholeNumber(1, MAX_ID))
    .option('--role <name>', `${ROLE_NAMES.join(', ')}: rights by a name (default: trader)`, oneOf(ROLE_NAMES))
    .option('--rights <names>', `in place of a role: some of ${RIGHTS.join(',')}`, rightsIn)
    .option('--label <text>', 'a word about the key, at most 64 bytes', nameOf(0), '')
    .option('--out <file>', 'the file for the new key, mode 0600 (default: NAME-key.json)')
    .addOption(urlOption())
    .addOption(keyOption())
    .addOption(laneOption())
    .addOption(whyOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'tredye account create alice',
        'tredye account create carol --role risk',
        'tredye account create --account 2 --rights Read --out alice-read-key.json',
      ),
    )
    .action(async (name, options) => {
      if ((name === undefined) === (options.account === undefined)) {
        throw new PlatformError(
          'NAME_OR_ACCOUNT',
          EXIT_CONFIGURATION,
          'An account is new or it exists: give a name, or its number with --account.',
        );
      }
      if (options.role !== undefined && options.rights !== undefined) {
        throw new PlatformError(
          'ROLE_OR_RIGHTS',
          EXIT_CONFIGURATION,
          'A role is a name for rights: give --role or --rights.',
        );
      }
      const rights = options.rights ?? ROLES[options.role ?? 'trader'];
      const safeName = (name ?? `account-${options.account}`).replace(/[^A-Za-z0-9._-]/g, '-');
      const path = options.out ?? `${safeName}-key.json`;
      await withVenue(options, async (client) => {
        const accountOf = async () =>
          options.account ?? client.addAccount(name ?? '', { selfTradeGroup: options.selfTradeGroup ?? 0 });
        const made = await makeKey(path, rights, options.label, accountOf, client);
        if (options.json === true) sayJson({ ...made, name: name ?? null, rights, file: path });
        else say(`account ${made.account} has key ${made.keyId} (${rights.join(', ')}), in ${path}`);
      });
    });

  account
    .command('list')
    .summary("list accounts and keys out of the venue's data directory")
    .description(
      "list accounts and keys, read from the venue's data directory on this machine: the venue tells nobody over the network",
    )
    .addOption(dataOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('tredye account list --data data'))
    .action((options) => {
      const { accounts } = readDirectory(openLocalVenue(options.data));
      if (options.json === true) {
        sayJson(
          accounts.map(({ keys, ...of }) => ({
            ...of,
            keys: keys.map((key) => ({ ...key, rights: rightNames(key.rights) })),
          })),
        );
      } else sayAll(accountLines(accounts));
    });

  account
    .command('revoke')
    .description('revoke a key for ever: its sessions end, its orders stay (needs the right Admin)')
    .argument('<key>', 'number of the key, as account list shows it', wholeNumber(1, MAX_ID))
    .addOption(urlOption())
    .addOption(keyOption())
    .addOption(laneOption())
    .addOption(whyOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('tredye account revoke 2'))
    .action(async (key, options) => {
      await withVenue(options, (client) => client.revokeKey(key));
      if (options.json === true) sayJson({ keyId: key, revoked: true });
      else say(`key ${key} is revoked`);
    });

  addPurseCommands(account);
}
